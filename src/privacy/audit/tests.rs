//! The matrix of alterations: what shows by itself, what with the key, and what only against a pin.

use super::certificate::Certificate;
use super::*;
use crate::privacy::key::tests::published;

fn other_key() -> Key {
    Key::new(&Sha256::digest(b"the key of somebody else")).expect("a key")
}

fn certificate(reason: &str, key: &Key) -> String {
    let bare = Certificate { what: "erasure".into(), reason: reason.into(), ..Default::default() };
    bare.signed(key).and_then(|signed| signed.to_json()).expect("signed")
}

const ERASURE: &str = "certificates/erasure-0001.json";

/// Lets a log grow to so many entries; the fourth is of an erasure.
fn log(dir: &Path, key: &Key, entries: usize) -> Checkpoint {
    let mut log = Log::open(dir, key).unwrap_or_else(|broken| panic!("{broken}"));
    for place in log.lines.len()..entries {
        if place == 3 {
            let text = certificate("letter of 3 May", key);
            fs::create_dir_all(dir.join(certificate::FOLDER)).expect("made");
            fs::write(dir.join(ERASURE), &text).expect("written");
            let sha256 = digest(&text);
            log.add("erasure", json!({ "certificate": ERASURE, "certificate_sha256": sha256 }));
        } else {
            log.add("test", json!({ "rows": place * 7, "table": "visits" }));
        }
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

/// Chains and signs lines anew, and the certificate as well, as somebody with another key would.
fn forge(dir: &Path, lines: &[String], key: &Key) {
    let mut forged = Log { dir: dir.to_owned(), from: None, lines: Vec::new() };
    let text = certificate("letter of 3 May", key);
    fs::write(dir.join(ERASURE), &text).expect("written");
    for line in lines {
        let Ok(Value::Object(mut entry)) = serde_json::from_str(line) else { panic!("{line}") };
        let act = entry.remove("act").and_then(|act| act.as_str().map(str::to_owned));
        if let Some(sha256) = entry.get_mut("certificate_sha256") {
            *sha256 = json!(digest(&text));
        }
        forged.add(&act.expect("an act"), Value::Object(entry));
    }
    if !lines.iter().any(|line| line.contains(ERASURE)) {
        fs::remove_file(dir.join(ERASURE)).expect("removed");
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

fn kept(dir: &Path, path: &str, alter: impl FnOnce(&Path)) {
    let before = fs::read(dir.join(path)).expect("there");
    alter(dir);
    fs::write(dir.join(path), before).expect("written");
}

/// Each alteration: its name, what it does, and whether it shows by itself and with the key alone. Against a pin all show.
const MATRIX: &[(&str, Alteration, bool, bool)] = &[
    (
        "bit flip in an entry",
        |dir| edit(dir, |all| all[2] = all[2].replace("14", "15")),
        true,
        true,
    ),
    (
        "bit flip in the checkpoint",
        |dir| {
            let path = dir.join(CHECKPOINT);
            let text = fs::read_to_string(&path).expect("there");
            fs::write(path, text.replace("\"size\": 5", "\"size\": 4")).expect("written");
        },
        true,
        true,
    ),
    ("delete", |dir| edit(dir, |all| drop(all.remove(2))), true, true),
    ("insert", |dir| edit(dir, |all| all.insert(2, all[2].replace("14", "99"))), true, true),
    ("swap", |dir| edit(dir, |all| all.swap(1, 2)), true, true),
    ("duplicate", |dir| edit(dir, |all| all.insert(3, all[2].clone())), true, true),
    ("truncate: the last entries", |dir| edit(dir, |all| all.truncate(3)), true, true),
    (
        "truncate: the last byte",
        |dir| {
            let text = fs::read_to_string(dir.join(LOG)).expect("there");
            fs::write(dir.join(LOG), text.trim_end()).expect("written");
        },
        true,
        true,
    ),
    (
        "other ends of lines",
        |dir| {
            let text = fs::read_to_string(dir.join(LOG)).expect("there");
            fs::write(dir.join(LOG), text.replace('\n', "\r\n")).expect("written");
        },
        true,
        true,
    ),
    ("empty", |dir| put(dir, &[]), true, true),
    ("no checkpoint", |dir| fs::remove_file(dir.join(CHECKPOINT)).expect("removed"), true, true),
    (
        "neither log nor checkpoint",
        |dir| [LOG, CHECKPOINT].iter().for_each(|name| fs::remove_file(dir.join(name)).unwrap()),
        true,
        true,
    ),
    (
        "re-chain without signing",
        |dir| {
            kept(dir, CHECKPOINT, |dir| {
                let mut all = lines(dir);
                all.remove(2);
                forge(dir, &all, &other_key());
            });
        },
        true,
        true,
    ),
    (
        "certificate changed",
        |dir| {
            let text = fs::read_to_string(dir.join(ERASURE)).expect("there");
            fs::write(dir.join(ERASURE), text.replace("3 May", "4 May")).expect("written");
        },
        true,
        true,
    ),
    (
        "certificate signed anew, the log left",
        |dir| {
            let text = certificate("letter of 4 May", &other_key());
            fs::write(dir.join(ERASURE), text).expect("written");
        },
        true,
        true,
    ),
    ("certificate deleted", |dir| fs::remove_file(dir.join(ERASURE)).expect("gone"), true, true),
    (
        "certificate inserted",
        |dir| {
            fs::copy(dir.join(ERASURE), dir.join("certificates/erasure-0002.json")).expect("put");
        },
        true,
        true,
    ),
    (
        "rollback of log, checkpoint and certificates",
        |dir| {
            let all = lines(dir);
            forge(dir, &all[..3], &published());
        },
        false,
        false,
    ),
    (
        "fork: other entries under the true key",
        |dir| {
            let mut all = lines(dir);
            all[2] = all[2].replace("14", "13");
            forge(dir, &all, &published());
        },
        false,
        false,
    ),
    (
        "re-sign all with another key",
        |dir| {
            let mut all = lines(dir);
            all.remove(2);
            forge(dir, &all, &other_key());
        },
        false,
        true,
    ),
];

/// For all alterations, each shows at least against a pin; and the table in the docs says which does without.
#[test]
fn alterations_show() {
    let mut table =
        "| alteration | by itself | with the key | against a pin |\n|---|---|---|---|\n".to_owned();
    let own = public_key(&published());
    let word = |shows: bool| if shows { "shows" } else { "does not" };
    for (name, alter, alone, with_key) in MATRIX {
        let dir = tempfile::tempdir().expect("a folder");
        let pin = log(dir.path(), &published(), 5);
        let sound = verify(dir.path(), Some(&pin), Some(&own)).expect("whole");
        assert_eq!((sound.lines.len(), sound.certificates), (5, 1));
        alter(dir.path());
        let shows = |pin, key| verify(dir.path(), pin, key).is_err();
        assert_eq!(shows(None, None), *alone, "{name} by itself");
        assert_eq!(shows(None, Some(own.as_str())), *with_key, "{name} with the key");
        assert!(shows(Some(&pin), None), "{name} against a pin");
        table.extend(["| ", name, " | ", word(*alone), " | ", word(*with_key), " | shows |\n"]);
    }
    let docs = include_str!("../../../docs/guide/privacy.md");
    assert!(docs.contains(&table), "docs/guide/privacy.md lacks this table:\n{table}");
}

/// For all bytes of log and checkpoint, a flipped bit shows without a pin.
#[test]
fn every_flipped_bit_shows() {
    let dir = tempfile::tempdir().expect("a folder");
    log(dir.path(), &published(), 5);
    for name in [LOG, CHECKPOINT] {
        let path = dir.path().join(name);
        let sound = fs::read(&path).expect("there");
        for place in 0..sound.len() {
            let mut bytes = sound.clone();
            bytes[place] ^= 1 << (place % 8);
            fs::write(&path, &bytes).expect("written");
            assert!(verify(dir.path(), None, None).is_err(), "byte {place} of {name}");
        }
        // The case of a hexadecimal digit is a bit as well.
        let upper = String::from_utf8_lossy(&sound).to_uppercase();
        fs::write(&path, upper).expect("written");
        assert!(verify(dir.path(), None, None).is_err(), "upper case of {name}");
        fs::write(&path, sound).expect("written");
    }
    verify(dir.path(), None, None).expect("whole");
}

#[test]
fn a_log_that_grows_keeps_its_pin() {
    let dir = tempfile::tempdir().expect("a folder");
    let pin = log(dir.path(), &published(), 3);
    log(dir.path(), &published(), 8);
    assert_eq!(verify(dir.path(), Some(&pin), None).expect("whole").checkpoint.size, 8);
    assert_eq!(pin.public_key, public_key(&published()));
}

/// Nobody signs what follows on a log that is not whole, or that is another's.
#[test]
fn a_log_that_is_not_whole_does_not_go_on() {
    for (name, alter, alone, with_key) in MATRIX {
        let dir = tempfile::tempdir().expect("a folder");
        log(dir.path(), &published(), 5);
        alter(dir.path());
        // Certificates are verified apart: what was done to one must not keep others from being erased.
        let is_of_log = !name.contains("certificate ") && !name.contains("neither");
        let opened = Log::open(dir.path(), &published());
        assert_eq!(opened.is_err(), (*alone || *with_key) && is_of_log, "{name}");
    }
}

/// A data set that takes the place of another keeps what was signed of that one.
#[test]
fn what_was_signed_goes_along() {
    let (old, new) = (tempfile::tempdir().expect("old"), tempfile::tempdir().expect("new"));
    log(old.path(), &published(), 5);
    carry(old.path(), new.path()).expect("carried");
    assert_eq!(verify(new.path(), None, None).expect("whole").certificates, 1);
    let new = tempfile::tempdir().expect("new");
    let opened = Log::open(old.path(), &published()).unwrap_or_else(|broken| panic!("{broken}"));
    let mut moved = opened.moved_to(new.path());
    moved.add("test", json!({}));
    moved.write(&published()).expect("written");
    let verified = verify(new.path(), None, None).expect("whole");
    assert_eq!((verified.lines.len(), verified.certificates), (6, 1));
}

#[test]
fn entries_are_canonical() {
    let value = json!({ "b": [1, { "z": null, "a": "\u{e9}" }], "a": true });
    assert_eq!(canonical(&value), "{\"a\":true,\"b\":[1,{\"a\":\"\u{e9}\",\"z\":null}]}");
}
