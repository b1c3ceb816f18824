//! Parquet in, Parquet out: row group by row group, column by column. What is kept is copied as it is encoded; what changes is
//! decoded, a batch at a time, and encoded anew. Nothing of the old footer goes with it: neither metadata nor bloom filters.

use std::fs::File;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use arrow::array::{
    Array, ArrayRef, AsArray as _, RecordBatch, StringArray, UInt32Array, new_empty_array,
};
use arrow::compute::take;
use arrow::datatypes::{Field, Int32Type, Schema, SchemaRef};
use parquet::arrow::ArrowSchemaConverter;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ParquetRecordBatchReaderBuilder};
use parquet::arrow::arrow_writer::{ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::basic::Compression;
use parquet::column::writer::ColumnCloseResult;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{Type, TypePtr};

use super::arrays::{self, ROWS};
use super::change::Change;
use super::input::Input;
use super::job::Job;
use super::survey;
use super::why::{Why, broken, go_on};
use super::worker::{Inside, Worker};
use crate::privacy::policy::act::Act;
use crate::read;
use crate::seed::{Purpose, Seed};

/// What a column of the file becomes.
enum Fate {
    /// Its bytes are copied.
    Copied,
    /// It is decoded, changed and encoded.
    Changed,
    /// It is not there any more.
    Dropped,
}

/// A file under way.
struct Rewriting<'r> {
    job: &'r Job,
    input: &'r Input,
    cancel: &'r AtomicBool,
    file: File,
    metadata: ArrowReaderMetadata,
    fates: Vec<Fate>,
}

/// Rewrites a file; how many rows it has.
pub(super) fn rewrite(
    input: &Input,
    job: &Job,
    cancel: &AtomicBool,
    out: &mut (dyn Write + Send),
) -> Result<u64, Why> {
    let file = File::open(&input.path).map_err(broken)?;
    let metadata = read::keyed_metadata(&file)?;
    // What a file's bytes make panic is the file's fault; what is said without a panic says itself whose it is.
    read::shielded(move || {
        let fates = metadata.schema().fields().iter().map(|field| fate(job, field)).collect();
        Ok(Rewriting { job, input, cancel, file, metadata, fates }.write(out))
    })?
}

fn fate(job: &Job, field: &Field) -> Fate {
    let root = field.name();
    let mut leaves = Vec::new();
    arrays::leaf_paths(root, field.data_type(), &mut leaves);
    let dropped =
        |path: &str| job.change(path).is_none_or(|change| change.borrow().act == Act::Drop);
    match () {
        () if leaves.iter().all(|(path, _)| dropped(path)) => Fate::Dropped,
        () if job.order.is_none() && job.keeps(root) => Fate::Copied,
        () => Fate::Changed,
    }
}

