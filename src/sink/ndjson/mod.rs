//! NDJSON: an object a line, absent values left out, JSON columns nested.
//!
//! Rows are laid out in blocks, all columns; then written row by row. Which fields a row has is known from bits turned from columns
//! into rows, so an absent value costs nothing. A dictionary's string is escaped once a file, name and all; neighbouring fields that
//! the rows of a group share are written once a group.

mod escape;
mod field;
mod keyed;
mod line;
mod presence;
mod shared;

use std::io::{self, Write};

use flate2::write::GzEncoder;

use super::{Compression, Format, LinePlace, Notes, Options, unknown_compression};
use crate::frame::Frame;
use field::FieldWriter;
use keyed::Keyed;
use line::Lines;
use presence::Presence;
use shared::SharedWriter;

/// Rows laid out at a time: few enough for all columns of them to stay in a core's cache.
const BLOCK_ROWS: usize = 256;
/// Bytes after which lines are written out: few enough to stay in a core's cache.
const BLOCK_BYTES: usize = 256 << 10;

/// The format.
pub(super) struct Ndjson;

impl Format for Ndjson {
    fn name(&self) -> &'static str {
        "ndjson"
    }

    fn compressions(&self) -> &'static [Compression] {
        &[Compression::None, Compression::Gzip, Compression::Zstd]
    }

    fn extension(&self, options: &Options) -> &'static str {
        match options.compression {
            Compression::Gzip => "ndjson.gz",
            Compression::Zstd => "ndjson.zst",
            _ => "ndjson",
        }
    }

    fn write(
        &self,
        frame: &dyn Frame,
        options: &Options,
        out: &mut (dyn Write + Send),
    ) -> io::Result<()> {
        compressed(self, options, out, |out| lines::<false>(frame, &mut Notes::default(), out))
    }

    fn write_noting(
        &self,
        frame: &dyn Frame,
        options: &Options,
        notes: &mut Notes,
        out: &mut (dyn Write + Send),
    ) -> io::Result<()> {
        compressed(self, options, out, |out| lines::<true>(frame, notes, out))
    }
}

/// Lets `write` write through the compression asked for.
fn compressed(
    format: &dyn Format,
    options: &Options,
    out: &mut (dyn Write + Send),
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    match options.compression {
        Compression::None => write(out),
        Compression::Gzip => {
            let mut gzip = GzEncoder::new(out, flate2::Compression::fast());
            write(&mut gzip)?;
            gzip.finish().map(drop)
        }
        Compression::Zstd => {
            let mut zstd = zstd::stream::write::Encoder::new(out, 1)?;
            write(&mut zstd)?;
            zstd.finish().map(drop)
        }
        Compression::Snappy | Compression::Lz4 => Err(unknown_compression(format, options)),
    }
}

/// What a line is made of, in this order.
enum Part<'f> {
    /// A field of the row's own, by its ordinal.
    Own(usize, Box<FieldWriter<'f>>),
    /// Fields that the row shares with others of its group.
    Shared(SharedWriter<'f>),
}

/// The parts of a frame's lines.
fn parts(frame: &dyn Frame) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    for (ordinal, field) in frame.table().fields.iter().enumerate() {
        let dictionary = frame.dictionary(ordinal);
        match frame.groups().and(frame.shared(ordinal)).zip(dictionary) {
            None => parts.push(Part::Own(ordinal, Box::new(FieldWriter::new(field, dictionary)))),
            Some((keys, dictionary)) => {
                let member = (Keyed::new(field, dictionary), keys);
                match parts.last_mut() {
                    Some(Part::Shared(run)) => run.push(member),
                    _ => parts.push(Part::Shared(SharedWriter::new(member))),
                }
            }
        }
    }
    parts
}

/// Writes lines that somebody else made, as a file of the format.
pub(super) fn finished(
    options: &Options,
    bytes: &[u8],
    out: &mut (dyn Write + Send),
) -> io::Result<()> {
    // In the pieces in which rows are written: what some compressors make of bytes depends on how they come.
    let write = |out: &mut dyn Write| {
        let (mut start, mut end) = (0, 0);
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            end += line.len();
            if end - start >= BLOCK_BYTES {
                out.write_all(&bytes[start..end])?;
                start = end;
            }
        }
        out.write_all(&bytes[start..])
    };
    compressed(&Ndjson, options, out, write)
}

/// Writes every row, uncompressed.
pub(super) fn plain(frame: &dyn Frame, out: &mut dyn Write) -> io::Result<()> {
    lines::<false>(frame, &mut Notes::default(), out)
}

/// Writes every row. Only with `NOTING` does anybody look at rows one by one.
fn lines<const NOTING: bool>(
    frame: &dyn Frame,
    notes: &mut Notes,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut parts = parts(frame);
    let groups = frame.groups().unwrap_or_default();
    let mut presence = Presence::new(parts.len());
    let mut lines = Lines::new(parts.len() * field::PIECES);
    let mut noting = Noting { notes, flushed: 0, number: 1 };
    for start in (0..frame.rows()).step_by(BLOCK_ROWS) {
        let rows = start..frame.rows().min(start + BLOCK_ROWS);
        presence.begin(rows.len());
        for (place, part) in parts.iter_mut().enumerate() {
            match part {
                Part::Own(field, writer) => {
                    let column = writer.load(|column| frame.fill(*field, rows.clone(), column))?;
                    presence.add(place, column.bits());
                }
                Part::Shared(run) => {
                    run.load(&groups[rows.clone()]);
                    presence.add(place, None);
                }
            }
        }
        for row in rows {
            let line = lines.begin();
            for place in presence.of(row - start) {
                match &mut parts[place] {
                    Part::Own(_, writer) => writer.write(&mut lines)?,
                    Part::Shared(run) => run.write(groups[row], &mut lines),
                }
            }
            lines.finish(line);
            if NOTING {
                noting.see(row, line, &mut lines);
            }
            if lines.bytes().len() >= BLOCK_BYTES {
                out.write_all(lines.bytes())?;
                noting.flushed += lines.bytes().len() as u64;
                lines.clear();
            }
        }
    }
    out.write_all(lines.bytes())
}

/// Lines being counted.
struct Noting<'n> {
    notes: &'n mut Notes,
    /// Bytes written out before those of the block.
    flushed: u64,
    /// The next line's number.
    number: u64,
}

impl Noting<'_> {
    /// Takes note of the line of a row, which starts there, if it is of interest.
    fn see(&mut self, row: usize, start: usize, lines: &mut Lines) {
        let Notes { rows, places } = &mut *self.notes;
        let replaced = match rows.get(places.len()) {
            Some((wanted, replacement)) if *wanted as usize == row => replacement,
            _ => {
                self.number += 1;
                return;
            }
        };
        if let Some(bytes) = replaced {
            lines.replace(start, bytes);
        }
        let line = &lines.bytes()[start..];
        let ends = |line: &&[u8]| line.ends_with(b"\n");
        let (begin, length) = (self.flushed + start as u64, line.len() as u64);
        places.push(LinePlace { number: self.number, start: begin, length });
        self.number += line.split_inclusive(|byte| *byte == b'\n').filter(ends).count() as u64;
    }
}
