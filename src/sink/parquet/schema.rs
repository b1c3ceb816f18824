//! A table as a Parquet schema.

use std::sync::Arc;

use parquet::basic::{LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::errors::Result;
use parquet::file::metadata::SortingColumn;
use parquet::schema::types::{Type as Node, TypePtr};

use crate::schema::{Field, Table, Type};
use crate::sink::IdForm;

/// The schema of a table's files.
pub(in crate::sink) fn of(table: &Table, ids: IdForm) -> Result<TypePtr> {
    let fields = table.fields.iter().map(|field| node(field, ids).map(Arc::new));
    let fields = fields.collect::<Result<Vec<_>>>()?;
    Node::group_type_builder(&table.name).with_fields(fields).build().map(Arc::new)
}

fn node(field: &Field, ids: IdForm) -> Result<Node> {
    let (physical, logical) = match (field.ty, ids) {
        (Type::Id, IdForm::Native) => (Physical::FIXED_LEN_BYTE_ARRAY, Some(LogicalType::Uuid)),
        // JSON's own logical type makes some readers hand out bytes; text is text everywhere.
        (Type::Id | Type::Text | Type::Enum | Type::Json, _) => {
            (Physical::BYTE_ARRAY, Some(LogicalType::String))
        }
        (Type::Timestamp, _) => {
            (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MICROS)))
        }
        (Type::Date, _) => (Physical::INT32, Some(LogicalType::Date)),
        (Type::Money, _) => (Physical::INT64, Some(LogicalType::decimal(2, 18))),
        (Type::Int32, _) => (Physical::INT32, None),
        (Type::Int64, _) => (Physical::INT64, None),
        (Type::Float64, _) => (Physical::DOUBLE, None),
        (Type::Bool, _) => (Physical::BOOLEAN, None),
    };
    let repetition = if field.nullable { Repetition::OPTIONAL } else { Repetition::REQUIRED };
    let mut builder = Node::primitive_type_builder(&field.name, physical)
        .with_repetition(repetition)
        .with_logical_type(logical);
    if physical == Physical::FIXED_LEN_BYTE_ARRAY {
        builder = builder.with_length(16);
    }
    if field.ty == Type::Money {
        builder = builder.with_precision(18).with_scale(2);
    }
    builder.build()
}

/// The order of a table's rows, for the file's metadata; none unless every field of it is known.
pub(super) fn sorting(table: &Table) -> Option<Vec<SortingColumn>> {
    let columns = table.sorted_by.iter().map(|name| {
        let column = table.fields.iter().position(|field| field.name == *name)?;
        Some(SortingColumn { column_idx: column as i32, descending: false, nulls_first: false })
    });
    columns.collect::<Option<Vec<_>>>().filter(|columns| !columns.is_empty())
}
