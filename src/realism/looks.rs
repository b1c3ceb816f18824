//! What looks fake at first glance, each as a test of its own.
//!
//! A test asks for an effect, not for a significant difference: with millions of records every difference is significant. Each limit
//! stands well between what a fake shows (chance, for the number at hand) and what people show; where chance depends on how much was
//! seen, so does the limit, and a test that could not tell the two apart is skipped.

mod judges;

use crate::realism::Summary;
use crate::realism::gate::About;
use crate::realism::scorecard::LEAST_SESSIONS;
use judges::{
    all_utc, equal_days, equal_returns, equal_segments, even_gaps, flat_hours, independent,
    no_abandonment, no_bots, no_dst, no_errors, no_repeats, no_tail, one_profile, round_rates,
    smooth_days, sorted_ids, uniform_items, whole_seconds,
};

/// A test's verdict, or why it was not made.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Looks real.
    Real(String),
    /// Looks fake.
    Fake(String),
    /// Could not be told.
    Skipped(String),
}

/// A test of the list.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    /// Its name in reports: `looks.flat_hours`.
    pub id: &'static str,
    /// What must hold.
    pub what: &'static str,
    /// What gives a fake away.
    pub why: &'static str,
    /// How it went, with the numbers.
    pub verdict: Verdict,
}

struct Test {
    id: &'static str,
    what: &'static str,
    why: &'static str,
    judge: fn(&Summary) -> Verdict,
}

const TESTS: [Test; 19] = [
    Test {
        id: "looks.flat_hours",
        what: "every device class has busy and quiet hours",
        why: "times drawn evenly over the day",
        judge: flat_hours,
    },
    Test {
        id: "looks.one_profile",
        what: "device classes have hours of their own",
        why: "one hourly profile for every device",
        judge: one_profile,
    },
    Test {
        id: "looks.no_tail",
        what: "more very long sessions than a constant chance to leave gives",
        why: "lengths drawn from one geometric or Poisson distribution",
        judge: no_tail,
    },
    Test {
        id: "looks.even_gaps",
        what: "gaps are neither exponential nor uniform",
        why: "waiting times drawn from the nearest distribution at hand",
        judge: even_gaps,
    },
    Test {
        id: "looks.independent",
        what: "length, speed, device and orders depend on each other",
        why: "columns filled one by one",
        judge: independent,
    },
    Test {
        id: "looks.round_rates",
        what: "shares do not sit on whole percentages",
        why: "probabilities written down by hand",
        judge: round_rates,
    },
    Test {
        id: "looks.uniform_items",
        what: "some items are looked at more than others",
        why: "items drawn evenly",
        judge: uniform_items,
    },
    Test {
        id: "looks.no_repeats",
        what: "people look at the same item again",
        why: "every view drawn anew",
        judge: no_repeats,
    },
    Test {
        id: "looks.equal_returns",
        what: "some users come back often and most do not",
        why: "everybody returns equally often",
        judge: equal_returns,
    },
    Test {
        id: "looks.smooth_days",
        what: "days differ by more than chance and the weekday",
        why: "one rate for every day",
        judge: smooth_days,
    },
    Test {
        id: "looks.equal_days",
        what: "rates differ from day to day at least as much as chance makes them",
        why: "a target hit exactly on every day",
        judge: equal_days,
    },
    Test {
        id: "looks.equal_segments",
        what: "rates differ between device classes by more than chance",
        why: "a target hit identically in every segment",
        judge: equal_segments,
    },
    Test {
        id: "looks.no_dst",
        what: "habits follow the clock on the wall when it changes",
        why: "offsets that ignore daylight saving time",
        judge: no_dst,
    },
    Test {
        id: "looks.all_utc",
        what: "people live in time zones, and by their clocks",
        why: "everyone in UTC",
        judge: all_utc,
    },
    Test {
        id: "looks.whole_seconds",
        what: "times have parts of a second",
        why: "timestamps on whole seconds",
        judge: whole_seconds,
    },
    Test {
        id: "looks.sorted_ids",
        what: "ids of users, sessions and devices do not sort like time",
        why: "ids counted up as the rows were made",
        judge: sorted_ids,
    },
    Test {
        id: "looks.no_bots",
        what: "some of the traffic is not people",
        why: "a log without robots",
        judge: no_bots,
    },
    Test {
        id: "looks.no_errors",
        what: "something goes wrong now and then",
        why: "a site on which nothing ever fails",
        judge: no_errors,
    },
    Test {
        id: "looks.no_abandonment",
        what: "carts and checkouts are left behind",
        why: "whoever begins finishes",
        judge: no_abandonment,
    },
];

/// The place in the list of the test for whole seconds.
pub const WHOLE_SECONDS: usize = 14;
const _: () = assert!(matches!(TESTS[WHOLE_SECONDS].id.as_bytes(), b"looks.whole_seconds"));

/// The place in the list of the test for robots.
pub const NO_BOTS: usize = 16;
const _: () = assert!(matches!(TESTS[NO_BOTS].id.as_bytes(), b"looks.no_bots"));

/// What each test is about, in the list's order.
pub const ABOUT: [About; TESTS.len()] = {
    let mut about = [About { id: "", what: "", why: "" }; TESTS.len()];
    let mut i = 0;
    while i < TESTS.len() {
        about[i] = About { id: TESTS[i].id, what: TESTS[i].what, why: TESTS[i].why };
        i += 1;
    }
    about
};

/// All tests of the list, in its order. Those of a stream with fewer than [`LEAST_SESSIONS`] are skipped.
pub fn looks(summary: &Summary) -> Vec<Look> {
    let few = summary.sessions < LEAST_SESSIONS;
    let judge = |test: &Test| {
        let verdict = if few {
            let why = format!("{} sessions, {LEAST_SESSIONS} are needed", summary.sessions);
            Verdict::Skipped(why)
        } else {
            (test.judge)(summary)
        };
        Look { id: test.id, what: test.what, why: test.why, verdict }
    };
    TESTS.iter().map(judge).collect()
}
