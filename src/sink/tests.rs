//! Laws of the sinks: what is written reads back, by readers that are not ours.

pub(crate) mod frames;
mod notes;

use std::io::{self, Write};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::{
    Date32Type, Decimal128Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType,
};
use bytes::Bytes;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::file::metadata::PageIndexPolicy;
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use parquet::file::statistics::Statistics;
use proptest::prelude::*;
use serde_json::{Map, Value};

use super::held::{Held, HeldColumn, HeldKeys};
use super::ndjson::Ndjson;
use super::parquet::Parquet;
use super::{Compression, FORMATS, Format, IdForm, Options, stock};
use crate::frame::{Frame, Strings, Values};
use crate::schema::Type;

fn written(format: &dyn Format, frame: &dyn Frame, options: &Options) -> Vec<u8> {
    let mut out = Vec::new();
    format.write(frame, options, &mut out).unwrap();
    out
}

fn metadata(file: &Bytes) -> ArrowReaderMetadata {
    let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Required);
    ArrowReaderMetadata::load(file, options).unwrap()
}

fn read(file: Vec<u8>) -> RecordBatch {
    let file = Bytes::from(file);
    let metadata = metadata(&file);
    let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata);
    let schema = reader.schema().clone();
    let batches: Vec<_> =
        reader.with_batch_size(5_000).build().unwrap().map(Result::unwrap).collect();
    concat_batches(&schema, &batches).unwrap()
}

fn parquet_options(compression: Compression, ids: IdForm) -> Options {
    Options { compression, ids, version: "v1".to_owned() }
}

/// The direct writer's file reads like the stock writer's, and its indexes are sound.
fn assert_like_stock(frame: &Held, options: &Options) {
    let batch = stock::batch(frame, options.ids).unwrap();
    let mut stock = Vec::new();
    stock::write(frame.table(), &batch, options, &mut stock).unwrap();
    let direct = written(&Parquet, frame, options);
    assert_bounds_true(&direct, &batch);
    let (direct, stock) = (read(direct), read(stock));
    assert_eq!(direct.schema(), stock.schema());
    assert_eq!(direct, stock);
}

/// A bound and a value as something that compares as Parquet says.
fn comparable(batch: &RecordBatch, column: usize, row: usize) -> Option<Key> {
    let array = batch.column(column);
    if array.is_null(row) {
        return None;
    }
    Some(match array.data_type() {
        arrow::datatypes::DataType::Utf8 => {
            Key::Bytes(array.as_string::<i32>().value(row).as_bytes().to_vec())
        }
        arrow::datatypes::DataType::FixedSizeBinary(_) => {
            Key::Bytes(array.as_fixed_size_binary().value(row).to_vec())
        }
        arrow::datatypes::DataType::Int32 => {
            Key::Number(array.as_primitive::<Int32Type>().value(row).into())
        }
        arrow::datatypes::DataType::Date32 => {
            Key::Number(array.as_primitive::<Date32Type>().value(row).into())
        }
        arrow::datatypes::DataType::Int64 => {
            Key::Number(array.as_primitive::<Int64Type>().value(row))
        }
        arrow::datatypes::DataType::Timestamp(..) => {
            Key::Number(array.as_primitive::<TimestampMicrosecondType>().value(row))
        }
        arrow::datatypes::DataType::Decimal128(..) => {
            Key::Number(array.as_primitive::<Decimal128Type>().value(row) as i64)
        }
        arrow::datatypes::DataType::Float64 => {
            Key::Double(array.as_primitive::<Float64Type>().value(row))
        }
        arrow::datatypes::DataType::Boolean => Key::Number(array.as_boolean().value(row).into()),
        other => panic!("no column is of type {other}"),
    })
}

#[derive(Debug, PartialEq, PartialOrd)]
enum Key {
    Bytes(Vec<u8>),
    Number(i64),
    Double(f64),
}

