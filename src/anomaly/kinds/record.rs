//! Rows that are there too often, or not at all.

mod dup_exact;
mod dup_mutated;
mod dup_reissued;
mod id_collision;
mod record_dropped;

use crate::seed::Stream;

pub(super) use dup_exact::DUP_EXACT;
pub(super) use dup_mutated::DUP_MUTATED;
pub(super) use dup_reissued::DUP_REISSUED;
pub(super) use id_collision::ID_COLLISION;
pub(super) use record_dropped::RECORD_DROPPED;

/// How long after the first delivery the next one comes, in µs: log-logistic, which has the median asked for, in seconds, and a long tail.
fn delay(median: f64, draw: &mut Stream) -> i64 {
    let u = draw.unit().clamp(0.01, 0.99);
    ((median * 1e6 * u / (1.0 - u)) as i64).max(1_000)
}
