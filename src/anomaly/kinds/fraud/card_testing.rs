//! Card testing: stolen cards tried by the dozen.

use crate::anomaly::Params;
use crate::anomaly::fresh;
use crate::anomaly::ground::{Ground, RowRef, Rowset};
use crate::anomaly::incident::{Incident, Role, cells};
use crate::anomaly::value::Value;
use crate::seed::Stream;

/// The state of a payment that gives money back.
const REFUNDED: u8 = 3;

/// Fewer tries are somebody who mistyped.
const FEWEST: f64 = 3.0;

/// The incident, in a visit of the user's that pays by card and lasts long enough.
pub(super) fn incident(
    ground: &Ground<'_>,
    user: RowRef,
    params: &Params,
    draw: &mut Stream,
) -> Option<Incident> {
    let (world, journal) = (ground.world(), ground.context.journal);
    let card = world.words.methods.iter().position(|method| method == "card")?;
    let sessions = ground.sessions_of(ground.user_of(user));
    let is_try = |at: &u32| {
        let payment = &journal.payments[*at as usize];
        usize::from(payment.method) == card && payment.status != REFUNDED
    };
    let mut own: Vec<u32> =
        sessions.flat_map(|session| ground.payments_in(session)).filter(is_try).collect();
    (!own.is_empty()).then_some(())?;
    let commerce = &world.models.commerce;
    let declines = &commerce.errors[..commerce.declines];
    (!declines.is_empty()).then_some(())?;
    let count = (params.integer("attempts") as f64 * (0.5 + draw.unit())).max(FEWEST) as u32;
    let gap = params.number("gap_s") * 1e6;
    let gaps: Vec<i64> = (0..count).map(|_| (gap * (0.5 + draw.unit())) as i64).collect();
    let lasts: i64 = gaps.iter().sum();
    let span = |at: u32| {
        let visit = ground.session(journal.payments[at as usize].session);
        (visit.started, visit.ended.min(world.end - 1))
    };
    own.retain(|at| {
        let (from, until) = span(*at);
        until - from >= lasts
    });
    let like = *own.get(draw.below(own.len().max(1) as u32) as usize)?;
    let (from, until) = span(like);
    let first = from + (draw.unit() * (until - from - lasts) as f64) as i64;
    let row = RowRef::new(Rowset::Payments, like);
    let mut at = first;
    let mut incident = Incident::new().lasts(first, first + lasts);
    for gap in gaps {
        at += gap;
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
    let visit = RowRef::new(Rowset::Sessions, journal.payments[like as usize].session);
    let incident = incident.touch(visit, Role::Counterpart).touch(user, Role::Counterpart);
    Some(incident.effect(f64::from(count)))
}
