//! Arranging: the buckets of a slice as rows in order of arrival.
//!
//! Rows are first dealt out to parts of the slice's time, then each part is sorted: a part lies in a core's cache, the slice does not.

use std::cell::RefCell;

use crate::event::journal::{Bucket, NONE, Offsets, Row};
use crate::scenario::fills;
use crate::tables::changes::{self, Arrangement, Clean, Fate};
use crate::tables::events::Change;

/// Rows that are sorted together, about.
const SORTED: usize = 512;

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
    /// The rows: in order, or dealt out to parts of the slice's time.
    rows: &'r [Row],
    /// Their ordinals in order of (arrival, user, sequence); none where they stand in that order.
    order: Option<&'r [u32]>,
}

impl<'r> Arrived<'r> {
    /// Rows in the order of those ordinals.
    pub(super) fn new(rows: &'r [Row], order: &'r [u32]) -> Self {
        Self { rows, order: Some(order) }
    }

    /// Rows that stand in order.
    pub(super) fn in_order(rows: &'r [Row]) -> Self {
        Self { rows, order: None }
    }

    /// How many.
    pub(super) fn len(&self) -> usize {
        self.order.map_or(self.rows.len(), <[u32]>::len)
    }

    /// The rows in order of arrival, so many at a time, side by side.
    pub(super) fn for_blocks(&self, size: usize, mut look: impl FnMut(&[Row])) {
        let Some(order) = self.order else {
            return self.rows.chunks(size).for_each(look);
        };
        let mut block = Vec::with_capacity(size);
        for order in order.chunks(size) {
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
        let sessions = room.take(groups, buckets, 0, &[]);
        then(Arrived::new(&room.rows[..room.order.len()], &room.order), &sessions)
    })
}

/// Joins the buckets, arranges their rows, and hands them on in parts of so many, each beside the sessions that its rows are of.
pub(super) fn arrange_in_parts<E>(
    groups: &[u8],
    buckets: &[&(Bucket, Offsets)],
    size: usize,
    mut look: impl FnMut(Arrived<'_>, &[u32]) -> Result<(), E>,
) -> Result<(), E> {
    ROOM.with_borrow_mut(|room| {
        let sessions = room.take(groups, buckets, 0, &[]);
        let (mut rows, mut met, mut of_part) = (Vec::with_capacity(size), Vec::new(), Vec::new());
        let mut places = vec![NONE; sessions.len()];
        for order in room.order.chunks(size) {
            rows.clear();
            for &row in order {
                let mut row = room.rows[row as usize];
                let place = &mut places[row.session as usize];
                if *place == NONE {
                    *place = met.len() as u32;
                    met.push(row.session);
                }
                row.session = *place;
                rows.push(row);
            }
            of_part.clear();
            of_part.extend(met.iter().map(|&session| sessions[session as usize]));
            look(Arrived::in_order(&rows), &of_part)?;
            met.drain(..).for_each(|session| places[session as usize] = NONE);
        }
        Ok(())
    })
}

impl Room {
    /// Takes the rows of buckets in, with room for more behind them; the sessions that they belong to, and those others that are to be
    /// among them.
    fn take(
        &mut self,
        groups: &[u8],
        buckets: &[&(Bucket, Offsets)],
        more: usize,
        others: &[u32],
    ) -> Vec<u32> {
        let Self { received, rows, order } = self;
        received.clear();
        received.reserve(buckets.iter().map(|(bucket, _)| bucket.len()).sum());
        for (bucket, _) in buckets {
            received.extend(bucket.rows().map(|row| row.received));
        }
        let parts = Parts::new(received);
        let mut ends = parts.begins(received);
        if rows.capacity() < received.len() + more {
            // Nobody needs what stands there: it is not copied over. Most slices are about as large: the next one finds room as well.
            *rows = Vec::with_capacity((received.len() + more) * 5 / 4);
        }
        if rows.len() < received.len() {
            rows.resize(received.len(), Row::default());
        }
        let rows = &mut rows[..received.len()];
        let mut sessions = Sessions { all: Vec::new(), places: Vec::new(), others };
        deal(groups, buckets, &parts, &mut ends, rows, &mut sessions);
        sort(rows, &ends, parts.earliest, order);
        sessions.finish()
    }
}

/// Deals rows out to parts that begin at `ends`, which become their ends; their sessions are those that they are of in `sessions`.
fn deal(
    groups: &[u8],
    buckets: &[&(Bucket, Offsets)],
    parts: &Parts,
    ends: &mut [u32],
    rows: &mut [Row],
    sessions: &mut Sessions<'_>,
) {
    for (bucket, offsets) in buckets {
        let first = sessions.add(bucket, offsets.session);
        for mut row in bucket.rows() {
            row.session = match first {
                Some(first) => row.session + first,
                None => sessions.places[row.session as usize],
            };
            if groups[usize::from(row.kind)] & fills::ORDER != 0 && row.extra != NONE {
                row.extra += offsets.order;
            }
            let end = &mut ends[parts.of(row.received)];
            rows[*end as usize] = row;
            *end += 1;
        }
    }
}

/// The sessions of a slice, in their order.
struct Sessions<'o> {
    all: Vec<u32>,
    /// Of the last bucket: where each of its sessions is, if they do not stand side by side.
    places: Vec<u32>,
    /// Those that are to be there though no bucket may have them, in their order: each beside those of its user.
    others: &'o [u32],
}

