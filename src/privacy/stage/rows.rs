//! Rows seen and rows taken out, whatever kind of file they stand in.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use arrow::array::{Array as _, BooleanArray, StringArray};
use arrow::compute::filter_record_batch;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::arrow::arrow_writer::{ArrowRowGroupWriterFactory, compute_leaves};
use parquet::basic::Compression;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;

use super::arrays::{self, Leaves, ROWS};
use super::input::{self, Form, each_line, form_of};
use super::json::{self, Leaf};
use super::survey::told;
use super::why::{Why, broken};
use crate::read;

/// Nobody asks a removal to stop within a file: what it has prepared is not there before its journal says so.
static NEVER: AtomicBool = AtomicBool::new(false);

/// Whether a text is one that is looked for.
pub(in crate::privacy) type Held<'h> = dyn Fn(&str) -> bool + 'h;

/// Shows of every row, numbered from 0, the texts at some paths, and whether any text of it is one that is looked for. How many rows
/// there are.
pub(in crate::privacy) fn each(
    path: &Path,
    paths: &[String],
    held: Option<&Held<'_>>,
    mut see: impl FnMut(u64, &[Option<&str>], bool),
) -> Result<u64, Why> {
    if form_of(path).ok_or_else(|| broken("it is neither Parquet nor NDJSON"))? == Form::Parquet {
        return parquet_rows(path, paths, held, &mut see);
    }
    let mut row = 0;
    each_line(path, &NEVER, |line, text| {
        let (mut texts, mut holding) = (vec![None; paths.len()], false);
        json::look(text, "", &[], &mut |path, leaf| {
            let text = match &leaf {
                Leaf::Text(text) => text.as_ref(),
                Leaf::Number(number) => number,
                Leaf::Flag(_) | Leaf::Null => return,
            };
            holding |= held.is_some_and(|held| held(text));
            for (_, found) in paths.iter().zip(&mut texts).filter(|(at, _)| *at == path) {
                *found = Some(text.to_owned());
            }
        })
        .map_err(|stop| told(&stop, line))?;
        let texts: Vec<Option<&str>> = texts.iter().map(Option::as_deref).collect();
        see(row, &texts, holding);
        row += 1;
        Ok(())
    })?;
    Ok(row)
}

/// The tables below a folder that was written here, each file with its table and its path, with `/`.
pub(in crate::privacy) fn files_below(dir: &Path) -> io::Result<Vec<(String, String)>> {
    let found = input::find(&[dir.to_owned()])?;
    let file = |input: input::Input| {
        let path = input.path.strip_prefix(dir).ok()?.to_string_lossy().replace('\\', "/");
        Some((input.tables.into_iter().next()?, path))
    };
    Ok(found.inputs.into_iter().filter_map(file).collect())
}

/// Microseconds since 1970 of a moment or a date in text; without a zone it is taken for UTC.
pub(in crate::privacy) fn moment(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(moment) = text.parse::<jiff::Timestamp>() {
        return Some(moment.as_microsecond());
    }
    let civil = text.parse::<jiff::civil::DateTime>().ok()?;
    Some(civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_microsecond())
}

/// Whether a text holds one of some others as a word of its own: `customer-47110` is not `customer-4711`.
pub(in crate::privacy) fn holds(held: &[String], text: &str) -> bool {
    let is_part = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    held.iter().any(|one| {
        text.match_indices(one.as_str()).any(|(at, _)| {
            let (before, after) = (&text[..at], &text[at + one.len()..]);
            !is_part(before.chars().next_back()) && !is_part(after.chars().next())
        })
    })
}

/// Is shown a row: its number, its texts, and whether it holds what is looked for.
type See<'s> = dyn FnMut(u64, &[Option<&str>], bool) + 's;

fn parquet_rows(
    path: &Path,
    paths: &[String],
    held: Option<&Held<'_>>,
    see: &mut See<'_>,
) -> Result<u64, Why> {
    let wanted: Vec<&str> = paths.iter().map(String::as_str).collect();
    // Where texts are looked into, all are read.
    let mut leaves = Leaves::open(path, if held.is_none() { Some(&wanted) } else { None })?;
    let mut row = 0;
    while let Some(batch) = leaves.next()? {
        let rows = batch.first().map_or(0, |(_, array)| array.len());
        let find = |path: &String| batch.iter().find(|(name, _)| name == path).map(|(_, a)| a);
        let columns: Result<Vec<Option<StringArray>>, Why> =
            paths.iter().map(|path| find(path).map(arrays::plain_texts).transpose()).collect();
        let columns = columns?;
        let mut holding = vec![false; rows];
        if let Some(held) = held {
            for (_, array) in batch.iter().filter(|(_, array)| arrays::is_text(array.data_type())) {
                let texts = arrays::plain_texts(array)?;
                for (place, text) in texts.iter().enumerate() {
                    holding[place] |= text.is_some_and(held);
                }
            }
        }
        for (place, holding) in holding.into_iter().enumerate() {
            let text = |column: &Option<StringArray>| -> Option<String> {
                let column = column.as_ref()?;
                column.is_valid(place).then(|| column.value(place).to_owned())
            };
            let texts: Vec<Option<String>> = columns.iter().map(text).collect();
            let texts: Vec<Option<&str>> = texts.iter().map(Option::as_deref).collect();
            see(row, &texts, holding);
            row += 1;
        }
    }
    Ok(row)
}

