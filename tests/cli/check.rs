//! `throng check`, from the outside.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{run, told};

/// A small data set in `set`.
fn made(flags: &[&str]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    let base = ["generate", "development", "--users", "60", "--quiet", "--out", "set"];
    assert_eq!(told(&run(dir.path(), &[&base[..], flags].concat())), "\nexit code 0");
    dir
}

fn json(dir: &Path, args: &[&str]) -> Value {
    let output = run(dir, &[&["check", "set", "--json"][..], args].concat());
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", told(&output)))
}

/// By check, how it came out.
fn outcomes(report: &Value) -> Vec<(String, String)> {
    let families = report["families"].as_array().expect("families").iter();
    let verdicts = families.flat_map(|family| family["verdicts"].as_array().expect("verdicts"));
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    verdicts.map(|verdict| (text(&verdict["id"]), text(&verdict["outcome"]))).collect()
}

/// Makes the manifest state a row more than there is of the users.
fn damage(dir: &Path) {
    let path = dir.join("set/manifest.json");
    let text = fs::read_to_string(&path).expect("a manifest");
    fs::write(path, text.replacen("\"rows\": 60", "\"rows\": 61", 1)).expect("written");
}

#[test]
fn a_sound_data_set_passes_in_every_form() {
    for flags in [
        &[][..],
        &["--format", "ndjson"],
        &["--ids", "native"],
        &["--format", "ndjson", "--compression", "zstd"],
    ] {
        let dir = made(flags);
        let output = run(dir.path(), &["check", "set", "--only", "files,keys"]);
        assert_eq!(output.status.code(), Some(0), "{}", told(&output));
        let text = told(&output);
        assert!(text.contains("files.digest") && text.contains("hold, in"), "{text}");
        assert!(!text.contains("FAILS") && !text.contains("skipped"), "{text}");
    }
}

#[test]
fn a_broken_one_fails_with_evidence_and_without_an_error() {
    let dir = made(&[]);
    damage(dir.path());
    let output = run(dir.path(), &["check", "set", "--quiet", "--only", "files,keys"]);
    insta::assert_snapshot!(told(&output), @r"
    files
      FAILS    files.rows        1 of 35
               Every file has as many rows as the manifest states, and every table as many as its files.
               users: its files have 60 rows; the manifest states 61

    exit code 1
    ");
    let report = json(dir.path(), &["--only", "files,keys"]);
    let failing: Vec<_> =
        outcomes(&report).into_iter().filter(|(_, outcome)| outcome != "holds").collect();
    assert_eq!(failing, [("files.rows".to_owned(), "fails".to_owned())]);
}

/// For programs: one document on standard output, whose shape and summary stay.
#[test]
fn json_is_one_document_of_a_stable_shape() {
    let dir = made(&[]);
    let report = json(dir.path(), &["--only", "files"]);
    assert_eq!(report["schema_version"], 1);
    let keys =
        |value: &Value| value.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&report), ["families", "schema_version", "subject", "summary"]);
    assert_eq!(keys(&report["subject"]), ["dataset_version", "events", "path", "scenario", "seed"]);
    assert_eq!(keys(&report["summary"]), ["checks", "fail", "hold", "skipped", "warn"]);
    let verdict = &report["families"][0]["verdicts"][0];
    assert_eq!(
        keys(verdict),
        ["evidence", "id", "outcome", "seen", "severity", "what", "why", "wrong"]
    );
    assert_eq!(report["summary"]["checks"], outcomes(&report).len());
}

