//! What a table promises to a program that reads it, as a digest.

use super::{EventType, Field, Origin, Schemas, Table};
use crate::assets::sha256;

impl Schemas {
    /// SHA-256, in hexadecimal, of a table's form: names, types, units, nullability, keys, references, privacy, values and, for the
    /// events, the event types with their properties. Prose and weights are left out: they change nothing for a reader.
    pub fn digest(&self, table: &Table) -> String {
        let mut lines = vec![format!("table {}", table.name)];
        lines.extend(table.key.iter().map(|name| format!("key {name}")));
        lines.extend(table.sorted_by.iter().map(|name| format!("sorted by {name}")));
        for field in &table.fields {
            lines_of_field(field, &mut lines);
        }
        if table.is_events() {
            for event in &self.events {
                lines_of_event(event, &mut lines);
            }
        }
        sha256(lines.iter().map(String::as_str))
    }
}

fn lines_of_field(field: &Field, lines: &mut Vec<String>) {
    let Field { name, ty, nullable, privacy, from, .. } = field;
    let null = if *nullable { " null" } else { "" };
    lines.push(format!("field {name} {}{null} {} from {from}", ty.name(), privacy.name()));
    lines.extend(field.unit.iter().map(|unit| format!("unit {unit}")));
    lines.extend(field.reference.iter().map(|(table, key)| format!("references {table}.{key}")));
    lines.extend(field.values.iter().map(|value| format!("value {value}")));
}

fn lines_of_event(event: &EventType, lines: &mut Vec<String>) {
    lines.push(format!("event {}", event.name));
    lines.extend(event.fills.iter().map(|group| format!("fills {group}")));
    for property in &event.properties {
        let (ty, privacy) = (property.ty.name(), property.privacy.name());
        lines.push(format!("property {} {ty} {privacy}", property.name));
        lines.extend(property.unit.iter().map(|unit| format!("unit {unit}")));
        match &property.origin {
            Origin::Fact(fact) => lines.push(format!("from {fact}")),
            Origin::Drawn(values) => {
                lines.extend(values.iter().map(|(value, _)| format!("value {value}")));
            }
        }
    }
}
