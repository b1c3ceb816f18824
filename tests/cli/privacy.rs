//! Keys, policies, one's own files, leaks, the audit log: as a user meets them.

use std::fs;
use std::path::Path;

use super::{run, told};

const POLICY: &str = r#"version = 1
default = "deny"
[tables.visits]
subject = ["user"]
[tables.visits.columns]
user = { class = "direct_identifier", namespace = "user", reviewed = true }
n = { class = "public", do = "keep", reason = "a count", reviewed = true }
"#;

fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    assert_eq!(run(dir.path(), &["key", "new", "key"]).status.code(), Some(0));
    fs::write(dir.path().join("policy.toml"), POLICY).expect("written");
    let line = |i| format!("{{\"user\":\"person-{i:04}\",\"n\":{i}}}");
    let lines = (0..50).map(line).collect::<Vec<_>>().join("\n");
    fs::write(dir.path().join("visits.ndjson"), lines).expect("written");
    dir
}

fn pseudonymise(dir: &Path, more: &[&str]) -> std::process::Output {
    let args = [
        "pseudonymise",
        "visits.ndjson",
        "-o",
        "out",
        "--policy",
        "policy.toml",
        "--key-file",
        "key",
    ];
    run(dir, &[&args[..], more].concat())
}

#[test]
fn files_pass_and_nothing_of_people_is_left() {
    let dir = folder();
    let output = pseudonymise(dir.path(), &[]);
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    fs::write(dir.path().join("known.txt"), "person-0007\nabc\n").expect("written");
    let clean = run(dir.path(), &["leaks", "out", "--known", "known.txt"]);
    assert_eq!(clean.status.code(), Some(0), "{}", told(&clean));
    let found = run(dir.path(), &["leaks", "visits.ndjson", "--known", "known.txt"]);
    assert_eq!(found.status.code(), Some(1), "{}", told(&found));
    assert!(!told(&found).contains("person-0007"), "a value is never shown");
    let again = pseudonymise(dir.path(), &[]);
    assert_eq!(again.status.code(), Some(2), "{}", told(&again));
    assert_eq!(pseudonymise(dir.path(), &["--force", "--quiet"]).status.code(), Some(0));
    let verified = run(dir.path(), &["audit", "verify", "out", "--key-file", "key"]);
    assert_eq!(verified.status.code(), Some(0), "{}", told(&verified));
    assert!(told(&verified).contains("entries 8"), "the log goes on: {}", told(&verified));
    let twice = run(
        dir.path(),
        &["pseudonymise", "out", "-o", "out2", "--policy", "policy.toml", "--key-file", "key"],
    );
    assert_eq!(twice.status.code(), Some(3), "{}", told(&twice));
}

/// For every mistake, a clear error, its exit code, and nothing written.
#[test]
fn every_mistake_is_told() {
    let dir = folder();
    let at = |name: &str| dir.path().join(name);
    let digits = "ab".repeat(32);
    let base = ["pseudonymise", "visits.ndjson", "-o", "out", "--policy"];
    let with = |policy: &'static str, key: &[&str]| -> Vec<String> {
        base.iter().copied().chain([policy]).chain(key.iter().copied()).map(str::to_owned).collect()
    };
    fs::write(at("short"), "0123456789").expect("written");
    fs::write(at("unreviewed.toml"), POLICY.replace(", reviewed = true", "")).expect("written");
    fs::write(at("few.toml"), POLICY.replace("n = {", "m = {")).expect("written");
    fs::write(at("bad.toml"), POLICY.replace("class = \"public\"", "class = \"pubic\""))
        .expect("written");
    fs::create_dir(at("inside")).expect("made");
    fs::copy(at("key"), at("inside/key")).expect("copied");
    let inside = |args: Vec<String>| -> Vec<String> {
        args.into_iter().map(|arg| if arg == "out" { "inside".to_owned() } else { arg }).collect()
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        symlink("key", at("link")).expect("linked");
        fs::copy(at("key"), at("open")).expect("copied");
        fs::set_permissions(at("open"), fs::Permissions::from_mode(0o644)).expect("opened");
        fs::set_permissions(at("short"), fs::Permissions::from_mode(0o600)).expect("closed");
    }
    let cases: Vec<(&str, Vec<String>, i32)> = vec![
        ("no_key", with("policy.toml", &[]), 2),
        ("absent_key", with("policy.toml", &["--key-file", "none"]), 2),
        ("short_key", with("policy.toml", &["--key-file", "short"]), 2),
        ("linked_key", with("policy.toml", &["--key-file", "link"]), 2),
        ("open_key", with("policy.toml", &["--key-file", "open"]), 2),
        ("key_inside", inside(with("policy.toml", &["--key-file", "inside/key"])), 2),
        ("key_as_flag", with("policy.toml", &["--key-file", &digits]), 2),
        ("no_variable", with("policy.toml", &["--key-env", "NO_SUCH_KEY"]), 2),
        ("unknown_policy", with("stagin", &["--key-file", "key"]), 2),
        ("bad_policy", with("bad.toml", &["--key-file", "key"]), 2),
        ("unreviewed", with("unreviewed.toml", &["--key-file", "key"]), 3),
        ("unclassified", with("few.toml", &["--key-file", "key"]), 3),
    ];
    for (name, args, code) in cases {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let output = run(dir.path(), &args);
        assert_eq!(output.status.code(), Some(code), "{name}: {}", told(&output));
        assert!(!at("out").exists(), "{name} leaves nothing");
        insta::assert_snapshot!(format!("privacy_{name}"), told(&output));
    }
    fs::write(at("visits.ndjson"), "{\"user\":\"person-0001\",\"n\":1}\n{\"user\":")
        .expect("written");
    let output = pseudonymise(dir.path(), &[]);
    assert_eq!(output.status.code(), Some(2), "{}", told(&output));
    insta::assert_snapshot!("privacy_damaged", told(&output));
    assert!(!at("out").exists());
}

