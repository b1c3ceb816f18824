//! A person is simulated alone.

use throng::event::journal::{Journal, NONE};
use throng::journey::Walker;
use throng::scenario::slices::Slices;
use throng::scenario::{World, fills};

use crate::{simulate, world};

/// The part of a journal that is one user's, as if there were no other.
fn of_user(world: &World, journal: &Journal, user: u64) -> Journal {
    let first = |found: Option<usize>| found.map_or(0, |ordinal| ordinal as u32);
    let journey = first(journal.journeys.iter().position(|journey| journey.user == user));
    let session = first(journal.sessions.iter().position(|session| session.user == user));
    let order = first(journal.orders.iter().position(|order| order.user == user));
    let owns = |ordinal: u32| journal.sessions[ordinal as usize].user == user;
    let mut own = Journal::new(journal.slices.len());
    own.users.extend(journal.users.iter().filter(|row| row.user == user).cloned());
    own.devices.extend(journal.devices.iter().filter(|row| row.user == user).cloned());
    own.journeys.extend(journal.journeys.iter().filter(|row| row.user == user).cloned());
    for row in journal.sessions.iter().filter(|row| row.user == user) {
        own.sessions.push(row.clone());
        own.sessions.last_mut().expect("pushed").journey -= journey;
    }
    for row in journal.orders.iter().filter(|row| row.user == user) {
        own.orders.push(row.clone());
        own.orders.last_mut().expect("pushed").session -= session;
    }
    for row in &journal.lines {
        if journal.orders[row.order as usize].user == user {
            own.lines.push(row.clone());
            own.lines.last_mut().expect("pushed").order -= order;
        }
    }
    for row in journal.payments.iter().filter(|row| owns(row.session)) {
        own.payments.push(row.clone());
        let copy = own.payments.last_mut().expect("pushed");
        copy.session -= session;
        copy.order -= if row.order == NONE { 0 } else { order };
    }
    own.consents.extend(journal.consents.iter().filter(|row| row.user == user).cloned());
    own.erasures.extend(journal.erasures.iter().filter(|row| row.user == user).cloned());
    for (bucket, own) in journal.slices.iter().zip(&mut own.slices) {
        for mut row in bucket.rows() {
            let ordinal = bucket.session(row.session);
            if owns(ordinal) {
                if world.fills[usize::from(row.kind)] & fills::ORDER != 0 && row.extra != NONE {
                    row.extra -= order;
                }
                own.push(ordinal - session, row);
            }
        }
    }
    own
}

/// For all users k, what k does alone is what k does in a crowd, whoever was simulated before.
#[test]
fn user_k_alone_is_user_k_in_a_crowd() {
    let world = world("seed = 11\ndays = 20\nusers = 400\n");
    let slices = Slices::new(world.start, world.days, world.lateness, 2);
    let crowd = simulate(&world, slices, 0..400);
    assert!(crowd.len() > 1, "more than one piece of work");
    let mut busy = 0;
    for journal in &crowd {
        for user in journal.users.iter().map(|row| row.user) {
            let mut walker = Walker::new(&world, slices);
            walker.user(user);
            busy += usize::from(!walker.journal.orders.is_empty());
            assert_eq!(of_user(&world, journal, user), walker.journal, "user {user}");
        }
    }
    assert!(busy > 20, "only {busy} users who order something");
}

/// For all orders in which users are simulated, each does the same.
#[test]
fn the_order_of_users_does_not_matter() {
    let world = world("seed = 12\ndays = 10\nusers = 60\n");
    let slices = Slices::new(world.start, world.days, world.lateness, 1);
    let mut forth = Walker::new(&world, slices);
    (0..60).for_each(|user| forth.user(user));
    let mut back = Walker::new(&world, slices);
    (0..60).rev().for_each(|user| back.user(user));
    for user in 0..60 {
        let of = |walker: &Walker<'_>| of_user(&world, &walker.journal, user);
        assert_eq!(of(&forth), of(&back), "user {user}");
    }
}
