//! Laying incidents out by file: which row of which file each edit is about, in which order they apply.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::{ARRIVAL, FileEdits, Half, Stamp, What};
use crate::anomaly::drift::Drift;
use crate::anomaly::ground::{FileRef, Ground, RowRef, Rowset};
use crate::anomaly::incident::{Cells, Edit, Op, OpName, Role};
use crate::anomaly::labels::{self, IncidentRow};
use crate::anomaly::select::Made;
use crate::anomaly::spec::Spec;
use crate::anomaly::value::Value;
use crate::event::journal::Counts;
use crate::tables::changes::Fate;

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
        let half = Half { stamp, row: at, what, clean, dirty };
        let edits = self.files.entry(file).or_default();
        debug_assert!(edits.rows[at].0 == row);
        edits.halves.push(half);
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
