//! Parquet, written page by page from what the frame knows already.
//!
//! The usual writer hashes each value to find its dictionary key; a frame hands out keys, so here a page of strings costs a look-up
//! and a few bits a row. One row group a file; pages of version 1; column and offset index for every column. Files are plain Parquet
//! without an Arrow schema, made to be read by anything.

mod chunk;
mod codec;
mod column;
mod delta;
mod keys;
mod rle;
pub(super) mod schema;
mod shared;
mod stats;

use std::cell::RefCell;
use std::io::{self, Write};
use std::sync::Arc;

use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;

use super::{Compression, Format, Options, unknown_compression};
use crate::frame::Frame;
use crate::schema::Table;
use chunk::ChunkSource;
use column::Scratch;

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// The format.
pub(super) struct Parquet;

impl Format for Parquet {
    fn name(&self) -> &'static str {
        "parquet"
    }

    fn compressions(&self) -> &'static [Compression] {
        &[Compression::Zstd, Compression::Snappy, Compression::Lz4, Compression::None]
    }

    fn extension(&self, _: &Options) -> &'static str {
        "parquet"
    }

    fn write(
        &self,
        frame: &dyn Frame,
        options: &Options,
        out: &mut (dyn Write + Send),
    ) -> io::Result<()> {
        SCRATCH.with_borrow_mut(|scratch| {
            match scratch.press.set(options.compression) {
                None => return Err(unknown_compression(self, options)),
                Some(result) => result?,
            }
            write(frame, options, scratch, out)
        })
    }
}

fn write(
    frame: &dyn Frame,
    options: &Options,
    scratch: &mut Scratch,
    out: &mut (dyn Write + Send),
) -> io::Result<()> {
    let table = frame.table();
    let schema = schema::of(table, options.ids).map_err(io_error)?;
    let properties = Arc::new(properties(table, options));
    let mut file = SerializedFileWriter::new(out, schema, properties).map_err(io_error)?;
    let columns = file.schema_descr().columns().to_vec();
    if frame.rows() > 0 {
        let mut group = file.next_row_group().map_err(io_error)?;
        scratch.groups.begin(frame);
        for (field, desc) in columns.iter().enumerate() {
            let close = column::encode(frame, field, desc, options.ids, scratch)?;
            group.append_column(&ChunkSource(&scratch.chunk), close).map_err(io_error)?;
        }
        group.close().map_err(io_error)?;
    }
    file.close().map_err(io_error)?;
    Ok(())
}

/// What the footer says about the file.
pub(super) fn properties(table: &Table, options: &Options) -> WriterProperties {
    let facts = [("throng.table", &table.name), ("throng.version", &options.version)];
    let facts = facts.into_iter().filter(|(_, value)| !value.is_empty());
    let facts = facts.map(|(key, value)| KeyValue::new(key.to_owned(), value.clone())).collect();
    WriterProperties::builder()
        .set_created_by(
            concat!("throng version ", env!("CARGO_PKG_VERSION"), " (build pages)").into(),
        )
        .set_key_value_metadata(Some(facts))
        .set_sorting_columns(schema::sorting(table))
        .build()
}

/// An I/O error as it was; anything else that the Parquet layer complains of as `Other`.
pub(super) fn io_error(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(source) => match source.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(source) => io::Error::other(source),
        },
        error => io::Error::other(error),
    }
}
