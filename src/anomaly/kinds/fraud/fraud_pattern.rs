//! `fraud_pattern`: stolen cards tried by the dozen.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::fresh;
use crate::anomaly::ground::{Ground, RowRef, Rowset, Site};
use crate::anomaly::incident::{Incident, Role, cells};
use crate::anomaly::kind::{Detectability, Kind, Param, ParamType, Scope};
use crate::anomaly::value::Value;
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static FRAUD_PATTERN: Kind = Kind::new(
    "fraud_pattern",
    Scope::Fraud,
    "Tests cards: in a visit that pays by card, dozens of small payments that are declined, one right after the other, each of a checkout of its own.",
    "Normal traffic has no such motif.",
)
.critical()
.shows_in(Detectability::Statistics)
.needs(&["users", "sessions", "payments"])
.takes(&[
    Param::new(
        "attempts",
        ParamType::Integer(3..=1_000, 24),
        "Median number of cards that are tried.",
    ),
    Param::new(
        "gap_s",
        ParamType::Number(0.1..=600.0, 4.0),
        "Median time between two of them, in seconds.",
    ),
])
.acts(&FraudPattern);

struct FraudPattern;

/// The state of a payment that gives money back.
const REFUNDED: u8 = 3;

impl Act for FraudPattern {
    fn inject(
        &self,
        ground: &Ground<'_>,
        site: Site,
        params: &Params,
        draw: &mut Stream,
    ) -> Option<Incident> {
        let Site::Row(user) = site else { return None };
        let (world, journal) = (ground.world(), ground.context.journal);
        let card = world.words.methods.iter().position(|method| method == "card")?;
        let sessions = ground.sessions_of(ground.user_of(user));
        let is_try = |at: &u32| {
            let payment = &journal.payments[*at as usize];
            usize::from(payment.method) == card && payment.status != REFUNDED
        };
        let own: Vec<u32> =
            sessions.flat_map(|session| ground.payments_in(session)).filter(is_try).collect();
        let like = *own.get(draw.below(own.len().max(1) as u32) as usize)?;
        let payment = &journal.payments[like as usize];
        let commerce = &world.models.commerce;
        let declines = &commerce.errors[..commerce.declines];
        (!declines.is_empty()).then_some(())?;
        let count = (params.integer("attempts") as f64 * (0.5 + draw.unit())).max(2.0) as u32;
        let row = RowRef::new(Rowset::Payments, like);
        let mut at = ground.session(payment.session).started;
        let mut incident = Incident::new();
        for _ in 0..count {
            at += (params.number("gap_s") * 1e6 * (0.5 + draw.unit())) as i64;
            let (code, _) = &declines[draw.below(declines.len() as u32) as usize];
            let tried = cells([
                ("payment_id", fresh::key(draw)),
                ("checkout_id", fresh::key(draw)),
                ("order_id", Value::Null),
                ("attempt", Value::Int(1)),
                ("status", Value::Text("declined".to_owned())),
                ("error_code", Value::Text(code.clone())),
                ("amount", Value::Long(100 + i64::from(draw.below(400)))),
                ("attempted_at", Value::Long(at)),
                ("idempotency_key", fresh::key(draw)),
            ]);
            incident = incident.insert(row, tried, None);
        }
        let visit = RowRef::new(Rowset::Sessions, payment.session);
        let incident = incident.touch(visit, Role::Counterpart).touch(user, Role::Counterpart);
        Some(incident.effect(f64::from(count)))
    }
}
