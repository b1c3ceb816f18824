//! What stands on disk after a run, and after one that was cut short.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::{names, run, throng, told};

const SMALL: [&str; 5] = ["generate", "development", "--quiet", "--out", "set"];

#[test]
fn a_data_set_that_is_there_is_replaced_only_by_force() {
    let dir = tempfile::tempdir().expect("a folder");
    assert_eq!(told(&run(dir.path(), &SMALL)), "\nexit code 0");
    let manifest = dir.path().join("set/manifest.json");
    let first = fs::read(&manifest).expect("a manifest");
    insta::assert_snapshot!(told(&run(dir.path(), &SMALL)), @r"
    error: set holds a data set already
      help: use --force to replace it, or --out for another folder
    exit code 2
    ");
    let other = run(dir.path(), &[&SMALL[..], &["--force", "--seed", "7"]].concat());
    assert_eq!(other.status.code(), Some(0), "{}", told(&other));
    assert_ne!(fs::read(&manifest).expect("a manifest"), first);
    assert_eq!(names(dir.path()), ["set"]);
}

#[test]
fn what_is_no_data_set_is_never_removed() {
    let dir = tempfile::tempdir().expect("a folder");
    fs::create_dir(dir.path().join("set")).expect("made");
    fs::write(dir.path().join("set/thesis.doc"), "years of work").expect("written");
    let output = run(dir.path(), &[&SMALL[..], &["--force"]].concat());
    insta::assert_snapshot!(told(&output), @r"
    error: set is not empty and is no data set of ours: it has no manifest.json
      help: use --out for another folder; --force replaces data sets only
    exit code 2
    ");
    assert_eq!(names(&dir.path().join("set")), ["thesis.doc"]);
}

#[test]
fn an_output_that_cannot_be_written_is_a_failure_of_the_run() {
    let dir = tempfile::tempdir().expect("a folder");
    fs::write(dir.path().join("file"), "").expect("written");
    let output = run(dir.path(), &["generate", "development", "--out", "file/set"]);
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    assert!(told(&output).starts_with("error: cannot make the folder"), "{}", told(&output));
}

/// Begins a run that takes long, and waits until it has begun to write.
fn begin(dir: &Path) -> Child {
    let mut command = throng(dir);
    command.args(["generate", "performance", "--quiet", "--out", "set"]);
    let child = command.stderr(Stdio::null()).spawn().expect("the program runs");
    let patience = Instant::now() + Duration::from_secs(60);
    while names(dir).is_empty() {
        assert!(Instant::now() < patience, "no run has begun");
        std::thread::sleep(Duration::from_millis(10));
    }
    child
}

#[test]
fn a_killed_run_leaves_nothing_under_the_name_and_the_next_clears_up() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut child = begin(dir.path());
    child.kill().expect("killed");
    child.wait().expect("dead");
    let left = names(dir.path());
    assert!(left.len() == 1 && left[0].starts_with(".set.partial-"), "{left:?}");
    assert_eq!(told(&run(dir.path(), &SMALL)), "\nexit code 0");
    if Path::new("/proc/self").exists() {
        assert_eq!(names(dir.path()), ["set"]);
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_run_with_130_and_leaves_nothing() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut child = begin(dir.path());
    // The handler is set right after the folder is made.
    std::thread::sleep(Duration::from_millis(200));
    let pid = child.id().to_string();
    Command::new("kill").args(["-INT", &pid]).status().expect("the signal is sent");
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
    assert!(names(dir.path()).is_empty());
}

/// For all shards of a data set, joined they are the data set of one run, byte for byte.
#[test]
fn joined_shards_are_the_whole() {
    let dir = tempfile::tempdir().expect("a folder");
    let base = ["generate", "development", "--quiet", "--out"];
    for shard in ["0/3", "1/3", "2/3"] {
        let output = run(dir.path(), &[&base[..], &["parts", "--shard", shard]].concat());
        assert_eq!(told(&output), "\nexit code 0");
    }
    let join = run(dir.path(), &["join", "parts", "--quiet"]);
    assert_eq!(told(&join), "\nexit code 0");
    run(dir.path(), &[&base[..], &["whole"]].concat());
    let read = |set: &str| fs::read(dir.path().join(set).join("manifest.json")).expect("read");
    assert_eq!(read("parts"), read("whole"));
    assert_eq!(names(&dir.path().join("parts")), names(&dir.path().join("whole")));
}

/// For any number of threads, and for everybody who asks for nothing else, the same bytes.
#[test]
fn the_same_request_gives_the_same_bytes() {
    let dir = tempfile::tempdir().expect("a folder");
    let manifests = ["1", "2", "7"].map(|threads| {
        let base = ["generate", "development", "--quiet", "--threads", threads, "--out", threads];
        assert_eq!(told(&run(dir.path(), &base)), "\nexit code 0");
        fs::read(dir.path().join(threads).join("manifest.json")).expect("read")
    });
    assert!(manifests.iter().all(|manifest| *manifest == manifests[0]));
}

/// What programs are told is what the manifest says, and nothing else is on standard output.
#[test]
fn the_summary_for_programs_agrees_with_the_manifest() {
    let dir = tempfile::tempdir().expect("a folder");
    let output = run(dir.path(), &["generate", "development", "--json", "--seed", "random"]);
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let path = dir.path().join("output/development/manifest.json");
    let manifest: serde_json::Value =
        serde_json::from_slice(&fs::read(path).expect("read")).expect("JSON");
    assert_eq!(said["seed"], manifest["seed"]);
    let drawn = format!("drew the seed {}\n", manifest["seed"]);
    assert_eq!(String::from_utf8_lossy(&output.stderr), drawn);
    let rows = |tables: &serde_json::Value| -> Vec<(String, u64)> {
        let row = |table: &serde_json::Value| (table["name"].to_string(), table["rows"].as_u64());
        let tables = tables.as_array().expect("tables").iter().map(row);
        tables.map(|(name, rows)| (name, rows.expect("rows"))).collect()
    };
    assert_eq!(rows(&said["tables"]), rows(&manifest["tables"]));
}

/// A data set can be made again from what its manifest says was asked for.
#[test]
fn the_resolved_scenario_makes_the_data_set_again() {
    let dir = tempfile::tempdir().expect("a folder");
    let asked = ["generate", "development", "--quiet", "--out"];
    let flags = ["first", "--seed", "7", "--start", "now-3d", "--days", "3", "--users", "50"];
    assert_eq!(told(&run(dir.path(), &[&asked[..], &flags].concat())), "\nexit code 0");
    let read = |set: &str| fs::read(dir.path().join(set).join("manifest.json")).expect("read");
    let manifest: serde_json::Value = serde_json::from_slice(&read("first")).expect("JSON");
    let toml = manifest["scenario"]["toml"].as_str().expect("a scenario");
    fs::write(dir.path().join("again.toml"), toml).expect("written");
    let again = ["generate", "again.toml", "--quiet", "--out", "second"];
    assert_eq!(told(&run(dir.path(), &again)), "\nexit code 0");
    assert_eq!(read("first"), read("second"));
}
