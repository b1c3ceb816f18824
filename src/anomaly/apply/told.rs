//! The labels of a file under construction: what stood in its rows, what stands in them, and where.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::Arc;

use super::{FileEdits, Half, LaidOut, Stamp, What};
use crate::anomaly::edited::{Edited, Picked};
use crate::anomaly::labels::{Bytes, Key, Member, Uid};
use crate::anomaly::spool::Told;
use crate::anomaly::value::Value;
use crate::frame::Frame;
use crate::schema::{Table, Type};
use crate::sink::{self, Notes};
use crate::tables::changes::Place;

/// Lines, by the ordinals of their rows among those of interest.
type Lines = HashMap<usize, Vec<u8>>;

/// Labels whose lines are rendered together.
const BLOCK: usize = 1_024;

/// Lines that are other ones than their rows give.
pub(super) struct Mangled(Lines);

impl Mangled {
    pub(super) fn new(edits: &FileEdits, places: &[Place], edited: &dyn Frame) -> io::Result<Self> {
        let rows = edits.mangles.iter().map(|(at, _)| (*at, places[*at].dirty));
        let mut lines = render(edited, rows.collect())?;
        for (at, mangle) in &edits.mangles {
            if let Some(line) = lines.get_mut(at) {
                *line = mangle(line);
            }
        }
        Ok(Self(lines))
    }

    /// The line of a row, if it is such a one.
    pub(super) fn get(&self, at: usize) -> Option<&Vec<u8>> {
        self.0.get(&at)
    }
}

/// Rows of a frame as lines.
fn render(frame: &dyn Frame, rows: BTreeMap<usize, Option<u32>>) -> io::Result<Lines> {
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
    pub(super) mangled: &'l Mangled,
    /// What the lines show: the rows as edited, as far as they may be seen.
    pub(super) shown: &'l dyn Frame,
    pub(super) notes: &'l Notes,
}

/// A label that says nothing yet.
pub(super) fn member(stamp: Stamp, table: Arc<str>, uid: Uid) -> Member {
    let Stamp { anomaly, seq, op, role } = stamp;
    Member {
        anomaly,
        seq,
        op,
        role,
        table,
        uid,
        pk_clean: None,
        pk_dirty: None,
        column: None,
        original: None,
        injected: None,
        file_clean: None,
        row_clean: None,
        file_dirty: None,
        row_dirty: None,
        bytes: None,
    }
}

/// What all labels of a file name, once for all of them.
struct Named {
    table: Arc<str>,
    path: Arc<str>,
    columns: Vec<Arc<str>>,
}

impl Named {
    fn new(table: &Table, path: &str) -> Self {
        let columns = table.fields.iter().map(|field| field.name.as_str().into()).collect();
        Self { table: table.name.as_str().into(), path: path.into(), columns }
    }
}

