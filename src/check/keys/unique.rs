//! No two rows of a table have the same key.
//!
//! Keys are held as 64-bit hashes, in buckets: by the hour that a UUID of version 7 tells, any other by its hash. When more are held
//! than there is memory for, the earliest hours are compared and let go; events are late by days at most, so little comes for them
//! any more. For what does, the table is read again: once where the stragglers are few enough to be held, by buckets where a table is
//! in no order. Two equal hashes are a suspicion; suspects are read again and compared as they are.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::ControlFlow;

use crate::check::entities::Entities;
use crate::check::pass::{Seen, shown};
use crate::check::{Check, Context, EventBatch, Observer, Rows, Tally, Verdict, Wants};
use crate::read::hash::{self, fold};
use crate::read::{Column, Data};
use crate::schema::Table;

const PRIMARY: Check = Check::new(
    "keys.primary",
    &[],
    "No two rows of a table have the same key.",
    "A join by a key that comes twice doubles what it counts.",
);

/// The checks.
pub(super) static CHECKS: &[Check] = &[PRIMARY];

/// Hashes held at a time: three days of 100M events in a month, which is as late as they come.
const HELD: usize = 10 << 20;

/// Milliseconds of an hour.
const HOUR: u64 = 3_600_000;
/// The first bucket of keys without a time, beyond every hour of 48 bits of milliseconds; there are so many of these.
const TIMELESS: u64 = 1 << 48;
const TIMELESS_BUCKETS: u64 = 64;

/// Hashes of the keys of each table.
pub(super) struct Unique {
    tables: BTreeMap<String, Keys>,
    rows: u64,
}

/// Hashes of a chunk.
const CHUNK: usize = 1 << 12;

/// Some hashes, in chunks: a list that grows would take twice what it needs, and be copied each time.
#[derive(Default)]
struct Hashes(Vec<Vec<u64>>);

