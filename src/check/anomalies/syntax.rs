//! Lines and files by themselves: JSON, its framing, and what holds the rows together.

use std::collections::BTreeMap;

use super::{Kind, check_of, checks};
use crate::check::pass::Seen;
use crate::check::{Check, Context, EventBatch, Misfit, Observer, Rows, Tally, Verdict, Wants};
use crate::read::{Ill, What};
use crate::schema::Table;

/// The kinds.
pub(super) const KINDS: [Kind; 10] = [
    Kind::new(
        "anomalies.json_truncated",
        &[],
        &[],
        "No line ends before its object does.",
        "A row is lost, or the whole file with it.",
    ),
    Kind::new(
        "anomalies.json_malformed",
        &[],
        &[],
        "Every line keeps to the grammar of RFC 8259.",
        "Parsers refuse the line, or repair it each in its own way.",
    ),
    Kind::new(
        "anomalies.json_bad_utf8",
        &[],
        &[],
        "Every line is UTF-8.",
        "Some parsers refuse the line, others put marks where letters were.",
    ),
    Kind::new(
        "anomalies.json_number",
        &[],
        &[],
        "Every number is one that a double holds: finite, and whole ones up to 2^53.",
        "Parsers round, refuse or overflow.",
    ),
    Kind::new(
        "anomalies.json_dup_key",
        &[],
        &[],
        "No key stands twice in an object.",
        "Parsers disagree about which of them counts.",
    ),
    Kind::new(
        "anomalies.json_control_text",
        &[],
        &[],
        "No text has NUL, half a surrogate pair or a byte-order mark.",
        "Databases refuse NUL; half a pair cannot be written as UTF-8.",
    ),
    Kind::new(
        "anomalies.line_framing",
        &[],
        &[],
        "A line is one object and a line feed.",
        "Two objects in a line are one record to some readers and none to others.",
    ),
    Kind::new(
        "anomalies.oversize_record",
        &[],
        &[],
        "No text or JSON object is longer than its column allows.",
        "Brokers and collectors refuse what is over their limit.",
    ),
    Kind::new(
        "anomalies.file_damaged",
        &[],
        &["files.rows"],
        "Every file opens and can be read to its end.",
        "A cut footer or a zeroed page takes all rows of the file along.",
    ),
    Kind::new(
        "anomalies.schema_drift",
        &[],
        &[],
        "Every file has the declared columns and no other.",
        "Pipelines are built against the schema, not against the file that came first.",
    ),
];

/// The checks.
pub(super) static CHECKS: [Check; KINDS.len()] = checks(&KINDS);

/// What is wrong with a line, kind by kind.
const LINES: [(Ill, &str); 7] = [
    (Ill::Truncated, "anomalies.json_truncated"),
    (Ill::Malformed, "anomalies.json_malformed"),
    (Ill::Utf8, "anomalies.json_bad_utf8"),
    (Ill::Number, "anomalies.json_number"),
    (Ill::Twice, "anomalies.json_dup_key"),
    (Ill::Control, "anomalies.json_control_text"),
    (Ill::Framing, "anomalies.line_framing"),
];

/// Values of a column of a file that are of another type for it to be the column that is.
const AGAIN: usize = 8;

/// Looks at what was noted of lines and files on the way, and at which columns files of lines lack altogether.
#[derive(Default)]
pub(super) struct Syntax {
    /// By file and column: how many rows have a value of its type.
    held: BTreeMap<String, BTreeMap<String, u64>>,
}

impl Syntax {
    fn take(&mut self, rows: &Rows<'_>) {
        if rows.is_empty() || crate::read::is_parquet(rows.path().as_ref()) {
            return;
        }
        let columns = self.held.entry(rows.path().to_owned()).or_default();
        for (name, column) in rows.columns() {
            let valid = column
                .valid()
                .map_or(rows.len(), |valid| valid.iter().filter(|is_there| **is_there).count());
            match columns.get_mut(name) {
                Some(count) => *count += valid as u64,
                None => drop(columns.insert(name.to_owned(), valid as u64)),
            }
        }
    }

