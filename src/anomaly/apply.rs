//! From incidents to files: what is changed in which file of a range, and the labels that say so.
//!
//! A label may be about two files, when an event arrives on another day. Each file then gives a half of it, and the halves are joined.

mod told;

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::Arc;

use told::{Labels, Lines, member};

use crate::anomaly::drift::{Drift, Drifted};
use crate::anomaly::edited::Edited;
use crate::anomaly::ground::{FileRef, Ground, RowRef, Rowset};
use crate::anomaly::incident::{Cells, Cut, Damage, Edit, Mangle, Op, OpName, Role};
use crate::anomaly::labels::{self, IncidentRow, Member};
use crate::anomaly::select::Made;
use crate::anomaly::spec::Spec;
use crate::anomaly::value::Value;
use crate::event::journal::Counts;
use crate::frame::{Frame, Veil};
use crate::sink::Notes;
use crate::tables::changes::{Fate, Place};
use crate::tables::events::Change;

/// The column by which events are sorted and which tells in which file they are.
const ARRIVAL: &str = "received_at";

/// What is done in one file.
#[derive(Default)]
pub struct FileEdits {
    /// Rows of interest with their fates, in an order that places are given in.
    rows: Vec<(RowRef, Fate)>,
    known: HashMap<RowRef, usize>,
    cells: Vec<(usize, usize, Value)>,
    mangles: Vec<(usize, Mangle)>,
    /// For each changed line: the stamp of the label of the next one, should they become one line.
    behind: Vec<(usize, Stamp)>,
    halves: Vec<Half>,
    damage: Option<(Stamp, Damage)>,
    drift: Option<(Stamp, Arc<Drift>)>,
}

/// What all halves of a label have in common.
#[derive(Debug, Clone, Copy)]
struct Stamp {
    anomaly: u128,
    seq: i64,
    op: OpName,
    role: Role,
}

/// A label, or the half of it that a file knows.
struct Half {
    stamp: Stamp,
    name: String,
    /// Ordinal in the file's rows.
    row: usize,
    what: What,
    /// Whether the file knows what was, and what is.
    clean: bool,
    dirty: bool,
}

impl Half {
    /// Whether another file knows the rest: the row goes from one to the other, and the label must hold it whole.
    fn crosses(&self) -> bool {
        self.clean != self.dirty && matches!(self.what, What::Cell(_))
    }
}

/// What a label is about.
#[derive(Debug, Clone, Copy)]
enum What {
    /// A value: the ordinal of its column.
    Cell(usize),
    /// The row as a whole.
    Row,
    /// Nothing but where it is.
    Place,
}

/// The edits of a range, by file, and what is said of its incidents.
pub struct Edits {
    /// By file.
    pub files: BTreeMap<FileRef, FileEdits>,
    /// The incidents.
    pub incidents: Vec<IncidentRow>,
}

impl Edits {
    /// Lays incidents out by file.
    pub fn new(spec: &Spec, ground: &Ground<'_>, made: &[Made]) -> Self {
        let mut layout = Layout {
            ground,
            files: BTreeMap::new(),
            moved: HashMap::new(),
            seq: i64::from(ground.range) << 32,
        };
        let mut incidents = Vec::with_capacity(made.len());
        for one in made {
            let anomaly = labels::id(spec, one);
            for edit in &one.incident.edits {
                layout.edit(anomaly, edit);
            }
            if let Some((file, damage)) = &one.incident.damage {
                let stamp = layout.stamp(anomaly, OpName::Bytes, Role::Primary);
                layout.files.entry(*file).or_default().damage = Some((stamp, damage.clone()));
            }
            if let Some((from, to)) = &one.guests {
                layout.welcome(anomaly, from, to);
            }
            let row = IncidentRow::new(spec, ground, one);
            for (nth, (kind, child)) in one.incident.children.iter().enumerate() {
                for edit in &child.edits {
                    layout.edit(labels::child_id(anomaly, ground.range, nth), edit);
                }
                incidents.push(row.child(ground, nth, kind, child));
            }
            // What touches the window as a whole is told once, by the first range.
            if ground.range == 0 || !row.stands_alone() {
                incidents.push(row);
            }
        }
        for one in made {
            if let Some((files, drift)) = &one.incident.drift {
                layout.drift(labels::id(spec, one), files, drift);
            }
        }
        Self { files: layout.files, incidents }
    }
}

