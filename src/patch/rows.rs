//! Patching rows of Parquet.

use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};

use super::labels::Member;
use super::{Error, Patch, Patched, lines, mismatch};
use crate::anomaly::Edited;
use crate::anomaly::drift::{Drift, Drifted};
use crate::anomaly::value::Value;
use crate::frame::{Column, Dictionary, Frame, Strings, Values};
use crate::read::hash::Words;
use crate::read::{self, As, Batch, Data, Wanted};
use crate::schema::{Table, Type};
use crate::sink;

/// Patches a file's rows.
#[expect(clippy::similar_names, reason = "the patch is of the file at the path")]
pub(super) fn patch(
    patch: &Patch<'_>,
    schema: &Table,
    path: &str,
    bytes: &[u8],
    touched: &[&Member],
) -> Result<Patched, Error> {
    let dirty = patch.other();
    let told = touched.iter().find(|member| member.is_drift());
    let drift = told
        .and_then(|told| Drift::read(schema, told.original.as_deref(), told.injected.as_deref()));
    let mut loaded = match (told, &drift) {
        (Some(told), Some(drift)) if !dirty => undrifted(schema, path, bytes, told, drift)?,
        _ => Loaded::read(schema, path, bytes)?,
    };
    let there = loaded.rows as u64;
    let gone = lines::gone(path, touched, !dirty);
    let new = Contents::of(schema, path, touched, dirty)?;
    let kept: Vec<u32> =
        (0..there).filter(|row| !gone.contains(row)).map(|row| row as u32).collect();
    // What comes from elsewhere is written over a row that has nothing.
    let blank = loaded.blank();
    let rows = kept.len() + new.rows.len();
    let mut kept = kept.into_iter();
    let mut values = Vec::new();
    for row in 0..rows as u32 {
        let source = match new.rows.get(&u64::from(row)) {
            Some(content) => {
                let cells = content.cells.iter();
                values.extend(cells.map(|(field, value)| (row, *field, value.clone())));
                content.base.map_or(blank, |base| base as u32)
            }
            None => kept.next().unwrap_or(blank),
        };
        loaded.order.push(source);
    }
    let edited = Edited::new(&loaded, rows, &values);
    let mut out = Vec::new();
    let output = patch.output;
    let drifted = drift.as_ref().filter(|_| dirty).map(|drift| Drifted::new(&edited, drift));
    let written: &dyn Frame = drifted.as_ref().map_or(&edited, |drifted| drifted);
    output
        .format
        .write(written, &output.options, &mut out)
        .map_err(|source| Error::Io { path: path.into(), source })?;
    Ok(Patched { bytes: out, rows: rows as u64, times: times(schema, &edited) })
}

/// The rows of a file whose columns are not those of the schema, as they were: by way of their lines.
fn undrifted<'s>(
    schema: &'s Table,
    path: &str,
    bytes: &[u8],
    told: &Member,
    drift: &Drift,
) -> Result<Loaded<'s>, Error> {
    let table = drift.table(schema);
    let mut there = Loaded::read(&table, path, bytes)?;
    there.order = (0..there.rows as u32).collect();
    let lines = sink::json_lines(&there).map_err(|why| mismatch(path, why.to_string()))?;
    let lines = lines::undrifted(schema, path, told, &lines.concat())?;
    let batches = read::scan_lines(lines, &wanted(schema)).map_err(|why| mismatch(path, why))?;
    let mut loaded = Loaded::new(schema);
    for batch in &batches {
        loaded.take(batch);
    }
    loaded.settle();
    Ok(loaded)
}

/// The times of the first and the last row.
fn times(schema: &Table, frame: &dyn Frame) -> (Option<String>, Option<String>) {
    let column = schema.sorted_by.first();
    let field = column.and_then(|name| schema.fields.iter().position(|field| field.name == *name));
    let (Some(field), Some(last)) = (field, frame.rows().checked_sub(1)) else {
        return (None, None);
    };
    let time = |row| Some(Value::of(frame, field, row).plain(schema.fields[field].ty));
    (time(0), time(last))
}

/// What is to stand in a row: that of a row that is there, if any, with other values in some columns.
#[derive(Default)]
struct Content {
    base: Option<u64>,
    cells: BTreeMap<usize, Value>,
}

/// What is to stand in the rows that labels name on the other side.
struct Contents {
    rows: BTreeMap<u64, Content>,
}

