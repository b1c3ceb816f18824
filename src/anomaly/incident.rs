//! An incident: what is done to which rows.

use std::fmt;
use std::sync::Arc;

use crate::anomaly::drift::Drift;
use crate::anomaly::ground::{FileRef, RowRef};
use crate::anomaly::kind::{Kind, named};
use crate::anomaly::silence::Silence;
use crate::anomaly::value::Value;
use crate::event::journal::Journal;

named! {
    /// What a row is in its incident.
    Role {
        /// What a finding should name.
        Primary = "primary",
        /// The other one: what a duplicate is a copy of, what contradicts.
        Counterpart = "counterpart",
        /// What suffers from it: the children of a deleted parent.
        Collateral = "collateral",
        /// What it happens in.
        Context = "context",
    }
}

named! {
    /// What is done to a row.
    OpName {
        /// Values are changed.
        Update = "update",
        /// A row is added.
        Insert = "insert",
        /// A row is left out.
        Delete = "delete",
        /// A row comes once more.
        Duplicate = "duplicate",
        /// A row arrives at another time.
        Move = "move",
        /// Bytes are changed after they were written.
        Bytes = "bytes",
    }
}

/// The line of a row, its end among it, as it is to be.
pub type Mangle = Arc<dyn Fn(&[u8]) -> Vec<u8> + Send + Sync>;

/// Bytes of a file to be replaced: where they begin, how many there are, and what stands there then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// The first of them.
    pub start: usize,
    /// How many.
    pub length: usize,
    /// What stands there then.
    pub bytes: Vec<u8>,
}

/// Which bytes of a file are replaced, from what it holds; none when it cannot be done there.
pub type Damage = Arc<dyn Fn(&[u8]) -> Option<Cut> + Send + Sync>;

/// Values by the names of their columns.
pub type Cells = Vec<(String, Value)>;

/// Values by the names of their columns.
pub fn cells<'c>(of: impl IntoIterator<Item = (&'c str, Value)>) -> Cells {
    of.into_iter().map(|(column, value)| (column.to_owned(), value)).collect()
}

/// What is done to a row.
#[derive(Clone)]
pub enum Op {
    /// Values are changed.
    Update(Cells),
    /// The row is left out.
    Delete,
    /// The row comes once more, with other values in some columns; for an event: when it arrives.
    Duplicate(Cells, Option<i64>),
    /// A row is added that has the values of this one but for some columns; for an event: when it arrives.
    Insert(Cells, Option<i64>),
    /// The event arrives then, with other values in some columns.
    Move(i64, Cells),
    /// Its line is changed.
    Bytes(Mangle),
    /// Nothing: it is named for what it is in the incident.
    Touch,
}

impl fmt::Debug for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Update(cells) => f.debug_tuple("Update").field(cells).finish(),
            Self::Delete => f.write_str("Delete"),
            Self::Duplicate(cells, at) => {
                f.debug_tuple("Duplicate").field(cells).field(at).finish()
            }
            Self::Insert(cells, at) => f.debug_tuple("Insert").field(cells).field(at).finish(),
            Self::Move(at, cells) => f.debug_tuple("Move").field(at).field(cells).finish(),
            Self::Bytes(_) => f.write_str("Bytes"),
            Self::Touch => f.write_str("Touch"),
        }
    }
}

/// Something done to a row.
#[derive(Debug, Clone)]
pub struct Edit {
    /// The row.
    pub row: RowRef,
    /// What it is in the incident.
    pub role: Role,
    /// What is done.
    pub op: Op,
}