impl Rewriting<'_> {
    fn write(&self, out: &mut (dyn Write + Send)) -> Result<u64, Why> {
        let (fields, schema) = self.schema()?;
        let mut writer =
            SerializedFileWriter::new(out, schema, Arc::new(self.properties())).map_err(broken)?;
        let factory = ArrowRowGroupWriterFactory::new(&writer, fields);
        for group in 0..self.metadata.metadata().num_row_groups() {
            go_on(self.cancel)?;
            let columns = factory.create_column_writers(group).map_err(broken)?;
            let mut group_writer = writer.next_row_group().map_err(broken)?;
            self.group(group, columns, &mut group_writer)?;
            group_writer.close().map_err(broken)?;
        }
        writer.close().map_err(broken)?;
        Ok(self.metadata.metadata().file_metadata().num_rows().max(0) as u64)
    }

    /// The columns of what is written: as they were where they are copied, by what becomes of their leaves elsewhere.
    fn schema(&self) -> Result<(SchemaRef, TypePtr), Why> {
        let roots = self.metadata.parquet_schema().root_schema().get_fields();
        let (mut fields, mut types) = (Vec::new(), Vec::new());
        for ((field, fate), root) in
            self.metadata.schema().fields().iter().zip(&self.fates).zip(roots)
        {
            match fate {
                Fate::Dropped => {}
                Fate::Copied => {
                    fields.push(field.as_ref().clone());
                    types.push(Arc::clone(root));
                }
                Fate::Changed => {
                    let Some(field) = self.becomes(field)? else { continue };
                    let alone = Schema::new(vec![field.clone()]);
                    let alone = ArrowSchemaConverter::new().convert(&alone).map_err(broken)?;
                    types.extend(alone.root_schema().get_fields().iter().cloned());
                    fields.push(field);
                }
            }
        }
        let root = Type::group_type_builder("schema").with_fields(types).build().map_err(broken)?;
        Ok((Arc::new(Schema::new(fields)), Arc::new(root)))
    }

    /// The field that a field becomes.
    fn becomes(&self, field: &Field) -> Result<Option<Field>, Why> {
        let empty = new_empty_array(field.data_type());
        let made = arrays::changed(field, field.name(), &empty, &mut |path, array| {
            let change = self.job.change(path).map(std::cell::RefCell::borrow);
            Ok(change.and_then(|change| match &change.act {
                Act::Drop => None,
                Act::Keep if !change.rare => Some(Arc::clone(array)),
                _ => Some(new_empty_array(&arrays::made_type(&change, array.data_type()))),
            }))
        })?;
        Ok(made.map(|(field, _)| field))
    }

    fn properties(&self) -> WriterProperties {
        let groups = self.metadata.metadata().row_groups();
        let codec = groups.first().and_then(|group| group.columns().first());
        let codec = codec
            .map_or(Compression::SNAPPY, parquet::file::metadata::ColumnChunkMetaData::compression);
        let stamp = KeyValue::new(super::STAMP.to_owned(), Some("pseudonymised".to_owned()));
        WriterProperties::builder()
            .set_compression(codec)
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_created_by(concat!("throng ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_key_value_metadata(Some(vec![stamp]))
            .build()
    }

    fn group<W: Write + Send>(
        &self,
        group: usize,
        columns: Vec<ArrowColumnWriter>,
        out: &mut SerializedRowGroupWriter<'_, W>,
    ) -> Result<(), Why> {
        let mut columns = columns.into_iter();
        let mut chunk = 0;
        let roots = self.metadata.parquet_schema().root_schema().get_fields();
        for ((field, fate), root) in
            self.metadata.schema().fields().iter().zip(&self.fates).zip(roots)
        {
            let leaves = width(root);
            match fate {
                Fate::Dropped => {}
                Fate::Copied => {
                    for place in chunk..chunk + leaves {
                        columns.next();
                        self.copy(group, place, out)?;
                    }
                }
                Fate::Changed => self.change(group, field, &mut columns, out)?,
            }
            chunk += leaves;
        }
        Ok(())
    }

    /// Copies a column chunk, less its bloom filter and indexes.
    fn copy<W: Write + Send>(
        &self,
        group: usize,
        place: usize,
        out: &mut SerializedRowGroupWriter<'_, W>,
    ) -> Result<(), Why> {
        let group = self.metadata.metadata().row_group(group);
        let chunk = group.column(place);
        let close = ColumnCloseResult {
            bytes_written: chunk.compressed_size().max(0) as u64,
            rows_written: group.num_rows().max(0) as u64,
            metadata: chunk.clone(),
            bloom_filter: None,
            column_index: None,
            offset_index: None,
        };
        out.append_column(&self.file, close).map_err(broken)
    }

    /// Decodes, changes and encodes a column.
    fn change<W: Write + Send>(
        &self,
        group: usize,
        field: &Field,
        columns: &mut impl Iterator<Item = ArrowColumnWriter>,
        out: &mut SerializedRowGroupWriter<'_, W>,
    ) -> Result<(), Why> {
        let Some(becomes) = self.becomes(field)? else { return Ok(()) };
        let mut paths = Vec::new();
        arrays::leaf_paths(becomes.name(), becomes.data_type(), &mut paths);
        let mut writers: Vec<ArrowColumnWriter> = columns.take(paths.len()).collect();
        let job = self.job;
        // The leaves of the old field, each with its worker: dictionaries live as long as the row group.
        let mut old = Vec::new();
        arrays::leaf_paths(field.name(), field.data_type(), &mut old);
        let mut changes: Vec<(String, std::cell::RefMut<'_, Change>)> = old
            .iter()
            .filter_map(|(path, _)| Some((path.clone(), job.change(path)?.borrow_mut())))
            .collect();
        let mut insides: Vec<_> =
            changes.iter().map(|(path, _)| inside(job, path.clone())).collect();
        let mut workers: Vec<(&str, Worker<'_>)> = changes
            .iter_mut()
            .zip(&mut insides)
            .map(|((path, change), inside)| {
                let is_inside = change.act == Act::Inside;
                let inside: Option<&mut Inside<'_>> = if is_inside { Some(inside) } else { None };
                (path.as_str(), Worker::new(change, inside))
            })
            .collect();
        let needs_subject = workers.iter().any(|(_, worker)| worker.change.is_per_subject());
        let mut rows = Window::new(job.order, group);
        for batch in self.batches(group, field.name(), needs_subject)? {
            go_on(self.cancel)?;
            let batch = batch.map_err(broken)?;
            let subjects = if needs_subject { self.subjects(&batch) } else { Vec::new() };
            let Some(array) = batch.column_by_name(field.name()) else { continue };
            let made = arrays::changed(field, field.name(), array, &mut |path, array| {
                let worker = workers.iter_mut().find(|(known, _)| *known == path);
                let Some((_, worker)) = worker else { return Ok(None) };
                match &worker.change.act {
                    Act::Drop => Ok(None),
                    Act::Keep if !worker.change.rare => Ok(Some(Arc::clone(array))),
                    _ => {
                        let days = worker
                            .change
                            .is_per_subject()
                            .then(|| days(worker.change, &subjects, array.len()))
                            .transpose()?;
                        worker.apply(array, days.as_deref()).map(Some)
                    }
                }
            })?;
            let Some((_, array)) = made else { continue };
            let array = rows.ordered(array)?;
            for (leaf, writer) in
                compute_leaves(&becomes, &array).map_err(broken)?.iter().zip(&mut writers)
            {
                writer.write(leaf).map_err(broken)?;
            }
        }
        for writer in writers {
            writer.close().and_then(|chunk| chunk.append_to_row_group(out)).map_err(broken)?;
        }
        Ok(())
    }

    /// The columns that say whose the rows are: partitions say it of all.
    fn subjects(&self, batch: &RecordBatch) -> Vec<ArrayRef> {
        let leaves = arrays::leaves_of(batch);
        let of = |path: &String| {
            let part = self.input.partitions.iter().find(|(name, _)| name == path);
            let part = part.map(|(_, value)| -> ArrayRef {
                Arc::new(StringArray::from(vec![value.as_str(); batch.num_rows()]))
            });
            let leaf = || leaves.iter().find(|(name, _)| name == path);
            part.or_else(|| leaf().map(|(_, array)| Arc::clone(array)))
        };
        self.job.subject.iter().filter_map(of).collect()
    }

    /// A row group's batches of a column, with whose the rows are where that matters.
    fn batches(
        &self,
        group: usize,
        root: &str,
        with_subject: bool,
    ) -> Result<parquet::arrow::arrow_reader::ParquetRecordBatchReader, Why> {
        let mut wanted = vec![root];
        if with_subject {
            wanted.extend(self.job.subject.iter().map(String::as_str));
        }
        let mask = arrays::mask(&self.metadata, &wanted);
        let file = self.file.try_clone().map_err(broken)?;
        let window = self.job.order.map_or(ROWS, |(_, window)| window);
        ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone())
            .with_projection(mask)
            .with_row_groups(vec![group])
            .with_batch_size(window)
            .build()
            .map_err(broken)
    }
}

/// Rewrites texts that are JSON.
fn inside(job: &Job, root: String) -> impl FnMut(&str) -> Result<Option<String>, Why> {
    move |text| {
        let mut out = Vec::new();
        let told = |stop| survey::told_inside(&stop, &root);
        job.rewrite(text.as_bytes(), &root, None, &mut out).map_err(told)?;
        Ok(Some(String::from_utf8_lossy(&out).into_owned()))
    }
}

/// How many leaves stand below a column.
fn width(ty: &TypePtr) -> usize {
    if ty.is_group() { ty.get_fields().iter().map(width).sum() } else { 1 }
}

/// The shifts of rows by their subjects: of each row the first subject that is there.
fn days(change: &Change, subjects: &[ArrayRef], rows: usize) -> Result<Vec<Option<i64>>, Why> {
    let mut days = vec![None; rows];
    for subject in subjects {
        let (keys, values) = match subject.as_dictionary_opt::<Int32Type>() {
            Some(dictionary) => {
                (Some(dictionary.keys()), arrays::plain_texts(dictionary.values())?)
            }
            None => (None, arrays::plain_texts(subject)?),
        };
        let by_key: Vec<Option<i64>> = values
            .iter()
            .map(|text| {
                text.filter(|text| !text.is_empty()).and_then(|text| change.days_of(Some(text)))
            })
            .collect();
        for (row, known) in days.iter_mut().enumerate().filter(|(_, known)| known.is_none()) {
            *known = match keys {
                Some(keys) => {
                    keys.is_valid(row).then(|| by_key[keys.value(row) as usize]).flatten()
                }
                None => by_key[row],
            };
        }
    }
    Ok(days)
}

/// The order of rows within windows, the same for all columns of a row group.
struct Window {
    order: Option<(u64, usize)>,
    group: usize,
    number: u64,
}

impl Window {
    fn new(order: Option<(u64, usize)>, group: usize) -> Self {
        Self { order, group, number: 0 }
    }

    fn ordered(&mut self, array: ArrayRef) -> Result<ArrayRef, Why> {
        let Some((seed, _)) = self.order else { return Ok(array) };
        let order = super::order(seed, self.group as u64, self.number, array.len());
        self.number += 1;
        take(&array, &UInt32Array::from(order), None).map_err(broken)
    }
}

/// A stream for the order of rows.
pub(super) fn stream(seed: u64, group: u64, window: u64) -> crate::seed::Stream {
    Seed(seed).stream(Purpose::named("privacy/order"), group, window)
}
