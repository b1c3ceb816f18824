//! `fk_wrong_parent`: a reference that leads to somebody else's row.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::columns;
use crate::anomaly::ground::{Ground, RowRef, Rowset, Site};
use crate::anomaly::incident::{Incident, Role};
use crate::anomaly::kind::{Kind, Param, ParamType, Scope};
use crate::anomaly::value::Value;
use crate::seed::Stream;
use crate::tables::sessions::has_persistent_ids;

/// The kind.
pub(in crate::anomaly::kinds) static FK_WRONG_PARENT: Kind = Kind::new(
    "fk_wrong_parent",
    Scope::Reference,
    "Lets a reference lead to another user's session, device or profile.",
    "An event's user is its session's.",
)
.critical()
.drizzles(5e-5)
.needs(&[])
.takes(&[Param::new(
    "columns",
    ParamType::Columns(&[
        "events.session_id",
        "events.device_id",
        "events.user_id",
        "orders.session_id",
    ]),
    "Which columns that refer to a row which is one user's.",
)])
.acts(&FkWrongParent);

struct FkWrongParent;

impl Act for FkWrongParent {
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
        // A ping names nobody, so nobody can tell whose it is instead.
        let is_ping =
            row.rowset == Rowset::Events && !has_persistent_ids(ground.session(row.ordinal));
        (!is_ping).then_some(())?;
        let table = ground.table(row.rowset)?;
        let names = columns::of(params.words("columns"), row.rowset);
        let refers = |value: &Value| value.id().is_some();
        let (column, there) = columns::pick(ground, row, names, draw, refers)?;
        let (parent, key) = table.field(column)?.reference.as_ref()?;
        let rowset = Rowset::of(parent)?;
        let other = RowRef::new(rowset, draw.below(ground.count_clean(rowset) as u32));
        (ground.user_of(other) != ground.user_of(row)).then_some(())?;
        let id = ground.value(other, key);
        let is_other = !id.is_null() && id != there;
        is_other.then(|| Incident::new().set(row, column, id).touch(other, Role::Counterpart))
    }
}
