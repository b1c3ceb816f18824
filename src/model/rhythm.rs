//! Reads when people come.

use crate::diag::Table;
use crate::model::read::{factors, normalise};
use crate::model::{DeviceClass, Rhythm};

/// Reads `rhythm.toml`; hours are made to sum to 1, weekday and month factors to average 1.
pub(super) fn read(table: &Table<'_>) -> Rhythm {
    let hours = table.table("hours").map_or([[0.0; 24]; 3], |inner| {
        DeviceClass::NAMES.map(|class| {
            let mut profile = factors(&inner, class);
            normalise(&mut profile);
            profile
        })
    });
    let day = table.table("day");
    let number = |key: &str, most: f64| day.as_ref().map_or(0.0, |day| day.number(key, 0.0..=most));
    Rhythm {
        hours,
        weekdays: mean_one(factors(table, "weekdays")),
        season: mean_one(factors(table, "season")),
        day_rho: number("rho", 0.99),
        day_sigma: number("sigma", 2.0),
    }
}

fn mean_one<const N: usize>(mut factors: [f64; N]) -> [f64; N] {
    normalise(&mut factors);
    factors.map(|factor| factor * N as f64)
}
