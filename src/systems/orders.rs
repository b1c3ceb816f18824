//! What becomes of a paid order: packed, handed over, delivered. Nothing that would happen after the window's end has happened.

use crate::event::journal::NEVER;
use crate::scenario::calendar::HOUR;
use crate::seed::{Purpose, Seed};

const FULFILMENT: Purpose = Purpose::named("order fulfilment");

/// When an order paid at `paid` was shipped and delivered, as known at `end` (µs since 1970); [`NEVER`] for what is still to come.
///
/// Log-normal: 19 h (sigma 0.55) to hand-over, 47 h (sigma 0.45) to delivery.
pub fn fulfil(seed: Seed, key: u64, paid: i64, end: i64) -> (i64, i64) {
    let mut stream = seed.stream(FULFILMENT, key, 0);
    let mut normal = || crate::dist::normal_quantile(stream.unit().clamp(1e-6, 1.0 - 1e-6));
    let hours =
        |median: f64, sigma: f64, z: f64| (median * libm::exp(sigma * z) * HOUR as f64) as i64;
    let shipped = paid + hours(19.0, 0.55, normal());
    let delivered = shipped + hours(47.0, 0.45, normal());
    let known = |moment: i64| if moment < end { moment } else { NEVER };
    (known(shipped), known(delivered))
}
