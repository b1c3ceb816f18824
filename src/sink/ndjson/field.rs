//! A field's values as JSON.

use std::io;

use super::keyed::{Keyed, open, value};
use super::line::{Lines, Pieces};
use crate::frame::{Column, Dictionary, Values};
use crate::schema::{Field, Type};
use crate::sink::broken;
use crate::sink::text::{self, Clock};

/// Short pieces that a field takes at most: its name and its value.
pub(super) const PIECES: usize = 2;

/// Writes the values of a field, one row after the other.
pub(super) struct FieldWriter<'f> {
    ty: Type,
    name: &'f str,
    keyed: Option<Keyed<'f>>,
    /// Holds `,"name":`, with the quote that opens the value where it stands in quotes.
    pieces: Pieces,
    open: (u32, u32),
    /// What the keys of the block stand for: where their pieces are, or which ids.
    found: Vec<(u32, u32)>,
    ids: Vec<u128>,
    clock: Clock,
    /// Room for values of any length.
    text: Vec<u8>,
    column: Column,
    next: usize,
}

impl<'f> FieldWriter<'f> {
    pub(super) fn new(field: &'f Field, dictionary: Option<Dictionary<'f>>) -> Self {
        let mut pieces = Pieces::new();
        Self {
            ty: field.ty,
            name: &field.name,
            keyed: dictionary.map(|dictionary| Keyed::new(field, dictionary)),
            open: pieces.add(|out| open(field, out)),
            pieces,
            found: Vec::new(),
            ids: Vec::new(),
            clock: Clock::default(),
            text: Vec::new(),
            column: Column::default(),
            next: 0,
        }
    }

    /// Takes the rows that `fill` lays out.
    ///
    /// Keys are looked up here, all of a block one after the other: look-ups of one column wait for memory together, those of one
    /// row would wait one after the other.
    pub(super) fn load(&mut self, fill: impl FnOnce(&mut Column)) -> io::Result<&Column> {
        fill(&mut self.column);
        self.next = 0;
        if let Values::Keys(keys) = &self.column.values {
            let Some(keyed) = &mut self.keyed else {
                return Err(broken(format!("{}: keys without a dictionary", self.name)));
            };
            if let Some(ids) = keyed.ids() {
                self.ids.clear();
                self.ids.extend(keys.iter().map(|&key| ids[key as usize]));
            } else {
                self.found.clear();
                self.found.extend(keys.iter().map(|&key| keyed.place(key)));
            }
        }
        Ok(&self.column)
    }

    /// Writes the field of the next row that has one.
    #[inline]
    pub(super) fn write(&mut self, out: &mut Lines) -> io::Result<()> {
        let at = self.next;
        self.next += 1;
        match &self.column.values {
            Values::Keys(_) => match &self.keyed {
                Some(keyed) if keyed.ids().is_none() => {
                    out.put_piece(keyed.pieces(), self.found[at]);
                }
                _ => self.id(self.ids[at], out),
            },
            Values::Ids(ids) => self.id(ids[at], out),
            Values::Longs(longs) => {
                let long = longs[at];
                out.put_piece(&self.pieces, self.open);
                match self.ty {
                    Type::Timestamp => {
                        let moment = self.clock.moment(long).ok_or_else(|| outside(self.name))?;
                        out.put_fixed(&moment, 27);
                        out.put_fixed(b"\"", 1);
                    }
                    Type::Money => {
                        text::money(long, |digits, length| out.put_fixed(digits, length));
                    }
                    _ => text::integer(long, |digits, length| out.put_fixed(digits, length)),
                }
            }
            Values::Ints(ints) => {
                let int = i64::from(ints[at]);
                out.put_piece(&self.pieces, self.open);
                if self.ty == Type::Date {
                    out.put_fixed(&text::date(int).ok_or_else(|| outside(self.name))?, 10);
                    out.put_fixed(b"\"", 1);
                } else {
                    text::integer(int, |digits, length| out.put_fixed(digits, length));
                }
            }
            // JSON has no infinity and no NaN: such a value is left out like an absent one.
            Values::Doubles(doubles) if !doubles[at].is_finite() => {}
            Values::Doubles(doubles) => {
                out.put_piece(&self.pieces, self.open);
                self.text.clear();
                serde_json::to_writer(&mut self.text, &doubles[at])?;
                out.put(&self.text);
            }
            Values::Flags(flags) => {
                out.put_piece(&self.pieces, self.open);
                let (text, length) = if flags[at] { (b"true ", 4) } else { (b"false", 5) };
                out.put_fixed(text, length);
            }
            Values::Texts { ends, bytes } => {
                let start = at.checked_sub(1).map_or(0, |before| ends[before] as usize);
                let text = &bytes[start..ends[at] as usize];
                out.put_piece(&self.pieces, self.open);
                self.text.clear();
                value(self.ty, text, &mut self.text);
                out.put(&self.text);
            }
        }
        Ok(())
    }

    #[inline]
    fn id(&self, id: u128, out: &mut Lines) {
        out.put_piece(&self.pieces, self.open);
        let mut quoted = [b'"'; 37];
        quoted[..36].copy_from_slice(&text::uuid(id));
        out.put_fixed(&quoted, 37);
    }
}

fn outside(field: &str) -> io::Error {
    broken(format!("{field}: a moment outside the years 0 to 9999"))
}
