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
                if raw.len() >= 4 * SAMPLE && !pays(compressor, raw, &mut self.out)? {
                    store(raw, &mut self.out)
                } else {
                    compressor.compress_to_buffer(raw, &mut self.out[..])?
                }
            }
            Codec::Lz4 => {
                grow(&mut self.out, lz4_flex::block::get_maximum_output_size(raw.len()));
                lz4_flex::block::compress_into(raw, &mut self.out).map_err(io::Error::other)?
            }
        };
        lend(&mut self.out, size, write)
    }
}

/// Bytes out of the middle of a page that tell whether pressing it pays.
const SAMPLE: usize = 4096;

/// Whether a sample of a page gets at least an eighth smaller. Bit-packed times and keys do not, and pressing them would cost more
/// than writing all the rest of them.
fn pays(
    compressor: &mut zstd::bulk::Compressor<'static>,
    raw: &[u8],
    out: &mut [u8],
) -> io::Result<bool> {
    let middle = raw.len() / 2;
    let size = compressor.compress_to_buffer(&raw[middle..middle + SAMPLE], out)?;
    Ok(size < SAMPLE - SAMPLE / 8)
}

/// Writes bytes as they are into a Zstandard frame of raw blocks (RFC 8878, sections 3.1.1 and 3.1.1.2); the frame's length.
fn store(raw: &[u8], out: &mut Vec<u8>) -> usize {
    const MAGIC: u32 = 0xFD2F_B528;
    /// Single segment, content size in 4 bytes, no checksum, no dictionary.
    const DESCRIPTOR: u8 = 0b1010_0000;
    const BLOCK: usize = 128 << 10;
    out.clear();
    out.extend_from_slice(&MAGIC.to_le_bytes());
    out.push(DESCRIPTOR);
    out.extend_from_slice(&(raw.len() as u32).to_le_bytes());
    let blocks = raw.len().div_ceil(BLOCK);
    for (i, block) in raw.chunks(BLOCK).enumerate() {
        let header = (block.len() as u32) << 3 | u32::from(i + 1 == blocks);
        out.extend_from_slice(&header.to_le_bytes()[..3]);
        out.extend_from_slice(block);
    }
    out.len()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_frame_is_read_by_any_decoder() {
        for length in [0, 1, 5000, 128 << 10, (128 << 10) + 1, 700_000] {
            let raw: Vec<u8> = (0..length).map(|i: usize| ((i * 7919) >> 3) as u8).collect();
            let mut out = Vec::new();
            let size = store(&raw, &mut out);
            if length > 0 {
                assert_eq!(zstd::bulk::decompress(&out[..size], length).unwrap(), raw);
            }
        }
    }

    #[test]
    fn noise_is_stored_and_text_is_pressed() {
        let noise: Vec<u8> = (0..50_000_u64).map(|i| crate::seed::mix(i) as u8).collect();
        let text = b"the same words again and again ".repeat(2_000);
        let mut press = Press::default();
        press.set(Compression::Zstd).unwrap().unwrap();
        for (raw, stored) in [(noise, true), (text, false)] {
            let pressed = press.press(&mut raw.clone(), |bytes| Ok(bytes.to_vec())).unwrap();
            assert_eq!(pressed.len() > raw.len(), stored);
            assert_eq!(zstd::bulk::decompress(&pressed, raw.len()).unwrap(), raw);
        }
    }
}
