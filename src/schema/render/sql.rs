//! PostgreSQL tables, with keys, references, checks and comments.

use std::fmt::Write as _;

use super::chosen;
use crate::schema::{Field, Format, Schemas, Table, Type};

/// Words that PostgreSQL reserves, so that a column of that name must stand in quotes (its manual, appendix "SQL Key Words").
static RESERVED: &str = "
    all analyse analyze and any array as asc asymmetric authorization binary both case cast check
    collate collation column concurrently constraint create cross current_catalog current_date
    current_role current_schema current_time current_timestamp current_user default deferrable
    desc distinct do else end except false fetch for foreign freeze from full grant group having
    ilike in initially inner intersect into is isnull join lateral leading left like limit
    localtime localtimestamp natural not notnull null offset on only or order outer overlaps
    placing primary references returning right select session_user similar some symmetric
    system_user table tablesample then to trailing true union unique user using variadic verbose
    when where window with
";

/// A table's definition; of all tables, in an order in which every reference leads to a table that stands above.
pub(super) fn render(schemas: &Schemas, table: Option<&str>) -> String {
    let (tables, late) = in_order(chosen(schemas, table));
    let define = |table: &&Table| define(schemas, table, &late);
    let definitions: Vec<String> = tables.iter().map(define).collect();
    let mut out = definitions.join("\n");
    for (i, (table, field)) in late.iter().enumerate() {
        let gap = if i == 0 { "\n" } else { "" };
        let reference = reference(field).unwrap_or_default();
        let _ = writeln!(out, "{gap}ALTER TABLE {} ADD {reference};", table_name(&table.name));
    }
    out
}

/// The tables, each after those that it refers to, else in their natural order. In a circle somebody must be first: its
/// references that lead forward are returned, to be added at the end.
fn in_order(tables: Vec<&Table>) -> (Vec<&Table>, Vec<(&Table, &Field)>) {
    let mut waiting = tables;
    let (mut placed, mut late) = (Vec::new(), Vec::new());
    while !waiting.is_empty() {
        let free = |table: &&Table| forward(table, &waiting).is_empty();
        let next = waiting.iter().position(free).unwrap_or(0);
        late.extend(
            forward(waiting[next], &waiting).into_iter().map(|field| (waiting[next], field)),
        );
        placed.push(waiting.remove(next));
    }
    (placed, late)
}

/// The fields that refer to another of the tables still waiting.
fn forward<'t>(table: &'t Table, waiting: &[&Table]) -> Vec<&'t Field> {
    let waits = |to: &str| to != table.name && waiting.iter().any(|other| other.name == to);
    let refers = |field: &&Field| field.reference.as_ref().is_some_and(|(to, _)| waits(to));
    table.fields.iter().filter(refers).collect()
}

fn define(schemas: &Schemas, table: &Table, late: &[(&Table, &Field)]) -> String {
    let name = table_name(&table.name);
    let key: Vec<String> = table.key.iter().map(|name| quote(name)).collect();
    let is_late = |field: &Field| late.iter().any(|(_, other)| std::ptr::eq(*other, field));
    let mut parts: Vec<String> = table.fields.iter().map(column).collect();
    parts.push(format!("PRIMARY KEY ({})", key.join(", ")));
    parts.extend(table.unique.iter().map(|names| {
        let names: Vec<String> = names.iter().map(|name| quote(name)).collect();
        format!("UNIQUE ({})", names.join(", "))
    }));
    parts.extend(table.fields.iter().filter(|field| !is_late(field)).filter_map(reference));
    parts.extend(table.fields.iter().filter_map(order));
    let named = table.fields.iter().find(|field| field.from == "event.name");
    let required = |named| move |field| required(schemas, named, field);
    parts.extend(
        named.into_iter().flat_map(|named| table.fields.iter().filter_map(required(named))),
    );

    let mut out = format!("CREATE TABLE {name} (\n    {}\n);\n", parts.join(",\n    "));
    let _ = writeln!(out, "COMMENT ON TABLE {name} IS {};", text(&table.doc));
    for field in &table.fields {
        let unit = field.unit.as_ref().map(|unit| format!(" Unit: {unit}.")).unwrap_or_default();
        let doc = text(&format!("{}{unit}", field.doc));
        let _ = writeln!(out, "COMMENT ON COLUMN {name}.{} IS {doc};", quote(&field.name));
    }
    out
}

