//! The hybrid of runs and bit-packed groups (Parquet's "RLE/bit-packing hybrid", Encodings.md), for keys and validity.

use crate::frame::Column;

/// An unsigned LEB128 number.
#[inline]
pub(super) fn varint(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// How many bits keys below `count` take.
pub(super) fn width(count: usize) -> u32 {
    usize::BITS - count.saturating_sub(1).leading_zeros()
}

/// Groups of eight values that a packed run has at most, so that its header stays one byte.
const GROUPS: usize = 63;

/// Encodes keys of `width` bits (at most 32).
pub(super) fn keys(keys: &[u32], width: u32, out: &mut Vec<u8>) {
    macro_rules! of_width {
        ($($width:literal)*) => {
            match width {
                $($width => packed::<$width>(keys, out),)*
                _ if keys.is_empty() => {}
                _ => run(0, keys.len(), 0, out),
            }
        };
    }
    of_width!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32);
}

/// A run of `count` times the key.
fn run(key: u32, count: usize, bytes: usize, out: &mut Vec<u8>) {
    varint((count as u64) << 1, out);
    out.extend_from_slice(&key.to_le_bytes()[..bytes]);
}

/// From how many equal keys on a run is shorter than packing them, its neighbours' headers counted: eight for wide keys, more where
/// eight keys take no more bytes than a run.
const fn worthwhile(width: usize) -> usize {
    if width >= 4 { 8 } else { 32 }
}

fn packed<const WIDTH: usize>(keys: &[u32], out: &mut Vec<u8>) {
    let mut rest = keys;
    while !rest.is_empty() {
        let equal = run_at_start(rest);
        if equal >= worthwhile(WIDTH) || equal == rest.len() {
            run(rest[0], equal, WIDTH.div_ceil(8), out);
            rest = &rest[equal..];
        } else {
            let literal = literals::<WIDTH>(rest);
            pack::<WIDTH>(&rest[..literal], out);
            rest = &rest[literal..];
        }
    }
}

/// How many keys at the start are equal.
fn run_at_start(keys: &[u32]) -> usize {
    let first = keys[0];
    let mut equal = 0;
    for group in keys.chunks_exact(8) {
        if !constant(group, first) {
            break;
        }
        equal += 8;
    }
    equal + keys[equal..].iter().take_while(|&&key| key == first).count()
}

#[inline]
fn constant(group: &[u32], key: u32) -> bool {
    group.iter().fold(0, |differing, other| differing | (other ^ key)) == 0
}

/// How many keys at the start are better packed: whole groups up to the next worthwhile run or the longest packed run, or all.
fn literals<const WIDTH: usize>(keys: &[u32]) -> usize {
    let least = worthwhile(WIDTH);
    let mut at = 8;
    while at < GROUPS * 8 && at < keys.len() {
        let ahead = &keys[at..keys.len().min(at + least)];
        if ahead.len() == least && constant(&ahead[..8], ahead[0]) && constant(ahead, ahead[0]) {
            break;
        }
        at += 8;
    }
    at.min(keys.len())
}

/// One packed run of at most [`GROUPS`] groups, the last filled up with zeros.
fn pack<const WIDTH: usize>(keys: &[u32], out: &mut Vec<u8>) {
    let groups = keys.chunks_exact(8);
    let mut last = [0; 8];
    last[..groups.remainder().len()].copy_from_slice(groups.remainder());
    out.push((keys.len().div_ceil(8) as u8) << 1 | 1);
    let ragged = !groups.remainder().is_empty();
    for group in groups {
        let mut eight = [0; 8];
        eight.copy_from_slice(group);
        out.extend_from_slice(&pack8::<WIDTH>(&eight)[..WIDTH]);
    }
    if ragged {
        out.extend_from_slice(&pack8::<WIDTH>(&last)[..WIDTH]);
    }
}

