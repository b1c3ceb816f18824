//! What columns there are, before anything is written: by the schemas of Parquet files, by every line of NDJSON ones.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::AtomicBool;

use arrow::array::{Array, ArrayRef, AsArray as _};
use arrow::datatypes::DataType;

use super::arrays::{self, Leaves};
use super::input::{Form, Input, each_line};
use super::json::{self, Leaf, Stop, Walk};
use super::why::{Why, broken, go_on};
use crate::privacy::names;
use crate::privacy::policy::draft::{SAMPLES, Sample};
use crate::privacy::policy::{Act, Table};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Shape {
    /// Nothing but nulls.
    Null,
    /// Strings, and UUIDs.
    Text,
    /// Whole numbers.
    Int,
    /// Other numbers.
    Float,
    /// Moments and dates.
    Time,
    /// Flags.
    Flag,
    /// What no act but keeping and dropping knows: bytes, decimals, maps.
    Other,
}

/// A column as found.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) shape: Shape,
    pub(super) sample: Sample,
    /// Whether nothing stands there but empty objects and arrays.
    pub(super) is_empty: bool,
}

/// The columns of a table by path.
pub(super) type Columns = BTreeMap<String, Column>;

/// Columns of a table at most: names of members that are values make any number of them.
const MOST_COLUMNS: usize = 20_000;

/// How a table is looked at: as a policy speaks of it, or before there is any.
#[derive(Debug)]
pub(super) struct Lens<'l> {
    table: Option<&'l Table>,
    /// Columns whose text is JSON, to be looked into.
    inside: Vec<String>,
    dropped: BTreeSet<&'l str>,
    /// Whether values are wanted.
    samples: bool,
    cancel: &'l AtomicBool,
}

impl<'l> Lens<'l> {
    /// Looks as a policy's table does.
    pub(super) fn of(table: &'l Table, cancel: &'l AtomicBool) -> Self {
        let of = |act: Act| table.rules.iter().filter(move |rule| rule.act == act);
        Self {
            table: Some(table),
            inside: of(Act::Inside).map(|rule| rule.path.clone()).collect(),
            dropped: of(Act::Drop).map(|rule| rule.path.as_str()).collect(),
            samples: true,
            cancel,
        }
    }

    /// Looks at what nobody has classified.
    pub(super) fn bare(inside: Vec<String>, samples: bool, cancel: &'l AtomicBool) -> Self {
        Self { table: None, inside, dropped: BTreeSet::new(), samples, cancel }
    }

    /// The column that a path belongs to: what stands below a dropped one is no column of its own.
    fn column<'p>(&self, path: &'p str) -> &'p str {
        let at = |end: &(usize, char)| matches!(end.1, '.' | '[');
        let mut ends = path.char_indices().filter(at).map(|(end, _)| &path[..end]);
        ends.find(|part| self.dropped.contains(part)).unwrap_or(path)
    }
}

/// What is being found.
struct Survey<'s> {
    lens: &'s Lens<'s>,
    columns: &'s mut Columns,
}

impl Survey<'_> {
    fn meet(&mut self, path: &str, shape: Shape) -> Result<&mut Column, Why> {
        let path = self.lens.column(path);
        if !self.columns.contains_key(path) {
            if self.columns.len() >= MOST_COLUMNS {
                return Err(Why::Refused(format!(
                    "more than {MOST_COLUMNS} paths: names of members are values, it seems; drop what they stand in"
                )));
            }
            let column = Column { shape, sample: Sample::default(), is_empty: true };
            self.columns.insert(path.to_owned(), column);
        }
        let Some(column) = self.columns.get_mut(path) else { return Err(broken("no column")) };
        column.shape = column.shape.max(shape);
        Ok(column)
    }

    fn see(&mut self, path: &str, leaf: &Leaf<'_>) -> Result<(), Stop> {
        let samples = self.lens.samples;
        let (shape, text) = match leaf {
            Leaf::Text(text) => (Shape::Text, Some(text.as_ref())),
            Leaf::Number(number) if json::is_whole(number) => (Shape::Int, Some(*number)),
            Leaf::Number(number) => (Shape::Float, Some(*number)),
            Leaf::Flag(_) => (Shape::Flag, None),
            Leaf::Null => (Shape::Null, None),
        };
        let column = self.meet(path, shape).map_err(|why| Stop::Refused(why.to_string()))?;
        column.is_empty = false;
        column.sample.numbers = !matches!(column.shape, Shape::Text | Shape::Null);
        column.sample.flags = column.shape == Shape::Flag && column.sample.values.is_empty();
        if let (Some(text), true) = (text, samples && column.sample.values.len() < SAMPLES) {
            column.sample.values.push(text.to_owned());
        }
        Ok(())
    }
}

