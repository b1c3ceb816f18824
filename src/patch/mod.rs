//! Labels as a patch: applied to a clean data set they give the dirty one, undone in the dirty one the clean; byte for byte in NDJSON,
//! row for row in Parquet.
//!
//! A file is patched by rows: those that labels name on this side are taken out, those that they name on the other side put in, where
//! the labels say. All others are passed on as they are.

mod labels;
mod lines;
mod rows;

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

pub use labels::Labels;

use crate::manifest::{self, Document, File, apart};
use crate::read::{self, DataSet};
use crate::scenario::output::Output;
use crate::scenario::wishes::LABELS;
use crate::schema::{Schemas, Table};
use crate::sink::Digest;
use labels::Member;

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From clean to dirty.
    Apply,
    /// From dirty to clean.
    Invert,
}

/// Why a data set cannot be patched.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There are no labels.
    #[error("{} has no labels: nothing was made to go wrong in it", .0.display())]
    Unlabelled(PathBuf),
    /// What a file holds is not what labels say.
    #[error("{file}: {why}")]
    Mismatch {
        /// The file.
        file: String,
        /// What is wrong.
        why: String,
    },
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A data set cannot be read.
    #[error(transparent)]
    Read(#[from] read::Error),
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { path, source }
}

fn mismatch(file: &str, why: impl Into<String>) -> Error {
    Error::Mismatch { file: file.to_owned(), why: why.into() }
}

/// A patch to be carried out.
pub struct Patch<'p> {
    /// Which way.
    pub direction: Direction,
    /// What is patched.
    pub from: &'p DataSet,
    /// The dirty data set, which has the labels; when undoing, the same.
    pub labelled: &'p DataSet,
    /// Tables.
    pub schemas: &'p Schemas,
    /// How files are written.
    pub output: &'p Output,
}

