//! The scan for what leaked: known values, in every form that systems write them, over every byte that would be given away.
//!
//! Read are the names of files and folders, the bytes of all files as they are, and what is inside: lines of compressed NDJSON, pages
//! of Parquet, among them dictionaries with values that no row holds any more. What cannot be read has not been searched, and is told:
//! there may be anything in it.

mod forms;
mod glance;
mod needles;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use parquet::basic::Encoding;
use parquet::column::page::Page;
use parquet::file::reader::{FileReader as _, SerializedFileReader};

pub use glance::glance;
use needles::{Needles, Search};

use crate::privacy::stage::{self, ScanReport};
use crate::read;

/// A value that must not be found.
#[derive(Debug, Clone)]
pub struct Known {
    /// How a find is called: the value itself is never shown.
    pub name: String,
    /// The value.
    pub value: String,
}

/// Where a value was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Find {
    /// The file, within the folder.
    pub path: String,
    /// Which part of it: its name, its bytes, its contents.
    pub part: &'static str,
    /// In which form.
    pub form: &'static str,
    /// Which value.
    pub what: String,
}

/// What could not be searched.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unread {
    /// The file, within the folder.
    pub path: String,
    /// Why.
    pub why: String,
}

/// What a scan saw.
#[derive(Debug, Default)]
pub struct Seen {
    /// What it found: of each value and file the first.
    pub finds: Vec<Find>,
    /// What it could not search: there may be anything in it.
    pub unread: Vec<Unread>,
    /// What it looked at.
    pub report: ScanReport,
}

/// Bytes read at a time.
const BLOCK: usize = 1 << 18;

/// Looks for values in everything below a folder, or in one file. What cannot be read is told, and what was found before that as well.
///
/// # Errors
/// It was asked to stop.
pub fn scan(dir: &Path, known: &[Known], cancel: &AtomicBool) -> Result<Seen, Stopped> {
    let needles = Needles::new(known);
    let mut scan = Scan::new(&needles, known, cancel);
    scan.any(dir, "")?;
    Ok(scan.seen())
}

/// A scan was asked to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopped;

struct Scan<'s> {
    needles: &'s Needles<'s>,
    seen: Seen,
    cancel: &'s AtomicBool,
}

impl<'s> Scan<'s> {
    fn new(needles: &'s Needles<'s>, known: &[Known], cancel: &'s AtomicBool) -> Self {
        let mut seen = Seen::default();
        (seen.report.values, seen.report.forms) = (known.len(), needles.len());
        Self { needles, seen, cancel }
    }

    fn seen(mut self) -> Seen {
        self.seen.finds.sort();
        self.seen.finds.dedup_by(|a, b| (&a.path, &a.what) == (&b.path, &b.what));
        self.seen.unread.sort();
        self.seen
    }

