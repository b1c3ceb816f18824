//! Files in, files out.

mod counts;
mod names;
mod shapes;

use super::*;
use std::fs::File;
use std::sync::Arc;

use ::parquet::arrow::ArrowWriter;
use ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use ::parquet::file::metadata::RowGroupMetaData;
use ::parquet::file::properties::WriterProperties;
use arrow::array::{
    Array as _, ArrayRef, AsArray as _, Int64Array, ListArray, RecordBatch, StringArray,
    StructArray, TimestampMillisecondArray,
};
use arrow::datatypes::{DataType, Field, Int64Type, TimestampMillisecondType};

use crate::assets::Assets;
use crate::privacy::key::tests::published;
use crate::privacy::token::bears_mark;
use crate::schema::facts;

fn schemas() -> Schemas {
    Schemas::load(&Assets::embedded(), &facts::of).expect("schemas")
}

fn policy(columns: &str) -> Policy {
    let text = format!(
        "version = 1\ndefault = \"deny\"\nscope = \"stable\"\nk = 2\n[tables.visits]\n\
         subject = [\"user\"]\n[tables.visits.columns]\n{columns}"
    );
    Policy::read("policy.toml", &text, &schemas()).unwrap_or_else(|problems| panic!("{problems}"))
}

const USER: &str = "user = { class = \"direct_identifier\", do = \"token\", namespace = \"user\", reviewed = true }\n";

fn line(path: &str, rest: &str) -> String {
    format!("\"{path}\" = {{ {rest}, reviewed = true }}\n")
}

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, policy: &Policy, input: &Path, shuffle: Option<usize>) -> Result<Report, Error> {
        let out = self.path("out");
        let inputs = [input.to_owned()];
        let asked = Asked {
            inputs: &inputs,
            out: &out,
            force: true,
            scope_id: None,
            shuffle,
            known: &[],
            at: "2026-01-05T00:00:00Z",
        };
        run(policy, &published(), &asked, &AtomicBool::new(false))
    }

    fn lines(&self, name: &str) -> Vec<serde_json::Value> {
        let text = fs::read_to_string(self.path("out").join(name)).expect("written");
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }
}

fn ndjson(place: &Place, lines: &[&str]) -> PathBuf {
    let path = place.path("visits.ndjson");
    fs::write(&path, lines.join("\n")).expect("written");
    path
}

