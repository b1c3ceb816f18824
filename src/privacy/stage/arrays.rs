//! Arrow's columns as leaves with paths, and changes carried out on them.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray as _, BooleanArray, DictionaryArray, FixedSizeBinaryArray,
    Float64Array, Int32Array, Int64Array, ListArray, RecordBatch, StringArray, StringBuilder,
    StructArray, new_null_array,
};
use arrow::compute::{cast, nullif};
use arrow::datatypes::{DataType, Field, Float64Type, Int32Type, Int64Type, TimeUnit};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};

use super::change::{Change, Given, Made};
use super::time;
use super::why::{Why, broken};
use crate::digits::uuid_text;
use crate::privacy::policy::act::Act;
use crate::read;

/// Rows of a batch.
pub(super) const ROWS: usize = 1 << 16;

/// The leaves of a column, with their types.
pub(super) fn leaf_paths(path: &str, ty: &DataType, out: &mut Vec<(String, DataType)>) {
    match ty {
        DataType::Struct(fields) => {
            for field in fields {
                leaf_paths(&format!("{path}.{}", field.name()), field.data_type(), out);
            }
        }
        DataType::List(item) => leaf_paths(&format!("{path}[]"), item.data_type(), out),
        ty => out.push((path.to_owned(), ty.clone())),
    }
}

/// The leaves of a file's rows, batch by batch; lists are not looked into.
pub(super) struct Leaves {
    batches: ParquetRecordBatchReader,
    /// Rows of the last batch.
    pub(super) rows: usize,
}

impl Leaves {
    /// Opens a file for some paths, or for all.
    pub(super) fn open(path: &Path, wanted: Option<&[&str]>) -> Result<Self, Why> {
        let file = File::open(path).map_err(broken)?;
        let metadata = read::keyed_metadata(&file)?;
        let mask = wanted.map(|wanted| mask(&metadata, wanted));
        let mut builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata);
        if let Some(mask) = mask {
            builder = builder.with_projection(mask);
        }
        let batches = builder.with_batch_size(ROWS).build().map_err(broken)?;
        Ok(Self { batches, rows: 0 })
    }

    /// The next batch: leaves by path.
    pub(super) fn next(&mut self) -> Result<Option<Vec<(String, ArrayRef)>>, Why> {
        let next = || self.batches.next().transpose().map_err(|error| error.to_string());
        let batch = read::shielded(next)?;
        let Some(batch) = batch else { return Ok(None) };
        self.rows = batch.num_rows();
        Ok(Some(leaves_of(&batch)))
    }
}

/// The leaves of a batch by path; lists are not looked into.
pub(super) fn leaves_of(batch: &RecordBatch) -> Vec<(String, ArrayRef)> {
    let mut leaves = Vec::new();
    for (field, array) in batch.schema().fields().iter().zip(batch.columns()) {
        flatten(field.name(), array, &mut leaves);
    }
    leaves
}

fn flatten(path: &str, array: &ArrayRef, out: &mut Vec<(String, ArrayRef)>) {
    match array.as_struct_opt() {
        Some(of) => {
            for (field, inner) in of.fields().iter().zip(of.columns()) {
                flatten(&format!("{path}.{}", field.name()), inner, out);
            }
        }
        None => out.push((path.to_owned(), Arc::clone(array))),
    }
}

/// Whether a file's metadata says that it has been through here.
pub(super) fn is_stamped(path: &Path) -> Result<bool, Why> {
    let file = File::open(path).map_err(broken)?;
    let metadata = read::keyed_metadata(&file)?;
    let pairs = metadata.metadata().file_metadata().key_value_metadata();
    Ok(pairs.is_some_and(|pairs| pairs.iter().any(|pair| pair.key == super::STAMP)))
}

/// The columns that hold some paths.
pub(super) fn mask(metadata: &ArrowReaderMetadata, paths: &[&str]) -> ProjectionMask {
    let root = |path: &str| path.split(['.', '[']).next().unwrap_or_default().to_owned();
    let roots: Vec<String> = paths.iter().map(|path| root(path)).collect();
    let fields = metadata.schema().fields().iter().enumerate();
    let holds = |name: &String| paths.contains(&name.as_str()) || roots.contains(name);
    let wanted = fields.filter(|(_, field)| holds(field.name())).map(|(place, _)| place);
    ProjectionMask::roots(metadata.parquet_schema(), wanted)
}

