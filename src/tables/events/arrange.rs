//! Arranging: the buckets of a slice as rows in order of arrival.
//!
//! Rows are first dealt out to parts of the slice's time, then each part is sorted: a part lies in a core's cache, the slice does not.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, HashSet};

use crate::event::journal::{Bucket, NONE, Offsets, Row};
use crate::scenario::fills;
use crate::tables::changes::{self, Arrangement, Fate};
use crate::tables::events::Change;

/// Rows that a part of a slice has, about.
const PART: usize = 512;

/// Room that slices use one after the other: fresh memory costs more than all that is done with it here.
#[derive(Default)]
struct Room {
    received: Vec<i64>,
    rows: Vec<Row>,
    order: Vec<u32>,
}

thread_local! {
    static ROOM: RefCell<Room> = RefCell::default();
}

/// The rows of a slice, and in which order they arrived.
pub(super) struct Arrived<'r> {
    /// The rows, dealt out to parts of the slice.
    rows: &'r [Row],
    /// Their ordinals in order of (arrival, user, sequence).
    order: &'r [u32],
}

impl<'r> Arrived<'r> {
    /// Rows in the order of those ordinals.
    pub(super) fn new(rows: &'r [Row], order: &'r [u32]) -> Self {
        Self { rows, order }
    }

    /// The rows in order of arrival, so many at a time: copies, side by side.
    pub(super) fn for_blocks(&self, size: usize, mut look: impl FnMut(&[Row])) {
        let mut block = Vec::with_capacity(size);
        for order in self.order.chunks(size) {
            block.clear();
            block.extend(order.iter().map(|&row| self.rows[row as usize]));
            look(&block);
        }
    }
}

