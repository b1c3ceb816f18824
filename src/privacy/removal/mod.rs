//! Rows taken out of a data set for good: those of people who ask for it, and those that are older than may be kept.
//!
//! Files that hold such rows are written again beside the others and replaced [all at once](journal); what is left is searched before
//! that, so that what was not found in rows is found in bytes. What was done goes into a signed
//! [certificate](super::audit::certificate) and the audit log.
//!
//! A data set is opened as a `set`, by one removal at a time (`lock`). What [`erase`] and [`retain`] find in it, along the `chain` of
//! what belongs to whom, `work` carries out, and `look` searches what will be there.

mod chain;
pub mod erase;
mod forms;
pub mod journal;
mod lock;
mod look;
mod place;
pub mod retain;
mod set;
mod work;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use crate::diag::{Problem, Problems};
use crate::manifest::Stated;
use crate::privacy::audit::Log;
use crate::privacy::key::Key;
use crate::privacy::leaks::Find;
use crate::privacy::stage::why::Why;
use crate::sink::Algorithm;

use journal::Recovered;
use lock::Lock;
use set::Set;

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

fn asked(message: impl Into<String>, help: &str) -> Error {
    Error::Asked(Problem::new(message).help(help).into())
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { path, source }
}

/// What is told of all that is refused.
const UNCHANGED: &str = "nothing was changed";

fn not_read(path: &Path) -> impl FnOnce(Why) -> Error {
    let path = path.display().to_string();
    move |why| asked(format!("{path}: {why}"), UNCHANGED)
}

const SHA256: Stated<'static> = Stated { algorithm: Algorithm::Sha256, hex: "" };

/// By file, the rows that go, counted from 0.
type Gone = BTreeMap<String, BTreeSet<u64>>;

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

/// A data set of which rows may be taken out: nobody else does, its key is at hand, nothing is left of an earlier removal, and its
/// log can go on.
struct Opened {
    lock: Lock,
    recovered: Recovered,
    set: Set,
    log: Log,
}

fn open(asked: &Asked<'_>) -> Result<Opened, Error> {
    let dir = asked.dir;
    let lock = Lock::take(dir)?;
    // Whose key it is, is known before anything is moved; what is there, only afterwards.
    Set::open(dir)?.check_key(asked.key)?;
    let recovered = journal::recover(&lock, asked.key)?;
    let set = Set::open(dir)?;
    set.check_links()?;
    let log =
        Log::open(dir, asked.key).map_err(|broken| Error::Asked(broken.problem(dir).into()))?;
    Ok(Opened { lock, recovered, set, log })
}