/// Eight keys, least significant bits first, in the first `WIDTH` bytes.
#[inline]
fn pack8<const WIDTH: usize>(keys: &[u32; 8]) -> [u8; 32] {
    let mut words = [0_u64; 5];
    for (i, &key) in keys.iter().enumerate() {
        let (word, shift) = (i * WIDTH / 64, i * WIDTH % 64);
        words[word] |= u64::from(key) << shift;
        if shift + WIDTH > 64 {
            words[word + 1] |= u64::from(key) >> (64 - shift);
        }
    }
    let mut bytes = [0; 32];
    for (bytes, word) in bytes.chunks_exact_mut(8).zip(words) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    bytes
}

/// The definition levels of a page of version 1: a length, then the validity of each row, which as a packed run is the bitmap as
/// it stands.
pub(super) fn validity(column: &Column, out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    match column.bits() {
        Some(bits) if column.nulls() < column.rows() => {
            let bytes = column.rows().div_ceil(8);
            varint((bytes as u64) << 1 | 1, out);
            let end = out.len() + bytes;
            for word in bits {
                out.extend_from_slice(&word.to_le_bytes());
            }
            out.truncate(end);
        }
        bits => run(u32::from(bits.is_none()), column.rows(), 1, out),
    }
    let length = (out.len() - start - 4) as u32;
    out[start..start + 4].copy_from_slice(&length.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Reads the hybrid as the specification words it, a bit at a time.
    fn read(bytes: &[u8], width: u32, count: usize) -> Vec<u32> {
        let mut keys = Vec::new();
        let mut at = 0;
        while keys.len() < count {
            let (mut header, mut shift) = (0_u64, 0);
            loop {
                header |= u64::from(bytes[at] & 0x7f) << shift;
                at += 1;
                shift += 7;
                if bytes[at - 1] < 0x80 {
                    break;
                }
            }
            if header & 1 == 0 {
                let mut key = [0; 4];
                let size = width.div_ceil(8) as usize;
                key[..size].copy_from_slice(&bytes[at..at + size]);
                at += size;
                keys.extend(std::iter::repeat_n(u32::from_le_bytes(key), (header >> 1) as usize));
            } else {
                for i in 0..(header >> 1) as usize * 8 {
                    let bit = |bit| u32::from(bytes[at + bit / 8] >> (bit % 8) & 1);
                    let first = i * width as usize;
                    keys.push((0..width as usize).map(|j| bit(first + j) << j).sum());
                }
                at += (header >> 1) as usize * width as usize;
            }
        }
        assert_eq!(at, bytes.len(), "nothing stands behind the last run");
        keys.truncate(count);
        keys
    }

    #[test]
    fn widths_hold_the_greatest_key() {
        assert_eq!([0, 1, 2, 3, 4, 5, 256, 257].map(width), [0, 0, 1, 2, 2, 3, 8, 9]);
    }

    proptest! {
        /// For all widths and all mixtures of runs and noise, what is written reads back.
        #[test]
        fn keys_read_back(
            bits in 0_u32..=32,
            pieces in prop::collection::vec((any::<u32>(), 1_usize..700, any::<bool>()), 0..12),
        ) {
            let mask = u32::MAX.checked_shr(32 - bits).unwrap_or(0);
            let values: Vec<u32> = pieces
                .iter()
                .flat_map(|&(key, count, noise)| {
                    (0..count as u32).map(move |i| if noise { key.wrapping_mul(i | 1).rotate_left(i) } else { key } & mask)
                })
                .collect();
            let mut out = Vec::new();
            keys(&values, bits, &mut out);
            prop_assert_eq!(read(&out, bits, values.len()), values);
        }

        #[test]
        fn validity_is_the_bitmap(valid in prop::collection::vec(any::<bool>(), 1..300)) {
            let mut column = Column::default();
            column.flags();
            let rows = valid.iter().enumerate().filter(|(_, valid)| **valid).map(|(row, _)| row);
            column.finish_at(valid.len(), rows);
            let mut out = Vec::new();
            validity(&column, &mut out);
            let length = u32::from_le_bytes([out[0], out[1], out[2], out[3]]) as usize;
            prop_assert_eq!(length, out.len() - 4);
            let read: Vec<bool> = read(&out[4..], 1, valid.len()).iter().map(|&level| level == 1).collect();
            prop_assert_eq!(read, valid);
        }
    }
}
