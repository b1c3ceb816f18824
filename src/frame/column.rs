//! A run of rows of one column, and how single values of it are replaced.

use std::ops::Range;

use crate::frame::NULL;

/// The values of a column, one a valid row; which variant a field has follows from its type and its fact and never changes
/// within a frame.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Keys into the frame's dictionary for this field.
    Keys(Vec<u32>),
    /// UUIDs of their own, one a row (types `id`).
    Ids(Vec<u128>),
    /// 64-bit integers: microseconds since 1970 for `timestamp`, cents for `money`, plain for `int64`.
    Longs(Vec<i64>),
    /// 32-bit integers: days since 1970 for `date`, plain for `int32`.
    Ints(Vec<i32>),
    /// Floating-point numbers (`float64`).
    Doubles(Vec<f64>),
    /// Flags (`bool`).
    Flags(Vec<bool>),
    /// Strings of their own: `ends[i]` is the end of string i in `bytes`.
    Texts {
        /// Ends of the strings.
        ends: Vec<u32>,
        /// All strings.
        bytes: Vec<u8>,
    },
}

/// The value of one row, as a column holds it.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// None.
    Null,
    /// A key into the frame's dictionary for the field.
    Key(u32),
    /// See [`Values::Ids`].
    Id(u128),
    /// See [`Values::Longs`].
    Long(i64),
    /// See [`Values::Ints`].
    Int(i32),
    /// See [`Values::Doubles`].
    Double(f64),
    /// See [`Values::Flags`].
    Flag(bool),
    /// See [`Values::Texts`].
    Text(String),
}

/// A run of rows of one column: a validity bit a row, and the values of the valid rows only, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    rows: usize,
    valid: usize,
    /// Bit i of word i / 64 is set when row i has a value. Not kept while every row has one.
    bits: Vec<u64>,
    /// The values of the valid rows.
    pub values: Values,
}

impl Default for Column {
    fn default() -> Self {
        Self { rows: 0, valid: 0, bits: Vec::new(), values: Values::Keys(Vec::new()) }
    }
}

macro_rules! reset {
    ($(#[$doc:meta] $name:ident, $variant:ident, $item:ty;)*) => {$(
        #[$doc]
        pub fn $name(&mut self) -> &mut Vec<$item> {
            self.rows = 0;
            self.valid = 0;
            self.bits.clear();
            if let Values::$variant(values) = &mut self.values {
                values.clear();
            } else {
                self.values = Values::$variant(Vec::new());
            }
            match &mut self.values {
                Values::$variant(values) => values,
                _ => unreachable!("set on the line above"),
            }
        }
    )*};
}

impl Column {
    reset! {
        /// Empties the column for keys. Push one a valid row, then call a `finish`.
        keys, Keys, u32;
        /// Empties the column for UUIDs.
        ids, Ids, u128;
        /// Empties the column for 64-bit integers.
        longs, Longs, i64;
        /// Empties the column for 32-bit integers.
        ints, Ints, i32;
        /// Empties the column for floating-point numbers.
        doubles, Doubles, f64;
        /// Empties the column for flags.
        flags, Flags, bool;
    }

    /// Empties the column for strings of its own: ends and bytes.
    pub fn texts(&mut self) -> (&mut Vec<u32>, &mut Vec<u8>) {
        self.rows = 0;
        self.valid = 0;
        self.bits.clear();
        if let Values::Texts { ends, bytes } = &mut self.values {
            ends.clear();
            bytes.clear();
        } else {
            self.values = Values::Texts { ends: Vec::new(), bytes: Vec::new() };
        }
        match &mut self.values {
            Values::Texts { ends, bytes } => (ends, bytes),
            _ => unreachable!("set on the line above"),
        }
    }

    /// Says that the values pushed are those of `rows` rows, every one valid.
    pub fn finish(&mut self, rows: usize) {
        self.rows = rows;
        self.valid = rows;
    }

