//! Rows that are there too often, or not at all.

mod dup_exact;
mod record_dropped;

use crate::anomaly::kind::{Kind, Rule, Scope};

pub(super) use dup_exact::DUP_EXACT;

pub(super) use record_dropped::RECORD_DROPPED;

pub(super) static DUP_MUTATED: Kind = Kind::new(
    "dup_mutated",
    Scope::Record,
    "Delivers an event again with another payload.",
    "An id has one payload.",
)
.critical()
.found_by(Rule::AnyCopy);

pub(super) static ID_COLLISION: Kind = Kind::new(
    "id_collision",
    Scope::Record,
    "Gives two unrelated records one id.",
    "An id is of one record.",
)
.critical()
.found_by(Rule::AnyCopy);

pub(super) static DUP_REISSUED: Kind = Kind::new(
    "dup_reissued",
    Scope::Record,
    "Delivers the same act again under a new id.",
    "The natural key is unique.",
)
.critical()
.found_by(Rule::AnyCopy);
