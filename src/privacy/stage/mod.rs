//! The privacy stage over one's own files: found, surveyed, counted, rewritten aside, scanned, moved into place.
//!
//! Nothing is written before every column has a rule. Nothing stands under the final name before the scan has found nothing.

mod acts;
mod arrays;
mod census;
pub mod change;
mod input;
pub(super) mod job;
mod json;
mod ndjson;
mod parquet;
mod report;
pub(super) mod rows;
mod survey;
mod tables;
pub(super) mod time;
mod watch;
pub(super) mod why;
mod worker;
mod write;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use serde_json::json;

use crate::diag::{Problem, Problems};
use crate::manifest::Manifest;
use crate::output::{self, Staging};
use crate::privacy::audit::Log;
use crate::privacy::key::{Key, Realm, Role};
use crate::privacy::leaks::{self, Known};
use crate::privacy::policy::draft::{Sample, draft};
use crate::privacy::policy::{Policy, detect, is_below};
use crate::schema::Schemas;

pub(super) use arrays::{ROWS, contents};
pub use census::Privacies;
pub use report::{ColumnReport, FILE, KeyUse, Report, ScanReport, TableReport, TokenReport};

use input::Found;
use survey::{Columns, Lens};
use tables::bind_all;
use why::Why;

/// What a Parquet file's metadata says of its privacy.
pub const STAMP: &str = "throng.privacy";

/// What is wrong with a file that has been through here.
const STAMPED: &str = "is pseudonymised already";

/// What is asked for.
#[derive(Debug)]
pub struct Asked<'a> {
    /// Files and folders.
    pub inputs: &'a [PathBuf],
    /// The folder to be.
    pub out: &'a Path,
    /// Whether a folder of ours that is there is replaced.
    pub force: bool,
    /// The data set's or recipient's name; the policy's stands over it.
    pub scope_id: Option<&'a str>,
    /// Rows change places within so many.
    pub shuffle: Option<usize>,
    /// Values that must not be found in what is written, beside those that are seen on the way.
    pub known: &'a [Known],
    /// When it is done, for the audit log: a moment in RFC 3339.
    pub at: &'a str,
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The policy does not let these data pass.
    #[error("the policy refuses")]
    Refused(Problems),
    /// What was asked for is wrong.
    #[error("cannot be done")]
    Asked(Problems),
    /// There is no room under the name.
    #[error(transparent)]
    Output(#[from] output::Error),
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Values that must not leave were found in what was written.
    #[error("values that must not leave were found")]
    Leaked(Vec<leaks::Find>),
    /// What was written cannot be searched, and so not be given away.
    #[error("what was written cannot be searched")]
    Unread(Vec<leaks::Unread>),
    /// It was asked to stop.
    #[error("stopped")]
    Cancelled,
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { path, source }
}

fn asked(message: impl Into<String>, help: &str) -> Error {
    Error::Asked(Problem::new(message).help(help).into())
}

/// A file that is not taken: the policy's refusal, or what was asked for.
fn not_taken(why: &Why) -> Error {
    match why {
        Why::Refused(text) => {
            Error::Refused(Problem::new(text.as_str()).help("nothing was written").into())
        }
        Why::Broken(text) => {
            asked(text.as_str(), "nothing was written; leave the file out, or mend it")
        }
        Why::Stopped => Error::Cancelled,
    }
}

/// Drafts a policy for files that have none.
///
/// # Errors
/// Files that are not there, or cannot be read.
pub fn draft_for(
    inputs: &[PathBuf],
    schemas: &Schemas,
    cancel: &AtomicBool,
) -> Result<String, Error> {
    let found = found(inputs)?;
    let mut tables: BTreeMap<String, Columns> = BTreeMap::new();
    for input in &found.inputs {
        let columns = tables.entry(input.tables[0].clone()).or_default();
        survey::file(input, &Lens::bare(Vec::new(), true, cancel), columns)
            .map_err(|why| not_taken(&why.of(&input.path)))?;
    }
    for (name, columns) in &mut tables {
        let json = |sample: &Sample| {
            !sample.values.is_empty()
                && sample.values.iter().all(|text| detect::look(text) == detect::Look::Json)
        };
        let inside: Vec<String> = columns
            .iter()
            .filter(|(_, column)| json(&column.sample))
            .map(|(path, _)| path.clone())
            .collect();
        let lens = Lens::bare(inside, false, cancel);
        for input in found.inputs.iter().filter(|input| input.tables[0] == *name) {
            survey::file(input, &lens, columns).map_err(|why| not_taken(&why.of(&input.path)))?;
        }
    }
    let samples = tables.into_iter().map(|(name, mut columns)| {
        // What is empty here has columns below it elsewhere.
        let paths: Vec<String> = columns.keys().cloned().collect();
        let has_more = |path: &String| paths.iter().any(|below| is_below(below, path));
        columns.retain(|path, column| !column.is_empty || !has_more(path));
        let samples = columns.into_iter().map(|(path, column)| (path, column.sample));
        (name, samples.collect())
    });
    Ok(draft(&samples.collect(), schemas))
}