/// What is wrong with where to write is told before the work is done for it, and so before the policy is held against it.
#[test]
fn a_folder_that_is_taken_is_told_first() {
    let dir = folder();
    assert_eq!(pseudonymise(dir.path(), &["--quiet"]).status.code(), Some(0));
    fs::write(dir.path().join("policy.toml"), POLICY.replace("n = {", "m = {")).expect("written");
    let taken = pseudonymise(dir.path(), &[]);
    assert_eq!(taken.status.code(), Some(2), "{}", told(&taken));
    assert!(told(&taken).contains("holds a data set already"), "{}", told(&taken));
}

/// What cannot be searched is neither clean nor found.
#[test]
fn what_cannot_be_searched_is_told() {
    let dir = folder();
    fs::write(dir.path().join("known.txt"), "\nperson-0007\n").expect("written");
    fs::create_dir(dir.path().join("set")).expect("made");
    fs::write(dir.path().join("set/a.ndjson.gz"), b"\x1f\x8b\x08 broken").expect("written");
    let leaks = |more: &[&str]| {
        run(dir.path(), &[&["leaks", "set", "--known", "known.txt"], more].concat())
    };
    let unread = leaks(&[]);
    assert_eq!(unread.status.code(), Some(2), "{}", told(&unread));
    assert!(told(&unread).contains("a.ndjson.gz cannot be searched"), "{}", told(&unread));
    assert!(!told(&unread).contains("no leak"), "{}", told(&unread));
    fs::copy(dir.path().join("visits.ndjson"), dir.path().join("set/b.ndjson")).expect("copied");
    let both = leaks(&[]);
    assert_eq!(both.status.code(), Some(1), "{}", told(&both));
    assert!(told(&both).contains("not searched") && told(&both).contains("the value of line 2"));
    let json = leaks(&["--json"]);
    assert!(told(&json).contains("\"unread\":[{"), "{}", told(&json));
}

/// A key without a policy, and a policy for a recipient without one, would write what nobody meant.
#[test]
fn what_generate_is_not_told_it_does_not_guess() {
    let dir = folder();
    let cases: [(&[&str], &str); 2] = [
        (&["--key-file", "key"], "in the clear"),
        (&["--key-file", "key", "--pseudonymise", "strict"], "no recipient"),
    ];
    for (more, expected) in cases {
        let args = ["generate", "development", "--events", "2K", "-o", "set"];
        let output = run(dir.path(), &[&args[..], more].concat());
        assert_eq!(output.status.code(), Some(2), "{}", told(&output));
        assert!(told(&output).contains(expected), "{}", told(&output));
        assert!(!dir.path().join("set").exists());
    }
}

/// Times that do not leave do not leave by folders and manifest either.
#[test]
fn dropped_times_are_nowhere() {
    let dir = folder();
    let shown = run(dir.path(), &["policy", "show", "staging"]);
    let text = String::from_utf8(shown.stdout).expect("a policy");
    let time = text.lines().find(|line| line.starts_with("time ")).expect("a line");
    let text = text.replace(time, "time = { do = \"drop\" }");
    fs::write(dir.path().join("still.toml"), text).expect("written");
    let args = ["generate", "development", "--events", "2K", "--quiet", "--format", "ndjson"];
    let masked = ["-o", "set", "--pseudonymise", "still.toml", "--key-file", "key"];
    let output = run(dir.path(), &[&args[..], &masked].concat());
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    let manifest = fs::read_to_string(dir.path().join("set/manifest.json")).expect("a manifest");
    assert!(!manifest.contains("max_time") && !manifest.contains("event_date=2"), "{manifest}");
    assert!(manifest.contains("event_date=tk1_"), "{manifest}");
    let days = fs::read_dir(dir.path().join("set/events")).expect("events").count();
    assert!(days > 1, "each day has a folder of its own");
}

