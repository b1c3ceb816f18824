//! A field's values as JSON.

use std::io;

use super::keyed::{self, BothWords, ID, Keyed, value};
use super::lines::Lines;
use super::pieces::{Opening, Pieces, Place};
use crate::frame::{Column, Values};
use crate::schema::{Field, Type};
use crate::sink::broken;
use crate::sink::text::{self, Clock};

/// Bytes of a moment and the quote behind it.
const MOMENT: usize = text::MOMENT + 1;

/// Writes the values of a field, a block of rows after the other.
pub(super) struct FieldWriter<'f> {
    ty: Type,
    name: &'f str,
    keyed: Option<Keyed<'f>>,
    opening: Opening,
    clock: Clock,
    room: FieldRoom,
}

/// Room for the rows of a block.
#[derive(Debug, Default)]
pub(super) struct FieldRoom {
    column: Column,
    /// By valid row: where its piece stands, among those of the keys or here.
    places: Vec<Place>,
    /// What was made for this block only.
    pieces: Pieces,
}

impl<'f> FieldWriter<'f> {
    pub(super) fn new(field: &'f Field, keyed: Option<Keyed<'f>>, room: FieldRoom) -> Self {
        let (opening, clock) = (Opening::of(field), Clock::default());
        Self { ty: field.ty, name: &field.name, keyed, opening, clock, room }
    }

    /// What can be of use for the next file.
    pub(super) fn into_room(mut self) -> (FieldRoom, BothWords) {
        self.room.pieces.shrink();
        (self.room, self.keyed.map(Keyed::into_words).unwrap_or_default())
    }

    /// Takes the rows that `fill` lays out, and tells `lines` of them.
    pub(super) fn load(
        &mut self,
        lines: &mut Lines,
        fill: impl FnOnce(&mut Column),
    ) -> io::Result<()> {
        fill(&mut self.room.column);
        self.room.places.clear();
        self.room.pieces.clear();
        if let Some(length) = self.even()? {
            let length = self.opening.text().len() + length;
            lines.measure_even(self.room.column.bits(), length as u32);
        } else {
            self.render()?;
            lines.measure(self.room.column.bits(), &self.room.places);
        }
        Ok(())
    }

    /// How long each value is with the quote behind it, where all are of one length: such fields are made in their lines.
    fn even(&self) -> io::Result<Option<usize>> {
        Ok(match &self.room.column.values {
            Values::Ids(_) => Some(ID),
            Values::Keys(_) if self.keyed.as_ref().is_some_and(Keyed::is_of_ids) => Some(ID),
            Values::Longs(longs) if self.ty == Type::Timestamp => {
                if !longs.iter().fold(true, |all, long| all & text::is_moment(*long)) {
                    return Err(outside(self.name));
                }
                Some(MOMENT)
            }
            _ => None,
        })
    }

    /// Puts the pieces of the rows into their lines.
    pub(super) fn put(&mut self, lines: &mut Lines) {
        let Self { opening, clock, room: FieldRoom { column, places, pieces }, .. } = self;
        let bits = column.bits();
        match (&column.values, &self.keyed) {
            (Values::Ids(ids), _) => lines.put_even(bits, ids, opening, keyed::quoted_id),
            (Values::Longs(longs), _) if self.ty == Type::Timestamp => {
                lines.put_even(bits, longs, opening, |long, out: &mut [u8; MOMENT]| {
                    if let Some(text) = out.first_chunk_mut() {
                        // All are in the years that there are.
                        let _ = clock.moment(long, text);
                    }
                    out[MOMENT - 1] = b'"';
                });
            }
            (Values::Keys(keys), Some(keyed)) => keyed.put(bits, keys, places, lines),
            _ => lines.put(bits, places, |_| pieces),
        }
    }

    /// Makes the pieces of all values but those of one length, which are made in the lines.
    fn render(&mut self) -> io::Result<()> {
        let Self { opening, name, room: FieldRoom { column, places, pieces }, .. } = self;
        let opening = &*opening;
        match &column.values {
            Values::Keys(keys) => {
                let Some(keyed) = &mut self.keyed else {
                    return Err(broken(format!("{name}: keys without a dictionary")));
                };
                places.extend(keys.iter().map(|&key| keyed.place(key, pieces)));
            }
            Values::Ids(_) => {}
            Values::Longs(longs) => {
                let write = if self.ty == Type::Money { text::money } else { text::integer };
                let piece = |&long: &i64| join(opening, pieces, |out| write(long, out));
                places.extend(longs.iter().map(piece));
            }
            Values::Ints(ints) if self.ty == Type::Date => {
                for &int in ints {
                    let date = text::date(int.into()).ok_or_else(|| outside(name))?;
                    places.push(join(opening, pieces, |quoted: &mut [u8; 11]| {
                        quoted[..10].copy_from_slice(&date);
                        quoted[10] = b'"';
                        11
                    }));
                }
            }
            Values::Ints(ints) => {
                let piece =
                    |&int: &i32| join(opening, pieces, |out| text::integer(int.into(), out));
                places.extend(ints.iter().map(piece));
            }
            Values::Doubles(doubles) => {
                let mut text = Vec::new();
                for double in doubles {
                    text.clear();
                    // JSON has no infinity and no NaN: such a value is left out like an absent one.
                    if double.is_finite() {
                        text.extend_from_slice(opening.text());
                        serde_json::to_writer(&mut text, double)?;
                    }
                    places.push(pieces.add(|out| out.extend_from_slice(&text)));
                }
            }
            Values::Flags(flags) => places.extend(flags.iter().map(|&flag| {
                let (text, length) = if flag { (b"true ", 4) } else { (b"false", 5) };
                join(opening, pieces, |out| {
                    *out = *text;
                    length
                })
            })),
            Values::Texts { ends, bytes } => {
                let mut start = 0;
                for &end in ends {
                    let text = &bytes[start..end as usize];
                    start = end as usize;
                    places.push(pieces.add(|out| {
                        out.extend_from_slice(opening.text());
                        value(self.ty, text, out);
                    }));
                }
            }
        }
        Ok(())
    }
}

/// Makes the piece of a field whose value `write` writes.
#[inline]
fn join<const N: usize>(
    opening: &Opening,
    out: &mut Pieces,
    write: impl FnOnce(&mut [u8; N]) -> usize,
) -> Place {
    let start = out.begin();
    out.push_field(opening, write);
    out.since(start)
}

fn outside(field: &str) -> io::Error {
    broken(format!("{field}: a moment outside the years 0 to 9999"))
}
