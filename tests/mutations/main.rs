//! Every check is proven able to fail: a data set is broken in the way that the check names, and exactly the checks that should
//! fail do.
//!
//! A new check needs a line in one of the lists of [`ALL`], or `every_check_has_a_mutation` fails.

mod anomalies;
mod consent;
mod files;
mod keys;
mod labelled;
mod set;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

use set::{Made, Set};
use throng::check::FAMILIES;

/// The families that are proven here: those that judge row by row. What is judged by the habits of many is proven beside its code, with
/// crowds that lack the habit: targets in `src/check/tests/targets.rs`, realism in `src/realism/tests.rs` and `src/check/tests/realism.rs`,
/// coverage in `src/check/tests.rs`; a reference is a second data set, in `src/check/tests/realism.rs`.
const FAMILIES_HERE: [&str; 3] = ["files", "keys", "consent"];
const FAMILIES_ELSEWHERE: [&str; 4] = ["targets", "realism", "coverage", "reference"];

/// A way to break a data set.
struct Mutation {
    /// The check that it is made for.
    check: &'static str,
    /// Whether the Parquet files are broken, not the lines of JSON.
    parquet: bool,
    /// Breaks it.
    damage: fn(&mut Set<'_>),
    /// Checks that fail beside it, since what is broken is their affair as well.
    also: &'static [&'static str],
}

impl Mutation {
    /// A mutation of the lines of JSON that breaks one check.
    const fn new(check: &'static str, damage: fn(&mut Set<'_>)) -> Self {
        Self { check, parquet: false, damage, also: &[] }
    }

    /// The same, breaking others too.
    const fn also(self, also: &'static [&'static str]) -> Self {
        Self { also, ..self }
    }

    /// The same, of the Parquet files.
    const fn of_parquet(self) -> Self {
        Self { parquet: true, ..self }
    }

    /// What is wrong with it: checks that do not fail but should, or fail but should not.
    fn try_out(&self, sets: &Sets) -> Option<String> {
        let mut set = if self.parquet { sets.parquet.copy() } else { sets.lines.copy() };
        (self.damage)(&mut set);
        let found = set.failures();
        let expected: BTreeSet<&str> = self.also.iter().copied().chain([self.check]).collect();
        let failing: BTreeSet<&str> = found.keys().copied().collect();
        (failing != expected)
            .then(|| format!("{}: expected {expected:?}, but failing: {found:#?}", self.check))
    }
}

/// What is broken.
struct Sets {
    lines: Made,
    parquet: Made,
}

impl Sets {
    fn new() -> Self {
        let lines = Made::new("[output]\nformat = \"ndjson\"\ncompression = \"none\"\n");
        Self { lines, parquet: Made::new("") }
    }
}

/// All mutations, by family.
static ALL: &[&[Mutation]] = &[files::MUTATIONS, keys::MUTATIONS, consent::MUTATIONS];

/// For all kinds of anomalies that show plainly, a data set that is broken in that way fails the kind's invariant; one that is whole
/// fails none.
#[test]
fn kinds_are_seen_by_their_invariants() {
    let sets = Sets::new();
    for made in [&sets.lines, &sets.parquet] {
        let amiss = made.copy().failures_of(&["anomalies"]);
        assert!(amiss.is_empty(), "{amiss:#?}");
    }
    let next = AtomicUsize::new(0);
    let work = || {
        let mut wrong = Vec::new();
        while let Some(mutation) = anomalies::MUTATIONS.get(next.fetch_add(1, Ordering::Relaxed)) {
            let tried = catch_unwind(AssertUnwindSafe(|| {
                let made = if mutation.parquet { &sets.parquet } else { &sets.lines };
                let mut set = made.copy();
                (mutation.damage)(&mut set);
                let found = set.failures_of(&["anomalies"]);
                let missed = !found.contains_key(mutation.check);
                missed.then(|| format!("{}: not among {found:#?}", mutation.check))
            }));
            wrong.extend(
                tried.unwrap_or_else(|_| Some(format!("{}: breaks nothing", mutation.check))),
            );
        }
        wrong
    };
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let workers = [scope.spawn(work), scope.spawn(work)];
        workers.into_iter().flat_map(|worker| worker.join().expect("no panic")).collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// For all mutations, exactly the checks fail that it is meant for.
#[test]
fn mutations_are_seen_by_those_that_should_and_nobody_else() {
    let sets = Sets::new();
    let amiss = sets.lines.copy().failures();
    assert!(amiss.is_empty(), "{amiss:#?}");
    let mutations: Vec<&Mutation> = ALL.iter().copied().flatten().collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut wrong = Vec::new();
        while let Some(mutation) = mutations.get(next.fetch_add(1, Ordering::Relaxed)) {
            // One that finds nothing to break must not hide what the others have to say.
            let tried = catch_unwind(AssertUnwindSafe(|| mutation.try_out(&sets)));
            wrong.extend(
                tried.unwrap_or_else(|_| Some(format!("{}: breaks nothing", mutation.check))),
            );
        }
        wrong
    };
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let workers = [scope.spawn(work), scope.spawn(work)];
        workers.into_iter().flat_map(|worker| worker.join().expect("no panic")).collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// For all checks that there are, a mutation.
#[test]
fn every_check_has_a_mutation() {
    let all = ALL.iter().copied().flatten().chain(anomalies::MUTATIONS);
    let mut known: BTreeSet<&str> = all.map(|mutation| mutation.check).collect();
    known.extend(anomalies::STATISTICAL);
    let named = |family: &&&throng::check::Family| {
        FAMILIES_HERE.contains(&family.name) || family.name == "anomalies"
    };
    for family in FAMILIES.iter().filter(|family| !named(family)) {
        assert!(FAMILIES_ELSEWHERE.contains(&family.name), "{} is proven nowhere", family.name);
    }
    let checks = FAMILIES.iter().filter(named).flat_map(|family| family.checks());
    let lacking: Vec<&str> =
        checks.map(|check| check.id).filter(|id| !known.contains(id)).collect();
    assert!(lacking.is_empty(), "{lacking:?}");
}
