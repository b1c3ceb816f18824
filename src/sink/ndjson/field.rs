//! A field's values as JSON.

use std::io;

use super::keyed::{Keyed, value};
use super::lines::Lines;
use super::pieces::{Opening, Pieces, Place};
use crate::frame::{Column, Dictionary, Values};
use crate::schema::{Field, Type};
use crate::sink::broken;
use crate::sink::text::{self, Clock};

/// Writes the values of a field, a block of rows after the other.
pub(super) struct FieldWriter<'f> {
    ty: Type,
    name: &'f str,
    keyed: Option<Keyed<'f>>,
    opening: Opening,
    clock: Clock,
    /// Rows of the block.
    column: Column,
    /// By valid row of the block: where its piece stands, among those of the keys or here.
    places: Vec<Place>,
    /// What was made for this block only.
    pieces: Pieces,
}

impl<'f> FieldWriter<'f> {
    pub(super) fn new(field: &'f Field, dictionary: Option<Dictionary<'f>>) -> Self {
        Self {
            ty: field.ty,
            name: &field.name,
            keyed: dictionary.map(|dictionary| Keyed::new(field, dictionary)),
            opening: Opening::of(field),
            clock: Clock::default(),
            column: Column::default(),
            places: Vec::new(),
            pieces: Pieces::new(),
        }
    }

    /// Takes the rows that `fill` lays out, and tells `lines` of them.
    pub(super) fn load(
        &mut self,
        lines: &mut Lines,
        fill: impl FnOnce(&mut Column),
    ) -> io::Result<()> {
        fill(&mut self.column);
        self.places.clear();
        self.pieces.clear();
        self.render()?;
        lines.measure(self.column.bits(), &self.places);
        Ok(())
    }

    /// Puts the pieces of the rows into their lines.
    pub(super) fn put(&self, lines: &mut Lines) {
        let kept = match (&self.keyed, &self.column.values) {
            (Some(keyed), Values::Keys(_)) if keyed.ids().is_none() => keyed.pieces(),
            _ => &self.pieces,
        };
        lines.put(self.column.bits(), &self.places, kept);
    }

    /// Makes the pieces of all values.
    fn render(&mut self) -> io::Result<()> {
        let Self { opening, clock, pieces, places, name, .. } = self;
        let opening = &*opening;
        match &self.column.values {
            Values::Keys(keys) => {
                let Some(keyed) = &mut self.keyed else {
                    return Err(broken(format!("{name}: keys without a dictionary")));
                };
                if let Some(ids) = keyed.ids() {
                    places.extend(keys.iter().map(|&key| id(ids[key as usize], opening, pieces)));
                } else {
                    places.extend(keys.iter().map(|&key| keyed.place(key)));
                }
            }
            Values::Ids(ids) => places.extend(ids.iter().map(|&of| id(of, opening, pieces))),
            Values::Longs(longs) if self.ty == Type::Timestamp => {
                for &long in longs {
                    let moment = clock.moment(long).ok_or_else(|| outside(name))?;
                    let mut quoted = [b'"'; 28];
                    quoted[..27].copy_from_slice(&moment);
                    places.push(pieces.join(opening, &quoted, 28));
                }
            }
            Values::Longs(longs) => {
                let write = if self.ty == Type::Money { text::money } else { text::integer };
                places.extend(longs.iter().map(|&long| {
                    let (digits, length) = write(long);
                    pieces.join(opening, &digits, length)
                }));
            }
            Values::Ints(ints) if self.ty == Type::Date => {
                for &int in ints {
                    let date = text::date(int.into()).ok_or_else(|| outside(name))?;
                    let mut quoted = [b'"'; 11];
                    quoted[..10].copy_from_slice(&date);
                    places.push(pieces.join(opening, &quoted, 11));
                }
            }
            Values::Ints(ints) => places.extend(ints.iter().map(|&int| {
                let (digits, length) = text::integer(int.into());
                pieces.join(opening, &digits, length)
            })),
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
                pieces.join(opening, text, length)
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

/// Makes the piece of a UUID.
#[inline]
fn id(id: u128, opening: &Opening, pieces: &mut Pieces) -> Place {
    let mut quoted = [b'"'; 37];
    quoted[..36].copy_from_slice(&text::uuid(id));
    pieces.join(opening, &quoted, 37)
}

fn outside(field: &str) -> io::Error {
    broken(format!("{field}: a moment outside the years 0 to 9999"))
}