/// The layout of a range's edits.
struct Layout<'l> {
    ground: &'l Ground<'l>,
    files: BTreeMap<FileRef, FileEdits>,
    /// Events that arrive elsewhere: in which file, as which of its rows.
    moved: HashMap<RowRef, (FileRef, usize)>,
    seq: i64,
}

impl Layout<'_> {
    fn stamp(&mut self, anomaly: u128, op: OpName, role: Role) -> Stamp {
        self.seq += 1;
        Stamp { anomaly, seq: self.seq - 1, op, role }
    }

    /// Files drift once whatever happens to their rows has happened; each once.
    fn drift(&mut self, anomaly: u128, files: &[FileRef], drift: &Arc<Drift>) {
        for file in files {
            if self.files.get(file).is_none_or(|edits| edits.drift.is_none()) {
                let stamp = self.stamp(anomaly, OpName::Update, Role::Primary);
                self.files.entry(*file).or_default().drift = Some((stamp, drift.clone()));
            }
        }
    }

    /// Rows of guests, from which until which: each is added.
    fn welcome(&mut self, anomaly: u128, from: &Counts, to: &Counts) {
        let tables = [
            (Rowset::Users, from.users..to.users),
            (Rowset::Devices, from.devices..to.devices),
            (Rowset::Journeys, from.journeys..to.journeys),
            (Rowset::Sessions, from.sessions..to.sessions),
            (Rowset::Orders, from.orders..to.orders),
            (Rowset::OrderItems, from.lines..to.lines),
            (Rowset::Payments, from.payments..to.payments),
            (Rowset::Consents, from.consents..to.consents),
            (Rowset::ErasureRequests, from.erasures..to.erasures),
        ];
        for (rowset, ordinals) in tables {
            let is_sorted = self.ground.table(rowset).is_some_and(|of| !of.sorted_by.is_empty());
            let clean = self.ground.count_clean(rowset).max(1) as u64;
            for ordinal in ordinals {
                let row = RowRef::new(rowset, ordinal as u32);
                // Where rows have no order, among all the others.
                let anywhere = (self.ground.uid(row) % clean) as i64;
                let time = self.ground.time(row).filter(|_| is_sorted);
                let stamp = self.stamp(anomaly, OpName::Insert, Role::Primary);
                let file = FileRef::Table(rowset);
                let place = self.comes(file, row, time.unwrap_or(anywhere));
                self.half(file, stamp, row, place, What::Row, (false, true));
            }
        }
        for session in from.sessions..to.sessions {
            for event in self.ground.events(session as u32) {
                let stamp = self.stamp(anomaly, OpName::Insert, Role::Primary);
                let file = FileRef::Slice(event.slice as u32);
                let place = self.comes(file, event.at(), event.row.received);
                self.half(file, stamp, event.at(), place, What::Row, (false, true));
            }
        }
    }

    fn edit(&mut self, anomaly: u128, edit: &Edit) {
        let Edit { row, role, op } = edit;
        let (row, role) = (*row, *role);
        match op {
            Op::Update(cells) => self.update(anomaly, row, role, cells),
            Op::Move(at, cells) => self.move_to(anomaly, row, role, *at, cells),
            Op::Delete => {
                let Some(home) = self.ground.file_of(row) else { return };
                let stamp = self.stamp(anomaly, OpName::Delete, role);
                let at = self.row(home, row, Fate::Leaves);
                self.half(home, stamp, row, at, What::Row, (true, false));
            }
            Op::Duplicate(cells, at) => {
                self.add(anomaly, row, role, OpName::Duplicate, cells, *at);
            }
            Op::Insert(cells, at) => self.add(anomaly, row, role, OpName::Insert, cells, *at),
            Op::Bytes(mangle) => {
                let Some((file, at)) = self.place(row) else { return };
                let stamp = self.stamp(anomaly, OpName::Bytes, role);
                let behind = self.stamp(anomaly, OpName::Update, Role::Collateral);
                let edits = self.files.entry(file).or_default();
                edits.mangles.push((at, mangle.clone()));
                edits.behind.push((at, behind));
                self.half(file, stamp, row, at, What::Place, (true, true));
            }
            Op::Touch => {
                let Some((file, at)) = self.place(row) else { return };
                let stamp = self.stamp(anomaly, OpName::Update, role);
                self.half(file, stamp, row, at, What::Place, (true, true));
            }
        }
    }

    /// Where a row is after the edits so far, as a row of interest of its file.
    fn place(&mut self, row: RowRef) -> Option<(FileRef, usize)> {
        if let Some(moved) = self.moved.get(&row) {
            return Some(*moved);
        }
        let home = self.ground.file_of(row)?;
        Some((home, self.row(home, row, Fate::Stays)))
    }

    /// A row of interest of a file; what happens to it is the gravest of what is asked for.
    fn row(&mut self, file: FileRef, row: RowRef, fate: Fate) -> usize {
        let edits = self.files.entry(file).or_default();
        let at = *edits.known.entry(row).or_insert_with(|| {
            edits.rows.push((row, Fate::Stays));
            edits.rows.len() - 1
        });
        let known = &mut edits.rows[at].1;
        if *known != Fate::Leaves && fate != Fate::Stays {
            *known = fate;
        }
        at
    }

    fn half(
        &mut self,
        file: FileRef,
        stamp: Stamp,
        row: RowRef,
        at: usize,
        what: What,
        (clean, dirty): (bool, bool),
    ) {
        let name = self.ground.name(row);
        let half = Half { stamp, name, row: at, what, clean, dirty };
        self.files.entry(file).or_default().halves.push(half);
    }

    fn update(&mut self, anomaly: u128, row: RowRef, role: Role, cells: &Cells) {
        if row.rowset == Rowset::Events
            && let Some((_, Value::Long(at))) = cells.iter().find(|(name, _)| name == ARRIVAL)
        {
            let rest = cells.iter().filter(|(name, _)| name != ARRIVAL).cloned().collect();
            return self.move_to(anomaly, row, role, *at, &rest);
        }
        let Some((file, at)) = self.place(row) else { return };
        if row.rowset != Rowset::Events
            && let Some(time) = self.sorted_by(row, cells)
        {
            self.row(file, row, Fate::Sorts(time));
        }
        self.cells(anomaly, row, role, cells, file, at);
    }

    /// Values of a row of interest, a label each.
    fn cells(
        &mut self,
        anomaly: u128,
        row: RowRef,
        role: Role,
        cells: &Cells,
        file: FileRef,
        at: usize,
    ) {
        for (column, value) in cells {
            let Some(field) = self.field(row, column, value) else { continue };
            let stamp = self.stamp(anomaly, OpName::Update, role);
            self.files.entry(file).or_default().cells.push((at, field, value.clone()));
            let at_home = !self.moved.contains_key(&row);
            self.half(file, stamp, row, at, What::Cell(field), (at_home, true));
            if !at_home && let Some(home) = self.ground.file_of(row) {
                let at = self.row(home, row, Fate::Leaves);
                self.half(home, stamp, row, at, What::Cell(field), (true, false));
            }
        }
    }

    /// The ordinal of a column that can hold the value.
    fn field(&self, row: RowRef, column: &str, value: &Value) -> Option<usize> {
        let table = self.ground.table(row.rowset)?;
        let field = table.fields.iter().position(|field| field.name == column)?;
        let fits = value.fits(table.fields[field].ty);
        debug_assert!(fits, "{}.{column} cannot hold {value:?}", table.name);
        fits.then_some(field)
    }

    /// The new time of the column that a table is sorted by, when that is among the cells.
    fn sorted_by(&self, row: RowRef, cells: &Cells) -> Option<i64> {
        let column = self.ground.table(row.rowset)?.sorted_by.first()?;
        cells.iter().find(|(name, _)| name == column).and_then(|(_, value)| value.number())
    }

    fn move_to(&mut self, anomaly: u128, row: RowRef, role: Role, at: i64, cells: &Cells) {
        let Some(event) = self.ground.event(row) else { return };
        if self.moved.contains_key(&row) {
            return;
        }
        let home = FileRef::Slice(event.slice as u32);
        let target = FileRef::Slice(self.ground.slices.of(at) as u32);
        let Some(field) = self.ground.field(Rowset::Events, ARRIVAL) else { return };
        let stamp = self.stamp(anomaly, OpName::Move, role);
        let value = Value::Long(at);
        if home == target {
            let place = self.row(home, row, Fate::Sorts(at));
            self.files.entry(home).or_default().cells.push((place, field, value));
            self.half(home, stamp, row, place, What::Cell(field), (true, true));
            self.cells(anomaly, row, role, cells, home, place);
            return;
        }
        let left = self.row(home, row, Fate::Leaves);
        self.half(home, stamp, row, left, What::Cell(field), (true, false));
        let place = self.comes(target, row, at);
        self.moved.insert(row, (target, place));
        self.files.entry(target).or_default().cells.push((place, field, value));
        self.half(target, stamp, row, place, What::Cell(field), (false, true));
        self.cells(anomaly, row, role, cells, target, place);
    }

    /// A row of interest that comes into a file.
    fn comes(&mut self, file: FileRef, row: RowRef, at: i64) -> usize {
        let edits = self.files.entry(file).or_default();
        edits.rows.push((row, Fate::Comes(at)));
        edits.rows.len() - 1
    }

    fn add(
        &mut self,
        anomaly: u128,
        row: RowRef,
        role: Role,
        op: OpName,
        cells: &Cells,
        arrives: Option<i64>,
    ) {
        let mut cells = cells.clone();
        let (file, at) = if row.rowset == Rowset::Events {
            let Some(event) = self.ground.event(row) else { return };
            let at = arrives.unwrap_or(event.row.received);
            cells.retain(|(name, _)| name != ARRIVAL);
            cells.push((ARRIVAL.to_owned(), Value::Long(at)));
            (FileRef::Slice(self.ground.slices.of(at) as u32), at)
        } else {
            let is_sorted =
                self.ground.table(row.rowset).is_some_and(|table| !table.sorted_by.is_empty());
            // A copy comes right behind what it is a copy of, unless it has a time of its own.
            let own = if is_sorted { self.ground.time(row) } else { Some(row.ordinal.into()) };
            let at = arrives.or_else(|| self.sorted_by(row, &cells)).or(own);
            (FileRef::Table(row.rowset), at.unwrap_or(0))
        };
        let stamp = self.stamp(anomaly, op, role);
        let place = self.comes(file, row, at);
        for (column, value) in &cells {
            if let Some(field) = self.field(row, column, value) {
                let edits = self.files.entry(file).or_default();
                edits.cells.push((place, field, value.clone()));
            }
        }
        self.half(file, stamp, row, place, What::Row, (false, true));
    }
}

