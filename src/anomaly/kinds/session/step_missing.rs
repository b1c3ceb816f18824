//! `step_missing`: a purchase without a step that nobody can skip.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::ground::{Event, Ground, RowRef, Rowset, Site};
use crate::anomaly::incident::{Incident, Role};
use crate::anomaly::kind::{Kind, Param, ParamType, Scope};
use crate::anomaly::value::Value;
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static STEP_MISSING: Kind = Kind::new(
    "step_missing",
    Scope::Session,
    "Leaves out a mandatory step of a funnel; counts and places in the session are those of the rest.",
    "No step is skipped.",
)
.critical()
.drizzles(1e-4)
.needs(&["events", "sessions", "journeys"])
.takes(&[Param::new(
    "steps",
    ParamType::Some(&["checkout_started", "payment_info_entered"]),
    "Which steps before a purchase.",
)])
.acts(&StepMissing);

struct StepMissing;

impl Act for StepMissing {
    fn inject(
        &self,
        ground: &Ground<'_>,
        site: Site,
        params: &Params,
        draw: &mut Stream,
    ) -> Option<Incident> {
        let Site::Row(RowRef { ordinal: session, .. }) = site else { return None };
        ground.session(session).converted.then_some(())?;
        let events = ground.events(session);
        let has = |kind: u8| events.iter().any(|event| event.row.kind == kind);
        has(ground.event_type("order_completed")?).then_some(())?;
        let steps = params.words("steps").iter();
        let there: Vec<u8> =
            steps.filter_map(|name| ground.event_type(name)).filter(|kind| has(*kind)).collect();
        let step = *there.get(draw.below(there.len().max(1) as u32) as usize)?;
        Some(without(ground, session, &events, |event| event.row.kind == step))
    }
}

/// The session without some events, as if they had never been: places in it and counts are those of the rest.
fn without(
    ground: &Ground<'_>,
    session: u32,
    events: &[Event],
    is_left_out: impl Fn(&Event) -> bool,
) -> Incident {
    let mut incident = Incident::new();
    let mut left_out = 0;
    for event in events {
        if is_left_out(event) {
            left_out += 1;
            incident = incident.delete(event.at());
        } else if left_out > 0 {
            let place = i32::from(event.row.sequence) + 1 - left_out;
            incident =
                incident.set(event.at(), "session_seq", Value::Int(place)).role(Role::Collateral);
        }
    }
    let journey = RowRef::new(Rowset::Journeys, ground.session(session).journey);
    for row in [RowRef::new(Rowset::Sessions, session), journey] {
        if let Some(count) = ground.value(row, "events").number() {
            let count = Value::Int(count as i32 - left_out);
            incident = incident.set(row, "events", count).role(Role::Collateral);
        }
    }
    incident
}
