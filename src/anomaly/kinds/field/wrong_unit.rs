//! `wrong_unit`: the right amount by another unit.

use super::number;
use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::columns::{self, Chosen};
use crate::anomaly::ground::{Ground, Rowset, Site};
use crate::anomaly::incident::Incident;
use crate::anomaly::kind::{Kind, Param, ParamType, Scope};
use crate::schema::Type;
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static WRONG_UNIT: Kind =
    Kind::new("wrong_unit", Scope::Field, "Writes cents for units.", "A price is the catalogue's.")
        .critical()
        .drizzles(2e-5)
        .takes(&[
            Param::new(
                "columns",
                ParamType::Columns(&[
                    "events.price",
                    "events.value",
                    "order_items.unit_price",
                    "order_items.line_total",
                    "orders.total",
                    "payments.amount",
                ]),
                "Which columns of money.",
            ),
            Param::new(
                "how",
                ParamType::Some(&["cents", "units"]),
                "Cents where units belong, a hundred times too much; units taken for cents, a hundredth. Both stay within the bounds of the column.",
            ),
        ])
        .acts(&WrongUnit);

struct WrongUnit;

impl Act for WrongUnit {
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
        let factor = if how == "cents" { 100.0 } else { 0.01 };
        let Chosen { row, field, value } =
            columns::choose(ground, site, params, draw, |field, value| {
                field.ty == Type::Money
                    && number::of(field, value).is_some_and(|number| {
                        number > 0.0 && number::is_within(field, number * factor)
                    })
            })?;
        let wrong = number::to(field, number::of(field, &value)? * factor)?;
        (wrong != value).then_some(())?;
        let incident = Incident::new().set(row, &field.name, wrong).effect(factor);
        Some(incident.note("way", how).note("column", &*field.name))
    }
}
