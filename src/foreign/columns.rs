//! Which columns a file has.

use std::io::{BufRead, Read as _};
use std::path::Path;

use arrow::datatypes::{DataType, Fields};
use serde_json::{Map, Value};

use crate::read::{self, ndjson::unpacked};

/// Lines of an NDJSON file that are looked at: a member may be absent from the first.
const LINES: usize = 1000;
/// Bytes of it that are looked at at most.
const BYTES: u64 = 16 << 20;

/// The names of a file's columns; those within structs and objects as `a.b`. None of a file without rows, or in which no row is
/// found: what is wrong with that one, the reader tells.
pub(super) fn columns(path: &Path) -> Result<Option<Vec<String>>, String> {
    let mut names = Vec::new();
    if read::is_parquet(path) {
        let (schema, rows) = read::parquet_shape(path)?;
        of_fields("", schema.fields(), &mut names);
        return Ok((rows > 0).then_some(names));
    }
    let mut found = false;
    for line in lines(path)?.lines().take(LINES) {
        let line = line.map_err(|error| error.to_string())?;
        // The line at which the look ends may be cut; what is wrong with the others, the reader tells.
        if let Ok(Value::Object(members)) = serde_json::from_str(&line) {
            of_members("", &members, &mut names);
            found = true;
        }
    }
    Ok(found.then_some(names))
}

fn lines(path: &Path) -> Result<impl BufRead, String> {
    let plain = unpacked(path).map_err(|error| error.to_string())?;
    Ok(plain.take(BYTES))
}

fn of_fields(root: &str, fields: &Fields, names: &mut Vec<String>) {
    for field in fields {
        let name = format!("{root}{}", field.name());
        if let DataType::Struct(inner) = field.data_type() {
            of_fields(&format!("{name}."), inner, names);
        }
        names.push(name);
    }
}

fn of_members(root: &str, members: &Map<String, Value>, names: &mut Vec<String>) {
    for (member, value) in members {
        let name = format!("{root}{member}");
        if let Value::Object(inner) = value {
            of_members(&format!("{name}."), inner, names);
        }
        if !names.contains(&name) {
            names.push(name);
        }
    }
}
