//! Rows of a table while entities are made of them: columns by name, words as keys, references as ordinals.

use crate::check::entities::kept::Word;
use crate::check::entities::{Entities, NEVER};
use crate::check::strings::Interned;
use crate::read::hash::{NONE, Words};
use crate::read::{Batch, Column};
use crate::schema::Table;

/// A batch with the names of its columns.
pub(super) struct Named<'b> {
    pub(super) schema: &'b Table,
    pub(super) batch: &'b Batch,
    pub(super) names: &'b [&'b str],
}

impl<'b> Named<'b> {
    fn place(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| *known == name)
    }

    pub(super) fn column(&self, name: &str) -> Option<&'b Column> {
        self.batch.columns.get(self.place(name)?)
    }

    pub(super) fn longs(&self, name: &str) -> Longs<'b> {
        Longs(self.column(name))
    }
}

/// Columns of words that are few. Others are ids, which behind a policy may be texts as well: there is one of those a row.
const ENUMERATIONS: [&str; 8] =
    ["currency", "time_zone", "persona", "profile", "device_class", "kind", "outcome", "source"];

/// By column of a table under way: its words as those of all.
#[derive(Default)]
pub(super) struct Reading {
    columns: Vec<Interned>,
    /// By column that refers to another table: by row, the ordinal there.
    references: Vec<Vec<u32>>,
}

impl Reading {
    pub(super) fn words(&mut self, words: &mut Words, rows: &Named<'_>) {
        self.columns.resize_with(rows.batch.columns.len(), Interned::default);
        let columns = rows.names.iter().zip(&rows.batch.columns).zip(&mut self.columns);
        for ((_, column), interned) in columns.filter(|((name, _), _)| ENUMERATIONS.contains(name))
        {
            interned.learn(column, words);
        }
    }

    /// Finds what the rows of a batch refer to.
    pub(super) fn references(&mut self, entities: &Entities, rows: &Named<'_>) {
        self.references.resize_with(rows.batch.columns.len(), Vec::new);
        let columns = rows.names.iter().zip(&rows.batch.columns);
        for ((name, column), found) in columns.zip(&mut self.references) {
            let reference = rows.schema.field(name).and_then(|field| field.reference.as_ref());
            if let Some(keys) = reference.and_then(|(table, _)| entities.keys(table)) {
                keys.find_all(column, found);
            }
        }
    }

    /// By row: the ordinal of what a column refers to; [`NONE`] where there is none or it leads nowhere.
    pub(super) fn found(&self, rows: &Named<'_>, name: &str) -> &[u32] {
        rows.place(name).and_then(|place| self.references.get(place)).map_or(&[], Vec::as_slice)
    }

    /// The words of a column.
    pub(super) fn keys<'r>(&'r self, rows: &Named<'r>, name: &str) -> Keyed<'r> {
        let pair = rows
            .place(name)
            .and_then(|place| Some((rows.batch.columns.get(place)?, self.columns.get(place)?)));
        Keyed(pair)
    }
}

/// A column's words as keys; [`NONE`] for all rows where the column is not there.
#[derive(Clone, Copy)]
pub(super) struct Keyed<'r>(Option<(&'r Column, &'r Interned)>);

impl Keyed<'_> {
    /// The key of a row's word.
    #[inline]
    pub(super) fn key(self, row: usize) -> u32 {
        self.0.map_or(NONE, |(column, interned)| interned.key(column, row))
    }

    /// The same in two bytes.
    #[inline]
    pub(super) fn word(self, row: usize) -> Word {
        Word::of(self.key(row))
    }
}

/// A column's numbers or moments, as far as they are there.
#[derive(Clone, Copy)]
pub(super) struct Longs<'r>(pub(super) Option<&'r Column>);

impl Longs<'_> {
    /// The number of a row.
    #[inline]
    pub(super) fn get(self, row: usize) -> Option<i64> {
        self.0?.long(row)
    }

    /// An amount; 0 where there is none.
    #[inline]
    pub(super) fn amount(self, row: usize) -> i64 {
        self.get(row).unwrap_or(0)
    }

    /// A moment; [`NEVER`] where there is none.
    #[inline]
    pub(super) fn moment(self, row: usize) -> i64 {
        self.get(row).unwrap_or(NEVER)
    }

    /// A count. None is below zero; the bounds of the schema find one that is.
    #[inline]
    pub(super) fn count(self, row: usize) -> u32 {
        self.get(row).and_then(|count| u32::try_from(count).ok()).unwrap_or(0)
    }
}
