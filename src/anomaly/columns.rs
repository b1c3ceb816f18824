//! Columns as parameters name them: `table.column`.

use crate::anomaly::ground::{Ground, RowRef, Rowset};
use crate::anomaly::value::Value;
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
