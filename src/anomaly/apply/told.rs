//! The labels of a file under construction: what stood in its rows, what stands in them, and where.

use std::collections::{BTreeMap, HashMap};
use std::io;

use super::{FileEdits, Half, LaidOut, Stamp, What};
use crate::anomaly::edited::{Edited, Picked};
use crate::anomaly::labels::Member;
use crate::anomaly::value::Value;
use crate::frame::Frame;
use crate::schema::Table;
use crate::sink::{self, Notes};

/// Lines of rows of interest, by their ordinals.
pub(super) struct Lines {
    pub(super) clean: HashMap<usize, Vec<u8>>,
    pub(super) dirty: HashMap<usize, Vec<u8>>,
}

impl Lines {
    pub(super) fn new(
        edits: &FileEdits,
        laid: &LaidOut<'_>,
        edited: &dyn Frame,
    ) -> io::Result<Self> {
        let wanted =
            |half: &&Half| laid.has_lines || half.crosses() || matches!(half.what, What::Row);
        let halves = || edits.halves.iter().filter(wanted);
        let clean = halves().filter(|half| half.clean).map(|half| half.row);
        let dirty = halves().filter(|half| half.dirty).map(|half| half.row);
        let clean = clean.map(|at| (at, Some(laid.places[at].frame)));
        let clean = render(laid.frame, clean.collect())?;
        let dirty = dirty.map(|at| (at, laid.places[at].dirty));
        let mut dirty = render(edited, dirty.collect())?;
        for (at, mangle) in &edits.mangles {
            if let Some(line) = dirty.get_mut(at) {
                *line = mangle(line);
            }
        }
        Ok(Self { clean, dirty })
    }
}

/// Rows of a frame as lines.
fn render(
    frame: &dyn Frame,
    rows: BTreeMap<usize, Option<u32>>,
) -> io::Result<HashMap<usize, Vec<u8>>> {
    let (names, rows): (Vec<usize>, Vec<u32>) =
        rows.into_iter().filter_map(|(at, row)| Some((at, row?))).unzip();
    if rows.is_empty() {
        return Ok(HashMap::new());
    }
    let lines = sink::json_lines(&Picked::new(frame, &rows))?;
    Ok(names.into_iter().zip(lines).collect())
}

/// The labels of a file under construction.
pub(super) struct Labels<'l> {
    pub(super) edits: &'l FileEdits,
    pub(super) laid: &'l LaidOut<'l>,
    pub(super) edited: &'l Edited<'l>,
    pub(super) lines: &'l Lines,
    pub(super) notes: &'l Notes,
}

/// A label that says nothing yet.
pub(super) fn member(stamp: Stamp, table: &str, row_uid: String) -> Member {
    let Stamp { anomaly, seq, op, role } = stamp;
    Member {
        anomaly,
        seq,
        op,
        role,
        table: table.to_owned(),
        row_uid,
        pk_clean: None,
        pk_dirty: None,
        column: None,
        original: None,
        injected: None,
        file_clean: None,
        row_clean: None,
        file_dirty: None,
        row_dirty: None,
        line_no: None,
        byte_start: None,
        byte_len: None,
        raw_original: None,
        raw_injected: None,
    }
}

impl Labels<'_> {
    pub(super) fn all(&self) -> Vec<Member> {
        // What stands in a cell after the edits so far.
        let mut current: HashMap<(usize, usize), Option<String>> = HashMap::new();
        let mut cells = self.edits.cells.iter();
        let mut members = Vec::with_capacity(self.edits.halves.len());
        for half in &self.edits.halves {
            let mut label = self.label(half);
            if let What::Cell(field) = half.what {
                let ty = self.table().fields[field].ty;
                label.column = Some(self.table().fields[field].name.clone());
                if half.clean {
                    let frame = self.laid.places[half.row].frame as usize;
                    let read = || Value::of(self.laid.frame, field, frame).json(ty);
                    label
                        .original
                        .clone_from(current.entry((half.row, field)).or_insert_with(read));
                }
                if half.dirty {
                    let mut of_half =
                        cells.by_ref().skip_while(|(row, of, _)| (*row, *of) != (half.row, field));
                    label.injected = of_half.next().and_then(|(.., value)| value.json(ty));
                    current.insert((half.row, field), label.injected.clone());
                }
            }
            members.push(label);
        }
        members
    }

    /// Rows whose lines go on where another one has lost its end: they are lost with it.
    pub(super) fn swallowed(&self) -> io::Result<Vec<Member>> {
        let mut members = Vec::new();
        for (at, stamp) in &self.edits.behind {
            let (Some(row), Some(line)) = (self.laid.places[*at].dirty, self.lines.dirty.get(at))
            else {
                continue;
            };
            let next = row + 1;
            if line.ends_with(b"\n") || next as usize >= self.laid.shown {
                continue;
            }
            let key = self.key(self.edited, next);
            let own = render(self.edited, BTreeMap::from([(0, Some(next))]))?.remove(&0);
            let mut label = member(*stamp, &self.table().name, key.clone());
            label.pk_clean = Some(key.clone());
            label.pk_dirty = Some(key);
            label.file_dirty = Some(self.laid.path.to_owned());
            label.row_dirty = Some(i64::from(next));
            label.raw_original.clone_from(&own);
            label.raw_injected = own;
            members.push(label);
        }
        Ok(members)
    }

    fn table(&self) -> &Table {
        self.laid.frame.table()
    }

    fn label(&self, half: &Half) -> Member {
        let place = self.laid.places[half.row];
        let mut label = member(half.stamp, &self.table().name, half.name.clone());
        let path = Some(self.laid.path.to_owned());
        if half.clean {
            label.file_clean.clone_from(&path);
            label.row_clean = place.clean.map(i64::from);
            label.pk_clean = Some(self.key(self.laid.frame, place.frame));
            let line = self.lines.clean.get(&half.row);
            if matches!(half.what, What::Row) {
                label.original = line.map(|line| text(line));
            }
            label.raw_original = line.filter(|_| self.laid.has_lines || half.crosses()).cloned();
        }
        if let (true, Some(row)) = (half.dirty, place.dirty) {
            label.file_dirty = path;
            label.row_dirty = Some(i64::from(row));
            label.pk_dirty = Some(self.key(self.edited, row));
            let line = self.lines.dirty.get(&half.row);
            if matches!(half.what, What::Row) {
                label.injected = line.map(|line| text(line));
            }
            label.raw_injected = line.filter(|_| self.laid.has_lines || half.crosses()).cloned();
            self.address(row, &mut label);
        }
        label
    }

    /// Where the line of a dirty row is.
    fn address(&self, row: u32, label: &mut Member) {
        let Ok(at) = self.notes.rows.binary_search_by_key(&row, |(known, _)| *known) else {
            return;
        };
        if let Some(place) = self.notes.places.get(at) {
            label.line_no = Some(place.number as i64);
            label.byte_start = Some(place.start as i64);
            label.byte_len = Some(place.length as i64);
        }
    }

    /// The key of a row.
    fn key(&self, frame: &dyn Frame, row: u32) -> String {
        let table = self.table();
        let part = |name: &String| {
            let field = table.fields.iter().position(|field| field.name == *name)?;
            Some(Value::of(frame, field, row as usize).plain(table.fields[field].ty))
        };
        table.key.iter().filter_map(part).collect::<Vec<_>>().join("/")
    }
}

/// A line without its end, as text.
fn text(line: &[u8]) -> String {
    String::from_utf8_lossy(line.strip_suffix(b"\n").unwrap_or(line)).into_owned()
}
