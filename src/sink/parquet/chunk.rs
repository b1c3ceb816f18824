//! A column chunk under way: its pages, pressed, in memory, and what the footer says of them.

use std::io::{Chain, Read};

use bytes::Bytes;
use parquet::basic::Encoding;
use parquet::column::page::{CompressedPage, Page, PageWriter as _};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::Result;
use parquet::file::metadata::{ColumnChunkMetaData, OffsetIndexBuilder};
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;

use super::codec::Press;
use super::stats::Stats;

/// The bytes of a chunk. The dictionary page stands first in a file but is known last, so it is kept apart.
#[derive(Default)]
pub(super) struct ChunkBytes {
    head: Vec<u8>,
    pages: Vec<u8>,
}

/// A place in a page: offset, size, rows.
struct Place {
    offset: u64,
    size: usize,
    rows: usize,
}

/// A chunk under way.
pub(super) struct Chunk {
    head: TrackedWrite<Vec<u8>>,
    pages: TrackedWrite<Vec<u8>>,
    places: Vec<Place>,
    encodings: Vec<Encoding>,
    rows: usize,
    uncompressed: usize,
    has_dictionary: bool,
}

impl Chunk {
    /// An empty chunk that uses the room of one before.
    pub(super) fn new(room: &mut ChunkBytes) -> Self {
        let room = std::mem::take(room);
        let [head, pages] = [room.head, room.pages].map(|mut bytes| {
            bytes.clear();
            TrackedWrite::new(bytes)
        });
        Self {
            head,
            pages,
            places: Vec::new(),
            encodings: vec![Encoding::RLE],
            rows: 0,
            uncompressed: 0,
            has_dictionary: false,
        }
    }

    /// Adds a data page of version 1: levels and values in `raw`.
    pub(super) fn data(
        &mut self,
        raw: &mut Vec<u8>,
        rows: usize,
        encoding: Encoding,
        press: &mut Press,
    ) -> Result<()> {
        let size = raw.len();
        let spec = press.press(raw, |buf| {
            let page = Page::DataPage {
                buf,
                num_values: rows as u32,
                encoding,
                def_level_encoding: Encoding::RLE,
                rep_level_encoding: Encoding::RLE,
                statistics: None,
            };
            SerializedPageWriter::new(&mut self.pages).write_page(CompressedPage::new(page, size))
        })?;
        self.places.push(Place { offset: spec.offset, size: spec.compressed_size, rows });
        self.uncompressed += spec.uncompressed_size;
        self.rows += rows;
        if !self.encodings.contains(&encoding) {
            self.encodings.push(encoding);
        }
        Ok(())
    }

    /// Sets the dictionary page: `count` values in `raw`.
    pub(super) fn dictionary(
        &mut self,
        raw: &mut Vec<u8>,
        count: usize,
        press: &mut Press,
    ) -> Result<()> {
        let size = raw.len();
        let spec = press.press(raw, |buf| {
            let page = Page::DictionaryPage {
                buf,
                num_values: count as u32,
                encoding: Encoding::PLAIN,
                is_sorted: false,
            };
            SerializedPageWriter::new(&mut self.head).write_page(CompressedPage::new(page, size))
        })?;
        self.uncompressed += spec.uncompressed_size;
        self.has_dictionary = true;
        self.encodings.push(Encoding::PLAIN);
        Ok(())
    }

    /// Ends the chunk: what the footer says of it, offsets counted from its start, and its bytes.
    pub(super) fn finish(
        self,
        desc: &ColumnDescPtr,
        stats: Stats,
        press: &Press,
    ) -> Result<(ColumnCloseResult, ChunkBytes)> {
        let bytes = ChunkBytes { head: self.head.into_inner()?, pages: self.pages.into_inner()? };
        let (statistics, column_index) = stats.finish()?;
        let mut offsets = OffsetIndexBuilder::new();
        for place in &self.places {
            let offset = bytes.head.len() as i64 + place.offset as i64;
            offsets.append_offset_and_size(offset, place.size as i32);
            offsets.append_row_count(place.rows as i64);
        }
        let metadata = ColumnChunkMetaData::builder(desc.clone())
            .set_compression(press.kind())
            .set_encodings(self.encodings)
            .set_num_values(self.rows as i64)
            .set_total_compressed_size(bytes.len() as i64)
            .set_total_uncompressed_size(self.uncompressed as i64)
            .set_dictionary_page_offset(self.has_dictionary.then_some(0))
            .set_data_page_offset(bytes.head.len() as i64)
            .set_statistics(statistics)
            .build()?;
        let close = ColumnCloseResult {
            bytes_written: bytes.len(),
            rows_written: self.rows as u64,
            metadata,
            bloom_filter: None,
            column_index,
            offset_index: Some(offsets.build()),
        };
        Ok((close, bytes))
    }
}

impl Length for ChunkBytes {
    fn len(&self) -> u64 {
        (self.head.len() + self.pages.len()) as u64
    }
}

/// The way in which the row group takes a chunk over.
pub(super) struct ChunkSource<'c>(pub(super) &'c ChunkBytes);

impl Length for ChunkSource<'_> {
    fn len(&self) -> u64 {
        self.0.len()
    }
}

impl<'c> ChunkReader for ChunkSource<'c> {
    type T = Chain<&'c [u8], &'c [u8]>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        let head = (start as usize).min(self.0.head.len());
        let pages = (start as usize - head).min(self.0.pages.len());
        Ok(self.0.head[head..].chain(&self.0.pages[pages..]))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        let mut bytes = vec![0; length];
        self.get_read(start)?.read_exact(&mut bytes)?;
        Ok(bytes.into())
    }
}
