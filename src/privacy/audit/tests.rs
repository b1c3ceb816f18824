//! The matrix of alterations: what shows by itself, and what only against a pin.

use super::*;
use crate::privacy::key::tests::published;

fn other_key() -> Key {
    Key::new(&Sha256::digest(b"the key of somebody else")).expect("a key")
}

fn log(dir: &Path, key: &Key, entries: usize) -> Checkpoint {
    let mut log = Log::open(dir).expect("a log");
    for _ in log.lines.len()..entries {
        log.add("test", json!({ "rows": log.lines.len() * 7, "table": "visits" }));
    }
    log.write(key).expect("written")
}

fn lines(dir: &Path) -> Vec<String> {
    fs::read_to_string(dir.join(LOG)).expect("a log").lines().map(str::to_owned).collect()
}

fn put(dir: &Path, lines: &[String]) {
    let text = lines.iter().fold(String::new(), |text, line| text + line + "\n");
    fs::write(dir.join(LOG), text).expect("written");
}

/// Chains and signs lines anew, as somebody with another key would.
fn forge(dir: &Path, lines: &[String], key: &Key) {
    let mut forged = Log { dir: dir.to_owned(), lines: Vec::new() };
    for line in lines {
        let Ok(Value::Object(mut entry)) = serde_json::from_str(line) else { panic!("{line}") };
        let act = entry.remove("act").and_then(|act| act.as_str().map(str::to_owned));
        forged.add(&act.expect("an act"), Value::Object(entry));
    }
    forged.write(key).expect("written");
}

/// What somebody does to a folder's log.
type Alteration = fn(&Path);

fn edit(dir: &Path, change: impl FnOnce(&mut Vec<String>)) {
    let mut all = lines(dir);
    change(&mut all);
    put(dir, &all);
}

/// Each alteration: its name, what it does, and whether it shows without a pin.
const MATRIX: &[(&str, Alteration, bool)] = &[
    ("bit flip", |dir| edit(dir, |all| all[2] = all[2].replace("14", "15")), true),
    ("delete", |dir| edit(dir, |all| drop(all.remove(2))), true),
    ("insert", |dir| edit(dir, |all| all.insert(2, all[2].replace("14", "99"))), true),
    ("swap", |dir| edit(dir, |all| all.swap(1, 2)), true),
    ("duplicate", |dir| edit(dir, |all| all.insert(3, all[2].clone())), true),
    ("truncate", |dir| edit(dir, |all| all.truncate(3)), true),
    ("empty", |dir| put(dir, &[]), true),
    ("no checkpoint", |dir| fs::remove_file(dir.join(CHECKPOINT)).expect("removed"), true),
    (
        "re-chain without signing",
        |dir| {
            let checkpoint = fs::read(dir.join(CHECKPOINT)).expect("there");
            let mut all = lines(dir);
            all.remove(2);
            forge(dir, &all, &other_key());
            fs::write(dir.join(CHECKPOINT), checkpoint).expect("written");
        },
        true,
    ),
    (
        "rollback of log and checkpoint",
        |dir| {
            let all = lines(dir);
            forge(dir, &all[..3], &published());
        },
        false,
    ),
    (
        "fork: other entries under the true key",
        |dir| {
            let mut all = lines(dir);
            all[3] = all[3].replace("21", "20");
            forge(dir, &all, &published());
        },
        false,
    ),
    (
        "re-sign with another key",
        |dir| {
            let mut all = lines(dir);
            all.remove(2);
            forge(dir, &all, &other_key());
        },
        false,
    ),
];

/// For all alterations, one shows at least against a pin; and the table in the docs says which.
#[test]
fn alterations_show() {
    let mut table = String::new();
    for (name, alter, alone) in MATRIX {
        let dir = tempfile::tempdir().expect("a folder");
        let pin = log(dir.path(), &published(), 5);
        assert_eq!(verify(dir.path(), Some(&pin)).expect("whole").lines.len(), 5);
        alter(dir.path());
        assert_eq!(verify(dir.path(), None).is_err(), *alone, "{name} without a pin");
        assert!(verify(dir.path(), Some(&pin)).is_err(), "{name} with a pin");
        table.extend(["| ", name, if *alone { " | yes" } else { " | no" }, " | yes |\n"]);
    }
    let docs = include_str!("../../../docs/guide/privacy.md");
    assert!(docs.contains(&table), "docs/guide/privacy.md lacks this table:\n{table}");
}

#[test]
fn a_log_that_grows_keeps_its_pin() {
    let dir = tempfile::tempdir().expect("a folder");
    let pin = log(dir.path(), &published(), 3);
    log(dir.path(), &published(), 8);
    assert_eq!(verify(dir.path(), Some(&pin)).expect("whole").checkpoint.size, 8);
    assert_eq!(pin.public_key, public_key(&published()));
}

#[test]
fn entries_are_canonical() {
    let value = json!({ "b": [1, { "z": null, "a": "\u{e9}" }], "a": true });
    assert_eq!(canonical(&value), "{\"a\":true,\"b\":[1,{\"a\":\"\u{e9}\",\"z\":null}]}");
}