fn bounds_of(statistics: &Statistics) -> Option<[Key; 2]> {
    Some(match statistics {
        Statistics::Boolean(s) => {
            [Key::Number((*s.min_opt()?).into()), Key::Number((*s.max_opt()?).into())]
        }
        Statistics::Int32(s) => {
            [Key::Number((*s.min_opt()?).into()), Key::Number((*s.max_opt()?).into())]
        }
        Statistics::Int64(s) => [Key::Number(*s.min_opt()?), Key::Number(*s.max_opt()?)],
        Statistics::Double(s) => [Key::Double(*s.min_opt()?), Key::Double(*s.max_opt()?)],
        other => {
            [other.min_bytes_opt()?, other.max_bytes_opt()?].map(|bytes| Key::Bytes(bytes.to_vec()))
        }
    })
}

fn page_bounds(index: &ColumnIndexMetaData, page: usize) -> Option<[Key; 2]> {
    use ColumnIndexMetaData as Index;
    Some(match index {
        Index::BOOLEAN(i) => {
            [Key::Number((*i.min_value(page)?).into()), Key::Number((*i.max_value(page)?).into())]
        }
        Index::INT32(i) => {
            [Key::Number((*i.min_value(page)?).into()), Key::Number((*i.max_value(page)?).into())]
        }
        Index::INT64(i) => [Key::Number(*i.min_value(page)?), Key::Number(*i.max_value(page)?)],
        Index::DOUBLE(i) => [Key::Double(*i.min_value(page)?), Key::Double(*i.max_value(page)?)],
        Index::BYTE_ARRAY(i) | Index::FIXED_LEN_BYTE_ARRAY(i) => {
            [i.min_value(page)?, i.max_value(page)?].map(|bytes| Key::Bytes(bytes.to_vec()))
        }
        other => panic!("no index is of type {other:?}"),
    })
}

/// Every chunk's and every page's bounds bound its values, and its count of nulls is that of its rows.
fn assert_bounds_true(file: &[u8], batch: &RecordBatch) {
    let metadata = metadata(&Bytes::copy_from_slice(file));
    let metadata = metadata.metadata();
    assert_eq!(metadata.num_row_groups(), usize::from(batch.num_rows() > 0));
    let assert_within =
        |column, rows: std::ops::Range<usize>, bounds: Option<[Key; 2]>, nulls: u64| {
            let keys: Vec<Key> =
                rows.clone().filter_map(|row| comparable(batch, column, row)).collect();
            assert_eq!(nulls as usize, rows.len() - keys.len());
            match bounds {
                Some([least, greatest]) => keys.iter().for_each(|key| {
                    let nan = matches!(key, Key::Double(double) if double.is_nan());
                    assert!(
                        nan || (least <= *key && *key <= greatest),
                        "{least:?} {key:?} {greatest:?}"
                    );
                }),
                None => assert!(
                    keys.iter().all(|key| matches!(key, Key::Double(double) if double.is_nan()))
                ),
            }
        };
    for group in metadata.row_groups() {
        assert_eq!(group.num_rows() as usize, batch.num_rows());
        for column in 0..batch.num_columns() {
            let statistics = group.column(column).statistics().unwrap();
            let nulls = statistics.null_count_opt().unwrap();
            assert_within(column, 0..batch.num_rows(), bounds_of(statistics), nulls);
            let pages = metadata.page_index().unwrap();
            let places = pages.offset_index(0, column).unwrap().page_locations();
            let ends = places.iter().skip(1).map(|place| place.first_row_index as usize);
            let ends = ends.chain([batch.num_rows()]);
            let Some(index) = pages.column_index(0, column) else { continue };
            for (page, (place, end)) in places.iter().zip(ends).enumerate() {
                let rows = place.first_row_index as usize..end;
                let nulls = index.null_count(page).unwrap() as u64;
                assert_within(column, rows, page_bounds(index, page), nulls);
            }
        }
    }
}

