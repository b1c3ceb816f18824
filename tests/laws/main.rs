//! Laws: what holds for all data sets. Each test's doc comment states its law.
//!
//! The tests go through the library: a request becomes a world, a world a plan, a plan files in a folder of its own.

mod alone;
mod anomalies;
mod answers;
mod bytes;
mod coverage;
mod exact;
mod fingerprints;
mod giveaways;
mod groups;
mod imports;
mod journal;
mod keys;
mod overlays;
mod rates;
mod rhythm;
mod size;
mod windows;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use serde_json::Value;
use tempfile::TempDir;
use throng::assets::Assets;
use throng::engine::{self, Progress, Run};
use throng::event::journal::Journal;
use throng::manifest::{Document, FileEntry};
use throng::scenario::ask::START;
use throng::scenario::slices::Slices;
use throng::scenario::{Ask, Plan, World};
use throng::sink::Digest;

/// Nobody watches.
struct Unwatched;

impl Progress for Unwatched {
    fn advance(&self, _events: u64) {}
}

/// Nobody cancels.
static GO_ON: AtomicBool = AtomicBool::new(false);

/// The world of a scenario file's text.
fn world_of(scenario: &str, assets: &Assets) -> World {
    let ask = Ask::read("laws", "laws.toml", scenario);
    let request = ask.and_then(|ask| ask.resolve(START));
    let world = request.and_then(|request| World::build(request, assets));
    world.unwrap_or_else(|problems| panic!("{problems}"))
}

/// The world of a scenario file's text, of what ships. Its rates are about met: most laws do not ask for more.
fn world(scenario: &str) -> World {
    world_of(scenario, &Assets::embedded())
}

/// The same with its rates met.
fn calibrated(scenario: &str) -> World {
    let mut world = world(scenario);
    let found = engine::calibrate(&mut world, 2, &GO_ON);
    found.unwrap_or_else(|error| panic!("{error:?}"));
    world
}

/// What ships, with files of one's own, each by its path in `--models DIR`.
fn overlaid(files: &[(&str, &str)]) -> Assets {
    let dir = tempfile::tempdir().expect("a folder");
    for (path, text) in files {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        fs::write(path, text).expect("written");
    }
    Assets::embedded().overlay(dir.path()).unwrap_or_else(|problems| panic!("{problems}"))
}

/// The text of a file that ships, by its home.
fn shipped(home: &str) -> String {
    Assets::embedded().file(home).unwrap_or_else(|| panic!("{home} ships")).text
}

/// A data set on disk.
struct DataSet {
    dir: TempDir,
    entries: Vec<FileEntry>,
    documents: Vec<Document>,
}

impl DataSet {
    /// Writes the world's files, or a shard of them.
    fn make(world: &World, threads: usize, shard: Option<(u32, u32)>) -> Self {
        let plan = plan(world);
        let dir = tempfile::tempdir().expect("a folder");
        let run = Run { threads, shard };
        let written = engine::generate(world, &plan, &run, dir.path(), &Unwatched, &GO_ON);
        let written = written.expect("written");
        Self { entries: written.files, documents: written.documents, dir }
    }

    /// SHA-256 by path, of all that is there.
    fn digests(&self) -> BTreeMap<String, String> {
        let digest = |path: String| {
            let digest = sha256(&self.bytes(&path));
            (path, digest)
        };
        files_under(self.dir.path()).into_iter().map(digest).collect()
    }

    /// The bytes of a file.
    fn bytes(&self, path: &str) -> Vec<u8> {
        fs::read(self.dir.path().join(path)).expect("a file")
    }

    /// The rows of a table written as NDJSON without compression, file after file.
    fn rows(&self, table: &str) -> Vec<Value> {
        let of_table = self.entries.iter().filter(|entry| entry.table == table);
        let text = of_table.map(|entry| String::from_utf8(self.bytes(&entry.path)).expect("text"));
        let text: String = text.collect();
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }
}

/// The SHA-256 of bytes.
fn sha256(bytes: &[u8]) -> String {
    let mut digest = Digest::new(std::io::sink());
    std::io::Write::write_all(&mut digest, bytes).expect("taken");
    digest.finish().1
}

/// The plan of a world.
fn plan(world: &World) -> Plan {
    engine::plan(world, 2, &GO_ON).expect("a plan")
}

/// What those users do.
fn simulate(world: &World, slices: Slices, users: std::ops::Range<u64>) -> Vec<Journal> {
    engine::simulate(world, slices, users, &Unwatched, &GO_ON).expect("simulated")
}

/// Every file under a folder, by its path within.
fn files_under(root: &Path) -> Vec<String> {
    fn walk(root: &Path, dir: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(dir).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                walk(root, &path, found);
            } else {
                let inner = path.strip_prefix(root).expect("below");
                found.push(inner.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    let mut found = Vec::new();
    walk(root, root, &mut found);
    found.sort();
    found
}
