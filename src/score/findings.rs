//! Findings as a detector writes them: CSV, NDJSON or Parquet, a row a finding.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::ops::ControlFlow;
use std::path::Path;

use super::Error;
use crate::diag::{Place, Problem, Problems, suggest};
use crate::read::{self, As, Batch, Column, Wanted, What, scan_strictly};

/// Mistakes that are told; beyond them they are counted.
const TOLD: usize = 8;
/// The longest line that is shown.
const EXCERPT: usize = 160;

const RULE: usize = 0;
const TABLE: usize = 1;
const KIND: usize = 2;
const KEY: usize = 3;
const FILE: usize = 4;
const LINE: usize = 5;
const BYTE: usize = 6;
const TYPE: usize = 7;
const ENTITY: usize = 8;
const START: usize = 9;
const END: usize = 10;
const DIMENSION: usize = 11;
const COLUMN: usize = 12;
const SCORE: usize = 13;
const DETECTED: usize = 14;

/// The columns that a file of findings may have. All but the first may be absent, or empty in a row.
pub static COLUMNS: [(&str, As); 15] = [
    ("rule", As::Text),
    ("table", As::Text),
    ("kind", As::Text),
    ("key", As::Text),
    ("file", As::Text),
    ("line", As::Text),
    ("byte_offset", As::Text),
    ("entity_type", As::Text),
    ("entity_id", As::Text),
    ("window_start", As::Moment),
    ("window_end", As::Moment),
    ("dimension", As::Text),
    ("column", As::Text),
    ("score", As::Text),
    ("detected_at", As::Moment),
];

const LOCATORS: &str = "name the row by `key`, `file` with `line` or `byte_offset`, `entity_type` with `entity_id`, \
                        or `window_start` with `window_end`";

/// Something that a detector says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Finding<'b> {
    /// Its row among the findings, from 0.
    pub(super) row: u64,
    pub(super) rule: &'b str,
    pub(super) kind: Option<&'b str>,
    pub(super) table: Option<&'b str>,
    pub(super) locator: Locator<'b>,
    pub(super) column: Option<&'b str>,
    /// Microseconds since 1970.
    pub(super) detected_at: Option<i64>,
}

