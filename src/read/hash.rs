//! Hashes and what is found by them: sets too large for the standard ones.
//!
//! None of this is seen from outside, so the hash may be cheap; it must only be the same in every run.

use crate::frame::Strings;

/// What is found when nothing is.
pub const NONE: u32 = u32::MAX;

const ODD: u64 = 0x9e37_79b9_7f4a_7c15;

/// Ids that are looked for together: as many as there are reads under way at a time, and some.
pub const AT_A_TIME: usize = 32;

/// Two words folded into one.
#[inline]
pub(crate) fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a ^ ODD) * u128::from(b ^ 0xd6e8_feb8_6659_fd93);
    (product >> 64) as u64 ^ product as u64
}

/// 64 bits of an id.
#[inline]
pub fn of_id(id: u128) -> u64 {
    fold((id >> 64) as u64, id as u64)
}

/// 64 bits of bytes.
#[inline]
pub fn of_bytes(bytes: &[u8]) -> u64 {
    from_state(bytes, 0)
}

#[inline]
fn from_state(bytes: &[u8], begin: u64) -> u64 {
    let mut state = begin ^ bytes.len() as u64;
    let mut chunks = bytes.chunks_exact(8);
    for chunk in &mut chunks {
        let word = chunk.try_into().map_or(0, u64::from_le_bytes);
        state = fold(state, word);
    }
    let rest = chunks.remainder().iter().fold(0, |word, &byte| word << 8 | u64::from(byte));
    fold(state, rest)
}

/// 128 bits of bytes: two hashes that begin apart.
pub(crate) fn wide(bytes: &[u8]) -> u128 {
    u128::from(from_state(bytes, 0x94d0_49bb_1331_11eb)) << 64 | u128::from(of_bytes(bytes))
}

/// Ids, each known by its ordinal: 21 bytes an id where their number is known beforehand.
///
/// What a slot's number leaves free holds bits of the id's hash, so that hardly ever another id is looked at than the one sought:
/// of many, each look is a miss of every cache.
#[derive(Debug, Clone, Default)]
pub struct Ids {
    all: Vec<u128>,
    /// Bits of the hash above `bits` of the ordinal, or [`NONE`].
    slots: Vec<u32>,
    bits: u32,
}

impl Ids {
    /// None yet, with room for so many.
    pub fn with_capacity(ids: usize) -> Self {
        let mut new = Self { all: Vec::with_capacity(ids), ..Self::default() };
        new.grow(ids);
        new
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The id of an ordinal.
    pub fn id(&self, ordinal: u32) -> Option<u128> {
        self.all.get(ordinal as usize).copied()
    }

    /// The ordinal of an id, or [`NONE`].
    #[inline]
    pub fn get(&self, id: u128) -> u32 {
        if self.slots.is_empty() { NONE } else { self.find(id).unwrap_or(NONE) }
    }

    /// The ordinals of many ids, [`NONE`] for those that there are not; faster than one by one, since what is looked at comes into
    /// the cache for some at a time.
    pub fn find_all(&self, ids: &[u128], found: &mut Vec<u32>) {
        found.clear();
        if self.slots.is_empty() {
            found.resize(ids.len(), NONE);
            return;
        }
        for some in ids.chunks(AT_A_TIME) {
            self.touch(some);
            let begin = found.len();
            // Whether it is the one is asked of all of them afterwards: those reads need not wait for each other either.
            found.extend(some.iter().map(|id| self.probe(*id, |_| true).unwrap_or(NONE)));
            for (likely, id) in found[begin..].iter_mut().zip(some) {
                if *likely != NONE && self.all[*likely as usize] != *id {
                    *likely = self.get(*id);
                }
            }
        }
    }

    /// Brings what a few ids are found by into the cache: the reads do not wait for each other.
    pub fn touch(&self, ids: &[u128]) {
        if !self.slots.is_empty() {
            let first = ids.iter().map(|id| self.slots[self.first_slot(of_id(*id))]);
            std::hint::black_box(first.fold(0, |all, entry| all ^ entry));
        }
    }

    /// The ordinal of an id, which is added when it is new, and whether it was.
    pub fn add(&mut self, id: u128) -> (u32, bool) {
        if (self.all.len() + 1) * 4 > self.slots.len() * 3 {
            self.grow(self.all.len() * 2 + 16);
        }
        match self.find(id) {
            Ok(ordinal) => (ordinal, false),
            Err(slot) => {
                let ordinal = self.all.len() as u32;
                self.all.push(id);
                self.slots[slot] = self.entry(of_id(id), ordinal);
                (ordinal, true)
            }
        }
    }

    /// The ordinal of an id, or the slot where it would stand.
    #[inline]
    fn find(&self, id: u128) -> Result<u32, usize> {
        self.probe(id, |ordinal| self.all[ordinal as usize] == id)
    }

    /// The first ordinal whose hash has the bits of an id's and that is the one, or the slot where the id would stand.
    #[inline]
    fn probe(&self, id: u128, is_it: impl Fn(u32) -> bool) -> Result<u32, usize> {
        let hash = of_id(id);
        let (tag, ordinals) = (self.entry(hash, 0), self.ordinals());
        let mut slot = self.first_slot(hash);
        loop {
            let entry = self.slots[slot];
            if entry == NONE {
                return Err(slot);
            }
            if entry & !ordinals == tag && is_it(entry & ordinals) {
                return Ok(entry & ordinals);
            }
            slot = self.next_slot(slot);
        }
    }

    /// What a slot holds of an id. The upper bits of the hash decide about the slot, so the lower half gives what is held.
    #[inline]
    fn entry(&self, hash: u64, ordinal: u32) -> u32 {
        hash as u32 & !self.ordinals() | ordinal
    }

    /// The bits that tell the ordinal.
    #[inline]
    fn ordinals(&self) -> u32 {
        ((1_u64 << self.bits) - 1) as u32
    }

    /// Where to look first: the hash as a fraction of the slots, so that there may be any number of them (Lemire 2019).
    #[inline]
    fn first_slot(&self, hash: u64) -> usize {
        ((u128::from(hash) * self.slots.len() as u128) >> 64) as usize
    }

    #[inline]
    fn next_slot(&self, slot: usize) -> usize {
        if slot + 1 == self.slots.len() { 0 } else { slot + 1 }
    }

    fn grow(&mut self, ids: usize) {
        let wanted = ids * 4 / 3 + 2;
        if wanted <= self.slots.len() {
            return;
        }
        self.slots = vec![NONE; wanted];
        // No ordinal is all ones, so that no entry is [`NONE`].
        self.bits = (wanted + 1).ilog2() + 1;
        for (ordinal, id) in self.all.iter().enumerate() {
            let hash = of_id(*id);
            let mut slot = self.first_slot(hash);
            while self.slots[slot] != NONE {
                slot = self.next_slot(slot);
            }
            self.slots[slot] = self.entry(hash, ordinal as u32);
        }
    }
}

/// Strings, each known by its ordinal and found by what it says.
#[derive(Debug, Clone, Default)]
pub struct Words {
    words: Strings,
    slots: Vec<u32>,
}

impl Words {
    /// How many.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The word of a key; empty for a key that none has.
    pub fn word(&self, key: u32) -> &str {
        if (key as usize) < self.words.len() { self.words.get(key) } else { "" }
    }

