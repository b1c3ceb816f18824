//! The lines of a block of rows, laid out column by column.
//!
//! First every part tells how much longer it makes the line of each row; then it is known where each line stands, and every part
//! puts its pieces there. So each loop does one thing to many rows, and a processor guesses right what comes next.

use std::io;

use super::pieces::{Pieces, Place, SHORT};
use crate::sink::broken;

/// Up to this length a piece is copied in short ones.
const LONG: usize = 4 * SHORT;

/// Lines under construction.
#[derive(Debug, Default)]
pub(super) struct Lines {
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

    /// Lays out what was told of: how many bytes it takes.
    ///
    /// # Errors
    /// It comes to more than 4 GiB.
    pub(super) fn lay_out(&mut self) -> io::Result<usize> {
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
        Ok(end as usize)
    }

    /// Puts the pieces of the rows of those bits, of all rows without them, into the lines in `out`; `of` tells among which they are,
    /// and may correct the place.
    pub(super) fn put<'p>(
        &mut self,
        bits: Option<&[u64]>,
        places: &[Place],
        of: impl Fn(&mut Place) -> &'p Pieces,
        out: &mut [u8],
    ) {
        for_each(bits, places, |row, mut place| {
            let pieces = of(&mut place);
            self.put_one(row, place, pieces, out);
        });
    }

    #[inline]
    fn put_one(&mut self, row: usize, place: Place, pieces: &Pieces, out: &mut [u8]) {
        let (start, length) = (place.0 as usize, place.1 as usize);
        let at = self.next[row] as usize;
        self.next[row] += place.1;
        // What is copied too much must not reach the next line, whose beginning is there already.
        let room = self.ends[row] as usize - at;
        if length <= SHORT && SHORT <= room {
            out[at..at + SHORT].copy_from_slice(pieces.short(start));
        } else if length <= LONG && length.next_multiple_of(SHORT) <= room {
            for step in (0..length).step_by(SHORT) {
                let at = at + step;
                out[at..at + SHORT].copy_from_slice(pieces.short(start + step));
            }
        } else {
            out[at..at + length].copy_from_slice(pieces.get(place));
        }
    }

    /// Ends all lines.
    pub(super) fn finish(&self, out: &mut [u8]) {
        let mut start = 0;
        for &end in &self.ends {
            let end = end as usize;
            out[start] = b'{';
            out[end - 2..end].copy_from_slice(b"}\n");
            start = end;
        }
    }

    /// Where the line of a row stands.
    pub(super) fn line(&self, row: usize) -> std::ops::Range<usize> {
        let start = row.checked_sub(1).map_or(0, |before| self.ends[before]);
        start as usize..self.ends[row] as usize
    }
}

/// Goes through the rows of those bits, of all rows without them, each with its place.
#[inline]
fn for_each(bits: Option<&[u64]>, places: &[Place], mut look: impl FnMut(usize, Place)) {
    match bits {
        None => places.iter().enumerate().for_each(|(row, place)| look(row, *place)),
        Some(bits) => Ones::of(bits).zip(places).for_each(|(row, place)| look(row, *place)),
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