impl Contents {
    fn of(schema: &Table, path: &str, touched: &[&Member], dirty: bool) -> Result<Self, Error> {
        let mut rows: BTreeMap<u64, Content> = BTreeMap::new();
        // Undoing begins with the last.
        let ordered: Vec<&&Member> =
            if dirty { touched.iter().collect() } else { touched.iter().rev().collect() };
        let mut wholes: Vec<(u64, Vec<u8>)> = Vec::new();
        let mut single: Vec<(u64, usize, Vec<u8>)> = Vec::new();
        for member in ordered {
            let Some(row) = member.row_in(path, dirty) else { continue };
            let content = rows.entry(row).or_default();
            if let (Some(base), Some(column)) = (member.row_in(path, !dirty), &member.column) {
                content.base = Some(base);
                let field = schema.fields.iter().position(|field| field.name == *column);
                let field = field.ok_or_else(|| mismatch(path, "a label's column is not there"))?;
                let json = if dirty { &member.injected } else { &member.original };
                if let Some(value) = json.as_ref().and_then(|json| beyond(schema, field, json)) {
                    content.cells.insert(field, value);
                    continue;
                }
                let line = json
                    .as_ref()
                    .map_or_else(|| "{}\n".to_owned(), |json| format!("{{\"{column}\":{json}}}\n"));
                single.push((row, field, line.into_bytes()));
            } else {
                let line = member.line(dirty);
                wholes.push((row, line.ok_or_else(|| mismatch(path, "a label has no row"))?));
            }
        }
        for (row, values) in wholes.iter().map(|(row, _)| *row).zip(parse(schema, path, &wholes)?) {
            let content = rows.entry(row).or_default();
            content.cells.extend(values.into_iter().enumerate());
        }
        let cells: Vec<(u64, Vec<u8>)> =
            single.iter().map(|(row, _, line)| (*row, line.clone())).collect();
        for ((row, field, _), mut values) in single.iter().zip(parse(schema, path, &cells)?) {
            let content = rows.entry(*row).or_default();
            content.cells.insert(*field, values.swap_remove(*field));
        }
        Ok(Self { rows })
    }
}

/// A moment or a day outside of the years that text can say: labels have it as a number.
fn beyond(schema: &Table, field: usize, json: &str) -> Option<Value> {
    let number: i64 = json.parse().ok()?;
    match schema.fields[field].ty {
        Type::Timestamp => Some(Value::Long(number)),
        Type::Date => Some(Value::Int(number as i32)),
        _ => None,
    }
}

/// The values of lines, by field.
fn parse(schema: &Table, path: &str, lines: &[(u64, Vec<u8>)]) -> Result<Vec<Vec<Value>>, Error> {
    let text: Vec<u8> = lines.iter().flat_map(|(_, line)| line.iter().copied()).collect();
    let batches = read::scan_lines(text, &wanted(schema)).map_err(|why| mismatch(path, why))?;
    let rows = batches.iter().flat_map(|batch| (0..batch.rows).map(move |row| (batch, row)));
    Ok(rows.map(|(batch, row)| batch.columns.iter().map(|of| value(of, row)).collect()).collect())
}

fn wanted(schema: &Table) -> Vec<Wanted> {
    let wanted = |field: &crate::schema::Field| Wanted {
        name: field.name.clone(),
        form: As::Typed(field.ty),
    };
    schema.fields.iter().map(wanted).collect()
}

fn value(column: &read::Column, row: usize) -> Value {
    if !column.is_valid(row) {
        return Value::Null;
    }
    match &column.data {
        Data::Ids(ids) => Value::Id(ids[row]),
        Data::Longs(longs) => Value::Long(longs[row]),
        Data::Ints(ints) => Value::Int(ints[row]),
        Data::Doubles(doubles) => Value::Double(doubles[row]),
        Data::Flags(flags) => Value::Flag(flags[row]),
        Data::Texts(_) => column.text(row).map_or(Value::Null, |text| Value::Text(text.to_owned())),
    }
}

/// A file's rows in memory, in whatever order.
struct Loaded<'s> {
    schema: &'s Table,
    rows: usize,
    columns: Vec<Held>,
    /// For each row of the frame, which of the file's it is.
    order: Vec<u32>,
}

/// A column: a value a row, whether it counts, and what keys stand for.
struct Held {
    values: Values,
    valid: Vec<bool>,
    words: Words,
    strings: Strings,
}

