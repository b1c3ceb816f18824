//! What columns there are, before anything is written: by the schemas of Parquet files, by every line of NDJSON ones.

use std::collections::BTreeMap;
use std::path::Path;

use arrow::array::{Array, AsArray as _};
use arrow::datatypes::DataType;

use super::arrays::{self, Leaves};
use super::input::{Form, Input, each_line};
use super::json::{self, Leaf, Stop};
use super::why::Why;
use crate::privacy::policy::draft::{SAMPLES, Sample};

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
    /// Whether values of several shapes stand in it.
    pub(super) mixed: bool,
    pub(super) sample: Sample,
}

/// The columns of a table by path.
pub(super) type Columns = BTreeMap<String, Column>;

fn meet<'c>(columns: &'c mut Columns, path: &str, shape: Shape) -> &'c mut Column {
    let new = || Column { shape, mixed: false, sample: Sample::default() };
    let column = columns.entry(path.to_owned()).or_insert_with(new);
    if shape != Shape::Null && column.shape != shape {
        let numbers = [column.shape, shape].iter().all(|s| matches!(s, Shape::Int | Shape::Float));
        column.mixed |= column.shape != Shape::Null && !numbers;
        column.shape = column.shape.max(shape);
    }
    column
}

/// Adds the columns of a file. `inside` are the columns whose text is JSON, to be looked into whole; `samples` says whether values
/// are wanted of the others.
pub(super) fn file(
    input: &Input,
    inside: &[&str],
    samples: bool,
    columns: &mut Columns,
) -> Result<(), Why> {
    for (name, value) in &input.partitions {
        let column = meet(columns, name, Shape::Text);
        column.sample.values.push(value.clone());
    }
    match input.form {
        Form::Parquet => parquet(&input.path, inside, samples, columns),
        form => each_line(&input.path, form, |number, line| {
            scan(line, "", columns, samples).map_err(|stop| told(&stop, number))?;
            look_inside(line, inside, columns, samples).map_err(|stop| told(&stop, number))
        }),
    }
}

/// What is wrong with a line.
pub(super) fn told(stop: &Stop, line: u64) -> Why {
    match stop {
        Stop::Malformed(at) => Why::Broken(format!("line {line} is no JSON, at byte {}", at + 1)),
        Stop::Refused(why) => Why::Refused(format!("line {line}: {why}")),
    }
}

/// What is wrong with a text that should be JSON.
pub(super) fn told_inside(stop: &Stop, column: &str) -> Why {
    match stop {
        Stop::Malformed(_) => Why::Broken(format!("`{column}` holds a text that is no JSON")),
        Stop::Refused(why) => Why::Refused(why.clone()),
    }
}

/// Notes the paths of a JSON text.
fn scan(text: &[u8], root: &str, columns: &mut Columns, samples: bool) -> Result<(), Stop> {
    json::look(text, root, &mut |path, leaf| {
        let (shape, text) = match &leaf {
            Leaf::Text(text) => (Shape::Text, Some(text.as_ref())),
            Leaf::Number(number) if number.parse::<i64>().is_ok() => (Shape::Int, Some(*number)),
            Leaf::Number(number) => (Shape::Float, Some(*number)),
            Leaf::Flag(_) => (Shape::Flag, None),
            Leaf::Null => (Shape::Null, None),
        };
        let column = meet(columns, path, shape);
        column.sample.numbers = !matches!(column.shape, Shape::Text | Shape::Null);
        if let (Some(text), true) = (text, samples && column.sample.values.len() < SAMPLES) {
            column.sample.values.push(text.to_owned());
        }
    })
}

/// Notes the paths of texts within a line that are JSON themselves.
fn look_inside(
    line: &[u8],
    inside: &[&str],
    columns: &mut Columns,
    samples: bool,
) -> Result<(), Stop> {
    if inside.is_empty() {
        return Ok(());
    }
    let mut texts = Vec::new();
    json::look(line, "", &mut |path, leaf| {
        if let (Leaf::Text(text), true) = (leaf, inside.contains(&path)) {
            texts.push((path.to_owned(), text.into_owned()));
        }
    })?;
    texts.iter().try_for_each(|(path, text)| scan(text.as_bytes(), path, columns, samples))
}

fn parquet(path: &Path, inside: &[&str], samples: bool, columns: &mut Columns) -> Result<(), Why> {
    let shape = crate::read::parquet_shape(path)?.0;
    if arrays::is_stamped(path)? {
        return Err(Why::Refused(super::STAMPED.to_owned()));
    }
    let mut leaves = Vec::new();
    for field in shape.fields() {
        arrays::leaf_paths(field.name(), field.data_type(), &mut leaves);
    }
    for (path, ty) in &leaves {
        let column = meet(columns, path, shape_of(ty));
        column.sample.times = column.shape == Shape::Time;
        column.sample.numbers = matches!(column.shape, Shape::Int | Shape::Float | Shape::Flag);
    }
    if samples {
        let mut leaves = Leaves::open(path, None)?;
        if let Some(batch) = leaves.next()? {
            sample(&batch, columns)?;
        }
    }
    let wanted: Vec<&str> =
        inside.iter().copied().filter(|path| leaves.iter().any(|(leaf, _)| leaf == path)).collect();
    if !wanted.is_empty() {
        let mut rows = Leaves::open(path, Some(&wanted))?;
        while let Some(batch) = rows.next()? {
            for (root, array) in &batch {
                if wanted.contains(&root.as_str()) {
                    json_texts(array, root, columns)?;
                }
            }
        }
    }
    Ok(())
}

/// Takes a few values of each column, spread over the batch.
fn sample(batch: &[(String, arrow::array::ArrayRef)], columns: &mut Columns) -> Result<(), Why> {
    for (path, array) in batch {
        let Some(column) = columns.get_mut(path) else { continue };
        if column.shape != Shape::Text {
            continue;
        }
        let texts = arrays::plain_texts(array)?;
        let step = (texts.len() / SAMPLES).max(1);
        let some = (0..texts.len()).step_by(step).filter(|row| texts.is_valid(*row));
        let values = some.map(|row| texts.value(row).to_owned());
        column.sample.values.extend(values.take(SAMPLES));
    }
    Ok(())
}

fn json_texts(
    array: &arrow::array::ArrayRef,
    root: &str,
    columns: &mut Columns,
) -> Result<(), Why> {
    // A dictionary's values are looked at once, however many rows they have.
    let values = match array.as_any_dictionary_opt() {
        Some(dictionary) => dictionary.values().clone(),
        None => array.clone(),
    };
    let texts = arrays::plain_texts(&values)?;
    for text in texts.iter().flatten().filter(|text| !text.is_empty()) {
        scan(text.as_bytes(), root, columns, false).map_err(|stop| told_inside(&stop, root))?;
    }
    Ok(())
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
