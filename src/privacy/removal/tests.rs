//! Removals cut short at every step, and what they leave.

use super::*;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicBool;

use crate::assets::Assets;
use crate::population::tombstones::Tombstones;
use crate::privacy::audit::{self, certificate, certificate::Certificate};
use crate::privacy::key::tests::published;
use crate::privacy::policy::Policy;
use crate::privacy::stage::{self, rows};
use crate::schema::{Schemas, facts};
use journal::{Pending, Watch};

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
pub(super) fn made(dir: &Path) -> PathBuf {
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
    erased_by(&asked, ids, None, watch)
}

fn erased_by(
    asked: &Asked<'_>,
    ids: &[&str],
    namespace: Option<&str>,
    watch: &mut Watch<'_>,
) -> Result<Done, Error> {
    let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
    erase::run(asked, &schemas(), erase::People { ids: &ids, namespace }, watch)
}

/// What is told of a refusal.
fn refused(outcome: Result<Done, Error>) -> String {
    match outcome {
        Err(Error::Asked(problems)) => problems.to_string(),
        other => panic!("{other:?}"),
    }
}

fn certificates(dir: &Path) -> Vec<(String, Certificate)> {
    let read = |path: String| {
        let text = fs::read_to_string(dir.join(&path)).expect("a certificate");
        (path, certificate::parse(&text).expect("a certificate"))
    };
    certificate::paths(dir).expect("paths").into_iter().map(read).collect()
}

fn recover(dir: &Path) -> Result<Recovered, Error> {
    journal::recover(&Lock::take(dir)?, &published())
}

fn whole(dir: &Path) {
    audit::verify(dir, None, Some(&audit::public_key(&published()))).expect("a whole log");
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
    let (path, mut certificate) = certificates(&out)[0].clone();
    assert_eq!((path, certificate.rows, certificate.untouched), (done.certificate, 20, 1));
    assert!(certificate.is_signed() && certificate.scan.values > 0);
    let file = &certificate.files[0];
    assert_eq!((file.rows_before, file.rows_after), (60, 40));
    assert_eq!(SHA256.of(&out.join(&file.path)).expect("read").1, file.sha256_after);
    certificate.rows = 19;
    assert!(!certificate.is_signed(), "a certificate that was changed");
    let list = Tombstones::of(&out).expect("read").expect("a list");
    assert!(list.has("ada-0001") && !list.has("bob-0002"));
    whole(&out);
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
        match recover(&dir).expect("recovered") {
            // The first steps come before anything is there, and the last after everything.
            Recovered::Nothing => {
                assert!(step < 2 && visits(&dir) == 60 || finished > 3 && visits(&dir) == 40);
            }
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
                assert!(certificates(&dir)[0].1.is_signed());
            }
        }
        assert!(!dir.join(journal::FOLDER).exists());
        whole(&dir);
        assert_eq!(recover(&dir).expect("again"), Recovered::Nothing);
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
    let told = refused(erased_by(&asked, &["ada-0001"], None, &mut |_| Ok(())));
    assert!(told.contains("the key is not the one"), "{told}");
}

#[test]
fn what_is_too_old_goes_but_for_what_is_held() {
    let place = tempfile::tempdir().expect("a folder");
    let out = made(place.path());
    let as_of = rows::moment("2026-02-10").expect("a day");
    let mut rules = policy().retention;
    let due = retain::due(&out, &schemas(), &rules, as_of).expect("due").due;
    // Thirty days before are the 11th of January: ten days are older, on each of which two or three visits fell.
    let old = (0..60).filter(|i| 1 + i % 28 < 11).count();
    assert_eq!((due[0].rows, visits(&out)), (old as u64, 60));
    let key = published();
    let asked = Asked { dir: &out, key: &key, reason: "a test", at: "2026-02-10T00:00:00Z" };
    rules[0].hold = Some("case 7".to_owned());
    let (held, done) =
        retain::run(&asked, &schemas(), &rules, as_of, &mut |_| Ok(())).expect("done");
    assert_eq!((held.due[0].rows, done.files, visits(&out)), (old as u64, 0, 60));
    rules[0].hold = None;
    retain::run(&asked, &schemas(), &rules, as_of, &mut |_| Ok(())).expect("done");
    assert_eq!(visits(&out), 60 - old);
    whole(&out);
    rules[0].clock = "when".to_owned();
    let error = retain::due(&out, &schemas(), &rules, as_of).expect_err("no such column");
    assert!(matches!(error, Error::Asked(_)), "{error}");
}