/// A row as JSON, from Arrow's view of the frame.
fn expected(frame: &Held, batch: &RecordBatch, row: usize) -> Value {
    let fields = frame.table().fields.iter().enumerate();
    let fields = fields.filter_map(|(column, field)| {
        let value = match (field.ty, comparable(batch, column, row)?) {
            (Type::Json, Key::Bytes(bytes)) => serde_json::from_slice(&bytes).unwrap(),
            (_, Key::Bytes(bytes)) => Value::from(String::from_utf8(bytes).unwrap()),
            (Type::Timestamp, Key::Number(micros)) => {
                Value::from(format!("{:.6}", jiff::Timestamp::from_microsecond(micros).unwrap()))
            }
            (Type::Date, Key::Number(days)) => {
                let epoch = jiff::civil::date(1970, 1, 1);
                Value::from(epoch.saturating_add(jiff::Span::new().days(days)).to_string())
            }
            (Type::Money, Key::Number(cents)) => Value::from(cents as f64 / 100.0),
            (Type::Bool, Key::Number(flag)) => Value::from(flag == 1),
            (_, Key::Number(number)) => Value::from(number),
            (_, Key::Double(double)) => Value::Number(serde_json::Number::from_f64(double)?),
        };
        Some((field.name.clone(), value))
    });
    Value::Object(fields.collect::<Map<_, _>>())
}

