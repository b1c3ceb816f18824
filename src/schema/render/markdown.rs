//! The reference page.

use std::fmt::Write as _;

use super::chosen;
use crate::schema::{EventType, Field, Origin, Property, Schemas, Table, facts};

/// The page of a table, or that of all.
pub(super) fn render(schemas: &Schemas, table: Option<&str>) -> String {
    let tables = chosen(schemas, table);
    let mut out = if table.is_none() { opening(&tables) } else { String::new() };
    for (i, table) in tables.iter().enumerate() {
        let gap = if i == 0 && out.is_empty() { "" } else { "\n" };
        let _ = write!(out, "{gap}{}", of_table(table));
    }
    for table in tables.iter().filter(|table| table.is_events()) {
        let _ = write!(out, "\n{}", of_events(schemas, table));
    }
    out
}

fn opening(tables: &[&Table]) -> String {
    let mut out = "<!-- Derived from schemas/: throng schema --as markdown > docs/reference/schema.md -->\n\n\
        # Tables and events\n\n\
        Types: `id` a UUID; `timestamp` microseconds since 1970 in UTC; `money` a decimal with two places, in the currency that \
        its unit names; `enum` a text out of a small set; `json` an object (text in Parquet, nested in NDJSON). A `?` marks a \
        column that a row may lack.\n\n\
        | table | a row is |\n|---|---|\n"
        .to_owned();
    for table in tables {
        let (name, anchor) = (&table.name, table.name.replace('/', ""));
        let _ = writeln!(out, "| [{name}](#{anchor}) | {} |", cell(&table.row));
    }
    out
}

fn of_table(table: &Table) -> String {
    let mut out = format!("## {}\n\n{}\n\n", table.name, table.doc);
    let _ = write!(out, "A row is {}. Key: {}.", table.row, names(&table.key));
    for fields in &table.unique {
        let _ = write!(out, " Unique: {}.", names(fields));
    }
    if !table.sorted_by.is_empty() {
        let _ = write!(out, " Each file is sorted by {}.", names(&table.sorted_by));
    }
    out.push_str("\n\n| column | type | unit | meaning | privacy |\n|---|---|---|---|---|\n");
    for field in &table.fields {
        let null = if field.nullable { "?" } else { "" };
        let (ty, privacy) = (field.ty.name(), field.privacy.name());
        let (unit, meaning) = (cell(field.unit.as_deref().unwrap_or_default()), meaning(field));
        let _ = writeln!(out, "| {} | {ty}{null} | {unit} | {meaning} | {privacy} |", field.name);
    }
    out
}

fn meaning(field: &Field) -> String {
    let mut meaning = cell(&field.doc);
    if let Some((table, key)) = &field.reference {
        let _ = write!(meaning, " → `{table}.{key}`");
    }
    // The event types have a section of their own.
    if !field.values.is_empty() && field.from != "event.name" {
        let _ = write!(meaning, " One of {}.", names(&field.values));
    }
    let bounds = bounds(field);
    if !bounds.is_empty() {
        let _ = write!(meaning, " Bounds: {}.", bounds.join(", "));
    }
    meaning
}

fn bounds(field: &Field) -> Vec<String> {
    let of = &field.bounds;
    let mut told = Vec::new();
    told.extend(of.min.map(|min| format!("at least {min}")));
    told.extend(of.max.map(|max| format!("at most {max}")));
    told.extend(of.max_length.map(|most| format!("at most {most} bytes")));
    told.extend(of.max_run.map(|most| format!("at most {most} alike in a row within a session")));
    told.extend(of.format.map(|format| format!("form `{}`", format.name())));
    told.extend(of.pattern.as_ref().map(|pattern| format!("like `{}`", cell(pattern))));
    told.extend(of.not_before.as_ref().map(|first| format!("not before `{first}`")));
    let required: Vec<String> = of.required_by.iter().map(|of| format!("`{of}`")).collect();
    told.extend(
        (!required.is_empty()).then(|| format!("always there with {}", required.join(", "))),
    );
    told
}

fn of_events(schemas: &Schemas, table: &Table) -> String {
    let mut out = "## Event types\n\nColumns that an event type can fill, by group:\n\n\
        | group | columns |\n|---|---|\n"
        .to_owned();
    let mut groups: Vec<&str> = table.fields.iter().filter_map(group).collect();
    groups.dedup();
    for name in groups {
        let columns = table.fields.iter().filter(|field| group(field) == Some(name));
        let columns: Vec<&str> = columns.map(|field| field.name.as_str()).collect();
        let with = if name == facts::MONEY {
            format!(" (filled with {})", names(facts::WITH_MONEY))
        } else {
            String::new()
        };
        let _ = writeln!(out, "| {name} | {}{with} |", names(&columns));
    }
    for event in &schemas.events {
        let _ = write!(out, "\n{}", of_event(event));
    }
    out
}

fn group(field: &Field) -> Option<&str> {
    facts::group(&field.from)
}

fn of_event(event: &EventType) -> String {
    let mut out = format!("### {}\n\n{}", event.name, event.doc);
    if let Some(segment) = &event.segment {
        let _ = write!(out, " Segment: {segment}.");
    }
    if !event.fills.is_empty() {
        let _ = write!(out, " Fills {}.", names(&event.fills));
    }
    out.push('\n');
    if !event.properties.is_empty() {
        out.push_str("\n| property | type | unit | meaning | privacy |\n|---|---|---|---|---|\n");
    }
    for property in &event.properties {
        let Property { name, ty, unit, privacy, .. } = property;
        let (ty, privacy) = (ty.name(), privacy.name());
        let (unit, meaning) = (cell(unit.as_deref().unwrap_or_default()), of_property(property));
        let _ = writeln!(out, "| {name} | {ty} | {unit} | {meaning} | {privacy} |");
    }
    out
}

/// What a property means; a few values are named, more would hide the rest.
fn of_property(property: &Property) -> String {
    let mut meaning = cell(&property.doc);
    if let Origin::Drawn(values) = &property.origin
        && values.len() <= 8
    {
        let values: Vec<&str> = values.iter().map(|(value, _)| value.trim_matches('"')).collect();
        let _ = write!(meaning, " One of {}.", names(&values));
    }
    meaning
}

fn names<S: AsRef<str>>(names: &[S]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{}`", name.as_ref())).collect();
    cell(&quoted.join(", "))
}

/// Text for a cell of a table, which a bar or a new line would end.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
