use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMillisecondArray};
use parquet::arrow::ArrowWriter;

use super::*;
use crate::diag::Problems;
use crate::engine::Progress;
use crate::realism::Summary;
use crate::realism::looks::{Verdict, looks};
use crate::realism::scorecard::scorecard;
use crate::seed::{Purpose, Seed};

static GO_ON: AtomicBool = AtomicBool::new(false);

struct Silent;

impl Progress for Silent {
    fn advance(&self, _: u64) {}
}

const MAPPING: &str = r#"
time_zone = "Europe/Berlin"

[columns]
user = "visitorid"
time = "timestamp"
event = "event"
item = "itemid"
device = "kind"

[events]
orders = ["transaction"]

[devices]
phone = "mobile"
"#;

/// A stream like that of a shop's log: (time in ms, visitor, event, item, device), in no order.
fn log() -> Vec<(i64, i64, &'static str, i64, &'static str)> {
    let mut stream = Seed(3).stream(Purpose::named("log"), 0, 0);
    let mut rows = Vec::new();
    for visitor in 0..3000_i64 {
        let mut time = 1_700_000_000_000 + i64::from(stream.below(20 * 86_400)) * 1000;
        let device = if visitor % 3 == 0 { "desktop" } else { "phone" };
        for _ in 0..=stream.below(9) {
            let event = ["view", "view", "addtocart", "transaction"][stream.below(4) as usize];
            rows.push((time, visitor, event, i64::from(stream.below(400)), device));
            // One in five gaps is longer than half an hour.
            time +=
                if stream.chance(0.2) { 1_801_000 } else { 1000 + i64::from(stream.below(90_000)) };
        }
    }
    rows.sort_by_key(|row| crate::seed::mix(row.0 as u64));
    rows
}

