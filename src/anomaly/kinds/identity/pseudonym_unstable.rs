//! `pseudonym_unstable`: from some visit on, pseudonyms as if made with another key.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::fresh;
use crate::anomaly::ground::{Ground, RowRef, Rowset, Site};
use crate::anomaly::incident::Incident;
use crate::anomaly::kind::{Detectability, Kind, Scope, Stage};
use crate::seed::Stream;
use crate::tables::sessions::has_persistent_ids;

/// The kind.
pub(in crate::anomaly::kinds) static PSEUDONYM_UNSTABLE: Kind = Kind::new(
    "pseudonym_unstable",
    Scope::Identity,
    "Changes the key of a user's pseudonyms in the middle: from some visit on, the anonymous ids of the devices become other tokens. Only behind a policy that makes tokens of `anonymous_id` (`--pseudonymise`).",
    "A pseudonym is constant.",
)
.critical()
.shows_in(Detectability::Statistics)
.at(Stage::Pseudonymise)
.needs(&["events", "sessions"])
.acts(&PseudonymUnstable);

struct PseudonymUnstable;

impl Act for PseudonymUnstable {
    fn inject(
        &self,
        ground: &Ground<'_>,
        site: Site,
        _: &Params,
        draw: &mut Stream,
    ) -> Option<Incident> {
        let Site::Row(row) = site else { return None };
        let user = ground.user_of(row);
        let visits = || ground.sessions_of(user).map(|at| (at, ground.session(at)));
        // Who does not come again has nothing to change.
        let comes_again = |device: u8, at: i64| {
            visits().any(|(_, other)| other.device == device && other.started < at)
        };
        let again = visits().filter(|(_, of)| comes_again(of.device, of.started));
        let again: Vec<i64> = again.map(|(_, of)| of.started).collect();
        let from = *again.get(draw.below(again.len().max(1) as u32) as usize)?;
        let (mut incident, mut last) = (Incident::new(), from);
        for device in ground.devices_of(user) {
            let own = ground.context.journal.devices[device as usize].device;
            // What is made of another id is what another key makes of this one: nothing leads from the one token to the other.
            let id = fresh::key(draw);
            for (at, of) in visits().filter(|(_, of)| of.device == own && of.started >= from) {
                last = last.max(of.ended);
                let session = RowRef::new(Rowset::Sessions, at);
                incident = incident.set(session, "anonymous_id", id.clone());
                // Pings tell no id.
                let events = if has_persistent_ids(of) { ground.events(at) } else { Vec::new() };
                for event in events {
                    incident = incident.set(event.at(), "anonymous_id", id.clone());
                }
            }
        }
        let incident = super::with_devices(incident.lasts(from, last), ground, user);
        Some(incident)
    }
}
