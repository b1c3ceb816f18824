//! A rate over events that come in clusters, and how far it may lie from what it was set to.

use std::collections::BTreeMap;

use crate::dist::normal_quantile;
use crate::read::hash::NONE;

/// Nobody minds half a percentage point, or a tenth of what is rarer than that.
const NEAR: f64 = 0.005;
const NEAR_PART: f64 = 0.1;

/// Standard errors that chance is given by a rate that is promised: once in 370 it wants more.
pub(super) const ERRORS: f64 = 3.0;

/// How often chance wants more than [`ERRORS`].
const BEYOND: f64 = 0.002_7;

/// The standard errors that chance is given by each of so many rates, if all of them together are to fail by chance as often as one
/// alone (Bonferroni): more for many, since among many one is far off by chance.
pub(super) fn errors_of(many: usize) -> f64 {
    ERRORS.max(-normal_quantile(BEYOND / 2.0 / many.max(1) as f64))
}

/// What a byte holds, and one more.
const CARRY: u64 = 1 << 8;

/// Counts occurrences and successes by person: one person's are alike, so they tell less than as many of different people.
#[derive(Debug, Clone, Default)]
pub(super) struct Share {
    /// By user: occurrences, successes, but for those carried. A byte each: there are dozens of rates, and millions of people.
    people: Vec<[u8; 2]>,
    /// Of the few who have more than a byte holds: how many times a byte was full.
    carried: BTreeMap<u32, [u64; 2]>,
    /// Of nobody known.
    strays: [u64; 2],
}

/// What was counted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Estimate {
    /// Occurrences.
    pub seen: u64,
    /// Successes over occurrences.
    pub rate: f64,
    /// The design effect: how many times the variance is that of independent occurrences (Kish, "Survey Sampling", chapter 5).
    pub design: f64,
}

impl Share {
    /// One occurrence more.
    #[inline]
    pub(super) fn occurred(&mut self, user: u32) {
        self.add(user, 0);
    }

    /// One success more.
    #[inline]
    pub(super) fn succeeded(&mut self, user: u32) {
        self.add(user, 1);
    }

    #[inline]
    fn add(&mut self, user: u32, what: usize) {
        if user == NONE {
            self.strays[what] += 1;
            return;
        }
        let place = user as usize;
        if place >= self.people.len() {
            self.people.resize(place + 1, [0; 2]);
        }
        let count = &mut self.people[place][what];
        *count = count.wrapping_add(1);
        if *count == 0 {
            self.carried.entry(user).or_default()[what] += 1;
        }
    }

    /// Occurrences and successes of each person who has any.
    fn counts(&self) -> impl Iterator<Item = [u64; 2]> + '_ {
        let all = self.people.iter().enumerate().map(|(user, held)| {
            let carried = self.carried.get(&(user as u32)).copied().unwrap_or_default();
            [0, 1].map(|what| u64::from(held[what]) + CARRY * carried[what])
        });
        all.filter(|counts| *counts != [0; 2])
    }

    /// The rate, if anything occurred.
    pub(super) fn estimate(&self) -> Option<Estimate> {
        let [mut seen, mut successes] = self.strays;
        let mut clusters = 0;
        for one in self.counts() {
            (seen, successes, clusters) = (seen + one[0], successes + one[1], clusters + 1);
        }
        if seen == 0 {
            return None;
        }
        let (n, rate) = (seen as f64, successes as f64 / seen as f64);
        let clusters = f64::from(clusters);
        let spread = |one: [u64; 2]| (one[1] as f64 - rate * one[0] as f64).powi(2);
        let clustered =
            self.counts().map(spread).sum::<f64>() * clusters / (clusters - 1.0).max(1.0);
        let independent = n * rate * (1.0 - rate);
        let design = if independent > 0.0 { clustered / independent } else { 1.0 };
        Some(Estimate { seen, rate, design: design.max(1.0) })
    }
}

/// How far off a rate may be, whatever chance says.
pub(super) fn near(set: f64) -> f64 {
    NEAR.min(NEAR_PART * set.min(1.0 - set))
}

impl Estimate {
    /// Between what the rate may lie by chance if it is `set`: so many standard errors with the design effect, exact where few were
    /// seen, and never less than what nobody minds.
    pub(super) fn bounds(&self, set: f64, errors: f64) -> (f64, f64) {
        let (low, high) = chance(self.seen as f64 / self.design, set, errors);
        let near = near(set);
        (low.min(set - near).max(0.0), high.max(set + near).min(1.0))
    }
}

/// A share's variance from which the normal distribution tells its tails well enough.
const MANY: f64 = 25.0;

