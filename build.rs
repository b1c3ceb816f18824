//! The data folders are embedded, so a change in them is a change of the program. So is a change of the code: what earlier builds
//! kept for later runs must not be taken for this one's.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;

fn main() {
    for folder in ["personas", "schemas", "scenarios", "src", "Cargo.lock"] {
        println!("cargo::rerun-if-changed={folder}");
    }
    let mut hasher = DefaultHasher::new();
    digest(Path::new("src"), &mut hasher);
    // Packages are built without a lock file of ours.
    fs::read("Cargo.lock").unwrap_or_default().hash(&mut hasher);
    println!("cargo::rustc-env=THRONG_BUILD={:016x}", hasher.finish());
}

/// Takes in every file of a folder, in order of their names.
fn digest(folder: &Path, hasher: &mut DefaultHasher) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            digest(&path, hasher);
        } else {
            path.hash(hasher);
            fs::read(&path).unwrap_or_default().hash(hasher);
        }
    }
}