/// Where it says that something is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Locator<'b> {
    Key(&'b str),
    Line(&'b str, u64),
    Byte(&'b str, u64),
    File(&'b str),
    Entity(&'b str, &'b str),
    /// From, to, of what.
    Window(i64, i64, Option<&'b str>),
}

/// What is wrong with a file of findings.
pub(super) struct Mistakes<'p> {
    path: &'p Path,
    problems: Problems,
    told: usize,
    more: u64,
}

impl<'p> Mistakes<'p> {
    pub(super) fn new(path: &'p Path) -> Self {
        Self { path, problems: Problems::new(), told: 0, more: 0 }
    }

    /// Notes one of the finding in a row, about the word `what` in it.
    pub(super) fn add(&mut self, row: u64, what: &str, message: &str, help: impl Into<String>) {
        if self.told == TOLD {
            self.more += 1;
            return;
        }
        self.told += 1;
        self.problems.push(problem(self.path, row, what, message).help(help));
    }

    /// Those of a file of findings as such.
    fn all(&mut self, message: impl Into<String>, help: impl Into<String>) {
        self.told += 1;
        self.problems.push(Problem::new(message).help(help));
    }

    /// Whether there are more than are told.
    pub(super) fn is_full(&self) -> bool {
        self.more > 0
    }

    /// Nothing, or what is wrong.
    pub(super) fn settle(mut self) -> Result<(), Problems> {
        if self.more > 0 {
            let path = self.path.display();
            let message = format!("{path} has more mistakes than these {}", self.told);
            self.problems.push(Problem::new(message).help("mend them, and see what is left"));
        }
        self.problems.or(())
    }
}

/// A problem with the finding in a row, at its place where the file is text.
fn problem(path: &Path, row: u64, what: &str, message: &str) -> Problem {
    let file = path.display().to_string();
    let Some((line, excerpt)) = line_of(path, row) else {
        return Problem::new(format!("{file}, row {}: {message}", row + 1));
    };
    let found = excerpt.find(what).filter(|_| !what.is_empty());
    if excerpt.chars().count() > EXCERPT {
        return Problem::new(format!("{file}:{line}: {message}"));
    }
    let column = found.map_or(1, |at| excerpt[..at].chars().count() + 1);
    let width = found.map_or(excerpt.chars().count(), |_| what.chars().count()).max(1);
    let place = Place { file, line, column, excerpt, width };
    Problem { message: message.to_owned(), place: Some(place), help: None }
}

/// The line, from 1, that a finding stands in, and what it says.
fn line_of(path: &Path, row: u64) -> Option<(usize, String)> {
    let is_ndjson = path.extension().is_some_and(|e| e == "ndjson" || e == "jsonl" || e == "json");
    if !is_ndjson && !read::is_csv(path) {
        return None;
    }
    let lines = BufReader::new(File::open(path).ok()?).lines().map_while(Result::ok);
    let head = usize::from(!is_ndjson);
    let filled = lines.zip(1..).filter(|(line, _)| !line.trim().is_empty());
    filled.skip(head).nth(usize::try_from(row).ok()?).map(|(line, at)| (at, line))
}

/// Reads a file of findings. `see` gets each and what is wrong with it is noted; at the end there are so many.
///
/// # Errors
/// The file cannot be read, or is wrong throughout.
pub(super) fn read(
    path: &Path,
    mistakes: &mut Mistakes,
    mut see: impl FnMut(&Finding, &mut Mistakes) -> ControlFlow<()>,
) -> Result<u64, Error> {
    let shown = path.display();
    let there = names(path)?;
    if let Some(there) = &there {
        let names: Vec<&str> = there.iter().map(String::as_str).collect();
        shape(path, &names, mistakes);
        if mistakes.told > 0 {
            return Ok(0);
        }
    }
    let wanted = COLUMNS.map(|(name, form)| Wanted { name: name.to_owned(), form });
    let mut rows = 0;
    let broken = scan_strictly(path, &wanted, |batch| {
        rows = batch.first + batch.rows as u64;
        faults(batch, there.is_some(), mistakes);
        let go_on = (0..batch.rows).try_for_each(|row| match finding(batch, row, mistakes) {
            Some(finding) => see(&finding, mistakes),
            None => ControlFlow::Continue(()),
        });
        if mistakes.is_full() { ControlFlow::Break(()) } else { go_on }
    })?;
    if let Some(broken) = broken.first() {
        mistakes.all(
            format!("cannot read {shown}: {}", broken.why),
            "write it anew, as CSV, NDJSON or Parquet",
        );
    }
    Ok(rows)
}

/// The names of a file's columns, where one place tells them all.
fn names(path: &Path) -> Result<Option<Vec<String>>, Error> {
    let shown = path.display();
    let refused = |why: String, help: &str| {
        Error::Written(
            Problem::new(format!("cannot read the findings {shown}: {why}")).help(help).into(),
        )
    };
    let size = fs::metadata(path)
        .map_err(|error| refused(error.to_string(), "give the file that the detector wrote"))?;
    if size.is_dir() {
        return Err(refused(
            "it is a folder".to_owned(),
            "give one file: *.csv, *.ndjson or *.parquet",
        ));
    }
    if size.len() == 0 {
        let help =
            "a detector that found nothing writes the names of the columns alone: `rule,table,key`";
        return Err(refused("it is empty".to_owned(), help));
    }
    let unreadable = |why: String| refused(why, "write it anew, as CSV, NDJSON or Parquet");
    if read::is_parquet(path) {
        let (schema, _) = read::parquet_shape(path).map_err(unreadable)?;
        return Ok(Some(schema.fields().iter().map(|field| field.name().clone()).collect()));
    }
    if read::is_csv(path) {
        return read::csv_names(path).map(Some).map_err(unreadable);
    }
    Ok(None)
}

/// The columns must be known, and enough.
fn shape(path: &Path, there: &[&str], mistakes: &mut Mistakes) {
    let shown = path.display();
    let known = || COLUMNS.iter().map(|(name, _)| *name);
    for name in there.iter().filter(|name| !known().any(|known| known == **name)) {
        let missing = known().filter(|known| !there.contains(known));
        let message = format!("{shown} has an unknown column `{name}`");
        mistakes.all(message, suggest(name, missing.collect::<Vec<_>>()));
    }
    if !there.contains(&"rule") {
        let help = "a finding names the rule that made it: `rule,table,key`";
        mistakes.all(format!("{shown} has no column `rule`"), help);
    }
    let pairs = [
        ["key", "key"],
        ["file", "file"],
        ["entity_type", "entity_id"],
        ["window_start", "window_end"],
    ];
    if !pairs.iter().any(|pair| pair.iter().all(|name| there.contains(name))) {
        mistakes.all(format!("{shown} has no column that locates a finding"), LOCATORS);
    }
}

/// What a reader found wrong with rows.
fn faults(batch: &Batch, columns_are_known: bool, mistakes: &mut Mistakes) {
    for fault in &batch.faults {
        let name = &fault.column;
        match fault.what {
            What::Unknown if columns_are_known => {}
            What::Unknown => {
                let known = COLUMNS.iter().map(|(name, _)| *name);
                mistakes.add(
                    fault.row,
                    name,
                    &format!("unknown key `{name}`"),
                    suggest(name, known),
                );
            }
            What::Twice => {
                mistakes.add(
                    fault.row,
                    name,
                    &format!("`{name}` is there twice"),
                    "once is enough",
                );
            }
            What::Type => {
                let help = "times are like 2026-01-05T10:00:00Z, anything else is text or a number";
                mistakes.add(fault.row, name, &format!("`{name}` is of the wrong form"), help);
            }
        }
    }
}

/// The finding of a row, if it is one.
fn finding<'b>(batch: &'b Batch, row: usize, mistakes: &mut Mistakes) -> Option<Finding<'b>> {
    let text = |at: usize| {
        let column: &Column = &batch.columns[at];
        column.text(row).filter(|text| !text.is_empty())
    };
    let moment = |at: usize| batch.columns[at].long(row);
    let at = batch.first + row as u64;
    let Some(rule) = text(RULE) else {
        mistakes.add(
            at,
            "rule",
            "a finding without a rule",
            "name the rule that made it in `rule`",
        );
        return None;
    };
    let mut number = |at_column: usize| {
        let written = text(at_column)?;
        let number = whole(written);
        if number.is_none() {
            let name = COLUMNS[at_column].0;
            let help = "it must be a whole number that is not negative";
            mistakes.add(at, written, &format!("`{name}` is `{written}`"), help);
        }
        number
    };
    let (line, byte) = (number(LINE), number(BYTE));
    if let Some(score) = text(SCORE).filter(|score| score.parse::<f64>().is_err()) {
        mistakes.add(at, score, &format!("`score` is `{score}`"), "it must be a number");
    }
    let mut found: Vec<Locator<'b>> = Vec::with_capacity(1);
    found.extend(text(KEY).map(Locator::Key));
    found.extend(text(FILE).map(|file| match (line, byte) {
        (_, Some(byte)) => Locator::Byte(file, byte),
        (Some(line), None) => Locator::Line(file, line),
        (None, None) => Locator::File(file),
    }));
    found.extend(text(TYPE).zip(text(ENTITY)).map(|(ty, id)| Locator::Entity(ty, id)));
    let window = moment(START).zip(moment(END));
    found.extend(window.map(|(start, end)| Locator::Window(start, end, text(DIMENSION))));
    let (table, kind) = (text(TABLE), text(KIND));
    let problem = match (&found[..], table) {
        ([], _) => Some(("a finding that is nowhere", LOCATORS)),
        ([_, _, ..], _) => {
            Some(("a finding in two places", "one locator a finding; write a row for each"))
        }
        ([Locator::Key(_)], None) => Some(("a key without a table", "name the table in `table`")),
        ([Locator::Window(start, end, _)], _) if start > end => Some((
            "a window that ends before it begins",
            "`window_start` comes before `window_end`",
        )),
        _ => None,
    };
    if let Some((message, help)) = problem {
        mistakes.add(at, "", message, help);
        return None;
    }
    let locator = *found.first()?;
    let (column, detected_at) = (text(COLUMN), moment(DETECTED));
    Some(Finding { row: at, rule, kind, table, locator, column, detected_at })
}

/// A whole number, also as a table of floating-point numbers has it.
fn whole(written: &str) -> Option<u64> {
    written.parse().ok().or_else(|| {
        let number: f64 = written.parse().ok()?;
        (number >= 0.0 && number.fract() == 0.0 && number < 9e15).then_some(number as u64)
    })
}
