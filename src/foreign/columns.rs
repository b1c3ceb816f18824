//! Which columns a file has.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use arrow::datatypes::{DataType, Fields};
use flate2::read::MultiGzDecoder;
use serde_json::{Map, Value};

use crate::read;

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

fn lines(path: &Path) -> Result<Box<dyn BufRead>, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let is = |ending: &str| path.extension().is_some_and(|found| found == ending);
    let plain: Box<dyn Read> = if is("gz") {
        Box::new(MultiGzDecoder::new(BufReader::new(file)))
    } else if is("zst") {
        Box::new(zstd::stream::read::Decoder::new(file).map_err(|error| error.to_string())?)
    } else {
        Box::new(file)
    };
    Ok(Box::new(BufReader::new(plain.take(BYTES))))
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
