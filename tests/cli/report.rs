//! The page of a data set, from the outside.

use std::fs;
use std::path::Path;

use super::{names, run, told};

const SMALL: [&str; 5] = ["generate", "development", "--quiet", "--out", "set"];

fn made(dir: &Path) {
    assert_eq!(told(&run(dir, &SMALL)), "\nexit code 0");
}

/// For a data set, one page beside it, the same bytes every time, and the data set as it was.
#[test]
fn a_page_stands_beside_its_data_set() {
    let dir = tempfile::tempdir().expect("a folder");
    made(dir.path());
    let before = names(&dir.path().join("set"));
    let output = run(dir.path(), &["report", "set"]);
    assert!(told(&output).starts_with("wrote set.report.html ("), "{}", told(&output));
    assert!(told(&output).ends_with("exit code 0"), "{}", told(&output));
    let page = dir.path().join("set.report.html");
    let first = fs::read_to_string(&page).expect("a page");
    for words in
        ["Sample journeys", "Coverage", "Long tails", "<figure id=\"week\">", "class=\"verdict\""]
    {
        assert!(first.contains(words), "{words}");
    }
    assert!(first.len() < 1_500_000, "{}", first.len());
    assert_eq!(run(dir.path(), &["report", "set", "--quiet"]).status.code(), Some(0));
    assert!(
        fs::read_to_string(&page).expect("a page") == first,
        "the same data set, the same page"
    );
    assert_eq!(names(dir.path()), ["set", "set.report.html"]);
    assert_eq!(names(&dir.path().join("set")), before);
}

/// Whatever tables there are, a page says what they tell.
#[test]
fn a_part_of_a_data_set_has_a_page_too() {
    let dir = tempfile::tempdir().expect("a folder");
    for tables in ["events", "users", "sessions,devices"] {
        let set = [
            "generate",
            "development",
            "--quiet",
            "--force",
            "--out",
            "set",
            "--format",
            "ndjson",
            "--tables",
            tables,
        ];
        assert_eq!(run(dir.path(), &set).status.code(), Some(0));
        let output = run(dir.path(), &["report", "set", "--no-check"]);
        assert_eq!(output.status.code(), Some(0), "{tables}: {}", told(&output));
        let page = fs::read_to_string(dir.path().join("set.report.html")).expect("a page");
        assert!(page.contains("The checks were not run"), "{tables}");
        assert_eq!(page.contains("id=\"volume\""), tables == "events", "{tables}");
    }
}

/// A page says what of its data set could not be read, with checks and without.
#[test]
fn what_cannot_be_read_is_told_on_the_page() {
    let dir = tempfile::tempdir().expect("a folder");
    made(dir.path());
    let file = dir.path().join("set/sessions/part-00000.parquet");
    let bytes = fs::read(&file).expect("read");
    fs::write(&file, &bytes[..bytes.len() / 2]).expect("written");
    for args in [&["report", "set", "--no-check"][..], &["report", "set"]] {
        let output = told(&run(dir.path(), args));
        assert!(output.contains("1 of its files and lines cannot be read"), "{output}");
        let page = fs::read_to_string(dir.path().join("set.report.html")).expect("a page");
        assert!(page.contains("What could not be read"), "{args:?}");
        assert!(page.contains("sessions/part-00000.parquet"), "{args:?}");
    }
}

#[test]
fn what_cannot_be_reported_has_its_message() {
    let dir = tempfile::tempdir().expect("a folder");
    fs::create_dir(dir.path().join("empty")).expect("made");
    fs::create_dir(dir.path().join("broken")).expect("made");
    fs::write(dir.path().join("broken/manifest.json"), "{").expect("written");
    made(dir.path());
    fs::write(dir.path().join("thesis.html"), "years of work").expect("written");
    let cases: [(&str, &[&str]); 9] = [
        ("absent", &["report", "absent"]),
        ("empty", &["report", "empty"]),
        ("broken", &["report", "broken"]),
        ("foreign", &["report", "set", "--out", "thesis.html"]),
        ("inside", &["report", "set", "--out", "set/page.html"]),
        ("folder", &["report", "set", "--out", "empty"]),
        ("no_folder", &["report", "set", "--out", "none/page.html"]),
        ("stdout", &["report", "set", "--out", "-"]),
        ("models", &["report", "set", "--models", "absent"]),
    ];
    for (name, args) in cases {
        let output = run(dir.path(), args);
        assert_eq!(output.status.code(), Some(2), "{name}: {}", told(&output));
        insta::assert_snapshot!(format!("report_{name}"), told(&output));
    }
    assert!(!dir.path().join("none").exists());
    assert_eq!(fs::read_to_string(dir.path().join("thesis.html")).expect("read"), "years of work");
    assert_eq!(
        run(
            dir.path(),
            &["report", "set", "--no-check", "--quiet", "--force", "--out", "thesis.html"]
        )
        .status
        .code(),
        Some(0)
    );
    assert!(
        fs::read_to_string(dir.path().join("thesis.html"))
            .expect("read")
            .starts_with("<!doctype html>")
    );
}
