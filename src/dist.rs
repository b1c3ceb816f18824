//! Distributions in the form a hot path wants: tables that are built once and drawn from in about a nanosecond.
//!
//! Tables are built with `libm`, so that they are the same bits on every machine of a target.

use crate::seed::Stream;

/// 1 / (1 + e^-x).
pub fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-x))
}

/// ln(p / (1 - p)).
pub fn logit(p: f64) -> f64 {
    libm::log(p / (1.0 - p))
}

/// A discrete distribution drawn in constant time (Walker's alias method, in Vose's construction), decided by integers only.
#[derive(Debug, Clone, PartialEq)]
pub struct Alias {
    /// For each slot: a threshold, the outcome it stands for up to there, and the one beyond.
    slots: Vec<(u32, u32, u32)>,
}

impl Alias {
    /// A table over weights (at least 0, not all of them 0); outcome i has probability weights\[i\] / sum.
    /// Weights that sum to nothing give the first outcome always.
    ///
    /// An outcome without weight takes no slot: one more of them, wherever it stands, moves no draw.
    pub fn new(weights: &[f64]) -> Self {
        let sum: f64 = weights.iter().sum();
        if !(sum > 0.0 && sum.is_finite()) {
            return Self { slots: vec![(u32::MAX, 0, 0)] };
        }
        let possible: Vec<usize> = (0..weights.len()).filter(|&i| weights[i] > 0.0).collect();
        let n = possible.len();
        let mut scaled: Vec<f64> = possible.iter().map(|&i| weights[i] / sum * n as f64).collect();
        let itself = |&outcome: &usize| (u32::MAX, outcome as u32, outcome as u32);
        let mut slots: Vec<_> = possible.iter().map(itself).collect();
        let (mut small, mut large): (Vec<usize>, Vec<usize>) =
            (0..n).partition(|&i| scaled[i] < 1.0);
        while let (Some(less), Some(&more)) = (small.pop(), large.last()) {
            slots[less].0 = (scaled[less] * f64::from(u32::MAX)) as u32;
            slots[less].2 = possible[more] as u32;
            scaled[more] -= 1.0 - scaled[less];
            if scaled[more] < 1.0 {
                large.pop();
                small.push(more);
            }
        }
        Self { slots }
    }

    /// An outcome.
    #[inline]
    pub fn draw(&self, stream: &mut Stream) -> usize {
        self.pick(stream.next())
    }

    /// The outcome that 64 uniform bits stand for.
    #[inline]
    pub fn pick(&self, bits: u64) -> usize {
        let slot = (((bits >> 32) * self.slots.len() as u64) >> 32) as usize;
        let (threshold, outcome, other) = self.slots[slot];
        (if (bits as u32) <= threshold { outcome } else { other }) as usize
    }
}

const STEPS: usize = 4096;

/// A continuous distribution by its quantile function at 4,097 points, linear between them.
///
/// The outermost points stand at probability 1/65,536 from the ends, so the tails are cut there.
#[derive(Debug, Clone, PartialEq)]
pub struct Quantiles {
    points: Vec<f32>,
}

impl Quantiles {
    /// Tabulates a quantile function.
    pub fn new(quantile: impl Fn(f64) -> f64) -> Self {
        let edge = 1.0 / 65_536.0;
        let at = |i: usize| (i as f64 / STEPS as f64).clamp(edge, 1.0 - edge);
        Self { points: (0..=STEPS).map(|i| quantile(at(i)) as f32).collect() }
    }

    /// The standard normal.
    pub fn normal() -> Self {
        Self::new(normal_quantile)
    }

    /// The standard logistic: `draw < x` happens with probability `sigmoid(x)`.
    pub fn logistic() -> Self {
        Self::new(logit)
    }

    /// exp of a standard normal times sigma, times the median.
    pub fn log_normal(median: f64, sigma: f64) -> Self {
        Self::new(|p| median * libm::exp(sigma * normal_quantile(p)))
    }

    /// A value.
    #[inline]
    pub fn draw(&self, stream: &mut Stream) -> f64 {
        self.pick(stream.next())
    }

