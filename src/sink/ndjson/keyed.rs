//! Fields whose values are keys: what a key stands for is made JSON once, name and all.

use super::escape::escape;
use super::lines::Lines;
use super::pieces::{Opening, Pieces, Place};
use crate::frame::Dictionary;
use crate::schema::{Field, Type};
use crate::sink::text;

/// Marks the start of a place among the pieces of a dictionary's second part. Of neither part are there 2 GiB: a frame's own strings are
/// those of its rows, which are at most a million.
pub(super) const OWN: u32 = 1 << 31;

/// Strings of a dictionary as whole fields. A file uses but some of the strings that the world has, so each is made when it is first
/// needed.
#[derive(Debug, Default)]
pub(super) struct Words {
    /// By key: where the field stands; of no length while it does not.
    places: Vec<Place>,
    pieces: Pieces,
}

impl Words {
    /// So many strings, of which none is made yet.
    fn of(mut self, strings: usize) -> Self {
        self.forget();
        self.places.resize(strings, (0, 0));
        self
    }

    /// Throws away what is made.
    fn forget(&mut self) {
        self.places.clear();
        self.pieces.clear();
    }
}

/// The strings of a field's dictionary, from file to file.
#[derive(Debug, Default)]
pub(super) struct BothWords {
    /// The field, by name and type, whose words the first part holds, where the frames that it was made for say that they last.
    of: Option<(String, Type)>,
    base: Words,
    own: Words,
}

impl BothWords {
    /// Says that other frames follow, of which nothing is known.
    pub(super) fn forget(&mut self) {
        self.of = None;
    }
}

/// The fields of a dictionary's keys.
pub(super) struct Keyed<'f> {
    field: &'f Field,
    dictionary: Dictionary<'f>,
    /// How many strings the first part has.
    first: usize,
    words: [Words; 2],
    lasting: bool,
    opening: Opening,
}

impl<'f> Keyed<'f> {
    /// Of a field with that dictionary. With `lasting`, what was made of its first part before is still right.
    pub(super) fn new(
        field: &'f Field,
        dictionary: Dictionary<'f>,
        lasting: bool,
        there: BothWords,
    ) -> Self {
        let lengths = match dictionary {
            Dictionary::Texts { base, own } => [base.len(), own.len()],
            Dictionary::Ids(_) => [0; 2],
        };
        let BothWords { of, base, own } = there;
        let is_of_it = of.is_some_and(|(name, ty)| name == field.name && ty == field.ty);
        let is_there = lasting && is_of_it && base.places.len() == lengths[0];
        let base = if is_there { base } else { base.of(lengths[0]) };
        let words = [base, own.of(lengths[1])];
        let opening = Opening::of(field);
        Self { field, dictionary, first: lengths[0], words, lasting, opening }
    }

    /// What can be of use for the next file.
    pub(super) fn into_words(self) -> BothWords {
        let of = self.lasting.then(|| (self.field.name.clone(), self.field.ty));
        let [base, own] = self.words;
        BothWords { of, base, own }
    }

    /// Whether its keys stand for UUIDs.
    pub(super) fn is_of_ids(&self) -> bool {
        matches!(self.dictionary, Dictionary::Ids(_))
    }

    /// Puts the fields of keys, of which those of strings stand at those places, into their lines.
    pub(super) fn put(
        &self,
        bits: Option<&[u64]>,
        keys: &[u32],
        places: &[Place],
        lines: &mut Lines,
    ) {
        let [base, own] = &self.words;
        match self.dictionary {
            Dictionary::Ids(ids) => {
                let write = |key: u32, out: &mut _| quoted_id(ids[key as usize], out);
                lines.put_even(bits, keys, &self.opening, write);
            }
            Dictionary::Texts { own, .. } if own.is_empty() => {
                lines.put(bits, places, |_| &base.pieces);
            }
            Dictionary::Texts { .. } => {
                lines.put(bits, places, |place| pick([&base.pieces, &own.pieces], place));
            }
        }
    }

    /// Where the field of a key stands: that of a string here, and that of a UUID, which is made anew each time, in `made`.
    #[inline]
    pub(super) fn place(&mut self, key: u32, made: &mut Pieces) -> Place {
        if let Dictionary::Ids(ids) = self.dictionary {
            let start = made.begin();
            made.push_field(&self.opening, |out| {
                quoted_id(ids[key as usize], out);
                ID
            });
            return made.since(start);
        }
        let (part, at) = match (key as usize).checked_sub(self.first) {
            None => (0, key as usize),
            Some(at) => (1, at),
        };
        if self.words[part].places[at].1 == 0 {
            self.render(key, part, at);
        }
        let (start, length) = self.words[part].places[at];
        (if part == 0 { start } else { start | OWN }, length)
    }

    /// Among which pieces the fields of keys stand: of the first part, and of the second, whose places are marked by [`OWN`].
    pub(super) fn pieces<'p>(&'p self, made: &'p Pieces) -> [&'p Pieces; 2] {
        match self.dictionary {
            Dictionary::Ids(_) => [made; 2],
            Dictionary::Texts { .. } => [&self.words[0].pieces, &self.words[1].pieces],
        }
    }

    #[cold]
    fn render(&mut self, key: u32, part: usize, at: usize) {
        let (ty, text) = (self.field.ty, self.dictionary.text(key).as_bytes());
        let words = &mut self.words[part];
        words.places[at] = words.pieces.add(|out| {
            out.extend_from_slice(self.opening.text());
            value(ty, text, out);
        });
    }
}

/// The pieces among which a place is that may be marked by [`OWN`]; the mark is taken off.
#[inline]
pub(super) fn pick<'p>(of: [&'p Pieces; 2], place: &mut Place) -> &'p Pieces {
    let part = place.0 / OWN;
    place.0 %= OWN;
    of[part as usize]
}

/// Bytes of a UUID and the quote behind it.
pub(super) const ID: usize = 37;

/// Writes a UUID and the quote behind it.
#[inline]
pub(super) fn quoted_id(id: u128, out: &mut [u8; ID]) {
    if let Some(digits) = out.first_chunk_mut() {
        text::uuid_into(id, digits);
    }
    out[ID - 1] = b'"';
}

/// Writes a string behind its opening quote, or a JSON object as it is.
pub(super) fn value(ty: Type, text: &[u8], out: &mut Vec<u8>) {
    if ty == Type::Json {
        out.extend_from_slice(text);
    } else {
        escape(text, out);
        out.push(b'"');
    }
}
