//! `drift`: a crowd that is made up otherwise than before.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::ground::{Ground, RowRef, Rowset, Site};
use crate::anomaly::incident::Incident;
use crate::anomaly::kind::{Detectability, Kind, Param, ParamType, Scope};
use crate::anomaly::value::Value;
use crate::seed::{Stream, mix};

/// The kind.
pub(in crate::anomaly::kinds) static DRIFT: Kind = Kind::new(
    "drift",
    Scope::Population,
    "Shifts the networks that visits come over towards one of them, at once or little by little; each visit keeps one that its device knows and its address fits.",
    "Distributions stay as they are.",
)
.shows_in(Detectability::Statistics)
.needs(&["events", "sessions"])
.usually(1)
.takes(&[
    Param::new("how", ParamType::Choice(&["abrupt", "gradual"]), "At once, or more and more."),
    Param::new("hours", ParamType::Number(1.0..=2_400.0, 6.0), "How long it lasts."),
    Param::new(
        "share",
        ParamType::Number(0.01..=1.0, 0.5),
        "Share of the visits that could come over the network and do; at the end, where it comes little by little.",
    ),
])
.acts(&Drift);

struct Drift;

impl Act for Drift {
    fn inject(
        &self,
        ground: &Ground<'_>,
        _: Site,
        params: &Params,
        draw: &mut Stream,
    ) -> Option<Incident> {
        let world = ground.world();
        let (from, until) = ground.lasting(params.number("hours"), draw);
        let share = params.number("share");
        let networks = &world.words.networks;
        let network = networks.get(draw.below(networks.len().max(1) as u32));
        let salt = draw.next();
        let mut incident = Incident::new().lasts(from, until).effect(share);
        incident = incident.note("network", network);
        for ordinal in 0..ground.count(Rowset::Sessions) as u32 {
            let session = ground.session(ordinal);
            if session.started < from || session.started >= until {
                continue;
            }
            let of_device = &world.models.devices[usize::from(session.profile)].networks;
            let is_other =
                of_device.get(usize::from(session.network)).is_some_and(|of| of.0 != network);
            let to = of_device.iter().position(|(name, _)| name == network);
            // An address tells a fixed line from a mobile network: it must stay true.
            let fixed_line = &world.tables.fixed_line[usize::from(session.profile)];
            let is_alike = |to: usize| fixed_line[to] == fixed_line[usize::from(session.network)];
            if !is_other || !to.is_some_and(is_alike) {
                continue;
            }
            let row = RowRef::new(Rowset::Sessions, ordinal);
            let so_far = (session.started - from) as f64 / (until - from) as f64;
            let chance = if params.word("how") == "gradual" { share * so_far } else { share };
            // Whether it strikes is a matter of the visit, not of those before it.
            let lot = mix(ground.uid(row) ^ salt) as f64 / u64::MAX as f64;
            if lot < chance {
                let to = || Value::Text(network.to_owned());
                incident = incident.set(row, "network", to());
                for event in ground.events(ordinal) {
                    incident = incident.set(event.at(), "network", to());
                }
            }
        }
        Some(incident)
    }
}
