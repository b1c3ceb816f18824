//! Removals cut short at every step, and what they leave.

use super::*;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicBool;

use crate::assets::Assets;
use crate::privacy::key::tests::published;
use crate::privacy::policy::Policy;
use crate::schema::facts;

const POLICY: &str = r#"version = 1
default = "deny"
[tables.visits]
subject = ["user"]
[tables.visits.columns]
user = { class = "direct_identifier", namespace = "user", reviewed = true }
at = { class = "time", do = "keep", reason = "a test", reviewed = true }
[tables.notes.columns]
text = { class = "public", do = "keep", reason = "a test", reviewed = true }
[retention.old]
table = "visits"
purpose = "a test"
days = 30
clock = "at"
"#;

fn schemas() -> Schemas {
    Schemas::load(&Assets::embedded(), &facts::of).expect("schemas")
}

fn policy() -> Policy {
    Policy::read("policy.toml", POLICY, &schemas()).unwrap_or_else(|problems| panic!("{problems}"))
}

/// A pseudonymised folder of two tables, in which every third visit is Ada's.
fn made(dir: &Path) -> PathBuf {
    let line = |i: usize| {
        let user = if i.is_multiple_of(3) { "ada-0001" } else { "bob-0002" };
        format!("{{\"user\":\"{user}\",\"at\":\"2026-01-{:02}T10:00:00Z\"}}\n", 1 + i % 28)
    };
    let input = dir.join("in");
    fs::create_dir_all(&input).expect("made");
    fs::write(input.join("visits.ndjson"), (0..60).map(line).collect::<String>()).expect("written");
    fs::write(input.join("notes.ndjson"), "{\"text\":\"nothing about anybody\"}\n")
        .expect("written");
    let out = dir.join("out");
    let asked = stage::Asked {
        inputs: &[input],
        out: &out,
        force: false,
        scope_id: None,
        shuffle: None,
        known: &[],
        at: "2026-01-05T00:00:00Z",
    };
    let report = stage::run(&policy(), &published(), &asked, &AtomicBool::new(false));
    report.unwrap_or_else(|error| panic!("{error}"));
    out
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("made");
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).expect("copied");
        }
    }
}

fn erased(dir: &Path, ids: &[&str], watch: &mut Watch<'_>) -> Result<Done, Error> {
    let key = published();
    let asked = Asked { dir, key: &key, reason: "a test", at: "2026-02-01T00:00:00Z" };
    let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
    erase::run(&asked, &schemas(), &ids, watch)
}

fn visits(dir: &Path) -> usize {
    fs::read_to_string(dir.join("visits/part-00000.ndjson")).expect("visits").lines().count()
}

#[test]
fn rows_of_a_person_go_and_everything_says_so() {
    let place = tempfile::tempdir().expect("a folder");
    let out = made(place.path());
    let notes = fs::read(out.join("notes/part-00000.ndjson")).expect("notes");
    let done = erased(&out, &["ada-0001"], &mut |_| Ok(())).expect("done");
    assert_eq!((visits(&out), done.rows["visits"], done.files), (40, 20, 1));
    assert_eq!(fs::read(out.join("notes/part-00000.ndjson")).expect("notes"), notes);
    let certificates = certificate::all(&out).expect("certificates");
    let (path, mut certificate) = certificates[0].clone();
    assert_eq!((path, certificate.rows, certificate.untouched), (done.certificate, 20, 1));
    assert!(certificate.is_signed() && certificate.scan.values > 0);
    let file = &certificate.files[0];
    assert_eq!((file.rows_before, file.rows_after), (60, 40));
    assert_eq!(SHA256.of(&out.join(&file.path)).expect("read").1, file.sha256_after);
    certificate.rows = 19;
    assert!(!certificate.is_signed(), "a certificate that was changed");
    let list = Tombstones::of(&out).expect("read").expect("a list");
    assert!(list.has("ada-0001") && !list.has("bob-0002"));
    audit::verify(&out, None).expect("a whole log");
    let all: String = ["audit.ndjson", "suppression.json", "certificates/erasure-0001.json"]
        .iter()
        .map(|name| fs::read_to_string(out.join(name)).expect("written"))
        .collect();
    assert!(!all.contains("ada-0001"));
    assert!(!out.join(journal::FOLDER).exists());
}

