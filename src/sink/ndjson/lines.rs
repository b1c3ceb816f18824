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
    spans: Vec<Span>,
}

/// The line of a row.
#[derive(Debug, Clone, Copy, Default)]
struct Span {
    /// How long its pieces are; once all are known, where the next one is put.
    next: u32,
    /// Where it ends.
    end: u32,
}

impl Span {
    /// Takes in that it has so many bytes more. Too long a line is told once all of it is known.
    #[inline]
    fn lengthen(&mut self, bytes: u32) {
        self.next = self.next.saturating_add(bytes);
    }

    /// The rest of the line, of which the next so many bytes are then taken.
    #[inline]
    fn rest<'b>(&mut self, taken: u32, bytes: &'b mut [u8]) -> &'b mut [u8] {
        let rest = &mut bytes[self.next as usize..self.end as usize];
        self.next += taken;
        rest
    }
}

impl Lines {
    /// Begins a block of rows.
    pub(super) fn begin(&mut self, rows: usize) {
        self.spans.clear();
        self.spans.resize(rows, Span::default());
    }

    /// Tells of the pieces of the rows of those bits; of all rows, without them.
    pub(super) fn measure(&mut self, bits: Option<&[u64]>, places: &[Place]) {
        for_each(&mut self.spans, bits, places, |span, place| span.lengthen(place.1));
    }

    /// The same of pieces that are all of one length.
    pub(super) fn measure_even(&mut self, bits: Option<&[u64]>, length: u32) {
        match bits {
            None => self.spans.iter_mut().for_each(|span| span.lengthen(length)),
            Some(bits) => Ones::of(bits).for_each(|row| self.spans[row].lengthen(length)),
        }
    }

    /// Makes room for what was told of.
    ///
    /// # Errors
    /// It comes to more than 4 GiB.
    pub(super) fn lay_out(&mut self) -> io::Result<()> {
        let mut end = 0_u32;
        for span in &mut self.spans {
            // The first piece's comma becomes the opening brace, which a line without pieces has none of.
            let length = span.next.max(1).saturating_add(2);
            span.next = end;
            let longer = end.checked_add(length);
            end = longer.ok_or_else(|| broken("lines of more than 4 GiB together"))?;
            span.end = end;
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
        let Self { bytes, spans } = self;
        for_each(spans, bits, places, |span, mut place| {
            let pieces = of(&mut place);
            put(span.rest(place.1, bytes), pieces, place);
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
        let Self { bytes, spans } = self;
        let opened = opening.text().len();
        for_each(spans, bits, items, |span, item| {
            let line = span.rest((opened + N) as u32, bytes);
            opening.put(line);
            if let Some(value) = line[opened..].first_chunk_mut() {
                write(item, value);
            }
        });
    }

    /// Ends all lines.
    pub(super) fn finish(&mut self) {
        let mut start = 0;
        for span in &self.spans {
            let end = span.end as usize;
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
        let start = row.checked_sub(1).map_or(0, |before| self.spans[before].end);
        start as usize..self.spans[row].end as usize
    }
}

/// Copies a piece to the start of the rest of its line. What is copied too much stays in the line: the beginning of the next one is
/// there already.
#[inline]
fn put(line: &mut [u8], pieces: &Pieces, place: Place) {
    let (start, length) = (place.0 as usize, place.1 as usize);
    if length <= SHORT
        && let Some(out) = line.first_chunk_mut()
    {
        *out = *pieces.short(start);
    } else if length <= LONG && length.next_multiple_of(SHORT) <= line.len() {
        for (out, start) in line[..length.next_multiple_of(SHORT)]
            .chunks_exact_mut(SHORT)
            .zip((start..).step_by(SHORT))
        {
            out.copy_from_slice(pieces.short(start));
        }
    } else {
        line[..length].copy_from_slice(pieces.get(place));
    }
}

/// Goes through the lines of the rows of those bits, of all rows without them, each with its item.
#[inline]
fn for_each<T: Copy>(
    spans: &mut [Span],
    bits: Option<&[u64]>,
    items: &[T],
    mut look: impl FnMut(&mut Span, T),
) {
    match bits {
        None => spans.iter_mut().zip(items).for_each(|(span, item)| look(span, *item)),
        Some(bits) => {
            Ones::of(bits).zip(items).for_each(|(row, item)| look(&mut spans[row], *item));
        }
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
