//! Rows of a table while entities are made of them: columns by name, words as keys, references as ordinals.

use crate::check::entities::Entities;
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
    pub(super) fn column(&self, name: &str) -> Option<&'b Column> {
        let place = self.names.iter().position(|known| *known == name)?;
        self.batch.columns.get(place)
    }
}

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
        // The first column is the key, which has words of its own.
        for (column, interned) in rows.batch.columns.iter().zip(&mut self.columns).skip(1) {
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

    /// The ordinal of what a row refers to; [`NONE`] where there is none or it leads nowhere.
    pub(super) fn found(&self, rows: &Named<'_>, name: &str, row: usize) -> u32 {
        let place = rows.names.iter().position(|known| *known == name);
        let found = place.and_then(|place| self.references.get(place)?.get(row));
        found.copied().unwrap_or(NONE)
    }

    pub(super) fn word(&self, rows: &Named<'_>, name: &str, row: usize) -> u32 {
        let place = rows.names.iter().position(|known| *known == name);
        let pair = place
            .and_then(|place| Some((rows.batch.columns.get(place)?, self.columns.get(place)?)));
        pair.map_or(NONE, |(column, interned)| interned.key(column, row))
    }
}
