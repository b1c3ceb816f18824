//! Some of the values that tokens stand for: what was written is searched for them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Mutex, PoisonError};

use crate::digits::uuid_text;
use crate::frame::{Cell, Column, Dictionary, Frame};
use crate::privacy::leaks::Known;
use crate::privacy::policy::detect::{self, Look};

/// Rows of a file that are looked at.
const ROWS: usize = 64;
/// Values taken of a column of a file.
const OF_EACH: usize = 2;
/// Values kept of a column: those that come first in order, in whatever order files are made.
const MOST: usize = 64;

/// The values, by where they are from.
#[derive(Default)]
pub(super) struct Canaries(Mutex<BTreeMap<String, BTreeSet<String>>>);

impl fmt::Debug for Canaries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Canaries(..)")
    }
}

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
        let kept = all.entry(name).or_default();
        kept.extend(some);
        while kept.len() > MOST {
            kept.pop_last();
        }
    }

    /// All that were taken.
    pub(super) fn all(&self) -> Vec<Known> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_column = |(name, values): (&String, &BTreeSet<String>)| {
            let known = |value: &String| Known { name: name.clone(), value: value.clone() };
            values.iter().map(known).collect::<Vec<_>>()
        };
        all.iter().flat_map(of_column).collect()
    }
}