fn assert_lines_tell(frame: &Held, lines: &[u8]) {
    let batch = stock::batch(frame, IdForm::Text).unwrap();
    let lines = std::str::from_utf8(lines).unwrap();
    assert_eq!(lines.lines().count(), frame.rows());
    for (row, line) in lines.lines().enumerate() {
        let value: Value = serde_json::from_str(line).unwrap();
        // serde_json reads some numbers a last bit away from the nearest, so both sides pass through its reader.
        let expected = expected(frame, &batch, row).to_string();
        assert_eq!(value, serde_json::from_str::<Value>(&expected).unwrap());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// For all frames, compressions and forms of ids, the direct writer's file holds what the stock writer's holds, in the same types.
    #[test]
    fn parquet_reads_like_the_stock_writers(
        frame in frames::arbitrary(),
        compression in prop::sample::select(Parquet.compressions()),
        native: bool,
    ) {
        let ids = if native { IdForm::Native } else { IdForm::Text };
        assert_like_stock(&frame, &parquet_options(compression, ids));
    }

    /// For all frames, each line is an object that says what the row holds and no more.
    #[test]
    fn ndjson_reads_back(frame in frames::arbitrary()) {
        assert_lines_tell(&frame, &written(&Ndjson, &frame, &Options::of(&Ndjson)));
    }
}

/// A column that crosses page boundaries, with values and nulls that change their habits on the way.
fn long(name: &str, ty: Type, rows: usize, valid: impl Fn(usize) -> bool) -> HeldColumn {
    let valid: Vec<bool> = (0..rows).map(valid).collect();
    let count = valid.iter().filter(|&&valid| valid).count();
    let noise = |i: usize| (i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 17;
    let (values, keys) = match ty {
        Type::Id => (
            Values::Ids((0..count).map(|i| u128::from(noise(i)) << 60 | i as u128).collect()),
            HeldKeys::None,
        ),
        Type::Enum => {
            // Few keys first, then ever more, so that the width grows from page to page.
            let keys = (0..count).map(|i| (noise(i) % (2 + i as u64 / 50)) as u32).collect();
            let texts = |range: std::ops::Range<usize>| {
                range.map(|i| format!("value {i} {}", "x".repeat(i % 99))).collect()
            };
            (Values::Keys(keys), HeldKeys::Texts(texts(0..70), texts(70..2 + count / 50)))
        }
        Type::Timestamp => (
            Values::Longs(
                (0..count)
                    .map(|i| 1_767_225_600_000_000 + i as i64 * 1_000 + (noise(i) % 999) as i64)
                    .collect(),
            ),
            HeldKeys::None,
        ),
        Type::Int32 => {
            (Values::Ints((0..count).map(|i| noise(i) as i32).collect()), HeldKeys::None)
        }
        Type::Bool => (Values::Flags((0..count).map(|i| i % 1000 < 3).collect()), HeldKeys::None),
        _ => (Values::Doubles((0..count).map(|i| noise(i) as f64 / 7.0).collect()), HeldKeys::None),
    };
    HeldColumn::new(name, ty, &valid, values, keys)
}

#[test]
fn pages_follow_each_other() {
    let rows = 150_001;
    let types = [Type::Id, Type::Enum, Type::Timestamp, Type::Int32, Type::Bool, Type::Float64];
    let mut columns = Vec::new();
    for ty in types {
        columns.push(long(&format!("{ty:?} whole"), ty, rows, |_| true));
        columns.push(long(&format!("{ty:?} rare"), ty, rows, |row| row % 977 == 5));
        columns.push(long(&format!("{ty:?} late"), ty, rows, |row| row > 100_000 && row % 3 > 0));
    }
    let frame = Held::new("long", &["Timestamp whole"], columns);
    for compression in Parquet.compressions() {
        assert_like_stock(&frame, &parquet_options(*compression, IdForm::Text));
    }
}

#[test]
fn nearly_unique_keys_leave_the_dictionary() {
    let ids: Vec<u128> = (0..1_000).map(|i| i << 100 | i).collect();
    let keys = Values::Keys((0..1_000).rev().collect());
    let column = HeldColumn::new("id", Type::Id, &[true; 1_000], keys, HeldKeys::Ids(ids));
    let frame = Held::new("unique", &[], vec![column]);
    let file = written(&Parquet, &frame, &Options::of(&Parquet));
    let metadata = metadata(&Bytes::from(file));
    assert_eq!(metadata.metadata().row_group(0).column(0).dictionary_page_offset(), None);
    assert_like_stock(&frame, &Options::of(&Parquet));
}

#[test]
fn columns_of_nothing_but_nulls_are_written() {
    let nothing = vec![false; 70_000];
    let frame = Held::new(
        "nulls",
        &[],
        vec![
            HeldColumn::new(
                "keys",
                Type::Text,
                &nothing,
                Values::Keys(vec![]),
                HeldKeys::Texts(Strings::new(), Strings::new()),
            ),
            HeldColumn::new("longs", Type::Money, &nothing, Values::Longs(vec![]), HeldKeys::None),
            HeldColumn::new(
                "texts",
                Type::Text,
                &nothing,
                Values::Texts { ends: vec![], bytes: vec![] },
                HeldKeys::None,
            ),
        ],
    );
    for compression in Parquet.compressions() {
        assert_like_stock(&frame, &parquet_options(*compression, IdForm::Text));
    }
    let lines = written(&Ndjson, &frame, &Options::of(&Ndjson));
    assert_eq!(lines, b"{}\n".repeat(70_000));
}

#[test]
fn no_rows_make_a_file_with_a_schema() {
    let frame = Held::empty();
    let options = Options::of(&Parquet);
    let file = Bytes::from(written(&Parquet, &frame, &options));
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    assert_eq!(reader.schema().fields().len(), 1);
    assert_eq!(reader.build().unwrap().count(), 0);
    assert!(written(&Ndjson, &frame, &Options::of(&Ndjson)).is_empty());
}

#[test]
fn the_footer_names_writer_version_and_order() {
    let column = HeldColumn::new("n", Type::Int64, &[true], Values::Longs(vec![1]), HeldKeys::None);
    let frame = Held::new("truth/few", &["n"], vec![column]);
    let file = written(&Parquet, &frame, &parquet_options(Compression::Zstd, IdForm::Text));
    let metadata = metadata(&Bytes::from(file));
    let file = metadata.metadata().file_metadata();
    assert!(file.created_by().is_some_and(|by| by.starts_with("throng version ")));
    let facts: Vec<_> = file
        .key_value_metadata()
        .unwrap()
        .iter()
        .map(|fact| (&*fact.key, fact.value.as_deref()))
        .collect();
    assert_eq!(facts, [("throng.table", Some("truth/few")), ("throng.version", Some("v1"))]);
    let order = metadata.metadata().row_group(0).sorting_columns().unwrap();
    assert_eq!((order.len(), order[0].column_idx, order[0].descending), (1, 0, false));
}

#[test]
fn a_null_where_none_may_be_is_an_error() {
    let mut column =
        HeldColumn::new("n", Type::Int64, &[false], Values::Longs(vec![]), HeldKeys::None);
    column.field.nullable = false;
    let frame = Held::new("broken", &[], vec![column]);
    let error = Parquet.write(&frame, &Options::of(&Parquet), &mut Vec::new());
    let error = error.unwrap_err();
    assert_eq!(
        (error.kind(), error.to_string().as_str()),
        (io::ErrorKind::InvalidData, "broken.n lacks a value")
    );
}

#[test]
fn an_error_of_the_output_comes_through_as_it_is() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let frame = Held::new("long", &[], vec![long("n", Type::Float64, 50_000, |_| true)]);
    for format in FORMATS {
        let error = format.write(&frame, &Options::of(*format), &mut Full).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull, "{}", format.name());
    }
}

