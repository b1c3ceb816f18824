use std::fs::{self, File};

use proptest::prelude::*;

use super::*;
use crate::frame::{Dictionary, Frame, Values};
use crate::schema::Type;
use crate::sink::tests::frames::arbitrary;
use crate::sink::{FORMATS, Format, IdForm, Options};

/// A file with a frame's rows.
fn write(frame: &dyn Frame, format: &dyn Format, options: &Options, dir: &Path) -> PathBuf {
    let path = dir.join(format!("file.{}", format.extension(options)));
    let mut file = File::create(&path).unwrap();
    format.write(frame, options, &mut file).unwrap();
    path
}

/// All rows of a file, read with the types of a table.
fn read(path: &Path, table: &Table) -> (Vec<Batch>, Vec<Broken>) {
    let wanted = |field: &crate::schema::Field| Wanted {
        name: field.name.clone(),
        form: As::Typed(field.ty),
    };
    let wanted: Vec<Wanted> = table.fields.iter().map(wanted).collect();
    let mut batches = Vec::new();
    let broken = scan_file(path, &wanted, |batch| {
        batches.push(batch.clone());
        ControlFlow::Continue(())
    });
    (batches, broken.unwrap())
}

/// What a frame's field holds in each row, as text; NDJSON has no NaN and no infinity.
fn held(frame: &dyn Frame, field: usize) -> Vec<Option<String>> {
    let mut column = crate::frame::Column::default();
    frame.fill(field, 0..frame.rows(), &mut column);
    let mut next = 0;
    let mut value = |row: usize| {
        column.is_valid(row).then(|| {
            next += 1;
            let at = next - 1;
            match (&column.values, frame.dictionary(field)) {
                (Values::Keys(keys), Some(Dictionary::Ids(ids))) => {
                    ids[keys[at] as usize].to_string()
                }
                (Values::Keys(keys), Some(texts)) => texts.text(keys[at]).to_owned(),
                (Values::Keys(_), None) => String::new(),
                (Values::Ids(ids), _) => ids[at].to_string(),
                (Values::Longs(longs), _) => longs[at].to_string(),
                (Values::Ints(ints), _) => ints[at].to_string(),
                (Values::Doubles(doubles), _) => format!("{:?}", doubles[at]),
                (Values::Flags(flags), _) => flags[at].to_string(),
                (Values::Texts { ends, bytes }, _) => {
                    let start = at.checked_sub(1).map_or(0, |before| ends[before] as usize);
                    String::from_utf8_lossy(&bytes[start..ends[at] as usize]).into_owned()
                }
            }
        })
    };
    (0..frame.rows()).map(&mut value).collect()
}

/// What was read of a column, as text.
fn told(batches: &[Batch], column: usize, ty: Type) -> Vec<Option<String>> {
    let mut all = Vec::new();
    for batch in batches {
        let column = &batch.columns[column];
        all.extend((0..batch.rows).map(|row| match ty {
            Type::Id => column.id(row).map(|id| id.to_string()),
            Type::Text | Type::Enum | Type::Json => column.text(row).map(str::to_owned),
            Type::Float64 => column.double(row).map(|double| format!("{double:?}")),
            Type::Bool => column.flag(row).map(|flag| flag.to_string()),
            _ => column.long(row).map(|long| long.to_string()),
        }));
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// For all frames, formats, compressions and forms of ids, what is written reads back.
    #[test]
    fn what_sinks_write_reads_back(frame in arbitrary(), choice: prop::sample::Index, native: bool) {
        let dir = tempfile::tempdir().unwrap();
        let pairs = FORMATS.iter().flat_map(|format| {
            format.compressions().iter().map(move |compression| (*format, *compression))
        });
        let pairs: Vec<_> = pairs.collect();
        let (format, compression) = pairs[choice.index(pairs.len())];
        let ids = if native { IdForm::Native } else { IdForm::Text };
        let options = Options { compression, ids, ..Options::of(format) };
        let path = write(&frame, format, &options, dir.path());
        let (batches, broken) = read(&path, frame.table());
        prop_assert_eq!(broken, vec![]);
        prop_assert_eq!(batches.iter().map(|batch| batch.rows).sum::<usize>(), frame.rows());
        prop_assert_eq!(batches.iter().map(|batch| batch.fault_count).sum::<u64>(), 0);
        for (at, field) in frame.table().fields.iter().enumerate() {
            let mut expected = held(&frame, at);
            if format.name() == "ndjson" && field.ty == Type::Float64 {
                let finite = |text: &String| text.parse::<f64>().is_ok_and(f64::is_finite);
                for text in &mut expected {
                    *text = text.take().filter(finite);
                }
            }
            prop_assert_eq!(told(&batches, at, field.ty), expected, "{}", &field.name);
        }
    }

    /// For all cuts and all changed bytes, a file is read to its end or named as broken; nothing panics.
    #[test]
    fn damage_is_told(frame in arbitrary(), at: prop::sample::Index, byte: u8, cut: bool, choice: prop::sample::Index) {
        let dir = tempfile::tempdir().unwrap();
        let format = FORMATS[choice.index(FORMATS.len())];
        let path = write(&frame, format, &Options::of(format), dir.path());
        let mut bytes = fs::read(&path).unwrap();
        let at = at.index(bytes.len());
        if cut { bytes.truncate(at) } else { bytes[at] = byte }
        fs::write(&path, &bytes).unwrap();
        let (_, broken) = read(&path, frame.table());
        prop_assert!(!cut || is_parquet(&path).then_some(()).is_none() || broken.len() == 1);
    }
}

fn lines(text: &str, wanted: &[(&str, As)]) -> (Batch, Vec<Broken>) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log.jsonl");
    fs::write(&path, text).unwrap();
    let wanted = wanted.iter().map(|(name, form)| Wanted { name: (*name).to_owned(), form: *form });
    let wanted: Vec<Wanted> = wanted.collect();
    let mut read = None;
    let broken = scan_file(&path, &wanted, |batch| {
        read = Some(batch.clone());
        ControlFlow::Continue(())
    });
    (read.unwrap(), broken.unwrap())
}

