//! From incidents to files: what is changed in which file of a range, and the labels that say so.
//!
//! A label may be about two files, when an event arrives on another day. Each file then gives a half of it, and the halves are joined.

mod layout;
mod told;

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::Arc;

pub use layout::Edits;
use told::{Labels, Mangled, member};

use crate::anomaly::drift::{Drift, Drifted};
use crate::anomaly::edited::Edited;
use crate::anomaly::ground::{Ground, RowRef};
use crate::anomaly::incident::{Cut, Damage, Mangle, OpName, Role};
use crate::anomaly::labels::{Bytes, Member, Uid};
use crate::anomaly::spool::{Spool, Told};
use crate::anomaly::value::Value;
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
    /// Where whole rows wait for their labels to be written.
    pub spool: &'l Arc<Spool>,
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
        let mangled = Mangled::new(self, laid.places, shown)?;
        let mut notes = Notes { rows: self.noted(laid, &mangled), places: Vec::new() };
        let written = write(shown, &mut notes)?;
        let labels =
            Labels { edits: self, laid, edited: &edited, mangled: &mangled, shown, notes: &notes };
        let mut members = labels.all()?;
        members.extend(labels.swallowed()?);
        members.extend(self.drifted(laid.path, &edited));
        Ok((written, members))
    }

    /// The label of a drift: what was, what is, and in which file, but no row.
    fn drifted(&self, path: &str, edited: &Edited<'_>) -> Option<Member> {
        let (stamp, drift) = self.drift.as_ref()?;
        let (column, was, is) = drift.told(edited)?;
        let mut member =
            member(*stamp, edited.table().name.as_str().into(), Uid::Name(path.into()));
        let path: Arc<str> = path.into();
        member.column = Some(column.into());
        member.original = was.map(Told::new);
        member.injected = is.map(Told::new);
        member.file_clean = Some(path.clone());
        member.file_dirty = Some(path);
        Some(member)
    }

    /// Dirty rows of interest, each once, with what replaces its line.
    fn noted(&self, laid: &LaidOut<'_>, mangled: &Mangled) -> Vec<(u32, Option<Vec<u8>>)> {
        let mut rows: BTreeMap<u32, Option<Vec<u8>>> = BTreeMap::new();
        for half in self.halves.iter().filter(|half| half.dirty) {
            rows.extend(laid.places[half.row].dirty.map(|row| (row, None)));
        }
        for (at, _) in &self.mangles {
            if let Some(row) = laid.places[*at].dirty {
                rows.insert(row, mangled.get(*at).cloned());
            }
        }
        if laid.has_lines { rows.into_iter().collect() } else { Vec::new() }
    }

    /// Damages a file that was written: its bytes after that, and the label.
    pub fn damage(&self, path: &str, table: &str, bytes: &[u8]) -> Option<(Vec<u8>, Member)> {
        let (stamp, damage) = self.damage.as_ref()?;
        let Cut { start, length, bytes: new } = damage(bytes)?;
        let mut member = member(*stamp, table.into(), Uid::Name(path.into()));
        member.file_clean = Some(path.into());
        member.file_dirty = Some(path.into());
        member.bytes = Some(Box::new(Bytes {
            start: Some(start as i64),
            length: Some(new.len() as i64),
            original: Some(Told::new(&bytes[start..start + length])),
            injected: Some(Told::new(new.clone())),
            ..Bytes::default()
        }));
        let whole = [&bytes[..start], &new, &bytes[start + length..]].concat();
        Some((whole, member))
    }

    /// Whether the file as such is damaged.
    pub fn is_damaged(&self) -> bool {
        self.damage.is_some()
    }
}

/// Joins the halves of labels, as the files give them, in the order in which they apply, without those that make no difference.
pub fn join(files: Vec<Vec<Member>>) -> Vec<Member> {
    // There may be as many as rows: none is held twice.
    let mut halves = Vec::with_capacity(files.iter().map(Vec::len).sum());
    for file in files {
        halves.extend(file);
    }
    halves.sort_unstable_by_key(|half| (half.seq, half.file_clean.is_none()));
    halves.dedup_by(|other, half| {
        let is_same = other.seq == half.seq;
        if is_same {
            half.complete(other);
        }
        is_same
    });
    halves.retain(|member| !member.is_idle());
    halves
}
