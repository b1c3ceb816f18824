//! Alarms: findings of windows of time, against incidents that are one.

use super::baseline::Baseline;

/// Microseconds of an hour.
const HOUR: i64 = 3_600_000_000;

/// Labelled windows in the order of their beginnings, for those that an alarm meets.
#[derive(Debug, Default)]
pub(super) struct Windows {
    /// Beginning, end, incident.
    list: Vec<(i64, i64, u32)>,
    /// Up to each, the latest end.
    latest: Vec<i64>,
}

impl Windows {
    pub(super) fn new(mut list: Vec<(i64, i64, u32)>) -> Self {
        list.sort_unstable();
        let mut latest = i64::MIN;
        let ends = list.iter().map(|(_, end, _)| {
            latest = latest.max(*end);
            latest
        });
        Self { latest: ends.collect(), list }
    }

    /// The incidents whose windows an alarm meets.
    pub(super) fn met(&self, start: i64, end: i64) -> Vec<u32> {
        let before = self.list.partition_point(|(from, ..)| *from <= end);
        let mut met = Vec::new();
        for at in (0..before).rev() {
            // No window from here on back reaches the alarm.
            if self.latest[at] < start {
                break;
            }
            if self.list[at].1 >= start {
                met.push(self.list[at].2);
            }
        }
        met
    }

    /// How much of a period an alarm of that length may begin in, and meet one.
    fn reach(&self, from: i64, to: i64, length: i64) -> i64 {
        let (mut covered, mut end) = (0, from - length);
        for (start, stop, _) in &self.list {
            let (start, stop) = ((start - length).max(end), (*stop).min(to));
            if stop > start {
                covered += stop - start;
                end = stop;
            }
        }
        covered
    }

    /// What alarms of those lengths find in the mean wherever in the period they are, `everything` being as many as cover it. Only
    /// windows that count can be found.
    pub(super) fn baselines(
        &self,
        period: (i64, i64),
        lengths: &[i64],
        counts: impl Fn(u32) -> bool,
    ) -> [Baseline; 3] {
        let (from, to) = period;
        // In an order of their own: a sum must not depend on who came first.
        let mut lengths = lengths.to_vec();
        lengths.sort_unstable();
        let incidents = self.list.iter().filter(|(.., at)| counts(*at)).count();
        let mean = match lengths.len() {
            0 => HOUR,
            n => {
                (lengths.iter().map(|&length| i128::from(length)).sum::<i128>() / n as i128) as i64
            }
        };
        let share = |length: i64, reach: i64| reach as f64 / ((to - from + length).max(1)) as f64;
        let right: f64 =
            lengths.iter().map(|&length| share(length, self.reach(from, to, length))).sum();
        let meets = |start: i64, end: i64, length: i64| {
            share(length, (end.min(to) - (start - length).max(from - length)).max(0))
        };
        let found: f64 = self
            .list
            .iter()
            .filter(|(.., at)| counts(*at))
            .map(|&(start, end, _)| {
                let missed: f64 = lengths
                    .iter()
                    .map(|&length| 1.0 - meets(start, end, length).min(1.0))
                    .product();
                1.0 - missed
            })
            .sum();
        let all = ((to - from).max(1) as f64 / mean.max(1) as f64).ceil();
        let of = |name, flagged: f64, found: f64, right: f64| {
            let mut baseline = Baseline::of(name, flagged, found, flagged - right, incidents);
            // Of alarms: a window that two of them meet is no reason to call either wrong.
            baseline.precision = (flagged > 0.0).then(|| right / flagged);
            baseline.f1 =
                super::interval::harmonic(baseline.precision.unwrap_or(0.0), baseline.recall);
            baseline
        };
        let chance = share(mean, self.reach(from, to, mean)).min(1.0);
        [
            of("nothing", 0.0, 0.0, 0.0),
            of("everything", all, incidents as f64, all * chance),
            of("random", lengths.len() as f64, found, right),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// For all windows and alarms, those found are those that meet, one by one.
        #[test]
        fn what_meets_is_found(windows in prop::collection::vec((0_i64..100, 0_i64..30), 0..20), start in 0_i64..100, length in 0_i64..20) {
            let list = windows.iter().zip(0..).map(|(&(from, length), at)| (from, from + length, at));
            let list: Vec<_> = list.collect();
            let meets = |(from, to, _): &&(i64, i64, u32)| *from <= start + length && *to >= start;
            let mut one_by_one: Vec<u32> = list.iter().filter(meets).map(|(.., at)| *at).collect();
            let mut found = Windows::new(list.clone()).met(start, start + length);
            found.sort_unstable();
            one_by_one.sort_unstable();
            prop_assert_eq!(found, one_by_one);
        }
    }

    #[test]
    fn chance_is_the_share_of_the_time() {
        let windows = Windows::new(vec![(40, 50, 0), (45, 60, 1)]);
        let [nothing, everything, random] = windows.baselines((0, 100), &[10, 10], |_| true);
        assert_eq!((nothing.recall, nothing.precision), (0.0, None));
        assert_eq!((everything.flagged, everything.recall), (10.0, 1.0));
        // An alarm of 10 begins anywhere from -10 to 100; from 30 to 60 it meets a window.
        assert!((random.precision.unwrap() - 30.0 / 110.0).abs() < 1e-12);
        let found = 2.0 - (1.0_f64 - 20.0 / 110.0).powi(2) - (1.0_f64 - 25.0 / 110.0).powi(2);
        assert!((random.found - found).abs() < 1e-12);
    }
}