fn as_parquet(path: &Path) {
    let rows = log();
    let columns: Vec<(&str, ArrayRef)> = vec![
        (
            "timestamp",
            Arc::new(rows.iter().map(|row| Some(row.0)).collect::<TimestampMillisecondArray>()),
        ),
        ("visitorid", Arc::new(rows.iter().map(|row| Some(row.1)).collect::<Int64Array>())),
        ("event", Arc::new(rows.iter().map(|row| Some(row.2)).collect::<StringArray>())),
        ("itemid", Arc::new(rows.iter().map(|row| Some(row.3)).collect::<Int64Array>())),
        ("kind", Arc::new(rows.iter().map(|row| Some(row.4)).collect::<StringArray>())),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut writer =
        ArrowWriter::try_new(File::create(path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

fn as_ndjson(path: &Path, rows: &[(i64, i64, &str, i64, &str)]) {
    let line = |(time, visitor, event, item, kind): &(i64, i64, &str, i64, &str)| {
        format!(
            "{{\"event\":\"{event}\",\"timestamp\":{time},\"visitorid\":{visitor},\"itemid\":{item},\"kind\":\"{kind}\"}}\n"
        )
    };
    fs::write(path, rows.iter().map(line).collect::<String>()).unwrap();
}

fn summed(paths: &[PathBuf], mapping: &str) -> Result<Summary, Error> {
    taken(paths, mapping).map(|taken| taken.summary)
}

fn taken(paths: &[PathBuf], mapping: &str) -> Result<Taken, Error> {
    let mapping = Mapping::read("mapping.toml", mapping)?;
    read(paths, &mapping, &Silent, &GO_ON)
}

fn told<T>(result: Result<T, Error>) -> String {
    result.err().map(|error| error.to_string()).unwrap_or_default()
}

/// For all forms and cuts of a stream, the same numbers.
#[test]
fn parquet_and_ndjson_and_many_files_say_the_same() {
    let dir = tempfile::tempdir().unwrap();
    as_parquet(&dir.path().join("log.parquet"));
    let whole = summed(&files(&[dir.path().join("log.parquet")]).unwrap(), MAPPING).unwrap();
    let parts = dir.path().join("parts");
    fs::create_dir_all(parts.join("deep")).unwrap();
    let rows = log();
    as_ndjson(&parts.join("b.ndjson"), &rows[..4000]);
    as_ndjson(&parts.join("deep/a.jsonl"), &rows[4000..]);
    fs::write(parts.join("readme.txt"), "not data").unwrap();
    let cut = summed(&files(std::slice::from_ref(&parts)).unwrap(), MAPPING).unwrap();
    assert_eq!(whole.records(), rows.len() as u64);
    assert_eq!(
        (whole.records(), whole.sessions(), whole.users(), whole.steps()),
        (cut.records(), cut.sessions(), cut.users(), cut.steps())
    );
    // Sessions are cut at half an hour, so there are more of them than visitors.
    assert_eq!(whole.users(), 3000);
    assert!(whole.sessions() > 4000);
    let values = |summary: &Summary| -> Vec<Option<f64>> {
        scorecard(summary).iter().map(|number| number.value().map(|v| (v * 1e9).round())).collect()
    };
    assert_eq!(values(&whole), values(&cut));
    let measured = scorecard(&whole).iter().filter(|number| number.value().is_some()).count();
    assert_eq!(measured, scorecard(&whole).len());
}

/// A stream with sessions of its own needs no users, and its events need no types.
#[test]
fn little_is_needed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log.ndjson");
    as_ndjson(&path, &log());
    let summary =
        summed(&[path], "[columns]\nsession = \"visitorid\"\ntime = \"timestamp\"\n").unwrap();
    let skipped: Vec<&str> = scorecard(&summary)
        .iter()
        .filter(|number| number.holds().is_none())
        .map(|number| number.id)
        .collect();
    for id in ["realism.memory", "realism.item_gini", "realism.device_length"] {
        assert!(skipped.contains(&id), "{skipped:?}");
    }
    assert!(!skipped.contains(&"realism.length_cv"));
}

/// What a mapping gets wrong is told with its place, and what would be right.
#[test]
fn wrong_mappings_are_told() {
    let told = |text: &str| {
        let problems: Result<Mapping, Problems> = Mapping::read("mapping.toml", text);
        problems.err().map(|problems| problems.to_string()).unwrap_or_default()
    };
    let nothing = told("[columns]\ntime = \"t\"\n");
    assert!(nothing.contains("neither `user` nor `session`"), "{nothing}");
    let zone = told("time_zone = \"Berlin\"\n[columns]\nuser = \"u\"\ntime = \"t\"\n");
    assert!(zone.contains("mapping.toml:1:13") && zone.contains("IANA"), "{zone}");
    let key = told("[columns]\nuser = \"u\"\ntime = \"t\"\nsesion = \"s\"\n");
    assert!(key.contains("mapping.toml:4:1") && key.contains("session"), "{key}");
    let class =
        told("[columns]\nuser = \"u\"\ntime = \"t\"\ndevice = \"d\"\n[devices]\na = \"phone\"\n");
    assert!(class.contains("mapping.toml:6:5") && class.contains("mobile"), "{class}");
    assert!(class.contains("unknown device class `phone`"), "{class}");
    let events = told("[columns]\nuser = \"u\"\ntime = \"t\"\n[events]\nviews = [\"v\"]\n");
    assert!(events.contains("not mapped"), "{events}");
    assert!(told("columns = ").contains("mapping.toml:1:"));
}

/// A column that is not there is told at its name in the mapping, with those that are.
#[test]
fn missing_columns_are_told_with_those_there_are() {
    let dir = tempfile::tempdir().unwrap();
    let ndjson = dir.path().join("log.ndjson");
    as_ndjson(&ndjson, &log()[..10]);
    let parquet = dir.path().join("log.parquet");
    as_parquet(&parquet);
    for path in [ndjson, parquet] {
        let near = told(summed(
            std::slice::from_ref(&path),
            &MAPPING.replace("\"visitorid\"", "\"visitor_id\""),
        ));
        assert!(
            near.contains("mapping.toml:5:8") && near.contains("did you mean `visitorid`?"),
            "{near}"
        );
        let far = told(summed(&[path], &MAPPING.replace("\"kind\"", "\"what_it_ran_on\"")));
        assert!(far.contains("known: ") && far.contains("itemid"), "{far}");
    }
}

/// Files that are none, and rows without a time, are told.
#[test]
fn what_cannot_be_read_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let none = files(&[dir.path().to_owned()]).unwrap_err().to_string();
    assert!(none.contains("nothing in") && none.contains("DuckDB"), "{none}");
    assert!(files(&[dir.path().join("x")]).unwrap_err().to_string().contains("there is no"));
    let broken = dir.path().join("a.parquet");
    fs::write(&broken, "PAR1 and no more").unwrap();
    assert!(told(summed(&[broken], MAPPING)).contains("cannot read"));
    let timeless = dir.path().join("b.ndjson");
    fs::write(&timeless, "{\"visitorid\":1,\"timestamp\":\"soon\"}\n").unwrap();
    let timeless =
        told(summed(&[timeless], "[columns]\nuser = \"visitorid\"\ntime = \"timestamp\"\n"));
    assert!(timeless.contains("none of the 1 rows has a time"), "{timeless}");
}

/// Lines of a log in which some rows have no time and some nobody whose they are.
fn gappy(path: &Path, sound: usize, timeless: usize, nobodys: usize) {
    let mut lines = String::new();
    for (rows, line) in [
        (sound, "{\"visitorid\":1,\"timestamp\":1700000000000}\n"),
        (timeless, "{\"visitorid\":1,\"timestamp\":null}\n"),
        (nobodys, "{\"visitorid\":null,\"timestamp\":1700000000000}\n"),
    ] {
        lines.push_str(&line.repeat(rows));
    }
    fs::write(path, lines).unwrap();
}

const LITTLE: &str = "[columns]\nuser = \"visitorid\"\ntime = \"timestamp\"\n";

/// Rows that cannot be taken are counted with the place of the first; more than half of the rows may not be such, for whatever reasons.
#[test]
fn rows_left_out_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log.ndjson");
    gappy(&path, 20_000, 19_997, 3);
    let taken = taken(std::slice::from_ref(&path), LITTLE);
    assert!(taken.is_ok(), "{}", told(taken));
    let taken = taken.unwrap();
    assert_eq!(taken.summary.records(), 20_000);
    let name = path.display().to_string();
    let left_out =
        |rows, why, row| LeftOut { rows, of: 40_000, why, first: format!("row {row} of {name}") };
    assert_eq!(
        taken.left_out,
        [
            left_out(19_997, "no time that can be read", 20_001),
            left_out(3, "neither user nor session", 39_998)
        ]
    );
    gappy(&path, 4, 5, 0);
    let most = told(summed(std::slice::from_ref(&path), LITTLE));
    assert!(most.contains("5 of the 9 rows have no time that can be read"), "{most}");
    assert!(most.contains("row 5 of") && most.contains("mapping.toml:3:8"), "{most}");
    // Neither reason is one of most rows, but both together are.
    gappy(&path, 4, 3, 2);
    let both = told(summed(std::slice::from_ref(&path), LITTLE));
    assert!(both.contains("3 of the 9 rows have no time"), "{both}");
    assert!(both.contains("2 of the 9 rows have neither user nor session"), "{both}");
    gappy(&path, 0, 0, 2);
    let nobody = told(summed(&[path], LITTLE));
    assert!(nobody.contains("none of the 2 rows has a user or a session"), "{nobody}");
    assert!(nobody.contains("mapping.toml:2:8"), "{nobody}");
}

/// A value that the mapping names and no row has is told once, at its place, with those that there are; so is one that is no class.
#[test]
fn values_that_meet_nothing_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log.ndjson");
    as_ndjson(&path, &log());
    let none = taken(std::slice::from_ref(&path), MAPPING).unwrap();
    assert!(none.warnings.is_empty() && none.left_out.is_empty(), "{:?}", none.warnings);
    let mapping = MAPPING
        .replace("[events]", "[events]\nviews = [\"pageview\"]\nitems = [\"pageview\"]")
        .replace("phone = ", "handset = ");
    let odd = taken(&[path], &mapping).unwrap().warnings;
    let told: Vec<String> = odd.iter().map(crate::diag::Problem::as_warning).collect();
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(
        told[0].starts_with("warning: no row has event `pageview`; there are: "),
        "{}",
        told[0]
    );
    assert!(["view", "addtocart", "transaction"].iter().all(|name| told[0].contains(name)));
    assert!(told[0].contains("mapping.toml:12:10"), "{}", told[0]);
    assert!(
        told[1].contains("no row has device `handset`; there are: desktop, phone"),
        "{}",
        told[1]
    );
    assert!(told[2].contains("a device that is no class: phone\n"), "{}", told[2]);
}

