//! Parquet read back: whatever compression and encoding, by the stock reader; only the columns that are wanted.

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray as _, BooleanArray, DictionaryArray, FixedSizeBinaryArray,
    RecordBatch, StringArray,
};
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Date32Type, Decimal128Type, Field, Float64Type, Int32Type,
    Int64Type, Schema, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType,
};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder,
};
use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::ChunkReader;

use crate::digits::uuid_text;
use crate::frame::{NULL, Strings};
use crate::read::column::{As, Batch, Column, Data, Fault, Texts, Wanted, What};
use crate::read::value;
use crate::read::{Decode, FAULTS, ROWS};
use crate::schema::Type;

/// A file under way.
pub(super) struct Parquet {
    batches: ParquetRecordBatchReader,
    wanted: Vec<Wanted>,
    /// By wanted column: the dictionary of the last batch, which the next one mostly shares.
    known: Vec<Option<Known>>,
    row: u64,
}

/// A dictionary as the reader has it, and what it became.
struct Known {
    values: ArrayRef,
    strings: Arc<Strings>,
    ids: Arc<Vec<Option<u128>>>,
}

impl Parquet {
    /// Opens a file. Columns that it lacks, or that cannot be what is wanted, are read as absent: what files should hold is the
    /// affair of checks.
    pub(super) fn open(path: &Path, wanted: &[Wanted]) -> Result<Self, String> {
        Self::over(File::open(path).map_err(|error| error.to_string())?, wanted)
    }

    /// The same over whatever can be read here and there.
    pub(super) fn over(
        file: impl ChunkReader + 'static,
        wanted: &[Wanted],
    ) -> Result<Self, String> {
        let metadata = keyed_metadata(&file)?;
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata);
        let roots: Vec<&str> = wanted.iter().map(|wanted| root(&wanted.name)).collect();
        let fields = builder.schema().fields().iter().enumerate();
        let ordinals = fields.filter(|(_, field)| roots.contains(&field.name().as_str()));
        let ordinals: Vec<usize> = ordinals.map(|(ordinal, _)| ordinal).collect();
        let mask = ProjectionMask::roots(builder.parquet_schema(), ordinals);
        let batches = builder.with_projection(mask).with_batch_size(ROWS).build();
        let batches = batches.map_err(|error| error.to_string())?;
        let known = wanted.iter().map(|_| None).collect();
        Ok(Self { batches, wanted: wanted.to_vec(), known, row: 0 })
    }
}

impl Decode for Parquet {
    fn next(&mut self) -> Result<Option<Batch>, String> {
        let Some(batch) = self.batches.next() else { return Ok(None) };
        let batch = batch.map_err(|error| error.to_string())?;
        let (first, rows) = (self.row, batch.num_rows());
        self.row += rows as u64;
        let mut whole = Batch {
            rows,
            first,
            columns: Vec::new(),
            faults: Vec::new(),
            fault_count: 0,
            lines: Vec::new(),
        };
        for (wanted, known) in self.wanted.iter().zip(&mut self.known) {
            let column = match column(&batch, &wanted.name) {
                None => Column::absent(wanted.form, rows),
                Some(array) => {
                    let column = converted(&array, wanted.form, known);
                    lost(&array, &column, wanted, &mut whole);
                    column
                }
            };
            whole.columns.push(column);
        }
        Ok(Some(whole))
    }
}

/// A file's metadata, with strings that every row group has in a dictionary to be read as such.
pub(super) fn keyed_metadata(file: &impl ChunkReader) -> Result<ArrowReaderMetadata, String> {
    let plain = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let plain = ArrowReaderMetadata::load(file, plain).map_err(|error| error.to_string())?;
    let hinted = with_dictionaries(plain.schema(), plain.metadata());
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true).with_schema(hinted);
    let metadata = ArrowReaderMetadata::try_new(Arc::clone(plain.metadata()), options);
    Ok(metadata.unwrap_or(plain))
}