/// Between what a share of `n` trials lies that succeed with `p` each, but for tails as unlikely as those beyond so many standard
/// errors of a normal distribution: by that distribution for many trials, by the binomial one for few, half a count beyond the last that
/// may be.
fn chance(n: f64, p: f64, errors: f64) -> (f64, f64) {
    if p > 0.5 {
        let (low, high) = chance(n, 1.0 - p, errors);
        return (1.0 - high, 1.0 - low);
    }
    if n * p * (1.0 - p) >= MANY {
        let reach = errors * (p * (1.0 - p) / n).sqrt();
        return (p - reach, p + reach);
    }
    let (n, tail) = (n.round().max(1.0), 0.5 * libm::erfc(errors / std::f64::consts::SQRT_2));
    let mut of_exactly = libm::pow(1.0 - p, n);
    let (mut up_to, mut low, mut count) = (of_exactly, None, 0.0);
    loop {
        if low.is_none() && up_to > tail {
            low = Some((count - 0.5) / n);
        }
        if 1.0 - up_to <= tail || count >= n {
            return (low.unwrap_or(1.0), (count + 0.5) / n);
        }
        of_exactly *= (n - count) / (count + 1.0) * p / (1.0 - p);
        count += 1.0;
        up_to += of_exactly;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn independent_people_have_no_design_effect_and_clusters_have_their_size() {
        let mut alone = Share::default();
        let mut alike = Share::default();
        for user in 0..1000 {
            alone.occurred(user);
            (0..4).for_each(|_| alike.occurred(user));
            if user % 4 == 0 {
                alone.succeeded(user);
                (0..4).for_each(|_| alike.succeeded(user));
            }
        }
        let (alone, alike) = (alone.estimate().expect("some"), alike.estimate().expect("some"));
        assert_eq!((alone.seen, alone.rate, alike.seen, alike.rate), (1000, 0.25, 4000, 0.25));
        assert!((alone.design - 1.0).abs() < 0.01, "{alone:?}");
        assert!((alike.design - 4.0).abs() < 0.01, "{alike:?}");
        let lows = [alike, alone].map(|of| of.bounds(0.25, 3.0).0);
        assert!((lows[0] - lows[1]).abs() < 1e-3, "four alike tell as much as one");
    }

    #[test]
    fn a_small_set_may_lie_far_off_and_a_large_one_half_a_point() {
        let estimate = |seen| Estimate { seen, rate: 0.5, design: 1.0 };
        let reach = |seen| estimate(seen).bounds(0.5, 3.0).1 - 0.5;
        assert!((reach(100) - 0.15).abs() < 1e-9);
        assert!((reach(100_000_000) - NEAR).abs() < 1e-12);
    }

    #[test]
    fn a_rare_rate_may_be_off_by_a_part_of_itself() {
        let many = Estimate { seen: 100_000_000, rate: 0.003, design: 1.0 };
        assert!((many.bounds(0.003, 3.0).1 - 0.003_3).abs() < 1e-12);
        assert!((many.bounds(0.998, 3.0).0 - 0.997_8).abs() < 1e-12);
    }

    /// For one trial nothing is too little unless it all but surely succeeds; for few, tails are those of the binomial distribution: of
    /// 17 trials at .9, ten or fewer succeed once in 1,276 times, eleven or fewer once in 214.
    #[test]
    fn of_few_the_chances_are_counted() {
        let may = |n: f64, p: f64, successes: f64| {
            let (low, high) = chance(n, p, 3.0);
            (low..=high).contains(&(successes / n))
        };
        assert!(may(1.0, 0.93, 0.0) && may(1.0, 0.93, 1.0));
        assert!(!may(1.0, 0.9999, 0.0) && may(1.0, 0.9999, 1.0));
        assert!(!may(17.0, 0.9, 10.0) && may(17.0, 0.9, 11.0) && may(17.0, 0.9, 17.0));
        assert!(!may(17.0, 0.1, 7.0) && may(17.0, 0.1, 6.0) && may(17.0, 0.1, 0.0));
        // Where both ways are open they agree.
        let [counted, normal] = [99.0, 101.0].map(|n| chance(n, 0.5, 3.0).0);
        assert!((counted - normal).abs() < 0.015, "{counted} {normal}");
    }

    #[test]
    fn one_of_many_is_given_more_and_one_alone_three() {
        let close = |many: usize, errors: f64| (errors_of(many) - errors).abs() < 0.01;
        assert!(close(1, 3.0) && close(15, 3.75) && close(26, 3.88), "{}", errors_of(15));
        assert!(close(0, errors_of(1)));
    }

    #[test]
    fn a_person_who_comes_often_is_counted_whole() {
        let mut share = Share::default();
        (0..1000).for_each(|_| share.occurred(7));
        (0..512).for_each(|_| share.succeeded(7));
        share.occurred(2);
        let counts: Vec<[u64; 2]> = share.counts().collect();
        assert_eq!(counts, [[1, 0], [1000, 512]]);
        assert_eq!(share.estimate().map(|all| (all.seen, all.rate)), Some((1001, 512.0 / 1001.0)));
    }

    #[test]
    fn nothing_seen_is_no_rate() {
        assert_eq!(Share::default().estimate(), None);
        let mut strays = Share::default();
        strays.occurred(NONE);
        assert_eq!(strays.estimate(), Some(Estimate { seen: 1, rate: 0.0, design: 1.0 }));
    }
}
