//! When things happened and arrived.

mod late_arrival;

use crate::anomaly::kind::{Formats, Kind, Scope, Stage, Unit};

pub(super) use late_arrival::LATE_ARRIVAL;

pub(super) static OUT_OF_ORDER: Kind = Kind::new(
    "out_of_order",
    Scope::Time,
    "Permutes the arrival of a session's events.",
    "The lag stays within its bound.",
)
.of(Unit::Session);

pub(super) static CLOCK_SKEW: Kind = Kind::new(
    "clock_skew",
    Scope::Time,
    "Sets a device's clock wrong: an offset, a drift, the year 10013.",
    "Device and server differ by little.",
)
.critical()
.of(Unit::Session);

pub(super) static EPOCH_UNIT: Kind = Kind::new(
    "epoch_unit",
    Scope::Time,
    "Mixes up seconds, milli- and microseconds.",
    "Times lie in a plausible range.",
)
.critical();

pub(super) static TZ_SHIFT: Kind = Kind::new(
    "tz_shift",
    Scope::Time,
    "Stores local time as UTC.",
    "Time and zone give the local time.",
)
.critical();

pub(super) static LOCAL_TIME_INVALID: Kind = Kind::new(
    "local_time_invalid",
    Scope::Time,
    "Writes a time that no clock shows: in the gap of summer time, :60, 29 February.",
    "Times exist.",
)
.carried_by(Formats::Ndjson)
.at(Stage::Bytes);
