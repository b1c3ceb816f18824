//! Arrow schemas, as the portable profile has them: ids and JSON as text.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, TimeUnit};

use super::chosen;
use crate::schema::{self, Schemas, Table, Type};

/// A table's Arrow schema; doc, unit and privacy class stand in the fields' metadata.
pub fn schema(table: &Table) -> Schema {
    let fields: Vec<Field> = table.fields.iter().map(field).collect();
    Schema::new_with_metadata(fields, HashMap::from([("doc".to_owned(), table.doc.clone())]))
}

fn field(field: &schema::Field) -> Field {
    let mut metadata = HashMap::from([
        ("doc".to_owned(), field.doc.clone()),
        ("privacy".to_owned(), field.privacy.name().to_owned()),
    ]);
    metadata.extend(field.unit.iter().map(|unit| ("unit".to_owned(), unit.clone())));
    Field::new(&field.name, data_type(field.ty), field.nullable).with_metadata(metadata)
}

/// The Arrow type of a field.
pub fn data_type(ty: Type) -> DataType {
    match ty {
        Type::Id | Type::Text | Type::Enum | Type::Json => DataType::Utf8,
        Type::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some(Arc::from("UTC"))),
        Type::Date => DataType::Date32,
        Type::Money => DataType::Decimal128(18, 2),
        Type::Int32 => DataType::Int32,
        Type::Int64 => DataType::Int64,
        Type::Float64 => DataType::Float64,
        Type::Bool => DataType::Boolean,
    }
}

/// The schemas as text, a line a column.
pub(super) fn render(schemas: &Schemas, table: Option<&str>) -> String {
    let mut out = String::new();
    for (i, table) in chosen(schemas, table).into_iter().enumerate() {
        let gap = if i == 0 { "" } else { "\n" };
        let _ = writeln!(out, "{gap}{}", table.name);
        let schema = schema(table);
        let width = schema.fields().iter().map(|field| field.name().len()).max().unwrap_or(0);
        for field in schema.fields() {
            let null = if field.is_nullable() { ", nullable" } else { "" };
            let _ = writeln!(out, "  {:width$}  {}{null}", field.name(), field.data_type());
        }
    }
    out
}
