//! Data sets read back: a table's files batch by batch, the columns that are wanted, Parquet and NDJSON alike.
//!
//! A [`DataSet`] is a folder with a manifest. Its tables are read with the types of their schemas ([`DataSet::scan`]); a file from
//! elsewhere by names and what they are taken for ([`scan_file`]). Files are decoded on a thread of their own, a few batches ahead;
//! what is seen, and in which order, depends on the files alone. Memory is bounded by the batches under way and, for Parquet, a
//! row group's dictionaries.

mod build;
mod column;
mod csv;
pub mod hash;
mod ill;
mod json;
pub(crate) mod ndjson;
mod parquet;
mod value;

#[cfg(test)]
mod tests;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use arrow::datatypes::Schema;

use crate::manifest::{self, Manifest, Shard};
use crate::schema::Table;

pub use crate::digits::uuid_text as id_text;
pub use column::{As, BadLine, Batch, Column, Data, Fault, Ill, Texts, Wanted, What};

/// Rows of a batch.
pub const ROWS: usize = 1 << 14;
/// Faults that a batch names; beyond them it counts.
const FAULTS: usize = ROWS;
/// Batches decoded ahead.
const AHEAD: usize = 4;
/// The name of the thread that decodes. A file that makes its decoder panic is a broken file, not a broken program.
pub const READER: &str = "throng-reader";

/// Why a data set cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such folder.
    #[error("{} is no folder", .0.display())]
    NoFolder(PathBuf),
    /// Its manifest cannot be had.
    #[error(transparent)]
    Manifest(#[from] manifest::Error),
    /// It is a part of a data set.
    #[error("{} is shard {} of {} of a data set", dir.display(), shard.index, shard.count)]
    Shard {
        /// The folder.
        dir: PathBuf,
        /// Which part.
        shard: Shard,
    },
    /// It holds parts of a data set.
    #[error("{} holds shards that are not joined yet", .0.display())]
    Unjoined(PathBuf),
    /// No thread can be had.
    #[error("cannot start a thread: {0}")]
    Thread(std::io::Error),
}

impl Error {
    /// What would help, if anything is known to.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::NoFolder(_) => Some("give the folder that `throng generate` wrote"),
            Self::Manifest(manifest::Error::Missing(_)) => {
                Some("a run that was stopped leaves none: make the data set again")
            }
            Self::Manifest(manifest::Error::Version { .. }) => {
                Some("use the version of throng that wrote it")
            }
            Self::Manifest(manifest::Error::Io { .. }) => {
                Some("make the file one that you may read, or make the data set again")
            }
            Self::Manifest(manifest::Error::Malformed { .. }) => {
                Some("give a folder that `throng generate` wrote, or make the data set again")
            }
            Self::Shard { .. } | Self::Unjoined(_) => {
                Some("`throng join DIR` makes the shards in a folder one data set")
            }
            Self::Thread(_) => None,
        }
    }
}

/// A file that cannot be read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Its path, in the data set or as given.
    pub path: String,
    /// Why.
    pub why: String,
}

/// A data set in a folder.
#[derive(Debug, Clone)]
pub struct DataSet {
    dir: PathBuf,
    manifest: Manifest,
}

impl DataSet {
    /// Opens a folder by its manifest.
    ///
    /// # Errors
    /// No folder, no manifest or a foreign one, a shard.
    pub fn open(dir: &Path) -> Result<Self, Error> {
        if !dir.is_dir() {
            return Err(Error::NoFolder(dir.to_owned()));
        }
        let manifest = match Manifest::read(dir) {
            Err(manifest::Error::Missing(_)) if has_shards(dir) => {
                return Err(Error::Unjoined(dir.to_owned()));
            }
            manifest => manifest?,
        };
        if let Some(shard) = manifest.shard {
            return Err(Error::Shard { dir: dir.to_owned(), shard });
        }
        Ok(Self { dir: dir.to_owned(), manifest })
    }

    /// Its folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// What it says of itself.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The table of that name as written, if it was.
    pub fn table(&self, name: &str) -> Option<&manifest::Table> {
        self.manifest.tables.iter().find(|table| table.name == name)
    }

    /// Where a file of a table is to be read: where it is, or where what stands in for it is.
    pub fn place(&self, path: &str) -> PathBuf {
        self.dir.join(self.stand_in(path).map_or(path, |copy| &copy.path))
    }

