//! NDJSON: an object a line, absent values left out, JSON columns nested.
//!
//! Rows are laid out in blocks, all columns; then written row by row. Which fields a row has is known from bits turned from columns
//! into rows, so an absent value costs nothing. A dictionary's string is escaped once a file, name and all.

use std::io::{self, Write};

use flate2::write::GzEncoder;

use super::text::{self, Clock};
use super::{Compression, Format, Options, broken, unknown_compression};
use crate::frame::{Column, Dictionary, Frame, Values};
use crate::schema::{Field, Type};

/// Rows laid out at a time.
const BLOCK_ROWS: usize = 2_048;
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
    let mut text = Vec::with_capacity(2 * BLOCK_BYTES);
    for start in (0..frame.rows()).step_by(BLOCK_ROWS) {
        let rows = start..frame.rows().min(start + BLOCK_ROWS);
        presence.begin(rows.len());
        for (field, writer) in writers.iter_mut().enumerate() {
            frame.fill(field, rows.clone(), &mut writer.column);
            writer.next = 0;
            presence.add(field, &writer.column);
        }
        for row in 0..rows.len() {
            let line = text.len();
            for (word, &bits) in presence.of(row).iter().enumerate() {
                let mut bits = bits;
                while bits != 0 {
                    writers[word * 64 + bits.trailing_zeros() as usize].write(&mut text)?;
                    bits &= bits - 1;
                }
            }
            // Every field begins with a comma; the line's first one opens the object instead.
            match text.get_mut(line) {
                Some(first) => *first = b'{',
                None => text.push(b'{'),
            }
            text.extend_from_slice(b"}\n");
            if text.len() >= BLOCK_BYTES {
                out.write_all(&text)?;
                text.clear();
            }
        }
    }
    out.write_all(&text)
}

/// Which fields each row of a block has: a bit a field, words of 64.
struct Presence {
    words: usize,
    rows: Vec<u64>,
}

impl Presence {
    fn new(fields: usize) -> Self {
        let words = fields.div_ceil(64).max(1);
        Self { words, rows: Vec::new() }
    }

    fn begin(&mut self, rows: usize) {
        self.rows.clear();
        self.rows.resize(rows * self.words, 0);
    }

    fn add(&mut self, field: usize, column: &Column) {
        let (word, bit) = (field / 64, 1 << (field % 64));
        let Some(bits) = column.bits() else {
            self.rows.iter_mut().skip(word).step_by(self.words).for_each(|row| *row |= bit);
            return;
        };
        for (at, &valid) in bits.iter().enumerate() {
            let mut valid = valid;
            while valid != 0 {
                let row = at * 64 + valid.trailing_zeros() as usize;
                self.rows[row * self.words + word] |= bit;
                valid &= valid - 1;
            }
        }
    }

    fn of(&self, row: usize) -> &[u64] {
        &self.rows[row * self.words..(row + 1) * self.words]
    }
}

/// What writes the values of a field.
struct FieldWriter<'f> {
    ty: Type,
    name: &'f str,
    /// `,"name":`, and for values that stand in quotes the first of them.
    open: Vec<u8>,
    dictionary: Option<Dictionary<'f>>,
    /// Where the whole field of a key stands in `fragments`, once it has been written: start and length.
    places: Vec<(u32, u32)>,
    fragments: Vec<u8>,
    column: Column,
    next: usize,
    clock: Clock,
}

impl<'f> FieldWriter<'f> {
    fn new(field: &'f Field, dictionary: Option<Dictionary<'f>>) -> Self {
        let mut open = vec![b','];
        quote(field.name.as_bytes(), &mut open);
        open.push(b':');
        let quoted = [Type::Id, Type::Text, Type::Enum, Type::Timestamp, Type::Date];
        if quoted.contains(&field.ty) {
            open.push(b'"');
        }
        let keys = match dictionary {
            Some(texts @ Dictionary::Texts { .. }) => texts.len(),
            _ => 0,
        };
        Self {
            ty: field.ty,
            name: &field.name,
            open,
            dictionary,
            places: vec![(0, 0); keys],
            fragments: Vec::new(),
            column: Column::default(),
            next: 0,
            clock: Clock::default(),
        }
    }

