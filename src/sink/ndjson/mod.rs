//! NDJSON: an object a line, absent values left out, JSON columns nested.
//!
//! Rows are laid out in blocks, all columns; then written row by row. Which fields a row has is known from bits turned from columns
//! into rows, so an absent value costs nothing. A dictionary's string is escaped once a file, name and all.

mod escape;
mod field;
mod line;
mod presence;

use std::io::{self, Write};

use flate2::write::GzEncoder;

use super::{Compression, Format, Options, unknown_compression};
use crate::frame::Frame;
use field::FieldWriter;
use line::Lines;
use presence::Presence;

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
        match options.compression {
            Compression::None => lines(frame, out),
            Compression::Gzip => {
                let mut gzip = GzEncoder::new(out, flate2::Compression::fast());
                lines(frame, &mut gzip)?;
                gzip.finish().map(drop)
            }
            Compression::Zstd => {
                let mut zstd = zstd::stream::write::Encoder::new(out, 1)?;
                lines(frame, &mut zstd)?;
                zstd.finish().map(drop)
            }
            Compression::Snappy | Compression::Lz4 => Err(unknown_compression(self, options)),
        }
    }
}

/// Writes every row.
fn lines(frame: &dyn Frame, out: &mut dyn Write) -> io::Result<()> {
    let fields = frame.table().fields.iter().enumerate();
    let mut writers: Vec<FieldWriter> =
        fields.map(|(field, spec)| FieldWriter::new(spec, frame.dictionary(field))).collect();
    let mut presence = Presence::new(writers.len());
    let mut lines = Lines::new(writers.len() * field::PIECES);
    for start in (0..frame.rows()).step_by(BLOCK_ROWS) {
        let rows = start..frame.rows().min(start + BLOCK_ROWS);
        presence.begin(rows.len());
        for (field, writer) in writers.iter_mut().enumerate() {
            let column = writer.load(|column| frame.fill(field, rows.clone(), column))?;
            presence.add(field, column);
        }
        for row in 0..rows.len() {
            let line = lines.begin();
            for field in presence.of(row) {
                writers[field].write(&mut lines)?;
            }
            lines.finish(line);
            if lines.bytes().len() >= BLOCK_BYTES {
                out.write_all(lines.bytes())?;
                lines.clear();
            }
        }
    }
    out.write_all(lines.bytes())
}
