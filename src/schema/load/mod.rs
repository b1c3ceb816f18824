//! Reads `schemas/` and finds every mistake in it at once.

mod event;
mod table;

#[cfg(test)]
mod tests;

use super::{FactSpec, Schemas, facts};
use crate::assets::Assets;
use crate::diag::{Located, Problems};

impl Schemas {
    /// Reads all tables and event types. `facts` tells what a table's fields can be filled from: [`facts::of`] but in tests.
    ///
    /// # Errors
    /// Every mistake of every file: wrong keys and types, fields that nothing fills or that are filled by a fact of another type,
    /// references that lead nowhere, and so on.
    pub fn load(
        assets: &Assets,
        facts: &dyn Fn(&str) -> &'static [FactSpec],
    ) -> Result<Self, Problems> {
        let tables = assets.files("schemas/tables");
        let mut tables: Vec<_> = tables.iter().map(|file| table::read(file, facts)).collect();
        tables.sort_by(|a, b| (a.order, &a.table.name).cmp(&(b.order, &b.table.name)));
        table::check_references(&tables);

        let groups = groups(facts("events"));
        let events = assets.files("schemas/events");
        let events: Vec<_> = events.iter().map(|file| event::read(file, &groups)).collect();

        let named = events.iter().map(|(_, event)| event.name.as_str());
        let known: Vec<&str> = groups.iter().copied().chain(named).collect();
        table::check_required(&mut tables, &known);

        let mut problems = Problems::new();
        let of_tables = tables.iter().map(|draft| &draft.document);
        for document in of_tables.chain(events.iter().map(|(document, _)| document)) {
            problems.extend(document.problems());
        }
        let mut schemas = Self {
            tables: tables.into_iter().map(|draft| draft.table).collect(),
            events: events.into_iter().map(|(_, event)| event).collect(),
        };
        schemas.name_events();
        problems.or(schemas)
    }

    /// The values of the event's name are the event types there are.
    fn name_events(&mut self) {
        let named = self.tables.iter_mut().flat_map(|table| &mut table.fields);
        for field in named.filter(|field| field.from == "event.name" && field.values.is_empty()) {
            field.values = self.events.iter().map(|event| event.name.clone()).collect();
        }
    }
}

/// The groups of optional facts that an event type can fill, in the order of the facts.
fn groups(facts: &[FactSpec]) -> Vec<&'static str> {
    let mut groups: Vec<&str> = facts.iter().filter_map(|fact| facts::group(fact.name)).collect();
    groups.dedup();
    groups.retain(|group| *group != facts::MONEY);
    groups
}

/// Names become columns in every system, so they are plain: lower case, digits and underscores.
fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    name.starts_with(|first: char| first.is_ascii_lowercase()) && name.chars().all(plain)
}

const A_NAME: &str = "lower-case letters, digits and `_`, such as `first_seen`";

fn check_name(name: &Located<String>) {
    if !is_name(&name.value) {
        name.problem(format!("`{}` cannot be a name", name.value), A_NAME);
    }
}

/// A doc line that says something.
fn doc(table: &crate::diag::Table<'_>, key: &str) -> String {
    let doc = table.text(key);
    if table.has(key) && doc.trim().is_empty() {
        table.problem(key, format!("`{key}` is empty"), "say what it means, in a sentence");
    }
    doc
}
