//! Compression of pages, with buffers that live as long as the thread.

use std::io;
use std::mem::take;

use bytes::Bytes;
use parquet::basic::ZstdLevel;
use parquet::errors::Result;

use crate::sink::Compression;

enum Codec {
    None,
    Snappy(Box<snap::raw::Encoder>),
    Zstd(Box<zstd::bulk::Compressor<'static>>),
    Lz4,
}

/// Presses pages.
pub(super) struct Press {
    kind: Compression,
    codec: Codec,
    out: Vec<u8>,
}

impl Default for Press {
    fn default() -> Self {
        Self { kind: Compression::None, codec: Codec::None, out: Vec::new() }
    }
}

impl Press {
    /// Takes up a compression, keeping its state when it is the one before; nothing for one that Parquet files here do not use.
    pub(super) fn set(&mut self, kind: Compression) -> Option<io::Result<()>> {
        if kind != self.kind {
            self.codec = match kind {
                Compression::None => Codec::None,
                Compression::Snappy => Codec::Snappy(Box::new(snap::raw::Encoder::new())),
                Compression::Zstd => match zstd::bulk::Compressor::new(1) {
                    Ok(compressor) => Codec::Zstd(Box::new(compressor)),
                    Err(error) => return Some(Err(error)),
                },
                Compression::Lz4 => Codec::Lz4,
                Compression::Gzip => return None,
            };
            self.kind = kind;
        }
        Some(Ok(()))
    }

    /// How Parquet calls it.
    pub(super) fn kind(&self) -> parquet::basic::Compression {
        match self.codec {
            Codec::None => parquet::basic::Compression::UNCOMPRESSED,
            Codec::Snappy(_) => parquet::basic::Compression::SNAPPY,
            Codec::Zstd(_) => parquet::basic::Compression::ZSTD(ZstdLevel::default()),
            Codec::Lz4 => parquet::basic::Compression::LZ4_RAW,
        }
    }

    /// Hands the pressed bytes of `raw` to `write`. `raw` holds nothing of use afterwards, but keeps its room.
    pub(super) fn press<T>(
        &mut self,
        raw: &mut Vec<u8>,
        write: impl FnOnce(Bytes) -> Result<T>,
    ) -> Result<T> {
        let size = match &mut self.codec {
            Codec::None => return lend(raw, usize::MAX, write),
            Codec::Snappy(encoder) => {
                grow(&mut self.out, snap::raw::max_compress_len(raw.len()));
                encoder.compress(raw, &mut self.out).map_err(io::Error::other)?
            }
            Codec::Zstd(compressor) => {
                grow(&mut self.out, zstd::zstd_safe::compress_bound(raw.len()));
                compressor.compress_to_buffer(raw, &mut self.out[..])?
            }
            Codec::Lz4 => {
                grow(&mut self.out, lz4_flex::block::get_maximum_output_size(raw.len()));
                lz4_flex::block::compress_into(raw, &mut self.out).map_err(io::Error::other)?
            }
        };
        lend(&mut self.out, size, write)
    }
}

/// Makes a buffer at least that long; it never gets shorter, so its bytes are cleared once and not for each page.
fn grow(buffer: &mut Vec<u8>, size: usize) {
    if buffer.len() < size {
        buffer.resize(size, 0);
    }
}

/// Gives a buffer away as `Bytes`, which is what a page is made of, and takes it back.
fn lend<T>(buffer: &mut Vec<u8>, size: usize, write: impl FnOnce(Bytes) -> Result<T>) -> Result<T> {
    let whole = Bytes::from(take(buffer));
    let result = write(whole.slice(..size.min(whole.len())));
    *buffer = Vec::from(whole);
    result
}
