//! Fields whose values are keys: what a key stands for is made JSON once a file, name and all.

use super::escape::escape;
use super::pieces::{Opening, Pieces, Place};
use crate::frame::Dictionary;
use crate::schema::{Field, Type};
use crate::sink::text;

/// The fields of a dictionary's keys.
pub(super) struct Keyed<'f> {
    field: &'f Field,
    dictionary: Dictionary<'f>,
    /// Where the whole field of a string's key stands in `pieces`; of no length until it is first needed, since a file uses but some
    /// of the strings that the world has.
    places: Vec<Place>,
    pieces: Pieces,
    opening: Opening,
}

impl<'f> Keyed<'f> {
    /// Of a field with that dictionary.
    pub(super) fn new(field: &'f Field, dictionary: Dictionary<'f>) -> Self {
        let strings = match dictionary {
            Dictionary::Texts { .. } => dictionary.len(),
            Dictionary::Ids(_) => 0,
        };
        let (places, pieces) = (vec![(0, 0); strings], Pieces::new());
        Self { field, dictionary, places, pieces, opening: Opening::of(field) }
    }

    /// The UUIDs, if its keys stand for such.
    pub(super) fn ids(&self) -> Option<&'f [u128]> {
        match self.dictionary {
            Dictionary::Ids(ids) => Some(ids),
            Dictionary::Texts { .. } => None,
        }
    }

    /// Where the field of a string's key stands.
    #[inline]
    pub(super) fn place(&mut self, key: u32) -> Place {
        if self.places[key as usize].1 == 0 {
            self.render(key);
        }
        self.places[key as usize]
    }

    /// Where the fields stand.
    pub(super) fn pieces(&self) -> &Pieces {
        &self.pieces
    }

    /// Adds the field of a key to what is there.
    pub(super) fn append(&mut self, key: u32, out: &mut Vec<u8>) {
        if let Some(ids) = self.ids() {
            let mut quoted = [b'"'; 37];
            quoted[..36].copy_from_slice(&text::uuid(ids[key as usize]));
            out.extend_from_slice(self.opening.text());
            out.extend_from_slice(&quoted);
        } else {
            let place = self.place(key);
            out.extend_from_slice(self.pieces.get(place));
        }
    }

    #[cold]
    fn render(&mut self, key: u32) {
        let (ty, text) = (self.field.ty, self.dictionary.text(key).as_bytes());
        self.places[key as usize] = self.pieces.add(|out| {
            out.extend_from_slice(self.opening.text());
            value(ty, text, out);
        });
    }
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
