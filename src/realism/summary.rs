//! What is left of a stream when all of it has been seen.

use std::collections::BTreeMap;

use crate::realism::UNKNOWN;
use crate::realism::gaps::Gaps;
use crate::realism::hours::Hours;
use crate::realism::ids::Ids;
use crate::realism::items::Items;
use crate::realism::math::Pairs;
use crate::realism::memory::Memory;
use crate::realism::returns::Returns;
use crate::realism::session::{Marks, Seen, Session};

/// Seconds in a day.
const DAY: u32 = 86_400;

/// Counts over all records.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    pub(super) records: u64,
    pub(super) steps: u64,
    /// Records whose time has no part of a second.
    pub(super) whole_seconds: u64,
    pub(super) errors: u64,
}

impl Counts {
    #[inline]
    pub(super) fn add(&mut self, seen: &Seen) {
        self.records += 1;
        self.steps += u64::from(seen.marks.has(Marks::VIEW));
        self.whole_seconds += u64::from(seen.time % 1_000_000 == 0);
        self.errors += u64::from(seen.marks.has(Marks::ERROR));
    }
}

/// Sessions of a device class, or of a day of one.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Cell {
    pub(super) sessions: u64,
    pub(super) steps: u64,
    /// Sessions of one step.
    pub(super) single: u64,
    pub(super) orders: u64,
    /// Sessions that are the first of their user on their day.
    pub(super) visitors: u64,
    /// Sum of the log of length, and of its square.
    pub(super) ln: f64,
    pub(super) ln_squared: f64,
}

impl Cell {
    fn add(&mut self, session: &Session) {
        let ln = libm::log(f64::from(session.steps));
        self.ln += ln;
        self.ln_squared += ln * ln;
        self.sessions += 1;
        self.steps += u64::from(session.steps);
        self.single += u64::from(session.steps == 1);
        self.orders += u64::from(session.marks.has(Marks::ORDER));
    }

    /// Steps a session.
    pub(super) fn mean(&self) -> f64 {
        self.steps as f64 / self.sessions as f64
    }
}

/// Gaps that a session must have to tell by its speed whether people made it.
pub(super) const SWIFT_GAPS: u16 = 20;
/// Nobody turns so many pages in less than that each, by the geometric mean.
pub(super) const SWIFT_SECONDS: f64 = 2.0;

fn is_swift(session: &Session) -> bool {
    let limit = f64::from(session.gaps) * libm::log(SWIFT_SECONDS);
    session.gaps >= SWIFT_GAPS && f64::from(session.sum_ln) < limit
}

/// Counts and moments of a whole stream.
#[derive(Debug)]
pub struct Summary {
    pub(super) sessions: u64,
    /// (Length, sessions), rising.
    pub(super) lengths: Vec<(u32, u64)>,
    /// By device class; the last for unknown.
    pub(super) classes: [Cell; 4],
    /// By day of UTC since 1970.
    pub(super) days: BTreeMap<u32, Cell>,
    /// Log of length with log of the first page's load, and with whether an order was placed.
    pub(super) length_and_load: Pairs,
    pub(super) length_and_order: Pairs,
    pub(super) checkouts: u64,
    pub(super) checkouts_ordered: u64,
    pub(super) carts: u64,
    pub(super) carts_ordered: u64,
    /// Sessions that turn pages faster than people.
    pub(super) swift: u64,
    pub(super) gaps: Gaps,
    pub(super) memory: Memory,
    pub(super) hours: Hours,
    pub(super) items: Items,
    /// Views of every item seen, rising.
    pub(super) popularity: Vec<u64>,
    pub(super) returns: Returns,
    pub(super) ids: Ids,
    pub(super) counts: Counts,
    /// Names of the event types, by ordinal, as far as they are told.
    pub(super) names: Vec<String>,
}

impl Summary {
    /// Of sessions in the order of user and start, and what was counted next to them.
    pub(super) fn of(
        sessions: &[Session],
        mut gaps: Gaps,
        memory: Memory,
        hours: Hours,
        items: Items,
        ids: Ids,
        counts: Counts,
    ) -> Self {
        gaps.close(sessions);
        let mut lengths = BTreeMap::new();
        let mut classes = [Cell::default(); 4];
        let mut days: BTreeMap<u32, Cell> = BTreeMap::new();
        let (mut length_and_load, mut length_and_order) = (Pairs::default(), Pairs::default());
        let (mut checkouts, mut carts) = ([0; 2], [0; 2]);
        let (mut before, mut swift) = (None, 0);
        for session in sessions {
            let day = session.started / DAY;
            let visitor = before.replace((session.user, day)) != Some((session.user, day));
            *lengths.entry(u32::from(session.steps)).or_insert(0) += 1;
            let class = if session.device == UNKNOWN { 3 } else { session.device.min(3) };
            classes[usize::from(class)].add(session);
            let of_day = days.entry(day).or_default();
            of_day.add(session);
            of_day.visitors += u64::from(visitor);
            let length = libm::log(f64::from(session.steps));
            swift += u64::from(is_swift(session));
            let ordered = session.marks.has(Marks::ORDER);
            if session.load_ms > 0 {
                length_and_load.add(length, libm::log(f64::from(session.load_ms)));
            }
            length_and_order.add(length, f64::from(u8::from(ordered)));
            for (mark, counts) in [(Marks::CHECKOUT, &mut checkouts), (Marks::CART, &mut carts)] {
                if session.marks.has(mark) {
                    counts[0] += 1;
                    counts[1] += u64::from(ordered);
                }
            }
        }
        Self {
            sessions: sessions.len() as u64,
            lengths: lengths.into_iter().collect(),
            classes,
            days,
            length_and_load,
            length_and_order,
            checkouts: checkouts[0],
            checkouts_ordered: checkouts[1],
            carts: carts[0],
            carts_ordered: carts[1],
            swift,
            gaps,
            memory,
            hours,
            popularity: items.sorted(),
            items,
            returns: Returns::of(sessions),
            ids,
            counts,
            names: Vec::new(),
        }
    }

    /// The same with the names of the event types, by ordinal; distances between two streams go by them.
    #[must_use]
    pub fn named(mut self, names: Vec<String>) -> Self {
        self.names = names;
        self
    }

    /// Sessions seen, of at least one step.
    pub fn sessions(&self) -> u64 {
        self.sessions
    }

    /// Steps seen: views of pages.
    pub fn steps(&self) -> u64 {
        self.counts.steps
    }

    /// Records seen.
    pub fn records(&self) -> u64 {
        self.counts.records
    }

    /// Users seen.
    pub fn users(&self) -> u64 {
        self.returns.users
    }

    /// Mean and standard deviation of length.
    pub(super) fn length_moments(&self) -> (f64, f64) {
        let n = self.sessions as f64;
        let (mut sum, mut squared) = (0.0, 0.0);
        for &(length, count) in &self.lengths {
            let (length, count) = (f64::from(length), count as f64);
            sum += length * count;
            squared += length * length * count;
        }
        let mean = sum / n;
        (mean, (squared / n - mean * mean).max(0.0).sqrt())
    }
}