/// Nobody's certificate is signed: every id must be met, and the one that is not is told.
#[test]
fn who_is_not_there_is_not_erased() {
    let place = tempfile::tempdir().expect("a folder");
    let out = made(place.path());
    let told = refused(erased(&out, &["ada-0001", "eve-0003"], &mut |_| Ok(())));
    assert!(told.contains("`eve-0003`") && !told.contains("ada-0001"), "{told}");
    assert_eq!((visits(&out), certificates(&out).len()), (60, 0));
    assert!(!out.join("suppression.json").exists());
    erased(&out, &["ada-0001"], &mut |_| Ok(())).expect("done");
    let told = refused(erased(&out, &["ada-0001"], &mut |_| Ok(())));
    assert!(told.contains("erased before"), "{told}");
    assert_eq!(certificates(&out).len(), 1);
}

/// For all kinds, encodings and lengths of tokens that a policy may ask for, a person's are found again.
#[test]
fn tokens_of_every_form_are_found_again() {
    let forms = [
        ("customer", "text", "hex", 96),
        ("customer", "text", "base64url", 256),
        ("customer", "uuid", "uuid", 122),
        ("customer", "phone\", region = \"DE", "base32", 80),
    ];
    for (namespace, kind, encoding, bits) in forms {
        let place = tempfile::tempdir().expect("a folder");
        let (input, out) = (place.path().join("in"), place.path().join("out"));
        fs::create_dir_all(&input).expect("made");
        let line = |i: usize| format!("{{\"who\":\"030 123456{}\",\"n\":{i}}}\n", 10 + i % 5);
        let lines: String = (0..20).map(line).collect();
        fs::write(input.join("calls.ndjson"), lines).expect("written");
        let bits = if encoding == "uuid" { String::new() } else { format!("bits = {bits},") };
        let policy = format!(
            "version = 1\ndefault = \"deny\"\n[tables.calls.columns]\n\
             who = {{ class = \"direct_identifier\", namespace = \"{namespace}\", kind = \"{kind}\", \
             encoding = \"{encoding}\", {bits} reviewed = true }}\n\
             n = {{ class = \"public\", do = \"keep\", reason = \"a test\", reviewed = true }}\n"
        );
        let policy = Policy::read("policy.toml", &policy, &schemas());
        let policy = policy.unwrap_or_else(|problems| panic!("{problems}"));
        let asked = stage::Asked {
            inputs: &[input],
            out: &out,
            force: false,
            scope_id: None,
            shuffle: None,
            known: &[],
            at: "2026-01-05T00:00:00Z",
        };
        let report = stage::run(&policy, &published(), &asked, &AtomicBool::new(false));
        report.unwrap_or_else(|error| panic!("{error}"));
        let done = erased(&out, &["030 12345612"], &mut |_| Ok(()));
        let done = done.unwrap_or_else(|error| panic!("{kind} {encoding}: {error}"));
        assert_eq!(done.rows["calls"], 4, "{kind} {encoding}");
    }
}

