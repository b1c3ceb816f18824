//! `step_missing`: a purchase without a step that nobody can skip.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::ground::{Ground, RowRef, Site};
use crate::anomaly::incident::Incident;
use crate::anomaly::kind::{Kind, Param, ParamType, Scope};
use crate::anomaly::kinds::wake;
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
        wake::without(ground, session, &events, |event| event.row.kind == step)
    }
}