impl Hashes {
    #[inline]
    fn push(&mut self, hash: u64) {
        match self.0.last_mut() {
            Some(chunk) if chunk.len() < CHUNK => chunk.push(hash),
            // Of a bucket with few keys not even a chunk is reserved: there may be a bucket a key.
            None => self.0.push(vec![hash]),
            _ => {
                let mut chunk = Vec::with_capacity(CHUNK);
                chunk.push(hash);
                self.0.push(chunk);
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn len(&self) -> usize {
        let full = self.0.len().saturating_sub(1) * CHUNK;
        full + self.0.last().map_or(0, Vec::len)
    }

    fn all(self) -> Vec<u64> {
        self.0.concat()
    }
}

/// The hashes of a table's keys, as many as may be held.
#[derive(Default)]
struct Keys {
    most: usize,
    held: usize,
    /// The bucket under way, and whether it was let go before.
    current: u64,
    is_late: bool,
    hashes: Hashes,
    open: BTreeMap<u64, Hashes>,
    /// Buckets that were let go, with their numbers of keys; those that came too late for them.
    closed: BTreeMap<u64, u64>,
    late: BTreeMap<u64, u64>,
    /// Hashes that came too late, the first so many.
    stragglers: Vec<u64>,
    suspects: HashSet<u64>,
}

impl Keys {
    fn holding(most: usize) -> Self {
        Self { most, current: u64::MAX, ..Self::default() }
    }

    #[inline]
    fn add(&mut self, bucket: u64, hash: u64) {
        if bucket != self.current {
            self.turn_to(bucket);
        }
        if self.is_late {
            *self.late.entry(bucket).or_default() += 1;
            if self.stragglers.len() < self.most / 2 {
                self.stragglers.push(hash);
            }
            return;
        }
        self.hashes.push(hash);
        self.held += 1;
        if self.held >= self.most {
            self.let_go(self.most - self.most / 8);
        }
    }

    fn turn_to(&mut self, bucket: u64) {
        let hashes = std::mem::take(&mut self.hashes);
        if !hashes.is_empty() {
            self.open.insert(self.current, hashes);
        }
        self.current = bucket;
        self.is_late = self.closed.contains_key(&bucket);
        self.hashes = self.open.remove(&bucket).unwrap_or_default();
    }

    /// Compares the earliest buckets until no more than so many hashes are held.
    fn let_go(&mut self, most: usize) {
        let current = self.current;
        self.turn_to(u64::MAX);
        while self.held > most {
            let Some((bucket, hashes)) = self.open.pop_first() else { break };
            self.held -= hashes.len();
            self.closed.insert(bucket, hashes.len() as u64);
            self.compare(hashes.all());
        }
        self.turn_to(current);
    }

    fn compare(&mut self, mut hashes: Vec<u64>) {
        hashes.sort_unstable();
        let pairs = hashes.windows(2).filter(|pair| pair[0] == pair[1]);
        self.suspects.extend(pairs.map(|pair| pair[0]));
    }

    /// Whether all that came too late are held.
    fn holds_stragglers(&self) -> bool {
        self.late.values().sum::<u64>() == self.stragglers.len() as u64
    }

    /// Buckets to be read again, in groups that can be held.
    fn groups(&self) -> Vec<HashSet<u64>> {
        let mut groups: Vec<HashSet<u64>> = Vec::new();
        let mut held = u64::MAX;
        for (bucket, late) in &self.late {
            let count = late + self.closed.get(bucket).copied().unwrap_or(0);
            if held.saturating_add(count) > self.most as u64 {
                groups.push(HashSet::new());
                held = 0;
            }
            held += count;
            groups.last_mut().map(|group| group.insert(*bucket));
        }
        groups
    }
}

impl Unique {
    pub(super) fn new(context: &Context<'_>) -> Self {
        Self::holding(context, HELD)
    }

    fn holding(context: &Context<'_>, most: usize) -> Self {
        let tables = context.data.manifest().tables.iter();
        let tables = tables.map(|table| (table.name.clone(), Keys::holding(most))).collect();
        Self { tables, rows: 0 }
    }

    fn take(&mut self, rows: &Rows<'_>) {
        // Behind a privacy policy a table may have lost its key.
        if rows.table.key.is_empty() {
            return;
        }
        let Some(keys) = self.tables.get_mut(&rows.table.name) else { return };
        let columns: Vec<&Column> =
            rows.table.key.iter().filter_map(|name| rows.column(name)).collect();
        self.rows += rows.len() as u64;
        for row in 0..rows.len() {
            let hash = hash_of(&columns, row);
            keys.add(bucket_of(&columns, row, hash), hash);
        }
    }

    /// Compares what is still held, and reads again what came too late; all suspects.
    fn suspects(&mut self, context: &Context<'_>, table: &Table) -> HashSet<u64> {
        let Some(mut keys) = self.tables.remove(&table.name) else { return HashSet::new() };
        if keys.late.is_empty() {
            return keys.suspects;
        }
        if keys.holds_stragglers() {
            let mut few = Few::new(std::mem::take(&mut keys.stragglers));
            read_again(context, table, |hash, _, _| few.meet(hash));
            keys.suspects.extend(few.met_again());
            return keys.suspects;
        }
        for group in keys.groups() {
            let mut hashes = Vec::new();
            read_again(context, table, |hash, columns, row| {
                if group.contains(&bucket_of(columns, row, hash)) {
                    hashes.push(hash);
                }
            });
            keys.compare(hashes);
        }
        keys.suspects
    }
}

impl Observer for Unique {
    fn wants(&self, _: &Table) -> Wants {
        // Keys always come along.
        Wants::Columns(&[])
    }

    fn see(&mut self, rows: &Rows<'_>) {
        self.take(rows);
    }

    fn see_events(&mut self, events: &EventBatch<'_>) {
        self.take(&events.rows);
    }

    fn done(&mut self, table: &Table, _: &Entities) {
        // Only suspects are of use from here on.
        if let Some(keys) = self.tables.get_mut(&table.name) {
            keys.let_go(0);
        }
    }

    fn finish(mut self: Box<Self>, context: &Context<'_>, seen: &Seen) -> Vec<Verdict> {
        let mut tally = Tally::new(&PRIMARY);
        tally.saw(self.rows as usize);
        for table in context.schemas.tables.iter().filter(|table| seen.is_sound(&table.name)) {
            let suspects = self.suspects(context, table);
            if !suspects.is_empty() {
                confirm(context, table, &suspects, &mut tally);
            }
        }
        vec![tally.verdict()]
    }
}

/// Shows the hash of every key of a table once more, with the columns of the key and the row.
fn read_again(context: &Context<'_>, table: &Table, mut see: impl FnMut(u64, &[&Column], usize)) {
    let names: Vec<&str> = table.key.iter().map(String::as_str).collect();
    // Files that cannot be read were found so before.
    let _ = context.data.scan(table, &names, |_, batch| {
        let columns: Vec<&Column> = batch.columns.iter().collect();
        (0..batch.rows).for_each(|row| see(hash_of(&columns, row), &columns, row));
        if context.watch.is_cancelled() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
}

/// A few hashes among many, and how often each is met.
struct Few {
    /// Bits for the ends of hashes: nearly all of the many are told apart by one look.
    ends: Vec<u64>,
    /// Rising.
    hashes: Vec<u64>,
    met: Vec<u32>,
}

impl Few {
    const BITS: u64 = 1 << 22;

    fn new(mut hashes: Vec<u64>) -> Self {
        hashes.sort_unstable();
        hashes.dedup();
        let mut ends = vec![0; (Self::BITS / 64) as usize];
        for hash in &hashes {
            let end = hash % Self::BITS;
            ends[(end / 64) as usize] |= 1 << (end % 64);
        }
        Self { met: vec![0; hashes.len()], ends, hashes }
    }

    #[inline]
    fn meet(&mut self, hash: u64) {
        let end = hash % Self::BITS;
        if self.ends[(end / 64) as usize] >> (end % 64) & 1 == 1
            && let Ok(place) = self.hashes.binary_search(&hash)
        {
            self.met[place] += 1;
        }
    }

    /// Those that were met more than once.
    fn met_again(self) -> impl Iterator<Item = u64> {
        self.hashes.into_iter().zip(self.met).filter(|(_, met)| *met > 1).map(|(hash, _)| hash)
    }
}

/// Compares suspects as they are.
fn confirm(context: &Context<'_>, table: &Table, suspects: &HashSet<u64>, tally: &mut Tally) {
    let mut counts: HashMap<String, u64> = HashMap::new();
    read_again(context, table, |hash, columns, row| {
        if !suspects.contains(&hash) {
            return;
        }
        let named = table.key.iter().zip(columns);
        let terms = named.map(|(name, column)| format!("{name} = {}", shown(column, row)));
        let key = terms.collect::<Vec<_>>().join(" and ");
        let count = counts.entry(key.clone()).or_default();
        *count += 1;
        if *count == 2 {
            let place = format!("{} where {key}", table.name);
            tally.wrong(|| (place, "stands there more than once"));
        } else if *count > 2 {
            tally.more_wrong(1);
        }
    });
}

/// Where a key's hash is held.
fn bucket_of(columns: &[&Column], row: usize, hash: u64) -> u64 {
    match columns {
        [Column { data: Data::Ids(ids), .. }] if ids[row] >> 76 & 15 == 7 => {
            (ids[row] >> 80) as u64 / HOUR
        }
        _ => TIMELESS + hash % TIMELESS_BUCKETS,
    }
}

fn hash_of(columns: &[&Column], row: usize) -> u64 {
    let hash = |column: &Column| match &column.data {
        Data::Ids(ids) => hash::of_id(ids[row]),
        Data::Texts(_) => column.text(row).map_or(0, |text| hash::of_bytes(text.as_bytes())),
        _ => column.long(row).unwrap_or_default() as u64,
    };
    match columns {
        [one] => hash(one),
        all => all.iter().fold(0, |state, column| fold(state, hash(column))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::tests::{GO_ON, Meter, made};
    use crate::check::{Entities, Watch, pass};
    use crate::read::DataSet;

    /// For any number of hashes held at a time, what stands there twice is found, and nothing else.
    #[test]
    fn keys_are_compared_in_parts() {
        let (dir, world) =
            made("days = 3\nusers = 40\n[output]\nformat = \"ndjson\"\ncompression = \"none\"\n");
        let listed = DataSet::open(dir.path()).unwrap();
        let file = dir.path().join(&listed.table("events").unwrap().files[0].path);
        let lines = std::fs::read_to_string(&file).unwrap();
        let twice: String = lines.split_inclusive('\n').take(2).collect();
        std::fs::write(&file, lines + &twice + &twice).unwrap();
        let (meter, schemas) = (Meter::default(), &world.schemas);
        let watch = Watch { progress: &meter, cancel: &GO_ON };
        let (entities, _) = Entities::read(&listed, schemas, &watch).unwrap();
        let context = Context {
            data: &listed,
            schemas,
            entities: &entities,
            world: None,
            reference: None,
            watch: &watch,
        };
        for held in [1 << 20, 300, 100, 7] {
            let unique: Box<dyn Observer> = Box::new(Unique::holding(&context, held));
            let mut observers = vec![unique];
            pass::run(&context, observers.iter_mut(), &mut Seen::default()).unwrap();
            let verdict = observers.remove(0).finish(&context, &Seen::default()).remove(0);
            assert_eq!(verdict.wrong, 4, "{held} held: {:?}", verdict.evidence);
        }
    }
}
