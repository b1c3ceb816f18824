//! The lines of a block of rows, laid out column by column.
//!
//! First every part tells how much longer it makes the line of each row; then it is known where each line stands, and every part
//! puts its pieces there. So each loop does one thing to many rows, and a processor guesses right what comes next.

use std::io;

use super::pieces::{Opening, Pieces, Place, SHORT, USUAL};
use crate::sink::broken;

/// Up to this length a piece is copied in short ones.
const LONG: usize = 4 * SHORT;

/// Lines under construction.
#[derive(Debug, Default)]
pub(super) struct Lines {
    bytes: Vec<u8>,
    /// By row: how long its pieces are; once all are known, where the next one is put.
    next: Vec<u32>,
    /// By row: where its line ends.
    ends: Vec<u32>,
}

impl Lines {
    /// Begins a block of rows.
    pub(super) fn begin(&mut self, rows: usize) {
        self.next.clear();
        self.next.resize(rows, 0);
    }

    /// Tells of the pieces of the rows of those bits; of all rows, without them.
    pub(super) fn measure(&mut self, bits: Option<&[u64]>, places: &[Place]) {
        // Too long a line is told once all of it is known.
        for_each(bits, places, |row, place| {
            self.next[row] = self.next[row].saturating_add(place.1);
        });
    }

    /// The same of pieces that are all of one length, of which each of those items makes one.
    pub(super) fn measure_even<T: Copy>(&mut self, bits: Option<&[u64]>, items: &[T], length: u32) {
        for_each(bits, items, |row, _| self.next[row] = self.next[row].saturating_add(length));
    }

    /// Makes room for what was told of.
    ///
    /// # Errors
    /// It comes to more than 4 GiB.
    pub(super) fn lay_out(&mut self) -> io::Result<()> {
        self.ends.clear();
        let mut end = 0_u32;
        for next in &mut self.next {
            // The first piece's comma becomes the opening brace, which a line without pieces has none of.
            let length = (*next).max(1).saturating_add(2);
            *next = end;
            let longer = end.checked_add(length);
            end = longer.ok_or_else(|| broken("lines of more than 4 GiB together"))?;
            self.ends.push(end);
        }
        self.bytes.resize(end as usize, 0);
        Ok(())
    }

    /// Gives memory back that only very long lines need.
    pub(super) fn shrink(&mut self) {
        self.bytes.clear();
        self.bytes.shrink_to(USUAL);
    }

    /// Puts the pieces of the rows of those bits; of all rows, without them. `of` tells among which pieces a place is, and may
    /// correct it.
    pub(super) fn put<'p>(
        &mut self,
        bits: Option<&[u64]>,
        places: &[Place],
        of: impl Fn(&mut Place) -> &'p Pieces,
    ) {
        for_each(bits, places, |row, mut place| {
            let pieces = of(&mut place);
            self.put_one(row, place, pieces);
        });
    }

    /// Makes the fields of the rows of those bits, of all rows without them, in their lines: each opened and followed by a value of
    /// one length, which `write` makes of an item.
    pub(super) fn put_even<T: Copy, const N: usize>(
        &mut self,
        bits: Option<&[u64]>,
        items: &[T],
        opening: &Opening,
        mut write: impl FnMut(T, &mut [u8; N]),
    ) {
        let Self { bytes, next, ends } = self;
        for_each(bits, items, |row, item| {
            let at = next[row] as usize;
            let line = &mut bytes[at..ends[row] as usize];
            opening.put(line);
            if let Some(value) = line[opening.text().len()..].first_chunk_mut() {
                write(item, value);
            }
            next[row] += (opening.text().len() + N) as u32;
        });
    }

    #[inline]
    fn put_one(&mut self, row: usize, place: Place, pieces: &Pieces) {
        let (start, length) = (place.0 as usize, place.1 as usize);
        let at = self.next[row] as usize;
        self.next[row] += place.1;
        // What is copied too much must not reach the next line, whose beginning is there already.
        let room = self.ends[row] as usize - at;
        if length <= SHORT && SHORT <= room {
            self.bytes[at..at + SHORT].copy_from_slice(pieces.short(start));
        } else if length <= LONG && length.next_multiple_of(SHORT) <= room {
            for step in (0..length).step_by(SHORT) {
                let at = at + step;
                self.bytes[at..at + SHORT].copy_from_slice(pieces.short(start + step));
            }
        } else {
            self.bytes[at..at + length].copy_from_slice(pieces.get(place));
        }
    }

    /// Ends all lines.
    pub(super) fn finish(&mut self) {
        let mut start = 0;
        for &end in &self.ends {
            let end = end as usize;
            self.bytes[start] = b'{';
            self.bytes[end - 2..end].copy_from_slice(b"}\n");
            start = end;
        }
    }

    /// All lines of the block.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Where the line of a row stands.
    pub(super) fn line(&self, row: usize) -> std::ops::Range<usize> {
        let start = row.checked_sub(1).map_or(0, |before| self.ends[before]);
        start as usize..self.ends[row] as usize
    }
}

/// Goes through the rows of those bits, of all rows without them, each with its item.
#[inline]
fn for_each<T: Copy>(bits: Option<&[u64]>, items: &[T], mut look: impl FnMut(usize, T)) {
    match bits {
        None => items.iter().enumerate().for_each(|(row, item)| look(row, *item)),
        Some(bits) => Ones::of(bits).zip(items).for_each(|(row, item)| look(row, *item)),
    }
}

/// The places of the bits that are set.
struct Ones<'b> {
    rest: std::slice::Iter<'b, u64>,
    word: u64,
    /// Where the word after this one begins.
    next: usize,
}

impl<'b> Ones<'b> {
    fn of(bits: &'b [u64]) -> Self {
        Self { rest: bits.iter(), word: 0, next: 0 }
    }
}

impl Iterator for Ones<'_> {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        while self.word == 0 {
            self.word = *self.rest.next()?;
            self.next += 64;
        }
        let place = self.word.trailing_zeros() as usize;
        self.word &= self.word - 1;
        Some(self.next - 64 + place)
    }
}