#[test]
fn foreign_lines_are_read_by_name_through_objects() {
    let text = "{\"user\":{\"id\":17},\"at\":1569888000,\"n\":1.5}\n\n{\"at\":\"2019-10-01 00:00:01 UTC\",\"user\":{\"id\":\"a\"}}\n";
    let (batch, broken) = lines(text, &[("user.id", As::Key), ("at", As::Moment), ("n", As::Text)]);
    assert_eq!((batch.rows, batch.fault_count, broken.len()), (2, 0, 0));
    assert_eq!(batch.columns[0].id(0), Some(value::key(b"17")));
    assert_ne!(batch.columns[0].id(0), batch.columns[0].id(1));
    let times = [0, 1].map(|row| batch.columns[1].long(row));
    assert_eq!(times, [Some(1_569_888_000_000_000), Some(1_569_888_001_000_000)]);
    assert_eq!([0, 1].map(|row| batch.columns[2].text(row)), [Some("1.5"), None]);
}

#[test]
fn values_of_another_type_are_faults_and_absent() {
    let text = "{\"n\":1,\"n\":2}\n{\"n\":\"1\"}\n{\"n\":99999999999}\n";
    let (batch, _) = lines(text, &[("n", As::Typed(Type::Int32))]);
    let whats: Vec<(u64, What)> =
        batch.faults.iter().map(|fault| (fault.row, fault.what)).collect();
    assert_eq!(whats, [(0, What::Twice), (1, What::Type), (2, What::Type)]);
    assert_eq!([0, 1, 2].map(|row| batch.columns[0].long(row)), [Some(1), None, None]);
}

#[test]
fn text_that_is_no_uuid_is_a_fault() {
    let id = "0199a1b2-0000-7000-8000-000000000001";
    let texts: arrow::array::ArrayRef =
        std::sync::Arc::new(arrow::array::StringArray::from(vec![Some(id), None, Some("17")]));
    let batch = arrow::array::RecordBatch::try_from_iter([("id", texts)]).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ids.parquet");
    let file = File::create(&path).unwrap();
    let mut writer = ::parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let wanted = [Wanted { name: "id".to_owned(), form: As::Typed(Type::Id) }];
    let broken = scan_file(&path, &wanted, |batch| {
        assert_eq!((batch.fault_count, batch.faults[0].row), (1, 2));
        assert_eq!([0, 1, 2].map(|row| batch.columns[0].id(row).is_some()), [true, false, false]);
        ControlFlow::Continue(())
    });
    assert_eq!(broken.unwrap(), vec![]);
}

#[test]
fn foreign_parquet_is_read_whatever_its_types() {
    use arrow::array::{
        ArrayRef, Int64Array, RecordBatch, StringArray, StructArray, TimestampMillisecondArray,
    };
    use std::sync::Arc;
    let ids: ArrayRef = Arc::new(Int64Array::from(vec![Some(17), None]));
    let user: ArrayRef = Arc::new(StructArray::try_from(vec![("id", Arc::clone(&ids))]).unwrap());
    let at: ArrayRef = Arc::new(TimestampMillisecondArray::from(vec![1_569_888_000_000, 0]));
    let text: ArrayRef = Arc::new(StringArray::from(vec!["2019-10-01T00:00:00Z", "never"]));
    let columns = [("user", user), ("id", ids), ("at", at), ("text", text)];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("clicks.parquet");
    let file = File::create(&path).unwrap();
    let mut writer = ::parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();

    let wanted = [
        ("user.id", As::Key),
        ("at", As::Moment),
        ("text", As::Moment),
        ("id", As::Moment),
        ("id", As::Text),
        ("nowhere", As::Text),
    ];
    let wanted = wanted.map(|(name, form)| Wanted { name: name.to_owned(), form });
    let mut seen = 0;
    let broken = scan_file(&path, &wanted, |batch| {
        seen += batch.rows;
        let [user, at, text, epoch, id, nowhere] = &batch.columns[..] else { panic!("six") };
        assert_eq!([user.id(0), user.id(1)], [Some(value::key(b"17")), None]);
        assert_eq!(at.long(0), Some(1_569_888_000_000_000));
        assert_eq!([text.long(0), text.long(1)], [at.long(0), None]);
        assert_eq!([epoch.long(0), epoch.long(1)], [Some(17_000_000), None]);
        assert_eq!([id.text(0), id.text(1), nowhere.text(0)], [Some("17"), None, None]);
        ControlFlow::Continue(())
    });
    assert_eq!((broken.unwrap(), seen), (vec![], 2));
}