#[test]
fn lines_are_rewritten_and_the_rest_is_kept_byte_for_byte() {
    let place = Place::new();
    let columns = [
        USER,
        &line("at", "class = \"time\", do = \"shift\", days = 10"),
        &line("price", "class = \"public\", do = \"keep\", reason = \"a price\""),
        &line("note", "class = \"free_text\""),
        &line("who.email", "class = \"direct_identifier\", namespace = \"email\", kind = \"email\", encoding = \"email\""),
        &line("who.tags[]", "class = \"quasi\", do = \"keep\", reason = \"few\""),
        &line("raw", "class = \"nested\""),
        &line("raw.ip", "class = \"ip\""),
    ]
    .concat();
    let rows = [
        r#"{"user": 42, "at":"2026-01-05T10:00:00Z","price":1.50,"note":"call me","who":{"email":"Ada@Example.com","tags":["a"]},"raw":"{\"ip\":\"198.18.7.9\"}"}"#,
        r#"{"user":"42","at":"2026-01-06T11:00:00Z","price":2,"note":null,"who":{"email":"ada@example.com","tags":[]},"raw":null}"#,
    ];
    let report = place.run(&policy(&columns), &ndjson(&place, &rows), None).expect("done");
    let out = place.lines("visits/part-00000.ndjson");
    let text = fs::read_to_string(place.path("out/visits/part-00000.ndjson")).expect("written");
    assert!(text.contains(r#""price":1.50,"#), "{text}");
    assert_eq!(out[0]["user"], out[1]["user"], "42 and \"42\" are the same");
    assert!(bears_mark(out[0]["user"].as_str().expect("text")));
    assert_eq!(out[0]["who"]["email"], out[1]["who"]["email"]);
    assert!(out[0]["who"]["email"].as_str().expect("text").ends_with("@email.invalid"));
    assert!(out[0].get("note").is_none() && out[1].get("note").is_none());
    assert_eq!(out[0]["raw"], r#"{"ip":"198.18.7.0"}"#);
    let moment =
        |row: usize| out[row]["at"].as_str().and_then(|at| at.parse::<jiff::Timestamp>().ok());
    let (first, second) = (moment(0).expect("a time"), moment(1).expect("a time"));
    assert_eq!(second.as_second() - first.as_second(), 25 * 3_600, "intervals of a person stay");
    assert_ne!(first.as_second(), 1_767_607_200);
    assert_eq!(report.tables[0].rows, 2);
}

#[test]
fn nothing_is_written_for_a_column_without_a_rule() {
    let place = Place::new();
    let path = ndjson(&place, &[r#"{"user":1}"#, r#"{"user":2,"extra":{"deep":1}}"#]);
    let error = place.run(&policy(USER), &path, None).expect_err("refused");
    let Error::Refused(problems) = error else { panic!("{error}") };
    assert!(problems.to_string().contains("`extra.deep` of visits has no rule"), "{problems}");
    assert!(!place.path("out").exists());
}

#[test]
fn mistakes_are_told_and_nothing_is_written() {
    let place = Place::new();
    let two = [USER, &line("gone", "class = \"public\", do = \"keep\", reason = \"x\"")].concat();
    let fraction = line("price", "class = \"linkable\", namespace = \"price\"");
    let cases: [(&str, &str, &str); 4] = [
        (&two, r#"{"user":1}"#, "no file has a column `gone`"),
        (USER, r#"{"user":"tk1_abcdefgh"}"#, "holds tokens already"),
        (USER, r#"{"user":1"#, "line 1 is no JSON"),
        (
            &[USER, &fraction].concat(),
            r#"{"user":1,"price":1.5}"#,
            "`token` cannot be done to `price`",
        ),
    ];
    for (columns, row, expected) in cases {
        let error = place.run(&policy(columns), &ndjson(&place, &[row]), None).expect_err(expected);
        let told = match &error {
            Error::Refused(problems) | Error::Asked(problems) => problems.to_string(),
            other => other.to_string(),
        };
        assert!(told.contains(expected), "{told}");
        assert!(!place.path("out").exists(), "{expected}");
    }
    let unreviewed = USER.replace(", reviewed = true", "");
    let error =
        place.run(&policy(&unreviewed), &ndjson(&place, &["{}"]), None).expect_err("refused");
    assert!(matches!(error, Error::Refused(_)));
}

#[test]
fn what_too_few_share_is_suppressed() {
    let place = Place::new();
    let columns = [
        USER,
        &line("city", "class = \"place\""),
        &line("ill", "class = \"public\", do = \"keep\", reason = \"asked for\", sensitive = true"),
    ]
    .concat();
    // Bonn has many rows, and one person.
    let rows = [
        r#"{"user":1,"city":"Ulm","ill":"a"}"#,
        r#"{"user":2,"city":"Ulm","ill":"b"}"#,
        r#"{"user":3,"city":"Bonn","ill":"a"}"#,
        r#"{"user":3,"city":"Bonn","ill":"a"}"#,
        r#"{"user":4,"city":"Kiel","ill":"a"}"#,
    ];
    let kept =
        columns.replace("class = \"place\"", "class = \"place\", do = \"keep\", reason = \"x\"");
    let mut strict = policy(&kept);
    strict.refuses_under_k = true;
    let refused = place.run(&strict, &ndjson(&place, &rows), None).expect_err("refused");
    let Error::Refused(problems) = refused else { panic!("{refused}") };
    let expected = "visits: 2 of 4 share city with fewer than 2 (k is 1)";
    assert!(problems.to_string().contains(expected), "{problems}");
    assert!(!place.path("out").exists());
    let report = place.run(&policy(&columns), &ndjson(&place, &rows), None).expect("done");
    let cities: Vec<String> = place
        .lines("visits/part-00000.ndjson")
        .iter()
        .map(|row| row["city"].as_str().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(cities, ["Ulm", "Ulm", "OTHER", "OTHER", "OTHER"]);
    let privacy = report.tables[0].privacy.clone().expect("counted");
    assert_eq!((privacy.k, privacy.subjects, privacy.under_k), (Some(2), 4, 0));
    assert_eq!(privacy.l, [("ill".to_owned(), 1)]);
}

fn parquet_file(place: &Place) -> PathBuf {
    let rows = 1_000_i64;
    let user: ArrayRef =
        Arc::new((0..rows).map(|i| Some(format!("person-{:04}", i % 70))).collect::<StringArray>());
    let at: ArrayRef = Arc::new(TimestampMillisecondArray::from_iter_values(0..rows));
    let count: ArrayRef = Arc::new(Int64Array::from_iter_values(0..rows));
    let inner = Arc::new(Field::new("ip", DataType::Utf8, false));
    let ips: ArrayRef =
        Arc::new((0..rows).map(|i| Some(format!("198.18.0.{}", i % 250))).collect::<StringArray>());
    let who: ArrayRef = Arc::new(StructArray::from(vec![(inner, ips)]));
    let tags: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>(
        (0..rows).map(|i| Some(vec![Some(i), None])),
    ));
    let columns = [("user", user), ("at", at), ("count", count), ("who", who), ("tags", tags)];
    let batch = RecordBatch::try_from_iter(columns).expect("a batch");
    let path = place.path("visits.parquet");
    let settings = WriterProperties::builder()
        .set_max_row_group_row_count(Some(300))
        .set_bloom_filter_enabled(true)
        .build();
    let mut writer =
        ArrowWriter::try_new(File::create(&path).expect("made"), batch.schema(), Some(settings))
            .expect("a writer");
    writer.write(&batch).expect("written");
    writer.close().expect("closed");
    path
}

/// A file of columns.
fn written(place: &Place, columns: &[(&str, ArrayRef)]) -> PathBuf {
    let batch = RecordBatch::try_from_iter(columns.iter().cloned()).expect("a batch");
    let path = place.path("visits.parquet");
    let file = File::create(&path).expect("made");
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).expect("a writer");
    writer.write(&batch).expect("written");
    writer.close().expect("closed");
    path
}

fn read_back(path: &Path) -> RecordBatch {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).expect("there"))
        .expect("Parquet");
    let batches: Vec<RecordBatch> = reader
        .with_batch_size(10_000)
        .build()
        .expect("read")
        .map(|batch| batch.expect("rows"))
        .collect();
    arrow::compute::concat_batches(&batches[0].schema(), &batches).expect("one batch")
}

fn parquet_columns() -> String {
    [
        USER,
        &line("at", "class = \"time\", do = \"shift\", days = 10"),
        &line("count", "class = \"public\", do = \"keep\", reason = \"a count\""),
        &line("who.ip", "class = \"ip\""),
        &line("tags[]", "class = \"linkable\", namespace = \"tag\""),
    ]
    .concat()
}

#[test]
fn parquet_keeps_its_groups_and_copies_what_is_kept() {
    let place = Place::new();
    let input = parquet_file(&place);
    let before = read_back(&input);
    place.run(&policy(&parquet_columns()), &input, None).expect("done");
    let path = place.path("out/visits/part-00000.parquet");
    let after = read_back(&path);
    assert_eq!(after.column_by_name("count"), before.column_by_name("count"));
    let users = after.column_by_name("user").expect("there").as_string::<i32>();
    assert!(users.iter().flatten().all(bears_mark));
    assert_eq!((users.value(0), users.value(1)), (users.value(70), users.value(71)));
    let times =
        after.column_by_name("at").expect("there").as_primitive::<TimestampMillisecondType>();
    let moved: Vec<i64> =
        times.values().iter().zip(0..).map(|(after, before): (_, i64)| after - before).collect();
    assert!(moved.iter().zip(&moved[70..]).all(|(a, b)| a == b), "a subject has one shift");
    assert!(moved.iter().all(|by| *by != 0 && by % 86_400_000 == 0 && by.abs() <= 864_000_000));
    let who = after.column_by_name("who").expect("there").as_struct();
    let ips = who.column_by_name("ip").expect("there").as_string::<i32>();
    assert!(ips.iter().all(|ip| ip == Some("198.18.0.0")));
    let tags = after.column_by_name("tags").expect("there").as_list::<i32>();
    assert_eq!((tags.value(3).as_string::<i32>().is_empty(), tags.value_length(3)), (false, 2));
    let metadata = ParquetRecordBatchReaderBuilder::try_new(File::open(&path).expect("there"))
        .expect("Parquet");
    let metadata = metadata.metadata();
    let groups: Vec<i64> = metadata.row_groups().iter().map(RowGroupMetaData::num_rows).collect();
    assert_eq!(groups, [300, 300, 300, 100]);
    let mut chunks = metadata.row_groups().iter().flat_map(RowGroupMetaData::columns);
    assert!(chunks.all(|chunk| chunk.bloom_filter_offset().is_none()));

    let elsewhere = place.path("again.parquet");
    fs::copy(&path, &elsewhere).expect("copied");
    let again = place.run(&policy(&parquet_columns()), &elsewhere, None).expect_err("refused");
    assert!(matches!(again, Error::Refused(_)), "{again}");
}

#[test]
fn a_shuffle_moves_rows_within_windows_and_keeps_them_whole() {
    let place = Place::new();
    let input = parquet_file(&place);
    place.run(&policy(&parquet_columns()), &input, None).expect("done");
    let plain = read_back(&place.path("out/visits/part-00000.parquet"));
    place.run(&policy(&parquet_columns()), &input, Some(100)).expect("done");
    let shuffled = read_back(&place.path("out/visits/part-00000.parquet"));
    let counts = |batch: &RecordBatch| {
        batch.column_by_name("count").expect("there").as_primitive::<Int64Type>().values().to_vec()
    };
    let user = |batch: &RecordBatch, row: usize| {
        batch.column_by_name("user").expect("there").as_string::<i32>().value(row).to_owned()
    };
    let order = counts(&shuffled);
    assert_ne!(order, counts(&plain));
    for (row, count) in order.iter().enumerate() {
        assert_eq!(row / 100, *count as usize / 100);
        assert_eq!(user(&shuffled, row), user(&plain, *count as usize));
    }
}

/// For all values that a rule should have caught, the scan at the end does.
#[test]
fn a_value_that_is_kept_elsewhere_is_a_leak() {
    let place = Place::new();
    let columns =
        [USER, &line("page", "class = \"public\", do = \"keep\", reason = \"a mistake\"")].concat();
    let rows = [r#"{"user":"person-0001","page":"/profile/PERSON-0001"}"#];
    let error = place.run(&policy(&columns), &ndjson(&place, &rows), None).expect_err("a leak");
    let Error::Leaked(finds) = error else { panic!("{error}") };
    assert_eq!(finds.len(), 1, "{finds:?}");
    assert!(!place.path("out").exists());
}

#[test]
fn drafts_are_policies_that_wait_for_a_look() {
    let place = Place::new();
    let rows = [r#"{"user_id":"u-1","email":"a@example.com","at":"2026-01-05T10:00:00Z","ip":"198.18.0.1","n":3}"#;
        3];
    let text =
        draft_for(&[ndjson(&place, &rows)], &schemas(), &AtomicBool::new(false)).expect("a draft");
    let policy =
        Policy::read("draft.toml", &text, &schemas()).unwrap_or_else(|p| panic!("{p}\n{text}"));
    assert!(policy.check_reviewed().is_err());
    let class = |path: &str| policy.tables[0].rule(path).map(|rule| rule.class.name());
    assert_eq!(class("email"), Some("direct_identifier"));
    assert_eq!((class("ip"), class("at"), class("n")), (Some("ip"), Some("time"), Some("public")));
}