    /// The value that 64 uniform bits stand for.
    #[inline]
    pub fn pick(&self, bits: u64) -> f64 {
        let slot = (bits >> 52) as usize;
        let part = ((bits >> 20) as u32) as f32 * (1.0 / 4_294_967_296.0);
        let low = self.points[slot];
        f64::from(low + (self.points[slot + 1] - low) * part)
    }
}

/// Quantile of the standard normal (Wichura, algorithm AS 241, PPND7: about 7 digits).
pub fn normal_quantile(p: f64) -> f64 {
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180_625 - q * q;
        return q
            * (((59.109_374_720 * r + 159.291_132_02) * r + 50.434_271_938) * r + 3.387_132_717_9)
            / (((67.187_563_600 * r + 78.757_757_664) * r + 17.895_169_469) * r + 1.0);
    }
    let r = libm::sqrt(-libm::log(if q < 0.0 { p } else { 1.0 - p }));
    let x = if r <= 5.0 {
        let r = r - 1.6;
        (((0.170_238_210_3 * r + 1.306_728_481_6) * r + 2.756_815_390_0) * r + 1.423_437_277_7)
            / ((0.120_211_321_5 * r + 0.737_001_648_6) * r + 1.0)
    } else {
        let r = r - 5.0;
        (((0.017_337_203_997 * r + 0.428_682_943_37) * r + 3.081_226_386_0) * r + 6.657_905_115_0)
            / ((0.012_258_202_635 * r + 0.241_978_942_25) * r + 1.0)
    };
    if q < 0.0 { -x } else { x }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::{Purpose, Seed};

    #[test]
    fn an_alias_table_draws_by_its_weights() {
        let table = Alias::new(&[1.0, 0.0, 3.0, 4.0]);
        let mut stream = Seed(1).stream(Purpose::named("alias"), 0, 0);
        let mut counts = [0_u32; 4];
        for _ in 0..80_000 {
            counts[table.draw(&mut stream)] += 1;
        }
        assert_eq!(counts[1], 0);
        for (count, wanted) in counts.iter().zip([10_000, 0, 30_000, 40_000]) {
            assert!(count.abs_diff(wanted) < 800, "{counts:?}");
        }
    }

    #[test]
    fn outcomes_without_weight_move_no_draw() {
        let table = Alias::new(&[1.0, 3.0, 4.0]);
        let wider = Alias::new(&[0.0, 1.0, 3.0, 0.0, 4.0, 0.0]);
        let mut stream = Seed(4).stream(Purpose::named("alias"), 0, 0);
        for _ in 0..1000 {
            let bits = stream.next();
            assert_eq!(wider.pick(bits), [1, 2, 4][table.pick(bits)]);
        }
        assert_eq!(Alias::new(&[0.0, 0.0]).pick(u64::MAX), 0);
        assert_eq!(Alias::new(&[]).pick(0), 0);
    }

    #[test]
    fn the_normal_table_has_the_moments_of_a_normal() {
        let table = Quantiles::normal();
        let mut stream = Seed(2).stream(Purpose::named("normal"), 0, 0);
        let draws: Vec<f64> = (0..100_000).map(|_| table.draw(&mut stream)).collect();
        let mean = draws.iter().sum::<f64>() / 1e5;
        let variance = draws.iter().map(|x| x * x).sum::<f64>() / 1e5;
        assert!(mean.abs() < 0.015 && (variance - 1.0).abs() < 0.03, "{mean} {variance}");
        assert!((normal_quantile(0.975) - 1.959_964).abs() < 1e-5);
        assert!((normal_quantile(1e-9) + 5.997_807).abs() < 1e-4);
    }

    #[test]
    fn a_logistic_draw_is_below_x_with_probability_sigmoid_x() {
        let table = Quantiles::logistic();
        let mut stream = Seed(3).stream(Purpose::named("logistic"), 0, 0);
        for x in [-3.0, -0.5, 1.2] {
            let hits = (0..50_000).filter(|_| table.draw(&mut stream) < x).count();
            assert!((hits as f64 / 5e4 - sigmoid(x)).abs() < 0.01);
        }
    }
}
