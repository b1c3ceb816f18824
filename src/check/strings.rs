//! Strings of columns, looked at once a dictionary and not once a row.

use std::sync::Arc;

use crate::frame::{NULL, Strings};
use crate::read::hash::{NONE, Words};
use crate::read::{Column, Data};

/// What a function makes of each string of a column's dictionary, made once a dictionary and not once a row.
#[derive(Debug, Clone)]
pub struct Cached<T> {
    of: Option<Arc<Strings>>,
    values: Vec<T>,
}

impl<T> Default for Cached<T> {
    fn default() -> Self {
        Self { of: None, values: Vec::new() }
    }
}

impl<T: Copy> Cached<T> {
    /// Makes ready for a batch's column.
    pub fn learn(&mut self, column: &Column, make: impl FnMut(&str) -> T) {
        let Data::Texts(texts) = &column.data else { return };
        if !self.of.as_ref().is_some_and(|of| Arc::ptr_eq(of, &texts.strings)) {
            self.values = texts.strings.iter().map(make).collect();
            self.of = Some(Arc::clone(&texts.strings));
        }
    }

    /// The value of a row of that column; none where the row has no string.
    #[inline]
    pub fn get(&self, column: &Column, row: usize) -> Option<T> {
        match &column.data {
            Data::Texts(texts) => match texts.keys[row] {
                NULL => None,
                key => self.values.get(key as usize).copied(),
            },
            _ => None,
        }
    }
}

/// A column's strings as keys that stay the same from batch to batch.
#[derive(Debug, Clone, Default)]
pub struct Interned {
    keys: Cached<u32>,
}

impl Interned {
    /// Makes ready for a batch's column; new strings are added to `words`.
    pub fn learn(&mut self, column: &Column, words: &mut Words) {
        self.keys.learn(column, |word| words.add(word));
    }

    /// Makes ready for a batch's column; strings that are not among `words` are [`NONE`].
    pub fn find(&mut self, column: &Column, words: &Words) {
        self.keys.learn(column, |word| words.get(word));
    }

    /// The key of a row; [`NONE`] where it has no string.
    #[inline]
    pub fn key(&self, column: &Column, row: usize) -> u32 {
        self.keys.get(column, row).unwrap_or(NONE)
    }
}
