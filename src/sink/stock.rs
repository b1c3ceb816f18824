//! The stock way to Parquet, by Arrow's own writer: the oracle of the direct writer's tests and the measure of its bench.

use std::io::{self, Write};
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, FixedSizeBinaryArray, Float64Array,
    Int32Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{Field as ArrowField, Schema};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::ZstdLevel;
use parquet::schema::types::SchemaDescriptor;

use super::parquet::{io_error, properties, schema};
use super::{Compression, IdForm, Options, broken, text};
use crate::frame::{Column, Dictionary, Frame, Values};
use crate::schema::{Field, Table, Type};

/// All rows of a frame as Arrow arrays, strings as strings.
///
/// # Errors
/// `InvalidData` for a frame that breaks its schema.
pub fn batch(frame: &dyn Frame, ids: IdForm) -> io::Result<RecordBatch> {
    let mut column = Column::default();
    let mut fields = Vec::new();
    let mut arrays = Vec::new();
    for (ordinal, field) in frame.table().fields.iter().enumerate() {
        frame.fill(ordinal, 0..frame.rows(), &mut column);
        let array = array(field, &column, frame.dictionary(ordinal), ids)?;
        fields.push(ArrowField::new(&field.name, array.data_type().clone(), field.nullable));
        arrays.push(array);
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).map_err(io::Error::other)
}

/// Writes a batch of a table's rows as a whole file, with the schema and the metadata of the direct writer.
///
/// # Errors
/// What `out` says; `InvalidData` for a compression that Parquet does not know here.
pub fn write(
    table: &Table,
    batch: &RecordBatch,
    options: &Options,
    out: &mut (dyn Write + Send),
) -> io::Result<()> {
    use parquet::basic::Compression as Known;
    let compression = match options.compression {
        Compression::None => Known::UNCOMPRESSED,
        Compression::Snappy => Known::SNAPPY,
        Compression::Zstd => Known::ZSTD(ZstdLevel::default()),
        Compression::Lz4 => Known::LZ4_RAW,
        Compression::Gzip => return Err(broken("no compression of Parquet here")),
    };
    let properties = properties(table, options).into_builder().set_compression(compression).build();
    let schema = SchemaDescriptor::new(schema::of(table, options.ids).map_err(io_error)?);
    let settings = ArrowWriterOptions::new()
        .with_properties(properties)
        .with_skip_arrow_metadata(true)
        .with_parquet_schema(schema);
    let mut writer =
        ArrowWriter::try_new_with_options(out, batch.schema(), settings).map_err(io_error)?;
    writer.write(batch).map_err(io_error)?;
    writer.close().map_err(io_error)?;
    Ok(())
}

fn array(
    field: &Field,
    column: &Column,
    dictionary: Option<Dictionary>,
    ids: IdForm,
) -> io::Result<ArrayRef> {
    let mut next = 0;
    // For each row, the ordinal of its value.
    let places = (0..column.rows()).map(|row| {
        column.is_valid(row).then(|| {
            next += 1;
            next - 1
        })
    });
    let id = |place: usize| match (&column.values, dictionary) {
        (Values::Ids(ids), _) => ids[place],
        (Values::Keys(keys), Some(Dictionary::Ids(ids))) => ids[keys[place] as usize],
        _ => 0,
    };
    macro_rules! collect {
        ($array:ty, $get:expr) => {
            places.map(|place| place.map($get)).collect::<$array>()
        };
    }
    let array: ArrayRef = match (field.ty, &column.values) {
        (Type::Id, _) if ids == IdForm::Native => {
            let ids = places.map(|place| place.map(|place| id(place).to_be_bytes()));
            let ids = FixedSizeBinaryArray::try_from_sparse_iter_with_size(ids, 16);
            Arc::new(ids.map_err(io::Error::other)?)
        }
        (Type::Id | Type::Text | Type::Enum | Type::Json, values) => {
            Arc::new(collect!(StringArray, |place| match (values, dictionary) {
                (Values::Keys(keys), Some(texts @ Dictionary::Texts { .. })) => {
                    texts.text(keys[place]).to_owned()
                }
                (Values::Texts { ends, bytes }, _) => {
                    let start = place.checked_sub(1).map_or(0, |before| ends[before]);
                    let text = &bytes[start as usize..ends[place] as usize];
                    String::from_utf8_lossy(text).into_owned()
                }
                _ => String::from_utf8_lossy(&text::uuid(id(place))).into_owned(),
            }))
        }
        (Type::Timestamp, Values::Longs(longs)) => {
            let times = collect!(TimestampMicrosecondArray, |place| longs[place]);
            Arc::new(times.with_timezone("UTC"))
        }
        (Type::Money, Values::Longs(longs)) => {
            let money = collect!(Decimal128Array, |place| i128::from(longs[place]));
            Arc::new(money.with_precision_and_scale(18, 2).map_err(io::Error::other)?)
        }
        (Type::Int64, Values::Longs(longs)) => Arc::new(collect!(Int64Array, |place| longs[place])),
        (Type::Date, Values::Ints(ints)) => Arc::new(collect!(Date32Array, |place| ints[place])),
        (Type::Int32, Values::Ints(ints)) => Arc::new(collect!(Int32Array, |place| ints[place])),
        (Type::Float64, Values::Doubles(doubles)) => {
            Arc::new(collect!(Float64Array, |place| doubles[place]))
        }
        (Type::Bool, Values::Flags(flags)) => {
            Arc::new(collect!(BooleanArray, |place| flags[place]))
        }
        _ => return Err(broken(format!("{} holds values of another type", field.name))),
    };
    Ok(array)
}
