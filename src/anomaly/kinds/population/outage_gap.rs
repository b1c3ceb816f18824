//! `outage_gap`: nothing was recorded for a while.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::crowd::{somebody, weighted};
use crate::anomaly::ground::{Ground, Rowset, Site};
use crate::anomaly::incident::Incident;
use crate::anomaly::kind::{Detectability, Kind, Param, ParamType, Scope};
use crate::anomaly::silence::{Dimension, Silence};
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static OUTAGE_GAP: Kind = Kind::new(
    "outage_gap",
    Scope::Population,
    "Leaves out all events of a while, or those of one country, device class or source, likelier one that many have; sessions and orders stay, since other systems keep them. Whatever else goes wrong keeps away: no event is left there, and none comes there.",
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
    fn empties(&self) -> bool {
        true
    }

    fn inject(
        &self,
        ground: &Ground<'_>,
        _: Site,
        params: &Params,
        draw: &mut Stream,
    ) -> Option<Incident> {
        let world = ground.world();
        let (from, until) = ground.lasting(params.number("hours"), draw);
        let mut incident = Incident::new().effect(1.0);
        let mut of = None;
        if let Some(dimension) = Dimension::named(params.word("by")) {
            let value = value(ground, dimension, (from, until), draw)?;
            let told = dimension.value(world, value)?;
            incident = incident.note("dimension", format!("{}={told}", dimension.column()));
            of = Some((dimension, value));
        }
        let silence = Silence { from, until, of };
        for ordinal in 0..ground.count(Rowset::Sessions) as u32 {
            let session = ground.session(ordinal);
            let meets = session.started < until && session.ended >= from;
            if meets && silence.is_of(world, session.into()) {
                let events = ground.events(ordinal);
                let lost = events.iter().filter(|event| silence.has(event.row.time));
                incident = lost.fold(incident, |all, event| all.delete(event.at()));
            }
        }
        Some(incident.silences(silence))
    }
}

/// A value that some of those have who come in that time, the likelier the more do.
fn value(
    ground: &Ground<'_>,
    dimension: Dimension,
    within: (i64, i64),
    draw: &mut Stream,
) -> Option<usize> {
    let (world, user) = (ground.world(), somebody(ground, within, draw));
    let device = user.devices.at(draw.below(user.devices.len() as u32) as usize);
    let class = world.models.devices[usize::from(device.profile)].class as usize;
    match dimension {
        Dimension::Country => Some(user.country.into()),
        Dimension::DeviceClass => Some(class),
        Dimension::Source => {
            let shares = &world.models.people[usize::from(user.persona)].sources;
            let sources = shares.iter().zip(&world.models.sources);
            let weights: Vec<f64> =
                sources.map(|(share, source)| share * source.devices[class]).collect();
            weighted(&weights, draw)
        }
    }
}
