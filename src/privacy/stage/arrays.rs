//! Arrow's columns as leaves with paths, and changes carried out on them.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray as _, FixedSizeBinaryArray, ListArray, RecordBatch, StringArray,
    StructArray,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};

use super::change::Change;
use super::why::{Why, broken};
use crate::digits::uuid_text;
use crate::privacy::policy::act::Act;
use crate::read;

/// Rows of a batch.
pub(in crate::privacy) const ROWS: usize = 1 << 16;

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

/// What becomes of the leaf at a path; none: nothing.
pub(super) type Leaf<'l> = dyn FnMut(&str, &ArrayRef) -> Result<Option<ArrayRef>, Why> + 'l;

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

/// The strings and bytes of some of a Parquet file's columns, batch by batch of so many rows, with a zero behind each: adds a
/// batch's to what it is given; whether there was one.
pub(in crate::privacy) fn contents(
    path: &Path,
    columns: &BTreeSet<usize>,
    rows: usize,
) -> Result<impl FnMut(&mut Vec<u8>) -> Result<bool, Why> + use<>, Why> {
    let file = File::open(path).map_err(broken)?;
    let metadata = read::keyed_metadata(&file)?;
    let mask = ProjectionMask::leaves(metadata.parquet_schema(), columns.iter().copied());
    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata);
    let batches = builder.with_projection(mask).with_batch_size(rows).build();
    let mut batches = batches.map_err(broken)?;
    Ok(move |out: &mut Vec<u8>| {
        let mut next = || batches.next().transpose().map_err(|error| error.to_string());
        let Some(batch) = read::shielded(&mut next)? else { return Ok(false) };
        batch.columns().iter().for_each(|array| deep_bytes(array, out));
        Ok(true)
    })
}

/// The strings and bytes of an array, of lists and maps as well; those of a dictionary once.
fn deep_bytes(array: &ArrayRef, out: &mut Vec<u8>) {
    fn all<'b>(values: impl Iterator<Item = Option<&'b [u8]>>, out: &mut Vec<u8>) {
        for value in values.flatten() {
            out.extend_from_slice(value);
            out.push(0);
        }
    }
    fn texts<'t>(values: impl Iterator<Item = Option<&'t str>>, out: &mut Vec<u8>) {
        all(values.map(|text| text.map(str::as_bytes)), out);
    }
    match array.data_type() {
        DataType::Dictionary(..) => {
            if let Some(dictionary) = array.as_any_dictionary_opt() {
                deep_bytes(dictionary.values(), out);
            }
        }
        DataType::Utf8 => texts(array.as_string::<i32>().iter(), out),
        DataType::LargeUtf8 => texts(array.as_string::<i64>().iter(), out),
        DataType::Utf8View => texts(array.as_string_view().iter(), out),
        DataType::Binary => all(array.as_binary::<i32>().iter(), out),
        DataType::LargeBinary => all(array.as_binary::<i64>().iter(), out),
        DataType::BinaryView => all(array.as_binary_view().iter(), out),
        DataType::FixedSizeBinary(_) => all(array.as_fixed_size_binary().iter(), out),
        DataType::Struct(_) => {
            array.as_struct().columns().iter().for_each(|inner| deep_bytes(inner, out));
        }
        DataType::List(_) => deep_bytes(array.as_list::<i32>().values(), out),
        DataType::LargeList(_) => deep_bytes(array.as_list::<i64>().values(), out),
        DataType::FixedSizeList(..) => deep_bytes(array.as_fixed_size_list().values(), out),
        DataType::Map(..) => {
            let entries = array.as_map().entries();
            entries.columns().iter().for_each(|inner| deep_bytes(inner, out));
        }
        _ => {}
    }
}
