//! The frailty of session length: how much the wish to stay differs between sessions.
//!
//! Every session has its own probability of ending after a step, q = sigmoid(m + s z) with z standard normal, and its length n has
//! P(n) = E\[q (1 - q)^(n - 1)\] over z. Fakes that leave with one probability have s = 0.

/// Nodes of the Gauss-Hermite rule.
const NODES: usize = 41;

/// The likeliest (m, s), and the mean log-likelihood of a session there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Frailty {
    pub(super) m: f64,
    pub(super) s: f64,
    pub(super) mean_ln: f64,
}

/// Nodes and weights of the Gauss-Hermite rule, for the mean over a standard normal: roots of the Hermite polynomial by Newton's
/// method, on the orthonormal recurrence (which does not overflow).
fn rule() -> [(f64, f64); NODES] {
    let n = NODES as f64;
    let mut rule = [(0.0, 0.0); NODES];
    let mut x = 0.0;
    for i in 0..NODES.div_ceil(2) {
        // First guesses from the largest root down (Stroud and Secrest 1966).
        x = match i {
            0 => (2.0 * n + 1.0).sqrt() - 1.85575 * libm::pow(2.0 * n + 1.0, -1.0 / 6.0),
            1 => x - 1.14 * libm::pow(n, 0.426) / x,
            2 => 1.86 * x - 0.86 * rule[0].0,
            3 => 1.91 * x - 0.91 * rule[1].0,
            _ => 2.0 * x - rule[i - 2].0,
        };
        let mut slope = 1.0;
        for _ in 0..60 {
            let (value, before) = hermite(x);
            slope = (2.0 * n).sqrt() * before;
            let step = value / slope;
            x -= step;
            if step.abs() < 1e-15 {
                break;
            }
        }
        if i == NODES / 2 {
            x = 0.0;
            slope = (2.0 * n).sqrt() * hermite(0.0).1;
        }
        let weight = 2.0 / (slope * slope);
        rule[i] = (x, weight);
        rule[NODES - 1 - i] = (-x, weight);
    }
    let root = std::f64::consts::PI.sqrt();
    rule.map(|(x, weight)| (x * std::f64::consts::SQRT_2, weight / root))
}

/// The orthonormal Hermite polynomials of degree [`NODES`] and one less.
fn hermite(x: f64) -> (f64, f64) {
    let (mut value, mut before) = (libm::pow(std::f64::consts::PI, -0.25), 0.0);
    for k in 0..NODES {
        let k = k as f64;
        let next = x * (2.0 / (k + 1.0)).sqrt() * value - (k / (k + 1.0)).sqrt() * before;
        before = value;
        value = next;
    }
    (value, before)
}

/// The maximum likelihood fit to a histogram of (length, sessions); lengths count from 1.
pub(super) fn fit(histogram: &[(u32, u64)]) -> Frailty {
    let rule = rule();
    let total: u64 = histogram.iter().map(|(_, count)| count).sum();
    let weighted: f64 = histogram.iter().map(|&(n, count)| f64::from(n) * count as f64).sum();
    let mean = weighted / (total as f64).max(1.0);
    let likelihood = |m: f64, s: f64| {
        let exits = rule.map(|(z, weight)| {
            let x = m + s * z;
            // ln q and ln(1 - q), which sigmoid would round away far out.
            (libm::log(weight) - softplus(-x), -softplus(x))
        });
        let one = |&(n, count): &(u32, u64)| {
            let steps = f64::from(n) - 1.0;
            let terms = exits.map(|(exit, stay)| exit + steps * stay);
            let most = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = terms.iter().map(|term| libm::exp(term - most)).sum();
            (most + libm::log(sum)) * count as f64
        };
        histogram.iter().map(one).sum::<f64>() / (total as f64).max(1.0)
    };
    // Without frailty the likeliest exit is 1 over the mean.
    let plain = crate::dist::logit((1.0 / mean).clamp(1e-6, 1.0 - 1e-6));
    let (m, s, mean_ln) = climb(&likelihood, plain);
    Frailty { m, s: s.abs(), mean_ln }
}

/// ln(1 + e^x).
fn softplus(x: f64) -> f64 {
    if x > 0.0 { x + libm::log1p(libm::exp(-x)) } else { libm::log1p(libm::exp(x)) }
}

