//! Pieces of lines: a field, name and value, as JSON; or several of them.

use super::escape::quote;
use crate::schema::{Field, Type};

/// Bytes that a short piece is copied as, whatever its length: a copy of fixed size is a few moves without a call or a branch, and
/// what it writes too much the next piece overwrites.
pub(super) const SHORT: usize = 64;

/// Bytes of room for a block's pieces, or lines, that are kept from file to file.
pub(super) const USUAL: usize = 4 << 20;

/// Where a piece starts, and how long it is.
pub(super) type Place = (u32, u32);

/// Pieces that stand behind each other. A whole [`SHORT`] can be read from the start of any, and from any multiple of it that is
/// still inside.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    /// [`SHORT`] bytes more than there are of pieces, or yet more; nothing before there is any.
    bytes: Vec<u8>,
    end: usize,
}

impl Pieces {
    /// Adds the piece that `write` appends.
    pub(super) fn add(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> Place {
        let start = self.end;
        self.bytes.truncate(start);
        write(&mut self.bytes);
        self.end = self.bytes.len();
        self.bytes.resize(self.end + SHORT, 0);
        self.since(start)
    }

    /// Begins a piece that is made of others; where it starts.
    pub(super) fn begin(&self) -> usize {
        self.end
    }

    /// The piece that was begun there.
    pub(super) fn since(&self, start: usize) -> Place {
        (start as u32, (self.end - start) as u32)
    }

    /// Adds one of some other pieces.
    #[inline]
    pub(super) fn push(&mut self, from: &Self, place: Place) {
        let (start, length) = (place.0 as usize, place.1 as usize);
        self.reserve(length);
        if length <= SHORT {
            self.bytes[self.end..self.end + SHORT].copy_from_slice(from.short(start));
        } else {
            self.bytes[self.end..self.end + length].copy_from_slice(from.get(place));
        }
        self.end += length;
    }

    /// Adds a field: what opens it, and a value of up to so many bytes, which `write` writes; it says how many they are.
    #[inline]
    pub(super) fn push_field<const N: usize>(
        &mut self,
        opening: &Opening,
        write: impl FnOnce(&mut [u8; N]) -> usize,
    ) {
        const { assert!(N <= SHORT, "room is made in short pieces") };
        self.reserve(opening.length + SHORT);
        let value_at = self.end + opening.length;
        opening.put(&mut self.bytes[self.end..]);
        let room = self.bytes[value_at..].first_chunk_mut();
        self.end = value_at + room.map_or(0, write).min(N);
    }

    /// Makes room for so many bytes and a short piece behind them.
    #[inline]
    fn reserve(&mut self, bytes: usize) {
        let need = self.end + bytes + SHORT;
        if self.bytes.len() < need {
            self.bytes.resize(need.next_power_of_two(), 0);
        }
    }

    /// How many bytes there are.
    pub(super) fn len(&self) -> usize {
        self.end
    }

    /// Throws all pieces away.
    pub(super) fn clear(&mut self) {
        self.end = 0;
    }

    /// Throws all pieces away, and gives memory back that only very long ones need.
    pub(super) fn shrink(&mut self) {
        self.clear();
        self.bytes.clear();
        self.bytes.shrink_to(USUAL);
    }

    /// The bytes of a piece.
    pub(super) fn get(&self, (start, length): Place) -> &[u8] {
        &self.bytes[start as usize..(start + length) as usize]
    }

    /// As many bytes from there on as are copied at once; noughts where no piece begins, which is where those of no length are.
    #[inline]
    pub(super) fn short(&self, start: usize) -> &[u8; SHORT] {
        self.bytes[start..].first_chunk().unwrap_or(&[0; SHORT])
    }
}

/// What stands before the values of a field: `,"name":`, with the quote that opens the value where it stands in quotes.
#[derive(Debug)]
pub(super) struct Opening {
    /// Padded to [`SHORT`] bytes.
    bytes: Vec<u8>,
    length: usize,
}

impl Opening {
    pub(super) fn of(field: &Field) -> Self {
        let quoted = [Type::Id, Type::Text, Type::Enum, Type::Timestamp, Type::Date];
        let mut bytes = vec![b','];
        quote(field.name.as_bytes(), &mut bytes);
        bytes.push(b':');
        bytes.extend(quoted.contains(&field.ty).then_some(b'"'));
        let length = bytes.len();
        bytes.resize(length.max(SHORT), 0);
        Self { bytes, length }
    }

    pub(super) fn text(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// Writes it to the start of `out`, where it has room; what is behind it may be written over.
    #[inline]
    pub(super) fn put(&self, out: &mut [u8]) {
        match (out.first_chunk_mut::<SHORT>(), self.bytes.first_chunk()) {
            (Some(out), Some(opening)) if self.length <= SHORT => *out = *opening,
            _ => out[..self.length].copy_from_slice(self.text()),
        }
    }
}
