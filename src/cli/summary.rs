//! What a run has written: for people a table and what to try next, for programs one line of JSON.

use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use serde::Serialize;
use throng::manifest::{Document, Manifest, Shard};

use super::args::shell;
use super::human;
use super::style::{DIM, GOOD, HEADING};
use super::table::Table;

/// What was written, and how fast.
pub(crate) struct Summary<'a> {
    /// The manifest.
    pub(crate) manifest: &'a Manifest,
    /// The data set's folder.
    pub(crate) dir: &'a Path,
    /// How long it took; none where nobody cares.
    pub(crate) took: Option<Duration>,
}

#[derive(Serialize)]
struct Json<'a> {
    dir: &'a Path,
    dataset_version: &'a str,
    scenario: &'a str,
    seed: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    shard: Option<Shard>,
    events: u64,
    rows: u64,
    files: usize,
    bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    events_per_second: Option<f64>,
    tables: Vec<JsonTable<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    documents: Vec<JsonDocument<'a>>,
}

#[derive(Serialize)]
struct JsonTable<'a> {
    name: &'a str,
    rows: u64,
    files: usize,
    bytes: u64,
}

#[derive(Serialize)]
struct JsonDocument<'a> {
    path: &'a str,
    bytes: u64,
}

impl Summary<'_> {
    fn events(&self) -> u64 {
        self.manifest.rows("events")
    }

    fn per_second(&self) -> Option<f64> {
        let seconds = self.took?.as_secs_f64();
        (seconds > 0.0 && self.events() > 0).then(|| self.events() as f64 / seconds)
    }

    /// Prints one line of JSON.
    ///
    /// # Errors
    /// The writer's.
    pub(crate) fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        let tables: Vec<JsonTable<'_>> = self
            .manifest
            .tables
            .iter()
            .map(|table| JsonTable {
                name: &table.name,
                rows: table.rows,
                files: table.files.len(),
                bytes: table.bytes,
            })
            .collect();
        let documents: Vec<JsonDocument<'_>> = self
            .manifest
            .documents
            .iter()
            .map(|document| JsonDocument { path: &document.path, bytes: document.bytes })
            .collect();
        let json = Json {
            dir: self.dir,
            dataset_version: &self.manifest.dataset_version,
            scenario: &self.manifest.scenario.name,
            seed: self.manifest.seed,
            shard: self.manifest.shard,
            events: self.events(),
            rows: tables.iter().map(|table| table.rows).sum(),
            files: tables.iter().map(|table| table.files).sum::<usize>() + documents.len(),
            bytes: tables.iter().map(|table| table.bytes).sum::<u64>()
                + documents.iter().map(|document| document.bytes).sum::<u64>(),
            seconds: self.took.map(|took| took.as_secs_f64()),
            events_per_second: self.per_second(),
            tables,
            documents,
        };
        serde_json::to_writer(&mut *out, &json)?;
        writeln!(out)
    }

    /// Prints a table for people.
    ///
    /// # Errors
    /// The writer's.
    pub(crate) fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        let tables = &self.manifest.tables;
        let documents = &self.manifest.documents;
        let row = |name: &str, rows: u64, files: usize, bytes: u64| {
            [name.to_owned(), human::count(rows), human::count(files as u64), human::bytes(bytes)]
        };
        // A document has no rows.
        let alone = |document: &Document| {
            let name = document.path.split('.').next().unwrap_or_default();
            [name.to_owned(), String::new(), human::count(1), human::bytes(document.bytes)]
        };
        let table = Table {
            head: ["table", "rows", "files", "size"],
            rows: tables
                .iter()
                .map(|table| row(&table.name, table.rows, table.files.len(), table.bytes))
                .chain(documents.iter().map(alone))
                .collect(),
            total: row(
                "total",
                tables.iter().map(|table| table.rows).sum(),
                tables.iter().map(|table| table.files.len()).sum::<usize>() + documents.len(),
                tables.iter().map(|table| table.bytes).sum::<u64>()
                    + documents.iter().map(|document| document.bytes).sum::<u64>(),
            ),
        };
        writeln!(out, "{GOOD}wrote{GOOD:#} {HEADING}{}{HEADING:#}", self.dir.display())?;
        writeln!(out, "{DIM}{}{DIM:#}\n", self.identity())?;
        table.print(out)?;
        if let Some(took) = self.took {
            write!(
                out,
                "\n{} in {}",
                human::plural(self.events(), "event"),
                human::duration(took)
            )?;
            if let Some(rate) = self.per_second() {
                write!(out, ", {} events/s", human::rate(rate))?;
            }
            writeln!(out)?;
        }
        Ok(())
    }

    fn identity(&self) -> String {
        let manifest = self.manifest;
        let shard = manifest.shard.map_or_else(String::new, |Shard { index, count }| {
            format!(", shard {index} of {count}")
        });
        let (name, seed) = (&manifest.scenario.name, manifest.seed);
        let version: String = manifest.dataset_version.chars().take(12).collect();
        format!("scenario {name}, seed {seed}{shard}, version {version}")
    }

    /// A query to try: on the events, or on the first table that has rows.
    pub(crate) fn query(&self) -> Option<String> {
        let tables = &self.manifest.tables;
        let table = tables
            .iter()
            .find(|table| table.name == "events" && table.rows > 0)
            .or_else(|| tables.iter().find(|table| table.rows > 0))?;
        let path = Path::new(&table.files.first()?.path);
        let name = path.file_name()?.to_string_lossy().into_owned();
        let extension = name.split_once('.')?.1.to_owned();
        let glob = format!("{}/{}/**/*.{extension}", self.dir.display(), table.name);
        let reader = if extension == "parquet" { "read_parquet" } else { "read_json_auto" };
        let source = format!("{reader}('{}')", glob.replace('\'', "''"));
        let query = if table.name == "events" {
            format!("SELECT event_name, count(*) AS n FROM {source} GROUP BY ALL ORDER BY n DESC")
        } else {
            format!("SELECT * FROM {source} LIMIT 10")
        };
        Some(format!("duckdb -c {}", double_quoted(&query)))
    }
}

/// A text as a shell reads it back, between double quotes where that can be, since SQL is full of single ones.
fn double_quoted(text: &str) -> String {
    if text.contains(['"', '$', '`', '\\', '!']) { shell(text) } else { format!("\"{text}\"") }
}

/// Prints commands to try next.
///
/// # Errors
/// The writer's.
pub(crate) fn try_next(out: &mut dyn Write, commands: &[String]) -> io::Result<()> {
    writeln!(out, "\n{HEADING}Try next{HEADING:#}")?;
    commands.iter().try_for_each(|command| writeln!(out, "  {command}"))
}