    /// Writes the field of the next row that has one.
    #[inline]
    fn write(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        let at = self.next;
        self.next += 1;
        match &self.column.values {
            Values::Keys(keys) => match self.dictionary {
                Some(Dictionary::Ids(ids)) => id(&self.open, ids[keys[at] as usize], out),
                Some(Dictionary::Texts { .. }) => {
                    let key = keys[at];
                    if self.places[key as usize].1 == 0 {
                        self.render(key);
                    }
                    let (start, length) = self.places[key as usize];
                    let start = start as usize;
                    out.extend_from_slice(&self.fragments[start..start + length as usize]);
                }
                None => return Err(broken(format!("{}: keys without a dictionary", self.name))),
            },
            Values::Ids(ids) => id(&self.open, ids[at], out),
            Values::Longs(longs) => {
                out.extend_from_slice(&self.open);
                match self.ty {
                    Type::Timestamp => {
                        let moment = self.clock.moment(longs[at]);
                        let moment = moment.ok_or_else(|| outside(self.name))?;
                        out.extend_from_slice(&moment);
                        out.push(b'"');
                    }
                    Type::Money => text::money(longs[at], out),
                    _ => text::integer(longs[at], out),
                }
            }
            Values::Ints(ints) => {
                out.extend_from_slice(&self.open);
                if self.ty == Type::Date {
                    let date = text::date(i64::from(ints[at])).ok_or_else(|| outside(self.name))?;
                    out.extend_from_slice(&date);
                    out.push(b'"');
                } else {
                    text::integer(i64::from(ints[at]), out);
                }
            }
            // JSON has no infinity and no NaN: such a value is left out like an absent one.
            Values::Doubles(doubles) if !doubles[at].is_finite() => {}
            Values::Doubles(doubles) => {
                out.extend_from_slice(&self.open);
                serde_json::to_writer(out, &doubles[at])?;
            }
            Values::Flags(flags) => {
                out.extend_from_slice(&self.open);
                out.extend_from_slice(if flags[at] { b"true" } else { b"false" });
            }
            Values::Texts { ends, bytes } => {
                let start = at.checked_sub(1).map_or(0, |before| ends[before] as usize);
                let text = &bytes[start..ends[at] as usize];
                out.extend_from_slice(&self.open);
                if self.ty == Type::Json {
                    out.extend_from_slice(text);
                } else {
                    escape(text, out);
                    out.push(b'"');
                }
            }
        }
        Ok(())
    }

    /// Writes a key's whole field aside.
    #[cold]
    fn render(&mut self, key: u32) {
        let Some(dictionary) = self.dictionary else { return };
        let text = dictionary.text(key).as_bytes();
        let start = self.fragments.len();
        self.fragments.extend_from_slice(&self.open);
        if self.ty == Type::Json {
            self.fragments.extend_from_slice(text);
        } else {
            escape(text, &mut self.fragments);
            self.fragments.push(b'"');
        }
        self.places[key as usize] = (start as u32, (self.fragments.len() - start) as u32);
    }
}

#[inline]
fn id(open: &[u8], id: u128, out: &mut Vec<u8>) {
    let mut quoted = [b'"'; 37];
    quoted[..36].copy_from_slice(&text::uuid(id));
    out.extend_from_slice(open);
    out.extend_from_slice(&quoted);
}

fn outside(field: &str) -> io::Error {
    broken(format!("{field}: a moment outside the years 0 to 9999"))
}

fn quote(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    escape(text, out);
    out.push(b'"');
}

/// Writes a string's inside (RFC 8259, section 7): quotes, backslashes and control characters escaped, everything else as it is.
fn escape(text: &[u8], out: &mut Vec<u8>) {
    let special = |byte: u8| byte < 0x20 || byte == b'"' || byte == b'\\';
    // Without an early exit, so that the scan takes many bytes at once; almost no string needs more.
    if !text.iter().fold(false, |any, &byte| any | special(byte)) {
        out.extend_from_slice(text);
        return;
    }
    for &byte in text {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0..0x20 => {
                let [high, low] =
                    [byte >> 4, byte & 15].map(|nibble| b"0123456789abcdef"[nibble as usize]);
                out.extend_from_slice(&[b'\\', b'u', b'0', b'0', high, low]);
            }
            _ => out.push(byte),
        }
    }
}