impl Labels<'_> {
    pub(super) fn all(&self) -> io::Result<Vec<Member>> {
        // What stands in a cell after the edits so far.
        let mut current: HashMap<(usize, usize), Option<String>> = HashMap::new();
        let mut cells = self.edits.cells.iter();
        let mut members = Vec::with_capacity(self.edits.halves.len());
        let named = Named::new(self.table(), self.laid.path);
        for halves in self.edits.halves.chunks(BLOCK) {
            let lines = self.lines(halves)?;
            for half in halves {
                let mut label = self.label(half, &named);
                self.rows(half, &lines, &mut label);
                if let What::Cell(field) = half.what {
                    let ty = self.table().fields[field].ty;
                    label.column = Some(named.columns[field].clone());
                    if half.clean {
                        let frame = self.laid.places[half.row].frame as usize;
                        let read = || Value::of(self.laid.frame, field, frame).json(ty);
                        let was = current.entry((half.row, field)).or_insert_with(read);
                        label.original = was.clone().map(Told::new);
                    }
                    if half.dirty {
                        let mut of_half = cells
                            .by_ref()
                            .skip_while(|(row, of, _)| (*row, *of) != (half.row, field));
                        let is = of_half.next().and_then(|(.., value)| value.json(ty));
                        label.injected = is.clone().map(Told::new);
                        current.insert((half.row, field), is);
                    }
                }
                members.push(label);
            }
        }
        Ok(members)
    }

    /// The lines that some labels tell, of the clean rows and of the dirty ones.
    fn lines(&self, halves: &[Half]) -> io::Result<[Lines; 2]> {
        let wanted = || halves.iter().filter(|half| self.tells_line(half));
        let place = |half: &Half| self.laid.places[half.row];
        let clean = wanted().filter(|half| half.clean);
        let clean = clean.map(|half| (half.row, Some(place(half).frame))).collect();
        let dirty = wanted().filter(|half| half.dirty && self.mangled.get(half.row).is_none());
        let dirty = dirty.map(|half| (half.row, place(half).dirty)).collect();
        Ok([render(self.laid.frame, clean)?, render(self.shown, dirty)?])
    }

    /// Whether a label tells its row's line.
    fn tells_line(&self, half: &Half) -> bool {
        matches!(half.what, What::Row) || self.tells_bytes(half)
    }

    /// Whether it tells it as bytes.
    fn tells_bytes(&self, half: &Half) -> bool {
        self.laid.has_lines || half.crosses()
    }

    /// Tells the rows of a label, and their bytes.
    fn rows(&self, half: &Half, [clean, dirty]: &[Lines; 2], label: &mut Member) {
        let (is_row, has_bytes) = (matches!(half.what, What::Row), self.tells_bytes(half));
        let wait = |text: Vec<u8>| self.laid.spool.put(text);
        let of_row = |line: &Vec<u8>| is_row.then(|| text(line).into_bytes());
        let of_bytes = |line: &Vec<u8>| has_bytes.then(|| line.clone());
        if half.clean
            && let Some(line) = clean.get(&half.row)
        {
            label.original = of_row(line).map(wait);
            if let Some(bytes) = of_bytes(line) {
                label.bytes.get_or_insert_default().original = Some(wait(bytes));
            }
        }
        if half.dirty
            && self.laid.places[half.row].dirty.is_some()
            && let Some(line) = self.mangled.get(half.row).or_else(|| dirty.get(&half.row))
        {
            label.injected = of_row(line).map(wait);
            if let Some(bytes) = of_bytes(line) {
                label.bytes.get_or_insert_default().injected = Some(wait(bytes));
            }
        }
    }

    /// Rows whose lines go on where another one has lost its end: they are lost with it.
    pub(super) fn swallowed(&self) -> io::Result<Vec<Member>> {
        let mut members = Vec::new();
        for (at, stamp) in &self.edits.behind {
            let (Some(row), Some(line)) = (self.laid.places[*at].dirty, self.mangled.get(*at))
            else {
                continue;
            };
            let next = row + 1;
            if line.ends_with(b"\n") || next as usize >= self.laid.shown {
                continue;
            }
            let key = self.key(self.edited, next);
            let uid = Uid::Name(key.text().into());
            let own = render(self.edited, BTreeMap::from([(0, Some(next))]))?.remove(&0);
            let mut label = member(*stamp, self.table().name.as_str().into(), uid);
            label.pk_clean = Some(key.clone());
            label.pk_dirty = Some(key);
            label.file_dirty = Some(self.laid.path.into());
            label.row_dirty = Some(next);
            let (original, injected) = (own.clone().map(Told::new), own.map(Told::new));
            label.bytes = Some(Box::new(Bytes { original, injected, ..Bytes::default() }));
            members.push(label);
        }
        Ok(members)
    }

    fn table(&self) -> &Table {
        self.laid.frame.table()
    }

    fn label(&self, half: &Half, named: &Named) -> Member {
        let place = self.laid.places[half.row];
        let mut label =
            member(half.stamp, named.table.clone(), Uid::Row(self.edits.rows[half.row].0));
        if half.clean {
            label.file_clean = Some(named.path.clone());
            label.row_clean = place.clean;
            label.pk_clean = Some(self.key(self.laid.frame, place.frame));
        }
        if let (true, Some(row)) = (half.dirty, place.dirty) {
            label.file_dirty = Some(named.path.clone());
            label.row_dirty = Some(row);
            label.pk_dirty = Some(self.key(self.edited, row));
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
            let bytes = label.bytes.get_or_insert_default();
            bytes.line_no = Some(place.number as i64);
            bytes.start = Some(place.start as i64);
            bytes.length = Some(place.length as i64);
        }
    }

    /// The key of a row.
    fn key(&self, frame: &dyn Frame, row: u32) -> Key {
        let table = self.table();
        let part = |name: &String| {
            let field = table.fields.iter().position(|field| field.name == *name)?;
            Some((Value::of(frame, field, row as usize), table.fields[field].ty))
        };
        let parts: Vec<(Value, Type)> = table.key.iter().filter_map(part).collect();
        if let [(Value::Id(id), _)] = parts[..] {
            return Key::Id(id);
        }
        let parts: Vec<String> = parts.iter().map(|(value, ty)| value.plain(*ty)).collect();
        Key::Text(parts.join("/").into())
    }
}

/// A line without its end, as text.
fn text(line: &[u8]) -> String {
    String::from_utf8_lossy(line.strip_suffix(b"\n").unwrap_or(line)).into_owned()
}
