//! The scan for what leaked: known values, in every form that systems write them, over every byte that would be given away.
//!
//! Read are the names of files and folders, the bytes of all files as they are, and what is inside: lines of compressed NDJSON, pages
//! of Parquet, among them dictionaries with values that no row holds any more.

mod forms;
mod needles;

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};

use parquet::basic::Encoding;
use parquet::file::reader::{FileReader as _, SerializedFileReader};

use needles::{Needles, Search};

use crate::privacy::stage::ScanReport;
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

/// What a scan saw.
#[derive(Debug, Default)]
pub struct Seen {
    /// What it found: of each value and file the first.
    pub finds: Vec<Find>,
    /// What it looked at.
    pub report: ScanReport,
}

/// Bytes read at a time.
const BLOCK: usize = 1 << 18;

/// Looks for values in everything below a folder, or in one file.
///
/// # Errors
/// What cannot be read. A file that is damaged inside is searched as it is.
pub fn scan(dir: &Path, known: &[Known]) -> io::Result<Seen> {
    let needles = Needles::new(known);
    let mut scan = Scan { needles: &needles, seen: Seen::default(), root: dir.to_owned() };
    scan.seen.report.values = known.len();
    scan.seen.report.forms = needles.len();
    scan.any(dir)?;
    scan.seen.finds.sort();
    scan.seen.finds.dedup_by(|a, b| (&a.path, &a.what) == (&b.path, &b.what));
    Ok(scan.seen)
}

struct Scan<'s> {
    needles: &'s Needles<'s>,
    seen: Seen,
    root: PathBuf,
}

impl Scan<'_> {
    fn any(&mut self, path: &Path) -> io::Result<()> {
        if path != self.root {
            let name = path.file_name().unwrap_or_default().as_encoded_bytes();
            self.bytes(path, "name", &mut &*name)?;
        }
        if path.is_dir() {
            let entries: io::Result<Vec<PathBuf>> =
                fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.path())).collect();
            let mut entries = entries?;
            entries.sort();
            return entries.iter().try_for_each(|path| self.any(path));
        }
        self.seen.report.files += 1;
        self.bytes(path, "bytes", &mut File::open(path)?)?;
        self.inside(path);
        Ok(())
    }

    /// Searches a stream, whose blocks overlap by the longest needle.
    fn bytes(&mut self, path: &Path, part: &'static str, from: &mut dyn Read) -> io::Result<()> {
        let mut search = Search::new(self.needles);
        let mut block = vec![0; BLOCK];
        loop {
            let read = from.read(&mut block)?;
            if read == 0 {
                break;
            }
            self.seen.report.bytes += read as u64;
            search.take(&block[..read]);
        }
        self.found(path, part, &search);
        Ok(())
    }

    fn found(&mut self, path: &Path, part: &'static str, search: &Search<'_>) {
        let shown = path.strip_prefix(&self.root).unwrap_or(path).to_string_lossy();
        let find = |(what, form): (&str, &'static str)| Find {
            // A name that holds a value must not be told either.
            path: if part == "name" { "(a name)".to_owned() } else { shown.clone().into_owned() },
            part,
            form,
            what: what.to_owned(),
        };
        self.seen.finds.extend(search.found().map(find));
    }

    /// Searches what is inside; what cannot be opened has been searched as it is.
    fn inside(&mut self, path: &Path) {
        let ends = |ending: &str| path.extension().is_some_and(|found| found == ending);
        let Ok(file) = File::open(path) else { return };
        let file = BufReader::with_capacity(BLOCK, file);
        if ends("gz") {
            let _ = self.bytes(path, "contents", &mut flate2::read::MultiGzDecoder::new(file));
        } else if ends("zst") {
            if let Ok(mut plain) = zstd::stream::read::Decoder::with_buffer(file) {
                let _ = self.bytes(path, "contents", &mut plain);
            }
        } else if ends("parquet") {
            let _ = read::shielded(|| self.parquet(path).map_err(|error| error.to_string()));
        }
    }

    /// Searches the pages of a Parquet file.
    fn parquet(&mut self, path: &Path) -> parquet::errors::Result<()> {
        let reader = SerializedFileReader::new(File::open(path)?)?;
        let mut woven = false;
        for group in 0..reader.num_row_groups() {
            let group = reader.get_row_group(group)?;
            for column in 0..group.num_columns() {
                let mut encodings = group.metadata().column(column).encodings();
                woven |= encodings.any(|encoding| encoding == Encoding::DELTA_BYTE_ARRAY);
                let mut search = Search::new(self.needles);
                for page in group.get_column_page_reader(column)? {
                    let page = page?;
                    self.seen.report.bytes += page.buffer().len() as u64;
                    search.take(page.buffer());
                }
                self.found(path, "contents", &search);
            }
        }
        // Strings that share their beginnings stand in no page as a whole.
        if woven {
            self.woven(path).map_err(parquet::errors::ParquetError::General)
        } else {
            Ok(())
        }
    }

    fn woven(&mut self, path: &Path) -> Result<(), String> {
        let mut rows = crate::privacy::stage::texts(path).map_err(|why| why.to_string())?;
        while let Some(texts) = rows().map_err(|why| why.to_string())? {
            let mut search = Search::new(self.needles);
            for text in &texts {
                search.take(text.as_bytes());
                search.take(b"\0");
            }
            self.found(path, "contents", &search);
        }
        Ok(())
    }
}

/// The values of a list, one a line; those too short to be told from chance are left out and counted.
///
/// # Errors
/// The list cannot be read.
pub fn known_values(path: &Path) -> io::Result<(Vec<String>, usize)> {
    let mut values = Vec::new();
    let mut short = 0;
    for line in BufReader::new(File::open(path)?).lines() {
        let line = line?;
        match line.trim() {
            "" => {}
            value if value.len() < needles::SHORTEST => short += 1,
            value => values.push(value.to_owned()),
        }
    }
    Ok((values, short))
}

/// Looks for values in files that are to stand elsewhere: each has the path that it will have, and where it is now.
///
/// # Errors
/// The file that cannot be read, and why.
pub(super) fn scan_files(
    files: &[(String, PathBuf)],
    known: &[Known],
) -> Result<Seen, (PathBuf, io::Error)> {
    let needles = Needles::new(known);
    let mut scan = Scan { needles: &needles, seen: Seen::default(), root: PathBuf::new() };
    scan.seen.report.values = known.len();
    scan.seen.report.forms = needles.len();
    for (shown, path) in files {
        let failed = |error| (path.clone(), error);
        scan.bytes(path, "name", &mut shown.as_bytes()).map_err(failed)?;
        scan.root.clone_from(path);
        let before = scan.seen.finds.len();
        scan.any(path).map_err(failed)?;
        scan.seen.finds[before..].iter_mut().for_each(|find| find.path.clone_from(shown));
    }
    scan.seen.finds.sort();
    scan.seen.finds.dedup_by(|a, b| (&a.path, &a.what) == (&b.path, &b.what));
    Ok(scan.seen)
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