    /// For a file of labels that is not there: its copy in NDJSON, as listed, if there is one.
    pub fn stand_in(&self, path: &str) -> Option<&manifest::Document> {
        let copy = Path::new(path).with_extension("ndjson");
        let is_copy = |document: &&manifest::Document| {
            document.is_of_labels() && Path::new(&document.path) == copy
        };
        self.manifest.documents.iter().find(is_copy).filter(|_| !self.dir.join(path).exists())
    }

    /// Reads columns of a table, file after file in the order of the manifest: by range of users, and within a range by time. `see`
    /// gets the file's ordinal in the table and the batch, and says whether to go on. Those files that could not be read to
    /// their end are what comes back. Columns that the schema lacks are absent.
    ///
    /// # Errors
    /// No thread can be had.
    pub fn scan(
        &self,
        schema: &Table,
        columns: &[&str],
        see: impl FnMut(usize, &Batch) -> ControlFlow<()>,
    ) -> Result<Vec<Broken>, Error> {
        let wanted: Vec<Wanted> = columns
            .iter()
            .filter_map(|name| {
                let form = As::Typed(schema.field(name)?.ty);
                Some(Wanted { name: (*name).to_owned(), form })
            })
            .collect();
        let manner = Manner { strict: wanted.len() == schema.fields.len(), forgiving: true };
        let files = self.table(&schema.name).map_or(&[][..], |table| &table.files[..]);
        let files: Vec<(String, PathBuf)> =
            files.iter().map(|file| (file.path.clone(), self.place(&file.path))).collect();
        read_ahead(&files, &wanted, manner, see)
    }
}

/// Reads columns of one file from anywhere: `*.parquet`, `*.csv`, `*.ndjson` or `*.jsonl`, the latter two also with `.gz` or `.zst`.
///
/// # Errors
/// No thread can be had.
pub fn scan_file(
    path: &Path,
    wanted: &[Wanted],
    mut see: impl FnMut(&Batch) -> ControlFlow<()>,
) -> Result<Vec<Broken>, Error> {
    let files = [(path.display().to_string(), path.to_owned())];
    read_ahead(&files, wanted, Manner::default(), |_, batch| see(batch))
}

/// The same, and members or columns of text files that nobody asked for are faults. Those of a Parquet file, [`parquet_shape`] tells.
///
/// # Errors
/// No thread can be had.
pub fn scan_strictly(
    path: &Path,
    wanted: &[Wanted],
    mut see: impl FnMut(&Batch) -> ControlFlow<()>,
) -> Result<Vec<Broken>, Error> {
    let files = [(path.display().to_string(), path.to_owned())];
    read_ahead(&files, wanted, Manner { strict: true, ..Manner::default() }, |_, batch| see(batch))
}

/// The names in the first line of a CSV file.
///
/// # Errors
/// Why the file cannot be read.
pub fn csv_names(path: &Path) -> Result<Vec<String>, String> {
    csv::names(path)
}

/// Reads columns of a Parquet file that lies in memory.
///
/// # Errors
/// Why it cannot be read to its end.
pub fn scan_bytes(
    bytes: &[u8],
    wanted: &[Wanted],
    mut see: impl FnMut(&Batch) -> ControlFlow<()>,
) -> Result<(), String> {
    let bytes = bytes::Bytes::copy_from_slice(bytes);
    shielded(|| {
        let mut decoder = parquet::Parquet::over(bytes, wanted)?;
        while let Some(batch) = decoder.next()? {
            if see(&batch).is_break() {
                break;
            }
        }
        Ok(())
    })
}

/// Reads columns of lines of JSON that lie in memory.
///
/// # Errors
/// A line that is no object.
pub fn scan_lines(lines: Vec<u8>, wanted: &[Wanted]) -> Result<Vec<Batch>, String> {
    let lines = Box::new(std::io::Cursor::new(lines));
    shielded(|| {
        let mut decoder = ndjson::Ndjson::over(lines, wanted, Manner::default());
        std::iter::from_fn(|| decoder.next().transpose()).collect()
    })
}

/// The columns of a Parquet file as Arrow has them, and its number of rows.
///
/// # Errors
/// Why the file cannot be read.
pub fn parquet_shape(path: &Path) -> Result<(Schema, u64), String> {
    shielded(|| parquet::shape(path))
}

/// A Parquet file's metadata, with strings that every row group has in a dictionary to be read as such.
pub(crate) fn keyed_metadata(
    file: &std::fs::File,
) -> Result<::parquet::arrow::arrow_reader::ArrowReaderMetadata, String> {
    shielded(|| parquet::keyed_metadata(file))
}

