//! No two rows of a table have the same key.
//!
//! Keys are held as 64-bit hashes, so many at a time as memory allows: a table with more rows is read again for the rest. Two equal
//! hashes are a suspicion; suspects are read again and compared as they are.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::ControlFlow;

use crate::check::pass::Seen;
use crate::check::{Check, Context, EventBatch, Observer, Rows, Tally, Verdict, Wants};
use crate::read::hash::{self, fold};
use crate::read::{Batch, Column, Data};
use crate::schema::Table;

const PRIMARY: Check = Check::new(
    "keys.primary",
    &[],
    "No two rows of a table have the same key.",
    "A join by a key that comes twice doubles what it counts.",
);

/// The checks.
pub(super) static CHECKS: &[Check] = &[PRIMARY];

/// Hashes held at a time.
const HELD: u64 = 1 << 25;

/// Hashes of the keys of each table.
pub(super) struct Unique {
    tables: BTreeMap<String, Keys>,
    rows: u64,
}

/// The hashes of a table's keys that are of the part under way.
#[derive(Default)]
struct Keys {
    /// Into how many parts the hashes are cut.
    parts: u64,
    /// About how many hashes a part has.
    expected: usize,
    hashes: Vec<u64>,
}

impl Keys {
    /// Makes room for a part before its first hash, so that the list need not double.
    fn make_room(&mut self) {
        if self.hashes.is_empty() {
            self.hashes.reserve_exact(self.expected + self.expected / 64);
        }
    }

    fn is_of(&self, part: u64, hash: u64) -> bool {
        // The high bits: the low ones choose slots elsewhere.
        self.parts <= 1 || (hash >> 40) % self.parts == part
    }

    /// The hashes that come more than once; the others are forgotten.
    fn twice(&mut self) -> HashSet<u64> {
        self.hashes.sort_unstable();
        let pairs = self.hashes.windows(2).filter(|pair| pair[0] == pair[1]);
        let twice = pairs.map(|pair| pair[0]).collect();
        self.hashes.clear();
        twice
    }
}

impl Unique {
    pub(super) fn new(context: &Context<'_>) -> Self {
        Self::holding(context, HELD)
    }

    fn holding(context: &Context<'_>, held: u64) -> Self {
        let keys = |table: &crate::manifest::Table| {
            let parts = table.rows.div_ceil(held);
            (
                table.name.clone(),
                Keys { parts, expected: (table.rows / parts.max(1)) as usize, hashes: Vec::new() },
            )
        };
        let tables = context.data.manifest().tables.iter().map(keys).collect();
        Self { tables, rows: 0 }
    }

    fn take(&mut self, rows: &Rows<'_>) {
        let Some(keys) = self.tables.get_mut(&rows.table.name) else { return };
        keys.make_room();
        let columns: Vec<&Column> =
            rows.table.key.iter().filter_map(|name| rows.column(name)).collect();
        self.rows += rows.len() as u64;
        for row in 0..rows.len() {
            let hash = hash_of(&columns, row);
            if keys.is_of(0, hash) {
                keys.hashes.push(hash);
            }
        }
    }

    /// Reads a table again for the parts that were not held in the pass; all suspects.
    fn suspects(&mut self, context: &Context<'_>, table: &Table) -> HashSet<u64> {
        let Some(keys) = self.tables.get_mut(&table.name) else { return HashSet::new() };
        let mut suspects = keys.twice();
        for part in 1..keys.parts {
            let names: Vec<&str> = table.key.iter().map(String::as_str).collect();
            // Files that cannot be read were found so before.
            let _ = context.data.scan(table, &names, |_, batch| {
                let columns: Vec<&Column> = batch.columns.iter().collect();
                let hashes = (0..batch.rows).map(|row| hash_of(&columns, row));
                keys.hashes.extend(hashes.filter(|hash| (hash >> 40) % keys.parts == part));
                go_on(context)
            });
            suspects.extend(keys.twice());
        }
        keys.hashes = Vec::new();
        suspects
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

fn go_on(context: &Context<'_>) -> ControlFlow<()> {
    if context.watch.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

/// Compares suspects as they are.
fn confirm(context: &Context<'_>, table: &Table, suspects: &HashSet<u64>, tally: &mut Tally) {
    let names: Vec<&str> = table.key.iter().map(String::as_str).collect();
    let mut counts: HashMap<String, u64> = HashMap::new();
    // Files that cannot be read were found so before.
    let _ = context.data.scan(table, &names, |_, batch: &Batch| {
        let columns: Vec<&Column> = batch.columns.iter().collect();
        for row in (0..batch.rows).filter(|row| suspects.contains(&hash_of(&columns, *row))) {
            let values: Vec<String> = names
                .iter()
                .zip(&columns)
                .map(|(name, column)| {
                    format!("{name} = {}", crate::check::pass::shown(column, row))
                })
                .collect();
            let count = counts.entry(values.join(" and ")).or_default();
            *count += 1;
            if *count == 2 {
                let place = format!("{} where {}", table.name, values.join(" and "));
                tally.wrong(|| (place, "stands there more than once"));
            } else if *count > 2 {
                tally.more_wrong(1);
            }
        }
        go_on(context)
    });
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
        for held in [1 << 20, 100, 7] {
            let unique: Box<dyn Observer> = Box::new(Unique::holding(&context, held));
            let mut observers = vec![unique];
            pass::run(&context, observers.iter_mut(), &mut Seen::default()).unwrap();
            let verdict = observers.remove(0).finish(&context, &Seen::default()).remove(0);
            assert_eq!(verdict.wrong, 4, "{held} held: {:?}", verdict.evidence);
        }
    }
}
