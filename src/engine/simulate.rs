//! A range of users, simulated chunk by chunk and joined: the rows of entities in one journal, the events by slice.

use std::mem::take;
use std::ops::Range;
use std::sync::atomic::AtomicBool;

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

/// Simulates a range's users, chunk by chunk in parallel; the journals in order of users. Where outcomes are exact, what happens to one
/// hangs on those before, so a range is simulated by one walker from its first user to its last.
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
    simulate_with(world, slices, users, progress, cancel, &Spare::default(), &|_| {})
}

/// The same in memory of ranges before, with a look at each journal while it is at hand.
pub(super) fn simulate_with(
    world: &World,
    slices: Slices,
    users: Range<u64>,
    progress: &dyn Progress,
    cancel: &AtomicBool,
    spare: &Spare,
    look: &(dyn Fn(&Journal) + Sync),
) -> Result<Vec<Journal>, Error> {
    if world.request.exact {
        let whole = in_order(world, slices, users, progress, cancel)?;
        look(&whole);
        return Ok(vec![whole]);
    }
    let chunks = (users.end - users.start).div_ceil(CHUNK);
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
        Ok(journal)
    };
    (0..chunks).into_par_iter().map_init(|| Walker::new(world, slices), chunk).collect()
}

/// Simulates users one after another, each knowing what happened to those before.
fn in_order(
    world: &World,
    slices: Slices,
    users: Range<u64>,
    progress: &dyn Progress,
    cancel: &AtomicBool,
) -> Result<Journal, Error> {
    let exact = Outcomes::Exact(Exact::new(world, users.start));
    let mut walker = Walker::new(world, slices).deciding(exact);
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
    arrange_with(journals, slices, &Spare::default())
}

/// The same in memory of ranges before.
pub(super) fn arrange_with(
    journals: Vec<Journal>,
    slices: Slices,
    spare: &Spare,
) -> (Journal, Vec<SliceRows>) {
    let mut whole = spare.whole();
    whole.reserve(&journals);
    let mut by_slice: Vec<SliceRows> = (0..slices.count()).map(|_| Vec::new()).collect();
    for mut journal in journals {
        let offsets = whole.append(&mut journal);
        for (slice, bucket) in by_slice.iter_mut().zip(take(&mut journal.slices)) {
            if !bucket.rows.is_empty() {
                slice.push((bucket, offsets));
            }
        }
    }
    (whole, by_slice)
}