/// One injected anomaly.
#[derive(Clone, Default)]
pub struct Incident {
    /// What is done, in this order.
    pub edits: Vec<Edit>,
    /// What is done to a file as such.
    pub damage: Option<(FileRef, Damage)>,
    /// Files whose columns are other ones, and how.
    pub drift: Option<(Vec<FileRef>, Arc<Drift>)>,
    /// What there is to say of this incident alone, beside its kind's parameters: which of several ways, which column.
    pub notes: Vec<(&'static str, String)>,
    /// How strong it is.
    pub effect: Option<f64>,
    /// How strong it is in a range, for what only all ranges together can tell: what there is, and what there usually is.
    pub parts: Option<(f64, f64)>,
    /// The time that it leaves empty.
    pub silence: Option<Silence>,
    /// When it lasts, where that is not just the times of its rows.
    pub window: Option<(i64, i64)>,
    /// Whether it only looks odd.
    pub is_decoy: bool,
    /// Those who are there only because of it.
    pub guests: Option<Box<Journal>>,
    /// Incidents of other kinds that it consists of.
    pub children: Vec<(&'static Kind, Incident)>,
}

impl Incident {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    fn with(mut self, row: RowRef, role: Role, op: Op) -> Self {
        self.edits.push(Edit { row, role, op });
        self
    }

    /// Changes a value of a row.
    #[must_use]
    pub fn set(self, row: RowRef, column: &str, value: Value) -> Self {
        self.set_all(row, vec![(column.to_owned(), value)])
    }

    /// Changes values of a row.
    #[must_use]
    pub fn set_all(self, row: RowRef, cells: Cells) -> Self {
        self.with(row, Role::Primary, Op::Update(cells))
    }

    /// Leaves a row out.
    #[must_use]
    pub fn delete(self, row: RowRef) -> Self {
        self.with(row, Role::Primary, Op::Delete)
    }

    /// Lets a row come once more, with other values in some columns; for an event: when it arrives. What it is a copy of is the
    /// counterpart.
    #[must_use]
    pub fn duplicate(self, row: RowRef, cells: Cells, arrives: Option<i64>) -> Self {
        let copy = self.with(row, Role::Primary, Op::Duplicate(cells, arrives));
        copy.with(row, Role::Counterpart, Op::Touch)
    }

    /// Adds a row that has the values of another but for some columns; for an event: when it arrives.
    #[must_use]
    pub fn insert(self, like: RowRef, cells: Cells, arrives: Option<i64>) -> Self {
        self.with(like, Role::Primary, Op::Insert(cells, arrives))
    }

    /// Lets an event arrive at another time.
    #[must_use]
    pub fn move_to(self, row: RowRef, arrives: i64) -> Self {
        self.with(row, Role::Primary, Op::Move(arrives, Vec::new()))
    }

    /// Changes the line of a row.
    #[must_use]
    pub fn mangle(
        self,
        row: RowRef,
        how: impl Fn(&[u8]) -> Vec<u8> + Send + Sync + 'static,
    ) -> Self {
        self.with(row, Role::Primary, Op::Bytes(Arc::new(how)))
    }

    /// Replaces bytes of a file.
    #[must_use]
    pub fn damage(
        mut self,
        file: FileRef,
        how: impl Fn(&[u8]) -> Option<Cut> + Send + Sync + 'static,
    ) -> Self {
        self.damage = Some((file, Arc::new(how)));
        self
    }

    /// Changes the columns of files.
    #[must_use]
    pub fn drift(mut self, files: Vec<FileRef>, how: Drift) -> Self {
        self.drift = Some((files, Arc::new(how)));
        self
    }

    /// Says something of this incident alone, beside its kind's parameters.
    #[must_use]
    pub fn note(mut self, name: &'static str, says: impl Into<String>) -> Self {
        self.notes.push((name, says.into()));
        self
    }

    /// Names a row that is part of it without being changed.
    #[must_use]
    pub fn touch(self, row: RowRef, role: Role) -> Self {
        self.with(row, role, Op::Touch)
    }

    /// The last edit is of that role.
    #[must_use]
    pub fn role(mut self, role: Role) -> Self {
        if let Some(edit) = self.edits.last_mut() {
            edit.role = role;
        }
        self
    }

    /// How strong it is, in the kind's own measure.
    #[must_use]
    pub fn effect(self, size: f64) -> Self {
        Self { effect: Some(size), ..self }
    }

    /// How strong it is: what there is in this range, and what there usually is; over all ranges it is the ratio of the sums.
    #[must_use]
    pub fn of_parts(self, there: f64, usually: f64) -> Self {
        Self { parts: Some((there, usually)), ..self }
    }

    /// It leaves a time empty, and lasts as long.
    #[must_use]
    pub fn silences(self, silence: Silence) -> Self {
        let (from, until) = (silence.from, silence.until);
        Self { silence: Some(silence), ..self }.lasts(from, until)
    }

    /// When it lasts.
    #[must_use]
    pub fn lasts(self, from: i64, to: i64) -> Self {
        Self { window: Some((from, to)), ..self }
    }

    /// Lets guests come.
    #[must_use]
    pub fn welcome(self, guests: Journal) -> Self {
        Self { guests: Some(Box::new(guests)), ..self }
    }

    /// An incident of another kind is part of it.
    #[must_use]
    pub fn with_child(mut self, kind: &'static Kind, child: Incident) -> Self {
        self.children.push((kind, child));
        self
    }

    /// Whether nothing is done.
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty()
            && self.damage.is_none()
            && self.drift.is_none()
            && self.guests.is_none()
            && self.children.is_empty()
    }

    /// How many rows it touches or brings, each as often as it does.
    pub fn rows(&self) -> u64 {
        let guests = self.guests.iter().map(|guests| {
            let entities = guests.users.len() + guests.devices.len() + guests.journeys.len();
            (entities + guests.sessions.len()) as u64 + guests.events()
        });
        self.all_edits().count() as u64 + guests.sum::<u64>()
    }

    /// All edits, those of its children too.
    pub fn all_edits(&self) -> impl Iterator<Item = &Edit> {
        let of_children = self.children.iter().flat_map(|(_, child)| &child.edits);
        self.edits.iter().chain(of_children)
    }

    /// It only looks odd.
    #[must_use]
    pub fn decoy(self) -> Self {
        Self { is_decoy: true, ..self }
    }
}
