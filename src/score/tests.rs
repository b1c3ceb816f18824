//! The laws of scoring, over data sets made up for them.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use arrow::array::{RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::assets::Assets;
use crate::engine::Progress;
use crate::manifest::{FileEntry, Manifest};
use crate::read::id_text;
use crate::schema::facts;
use crate::sink::Digest;

struct Silent;

impl Progress for Silent {
    fn advance(&self, _: u64) {}
}

/// Microseconds of the first event: 2026-01-05.
const START: i64 = 1_767_571_200_000_000;
const MINUTE: i64 = 60_000_000;
/// Events of a set, a minute apart.
const EVENTS: u64 = 400;
const KINDS: [&str; 4] = ["dup_exact", "fk_orphan", "missing_value", "naughty_text"];

/// An incident to be made up.
#[derive(Debug, Clone)]
struct Wish {
    kind: usize,
    rule: &'static str,
    /// Rows that show it, and rows that are neutral.
    rows: usize,
    collateral: usize,
    is_decoy: bool,
    is_twin_only: bool,
}

fn wish() -> impl Strategy<Value = Wish> {
    let rule = prop::sample::select(vec!["any_member", "any_copy", "entity", "all", "window"]);
    (0..KINDS.len(), rule, 1..4_usize, 0..2_usize, 0..10_u8).prop_map(
        |(kind, rule, rows, collateral, odd)| Wish {
            kind,
            rule,
            rows,
            collateral,
            is_decoy: odd == 0,
            is_twin_only: odd == 1,
        },
    )
}

fn time(micros: i64) -> String {
    format!("{:.6}", jiff::Timestamp::from_microsecond(micros).expect("a time"))
}

fn event(at: u64) -> String {
    id_text(0x4000 << 64 | 0x8 << 60 | u128::from(at))
}

/// A data set, and findings of it.
struct Set {
    dir: tempfile::TempDir,
    /// A finding for each mark of every incident that is scored.
    right: Vec<String>,
    decoys: Vec<String>,
    neutral: Vec<String>,
    /// Events that no incident touches.
    clean: u64,
}

const HEAD: &str = "rule,table,kind,key,window_start,window_end,detected_at";

fn row_finding(kind: &str, at: u64) -> String {
    format!("r,events,{kind},{},,,{}", event(at), time(START + at as i64 * MINUTE))
}

