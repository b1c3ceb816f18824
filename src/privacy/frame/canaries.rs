//! Some of the values that tokens stand for: what was written is searched for them.

use std::sync::{Mutex, PoisonError};

use crate::digits::uuid_text;
use crate::frame::{Cell, Column, Dictionary, Frame};
use crate::privacy::leaks::Known;
use crate::privacy::policy::detect::{self, Look};

/// Rows of a file that are looked at.
const ROWS: usize = 64;
/// Values taken of a column of a file.
const OF_EACH: usize = 2;
/// Values taken of all.
const MOST: usize = 2_000;

/// The values.
#[derive(Debug, Default)]
pub(super) struct Canaries(Mutex<Vec<Known>>);

impl Canaries {
    /// Takes the first values of a field, as far as they can be nothing else by chance, as a name can be a town.
    pub(super) fn take(&self, frame: &dyn Frame, field: usize) {
        let (table, dictionary) = (frame.table(), frame.dictionary(field));
        let mut column = Column::default();
        frame.fill(field, 0..frame.rows().min(ROWS), &mut column);
        let text = |row: usize| match (column.cell(row), &dictionary) {
            (Cell::Id(id), _) => Some(uuid_text(id)),
            (Cell::Text(text), _) => Some(text),
            (Cell::Key(key), Some(Dictionary::Ids(ids))) => Some(uuid_text(ids[key as usize])),
            (Cell::Key(key), Some(dictionary)) => Some(dictionary.text(key).to_owned()),
            _ => None,
        };
        let is_telling = |text: &String| {
            let look = detect::look(text);
            matches!(look, Look::Email | Look::Phone | Look::Card)
                || look == Look::Uuid && *text != uuid_text(0)
        };
        let name = format!("a value of `{}` of {}", table.fields[field].name, table.name);
        let mut values: Vec<String> = (0..column.rows()).filter_map(text).collect();
        values.dedup();
        let some = values.into_iter().filter(is_telling).take(OF_EACH);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = MOST.saturating_sub(all.len());
        all.extend(some.take(room).map(|value| Known { name: name.clone(), value }));
    }

    /// All that were taken.
    pub(super) fn all(&self) -> Vec<Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
