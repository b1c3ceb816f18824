//! `numeric_outlier`: a number far beyond its spread.

use super::number;
use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::columns::{self, Chosen};
use crate::anomaly::ground::{Ground, Rowset, Site};
use crate::anomaly::incident::Incident;
use crate::anomaly::kind::{Kind, Param, ParamType, Scope};
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static NUMERIC_OUTLIER: Kind = Kind::new(
    "numeric_outlier",
    Scope::Field,
    "Multiplies a number far beyond its spread.",
    "Numbers are below the declared cap.",
)
.takes(&[
    Param::new(
        "columns",
        ParamType::Columns(&[
            "events.page_load_ms",
            "events.page_dwell_ms",
            "events.position",
            "events.price",
            "events.quantity",
            "devices.viewport_width",
            "devices.viewport_height",
            "devices.pixel_ratio",
            "order_items.quantity",
        ]),
        "Which columns of numbers that have a cap.",
    ),
    Param::new(
        "times",
        ParamType::Number(1.1..=1_000.0, 20.0),
        "How many times the cap, at most; small excesses are as likely as great ones.",
    ),
])
.acts(&NumericOutlier);

struct NumericOutlier;

impl Act for NumericOutlier {
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
        let Chosen { row, field, value } =
            columns::choose(ground, site, params, draw, |field, value| {
                field.bounds.max.is_some()
                    && number::of(field, value).is_some_and(|number| number > 0.0)
            })?;
        let (was, cap) = (number::of(field, &value)?, field.bounds.max?);
        let least = cap * params.number("times").powf(draw.unit());
        // A whole multiple of what was: a counter that ran on, a factor applied once too often.
        let factor = (least / was).ceil() + 1.0;
        let far = number::to(field, was * factor)?;
        let incident = Incident::new().set(row, &field.name, far).effect(factor);
        Some(incident.note("column", &*field.name))
    }
}
