//! Patching lines of NDJSON.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;

use flate2::read::MultiGzDecoder;

use super::labels::Member;
use super::{Direction, Error, Patch, Patched, mismatch};
use crate::anomaly::drift;
use crate::schema::Table;
use crate::sink;

/// Patches a file's lines.
#[expect(clippy::similar_names, reason = "the patch is of the file at the path")]
pub(super) fn patch(
    patch: &Patch<'_>,
    schema: &Table,
    path: &str,
    bytes: &[u8],
    touched: &[&Member],
) -> Result<Patched, Error> {
    let mut plain = inflated(path, bytes)?;
    let drift = touched.iter().find(|member| member.is_drift());
    if let (Some(member), Direction::Invert) = (drift, patch.direction) {
        plain = undrifted(schema, path, member, &plain)?;
    }
    let dirty = patch.other();
    let gone = gone(path, touched, !dirty);
    let mut new: BTreeMap<u64, Vec<u8>> = BTreeMap::new();
    for member in touched {
        if let Some(row) = member.row_in(path, dirty) {
            let line = member.line(dirty).ok_or_else(|| mismatch(path, "a label has no line"))?;
            new.insert(row, line);
        }
    }
    let kept = match patch.direction {
        Direction::Apply => by_number(&plain, &gone),
        Direction::Invert => by_place(path, &plain, touched, &gone)?,
    };
    let (mut made, rows, ends) = merged(&kept, &new);
    let time = |line: Option<&[u8]>| {
        let column = schema.sorted_by.first()?;
        let row: serde_json::Value = serde_json::from_slice(line?).ok()?;
        row.get(column)?.as_str().map(str::to_owned)
    };
    let (first, last) = ends.unzip();
    let times = (time(first.as_deref()), time(last.as_deref()));
    if let (Some(member), Direction::Apply) = (drift, patch.direction) {
        made = drifted(schema, path, member, &made)?;
    }
    let mut out = Vec::new();
    sink::write_lines(&patch.output.options, &made, &mut out)
        .map_err(|source| Error::Io { path: path.into(), source })?;
    Ok(Patched { bytes: out, rows, times })
}

/// Lines with the columns that the label says.
fn drifted(schema: &Table, path: &str, told: &Member, plain: &[u8]) -> Result<Vec<u8>, Error> {
    let (was, is) = (told.original.as_deref(), told.injected.as_deref());
    turned(path, plain, |_, line| drift::redo(schema, was, is, line))
}

/// Lines with the columns that they had.
pub(super) fn undrifted(
    schema: &Table,
    path: &str,
    told: &Member,
    plain: &[u8],
) -> Result<Vec<u8>, Error> {
    let (was, is) = (told.original.as_deref(), told.injected.as_deref());
    turned(path, plain, |row, line| drift::undo(schema, was, is, row, line))
}

fn turned(
    path: &str,
    plain: &[u8],
    turn: impl Fn(usize, &[u8]) -> Option<Vec<u8>>,
) -> Result<Vec<u8>, Error> {
    let lines = plain.split_inclusive(|byte| *byte == b'\n').enumerate();
    let turned = lines.map(|(row, line)| {
        turn(row, line)
            .ok_or_else(|| mismatch(path, format!("line {} is not what its label says", row + 1)))
    });
    Ok(turned.collect::<Result<Vec<_>, _>>()?.concat())
}

/// The rows that labels name on this side.
pub(super) fn gone(path: &str, touched: &[&Member], dirty: bool) -> BTreeSet<u64> {
    touched.iter().filter_map(|member| member.row_in(path, dirty)).collect()
}

/// The bytes of a file without compression, which its name tells.
#[expect(clippy::case_sensitive_file_extension_comparisons, reason = "we name them")]
fn inflated(path: &str, bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let mut plain = Vec::new();
    let read = if path.ends_with(".gz") {
        MultiGzDecoder::new(bytes).read_to_end(&mut plain)
    } else if path.ends_with(".zst") && !bytes.is_empty() {
        zstd::stream::read::Decoder::new(bytes).and_then(|mut read| read.read_to_end(&mut plain))
    } else {
        plain.extend_from_slice(bytes);
        Ok(0)
    };
    read.map_err(|error| mismatch(path, error.to_string()))?;
    Ok(plain)
}

/// The lines of a clean file, where a line is a row, without those gone.
fn by_number<'p>(plain: &'p [u8], gone: &BTreeSet<u64>) -> Vec<&'p [u8]> {
    let lines = plain.split_inclusive(|byte| *byte == b'\n').enumerate();
    let stays = lines.filter(|(row, _)| !gone.contains(&(*row as u64)));
    stays.map(|(_, line)| line).collect()
}

/// The lines of a dirty file without those that labels name: those stand where the labels say, whatever became of them.
fn by_place<'p>(
    path: &str,
    plain: &'p [u8],
    touched: &[&Member],
    gone: &BTreeSet<u64>,
) -> Result<Vec<&'p [u8]>, Error> {
    let mut places: BTreeMap<usize, &[u8]> = BTreeMap::new();
    for member in touched {
        if member.row_in(path, true).is_some_and(|row| gone.contains(&row)) {
            let (Some(start), Some(raw)) = (member.byte_start, &member.raw_injected) else {
                return Err(mismatch(path, "a label does not say where its line is"));
            };
            places.insert(start as usize, raw);
        }
    }
    let mut kept = Vec::new();
    let mut at = 0;
    while at < plain.len() {
        if let Some(raw) = places.remove(&at) {
            if !plain[at..].starts_with(raw) {
                return Err(mismatch(path, format!("byte {at} is not what its label says")));
            }
            at += raw.len();
            // A label whose line is gone altogether would be met for ever.
            continue;
        }
        let length = plain[at..].iter().position(|byte| *byte == b'\n').map(|nth| nth + 1);
        let end = at + length.unwrap_or(plain.len() - at);
        kept.push(&plain[at..end]);
        at = end;
    }
    Ok(kept)
}

/// The first line and the last.
type Ends = Option<(Vec<u8>, Vec<u8>)>;

/// Lines with others put in at their rows; how many rows there are, and the ends.
fn merged(kept: &[&[u8]], new: &BTreeMap<u64, Vec<u8>>) -> (Vec<u8>, u64, Ends) {
    let rows = (kept.len() + new.len()) as u64;
    let mut kept = kept.iter();
    let mut made = Vec::new();
    let mut ends: Ends = None;
    for row in 0..rows {
        let line = match new.get(&row) {
            Some(line) => line,
            None => match kept.next() {
                Some(line) => *line,
                None => continue,
            },
        };
        made.extend_from_slice(line);
        ends = Some((ends.map_or_else(|| line.to_vec(), |(first, _)| first), line.to_vec()));
    }
    (made, rows, ends)
}