/// Incidents one after the other, none touching another's rows or windows.
fn set(wishes: &[Wish]) -> Set {
    let dir = tempfile::tempdir().expect("a folder");
    let (mut anomalies, mut members) = (String::new(), String::new());
    let mut set = Set { dir, right: Vec::new(), decoys: Vec::new(), neutral: Vec::new(), clean: 0 };
    let mut next = 0_u64;
    for (wish, id) in wishes.iter().zip(1_u128..) {
        let (kind, from) = (KINDS[wish.kind], START + next as i64 * MINUTE);
        let is_window = wish.rule == "window";
        let until = from + wish.rows as i64 * MINUTE - 1;
        let window = is_window.then(|| (time(from), time(until)));
        let incident = json!({
            "anomaly_id": id_text(id), "kind": kind, "severity": if wish.kind == 3 { "minor" } else { "critical" },
            "detectability": if wish.is_twin_only { "twin" } else { "data" }, "match_rule": wish.rule,
            "window_start": window.as_ref().map(|window| &window.0), "window_end": window.as_ref().map(|window| &window.1),
            "arrival_start": time(from), "tolerance_ms": 0, "params": {}, "is_decoy": wish.is_decoy,
        });
        writeln!(anomalies, "{incident}").expect("held");
        let mut shown = Vec::new();
        for row in 0..wish.rows + wish.collateral {
            let role = if row < wish.rows { "primary" } else { "collateral" };
            let member = json!({ "anomaly_id": id_text(id), "op": "update", "role": role, "table": "events", "pk_clean": event(next), "pk_dirty": event(next) });
            writeln!(members, "{member}").expect("held");
            let is_neutral = role == "collateral" || is_window;
            let list = if row < wish.rows && !is_window { &mut shown } else { &mut set.neutral };
            // A row of a decoy is a decoy, whatever its role.
            if !is_neutral || !wish.is_decoy {
                list.push(row_finding(kind, next));
            }
            next += 1;
        }
        if let Some((from, until)) = window {
            shown.push(format!("r,,{kind},,{from},{until},{from}"));
        } else if wish.rule != "all" {
            shown.truncate(1);
        }
        if wish.is_decoy {
            set.decoys.extend(shown);
        } else if wish.is_twin_only {
            set.neutral.extend(shown);
        } else {
            set.right.extend(shown);
        }
    }
    set.clean = next;
    assert!(next < EVENTS, "too many wishes");
    let rows = |make: &dyn Fn(u64) -> serde_json::Value| {
        (0..EVENTS).fold(String::new(), |text, at| text + &format!("{}\n", make(at)))
    };
    let events = rows(&|at| json!({ "event_id": event(at) }));
    let at = set.dir.path();
    let mut files = Vec::new();
    for (table, text) in [("events", &events), (ANOMALIES, &anomalies), (MEMBERS, &members)] {
        let path = format!("{table}/part-0000.ndjson");
        fs::create_dir_all(at.join(table)).expect("made");
        fs::write(at.join(&path), text).expect("written");
        let mut passed = Digest::new(std::io::sink());
        passed.write_all(text.as_bytes()).expect("hashed");
        let (bytes, digest) = passed.finish();
        let rows = text.lines().count() as u64;
        let time_range = Some((START, START + EVENTS as i64 * MINUTE));
        files.push(FileEntry { table: table.to_owned(), path, rows, bytes, digest, time_range });
    }
    let request =
        crate::scenario::Ask::default().resolve(jiff::civil::date(2026, 1, 5)).expect("sound");
    let tables = ["events", ANOMALIES, MEMBERS].map(|name| (name.to_owned(), "d".to_owned()));
    Manifest::new(&request, "v1", None, tables, files, Vec::new()).write(at).expect("written");
    set
}

impl Set {
    /// The score of findings, each a line of CSV.
    fn score(&self, findings: &[String]) -> Score {
        let path = self.dir.path().join("findings.csv");
        fs::write(
            &path,
            format!(
                "{HEAD}\n{}",
                findings.iter().fold(String::new(), |all, line| all + line + "\n")
            ),
        )
        .expect("written");
        self.score_file(&path).unwrap_or_else(|error| panic!("{error}"))
    }

    fn score_file(&self, path: &Path) -> Result<Score, Error> {
        let data = DataSet::open(self.dir.path()).expect("a data set");
        let schemas = Schemas::load(&Assets::embedded(), &facts::of).expect("schemas");
        let watch = Watch { progress: &Silent, cancel: &AtomicBool::new(false) };
        let ask = Ask { catalogue: KINDS.map(str::to_owned).into(), ..Ask::default() };
        super::score(&data, &schemas, path, None, &ask, &watch)
    }

    /// Wrong findings, for events that nothing was done to.
    fn wrong(&self, at: u64, kind: &str) -> String {
        row_finding(kind, self.clean + at % (EVENTS - self.clean))
    }
}

/// The rates of a score: what repeats must not change.
#[expect(clippy::type_complexity, reason = "a test's own tuple")]
fn rates(score: &Score) -> Vec<(Rate, Rate, Option<(Rate, Rate)>)> {
    let parts = [Some(&score.rows), score.windows.as_ref()].into_iter().flatten();
    let lines = parts.flat_map(|part| part.kinds.iter().chain(&part.severities).chain([&part.all]));
    lines
        .map(|line| {
            (line.recall, line.precision, line.named.map(|named| (named.recall, named.precision)))
        })
        .collect()
}

