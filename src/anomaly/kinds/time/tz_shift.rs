//! `tz_shift`: local time stored as if it were UTC.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::ground::{Ground, Site};
use crate::anomaly::incident::{Incident, cells};
use crate::anomaly::kind::{Kind, Param, ParamType, Scope};
use crate::anomaly::value::Value;
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static TZ_SHIFT: Kind = Kind::new(
    "tz_shift",
    Scope::Time,
    "Stores an event's local time as UTC; what it was sent at as well.",
    "Time and zone give the local time.",
)
.critical()
.drizzles(5e-5)
.takes(&[Param::new(
    "twice",
    ParamType::Flag(false),
    "Whether the other direction is taken: UTC taken for local time, and the offset taken off once more.",
)])
.acts(&TzShift);

struct TzShift;

impl Act for TzShift {
    fn inject(
        &self,
        ground: &Ground<'_>,
        site: Site,
        params: &Params,
        _: &mut Stream,
    ) -> Option<Incident> {
        let Site::Row(row) = site else { return None };
        let event = ground.event(row)?;
        let people = &ground.world().people;
        let zone = people.user(ground.user_of(row)).zone;
        let sign = if params.flag("twice") { -1 } else { 1 };
        let by = sign * people.zones().offset(zone.into(), event.row.time);
        // On the meridian of Greenwich there is nothing to confuse.
        (by != 0).then_some(())?;
        let sent = ground.value(row, "sent_at").number()?;
        let [time, sent] = [event.row.time, sent].map(|time| Value::Long(time + by));
        let to = cells([("event_time", time), ("sent_at", sent)]);
        Some(Incident::new().set_all(row, to).effect(by as f64 / 1e6))
    }
}