#[test]
fn junit_is_written_beside_what_is_printed() {
    let dir = made(&[]);
    damage(dir.path());
    let output = run(dir.path(), &["check", "set", "--only", "files", "--junit", "check.xml"]);
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    let xml = fs::read_to_string(dir.path().join("check.xml")).expect("a file");
    assert!(xml.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites"), "{xml}");
    assert!(xml.contains("<testsuite name=\"files\""), "{xml}");
    assert_eq!(xml.matches("<failure ").count(), 1, "{xml}");
    let output = run(dir.path(), &["check", "set", "--only", "files", "--junit", "no/where.xml"]);
    assert_eq!(output.status.code(), Some(2), "{}", told(&output));
}

/// A check whose table was not written says so, and fails nothing.
#[test]
fn missing_tables_are_reasons_to_skip() {
    let dir = made(&["--tables", "users,events"]);
    let output = run(dir.path(), &["check", "set", "--only", "files,keys"]);
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    let report = json(dir.path(), &["--only", "files,keys"]);
    let of = |id: &str| {
        let found = outcomes(&report).into_iter().find(|(known, _)| known == id);
        found.map(|(_, outcome)| outcome)
    };
    assert_eq!(of("keys.inside").as_deref(), Some("skipped"));
    assert_eq!(of("keys.sequence").as_deref(), Some("holds"));
    assert_eq!(of("keys.primary").as_deref(), Some("holds"));
}

/// A file that is cut short is a failing check, whatever else it breaks is left alone, and nothing panics.
#[test]
fn a_file_that_is_cut_short_is_named() {
    for flags in [&[][..], &["--format", "ndjson", "--compression", "gzip"]] {
        let dir = made(flags);
        let folder = dir.path().join("set/sessions");
        let name = super::names(&folder).remove(0);
        let bytes = fs::read(folder.join(&name)).expect("read");
        fs::write(folder.join(&name), &bytes[..bytes.len() * 2 / 3]).expect("written");
        let report = json(dir.path(), &["--only", "files,keys"]);
        let failing: Vec<String> = outcomes(&report)
            .into_iter()
            .filter(|(_, outcome)| outcome == "fails")
            .map(|(id, _)| id)
            .collect();
        assert_eq!(failing, ["files.digest", "files.readable"], "{name}");
    }
}

#[test]
fn what_cannot_be_checked_has_its_message() {
    let dir = tempfile::tempdir().expect("a folder");
    let at = dir.path();
    for folder in ["empty", "foreign", "newer", "parts/shard-0-of-2"] {
        fs::create_dir_all(at.join(folder)).expect("made");
    }
    fs::write(at.join("foreign/manifest.json"), "{\"name\": 1}").expect("written");
    fs::write(at.join("newer/manifest.json"), "{\"format_version\": 9}").expect("written");
    fs::write(at.join("parts/shard-0-of-2/manifest.json"), "{}").expect("written");
    let all = ["absent", "empty", "foreign", "newer", "parts"].map(|name| {
        let output = run(at, &["check", name]);
        assert_eq!(output.status.code(), Some(2), "{name}: {}", told(&output));
        told(&output)
    });
    insta::assert_snapshot!(all.join("\n"), @r"
    error: absent is no folder
      help: give the folder that `throng generate` wrote
    exit code 2
    error: empty has no manifest.json: this data set is incomplete, or is none
      help: a run that was stopped leaves none: make the data set again
    exit code 2
    error: foreign/manifest.json is no manifest: missing field `format_version` at line 1 column 11
      help: give a folder that `throng generate` wrote, or make the data set again
    exit code 2
    error: newer/manifest.json has format version 9; this program knows version 1
      help: use the version of throng that wrote it
    exit code 2
    error: parts holds shards that are not joined yet
      help: `throng join DIR` makes the shards in a folder one data set
    exit code 2
    ");
    let shard = ["generate", "development", "--quiet", "--shard", "0/2", "--out", "shards"];
    assert_eq!(told(&run(at, &shard)), "\nexit code 0");
    insta::assert_snapshot!(told(&run(at, &["check", "shards/shard-0-of-2"])), @r"
    error: shards/shard-0-of-2 is shard 0 of 2 of a data set
      help: `throng join DIR` makes the shards in a folder one data set
    exit code 2
    ");
    let unknown = run(at, &["check", "empty", "--only", "kees"]);
    assert_eq!(unknown.status.code(), Some(2), "{}", told(&unknown));
    assert!(told(&unknown).starts_with("error: invalid value 'kees' for '--only"));
}

/// The reference page of the checks is what the program lists.
#[test]
fn the_reference_page_is_fresh() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = run(root, &["check", "--list", "--as", "markdown"]);
    let path = root.join("docs/reference/checks.md");
    let page = fs::read_to_string(path).unwrap_or_default();
    assert!(
        page.as_bytes() == output.stdout,
        "docs/reference/checks.md is stale: throng check --list --as markdown > docs/reference/checks.md"
    );
}

/// A log of a shop in NDJSON: two thousand visitors and more, each at its own pace.
fn log(path: &Path) {
    let mut state = 1_u64;
    let mut draw = |n: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) % n
    };
    let mut text = String::new();
    for visitor in 0..2500 {
        let mut time = 1_700_000_000_123 + draw(20 * 86_400) * 1000;
        for _ in 0..=draw(9) {
            let event = ["view", "view", "view", "addtocart"][draw(4) as usize];
            let item = draw(300);
            writeln!(
                text,
                "{{\"timestamp\":{time},\"visitorid\":{visitor},\"event\":\"{event}\",\"itemid\":{item}}}"
            )
            .expect("held");
            time += 700 + draw(90_000);
        }
    }
    fs::write(path, text).expect("written");
}

const MAPPING: &str =
    "[columns]\nuser = \"visitorid\"\ntime = \"timestamp\"\nevent = \"event\"\nitem = \"itemid\"\n";

/// Somebody else's log is judged by its mapping, and a naive one is found out.
#[test]
fn a_foreign_stream_is_judged() {
    let dir = tempfile::tempdir().expect("a folder");
    let at = dir.path();
    log(&at.join("log.ndjson"));
    fs::write(at.join("mapping.toml"), MAPPING).expect("written");
    let args = ["check", "log.ndjson", "--map", "mapping.toml", "--json"];
    let output = run(at, &args);
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let outcomes = outcomes(&report);
    let of = |id: &str| outcomes.iter().find(|(known, _)| known == id).map(|(_, how)| how.as_str());
    assert_eq!(of("realism.frailty"), Some("fails"));
    assert_eq!(of("looks.uniform_items"), Some("fails"));
    assert_eq!(of("realism.device_length"), Some("skipped"));
    assert_eq!(of("looks.whole_seconds"), Some("holds"));

    let beside = ["--reference", "log.ndjson", "--reference-map", "mapping.toml"];
    let same = run(at, &[&args[..], &beside, &["--max-distance", "0"]].concat());
    let report: Value = serde_json::from_slice(&same.stdout).expect("JSON");
    assert_eq!(report["families"][1]["family"], "reference");
    for verdict in report["families"][1]["verdicts"].as_array().expect("verdicts") {
        assert_eq!(
            (&verdict["outcome"], &verdict["measures"][0]["value"]),
            (&"holds".into(), &0.0.into())
        );
    }
}