fn known(rate: Rate) -> f64 {
    rate.value.unwrap_or(1.0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// For all truths, the truth itself scores 1 throughout, and nothing scores 0.
    #[test]
    fn the_truth_scores_one_and_nothing_zero(wishes in prop::collection::vec(wish(), 1..40)) {
        let set = set(&wishes);
        let score = set.score(&set.right);
        for (recall, precision, named) in rates(&score) {
            prop_assert_eq!((known(recall), known(precision)), (1.0, 1.0));
            if let Some((recall, precision)) = named {
                prop_assert_eq!((known(recall), known(precision)), (1.0, 1.0));
            }
        }
        prop_assert!(score.passes() || set.right.is_empty());
        prop_assert_eq!((score.heard.wrong, score.heard.neutral, score.heard.decoys), (0, 0, 0));
        prop_assert!(score.missed.is_empty() && score.invented.is_empty());
        let nothing = set.score(&[]);
        prop_assert_eq!((nothing.rows.all.recall.hits, nothing.rows.all.precision.value), (0, None));
        prop_assert_eq!(nothing.specificity.value, Some(1.0));
    }

    /// For all findings, neither their order nor that they are said again moves a rate; neutral ones never do.
    #[test]
    fn order_repeats_and_neutral_findings_are_immaterial(
        wishes in prop::collection::vec(wish(), 1..30),
        kept in prop::collection::vec(any::<bool>(), 120),
        wrong in prop::collection::vec((0_u64..400, 0..KINDS.len()), 0..20),
        turn in 0_usize..100,
    ) {
        let set = set(&wishes);
        let mut findings: Vec<String> = set.right.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(line, _)| line.clone()).collect();
        findings.extend(wrong.iter().map(|(at, kind)| set.wrong(*at, KINDS[*kind])));
        findings.extend(set.decoys.iter().take(1).cloned());
        let score = set.score(&findings);
        let mut turned = findings.clone();
        if !turned.is_empty() {
            let by = turn % turned.len();
            turned.rotate_left(by);
        }
        turned.reverse();
        prop_assert_eq!(&set.score(&turned), &score);
        let twice = set.score(&[&findings[..], &findings[..]].concat());
        prop_assert_eq!(rates(&twice), rates(&score));
        prop_assert_eq!(twice.repeats, score.repeats + findings.len() as u64);
        let neutral = set.score(&[&findings[..], &set.neutral[..]].concat());
        prop_assert_eq!(neutral.rows.all.precision, score.rows.all.precision);
        prop_assert_eq!(neutral.rows.all.recall, score.rows.all.recall);
    }

    /// For all findings, one more that is wrong raises no precision, and one of a decoy neither.
    #[test]
    fn a_wrong_finding_raises_no_precision(
        wishes in prop::collection::vec(wish(), 1..30),
        wrong in prop::collection::vec((0_u64..400, 0..KINDS.len()), 0..10),
        more in (0_u64..400, 0..KINDS.len()),
    ) {
        let set = set(&wishes);
        let mut findings = set.right.clone();
        findings.extend(wrong.iter().map(|(at, kind)| set.wrong(*at, KINDS[*kind])));
        let before = set.score(&findings);
        let again: Vec<String> = set.decoys.iter().take(1).cloned().chain([set.wrong(more.0, KINDS[more.1])]).collect();
        for line in again {
            let after = set.score(&[&findings[..], &[line]].concat());
            let lines = |score: &Score| {
                let parts = [Some(&score.rows), score.windows.as_ref()];
                let lines = parts.into_iter().flatten().flat_map(|part| part.kinds.iter().chain([&part.all]).cloned().collect::<Vec<_>>());
                lines.map(|line| (line.name.clone(), known(line.precision), line.named.map_or(1.0, |named| known(named.precision)))).collect::<Vec<_>>()
            };
            for (name, located, named) in lines(&before) {
                let after = lines(&after);
                let same = after.iter().filter(|(other, ..)| *other == name);
                prop_assert!(same.clone().any(|(_, after, _)| *after <= located), "{}", name);
                prop_assert!(same.clone().any(|(.., after)| *after <= named), "{}", name);
            }
            prop_assert_eq!(before.rows.all.recall, after.rows.all.recall);
        }
    }
}

