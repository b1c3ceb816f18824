//! `fk_orphan`: a reference that leads nowhere.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::columns;
use crate::anomaly::fresh;
use crate::anomaly::ground::{Ground, Rowset, Site};
use crate::anomaly::incident::Incident;
use crate::anomaly::kind::{Kind, Param, ParamType, Scope};
use crate::anomaly::value::Value;
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static FK_ORPHAN: Kind = Kind::new(
    "fk_orphan",
    Scope::Reference,
    "Lets a reference lead nowhere.",
    "Every reference has its parent.",
)
.critical()
.drizzles(5e-5)
.needs(&[])
.takes(&[Param::new(
    "columns",
    ParamType::Columns(&[
        "events.session_id",
        "events.device_id",
        "sessions.device_id",
        "orders.session_id",
        "payments.session_id",
    ]),
    "Which columns that refer to others by a UUID.",
)])
.acts(&FkOrphan);

struct FkOrphan;

impl Act for FkOrphan {
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
        let names = columns::of(params.words("columns"), row.rowset);
        let is_id = |value: &Value| value.id().is_some();
        let (column, _) = columns::pick(ground, row, names, draw, is_id)?;
        Some(Incident::new().set(row, column, fresh::key(draw)))
    }
}
