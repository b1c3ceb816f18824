//! One column of a frame becomes a chunk: page by page pulled, encoded, pressed.

use std::cmp::Ordering;
use std::io;
use std::ops::Range;

use parquet::basic::Encoding;
use parquet::column::writer::ColumnCloseResult;
use parquet::schema::types::ColumnDescPtr;

use super::chunk::{Chunk, ChunkBytes};
use super::codec::Press;
use super::keys::Keys;
use super::shared::Groups;
use super::stats::{self, Bound, PageStats, Stats};
use super::{delta, io_error, rle};
use crate::frame::{Column, Dictionary, Frame, Values};
use crate::schema::Type;
use crate::sink::{IdForm, broken, text};

/// Room that columns use one after the other.
#[derive(Default)]
pub(super) struct Scratch {
    pub(super) press: Press,
    pub(super) chunk: ChunkBytes,
    pub(super) groups: Groups,
    keys: Keys,
    column: Column,
    page: Vec<u8>,
    lengths: Vec<i32>,
}

/// Rows of a page of keys and of narrow values: about a mebibyte of the widest.
pub(super) const KEYED_ROWS: usize = 1 << 16;

/// Rows of a page: about a mebibyte of the widest values, more of narrow ones.
fn page_rows(ty: Type, has_dictionary: bool) -> usize {
    match ty {
        Type::Id | Type::Text | Type::Enum | Type::Json if !has_dictionary => KEYED_ROWS / 2,
        _ => KEYED_ROWS,
    }
}

/// Encodes a column; its bytes are then `scratch.chunk`. The groups of the frame are those of `scratch.groups`.
pub(super) fn encode(
    frame: &dyn Frame,
    field: usize,
    desc: &ColumnDescPtr,
    ids: IdForm,
    scratch: &mut Scratch,
) -> io::Result<ColumnCloseResult> {
    let spec = &frame.table().fields[field];
    let dictionary = frame.dictionary(field);
    let step = page_rows(spec.ty, dictionary.is_some());
    let mut column = Encoder {
        ids,
        dictionary,
        shared: frame.groups().and(frame.shared(field)),
        keyed: dictionary.is_some(),
        stats: Stats::new(desc.physical_type()),
    };
    let mut chunk = Chunk::new(&mut scratch.chunk);
    scratch.keys.begin(dictionary.map_or(0, |dictionary| dictionary.len()));
    for start in (0..frame.rows()).step_by(step) {
        let rows = start..frame.rows().min(start + step);
        let count = rows.len();
        let bounds = column.lay_out(frame, field, rows, scratch);
        scratch.page.clear();
        if spec.nullable {
            rle::validity(&scratch.column, &mut scratch.page);
        } else if scratch.column.nulls() > 0 {
            return Err(broken(format!("{}.{} lacks a value", frame.table().name, spec.name)));
        }
        let encoding = column.page(bounds, scratch)?;
        chunk.data(&mut scratch.page, count, encoding, &mut scratch.press).map_err(io_error)?;
    }
    if column.keyed {
        scratch.page.clear();
        let dictionary = column.dictionary;
        plain_keys(scratch.keys.used(), dictionary.as_ref(), ids, &mut scratch.page);
        let count = scratch.keys.used().len();
        chunk.dictionary(&mut scratch.page, count, &mut scratch.press).map_err(io_error)?;
    }
    let (close, bytes) = chunk.finish(desc, column.stats, &scratch.press).map_err(io_error)?;
    scratch.chunk = bytes;
    Ok(close)
}

/// The state of a column from page to page.
struct Encoder<'f> {
    ids: IdForm,
    dictionary: Option<Dictionary<'f>>,
    /// By group, the key that its rows share.
    shared: Option<&'f [u32]>,
    /// Whether pages hold keys.
    keyed: bool,
    stats: Stats,
}

