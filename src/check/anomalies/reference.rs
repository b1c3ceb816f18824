//! What rows refer to.

use super::{Kind, checks};
use crate::check::Check;

/// The kinds.
pub(super) const KINDS: [Kind; 4] = [
    Kind::new(
        "anomalies.fk_orphan",
        &[],
        &["keys.references"],
        "Every reference leads to a row.",
        "A join drops the rows whose reference leads nowhere.",
    ),
    Kind::new(
        "anomalies.fk_wrong_parent",
        &[],
        &[
            "keys.session_context",
            "keys.device_context",
            "keys.stitching",
            "keys.known",
            "keys.order_events",
            "keys.currency",
            "keys.revenue",
        ],
        "What a row refers to is its own: an event's session, device, journey and person agree.",
        "The row is counted for somebody else.",
    ),
    Kind::new(
        "anomalies.parent_after_child",
        &[],
        &[
            "keys.first_day",
            "keys.registered",
            "keys.for_sale",
            "keys.campaigns",
            "keys.order_states",
        ],
        "What is referred to was there before what refers to it.",
        "Cohorts and funnels begin after their end.",
    ),
    Kind::new(
        "anomalies.cardinality",
        &[],
        &[
            "keys.order_lines",
            "keys.payments",
            "keys.order_events",
            "keys.attempts",
            "keys.session_counts",
        ],
        "An order has its lines, one payment captured and one event of its completion.",
        "Sums over a join count twice, or nothing.",
    ),
];

/// The checks.
pub(super) static CHECKS: [Check; KINDS.len()] = checks(&KINDS);