/// A file's rows as laid out: what `tables` hand over.
pub struct LaidOut<'l> {
    /// The rows; those behind `shown` are only there to be looked up.
    pub frame: &'l dyn Frame,
    /// How many there are to write.
    pub shown: usize,
    /// Where the rows of interest are.
    pub places: &'l [Place],
    /// The file's path.
    pub path: &'l str,
    /// Whether it has lines.
    pub has_lines: bool,
    /// What may be seen of it.
    pub veil: Option<&'l dyn Veil>,
}

impl FileEdits {
    /// The changes of a table other than the events.
    pub fn changes(&self) -> Vec<(u32, Fate)> {
        self.rows.iter().map(|(row, fate)| (row.ordinal, *fate)).collect()
    }

    /// The changes of a slice of events.
    pub fn event_changes(&self, ground: &Ground<'_>) -> Vec<Change> {
        let change = |(row, fate): &(RowRef, Fate)| {
            let event = ground.event(*row)?;
            Some(Change { session: event.session, row: event.row, fate: *fate })
        };
        // Every row here was found before; that none is lost keeps places in step.
        self.rows.iter().filter_map(change).collect()
    }

    /// Whether rows are of interest, not just the file as such.
    pub fn has_rows(&self) -> bool {
        !self.rows.is_empty()
    }

