//! Who is who.

use crate::anomaly::kind::{Detectability, Kind, Rule, Scope, Stage, Unit};

pub(super) static IDENTITY_SPLIT: Kind = Kind::new(
    "identity_split",
    Scope::Identity,
    "Gives a user a second id from some moment on.",
    "A device, or an address, leads to one user.",
)
.shows_in(Detectability::Statistics);

pub(super) static IDENTITY_MERGE: Kind = Kind::new(
    "identity_merge",
    Scope::Identity,
    "Lets two users share an id.",
    "An id leads to one profile.",
)
.critical()
.shows_in(Detectability::Statistics);

pub(super) static PSEUDONYM_UNSTABLE: Kind = Kind::new(
    "pseudonym_unstable",
    Scope::Identity,
    "Changes the key of pseudonyms in the middle.",
    "A pseudonym is constant.",
)
.critical()
.shows_in(Detectability::Statistics)
.at(Stage::Pseudonymise)
.planned("pseudonymisation does not exist yet");

pub(super) static IMPOSSIBLE_TRAVEL: Kind = Kind::new(
    "impossible_travel",
    Scope::Identity,
    "Lets a user be in two places that nobody can travel between in the time.",
    "Nobody moves faster than an aeroplane.",
)
.critical();

pub(super) static UA_DEVICE_MISMATCH: Kind = Kind::new(
    "ua_device_mismatch",
    Scope::Identity,
    "Gives a session the user agent of another kind of device.",
    "The user agent agrees with the device.",
)
.of(Unit::Session)
.found_by(Rule::AnyMember);
