//! Rows that are there too often, or not at all.

use crate::anomaly::kind::{Kind, Rule, Scope};

pub(super) static DUP_EXACT: Kind = Kind::new(
    "dup_exact",
    Scope::Record,
    "Delivers an event again, later, with all that it says.",
    "An event's id is unique.",
)
.critical()
.found_by(Rule::AnyCopy);

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

pub(super) static RECORD_DROPPED: Kind = Kind::new(
    "record_dropped",
    Scope::Record,
    "Deletes an event.",
    "Places in a session are dense.",
)
.critical();
