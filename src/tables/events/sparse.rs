//! Columns of a slice of which only some rows have a value.

use std::ops::Range;

use crate::frame::{Column, NULL};

/// A bit a row, and the values of the rows that have one, side by side.
#[derive(Debug, Default)]
pub(super) struct Sparse<T> {
    bits: Vec<u64>,
    /// By word of bits: how many values stand before its end.
    ranks: Vec<u32>,
    values: Vec<T>,
}

impl<T: Copy + Default> Sparse<T> {
    /// Throws all rows away.
    pub(super) fn clear(&mut self) {
        self.bits.clear();
        self.ranks.clear();
        self.values.clear();
    }

    /// Adds rows, each its value and whether it counts. Only the last addition may have a number of rows that 64 does not divide.
    ///
    /// Every value is written and the next one written over it if it does not count: a branch would be guessed wrong too often.
    #[inline]
    pub(super) fn extend(&mut self, mut rows: impl ExactSizeIterator<Item = (T, bool)>) {
        let mut count = self.values.len();
        self.values.resize(count + rows.len(), T::default());
        while rows.len() > 0 {
            let mut word = 0;
            for (bit, (value, counts)) in rows.by_ref().take(64).enumerate() {
                self.values[count] = value;
                count += usize::from(counts);
                word |= u64::from(counts) << bit;
            }
            self.bits.push(word);
            self.ranks.push(count as u32);
        }
        self.values.truncate(count);
    }

    /// The values, in order of rows.
    pub(super) fn values(&self) -> &[T] {
        &self.values
    }

    /// The values of a run of rows.
    pub(super) fn within(&self, rows: &Range<usize>) -> &[T] {
        &self.values[self.rank(rows.start)..self.rank(rows.end)]
    }

    /// The value, or none, of each of a run of rows.
    pub(super) fn each(&self, rows: &Range<usize>) -> impl Iterator<Item = Option<T>> {
        let mut values = self.within(rows).iter().copied();
        rows.clone().map(move |row| {
            if self.bits[row / 64] >> (row % 64) & 1 == 1 { values.next() } else { None }
        })
    }

    /// Says in a column to which of a run of rows the values laid out there belong.
    pub(super) fn finish(&self, rows: &Range<usize>, out: &mut Column) {
        let (first, shift) = (rows.start / 64, rows.start % 64);
        let word = |word| self.bits.get(word).copied().unwrap_or(0);
        let words = (first..).map(|at| match shift {
            0 => word(at),
            _ => word(at) >> shift | word(at + 1) << (64 - shift),
        });
        out.finish_bits(rows.len(), words);
    }

    /// How many values stand before a row.
    fn rank(&self, row: usize) -> usize {
        let before = (row / 64).checked_sub(1).map_or(0, |word| self.ranks[word] as usize);
        let bits = self.bits.get(row / 64).copied().unwrap_or(0);
        before + (bits & !(u64::MAX << (row % 64))).count_ones() as usize
    }
}

impl Sparse<u32> {
    /// Adds rows by their keys, which may be [`NULL`].
    #[inline]
    pub(super) fn extend_keys(&mut self, keys: impl ExactSizeIterator<Item = u32>) {
        self.extend(keys.map(|key| (key, key != NULL)));
    }
}

impl Sparse<i32> {
    /// Adds rows by their numbers, of which 0 is none.
    #[inline]
    pub(super) fn extend_small(&mut self, numbers: impl ExactSizeIterator<Item = i32>) {
        self.extend(numbers.map(|number| (number, number != 0)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// For all rows and runs of them, a run has the values that were added for it.
        #[test]
        fn a_run_has_its_values(
            numbers in prop::collection::vec(0..3, 1..400),
            ends in (0_usize..400, 0_usize..400),
        ) {
            let mut sparse = Sparse::default();
            for block in numbers.chunks(128) {
                sparse.extend_small(block.iter().copied());
            }
            let end = |end: usize| end.min(numbers.len());
            let rows = end(ends.0.min(ends.1))..end(ends.0.max(ends.1));
            let mut column = Column::default();
            column.ints().extend_from_slice(sparse.within(&rows));
            sparse.finish(&rows, &mut column);
            let run = &numbers[rows];
            let valid: Vec<i32> = run.iter().copied().filter(|number| *number != 0).collect();
            prop_assert_eq!(column.nulls(), run.len() - valid.len());
            prop_assert_eq!(&column.values, &crate::frame::Values::Ints(valid));
            for (row, number) in run.iter().enumerate() {
                prop_assert_eq!(column.is_valid(row), *number != 0);
            }
        }
    }
}
