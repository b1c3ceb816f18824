//! People and old rows taken out of data sets, as a user meets it.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{run, told};

/// A folder with a key and a data set of events in lines.
fn folder(more: &[&str]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    assert_eq!(run(dir.path(), &["key", "new", "key"]).status.code(), Some(0));
    generate(dir.path(), more);
    dir
}

fn generate(dir: &Path, more: &[&str]) {
    let args =
        ["generate", "development", "--events", "2K", "--quiet", "--format", "ndjson", "-o", "set"];
    let output = run(dir, &[&args[..], more].concat());
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
}

fn rows(dir: &Path, table: &str) -> Vec<Value> {
    let mut rows = Vec::new();
    let mut open = vec![dir.join("set").join(table)];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).expect("a table") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let text = fs::read_to_string(path).expect("lines");
            rows.extend(
                text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON")),
            );
        }
    }
    rows
}

fn good(dir: &Path, args: &[&str]) -> String {
    let output = run(dir, args);
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    told(&output)
}

/// Behind a policy a person is found by the tokens that the manifest tells how to make; who is not there ends the run.
#[test]
fn people_are_erased_behind_a_policy() {
    let dir = folder(&[]);
    let user = rows(dir.path(), "orders")[0]["user_id"].as_str().expect("a user").to_owned();
    let plain = rows(dir.path(), "orders").len();
    fs::write(
        dir.path().join("policy.toml"),
        include_str!("../../policies/staging.toml").replace(
            "direct_identifier = { do = \"token\", encoding = \"uuid\" }",
            "direct_identifier = { do = \"token\", encoding = \"hex\" }",
        ),
    )
    .expect("written");
    fs::remove_dir_all(dir.path().join("set")).expect("removed");
    generate(dir.path(), &["--pseudonymise", "policy.toml", "--key-file", "key"]);
    let erase = ["erase", "set", "--key-file", "key", "--user"];
    let nobody = run(dir.path(), &[&erase[..], &["0199abcd-0000-7000-8000-000000000001"]].concat());
    insta::assert_snapshot!("removal_nobody", told(&nobody));
    assert!(!dir.path().join("set/certificates").exists());
    let upper = user.to_uppercase();
    good(dir.path(), &[&erase[..], &[&upper]].concat());
    assert!(rows(dir.path(), "orders").len() < plain, "an order is gone");
    good(dir.path(), &["audit", "verify", "set", "--key-file", "key"]);
    let again = run(dir.path(), &[&erase[..], &[&user]].concat());
    assert_eq!(again.status.code(), Some(2), "{}", told(&again));
    assert!(told(&again).contains("erased before"), "{}", told(&again));
    // The certificates outlive the data set that they are of.
    generate(dir.path(), &["--pseudonymise", "policy.toml", "--key-file", "key", "--force"]);
    let verified = good(dir.path(), &["audit", "verify", "set"]);
    assert!(verified.contains("certificates 1"), "{verified}");
    fs::remove_file(dir.path().join("set/certificates/erasure-0001.json")).expect("removed");
    let verified = run(dir.path(), &["audit", "verify", "set"]);
    assert_eq!(verified.status.code(), Some(1), "{}", told(&verified));
}

/// A file that is not what the manifest states is not stated as sound because some rows were taken out of it.
#[test]
fn what_was_changed_stays_so() {
    let dir = folder(&[]);
    let user = rows(dir.path(), "orders")[0]["user_id"].as_str().expect("a user").to_owned();
    let path = dir.path().join("set/orders/part-00000.ndjson");
    let orders = fs::read_to_string(&path).expect("orders");
    let currency = orders.find("\"currency\":\"").expect("a currency") + 12;
    let changed = format!("{}X{}", &orders[..currency], &orders[currency + 1..]);
    fs::write(&path, &changed).expect("written");
    let output = run(dir.path(), &["erase", "set", "--key-file", "key", "--user", &user]);
    assert_eq!(output.status.code(), Some(2), "{}", told(&output));
    assert!(told(&output).contains("is not what the manifest states"), "{}", told(&output));
    assert_eq!(fs::read_to_string(&path).expect("orders"), changed);
}

/// Labels of anomalies name rows of people by key and hold what they were, as text and in base64: that goes as well.
#[test]
fn labels_do_not_outlive_people() {
    let dir = tempfile::tempdir().expect("a folder");
    good(dir.path(), &["key", "new", "key"]);
    let crowd = ["generate", "development", "--users", "300", "--quiet", "-o"];
    good(dir.path(), &[&crowd[..], &["set", "--format", "ndjson"]].concat());
    good(dir.path(), &[&crowd[..], &["dirty", "--anomalies", "default"]].concat());
    let orders = rows(dir.path(), "orders");
    let users: Vec<&str> = orders.iter().filter_map(|order| order["user_id"].as_str()).collect();
    let erase = ["erase", "dirty", "--key-file", "key", "--user"];
    let told = good(dir.path(), &[&erase[..], &users].concat());
    assert!(told.contains("truth/anomaly_members"), "{told}");
    fs::write(dir.path().join("known.txt"), users.join("\n")).expect("written");
    good(dir.path(), &["leaks", "dirty", "--known", "known.txt"]);
}

const RULES: &str = r#"version = 1
default = "deny"
[retention.visits]
table = "sessions"
purpose = "analytics"
days = 3
clock = "started_at"
"#;