    /// The columns that are required of every row and that no row of a file has, in any type.
    fn dropped<'s>(
        &'s self,
        context: &'s Context<'_>,
        retyped: &BTreeMap<(&str, &str), Vec<&Misfit>>,
    ) -> Vec<(&'s str, &'s str)> {
        let mut dropped = Vec::new();
        for written in &context.data.manifest().tables {
            let Some(table) = context.schemas.table(&written.name) else { continue };
            for file in &written.files {
                let path = file.path.as_str();
                let required = table.fields.iter().filter(|field| !field.nullable);
                let names = required.map(|field| field.name.as_str());
                let lacking = names
                    .filter(|name| self.lacks(path, name) && !retyped.contains_key(&(path, *name)));
                dropped.extend(lacking.map(|name| (path, name)));
            }
        }
        dropped
    }

    /// Whether no row of a file has a value of its type in a column.
    fn lacks(&self, path: &str, column: &str) -> bool {
        self.held.get(path).is_some_and(|columns| columns.get(column) == Some(&0))
    }
}

impl Observer for Syntax {
    fn wants(&self, table: &Table) -> Wants {
        if table.name.starts_with("truth/") { Wants::Nothing } else { Wants::All }
    }

    fn see(&mut self, rows: &Rows<'_>) {
        self.take(rows);
    }

    fn see_events(&mut self, events: &EventBatch<'_>) {
        self.take(&events.rows);
    }

    fn finish(self: Box<Self>, context: &Context<'_>, seen: &Seen) -> Vec<Verdict> {
        let files = context.data.manifest().tables.iter().flat_map(|table| &table.files);
        let lines = files.clone().filter(|file| !crate::read::is_parquet(file.path.as_ref()));
        let rows: u64 = lines.map(|file| file.rows).sum();
        let mut verdicts: Vec<Verdict> =
            LINES.iter().map(|(ill, id)| of_lines(*ill, id, rows, seen)).collect();
        let mut damaged = Tally::new(check_of("anomalies.file_damaged"));
        damaged.saw(files.clone().count());
        let mut broken: Vec<_> = seen.broken.iter().collect();
        // The same file may be read for several ends.
        broken.sort_by(|a, b| (&a.path, &a.why).cmp(&(&b.path, &b.why)));
        broken.dedup_by(|a, b| a.path == b.path);
        for of in &broken {
            damaged.wrong(|| (&of.path, &of.why));
        }
        let mut drift = Tally::new(check_of("anomalies.schema_drift"));
        drift.saw(files.count());
        let mut retyped: BTreeMap<(&str, &str), Vec<&Misfit>> = BTreeMap::new();
        for misfit in &seen.misfits {
            match &misfit.what {
                Some((_, What::Twice)) => {}
                Some((column, What::Type)) => {
                    let file = misfit.place.split(',').next().unwrap_or_default();
                    retyped.entry((file, column)).or_default().push(misfit);
                }
                _ => drift.wrong(|| (&misfit.place, &misfit.says)),
            }
        }
        // A type that is another one again and again, or whenever there is a value, is the file's and not the value's.
        for ((file, column), misfits) in &retyped {
            if misfits.len() >= AGAIN || self.lacks(file, column) {
                for misfit in misfits {
                    drift.wrong(|| (&misfit.place, &misfit.says));
                }
            }
        }
        for (path, column) in self.dropped(context, &retyped) {
            drift.wrong(|| (path, format!("has no column {column}")));
        }
        verdicts.extend([damaged.verdict(), drift.verdict()]);
        verdicts
    }
}

fn of_lines(ill: Ill, id: &str, rows: u64, seen: &Seen) -> Verdict {
    let check = check_of(id);
    if rows == 0 {
        return Verdict::skipped(check, "the files have no lines");
    }
    let mut tally = Tally::new(check);
    tally.saw(rows as usize);
    for line in seen.lines.iter().filter(|line| line.bad.ill == ill) {
        tally.wrong(|| (&line.place, format!("{}, byte {}", ill.told(), line.bad.column)));
    }
    tally.verdict()
}
