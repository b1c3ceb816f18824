//! `file_damaged`: a file that does not open, or not to its end.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::ground::{FileRef, Ground, Site};
use crate::anomaly::incident::{Cut, Incident};
use crate::anomaly::kind::{Kind, Param, ParamType, Scope};
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static FILE_DAMAGED: Kind = Kind::new(
    "file_damaged",
    Scope::File,
    "Cuts a file, its footer, or zeroes a part of it.",
    "A file opens, and has the rows that its manifest states.",
)
.critical()
.usually(1)
.takes(&[Param::new(
    "how",
    ParamType::Some(&["cut", "footer", "zero"]),
    "Whether the last third (at most 64 KiB) is cut off, the last eight bytes, or some of the first bytes are zeroed.",
)])
.acts(&FileDamaged);

struct FileDamaged;

/// Bytes cut off at most: a label keeps them.
const MOST: usize = 64 << 10;
/// Behind the magic number stands the header of the first page.
const MAGIC: usize = 4;
const ZEROS: usize = 64;

impl Act for FileDamaged {
    fn inject(
        &self,
        _: &Ground<'_>,
        site: Site,
        params: &Params,
        draw: &mut Stream,
    ) -> Option<Incident> {
        let Site::File(file @ FileRef::Slice(_)) = site else { return None };
        let ways = params.words("how");
        let how = ways[draw.below(ways.len() as u32) as usize].clone();
        let cut = move |bytes: &[u8]| {
            let length = bytes.len();
            let (start, length) = match how.as_str() {
                "cut" => (length - (length / 3).min(MOST), (length / 3).min(MOST)),
                "footer" => (length.saturating_sub(8), 8.min(length)),
                _ => (MAGIC.min(length), ZEROS.min(length.saturating_sub(MAGIC))),
            };
            let bytes = if how == "zero" { vec![0; length] } else { Vec::new() };
            (length > 0).then_some(Cut { start, length, bytes })
        };
        Some(Incident::new().damage(file, cut))
    }
}