    /// Says which of `rows` rows the values pushed belong to, in order.
    pub fn finish_at(&mut self, rows: usize, valid_rows: impl IntoIterator<Item = usize>) {
        self.rows = rows;
        self.bits.clear();
        self.bits.resize(rows.div_ceil(64), 0);
        let mut valid = 0;
        for row in valid_rows {
            self.bits[row / 64] |= 1 << (row % 64);
            valid += 1;
        }
        self.valid = valid;
    }

    /// Says by a bit a row, 64 to a word, which of `rows` rows the values pushed belong to. Bits past the last row are not looked at.
    pub fn finish_bits(&mut self, rows: usize, words: impl IntoIterator<Item = u64>) {
        self.rows = rows;
        self.bits.clear();
        self.bits.extend(words.into_iter().take(rows.div_ceil(64)));
        if let Some(last) = self.bits.last_mut().filter(|_| !rows.is_multiple_of(64)) {
            *last &= !(u64::MAX << (rows % 64));
        }
        self.valid = self.bits.iter().map(|word| word.count_ones() as usize).sum();
    }

    /// Fills the column with keys of which some may be [`NULL`].
    #[inline]
    pub fn fill_keys(&mut self, rows: usize, mut keys: impl Iterator<Item = u32>) {
        let mut bits = std::mem::take(&mut self.bits);
        bits.clear();
        let values = self.keys();
        values.resize(rows, 0);
        let mut valid = 0;
        // A word of validity at a time; a key that is NULL is overwritten by the next one.
        for start in (0..rows).step_by(64) {
            let mut word = 0_u64;
            for bit in 0..(rows - start).min(64) {
                let key = keys.next().unwrap_or(NULL);
                values[valid] = key;
                valid += usize::from(key != NULL);
                word |= u64::from(key != NULL) << bit;
            }
            bits.push(word);
        }
        values.truncate(valid);
        (self.rows, self.valid, self.bits) = (rows, valid, bits);
    }

    /// Fills the column with keys none of which is [`NULL`].
    #[inline]
    pub fn fill_all_keys(&mut self, rows: usize, keys: impl Iterator<Item = u32>) {
        self.keys().extend(keys);
        self.finish(rows);
    }

    /// How many of the rows before that one have a value.
    fn rank(&self, row: usize) -> usize {
        if self.valid == self.rows {
            return row;
        }
        let whole = row / 64;
        let ones: u32 = self.bits[..whole].iter().map(|word| word.count_ones()).sum();
        let rest = row % 64;
        let last = if rest == 0 { 0 } else { (self.bits[whole] << (64 - rest)).count_ones() };
        (ones + last) as usize
    }

    /// The value of a row.
    pub fn cell(&self, row: usize) -> Cell {
        if !self.is_valid(row) {
            return Cell::Null;
        }
        let at = self.rank(row);
        match &self.values {
            Values::Keys(keys) => Cell::Key(keys[at]),
            Values::Ids(ids) => Cell::Id(ids[at]),
            Values::Longs(longs) => Cell::Long(longs[at]),
            Values::Ints(ints) => Cell::Int(ints[at]),
            Values::Doubles(doubles) => Cell::Double(doubles[at]),
            Values::Flags(flags) => Cell::Flag(flags[at]),
            Values::Texts { ends, bytes } => {
                let start = at.checked_sub(1).map_or(0, |before| ends[before] as usize);
                let text = &bytes[start..ends[at] as usize];
                Cell::Text(String::from_utf8_lossy(text).into_owned())
            }
        }
    }

