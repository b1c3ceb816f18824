//! Keys that others refer to, each known by the ordinal of its row.

use std::ops::Range;

use crate::manifest::Manifest;
use crate::privacy::frame::shape;
use crate::read::hash::{Ids, NONE, Words};
use crate::read::{Column, Data};
use crate::schema::{Field, Type};

/// Keys of a table that others refer to.
#[derive(Debug, Clone)]
pub enum Keys {
    /// UUIDs.
    Ids(Ids),
    /// Tokens that are texts, as the 128 bits that [`Column::id`] knows them by, and as they are written.
    Tokens(Ids, Words),
    /// Text.
    Words(Words),
}

impl Keys {
    /// None yet, of a table's key with room for so many rows; behind a privacy policy the key may have become a token.
    pub(super) fn of(field: Option<&Field>, rows: usize, manifest: &Manifest, table: &str) -> Self {
        let changed = manifest.privacy.as_ref().and_then(|privacy| privacy.columns.get(table));
        let is_token = |field: &Field| {
            let mut tokens = changed.into_iter().flatten().filter(|one| one.act == shape::TOKEN);
            tokens.any(|one| one.name == field.name)
        };
        match field.map(|field| (field.ty, is_token(field))) {
            Some((Type::Id, _)) => Self::Ids(Ids::with_capacity(rows)),
            Some((_, true)) => Self::Tokens(Ids::with_capacity(rows), Words::default()),
            _ => Self::Words(Words::default()),
        }
    }

    /// How many.
    pub fn len(&self) -> usize {
        match self {
            Self::Ids(ids) | Self::Tokens(ids, _) => ids.len(),
            Self::Words(words) => words.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The ordinal of the key in a row; [`NONE`] where there is none or it is unknown.
    #[inline]
    pub fn find(&self, column: &Column, row: usize) -> u32 {
        match self {
            Self::Ids(ids) | Self::Tokens(ids, _) => column.id(row).map_or(NONE, |id| ids.get(id)),
            Self::Words(words) => column.text(row).map_or(NONE, |word| words.get(word)),
        }
    }

    /// The same for all rows of a column.
    pub fn find_all(&self, column: &Column, found: &mut Vec<u32>) {
        let rows = column.rows();
        if let (Self::Ids(keys), Data::Ids(ids)) = (self, &column.data) {
            keys.find_all(ids, found);
            (0..rows).filter(|row| !column.is_valid(*row)).for_each(|row| found[row] = NONE);
        } else {
            found.clear();
            found.extend((0..rows).map(|row| self.find(column, row)));
        }
    }

    /// Brings what some rows' keys are found by into the cache.
    pub(super) fn touch(&self, column: &Column, rows: Range<usize>) {
        if let (Self::Ids(keys), Data::Ids(ids)) = (self, &column.data) {
            keys.touch(&ids[rows]);
        }
    }

    /// The same where the key is most likely that of `guess`: one look confirms it, a search takes two or more.
    #[inline]
    pub fn find_near(&self, column: &Column, row: usize, guess: u32) -> u32 {
        match (self, column.id(row)) {
            (Self::Ids(ids) | Self::Tokens(ids, _), Some(id)) if ids.id(guess) == Some(id) => guess,
            _ => self.find(column, row),
        }
    }

    /// The ordinal of the key in a row, when it is a new one.
    pub(super) fn add(&mut self, column: &Column, row: usize) -> Option<u32> {
        match self {
            Self::Ids(ids) => {
                let (ordinal, new) = ids.add(column.id(row)?);
                new.then_some(ordinal)
            }
            Self::Tokens(ids, words) => {
                let (ordinal, new) = ids.add(column.id(row)?);
                if new {
                    // Both count in step: what is new to one is new to the other.
                    words.add(column.text(row)?);
                }
                new.then_some(ordinal)
            }
            Self::Words(words) => {
                let (word, known) = (column.text(row)?, words.len());
                let ordinal = words.add(word);
                (ordinal as usize == known).then_some(ordinal)
            }
        }
    }
}
