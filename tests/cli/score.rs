//! `throng score`, from the outside.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use throng::manifest::Stated;
use throng::sink::Algorithm;

use super::{run, told};

/// Events of the set.
const EVENTS: usize = 200;

fn id(at: usize) -> String {
    format!("00000000-0000-4000-8000-{at:012}")
}

fn time(minute: usize) -> String {
    format!("2026-01-05T{:02}:{:02}:00.000000Z", minute / 60, minute % 60)
}

/// A data set in `set`, an event a minute: two duplicates, two absent values, a decoy, a burst, in that order from event 10 on.
fn made() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    let (mut events, mut anomalies, mut members) = (String::new(), String::new(), String::new());
    for at in 0..EVENTS {
        writeln!(events, "{}", json!({ "event_id": id(at), "event_time": time(at) }))
            .expect("held");
    }
    let incidents = [
        ("dup_exact", "critical", "any_copy", false),
        ("dup_exact", "critical", "any_copy", false),
        ("missing_value", "critical", "any_member", false),
        ("missing_value", "critical", "any_member", false),
        ("naughty_text", "minor", "any_member", true),
        ("traffic_burst", "critical", "window", false),
    ];
    for (at, (kind, severity, rule, is_decoy)) in incidents.into_iter().enumerate() {
        let minute = 10 * (at + 1);
        let incident = json!({
            "anomaly_id": id(900 + at), "kind": kind, "severity": severity, "detectability": "data", "match_rule": rule,
            "window_start": time(minute), "window_end": time(minute + 5), "arrival_start": time(minute + 1),
            "tolerance_ms": 0, "params": {}, "is_decoy": is_decoy,
        });
        writeln!(anomalies, "{incident}").expect("held");
        let member = json!({
            "anomaly_id": id(900 + at), "op": "update", "role": "primary", "table": "events", "pk_clean": id(minute),
            "pk_dirty": id(minute), "column": if rule == "any_member" { Value::from("page_url") } else { Value::Null },
            "file_dirty": "events/part-0.ndjson", "row_dirty": minute, "line_no": minute + 1,
        });
        writeln!(members, "{member}").expect("held");
    }
    let at = dir.path().join("set");
    let table = |name: &str, text: &str| {
        let path = format!("{name}/part-0.ndjson");
        fs::create_dir_all(at.join(name)).expect("made");
        fs::write(at.join(&path), text).expect("written");
        let stated = Stated { algorithm: Algorithm::Sha256, hex: "" };
        let (bytes, sha256) = stated.of(&at.join(&path)).expect("read");
        let rows = text.lines().count();
        json!({
            "name": name, "schema_sha256": "", "rows": rows, "bytes": bytes,
            "files": [{ "path": path, "rows": rows, "bytes": bytes, "sha256": sha256, "min_time": time(0), "max_time": time(EVENTS) }],
        })
    };
    let tables = [
        table("events", &events),
        table("truth/anomalies", &anomalies),
        table("truth/anomaly_members", &members),
    ];
    let manifest = json!({
        "format_version": 1, "dataset_version": "v1", "generator": { "name": "throng", "version": "0" }, "seed": 1,
        "scenario": { "name": "shop", "toml": "" }, "tables": tables,
    });
    fs::write(at.join("manifest.json"), manifest.to_string()).expect("written");
    dir
}

/// What a detector found: a duplicate twice, an absent value, the decoy, a clean row, and the burst seven minutes late.
fn findings(dir: &Path) {
    let text = format!(
        "rule,table,kind,key,column,window_start,window_end,detected_at\n\
         unique,events,dup_exact,{},,,,\n\
         unique,events,dup_exact,{},,,,\n\
         no url,events,missing_value,{},page_url,,,\n\
         odd text,events,naughty_text,{},,,,\n\
         odd text,events,naughty_text,{},,,,\n\
         rate,,traffic_burst,,,{},{},{}\n",
        id(10),
        id(10),
        id(30),
        id(50),
        id(7),
        time(62),
        time(70),
        time(68)
    );
    fs::write(dir.join("findings.csv"), text).expect("written");
}

