//! What a mistake is answered with.

use std::fs;
use std::path::Path;

use super::{run, told};

/// For every scenario in `tests/fixtures/bad`, the message and exit code 2.
#[test]
fn every_bad_scenario_has_its_message() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/bad");
    for name in super::names(&folder) {
        let output = run(&folder, &["plan", &format!("./{name}")]);
        assert_eq!(output.status.code(), Some(2), "{name}: {}", told(&output));
        let stem = name.trim_end_matches(".toml");
        insta::assert_snapshot!(format!("bad_{stem}"), told(&output));
    }
}

#[test]
fn every_bad_flag_has_its_message() {
    let cases: [(&str, &[&str]); 14] = [
        ("unknown_scenario", &["plan", "quickstrat"]),
        ("unknown_scenario_far", &["plan", "banana"]),
        ("absent_file", &["plan", "./absent.toml"]),
        ("negative_users", &["plan", "--users", "-5"]),
        ("both_sizes", &["plan", "--users", "5", "--events", "5"]),
        ("fraction", &["plan", "--events", "1.5"]),
        ("impossible_date", &["plan", "--start", "2026-02-30"]),
        ("part_of_a_day", &["plan", "--days", "12h"]),
        ("seed", &["plan", "--seed", "lucky"]),
        ("format", &["plan", "--format", "csv"]),
        ("compression", &["plan", "--format", "ndjson", "--compression", "snapy"]),
        ("table", &["plan", "--tables", "users,evnts"]),
        ("shard", &["generate", "--shard", "4/4"]),
        ("threads", &["generate", "--threads", "0"]),
    ];
    let dir = tempfile::tempdir().expect("a folder");
    for (name, args) in cases {
        let output = run(dir.path(), args);
        assert_eq!(output.status.code(), Some(2), "{name}: {}", told(&output));
        insta::assert_snapshot!(format!("flag_{name}"), told(&output));
    }
    assert!(super::names(dir.path()).is_empty(), "a mistake leaves nothing behind");
}

#[test]
fn a_scenario_is_begun_once() {
    let dir = tempfile::tempdir().expect("a folder");
    assert_eq!(run(dir.path(), &["init", "shop.toml"]).status.code(), Some(0));
    fs::write(dir.path().join("shop.toml"), "mine").expect("written");
    let output = run(dir.path(), &["init", "shop.toml"]);
    insta::assert_snapshot!(told(&output), @r"
    error: shop.toml exists already
      help: give the path of a new file
    exit code 2
    ");
    assert_eq!(fs::read_to_string(dir.path().join("shop.toml")).expect("read"), "mine");
}

/// A reader that has seen enough is no failure.
#[test]
fn a_closed_pipe_is_success() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut command = super::throng(dir.path());
    let mut child = command
        .args(["completions", "bash"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("the program runs");
    drop(child.stdout.take());
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
}