/// Joins the buckets, arranges their rows, and hands them on beside the sessions of the slice, which the rows' session ordinals mean.
pub(super) fn arrange<T>(
    groups: &[u8],
    buckets: &[&(Bucket, Offsets)],
    then: impl FnOnce(Arrived<'_>, &[u32]) -> T,
) -> T {
    ROOM.with_borrow_mut(|room| {
        let sessions = room.take(groups, buckets);
        then(Arrived { rows: &room.rows[..room.order.len()], order: &room.order }, &sessions)
    })
}

impl Room {
    /// Takes the rows of buckets in; the sessions that they belong to.
    fn take(&mut self, groups: &[u8], buckets: &[&(Bucket, Offsets)]) -> Vec<u32> {
        let Self { received, rows, order } = self;
        received.clear();
        for (bucket, _) in buckets {
            received.extend(bucket.rows.iter().map(|row| row.received));
        }
        let parts = Parts::new(received);
        let mut ends = parts.begins(received);
        if rows.len() < received.len() {
            rows.resize(received.len(), NOTHING);
        }
        let rows = &mut rows[..received.len()];
        let sessions = deal(groups, buckets, &parts, &mut ends, rows);
        sort(rows, &ends, parts.earliest, order);
        sessions
    }
}

/// Deals rows out to parts that begin at `ends`, which become their ends; the sessions that they belong to.
fn deal(
    groups: &[u8],
    buckets: &[&(Bucket, Offsets)],
    parts: &Parts,
    ends: &mut [u32],
    rows: &mut [Row],
) -> Vec<u32> {
    let mut sessions: Vec<u32> = Vec::new();
    for (bucket, offsets) in buckets {
        let first = sessions.len() as u32;
        sessions.extend(bucket.sessions.iter().map(|session| session + offsets.session));
        for mut row in bucket.rows.iter().copied() {
            row.session += first;
            if groups[usize::from(row.kind)] & fills::ORDER != 0 && row.extra != NONE {
                row.extra += offsets.order;
            }
            let end = &mut ends[parts.of(row.received)];
            rows[*end as usize] = row;
            *end += 1;
        }
    }
    sessions
}

/// The same with some rows changed: they are those shown, then those that are not any more.
pub(super) fn arrange_changed<T>(
    groups: &[u8],
    buckets: &[&(Bucket, Offsets)],
    changes: &[Change],
    then: impl FnOnce(Arrived<'_>, &[u32]) -> T,
) -> (T, Arrangement) {
    ROOM.with_borrow_mut(|room| {
        let mut sessions = room.take(groups, buckets);
        let Room { received, rows, order } = room;
        let clean = order.len();
        rows.truncate(clean);
        received.clear();
        received.extend(order.iter().map(|row| rows[*row as usize].received));
        let found = find(rows, order, &sessions, changes);
        welcome(rows, &mut sessions, changes);
        let locals = locals(&sessions, changes.iter().zip(&found));
        let mut of_interest = Vec::with_capacity(changes.len());
        for (change, found) in changes.iter().zip(found) {
            // Rows from elsewhere stand behind those that arrived, of which each is known by its place among them.
            let place = found.unwrap_or_else(|| {
                let local = locals.get(&change.session).copied().unwrap_or(0);
                rows.push(Row { session: local, ..change.row });
                rows.len() as u32 - 1
            });
            of_interest.push((place, change.fate));
        }
        let mut made = changes::arrange(received, clean, &of_interest);
        for place in &mut made.rows {
            *place = order.get(*place as usize).copied().unwrap_or(*place);
        }
        (then(Arrived::new(rows, &made.rows), &sessions), made)
    })
}

/// The places of the rows that changes are about; none for what comes from elsewhere.
fn find(rows: &[Row], order: &[u32], sessions: &[u32], changes: &[Change]) -> Vec<Option<u32>> {
    let stands = |change: &&Change| !matches!(change.fate, Fate::Comes(_));
    let id = |change: &Change| (change.session, change.row.sequence);
    let mut sought: HashMap<(u32, u16), Option<u32>> =
        changes.iter().filter(stands).map(|change| (id(change), None)).collect();
    let touched: HashSet<u32> = sought.keys().map(|(session, _)| *session).collect();
    // Most rows are of sessions of which nothing changes: they are told apart without a look-up.
    let is_changed: Vec<bool> = sessions.iter().map(|session| touched.contains(session)).collect();
    for (place, row) in order.iter().map(|row| &rows[*row as usize]).enumerate() {
        if is_changed[row.session as usize]
            && let Some(found) = sought.get_mut(&(sessions[row.session as usize], row.sequence))
        {
            *found = Some(place as u32);
        }
    }
    let found = |change: &Change| sought.get(&id(change)).copied().flatten();
    changes.iter().map(|change| Some(change).filter(stands).and_then(found)).collect()
}

/// The ordinals, among those of the slice, of the sessions that something comes to.
fn locals<'c>(
    sessions: &[u32],
    changes: impl Iterator<Item = (&'c Change, &'c Option<u32>)>,
) -> HashMap<u32, u32> {
    let comes = changes.filter(|(_, found)| found.is_none());
    let wanted: HashSet<u32> = comes.map(|(change, _)| change.session).collect();
    let of_slice = sessions.iter().zip(0..).filter(|(session, _)| wanted.contains(*session));
    of_slice.map(|(session, local)| (*session, local)).collect()
}

/// Makes the sessions of what comes from elsewhere known, each beside those of its user.
fn welcome(rows: &mut [Row], sessions: &mut Vec<u32>, changes: &[Change]) {
    let comes = changes.iter().filter(|change| matches!(change.fate, Fate::Comes(_)));
    let mut missing: BTreeSet<u32> = comes.map(|change| change.session).collect();
    if !missing.is_empty() {
        for session in &*sessions {
            missing.remove(session);
        }
    }
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

/// Sorts the ordinals of rows that stand part by part by their arrival.
///
/// In a part, rows stand in order of user and sequence, so their ordinals break ties as they should. A slice is at most a day, whose
/// µs take 37 bits; 27 bits are left for the ordinal.
fn sort(rows: &[Row], ends: &[u32], earliest: i64, order: &mut Vec<u32>) {
    order.clear();
    let mut keys: Vec<u64> = Vec::new();
    let mut begin = 0;
    for &end in ends {
        let part = &rows[begin as usize..end as usize];
        let key = |(i, row): (usize, &Row)| ((row.received - earliest) as u64) << 27 | i as u64;
        keys.clear();
        keys.extend(part.iter().enumerate().map(key));
        keys.sort_unstable();
        order.extend(keys.iter().map(|key| begin + (key & 0x07FF_FFFF) as u32));
        begin = end;
    }
}

/// Parts of a slice's time, of equal length.
struct Parts {
    earliest: i64,
    shift: u32,
    count: usize,
}

impl Parts {
    fn new(received: &[i64]) -> Self {
        let earliest = received.iter().copied().min().unwrap_or(0);
        let latest = received.iter().copied().max().unwrap_or(0);
        let span = (latest - earliest) as u64;
        let wanted = (received.len() / PART).max(1) as u64;
        let shift = (0..63).find(|shift| span >> shift < wanted).unwrap_or(63);
        Self { earliest, shift, count: (span >> shift) as usize + 1 }
    }

    #[inline]
    fn of(&self, received: i64) -> usize {
        ((received - self.earliest) as u64 >> self.shift) as usize
    }

    /// Where the rows of each part begin.
    fn begins(&self, received: &[i64]) -> Vec<u32> {
        let mut counts = vec![0_u32; self.count];
        for &received in received {
            counts[self.of(received)] += 1;
        }
        let mut begin = 0;
        for count in &mut counts {
            begin += std::mem::replace(count, begin);
        }
        counts
    }
}

/// What stands where a row is yet to come.
const NOTHING: Row = Row {
    time: 0,
    received: 0,
    session: 0,
    page: 0,
    product: 0,
    extra: 0,
    dwell_ms: 0,
    load_ms: 0,
    sequence: 0,
    kind: 0,
    position: 0,
    quantity: 0,
    detail: [0; 2],
};
