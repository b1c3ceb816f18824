//! Experiments.

use crate::anomaly::kind::{Detectability, Kind, Scope};

pub(super) static SRM: Kind = Kind::new(
    "srm",
    Scope::Experiment,
    "Drops users of one arm.",
    "Arms have their planned shares.",
)
.critical()
.shows_in(Detectability::Statistics)
.planned("there are no experiments yet");

pub(super) static VARIANT_CONTAMINATION: Kind = Kind::new(
    "variant_contamination",
    Scope::Experiment,
    "Puts a user into two arms.",
    "A user is in one arm.",
)
.critical()
.planned("there are no experiments yet");

pub(super) static EXPOSURE_MISSING_OR_LATE: Kind = Kind::new(
    "exposure_missing_or_late",
    Scope::Experiment,
    "Lets the outcome come before the exposure.",
    "An exposure precedes its outcome.",
)
.critical()
.planned("there are no experiments yet");

pub(super) static PEEKING: Kind = Kind::new(
    "peeking",
    Scope::Experiment,
    "Stops at the first p < .05.",
    "The decision falls at the planned size.",
)
.shows_in(Detectability::Metadata)
.planned("there are no experiments yet");
