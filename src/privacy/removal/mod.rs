//! Rows taken out of a data set for good: those of people who ask for it, and those that are older than may be kept.
//!
//! Files that hold such rows are written again beside the others and replaced [all at once](journal); what is left is searched before
//! that, so that what was not found in rows is found in bytes. What was done goes into a signed [certificate] and the audit log.

pub mod certificate;
mod chain;
pub mod erase;
pub mod journal;
pub mod retain;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use serde_json::{Value, json};

use crate::diag::{Problem, Problems};
use crate::manifest::{self, Manifest, Stated};
use crate::population::tombstones::{self, Tombstones};
use crate::privacy::audit::{self, Log};
use crate::privacy::key::Key;
use crate::privacy::leaks::{self, Find, Known};
use crate::privacy::stage::{self, KeyUse, rows, why::Why};
use crate::schema::Schemas;
use crate::sink::Algorithm;

use certificate::{Certificate, Rewritten, Scan};
use journal::{Recovered, Removal, Watch};

/// Why nothing was removed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What was asked for is wrong.
    #[error("cannot be done")]
    Asked(Problems),
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Something of those who were to be erased would have been left.
    #[error("something would have been left")]
    Left(Vec<Find>),
}

pub(crate) fn asked(message: impl Into<String>, help: &str) -> Error {
    Error::Asked(Problem::new(message).help(help).into())
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { path, source }
}

fn not_read(path: &Path) -> impl FnOnce(Why) -> Error {
    let path = path.display().to_string();
    move |why| asked(format!("{path}: {why}"), "nothing was changed")
}

/// What a removal is about.
#[derive(Debug)]
pub struct Asked<'a> {
    /// The data set.
    pub dir: &'a Path,
    /// Signs what was done.
    pub key: &'a Key,
    /// Why.
    pub reason: &'a str,
    /// When: RFC 3339.
    pub at: &'a str,
}

/// What was removed.
#[derive(Debug, Clone, PartialEq)]
pub struct Done {
    /// What became of an earlier one that was cut short.
    pub recovered: Recovered,
    /// Rows that are gone, by table.
    pub rows: BTreeMap<String, u64>,
    /// Files that were rewritten.
    pub files: usize,
    /// The certificate's path in the data set.
    pub certificate: String,
}

/// A data set as found: one of throng's, or one that it made pseudonymous.
struct Set {
    dir: PathBuf,
    manifest: Option<Manifest>,
    /// Table and path of every file.
    files: Vec<(String, String)>,
    /// How its tokens were made, if it has some.
    used: Option<KeyUse>,
    /// By table the columns that hold tokens, with their namespaces; of a set without a manifest.
    tokens: BTreeMap<String, Vec<(String, String)>>,
}

impl Set {
    fn open(dir: &Path) -> Result<Self, Error> {
        if dir.join(manifest::FILE).is_file() {
            let manifest = Manifest::read(dir)
                .map_err(|error| asked(error.to_string(), "nothing was changed"))?;
            let of_table = |table: &manifest::Table| {
                let files = table.files.iter();
                files.map(|file| (table.name.clone(), file.path.clone())).collect::<Vec<_>>()
            };
            let files = manifest.tables.iter().flat_map(of_table).collect();
            let used = manifest.privacy.as_ref().map(|privacy| KeyUse {
                key_id: privacy.key_id.clone(),
                key_check: privacy.key_check.clone(),
                epoch: privacy.epoch,
                scope: privacy.scope.clone(),
                scope_id: privacy.scope_id.clone(),
            });
            let tokens = BTreeMap::new();
            return Ok(Self { dir: dir.to_owned(), manifest: Some(manifest), files, used, tokens });
        }
        let path = dir.join(stage::FILE);
        let Ok(text) = fs::read_to_string(&path) else {
            let message = format!(
                "{} is no data set of throng's: it has neither {} nor {}",
                dir.display(),
                manifest::FILE,
                stage::FILE
            );
            return Err(asked(message, "give the folder of one"));
        };
        let report: Value = serde_json::from_str(&text).unwrap_or_default();
        let Ok(used) = serde_json::from_value::<KeyUse>(report["key"].clone()) else {
            let message = format!("{} is no report of `throng pseudonymise`", path.display());
            return Err(asked(message, "nothing was changed"));
        };
        let mut files = rows::files_below(dir).map_err(io_error(dir))?;
        // The log is no table: nothing is ever taken out of it.
        files.retain(|(_, path)| path != audit::LOG);
        let tokens = tokens_of(&report);
        Ok(Self { dir: dir.to_owned(), manifest: None, files, used: Some(used), tokens })
    }

