//! Solving for intercepts and effects.

use crate::dist::{logit, sigmoid};
use crate::journey::outcomes::Predictors;

/// No intercept is greater, nor less than its negative: beyond, a probability is 0 or 1 for whomever it concerns.
pub(super) const GREATEST: f64 = 40.0;

/// Steps at most; Newton's method takes about five.
const STEPS: usize = 100;

/// A rate that cannot be reached.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("no more than {:.1} % can be reached", 100.0 * best)]
pub struct Beyond {
    /// The greatest rate there is: the share of occurrences at which it can happen at all.
    pub best: f64,
}

/// The intercept a at which the mean of sigmoid(a + x) over all base occurrences is a rate between 0 and 1; closed ones are 0.
///
/// # Errors
/// A rate beyond the share that is open.
pub fn intercept(predictors: &Predictors, rate: f64) -> Result<f64, Beyond> {
    let best = predictors.reachable();
    let points: Vec<(f64, f64)> = predictors.points().collect();
    let count = predictors.count().max(1) as f64;
    // The mean's distance from the rate, and its derivative.
    let distance = |a: f64| {
        let term = |(x, n): &(f64, f64)| {
            let p = sigmoid(a + x);
            (n * p, n * p * (1.0 - p))
        };
        let add = |sum: (f64, f64), next: (f64, f64)| (sum.0 + next.0, sum.1 + next.1);
        let (sum, slope) = points.iter().map(term).fold((0.0, 0.0), add);
        (sum / count - rate, slope / count)
    };
    let (mut low, mut high) = (-GREATEST, GREATEST);
    if distance(high).0 <= 0.0 {
        return Err(Beyond { best });
    }
    let mut a = logit((rate / best).clamp(1e-9, 1.0 - 1e-9));
    for _ in 0..STEPS {
        let (off, slope) = distance(a);
        if off.abs() < 1e-12 {
            break;
        }
        (low, high) = if off > 0.0 { (low, a) } else { (a, high) };
        let newton = a - off / slope;
        // Where Newton leaves the bracket, halving it is safe.
        a = if newton > low && newton < high { newton } else { f64::midpoint(low, high) };
    }
    Ok(a)
}

/// What has to be added to the logit (an effect, in logits) so that a rate grows by a share of itself: the delta at which the mean of
/// sigmoid(a + x + delta) is (1 + lift) times that of sigmoid(a + x). A lift of 0.1 is a tenth more; it may be negative.
///
/// It is how a true effect of an experiment comes about (docs/guide/journey.md): everybody's odds change by the same factor
/// e^delta, and the rate of the whole crowd by exactly the lift that was asked for.
///
/// # Errors
/// A rate that would be 0 or less, or beyond the share of occurrences that are open.
pub fn effect(predictors: &Predictors, a: f64, lift: f64) -> Result<f64, Beyond> {
    let count = predictors.count().max(1) as f64;
    let mean = predictors.points().map(|(x, n)| n * sigmoid(a + x)).sum::<f64>() / count;
    let wanted = (1.0 + lift) * mean;
    if wanted <= 0.0 {
        return Err(Beyond { best: predictors.reachable() });
    }
    intercept(predictors, wanted).map(|found| found - a)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn predictors(open: &[f64], closed: u64) -> Predictors {
        let mut predictors = Predictors::default();
        for x in open {
            predictors.open(*x);
        }
        for _ in 0..closed {
            predictors.closed();
        }
        predictors
    }

    fn mean(predictors: &Predictors, a: f64) -> f64 {
        let sum: f64 = predictors.points().map(|(x, n)| n * sigmoid(a + x)).sum();
        sum / predictors.count() as f64
    }

    #[test]
    fn known_intercepts_are_recovered() {
        let open: Vec<f64> = (0..400).map(|i| f64::from(i - 190) / 90.0).collect();
        for a in [-6.0, -1.3, 0.0, 0.4, 5.0] {
            let crowd = predictors(&open, 120);
            let found = intercept(&crowd, mean(&crowd, a)).expect("within reach");
            assert!((found - a).abs() < 1e-6, "{a}: {found}");
        }
    }

    #[test]
    fn what_is_open_to_few_cannot_happen_often() {
        let crowd = predictors(&[0.0, 1.0, 2.0], 7);
        let beyond = intercept(&crowd, 0.31).expect_err("three in ten");
        assert!((beyond.best - 0.3).abs() < 1e-12);
        assert!(intercept(&crowd, 0.29).is_ok());
        assert!(intercept(&predictors(&[], 9), 0.001).is_err());
        assert_eq!(beyond.to_string(), "no more than 30.0 % can be reached");
    }

    proptest! {
        /// For all crowds and rates within reach, the solved mean is the rate.
        #[test]
        fn the_solved_mean_is_the_rate(
            open in prop::collection::vec(-8.0..8.0_f64, 1..200),
            closed in 0..300_u64,
            part in 0.001..0.999_f64,
        ) {
            let crowd = predictors(&open, closed);
            let rate = part * crowd.reachable();
            let a = intercept(&crowd, rate).expect("within reach");
            prop_assert!((mean(&crowd, a) - rate).abs() < 1e-9);
        }

        /// For all crowds and lifts, the effect lifts the mean by what was asked, or says what can be had.
        #[test]
        fn an_effect_lifts_as_asked(
            open in prop::collection::vec(-3.0..3.0_f64, 1..200),
            closed in 0..100_u64,
            a in -4.0..4.0_f64,
            lift in -0.9..2.0_f64,
        ) {
            let crowd = predictors(&open, closed);
            let wanted = (1.0 + lift) * mean(&crowd, a);
            match effect(&crowd, a, lift) {
                Ok(delta) => {
                    prop_assert!((mean(&crowd, a + delta) - wanted).abs() < 1e-9);
                    prop_assert_eq!(delta > 0.0, lift > 0.0);
                }
                Err(beyond) => prop_assert!(wanted >= beyond.best - 1e-9),
            }
        }
    }
}
