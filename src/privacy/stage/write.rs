//! Tables rewritten into a folder, file by file.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use super::change::{Given, Made};
use super::input::{Form, Input};
use super::report::{ColumnReport, TableReport};
use super::tables::Bound;
use super::why::Why;
use super::{Error, io_error, ndjson, not_taken, parquet};

impl Bound<'_> {
    /// Rewrites the table's files into a folder.
    pub(super) fn write(&self, dir: &Path, cancel: &AtomicBool) -> Result<TableReport, Error> {
        let (mut rows, mut numbers) = (0, BTreeMap::new());
        for input in &self.inputs {
            let folder = self.folder(input)?;
            // Names of files may tell what must not be told.
            let number: &mut u32 = numbers.entry(folder.clone()).or_default();
            let path = dir.join(&folder).join(format!("part-{number:05}.{}", input.form.ending()));
            *number += 1;
            rows += self.file(input, &path, cancel)?;
        }
        let columns = self.job.changes().map(|change| ColumnReport::new(&change)).collect();
        Ok(TableReport {
            name: self.job.table.clone(),
            rows,
            files: self.inputs.len(),
            privacy: self.privacy.clone(),
            columns,
        })
    }

    fn file(&self, input: &Input, path: &Path, cancel: &AtomicBool) -> Result<u64, Error> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(io_error(folder))?;
        }
        let file = File::create(path).map_err(io_error(path))?;
        let mut out = Noting { inner: BufWriter::with_capacity(1 << 18, file), failed: None };
        let written = match input.form {
            Form::Parquet => parquet::rewrite(input, &self.job, cancel, &mut out),
            _ => ndjson::rewrite(input, &self.job, cancel, &mut out),
        };
        if let Some(source) = out.failed.take() {
            return Err(Error::Io { path: path.to_owned(), source });
        }
        let rows = written.map_err(|why| not_taken(&why.of(&input.path)))?;
        let mut out = out.inner;
        out.flush().and_then(|()| out.get_ref().sync_all()).map_err(io_error(path))?;
        Ok(rows)
    }

    /// The folder of a file: the table's, and its partitions as they become.
    fn folder(&self, input: &Input) -> Result<PathBuf, Error> {
        let mut folder = PathBuf::from(&self.job.table);
        let mut out = String::new();
        for (name, value) in &input.partitions {
            let Some(change) = self.job.change(name) else { continue };
            let mut change = change.borrow_mut();
            let days = if change.is_per_subject() { None } else { change.days_of(None) };
            let made = change.make(Given::Text(value), days, &mut out);
            match made.map_err(|refused| not_taken(&Why::from(refused).of(&input.path)))? {
                Made::Same => folder.push(format!("{name}={value}")),
                Made::Text => folder.push(format!("{name}={}", out.replace(['/', '\\'], "_"))),
                _ => {}
            }
        }
        Ok(folder)
    }
}

/// A writer that notes what goes wrong with it, whatever those who write through it make of that.
struct Noting<W> {
    inner: W,
    failed: Option<io::Error>,
}

impl<W: io::Write> Noting<W> {
    fn note<T>(&mut self, outcome: io::Result<T>) -> io::Result<T> {
        outcome.map_err(|error| {
            let same = io::Error::new(error.kind(), error.to_string());
            if error.kind() != io::ErrorKind::Interrupted {
                self.failed = Some(error);
            }
            same
        })
    }
}

impl<W: io::Write> io::Write for Noting<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let outcome = self.inner.write(bytes);
        self.note(outcome)
    }

    fn flush(&mut self) -> io::Result<()> {
        let outcome = self.inner.flush();
        self.note(outcome)
    }
}