impl Sessions<'_> {
    /// Adds those of a bucket; where the first is, if all stand side by side.
    fn add(&mut self, bucket: &Bucket, offset: u32) -> Option<u32> {
        let own = || bucket.sessions().map(|session| session + offset);
        let last = bucket.sessions().next_back().map_or(0, |last| last + offset);
        if self.others.first().is_none_or(|other| *other > last) {
            let first = self.all.len() as u32;
            self.all.extend(own());
            return Some(first);
        }
        self.places.clear();
        for session in own() {
            self.add_others(session);
            if let Some((_, rest)) = self.others.split_first().filter(|(next, _)| **next == session)
            {
                self.others = rest;
            }
            self.places.push(self.all.len() as u32);
            self.all.push(session);
        }
        None
    }

    /// Adds the others that come before a session.
    fn add_others(&mut self, before: u32) {
        let (now, later) =
            self.others.split_at(self.others.partition_point(|other| *other < before));
        self.all.extend_from_slice(now);
        self.others = later;
    }

    fn finish(mut self) -> Vec<u32> {
        self.all.extend_from_slice(self.others);
        self.all
    }
}

/// The same with some rows changed: they are those shown, then those that are not any more.
pub(super) fn arrange_changed<T>(
    groups: &[u8],
    buckets: &[&(Bucket, Offsets)],
    changes: &[Change],
    then: impl FnOnce(Arrived<'_>, &[u32]) -> T,
) -> (T, Arrangement) {
    let comes = |change: &&Change| matches!(change.fate, Fate::Comes(_));
    let mut others: Vec<u32> = changes.iter().filter(comes).map(|change| change.session).collect();
    others.sort_unstable();
    others.dedup();
    ROOM.with_borrow_mut(|room| {
        let sessions = room.take(groups, buckets, changes.len(), &others);
        let Room { rows, order, .. } = room;
        let clean = order.len();
        rows.truncate(clean);
        let mut of_interest = Vec::with_capacity(changes.len());
        for change in changes {
            let found = Some(change).filter(|change| !comes(change));
            let found = found.and_then(|change| find(rows, order, &sessions, change));
            // Rows from elsewhere stand behind those that arrived, of which each is known by its place among them.
            let place = found.unwrap_or_else(|| {
                let local = sessions.binary_search(&change.session).unwrap_or(0);
                rows.push(Row { session: local as u32, ..change.row });
                rows.len() as u32 - 1
            });
            of_interest.push((place, change.fate));
        }
        let received = |place: usize| rows[order[place] as usize].received;
        let mut made = changes::arrange(&Clean { count: clean, time: received }, &of_interest);
        for place in &mut made.rows {
            *place = order.get(*place as usize).copied().unwrap_or(*place);
        }
        (then(Arrived::new(rows, &made.rows), &sessions), made)
    })
}

/// The place of the row that a change is about, among those in order of arrival.
fn find(rows: &[Row], order: &[u32], sessions: &[u32], change: &Change) -> Option<u32> {
    let received = change.row.received;
    let row = |place: &u32| &rows[*place as usize];
    let first = order.partition_point(|place| row(place).received < received);
    let together = order[first..].iter().take_while(|place| row(place).received == received);
    let is_it = |row: &Row| {
        row.sequence == change.row.sequence && sessions[row.session as usize] == change.session
    };
    let nth = together.into_iter().position(|place| is_it(row(place)))?;
    Some((first + nth) as u32)
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
        let wanted = (received.len() / SORTED).max(1) as u64;
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
