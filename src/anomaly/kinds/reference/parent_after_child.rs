//! `parent_after_child`: a parent that is younger than its child.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::columns;
use crate::anomaly::ground::{Ground, RowRef, Rowset, Site};
use crate::anomaly::incident::{Incident, Role};
use crate::anomaly::kind::{Kind, Param, ParamType, Scope};
use crate::anomaly::kinds::identity::with_devices;
use crate::anomaly::value::Value;
use crate::event::journal::NEVER;
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static PARENT_AFTER_CHILD: Kind = Kind::new(
    "parent_after_child",
    Scope::Reference,
    "Makes a user or a device younger than what was done by or on it.",
    "A parent is created before its child.",
)
.critical()
.drizzles(1e-4)
.needs(&["events", "sessions"])
.takes(&[Param::new(
    "columns",
    ParamType::Some(&["users.created_at", "devices.first_seen"]),
    "Which parents, by the column that tells when each was there first.",
)])
.acts(&ParentAfterChild);

struct ParentAfterChild;

impl Act for ParentAfterChild {
    fn rows(&self, params: &Params) -> Vec<Rowset> {
        columns::rowsets(params.words("columns"))
    }

    fn inject(
        &self,
        ground: &Ground<'_>,
        site: Site,
        params: &Params,
        draw: &mut Stream,
    ) -> Option<Incident> {
        let Site::Row(row) = site else { return None };
        let column = columns::of(params.words("columns"), row.rowset).next()?;
        let journal = ground.context.journal;
        let is_child = |at: &u32| match row.rowset {
            Rowset::Devices => {
                ground.session(*at).device == journal.devices[row.ordinal as usize].device
            }
            _ => true,
        };
        let children: Vec<u32> = ground.sessions_of(ground.user_of(row)).filter(is_child).collect();
        let spans = || children.iter().map(|at| ground.session(*at));
        let first = *children.iter().min_by_key(|at| ground.session(**at).started)?;
        let (from, until) = (ground.session(first).started, spans().map(|of| of.ended).max()?);
        // The last child stays a child, so that it is there before it was last seen.
        (until > from).then_some(())?;
        let at = from + 1 + ((until - from - 1) as f64 * draw.unit()) as i64;
        let mut incident = Incident::new().set(row, column, Value::Long(at));
        if row.rowset == Rowset::Users {
            let registered = journal.users[row.ordinal as usize].registered;
            if registered != NEVER && registered < at {
                let registered = Value::Long(at);
                incident = incident.set(row, "registered_at", registered).role(Role::Collateral);
            }
            incident = with_devices(incident, ground, ground.user_of(row));
        }
        let child = RowRef::new(Rowset::Sessions, first);
        Some(incident.touch(child, Role::Counterpart).effect((at - from) as f64 / 1e6))
    }
}