    /// Whether the file is written in another way than a clean one.
    pub fn is_edited(&self) -> bool {
        self.has_rows() || self.drift.is_some()
    }

    /// Lets `write` write the file's rows as edited; what it says, and the labels.
    ///
    /// # Errors
    /// What `write` says, and frames that break their schema.
    pub fn write<T>(
        &self,
        laid: &LaidOut<'_>,
        write: impl FnOnce(&dyn Frame, &mut Notes) -> io::Result<T>,
    ) -> io::Result<(T, Vec<Member>)> {
        let values: Vec<(u32, usize, Value)> = self
            .cells
            .iter()
            .filter_map(|(row, field, value)| {
                Some((laid.places[*row].dirty?, *field, value.clone()))
            })
            .collect();
        let edited = Edited::new(laid.frame, laid.shown, &values);
        let veiled = laid.veil.and_then(|veil| veil.over(&edited));
        let shown: &dyn Frame = veiled.as_deref().unwrap_or(&edited);
        let drifted = self.drift.as_ref().map(|(_, drift)| Drifted::new(shown, drift));
        let shown: &dyn Frame = drifted.as_ref().map_or(shown, |drifted| drifted);
        let lines = Lines::new(self, laid, shown)?;
        let mut notes = Notes { rows: self.noted(laid, &lines), places: Vec::new() };
        let written = write(shown, &mut notes)?;
        let labels = Labels { edits: self, laid, edited: &edited, lines: &lines, notes: &notes };
        let mut members = labels.all();
        members.extend(labels.swallowed()?);
        members.extend(self.drifted(laid.path, &edited));
        Ok((written, members))
    }

