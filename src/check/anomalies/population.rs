//! The habits of many.

use super::{Kind, checks};
use crate::check::Check;

/// The kinds.
pub(super) const KINDS: [Kind; 5] = [
    Kind::statistical(
        "anomalies.traffic_burst",
        &["events"],
        "Traffic follows its envelope by hour and day.",
        "Capacity, alarms and forecasts go by it.",
    ),
    Kind::statistical(
        "anomalies.outage_gap",
        &["events"],
        "No hour that has visitors is empty.",
        "A gap in the data is taken for a gap in demand.",
    ),
    Kind::statistical(
        "anomalies.bot_sessions",
        &["events"],
        "Sessions have the pace and the breadth of people.",
        "Crawlers bend every rate towards zero.",
    ),
    Kind::statistical(
        "anomalies.referral_spam",
        &["sessions"],
        "Visits come from referrers that are known.",
        "Sources that send nobody lead the report.",
    ),
    Kind::statistical(
        "anomalies.drift",
        &["events", "sessions"],
        "The crowd is made up of the same shares from day to day.",
        "A model that was fitted before is asked about another crowd.",
    ),
];

/// The checks.
pub(super) static CHECKS: [Check; KINDS.len()] = checks(&KINDS);