/// What asks for errors is skipped when the mapping says of no event that it is one.
#[test]
fn errors_are_looked_for_only_when_they_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log.ndjson");
    let mut rows = log();
    rows.extend_from_within(..);
    as_ndjson(&path, &rows);
    let of = |mapping: &str| {
        let summary = summed(std::slice::from_ref(&path), mapping).unwrap();
        assert!(summary.steps() >= 20_000);
        let found = looks(&summary).into_iter().find(|look| look.id == "looks.no_errors");
        found.unwrap().verdict
    };
    let skipped = of(MAPPING);
    assert!(
        matches!(&skipped, Verdict::Skipped(why) if why == "the mapping names no errors"),
        "{skipped:?}"
    );
    assert!(matches!(of(&MAPPING.replace("orders", "errors")), Verdict::Fake(_)));
}

/// A file without rows has no columns to be missed: one of several is passed over, and none with rows is one error.
#[test]
fn files_without_rows_are_told_once() {
    let dir = tempfile::tempdir().unwrap();
    let (ndjson, parquet) = (dir.path().join("a.ndjson"), dir.path().join("b.parquet"));
    fs::write(&ndjson, "").unwrap();
    let schema = Arc::new(arrow::datatypes::Schema::empty());
    ArrowWriter::try_new(File::create(&parquet).unwrap(), schema, None).unwrap().close().unwrap();
    for path in [&ndjson, &parquet] {
        let empty = told(summed(std::slice::from_ref(path), MAPPING));
        assert!(empty.contains(" has no rows"), "{empty}");
        assert_eq!(empty.matches("error: ").count(), 1, "{empty}");
    }
    let both = told(summed(&[ndjson.clone(), parquet.clone()], MAPPING));
    assert!(both.contains("none of the 2 files has rows"), "{both}");
    let full = dir.path().join("c.ndjson");
    as_ndjson(&full, &log()[..100]);
    assert_eq!(summed(&[ndjson, parquet, full], MAPPING).unwrap().records(), 100);
}