#[test]
fn compressed_lines_are_the_lines() {
    use std::io::Read;
    let frame = Held::new("long", &[], vec![long("n", Type::Enum, 30_000, |row| row % 7 > 0)]);
    let of =
        |compression| written(&Ndjson, &frame, &Options { compression, ..Options::of(&Ndjson) });
    let lines = of(Compression::None);
    assert_lines_tell(&frame, &lines);
    assert_eq!(zstd::decode_all(&of(Compression::Zstd)[..]).unwrap(), lines);
    let mut gunzipped = Vec::new();
    flate2::read::GzDecoder::new(&of(Compression::Gzip)[..]).read_to_end(&mut gunzipped).unwrap();
    assert_eq!(gunzipped, lines);
}

#[test]
fn lines_look_as_promised() {
    let one = |name, ty, values| HeldColumn::new(name, ty, &[true], values, HeldKeys::None);
    let text = |text: &str| Values::Texts { ends: vec![text.len() as u32], bytes: text.into() };
    let frame = Held::new(
        "one",
        &[],
        vec![
            one("id", Type::Id, Values::Ids(vec![0x0192_f0c1_2345_7abc_8def_0123_4567_89ab])),
            one("at", Type::Timestamp, Values::Longs(vec![1_767_607_872_345_678])),
            one("on", Type::Date, Values::Ints(vec![20_458])),
            one("price", Type::Money, Values::Longs(vec![1_290])),
            one("share", Type::Float64, Values::Doubles(vec![0.1])),
            one("none", Type::Float64, Values::Doubles(vec![f64::NAN])),
            one("known", Type::Bool, Values::Flags(vec![true])),
            one("said", Type::Text, text("a \"quote\"\\\n\u{1}é")),
            one("more", Type::Json, text("{\"a\":[1]}")),
        ],
    );
    let lines = written(&Ndjson, &frame, &Options::of(&Ndjson));
    let expected = r#"{"id":"0192f0c1-2345-7abc-8def-0123456789ab","at":"2026-01-05T10:11:12.345678Z","on":"2026-01-05","price":12.90,"share":0.1,"known":true,"said":"a \"quote\"\\\n\u0001é","more":{"a":[1]}}"#;
    assert_eq!(String::from_utf8(lines).unwrap(), format!("{expected}\n"));
}

/// What a thread wrote before leaves no trace.
#[test]
fn the_same_frame_makes_the_same_bytes() {
    let frames = [
        Held::new("a", &[], vec![long("n", Type::Enum, 70_000, |row| row % 5 > 0)]),
        Held::new("b", &[], vec![long("n", Type::Id, 70_000, |_| true)]),
    ];
    for format in FORMATS {
        let first = frames.each_ref().map(|frame| written(*format, frame, &Options::of(*format)));
        let again = frames.each_ref().map(|frame| written(*format, frame, &Options::of(*format)));
        assert!(first == again, "{}", format.name());
    }
}

#[test]
fn formats_are_found_by_their_names_and_know_their_default() {
    for format in FORMATS {
        assert_eq!(super::format(format.name()).map(Format::name), Some(format.name()));
        assert!(format.compressions().contains(&Options::of(*format).compression));
    }
    assert!(super::format("csv").is_none());
}

#[test]
fn extensions_tell_the_compression_of_text() {
    let extension =
        |compression| Ndjson.extension(&Options { compression, ..Options::of(&Ndjson) });
    assert_eq!(extension(Compression::None), "ndjson");
    assert_eq!(extension(Compression::Gzip), "ndjson.gz");
    assert_eq!(extension(Compression::Zstd), "ndjson.zst");
}

#[test]
fn a_compression_of_another_format_is_refused() {
    for format in FORMATS {
        for compression in Compression::ALL {
            let options = Options { compression, ..Options::of(*format) };
            let known = format.compressions().contains(&compression);
            let result = format.write(&Held::empty(), &options, &mut Vec::new());
            assert_eq!(result.is_ok(), known, "{} {}", format.name(), compression.name());
        }
    }
}
