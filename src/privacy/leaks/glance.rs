//! A glance at what is too much to be searched: all names, how every file ends, and how the first of each table begins.
//!
//! A footer tells values as well, and a column that leaves as it was does so from its first row on.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufReader, Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::sync::atomic::AtomicBool;

use super::{Known, Needles, Packed, Scan, Search, Seen};
use crate::privacy::stage;
use crate::read;

/// Bytes of a file's end: more than a footer has.
const END: u64 = 1 << 16;
/// Bytes of a table's beginning, where it is made of lines.
const BEGIN: u64 = 1 << 18;
/// Rows of it, where it is made of columns.
const ROWS: usize = 1 << 10;

/// Looks for values in what a glance shows of files in a folder, named by table. Files that cannot be read are told.
pub fn glance<'p, T, F>(dir: &Path, tables: T, known: &[Known]) -> Seen
where
    T: IntoIterator<Item = F>,
    F: IntoIterator<Item = &'p str>,
{
    let (needles, never) = (Needles::new(known), AtomicBool::new(false));
    let mut scan = Scan::new(&needles, known, &never);
    for files in tables {
        for (place, path) in files.into_iter().enumerate() {
            scan.seen.report.files += 1;
            let shown = scan.shown(path.as_bytes()).unwrap_or_else(|| path.to_owned());
            if let Err(why) = scan.edges(&dir.join(path), &shown, place == 0) {
                scan.unread(shown, why);
            }
        }
    }
    scan.seen()
}

impl Scan<'_> {
    /// Searches the end of a file, and its beginning where that is asked for.
    fn edges(&mut self, path: &Path, shown: &str, begins: bool) -> Result<(), String> {
        let told = |error: std::io::Error| error.to_string();
        let mut file = File::open(path).map_err(told)?;
        let length = file.metadata().map_err(told)?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(END))).map_err(told)?;
        self.bytes(shown, "bytes", &mut (&file).take(END))?;
        if !begins {
            return Ok(());
        }
        let mut head = Vec::new();
        file.rewind().map_err(told)?;
        (&file).take(8).read_to_end(&mut head).map_err(told)?;
        file.rewind().map_err(told)?;
        match Packed::of(&head, Path::new(shown)) {
            Some(Packed::Parquet) => read::shielded(|| self.first_rows(path, shown)),
            Some(Packed::Gzip) => {
                let plain = flate2::read::MultiGzDecoder::new(BufReader::new(file));
                self.bytes(shown, "contents", &mut plain.take(BEGIN))
            }
            Some(Packed::Zstd) => {
                let plain = zstd::stream::read::Decoder::new(file).map_err(told)?;
                self.bytes(shown, "contents", &mut plain.take(BEGIN))
            }
            None | Some(Packed::Other) => self.bytes(shown, "bytes", &mut file.take(BEGIN)),
        }
    }

    fn first_rows(&mut self, path: &Path, shown: &str) -> Result<(), String> {
        let file = File::open(path).map_err(|error| error.to_string())?;
        let metadata = read::keyed_metadata(&file)?;
        let columns: BTreeSet<usize> = (0..metadata.parquet_schema().num_columns()).collect();
        let mut contents = stage::contents(path, &columns, ROWS).map_err(|why| why.to_string())?;
        let mut texts = Vec::new();
        contents(&mut texts).map_err(|why| why.to_string())?;
        self.seen.report.bytes += texts.len() as u64;
        let mut search = Search::new(self.needles);
        search.take(&texts);
        self.found(shown, "contents", &search);
        Ok(())
    }
}
