//! `rounding_drift`: amounts that do not add up to the cent, or are no decimals any more.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::columns::{self, Chosen};
use crate::anomaly::ground::{Ground, Rowset, Site};
use crate::anomaly::incident::Incident;
use crate::anomaly::kind::{Kind, Param, ParamType, Scope};
use crate::anomaly::line;
use crate::anomaly::value::Value;
use crate::schema::{Field, Type};
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static ROUNDING_DRIFT: Kind = Kind::new(
    "rounding_drift",
    Scope::Field,
    "Lets an amount drift by a last digit.",
    "Amounts add up exactly.",
)
.drizzles(2e-5)
.takes(&[
    Param::new(
        "columns",
        ParamType::Columns(&[
            "events.price",
            "events.value",
            "events.discount",
            "events.shipping",
            "orders.total",
            "orders.discount",
            "orders.shipping",
            "order_items.unit_price",
            "order_items.line_total",
            "payments.amount",
        ]),
        "Which columns of money.",
    ),
    Param::new(
        "how",
        ParamType::Some(&["cent", "noise", "float32", "negative_zero"]),
        "A cent more or less; and in NDJSON alone: 19.990000000000002, what single precision makes of it, -0.0 for nothing.",
    ),
])
.acts(&RoundingDrift);

struct RoundingDrift;

/// Whether an amount can drift in that way.
fn fits(ground: &Ground<'_>, field: &Field, cents: i64, how: &str) -> bool {
    field.ty == Type::Money
        && match how {
            "cent" => cents > 1,
            "negative_zero" => cents == 0 && ground.has_lines(),
            _ => cents > 0 && ground.has_lines() && drifted(cents as f64 / 100.0, how).is_some(),
        }
}

/// An amount as a line has it once it was something else than a decimal; none where that makes no difference.
fn drifted(exact: f64, how: &str) -> Option<String> {
    let other = match how {
        "negative_zero" => return Some("-0.0".to_owned()),
        "float32" => f64::from(exact as f32),
        _ => f64::from_bits(exact.to_bits() + 1),
    };
    let written = other.to_string();
    let decimals = written.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    (decimals > 2).then_some(written)
}

impl Act for RoundingDrift {
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
                value.number().is_some_and(|cents| fits(ground, field, cents, how))
            })?;
        let cents = value.number()?;
        let incident = Incident::new().note("way", how).note("column", &*field.name);
        if how == "cent" {
            let other = if draw.chance(0.5) { cents + 1 } else { cents - 1 };
            return Some(incident.set(row, &field.name, Value::Long(other)));
        }
        let (name, how) = (field.name.clone(), how.to_owned());
        // Behind a policy another amount may stand in the line, and that one drifts.
        Some(incident.mangle(row, move |line| {
            let Some(member) = line::find(line, &name) else { return line.to_vec() };
            let there = std::str::from_utf8(&line[member.value.clone()]).ok();
            let amount = there.and_then(|there| there.parse().ok());
            match amount.and_then(|amount| drifted(amount, &how)) {
                Some(wrong) => line::spliced(line, member.value, wrong.as_bytes()),
                None => line.to_vec(),
            }
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_no_decimals_any_more() {
        assert_eq!(drifted(19.99, "noise").as_deref(), Some("19.990000000000002"));
        assert_eq!(drifted(19.99, "float32").as_deref(), Some("19.989999771118164"));
        assert_eq!(drifted(19.5, "float32"), None);
        assert_eq!(drifted(0.0, "negative_zero").as_deref(), Some("-0.0"));
    }
}
