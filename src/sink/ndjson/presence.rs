//! Which parts the line of each row of a block has: validity turned from columns into rows.

/// A bit a part, in words of 64, row after row.
pub(super) struct Presence {
    words: usize,
    rows: Vec<u64>,
}

impl Presence {
    /// For that many parts.
    pub(super) fn new(parts: usize) -> Self {
        Self { words: parts.div_ceil(64).max(1), rows: Vec::new() }
    }

    /// Begins a block.
    pub(super) fn begin(&mut self, rows: usize) {
        self.rows.clear();
        self.rows.resize(rows * self.words, 0);
    }

    /// Adds a part that the rows of those bits have; all rows, without them.
    pub(super) fn add(&mut self, part: usize, bits: Option<&[u64]>) {
        let (word, bit) = (part / 64, 1 << (part % 64));
        let Some(bits) = bits else {
            self.rows.iter_mut().skip(word).step_by(self.words).for_each(|row| *row |= bit);
            return;
        };
        for (at, &valid) in bits.iter().enumerate() {
            for row in ones(valid) {
                self.rows[(at * 64 + row) * self.words + word] |= bit;
            }
        }
    }

    /// The parts that a row of the block has.
    #[inline]
    pub(super) fn of(&self, row: usize) -> impl Iterator<Item = usize> {
        let words = self.rows[row * self.words..(row + 1) * self.words].iter().enumerate();
        words.flat_map(|(word, &bits)| ones(bits).map(move |bit| word * 64 + bit))
    }
}

/// The places of the bits that are set.
#[inline]
fn ones(mut bits: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let place = bits.trailing_zeros();
        bits &= bits.wrapping_sub(1);
        (place < 64).then_some(place as usize)
    })
}