/// Notes the identifiers that are none: text that is no UUID.
fn lost(array: &ArrayRef, column: &Column, wanted: &Wanted, batch: &mut Batch) {
    if wanted.form != As::Typed(Type::Id) || column.nulls() == array.logical_null_count() {
        return;
    }
    let nulls = array.logical_nulls();
    let there = |row: &usize| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(*row));
    for row in (0..batch.rows).filter(there).filter(|row| !column.is_valid(*row)) {
        batch.fault_count += 1;
        if batch.faults.len() < FAULTS {
            let (row, column) = (batch.first + row as u64, wanted.name.clone());
            batch.faults.push(Fault { row, line: 0, column, what: What::Type });
        }
    }
}

/// The names and types of a file's columns as Arrow has them, which of them may lack values, and the number of rows.
pub(super) fn shape(path: &Path) -> Result<(Schema, u64), String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let metadata = ArrowReaderMetadata::load(&file, options).map_err(|error| error.to_string())?;
    let rows = metadata.metadata().file_metadata().num_rows();
    Ok((metadata.schema().as_ref().clone(), rows.max(0) as u64))
}

fn root(name: &str) -> &str {
    name.split_once('.').map_or(name, |(root, _)| root)
}

/// The schema with strings that every row group has in a dictionary read as such: a look-up a row instead of a string.
fn with_dictionaries(schema: &Schema, metadata: &ParquetMetaData) -> Arc<Schema> {
    let mut keyed: HashMap<&str, bool> = HashMap::new();
    for group in metadata.row_groups() {
        for chunk in group.columns() {
            let path = chunk.column_path().parts();
            let [name] = path else { continue };
            let has = chunk.dictionary_page_offset().is_some();
            keyed.entry(name).and_modify(|all| *all &= has).or_insert(has);
        }
    }
    let field = |field: &Arc<Field>| {
        let is_keyed = keyed.get(field.name().as_str()).copied().unwrap_or(false);
        if *field.data_type() == DataType::Utf8 && is_keyed {
            let ty = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
            Arc::new(field.as_ref().clone().with_data_type(ty))
        } else {
            Arc::clone(field)
        }
    };
    Arc::new(Schema::new(schema.fields().iter().map(field).collect::<Vec<_>>()))
}

/// The column of that name, through structs where it has dots.
fn column(batch: &RecordBatch, name: &str) -> Option<ArrayRef> {
    if let Some(array) = batch.column_by_name(name) {
        return Some(Arc::clone(array));
    }
    let mut parts = name.split('.');
    let mut array = Arc::clone(batch.column_by_name(parts.next()?)?);
    for part in parts {
        let inner = array.as_struct_opt()?.column_by_name(part)?;
        array = Arc::clone(inner);
    }
    Some(array)
}

fn valid(array: &dyn Array) -> Option<Vec<bool>> {
    array.logical_nulls().map(|nulls| nulls.iter().collect())
}

/// An array as the column that is wanted; absent when it cannot be that.
fn converted(array: &ArrayRef, form: As, known: &mut Option<Known>) -> Column {
    let data = match form {
        As::Key | As::Typed(Type::Id) => ids(array, form == As::Key, known),
        As::Moment => moments(array),
        As::Typed(Type::Timestamp) => longs::<TimestampMicrosecondType>(array),
        As::Typed(Type::Money) => money(array),
        As::Typed(Type::Int64) => longs::<Int64Type>(array),
        As::Typed(Type::Date) => ints::<Date32Type>(array),
        As::Typed(Type::Int32) => ints::<Int32Type>(array),
        As::Typed(Type::Float64) => array
            .as_primitive_opt::<Float64Type>()
            .map(|of| (Data::Doubles(of.values().to_vec()), None)),
        As::Typed(Type::Bool) => array.as_boolean_opt().map(|of| (Data::Flags(flags(of)), None)),
        As::Text | As::Typed(Type::Text | Type::Enum | Type::Json) => {
            texts(array, form == As::Text, known).map(|texts| (Data::Texts(texts), None))
        }
    };
    let Some((data, own)) = data else { return Column::absent(form, array.len()) };
    Column::new(data, own.or_else(|| valid(array)))
}

