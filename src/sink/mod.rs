//! Sinks: a frame's rows become the bytes of one file.
//!
//! A format is a member of [`FORMATS`], beside its file. It pulls columns from a [`Frame`] and writes to whatever it is given; where
//! the bytes go, under which name, and when a file counts as written is the engine's affair. What is written depends on the frame
//! and the [`Options`] alone, never on the thread or on what the thread wrote before.

mod digest;
pub mod held;
mod ndjson;
mod parquet;
pub mod stock;
#[cfg(test)]
pub(crate) mod tests;
mod text;

use std::io::{self, Write};

pub use digest::{Algorithm, Digest};

use crate::frame::Frame;

/// How bytes are made fewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// Snappy, raw blocks.
    Snappy,
    /// Zstandard, level 1.
    Zstd,
    /// LZ4, raw blocks.
    Lz4,
    /// Gzip.
    Gzip,
}

impl Compression {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::None, Self::Snappy, Self::Zstd, Self::Lz4, Self::Gzip];

    /// Its name, as flags and scenarios write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Snappy => "snappy",
            Self::Zstd => "zstd",
            Self::Lz4 => "lz4",
            Self::Gzip => "gzip",
        }
    }
}

/// The form in which Parquet holds fields of type `id`; NDJSON always writes text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IdForm {
    /// 36 characters, which everything reads.
    #[default]
    Text,
    /// Parquet's UUID type, 16 bytes, which Spark refuses.
    Native,
}

/// What a format is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// One of the format's [`compressions`](Format::compressions).
    pub compression: Compression,
    /// The form of ids.
    pub ids: IdForm,
    /// The data set's version, for the file's metadata (`throng.version`) where the format has any; empty for none. Frames that say
    /// that a dictionary lasts ([`Frame::is_lasting`]) mean: for all frames of a table under the same version.
    pub version: String,
}

impl Options {
    /// The format's own choice of compression, ids as text, no version.
    pub fn of(format: &dyn Format) -> Self {
        let compression = format.compressions().first().copied().unwrap_or(Compression::None);
        Self { compression, ids: IdForm::Text, version: String::new() }
    }
}

/// A kind of file.
pub trait Format: Sync {
    /// Its name: `parquet`.
    fn name(&self) -> &'static str;

    /// The compressions that it knows, its own choice first.
    fn compressions(&self) -> &'static [Compression];

    /// The ending of its files' names, without the leading dot: `parquet`, `ndjson.gz`.
    fn extension(&self, options: &Options) -> &'static str;

    /// Whether files of it, one behind the other, are byte for byte the file of all their rows.
    fn joins(&self, _options: &Options) -> bool {
        false
    }

    /// Writes a whole file.
    ///
    /// # Errors
    /// What `out` says, as it said it; `InvalidInput` for a compression that the format does not know; `InvalidData` for a frame
    /// that breaks its own schema (a null where none may be, values of another type, a moment that no calendar has).
    fn write(
        &self,
        frame: &dyn Frame,
        options: &Options,
        out: &mut (dyn Write + Send),
    ) -> io::Result<()>;

    /// The same with some lines replaced, and notes made of where they are. A format without lines has nothing to note.
    ///
    /// # Errors
    /// Those of [`write`](Self::write).
    fn write_noting(
        &self,
        frame: &dyn Frame,
        options: &Options,
        _notes: &mut Notes,
        out: &mut (dyn Write + Send),
    ) -> io::Result<()> {
        self.write(frame, options, out)
    }
}

/// Lines of interest: what is to stand in their place, and where that is.
#[derive(Debug, Clone, Default)]
pub struct Notes {
    /// Rows in order, each with the bytes that replace its line.
    pub rows: Vec<(u32, Option<Vec<u8>>)>,
    /// Once written: where they are, in the same order.
    pub places: Vec<LinePlace>,
}

/// Where a line is in a file, uncompressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinePlace {
    /// Its number, from 1.
    pub number: u64,
    /// Its first byte.
    pub start: u64,
    /// Its bytes, the end of the line among them.
    pub length: u64,
}

/// All rows of a frame as lines of JSON, each with its end.
///
/// # Errors
/// A frame that breaks its schema.
pub fn json_lines(frame: &dyn Frame) -> io::Result<Vec<Vec<u8>>> {
    let mut bytes = Vec::new();
    ndjson::plain(frame, &mut bytes)?;
    Ok(bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect())
}

/// Writes lines that somebody else made as an NDJSON file.
///
/// # Errors
/// What `out` says, and a compression that NDJSON does not know.
pub fn write_lines(
    options: &Options,
    bytes: &[u8],
    out: &mut (dyn Write + Send),
) -> io::Result<()> {
    ndjson::finished(options, bytes, out)
}

/// Microseconds since 1970 as NDJSON has them; nothing outside the years 0 to 9999.
pub fn moment(micros: i64) -> Option<String> {
    let mut text = [0; text::MOMENT];
    text::Clock::default().moment(micros, &mut text)?;
    Some(String::from_utf8_lossy(&text).into_owned())
}

/// A day counted from 1970 as NDJSON has it; nothing outside the years 0 to 9999.
pub fn date(day: i32) -> Option<String> {
    let text = text::date(i64::from(day))?;
    Some(String::from_utf8_lossy(&text).into_owned())
}

/// Every format, the default first.
pub static FORMATS: &[&dyn Format] = &[&parquet::Parquet, &ndjson::Ndjson];

/// The format of that name.
pub fn format(name: &str) -> Option<&'static dyn Format> {
    FORMATS.iter().copied().find(|format| format.name() == name)
}

/// The error of a compression that a format does not know.
fn unknown_compression(format: &dyn Format, options: &Options) -> io::Error {
    let message =
        format!("{} files cannot be written with {}", format.name(), options.compression.name());
    io::Error::new(io::ErrorKind::InvalidInput, message)
}

/// The error of a frame that breaks its schema.
fn broken(message: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message.into())
}