    /// Makes this column that of those cells, which are of the variant that it has; others are taken for absent.
    pub fn set_cells(&mut self, cells: impl Iterator<Item = Cell>) {
        let mut valid_rows = Vec::new();
        let mut rows = 0;
        macro_rules! collect {
            ($reset:ident, $variant:ident) => {{
                let list = self.$reset();
                for cell in cells {
                    if let Cell::$variant(value) = cell {
                        list.push(value);
                        valid_rows.push(rows);
                    }
                    rows += 1;
                }
            }};
        }
        match &self.values {
            Values::Keys(_) => collect!(keys, Key),
            Values::Ids(_) => collect!(ids, Id),
            Values::Longs(_) => collect!(longs, Long),
            Values::Ints(_) => collect!(ints, Int),
            Values::Doubles(_) => collect!(doubles, Double),
            Values::Flags(_) => collect!(flags, Flag),
            Values::Texts { .. } => {
                let (ends, bytes) = self.texts();
                for cell in cells {
                    if let Cell::Text(text) = cell {
                        bytes.extend_from_slice(text.as_bytes());
                        ends.push(bytes.len() as u32);
                        valid_rows.push(rows);
                    }
                    rows += 1;
                }
            }
        }
        if valid_rows.len() == rows { self.finish(rows) } else { self.finish_at(rows, valid_rows) }
    }

    /// Puts other cells into some rows, given in order. A cell of another variant than the column's counts as absent.
    pub fn patch(&mut self, patches: &[(usize, Cell)]) {
        let places: Vec<(usize, bool)> =
            patches.iter().map(|(row, _)| (self.rank(*row), self.is_valid(*row))).collect();
        macro_rules! put {
            ($values:expr, $variant:ident) => {{
                let new = |cell: &Cell| match cell {
                    Cell::$variant(value) => Some(value.clone()),
                    _ => None,
                };
                splice($values, &places, patches.iter().map(|(_, cell)| new(cell)))
            }};
        }
        let valid: Vec<bool> = match &mut self.values {
            Values::Keys(values) => put!(values, Key),
            Values::Ids(values) => put!(values, Id),
            Values::Longs(values) => put!(values, Long),
            Values::Ints(values) => put!(values, Int),
            Values::Doubles(values) => put!(values, Double),
            Values::Flags(values) => put!(values, Flag),
            Values::Texts { ends, bytes } => splice_texts(
                ends,
                bytes,
                &places,
                patches.iter().map(|(_, cell)| match cell {
                    Cell::Text(text) => Some(text.as_str()),
                    _ => None,
                }),
            ),
        };
        if self.valid == self.rows {
            self.bits.clear();
            self.bits.resize(self.rows.div_ceil(64), u64::MAX);
            if let (Some(last), rest @ 1..) = (self.bits.last_mut(), self.rows % 64) {
                *last = (1 << rest) - 1;
            }
        }
        for (((row, _), (_, was)), is) in patches.iter().zip(places).zip(valid) {
            self.bits[row / 64] &= !(1 << (row % 64));
            self.bits[row / 64] |= u64::from(is) << (row % 64);
            self.valid = self.valid + usize::from(is) - usize::from(was);
        }
    }

    /// Rows, valid or not.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Rows without a value.
    pub fn nulls(&self) -> usize {
        self.rows - self.valid
    }

    /// The validity bits, when some row has no value.
    pub fn bits(&self) -> Option<&[u64]> {
        (self.valid < self.rows).then_some(&self.bits[..])
    }

    /// Whether the row has a value.
    #[inline]
    pub fn is_valid(&self, row: usize) -> bool {
        self.valid == self.rows || self.bits[row / 64] >> (row % 64) & 1 == 1
    }
}

/// Replaces, drops and adds values: by patch the place of the row's value, whether there is one, and what is to stand there. Which
/// patches left one.
fn splice<T: Clone>(
    values: &mut Vec<T>,
    places: &[(usize, bool)],
    new: impl Iterator<Item = Option<T>>,
) -> Vec<bool> {
    let new: Vec<Option<T>> = new.collect();
    let valid: Vec<bool> = new.iter().map(Option::is_some).collect();
    if places.iter().all(|(_, was)| *was) && valid.iter().all(|is| *is) {
        for ((at, _), new) in places.iter().zip(new.into_iter().flatten()) {
            values[*at] = new;
        }
        return valid;
    }
    let mut out = Vec::with_capacity(values.len() + places.len());
    let mut from = 0;
    for ((at, was), new) in places.iter().zip(new) {
        out.extend_from_slice(&values[from..*at]);
        from = at + usize::from(*was);
        out.extend(new);
    }
    out.extend_from_slice(&values[from..]);
    *values = out;
    valid
}

