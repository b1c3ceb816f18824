//! NDJSON: an object a line, absent values left out, JSON columns nested.
//!
//! Rows are made in blocks, column by column, each value a piece of its line, and the pieces are then put where they belong, again
//! column by column. An absent value costs nothing. A dictionary's string is escaped once a file, name and all, and once a
//! thread if it is the world's; neighbouring fields that the rows of a group share are written once a group.

mod escape;
mod field;
mod keyed;
mod lines;
mod pieces;
mod room;
mod shared;

use std::io::{self, Write};
use std::ops::Range;

use flate2::write::GzEncoder;

use super::{Compression, Format, LinePlace, Notes, Options, unknown_compression};
use crate::frame::Frame;
use field::FieldWriter;
use keyed::Keyed;
use lines::Lines;
use room::Room;
use shared::SharedWriter;

/// Rows laid out at a time: few enough for all columns of them to stay in a core's cache.
const BLOCK_ROWS: usize = 512;
/// Bytes that a compressor is given at a time.
const PIECE: usize = 256 << 10;

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

    fn joins(&self, options: &Options) -> bool {
        options.compression == Compression::None
    }

    fn write(
        &self,
        frame: &dyn Frame,
        options: &Options,
        out: &mut (dyn Write + Send),
    ) -> io::Result<()> {
        file::<false>(frame, options, &mut Notes::default(), out)
    }

    fn write_noting(
        &self,
        frame: &dyn Frame,
        options: &Options,
        notes: &mut Notes,
        out: &mut (dyn Write + Send),
    ) -> io::Result<()> {
        file::<true>(frame, options, notes, out)
    }
}

/// Writes a file in the room that the thread has.
fn file<const NOTING: bool>(
    frame: &dyn Frame,
    options: &Options,
    notes: &mut Notes,
    out: &mut (dyn Write + Send),
) -> io::Result<()> {
    compressed(options, out, |out| {
        Room::with(&options.version, &frame.table().name, |room| {
            lines::<NOTING>(frame, notes, room, out)
        })
    })
}

/// Lets `write` write through the compression asked for.
fn compressed(
    options: &Options,
    out: &mut (dyn Write + Send),
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    match options.compression {
        Compression::None => write(out),
        Compression::Gzip => {
            let gzip = GzEncoder::new(out, flate2::Compression::fast());
            evenly(gzip, write)?.finish().map(drop)
        }
        Compression::Zstd => {
            let zstd = zstd::stream::write::Encoder::new(out, 1)?;
            evenly(zstd, write)?.finish().map(drop)
        }
        Compression::Snappy | Compression::Lz4 => Err(unknown_compression(&Ndjson, options)),
    }
}

/// Lets `write` write to a compressor, which gets it in pieces of one size: what some make of bytes depends on how they come.
fn evenly<C: Write>(
    compressor: C,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<C> {
    let mut even = Even { bytes: Vec::with_capacity(PIECE), inner: compressor };
    write(&mut even)?;
    even.inner.write_all(&even.bytes)?;
    Ok(even.inner)
}

/// Hands on pieces of one size.
struct Even<W> {
    bytes: Vec<u8>,
    inner: W,
}

impl<W: Write> Write for Even<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(PIECE - self.bytes.len());
        self.bytes.extend_from_slice(&bytes[..taken]);
        if self.bytes.len() == PIECE {
            self.inner.write_all(&self.bytes)?;
            self.bytes.clear();
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
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
fn parts<'f>(frame: &'f dyn Frame, room: &mut Room) -> Vec<Part<'f>> {
    let mut parts = Vec::new();
    for (ordinal, field) in frame.table().fields.iter().enumerate() {
        let lasting = room.lasts() && frame.is_lasting(ordinal);
        let words = room.take_words(ordinal);
        let keyed = frame.dictionary(ordinal);
        let keyed = keyed.map(|dictionary| Keyed::new(field, dictionary, lasting, words));
        match (frame.groups().and(frame.shared(ordinal)), keyed) {
            (Some(keys), Some(keyed)) => {
                if !matches!(parts.last(), Some(Part::Shared(_))) {
                    parts.push(Part::Shared(SharedWriter::new(keys.len(), room.take_run())));
                }
                if let Some(Part::Shared(run)) = parts.last_mut() {
                    run.push(ordinal, (keyed, keys));
                }
            }
            (_, keyed) => {
                let writer = FieldWriter::new(field, keyed, room.take_field(ordinal));
                parts.push(Part::Own(ordinal, Box::new(writer)));
            }
        }
    }
    parts
}

