//! Arranging: the buckets of a slice as rows in order of arrival.

use crate::event::journal::{Bucket, NONE, Offsets, Row};
use crate::scenario::fills;

/// Joins the buckets and sorts their rows by (arrival, user, sequence); the sessions of the slice, by the rows' session ordinals.
pub(super) fn arrange(groups: &[u8], buckets: Vec<(Bucket, Offsets)>) -> (Vec<Row>, Vec<u32>) {
    let count = buckets.iter().map(|(bucket, _)| bucket.rows.len()).sum();
    let mut rows: Vec<Row> = Vec::with_capacity(count);
    let mut sessions: Vec<u32> = Vec::new();
    for (mut bucket, offsets) in buckets {
        let first = sessions.len() as u32;
        sessions.extend(bucket.sessions.iter().map(|session| session + offsets.session));
        for row in &mut bucket.rows {
            row.session += first;
            if groups[usize::from(row.kind)] & fills::ORDER != 0 && row.extra != NONE {
                row.extra += offsets.order;
            }
        }
        rows.append(&mut bucket.rows);
    }
    let Some(earliest) = rows.iter().map(|row| row.received).min() else { return (rows, sessions) };
    // Rows stand in order of user and sequence, so their ordinals break ties as they should. A slice is at most a day, whose µs
    // take 37 bits; 27 bits are left for the ordinal.
    let mut order: Vec<u64> = rows
        .iter()
        .enumerate()
        .map(|(i, row)| ((row.received - earliest) as u64) << 27 | i as u64)
        .collect();
    order.sort_unstable();
    let sorted = order.iter().map(|key| rows[(key & 0x07FF_FFFF) as usize]).collect();
    (sorted, sessions)
}
