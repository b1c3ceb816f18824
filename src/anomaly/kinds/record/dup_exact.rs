//! `dup_exact`: an event delivered twice.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::ground::{Ground, Site};
use crate::anomaly::incident::Incident;
use crate::anomaly::kind::{Kind, Param, ParamType, Rule, Scope};
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static DUP_EXACT: Kind = Kind::new(
    "dup_exact",
    Scope::Record,
    "Delivers an event again, later, with all that it says.",
    "An event's id is unique.",
)
.critical()
.found_by(Rule::AnyCopy)
.drizzles(3e-4)
.takes(&[
    Param::new(
        "delay_s",
        ParamType::Number(0.001..=2_592_000.0, 30.0),
        "Median time until it comes again, in seconds.",
    ),
    Param::new(
        "beyond_day",
        ParamType::Number(0.0..=1.0, 0.2),
        "Share that comes again a day or more later, beyond what most pipelines remember.",
    ),
])
.acts(&DupExact);

struct DupExact;

const DAY: f64 = 86_400e6;

impl Act for DupExact {
    fn inject(
        &self,
        ground: &Ground<'_>,
        site: Site,
        params: &Params,
        draw: &mut Stream,
    ) -> Option<Incident> {
        let Site::Row(row) = site else { return None };
        let event = ground.event(row)?;
        let beyond = draw.chance(params.number("beyond_day"));
        let delay = if beyond {
            (DAY * (1.0 + draw.unit())) as i64
        } else {
            super::delay(params.number("delay_s"), draw)
        };
        let at = event.row.received + delay;
        ground.is_covered(at).then(|| Incident::new().duplicate(row, Vec::new(), Some(at)))
    }
}
