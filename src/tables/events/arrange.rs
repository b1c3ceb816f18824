//! Arranging: the buckets of a slice as rows in order of arrival.

use std::collections::HashMap;

use crate::event::journal::{Bucket, NONE, Offsets, Row};
use crate::scenario::fills;
use crate::tables::changes::{self, Arrangement, Fate};
use crate::tables::events::Change;

/// Joins the buckets and sorts their rows by (arrival, user, sequence); the sessions of the slice, by the rows' session ordinals.
pub(super) fn arrange(groups: &[u8], buckets: Vec<(Bucket, Offsets)>) -> (Vec<Row>, Vec<u32>) {
    let (rows, sessions) = join(groups, buckets);
    let sorted = order(&rows).into_iter().map(|row| rows[row as usize]).collect();
    (sorted, sessions)
}

/// The rows of all buckets, one behind the other, and the sessions that their ordinals mean.
fn join(groups: &[u8], buckets: Vec<(Bucket, Offsets)>) -> (Vec<Row>, Vec<u32>) {
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
    (rows, sessions)
}

/// The rows' ordinals in order of arrival.
fn order(rows: &[Row]) -> Vec<u32> {
    let Some(earliest) = rows.iter().map(|row| row.received).min() else { return Vec::new() };
    // Rows stand in order of user and sequence, so their ordinals break ties as they should. A slice is at most a day, whose µs
    // take 37 bits; 27 bits are left for the ordinal.
    let mut order: Vec<u64> = rows
        .iter()
        .enumerate()
        .map(|(i, row)| ((row.received - earliest) as u64) << 27 | i as u64)
        .collect();
    order.sort_unstable();
    order.into_iter().map(|key| (key & 0x07FF_FFFF) as u32).collect()
}

/// The same with some rows changed: they are those shown, then those that are not any more.
pub(super) fn arrange_changed(
    groups: &[u8],
    buckets: Vec<(Bucket, Offsets)>,
    changes: &[Change],
) -> (Vec<Row>, Vec<u32>, Arrangement) {
    let (mut rows, mut sessions) = join(groups, buckets);
    let clean = rows.len();
    let order = order(&rows);
    let times: Vec<i64> = order.iter().map(|row| rows[*row as usize].received).collect();
    let mut sought: HashMap<u32, u32> = HashMap::new();
    let ordinals: Vec<Option<u32>> =
        changes.iter().map(|change| find(&rows, &sessions, change)).collect();
    sought.extend(ordinals.iter().flatten().map(|ordinal| (*ordinal, 0)));
    for (place, row) in order.iter().enumerate() {
        if let Some(found) = sought.get_mut(row) {
            *found = place as u32;
        }
    }
    welcome(&mut rows, &mut sessions, changes);
    let mut of_interest = Vec::with_capacity(changes.len());
    let mut all = order;
    for (change, ordinal) in changes.iter().zip(&ordinals) {
        let place = match (change.fate, ordinal) {
            (Fate::Comes(_), _) | (_, None) => {
                let at = sessions.iter().position(|session| *session == change.session);
                rows.push(Row { session: at.unwrap_or(0) as u32, ..change.row });
                all.push(rows.len() as u32 - 1);
                all.len() as u32 - 1
            }
            (_, Some(ordinal)) => sought[ordinal],
        };
        of_interest.push((place, change.fate));
    }
    let mut made = changes::arrange(&times, clean, &of_interest);
    for row in &mut made.rows {
        *row = all[*row as usize];
    }
    let arranged = made.rows.iter().map(|row| rows[*row as usize]).collect();
    (arranged, sessions, made)
}

/// The ordinal of the row that a change is about; none for what comes from elsewhere.
fn find(rows: &[Row], sessions: &[u32], change: &Change) -> Option<u32> {
    if matches!(change.fate, Fate::Comes(_)) {
        return None;
    }
    let of_session = sessions.iter().enumerate().filter(|(_, known)| **known == change.session);
    of_session.into_iter().find_map(|(local, _)| {
        let local = local as u32;
        let first = rows.partition_point(|row| row.session < local);
        let of_session = rows[first..].iter().take_while(|row| row.session == local);
        let nth = of_session.into_iter().position(|row| row.sequence == change.row.sequence)?;
        Some((first + nth) as u32)
    })
}

/// Makes the sessions of what comes from elsewhere known, each beside those of its user.
fn welcome(rows: &mut [Row], sessions: &mut Vec<u32>, changes: &[Change]) {
    let comes = changes.iter().filter(|change| matches!(change.fate, Fate::Comes(_)));
    let mut missing: Vec<u32> =
        comes.map(|change| change.session).filter(|session| !sessions.contains(session)).collect();
    missing.sort_unstable();
    missing.dedup();
    if missing.is_empty() {
        return;
    }
    let mut moved = vec![0; sessions.len()];
    let mut all = Vec::with_capacity(sessions.len() + missing.len());
    let mut missing = missing.into_iter().peekable();
    for (local, session) in sessions.iter().enumerate() {
        while let Some(new) = missing.next_if(|new| new < session) {
            all.push(new);
        }
        moved[local] = all.len() as u32;
        all.push(*session);
    }
    all.extend(missing);
    for row in rows {
        row.session = moved[row.session as usize];
    }
    *sessions = all;
}