#[test]
fn a_score_is_told() {
    let dir = made();
    findings(dir.path());
    let output = run(dir.path(), &["score", "set", "findings.csv"]);
    let kinds = format!("the catalogue has {}", throng::anomaly::KINDS.len());
    insta::assert_snapshot!(told(&output).replace(&kinds, "the catalogue has N"));
    let output =
        run(dir.path(), &["score", "set", "findings.csv", "--kinds", "dup_exact", "--quiet"]);
    insta::assert_snapshot!(told(&output), @r"
    not met  critical recall  50.00 % (at least 95.00 %)
    not met  precision        33.33 % (at least 99.00 %)
    not met  specificity      98.97 % (at least 99.00 %)

    exit code 0
    ");
}

/// Gates decide the exit code when they are asked for, and only then.
#[test]
fn gates_decide_when_they_are_asked_for() {
    let dir = made();
    findings(dir.path());
    let code = |flags: &[&str]| {
        let output = run(dir.path(), &[&["score", "set", "findings.csv"], flags].concat());
        output.status.code()
    };
    assert_eq!(code(&[]), Some(0));
    assert_eq!(code(&["--gate"]), Some(1));
    assert_eq!(
        code(&["--min-recall", "0.6", "--min-precision", "0.5", "--min-specificity", "0.9"]),
        Some(0)
    );
    assert_eq!(
        code(&["--min-recall", "0.7", "--min-precision", "0.5", "--min-specificity", "0.9"]),
        Some(1)
    );
    assert_eq!(code(&["--min-recall", "1.5"]), Some(2));
    assert_eq!(code(&["--junit", "score.xml"]), Some(1));
    let xml = fs::read_to_string(dir.path().join("score.xml")).expect("written");
    insta::assert_snapshot!(xml);
}

/// For programs: one document of a stable shape.
#[test]
fn json_is_one_document() {
    let dir = made();
    findings(dir.path());
    let output = run(dir.path(), &["score", "set", "findings.csv", "--json"]);
    let score: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", told(&output)));
    assert_eq!(score["schema_version"], 1);
    let keys: Vec<&String> = score.as_object().expect("an object").keys().collect();
    insta::assert_snapshot!(format!("{keys:?}"), @r#"["accuracy", "columns", "coverage", "critical", "decoys", "gates", "heard", "invented", "missed", "notes", "repeats", "rows", "rules", "schema_version", "specificity", "subject", "windows"]"#);
    assert_eq!(score["heard"], json!({ "right": 4, "neutral": 0, "decoys": 1, "wrong": 1 }));
    assert_eq!((&score["repeats"], &score["critical"]["hits"]), (&json!(1), &json!(3)));
    assert_eq!(score["windows"]["all"]["latency"]["median_s"], json!(420.0));
    assert_eq!(score["rows"]["all"]["precision"]["value"], json!(0.5));
}

/// Rules get kinds from a map, and what the detector says of the clean twin is all wrong.
#[test]
fn rules_are_mapped_and_the_twin_is_clean() {
    let dir = made();
    let at = dir.path();
    let text = format!("rule,table,key\nunique,events,{}\nother,events,{}\n", id(10), id(30));
    fs::write(at.join("findings.csv"), text).expect("written");
    fs::write(at.join("rules.toml"), "[rules]\nunique = [\"dup_exact\", \"dup_mutated\"]\n")
        .expect("written");
    fs::write(at.join("twin.csv"), format!("rule,table,key\nunique,events,{}\n", id(3)))
        .expect("written");
    let args =
        ["score", "set", "findings.csv", "--map", "rules.toml", "--twin", "twin.csv", "--json"];
    let output = run(at, &args);
    let score: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", told(&output)));
    assert_eq!(score["twin"]["hits"], json!(199));
    assert_eq!(score["rows"]["kinds"][0]["named"]["recall"]["hits"], json!(1));
    assert!(
        score["notes"].to_string().contains("the map has no kind for: other"),
        "{}",
        score["notes"]
    );
}

#[test]
fn what_cannot_be_scored_has_its_message() {
    let dir = made();
    let at = dir.path();
    findings(at);
    fs::write(at.join("rules.toml"), "[rules]\nunique = \"dup_exat\"\n[rule]\n").expect("written");
    fs::write(at.join("unknown.csv"), format!("rule,table,key\nr,events,{}\n", id(777)))
        .expect("written");
    let plain = ["generate", "development", "--users", "60", "--quiet", "--out", "plain"];
    assert_eq!(told(&run(at, &plain)), "\nexit code 0");
    let cases: [&[&str]; 8] = [
        &["score", "absent", "findings.csv"],
        &["score", "plain", "findings.csv"],
        &["score", "set", "absent.csv"],
        &["score", "set", "unknown.csv"],
        &["score", "set", "findings.csv", "--map", "rules.toml"],
        &["score", "set", "findings.csv", "--map", "absent.toml"],
        &["score", "set", "findings.csv", "--kinds", "dup_exakt"],
        &["score", "set", "findings.csv", "--junit", "no/where.xml"],
    ];
    let all = cases.map(|args| {
        let output = run(at, args);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", told(&output));
        let said = told(&output);
        said.lines().skip_while(|line| !line.starts_with("error:")).collect::<Vec<_>>().join("\n")
    });
    insta::assert_snapshot!(all.join("\n"));
}