/// Values, and which are valid where that is not what the array says.
type Converted = Option<(Data, Option<Vec<bool>>)>;

fn flags(array: &BooleanArray) -> Vec<bool> {
    array.values().iter().collect()
}

fn longs<T: ArrowPrimitiveType<Native = i64>>(array: &ArrayRef) -> Converted {
    let of = array.as_primitive_opt::<T>()?;
    Some((Data::Longs(of.values().to_vec()), None))
}

fn ints<T: ArrowPrimitiveType<Native = i32>>(array: &ArrayRef) -> Converted {
    let of = array.as_primitive_opt::<T>()?;
    Some((Data::Ints(of.values().to_vec()), None))
}

fn money(array: &ArrayRef) -> Converted {
    let of = array.as_primitive_opt::<Decimal128Type>().filter(|of| of.scale() == 2)?;
    Some((Data::Longs(of.values().iter().map(|cents| *cents as i64).collect()), None))
}

/// Values that a function makes of each row, where it makes one.
fn each<T: Default>(
    rows: usize,
    wrap: impl FnOnce(Vec<T>) -> Data,
    mut make: impl FnMut(usize) -> Option<T>,
) -> (Data, Option<Vec<bool>>) {
    let mut valid = Vec::with_capacity(rows);
    let values = (0..rows).map(|row| {
        let value = make(row);
        valid.push(value.is_some());
        value.unwrap_or_default()
    });
    let data = wrap(values.collect());
    (data, Some(valid))
}

fn ids(array: &ArrayRef, loose: bool, known: &mut Option<Known>) -> Converted {
    let parse = |text: &str| {
        if loose { Some(value::key(text.as_bytes())) } else { value::uuid(text.as_bytes()) }
    };
    let rows = array.len();
    if let Some(keyed) = array.as_dictionary_opt::<Int32Type>() {
        let ids = Arc::clone(&dictionary(keyed, known, parse)?.ids);
        let keys = keyed.keys();
        return Some(each(rows, Data::Ids, |row| {
            keys.is_valid(row)
                .then(|| ids.get(keys.value(row) as usize).copied().flatten())
                .flatten()
        }));
    }
    if let Some(text) = array.as_string_opt::<i32>() {
        return Some(each(rows, Data::Ids, |row| {
            text.is_valid(row).then(|| parse(text.value(row))).flatten()
        }));
    }
    if let Some(native) = array.as_fixed_size_binary_opt().filter(|of| of.value_length() == 16) {
        return Some(each(rows, Data::Ids, |row| {
            let bytes = native.is_valid(row).then(|| native.value(row))?;
            bytes.try_into().ok().map(u128::from_be_bytes)
        }));
    }
    if !loose {
        return None;
    }
    let mut plain = None;
    let texts = texts(array, true, &mut plain)?;
    Some(each(rows, Data::Ids, |row| {
        let key = Some(texts.keys[row]).filter(|key| *key != NULL)?;
        Some(value::key(texts.strings.get(key).as_bytes()))
    }))
}

fn texts(array: &ArrayRef, loose: bool, known: &mut Option<Known>) -> Option<Texts> {
    if let Some(keyed) = array.as_dictionary_opt::<Int32Type>() {
        let strings = Arc::clone(&dictionary(keyed, known, |_| None)?.strings);
        let keys = keyed.keys();
        let key = |row| if keys.is_valid(row) { keys.value(row) as u32 } else { NULL };
        return Some(Texts { keys: (0..array.len()).map(key).collect(), strings });
    }
    if let Some(native) =
        array.as_fixed_size_binary_opt().filter(|of| loose && of.value_length() == 16)
    {
        return Some(uuids(native));
    }
    let cast;
    let text = if let Some(text) = array.as_string_opt::<i32>() {
        text
    } else if loose {
        cast = arrow::compute::cast(array, &DataType::Utf8).ok()?;
        cast.as_string_opt::<i32>()?
    } else {
        return None;
    };
    let mut strings = Strings::new();
    let key = |row| if text.is_valid(row) { strings.push(text.value(row)) } else { NULL };
    let keys = (0..array.len()).map(key).collect();
    Some(Texts { keys, strings: Arc::new(strings) })
}

