//! `epoch_unit`: a moment in another unit.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::columns;
use crate::anomaly::ground::{Ground, Rowset, Site};
use crate::anomaly::incident::Incident;
use crate::anomaly::kind::{Kind, Param, ParamType, Scope};
use crate::anomaly::value::Value;
use crate::schema::Type;
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static EPOCH_UNIT: Kind = Kind::new(
    "epoch_unit",
    Scope::Time,
    "Takes seconds, milli- or nanoseconds since 1970 for microseconds.",
    "Times lie in a plausible range.",
)
.critical()
.drizzles(2e-5)
.needs(&[])
.takes(&[
    Param::new(
        "columns",
        ParamType::Columns(&["events.event_time", "events.sent_at"]),
        "Which columns of moments; not the one by which events arrive.",
    ),
    Param::new(
        "units",
        ParamType::Some(&["seconds", "milliseconds", "nanoseconds"]),
        "Which units are mistaken: the first two give 1970, the last a year of five digits (Parquet alone can write that).",
    ),
])
.acts(&EpochUnit);

struct EpochUnit;

impl Act for EpochUnit {
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
        let table = ground.table(row.rowset)?;
        let is_moment = |name: &&str| {
            let ty = table.field(name).map(|field| field.ty);
            ty == Some(Type::Timestamp) && *name != "received_at"
        };
        let names = columns::of(params.words("columns"), row.rowset).filter(is_moment);
        let (column, value) = columns::pick(ground, row, names, draw, |_| true)?;
        let has_lines = ground.world().output.format.name() == "ndjson";
        let mut turns = params.turns("units", draw);
        let unit = turns.find(|unit| !(has_lines && *unit == "nanoseconds"))?;
        let moment = value.number()?;
        let wrong = match unit {
            "seconds" => moment / 1_000_000,
            "milliseconds" => moment / 1_000,
            _ => moment * 1_000,
        };
        Some(Incident::new().set(row, column, Value::Long(wrong)))
    }
}