fn column(field: &Field) -> String {
    let name = quote(&field.name);
    let null = if field.nullable { "" } else { " NOT NULL" };
    format!("{name} {}{null}{}", data_type(field.ty), check(field, &name))
}

/// What a column's values keep to, as a constraint.
fn check(field: &Field, name: &str) -> String {
    let mut terms = Vec::new();
    if !field.values.is_empty() {
        let values: Vec<String> = field.values.iter().map(|value| text(value)).collect();
        terms.push(format!("{name} IN ({})", values.join(", ")));
    }
    let of = &field.bounds;
    terms.extend(of.min.map(|min| format!("{name} >= {min}")));
    terms.extend(of.max.map(|max| format!("{name} <= {max}")));
    let length = if field.ty == Type::Json { format!("{name}::text") } else { name.to_owned() };
    terms.extend(of.max_length.map(|most| format!("octet_length({length}) <= {most}")));
    let whole = |pattern: &String| text(&format!("^(?:{pattern})$"));
    terms.extend(of.pattern.as_ref().map(|pattern| format!("{name} ~ {}", whole(pattern))));
    // A form that JSON Schema has a word for has no short pattern.
    let form = of.format.filter(|_| of.pattern.is_none()).map(Format::json_schema);
    let pattern = form.filter(|(keyword, _)| *keyword == "pattern");
    terms.extend(pattern.map(|(_, pattern)| format!("{name} ~ {}", text(pattern))));
    if terms.is_empty() { String::new() } else { format!(" CHECK ({})", terms.join(" AND ")) }
}

/// That a moment does not come before another of its row.
fn order(field: &Field) -> Option<String> {
    let first = quote(field.bounds.not_before.as_ref()?);
    Some(format!("CHECK ({} >= {first})", quote(&field.name)))
}

/// That the rows of some event types have a value where others may lack one.
fn required(schemas: &Schemas, named: &Field, field: &Field) -> Option<String> {
    let of_type = schemas.events.iter().filter(|event| event.requires(field));
    let types: Vec<String> = of_type.map(|event| text(&event.name)).collect();
    let (named, name) = (quote(&named.name), quote(&field.name));
    let types = (!types.is_empty() && field.nullable).then(|| types.join(", "))?;
    Some(format!("CHECK ({name} IS NOT NULL OR {named} NOT IN ({types}))"))
}

fn reference(field: &Field) -> Option<String> {
    let (table, key) = field.reference.as_ref()?;
    let (name, table, key) = (quote(&field.name), table_name(table), quote(key));
    Some(format!("FOREIGN KEY ({name}) REFERENCES {table} ({key})"))
}

fn data_type(ty: Type) -> &'static str {
    match ty {
        Type::Id => "uuid",
        Type::Text | Type::Enum => "text",
        Type::Timestamp => "timestamptz",
        Type::Date => "date",
        Type::Money => "numeric(18,2)",
        Type::Int32 => "integer",
        Type::Int64 => "bigint",
        Type::Float64 => "double precision",
        Type::Bool => "boolean",
        Type::Json => "jsonb",
    }
}

/// A table's name in a database, which knows no folders.
fn table_name(name: &str) -> String {
    quote(&name.replace('/', "_"))
}

fn quote(name: &str) -> String {
    let reserved = RESERVED.split_whitespace().any(|word| word == name);
    if reserved { format!("\"{name}\"") } else { name.to_owned() }
}

fn text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
