//! Which values enough people share, counted in the records of a range of users before its files are written.
//!
//! A value may show where k people of one of these tables have it; what it stands for is the same in all tables, so a city that may be
//! told of a user may be told of an event.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::convert::Infallible;
use std::sync::{Arc, PoisonError};

use super::values::for_each;
use super::{Change, Column, Dictionary, Frame, Given, Masking, NULL, Type, Values};
use crate::tables::{self, Context, Rows};

/// The tables in which people are counted, each with the column that says whose a row is.
const SOURCES: &[(&str, &str)] = &[
    ("users", "user_id"),
    ("devices", "user_id"),
    ("sessions", "user_id"),
    ("orders", "user_id"),
    // They name no person; an order is one's.
    ("payments", "order_id"),
    ("consents", "user_id"),
    ("erasure_requests", "user_id"),
];

/// Columns of theirs that other tables have as well, or that are told apart there only.
const OF_OTHERS: &[&str] =
    &["locale", "country", "region", "city", "os_version", "browser_version"];

/// Rows looked at together.
const BLOCK: usize = 1 << 14;

/// Whether values of a column are counted.
pub(super) fn is_counted(table: &str, field: &str, ty: Type) -> bool {
    let counts = SOURCES.iter().any(|(source, _)| *source == table) || OF_OTHERS.contains(&field);
    counts && !matches!(ty, Type::Id | Type::Timestamp | Type::Money | Type::Json)
}

/// What enough people share, by table and field.
#[derive(Debug, Default)]
pub(super) struct Common {
    shared: HashMap<(usize, usize), Arc<BTreeSet<String>>>,
    nothing: Arc<BTreeSet<String>>,
}

impl Common {
    /// The values that may show; of a column of which nobody has counted any, none.
    pub(super) fn of(&self, table: usize, field: usize) -> Arc<BTreeSet<String>> {
        Arc::clone(self.shared.get(&(table, field)).unwrap_or(&self.nothing))
    }
}

/// Those who have a value, until they are enough.
#[derive(Default)]
struct People {
    some: HashSet<u64>,
    enough: bool,
}

/// A column being counted.
struct Counting<'m> {
    of: (usize, usize),
    name: &'m str,
    change: Change,
    words: HashMap<String, People>,
}

impl Masking {
    /// Counts who shares what in a range, for the columns whose rare values are suppressed.
    pub fn count(&self, context: Context<'_>) {
        let mut all: Vec<Counting<'_>> = self.rare().collect();
        if all.is_empty() {
            return;
        }
        for (source, subject) in SOURCES {
            let Some(table) = context.world.schemas.table(source) else { continue };
            let counted = tables::with_frame(context, table, &[], |rows: Rows<'_>| {
                count(rows.frame, subject, self.k, &mut all);
                Ok::<(), Infallible>(())
            });
            // Counting does not fail.
            let Ok(()) = counted;
        }
        let enough = |counting: Counting<'_>| {
            let words = counting.words.into_iter().filter(|(_, people)| people.enough);
            (counting.of, Arc::new(words.map(|(word, _)| word).collect()))
        };
        let shared = all.into_iter().map(enough).collect();
        let mut common = self.common.write().unwrap_or_else(PoisonError::into_inner);
        *common = Common { shared, ..Common::default() };
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The columns whose rare values are suppressed.
    fn rare(&self) -> impl Iterator<Item = Counting<'_>> {
        let of_table = |(table, masked): (usize, &'_ super::Masked)| {
            let rare = masked.fields.iter().enumerate().filter(|(_, (_, change))| change.rare);
            rare.map(move |(field, (_, change))| ((table, field), change.clone()))
                .collect::<Vec<_>>()
        };
        self.tables.iter().enumerate().flat_map(of_table).map(|(of, change)| {
            let name = self.tables[of.0].table.fields[of.1].name.as_str();
            Counting { of, name, change, words: HashMap::new() }
        })
    }
}

/// Counts the people of a table for every column of its that is asked for.
fn count(frame: &dyn Frame, subject: &str, k: usize, all: &mut [Counting<'_>]) {
    let at = |name: &str| frame.table().fields.iter().position(|field| field.name == name);
    let Some(subject) = at(subject) else { return };
    for counting in all {
        let Some(field) = at(counting.name) else { continue };
        let ty = frame.table().fields[field].ty;
        // A dictionary's value is changed once.
        let mut known: Vec<Option<Option<String>>> =
            vec![None; frame.dictionary(field).map_or(0, |dictionary| dictionary.len())];
        let (mut people, mut column) = (Column::default(), Column::default());
        for start in (0..frame.rows()).step_by(BLOCK) {
            let rows = start..(start + BLOCK).min(frame.rows());
            frame.fill(subject, rows.clone(), &mut people);
            frame.fill(field, rows, &mut column);
            let subjects = subjects(&people);
            let there = (0..column.rows()).filter(|row| column.is_valid(*row));
            let mut who = there.map(|row| subjects[row]);
            let mut see = |who: Option<Option<u64>>, word: Option<&str>| {
                if let (Some(Some(who)), Some(word)) = (who, word) {
                    counting_in(&mut counting.words, word, who, k);
                }
            };
            match (&column.values, frame.dictionary(field)) {
                (Values::Keys(keys), Some(dictionary)) => {
                    for key in keys.iter().filter(|key| **key != NULL) {
                        let word = known[*key as usize].get_or_insert_with(|| {
                            word(&mut counting.change, text(&dictionary, *key))
                        });
                        see(who.next(), word.as_deref());
                    }
                }
                (values, _) => for_each(values, ty, |given| {
                    let word = word(&mut counting.change, given);
                    see(who.next(), word.as_deref());
                }),
            }
        }
    }
}

fn text<'d>(dictionary: &'d Dictionary<'_>, key: u32) -> Given<'d> {
    Given::Text(dictionary.text(key))
}

fn counting_in(words: &mut HashMap<String, People>, word: &str, who: u64, k: usize) {
    if !words.contains_key(word) {
        words.insert(word.to_owned(), People::default());
    }
    let Some(people) = words.get_mut(word).filter(|people| !people.enough) else { return };
    people.some.insert(who);
    if people.some.len() >= k {
        *people = People { some: HashSet::new(), enough: true };
    }
}

/// What tells the people of rows apart.
fn subjects(column: &Column) -> Vec<Option<u64>> {
    let mut values = Vec::new();
    match &column.values {
        Values::Keys(keys) => values.extend(keys.iter().map(|key| u64::from(*key))),
        Values::Ids(ids) => values.extend(ids.iter().map(|id| (*id >> 64) as u64 ^ *id as u64)),
        _ => {}
    }
    let mut values = values.into_iter();
    (0..column.rows()).map(|row| if column.is_valid(row) { values.next() } else { None }).collect()
}

/// The word that a value becomes, before it is asked who shares it.
fn word(change: &mut Change, given: Given<'_>) -> Option<String> {
    let (mut out, mut digits) = (String::new(), String::new());
    let made = change.coarsened(given, None, &mut out).ok()?;
    Change::word(given, made, &out, &mut digits).map(str::to_owned)
}