    /// The key of a word, or [`NONE`].
    pub fn get(&self, word: &str) -> u32 {
        if self.slots.is_empty() { NONE } else { self.slots[self.slot(word)] }
    }

    /// The key of a word, which is added when it is new.
    pub fn add(&mut self, word: &str) -> u32 {
        if (self.words.len() + 1) * 2 > self.slots.len() {
            self.grow();
        }
        let slot = self.slot(word);
        if self.slots[slot] == NONE {
            self.slots[slot] = self.words.push(word);
        }
        self.slots[slot]
    }

    /// All words in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.words.iter()
    }

    /// The words without the way to find them.
    pub(crate) fn into_strings(self) -> Strings {
        self.words
    }

    fn slot(&self, word: &str) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = of_bytes(word.as_bytes()) as usize & mask;
        while self.slots[slot] != NONE && self.words.get(self.slots[slot]) != word {
            slot = (slot + 1) & mask;
        }
        slot
    }

    fn grow(&mut self) {
        self.slots = vec![NONE; (self.words.len() * 4).max(16).next_power_of_two()];
        for key in 0..self.words.len() as u32 {
            let slot = self.slot(self.words.get(key));
            self.slots[slot] = key;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_is_found_and_nothing_else() {
        let mut ids = Ids::with_capacity(3);
        let id = |i: u32| u128::from(i) << 64 | u128::from(i % 7);
        for i in 0..1_000 {
            assert_eq!(ids.add(id(i)), (i, true));
            assert_eq!(ids.add(id(i)), (i, false));
        }
        assert!((0..1_000).all(|i| ids.get(id(i)) == i && ids.id(i) == Some(id(i))));
        assert_eq!((ids.get(id(1_000)), Ids::default().get(1)), (NONE, NONE));
        let (many, mut found) = ((0..2_000).map(id).collect::<Vec<_>>(), vec![7]);
        ids.find_all(&many, &mut found);
        let one_by_one: Vec<u32> = many.iter().map(|id| ids.get(*id)).collect();
        assert_eq!(found, one_by_one);
        Ids::default().find_all(&many, &mut found);
        assert_eq!(found, vec![NONE; 2_000]);
    }

    #[test]
    fn words_have_keys_in_the_order_of_their_coming() {
        let mut words = Words::default();
        let text = |i: u32| format!("word {i}");
        for i in 0..500 {
            assert_eq!(words.add(&text(i)), i);
        }
        assert_eq!(
            (words.add(&text(77)), words.get(&text(499)), words.get("none")),
            (77, 499, NONE)
        );
        assert_eq!((words.word(3), words.word(NONE)), ("word 3", ""));
    }
}