/// Writes a file again without some of its rows; how many are left.
pub(in crate::privacy) fn without(
    path: &Path,
    gone: &BTreeSet<u64>,
    out: &mut (dyn Write + Send),
) -> Result<u64, Why> {
    match form_of(path).ok_or_else(|| broken("it is neither Parquet nor NDJSON"))? {
        Form::Parquet => read::shielded(|| Ok(parquet_without(path, gone, out)))?,
        form => input::zipped(form, out, |out| lines_without(path, gone, out)),
    }
}

fn lines_without(path: &Path, gone: &BTreeSet<u64>, out: &mut dyn Write) -> Result<u64, Why> {
    let (mut row, mut left) = (0, 0);
    each_line(path, &NEVER, |_, text| {
        if !gone.contains(&row) {
            out.write_all(text).and_then(|()| out.write_all(b"\n")).map_err(broken)?;
            left += 1;
        }
        row += 1;
        Ok(())
    })?;
    out.flush().map_err(broken)?;
    Ok(left)
}

/// Row groups stay apart, types and compression stay; statistics are those of what is left.
fn parquet_without(
    path: &Path,
    gone: &BTreeSet<u64>,
    out: &mut (dyn Write + Send),
) -> Result<u64, Why> {
    let file = File::open(path).map_err(broken)?;
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let metadata = ArrowReaderMetadata::load(&file, options).map_err(broken)?;
    let about = metadata.metadata();
    let codec = about.row_groups().first().and_then(|group| group.columns().first());
    let codec = codec.map_or(Compression::SNAPPY, ColumnChunkMetaData::compression);
    let properties = WriterProperties::builder()
        .set_compression(codec)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_created_by(concat!("throng ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_key_value_metadata(about.file_metadata().key_value_metadata().cloned())
        .build();
    let root = about.file_metadata().schema_descr().root_schema_ptr();
    let mut writer = SerializedFileWriter::new(out, root, Arc::new(properties)).map_err(broken)?;
    let fields = Arc::clone(metadata.schema());
    let factory = ArrowRowGroupWriterFactory::new(&writer, Arc::clone(&fields));
    let (mut row, mut left) = (0_u64, 0_u64);
    for group in 0..about.num_row_groups() {
        let mut columns = factory.create_column_writers(group).map_err(broken)?;
        let batches = ParquetRecordBatchReaderBuilder::new_with_metadata(
            file.try_clone().map_err(broken)?,
            metadata.clone(),
        );
        let batches = batches.with_row_groups(vec![group]).with_batch_size(ROWS).build();
        let before = left;
        for batch in batches.map_err(broken)? {
            let batch = batch.map_err(broken)?;
            let rows = row..row + batch.num_rows() as u64;
            row = rows.end;
            let stays: BooleanArray = rows.map(|row| Some(!gone.contains(&row))).collect();
            let batch = filter_record_batch(&batch, &stays).map_err(broken)?;
            left += batch.num_rows() as u64;
            let mut writers = columns.iter_mut();
            for (field, array) in fields.fields().iter().zip(batch.columns()) {
                for (leaf, writer) in
                    compute_leaves(field, array).map_err(broken)?.iter().zip(&mut writers)
                {
                    writer.write(leaf).map_err(broken)?;
                }
            }
        }
        // A row group of which nothing is left is none.
        if left == before {
            continue;
        }
        let mut group = writer.next_row_group().map_err(broken)?;
        for column in columns {
            let chunk = column.close().map_err(broken)?;
            chunk.append_to_row_group(&mut group).map_err(broken)?;
        }
        group.close().map_err(broken)?;
    }
    writer.close().map_err(broken)?;
    Ok(left)
}

#[cfg(test)]
mod tests {
    use super::holds;

    #[test]
    fn words_are_held_and_not_their_parts() {
        let held = ["customer-4711".to_owned()];
        for text in ["customer-4711", "of customer-4711, by hand", "a,customer-4711;customer-47110"]
        {
            assert!(holds(&held, text), "{text}");
        }
        for text in ["customer-47110", "xcustomer-4711", "customer-471", ""] {
            assert!(!holds(&held, text), "{text}");
        }
    }
}
