//! A size asked for is a size met.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use throng::engine::{self, Progress};

use crate::{GO_ON, plan, world};

struct Count(AtomicU64);

impl Progress for Count {
    fn advance(&self, events: u64) {
        self.0.fetch_add(events, Relaxed);
    }
}

/// For all seeds and numbers of events, the data set has that number within 2 %.
#[test]
fn events_asked_for_are_met_within_two_percent() {
    for (events, days, seed) in [(20_000_u64, 7, 1), (100_000, 30, 2), (300_000, 14, 3)] {
        let world = world(&format!("seed = {seed}\ndays = {days}\nevents = {events}\n"));
        let plan = plan(&world);
        let count = Count(AtomicU64::new(0));
        for range in &plan.ranges {
            let users = range.first..range.end;
            engine::simulate(&world, plan.slices, users, &count, &GO_ON).expect("simulated");
        }
        let made = count.0.load(Relaxed);
        assert!(made.abs_diff(events) * 50 <= events, "{made} for {events}");
        assert!(plan.events.abs_diff(made) * 50 <= made, "planned {}, made {made}", plan.events);
    }
}