/// Identifiers of 16 bytes as they are written.
fn uuids(native: &FixedSizeBinaryArray) -> Texts {
    let mut strings = Strings::new();
    let mut key = |row: usize| {
        let bytes = native.is_valid(row).then(|| native.value(row))?;
        let id = u128::from_be_bytes(bytes.try_into().ok()?);
        Some(strings.push(&uuid_text(id)))
    };
    let keys = (0..native.len()).map(|row| key(row).unwrap_or(NULL)).collect();
    Texts { keys, strings: Arc::new(strings) }
}

/// What a dictionary's values are, made again only when they are not those of the batch before.
fn dictionary<'k>(
    array: &DictionaryArray<Int32Type>,
    known: &'k mut Option<Known>,
    parse: impl Fn(&str) -> Option<u128>,
) -> Option<&'k Known> {
    let values = array.values().as_string_opt::<i32>()?;
    let same =
        |known: &Known| known.values.as_string_opt::<i32>().is_some_and(|of| is_same(of, values));
    if !known.as_ref().is_some_and(same) {
        let text = |at: usize| if values.is_valid(at) { values.value(at) } else { "" };
        *known = Some(Known {
            values: Arc::clone(array.values()),
            strings: Arc::new((0..values.len()).map(text).collect()),
            ids: Arc::new((0..values.len()).map(|at| parse(text(at))).collect()),
        });
    }
    known.as_ref()
}

/// Whether two arrays are the same memory.
fn is_same(a: &StringArray, b: &StringArray) -> bool {
    a.len() == b.len()
        && a.value_data().as_ptr() == b.value_data().as_ptr()
        && a.value_offsets().as_ptr() == b.value_offsets().as_ptr()
}

/// Moments of whatever unit, zone or text.
fn moments(array: &ArrayRef) -> Converted {
    let scaled = |factor: i64, divisor: i64, longs: &[i64]| {
        let micros = |long: &i64| long.saturating_mul(factor) / divisor;
        Some((Data::Longs(longs.iter().map(micros).collect()), None))
    };
    match array.data_type() {
        DataType::Timestamp(TimeUnit::Second, _) => {
            scaled(1_000_000, 1, array.as_primitive::<TimestampSecondType>().values())
        }
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            scaled(1_000, 1, array.as_primitive::<TimestampMillisecondType>().values())
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            scaled(1, 1, array.as_primitive::<TimestampMicrosecondType>().values())
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            scaled(1, 1_000, array.as_primitive::<TimestampNanosecondType>().values())
        }
        DataType::Date32 => {
            let days = array.as_primitive::<Date32Type>().values().iter();
            let micros = days.map(|day| i64::from(*day) * value::DAY).collect();
            Some((Data::Longs(micros), None))
        }
        ty if ty.is_numeric() => {
            let cast = arrow::compute::cast(array, &DataType::Float64).ok()?;
            let numbers = cast.as_primitive_opt::<Float64Type>()?;
            Some(each(array.len(), Data::Longs, |row| {
                let number = numbers.is_valid(row).then(|| numbers.value(row))?;
                value::epoch(number)
            }))
        }
        _ => {
            let texts = texts(array, true, &mut None)?;
            let mut clock = value::Clock::default();
            Some(each(array.len(), Data::Longs, |row| {
                let key = Some(texts.keys[row]).filter(|key| *key != NULL)?;
                clock.moment(texts.strings.get(key).as_bytes())
            }))
        }
    }
}
