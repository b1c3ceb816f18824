//! The pilot of calibration: a crowd chosen once, simulated until its rates are met.

use std::sync::atomic::AtomicBool;

use rayon::prelude::*;

use crate::calibration::crowd::{self, Chosen};
use crate::calibration::{self, Calibration, Verdict};
use crate::engine::{Error, go_on};
use crate::journey::outcomes::{Outcomes, Record};
use crate::journey::{Walker, expected_visits};
use crate::scenario::World;
use crate::scenario::slices::Slices;

/// Users of the pilot simulated as one piece of work.
const PIECE: usize = 32;

/// Finds the intercepts at which the world's rates are met, and sets the world to them. They depend on neither seed nor size.
///
/// # Errors
/// Rates that cannot be met, threads that cannot be started, and being asked to stop.
pub fn calibrate(
    world: &mut World,
    threads: usize,
    cancel: &AtomicBool,
) -> Result<Calibration, Error> {
    calibration::check_reach(world)?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    let seed = world.seed;
    let found = pool.install(|| sweep(world, cancel));
    world.reseed(seed);
    let found = found?;
    found.apply(world);
    Ok(found)
}

/// Simulates the pilot until its rates are met.
fn sweep(world: &mut World, cancel: &AtomicBool) -> Result<Calibration, Error> {
    let candidates = candidates(world, cancel)?;
    let mut crowd = Vec::new();
    let mut number = 0;
    loop {
        if let Some(visits) = calibration::PILOTS.get(number) {
            crowd = crowd::choose(&candidates, *visits);
        }
        let record = watch(world, &crowd, cancel)?;
        match calibration::judge(world, record, number)? {
            Verdict::Again(intercepts) => world.intercepts = intercepts,
            Verdict::Settled(found) => return Ok(found),
        }
        number += 1;
    }
}

/// Everybody who could be in the pilot, in the order of [`crowd::Candidate`].
fn candidates(world: &mut World, cancel: &AtomicBool) -> Result<Vec<crowd::Candidate>, Error> {
    let mut all = Vec::new();
    for (number, seed) in calibration::SEEDS.into_iter().enumerate() {
        go_on(cancel)?;
        world.reseed(seed);
        let world = &*world;
        let candidate = |id: u64| {
            let user = world.people.user(id);
            crowd::Candidate::new(number as u8, id, &user, expected_visits(world, &user))
        };
        all.par_extend((0..calibration::CANDIDATES).into_par_iter().map(candidate));
    }
    all.par_sort_unstable();
    Ok(all)
}

/// What the chosen do.
fn watch(world: &mut World, crowd: &[Chosen], cancel: &AtomicBool) -> Result<Record, Error> {
    let mut record = Record::new(world.targets.len());
    for chosen in crowd.chunk_by(|a, b| a.seed == b.seed) {
        go_on(cancel)?;
        world.reseed(calibration::SEEDS[usize::from(chosen[0].seed)]);
        record.add(&of_seed(world, chosen));
    }
    Ok(record)
}

/// What users of the world's seed do.
fn of_seed(world: &World, chosen: &[Chosen]) -> Record {
    let slices = Slices::new(world.start, 1, 0, 1);
    let nothing = || Record::new(world.targets.len());
    let piece = |users: &[Chosen]| {
        let mut walker = Walker::new(world, slices).deciding(Outcomes::Recorded(nothing()));
        for chosen in users {
            walker.journal.clear();
            walker.user(chosen.user);
        }
        match walker.into_outcomes() {
            Outcomes::Recorded(record) => record,
            Outcomes::Drawn | Outcomes::Exact(_) => nothing(),
        }
    };
    let add = |mut a: Record, b: Record| {
        a.add(&b);
        a
    };
    chosen.par_chunks(PIECE).map(piece).reduce(nothing, add)
}
