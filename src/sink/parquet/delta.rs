//! Differences, bit-packed (Parquet's DELTA_BINARY_PACKED), and the encoding of strings that uses them for lengths
//! (DELTA_LENGTH_BYTE_ARRAY) or for shared starts as well (DELTA_BYTE_ARRAY). All as Encodings.md defines them.

use super::rle::varint;
use crate::sink::text::uuid;

/// Differences in a block, each with a least difference of its own.
const BLOCK: usize = 128;
/// Differences in a quarter of a block, each with a width of its own.
const MINI: usize = 32;

/// Encodes 64-bit numbers.
pub(super) fn longs(values: &[i64], out: &mut Vec<u8>) {
    let first = values.first().copied().unwrap_or(0);
    encode(values, first, |before, after| after.wrapping_sub(before), out);
}

/// Encodes 32-bit numbers. Their differences wrap at 32 bits, so that no width exceeds 32.
pub(super) fn ints(values: &[i32], out: &mut Vec<u8>) {
    let first = values.first().copied().map_or(0, i64::from);
    encode(values, first, |before, after| i64::from(after.wrapping_sub(before)), out);
}

/// Encodes strings that end at `ends` in `bytes`.
pub(super) fn texts(ends: &[u32], bytes: &[u8], lengths: &mut Vec<i32>, out: &mut Vec<u8>) {
    lengths.clear();
    let mut start = 0;
    lengths.extend(ends.iter().map(|&end| (end - std::mem::replace(&mut start, end)) as i32));
    ints(lengths, out);
    out.extend_from_slice(bytes);
}

/// Encodes UUIDs as text, each by how many characters it shares with the one before and the rest (DELTA_BYTE_ARRAY).
pub(super) fn ids(ids: &[u128], lengths: &mut Vec<i32>, out: &mut Vec<u8>) {
    lengths.clear();
    let mut before = ids.first().map_or(0, |first| !first);
    lengths.extend(ids.iter().map(|&id| shared(std::mem::replace(&mut before, id), id)));
    ints(lengths, out);
    for shared in lengths.iter_mut() {
        *shared = 36 - *shared;
    }
    ints(lengths, out);
    for (&id, &rest) in ids.iter().zip(&*lengths) {
        out.extend_from_slice(&uuid(id)[36 - rest as usize..]);
    }
}

/// How many characters two UUIDs share at their start.
fn shared(a: u128, b: u128) -> i32 {
    let digits = (a ^ b).leading_zeros() / 4;
    // A hyphen follows the 8th, 12th, 16th and 20th digit.
    let hyphens = [8, 12, 16, 20].iter().filter(|&&after| digits >= after).count();
    digits as i32 + hyphens as i32
}

fn encode<T: Copy>(values: &[T], first: i64, minus: impl Fn(T, T) -> i64, out: &mut Vec<u8>) {
    varint(BLOCK as u64, out);
    varint((BLOCK / MINI) as u64, out);
    varint(values.len() as u64, out);
    varint(zigzag(first), out);
    let mut deltas = [0_i64; BLOCK];
    let mut at = 0;
    while at + 1 < values.len() {
        let count = BLOCK.min(values.len() - 1 - at);
        let (before, after) = (&values[at..at + count], &values[at + 1..=at + count]);
        for ((delta, &before), &after) in deltas.iter_mut().zip(before).zip(after) {
            *delta = minus(before, after);
        }
        block(&mut deltas, count, out);
        at += count;
    }
}

/// A block of `count` differences. The last quarter begun is filled up with the least one; quarters not begun are left out.
fn block(deltas: &mut [i64; BLOCK], count: usize, out: &mut Vec<u8>) {
    let least = deltas[..count].iter().copied().min().unwrap_or(0);
    deltas[count..].fill(least);
    varint(zigzag(least), out);
    let excess = deltas.map(|delta| delta.wrapping_sub(least) as u64);
    let mut minis = excess.chunks_exact(MINI);
    let widths = [(); BLOCK / MINI].map(|()| {
        let all = minis.next().unwrap_or_default().iter().fold(0, |all, excess| all | excess);
        (u64::BITS - all.leading_zeros()) as u8
    });
    out.extend_from_slice(&widths);
    for (mini, width) in excess.chunks_exact(MINI).zip(widths).take(count.div_ceil(MINI)) {
        pack(mini, width as usize, out);
    }
}

/// 32 numbers of `width` bits each, least significant first: four bytes a bit of width.
fn pack(numbers: &[u64], width: usize, out: &mut Vec<u8>) {
    let mut bytes = [0_u8; MINI * 8 + 8];
    let (mut pending, mut held, mut at) = (0_u64, 0, 0);
    for &number in numbers {
        pending |= number << held;
        held += width;
        if held >= 64 {
            bytes[at..at + 8].copy_from_slice(&pending.to_le_bytes());
            at += 8;
            held -= 64;
            // What did not fit is the number's upper `held` bits; a shift by the whole width or more leaves none.
            pending = number.checked_shr((width - held) as u32).unwrap_or(0);
        }
    }
    bytes[at..at + 8].copy_from_slice(&pending.to_le_bytes());
    out.extend_from_slice(&bytes[..width * MINI / 8]);
}

/// Small numbers of either sign become small numbers.
fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)) as u64
}