/// An array of any kind of text, plain.
pub(super) fn plain_texts(array: &ArrayRef) -> Result<StringArray, Why> {
    if let Some(bytes) = array.as_fixed_size_binary_opt() {
        return Ok(uuids(bytes));
    }
    // Moments are shown without their zone, which is UTC: Arrow knows zones by their offsets only.
    let array = match array.data_type() {
        DataType::Timestamp(unit, Some(_)) => {
            &cast(array, &DataType::Timestamp(*unit, None)).map_err(broken)?
        }
        _ => array,
    };
    let plain = cast(array, &DataType::Utf8).map_err(broken)?;
    Ok(plain.as_string::<i32>().clone())
}

fn uuids(bytes: &FixedSizeBinaryArray) -> StringArray {
    let text = |bytes: &[u8]| {
        let id = bytes.iter().fold(0_u128, |id, byte| id << 8 | u128::from(*byte));
        uuid_text(id)
    };
    bytes.iter().map(|bytes| bytes.map(text)).collect()
}

/// What becomes of a text that is JSON; none: nothing.
pub(super) type Inside<'i> = dyn FnMut(&str) -> Result<Option<String>, Why> + 'i;

/// What becomes of the leaf at a path; none: nothing.
pub(super) type Leaf<'l> = dyn FnMut(&str, &ArrayRef) -> Result<Option<ArrayRef>, Why> + 'l;

/// A change at work on the batches of a column.
pub(super) struct Worker<'w> {
    pub(super) change: &'w mut Change,
    /// What becomes of JSON texts.
    pub(super) inside: Option<&'w mut Inside<'w>>,
    /// The dictionary of the last batch, and what it became.
    known: Option<(ArrayRef, StringArray)>,
    /// Rows of each key of it.
    counts: Vec<u64>,
}

impl<'w> Worker<'w> {
    pub(super) fn new(change: &'w mut Change, inside: Option<&'w mut Inside<'w>>) -> Self {
        Self { change, inside, known: None, counts: Vec::new() }
    }

    /// What becomes of an array; `days` are the shifts of its rows, where each has its own.
    pub(super) fn apply(
        &mut self,
        array: &ArrayRef,
        days: Option<&[Option<i64>]>,
    ) -> Result<ArrayRef, Why> {
        let by_row = days.is_some();
        match array.data_type() {
            DataType::Null => {
                Ok(new_null_array(&made_type(self.change, &DataType::Null), array.len()))
            }
            ty if !is_text(ty) && matches!(self.change.act, Act::Keep | Act::Rare) => {
                self.shared(array)
            }
            DataType::Dictionary(..) if !by_row => self.dictionary(array),
            DataType::Dictionary(..)
            | DataType::Utf8
            | DataType::LargeUtf8
            | DataType::Utf8View
            | DataType::FixedSizeBinary(16) => self.texts(&plain_texts(array)?, days),
            DataType::Timestamp(unit, _) => self.moments(array, per_second(*unit), days),
            DataType::Date64 => self.moments(array, 1_000, days),
            DataType::Date32 => self.dates(array, days),
            ty if ty.is_integer() => self.ints(array, days),
            DataType::Float32 | DataType::Float64 => self.floats(array, days),
            ty => Err(Why::Broken(format!(
                "`{}` is of the type {ty}, which can only be kept or dropped",
                self.change.path
            ))),
        }
    }

    fn one(&mut self, text: &str, days: Option<i64>, out: &mut String) -> Result<Option<()>, Why> {
        if let (Some(inside), false) = (&mut self.inside, text.is_empty()) {
            let Some(made) = inside(text)? else { return Ok(None) };
            out.clear();
            out.push_str(&made);
            return Ok(Some(()));
        }
        let made = self.change.make(Given::Text(text), days, out).map_err(Why::from)?;
        Ok(match made {
            Made::Text => Some(()),
            Made::Same => {
                out.clear();
                out.push_str(text);
                Some(())
            }
            _ => None,
        })
    }

    /// Values that are no texts: those that enough people share stay as they are.
    fn shared(&mut self, array: &ArrayRef) -> Result<ArrayRef, Why> {
        let mut out = String::new();
        let gone: BooleanArray = if array.data_type().is_floating() {
            let doubles = cast(array, &DataType::Float64).map_err(broken)?;
            let doubles = doubles.as_primitive::<Float64Type>().iter();
            self.gone(doubles.map(|double| double.map(Given::Float)), &mut out)?
        } else if let Some(flags) = array.as_boolean_opt() {
            self.gone(flags.iter().map(|flag| flag.map(Given::Flag)), &mut out)?
        } else {
            let texts = plain_texts(array)?;
            self.gone(texts.iter().map(|text| text.map(Given::Text)), &mut out)?
        };
        nullif(array, &gone).map_err(broken)
    }

