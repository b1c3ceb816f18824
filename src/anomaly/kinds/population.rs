//! Who comes, and how many.

mod bot_sessions;
mod decoy;
mod traffic_burst;

use crate::anomaly::kind::{Detectability, Kind, Rule, Scope, Unit};

pub(super) use bot_sessions::BOT_SESSIONS;
pub(super) use decoy::DECOY;

pub(super) use traffic_burst::TRAFFIC_BURST;

pub(super) static OUTAGE_GAP: Kind = Kind::new(
    "outage_gap",
    Scope::Population,
    "Leaves out all rows of a while, or those of one dimension.",
    "No bucket is empty.",
)
.critical()
.shows_in(Detectability::Statistics)
.usually(1);

pub(super) static REFERRAL_SPAM: Kind =
    Kind::new("referral_spam", Scope::Population, "Fakes referrers.", "Referrers are known.")
        .shows_in(Detectability::Statistics)
        .of(Unit::Session)
        .found_by(Rule::AnyMember);

pub(super) static DRIFT: Kind = Kind::new(
    "drift",
    Scope::Population,
    "Shifts a distribution, at once or little by little.",
    "Distributions stay as they are.",
)
.shows_in(Detectability::Statistics)
.usually(1);
