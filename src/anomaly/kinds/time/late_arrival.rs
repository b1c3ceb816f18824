//! `late_arrival`: an event that arrives later than is allowed.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::ground::{Ground, Site};
use crate::anomaly::incident::Incident;
use crate::anomaly::kind::{Kind, Param, ParamType, Scope};
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static LATE_ARRIVAL: Kind = Kind::new(
    "late_arrival",
    Scope::Time,
    "Lets an event arrive later than is allowed.",
    "An event arrives within the allowed lateness.",
)
.critical()
.drizzles(5e-5)
.takes(&[Param::new(
    "beyond_h",
    ParamType::Number(0.001..=240.0, 8.0),
    "How many hours beyond the allowed lateness, at most.",
)])
.acts(&LateArrival);

struct LateArrival;

const HOUR: f64 = 3.6e9;

impl Act for LateArrival {
    fn inject(
        &self,
        ground: &Ground<'_>,
        site: Site,
        params: &Params,
        draw: &mut Stream,
    ) -> Option<Incident> {
        let Site::Row(row) = site else { return None };
        let event = ground.event(row)?;
        let beyond = params.number("beyond_h") * HOUR * (0.05 + 0.95 * draw.unit());
        let at = event.row.time + ground.world().lateness + (beyond as i64).max(1_000_000);
        let is_later = at > event.row.received;
        (is_later && ground.is_covered(at)).then(|| Incident::new().move_to(row, at))
    }
}
