//! Calibration: the intercepts at which the rates of a world are those asked for, whatever the mix of people, devices and sources.
//!
//! A rate is the mean of sigmoid(a + x) over the occurrences of its base, with x what persona, device, source, person and day bring,
//! and nothing where it could not happen. A pilot [`crowd`], the same for every seed, records x; the mean itself, free of the noise of
//! draws (Rao and Blackwell), is solved for a by Newton's method. Since who gets as far as a moment hangs on what happened before, the
//! pilot is simulated again until every rate is met. The engine runs it.

pub mod cache;
pub mod crowd;
mod reach;
mod solve;

pub use reach::check as check_reach;
pub use solve::{Beyond, effect, intercept};

use crate::diag::{Problem, Problems};
use crate::dist::sigmoid;
use crate::journey::outcomes::{Predictors, Record};
use crate::scenario::World;
use crate::scenario::targets::{EXIT_CONVERTED, Target};
use crate::seed::Seed;

/// The seeds of the pilot's crowds. Several, since the bursts of a month and its days' moods are drawn as well.
pub const SEEDS: [Seed; 16] = {
    let mut seeds = [Seed(0x7069_6c6f_7400); 16];
    let mut i = 0;
    while i < seeds.len() {
        seeds[i].0 += i as u64;
        i += 1;
    }
    seeds
};

/// Of each of them, so many people could be in the pilot.
pub const CANDIDATES: u64 = 1 << 15;

/// Journeys of each simulation: two quick looks, which bring the rates near, and then the pilot itself, as often as it takes.
pub const PILOTS: [u64; 4] = [8_000, 80_000, 80_000, 320_000];

/// Simulations at most.
pub const SWEEPS: usize = 12;

/// A rate of fewer occurrences in the pilot stays at its prior.
pub const LEAST: u64 = 200;

/// A rate is met within this, or within one standard error of the pilot where that is more. The step that is left is taken still:
/// what it moves beside its own rate is a small part of itself.
const TOLERANCE: f64 = 0.001;

/// A rate that has not settled within this after the last sweep is a mistake in the models.
const UNSETTLED: f64 = 0.005;

/// That many occurrences make it sure that what was not open to enough of them cannot be.
const SURE: u64 = 1_000;

/// What a calibration found.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// By target.
    pub intercepts: Vec<f64>,
    /// By target: the predictors of its base occurrences in the pilot, with which effects can be solved.
    pub predictors: Vec<Predictors>,
}

impl Calibration {
    /// Sets a world to it; whether it is one of that world.
    pub fn apply(&self, world: &mut World) -> bool {
        let fits = self.intercepts.len() == world.targets.len();
        if fits {
            world.intercepts.clone_from(&self.intercepts);
        }
        fits
    }
}

/// What to do after a sweep.
#[derive(Debug)]
pub enum Verdict {
    /// Simulate again at these intercepts.
    Again(Vec<f64>),
    /// All is met.
    Settled(Calibration),
}

/// Judges what a pilot at a world's intercepts recorded, in the sweep of that number from 0.
///
/// # Errors
/// Rates that cannot be met.
pub fn judge(world: &World, record: Record, sweep: usize) -> Result<Verdict, Problems> {
    let mut problems = Problems::new();
    // The first looks are but looks.
    let mut settled = sweep + 1 >= PILOTS.len();
    let last = sweep + 1 >= SWEEPS;
    let mut intercepts = world.intercepts.clone();
    for (i, target) in world.targets.iter().enumerate() {
        let predictors = &record.predictors[i];
        if predictors.count() < LEAST {
            continue;
        }
        // What is bought counts once it is paid for.
        let counts = if i == EXIT_CONVERTED { paid_share(&record) } else { 1.0 };
        let wanted = target.rate / counts;
        let (mean, error) = moments(predictors, intercepts[i]);
        match intercept(predictors, wanted) {
            Ok(found) => intercepts[i] = found,
            Err(_) if predictors.count() < SURE => intercepts[i] = target.prior(),
            Err(beyond) => {
                problems.push(unreachable(world, target, beyond.best * counts));
                intercepts[i] = solve::GREATEST;
                continue;
            }
        }
        let off = (mean - wanted).abs();
        settled &= off <= TOLERANCE.max(error);
        if last && off > UNSETTLED {
            problems.push(unsettled(target, mean * counts));
        }
    }
    if settled || last {
        let found = Calibration { intercepts, predictors: record.predictors };
        return problems.or(Verdict::Settled(found));
    }
    Ok(Verdict::Again(intercepts))
}

/// Of the offers taken, how many come to an order.
fn paid_share(record: &Record) -> f64 {
    let (taken, failed) = record.offers;
    // Before any was taken, all are thought to.
    1.0 - failed as f64 / taken.max(1) as f64
}

/// The mean over all base occurrences at an intercept, and its standard error.
fn moments(predictors: &Predictors, intercept: f64) -> (f64, f64) {
    let count = predictors.count().max(1) as f64;
    let (mut sum, mut squares) = (0.0, 0.0);
    for (x, n) in predictors.points() {
        let p = sigmoid(intercept + x);
        sum += n * p;
        squares += n * p * p;
    }
    let mean = sum / count;
    (mean, libm::sqrt((squares / count - mean * mean).max(0.0) / count))
}

/// A rate as people write it.
fn percent(rate: f64) -> String {
    format!("{:.1} %", 100.0 * rate)
}

/// What a target is called in a message: with its stage, where it has one.
fn called(world: &World, target: &Target) -> String {
    match target.spot {
        Some(spot) => {
            let journey = &world.journeys[spot.journey];
            let stage = &journey.stages[spot.stage];
            let moment = &stage.moments[spot.moment];
            format!("`{}` on stage `{}` of {}", moment.name, stage.name, journey.name)
        }
        None => format!("`{}`", target.id),
    }
}

fn unreachable(world: &World, target: &Target, best: f64) -> Problem {
    let message =
        format!("{} cannot happen in {} of cases", called(world, target), percent(target.rate));
    let help = format!(
        "at most {} of them are open to it: the others lack what it needs, or an earlier moment has led away",
        percent(best)
    );
    Problem { message, place: target.place.clone(), help: Some(help) }
}

fn unsettled(target: &Target, mean: f64) -> Problem {
    let message = format!(
        "`{}` does not settle at {}: it comes to {}",
        target.id,
        percent(target.rate),
        percent(mean)
    );
    let help = "it may hang on another rate too closely; a smaller `slope` helps".to_owned();
    Problem { message, place: target.place.clone(), help: Some(help) }
}
