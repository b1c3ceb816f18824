//! JSON Schema (draft 2020-12) of a line of NDJSON. Absent values are left out of a line, so a nullable column is one that is not
//! required. A line of the events is held to its event type: the columns that the type leaves empty are forbidden.

use super::chosen;
use super::ordered::Json;
use crate::schema::{EventType, Field, Origin, Property, Schemas, Table, Type};

const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The schema of a table's line; of all tables, one document with a definition for each.
pub(super) fn render(schemas: &Schemas, table: Option<&str>) -> String {
    let draft = Json::object([("$schema", Json::leaf(DRAFT))]);
    let document = match (table, chosen(schemas, table).as_slice()) {
        (Some(_), []) => return String::new(),
        (Some(_), [table, ..]) => line(schemas, table, draft, "#"),
        (None, tables) => {
            // A `/` in a JSON pointer would part the name.
            let define = |table: &&Table| {
                let name = table.name.replace('/', "_");
                let base = format!("#/$defs/{name}");
                (name, line(schemas, table, Json::Object(Vec::new()), &base))
            };
            draft.with("$defs", Json::Object(tables.iter().map(define).collect()))
        }
    };
    // A tree of strings always serialises.
    serde_json::to_string_pretty(&document).map(|text| text + "\n").unwrap_or_default()
}

/// The schema of a line, added to what `start` has; `base` is the pointer to it.
fn line(schemas: &Schemas, table: &Table, start: Json, base: &str) -> Json {
    let required = table.fields.iter().filter(|field| !field.nullable).map(|field| &field.name);
    let columns = table.fields.iter().map(|field| (field.name.clone(), column(field))).collect();
    let schema = start
        .with("title", Json::leaf(table.name.as_str()))
        .with("description", Json::leaf(table.doc.as_str()))
        .with("type", Json::leaf("object"))
        .with("properties", Json::Object(columns))
        .with("required", Json::texts(required))
        .with("additionalProperties", Json::leaf(false));
    let Some(named) = table.fields.iter().find(|field| field.from == "event.name") else {
        return schema;
    };
    let branch = |event: &EventType| {
        let constant = Json::object([("const", Json::leaf(event.name.as_str()))]);
        let of_type = Json::object([(named.name.as_str(), constant)]);
        let reference = Json::leaf(format!("{base}/$defs/{}", event.name));
        Json::object([
            ("if", Json::object([("properties", of_type)])),
            ("then", Json::object([("$ref", reference)])),
        ])
    };
    let define = |event: &EventType| (event.name.clone(), event_type(table, event));
    schema
        .with("allOf", Json::List(schemas.events.iter().map(branch).collect()))
        .with("$defs", Json::Object(schemas.events.iter().map(define).collect()))
}

fn column(field: &Field) -> Json {
    let schema = described(typed(field.ty), &field.doc, field.unit.as_deref());
    let schema = schema.with("$comment", Json::leaf(format!("privacy: {}", field.privacy.name())));
    let of = &field.bounds;
    let (least, most) = match field.ty {
        Type::Int32 => (Some(f64::from(i32::MIN)), Some(f64::from(i32::MAX))),
        _ => (None, None),
    };
    let bounds = [
        ("minimum", of.min.or(least).map(number)),
        ("maximum", of.max.or(most).map(number)),
        ("maxLength", of.max_length.filter(|_| field.ty != Type::Json).map(Json::leaf)),
        ("maxRun", of.max_run.map(Json::leaf)),
        ("pattern", of.pattern.as_ref().map(|of| Json::leaf(format!("^(?:{of})$")))),
        of.format.map_or(("", None), |of| {
            let (key, value) = of.json_schema();
            (key, Some(Json::leaf(value)))
        }),
    ];
    let schema = bounds.into_iter().fold(schema, |schema, (key, value)| match value {
        Some(value) => schema.with(key, value),
        None => schema,
    });
    if field.values.is_empty() { schema } else { schema.with("enum", Json::texts(&field.values)) }
}

/// A bound as it is written: whole where it is whole.
fn number(bound: f64) -> Json {
    if bound.fract() == 0.0 { Json::leaf(bound as i64) } else { Json::leaf(bound) }
}

fn typed(ty: Type) -> Json {
    let (name, format) = match ty {
        Type::Id => ("string", Some("uuid")),
        Type::Text | Type::Enum => ("string", None),
        Type::Timestamp => ("string", Some("date-time")),
        Type::Date => ("string", Some("date")),
        Type::Money | Type::Float64 => ("number", None),
        Type::Int32 | Type::Int64 => ("integer", None),
        Type::Bool => ("boolean", None),
        Type::Json => ("object", None),
    };
    let schema = Json::object([("type", Json::leaf(name))]);
    match format {
        Some(format) => schema.with("format", Json::leaf(format)),
        None => schema,
    }
}

fn described(schema: Json, doc: &str, unit: Option<&str>) -> Json {
    let unit = unit.map(|unit| format!(" Unit: {unit}.")).unwrap_or_default();
    schema.with("description", Json::leaf(format!("{doc}{unit}")))
}

/// What an event type says of a line: no column that it leaves empty, and its own properties.
fn event_type(table: &Table, event: &EventType) -> Json {
    let mut columns = Vec::new();
    let mut required = Vec::new();
    for field in &table.fields {
        if !event.fills(field) {
            columns.push((field.name.clone(), Json::leaf(false)));
        } else if field.from == "event.properties" {
            columns.push((field.name.clone(), properties(event)));
            required.push(&field.name);
        } else if event.requires(field) {
            required.push(&field.name);
        }
    }
    Json::object([
        ("description", Json::leaf(event.doc.as_str())),
        ("properties", Json::Object(columns)),
        ("required", Json::texts(required)),
    ])
}

fn properties(event: &EventType) -> Json {
    let members = event.properties.iter().map(|of| (of.name.clone(), property(of))).collect();
    Json::object([
        ("type", Json::leaf("object")),
        ("properties", Json::Object(members)),
        ("required", Json::texts(event.properties.iter().map(|property| &property.name))),
        ("additionalProperties", Json::leaf(false)),
    ])
}

fn property(property: &Property) -> Json {
    let schema = described(typed(property.ty), &property.doc, property.unit.as_deref());
    let Origin::Drawn(values) = &property.origin else { return schema };
    let values = values.iter().filter_map(|(literal, _)| serde_json::from_str(literal).ok());
    schema.with("enum", Json::List(values.map(Json::Leaf).collect()))
}