/// The files, of which there must be some.
fn found(inputs: &[PathBuf]) -> Result<Found, Error> {
    for path in inputs {
        if !path.exists() {
            return Err(asked(
                format!("{} does not exist", path.display()),
                "give files or folders",
            ));
        }
    }
    let found =
        input::find(inputs).map_err(io_error(inputs.first().map_or(Path::new("."), |p| p)))?;
    if found.inputs.is_empty() {
        let help = "*.parquet, *.ndjson and *.jsonl are read, the latter also with .gz or .zst";
        return Err(asked("there is no file to read", help));
    }
    Ok(found)
}

/// Refuses what has been through here already.
fn check_fresh(inputs: &[PathBuf]) -> Result<(), Error> {
    let generated = |path: &Path| {
        let manifest = Manifest::read(path);
        manifest.is_ok_and(|manifest| manifest.privacy.is_some())
    };
    let Some(path) = inputs.iter().find(|path| path.join(FILE).is_file() || generated(path)) else {
        return Ok(());
    };
    let message = format!("{} {STAMPED}", path.display());
    let help = "tokens of tokens join with nothing: begin with the data that they were made of";
    Err(Error::Refused(Problem::new(message).help(help).into()))
}

/// Makes files pseudonymous as a policy says.
///
/// # Errors
/// A refusal, a mistake, a file that cannot be read or written, a leak. Nothing stands under the final name then.
pub fn run(
    policy: &Policy,
    key: &Key,
    asked: &Asked<'_>,
    cancel: &AtomicBool,
) -> Result<Report, Error> {
    policy.check_reviewed().map_err(Error::Refused)?;
    check_fresh(asked.inputs)?;
    let folder = asked.out.file_name().map(|name| name.to_string_lossy().into_owned());
    let realm = policy.realm(asked.scope_id, folder.unwrap_or_default());
    let realm = realm.map_err(|problem| Error::Asked(problem.into()))?;
    output::check(asked.out, asked.force, FILE)?;
    let found = found(asked.inputs)?;
    check_apart(&found, asked.out)?;
    let mut tables = bind_all(policy, key, &realm, &found, cancel)?;
    for one in &mut tables.bound {
        let taken = census::take(&mut one.job, &one.inputs, policy.k, cancel);
        one.privacy = taken.map_err(|why| not_taken(&why))?;
        if let (true, Some(privacy)) = (policy.refuses_under_k, &one.privacy) {
            check_k(&one.job.table, privacy, policy.k)?;
        }
        one.job.order = asked.shuffle.map(|window| (seed(key, &realm, &one.job.table), window));
    }
    let staging = Staging::open_as(asked.out, asked.force, FILE)?;
    let mut reports = Vec::new();
    for one in &tables.bound {
        reports.push(one.write(staging.dir(), cancel)?);
    }
    let mut report = Report {
        format_version: 1,
        status: "pseudonymised",
        generator: concat!("throng ", env!("CARGO_PKG_VERSION")).to_owned(),
        policy_sha256: policy.sha256.clone(),
        key: key_use(key, &realm),
        tables: reports,
        left_out: found.others.len() + tables.dropped,
        scan: ScanReport::default(),
    };
    let known = tables.known(asked.known);
    let replaced = if asked.force { asked.out } else { staging.dir() };
    let mut log = Log::open(replaced, key)
        .map_err(|broken| Error::Asked(broken.problem(replaced).into()))?
        .moved_to(staging.dir());
    enter(&mut log, &report, asked.at);
    scan(&staging, &known, &mut report, &mut log, key, cancel)?;
    staging.commit()?;
    Ok(report)
}

