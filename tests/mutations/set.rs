//! A data set that can be broken: its rows as JSON, its manifest kept true.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use serde_json::{Map, Value};
use tempfile::TempDir;
use throng::assets::Assets;
use throng::check::{Ask, Section, check};
use throng::engine::{self, Progress, Run};
use throng::manifest::{File, Manifest, Table};
use throng::read::DataSet;
use throng::scenario::ask::START;
use throng::scenario::{Ask as Scenario, World};
use throng::schema::Schemas;
use throng::sink::Digest;

/// Nobody watches.
struct Unwatched;

impl Progress for Unwatched {
    fn advance(&self, _events: u64) {}
}

static GO_ON: AtomicBool = AtomicBool::new(false);

/// Small, with something of everything in it, in two ranges.
const SCENARIO: &str = "seed = 5\ndays = 14\nevents = \"6K\"\nbudget = \"4K\"\n";

/// A row.
pub(crate) type Row = Map<String, Value>;

/// A data set as made, whole.
pub(crate) struct Made {
    dir: TempDir,
    pub(crate) world: World,
}

impl Made {
    /// Made with that form of output.
    pub(crate) fn new(output: &str) -> Self {
        let ask = Scenario::read("mutations", "mutations.toml", &format!("{SCENARIO}{output}"));
        let request = ask.and_then(|ask| ask.resolve(START)).unwrap_or_else(|p| panic!("{p}"));
        let world = World::build(request, &Assets::embedded()).unwrap_or_else(|p| panic!("{p}"));
        let dir = tempfile::tempdir().expect("a folder");
        let plan = engine::plan(&world, 2, &GO_ON).expect("a plan");
        let run = Run { threads: 2, shard: None };
        let written = engine::generate(&world, &plan, &run, dir.path(), &Unwatched, &GO_ON);
        let written = written.expect("written");
        let schemas: &Schemas = &world.schemas;
        let tables = schemas.tables.iter().map(|table| (table.name.clone(), schemas.digest(table)));
        let manifest = Manifest::new(
            &world.request,
            &world.version,
            None,
            tables,
            written.files,
            written.documents,
        );
        manifest.write(dir.path()).expect("written");
        Self { dir, world }
    }

    /// A copy that may be broken.
    pub(crate) fn copy(&self) -> Set<'_> {
        let dir = tempfile::tempdir().expect("a folder");
        copy(self.dir.path(), dir.path());
        let manifest = Manifest::read(dir.path()).expect("a manifest");
        Set { dir, manifest, made: self }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("made");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("copied");
        }
    }
}

/// A copy of a data set, to be broken.
pub(crate) struct Set<'m> {
    dir: TempDir,
    pub(crate) manifest: Manifest,
    made: &'m Made,
}

