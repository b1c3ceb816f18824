//! Which values enough people share, counted in the records of a range of users before its files are written.
//!
//! A value may show where k people of one of these tables have it; what it stands for is the same in all tables, so a city that may be
//! told of a user may be told of an event.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, PoisonError};

use super::values::for_each;
use super::{Change, Column, Dictionary, Frame, Given, Masking, NULL, Type, Values};
use crate::diag::Problem;
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

/// Bytes that counting a range may take, by the sizes below: what the policy asks for may be as many values as there are rows.
const MOST_BYTES: usize = 400 << 20;
/// What a value takes beside its text: its place in a map, and a set.
const WORD_BYTES: usize = 120;
/// What one of those who have it takes, in a set that is half empty.
const ONE_BYTES: usize = 16;

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

/// What counting may still take.
#[derive(Debug, Clone, Copy)]
struct Room(usize);

impl Room {
    fn take(&mut self, bytes: usize) -> Option<()> {
        self.0 = self.0.checked_sub(bytes)?;
        Some(())
    }
}

impl Masking {
    /// Counts who shares what in a range, for the columns whose rare values are suppressed.
    ///
    /// # Errors
    /// A column of which more would have to be counted than there may be.
    pub fn count(&self, context: Context<'_>) -> Result<(), Problem> {
        let mut all: Vec<Counting<'_>> = self.rare().collect();
        if all.is_empty() {
            return Ok(());
        }
        let mut room = Room(MOST_BYTES);
        for (source, subject) in SOURCES {
            let Some(table) = context.world.schemas.table(source) else { continue };
            tables::with_frame(context, table, &[], |rows: Rows<'_>| {
                count(rows.frame, subject, self.k, &mut all, &mut room)
            })?;
        }
        let enough = |counting: Counting<'_>| {
            let words = counting.words.into_iter().filter(|(_, people)| people.enough);
            (counting.of, Arc::new(words.map(|(word, _)| word).collect()))
        };
        let shared = all.into_iter().map(enough).collect();
        let mut common = self.common.write().unwrap_or_else(PoisonError::into_inner);
        *common = Common { shared, ..Common::default() };
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clear();
        Ok(())
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
fn count(
    frame: &dyn Frame,
    subject: &str,
    k: usize,
    all: &mut [Counting<'_>],
    room: &mut Room,
) -> Result<(), Problem> {
    let at = |name: &str| frame.table().fields.iter().position(|field| field.name == name);
    let Some(subject) = at(subject) else { return Ok(()) };
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
            let mut fits = Some(());
            let mut see = |who: Option<Option<u64>>, word: Option<&str>| {
                if let (Some(Some(who)), Some(word), Some(())) = (who, word, fits) {
                    fits = counting_in(&mut counting.words, word, who, k, room);
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
            if fits.is_none() {
                return Err(too_many(counting.name, &frame.table().name));
            }
        }
    }
    Ok(())
}

/// Why a run ends whose values cannot be counted.
fn too_many(column: &str, table: &str) -> Problem {
    let mib = MOST_BYTES >> 20;
    let message = format!(
        "`{column}` of {table}: counting who shares its values would take more than {mib} MiB"
    );
    Problem::new(message)
        .help("make it coarser first (prefix, band, grid), or drop it; or simulate with a lower `budget`, in smaller ranges")
}

fn text<'d>(dictionary: &'d Dictionary<'_>, key: u32) -> Given<'d> {
    Given::Text(dictionary.text(key))
}

/// Counts one more who has a value; none where there is no room.
fn counting_in(
    words: &mut HashMap<String, People>,
    word: &str,
    who: u64,
    k: usize,
    room: &mut Room,
) -> Option<()> {
    if !words.contains_key(word) {
        room.take(WORD_BYTES + word.len())?;
        words.insert(word.to_owned(), People::default());
    }
    let Some(people) = words.get_mut(word).filter(|people| !people.enough) else { return Some(()) };
    if people.some.insert(who) {
        room.take(ONE_BYTES)?;
    }
    if people.some.len() >= k {
        room.0 += people.some.len() * ONE_BYTES;
        *people = People { some: HashSet::new(), enough: true };
    }
    Some(())
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

#[cfg(test)]
mod tests {
    use super::*;

    /// What many share takes no more room however many they are; what nobody shares takes it up, and then no more is counted.
    #[test]
    fn counting_is_bounded() {
        let mut words = HashMap::new();
        let mut room = Room(10_000);
        for who in 0..100_000 {
            assert_eq!(counting_in(&mut words, "common", who, 5, &mut room), Some(()));
        }
        assert!(words["common"].enough && words["common"].some.is_empty());
        let counted = (0..100_000).take_while(|who| {
            counting_in(&mut words, &format!("rare-{who:06}"), *who, 5, &mut room).is_some()
        });
        let counted = counted.count();
        assert!((60..80).contains(&counted), "{counted}");
        assert!(words.len() < 80);
        let told = too_many("email", "users").to_string();
        assert!(told.contains("`email` of users") && told.contains("400 MiB"), "{told}");
    }
}
