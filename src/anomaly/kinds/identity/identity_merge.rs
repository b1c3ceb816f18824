//! `identity_merge`: two people under one id.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::ground::{Ground, RowRef, Rowset, Site};
use crate::anomaly::incident::{Incident, Role};
use crate::anomaly::kind::{Detectability, Kind, Param, ParamType, Scope};
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static IDENTITY_MERGE: Kind = Kind::new(
    "identity_merge",
    Scope::Identity,
    "Gives all that a user did, and the user's devices, to another user's id.",
    "An id leads to one profile.",
)
.critical()
.shows_in(Detectability::Statistics)
.needs(&["events", "users", "devices", "sessions", "journeys", "orders"])
.takes(&[Param::new(
    "profile",
    ParamType::Choice(&["lost", "kept"]),
    "Whether the user's own profile is lost, or stands under the other's id as a second one.",
)])
.acts(&IdentityMerge);

struct IdentityMerge;

impl Act for IdentityMerge {
    fn inject(
        &self,
        ground: &Ground<'_>,
        site: Site,
        params: &Params,
        draw: &mut Stream,
    ) -> Option<Incident> {
        let Site::Row(row) = site else { return None };
        let other =
            RowRef::new(Rowset::Users, draw.below(ground.count_clean(Rowset::Users) as u32));
        let user = ground.user_of(row);
        let were_here = |row: RowRef| !ground.sessions_of(ground.user_of(row)).is_empty();
        (other != row && were_here(row) && were_here(other)).then_some(())?;
        let id = ground.value(other, "user_id");
        let mut incident = super::renamed(ground, user, 0, &id)?;
        for device in ground.devices_of(user) {
            incident = incident.set(RowRef::new(Rowset::Devices, device), "user_id", id.clone());
        }
        incident = match params.word("profile") {
            "kept" => incident.set(row, "user_id", id),
            _ => incident.delete(row),
        };
        // One ledger is kept, the other one's.
        let consents = &ground.context.journal.consents;
        let own = |at: &u32| consents[*at as usize].device.is_none();
        let consents = ground.consents_of(user).filter(own).map(|at| (Rowset::Consents, at));
        let erasures = ground.erasures_of(user).map(|at| (Rowset::ErasureRequests, at));
        for (rowset, at) in consents.chain(erasures) {
            incident = incident.delete(RowRef::new(rowset, at)).role(Role::Collateral);
        }
        let incident = incident.touch(other, Role::Counterpart);
        Some(super::with_devices(incident, ground, ground.user_of(other)))
    }
}
