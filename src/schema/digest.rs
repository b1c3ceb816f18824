//! What a table promises to a program that reads it, as a digest.

use super::{Bounds, EventType, Field, Origin, Schemas, Table};
use crate::assets::sha256;

impl Schemas {
    /// SHA-256, in hexadecimal, of a table's form: names, types, units, nullability, keys, references, privacy, values, bounds and, for the
    /// events, the event types with their properties. Prose and weights are left out: they change nothing for a reader.
    pub fn digest(&self, table: &Table) -> String {
        let mut lines = vec![format!("table {}", table.name)];
        lines.extend(table.key.iter().map(|name| format!("key {name}")));
        lines.extend(table.unique.iter().map(|names| format!("unique {}", names.join(" "))));
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
    let Bounds { min, max, max_length, max_run, format, required_by, pattern, not_before } =
        &field.bounds;
    lines.extend(min.iter().map(|min| format!("min {min}")));
    lines.extend(max.iter().map(|max| format!("max {max}")));
    lines.extend(max_length.iter().map(|most| format!("max length {most}")));
    lines.extend(max_run.iter().map(|most| format!("max run {most}")));
    lines.extend(format.iter().map(|format| format!("format {}", format.name())));
    lines.extend(required_by.iter().map(|of| format!("required by {of}")));
    lines.extend(pattern.iter().map(|pattern| format!("pattern {pattern}")));
    lines.extend(not_before.iter().map(|first| format!("not before {first}")));
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
