//! What there is to be made pseudonymous: files and folders, each file with its table and its partitions.

use std::fs;
use std::io::{self, BufRead as _, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::why::{Why, broken, go_on};
use crate::read::ndjson::unpacked;

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Parquet.
    Parquet,
    /// NDJSON, as it is.
    Plain,
    /// NDJSON with gzip.
    Gzip,
    /// NDJSON with Zstandard.
    Zstd,
}

/// The endings of files that are read, each with its form.
const ENDINGS: &[(&str, Form)] = &[
    (".parquet", Form::Parquet),
    (".ndjson", Form::Plain),
    (".jsonl", Form::Plain),
    (".ndjson.gz", Form::Gzip),
    (".jsonl.gz", Form::Gzip),
    (".ndjson.zst", Form::Zstd),
    (".jsonl.zst", Form::Zstd),
];

impl Form {
    /// The ending of what is written.
    pub(super) fn ending(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Plain => "ndjson",
            Self::Gzip => "ndjson.gz",
            Self::Zstd => "ndjson.zst",
        }
    }
}

/// The form of a file, by its name.
pub(super) fn form_of(path: &Path) -> Option<Form> {
    let name = path.file_name()?.to_string_lossy();
    ENDINGS.iter().find(|(ending, _)| name.ends_with(ending)).map(|(_, form)| *form)
}

/// A file to be read.
#[derive(Debug, Clone)]
pub(super) struct Input {
    /// Where it is.
    pub(super) path: PathBuf,
    /// How it is written.
    pub(super) form: Form,
    /// The names by which a policy may know its table, the more special first.
    pub(super) tables: Vec<String>,
    /// Partitions of its path: `day=2026-01-05`.
    pub(super) partitions: Vec<(String, String)>,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The files, by path.
    pub(super) inputs: Vec<Input>,
    /// Files that are no tables, and are left out.
    pub(super) others: Vec<PathBuf>,
}

/// Finds all files.
pub(super) fn find(given: &[PathBuf]) -> io::Result<Found> {
    let mut found = Found::default();
    for path in given {
        if path.is_dir() {
            walk(path, path, &mut found)?;
        } else {
            // What does not exist is told by its name.
            fs::metadata(path)?;
            found.add(path, path.parent().unwrap_or(path));
        }
    }
    found.inputs.sort_by(|a, b| a.path.cmp(&b.path));
    found.inputs.dedup_by(|a, b| a.path == b.path);
    Ok(found)
}

fn walk(root: &Path, dir: &Path, found: &mut Found) -> io::Result<()> {
    let entries: io::Result<Vec<PathBuf>> =
        fs::read_dir(dir)?.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut entries = entries?;
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match () {
            () if name.starts_with(['.', '_']) => found.others.push(path),
            // A link may lead anywhere, and in circles.
            () if path.is_symlink() => found.others.push(path),
            () if path.is_dir() => walk(root, &path, found)?,
            () => found.add(&path, root),
        }
    }
    Ok(())
}

impl Found {
    fn add(&mut self, path: &Path, root: &Path) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some((ending, form)) = ENDINGS.iter().find(|(ending, _)| name.ends_with(ending)) else {
            self.others.push(path.to_owned());
            return;
        };
        let inner = path.parent().and_then(|parent| parent.strip_prefix(root).ok());
        let folders: Vec<String> = inner
            .into_iter()
            .flat_map(Path::components)
            .map(|part| part.as_os_str().to_string_lossy().into_owned())
            .collect();
        let split = |part: &String| {
            part.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned()))
        };
        let partitions: Vec<(String, String)> = folders.iter().filter_map(split).collect();
        let plain: Vec<&str> =
            folders.iter().map(String::as_str).filter(|part| !part.contains('=')).collect();
        let of_root = root.file_name().map(|name| name.to_string_lossy().into_owned());
        let mut tables = Vec::new();
        if !plain.is_empty() {
            tables.push(plain.join("/"));
        }
        tables.push(name.strip_suffix(ending).unwrap_or(&name).to_owned());
        tables.extend(of_root);
        // Files in nothing but partitions are parts of the folder that has those, whatever each is called.
        if plain.is_empty() && !partitions.is_empty() {
            tables.reverse();
        }
        self.inputs.push(Input { path: path.to_owned(), form: *form, tables, partitions });
    }
}

/// Lets `write` write into a form's compression.
pub(super) fn zipped<T>(
    form: Form,
    out: &mut (dyn Write + Send),
    write: impl FnOnce(&mut dyn Write) -> Result<T, Why>,
) -> Result<T, Why> {
    const BUFFER: usize = 256 << 10;
    match form {
        Form::Gzip => {
            let mut zipped = GzEncoder::new(out, Compression::new(6));
            let written = write(&mut BufWriter::with_capacity(BUFFER, &mut zipped))?;
            zipped.finish().map_err(broken)?;
            Ok(written)
        }
        Form::Zstd => {
            let mut zipped = zstd::stream::write::Encoder::new(out, 3).map_err(broken)?;
            let written = write(&mut BufWriter::with_capacity(BUFFER, &mut zipped))?;
            zipped.finish().map_err(broken)?;
            Ok(written)
        }
        Form::Plain | Form::Parquet => write(&mut BufWriter::with_capacity(BUFFER, out)),
    }
}

/// The longest line that is taken for one.
const LONGEST: u64 = 64 << 20;

/// After so many lines it is asked whether to go on.
const OFTEN: u64 = 1 << 10;

/// Shows every line that is not blank, with its number from 1.
pub(super) fn each_line(
    path: &Path,
    cancel: &AtomicBool,
    mut see: impl FnMut(u64, &[u8]) -> Result<(), Why>,
) -> Result<(), Why> {
    let mut lines = unpacked(path).map_err(broken)?;
    let mut line = Vec::new();
    for number in 1_u64.. {
        line.clear();
        let mut limited = io::Read::take(&mut lines, LONGEST);
        let bytes = limited.read_until(b'\n', &mut line);
        let bytes = bytes.map_err(|error| Why::Broken(format!("line {number}: {error}")))?;
        if bytes as u64 == LONGEST {
            return Err(Why::Broken(format!("line {number} is longer than {LONGEST} bytes")));
        }
        if bytes == 0 {
            break;
        }
        if number % OFTEN == 0 {
            go_on(cancel)?;
        }
        if !line.trim_ascii().is_empty() {
            see(number, line.trim_ascii())?;
        }
    }
    Ok(())
}
