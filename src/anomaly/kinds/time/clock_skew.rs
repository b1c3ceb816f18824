//! `clock_skew`: a device whose clock is wrong for a session.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::ground::{Ground, RowRef, Site};
use crate::anomaly::incident::{Incident, cells};
use crate::anomaly::kind::{Kind, Param, ParamType, Scope, Unit};
use crate::anomaly::value::Value;
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static CLOCK_SKEW: Kind = Kind::new(
    "clock_skew",
    Scope::Time,
    "Sets a device's clock wrong for a session: an offset, a drift, a clock that was reset, the year 10013.",
    "Device and server differ by little.",
)
.critical()
.of(Unit::Session)
.drizzles(1e-4)
.takes(&[
    Param::new(
        "how",
        ParamType::Some(&["offset", "drift", "reset", "year_10013"]),
        "Off by the same all the time, by more and more, back at 2010, or in a year of five digits (Parquet alone can write that).",
    ),
    Param::new(
        "offset_s",
        ParamType::Number(1.0..=31_536_000.0, 7_200.0),
        "By how many seconds at most, ahead or behind; a drift is as far off at the session's end.",
    ),
])
.acts(&ClockSkew);

struct ClockSkew;

/// The first moment of 2010, where clocks are that have lost their time, and the years until 10013, in µs.
const RESET: i64 = 1_262_304_000_000_000;
const FAR: i64 = 7_987 * 31_556_952_000_000;

impl Act for ClockSkew {
    fn inject(
        &self,
        ground: &Ground<'_>,
        site: Site,
        params: &Params,
        draw: &mut Stream,
    ) -> Option<Incident> {
        let Site::Row(RowRef { ordinal: session, .. }) = site else { return None };
        let of = ground.session(session);
        let has_lines = ground.world().output.format.name() == "ndjson";
        let how = params.turns("how", draw).find(|how| !(has_lines && *how == "year_10013"))?;
        let sign = if draw.chance(0.5) { 1.0 } else { -1.0 };
        let offset = sign * params.number("offset_s") * 1e6 * (0.1 + 0.9 * draw.unit());
        let length = (of.ended - of.started).max(1) as f64;
        let by = |time: i64| match how {
            "offset" => offset as i64,
            "drift" => (offset * (1.0 + (time - of.started) as f64) / (1.0 + length)) as i64,
            "reset" => RESET - of.started,
            _ => FAR,
        };
        let mut incident = Incident::new();
        for event in ground.events(session) {
            let sent = ground.value(event.at(), "sent_at").number()?;
            let [time, sent] = [event.row.time, sent].map(|time| Value::Long(time + by(time)));
            let to = cells([("event_time", time), ("sent_at", sent)]);
            incident = incident.set_all(event.at(), to);
        }
        let effect = by(of.ended) as f64 / 1e6;
        (effect != 0.0).then(|| incident.effect(effect))
    }
}
