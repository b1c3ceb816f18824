//! Sites: where incidents of a kind can be, each with its number.

use std::ops::Range;

use crate::anomaly::ground::{FileRef, Ground, RowRef, Rowset, Site};
use crate::anomaly::kind::Unit;
use crate::anomaly::spec::Asked;
use crate::event::ids;
use crate::seed::mix;

/// A file's number within the data set.
pub(super) fn hash_of_file(ground: &Ground<'_>, file: FileRef) -> u64 {
    let code = match file {
        FileRef::Slice(slice) => u64::from(slice) << 8 | 0xff,
        FileRef::Table(rowset) => rowset as u64,
    };
    u64::from(ground.range) << 40 | code
}

/// The number of what holds a row.
pub(super) fn holder(ground: &Ground<'_>, row: RowRef, unit: Unit) -> u64 {
    match (unit, ground.session_of(row)) {
        (Unit::Session, Some(session)) => ground.uid(RowRef::new(Rowset::Sessions, session)),
        _ => mix(ground.user_of(row) ^ 0x7573_6572),
    }
}

/// A site's number.
pub fn uid(ground: &Ground<'_>, site: Site) -> u64 {
    match site {
        Site::Row(row) => ground.uid(row),
        Site::File(file) => mix(hash_of_file(ground, file) ^ 0x6669_6c65),
        Site::Window(nth) => uid_of_window(nth),
    }
}

/// The number of the nth incident of a kind that touches the window as a whole.
pub(super) fn uid_of_window(nth: u32) -> u64 {
    mix(u64::from(nth) ^ 0x7769_6e64)
}

/// The sites of a kind in a range.
pub(super) struct Sites {
    pub(super) rowsets: Vec<Rowset>,
    files: bool,
}

impl Sites {
    pub(super) fn of(ground: &Ground<'_>, asked: &Asked) -> Self {
        let rowsets = match (asked.kind.unit, asked.kind.act) {
            // In what is not written nothing can go wrong.
            (Unit::Row, Some(act)) => {
                let rowsets = act.rows(&asked.params).into_iter();
                rowsets.filter(|rowset| ground.is_written(*rowset)).collect()
            }
            (Unit::Session, _) => vec![Rowset::Sessions],
            (Unit::User, _) => vec![Rowset::Users],
            (Unit::Order, _) => vec![Rowset::Orders],
            _ => Vec::new(),
        };
        Self { rowsets, files: asked.kind.unit == Unit::File }
    }

    /// How many there are, without the files.
    pub(super) fn count(&self, ground: &Ground<'_>) -> u64 {
        let count = |rowset: &Rowset| match rowset {
            Rowset::Events => {
                ground.context.journal.sessions.iter().map(|s| u64::from(s.events)).sum()
            }
            other => ground.count(*other) as u64,
        };
        self.rowsets.iter().map(count).sum()
    }

    /// Visits all of them, each with its number.
    pub(super) fn visit(&self, ground: &Ground<'_>, see: &mut impl FnMut(u64, Site)) {
        for rowset in &self.rowsets {
            let all = 0..ground.count(*rowset) as u32;
            visit(ground, *rowset, all, &mut |uid, row| see(uid, Site::Row(row)));
        }
        if self.files {
            for file in ground.files() {
                see(uid(ground, Site::File(file)), Site::File(file));
            }
        }
    }
}

/// Visits rows of a table, each with its number.
#[inline]
pub(super) fn visit(
    ground: &Ground<'_>,
    rowset: Rowset,
    ordinals: Range<u32>,
    see: &mut impl FnMut(u64, RowRef),
) {
    if rowset != Rowset::Events {
        for ordinal in ordinals {
            let row = RowRef::new(rowset, ordinal);
            see(ground.uid(row), row);
        }
        return;
    }
    for ordinal in ordinals {
        let session = ground.session(ordinal);
        for sequence in 0..session.events.min(u32::from(u16::MAX)) as u16 {
            see(ids::event_bits(session.key, sequence), RowRef::event(ordinal, sequence));
        }
    }
}