fn wishes(rules: &[&'static str]) -> Vec<Wish> {
    let wish = |(kind, rule): (usize, &&'static str)| Wish {
        kind: kind % 4,
        rule,
        rows: 2,
        collateral: 1,
        is_decoy: false,
        is_twin_only: false,
    };
    rules.iter().enumerate().map(wish).collect()
}

/// All of an incident means all of it; part of it is no wrong finding.
#[test]
fn half_of_all_is_no_credit_and_no_fault() {
    let set = set(&wishes(&["all"]));
    let half = set.score(&set.right[..1]);
    assert_eq!((half.rows.all.recall.hits, half.heard.right, half.heard.wrong), (0, 1, 0));
    assert_eq!(set.score(&set.right).rows.all.recall.hits, 1);
}

/// Findings in CSV, NDJSON and Parquet are the same findings.
#[test]
fn every_format_says_the_same() {
    let set = set(&wishes(&["any_member", "window", "all"]));
    let mut lines = set.right.clone();
    lines.push(set.wrong(7, "fk_orphan"));
    let csv = set.score(&lines);
    let names: Vec<&str> = HEAD.split(',').collect();
    let cells: Vec<Vec<Option<&str>>> = lines
        .iter()
        .map(|line| {
            line.split(',').map(|cell| Some(cell).filter(|cell| !cell.is_empty())).collect()
        })
        .collect();
    let object = |row: &Vec<Option<&str>>| {
        names
            .iter()
            .zip(row)
            .filter_map(|(name, cell)| Some(((*name).to_owned(), json!(cell.as_ref()?))))
            .collect::<serde_json::Map<_, _>>()
    };
    let ndjson: String = cells.iter().fold(String::new(), |all, row| {
        all + &serde_json::Value::Object(object(row)).to_string() + "\n"
    });
    let at = |name: &str| set.dir.path().join(name);
    fs::write(at("findings.ndjson"), ndjson).expect("written");
    let column =
        |at: usize| Arc::new(cells.iter().map(|row| row[at]).collect::<StringArray>()) as _;
    let fields: Vec<Field> =
        names.iter().map(|name| Field::new(*name, DataType::Utf8, true)).collect();
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(Arc::clone(&schema), (0..names.len()).map(column).collect())
        .expect("a batch");
    let out = fs::File::create(at("findings.parquet")).expect("made");
    let mut writer = parquet::arrow::ArrowWriter::try_new(out, schema, None).expect("a writer");
    writer.write(&batch).expect("written");
    writer.close().expect("closed");
    for name in ["findings.ndjson", "findings.parquet"] {
        let mut score = set.score_file(&at(name)).unwrap_or_else(|error| panic!("{error}"));
        score.subject.findings.clone_from(&csv.subject.findings);
        assert_eq!(score, csv, "{name}");
    }
}

/// An alarm of more than half of the time says nothing of when; one that meets a window is credited, with its delay.
#[test]
fn alarms_are_credited_with_their_delay() {
    let set = set(&wishes(&["any_member", "window"]));
    let alarm = |from: i64, to: i64, at: i64| {
        format!(
            "r,,,,{},{},{}",
            time(START + from * MINUTE),
            time(START + to * MINUTE),
            time(START + at * MINUTE)
        )
    };
    let long = set.score(&[alarm(0, 399, 10)]);
    let windows = long.windows.as_ref().expect("windows");
    assert_eq!((windows.all.recall.hits, windows.all.precision.value), (0, Some(0.0)));
    let short = set.score(&[alarm(4, 20, 13), alarm(2, 4, 11), alarm(100, 110, 120)]);
    let windows = short.windows.as_ref().expect("windows");
    assert_eq!(
        (windows.all.recall.hits, windows.all.precision.hits, windows.all.precision.of),
        (1, 2, 3)
    );
    let latency = windows.all.latency.expect("a delay");
    assert_eq!((latency.of, latency.max_s), (1, 8.0 * 60.0));
    assert_eq!(short.rows.all.precision.of, 0);
}

/// What a detector says of rows that are not there, of tables that are not there, in columns that are not known, is told.
#[test]
#[expect(clippy::too_many_lines, reason = "a list of mistakes, each with its message")]
fn mistakes_in_findings_have_their_messages() {
    let set = set(&wishes(&["any_member"]));
    let at = set.dir.path().join("found.csv");
    let told = |text: &str, name: &str| {
        let path = at.with_file_name(name);
        if !text.starts_with("none") {
            fs::write(&path, text).expect("written");
        }
        let error = set.score_file(&path).expect_err("wrong").to_string();
        error.replace(&set.dir.path().display().to_string(), "set")
    };
    let absent = event(9_999);
    insta::assert_snapshot!(told(&format!("rule,table,key\nr,events,{}\nr,events,{absent}\n", event(3)), "found.csv"), @r#"
    error: events has no row with the key `00000000-0000-4000-8000-00000000270f`
     --> set/found.csv:3:10
      |
    3 | r,events,00000000-0000-4000-8000-00000000270f
      |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      help: was the detector run on this data set, and does it give keys as they stand there?
    "#);
    insta::assert_snapshot!(told("rule,tabel,keys\nr,events,x\n", "found.csv"), @r#"
    error: set/found.csv has an unknown column `tabel`
      help: did you mean `table`?

    error: set/found.csv has an unknown column `keys`
      help: did you mean `key`?

    error: set/found.csv has no column that locates a finding
      help: name the row by `key`, `file` with `line` or `byte_offset`, `entity_type` with `entity_id`, or `window_start` with `window_end`
    "#);
    insta::assert_snapshot!(told("rule,table,key,line,score,file,kind\nr,event,x,,,,\nr,,x,,,,\n,events,x,,,,\nr,events,,,,,\nr,events,x,,,y,\nr,,,-1,high,events/part-0000.ndjson,\nr,,,,,events/part.ndjson,\nr,events,x,,,,fk_orfan\n", "found.csv"), @r#"
    error: the data set has no table `event`
     --> set/found.csv:2:3
      |
    2 | r,event,x,,,,
      |   ^^^^^
      help: did you mean `events`?

    error: a key without a table
     --> set/found.csv:3:1
      |
    3 | r,,x,,,,
      | ^^^^^^^^
      help: name the table in `table`

    error: a finding without a rule
     --> set/found.csv:4:1
      |
    4 | ,events,x,,,,
      | ^^^^^^^^^^^^^
      help: name the rule that made it in `rule`

    error: a finding that is nowhere
     --> set/found.csv:5:1
      |
    5 | r,events,,,,,
      | ^^^^^^^^^^^^^
      help: name the row by `key`, `file` with `line` or `byte_offset`, `entity_type` with `entity_id`, or `window_start` with `window_end`

    error: a finding in two places
     --> set/found.csv:6:1
      |
    6 | r,events,x,,,y,
      | ^^^^^^^^^^^^^^^
      help: one locator a finding; write a row for each

    error: `line` is `-1`
     --> set/found.csv:7:5
      |
    7 | r,,,-1,high,events/part-0000.ndjson,
      |     ^^
      help: it must be a whole number that is not negative

    error: `score` is `high`
     --> set/found.csv:7:8
      |
    7 | r,,,-1,high,events/part-0000.ndjson,
      |        ^^^^
      help: it must be a number

    error: the data set has no file `events/part.ndjson`
     --> set/found.csv:8:7
      |
    8 | r,,,,,events/part.ndjson,
      |       ^^^^^^^^^^^^^^^^^^
      help: its path in the data set, such as events/event_date=2026-01-05/part-0000-0000.parquet

    error: set/found.csv has more mistakes than these 8
      help: mend them, and see what is left
    "#);
    insta::assert_snapshot!(told("", "found.csv"), @r#"
    error: cannot read the findings set/found.csv: it is empty
      help: a detector that found nothing writes the names of the columns alone: `rule,table,key`
    "#);
    insta::assert_snapshot!(told("{\"rule\": \"r\", \"tabel\": \"events\"}\n{\"rule\": 1, \"key\": \"x\", \"table\": \"events\", \"detected_at\": \"noon\"}\n", "found.ndjson"), @r#"
    error: unknown key `tabel`
     --> set/found.ndjson:1:16
      |
    1 | {"rule": "r", "tabel": "events"}
      |                ^^^^^
      help: did you mean `table`?

    error: `detected_at` is of the wrong form
     --> set/found.ndjson:2:45
      |
    2 | {"rule": 1, "key": "x", "table": "events", "detected_at": "noon"}
      |                                             ^^^^^^^^^^^
      help: times are like 2026-01-05T10:00:00Z, anything else is text or a number

    error: a finding that is nowhere
     --> set/found.ndjson:1:1
      |
    1 | {"rule": "r", "tabel": "events"}
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      help: name the row by `key`, `file` with `line` or `byte_offset`, `entity_type` with `entity_id`, or `window_start` with `window_end`
    "#);
    insta::assert_snapshot!(told("{\"rule\": \"r\"\n", "found.ndjson"), @r#"
    error: cannot read set/found.ndjson: line 1 is no JSON object: column 14
      help: write it anew, as CSV, NDJSON or Parquet
    "#);
    insta::assert_snapshot!(told("rule,table,key\nr,events\n", "found.csv"), @r#"
    error: cannot read set/found.csv: line 2 has 2 fields, the first line 3
      help: write it anew, as CSV, NDJSON or Parquet
    "#);
    insta::assert_snapshot!(told("rule", "found.txt"), @r#"
    error: cannot read set/found.txt: is neither *.parquet nor *.ndjson nor *.csv
      help: write it anew, as CSV, NDJSON or Parquet
    "#);
    insta::assert_snapshot!(told("none", "absent.csv"), @r#"
    error: cannot read the findings set/absent.csv: No such file or directory (os error 2)
      help: give the file that the detector wrote
    "#);
}

/// A set without truth, and one with another's.
#[test]
fn a_set_without_its_truth_is_refused() {
    let set = set(&wishes(&["any_member"]));
    let at = set.dir.path();
    let path = at.join("found.csv");
    fs::write(&path, "rule,table,key\n").expect("written");
    let told = || {
        set.score_file(&path)
            .expect_err("wrong")
            .to_string()
            .replace(&at.display().to_string(), "set")
    };
    fs::write(at.join("truth/anomalies/part-0000.ndjson"), "{}\n").expect("written");
    insta::assert_snapshot!(told(), @r#"
    error: truth/anomalies/part-0000.ndjson in set is not the one that its manifest lists: it is the truth of another data set than version v1
      help: score against the folder as `throng generate` wrote it
    "#);
    fs::remove_file(at.join("truth/anomalies/part-0000.ndjson")).expect("removed");
    insta::assert_snapshot!(told().lines().next().unwrap_or_default(), @r#"error: cannot read truth/anomalies/part-0000.ndjson of set: No such file or directory (os error 2)"#);
    let manifest = fs::read_to_string(at.join("manifest.json")).expect("read");
    fs::write(at.join("manifest.json"), manifest.replace("\"truth/anomalies\"", "\"truth/other\""))
        .expect("written");
    insta::assert_snapshot!(told(), @r#"
    error: set has no truth/anomalies
      help: a data set has truth when it was generated with anomalies: `throng generate --anomalies critical`
    "#);
}