/// For every step at which a run is killed, all is as before or all is done once somebody looks again.
#[test]
fn a_removal_that_is_killed_is_finished_or_has_not_been() {
    let place = tempfile::tempdir().expect("a folder");
    let out = made(place.path());
    let (mut rolled_back, mut finished) = (0, 0);
    for step in 0.. {
        let dir = place.path().join(format!("killed-{step}"));
        copy(&out, &dir);
        let mut left = step;
        let killed = catch_unwind(AssertUnwindSafe(|| {
            erased(&dir, &["ada-0001"], &mut |_| {
                assert!(left > 0, "killed");
                left -= 1;
                Ok(())
            })
        }));
        if let Ok(done) = killed {
            done.expect("done");
            break;
        }
        match journal::recover(&dir).expect("recovered") {
            // The first step comes before anything is there.
            Recovered::Nothing => assert_eq!((step, visits(&dir)), (0, 60)),
            Recovered::RolledBack => {
                rolled_back += 1;
                assert_eq!(visits(&dir), 60);
                assert!(
                    !dir.join("certificates").exists() && !dir.join("suppression.json").exists()
                );
            }
            Recovered::Finished => {
                finished += 1;
                assert_eq!(visits(&dir), 40);
                assert!(certificate::all(&dir).expect("certificates")[0].1.is_signed());
            }
        }
        assert!(!dir.join(journal::FOLDER).exists());
        audit::verify(&dir, None).expect("a whole log");
        assert_eq!(journal::recover(&dir).expect("again"), Recovered::Nothing);
    }
    assert!(rolled_back > 3 && finished > 3, "{rolled_back} and {finished}");
}

/// What stands where no row shows it is found by the second look, and then nothing is changed.
#[test]
fn what_would_be_left_stops_the_removal() {
    let place = tempfile::tempdir().expect("a folder");
    let out = made(place.path());
    let report = fs::read_to_string(out.join(stage::FILE)).expect("a report");
    let named = report.replace("\"pseudonymised\"", "\"pseudonymised, but for ada-0001\"");
    fs::write(out.join(stage::FILE), named).expect("written");
    let error = erased(&out, &["ada-0001"], &mut |_| Ok(())).expect_err("left");
    assert!(matches!(error, Error::Left(_)), "{error}");
    assert_eq!(visits(&out), 60);
    assert!(!out.join(journal::FOLDER).exists());
}

#[test]
fn another_key_removes_nothing() {
    let place = tempfile::tempdir().expect("a folder");
    let out = made(place.path());
    let material: Vec<u8> = (0..32_u8).map(|i| i.wrapping_mul(37) ^ 0x5a).collect();
    let key = Key::new(&material).expect("a key");
    let asked = Asked { dir: &out, key: &key, reason: "a test", at: "2026-02-01T00:00:00Z" };
    let error = erase::run(&asked, &schemas(), &["ada-0001".to_owned()], &mut |_| Ok(()));
    let Err(Error::Asked(problems)) = error else { panic!("refused") };
    assert!(problems.to_string().contains("the key is not the one"), "{problems}");
}

#[test]
fn what_is_too_old_goes_but_for_what_is_held() {
    let place = tempfile::tempdir().expect("a folder");
    let out = made(place.path());
    let as_of = rows::moment("2026-02-10").expect("a day");
    let mut rules = policy().retention;
    let due = retain::due(&out, &rules, as_of).expect("due");
    // Thirty days before are the 11th of January: ten days are older, on each of which two or three visits fell.
    let old = (0..60).filter(|i| 1 + i % 28 < 11).count();
    assert_eq!((due[0].rows, visits(&out)), (old as u64, 60));
    let key = published();
    let asked = Asked { dir: &out, key: &key, reason: "a test", at: "2026-02-10T00:00:00Z" };
    rules[0].hold = Some("case 7".to_owned());
    let (held, done) =
        retain::run(&asked, &schemas(), &rules, as_of, &mut |_| Ok(())).expect("done");
    assert_eq!((held[0].rows, done.files, visits(&out)), (old as u64, 0, 60));
    rules[0].hold = None;
    retain::run(&asked, &schemas(), &rules, as_of, &mut |_| Ok(())).expect("done");
    assert_eq!(visits(&out), 60 - old);
    audit::verify(&out, None).expect("a whole log");
    rules[0].clock = "when".to_owned();
    let error = retain::due(&out, &rules, as_of).expect_err("no such column");
    assert!(matches!(error, Error::Asked(_)), "{error}");
}
