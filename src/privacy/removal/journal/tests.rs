//! Journals that nobody of ours wrote, and those of ours that somebody changed.

use super::*;
use crate::privacy::key::tests::published;

/// A data set of one file, outside of which another lies, and a removal of it that was cut short after it was decided.
fn cut_short(place: &Path) -> PathBuf {
    let dir = place.join("set");
    fs::create_dir(&dir).expect("made");
    fs::write(dir.join("a.ndjson"), "old").expect("written");
    fs::write(place.join("outside"), "of somebody else").expect("written");
    let lock = Lock::take(&dir).expect("free");
    let mut watch = |step: &str| match step {
        "move" => Err(io::Error::other("killed")),
        _ => Ok(()),
    };
    let mut removal = Removal::begin(&lock, &mut watch).expect("begun");
    removal.write("a.ndjson", "new").expect("written");
    removal.write("b/c.json", "new").expect("written");
    removal.commit(&published()).expect_err("killed");
    dir
}

fn outcome(dir: &Path) -> Result<Recovered, String> {
    let lock = Lock::take(dir).expect("free");
    recover(&lock, &published()).map_err(|error| match error {
        Error::Asked(problems) => problems.to_string(),
        error => panic!("{error}"),
    })
}

/// Changes the journal of a removal, and signs it again with a key or not at all.
fn change(dir: &Path, key: Option<&Key>, edit: impl FnOnce(&mut Journal)) {
    let path = dir.join(FOLDER).join(JOURNAL);
    let text = fs::read(&path).expect("a journal");
    let mut journal: Journal = serde_json::from_slice(&text).expect("a journal");
    edit(&mut journal);
    if let Some(key) = key {
        journal.signature = audit::sign(key, &message(&journal.moves));
    }
    fs::write(path, serde_json::to_string(&journal).expect("text")).expect("written");
}

/// What somebody does to a removal that waits to be finished.
type Plant = fn(&Path);

/// For all journals that are not as a removal left them, even those that the key signed, nothing is moved.
#[test]
fn planted_journals_are_refused() {
    let out = |path: &str| {
        let path = path.to_owned();
        move |dir: &Path| {
            change(dir, Some(&published()), |journal| journal.moves[0].path.clone_from(&path));
        }
    };
    let dots: Plant = |dir| {
        change(dir, Some(&published()), |journal| journal.moves[0].path = "../outside".to_owned());
    };
    let cases: &[(&str, Plant, &str)] = &[
        ("out of the data set", dots, "out of the data set"),
        (
            "version",
            |dir| change(dir, Some(&published()), |journal| journal.version = 1),
            "has version 1",
        ),
        (
            "unsigned",
            |dir| change(dir, None, |journal| drop(journal.moves.pop())),
            "not signed with this key",
        ),
        (
            "another key's",
            |dir| {
                let other =
                    Key::new(&std::array::from_fn::<u8, 32, _>(|i| (i * i + 7) as u8 ^ 0x9a));
                change(dir, Some(&other.expect("a key")), |_| {});
            },
            "not signed with this key",
        ),
        ("no journal", |dir| put(dir, "{\"moves\":[]}"), "is no removal's"),
        (
            "another file",
            |dir| fs::write(dir.join(FOLDER).join(NEW).join("a.ndjson"), "x").expect("written"),
            "another file by its digest",
        ),
        (
            "neither moved nor to be moved",
            |dir| fs::remove_file(dir.join(FOLDER).join(NEW).join("b/c.json")).expect("removed"),
            "no file is to be moved",
        ),
    ];
    for (name, plant, why) in cases {
        let place = tempfile::tempdir().expect("a folder");
        let dir = cut_short(place.path());
        plant(&dir);
        let told = outcome(&dir).expect_err(name);
        assert!(told.contains(why), "{name}: {told}");
        let read = |path: &str| fs::read_to_string(dir.join(path)).expect("a file");
        assert_eq!(
            (read("a.ndjson"), read("../outside")),
            ("old".into(), "of somebody else".into())
        );
        assert!(!dir.join("b").exists() && dir.join(FOLDER).exists(), "{name}");
    }
    // The paths that a journal of ours can never have, each signed.
    for path in ["/etc/hostname", "b/../../outside", "", "."] {
        let place = tempfile::tempdir().expect("a folder");
        let dir = cut_short(place.path());
        out(path)(&dir);
        assert!(outcome(&dir).is_err(), "{path}");
    }
}

fn put(dir: &Path, text: &str) {
    fs::write(dir.join(FOLDER).join(JOURNAL), text).expect("written");
}

/// No link is followed, wherever one stands.
#[cfg(unix)]
#[test]
fn links_are_refused() {
    use std::os::unix::fs::symlink;
    let cases: &[Plant] = &[
        |dir| {
            fs::rename(dir.join(FOLDER), dir.join("moved")).expect("moved");
            symlink("moved", dir.join(FOLDER)).expect("linked");
        },
        |dir| {
            let journal = dir.join(FOLDER).join(JOURNAL);
            fs::rename(&journal, dir.join("../journal")).expect("moved");
            symlink("../../journal", journal).expect("linked");
        },
        |dir| {
            let new = dir.join(FOLDER).join(NEW).join("a.ndjson");
            fs::remove_file(&new).expect("removed");
            symlink("../../../outside", new).expect("linked");
        },
        |dir| symlink("..", dir.join("b")).expect("linked"),
    ];
    for (number, plant) in cases.iter().enumerate() {
        let place = tempfile::tempdir().expect("a folder");
        let dir = cut_short(place.path());
        plant(&dir);
        outcome(&dir).expect_err("refused");
        let read = |path: &str| fs::read_to_string(dir.join(path)).expect("a file");
        assert_eq!(read("a.ndjson"), "old", "case {number}");
        assert_eq!(read("../outside"), "of somebody else", "case {number}");
        assert!(!dir.join("../c.json").exists(), "case {number}");
    }
}

/// A move that was made already counts as made when the file is the one that was signed for.
#[test]
fn what_is_moved_stays_moved() {
    let place = tempfile::tempdir().expect("a folder");
    let dir = cut_short(place.path());
    fs::rename(dir.join(FOLDER).join(NEW).join("a.ndjson"), dir.join("a.ndjson")).expect("moved");
    assert_eq!(pending(&dir).expect("told"), Pending::Decided);
    assert_eq!(outcome(&dir), Ok(Recovered::Finished));
    assert_eq!(fs::read_to_string(dir.join("b/c.json")).expect("a file"), "new");
    assert_eq!(pending(&dir).expect("told"), Pending::Nothing);
}
