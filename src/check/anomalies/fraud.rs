//! Motifs that honest traffic has not.

use super::{Kind, checks};
use crate::check::Check;

/// The kinds.
pub(super) const KINDS: [Kind; 1] = [Kind::statistical(
    "anomalies.fraud_pattern",
    &["payments"],
    "Nobody tries cards by the dozen, takes over accounts or rings for promotions.",
    "It is paid for twice: with goods and with fees.",
)];

/// The checks.
pub(super) static CHECKS: [Check; KINDS.len()] = checks(&KINDS);
