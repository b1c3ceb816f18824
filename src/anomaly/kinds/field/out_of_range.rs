//! `out_of_range`: numbers that cannot be.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::columns;
use crate::anomaly::ground::{Ground, Rowset, Site};
use crate::anomaly::incident::Incident;
use crate::anomaly::kind::{Kind, Param, ParamType, Scope};
use crate::anomaly::value::Value;
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static OUT_OF_RANGE: Kind = Kind::new(
    "out_of_range",
    Scope::Field,
    "Makes a price negative or a quantity zero.",
    "Numbers are within their bounds.",
)
.critical()
.drizzles(5e-5)
.takes(&[Param::new(
    "columns",
    ParamType::Columns(&["events.price", "events.quantity", "events.page_dwell_ms"]),
    "Which columns of numbers, all of which are above zero in clean data.",
)])
.acts(&OutOfRange);

struct OutOfRange;

impl Act for OutOfRange {
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
        let above = |value: &Value| value.number().is_some_and(|number| number > 0);
        let (column, value) = columns::pick(ground, row, names, draw, above)?;
        let negative = draw.chance(0.7);
        let wrong = match value {
            Value::Long(number) => Value::Long(-number),
            Value::Int(number) if negative => Value::Int(-number),
            Value::Int(_) => Value::Int(0),
            _ => return None,
        };
        Some(Incident::new().set(row, column, wrong))
    }
}