/// For every mistake in a mapping, its place and what would be right; nothing else is said.
#[test]
fn mistakes_in_a_mapping_have_their_messages() {
    let dir = tempfile::tempdir().expect("a folder");
    let at = dir.path();
    log(&at.join("log.ndjson"));
    fs::write(at.join("mapping.toml"), MAPPING.replace("visitorid", "visitor")).expect("written");
    let output = run(at, &["check", "log.ndjson", "--map", "mapping.toml"]);
    insta::assert_snapshot!(told(&output).trim(), @r#"
    error: log.ndjson has no column `visitor`
     --> mapping.toml:2:8
      |
    2 | user = "visitor"
      |        ^^^^^^^^^
      help: did you mean `visitorid`?
    exit code 2
    "#);
    let output = run(at, &["check", "log.csv", "--map", "mapping.toml"]);
    insta::assert_snapshot!(told(&output).trim(), @r"
    error: there is no log.csv
      help: give a file or a folder of files
    exit code 2
    ");
    let output = run(at, &["check", "log.ndjson", "--map", "none.toml"]);
    assert_eq!(output.status.code(), Some(2), "{}", told(&output));
    let output = run(
        at,
        &["check", "x", "--map", "mapping.toml", "--reference", "y", "--max-distance", "2"],
    );
    assert!(told(&output).contains("a distance lies between 0"), "{}", told(&output));
}

/// What of a log and of its mapping came to nothing is said: in words beside what was found, and to programs.
#[test]
fn what_of_a_foreign_stream_came_to_nothing_is_said() {
    let dir = tempfile::tempdir().expect("a folder");
    let at = dir.path();
    log(&at.join("log.ndjson"));
    let text = fs::read_to_string(at.join("log.ndjson")).expect("a log");
    let timeless = "{\"timestamp\":null,\"visitorid\":1,\"event\":\"view\",\"itemid\":1}\n";
    fs::write(at.join("log.ndjson"), timeless.repeat(2) + &text).expect("written");
    let mapping = format!("{MAPPING}[events]\nviews = [\"view\"]\norders = [\"bought\"]\n");
    fs::write(at.join("mapping.toml"), mapping).expect("written");
    let args = ["check", "log.ndjson", "--map", "mapping.toml"];
    let output = run(at, &[&args[..], &["--json", "--junit", "found.xml"]].concat());
    insta::assert_snapshot!(String::from_utf8_lossy(&output.stderr), @r#"
    warning: 2 of 12,535 rows left out: no time that can be read; the first is row 1 of log.ndjson
    warning: no row has event `bought`; there are: addtocart, view
     --> mapping.toml:8:11
      |
    8 | orders = ["bought"]
      |           ^^^^^^^^
    "#);
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    insta::assert_snapshot!(report["subject"].to_string(), @r#"{"events":12533,"left_out":[{"first":"row 1 of log.ndjson","of":12535,"rows":2,"why":"no time that can be read"}],"path":"log.ndjson","warnings":["no row has event `bought`; there are: addtocart, view"]}"#);
    let outcomes = outcomes(&report);
    assert!(outcomes.contains(&("looks.no_errors".to_owned(), "skipped".to_owned())));
    let words = told(&run(at, &args));
    assert!(words.contains("rows left out: no time that can be read\n"), "{words}");
    let xml = fs::read_to_string(at.join("found.xml")).expect("a file");
    assert!(xml.contains("<failure ") && !xml.contains("></failure>"), "{xml}");
}

/// A family that compares needs something to compare with.
#[test]
fn the_reference_family_needs_a_reference() {
    let dir = tempfile::tempdir().expect("a folder");
    let output = run(dir.path(), &["check", "set", "--only", "files,reference"]);
    insta::assert_snapshot!(told(&output).trim(), @r"
    error: --only reference needs --reference
      help: give what to compare with: --reference DIR
    exit code 2
    ");
}

/// A data set is no way from itself, and its realism is judged with it.
#[test]
fn a_data_set_beside_itself() {
    let dir = made(&[]);
    let report = json(dir.path(), &["--reference", "set", "--max-distance", "0"]);
    let found: Vec<(String, String)> = outcomes(&report)
        .into_iter()
        .filter(|(id, _)| id.starts_with("reference.") || id.starts_with("realism."))
        .collect();
    assert_eq!(found.iter().filter(|(_, how)| how == "holds").count(), 4, "{found:?}");
    assert!(found.iter().all(|(_, how)| how != "fails"));
}
