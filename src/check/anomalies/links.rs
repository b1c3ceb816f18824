//! What a row hangs together with: its own key, and the keys that it refers to, as hashes.
//!
//! A row breaks an invariant, and another row is labelled: the one explains the other when they are the same row, when one refers to
//! the other, or when they belong to the same session, journey, order, checkout or device. That is how far the wake of an edit reaches:
//! an event that was dropped is missed by the next one of its session, and by the session's and the journey's counts.

use std::collections::{BTreeMap, HashMap};

use crate::check::{Context, Error};
use crate::read::hash::{self, fold};
use crate::read::{Batch, Column, Data};
use crate::schema::{Field, Schemas, Table, Type};

/// Tables whose rows keep others together: what shares one of them is near.
const NEAR: [&str; 4] = ["sessions", "journeys", "orders", "devices"];

/// Columns that refer to something that has no table of its own.
const SHARED: [&str; 4] = ["anonymous_id", "checkout_id", "cart_id", "idempotency_key"];

/// The hash of a row of a table, by its key.
pub(super) type Link = u64;

/// What a row hangs together with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Links {
    /// Sessions, orders and the like, which what is near shares.
    pub(super) near: Vec<Link>,
    /// Users, products and the like, which many share that have nothing else to do with each other.
    pub(super) far: Vec<Link>,
}

impl Links {
    /// The same and those of another version of the row.
    pub(super) fn add(&mut self, other: &Self) {
        self.near.extend(&other.near);
        self.far.extend(&other.far);
    }
}

/// The columns of a table that link, in the order of the schema.
pub(super) fn columns(table: &Table) -> Vec<&str> {
    let links = |field: &&Field| {
        table.key.contains(&field.name)
            || field.reference.is_some()
            || SHARED.contains(&field.name.as_str())
    };
    table.fields.iter().filter(links).map(|field| field.name.as_str()).collect()
}

/// The link to a row by the hashes of its key's values.
fn link(table: &str, values: impl IntoIterator<Item = u64>) -> Link {
    values.into_iter().fold(hash::of_bytes(table.as_bytes()), fold)
}

/// The hash of a key's value as text.
fn value(ty: Type, text: &str) -> u64 {
    match ty {
        Type::Id => {
            crate::read::uuid(text).map_or_else(|| hash::of_bytes(text.as_bytes()), hash::of_id)
        }
        Type::Int32 | Type::Int64 => text.parse::<i64>().unwrap_or_default() as u64,
        _ => hash::of_bytes(text.as_bytes()),
    }
}

/// The hash of a key's value as read.
fn value_of(column: &Column, row: usize) -> Option<u64> {
    match &column.data {
        Data::Ids(_) => column.id(row).map(hash::of_id),
        Data::Texts(_) => column.text(row).map(|text| hash::of_bytes(text.as_bytes())),
        _ => column.long(row).map(|long| long as u64),
    }
}

/// The link to a row by its key's values as text.
pub(super) fn of_key<'t>(table: &Table, values: impl IntoIterator<Item = &'t str>) -> Link {
    let types = table.key.iter().map(|name| table.field(name).map_or(Type::Text, |field| field.ty));
    link(&table.name, types.zip(values).map(|(ty, text)| value(ty, text)))
}

/// The link to a row of a batch whose columns have these names.
pub(super) fn of_row(table: &Table, names: &[&str], batch: &Batch, row: usize) -> Link {
    let columns = table.key.iter().filter_map(|key| names.iter().position(|name| name == key));
    link(&table.name, columns.filter_map(|at| value_of(&batch.columns[at], row)))
}

/// What a value of a column links to, and whether what shares it is near.
pub(super) fn of_cell(table: &Table, column: &str, text: &str) -> Option<(Link, bool)> {
    let field = table.field(column)?;
    let (to, is_near) = target(field)?;
    Some((link(to, [value(field.ty, text)]), is_near))
}

/// What a column refers to, and whether what shares it is near.
fn target(field: &Field) -> Option<(&str, bool)> {
    match &field.reference {
        Some((to, _)) => Some((to.as_str(), NEAR.contains(&to.as_str()))),
        None if SHARED.contains(&field.name.as_str()) => Some((field.name.as_str(), true)),
        None => None,
    }
}

