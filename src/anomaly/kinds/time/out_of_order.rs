//! `out_of_order`: an event that others overtake on their way.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::ground::{Ground, RowRef, Site};
use crate::anomaly::incident::Incident;
use crate::anomaly::kind::{Kind, Param, ParamType, Scope, Unit};
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static OUT_OF_ORDER: Kind = Kind::new(
    "out_of_order",
    Scope::Time,
    "Lets later events of a session arrive before an earlier one.",
    "A session's events arrive in the order in which they happened.",
)
.of(Unit::Session)
.drizzles(2e-4)
.takes(&[Param::new(
    "places",
    ParamType::Integer(1..=1_000, 3),
    "How many events overtake it, at most.",
)])
.acts(&OutOfOrder);

struct OutOfOrder;

impl Act for OutOfOrder {
    fn inject(
        &self,
        ground: &Ground<'_>,
        site: Site,
        params: &Params,
        draw: &mut Stream,
    ) -> Option<Incident> {
        let Site::Row(RowRef { ordinal: session, .. }) = site else { return None };
        let count = ground.session(session).events;
        (count > 1).then_some(())?;
        let places = 1 + draw.below(params.integer("places") as u32);
        let at = draw.below(count - 1);
        let events = ground.events(session);
        let event = events.get(at as usize)?;
        let by = events.get((at + places).min(count - 1) as usize)?;
        // Right behind the last of them, and within what is allowed: that it comes late is another kind's affair.
        let arrives = by.row.received + 1 + i64::from(draw.below(50_000));
        let is_timely = arrives - event.row.time <= ground.world().lateness;
        let lag = (arrives - event.row.received) as f64 / 1e6;
        (is_timely && ground.is_covered(arrives))
            .then(|| Incident::new().move_to(event.at(), arrives).effect(lag))
    }
}
