//! Data sets that were made behind a privacy policy: what is checked of them, their shards, their twins.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::{run, told};

fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    assert_eq!(run(dir.path(), &["key", "new", "key"]).status.code(), Some(0));
    dir
}

/// Runs throng, which must do it.
fn done(dir: &Path, args: &[&str]) {
    let output = run(dir, args);
    assert_eq!(output.status.code(), Some(0), "{args:?}: {}", told(&output));
}

const KEY: [&str; 4] = ["--key-file", "key", "--scope-id", "them"];

/// The first line of a file becomes what is made of it.
fn change(path: &Path, make: impl Fn(&mut Value)) -> Value {
    let text = fs::read_to_string(path).expect("a file");
    let (first, rest) = text.split_once('\n').expect("lines");
    let mut line: Value = serde_json::from_str(first).expect("JSON");
    make(&mut line);
    fs::write(path, format!("{line}\n{rest}")).expect("written");
    line
}

/// Behind each policy that ships, so many checks hold (of so few people nobody is forgotten, which two more look at); nothing fails falsely; what cannot be asked says why; and a row that is wrong
/// is found, and told by its token.
#[test]
fn what_a_policy_left_is_checked() {
    let dir = folder();
    let generate = ["generate", "development", "--events", "2K", "--quiet", "--format", "ndjson"];
    for (policy, holding) in [("staging", 84), ("analytics", 74), ("strict", 72)] {
        let masked = ["-o", policy, "--pseudonymise", policy];
        done(dir.path(), &[&generate[..], &masked, &KEY].concat());
        let checked = run(dir.path(), &["check", policy]);
        let said = told(&checked);
        assert_eq!(checked.status.code(), Some(0), "{policy}: {said}");
        let holds = said.lines().filter(|line| line.trim_start().starts_with("holds ")).count();
        assert_eq!(holds, holding, "{policy}: {said}");
        assert!(said.contains("behind the privacy policy"), "{said}");
        assert!(!said.contains("nobody") && !said.contains("holds    keys.span  0"), "{said}");

        let sessions = dir.path().join(policy).join("sessions/part-00000.ndjson");
        let session = change(&sessions, |session| {
            session["events"] = json!(session["events"].as_u64().expect("a count") + 1);
            session["started_at"] = json!("2020-01-01T00:00:00.000000Z");
        });
        let users = dir.path().join(policy).join("users/part-00000.ndjson");
        change(&users, |user| user["currency"] = json!("XYZ"));
        let checked = run(dir.path(), &["check", policy, "--only", "keys,consent"]);
        let said = told(&checked);
        assert_eq!(checked.status.code(), Some(1), "{policy}: {said}");
        for id in ["keys.session_counts", "keys.span", "keys.first_day", "keys.journey_counts"] {
            let fails = |line: &str| line.contains("FAILS") && line.contains(id);
            assert!(said.lines().any(fails), "{id} of {policy}: {said}");
        }
        let id = session["session_id"].as_str().expect("an id");
        assert!(said.contains(id), "{id}: {said}");
    }
    // A key that comes twice is found as well.
    let users = dir.path().join("analytics/users/part-00000.ndjson");
    let text = fs::read_to_string(&users).expect("users");
    let first = text.lines().next().expect("a user");
    fs::write(&users, format!("{text}{first}\n")).expect("written");
    let checked = run(dir.path(), &["check", "analytics", "--only", "keys"]);
    let fails = |line: &str| line.contains("FAILS") && line.contains("keys.primary");
    assert!(told(&checked).lines().any(fails), "{}", told(&checked));
}

