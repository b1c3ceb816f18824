//! `id_collision`: two records that have nothing to do with each other, under one id.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::columns;
use crate::anomaly::ground::{Ground, RowRef, Rowset, Site};
use crate::anomaly::incident::{Incident, Role};
use crate::anomaly::kind::{Kind, Param, ParamType, Rule, Scope};
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static ID_COLLISION: Kind = Kind::new(
    "id_collision",
    Scope::Record,
    "Gives a record the id of one that it has nothing to do with.",
    "An id is of one record.",
)
.critical()
.found_by(Rule::AnyCopy)
.drizzles(5e-5)
.needs(&[])
.takes(&[Param::new(
    "columns",
    ParamType::Columns(&["events.event_id", "payments.payment_id"]),
    "Which columns that are their table's key.",
)])
.acts(&IdCollision);

struct IdCollision;

impl Act for IdCollision {
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
        let ordinal = draw.below(ground.count_clean(row.rowset) as u32);
        let other = if row.rowset == Rowset::Events {
            let events = ground.session(ordinal).events;
            RowRef::event(ordinal, draw.below(events.max(1)) as u16)
        } else {
            RowRef::new(row.rowset, ordinal)
        };
        let is_stranger = ground.user_of(other) != ground.user_of(row);
        let id = is_stranger.then(|| ground.value(other, column)).filter(|id| !id.is_null())?;
        Some(Incident::new().set(row, column, id).touch(other, Role::Counterpart))
    }
}