/// Gives the room of parts back.
fn leave(parts: Vec<Part<'_>>, room: &mut Room) {
    for part in parts {
        match part {
            Part::Own(ordinal, writer) => {
                let (field, words) = writer.into_room();
                room.give_field(ordinal, field);
                room.give_words(ordinal, words);
            }
            Part::Shared(run) => {
                let (run, members) = run.into_room();
                room.give_run(run);
                members.for_each(|(ordinal, words)| room.give_words(ordinal, words));
            }
        }
    }
}

/// Writes lines that somebody else made, as a file of the format.
pub(super) fn finished(
    options: &Options,
    bytes: &[u8],
    out: &mut (dyn Write + Send),
) -> io::Result<()> {
    compressed(options, out, |out| out.write_all(bytes))
}

/// Writes every row, uncompressed.
pub(super) fn plain(frame: &dyn Frame, out: &mut dyn Write) -> io::Result<()> {
    lines::<false>(frame, &mut Notes::default(), &mut Room::default(), out)
}

/// Writes every row. Only with `NOTING` does anybody look at rows one by one.
fn lines<const NOTING: bool>(
    frame: &dyn Frame,
    notes: &mut Notes,
    room: &mut Room,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut parts = parts(frame, room);
    let groups = frame.groups().unwrap_or_default();
    let lines = &mut room.lines;
    let mut noting = Noting { notes, flushed: 0, number: 1 };
    for start in (0..frame.rows()).step_by(BLOCK_ROWS) {
        let rows = start..frame.rows().min(start + BLOCK_ROWS);
        lines.begin(rows.len());
        for part in &mut parts {
            match part {
                Part::Own(field, writer) => {
                    writer.load(lines, |column| frame.fill(*field, rows.clone(), column))?;
                }
                Part::Shared(run) => run.load(&groups[rows.clone()], lines),
            }
        }
        lines.lay_out()?;
        for part in &mut parts {
            match part {
                Part::Own(_, writer) => writer.put(lines),
                Part::Shared(run) => run.put(lines),
            }
        }
        lines.finish();
        if NOTING {
            noting.write(rows, lines, out)?;
        } else {
            out.write_all(lines.bytes())?;
        }
    }
    lines.shrink();
    leave(parts, room);
    Ok(())
}

/// Lines being counted.
struct Noting<'n> {
    notes: &'n mut Notes,
    /// Bytes written so far.
    flushed: u64,
    /// The next line's number.
    number: u64,
}

impl Noting<'_> {
    /// Writes the lines of a block, others in the place of some, and takes note of those that are of interest.
    fn write(&mut self, rows: Range<usize>, lines: &Lines, out: &mut dyn Write) -> io::Result<()> {
        let Notes { rows: wanted, places } = &mut *self.notes;
        let (first, mut from) = (rows.start, 0);
        let mut next_row = first;
        while let Some((row, replacement)) = wanted.get(places.len()) {
            let row = *row as usize;
            if row >= rows.end {
                break;
            }
            let there = lines.line(row - first);
            let before = &lines.bytes()[from..there.start];
            let line = replacement.as_deref().unwrap_or(&lines.bytes()[there.clone()]);
            out.write_all(before)?;
            out.write_all(line)?;
            self.number += (row - next_row) as u64;
            let (start, length) = (self.flushed + before.len() as u64, line.len() as u64);
            places.push(LinePlace { number: self.number, start, length });
            self.number += line.split(|byte| *byte == b'\n').skip(1).count() as u64;
            self.flushed = start + length;
            (from, next_row) = (there.end, row + 1);
        }
        self.number += (rows.end - next_row) as u64;
        self.flushed += (lines.bytes().len() - from) as u64;
        out.write_all(&lines.bytes()[from..])
    }
}