    /// The key must be the one that made the set's tokens and signed its log.
    fn check_key(&self, key: &Key) -> Result<(), Error> {
        let help = "use the key that the data set was made with";
        if self.used.as_ref().is_some_and(|used| used.key_check != key.check()) {
            let message = format!("the key is not the one of {}", self.dir.display());
            return Err(asked(message, help));
        }
        let signed = audit::Checkpoint::read(&self.dir.join(audit::CHECKPOINT));
        if signed.is_ok_and(|signed| signed.public_key != audit::public_key(key)) {
            let message = format!("another key signed the log of {}", self.dir.display());
            return Err(asked(message, help));
        }
        Ok(())
    }
}

/// By table the columns of tokens, with their namespaces.
fn tokens_of(report: &Value) -> BTreeMap<String, Vec<(String, String)>> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let column = |column: &Value| {
        let namespace = column["tokens"]["namespace"].as_str()?;
        Some((text(&column["path"]), namespace.to_owned()))
    };
    let table = |table: &Value| {
        (text(&table["name"]), list(&table["columns"]).iter().filter_map(column).collect())
    };
    list(&report["tables"]).iter().map(table).collect()
}

/// What is to be written besides the data.
struct Draft {
    certificate: Certificate,
    tombstones: Option<Tombstones>,
    entry: Value,
}

/// A removal about to be carried out.
struct Work<'w> {
    set: &'w Set,
    asked: &'w Asked<'w>,
    schemas: &'w Schemas,
    /// By path the rows to be taken out, counted from 0.
    gone: &'w BTreeMap<String, BTreeSet<u64>>,
    /// What must not be found any more afterwards.
    known: &'w [Known],
}

impl Work<'_> {
    /// Takes rows out and replaces everything at once.
    fn carry_out(&self, draft: Draft, watch: &mut Watch<'_>) -> Result<Done, Error> {
        let failed = || io_error(&self.set.dir);
        let recovered = Recovered::Nothing;
        let mut removal = Removal::begin(&self.set.dir, watch).map_err(failed())?;
        match self.prepare(draft, &mut removal) {
            Ok((rows, files, certificate)) => {
                removal.commit().map_err(failed())?;
                Ok(Done { recovered, rows, files, certificate })
            }
            Err(error) => {
                // A crash would have left the folder, and the next removal clears it; so does this.
                let _ = removal.abandon();
                Err(error)
            }
        }
    }

    /// Writes aside all that there will be.
    fn prepare(&self, draft: Draft, removal: &mut Removal<'_>) -> Result<Prepared, Error> {
        let Self { set, asked, schemas, gone, known } = self;
        let failed = || io_error(&set.dir);
        let Draft { mut certificate, tombstones, mut entry } = draft;
        let (mut rows, mut manifest) = (BTreeMap::new(), set.manifest.clone());
        for (table, path) in &set.files {
            let Some(gone) = gone.get(path).filter(|gone| !gone.is_empty()) else {
                certificate.untouched += 1;
                continue;
            };
            let rewritten = rewrite(set, path, gone, removal)?;
            *rows.entry(table.clone()).or_default() += gone.len() as u64;
            if let Some(manifest) = &mut manifest {
                restate(manifest, schemas, (table, path), removal, rewritten.rows_after)?;
            }
            certificate.files.push(rewritten);
        }
        certificate.rows = rows.values().sum();
        certificate.scan = second_look(set, removal, known)?;
        if let Some(manifest) = &mut manifest {
            for table in &mut manifest.tables {
                table.settle();
            }
            let text = serde_json::to_string_pretty(manifest).map_err(io::Error::from);
            let text = text.map_err(failed())? + "\n";
            removal.write(manifest::FILE, &text).map_err(failed())?;
        }
        if let Some(tombstones) = tombstones {
            let text = tombstones.to_json().map_err(failed())?;
            removal.write(tombstones::FILE, &text).map_err(failed())?;
        }
        let number = certificate::all(&set.dir).map_err(failed())?.len() + 1;
        let name = format!("{}/{}-{number:04}.json", certificate::FOLDER, certificate.what);
        let certificate = certificate.signed(asked.key).map_err(failed())?;
        removal.write(&name, &certificate.to_json().map_err(failed())?).map_err(failed())?;
        let (_, digest) = SHA256.of(&removal.current(&name)).map_err(failed())?;
        let mut log = Log::open(&set.dir).map_err(failed())?;
        log.add(
            "key_use",
            json!({ "at": asked.at, "key_id": asked.key.id(), "for": certificate.what }),
        );
        if let Value::Object(entry) = &mut entry {
            entry.insert("at".to_owned(), json!(asked.at));
            entry.insert("rows".to_owned(), json!(rows));
            entry.insert("certificate".to_owned(), json!(name));
            entry.insert("certificate_sha256".to_owned(), json!(digest));
        }
        log.add(&certificate.what, entry);
        for (name, text) in log.texts(asked.key).map_err(failed())? {
            removal.write(name, &text).map_err(failed())?;
        }
        Ok((rows, certificate.files.len(), name))
    }
}