/// A UUID out of its 36 characters.
pub fn uuid(text: &str) -> Option<u128> {
    value::uuid(text.as_bytes())
}

/// Whether a file is Parquet, by its name.
pub fn is_parquet(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "parquet")
}

/// Whether a file is CSV, by its name.
pub fn is_csv(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "csv")
}

/// Whether there is a shard in a folder.
fn has_shards(dir: &Path) -> bool {
    let Ok(entries) = dir.read_dir() else { return false };
    entries.filter_map(Result::ok).any(|entry| {
        entry.file_name().to_string_lossy().starts_with("shard-")
            && entry.path().join(manifest::FILE).is_file()
    })
}

/// How lines are taken that are not what they should be.
#[derive(Debug, Clone, Copy, Default)]
struct Manner {
    /// Members that nobody asked for are faults.
    strict: bool,
    /// A line that is no object is noted and passed over; else it ends the file.
    forgiving: bool,
}

/// A file being decoded.
trait Decode {
    /// The next rows; none at the end.
    fn next(&mut self) -> Result<Option<Batch>, String>;
}

fn open(path: &Path, wanted: &[Wanted], manner: Manner) -> Result<Box<dyn Decode>, String> {
    if is_parquet(path) {
        return Ok(Box::new(parquet::Parquet::open(path, wanted)?));
    }
    if is_csv(path) {
        return Ok(Box::new(csv::Csv::open(path, wanted, manner.strict)?));
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let plain = name.trim_end_matches(".gz").trim_end_matches(".zst");
    let known = [".ndjson", ".jsonl", ".json"].iter().any(|ending| plain.ends_with(ending));
    if !known {
        return Err("is neither *.parquet nor *.ndjson nor *.csv".to_owned());
    }
    Ok(Box::new(ndjson::Ndjson::open(path, wanted, manner)?))
}

/// What passes from the thread that decodes.
enum Message {
    Rows(usize, Batch),
    Broken(Broken),
}

/// Decodes files on a thread of their own and hands the batches on in order.
fn read_ahead(
    files: &[(String, PathBuf)],
    wanted: &[Wanted],
    manner: Manner,
    mut see: impl FnMut(usize, &Batch) -> ControlFlow<()>,
) -> Result<Vec<Broken>, Error> {
    thread::scope(|scope| {
        let (sender, receiver) = sync_channel(AHEAD);
        let decode = move || {
            for (ordinal, (name, path)) in files.iter().enumerate() {
                if decode_file(ordinal, name, path, wanted, manner, &sender).is_break() {
                    break;
                }
            }
        };
        let reader = thread::Builder::new().name(READER.to_owned()).spawn_scoped(scope, decode);
        let reader = reader.map_err(Error::Thread)?;
        let broken = receive(receiver, &mut see);
        // Panics are caught file by file; there is nothing left to hear.
        let _ = reader.join();
        Ok(broken)
    })
}

fn receive(
    receiver: Receiver<Message>,
    see: &mut impl FnMut(usize, &Batch) -> ControlFlow<()>,
) -> Vec<Broken> {
    let mut all = Vec::new();
    for message in receiver {
        match message {
            Message::Rows(file, batch) => {
                if see(file, &batch).is_break() {
                    break;
                }
            }
            Message::Broken(broken) => all.push(broken),
        }
    }
    all
}

/// Decodes a file; breaks off when nobody listens any more.
fn decode_file(
    ordinal: usize,
    name: &str,
    path: &Path,
    wanted: &[Wanted],
    manner: Manner,
    sender: &SyncSender<Message>,
) -> ControlFlow<()> {
    let outcome = shielded(|| {
        let mut decoder = open(path, wanted, manner)?;
        while let Some(batch) = decoder.next()? {
            if sender.send(Message::Rows(ordinal, batch)).is_err() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    });
    let Err(why) = outcome else { return outcome.unwrap_or(ControlFlow::Continue(())) };
    let broken = Broken { path: name.to_owned(), why };
    match sender.send(Message::Broken(broken)) {
        Ok(()) => ControlFlow::Continue(()),
        Err(_) => ControlFlow::Break(()),
    }
}

/// Runs a decoder; bytes that make it panic are the bytes' fault.
pub(crate) fn shielded<T>(decode: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(decode));
    outcome.unwrap_or_else(|_| Err("its bytes make no sense".to_owned()))
}
