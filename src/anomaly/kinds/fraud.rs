//! What people do on purpose.

use crate::anomaly::kind::{Detectability, Kind, Scope};

pub(super) static FRAUD_PATTERN: Kind = Kind::new(
    "fraud_pattern",
    Scope::Fraud,
    "Tests cards, takes accounts over, runs a ring for promotions.",
    "Normal traffic has no such motif.",
)
.critical()
.shows_in(Detectability::Statistics);
