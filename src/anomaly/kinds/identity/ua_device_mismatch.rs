//! `ua_device_mismatch`: a session whose user agent is another device's.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::ground::{Ground, RowRef, Site};
use crate::anomaly::incident::{Incident, cells};
use crate::anomaly::kind::{Kind, Param, ParamType, Rule, Scope, Unit};
use crate::anomaly::value::Value;
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static UA_DEVICE_MISMATCH: Kind = Kind::new(
    "ua_device_mismatch",
    Scope::Identity,
    "Gives a session the user agent of a device with another system.",
    "The user agent agrees with the device.",
)
.of(Unit::Session)
.found_by(Rule::AnyMember)
.takes(&[Param::new(
    "parsed",
    ParamType::Flag(false),
    "Whether system and browser are those that the user agent names, against the device, instead of the device's.",
)])
.acts(&UaDeviceMismatch);

struct UaDeviceMismatch;

impl Act for UaDeviceMismatch {
    fn inject(
        &self,
        ground: &Ground<'_>,
        site: Site,
        params: &Params,
        draw: &mut Stream,
    ) -> Option<Incident> {
        let Site::Row(RowRef { ordinal: session, .. }) = site else { return None };
        let of = ground.session(session);
        let words = &ground.world().words;
        let own = words.builds[usize::from(of.profile)][usize::from(of.build)];
        let others: Vec<_> = words.builds.iter().flatten().filter(|b| b.os != own.os).collect();
        let other = **others.get(draw.below(others.len().max(1) as u32) as usize)?;
        let agent = words.agents.get(other.agent);
        // Where a web view's browser is told, another web view's is no contradiction.
        (other.agent != own.agent && !of.webview).then_some(())?;
        let mut to = vec![("user_agent", agent)];
        if params.flag("parsed") {
            to.push(("os", words.systems.get(other.os)));
            to.push(("os_version", words.system_versions.get(other.os_version)));
            to.push(("browser", words.browsers.get(other.browser)));
            to.push(("browser_version", words.browser_versions.get(other.browser_version)));
        }
        let to: Vec<(&str, Value)> =
            to.into_iter().map(|(name, text)| (name, Value::Text(text.to_owned()))).collect();
        let events = ground.events(session);
        let incident = Incident::new();
        Some(events.iter().fold(incident, |all, event| all.set_all(event.at(), cells(to.clone()))))
    }
}