impl Set<'_> {
    /// The place of a file.
    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.dir.path().join(file)
    }

    /// The first file of a table.
    pub(crate) fn first_file(&self, table: &str) -> String {
        self.files(table).first().expect("a file").clone()
    }

    fn files(&self, table: &str) -> Vec<String> {
        let found = self.manifest.tables.iter().find(|known| known.name == table);
        found.expect("a table").files.iter().map(|file| file.path.clone()).collect()
    }

    /// All rows of a table, in the order of its files.
    pub(crate) fn rows(&self, table: &str) -> Vec<Row> {
        self.files(table).iter().flat_map(|file| self.read(file)).collect()
    }

    fn read(&self, file: &str) -> Vec<Row> {
        let text = fs::read_to_string(self.path(file)).expect("a file");
        text.lines().map(|line| serde_json::from_str(line).expect("an object")).collect()
    }

    /// Changes rows of a table, file by file; how many were changed, at least one.
    pub(crate) fn change(
        &mut self,
        table: &str,
        mut change: impl FnMut(&mut Row) -> bool,
    ) -> usize {
        let changed =
            self.rewrite(table, |rows| rows.iter_mut().map(&mut change).filter(|x| *x).count());
        assert!(changed > 0, "no row of {table} could be changed");
        changed
    }

    /// Changes the first row of a table that `pick` picks; that row as it was.
    pub(crate) fn change_first(
        &mut self,
        table: &str,
        pick: impl Fn(&Row) -> bool,
        change: impl Fn(&mut Row),
    ) -> Row {
        let mut before = None;
        self.change(table, |row| {
            let hit = before.is_none() && pick(row);
            if hit {
                before = Some(row.clone());
                change(row);
            }
            hit
        });
        before.expect("one was changed")
    }

    /// Changes whole files of a table; what the changes add up to.
    pub(crate) fn rewrite(
        &mut self,
        table: &str,
        mut change: impl FnMut(&mut Vec<Row>) -> usize,
    ) -> usize {
        let mut changed = 0;
        for file in self.files(table) {
            let mut rows = self.read(&file);
            let of_file = change(&mut rows);
            if of_file > 0 {
                let lines = rows.iter().map(|row| serde_json::to_string(row).expect("JSON") + "\n");
                fs::write(self.path(&file), lines.collect::<String>()).expect("written");
                self.state(table, &file, Some(&rows));
            }
            changed += of_file;
        }
        changed
    }

    /// Makes the manifest say what a file is now.
    pub(crate) fn state(&mut self, table: &str, file: &str, rows: Option<&[Row]>) {
        let bytes = fs::read(self.path(file)).expect("a file");
        let mut digest = Digest::new(Vec::new());
        std::io::Write::write_all(&mut digest, &bytes).expect("held");
        let (bytes, sha256) = digest.finish();
        let sorted = self.made.world.schemas.table(table).expect("a table").sorted_by.first();
        let entry = self.entry(file);
        (entry.bytes, entry.sha256, entry.blake3) = (bytes, sha256, String::new());
        if let Some(rows) = rows {
            entry.rows = rows.len() as u64;
            let time = |row: Option<&Row>| Some(row?[sorted?.as_str()].as_str()?.to_owned());
            (entry.min_time, entry.max_time) = (time(rows.first()), time(rows.last()));
        }
        self.manifest.tables.iter_mut().for_each(Table::settle);
    }

    /// What the manifest says of a file.
    pub(crate) fn entry(&mut self, file: &str) -> &mut File {
        let files = self.manifest.tables.iter_mut().flat_map(|table| &mut table.files);
        files.into_iter().find(|entry| entry.path == file).expect("a listed file")
    }

    /// By check: whether it fails, and how it is told.
    pub(crate) fn failures(&mut self) -> BTreeMap<&'static str, String> {
        self.failures_of(&crate::FAMILIES_HERE)
    }

    /// The same, of those families.
    pub(crate) fn failures_of(&mut self, families: &[&str]) -> BTreeMap<&'static str, String> {
        let failing = self.checked(families).into_iter().filter(throng::check::Verdict::fails);
        failing.map(|verdict| (verdict.check.id, format!("{:?}", verdict.evidence))).collect()
    }

    /// All that is found of those families.
    pub(crate) fn checked(&mut self, families: &[&str]) -> Vec<throng::check::Verdict> {
        self.manifest.write(self.dir.path()).expect("written");
        let data = DataSet::open(self.dir.path()).expect("a data set");
        let only = families.iter().map(|name| (*name).to_owned()).collect();
        let ask = Ask { only, world: Ok(&self.made.world), reference: None, twin: None };
        let sections = check(&data, &self.made.world.schemas, &ask, &Unwatched, &GO_ON);
        let sections: Vec<Section> = sections.expect("checked");
        sections.into_iter().flat_map(|section| section.verdicts).collect()
    }

    /// Writes a table anew, as one file.
    pub(crate) fn write(&mut self, table: &str, rows: &[Row]) {
        let path = format!("{table}/part-00000.ndjson");
        let folder = self.path(&path).parent().expect("a folder").to_owned();
        fs::create_dir_all(folder).expect("made");
        let lines = rows.iter().map(|row| serde_json::to_string(row).expect("JSON") + "\n");
        fs::write(self.path(&path), lines.collect::<String>()).expect("written");
        let entry = self.manifest.tables.iter_mut().find(|known| known.name == table);
        let file = File {
            path: path.clone(),
            rows: 0,
            bytes: 0,
            sha256: String::new(),
            blake3: String::new(),
            min_time: None,
            max_time: None,
        };
        entry.expect("a table").files = vec![file];
        self.state(table, &path, Some(rows));
    }
}

/// The text of a column; empty where there is none.
pub(crate) fn text<'r>(row: &'r Row, column: &str) -> &'r str {
    row.get(column).and_then(Value::as_str).unwrap_or_default()
}

/// The number of a column; 0 where there is none.
pub(crate) fn number(row: &Row, column: &str) -> f64 {
    row.get(column).and_then(Value::as_f64).unwrap_or_default()
}

/// Adds to an amount.
pub(crate) fn add_cents(row: &mut Row, column: &str, cents: i64) {
    let sum = (number(row, column) * 100.0).round() as i64 + cents;
    set(row, column, sum as f64 / 100.0);
}

/// Adds to an integer.
pub(crate) fn add(row: &mut Row, column: &str, more: i64) {
    let sum = row[column].as_i64().expect("an integer") + more;
    set(row, column, sum);
}

/// Moves a moment by seconds.
pub(crate) fn delay(row: &mut Row, column: &str, seconds: i64) {
    let time: jiff::Timestamp = text(row, column).parse().expect("a moment");
    let time = time + jiff::SignedDuration::from_secs(seconds);
    set(row, column, format!("{time:.6}"));
}

/// Sets a column.
pub(crate) fn set(row: &mut Row, column: &str, value: impl Into<Value>) {
    row.insert(column.to_owned(), value.into());
}
