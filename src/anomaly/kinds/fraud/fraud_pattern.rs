//! `fraud_pattern`: motifs that honest traffic has not.

use super::{account_takeover, card_testing, promotion_ring};
use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::ground::{Ground, Site};
use crate::anomaly::incident::Incident;
use crate::anomaly::kind::{Detectability, Kind, Param, ParamType, Scope};
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static FRAUD_PATTERN: Kind = Kind::new(
    "fraud_pattern",
    Scope::Fraud,
    "Tests cards: dozens of small payments declined one right after the other within a visit, each of a checkout of its own. Takes accounts over: somebody known buys on a device never seen before, from another country. Rings for promotions: accounts that buy from one address with one coupon within hours. Its label names the `variant`.",
    "Normal traffic has no such motif.",
)
.critical()
.shows_in(Detectability::Statistics)
.needs(&["events", "users", "devices", "sessions", "orders", "payments"])
.takes(&[
    Param::new(
        "variants",
        ParamType::Some(&["card_testing", "account_takeover", "promotion_ring"]),
        "Which of them, each as likely; where one cannot be, the next is tried.",
    ),
    Param::new(
        "attempts",
        ParamType::Integer(3..=1_000, 24),
        "Median number of cards that are tried; never fewer than 3.",
    ),
    Param::new(
        "gap_s",
        ParamType::Number(0.1..=600.0, 4.0),
        "Median time between two of them, in seconds; all of them fit into a visit.",
    ),
    Param::new(
        "accounts",
        ParamType::Integer(4..=40, 6),
        "Median number of accounts in a ring; never fewer than 4.",
    ),
    Param::new(
        "hours",
        ParamType::Number(1.0..=72.0, 48.0),
        "Within how many hours a ring redeems its coupon.",
    ),
])
.acts(&FraudPattern);

struct FraudPattern;

impl Act for FraudPattern {
    fn inject(
        &self,
        ground: &Ground<'_>,
        site: Site,
        params: &Params,
        draw: &mut Stream,
    ) -> Option<Incident> {
        let Site::Row(user) = site else { return None };
        let variants: Vec<&str> = params.turns("variants", draw).collect();
        variants.into_iter().find_map(|variant| {
            let (name, incident) = match variant {
                "account_takeover" => {
                    ("account_takeover", account_takeover::incident(ground, user, draw))
                }
                "promotion_ring" => {
                    ("promotion_ring", promotion_ring::incident(ground, user, params, draw))
                }
                _ => ("card_testing", card_testing::incident(ground, user, params, draw)),
            };
            Some(incident?.note("variant", name))
        })
    }
}
