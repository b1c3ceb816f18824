//! Account takeover: somebody else buys in a known person's name, on a device of his own, from another country.

use super::could_be;
use crate::anomaly::fresh;
use crate::anomaly::ground::{Ground, RowRef, Rowset};
use crate::anomaly::incident::{Incident, Role, cells};
use crate::anomaly::kinds::{identity, wake};
use crate::anomaly::value::Value;
use crate::event::journal::Session;
use crate::model::globe;
use crate::scenario::ledger::state::{DENIED, GRANTED};
use crate::seed::Stream;
use crate::tables::sessions::has_persistent_ids;

/// The incident, in a visit in which the user buys and that is a journey by itself.
pub(super) fn incident(ground: &Ground<'_>, user: RowRef, draw: &mut Stream) -> Option<Incident> {
    let journal = ground.context.journal;
    let person = ground.user_of(user);
    let visits = || ground.sessions_of(person);
    let was_known = |before: i64| {
        visits()
            .map(|at| ground.session(at))
            .any(|of| of.ended < before && of.known_from <= of.ended)
    };
    let is_purchase = |at: &u32| {
        let of = ground.session(*at);
        // Cart and device of an earlier visit would be somebody else's.
        of.converted && journal.journeys[of.journey as usize].sessions == 1 && was_known(of.started)
    };
    let mut ways: Vec<(u32, usize, f64)> = Vec::new();
    for at in visits().filter(is_purchase) {
        if let Some(countries) = countries(ground, at) {
            ways.extend(countries.into_iter().map(|(country, far)| (at, country, far)));
        }
    }
    let (visit, country, far) = *ways.get(draw.below(ways.len().max(1) as u32) as usize)?;
    let of = ground.session(visit);
    let device = ground.device_of(visit)?;
    let consents = consents(ground, of)?;
    let code = &ground.world().models.countries[country].code;
    let cities = ground.world().models.countries[country].cities.len();
    let place = identity::place(ground, visit, country, draw.below(cities as u32) as usize, draw);
    let (new_device, anonymous) = (fresh::key(draw), fresh::key(draw));
    let whose = [("device_id", new_device.clone()), ("anonymous_id", anonymous)];
    let arrived = [
        ("device_id", new_device.clone()),
        ("first_seen", Value::Long(of.started)),
        ("last_seen", Value::Long(of.ended)),
    ];
    let mut incident = Incident::new().lasts(of.started, of.ended);
    incident = incident.insert(device, cells(arrived), None);
    let row = RowRef::new(Rowset::Sessions, visit);
    incident = incident.set_all(row, cells(whose.clone().into_iter().chain(place.clone())));
    // Pings tell neither device nor address.
    let persists = has_persistent_ids(of);
    for event in ground.events(visit) {
        let told = whose.clone().into_iter().chain(place.clone());
        let told = told
            .filter(|(name, _)| persists || !["device_id", "anonymous_id", "ip"].contains(name));
        incident = incident.set_all(event.at(), cells(told));
    }
    for order in ground.orders_in(visit) {
        let order = RowRef::new(Rowset::Orders, order);
        incident = incident.set(order, "device_id", new_device.clone());
    }
    // What its owner agreed to on the old device is asked again on the new one.
    for consent in consents {
        let asked = [
            ("consent_id", fresh::key(draw)),
            ("device_id", new_device.clone()),
            ("sequence", Value::Int(1)),
            ("occurred_at", Value::Long(of.started)),
            ("effective_at", Value::Long(of.started)),
        ];
        incident = incident.insert(consent, cells(asked), None).role(Role::Collateral);
    }
    let others = visits().filter(|at| *at != visit).map(|at| ground.session(at));
    let last = others.filter(|other| other.device == of.device).map(|other| other.ended).max();
    let last = last.map_or(Value::Null, Value::Long);
    incident = wake::adjust(incident, ground, device, [("last_seen", last)]);
    let incident = incident.touch(user, Role::Counterpart).note("country", code.clone());
    Some(incident.effect(far))
}

/// Other countries that somebody could be in during a visit, and be asked for consent or not as at home; with the kilometres to them.
/// None where what was agreed to on the device changes in the visit.
fn countries(ground: &Ground<'_>, visit: u32) -> Option<Vec<(usize, f64)>> {
    let of = ground.session(visit);
    consents(ground, of)?;
    let countries = &ground.world().models.countries;
    let home = &countries[usize::from(of.country)];
    let others = countries.iter().enumerate().filter(|(_, other)| {
        other.code != home.code && other.banner.0 == home.banner.0 && !other.cities.is_empty()
    });
    let far =
        others.filter_map(|(at, other)| Some((at, globe::kilometres(&home.code, &other.code)?)));
    Some(far.filter(|(_, far)| could_be(ground, visit, |_| *far)).collect())
}

/// The rows of the ledger that hold for the device of a visit as it begins; none where some change in it.
fn consents(ground: &Ground<'_>, of: &Session) -> Option<Vec<RowRef>> {
    let ledger = &ground.context.journal.consents;
    let mut standing: Vec<(u8, RowRef)> = Vec::new();
    for at in ground.consents_of(of.user) {
        let row = &ledger[at as usize];
        if row.device != Some(of.device) || row.effective > of.ended {
            continue;
        }
        if row.effective > of.started || (of.started..=of.ended).contains(&row.expires) {
            return None;
        }
        standing.retain(|(purpose, _)| *purpose != row.purpose);
        if matches!(row.state, GRANTED | DENIED) && row.expires > of.ended {
            standing.push((row.purpose, RowRef::new(Rowset::Consents, at)));
        }
    }
    Some(standing.into_iter().map(|(_, row)| row).collect())
}
