//! How far a rate that was counted may be from the one behind it.

use serde::Serialize;

/// The 97.5 % quantile of the normal law: intervals are of 95 %.
const Z: f64 = 1.959_963_984_540_054;

/// A share of things that were counted, with Wilson's 95 % interval.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Rate {
    /// Those that are so.
    pub hits: u64,
    /// All.
    pub of: u64,
    /// The share; none of nothing.
    pub value: Option<f64>,
    /// The interval's lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

impl Rate {
    /// So many of so many.
    pub fn new(hits: u64, of: u64) -> Self {
        let (low, high) = wilson(hits, of);
        Self { hits, of, value: (of > 0).then(|| hits as f64 / of as f64), low, high }
    }
}

/// Wilson's score interval; everything is possible of nothing.
pub fn wilson(hits: u64, of: u64) -> (f64, f64) {
    if of == 0 {
        return (0.0, 1.0);
    }
    let (n, share) = (of as f64, hits as f64 / of as f64);
    let scale = 1.0 + Z * Z / n;
    let middle = (share + Z * Z / (2.0 * n)) / scale;
    let half = Z / scale * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    // At the ends the interval reaches them, but for rounding.
    let low = if hits == 0 { 0.0 } else { (middle - half).max(0.0) };
    let high = if hits == of { 1.0 } else { (middle + half).min(1.0) };
    (low, high)
}

/// The harmonic mean of precision and recall; its bounds are those of both ends together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct F1 {
    /// The mean; none where either is unknown.
    pub value: Option<f64>,
    /// That of both lower bounds.
    pub low: f64,
    /// That of both upper bounds.
    pub high: f64,
}

impl F1 {
    /// Of a precision and a recall.
    pub fn of(precision: &Rate, recall: &Rate) -> Self {
        Self {
            value: precision.value.zip(recall.value).map(|(p, r)| harmonic(p, r)),
            low: harmonic(precision.low, recall.low),
            high: harmonic(precision.high, recall.high),
        }
    }
}

/// The harmonic mean; nothing of two nothings.
pub(super) fn harmonic(a: f64, b: f64) -> f64 {
    if a + b > 0.0 { 2.0 * a * b / (a + b) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Against the values of statsmodels 0.14, `proportion_confint(method="wilson")`.
    #[test]
    fn wilson_is_what_others_compute() {
        for (hits, of, low, high) in [
            (59, 59, 0.938_87, 1.0),
            (57, 60, 0.863_01, 0.982_86),
            (0, 10, 0.0, 0.277_53),
            (1, 2, 0.094_53, 0.905_47),
        ] {
            let found = wilson(hits, of);
            assert!((found.0 - low).abs() < 1e-4 && (found.1 - high).abs() < 1e-4, "{found:?}");
        }
    }

    proptest! {
        /// For all counts, the interval holds the share, lies within 0 and 1, and narrows when everything is counted ten times.
        #[test]
        fn intervals_hold_what_was_counted(of in 1_u64..100_000, share in 0.0..=1.0_f64) {
            let hits = (of as f64 * share) as u64;
            let rate = Rate::new(hits, of);
            let value = rate.value.unwrap();
            prop_assert!(0.0 <= rate.low && rate.low <= value && value <= rate.high && rate.high <= 1.0);
            let more = Rate::new(hits * 10, of * 10);
            prop_assert!(more.high - more.low < rate.high - rate.low);
        }
    }
}
