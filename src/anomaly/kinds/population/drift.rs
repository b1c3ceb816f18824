//! `drift`: a crowd that is made up otherwise than before.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::crowd::{somebody, weighted};
use crate::anomaly::ground::{Ground, RowRef, Rowset, Site};
use crate::anomaly::incident::Incident;
use crate::anomaly::kind::{Detectability, Kind, Param, ParamType, Scope};
use crate::anomaly::value::Value;
use crate::scenario::World;
use crate::seed::{Stream, mix};

/// The kind.
pub(in crate::anomaly::kinds) static DRIFT: Kind = Kind::new(
    "drift",
    Scope::Population,
    "Shifts the networks that visits come over towards one of them, likelier one that many could come over, at once or little by little; each visit keeps one that its device knows and its address fits.",
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
        let network = network(ground, (from, until), draw)?;
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
            let (profile, own) = (session.profile.into(), session.network.into());
            if !is_other || !to.is_some_and(|to| is_alike(world, profile, own, to)) {
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

/// People asked for a network, of whom some hold devices that know but one.
const ATTEMPTS: usize = 32;

/// A network that visits in that time could come over and do not, the likelier the more there are.
fn network<'w>(ground: &Ground<'w>, within: (i64, i64), draw: &mut Stream) -> Option<&'w str> {
    let world = ground.world();
    (0..ATTEMPTS).find_map(|_| {
        let user = somebody(ground, within, draw);
        let device = user.devices.at(draw.below(user.devices.len() as u32) as usize);
        let profile = usize::from(device.profile);
        let known = &world.models.devices[profile].networks;
        let others = |to: usize| {
            let all = known.iter().enumerate();
            let other = all.filter(|(from, _)| *from != to && is_alike(world, profile, *from, to));
            other.map(|(_, (_, weight))| weight).sum::<f64>()
        };
        let weights: Vec<f64> = (0..known.len()).map(others).collect();
        Some(known[weighted(&weights, draw)?].0.as_str())
    })
}

/// Whether a device's networks are both fixed lines or both mobile: an address tells the ones from the others, and must stay true.
fn is_alike(world: &World, profile: usize, one: usize, other: usize) -> bool {
    let fixed_line = &world.tables.fixed_line[profile];
    fixed_line[one] == fixed_line[other]
}
