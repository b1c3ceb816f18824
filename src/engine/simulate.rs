//! A range of users, simulated chunk by chunk and joined: the rows of entities in one journal, the events by slice.

use std::collections::BTreeMap;
use std::mem::take;
use std::ops::Range;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use super::spare::Spare;
use super::{Error, Progress, go_on};
use crate::anomaly::ground::SliceRows;
use crate::event::journal::Journal;
use crate::journey::Walker;
use crate::journey::outcomes::{Exact, Outcomes};
use crate::scenario::World;
use crate::scenario::slices::Slices;

/// Users simulated as one piece of work.
const CHUNK: u64 = 256;

/// Simulates a range's users; the journals of its chunks in order of users.
///
/// # Errors
/// Being asked to stop.
pub fn simulate(
    world: &World,
    slices: Slices,
    users: Range<u64>,
    progress: &dyn Progress,
    cancel: &AtomicBool,
) -> Result<Vec<Journal>, Error> {
    let mut journals = Vec::new();
    let take = &mut |journal, _| journals.push(journal);
    let crowd = Crowd { world, slices, users, progress, cancel };
    chunks(&crowd, &Spare::default(), &|_| {}, take)?;
    Ok(journals)
}

/// Who is simulated, and who is told of it.
pub(super) struct Crowd<'w> {
    pub(super) world: &'w World,
    pub(super) slices: Slices,
    pub(super) users: Range<u64>,
    pub(super) progress: &'w dyn Progress,
    pub(super) cancel: &'w AtomicBool,
}

/// Simulates a range's users in memory of ranges before, with a look at each chunk's journal while it is at hand, and joins them: the
/// rows of entities in one journal, the events by slice.
///
/// # Errors
/// Being asked to stop.
pub(super) fn simulate_joined(
    crowd: &Crowd<'_>,
    spare: &Spare,
    look: &(dyn Fn(&Journal) + Sync),
) -> Result<(Journal, Vec<SliceRows>), Error> {
    let mut joined = Joined::new(spare.whole(), crowd.slices);
    let take = &mut |journal, left| joined.add(journal, left);
    chunks(crowd, spare, look, take)?;
    Ok((joined.whole, joined.by_slice))
}

/// Simulates a range's users chunk by chunk in parallel and hands the chunks' journals over in order of users, each with the number of
/// those that follow, as soon as those before it are handed over: so hardly any waits. Where outcomes are exact, what happens to one
/// hangs on those before, so a range is simulated by one walker from its first user to its last.
fn chunks(
    crowd: &Crowd<'_>,
    spare: &Spare,
    look: &(dyn Fn(&Journal) + Sync),
    take: &mut (dyn FnMut(Journal, u64) + Send),
) -> Result<(), Error> {
    let Crowd { world, slices, users, progress, cancel } = crowd;
    if world.request.exact {
        let whole = in_order(crowd)?;
        look(&whole);
        take(whole, 0);
        return Ok(());
    }
    let count = (users.end - users.start).div_ceil(CHUNK);
    let queue = Mutex::new(Queue { next: 0, waiting: BTreeMap::new(), take });
    let chunk = |walker: &mut Walker<'_>, number: u64| {
        go_on(cancel)?;
        let first = users.start + number * CHUNK;
        for user in chunk_from(world, first, users.end) {
            walker.user(user);
        }
        look(&walker.journal);
        progress.advance(walker.journal.events());
        // A copy is just as large as it needs; the walker's own journal has grown to what a chunk takes and is used again.
        let journal = spare.copy(&walker.journal);
        walker.journal.clear();
        let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.add(number, journal, count);
        Ok(())
    };
    // A bridge gives the numbers out in their order, whoever is free.
    (0..count).par_bridge().try_for_each_init(|| Walker::new(world, *slices), chunk)
}

/// Journals of chunks that wait for those before them.
struct Queue<'t> {
    /// The number of the next one that is handed over.
    next: u64,
    waiting: BTreeMap<u64, Journal>,
    take: &'t mut (dyn FnMut(Journal, u64) + Send),
}

impl Queue<'_> {
    /// Adds the journal of a chunk, of so many, and hands over what need not wait any more.
    fn add(&mut self, number: u64, journal: Journal, count: u64) {
        self.waiting.insert(number, journal);
        while let Some(journal) = self.waiting.remove(&self.next) {
            self.next += 1;
            (self.take)(journal, count - self.next);
        }
    }
}

/// Journals joined.
struct Joined {
    whole: Journal,
    by_slice: Vec<SliceRows>,
    /// How many.
    count: u64,
}

impl Joined {
    /// None yet; in the memory of an empty journal.
    fn new(whole: Journal, slices: Slices) -> Self {
        let by_slice = (0..slices.count()).map(|_| Vec::new()).collect();
        Self { whole, by_slice, count: 0 }
    }

    /// Adds one, which about so many like it follow.
    fn add(&mut self, mut journal: Journal, left: u64) {
        self.count += 1;
        self.whole.reserve(&journal, left as f64 / self.count as f64);
        let offsets = self.whole.append(&mut journal);
        for (slice, bucket) in self.by_slice.iter_mut().zip(take(&mut journal.slices)) {
            if !bucket.is_empty() {
                slice.push((bucket, offsets));
            }
        }
    }
}

/// Simulates users one after another, each knowing what happened to those before.
fn in_order(crowd: &Crowd<'_>) -> Result<Journal, Error> {
    let Crowd { world, slices, users, progress, cancel } = crowd;
    let exact = Outcomes::Exact(Exact::new(world, users.start));
    let mut walker = Walker::new(world, *slices).deciding(exact);
    let mut told = 0;
    for first in users.clone().step_by(CHUNK as usize) {
        go_on(cancel)?;
        for user in chunk_from(world, first, users.end) {
            walker.user(user);
        }
        let events = walker.journal.events();
        progress.advance(events - told);
        told = events;
    }
    walker.journal.shrink();
    Ok(walker.journal)
}

/// The users of a chunk, but for those who were erased.
fn chunk_from(world: &World, first: u64, end: u64) -> impl Iterator<Item = u64> {
    (first..(first + CHUNK).min(end)).filter(|user| !world.is_erased(*user))
}

/// Joins the journals of a range: the rows of entities in one journal, the events by slice.
pub fn arrange(journals: Vec<Journal>, slices: Slices) -> (Journal, Vec<SliceRows>) {
    let mut joined = Joined::new(Journal::default(), slices);
    let mut left = journals.len() as u64;
    for journal in journals {
        left -= 1;
        joined.add(journal, left);
    }
    (joined.whole, joined.by_slice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::journal::Row;
    use proptest::prelude::*;

    proptest! {
        /// For all orders in which chunks are done, they are handed over in order of users, each with the number of those that follow.
        #[test]
        fn chunks_are_handed_over_in_order(
            done in Just((0..20_u64).collect::<Vec<_>>()).prop_shuffle(),
        ) {
            let mut taken = Vec::new();
            let take = &mut |journal: Journal, left| taken.push((journal.events(), left));
            let mut queue = Queue { next: 0, waiting: BTreeMap::new(), take };
            for &number in &done {
                let mut journal = Journal::new(1);
                (0..number).for_each(|_| journal.slices[0].push(0, Row::default()));
                queue.add(number, journal, 20);
            }
            prop_assert!(queue.waiting.is_empty());
            prop_assert_eq!(taken, (0..20).map(|n| (n, 19 - n)).collect::<Vec<_>>());
        }
    }
}
