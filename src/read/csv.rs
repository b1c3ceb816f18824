//! CSV read back: names in the first line, a record a row; what stands empty has no value.

use std::fs::File;
use std::path::Path;

use csv::ByteRecord;

use crate::read::build::{Builder, Faults};
use crate::read::column::{As, Batch, Wanted, What};
use crate::read::json::Token;
use crate::read::{Decode, ROWS};
use crate::schema::Type;

/// A file under way.
pub(super) struct Csv {
    records: csv::Reader<File>,
    record: ByteRecord,
    row: u64,
    builders: Vec<Builder>,
    /// By column of the file: the builder that it feeds.
    feeds: Vec<Option<usize>>,
    /// Names in the first line that nobody asked for, or that stand there twice.
    odd: Vec<(String, What)>,
}

impl Csv {
    /// Opens a file.
    pub(super) fn open(path: &Path, wanted: &[Wanted], strict: bool) -> Result<Self, String> {
        let mut records = records(path)?;
        let names = records.byte_headers().map_err(|error| told(&error))?.clone();
        let (mut feeds, mut odd): (Vec<Option<usize>>, Vec<_>) = (Vec::new(), Vec::new());
        for name in names.iter().map(plain) {
            let builder = wanted.iter().position(|wanted| wanted.name == name);
            let is_second = builder.is_some() && feeds.contains(&builder);
            if is_second {
                odd.push((name, What::Twice));
            } else if builder.is_none() && strict {
                odd.push((name, What::Unknown));
            }
            feeds.push(builder.filter(|_| !is_second));
        }
        let builders = wanted.iter().map(Builder::new).collect();
        Ok(Self { records, record: ByteRecord::new(), row: 0, builders, feeds, odd })
    }
}

/// The names in the first line of a file.
pub(super) fn names(path: &Path) -> Result<Vec<String>, String> {
    let mut records = records(path)?;
    let names = records.byte_headers().map_err(|error| told(&error))?;
    Ok(names.iter().map(plain).collect())
}

fn records(path: &Path) -> Result<csv::Reader<File>, String> {
    csv::ReaderBuilder::new().from_path(path).map_err(|error| told(&error))
}

/// A name without the mark that spreadsheets put before the first one.
fn plain(name: &[u8]) -> String {
    String::from_utf8_lossy(name).trim_start_matches('\u{feff}').trim().to_owned()
}

/// An error without the path, which whoever asked knows.
fn told(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Io(error) => error.to_string(),
        csv::ErrorKind::UnequalLengths { pos, expected_len, len } => {
            let line = pos.as_ref().map_or(0, csv::Position::line);
            format!("line {line} has {len} fields, the first line {expected_len}")
        }
        _ => error.to_string(),
    }
}

impl Decode for Csv {
    fn next(&mut self) -> Result<Option<Batch>, String> {
        let first = self.row;
        let mut faults = Faults { row: self.row, ..Faults::default() };
        for (name, what) in self.odd.drain(..) {
            faults.add(&name, what);
        }
        let mut rows = 0;
        while rows < ROWS
            && self.records.read_byte_record(&mut self.record).map_err(|e| told(&e))?
        {
            faults.row = self.row;
            for (cell, feed) in self.record.iter().zip(&self.feeds) {
                let Some(builder) = feed.map(|feed| &mut self.builders[feed]) else { continue };
                let token = token(builder.form, cell);
                builder.take(rows, token, &mut faults);
            }
            rows += 1;
            self.row += 1;
            self.builders.iter_mut().for_each(|builder| builder.settle(rows));
        }
        if rows == 0 && faults.count == 0 {
            return Ok(None);
        }
        let columns = self.builders.iter_mut().map(Builder::finish).collect();
        let Faults { first: faults, count: fault_count, lines, .. } = faults;
        Ok(Some(Batch { rows, first, columns, faults, fault_count, lines }))
    }
}

/// A cell as the value that JSON would have for it.
fn token(form: As, cell: &[u8]) -> Token<'_> {
    let is_number = || {
        let text = std::str::from_utf8(cell).ok();
        text.is_some_and(|text| text.parse::<f64>().is_ok_and(f64::is_finite))
    };
    match form {
        _ if cell.is_empty() => Token::Null,
        As::Typed(Type::Bool) => match cell {
            b"true" => Token::Flag(true),
            b"false" => Token::Flag(false),
            _ => Token::Text(cell, false),
        },
        As::Typed(Type::Money | Type::Int32 | Type::Int64 | Type::Float64) => Token::Number(cell),
        As::Typed(Type::Json) => Token::Object(cell),
        As::Moment if is_number() => Token::Number(cell),
        As::Typed(_) | As::Moment | As::Key | As::Text => Token::Text(cell, false),
    }
}