    /// Searches a folder, or a file; `shown` is how it is called.
    fn any(&mut self, path: &Path, shown: &str) -> Result<(), Stopped> {
        let (is_root, looked) = (shown.is_empty(), fs::symlink_metadata(path));
        // What is asked for may be a link; what stands in it may lead anywhere, and in circles.
        let about = if is_root { fs::metadata(path) } else { looked };
        let searched = match &about {
            _ if self.cancel.load(Ordering::Relaxed) => return Err(Stopped),
            Ok(about) if about.is_dir() => return self.folder(path, shown),
            Ok(about) if about.is_file() => {
                let shown = if is_root { self.name(path) } else { shown.to_owned() };
                self.file(path, &shown)
            }
            Ok(_) => Err("it is no file: a link, a pipe or a device".to_owned()),
            Err(error) => Err(error.to_string()),
        };
        match searched {
            Err(_) if self.cancel.load(Ordering::Relaxed) => Err(Stopped),
            Err(why) => {
                let name = || path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                self.unread(if is_root { name() } else { shown.to_owned() }, why);
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    fn folder(&mut self, path: &Path, shown: &str) -> Result<(), Stopped> {
        let entries = fs::read_dir(path).and_then(|entries| {
            entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>()
        });
        let mut entries = entries.unwrap_or_else(|error| {
            let shown = if shown.is_empty() { "." } else { shown };
            self.unread(shown.to_owned(), error.to_string());
            Vec::new()
        });
        entries.sort();
        for path in entries {
            let name = self.name(&path);
            let shown = if shown.is_empty() { name } else { format!("{shown}/{name}") };
            self.any(&path, &shown)?;
        }
        Ok(())
    }

    fn unread(&mut self, path: String, why: String) {
        self.seen.unread.push(Unread { path, why });
    }

    /// Searches a file's name; it, or what is shown instead.
    fn name(&mut self, path: &Path) -> String {
        let name = path.file_name().unwrap_or_default();
        let shown = self.shown(name.as_encoded_bytes());
        shown.unwrap_or_else(|| name.to_string_lossy().into_owned())
    }

    /// Searches a name; what is shown of it where it holds a value.
    fn shown(&mut self, name: &[u8]) -> Option<String> {
        let mut search = Search::new(self.needles);
        search.take(name);
        search.found().next()?;
        let shown = "(a name)";
        self.found(shown, "name", &search);
        Some(shown.to_owned())
    }

    /// Searches a file's bytes, and what they unfold to.
    fn file(&mut self, path: &Path, shown: &str) -> Result<(), String> {
        self.seen.report.files += 1;
        let open = || File::open(path).map_err(|error| error.to_string());
        let mut head = Vec::new();
        open()?.take(8).read_to_end(&mut head).map_err(|error| error.to_string())?;
        self.bytes(shown, "bytes", &mut open()?)?;
        let file = BufReader::with_capacity(BLOCK, open()?);
        match Packed::of(&head, Path::new(shown)) {
            None => Ok(()),
            Some(Packed::Gzip) => {
                self.bytes(shown, "contents", &mut flate2::read::MultiGzDecoder::new(file))
            }
            Some(Packed::Zstd) => {
                let plain = zstd::stream::read::Decoder::with_buffer(file);
                self.bytes(shown, "contents", &mut plain.map_err(|error| error.to_string())?)
            }
            Some(Packed::Parquet) => {
                read::shielded(|| self.parquet(path, shown).map_err(|error| error.to_string()))
            }
            Some(Packed::Other) => {
                Err("it is compressed in a way that is not read here".to_owned())
            }
        }
    }

    /// Searches a stream, whose blocks overlap by the longest needle.
    fn bytes(
        &mut self,
        shown: &str,
        part: &'static str,
        from: &mut dyn Read,
    ) -> Result<(), String> {
        let mut search = Search::new(self.needles);
        let mut block = vec![0; BLOCK];
        let outcome = loop {
            if self.cancel.load(Ordering::Relaxed) {
                break Err("stopped".to_owned());
            }
            match from.read(&mut block) {
                Ok(0) => break Ok(()),
                Ok(read) => {
                    self.seen.report.bytes += read as u64;
                    search.take(&block[..read]);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Err(error.to_string()),
            }
        };
        // What was found before a stream broke was found.
        self.found(shown, part, &search);
        outcome
    }

    fn found(&mut self, shown: &str, part: &'static str, search: &Search<'_>) {
        let find = |(what, form): (&str, &'static str)| Find {
            path: shown.to_owned(),
            part,
            form,
            what: what.to_owned(),
        };
        self.seen.finds.extend(search.found().map(find));
    }

    /// Searches the pages of a Parquet file.
    fn parquet(&mut self, path: &Path, shown: &str) -> parquet::errors::Result<()> {
        let reader = SerializedFileReader::new(File::open(path)?)?;
        let mut woven = BTreeSet::new();
        for group in 0..reader.num_row_groups() {
            let group = reader.get_row_group(group)?;
            for column in 0..group.num_columns() {
                let mut encodings = group.metadata().column(column).encodings();
                if encodings.any(|encoding| {
                    matches!(encoding, Encoding::DELTA_BYTE_ARRAY | Encoding::BYTE_STREAM_SPLIT)
                }) {
                    woven.insert(column);
                }
                let mut search = Search::new(self.needles);
                let pages = self.pages(group.get_column_page_reader(column)?, &mut search);
                self.found(shown, "contents", &search);
                pages?;
            }
        }
        // Strings that share their beginnings, and bytes that are spread, stand in no page as a whole.
        if woven.is_empty() {
            return Ok(());
        }
        self.woven(path, shown, &woven).map_err(parquet::errors::ParquetError::General)
    }

    fn pages(
        &mut self,
        pages: impl Iterator<Item = parquet::errors::Result<Page>>,
        search: &mut Search<'_>,
    ) -> parquet::errors::Result<()> {
        for page in pages {
            if self.cancel.load(Ordering::Relaxed) {
                return Err(parquet::errors::ParquetError::General("stopped".to_owned()));
            }
            let page = page?;
            self.seen.report.bytes += page.buffer().len() as u64;
            search.take(page.buffer());
        }
        Ok(())
    }

    /// Searches the values of some columns as they are read.
    fn woven(&mut self, path: &Path, shown: &str, columns: &BTreeSet<usize>) -> Result<(), String> {
        let contents = stage::contents(path, columns, stage::ROWS);
        let mut contents = contents.map_err(|why| why.to_string())?;
        let mut texts = Vec::new();
        while contents(&mut texts).map_err(|why| why.to_string())? {
            if self.cancel.load(Ordering::Relaxed) {
                return Err("stopped".to_owned());
            }
            let mut search = Search::new(self.needles);
            search.take(&texts);
            self.found(shown, "contents", &search);
            texts.clear();
        }
        Ok(())
    }
}

/// How a file is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packed {
    Gzip,
    Zstd,
    Parquet,
    /// In a way that is not read here.
    Other,
}

/// How packed files begin: the bytes tell, whatever a file is called.
const HEADS: &[(&[u8], Packed)] = &[
    (b"\x1f\x8b", Packed::Gzip),
    (b"\x28\xb5\x2f\xfd", Packed::Zstd),
    (b"PAR1", Packed::Parquet),
    (b"PARE", Packed::Other),
    (b"PK\x03\x04", Packed::Other),
    (b"\xfd7zXZ\0", Packed::Other),
    (b"7z\xbc\xaf\x27\x1c", Packed::Other),
    (b"\x04\x22\x4d\x18", Packed::Other),
    (b"\xff\x06\0\0sNaP", Packed::Other),
    (b"ORC", Packed::Other),
    (b"Obj\x01", Packed::Other),
];

/// Endings that promise a packing, whatever the bytes are.
const ENDINGS: &[(&str, Packed)] = &[
    ("gz", Packed::Gzip),
    ("zst", Packed::Zstd),
    ("parquet", Packed::Parquet),
    ("bz2", Packed::Other),
    ("br", Packed::Other),
    ("lzma", Packed::Other),
];

impl Packed {
    /// None of what stands there as it is.
    fn of(head: &[u8], path: &Path) -> Option<Self> {
        let by_head = HEADS.iter().find(|(known, _)| head.starts_with(known));
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
        let by_name = || ENDINGS.iter().find(|(known, _)| ending.as_deref() == Some(known));
        by_head.map(|(_, packed)| *packed).or_else(|| by_name().map(|(_, packed)| *packed))
    }
}

/// The values of a list, one a line, each called by its line; those too short to be told from chance are left out and counted.
///
/// # Errors
/// The list cannot be read.
pub fn known_values(path: &Path) -> io::Result<(Vec<Known>, usize)> {
    let mut values = Vec::new();
    let mut short = 0;
    for (place, line) in BufReader::new(File::open(path)?).lines().enumerate() {
        let line = line?;
        match line.trim() {
            "" => {}
            value if value.len() < needles::SHORTEST => short += 1,
            value => {
                let name = format!("the value of line {}", place + 1);
                values.push(Known { name, value: value.to_owned() });
            }
        }
    }
    Ok((values, short))
}

/// Looks for values in files that are to stand elsewhere: each has the path that it will have, and where it is now.
pub(super) fn scan_files(files: &[(String, PathBuf)], known: &[Known]) -> Seen {
    let (needles, never) = (Needles::new(known), AtomicBool::new(false));
    let mut scan = Scan::new(&needles, known, &never);
    for (path, now) in files {
        let shown = scan.shown(path.as_bytes()).unwrap_or_else(|| path.clone());
        // Nobody stops it.
        let _ = scan.any(now, &shown);
    }
    scan.seen()
}

/// Values that texts are looked through for, in all forms.
pub(super) struct Finder<'k> {
    needles: Needles<'k>,
}

impl<'k> Finder<'k> {
    pub(super) fn new(known: &'k [Known]) -> Self {
        Self { needles: Needles::new(known) }
    }

    /// Whether a text holds one.
    pub(super) fn is_in(&self, text: &str) -> bool {
        let mut search = Search::new(&self.needles);
        search.take(text.as_bytes());
        search.found().next().is_some()
    }
}
