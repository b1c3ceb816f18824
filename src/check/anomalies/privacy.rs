//! Consent withdrawn, and people forgotten.

use super::{Kind, checks};
use crate::check::Check;

/// The kinds.
pub(super) const KINDS: [Kind; 2] = [
    Kind::new(
        "anomalies.event_after_withdrawal",
        &[],
        &["consent.stamp"],
        "Nothing is recorded under a consent that has ended.",
        "What comes after a withdrawal was collected without any right to it.",
    ),
    Kind::new(
        "anomalies.erasure_or_retention_miss",
        &[],
        &["consent.erasure"],
        "Nothing is left of those whose erasure was carried out.",
        "A row that survives brings the person back.",
    )
    .told("erasures and events of those who were erased", "outlived by something"),
];

/// The checks.
pub(super) static CHECKS: [Check; KINDS.len()] = checks(&KINDS);