/// Finds what rows hang together with: reads each table that has one of them once, and of it no more than keys and references.
///
/// # Errors
/// Cancelled, or no thread can be had.
pub(super) fn find(
    context: &Context<'_>,
    wanted: &BTreeMap<&str, Vec<Link>>,
) -> Result<HashMap<Link, Links>, Error> {
    let mut found: HashMap<Link, Links> = HashMap::new();
    for (name, keys) in wanted {
        let Some(table) = context.schemas.table(name).filter(|_| !keys.is_empty()) else {
            continue;
        };
        let keys: std::collections::HashSet<Link> = keys.iter().copied().collect();
        let names = columns(table);
        let places = |wanted: &dyn Fn(&&Field) -> bool| -> Vec<usize> {
            let field = |name: &&str| table.field(name).is_some_and(|field| wanted(&field));
            names.iter().enumerate().filter(|(_, name)| field(name)).map(|(at, _)| at).collect()
        };
        let key: Vec<usize> = table
            .key
            .iter()
            .filter_map(|name| names.iter().position(|known| known == name))
            .collect();
        let linking = places(&|field| target(field).is_some());
        context.data.scan(table, &names, |_, batch| {
            for row in 0..batch.rows {
                let values = key.iter().filter_map(|at| value_of(&batch.columns[*at], row));
                let own = link(name, values);
                if !keys.contains(&own) {
                    continue;
                }
                let links = found.entry(own).or_default();
                for at in &linking {
                    let Some((to, is_near)) = table.field(names[*at]).and_then(target) else {
                        continue;
                    };
                    let Some(value) = value_of(&batch.columns[*at], row) else { continue };
                    let list = if is_near { &mut links.near } else { &mut links.far };
                    list.push(link(to, [value]));
                }
            }
            context.watch.on(0)
        })?;
        context.watch.check()?;
    }
    Ok(found)
}

/// Where something is, read back from how it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Spot<'p> {
    /// A row of a table: `orders where order_id = …`.
    Row(&'p str, Link),
    /// A line of a file, from 1.
    Line(&'p str, u64),
    /// A row of a file, from 0.
    RowOf(&'p str, u64),
    /// A file, or whatever else has a name.
    Named(&'p str),
}

impl<'p> Spot<'p> {
    /// Reads it back.
    pub(super) fn read(place: &'p str, schemas: &Schemas) -> Self {
        if let Some((table, terms)) = place.split_once(" where ")
            && let Some(schema) = schemas.table(table)
        {
            let value = |term: &'p str| term.split_once(" = ").map_or(term, |(_, value)| value);
            let values = terms.split(" and ").map(|term| value(term).trim_matches('`'));
            return Self::Row(table, of_key(schema, values));
        }
        if let Some((path, line)) = place.rsplit_once(", line ")
            && let Ok(line) = line.parse()
        {
            return Self::Line(path, line);
        }
        if let Some((path, row)) = place.rsplit_once(", row ")
            && let Ok(row) = row.parse::<u64>()
        {
            return Self::RowOf(path, row.saturating_sub(1));
        }
        Self::Named(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::fixture::shipped;

    #[test]
    fn places_are_read_back() {
        let schemas = shipped();
        let items = schemas.table("order_items").unwrap();
        let id = "0199a1b2-0000-7000-8000-000000000001";
        let place = format!("order_items where order_id = {id} and line = 2");
        assert_eq!(
            Spot::read(&place, &schemas),
            Spot::Row("order_items", of_key(items, [id, "2"]))
        );
        let other = format!("order_items where order_id = {id} and line = 3");
        assert_ne!(Spot::read(&place, &schemas), Spot::read(&other, &schemas));
        let product = "products where product_id = `SKU-1`";
        let products = schemas.table("products").unwrap();
        assert_eq!(
            Spot::read(product, &schemas),
            Spot::Row("products", of_key(products, ["SKU-1"]))
        );
        assert_eq!(
            Spot::read("events/x.ndjson, line 7", &schemas),
            Spot::Line("events/x.ndjson", 7)
        );
        assert_eq!(Spot::read("a.parquet, row 7", &schemas), Spot::RowOf("a.parquet", 6));
        assert_eq!(Spot::read("a.parquet", &schemas), Spot::Named("a.parquet"));
    }

    #[test]
    fn a_reference_links_to_the_row_that_it_leads_to() {
        let schemas = shipped();
        let [events, sessions] = ["events", "sessions"].map(|name| schemas.table(name).unwrap());
        let id = "0199a1b2-0000-7000-8000-000000000001";
        let own = of_key(sessions, [id]);
        assert_eq!(of_cell(events, "session_id", id), Some((own, true)));
        assert_eq!(of_cell(events, "price", "1"), None);
    }
}
