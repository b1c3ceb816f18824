//! Which values enough people share, counted in the records of a range of users before its files are written.
//!
//! A value may show where k people of one of these tables have it; what it stands for is the same in all tables, so a city that may be
//! told of a user may be told of an event.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, PoisonError};

use super::values::for_each;
use super::{BLOCK, Masking};
use crate::diag::Problem;
use crate::frame::{Column, Dictionary, Frame, NULL, Values};
use crate::privacy::stage::change::{Change, Given};
use crate::read::hash;
use crate::schema::Type;
use crate::tables::{self, Context};

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

/// The values of a column that were met, each with its people.
#[derive(Default)]
struct Met {
    places: HashMap<String, u32>,
    people: Vec<People>,
}

impl Met {
    /// Where a value stands; none where there is no room.
    fn place(&mut self, word: &str, room: &mut Room) -> Option<u32> {
        if let Some(place) = self.places.get(word) {
            return Some(*place);
        }
        room.take(WORD_BYTES + word.len())?;
        let place = self.people.len() as u32;
        self.places.insert(word.to_owned(), place);
        self.people.push(People::default());
        Some(place)
    }

    /// Counts one more who has a value; none where there is no room.
    fn count(&mut self, place: u32, who: u64, k: usize, room: &mut Room) -> Option<()> {
        let people = &mut self.people[place as usize];
        if people.enough {
            return Some(());
        }
        if people.some.insert(who) {
            room.take(ONE_BYTES)?;
        }
        if people.some.len() >= k {
            room.0 += people.some.len() * ONE_BYTES;
            *people = People { some: HashSet::new(), enough: true };
        }
        Some(())
    }

    /// The values that enough people share.
    fn shared(self) -> BTreeSet<String> {
        let Self { places, people } = self;
        let words = places.into_iter().filter(|(_, place)| people[*place as usize].enough);
        words.map(|(word, _)| word).collect()
    }
}

/// A column being counted.
struct Counting<'m> {
    /// Where its values may show: in all tables that do the same to a column of that name.
    of: Vec<(usize, usize)>,
    name: &'m str,
    change: Change,
    met: Met,
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
        let mut all = self.rare();
        if all.is_empty() {
            return Ok(());
        }
        let mut room = Room(MOST_BYTES);
        for (source, subject) in SOURCES {
            let Some(table) = context.world.schemas.table(source) else { continue };
            tables::with_records(context, table, |frame| {
                count(frame, subject, self.k, &mut all, &mut room)
            })?;
        }
        let of_column = |counting: Counting<'_>| {
            let shared = Arc::new(counting.met.shared());
            counting.of.into_iter().map(move |of| (of, Arc::clone(&shared)))
        };
        let shared = all.into_iter().flat_map(of_column).collect();
        let mut common = self.common.write().unwrap_or_else(PoisonError::into_inner);
        *common = Common { shared, ..Common::default() };
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clear();
        Ok(())
    }

    /// The columns whose rare values are suppressed.
    fn rare(&self) -> Vec<Counting<'_>> {
        let mut all: Vec<Counting<'_>> = Vec::new();
        for (place, masked) in self.tables.iter().enumerate() {
            for (field, (_, change)) in masked.fields.iter().enumerate() {
                if !change.rare {
                    continue;
                }
                let (of, name) = ((place, field), masked.table.fields[field].name.as_str());
                let same =
                    |one: &&mut Counting<'_>| one.name == name && one.change.act == change.act;
                match all.iter_mut().find(same) {
                    Some(counting) => counting.of.push(of),
                    None => all.push(Counting {
                        of: vec![of],
                        name,
                        change: change.clone(),
                        met: Met::default(),
                    }),
                }
            }
        }
        all
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
    let mut whose = None;
    for counting in all {
        let Some(field) = at(counting.name) else { continue };
        let whose = &**whose.get_or_insert_with(|| subjects(frame, subject));
        if count_column(frame, field, whose, k, counting, room).is_none() {
            return Err(too_many(counting.name, &frame.table().name));
        }
    }
    Ok(())
}

