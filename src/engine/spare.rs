//! Memory that one range of users is done with and the next one uses again. Fresh memory costs a good part of a run: the system has
//! to clear it, and on a virtual machine the host has to find it first.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::event::journal::{Bucket, Journal};

/// What is to be used again.
#[derive(Debug, Default)]
pub(super) struct Spare {
    /// The journal of a range.
    whole: Mutex<Journal>,
    buckets: Mutex<Buckets>,
    /// Whether no range follows, so that nothing is kept.
    is_over: AtomicBool,
}

/// Buckets, none of which holds anything.
#[derive(Debug, Default)]
struct Buckets {
    /// By how much they have room for, in bytes.
    by_room: BTreeMap<usize, Vec<Bucket>>,
    /// How many are in use: so many are taken back and no more, whatever else comes.
    in_use: usize,
}

impl Spare {
    /// Says that no range follows the one under way.
    pub(super) fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// An empty journal for a whole range.
    pub(super) fn whole(&self) -> Journal {
        std::mem::take(&mut *lock(&self.whole))
    }

    /// Takes the journal of a range back.
    pub(super) fn leave_whole(&self, mut whole: Journal) {
        if !self.is_over.load(Ordering::Relaxed) {
            whole.clear();
            *lock(&self.whole) = whole;
        }
    }

    /// A copy of a chunk's journal, which takes about as much memory as it needs.
    pub(super) fn copy(&self, journal: &Journal) -> Journal {
        let mut copy = journal.entities();
        let rooms = lock(&self.buckets).fitting(&journal.slices);
        copy.slices =
            journal.slices.iter().zip(rooms).map(|(bucket, room)| room.filled(bucket)).collect();
        copy
    }

    /// Takes buckets back.
    pub(super) fn leave(&self, buckets: impl IntoIterator<Item = Bucket>) {
        if !self.is_over.load(Ordering::Relaxed) {
            let mut spare = lock(&self.buckets);
            buckets.into_iter().for_each(|bucket| spare.leave(bucket));
        }
    }
}

impl Buckets {
    /// For each bucket the smallest that has room for it; where there is none, the largest is given up.
    fn fitting(&mut self, buckets: &[Bucket]) -> Vec<Bucket> {
        let fitting = |bucket: &Bucket| {
            let need = bucket.size();
            if need == 0 {
                return Bucket::default();
            }
            self.in_use += 1;
            let fits = self.by_room.range(need..).next().map(|(room, _)| *room);
            if let Some(room) = fits {
                return self.take(room);
            }
            if let Some(largest) = self.by_room.last_key_value().map(|(room, _)| *room) {
                drop(self.take(largest));
            }
            Bucket::default()
        };
        buckets.iter().map(fitting).collect()
    }

    /// One that has room for exactly so many bytes.
    fn take(&mut self, room: usize) -> Bucket {
        let list = self.by_room.entry(room).or_default();
        let bucket = list.pop().unwrap_or_default();
        if list.is_empty() {
            self.by_room.remove(&room);
        }
        bucket
    }

    fn leave(&mut self, mut bucket: Bucket) {
        if self.in_use > 0 {
            self.in_use -= 1;
            bucket.clear();
            self.by_room.entry(bucket.room()).or_default().push(bucket);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::journal::Row;

    fn journal(sizes: &[i64]) -> Journal {
        let mut journal = Journal::new(sizes.len());
        for (bucket, size) in journal.slices.iter_mut().zip(sizes) {
            (0..*size).for_each(|time| bucket.push(0, Row { time, ..Row::default() }));
        }
        journal
    }

    fn held(spare: &Spare) -> Vec<usize> {
        let rooms = |(room, list): (&usize, &Vec<Bucket>)| vec![*room; list.len()];
        lock(&spare.buckets).by_room.iter().flat_map(rooms).collect()
    }

    /// A copy is equal to what it is a copy of, in whatever memory; and no more is held than was ever in use at once.
    #[test]
    fn copies_are_equal_and_what_is_held_is_bounded() {
        let spare = Spare::default();
        for sizes in [[3, 0, 90], [80, 4, 1], [1, 1, 1], [200, 2, 0], [2, 2, 2]] {
            let from = journal(&sizes);
            let copy = spare.copy(&from);
            assert_eq!(copy, from);
            spare.leave(copy.slices);
            // Others than were handed out are not kept.
            spare.leave(journal(&[50, 60, 70]).slices);
            assert!(held(&spare).len() <= 3, "{:?}", held(&spare));
        }
    }

    #[test]
    fn the_best_fit_is_taken() {
        let spare = Spare::default();
        let of = |rows: i64| Bucket::default().filled(&journal(&[rows]).slices[0]).room();
        spare.leave(spare.copy(&journal(&[100, 200, 300])).slices);
        assert_eq!(held(&spare), [of(100), of(200), of(300)]);
        let first = spare.copy(&journal(&[150]));
        assert_eq!(first.slices[0].room(), of(200));
        let second = spare.copy(&journal(&[400]));
        assert_eq!(second.slices[0].room(), of(400), "in the place of the largest");
        assert_eq!(held(&spare), [of(100)]);
    }

    #[test]
    fn nothing_is_kept_at_the_end() {
        let spare = Spare::default();
        let copy = spare.copy(&journal(&[10]));
        spare.end();
        spare.leave(copy.slices);
        assert!(held(&spare).is_empty());
    }
}
