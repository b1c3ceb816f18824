//! How it is decided whether a micro-conversion happens: by a draw, by a draw that is remembered for calibration, or so that even a
//! small set meets its rates.
//!
//! A target's rate is that of its base's occurrences: those where it could happen are open, the others closed.

use crate::dist::sigmoid;
use crate::scenario::World;
use crate::seed::{Purpose, Seed, Stream};

const EXACT: Purpose = Purpose::named("exact outcomes");

/// Linear predictors are counted in bins of this width, from -REACH to REACH; the error of a mean of sigmoids is below 1e-5.
const BIN: f64 = 1.0 / 32.0;
const REACH: f64 = 32.0;
const BINS: usize = (2.0 * REACH / BIN) as usize;

/// The linear predictors of a target's base occurrences, without the intercept, as a histogram; adding is exact in any order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Predictors {
    bins: Vec<u32>,
    closed: u64,
}

impl Default for Predictors {
    fn default() -> Self {
        Self { bins: vec![0; BINS], closed: 0 }
    }
}

impl Predictors {
    /// Counts an occurrence that could have become a success.
    #[inline]
    pub fn open(&mut self, x: f64) {
        let bin = ((x + REACH) / BIN).max(0.0) as usize;
        self.bins[bin.min(BINS - 1)] += 1;
    }

    /// Counts an occurrence that could not.
    #[inline]
    pub fn closed(&mut self) {
        self.closed += 1;
    }

    /// Adds those of another part of the crowd.
    pub fn add(&mut self, other: &Self) {
        for (bin, more) in self.bins.iter_mut().zip(&other.bins) {
            *bin += more;
        }
        self.closed += other.closed;
    }

    /// Occurrences, open and closed.
    pub fn count(&self) -> u64 {
        self.open_count() + self.closed
    }

    fn open_count(&self) -> u64 {
        self.bins.iter().map(|count| u64::from(*count)).sum()
    }

    /// The share that is open: no rate can be greater.
    pub fn reachable(&self) -> f64 {
        self.open_count() as f64 / self.count().max(1) as f64
    }

    /// The predictors that occurred, with how often each did.
    pub fn points(&self) -> impl Iterator<Item = (f64, f64)> {
        let bins = self.bins.iter().enumerate().filter(|(_, count)| **count > 0);
        bins.map(|(bin, count)| ((bin as f64 + 0.5) * BIN - REACH, f64::from(*count)))
    }

    /// The ordinals of bins that are not empty, with their counts; and the closed occurrences.
    pub fn parts(&self) -> (Vec<(usize, u32)>, u64) {
        let bins = self.bins.iter().copied().enumerate().filter(|(_, count)| *count > 0);
        (bins.collect(), self.closed)
    }

    /// Those of such parts; none if a bin is beyond the last.
    pub fn of_parts(bins: &[(usize, u32)], closed: u64) -> Option<Self> {
        let mut predictors = Self { closed, ..Self::default() };
        for (bin, count) in bins {
            *predictors.bins.get_mut(*bin)? = *count;
        }
        Some(predictors)
    }
}

/// What a pilot saw of the targets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// By target.
    pub predictors: Vec<Predictors>,
    /// Successes drawn of the offer to those who leave, and how many of them failed to pay.
    pub offers: (u64, u64),
}

impl Record {
    /// Nothing seen of so many targets.
    pub fn new(targets: usize) -> Self {
        Self { predictors: vec![Predictors::default(); targets], offers: (0, 0) }
    }

    /// Adds what another part of the crowd did.
    pub fn add(&mut self, other: &Self) {
        for (own, more) in self.predictors.iter_mut().zip(&other.predictors) {
            own.add(more);
        }
        self.offers.0 += other.offers.0;
        self.offers.1 += other.offers.1;
    }
}

/// How it is decided what happens.
#[derive(Debug, Clone)]
pub enum Outcomes {
    /// Each by a draw of its own.
    Drawn,
    /// The same, remembered.
    Recorded(Record),
    /// By systematic sampling over all that happens, in order.
    Exact(Exact),
}

impl Outcomes {
    /// Whether an open occurrence of a target succeeds; `level` is a draw of the standard logistic.
    #[inline]
    pub(super) fn happens(&mut self, world: &World, target: usize, x: f64, level: f64) -> bool {
        let sum = world.intercepts[target] + x;
        match self {
            Self::Drawn => {}
            Self::Recorded(record) => record.predictors[target].open(x),
            Self::Exact(exact) => return exact.states[target].happens(sum),
        }
        level < sum
    }

    /// An occurrence at which it could not happen.
    #[inline]
    pub(super) fn closed(&mut self, target: usize) {
        match self {
            Self::Drawn => {}
            Self::Recorded(record) => record.predictors[target].closed(),
            Self::Exact(exact) => exact.states[target].closed(),
        }
    }

    /// How a success of a target that counts only once it is paid for came out.
    pub(super) fn paid(&mut self, target: usize, paid: bool) {
        match self {
            Self::Recorded(record) => {
                record.offers.0 += 1;
                record.offers.1 += u64::from(!paid);
            }
            Self::Exact(exact) if !paid => exact.states[target].lag += 1.0,
            _ => {}
        }
    }
}

/// The state of systematic sampling, a part for each target.
#[derive(Debug, Clone)]
pub struct Exact {
    states: Vec<Systematic>,
}

impl Exact {
    /// Begins anew for the users from an ordinal on.
    pub fn new(world: &World, first: u64) -> Self {
        let state = |(i, target): (usize, &crate::scenario::targets::Target)| {
            Systematic::new(target.rate, world.seed, first, i as u64)
        };
        Self { states: world.targets.iter().enumerate().map(state).collect() }
    }
}