/// The maximum by the simplex method of Nelder and Mead (1965) in (m, s); the likelihood is even in s, so its sign is free.
fn climb(likelihood: &impl Fn(f64, f64) -> f64, m: f64) -> (f64, f64, f64) {
    let at = |m: f64, s: f64| (m, s, likelihood(m, s));
    let mut simplex = [at(m, 0.1), at(m - 0.3, 0.7), at(m + 0.3, 1.4)];
    for _ in 0..200 {
        simplex.sort_by(|a, b| b.2.total_cmp(&a.2));
        let [best, good, worst] = simplex;
        if (best.0 - worst.0).abs() + (best.1 - worst.1).abs() < 1e-5 {
            break;
        }
        let centre = (f64::midpoint(best.0, good.0), f64::midpoint(best.1, good.1));
        let away = |by: f64| {
            at(centre.0 + by * (centre.0 - worst.0), centre.1 + by * (centre.1 - worst.1))
        };
        let mirrored = away(1.0);
        if mirrored.2 > best.2 {
            let further = away(2.0);
            simplex[2] = if further.2 > mirrored.2 { further } else { mirrored };
        } else if mirrored.2 > good.2 {
            simplex[2] = mirrored;
        } else {
            let inside = if mirrored.2 > worst.2 { away(0.5) } else { away(-0.5) };
            if inside.2 > worst.2.max(mirrored.2) {
                simplex[2] = inside;
            } else {
                let halfway =
                    |p: (f64, f64, f64)| at(f64::midpoint(p.0, best.0), f64::midpoint(p.1, best.1));
                simplex = [best, halfway(good), halfway(worst)];
            }
        }
    }
    simplex.sort_by(|a, b| b.2.total_cmp(&a.2));
    simplex[0]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dist::{Quantiles, sigmoid};
    use crate::seed::{Purpose, Seed};
    use std::collections::BTreeMap;

    fn lengths(m: f64, s: f64, sessions: u32) -> Vec<(u32, u64)> {
        let (normal, mut stream) =
            (Quantiles::normal(), Seed(5).stream(Purpose::named("lengths"), 0, 0));
        let mut counts = BTreeMap::new();
        for _ in 0..sessions {
            let q = sigmoid(m + s * normal.draw(&mut stream));
            let n = 1 + (libm::log(1.0 - stream.unit()) / libm::log1p(-q)) as u32;
            *counts.entry(n).or_insert(0_u64) += 1;
        }
        counts.into_iter().collect()
    }

    #[test]
    fn the_rule_integrates_moments_of_a_normal() {
        let rule = rule();
        let moment = |k: i32| rule.iter().map(|(x, w)| w * x.powi(k)).sum::<f64>();
        for (k, wanted) in [(0, 1.0), (2, 1.0), (4, 3.0), (8, 105.0), (12, 10_395.0)] {
            assert!((moment(k) / wanted - 1.0).abs() < 1e-10, "{k}: {}", moment(k));
        }
        assert!(moment(3).abs() < 1e-12);
    }

    #[test]
    fn a_known_frailty_is_found_again() {
        for (m, s) in [(-1.6, 0.6), (-2.0, 1.0), (-1.0, 1.4)] {
            let found = fit(&lengths(m, s, 60_000));
            assert!((found.s - s).abs() < 0.06 && (found.m - m).abs() < 0.05, "{found:?}");
        }
    }

    #[test]
    fn one_probability_for_all_has_no_frailty() {
        let found = fit(&lengths(-1.7, 0.0, 60_000));
        assert!(found.s < 0.15, "{found:?}");
        assert!((found.m + 1.7).abs() < 0.05, "{found:?}");
    }

    #[test]
    fn the_order_of_magnitude_does_not_matter() {
        let few = lengths(-1.6, 0.8, 3000);
        let many: Vec<_> = few.iter().map(|&(n, count)| (n, count * 1000)).collect();
        let (a, b) = (fit(&few), fit(&many));
        assert!((a.s - b.s).abs() < 1e-4 && (a.m - b.m).abs() < 1e-4);
    }

    #[test]
    fn very_long_sessions_do_not_break_it() {
        let found = fit(&[(1, 900), (2, 300), (1_000_000, 3)]);
        assert!(found.m.is_finite() && found.s.is_finite() && found.mean_ln.is_finite());
    }
}