/// Refuses a table in which too few people share what they share.
fn check_k(table: &str, privacy: &Privacies, k: u32) -> Result<(), Error> {
    let message = match privacy.k {
        Some(least) if least >= u64::from(k) || privacy.subjects == 0 => return Ok(()),
        Some(least) => format!(
            "{table}: {} of {} share {} with fewer than {k} (k is {least})",
            privacy.under_k,
            privacy.subjects,
            privacy.quasi_identifiers.join(", ")
        ),
        None => format!("{table} has too many people and values to reckon k"),
    };
    let help = "generalise or drop one of these columns, or write `under_k = \"report\"`";
    Err(Error::Refused(Problem::new(message).help(help).into()))
}

/// Which key is used, and how.
pub fn key_use(key: &Key, realm: &Realm) -> KeyUse {
    KeyUse {
        key_id: key.id(),
        key_check: key.check(),
        epoch: realm.epoch,
        scope: realm.scope.name().to_owned(),
        scope_id: realm.id.clone(),
    }
}

/// The folder to be must not be among what is read.
fn check_apart(found: &Found, out: &Path) -> Result<(), Error> {
    let real = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let out = real(out);
    let inside = found.inputs.iter().find(|input| real(&input.path).starts_with(&out));
    inside.map_or(Ok(()), |input| {
        let message = format!("{} lies in the output folder", input.path.display());
        Err(asked(message, "write into another folder: what is read is never touched"))
    })
}

/// What seeds the order of a table's rows.
fn seed(key: &Key, realm: &Realm, table: &str) -> u64 {
    let derived = key.derive(Role::Order, realm, table);
    derived.iter().take(8).fold(0, |seed, byte| seed << 8 | u64::from(*byte))
}

/// The order of a window's rows: a shuffle by Fisher and Yates.
fn order(seed: u64, group: u64, window: u64, rows: usize) -> Vec<u32> {
    let mut stream = parquet::stream(seed, group, window);
    let mut order: Vec<u32> = (0..rows as u32).collect();
    for place in (1..rows).rev() {
        order.swap(place, stream.below(place as u32 + 1) as usize);
    }
    order
}

/// Writes the report, looks through all that was written, and writes the report again with what was looked at.
fn scan(
    staging: &Staging,
    known: &[Known],
    report: &mut Report,
    log: &mut Log,
    key: &Key,
    cancel: &AtomicBool,
) -> Result<(), Error> {
    let path = staging.dir().join(FILE);
    let write = |report: &Report| {
        let text = serde_json::to_string_pretty(report).map_err(io::Error::other)?;
        fs::write(&path, text + "\n")
    };
    write(report).map_err(io_error(&path))?;
    log.write(key).map_err(io_error(staging.dir()))?;
    let seen =
        leaks::scan(staging.dir(), known, cancel).map_err(|leaks::Stopped| Error::Cancelled)?;
    if !seen.finds.is_empty() {
        return Err(Error::Leaked(seen.finds));
    }
    if !seen.unread.is_empty() {
        return Err(Error::Unread(seen.unread));
    }
    report.scan = seen.report;
    let ScanReport { values, forms, files, bytes } = &report.scan;
    let looked =
        json!({ "values": values, "forms": forms, "files": files, "bytes": bytes, "finds": 0 });
    log.add("leak_scan", looked);
    log.write(key).map_err(io_error(staging.dir()))?;
    write(report).map_err(io_error(&path))
}

/// Enters into the log what was done: names of columns, counts, and digests.
fn enter(log: &mut Log, report: &Report, at: &str) {
    let KeyUse { key_id, key_check, epoch, scope, scope_id } = &report.key;
    log.add(
        "key_use",
        json!({
            "at": at, "key_id": key_id, "key_check": key_check, "epoch": epoch, "scope": scope,
            "scope_id": scope_id,
        }),
    );
    log.add(
        "pseudonymise",
        json!({
            "at": at, "generator": report.generator, "policy_sha256": report.policy_sha256,
            "left_out": report.left_out,
        }),
    );
    for table in &report.tables {
        let acts: serde_json::Map<String, serde_json::Value> =
            table.columns.iter().map(|column| (column.path.clone(), json!(column.act))).collect();
        log.add(
            "table",
            json!({
                "table": table.name, "rows": table.rows, "files": table.files, "columns": acts,
            }),
        );
    }
}
