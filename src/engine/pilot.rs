//! How many there will be: a sample of users simulated before the plan is made.

use std::sync::atomic::AtomicBool;

use rayon::prelude::*;

use super::{Error, go_on};
use crate::journey::{Walker, expected_visits};
use crate::population::FIRST_COVERING;
use crate::scenario::plan::{Pilot, Plan};
use crate::scenario::slices::Slices;
use crate::scenario::{Size, World};

/// A pilot for a data set whose size is given in events counts at most so many users. Beyond, what they do is reckoned from how
/// long and how often they come, which holds the total well within its 2 %.
const MOST_COUNTED: u64 = 32_768;

/// A pilot of a data set whose size is given in users.
const SAMPLE: u64 = 4_096;

/// Simulates a sample of users for the plan: for a size in events, users in order until it is reached.
///
/// # Errors
/// Threads that cannot be started, and being asked to stop.
pub fn pilot(world: &World, threads: usize, cancel: &AtomicBool) -> Result<Pilot, Error> {
    let (wanted, most) = match world.request.size {
        Size::Users(users) => (u64::MAX, users.min(SAMPLE)),
        Size::Events(events) => (events, MOST_COUNTED),
    };
    let slices = Slices::new(world.start, world.days, world.lateness, 1);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    let mut pilot = Pilot::default();
    while pilot.users < most && pilot.events < wanted {
        go_on(cancel)?;
        let next = pilot.users..(pilot.users + SAMPLE).min(most);
        let counts: Vec<Pilot> = pool.install(|| {
            let alone = |walker: &mut Walker<'_>, user| count(walker, user);
            next.into_par_iter().map_init(|| Walker::new(world, slices), alone).collect()
        });
        for one in &counts {
            pilot.add(one);
            if pilot.events >= wanted {
                break;
            }
        }
    }
    pilot.whole_users = match world.request.size {
        Size::Users(users) => users,
        Size::Events(events) => pool.install(|| enough(world, &pilot, events, cancel))?,
    };
    Ok(pilot)
}

/// How many users make so many events: those of the pilot, and as many more as are expected to come as often as is still needed.
/// The ratio of events to expected visits is the pilot's (a ratio estimator, Cochran, "Sampling Techniques", chapter 6).
fn enough(world: &World, pilot: &Pilot, events: u64, cancel: &AtomicBool) -> Result<u64, Error> {
    const BLOCK: u64 = 65_536;
    let mut visits = pilot.visits * (events as f64 / pilot.events.max(1) as f64) - pilot.visits;
    let mut users = pilot.users;
    while visits > 0.0 {
        go_on(cancel)?;
        let block: Vec<f64> = (users..users + BLOCK)
            .into_par_iter()
            .map(|user| expected_visits(world, &world.people.user(user)))
            .collect();
        for more in block {
            if visits <= 0.0 {
                break;
            }
            visits -= more;
            users += 1;
        }
    }
    Ok(users)
}

/// Simulates some of the users who cover cells.
fn covering(world: &World) -> Pilot {
    let mut pilot = Pilot { whole_users: world.covering(), ..Pilot::default() };
    let slices = Slices::new(world.start, world.days, world.lateness, 1);
    let mut walker = Walker::new(world, slices);
    for user in 0..pilot.whole_users.min(SAMPLE / 4) {
        pilot.add(&count(&mut walker, FIRST_COVERING + user));
    }
    pilot
}

/// The plan of a world, by a pilot.
///
/// # Errors
/// Those of the pilot.
pub fn plan(world: &World, threads: usize, cancel: &AtomicBool) -> Result<Plan, Error> {
    Ok(Plan::new(world, &pilot(world, threads, cancel)?, &covering(world)))
}

/// What one user does.
fn count(walker: &mut Walker<'_>, user: u64) -> Pilot {
    walker.journal.clear();
    walker.user(user);
    let journal = &walker.journal;
    let world = walker.world();
    Pilot {
        users: 1,
        visits: expected_visits(world, &world.people.user(user)),
        whole_users: 0,
        events: journal.sessions.iter().map(|session| u64::from(session.events)).sum(),
        sessions: journal.sessions.len() as u64,
        orders: journal.orders.len() as u64,
        devices: journal.devices.len() as u64,
        consents: journal.consents.len() as u64,
        erasures: journal.erasures.len() as u64,
    }
}
