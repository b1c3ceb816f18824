//! `currency_mismatch`: an amount in somebody else's money.

use super::number;
use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::columns::{self, Chosen};
use crate::anomaly::ground::{Ground, RowRef, Rowset, Site};
use crate::anomaly::incident::{Cells, Incident};
use crate::anomaly::kind::{Kind, Param, ParamType, Scope};
use crate::anomaly::value::Value;
use crate::schema::{Field, Format, Type};
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static CURRENCY_MISMATCH: Kind = Kind::new(
    "currency_mismatch",
    Scope::Field,
    "Swaps a currency for another.",
    "Currencies are of ISO 4217, and those of the order.",
)
.critical()
.drizzles(2e-5)
.takes(&[
    Param::new(
        "columns",
        ParamType::Columns(&["events.currency", "orders.currency", "order_items.currency"]),
        "Which columns of currencies.",
    ),
    Param::new(
        "how",
        ParamType::Some(&["other", "unknown", "exponent"]),
        "Another currency that the shop knows; a code that ISO 4217 does not; yen, which has no decimals, with the amounts of the row in hundredths.",
    ),
])
.acts(&CurrencyMismatch);

struct CurrencyMismatch;

/// Codes of no currency, as people and systems write them.
const UNKNOWN: [&str; 6] = ["EURO", "US$", "XXX", "ZZZ", "eur", "usd"];

impl Act for CurrencyMismatch {
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
            columns::choose(ground, site, params, draw, |field, _| is_currency(field))?;
        let own = value.text()?;
        let mut cells: Cells = Vec::new();
        let code = match how {
            "other" => {
                let known = &ground.world().models.commerce.currencies;
                let others: Vec<&String> = known.iter().filter(|code| *code != own).collect();
                others.get(draw.below(others.len() as u32) as usize)?.as_str()
            }
            "unknown" => UNKNOWN[draw.below(UNKNOWN.len() as u32) as usize],
            _ => {
                cells = in_hundredths(ground, row)?;
                "JPY"
            }
        };
        (code != own).then_some(())?;
        cells.insert(0, (field.name.clone(), Value::Text(code.to_owned())));
        let incident = Incident::new().set_all(row, cells);
        Some(incident.note("way", how).note("column", &*field.name))
    }
}

fn is_currency(field: &Field) -> bool {
    field.bounds.format == Some(Format::Currency)
}

/// Every amount of a row a hundred times as much; none where one would be out of its bounds, or there is none.
fn in_hundredths(ground: &Ground<'_>, row: RowRef) -> Option<Cells> {
    let money = |field: &&Field| field.ty == Type::Money;
    let fields: Vec<&Field> = ground.table(row.rowset)?.fields.iter().filter(money).collect();
    let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
    let mut cells = Cells::new();
    for (field, value) in fields.into_iter().zip(ground.values(row, &names)) {
        let Some(amount) = number::of(field, &value).filter(|amount| *amount > 0.0) else {
            continue;
        };
        number::is_within(field, amount * 100.0).then_some(())?;
        cells.push((field.name.clone(), number::to(field, amount * 100.0)?));
    }
    (!cells.is_empty()).then_some(cells)
}
