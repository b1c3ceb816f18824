//! `stuck_value`: one reading, again and again.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::columns;
use crate::anomaly::ground::{Ground, Rowset, Site};
use crate::anomaly::incident::Incident;
use crate::anomaly::kind::{Kind, Param, ParamType, Rule, Scope, Unit};
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static STUCK_VALUE: Kind = Kind::new(
    "stuck_value",
    Scope::Field,
    "Repeats one reading for a run of rows.",
    "A run is no longer than it may be.",
)
.of(Unit::Session)
.found_by(Rule::AnyMember)
.takes(&[
    Param::new(
        "columns",
        ParamType::Columns(&["events.page_load_ms", "events.page_dwell_ms"]),
        "Which columns of readings that have a longest run.",
    ),
    Param::new(
        "beyond",
        ParamType::Integer(1..=1_000, 4),
        "By how many readings the run is longer than it may be, at most.",
    ),
])
.acts(&StuckValue);

struct StuckValue;

impl Act for StuckValue {
    fn inject(
        &self,
        ground: &Ground<'_>,
        site: Site,
        params: &Params,
        draw: &mut Stream,
    ) -> Option<Incident> {
        let Site::Row(session) = site else { return None };
        let names: Vec<&str> = columns::of(params.words("columns"), Rowset::Events).collect();
        let name = *names.get(draw.below(names.len() as u32) as usize)?;
        let most = ground.table(Rowset::Events)?.field(name)?.bounds.max_run?;
        (ground.session(session.ordinal).events > most).then_some(())?;
        let mut events = ground.events(session.ordinal);
        events.sort_by_key(|event| (event.row.received, event.row.sequence));
        let readings: Vec<_> = events
            .iter()
            .map(|event| (event.at(), ground.value(event.at(), name)))
            .filter(|(_, value)| !value.is_null())
            .collect();
        let more = 1 + draw.below(params.integer("beyond") as u32) as usize;
        let length = (most as usize + more).min(readings.len());
        (length > most as usize).then_some(())?;
        let start = draw.below((readings.len() - length + 1) as u32) as usize;
        let run = &readings[start..start + length];
        let (_, stuck) = run.first()?;
        let later = run.iter().filter(|(_, value)| value != stuck);
        let incident = Incident::new().effect(length as f64).note("column", name);
        Some(later.fold(incident, |incident, (row, _)| incident.set(*row, name, stuck.clone())))
    }
}
