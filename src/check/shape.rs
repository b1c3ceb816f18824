//! Files whose columns are not those declared: what they hold cannot be judged by checks that rely on the columns.

use arrow::datatypes::{DataType, Schema};

use crate::read::{self, BadLine, Batch, DataSet, What};
use crate::schema::render::arrow::data_type;
use crate::schema::{Field, Schemas, Table, Type};

/// A file that is not of its table's shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// Its table.
    pub table: String,
    /// Its path in the data set, and the row where there is one in question.
    pub place: String,
    /// What is wrong.
    pub says: String,
    /// What is wrong with a value or a member; none when the file as a whole is of another shape.
    pub what: Option<(String, What)>,
    /// Whether the labels of the data set say so: then it is in nobody's way.
    pub is_labelled: bool,
}

/// A line that is ill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its table.
    pub table: String,
    /// Its path in the data set and its number.
    pub place: String,
    /// Which, and what is wrong with it.
    pub bad: BadLine,
    /// Whether the labels of the data set say so.
    pub is_labelled: bool,
}

/// The lines of a batch that are ill.
pub(super) fn lines<'b>(
    table: &'b str,
    path: &'b str,
    batch: &'b Batch,
) -> impl Iterator<Item = Line> + 'b {
    batch.lines.iter().map(move |bad| Line {
        table: table.to_owned(),
        place: format!("{path}, line {}", bad.number),
        bad: bad.clone(),
        is_labelled: false,
    })
}

/// The Parquet files whose columns are not the schema's.
pub(super) fn misfits(data: &DataSet, schemas: &Schemas) -> Vec<Misfit> {
    let mut misfits = Vec::new();
    for written in &data.manifest().tables {
        let Some(table) = schemas.table(&written.name) else { continue };
        for file in &written.files {
            let path = data.dir().join(&file.path);
            // NDJSON is seen line by line; a file that cannot be read at all is said by another check.
            let Some(Ok((found, _))) = read::is_parquet(&path).then(|| read::parquet_shape(&path))
            else {
                continue;
            };
            misfits.extend(difference(table, &found).map(|says| Misfit {
                table: table.name.clone(),
                place: file.path.clone(),
                says,
                what: None,
                is_labelled: false,
            }));
        }
    }
    misfits
}

/// What the lines of a batch hold that they should not.
pub(super) fn of_batch(table: &str, path: &str, batch: &Batch) -> impl Iterator<Item = Misfit> {
    batch.faults.iter().map(move |fault| Misfit {
        table: table.to_owned(),
        place: match fault.line {
            0 => format!("{path}, row {}", fault.row + 1),
            line => format!("{path}, line {line}"),
        },
        says: format!("`{}` {}", fault.column, fault.what.told()),
        what: Some((fault.column.clone(), fault.what)),
        is_labelled: false,
    })
}

/// What is wrong with a file's columns, if anything is.
fn difference(table: &Table, found: &Schema) -> Option<String> {
    let declared: Vec<&str> = table.fields.iter().map(|field| field.name.as_str()).collect();
    let there: Vec<&str> = found.fields().iter().map(|field| field.name().as_str()).collect();
    let missing: Vec<&str> = without(&declared, &there);
    let foreign: Vec<&str> = without(&there, &declared);
    if !missing.is_empty() {
        return Some(format!("lacks {}", missing.join(", ")));
    }
    if !foreign.is_empty() {
        return Some(format!("has columns of no schema: {}", foreign.join(", ")));
    }
    if declared != there {
        return Some("has its columns in another order".to_owned());
    }
    let mut pairs = table.fields.iter().zip(found.fields());
    pairs.find_map(|(field, found)| of_column(field, found))
}

fn without<'n>(names: &[&'n str], others: &[&str]) -> Vec<&'n str> {
    names.iter().copied().filter(|name| !others.contains(name)).collect()
}

fn of_column(field: &Field, found: &arrow::datatypes::Field) -> Option<String> {
    let native = field.ty == Type::Id && *found.data_type() == DataType::FixedSizeBinary(16);
    let declared = data_type(field.ty);
    if !native && *found.data_type() != declared {
        return Some(format!("{} is {}, not {declared}", field.name, found.data_type()));
    }
    let said = |nullable: bool| if nullable { "may be absent" } else { "is always there" };
    (found.is_nullable() != field.nullable).then(|| {
        let (there, declared) = (said(found.is_nullable()), said(field.nullable));
        format!("{} {there} by the file, but {declared} by the schema", field.name)
    })
}