impl<'s> Loaded<'s> {
    /// Reads a Parquet file.
    fn read(schema: &'s Table, path: &str, bytes: &[u8]) -> Result<Self, Error> {
        let mut loaded = Self::new(schema);
        if !bytes.is_empty() {
            let see = |batch: &Batch| {
                loaded.take(batch);
                ControlFlow::Continue(())
            };
            read::scan_bytes(bytes, &wanted(schema), see).map_err(|why| mismatch(path, why))?;
        }
        loaded.settle();
        Ok(loaded)
    }

    fn new(schema: &'s Table) -> Self {
        let columns = schema.fields.iter().map(|field| Held::new(field.ty)).collect();
        Self { schema, rows: 0, columns, order: Vec::new() }
    }

    /// All rows are there.
    fn settle(&mut self) {
        for column in &mut self.columns {
            column.strings = std::mem::take(&mut column.words).into_strings();
        }
    }

    fn take(&mut self, batch: &Batch) {
        self.rows += batch.rows;
        for (held, column) in self.columns.iter_mut().zip(&batch.columns) {
            held.take(column, batch.rows);
        }
    }

    /// Adds a row without values; its ordinal.
    fn blank(&mut self) -> u32 {
        for column in &mut self.columns {
            column.valid.push(false);
            match &mut column.values {
                Values::Keys(keys) => keys.push(0),
                Values::Ids(ids) => ids.push(0),
                Values::Longs(longs) => longs.push(0),
                Values::Ints(ints) => ints.push(0),
                Values::Doubles(doubles) => doubles.push(0.0),
                Values::Flags(flags) => flags.push(false),
                Values::Texts { .. } => {}
            }
        }
        self.rows as u32
    }
}

impl Held {
    fn new(ty: Type) -> Self {
        let values = match ty {
            Type::Id => Values::Ids(Vec::new()),
            Type::Text | Type::Enum | Type::Json => Values::Keys(Vec::new()),
            Type::Timestamp | Type::Money | Type::Int64 => Values::Longs(Vec::new()),
            Type::Int32 | Type::Date => Values::Ints(Vec::new()),
            Type::Float64 => Values::Doubles(Vec::new()),
            Type::Bool => Values::Flags(Vec::new()),
        };
        Self { values, valid: Vec::new(), words: Words::default(), strings: Strings::new() }
    }

    fn take(&mut self, column: &read::Column, rows: usize) {
        self.valid.extend((0..rows).map(|row| column.is_valid(row)));
        match (&mut self.values, &column.data) {
            (Values::Ids(all), Data::Ids(new)) => all.extend(new),
            (Values::Longs(all), Data::Longs(new)) => all.extend(new),
            (Values::Ints(all), Data::Ints(new)) => all.extend(new),
            (Values::Doubles(all), Data::Doubles(new)) => all.extend(new),
            (Values::Flags(all), Data::Flags(new)) => all.extend(new),
            (Values::Keys(all), Data::Texts(_)) => {
                let words = &mut self.words;
                let key = |row| column.text(row).map_or(0, |text| words.add(text));
                all.extend((0..rows).map(key));
            }
            _ => {}
        }
    }
}

impl Frame for Loaded<'_> {
    fn table(&self) -> &Table {
        self.schema
    }

    fn rows(&self) -> usize {
        self.order.len()
    }

    fn dictionary(&self, field: usize) -> Option<Dictionary<'_>> {
        static NONE: Strings = Strings::empty();
        let column = &self.columns[field];
        matches!(column.values, Values::Keys(_))
            .then_some(Dictionary::Texts { base: &column.strings, own: &NONE })
    }

    fn fill(&self, field: usize, rows: Range<usize>, out: &mut Column) {
        let column = &self.columns[field];
        let count = rows.len();
        let order = &self.order[rows];
        let valid = || order.iter().map(|row| *row as usize).filter(|row| column.valid[*row]);
        match &column.values {
            Values::Keys(keys) => out.keys().extend(valid().map(|row| keys[row])),
            Values::Ids(ids) => out.ids().extend(valid().map(|row| ids[row])),
            Values::Longs(longs) => out.longs().extend(valid().map(|row| longs[row])),
            Values::Ints(ints) => out.ints().extend(valid().map(|row| ints[row])),
            Values::Doubles(doubles) => out.doubles().extend(valid().map(|row| doubles[row])),
            Values::Flags(flags) => out.flags().extend(valid().map(|row| flags[row])),
            Values::Texts { .. } => {}
        }
        let there = order.iter().enumerate().filter(|(_, row)| column.valid[**row as usize]);
        out.finish_at(count, there.map(|(at, _)| at));
    }
}
