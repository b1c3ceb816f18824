//! `impossible_travel`: somebody who is in two places sooner than anybody gets from one to the other.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::ground::{Ground, RowRef, Rowset, Site};
use crate::anomaly::incident::{Incident, Role, cells};
use crate::anomaly::kind::{Kind, Param, ParamType, Scope};
use crate::anomaly::value::Value;
use crate::frame::{NULL, Strings};
use crate::model::globe;
use crate::seed::Stream;
use crate::tables::sessions::has_persistent_ids;

/// The kind.
pub(in crate::anomaly::kinds) static IMPOSSIBLE_TRAVEL: Kind = Kind::new(
    "impossible_travel",
    Scope::Identity,
    "Lets a session of a user come from a country that nobody gets to in the time since the one before.",
    "Nobody moves faster than an aeroplane.",
)
.critical()
.drizzles(1e-4)
.needs(&["events", "sessions"])
.takes(&[Param::new(
    "speed_kmh",
    ParamType::Number(1_000.0..=1_000_000.0, 1_500.0),
    "The slowest that the user must have been, in kilometres an hour.",
)])
.acts(&ImpossibleTravel);

struct ImpossibleTravel;

impl Act for ImpossibleTravel {
    fn inject(
        &self,
        ground: &Ground<'_>,
        site: Site,
        params: &Params,
        draw: &mut Stream,
    ) -> Option<Incident> {
        let Site::Row(row) = site else { return None };
        let countries = &ground.world().models.countries;
        let mut sessions: Vec<u32> = ground.sessions_of(ground.user_of(row)).collect();
        sessions.sort_by_key(|at| (ground.session(*at).started, *at));
        let mut journeys: Vec<(u32, u32, usize, f64)> = Vec::new();
        for pair in sessions.windows(2) {
            let [before, after] = [pair[0], pair[1]].map(|at| ground.session(at));
            let hours = (after.started - before.ended).max(1_000_000) as f64 / 3.6e9;
            let here = &countries[usize::from(before.country)].code;
            for (there, country) in countries.iter().enumerate() {
                let speed = globe::kilometres(here, &country.code).unwrap_or(0.0) / hours;
                if speed >= params.number("speed_kmh") {
                    journeys.push((pair[0], pair[1], there, speed));
                }
            }
        }
        let (before, after, country, speed) =
            *journeys.get(draw.below(journeys.len().max(1) as u32) as usize)?;
        let city = draw.below(countries[country].cities.len() as u32) as usize;
        let place = place(ground, after, country, city, draw);
        let mut incident =
            Incident::new().set_all(RowRef::new(Rowset::Sessions, after), cells(place.clone()));
        // Pings tell no address.
        let persists = has_persistent_ids(ground.session(after));
        for event in ground.events(after) {
            let told = place.clone().into_iter().filter(|(name, _)| persists || *name != "ip");
            incident = incident.set_all(event.at(), cells(told));
        }
        let before = RowRef::new(Rowset::Sessions, before);
        Some(incident.touch(before, Role::Counterpart).effect(speed))
    }
}

/// What a session tells of a place: the address is another one of the same network.
pub(in crate::anomaly::kinds) fn place(
    ground: &Ground<'_>,
    session: u32,
    country: usize,
    city: usize,
    draw: &mut Stream,
) -> [(&'static str, Value); 4] {
    let words = &ground.world().words;
    let text = |strings: &Strings, key: u32| match key {
        NULL => Value::Null,
        key => Value::Text(strings.get(key).to_owned()),
    };
    let ip = ground.session(session).ip;
    // 198.18.0.0/15 for lines, 100.64.0.0/10 for phones.
    let host = if ip >> 17 == 0xC612_0000 >> 17 { 0x0001_FFFF } else { 0x003F_FFFF };
    let ip = std::net::Ipv4Addr::from((ip & !host) | (draw.next() as u32 & host));
    [
        ("country", text(&words.countries, country as u32)),
        ("region", text(&words.regions, words.region[country][city])),
        ("city", text(&words.cities, words.city[country][city])),
        ("ip", Value::Text(ip.to_string())),
    ]
}
