//! What a run keeps for later ones, and that nothing but time hangs on it.

use std::fs;
use std::path::Path;

use super::{names, throng, told};

/// The manifest of a small data set, made with that cache.
fn made(dir: &Path, cache: &str, set: &str) -> Vec<u8> {
    // People who are there for coverage are no part of the pilot, and must come back after it.
    let people = ["--days", "2", "--users", "40", "--coverage", "1"];
    let args = [&["generate", "development", "--quiet", "--out", set][..], &people].concat();
    let output = throng(dir).env("THRONG_CACHE", cache).args(args).output().expect("it runs");
    assert_eq!(told(&output), "\nexit code 0");
    fs::read(dir.join(set).join("manifest.json")).expect("a manifest")
}

/// For all caches, there or not, sound or spoilt: the same bytes.
#[test]
fn the_cache_moves_no_byte() {
    let dir = tempfile::tempdir().expect("a folder");
    let without = made(dir.path(), "", "without");
    assert_eq!(names(dir.path()), ["without"], "nothing is kept");
    assert_eq!(made(dir.path(), "cache", "first"), without);
    let kept = names(&dir.path().join("cache"));
    assert!(kept.len() == 1 && kept[0].starts_with("calibration-"), "{kept:?}");
    let file = dir.path().join("cache").join(&kept[0]);
    let sound = fs::read_to_string(&file).expect("text");
    assert_eq!(made(dir.path(), "cache", "second"), without);
    assert_eq!(fs::read_to_string(&file).expect("text"), sound, "it is only read");
    let half = &sound[..sound.len() / 2];
    let altered = sound.replacen(':', ": ", 1);
    for (set, spoilt) in [("empty", ""), ("half", half), ("altered", &altered)] {
        fs::write(&file, spoilt).expect("written");
        assert_eq!(made(dir.path(), "cache", set), without, "{set}");
        assert_eq!(fs::read_to_string(&file).expect("text"), sound, "{set}: it is mended");
    }
}

/// A cache that cannot be written to is none.
#[test]
fn an_unwritable_cache_is_no_failure() {
    let dir = tempfile::tempdir().expect("a folder");
    fs::write(dir.path().join("file"), "").expect("written");
    made(dir.path(), "file/cache", "set");
    assert_eq!(names(dir.path()), ["file", "set"]);
}

/// A calibration that is found is believed: that is what makes it worth keeping.
#[test]
fn another_seed_uses_what_was_kept() {
    let dir = tempfile::tempdir().expect("a folder");
    for seed in ["1", "2"] {
        let args = ["plan", "development", "--seed", seed, "--users", "10", "--json"];
        let output = throng(dir.path()).env("THRONG_CACHE", "cache").args(args).output();
        assert_eq!(output.expect("it runs").status.code(), Some(0));
        assert_eq!(names(&dir.path().join("cache")).len(), 1);
    }
}