impl Walk for Survey<'_> {
    fn leaf(
        &mut self,
        path: &str,
        leaf: Leaf<'_>,
        _: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<bool, Stop> {
        self.see(path, &leaf)?;
        if let (Leaf::Text(text), true) = (&leaf, self.lens.inside.iter().any(|one| one == path))
            && !text.is_empty()
        {
            json::rewrite_inner(text, path, self, out)?;
        }
        Ok(false)
    }

    fn empty(&mut self, path: &str, _: &[u8], _: &mut Vec<u8>) -> Result<bool, Stop> {
        if !path.is_empty() {
            self.meet(path, Shape::Null).map_err(|why| Stop::Refused(why.to_string()))?;
        }
        Ok(false)
    }

    fn drops(&mut self, path: &str) -> bool {
        self.lens.dropped.contains(path)
    }

    fn below(&mut self, dropped: &str, leaf: Leaf<'_>) {
        // The dropped column holds anything; what is wanted of it is by what its values would be known elsewhere.
        if let (Leaf::Text(text), Some(column)) = (&leaf, self.columns.get_mut(dropped))
            && column.sample.values.len() < SAMPLES
        {
            column.sample.values.push(text.clone().into_owned());
        }
        if !self.columns.contains_key(dropped) {
            let _ = self.see(dropped, &leaf);
        }
    }

    fn hides(&mut self, path: &str) -> bool {
        // Who wrote a rule for it has seen the name.
        self.lens.table.is_none_or(|table| table.rule(path).is_none())
    }
}

/// Adds the columns of a file.
pub(super) fn file(input: &Input, lens: &Lens<'_>, columns: &mut Columns) -> Result<(), Why> {
    let mut survey = Survey { lens, columns };
    for (name, value) in &input.partitions {
        let column = survey.meet(name, Shape::Text)?;
        column.is_empty = false;
        if column.sample.values.len() < SAMPLES {
            column.sample.values.push(value.clone());
        }
    }
    if input.form == Form::Parquet {
        return survey.parquet(&input.path);
    }
    each_line(&input.path, lens.cancel, |number, line| {
        if !line.starts_with(b"{") {
            return Err(Why::Broken(format!("line {number} is no JSON object")));
        }
        let looked = json::rewrite(line, "", &mut survey, &mut Vec::new());
        looked.map_err(|stop| told(&stop, number))
    })
}

/// What is wrong with a line.
pub(super) fn told(stop: &Stop, line: u64) -> Why {
    match stop {
        Stop::Malformed(at) => Why::Broken(format!("line {line} is no JSON, at byte {}", at + 1)),
        Stop::Inner(_) => Why::Broken(format!("line {line}: {}", told_inside(stop, ""))),
        Stop::Refused(why) => Why::Refused(format!("line {line}: {why}")),
    }
}

/// What is wrong with a text that should be JSON.
pub(super) fn told_inside(stop: &Stop, column: &str) -> Why {
    let no_json = |column: &str| format!("`{}` holds a text that is no JSON", names::shown(column));
    match stop {
        Stop::Malformed(_) => Why::Broken(no_json(column)),
        Stop::Inner(column) => Why::Broken(no_json(column)),
        Stop::Refused(why) => Why::Refused(why.clone()),
    }
}

