//! `swapped_columns`: two values, each in the other's place.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::ground::{Ground, Rowset, Site};
use crate::anomaly::incident::Incident;
use crate::anomaly::kind::{Kind, Param, ParamType, Scope};
use crate::anomaly::value::Value;
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static SWAPPED_COLUMNS: Kind = Kind::new(
    "swapped_columns",
    Scope::Field,
    "Exchanges two fields of a row.",
    "Domains of columns are disjoint.",
)
.takes(&[Param::new(
    "pairs",
    ParamType::Some(&[
        "events.os/browser",
        "events.device_class/os",
        "events.product_category/product_brand",
        "users.email/phone",
        "users.preferred_channel/preferred_payment",
        "sessions.device_class/network",
        "orders.status/payment_method",
        "payments.status/method",
    ]),
    "Which pairs of columns, as `table.one/other`.",
)])
.acts(&SwappedColumns);

struct SwappedColumns;

/// The pairs that a parameter names: table, one column, the other.
fn pairs(params: &Params) -> impl Iterator<Item = (Rowset, &str, &str)> {
    params.words("pairs").iter().filter_map(|pair| {
        let (table, columns) = pair.split_once('.')?;
        let (one, other) = columns.split_once('/')?;
        Some((Rowset::of(table)?, one, other))
    })
}

impl Act for SwappedColumns {
    fn rows(&self, params: &Params) -> Vec<Rowset> {
        let mut rowsets: Vec<Rowset> = pairs(params).map(|(rowset, ..)| rowset).collect();
        rowsets.sort_unstable();
        rowsets.dedup();
        rowsets
    }

    fn inject(
        &self,
        ground: &Ground<'_>,
        site: Site,
        params: &Params,
        draw: &mut Stream,
    ) -> Option<Incident> {
        let Site::Row(row) = site else { return None };
        let here: Vec<(&str, &str)> = pairs(params)
            .filter(|(rowset, ..)| *rowset == row.rowset)
            .map(|(_, one, other)| (one, other))
            .collect();
        let (one, other) = *here.get(draw.below(here.len() as u32) as usize)?;
        let values = ground.values(row, &[one, other]);
        let [first, second] = <[Value; 2]>::try_from(values).ok()?;
        (!first.is_null() && !second.is_null() && first != second).then_some(())?;
        let cells = vec![(one.to_owned(), second), (other.to_owned(), first)];
        Some(Incident::new().set_all(row, cells).note("columns", format!("{one}, {other}")))
    }
}
