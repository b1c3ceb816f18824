//! Who comes, and how many.

use crate::anomaly::kind::{Detectability, Kind, Rule, Scope, Unit};

pub(super) static TRAFFIC_BURST: Kind = Kind::new(
    "traffic_burst",
    Scope::Population,
    "Multiplies the traffic for a while; as `ddos` from few addresses.",
    "Traffic stays within its envelope.",
)
.critical()
.shows_in(Detectability::Statistics)
.usually(1);

pub(super) static OUTAGE_GAP: Kind = Kind::new(
    "outage_gap",
    Scope::Population,
    "Leaves out all rows of a while, or those of one dimension.",
    "No bucket is empty.",
)
.critical()
.shows_in(Detectability::Statistics)
.usually(1);

pub(super) static BOT_SESSIONS: Kind = Kind::new(
    "bot_sessions",
    Scope::Population,
    "Lets crawlers visit, faster and wider than anybody.",
    "Cadence and breadth are within human bounds.",
)
.critical()
.shows_in(Detectability::Statistics)
.found_by(Rule::Entity);

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