/// Shards made apart behind a policy are, joined, the whole, byte for byte; the logs of how each was made stay.
#[test]
fn shards_behind_a_policy_are_the_whole() {
    let dir = folder();
    let scenario = "seed = 7\ndays = 5\nevents = \"6K\"\nbudget = \"1500\"\n";
    fs::write(dir.path().join("small.toml"), scenario).expect("written");
    let generate = |more: &[&str]| {
        let masked = ["generate", "small.toml", "--quiet", "--pseudonymise", "strict"];
        done(dir.path(), &[&masked[..], &KEY, more].concat());
    };
    generate(&["-o", "whole"]);
    for shard in ["0/2", "1/2"] {
        generate(&["-o", "parts", "--shard", shard]);
    }
    // Another's key signs nothing here, and changes nothing.
    done(dir.path(), &["key", "new", "other"]);
    let refused = run(dir.path(), &["join", "parts", "--key-file", "other"]);
    assert_eq!(refused.status.code(), Some(2), "{}", told(&refused));
    assert!(told(&refused).contains("shard-0-of-2 is not one to go on from"), "{}", told(&refused));
    assert!(!dir.path().join("parts/manifest.json").exists());
    done(dir.path(), &["join", "parts", "--quiet", "--key-file", "key"]);
    let [whole, parts] = ["whole", "parts"].map(|set| {
        let manifest = fs::read_to_string(dir.path().join(set).join("manifest.json"));
        manifest.expect("a manifest")
    });
    assert_eq!(whole, parts);
    let manifest: Value = serde_json::from_str(&whole).expect("JSON");
    let tables = manifest["tables"].as_array().expect("tables").iter();
    let files: Vec<&str> = tables
        .flat_map(|table| table["files"].as_array().expect("files"))
        .map(|file| file["path"].as_str().expect("a path"))
        .collect();
    assert!(files.len() > 20 && files.iter().any(|file| file.contains("part-00002")));
    for file in files {
        let bytes = |set: &str| fs::read(dir.path().join(set).join(file)).expect("a file");
        assert!(bytes("whole") == bytes("parts"), "{file}");
    }
    done(dir.path(), &["check", "parts", "--quiet"]);
    // The log of the whole knows how far each of theirs has come.
    done(dir.path(), &["audit", "verify", "parts", "--key-file", "key"]);
    let log = fs::read_to_string(dir.path().join("parts/audit.ndjson")).expect("a log");
    let first: Value = serde_json::from_str(log.lines().next().expect("an entry")).expect("JSON");
    let tables = log.lines().filter(|line| line.contains(r#""act":"table""#)).count();
    assert_eq!((first["act"].as_str(), tables), (Some("join"), 12), "{log}");
    for shard in first["shards"].as_array().expect("shards") {
        let path = dir.path().join("parts").join(shard["log"].as_str().expect("a log"));
        done(dir.path(), &["audit", "verify", &path.with_file_name("").to_string_lossy()]);
        let checkpoint = fs::read_to_string(path.with_file_name("audit.checkpoint.json"));
        let checkpoint: Value = serde_json::from_str(&checkpoint.expect("one")).expect("JSON");
        assert_eq!((&shard["root"], &shard["size"]), (&checkpoint["root"], &checkpoint["size"]));
    }
}

/// The clean twin of a set behind a policy is behind it too: the same tokens, nothing gone wrong, and no way back by its version.
#[test]
fn a_twin_behind_a_policy_has_the_same_tokens() {
    let dir = folder();
    let ids = |set: &str| {
        let text = fs::read_to_string(dir.path().join(set).join("devices/part-00000.ndjson"));
        let text = text.expect("devices");
        let id = |line: &str| {
            serde_json::from_str::<Value>(line).ok()?["device_id"].as_str().map(str::to_owned)
        };
        text.lines().filter_map(id).collect::<std::collections::BTreeSet<String>>()
    };
    let generate = ["generate", "development", "--events", "4K", "--quiet", "--format", "ndjson"];
    let wrong = ["--anomalies", "default", "--twin"];
    let masked = ["-o", "masked", "--pseudonymise", "staging"];
    done(dir.path(), &[&generate[..], &wrong, &masked, &KEY].concat());
    done(dir.path(), &[&generate[..], &wrong, &["-o", "plain"]].concat());
    let (dirty, clean) = (ids("masked"), ids("masked-clean"));
    assert!(clean.len() > 20 && dirty.intersection(&clean).count() * 10 > clean.len() * 9);
    assert!(clean.is_disjoint(&ids("plain-clean")), "tokens");
    let version = |set: &str| {
        let manifest = fs::read_to_string(dir.path().join(set).join("manifest.json"));
        let manifest: Value = serde_json::from_str(&manifest.expect("a manifest")).expect("JSON");
        assert!(manifest["seed"] == json!(0) || !set.starts_with("masked"), "{manifest}");
        manifest["dataset_version"].as_str().expect("a version").to_owned()
    };
    assert_ne!(version("masked-clean"), version("plain-clean"));
    assert_ne!(version("masked-clean"), version("masked"));
    done(dir.path(), &["check", "masked-clean", "--quiet"]);
    done(dir.path(), &["audit", "verify", "masked-clean", "--key-file", "key"]);
    let twin = run(dir.path(), &["twin", "masked", "-o", "again"]);
    assert_eq!(twin.status.code(), Some(2), "{}", told(&twin));
    assert!(told(&twin).contains("behind a privacy policy"), "{}", told(&twin));
    for patch in [
        &["patch", "invert", "masked", "again"][..],
        &["patch", "apply", "masked-clean", "again", "--labels", "masked"],
    ] {
        let patched = run(dir.path(), patch);
        assert_eq!(patched.status.code(), Some(2), "{}", told(&patched));
        assert!(told(&patched).contains("labels tell what it hides"), "{}", told(&patched));
    }
}

/// What was written is looked at for what tokens stand for; a policy that hides ids in one table and keeps them in another leaves nothing.
#[test]
fn what_a_policy_forgets_ends_the_run() {
    let dir = folder();
    let run_behind = |policy: &str, out: &str| {
        let masked = ["generate", "development", "--events", "2K", "--quiet", "-o", out];
        run(dir.path(), &[&masked[..], &["--pseudonymise", policy], &KEY].concat())
    };
    for (policy, out) in [("staging", "staging"), ("analytics", "analytics")] {
        let made = run_behind(policy, out);
        assert_eq!(made.status.code(), Some(0), "{}", told(&made));
        let log = fs::read_to_string(dir.path().join(out).join("audit.ndjson")).expect("a log");
        let scan = log.lines().find(|line| line.contains(r#""act":"leak_scan""#)).expect("a scan");
        let scan: Value = serde_json::from_str(scan).expect("JSON");
        let [values, files] = ["values", "files"].map(|name| scan[name].as_u64().unwrap_or(0));
        assert!(values > 50 && files > 15 && scan["finds"] == json!(0), "{scan}");
    }
    let policy = concat!(env!("CARGO_MANIFEST_DIR"), "/policies/staging.toml");
    let forgetful = r#"
[tables.consents.columns]
user_id = { class = "direct_identifier", do = "keep", reason = "forgotten", reviewed = true }
"#;
    let text = fs::read_to_string(policy).expect("the policy") + forgetful;
    fs::write(dir.path().join("forgetful.toml"), text).expect("written");
    let made = run_behind("forgetful.toml", "leaking");
    assert_eq!(made.status.code(), Some(3), "{}", told(&made));
    assert!(told(&made).contains("would have left: consents/"), "{}", told(&made));
    assert!(!dir.path().join("leaking").exists());
}

/// What goes wrong on purpose does so to what a policy left: no original shows in it, in whatever form.
#[test]
fn what_goes_wrong_tells_no_original() {
    let dir = folder();
    let wrong = "[anomalies]\n[anomalies.format_invalid]\nk = 12\ncolumns = [\"events.cart_id\"]\n";
    fs::write(dir.path().join("wrong.toml"), wrong).expect("written");
    let generate = ["generate", "development", "--events", "6K", "--quiet", "--format", "ndjson"];
    done(dir.path(), &[&generate[..], &["-o", "plain"]].concat());
    let masked = ["-o", "masked", "--pseudonymise", "staging", "--anomalies", "wrong.toml"];
    done(dir.path(), &[&generate[..], &masked, &KEY].concat());
    let events = |set: &str| {
        let days = fs::read_dir(dir.path().join(set).join("events")).expect("days");
        let files = days.flat_map(|day| fs::read_dir(day.expect("a day").path()).expect("files"));
        let texts = files.map(|file| fs::read_to_string(file.expect("a file").path()));
        texts.collect::<Result<String, _>>().expect("lines")
    };
    let (plain, masked) = (events("plain"), events("masked"));
    let carts: std::collections::BTreeSet<String> = plain
        .lines()
        .filter_map(|line| {
            serde_json::from_str::<Value>(line).ok()?["cart_id"].as_str().map(str::to_owned)
        })
        .collect();
    let is_uuid = |text: &str| text.len() == 36 && !text.contains(['{', ':']);
    let is_wrong = |line: &&str| {
        let line: Value = serde_json::from_str(line).expect("JSON");
        line["cart_id"].as_str().is_some_and(|text| !is_uuid(text))
    };
    assert!(carts.len() > 12 && masked.lines().filter(is_wrong).count() == 12);
    for cart in carts {
        assert!(!masked.contains(&cart[..35]) && !masked.contains(&cart.replace('-', "")));
    }
}

/// Pseudonyms that change in the middle: where there are some, each labelled user has devices whose tokens change at the window's start
/// and nobody else's do, and against the twin they show; where there are none, they are refused.
#[test]
fn pseudonyms_change_where_it_is_labelled() {
    let dir = folder();
    let wrong = "[anomalies]\n[anomalies.pseudonym_unstable]\nk = 5\n";
    fs::write(dir.path().join("wrong.toml"), wrong).expect("written");
    let generate = ["generate", "development", "--events", "8K", "--quiet", "--format", "ndjson"];
    let asked = ["--anomalies", "wrong.toml", "--twin"];
    let refused = run(dir.path(), &[&generate[..], &asked, &["-o", "plain"]].concat());
    assert_eq!(refused.status.code(), Some(2), "{}", told(&refused));
    assert!(told(&refused).contains("it has no pseudonyms"), "{}", told(&refused));
    let masked = ["-o", "masked", "--pseudonymise", "staging", "--keep-truth"];
    done(dir.path(), &[&generate[..], &asked, &masked, &KEY].concat());
    let rows = |path: &str| {
        let text = fs::read_to_string(dir.path().join(path).join("part-00000.ndjson"));
        let text = text.expect("a file");
        let rows = text.lines().map(|line| serde_json::from_str(line).expect("JSON"));
        rows.collect::<Vec<Value>>()
    };
    let (set, twin) = (rows("masked/sessions"), rows("masked-clean/sessions"));
    let (incidents, members) =
        (rows("masked/truth/anomalies"), rows("masked/truth/anomaly_members"));
    assert_eq!((incidents.len(), set.len()), (5, twin.len()));
    let labelled = members.iter().filter(|one| one["table"] == "sessions").count();
    let changed: Vec<(&Value, &Value)> =
        set.iter().zip(&twin).filter(|(is, was)| is != was).collect();
    assert!(changed.len() == labelled && labelled >= 5, "{labelled}: {changed:?}");
    let mut tokens = std::collections::BTreeMap::new();
    for (is, was) in changed {
        assert_ne!(is["anonymous_id"], was["anonymous_id"]);
        let same = ["session_id", "device_id", "user_id", "started_at"];
        assert!(same.iter().all(|name| is.get(*name) == was.get(*name)), "{is} {was}");
        let token = is["anonymous_id"].as_str().expect("a token");
        assert_eq!(token.len(), was["anonymous_id"].as_str().expect("a token").len());
        // One token for each device, and none that somebody else has.
        let other = tokens.insert(is["device_id"].to_string(), token).unwrap_or(token);
        assert!(other == token && !twin.iter().any(|row| row["anonymous_id"] == token));
    }
    let check = ["check", "masked", "--twin", "masked-clean", "--only", "anomalies"];
    let checked = run(dir.path(), &check);
    let holds =
        |line: &str| line.contains("holds") && line.contains("anomalies.pseudonym_unstable");
    let said = told(&checked);
    assert!(checked.status.code() == Some(0) && said.lines().any(holds), "{said}");
}
