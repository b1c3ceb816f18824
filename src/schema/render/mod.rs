//! Documents derived from the schemas: what `throng schema --as NAME [TABLE]` prints, a file a form.

pub mod arrow;
mod json_schema;
mod markdown;
mod ordered;
mod sql;

#[cfg(test)]
mod tests;

use super::{Schemas, Table};

/// Writes one table, or all of them; nothing for a name that is no table's.
pub type Renderer = fn(&Schemas, Option<&str>) -> String;

/// The forms, by name.
pub static RENDERERS: &[(&str, Renderer)] = &[
    ("arrow", arrow::render),
    ("json-schema", json_schema::render),
    ("sql", sql::render),
    ("markdown", markdown::render),
];

/// The table of that name, or all.
fn chosen<'s>(schemas: &'s Schemas, table: Option<&str>) -> Vec<&'s Table> {
    let wanted = |of: &&Table| table.is_none_or(|name| name == of.name);
    schemas.tables.iter().filter(wanted).collect()
}
