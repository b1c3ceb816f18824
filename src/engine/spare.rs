//! Memory that one range of users is done with and the next one uses again. Fresh memory costs a good part of a run: the system has
//! to clear it, and on a virtual machine the host has to find it first.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::event::journal::{Bucket, Journal};

/// What is to be used again.
#[derive(Debug, Default)]
pub(super) struct Spare {
    /// Journals of ranges.
    wholes: Mutex<Vec<Journal>>,
    /// Journals of chunks of users, without their events.
    chunks: Mutex<Vec<Journal>>,
    /// Buckets by the number of rows that they have room for.
    buckets: Mutex<BTreeMap<usize, Vec<Bucket>>>,
}

impl Spare {
    /// An empty journal for a whole range.
    pub(super) fn whole(&self) -> Journal {
        pop(&self.wholes)
    }

    /// Takes the journal of a range back.
    pub(super) fn leave_whole(&self, mut whole: Journal) {
        whole.clear();
        whole.guests = None;
        push(&self.wholes, whole);
    }

    /// A copy of a chunk's journal, which takes about as much memory as it needs.
    pub(super) fn copy(&self, journal: &Journal) -> Journal {
        let mut copy = pop(&self.chunks);
        copy.copy_entities(journal);
        let rooms = self.rooms(&journal.slices);
        copy.slices.extend(journal.slices.iter().zip(rooms).map(|(bucket, mut room)| {
            room.rows.clear();
            room.rows.reserve_exact(bucket.rows.len());
            room.rows.extend_from_slice(&bucket.rows);
            room.sessions.clear();
            room.sessions.reserve_exact(bucket.sessions.len());
            room.sessions.extend_from_slice(&bucket.sessions);
            room
        }));
        copy
    }

    /// For each bucket one that fits best: the smallest that is large enough, else the largest, which then grows.
    fn rooms(&self, buckets: &[Bucket]) -> Vec<Bucket> {
        let mut spare = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let mut fitting = |bucket: &Bucket| {
            let need = bucket.rows.len();
            if need == 0 {
                return Bucket::default();
            }
            let fits = spare.range(need..).next().or_else(|| spare.iter().next_back());
            let Some(size) = fits.map(|(size, _)| *size) else { return Bucket::default() };
            let list = spare.entry(size).or_default();
            let room = list.pop().unwrap_or_default();
            if list.is_empty() {
                spare.remove(&size);
            }
            room
        };
        buckets.iter().map(&mut fitting).collect()
    }

    /// Takes a chunk's journal back, whose events are elsewhere.
    pub(super) fn leave_chunk(&self, mut chunk: Journal) {
        chunk.clear();
        chunk.slices.clear();
        push(&self.chunks, chunk);
    }

    /// Takes buckets back.
    pub(super) fn leave(&self, buckets: impl IntoIterator<Item = Bucket>) {
        let mut spare = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        for bucket in buckets {
            spare.entry(bucket.rows.capacity()).or_default().push(bucket);
        }
    }
}

fn pop(list: &Mutex<Vec<Journal>>) -> Journal {
    list.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
}

fn push(list: &Mutex<Vec<Journal>>, journal: Journal) {
    list.lock().unwrap_or_else(PoisonError::into_inner).push(journal);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::journal::Row;

    fn row(time: i64) -> Row {
        Row {
            time,
            received: time,
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
        }
    }

    fn journal(sizes: &[i64]) -> Journal {
        let mut journal = Journal::new(sizes.len());
        for (bucket, size) in journal.slices.iter_mut().zip(sizes) {
            (0..*size).for_each(|time| bucket.push(0, row(time)));
        }
        journal
    }

    /// A copy is equal to what it is a copy of, in whatever memory; and it takes the memory that fits best.
    #[test]
    fn copies_are_equal_and_fit() {
        let spare = Spare::default();
        for sizes in [[3, 0, 90], [80, 4, 1], [1, 1, 1], [200, 2, 0]] {
            let from = journal(&sizes);
            let mut copy = spare.copy(&from);
            assert_eq!(copy, from);
            spare.leave(std::mem::take(&mut copy.slices));
            spare.leave_chunk(copy);
        }
        let held: usize = spare.buckets.lock().unwrap().values().map(Vec::len).sum();
        assert_eq!(held, 3, "as many as are needed at once");
        let fitting = spare.rooms(&journal(&[2]).slices);
        assert!((2..=4).contains(&fitting[0].rows.capacity()), "{}", fitting[0].rows.capacity());
    }
}
