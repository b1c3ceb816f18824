//! Readings that several kinds of model share.

use std::ops::RangeInclusive;

use crate::diag::{Located, Table};
use crate::model::DeviceClass;

/// What the models may call one another; each list is in ordinal order.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) currencies: Vec<String>,
    pub(super) payments: Vec<String>,
    pub(super) categories: Vec<String>,
    pub(super) journeys: Vec<String>,
    pub(super) devices: Vec<String>,
    pub(super) sources: Vec<String>,
    pub(super) countries: Vec<String>,
}

/// The names of a list as `one_of` wants them.
pub(super) fn strs(names: &[String]) -> impl Iterator<Item = &str> + Clone {
    names.iter().map(String::as_str)
}

/// `N` numbers that must be there, each within bounds (zeros when they are wrong).
pub(super) fn fixed<const N: usize>(
    table: &Table<'_>,
    key: &str,
    bounds: RangeInclusive<f64>,
) -> [f64; N] {
    if !table.has(key) {
        table.problem(key, format!("missing key `{key}`"), format!("it must have {N} numbers"));
    }
    table.numbers(key, Some(N), bounds).try_into().unwrap_or([0.0; N])
}

/// The same for factors of which at least one must be above 0.
pub(super) fn factors<const N: usize>(table: &Table<'_>, key: &str) -> [f64; N] {
    let values = fixed(table, key, 0.0..=1000.0);
    if table.has(key) && values.iter().all(|value| *value == 0.0) {
        table.problem(key, format!("`{key}` is 0 throughout"), "at least one must be above 0");
    }
    values
}

/// A number for each device class, in a table `{ mobile, desktop, tablet }` that must be there.
pub(super) fn by_class(table: &Table<'_>, key: &str, bounds: &RangeInclusive<f64>) -> [f64; 3] {
    let Some(inner) = table.table(key) else { return [0.0; 3] };
    DeviceClass::NAMES.map(|class| inner.number(class, bounds.clone()))
}

/// Shares that sum to 1, names and numbers.
pub(super) fn shares(table: &Table<'_>, key: &str) -> Vec<(String, f64)> {
    table.shares(key).into_iter().map(|(name, share)| (name.value, share)).collect()
}

/// A weight for each known name. Those that are not mentioned have a weight of their own; a name that is not known is a problem.
pub(super) fn weights(
    written: Vec<(Located<String>, f64)>,
    what: &str,
    known: &[String],
    own: impl Fn(usize) -> f64,
) -> Vec<f64> {
    let mut weights: Vec<f64> = (0..known.len()).map(own).collect();
    for (name, weight) in written {
        if let Some(index) = name.one_of(what, strs(known)) {
            weights[index] = weight;
        }
    }
    weights
}

/// Makes weights sum to 1 (they stay as they are when they sum to nothing).
pub(super) fn normalise(weights: &mut [f64]) {
    let sum: f64 = weights.iter().sum();
    if sum > 0.0 {
        for weight in weights {
            *weight /= sum;
        }
    }
}

/// A median above 0 and the sigma of the log, in a table `{ median, sigma }` that must be there.
pub(super) fn log_normal(table: &Table<'_>, key: &str, most: f64) -> (f64, f64) {
    let Some(inner) = table.table(key) else { return (1.0, 0.0) };
    (inner.number("median", 1e-3..=most), inner.number("sigma", 0.0..=3.0))
}