    /// By row whether nothing leaves of what is there.
    fn gone<'g>(
        &mut self,
        given: impl Iterator<Item = Option<Given<'g>>>,
        out: &mut String,
    ) -> Result<BooleanArray, Why> {
        let gone = given.map(|given| match given {
            Some(given) => {
                let made = self.change.make(given, None, out).map_err(Why::from)?;
                Ok(Some(made != Made::Same))
            }
            None => Ok(Some(false)),
        });
        gone.collect()
    }

    /// Each value of a dictionary once.
    fn dictionary(&mut self, array: &ArrayRef) -> Result<ArrayRef, Why> {
        let wide = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
        let array = if *array.data_type() == wide {
            Arc::clone(array)
        } else {
            cast(array, &wide).map_err(broken)?
        };
        let dictionary = array.as_dictionary::<Int32Type>();
        let same = self.known.as_ref().is_some_and(|(values, _)| {
            Arc::ptr_eq(values, dictionary.values())
                || values.to_data().ptr_eq(&dictionary.values().to_data())
        });
        if !same {
            let values = plain_texts(dictionary.values())?;
            self.counts.clear();
            self.counts.resize(values.len(), 0);
            for key in dictionary.keys().iter().flatten() {
                if let Some(count) = self.counts.get_mut(key as usize) {
                    *count += 1;
                }
            }
            let made = self.values(&values)?;
            self.known = Some((Arc::clone(dictionary.values()), made));
        }
        let Some((_, made)) = &self.known else { return Err(broken("no dictionary")) };
        let keys = dictionary.keys();
        let keys: Int32Array = if made.null_count() == 0 {
            keys.clone()
        } else {
            keys.iter().map(|key| key.filter(|key| made.is_valid(*key as usize))).collect()
        };
        let array = DictionaryArray::<Int32Type>::try_new(keys, Arc::new(made.clone()));
        Ok(Arc::new(array.map_err(broken)?))
    }

    fn values(&mut self, values: &StringArray) -> Result<StringArray, Why> {
        let mut made = StringBuilder::with_capacity(values.len(), values.len() * 30);
        let mut out = String::new();
        for (place, value) in values.iter().enumerate() {
            // What no row holds any more is not looked at, and does not leave.
            let rows = self.counts.get(place).copied().unwrap_or(0);
            match value {
                Some(text) => match self.one(text, None, &mut out)? {
                    Some(()) => {
                        made.append_value(&out);
                        if self.change.tokens().is_some() && out != text {
                            self.change.watch.repeat(rows.max(1));
                        }
                    }
                    None => made.append_null(),
                },
                None => made.append_null(),
            }
        }
        Ok(made.finish())
    }

    fn texts(
        &mut self,
        texts: &StringArray,
        days: Option<&[Option<i64>]>,
    ) -> Result<ArrayRef, Why> {
        let mut made = StringBuilder::with_capacity(texts.len(), texts.len() * 30);
        let mut out = String::new();
        let all = self.change.days_of(None);
        for (row, text) in texts.iter().enumerate() {
            let Some(text) = text else {
                made.append_null();
                continue;
            };
            let days = days.map_or(all, |days| days[row]);
            match self.one(text, days, &mut out)? {
                Some(()) => made.append_value(&out),
                None => made.append_null(),
            }
        }
        Ok(Arc::new(made.finish()))
    }

    fn moments(
        &mut self,
        array: &ArrayRef,
        per_second: i64,
        days: Option<&[Option<i64>]>,
    ) -> Result<ArrayRef, Why> {
        let Act::Shift(shift) = self.change.act else { return self.shown(array) };
        let longs = cast(array, &DataType::Int64).map_err(broken)?;
        let all = self.change.days_of(None);
        let moved = |(row, time): (usize, Option<i64>)| {
            let days = days.map_or(all, |days| days[row]);
            Some(time::moved(time?, per_second, days?, shift.round))
        };
        let moved: Int64Array =
            longs.as_primitive::<Int64Type>().iter().enumerate().map(moved).collect();
        self.counted(array, &moved);
        cast(&moved, array.data_type()).map_err(broken)
    }

    fn dates(&mut self, array: &ArrayRef, days: Option<&[Option<i64>]>) -> Result<ArrayRef, Why> {
        if !matches!(self.change.act, Act::Shift(_)) {
            return self.shown(array);
        }
        let whole = cast(array, &DataType::Int32).map_err(broken)?;
        let all = self.change.days_of(None);
        let moved = |(row, day): (usize, Option<i32>)| {
            let days = days.map_or(all, |days| days[row]);
            day?.checked_add(i32::try_from(days?).ok()?)
        };
        let moved: Int32Array =
            whole.as_primitive::<Int32Type>().iter().enumerate().map(moved).collect();
        self.counted(array, &moved);
        cast(&moved, array.data_type()).map_err(broken)
    }

    fn counted(&mut self, before: &dyn Array, after: &dyn Array) {
        self.change.done.values += (before.len() - before.null_count()) as u64;
        self.change.done.suppressed += (after.null_count() - before.null_count()) as u64;
    }

    /// Times as text, for acts that make words of them.
    fn shown(&mut self, array: &ArrayRef) -> Result<ArrayRef, Why> {
        self.texts(&plain_texts(array)?, None)
    }

    /// Whole numbers: words where the act makes words, numbers where it leaves some.
    fn ints(&mut self, array: &ArrayRef, days: Option<&[Option<i64>]>) -> Result<ArrayRef, Why> {
        let out_type = made_type(self.change, array.data_type());
        if *array.data_type() == DataType::UInt64 && out_type == DataType::Utf8 {
            return self.texts(&plain_texts(array)?, days);
        }
        // What is too large for a time or a place is none.
        let longs = cast(array, &DataType::Int64).map_err(broken)?;
        let longs = longs.as_primitive::<Int64Type>();
        let given = longs.iter().map(|long| long.map(Given::Int));
        let all = self.change.days_of(None);
        let made =
            numbers(self.change, given, |row| days.map_or(all, |days| days[row]), &out_type)?;
        cast(&made, &out_type).map_err(broken)
    }

    fn floats(&mut self, array: &ArrayRef, days: Option<&[Option<i64>]>) -> Result<ArrayRef, Why> {
        let doubles = cast(array, &DataType::Float64).map_err(broken)?;
        let doubles = doubles.as_primitive::<Float64Type>();
        let given = doubles.iter().map(|double| double.map(Given::Float));
        let all = self.change.days_of(None);
        let out_type = made_type(self.change, array.data_type());
        let made =
            numbers(self.change, given, |row| days.map_or(all, |days| days[row]), &out_type)?;
        cast(&made, &out_type).map_err(broken)
    }
}

