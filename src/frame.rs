//! What stands between rendering and writing: a table's rows, pulled column by column.
//!
//! A [`Frame`] holds the rows of one file to be and fills a [`Column`] for any field and any run of its rows. A sink pulls: Parquet
//! page by page, one column after the other, so that only a page is laid out at a time; NDJSON block by block, all columns.
//! Strings never travel: a column of strings is keys into a [`Dictionary`] that the sink sees as well, so nothing is hashed twice.

mod column;

use std::ops::Range;

use crate::schema::Table;

pub use column::{Cell, Column, Values};

/// The key of an absent value.
pub const NULL: u32 = u32::MAX;

/// Strings, each known by its ordinal.
#[derive(Debug, Clone, Default)]
pub struct Strings {
    ends: Vec<u32>,
    bytes: String,
}

impl Strings {
    /// None, for a constant.
    pub const fn empty() -> Self {
        Self { ends: Vec::new(), bytes: String::new() }
    }

    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The string of that ordinal.
    #[inline]
    pub fn get(&self, key: u32) -> &str {
        let key = key as usize;
        let start = if key == 0 { 0 } else { self.ends[key - 1] as usize };
        &self.bytes[start..self.ends[key] as usize]
    }

    /// Adds a string; its ordinal.
    pub fn push(&mut self, text: &str) -> u32 {
        self.bytes.push_str(text);
        self.close()
    }

    /// The text under construction: write the next string's pieces here, then [`close`](Self::close) it.
    pub fn open(&mut self) -> &mut String {
        &mut self.bytes
    }

    /// Ends the string written through [`open`](Self::open); its ordinal.
    pub fn close(&mut self) -> u32 {
        self.ends.push(u32::try_from(self.bytes.len()).unwrap_or(u32::MAX));
        self.ends.len() as u32 - 1
    }

    /// These strings and others behind them.
    #[must_use]
    pub fn and(&self, more: &[String]) -> Self {
        let mut ends = Vec::with_capacity(self.ends.len() + more.len());
        ends.extend_from_slice(&self.ends);
        let longer: usize = more.iter().map(String::len).sum();
        let mut bytes = String::with_capacity(self.bytes.len() + longer);
        bytes.push_str(&self.bytes);
        let mut all = Self { ends, bytes };
        for text in more {
            all.push(text);
        }
        all
    }

    /// All strings in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len() as u32).map(|key| self.get(key))
    }

    /// The length and the last byte of each, in order; 0 for the last byte of an empty one.
    pub fn tails(&self) -> impl Iterator<Item = (usize, u8)> {
        let bytes = self.bytes.as_bytes();
        let mut start = 0;
        self.ends.iter().map(move |end| {
            let end = *end as usize;
            let length = end - std::mem::replace(&mut start, end);
            (length, if length == 0 { 0 } else { bytes[end - 1] })
        })
    }
}

impl<S: AsRef<str>> FromIterator<S> for Strings {
    fn from_iter<I: IntoIterator<Item = S>>(texts: I) -> Self {
        let mut strings = Self::new();
        for text in texts {
            strings.push(text.as_ref());
        }
        strings
    }
}

/// Shows frames otherwise than they are.
pub trait Veil: Sync {
    /// A frame as it may be seen; none: as it is.
    fn over<'f>(&'f self, frame: &'f dyn Frame) -> Option<Box<dyn Frame + 'f>>;
}

/// What a column's keys stand for.
#[derive(Debug, Clone, Copy)]
pub enum Dictionary<'f> {
    /// Strings in two parts: keys below `base.len()` are in the first (the world's, the same for every file),
    /// the others, less that length, in the second (this frame's own).
    Texts {
        /// The first part.
        base: &'f Strings,
        /// The second part; often empty.
        own: &'f Strings,
    },
    /// UUIDs, as numbers whose big-endian bytes are the UUID's.
    Ids(&'f [u128]),
}

impl Dictionary<'_> {
    /// How many keys it has.
    pub fn len(&self) -> usize {
        match self {
            Self::Texts { base, own } => base.len() + own.len(),
            Self::Ids(ids) => ids.len(),
        }
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The string of a key; empty for a dictionary of UUIDs.
    #[inline]
    pub fn text(&self, key: u32) -> &str {
        match self {
            Self::Texts { base, own } => match (key as usize).checked_sub(base.len()) {
                None => base.get(key),
                Some(rest) => own.get(rest as u32),
            },
            Self::Ids(_) => "",
        }
    }
}

/// The rows of one file to be.
pub trait Frame: Sync {
    /// The table; field ordinals are those of its `fields`.
    fn table(&self) -> &Table;

    /// How many rows.
    fn rows(&self) -> usize;

    /// The dictionary of a field whose values are keys.
    fn dictionary(&self, field: usize) -> Option<Dictionary<'_>>;

    /// Lays out a run of rows of a field into `out`, whatever it held.
    fn fill(&self, field: usize, rows: Range<usize>, out: &mut Column);

    /// By row, the group that it belongs to, counted from 0: a session for events. None where rows are not grouped.
    ///
    /// Together with [`shared`](Self::shared) this tells a sink what it need not ask for row by row. A frame that does not say
    /// loses time and nothing else.
    fn groups(&self) -> Option<&[u32]> {
        None
    }

    /// Whether the first part of a field's dictionary is the same for all frames of the table in a run, so that what is made of it can be
    /// kept. A frame that does not say loses time and nothing else.
    fn is_lasting(&self, _field: usize) -> bool {
        false
    }

    /// For a field of which all rows of a group have the same value: by group, its key in the field's dictionary, [`NULL`] for none.
    /// It says the same as [`fill`](Self::fill).
    fn shared(&self, _field: usize) -> Option<&[u32]> {
        None
    }
}
