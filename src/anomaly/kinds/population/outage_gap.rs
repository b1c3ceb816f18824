//! `outage_gap`: nothing was recorded for a while.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::ground::{Ground, Rowset, Site};
use crate::anomaly::incident::Incident;
use crate::anomaly::kind::{Detectability, Kind, Param, ParamType, Scope};
use crate::event::journal::Session;
use crate::model::DeviceClass;
use crate::scenario::World;
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static OUTAGE_GAP: Kind = Kind::new(
    "outage_gap",
    Scope::Population,
    "Leaves out all events of a while, or those of one country, device class or source; sessions and orders stay, since other systems keep them, and so do visits in which something else goes wrong.",
    "No bucket is empty.",
)
.critical()
.shows_in(Detectability::Statistics)
.usually(1)
.takes(&[
    Param::new(
        "by",
        ParamType::Choice(&["all", "country", "device_class", "source"]),
        "Whether all events are missing, or those of one value of a column, which its label names as `dimension`.",
    ),
    Param::new("hours", ParamType::Number(0.05..=48.0, 1.0), "How long it lasts."),
])
.acts(&OutageGap);

struct OutageGap;

impl Act for OutageGap {
    fn inject(
        &self,
        ground: &Ground<'_>,
        _: Site,
        params: &Params,
        draw: &mut Stream,
    ) -> Option<Incident> {
        let world = ground.world();
        let (from, until) = ground.lasting(params.number("hours"), draw);
        let by = params.word("by");
        let values = values(world, by);
        let which = draw.below(values.len().max(1) as u32) as usize;
        let mut incident = Incident::new().lasts(from, until).effect(1.0);
        if let Some(value) = values.get(which) {
            incident = incident.note("dimension", format!("{by}={value}"));
        }
        for ordinal in 0..ground.count(Rowset::Sessions) as u32 {
            let session = ground.session(ordinal);
            let meets = session.started < until && session.ended >= from;
            if !meets || !values.is_empty() && value_of(world, by, session) != which {
                continue;
            }
            let events = ground.events(ordinal);
            let lost = events.iter().filter(|event| (from..until).contains(&event.row.time));
            incident = lost.fold(incident, |all, event| all.delete(event.at()));
        }
        Some(incident)
    }
}

/// The values that a column may have; none: it is no column.
fn values<'w>(world: &'w World, by: &str) -> Vec<&'w str> {
    let models = &world.models;
    match by {
        "country" => models.countries.iter().map(|country| &*country.code).collect(),
        "device_class" => DeviceClass::NAMES.to_vec(),
        "source" => models.sources.iter().map(|source| &*source.name).collect(),
        _ => Vec::new(),
    }
}

/// Which of them a session has.
fn value_of(world: &World, by: &str, session: &Session) -> usize {
    match by {
        "country" => session.country.into(),
        "device_class" => world.models.devices[usize::from(session.profile)].class as usize,
        _ => session.source.into(),
    }
}
