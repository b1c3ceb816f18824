//! Who is who.

mod identity_merge;
mod identity_split;
mod impossible_travel;
mod pseudonym_unstable;
mod ua_device_mismatch;

use crate::anomaly::ground::{Ground, RowRef, Rowset};
use crate::anomaly::incident::{Incident, Role};
use crate::anomaly::value::Value;
use crate::event::journal::NEVER;
use crate::tables::sessions::has_persistent_ids;

pub(super) use identity_merge::IDENTITY_MERGE;
pub(super) use identity_split::IDENTITY_SPLIT;
pub(super) use impossible_travel::{IMPOSSIBLE_TRAVEL, place};
pub(super) use pseudonym_unstable::PSEUDONYM_UNSTABLE;
pub(super) use ua_device_mismatch::UA_DEVICE_MISMATCH;

/// Gives what a user did in some journeys to another id: the journeys, their sessions, orders, and the events in which the user was
/// known. None where the user was known in nothing of it.
fn renamed(ground: &Ground<'_>, user: u64, from_journey: u32, id: &Value) -> Option<Incident> {
    let journal = ground.context.journal;
    let mut incident = Incident::new();
    let mut lasts: Option<(i64, i64)> = None;
    let set = |incident: Incident, row: RowRef| incident.set(row, "user_id", id.clone());
    for journey in ground.journeys_of(user).filter(|journey| *journey >= from_journey) {
        if journal.journeys[journey as usize].known {
            incident = set(incident, RowRef::new(Rowset::Journeys, journey));
        }
    }
    for at in ground.sessions_of(user) {
        let session = ground.session(at);
        if session.journey < from_journey || session.known_from == NEVER {
            continue;
        }
        let (from, until) = lasts.unwrap_or((session.started, session.ended));
        lasts = Some((from.min(session.started), until.max(session.ended)));
        if session.known_from <= session.ended {
            incident = set(incident, RowRef::new(Rowset::Sessions, at));
        }
        for order in ground.orders_in(at) {
            incident = set(incident, RowRef::new(Rowset::Orders, order));
        }
        // Pings name nobody.
        let events = if has_persistent_ids(session) { ground.events(at) } else { Vec::new() };
        for event in events.iter().filter(|event| event.row.time >= session.known_from) {
            incident = set(incident, event.at());
        }
    }
    let (from, until) = lasts.filter(|_| !incident.edits.is_empty())?;
    Some(incident.lasts(from, until))
}

/// The incident, and by what those concerned are known before they have a name: their devices.
pub(super) fn with_devices(incident: Incident, ground: &Ground<'_>, user: u64) -> Incident {
    ground.devices_of(user).fold(incident, |all, device| {
        all.touch(RowRef::new(Rowset::Devices, device), Role::Context)
    })
}