/// With a visit go its events, orders and payments, unless a table has a rule of its own; nothing that is left names what is gone.
#[test]
fn what_belongs_to_old_rows_goes_with_them() {
    let dir = folder(&[]);
    let sessions = rows(dir.path(), "sessions");
    let last = sessions.iter().filter_map(|row| row["started_at"].as_str()).max().expect("a time");
    let day = &last[..10];
    fs::write(dir.path().join("rules.toml"), RULES).expect("written");
    let retain = ["retain", "set", "--policy", "rules.toml", "--as-of", day];
    let before = rows(dir.path(), "events").len();
    let told = good(dir.path(), &[&retain[..], &["--dry-run", "--json"]].concat());
    let found: Value = serde_json::from_str(told.lines().next().expect("a line")).expect("JSON");
    let events = found["dependants"]["events"].as_u64().expect("events go as well");
    assert!(events > 0 && found["rules"][0]["rows"].as_u64() > Some(0), "{found}");
    assert_eq!(rows(dir.path(), "events").len(), before, "a dry run changes nothing");
    // A rule of its own keeps what it says.
    let own = format!(
        "{RULES}[retention.orders]\ntable = \"orders\"\npurpose = \"tax\"\ndays = 3650\nclock = \"placed_at\"\n"
    );
    fs::write(dir.path().join("own.toml"), own).expect("written");
    let own = ["retain", "set", "--policy", "own.toml", "--as-of", day, "--dry-run", "--json"];
    let told = good(dir.path(), &own);
    let ruled: Value = serde_json::from_str(told.lines().next().expect("a line")).expect("JSON");
    assert!(ruled["left"]["orders"].as_u64() > Some(0), "{ruled}");
    assert!(ruled["dependants"].get("orders").is_none(), "{ruled}");
    good(dir.path(), &[&retain[..], &["--key-file", "key"]].concat());
    assert_eq!(rows(dir.path(), "events").len() as u64, before as u64 - events);
    // What counts what went (a journey its visits) counts it still.
    let checked = super::told(&run(dir.path(), &["check", "set", "--only", "files,keys"]));
    for holds in ["holds    keys.references", "holds    keys.primary", "holds    keys.payments"] {
        assert!(checked.contains(holds), "{checked}");
    }
    assert!(!checked.contains("FAILS    files"), "{checked}");
    good(dir.path(), &["audit", "verify", "set", "--key-file", "key"]);
}

/// What somebody put there instead of a removal that was cut short moves nothing, and is told.
#[test]
fn a_planted_journal_moves_nothing() {
    let dir = folder(&[]);
    let user = rows(dir.path(), "users")[0]["user_id"].as_str().expect("a user").to_owned();
    fs::create_dir_all(dir.path().join("set/.throng-removal/new")).expect("made");
    fs::write(dir.path().join("set/.throng-removal/new/x"), "planted").expect("written");
    let journal = r#"{"version":1,"moves":["../../victim"]}"#;
    fs::write(dir.path().join("set/.throng-removal/journal.json"), journal).expect("written");
    fs::write(dir.path().join("victim"), "as it was").expect("written");
    let output = run(dir.path(), &["erase", "set", "--user", &user, "--key-file", "key"]);
    insta::assert_snapshot!("removal_planted", told(&output));
    assert_eq!(fs::read_to_string(dir.path().join("victim")).expect("there"), "as it was");
    assert!(dir.path().join("set/.throng-removal/new/x").exists());
}

/// A log that was changed ends whatever would go on with it.
#[test]
fn a_changed_log_does_not_go_on() {
    let dir = folder(&["--pseudonymise", "staging", "--key-file", "key"]);
    let path = dir.path().join("set/audit.ndjson");
    let log = fs::read_to_string(&path).expect("a log");
    fs::write(&path, log.replace("\"truth\":\"left out\"", "\"truth\":\"kept\"")).expect("written");
    let again = run(
        dir.path(),
        &[
            "generate",
            "development",
            "--events",
            "2K",
            "--quiet",
            "-o",
            "set",
            "--force",
            "--pseudonymise",
            "staging",
            "--key-file",
            "key",
        ],
    );
    assert_eq!(again.status.code(), Some(2), "{}", told(&again));
    assert!(told(&again).contains("the audit log of set cannot go on"), "{}", told(&again));
}

/// For every way to be given a key, what was written there is in no message: it may be the key itself.
#[test]
fn no_message_repeats_a_key() {
    let dir = tempfile::tempdir().expect("a folder");
    let base64 = "q83vEjRWeJq83vEjRWeJq83vEjRWeJq83vEjRWeJq80=";
    let digits = "ab12".repeat(16);
    let line = format!("throng-key-1:{digits}");
    let mut cases: Vec<Vec<String>> = Vec::new();
    for key in [base64, &digits, &line] {
        for flag in ["--key-file", "--key-fd", "--key-env", "--key-command"] {
            let words = ["key", "show", flag, key];
            cases.push(words.map(str::to_owned).to_vec());
            cases.push(vec!["key".to_owned(), "show".to_owned(), format!("{flag}={key}")]);
        }
        cases.push(
            ["key", "show", "--key-command", &format!("echo {key} {key}")]
                .map(str::to_owned)
                .to_vec(),
        );
    }
    for key in [&digits, &line] {
        cases.push(["key", "show", key].map(str::to_owned).to_vec());
        cases.push(vec!["key".to_owned(), "show".to_owned(), format!("--key={key}")]);
    }
    for args in cases {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let output = run(dir.path(), &args);
        let said = told(&output);
        // Where `echo` prints it twice, it is no key; once, it would be.
        assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
        assert!(!said.contains(&base64[..12]) && !said.contains(&digits[..12]), "{args:?}: {said}");
    }
    let unknown = run(dir.path(), &["key", "show", "--key-env", "NO_SUCH_KEY"]);
    insta::assert_snapshot!("removal_no_key", told(&unknown));
}