/// Counts who has the values of a column; none where there is no room. `whose` says by row whose it is.
fn count_column(
    frame: &dyn Frame,
    field: usize,
    whose: &[Option<u64>],
    k: usize,
    counting: &mut Counting<'_>,
    room: &mut Room,
) -> Option<()> {
    let ty = frame.table().fields[field].ty;
    let Counting { change, met, .. } = counting;
    // A dictionary's value is changed, and looked for, once.
    let dictionary = frame.dictionary(field);
    let mut known: Vec<Known> = vec![Known::Not; dictionary.as_ref().map_or(0, Dictionary::len)];
    let (mut column, mut recent) = (Column::default(), Recent::default());
    for start in (0..frame.rows()).step_by(BLOCK) {
        let rows = start..(start + BLOCK).min(frame.rows());
        let whose = &whose[rows.clone()];
        frame.fill(field, rows, &mut column);
        let there = (0..column.rows()).filter(|row| column.is_valid(*row));
        let mut who = there.map(|row| whose[row]);
        match (&column.values, &dictionary) {
            (Values::Keys(keys), Some(dictionary)) => {
                for key in keys.iter().filter(|key| **key != NULL) {
                    let Some(who) = who.next().flatten() else { continue };
                    let known = &mut known[*key as usize];
                    if *known == Known::Not {
                        *known = match word(change, Given::Text(dictionary.text(*key))) {
                            Some(word) => Known::At(met.place(&word, room)?),
                            None => Known::Nothing,
                        };
                    }
                    if let Known::At(place) = *known {
                        met.count(place, who, k, room)?;
                    }
                }
            }
            (values, _) => {
                let mut fits = Some(());
                for_each(values, ty, |given| {
                    let (Some(who), Some(())) = (who.next().flatten(), fits) else { return };
                    let known = recent.of(given, |given| match word(change, given) {
                        Some(word) => met.place(&word, room).map(Known::At),
                        None => Some(Known::Nothing),
                    });
                    fits = known.and_then(|known| match known {
                        Known::At(place) => met.count(place, who, k, room),
                        _ => Some(()),
                    });
                });
                fits?;
            }
        }
    }
    Some(())
}

/// What is known of a dictionary's value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    /// It was not met yet.
    Not,
    /// Nothing is left of it.
    Nothing,
    /// Where it stands.
    At(u32),
}

/// Numbers met of late: they come again and again, and what is known of one is found sooner than written.
struct Recent([Option<(u64, Known)>; 64]);

impl Default for Recent {
    fn default() -> Self {
        Self([None; 64])
    }
}

impl Recent {
    /// What is known of a value; what is not yet is asked for.
    fn of<'g>(
        &mut self,
        given: Given<'g>,
        ask: impl FnOnce(Given<'g>) -> Option<Known>,
    ) -> Option<Known> {
        let bits = match given {
            Given::Int(number) => number as u64,
            Given::Float(number) => number.to_bits(),
            Given::Text(_) | Given::Flag(_) => return ask(given),
        };
        let last = &mut self.0[(hash::of_id(bits.into()) % 64) as usize];
        match *last {
            Some((known, what)) if known == bits => Some(what),
            _ => {
                let what = ask(given)?;
                *last = Some((bits, what));
                Some(what)
            }
        }
    }
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

/// By row, what tells people apart; none where nobody is named.
fn subjects(frame: &dyn Frame, subject: usize) -> Vec<Option<u64>> {
    let (mut all, mut column) = (Vec::with_capacity(frame.rows()), Column::default());
    for start in (0..frame.rows()).step_by(BLOCK) {
        frame.fill(subject, start..(start + BLOCK).min(frame.rows()), &mut column);
        let there = (0..column.rows()).map(|row| column.is_valid(row));
        match &column.values {
            Values::Keys(keys) => {
                let mut keys = keys.iter().map(|key| u64::from(*key));
                all.extend(there.map(|there| if there { keys.next() } else { None }));
            }
            Values::Ids(ids) => {
                let mut ids = ids.iter().map(|id| (*id >> 64) as u64 ^ *id as u64);
                all.extend(there.map(|there| if there { ids.next() } else { None }));
            }
            _ => all.extend(there.map(|_| None)),
        }
    }
    all
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
        let (mut met, mut room) = (Met::default(), Room(10_000));
        let mut count = |word: &str, who: u64| {
            let place = met.place(word, &mut room)?;
            met.count(place, who, 5, &mut room)
        };
        assert!((0..100_000).all(|who| count("common", who).is_some()));
        let counted =
            (0..100_000).take_while(|who| count(&format!("rare-{who:06}"), *who).is_some());
        let counted = counted.count();
        assert!((60..80).contains(&counted), "{counted}");
        assert!(met.people.len() < 80);
        assert_eq!(met.shared(), BTreeSet::from(["common".to_owned()]));
        let told = too_many("email", "users").to_string();
        assert!(told.contains("`email` of users") && told.contains("400 MiB"), "{told}");
    }
}