    /// The label of a drift: what was, what is, and in which file, but no row.
    fn drifted(&self, path: &str, edited: &Edited<'_>) -> Option<Member> {
        let (stamp, drift) = self.drift.as_ref()?;
        let (column, was, is) = drift.told(edited)?;
        let mut member = member(*stamp, &edited.table().name, path.to_owned());
        member.column = Some(column);
        member.original = was;
        member.injected = is;
        member.file_clean = Some(path.to_owned());
        member.file_dirty = Some(path.to_owned());
        Some(member)
    }

    /// Dirty rows of interest, each once, with what replaces its line.
    fn noted(&self, laid: &LaidOut<'_>, lines: &Lines) -> Vec<(u32, Option<Vec<u8>>)> {
        let mut rows: BTreeMap<u32, Option<Vec<u8>>> = BTreeMap::new();
        for half in self.halves.iter().filter(|half| half.dirty) {
            rows.extend(laid.places[half.row].dirty.map(|row| (row, None)));
        }
        for (at, _) in &self.mangles {
            if let Some(row) = laid.places[*at].dirty {
                rows.insert(row, lines.dirty.get(at).cloned());
            }
        }
        if laid.has_lines { rows.into_iter().collect() } else { Vec::new() }
    }

    /// Damages a file that was written: its bytes after that, and the label.
    pub fn damage(&self, path: &str, table: &str, bytes: &[u8]) -> Option<(Vec<u8>, Member)> {
        let (stamp, damage) = self.damage.as_ref()?;
        let Cut { start, length, bytes: new } = damage(bytes)?;
        let mut member = member(*stamp, table, path.to_owned());
        member.file_clean = Some(path.to_owned());
        member.file_dirty = Some(path.to_owned());
        member.byte_start = Some(start as i64);
        member.byte_len = Some(new.len() as i64);
        member.raw_original = Some(bytes[start..start + length].to_vec());
        member.raw_injected = Some(new.clone());
        let whole = [&bytes[..start], &new, &bytes[start + length..]].concat();
        Some((whole, member))
    }

    /// Whether the file as such is damaged.
    pub fn is_damaged(&self) -> bool {
        self.damage.is_some()
    }
}

/// Joins the halves of labels, in the order in which they apply, without those that make no difference.
pub fn join(halves: Vec<Member>) -> Vec<Member> {
    let mut whole: BTreeMap<i64, Member> = BTreeMap::new();
    for half in halves {
        match whole.entry(half.seq) {
            std::collections::btree_map::Entry::Vacant(entry) => {
                entry.insert(half);
            }
            std::collections::btree_map::Entry::Occupied(mut entry) => {
                entry.get_mut().complete(half);
            }
        }
    }
    whole.into_values().filter(|member| !member.is_idle()).collect()
}
