//! `identity_split`: one person under two ids.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::fresh;
use crate::anomaly::ground::{Ground, Site};
use crate::anomaly::incident::{Incident, Role, cells};
use crate::anomaly::kind::{Detectability, Kind, Param, ParamType, Scope};
use crate::anomaly::value::Value;
use crate::event::journal::NEVER;
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static IDENTITY_SPLIT: Kind = Kind::new(
    "identity_split",
    Scope::Identity,
    "Gives a user a second id from some journey on, with a profile of its own; the devices stay the first one's.",
    "A device, or an address, leads to one user.",
)
.shows_in(Detectability::Statistics)
.needs(&["events", "users", "sessions", "journeys", "orders"])
.takes(&[Param::new(
    "email",
    ParamType::Choice(&["same", "variant"]),
    "The e-mail address of the second profile: the first one's, or that with a tag (`name+2@`).",
)])
.acts(&IdentitySplit);

struct IdentitySplit;

impl Act for IdentitySplit {
    fn inject(
        &self,
        ground: &Ground<'_>,
        site: Site,
        params: &Params,
        draw: &mut Stream,
    ) -> Option<Incident> {
        let Site::Row(row) = site else { return None };
        let journal = ground.context.journal;
        let user = ground.user_of(row);
        // Who came once has nothing to split; the last journeys are the second one's.
        let known = |journey: &u32| journal.journeys[*journey as usize].known;
        let journeys = ground.journeys_of(user);
        let later: Vec<u32> = journeys.clone().skip(1).filter(known).collect();
        let from = *later.get(draw.below(later.len().max(1) as u32) as usize)?;
        let had_name = journeys.take_while(|at| *at < from).any(|at| known(&at));
        had_name.then_some(())?;
        let id = fresh::key(draw);
        let incident = super::renamed(ground, user, from, &id)?;
        let began = ground.sessions_of(user).map(|at| ground.session(at));
        let began = began.filter(|of| of.journey >= from).map(|of| of.started).min()?;
        let email = ground.value(row, "email");
        let email = match (params.word("email"), email.text().and_then(|of| of.split_once('@'))) {
            ("variant", Some((name, domain))) => Value::Text(format!("{name}+2@{domain}")),
            _ => email,
        };
        let since = if journal.users[row.ordinal as usize].registered == NEVER {
            Value::Null
        } else {
            Value::Long(began)
        };
        let profile = [
            ("user_id", id),
            ("email", email),
            ("created_at", Value::Long(began)),
            ("registered_at", since),
        ];
        let incident = incident.insert(row, cells(profile), None);
        let incident = incident.touch(row, Role::Counterpart);
        Some(super::with_devices(incident, ground, user))
    }
}