impl Survey<'_> {
    fn parquet(&mut self, path: &Path) -> Result<(), Why> {
        let shape = crate::read::parquet_shape(path)?.0;
        if arrays::is_stamped(path)? {
            return Err(Why::Refused(super::STAMPED.to_owned()));
        }
        let mut leaves = Vec::new();
        for field in shape.fields() {
            arrays::leaf_paths(field.name(), field.data_type(), &mut leaves);
        }
        for (path, ty) in &leaves {
            let column = self.meet(path, shape_of(ty))?;
            column.is_empty = false;
            column.sample.times = column.shape == Shape::Time;
            column.sample.numbers = matches!(column.shape, Shape::Int | Shape::Float | Shape::Flag);
            column.sample.flags = column.shape == Shape::Flag;
        }
        if self.lens.samples {
            // What has its values from other files, or never gives any, need not be decoded.
            let lacks = |(path, ty): &&(String, DataType)| {
                let column = self.columns.get(self.lens.column(path));
                let has_room = column.is_some_and(|one| one.sample.values.len() < SAMPLES);
                arrays::is_text(ty) && !path.contains('[') && has_room
            };
            let lacking: Vec<&str> =
                leaves.iter().filter(lacks).map(|(path, _)| path.as_str()).collect();
            if !lacking.is_empty()
                && let Some(batch) = Leaves::open(path, Some(&lacking))?.next()?
            {
                self.sample(&batch)?;
            }
        }
        let lens = self.lens;
        let there = |path: &&String| leaves.iter().any(|(leaf, _)| leaf == *path);
        let wanted: Vec<&str> = lens.inside.iter().filter(there).map(String::as_str).collect();
        if !wanted.is_empty() {
            let mut rows = Leaves::open(path, Some(&wanted))?;
            while let Some(batch) = rows.next()? {
                go_on(lens.cancel)?;
                for (root, array) in &batch {
                    if wanted.contains(&root.as_str()) {
                        self.json_texts(array, root)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Takes a few values of each column, spread over the batch.
    fn sample(&mut self, batch: &[(String, ArrayRef)]) -> Result<(), Why> {
        for (path, array) in batch {
            let Some(column) = self.columns.get_mut(self.lens.column(path)) else { continue };
            let room = SAMPLES.saturating_sub(column.sample.values.len());
            if !arrays::is_text(array.data_type()) || room == 0 {
                continue;
            }
            let texts = arrays::plain_texts(array)?;
            let step = (texts.len() / SAMPLES).max(1);
            let some = (0..texts.len()).step_by(step).filter(|row| texts.is_valid(*row));
            let values = some.map(|row| texts.value(row).to_owned());
            column.sample.values.extend(values.take(room));
        }
        Ok(())
    }

    fn json_texts(&mut self, array: &ArrayRef, root: &str) -> Result<(), Why> {
        // A dictionary's values are looked at once, however many rows they have.
        let values = match array.as_any_dictionary_opt() {
            Some(dictionary) => dictionary.values(),
            None => array,
        };
        let texts = arrays::plain_texts(values)?;
        for text in texts.iter().flatten().filter(|text| !text.is_empty()) {
            let looked = json::rewrite_inner(text, root, self, &mut Vec::new());
            looked.map_err(|stop| told_inside(&stop, root))?;
        }
        Ok(())
    }
}

/// What a type holds.
fn shape_of(ty: &DataType) -> Shape {
    match ty {
        DataType::Null => Shape::Null,
        DataType::Utf8
        | DataType::LargeUtf8
        | DataType::Utf8View
        | DataType::FixedSizeBinary(16) => Shape::Text,
        DataType::Dictionary(_, values) => shape_of(values),
        ty if ty.is_integer() => Shape::Int,
        DataType::Float32 | DataType::Float64 => Shape::Float,
        DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 => Shape::Time,
        DataType::Boolean => Shape::Flag,
        _ => Shape::Other,
    }
}