/// What `generate --pseudonymise` writes is whole, names nobody, and does not tell how to make the people again.
#[test]
fn a_run_behind_a_policy_tells_nobody() {
    let dir = folder();
    let generate = |more: &[&str]| {
        let args = ["generate", "development", "--events", "2K", "--quiet", "--format", "ndjson"];
        let output = run(dir.path(), &[&args[..], more].concat());
        assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    };
    generate(&["-o", "plain"]);
    generate(&["-o", "masked", "--pseudonymise", "staging", "--key-file", "key"]);
    let users =
        fs::read_to_string(dir.path().join("plain/users/part-00000.ndjson")).expect("users");
    let value = |line: &str, name: &str| {
        serde_json::from_str::<serde_json::Value>(line).ok()?[name].as_str().map(str::to_owned)
    };
    let known: Vec<String> = users
        .lines()
        .flat_map(|line| [value(line, "user_id"), value(line, "email")])
        .flatten()
        .collect();
    assert!(known.len() > 20);
    fs::write(dir.path().join("known.txt"), known.join("\n")).expect("written");
    let leaks = run(dir.path(), &["leaks", "masked", "--known", "known.txt"]);
    assert_eq!(leaks.status.code(), Some(0), "{}", told(&leaks));
    assert!(!dir.path().join("masked/truth").exists());
    let manifest = fs::read_to_string(dir.path().join("masked/manifest.json")).expect("a manifest");
    assert!(
        manifest.contains("\"seed\": 0") && manifest.contains("\"truth\": \"left out\""),
        "{manifest}"
    );
    let verified = run(dir.path(), &["audit", "verify", "masked"]);
    assert_eq!(verified.status.code(), Some(0), "{}", told(&verified));
    let lines = |set: &str| {
        let text = fs::read_to_string(dir.path().join(set).join("sessions/part-00000.ndjson"));
        text.expect("sessions").lines().count()
    };
    assert_eq!(lines("plain"), lines("masked"));
}

/// Who is erased is nowhere in the data set any more, in either format, and is not made again.
#[test]
fn who_is_erased_does_not_come_back() {
    let dir = folder();
    let generate = |more: &[&str]| {
        let args = ["generate", "development", "--events", "2K", "--quiet"];
        let output = run(dir.path(), &[&args[..], more].concat());
        assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    };
    generate(&["-o", "lines", "--format", "ndjson"]);
    generate(&["-o", "pages"]);
    let orders = fs::read_to_string(dir.path().join("lines/orders/part-00000.ndjson"));
    let orders = orders.expect("orders");
    let order: serde_json::Value =
        serde_json::from_str(orders.lines().next().expect("an order")).expect("JSON");
    let user = order["user_id"].as_str().expect("a user");
    fs::write(dir.path().join("known.txt"), user).expect("written");
    let leaks = |set: &str| run(dir.path(), &["leaks", set, "--known", "known.txt"]).status.code();
    for (set, format) in [("lines", "ndjson"), ("pages", "parquet")] {
        assert_eq!(leaks(set), Some(1), "{user} is in {set}");
        let args = ["erase", set, "--user", user, "--key-file", "key"];
        let output = run(dir.path(), &args);
        assert_eq!(output.status.code(), Some(0), "{}", told(&output));
        assert_eq!(leaks(set), Some(0), "{user} is not in {set}");
        let checked = run(dir.path(), &["check", set, "--only", "files,keys"]);
        assert_eq!(checked.status.code(), Some(0), "{}", told(&checked));
        let verified = run(dir.path(), &["audit", "verify", set, "--key-file", "key"]);
        assert_eq!(verified.status.code(), Some(0), "{}", told(&verified));
        generate(&["-o", set, "--format", format, "--force"]);
        assert_eq!(leaks(set), Some(0), "{user} does not come back to {set}");
    }
    let other = run(dir.path(), &["key", "new", "other"]);
    assert_eq!(other.status.code(), Some(0));
    generate(&["-o", "masked", "--pseudonymise", "staging", "--key-file", "key"]);
    let wrong = run(dir.path(), &["erase", "masked", "--user", user, "--key-file", "other"]);
    assert_eq!(wrong.status.code(), Some(2), "{}", told(&wrong));
}