impl Encoder<'_> {
    /// Lays out a page in `scratch.column`: keys as the file's keys, beside the least and the greatest of the frame's; or, where the
    /// column does without a dictionary, as the frame's.
    fn lay_out(
        &mut self,
        frame: &dyn Frame,
        field: usize,
        rows: Range<usize>,
        scratch: &mut Scratch,
    ) -> Option<[u32; 2]> {
        let Scratch { column, keys, groups, .. } = scratch;
        if let (Some(shared), Some(dictionary)) = (self.shared, self.dictionary) {
            let number = rows.start / KEYED_ROWS;
            let order = |a: u32, b: u32| compare(&dictionary, a, b);
            let bounds = groups.page(number, shared, keys, order, column);
            if !(number == 0 && keys.is_idle(column.rows() - column.nulls())) {
                return bounds;
            }
            // Row by row after all, as if nothing had been.
            self.shared = None;
            keys.begin(dictionary.len());
        }
        frame.fill(field, rows, column);
        None
    }

    /// Encodes the values of the page laid out in `scratch.column` behind what `scratch.page` holds. `bounds` are those of a page of
    /// the file's keys.
    fn page(&mut self, bounds: Option<[u32; 2]>, scratch: &mut Scratch) -> io::Result<Encoding> {
        let Scratch { column, page, keys, lengths, .. } = scratch;
        let mut stats = PageStats { nulls: column.nulls(), ..PageStats::default() };
        let encoding = match &column.values {
            Values::Keys(values) => {
                let Some(dictionary) = self.dictionary else {
                    return Err(broken("keys without a dictionary"));
                };
                let bounds = match self.shared {
                    Some(_) => bounds,
                    None => keys.page(values, |a, b| compare(&dictionary, a, b)),
                };
                let bound = |key| Bound::Bytes(bytes_of(&dictionary, key, self.ids));
                stats.bounds = bounds.map(|bounds| bounds.map(bound));
                // Decided once, by the first page: readers expect a chunk to leave its dictionary, not to come back to it.
                if self.stats.is_new() && self.shared.is_none() && keys.is_idle(values.len()) {
                    self.keyed = false;
                }
                if self.keyed {
                    let width = rle::width(keys.used().len());
                    page.push(width as u8);
                    let local = if self.shared.is_some() { values } else { keys.local() };
                    rle::keys(local, width, page);
                    Encoding::RLE_DICTIONARY
                } else {
                    plain_keys(values, Some(&dictionary), self.ids, page);
                    Encoding::PLAIN
                }
            }
            Values::Ids(values) => {
                let bound = |id| Bound::Bytes(id_bytes(id, self.ids));
                stats.bounds = stats::extremes(values).map(|bounds| bounds.map(bound));
                // UUIDv7 in time order share their starts: a quarter less to write, and to press, than PLAIN.
                if self.ids == IdForm::Text {
                    delta::ids(values, lengths, page);
                    Encoding::DELTA_BYTE_ARRAY
                } else {
                    plain_ids(values.iter().copied(), self.ids, page);
                    Encoding::PLAIN
                }
            }
            Values::Longs(values) => {
                stats.bounds = stats::extremes(values).map(|bounds| bounds.map(Bound::Long));
                delta::longs(values, page);
                Encoding::DELTA_BINARY_PACKED
            }
            Values::Ints(values) => {
                stats.bounds = stats::extremes(values).map(|bounds| bounds.map(Bound::Int));
                delta::ints(values, page);
                Encoding::DELTA_BINARY_PACKED
            }
            Values::Doubles(values) => {
                (stats.bounds, stats.nans) = stats::doubles(values);
                page.reserve(values.len() * 8);
                for value in values {
                    page.extend_from_slice(&value.to_le_bytes());
                }
                Encoding::PLAIN
            }
            Values::Flags(values) => {
                stats.bounds = stats::extremes(values).map(|bounds| bounds.map(Bound::Flag));
                page.extend(values.chunks(8).map(|eight| {
                    eight.iter().rev().fold(0, |byte, &flag| byte << 1 | u8::from(flag))
                }));
                Encoding::PLAIN
            }
            Values::Texts { ends, bytes } => {
                stats.bounds = text_bounds(ends, bytes);
                delta::texts(ends, bytes, lengths, page);
                Encoding::DELTA_LENGTH_BYTE_ARRAY
            }
        };
        self.stats.add(column.rows(), stats);
        Ok(encoding)
    }
}

fn compare(dictionary: &Dictionary, a: u32, b: u32) -> Ordering {
    match dictionary {
        Dictionary::Texts { .. } => dictionary.text(a).cmp(dictionary.text(b)),
        Dictionary::Ids(ids) => ids[a as usize].cmp(&ids[b as usize]),
    }
}

fn id_bytes(id: u128, form: IdForm) -> Vec<u8> {
    match form {
        IdForm::Text => text::uuid(id).to_vec(),
        IdForm::Native => id.to_be_bytes().to_vec(),
    }
}

fn bytes_of(dictionary: &Dictionary, key: u32, form: IdForm) -> Vec<u8> {
    match dictionary {
        Dictionary::Texts { .. } => dictionary.text(key).as_bytes().to_vec(),
        Dictionary::Ids(ids) => id_bytes(ids[key as usize], form),
    }
}

/// What keys stand for, as PLAIN has it.
fn plain_keys(keys: &[u32], dictionary: Option<&Dictionary>, form: IdForm, out: &mut Vec<u8>) {
    match dictionary {
        Some(Dictionary::Ids(ids)) => {
            plain_ids(keys.iter().map(|&key| ids[key as usize]), form, out);
        }
        Some(dictionary) => keys.iter().for_each(|&key| {
            let text = dictionary.text(key).as_bytes();
            out.extend_from_slice(&(text.len() as u32).to_le_bytes());
            out.extend_from_slice(text);
        }),
        None => {}
    }
}

/// UUIDs as PLAIN has them: 16 bytes, or a length and 36 characters.
fn plain_ids(ids: impl ExactSizeIterator<Item = u128>, form: IdForm, out: &mut Vec<u8>) {
    match form {
        IdForm::Native => {
            out.reserve(ids.len() * 16);
            ids.for_each(|id| out.extend_from_slice(&id.to_be_bytes()));
        }
        IdForm::Text => {
            out.reserve(ids.len() * 40);
            for id in ids {
                let mut text = [0; 40];
                text[..4].copy_from_slice(&36_u32.to_le_bytes());
                text[4..].copy_from_slice(&text::uuid(id));
                out.extend_from_slice(&text);
            }
        }
    }
}

fn text_bounds(ends: &[u32], bytes: &[u8]) -> Option<[Bound; 2]> {
    let mut start = 0;
    let mut texts = ends.iter().map(|&end| {
        let text = &bytes[start..end as usize];
        start = end as usize;
        text
    });
    let first = texts.next()?;
    let [least, greatest] = texts.fold([first; 2], |[least, greatest], text| {
        [if text < least { text } else { least }, if text > greatest { text } else { greatest }]
    });
    Some([least, greatest].map(|text| Bound::Bytes(text.to_vec())))
}
