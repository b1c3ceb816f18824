//! Columns as parameters name them: `table.column`.

use crate::anomaly::Params;
use crate::anomaly::ground::{Ground, RowRef, Rowset, Site};
use crate::anomaly::value::Value;
use crate::schema::Field;
use crate::seed::Stream;

/// The tables that some columns are of.
pub fn rowsets(columns: &[String]) -> Vec<Rowset> {
    let tables = columns.iter().filter_map(|column| column.rsplit_once('.'));
    let mut rowsets: Vec<Rowset> = tables.filter_map(|(table, _)| Rowset::of(table)).collect();
    rowsets.sort_unstable();
    rowsets.dedup();
    rowsets
}

/// The names of those columns that are of a table.
pub fn of(columns: &[String], rowset: Rowset) -> impl Iterator<Item = &str> {
    let split = columns.iter().filter_map(|column| column.rsplit_once('.'));
    split.filter(move |(table, _)| *table == rowset.table()).map(|(_, name)| name)
}

/// One of a row's columns that has a value which fits, all of them as likely; with the value.
pub fn pick<'c>(
    ground: &Ground<'_>,
    row: RowRef,
    columns: impl Iterator<Item = &'c str>,
    draw: &mut Stream,
    fits: impl Fn(&Value) -> bool,
) -> Option<(&'c str, Value)> {
    let names: Vec<&str> = columns.collect();
    let values = ground.values(row, &names);
    let mut known: Vec<(&str, Value)> = names
        .into_iter()
        .zip(values)
        .filter(|(_, value)| !value.is_null() && fits(value))
        .collect();
    (!known.is_empty()).then(|| {
        let at = draw.below(known.len() as u32) as usize;
        known.swap_remove(at)
    })
}

/// A value that was chosen.
pub struct Chosen<'g> {
    /// Its row.
    pub row: RowRef,
    /// Its column.
    pub field: &'g Field,
    /// The value.
    pub value: Value,
}

/// One of the site's values in the columns that the parameter `columns` names, among those that fit, all of them as likely.
pub fn choose<'g>(
    ground: &Ground<'g>,
    site: Site,
    params: &Params,
    draw: &mut Stream,
    fits: impl Fn(&Field, &Value) -> bool,
) -> Option<Chosen<'g>> {
    let Site::Row(row) = site else { return None };
    let table = ground.table(row.rowset)?;
    let (names, fields): (Vec<&str>, Vec<&Field>) = of(params.words("columns"), row.rowset)
        .filter_map(|name| Some((name, table.field(name)?)))
        .unzip();
    let values = ground.values(row, &names);
    let mut known: Vec<(&Field, Value)> = fields
        .into_iter()
        .zip(values)
        .filter(|(field, value)| !value.is_null() && fits(field, value))
        .collect();
    if known.is_empty() {
        return None;
    }
    let (field, value) = known.swap_remove(draw.below(known.len() as u32) as usize);
    Some(Chosen { row, field, value })
}