/// How many occurrences it takes to make up for what was expected and did not come, about.
const MAKE_UP: f64 = 8.0;
/// No correction is greater, in logits.
const MOST_CORRECTED: f64 = 2.0;

/// Systematic sampling with jitter (Cochran, "Sampling Techniques", chapter 8): probabilities are laid end to end, one point is drawn
/// in every unit of their sum, and whoever holds a point succeeds. A second point within one holder goes to the next. Where
/// successes prevail, it is failures that are sampled. The sum itself is led along the set-point by a small correction, so that the
/// number of successes stays within about one of it while who succeeds stays open.
#[derive(Debug, Clone)]
struct Systematic {
    stream: Stream,
    rate: f64,
    /// Successes that were to be expected by the set-point, beyond those expected by the probabilities.
    lag: f64,
    /// How far the sum has come into its unit, and where this unit's point is, while it lies ahead.
    at: f64,
    point: f64,
    owed: u32,
}

impl Systematic {
    fn new(rate: f64, seed: Seed, first: u64, target: u64) -> Self {
        let mut stream = seed.stream(EXACT, first, target);
        let point = stream.unit();
        Self { stream, rate, lag: 0.0, at: 0.0, point, owed: 0 }
    }

    fn closed(&mut self) {
        self.lag += self.rate;
    }

    fn happens(&mut self, sum: f64) -> bool {
        self.lag += self.rate;
        let variance = self.rate * (1.0 - self.rate);
        let correction = (self.lag - self.rate) / (MAKE_UP * variance);
        let p = sigmoid(sum + correction.clamp(-MOST_CORRECTED, MOST_CORRECTED));
        self.lag -= p;
        if self.rate > 0.5 { !self.sample(1.0 - p) } else { self.sample(p) }
    }

    fn sample(&mut self, p: f64) -> bool {
        self.at += p;
        self.pass();
        if self.at >= 1.0 {
            self.at -= 1.0;
            self.point = self.stream.unit();
            self.pass();
        }
        let holds = self.owed > 0;
        self.owed -= u32::from(holds);
        holds
    }

    fn pass(&mut self) {
        if self.at > self.point {
            self.owed += 1;
            self.point = f64::INFINITY;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dist::{Quantiles, logit};

    const PERSON: Purpose = Purpose::named("test person");

    /// Outcomes of `n` occurrences whose predictors come in runs of five, as a person's do, and vary as they do.
    fn outcomes(rate: f64, bias: f64, seed: u64, n: usize) -> Vec<(f64, bool)> {
        let normal = Quantiles::normal();
        let mut state = Systematic::new(rate, Seed(seed), 0, 0);
        let mut stream = Seed(seed).stream(PERSON, 0, 0);
        let mut person = 0.0;
        let mut one = |i: usize| {
            if i.is_multiple_of(5) {
                person = 0.6 * normal.draw(&mut stream);
            }
            let x = bias + person + 0.4 * normal.draw(&mut stream);
            (x, state.happens(logit(rate) + x))
        };
        (0..n).map(&mut one).collect()
    }

    /// For all rates, and predictors that are off as much as another mix of people may bring: the rate of 500 is exact within two
    /// thousandths or so, where a draw each would have 15 to 22.
    #[test]
    fn small_sets_meet_their_rate() {
        for (rate, bias) in [(0.1, 0.0), (0.28, 0.1), (0.5, -0.1), (0.63, 0.1), (0.83, 0.0)] {
            let error = |seed: u64| {
                let hits = outcomes(rate, bias, seed, 500).iter().filter(|(_, hit)| *hit).count();
                hits as f64 / 500.0 - rate
            };
            let squares: f64 = (0..300).map(|seed| error(seed).powi(2)).sum();
            let sd = (squares / 300.0).sqrt();
            assert!(sd < 0.002, "{rate}: {sd}");
        }
    }

    /// For all rates, whom nature favours succeeds more often: those above the median predictor more than those below.
    #[test]
    fn segments_still_differ() {
        for rate in [0.1, 0.5, 0.83] {
            let all: Vec<(f64, bool)> =
                (0..40).flat_map(|seed| outcomes(rate, 0.0, seed, 500)).collect();
            let share = |above: bool| {
                let some: Vec<bool> =
                    all.iter().filter(|(x, _)| (*x > 0.0) == above).map(|(_, hit)| *hit).collect();
                some.iter().filter(|hit| **hit).count() as f64 / some.len() as f64
            };
            assert!(share(true) - share(false) > 0.08, "{rate}: {} {}", share(true), share(false));
        }
    }

    /// Successes do not come at even distances: the gaps between them vary about as those of jittered points do.
    #[test]
    fn successes_are_not_periodic() {
        let hits: Vec<usize> = outcomes(0.17, 0.0, 3, 6_000)
            .iter()
            .enumerate()
            .filter_map(|(i, (_, hit))| hit.then_some(i))
            .collect();
        let gaps: Vec<f64> = hits.windows(2).map(|pair| (pair[1] - pair[0]) as f64).collect();
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64;
        assert!(variance.sqrt() / mean > 0.35, "{} of {mean}", variance.sqrt());
    }

    #[test]
    fn histograms_add_up_and_survive_their_parts() {
        let mut some = Predictors::default();
        for x in [-50.0, -0.3, -0.29, 0.0, 1.7, 99.0] {
            some.open(x);
        }
        some.closed();
        let mut twice = some.clone();
        twice.add(&some);
        assert_eq!((twice.count(), some.count()), (14, 7));
        assert!((some.reachable() - 6.0 / 7.0).abs() < 1e-12);
        let (bins, closed) = some.parts();
        assert_eq!(Predictors::of_parts(&bins, closed), Some(some));
        assert_eq!(Predictors::of_parts(&[(BINS, 1)], 0), None);
    }
}
