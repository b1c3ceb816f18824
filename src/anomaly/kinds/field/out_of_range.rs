//! `out_of_range`: numbers that cannot be.

use super::number;
use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::columns::{self, Chosen};
use crate::anomaly::ground::{Ground, Rowset, Site};
use crate::anomaly::incident::Incident;
use crate::anomaly::kind::{Kind, Param, ParamType, Scope};
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
.takes(&[
    Param::new(
        "columns",
        ParamType::Columns(&[
            "events.price",
            "events.quantity",
            "events.position",
            "events.page_load_ms",
            "events.page_dwell_ms",
            "devices.viewport_width",
            "devices.viewport_height",
            "devices.pixel_ratio",
            "order_items.quantity",
            "order_items.unit_price",
            "payments.amount",
        ]),
        "Which columns of numbers that have a least one.",
    ),
    Param::new(
        "how",
        ParamType::Some(&["negative", "zero"]),
        "The sign turned; nothing where there must be something.",
    ),
])
.acts(&OutOfRange);

struct OutOfRange;

/// Numbers that would be taken for a missing value.
const STAND_INS: [f64; 3] = [-1.0, -999.0, -9_999.0];

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
        let how = params.one("how", draw);
        let Chosen { row, field, value } =
            columns::choose(ground, site, params, draw, |field, value| {
                number::of(field, value).is_some_and(|number| number > 0.0)
                    && field.bounds.min.is_some_and(|min| how == "negative" || min > 0.0)
            })?;
        let was = number::of(field, &value)?;
        let is = match how {
            "zero" => 0.0,
            _ if STAND_INS.contains(&-was) => -was - 1.0,
            _ => -was,
        };
        (is < field.bounds.min?).then_some(())?;
        let incident = Incident::new().set(row, &field.name, number::to(field, is)?);
        Some(incident.note("way", how).note("column", &*field.name))
    }
}