/// Changes numbers into a column of words or of numbers.
fn numbers<'g>(
    change: &mut Change,
    given: impl Iterator<Item = Option<Given<'g>>>,
    days: impl Fn(usize) -> Option<i64>,
    out_type: &DataType,
) -> Result<ArrayRef, Why> {
    let mut out = String::new();
    let words = matches!(out_type, DataType::Utf8 | DataType::Dictionary(..));
    let (mut texts, mut longs, mut doubles) = (StringBuilder::new(), Vec::new(), Vec::new());
    let floats = matches!(out_type, DataType::Float32 | DataType::Float64);
    for (row, given) in given.enumerate() {
        let made = match given {
            Some(given) => change.make(given, days(row), &mut out).map_err(Why::from)?,
            None => Made::Nothing,
        };
        let number = match (made, given) {
            (Made::Int(number), _) | (Made::Same, Some(Given::Int(number))) => Some(number as f64),
            (Made::Float(number), _) | (Made::Same, Some(Given::Float(number))) => Some(number),
            _ => None,
        };
        let whole = match (made, given) {
            (Made::Int(number), _) | (Made::Same, Some(Given::Int(number))) => Some(number),
            _ => number.map(|number| number as i64),
        };
        match () {
            () if words && made == Made::Text => texts.append_value(&out),
            // A number that stands for nothing passes as its digits.
            () if words => texts.append_option(whole.map(|number| number.to_string())),
            () if floats => doubles.push(number),
            () => longs.push(whole),
        }
    }
    Ok(match () {
        () if words => Arc::new(texts.finish()),
        () if floats => Arc::new(Float64Array::from(doubles)),
        () => Arc::new(Int64Array::from(longs)),
    })
}

