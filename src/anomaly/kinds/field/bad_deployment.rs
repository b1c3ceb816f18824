//! `bad_deployment`: a release that no longer sends a field.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::columns;
use crate::anomaly::crowd::somebody;
use crate::anomaly::ground::{Ground, Rowset, Site};
use crate::anomaly::incident::Incident;
use crate::anomaly::kind::{Kind, Param, ParamType, Rule, Scope, Unit};
use crate::anomaly::kinds::field::MISSING_VALUE;
use crate::anomaly::value::Value;
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static BAD_DEPLOYMENT: Kind = Kind::new(
    "bad_deployment",
    Scope::Field,
    "Lets one version of a browser or app leave out a field for a while: a burst of missing values, each an incident of its own.",
    "What is required is there, whatever the version.",
)
.critical()
.found_by(Rule::Window)
.of(Unit::Window)
.usually(1)
.takes(&[
    Param::new(
        "columns",
        ParamType::Columns(&["events.page_url", "events.page_path", "events.page_load_ms"]),
        "One of which columns of the events.",
    ),
    Param::new("hours", ParamType::Number(0.1..=240.0, 12.0), "How long it lasts."),
    Param::new("share", ParamType::Number(0.01..=1.0, 0.5), "Share of the version's events."),
])
.acts(&BadDeployment);

struct BadDeployment;

impl Act for BadDeployment {
    fn inject(
        &self,
        ground: &Ground<'_>,
        _: Site,
        params: &Params,
        draw: &mut Stream,
    ) -> Option<Incident> {
        let (from, until) = ground.lasting(params.number("hours"), draw);
        // A version that many have.
        let user = somebody(ground, (from, until), draw);
        let device = user.devices.at(draw.below(user.devices.len() as u32) as usize);
        let (profile, build) = (device.profile as u8, device.build as u8);
        let names: Vec<&str> = columns::of(params.words("columns"), Rowset::Events).collect();
        let column = *names.get(draw.below(names.len().max(1) as u32) as usize)?;
        ground.can_be_absent(Rowset::Events, column).then_some(())?;
        let (salt, share) = (draw.next(), params.number("share"));
        let mut incident = Incident::new().lasts(from, until).effect(share);
        for ordinal in 0..ground.count(Rowset::Sessions) as u32 {
            let session = ground.session(ordinal);
            let is_hit = (session.profile, session.build) == (profile, build)
                && session.ended >= from
                && session.started < until;
            if !is_hit {
                continue;
            }
            for event in ground.events(ordinal) {
                let row = event.at();
                // Whether it strikes is a matter of the event, not of those before it.
                let lot = crate::seed::mix(ground.uid(row) ^ salt) as f64 / u64::MAX as f64;
                let strikes = event.row.time >= from && event.row.time < until && lot < share;
                if strikes && !ground.value(row, column).is_null() {
                    let child = Incident::new().set(row, column, Value::Null);
                    incident = incident.with_child(&MISSING_VALUE, child);
                }
            }
        }
        Some(incident)
    }
}