/// What the certificate, the log or a name would keep of a person is found before it is kept.
#[test]
fn the_second_look_sees_names_reasons_and_what_nobody_lists() {
    let place = tempfile::tempdir().expect("a folder");
    let out = made(place.path());
    let key = published();
    let asked = |reason: &'static str| (reason, "2026-02-01T00:00:00Z");
    for reason in ["letter of Ada-0001", "ada-0001"] {
        let (reason, at) = asked(reason);
        let asked = Asked { dir: &out, key: &key, reason, at };
        let told = refused(erased_by(&asked, &["ada-0001"], None, &mut |_| Ok(())));
        assert!(told.contains("the reason names"), "{told}");
    }
    for name in ["ada-0001.txt", "notes-of-others.txt"] {
        fs::write(out.join(name), "of ada-0001, by hand").expect("written");
        if name.starts_with("ada") {
            fs::write(out.join(name), "").expect("written");
        }
        let error = erased(&out, &["ada-0001"], &mut |_| Ok(())).expect_err("left");
        let Error::Left(finds) = error else { panic!("{error}") };
        assert!(!finds[0].path.contains("ada-0001"), "{finds:?}");
        fs::remove_file(out.join(name)).expect("removed");
    }
    assert_eq!((visits(&out), certificates(&out).len()), (60, 0));
    // What has nothing to do with it is in nobody's way.
    fs::create_dir(out.join("certificates")).expect("made");
    fs::write(out.join("certificates/README.md"), "what lies here").expect("written");
    erased(&out, &["ada-0001"], &mut |_| Ok(())).expect("done");
    erased(&out, &["bob-0002"], &mut |_| Ok(())).expect("done");
    let names: Vec<String> = certificates(&out).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["certificates/erasure-0001.json", "certificates/erasure-0002.json"]);
    whole(&out);
}

/// A log that was changed is not gone on with.
#[test]
fn a_broken_log_ends_a_removal() {
    let place = tempfile::tempdir().expect("a folder");
    let out = made(place.path());
    let log = fs::read_to_string(out.join(audit::LOG)).expect("a log");
    fs::write(out.join(audit::LOG), log.replace("visits", "vizits")).expect("written");
    let told = refused(erased(&out, &["ada-0001"], &mut |_| Ok(())));
    assert!(told.contains("the audit log of"), "{told}");
    assert_eq!(visits(&out), 60);
    assert!(!out.join(journal::FOLDER).exists());
}

#[cfg(unix)]
#[test]
fn one_removal_at_a_time_and_none_through_links() {
    let place = tempfile::tempdir().expect("a folder");
    let out = made(place.path());
    let held = Lock::take(&out).expect("free");
    let told = refused(erased(&out, &["ada-0001"], &mut |_| Ok(())));
    assert!(told.contains("another removal"), "{told}");
    let as_of = rows::moment("2026-02-10").expect("a day");
    assert!(retain::due(&out, &schemas(), &policy().retention, as_of).is_err());
    drop(held);
    std::os::unix::fs::symlink("notes", out.join("more")).expect("linked");
    let told = refused(erased(&out, &["ada-0001"], &mut |_| Ok(())));
    assert!(told.contains("neither file nor folder"), "{told}");
}

/// A look that changes nothing recovers nothing: it tells what the next removal does first.
#[test]
fn a_dry_run_leaves_what_was_cut_short() {
    let place = tempfile::tempdir().expect("a folder");
    let out = made(place.path());
    let as_of = rows::moment("2026-02-10").expect("a day");
    let mut seen = Vec::new();
    for stop in ["decide", "move"] {
        let dir = place.path().join(stop);
        copy(&out, &dir);
        let killed = catch_unwind(AssertUnwindSafe(|| {
            erased(&dir, &["ada-0001"], &mut |step| {
                assert!(step != stop, "killed");
                Ok(())
            })
        }));
        assert!(killed.is_err());
        let before: Vec<u64> = tree(&dir);
        let found = retain::due(&dir, &schemas(), &policy().retention, as_of).expect("due");
        seen.push(found.pending);
        assert_eq!(tree(&dir), before);
    }
    assert_eq!(seen, [Pending::Undecided, Pending::Decided]);
}

/// The sizes of all files in a folder, by their names.
fn tree(dir: &Path) -> Vec<u64> {
    let (files, _) = place::below(dir, "nothing").expect("listed");
    files.iter().map(|path| fs::metadata(dir.join(path)).expect("there").len()).collect()
}