/// The type of what a change makes of a type.
pub(super) fn made_type(change: &Change, ty: &DataType) -> DataType {
    let is_text = is_text(ty);
    match change.act {
        Act::Rare | Act::Shift(_) | Act::Keep if !is_text => ty.clone(),
        Act::Grid(_) if !is_text => DataType::Float64,
        Act::Keep if !change.rare => ty.clone(),
        _ => DataType::Utf8,
    }
}

/// Whether a type holds strings, or UUIDs.
pub(super) fn is_text(ty: &DataType) -> bool {
    matches!(
        ty,
        DataType::Utf8
            | DataType::LargeUtf8
            | DataType::Utf8View
            | DataType::Dictionary(..)
            | DataType::FixedSizeBinary(16)
    )
}

fn per_second(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => 1,
        TimeUnit::Millisecond => 1_000,
        TimeUnit::Microsecond => 1_000_000,
        TimeUnit::Nanosecond => 1_000_000_000,
    }
}

/// Carries out changes on the leaves of a column, however deep they stand; what is dropped is not in it any more.
pub(super) fn changed(
    field: &Field,
    path: &str,
    array: &ArrayRef,
    leaf: &mut Leaf<'_>,
) -> Result<Option<(Field, ArrayRef)>, Why> {
    let (array, field): (ArrayRef, Field) = match (field.data_type(), array.data_type()) {
        (DataType::Struct(fields), _) => {
            let of = array.as_struct();
            let mut kept = Vec::new();
            for (field, inner) in fields.iter().zip(of.columns()) {
                let path = format!("{path}.{}", field.name());
                kept.extend(changed(field, &path, inner, leaf)?);
            }
            if kept.is_empty() {
                return Ok(None);
            }
            let (inner, arrays): (Vec<Field>, Vec<ArrayRef>) = kept.into_iter().unzip();
            let made = StructArray::try_new(inner.into(), arrays, of.nulls().cloned());
            let made: ArrayRef = Arc::new(made.map_err(broken)?);
            let ty = made.data_type().clone();
            (made, field.clone().with_data_type(ty))
        }
        (DataType::List(item), _) => {
            let list = array.as_list::<i32>();
            let path = format!("{path}[]");
            let Some((item, values)) = changed(item, &path, list.values(), leaf)? else {
                return Ok(None);
            };
            let (offsets, nulls) = (list.offsets().clone(), list.nulls().cloned());
            let made = ListArray::try_new(Arc::new(item), offsets, values, nulls);
            let made: ArrayRef = Arc::new(made.map_err(broken)?);
            let ty = made.data_type().clone();
            (made, field.clone().with_data_type(ty))
        }
        _ => {
            let Some(made) = leaf(path, array)? else { return Ok(None) };
            let ty = made.data_type().clone();
            // What was always there may be missing once something is suppressed.
            let nullable = field.is_nullable() || !Arc::ptr_eq(&made, array);
            (made, field.clone().with_data_type(ty).with_nullable(nullable))
        }
    };
    Ok(Some((field, array)))
}

/// All strings of a Parquet file, batch by batch.
pub(in crate::privacy) fn texts(
    path: &Path,
) -> Result<impl FnMut() -> Result<Option<Vec<String>>, Why>, Why> {
    let mut leaves = Leaves::open(path, None)?;
    Ok(move || {
        let Some(batch) = leaves.next()? else { return Ok(None) };
        let mut texts = Vec::new();
        for (_, array) in &batch {
            deep_texts(array, &mut texts)?;
        }
        Ok(Some(texts))
    })
}

/// The strings of an array, of lists and maps as well.
fn deep_texts(array: &ArrayRef, out: &mut Vec<String>) -> Result<(), Why> {
    match array.data_type() {
        ty if is_text(ty) => {
            out.extend(plain_texts(array)?.iter().flatten().map(str::to_owned));
            Ok(())
        }
        DataType::Struct(_) => {
            array.as_struct().columns().iter().try_for_each(|inner| deep_texts(inner, out))
        }
        DataType::List(_) => deep_texts(array.as_list::<i32>().values(), out),
        DataType::LargeList(_) => deep_texts(array.as_list::<i64>().values(), out),
        DataType::FixedSizeList(..) => deep_texts(array.as_fixed_size_list().values(), out),
        DataType::Map(..) => {
            let entries = array.as_map().entries();
            entries.columns().iter().try_for_each(|inner| deep_texts(inner, out))
        }
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => {
            let bytes = cast(array, &DataType::Binary).map_err(broken)?;
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            out.extend(bytes.as_binary::<i32>().iter().flatten().map(text));
            Ok(())
        }
        _ => Ok(()),
    }
}
