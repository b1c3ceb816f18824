//! How far two streams are from each other.

use std::collections::BTreeMap;

use crate::realism::Summary;

/// A distance between two streams, from 0 (the same) to 1 (nothing in common).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Distance {
    /// Its name in reports: `reference.events`.
    pub id: &'static str,
    /// What is compared.
    pub what: &'static str,
    /// The distance; not a number when one of the two has nothing of it.
    pub value: f64,
    /// How many of `unit` the checked stream and the reference have.
    pub sizes: (u64, u64),
    /// What is counted.
    pub unit: &'static str,
}

/// All distances of a stream from a reference.
pub fn distances(checked: &Summary, reference: &Summary) -> Vec<Distance> {
    let types =
        |s: &Summary| counted(s.memory.types.iter().enumerate().map(|(i, &n)| (name(s, i), n)));
    let pairs = |s: &Summary| {
        counted(s.memory.pairs().map(|(a, b, n)| (format!("{}\u{0}{}", name(s, a), name(s, b)), n)))
    };
    let lengths = |s: &Summary| -> Vec<(u64, u64)> {
        s.lengths.iter().map(|&(length, n)| (u64::from(length), n)).collect()
    };
    let gaps = |s: &Summary| -> Vec<(u64, u64)> {
        s.gaps.cells.iter().enumerate().map(|(cell, &n)| (cell as u64, n)).collect()
    };
    let (a, b) = (checked, reference);
    vec![
        Distance {
            id: "reference.events",
            what: "total variation of event types",
            value: variation(&types(a), &types(b)),
            sizes: (a.counts.steps, b.counts.steps),
            unit: "steps",
        },
        Distance {
            id: "reference.bigrams",
            what: "total variation of pairs of neighbouring event types",
            value: variation(&pairs(a), &pairs(b)),
            sizes: (a.memory.neighbours(), b.memory.neighbours()),
            unit: "pairs of steps",
        },
        Distance {
            id: "reference.gaps",
            what: "Kolmogorov-Smirnov distance of the gaps between steps (in cells of 3 %)",
            value: kolmogorov(&gaps(a), &gaps(b)),
            sizes: (a.gaps.n, b.gaps.n),
            unit: "gaps",
        },
        Distance {
            id: "reference.lengths",
            what: "Kolmogorov-Smirnov distance of session lengths",
            value: kolmogorov(&lengths(a), &lengths(b)),
            sizes: (a.sessions, b.sessions),
            unit: "sessions",
        },
    ]
}

/// An event type's name, or its number where names were not told.
fn name(summary: &Summary, ordinal: usize) -> String {
    summary.names.get(ordinal).cloned().unwrap_or_else(|| ordinal.to_string())
}

fn counted(items: impl Iterator<Item = (String, u64)>) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for (name, count) in items.filter(|(_, count)| *count > 0) {
        *counts.entry(name).or_insert(0) += count;
    }
    counts
}

fn variation(a: &BTreeMap<String, u64>, b: &BTreeMap<String, u64>) -> f64 {
    let (na, nb) = (a.values().sum::<u64>() as f64, b.values().sum::<u64>() as f64);
    if na == 0.0 || nb == 0.0 {
        return f64::NAN;
    }
    let common = |(key, &count): (&String, &u64)| {
        (count as f64 / na).min(b.get(key).copied().unwrap_or(0) as f64 / nb)
    };
    (1.0 - a.iter().map(common).sum::<f64>()).clamp(0.0, 1.0)
}

/// The greatest distance between two distributions of (value, count) in rising order.
fn kolmogorov(a: &[(u64, u64)], b: &[(u64, u64)]) -> f64 {
    let total = |side: &[(u64, u64)]| side.iter().map(|(_, n)| n).sum::<u64>() as f64;
    let (na, nb) = (total(a), total(b));
    if na == 0.0 || nb == 0.0 {
        return f64::NAN;
    }
    let (mut i, mut j, mut below_a, mut below_b, mut furthest) = (0, 0, 0, 0, 0.0_f64);
    while i < a.len() || j < b.len() {
        let next = |side: &[(u64, u64)], at: usize| side.get(at).map_or(u64::MAX, |(v, _)| *v);
        let value = next(a, i).min(next(b, j));
        while i < a.len() && a[i].0 == value {
            below_a += a[i].1;
            i += 1;
        }
        while j < b.len() && b[j].0 == value {
            below_b += b[j].1;
            j += 1;
        }
        furthest = furthest.max((below_a as f64 / na - below_b as f64 / nb).abs());
    }
    furthest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_is_not_apart_and_strangers_are_wholly() {
        assert!((kolmogorov(&[(1, 5), (2, 5)], &[(1, 50), (2, 50)]) - 0.0).abs() < 1e-12);
        assert!((kolmogorov(&[(1, 5)], &[(9, 1)]) - 1.0).abs() < 1e-12);
        assert!((kolmogorov(&[(1, 1), (3, 1)], &[(2, 1), (3, 1)]) - 0.5).abs() < 1e-12);
        assert!(kolmogorov(&[], &[(1, 1)]).is_nan());
        let counts =
            |list: &[(&str, u64)]| counted(list.iter().map(|(k, n)| ((*k).to_owned(), *n)));
        let a = counts(&[("x", 1), ("y", 1)]);
        assert!((variation(&a, &a) - 0.0).abs() < 1e-12);
        assert!((variation(&a, &counts(&[("x", 3)])) - 0.5).abs() < 1e-12);
        assert!((variation(&a, &counts(&[("z", 3)])) - 1.0).abs() < 1e-12);
    }
}