/// The same with strings.
fn splice_texts<'t>(
    ends: &mut Vec<u32>,
    bytes: &mut Vec<u8>,
    places: &[(usize, bool)],
    new: impl Iterator<Item = Option<&'t str>>,
) -> Vec<bool> {
    let (was_ends, was_bytes) = (std::mem::take(ends), std::mem::take(bytes));
    ends.reserve(was_ends.len() + places.len());
    bytes.reserve(was_bytes.len());
    let start = |at: usize| at.checked_sub(1).map_or(0, |before| was_ends[before]);
    let keep = |run: Range<usize>, ends: &mut Vec<u32>, bytes: &mut Vec<u8>| {
        let moved = (bytes.len() as u32).wrapping_sub(start(run.start));
        bytes.extend_from_slice(&was_bytes[start(run.start) as usize..start(run.end) as usize]);
        ends.extend(was_ends[run].iter().map(|end| end.wrapping_add(moved)));
    };
    let mut from = 0;
    let mut valid = Vec::with_capacity(places.len());
    for ((at, was), new) in places.iter().zip(new) {
        keep(from..*at, ends, bytes);
        from = at + usize::from(*was);
        valid.push(new.is_some());
        if let Some(text) = new {
            bytes.extend_from_slice(text.as_bytes());
            ends.push(bytes.len() as u32);
        }
    }
    keep(from..was_ends.len(), ends, bytes);
    valid
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn column(cells: &[Option<u32>]) -> Column {
        let mut column = Column::default();
        column.fill_keys(cells.len(), cells.iter().map(|cell| cell.unwrap_or(NULL)));
        column
    }

    /// A key as a text of its own; of many lengths, an empty one among them.
    fn text(key: u32) -> Cell {
        Cell::Text("é".repeat(key as usize % 7))
    }

    fn texts(cells: &[Option<u32>]) -> Column {
        let mut column =
            Column { values: Values::Texts { ends: vec![], bytes: vec![] }, ..Column::default() };
        column.set_cells(cells.iter().map(|cell| cell.map_or(Cell::Null, text)));
        column
    }

    proptest! {
        /// For all columns and patches, the patched column holds the patches where they are, and all else as it was; of keys, and of
        /// strings of their own.
        #[test]
        fn patches_land_where_they_belong(
            cells in prop::collection::vec(prop::option::of(0_u32..9), 1..200),
            edits in prop::collection::btree_map(0_usize..200, prop::option::of(10_u32..19), 0..9),
        ) {
            let edits: Vec<(usize, Option<u32>)> =
                edits.into_iter().filter(|(row, _)| *row < cells.len()).collect();
            let mut expected = cells.clone();
            for (row, key) in &edits {
                expected[*row] = *key;
            }
            for (mut patched, cell) in [(column(&cells), Cell::Key as fn(u32) -> Cell), (texts(&cells), text)] {
                let cell = |key: Option<u32>| key.map_or(Cell::Null, cell);
                let patches: Vec<(usize, Cell)> =
                    edits.iter().map(|(row, key)| (*row, cell(*key))).collect();
                patched.patch(&patches);
                prop_assert_eq!(patched.rows(), cells.len());
                prop_assert_eq!(patched.nulls(), expected.iter().filter(|key| key.is_none()).count());
                for (row, key) in expected.iter().enumerate() {
                    prop_assert_eq!(patched.cell(row), cell(*key));
                }
            }
        }
    }
}