impl Patch<'_> {
    /// Writes the patched data set into a folder; its tables, as the manifest has them, with the schemas' digests of those that were there.
    ///
    /// # Errors
    /// Labels that do not fit, and files that cannot be read or written.
    pub fn write(&self, to: &Path) -> Result<Vec<manifest::Table>, Error> {
        let labels = Labels::read(self.labelled, self.schemas)?;
        let mut tables = Vec::new();
        for listed in &self.labelled.manifest().tables {
            if LABELS.contains(&&*listed.name) {
                // Where only their copies in NDJSON are there, which are documents, the patched set has no more than those.
                let is_there = |file: &File| self.labelled.dir().join(&file.path).exists();
                if self.direction == Direction::Apply && listed.files.iter().all(is_there) {
                    for file in &listed.files {
                        copy(self.labelled.dir(), to, &file.path)?;
                    }
                    tables.push(listed.clone());
                }
                continue;
            }
            let Some(schema) = self.schemas.table(&listed.name) else { continue };
            let mut table = manifest::Table { files: Vec::new(), ..listed.clone() };
            for path in self.paths(&listed.name, &labels) {
                table.files.extend(self.file(schema, &path, &labels, to)?);
            }
            table.settle();
            tables.push(table);
        }
        for (of, document) in self.documents() {
            copy(of.dir(), to, &document.path)?;
        }
        Ok(tables)
    }

    /// What stands beside the tables in the patched data set, and where it is taken from: what stood there, and labels where the
    /// tables of labels are.
    pub fn documents(&self) -> impl Iterator<Item = (&DataSet, &Document)> {
        let others = |of: &&Document| !of.is_of_labels();
        let others = self.from.manifest().documents.iter().filter(others);
        let labels = |of: &&Document| self.direction == Direction::Apply && of.is_of_labels();
        let labels = self.labelled.manifest().documents.iter().filter(labels);
        let labels = labels.map(|document| (self.labelled, document));
        labels.chain(others.map(|document| (self.from, document)))
    }

    /// The files of a table, on both sides.
    fn paths(&self, table: &str, labels: &Labels) -> BTreeSet<String> {
        let listed = self.from.table(table).map_or(&[][..], |table| &table.files[..]);
        let listed = listed.iter().map(|file| file.path.clone());
        let named = labels.members.iter().filter(|member| member.table == table);
        let named = named.filter_map(|member| member.on(self.other()).0.clone());
        listed.chain(named).collect()
    }

    /// Whether rows are taken out of the clean side, and put into the dirty one.
    fn other(&self) -> bool {
        self.direction == Direction::Apply
    }

    fn listed(set: &DataSet, path: &str) -> Option<File> {
        set.manifest().files().find(|file| file.path == path).cloned()
    }

    /// Patches one file; what the manifest says of it, unless nothing is left of it.
    fn file(
        &self,
        schema: &Table,
        path: &str,
        labels: &Labels,
        to: &Path,
    ) -> Result<Option<File>, Error> {
        let before = Self::listed(self.from, path);
        let touched = labels.of_file(path);
        if touched.is_empty() {
            copy(self.from.dir(), to, path)?;
            return Ok(before);
        }
        let is_ndjson = self.output.format.name() == "ndjson";
        let bytes = match &before {
            Some(_) => {
                let path = self.from.dir().join(path);
                fs::read(&path).map_err(io_error(&path))?
            }
            None => Vec::new(),
        };
        let bytes = self.undamaged(path, bytes, &touched)?;
        let made = if is_ndjson {
            lines::patch(self, schema, path, &bytes, &touched)?
        } else {
            rows::patch(self, schema, path, &bytes, &touched)?
        };
        if made.rows == 0 && schema.is_events() {
            return Ok(None);
        }
        let bytes = self.damaged(path, made.bytes, &touched)?;
        let target = to.join(path);
        let listed = before.or_else(|| Self::listed(self.labelled, path));
        // A file that is listed nowhere has the digest that the others have.
        let another = || self.labelled.manifest().files().next().cloned();
        let algorithm = listed.or_else(another).map(|file| file.stated().algorithm);
        let algorithm = algorithm.unwrap_or_default();
        let write = || {
            if let Some(folder) = target.parent() {
                fs::create_dir_all(folder)?;
            }
            let mut out = Digest::with(algorithm, fs::File::create(&target)?);
            out.write_all(&bytes)?;
            Ok(out.finish())
        };
        let (length, digest) = write().map_err(io_error(&target))?;
        let (sha256, blake3) = apart(algorithm, digest);
        let (min_time, max_time) = match self.direction {
            // Of a first or last line that is broken only the manifest knows.
            Direction::Apply => Self::listed(self.labelled, path)
                .map_or((None, None), |file| (file.min_time, file.max_time)),
            Direction::Invert => made.times,
        };
        let path = path.to_owned();
        Ok(Some(File { path, rows: made.rows, bytes: length, sha256, blake3, min_time, max_time }))
    }

    /// The file's bytes without damage done to it as such.
    fn undamaged(&self, path: &str, bytes: Vec<u8>, touched: &[&Member]) -> Result<Vec<u8>, Error> {
        match touched.iter().find(|member| member.is_of_file()) {
            Some(member) if self.direction == Direction::Invert => {
                let (there, before) = (&member.raw_injected, &member.raw_original);
                replaced(path, &bytes, member.byte_start, there.as_ref(), before.as_ref())
            }
            _ => Ok(bytes),
        }
    }

    fn damaged(&self, path: &str, bytes: Vec<u8>, touched: &[&Member]) -> Result<Vec<u8>, Error> {
        match touched.iter().find(|member| member.is_of_file()) {
            Some(member) if self.direction == Direction::Apply => {
                let (there, after) = (&member.raw_original, &member.raw_injected);
                // Other bytes of the same rows: what was done to these bytes can only be done again to the same.
                replaced(path, &bytes, member.byte_start, there.as_ref(), after.as_ref()).or_else(
                    |error| {
                        if self.output.format.name() == "ndjson" { Err(error) } else { Ok(bytes) }
                    },
                )
            }
            _ => Ok(bytes),
        }
    }
}

/// A file as patched.
pub(crate) struct Patched {
    bytes: Vec<u8>,
    rows: u64,
    times: (Option<String>, Option<String>),
}

/// Bytes with some of them replaced, which must be there.
fn replaced(
    path: &str,
    bytes: &[u8],
    start: Option<i64>,
    there: Option<&Vec<u8>>,
    instead: Option<&Vec<u8>>,
) -> Result<Vec<u8>, Error> {
    let (Some(start), Some(there), Some(instead)) = (start, there, instead) else {
        return Err(mismatch(path, "its label says nothing of its bytes"));
    };
    let start = start as usize;
    if bytes.get(start..start + there.len()) != Some(&there[..]) {
        return Err(mismatch(path, "its bytes are not those of its label"));
    }
    Ok([&bytes[..start], instead, &bytes[start + there.len()..]].concat())
}

fn copy(from: &Path, to: &Path, path: &str) -> Result<(), Error> {
    let (from, to) = (from.join(path), to.join(path));
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(io_error(folder))?;
    }
    fs::copy(&from, &to).map_err(io_error(&from)).map(drop)
}