/// Rows taken out by table, how many files were rewritten, and where the certificate is.
type Prepared = (BTreeMap<String, u64>, usize, String);

const SHA256: Stated<'static> = Stated { algorithm: Algorithm::Sha256, hex: "" };

/// Writes a file without some rows.
fn rewrite(
    set: &Set,
    path: &str,
    gone: &BTreeSet<u64>,
    removal: &mut Removal<'_>,
) -> Result<Rewritten, Error> {
    let from = set.dir.join(path);
    let to = removal.place(path).map_err(io_error(&from))?;
    let mut out = BufWriter::with_capacity(1 << 18, File::create(&to).map_err(io_error(&to))?);
    let left = rows::without(&from, gone, &mut out).map_err(not_read(&from))?;
    out.flush().and_then(|()| out.get_ref().sync_all()).map_err(io_error(&to))?;
    let (_, before) = SHA256.of(&from).map_err(io_error(&from))?;
    let (_, after) = SHA256.of(&to).map_err(io_error(&to))?;
    Ok(Rewritten {
        path: path.to_owned(),
        rows_before: left + gone.len() as u64,
        rows_after: left,
        sha256_before: before,
        sha256_after: after,
    })
}

/// Says in the manifest what a file is now.
fn restate(
    manifest: &mut Manifest,
    schemas: &Schemas,
    (table, path): (&str, &str),
    removal: &Removal<'_>,
    rows_left: u64,
) -> Result<(), Error> {
    let now = removal.current(path);
    let files = manifest.tables.iter_mut().filter(|known| known.name == *table);
    let Some(file) = files.flat_map(|table| &mut table.files).find(|file| file.path == path) else {
        return Ok(());
    };
    let algorithm = file.stated().algorithm;
    let (bytes, digest) = file.stated().of(&now).map_err(io_error(&now))?;
    (file.bytes, file.rows) = (bytes, rows_left);
    (file.sha256, file.blake3) = manifest::apart(algorithm, digest);
    if file.min_time.is_some() {
        let clock = schemas.table(table).and_then(|table| table.sorted_by.first().cloned());
        let mut range: Option<(i64, i64)> = None;
        if let Some(clock) = clock {
            let widen = |_: u64, texts: &[Option<&str>], _: bool| {
                if let Some(time) = texts[0].and_then(rows::moment) {
                    range = Some(range.map_or((time, time), |(a, b)| (a.min(time), b.max(time))));
                }
            };
            rows::each(&now, &[clock], &[], widen).map_err(not_read(&now))?;
        }
        file.min_time = range.and_then(|(first, _)| manifest::rfc3339(first));
        file.max_time = range.and_then(|(_, last)| manifest::rfc3339(last));
    }
    Ok(())
}

/// Searches everything that will be there for what must not be.
fn second_look(set: &Set, removal: &Removal<'_>, known: &[Known]) -> Result<Scan, Error> {
    let mut scan = Scan::default();
    if known.is_empty() {
        return Ok(scan);
    }
    let mut paths: Vec<String> = set.files.iter().map(|(_, path)| path.clone()).collect();
    if let Some(manifest) = &set.manifest {
        paths.extend(manifest.documents.iter().map(|document| document.path.clone()));
    }
    let beside = [stage::FILE, audit::LOG, manifest::FILE];
    paths.extend(beside.iter().map(|name| (*name).to_owned()));
    let mut finds = Vec::new();
    for path in paths {
        let now = removal.current(&path);
        if !now.exists() {
            continue;
        }
        let seen = leaks::scan(&now, known, &AtomicBool::new(false))
            .map_err(|leaks::Stopped| asked("stopped", "nothing was changed"))?;
        if let Some(file) = seen.unread.first() {
            let why = format!("{path} cannot be searched: {}", file.why);
            return Err(asked(why, "nothing was changed; mend the file, or take it out"));
        }
        scan.files += seen.report.files;
        scan.bytes += seen.report.bytes;
        (scan.values, scan.forms) = (seen.report.values, seen.report.forms);
        finds.extend(seen.finds.into_iter().map(|find| Find { path: path.clone(), ..find }));
    }
    if finds.is_empty() { Ok(scan) } else { Err(Error::Left(finds)) }
}
