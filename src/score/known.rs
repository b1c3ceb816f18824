//! Keys that name no row: a detector that reports them was run on something else.

use std::ops::ControlFlow;

use super::Error;
use super::places::Target;
use crate::check::Watch;
use crate::read::hash::{Ids, NONE};
use crate::read::{As, Batch, DataSet, Wanted, scan_file};
use crate::schema::Schemas;

/// Keys whose rows are to be looked for.
#[derive(Debug, Default)]
pub(super) struct Wants {
    targets: Ids,
    /// By target: the finding's row, the table, whether it was found.
    keys: Vec<(u64, u32, bool)>,
}

impl Wants {
    /// Wants the row of a key that the finding in a row names.
    pub(super) fn add(&mut self, target: Target, row: u64, table: u32) {
        let (at, is_new) = self.targets.add(target.0);
        if is_new {
            self.keys.push((row, table, false));
        } else {
            // The first of several is the one to show, whatever order they come in.
            let first = &mut self.keys[at as usize].0;
            *first = row.min(*first);
        }
    }

    /// Looks for the keys in the tables; those of a table with a file that cannot be read are let pass, and it is named.
    pub(super) fn look(
        &mut self,
        data: &DataSet,
        schemas: &Schemas,
        tables: &[&str],
        watch: &Watch<'_>,
    ) -> Result<Vec<String>, Error> {
        let mut unread = Vec::new();
        for (name, ordinal) in tables.iter().zip(0..) {
            if !self.keys.iter().any(|(_, table, _)| *table == ordinal) {
                continue;
            }
            if !self.table(data, schemas, name, ordinal, watch)? {
                self.keys
                    .iter_mut()
                    .filter(|(_, table, _)| *table == ordinal)
                    .for_each(|key| key.2 = true);
                unread.push((*name).to_owned());
            }
        }
        Ok(unread)
    }

    /// Looks in one; whether it could be read to its end.
    fn table(
        &mut self,
        data: &DataSet,
        schemas: &Schemas,
        name: &str,
        ordinal: u32,
        watch: &Watch<'_>,
    ) -> Result<bool, Error> {
        let (Some(schema), Some(written)) = (schemas.table(name), data.table(name)) else {
            return Ok(false);
        };
        let wanted: Vec<Wanted> =
            schema.key.iter().map(|name| Wanted { name: name.clone(), form: As::Text }).collect();
        let mut is_whole = true;
        for file in &written.files {
            let broken = scan_file(&data.dir().join(&file.path), &wanted, |batch| {
                self.batch(batch, ordinal);
                watch.progress.advance(batch.rows as u64);
                if watch.is_cancelled() {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            })?;
            is_whole &= broken.is_empty();
            if watch.is_cancelled() {
                return Err(Error::Cancelled);
            }
        }
        Ok(is_whole)
    }

    fn batch(&mut self, batch: &Batch, table: u32) {
        let mut key = String::new();
        for row in 0..batch.rows {
            key.clear();
            for (column, at) in batch.columns.iter().zip(0..) {
                key.push_str(if at > 0 { "/" } else { "" });
                key.push_str(column.text(row).unwrap_or_default());
            }
            let at = self.targets.get(Target::key(table, &key).0);
            if at != NONE {
                self.keys[at as usize].2 = true;
            }
        }
    }

    /// The rows of findings whose keys name nothing, and how many such keys there are.
    pub(super) fn missing(&self) -> (Vec<u64>, u64) {
        let mut rows: Vec<u64> =
            self.keys.iter().filter(|(.., found)| !found).map(|(row, ..)| *row).collect();
        rows.sort_unstable();
        let count = rows.len() as u64;
        (rows, count)
    }
}
