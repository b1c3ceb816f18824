//! A size asked for is a size met.

use throng::event::journal::Journal;

use crate::{plan, simulate, world};

/// For all seeds and numbers of events, the data set has that number within 2 %, and the plan says so.
#[test]
fn events_asked_for_are_met_within_two_percent() {
    for (events, days, seed) in [(20_000_u64, 7, 1), (100_000, 30, 2), (300_000, 14, 3)] {
        let world = world(&format!("seed = {seed}\ndays = {days}\nevents = {events}\n"));
        let plan = plan(&world);
        let journals = simulate(&world, plan.slices, 0..plan.users);
        let made: u64 = journals.iter().map(Journal::events).sum();
        assert!(made.abs_diff(events) * 50 <= events, "{made} for {events}");
        assert!(plan.events.abs_diff(made) * 50 <= made, "planned {}, made {made}", plan.events);
    }
}
