//! One pass over the records: what is kept of a session while it may go on.

use crate::realism::gaps::Gaps;
use crate::realism::hours::Hours;
use crate::realism::ids::Ids;
use crate::realism::items::Items;
use crate::realism::memory::Memory;
use crate::realism::summary::{Counts, Summary};
use crate::realism::{NONE, UNKNOWN};

/// µs of silence that end a session: the analytics tools of the field take 30 minutes.
pub const SILENCE: i64 = 1800 * SECOND;

const SECOND: i64 = 1_000_000;

/// What a record is, next to its type; several may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Marks(u8);

impl Marks {
    /// Nothing of the following.
    pub const NONE: Self = Self(0);
    /// A step of the walk: the view of a page, or whatever a foreign stream counts as one.
    pub const VIEW: Self = Self(1);
    /// An order went through.
    pub const ORDER: Self = Self(2);
    /// A checkout began.
    pub const CHECKOUT: Self = Self(4);
    /// An error was shown.
    pub const ERROR: Self = Self(8);
    /// Something was put in the cart.
    pub const CART: Self = Self(16);

    /// Both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other` hold.
    #[inline]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// One record of a click-stream, with ordinals for names: small numbers, counted from 0, because state is kept by them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Who: the identity that a tracker sees.
    pub user: u32,
    /// Which session.
    pub session: u32,
    /// When, µs since 1970 UTC.
    pub time: i64,
    /// Time zone, or `u16::MAX` when it is not known.
    pub zone: u16,
    /// Minutes that local time was ahead of UTC at that moment.
    pub offset: i16,
    /// Event type, below [`Realism::MOST_KINDS`].
    pub event: u16,
    /// The item that was looked at, or [`NONE`].
    pub item: u32,
    /// Device class: 0 mobile, 1 desktop, 2 tablet, [`UNKNOWN`] otherwise.
    pub device: u8,
    /// How long the page took to load, ms; 0 when nobody measured.
    pub load_ms: u16,
    /// What else it is.
    pub marks: Marks,
}

/// What is kept of a session. There may be millions of these, so it is packed into 20 bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Session {
    pub(super) user: u32,
    /// Seconds since 1970.
    pub(super) started: u32,
    /// Sum of the logs of its gaps.
    pub(super) sum_ln: f32,
    /// Its steps, 65,535 if there are more; 0 as long as none was seen.
    pub(super) steps: u16,
    pub(super) gaps: u16,
    /// Of the first page, ms.
    pub(super) load_ms: u16,
    pub(super) device: u8,
    pub(super) marks: Marks,
}

/// A session under way: what its next record is held against as well.
#[derive(Debug, Clone, Copy)]
struct Open {
    session: Session,
    last: i64,
    last_ln: f32,
    item: u32,
    event: u16,
    event_before: u16,
}

impl Session {
    /// By user and start; then by whatever else makes a difference.
    fn order(&self) -> (u32, u32, u32, [u16; 3], u8, u8) {
        let Self { user, started, sum_ln, steps, gaps, load_ms, device, marks } = *self;
        (user, started, sum_ln.to_bits(), [steps, gaps, load_ms], device, marks.0)
    }
}

const NO_EVENT: u16 = u16::MAX;

impl Open {
    const EMPTY: Self = Self {
        session: Session {
            user: NONE,
            started: 0,
            sum_ln: 0.0,
            steps: 0,
            gaps: 0,
            load_ms: 0,
            device: UNKNOWN,
            marks: Marks::NONE,
        },
        last: i64::MIN,
        last_ln: f32::NAN,
        item: NONE,
        event: NO_EVENT,
        event_before: NO_EVENT,
    };
}

/// The accumulator: takes records in one pass and keeps counts, moments, 40 bytes a session under way, and 20 for one that was closed.
///
/// Records of a session come in the order of time; sessions may interleave in any way without a change of any count. Moments are sums
/// of floating-point numbers, so another interleaving may move their last digits.
#[derive(Debug)]
pub struct Realism {
    open: Vec<Open>,
    /// Sessions that were closed, or that silence cut from their continuation.
    past: Vec<Session>,
    gaps: Gaps,
    memory: Memory,
    hours: Hours,
    items: Items,
    ids: Ids,
    counts: Counts,
}

impl Default for Realism {
    fn default() -> Self {
        Self::new()
    }
}

impl Realism {
    /// Event types that are told apart; the rest of a stream with more is one.
    pub const MOST_KINDS: u16 = 1024;

    /// Nothing seen yet.
    pub fn new() -> Self {
        Self {
            open: Vec::new(),
            past: Vec::new(),
            gaps: Gaps::default(),
            memory: Memory::default(),
            hours: Hours::default(),
            items: Items::default(),
            ids: Ids::default(),
            counts: Counts::default(),
        }
    }

    /// Takes a record.
    #[inline]
    pub fn see(&mut self, seen: &Seen) {
        self.counts.add(seen);
        let place = seen.session as usize;
        if place >= self.open.len() {
            self.open.resize(place + 1, Open::EMPTY);
        }
        let step = seen.marks.has(Marks::VIEW);
        let open = &mut self.open[place];
        if step && open.session.steps > 0 && seen.time - open.last > SILENCE {
            self.past.push(std::mem::replace(open, Open::EMPTY).session);
        }
        let Self { gaps, memory, hours, items, .. } = self;
        if step {
            let session = &mut open.session;
            if session.steps == 0 {
                session.user = seen.user;
                session.started = (seen.time / SECOND).clamp(0, i64::from(u32::MAX)) as u32;
                session.device = seen.device;
                session.load_ms = seen.load_ms;
                hours.add(seen);
            } else if let Some(ln) = gaps.add(seen.time - open.last, f64::from(open.last_ln)) {
                open.last_ln = ln as f32;
                session.sum_ln += open.last_ln;
                session.gaps = session.gaps.saturating_add(1);
            }
            let event = seen.event.min(Self::MOST_KINDS - 1);
            memory.add(event, open.event, open.event_before);
            open.event_before = open.event;
            open.event = event;
            open.last = seen.time;
            session.steps = session.steps.saturating_add(1);
        }
        if seen.item != NONE {
            items.add(seen.item, open.item);
            open.item = seen.item;
        }
        open.session.marks = open.session.marks.and(seen.marks);
    }

    /// No more records of a session will come; its ordinal may stand for another one from here on. Whoever does not know need not
    /// say so.
    pub fn close(&mut self, session: u32) {
        if let Some(open) = self.open.get_mut(session as usize) {
            let session = std::mem::replace(open, Open::EMPTY).session;
            if session.steps > 0 {
                self.past.push(session);
            }
        }
    }

    /// Takes the identifier of a user, when it is first seen.
    pub fn see_user(&mut self, id: &[u8], time: i64) {
        self.ids.users.add(id, time);
    }

    /// Takes the identifier of a session, when it is first seen.
    pub fn see_session(&mut self, id: &[u8], time: i64) {
        self.ids.sessions.add(id, time);
    }

    /// Takes the identifier of a device, when it is first seen.
    pub fn see_device(&mut self, id: &[u8], time: i64) {
        self.ids.devices.add(id, time);
    }

    /// All has been seen.
    pub fn finish(self) -> Summary {
        let Self { open, past: mut sessions, gaps, memory, hours, items, ids, counts } = self;
        sessions.extend(open.iter().map(|open| open.session));
        sessions.retain(|session| session.steps > 0);
        // The order in which sessions came must not show in any sum.
        sessions.sort_unstable_by_key(Session::order);
        Summary::of(&sessions, gaps, memory, hours, items, ids, counts)
    }
}

/// A step's predecessors in its session, for [`Memory`].
pub(super) fn known(event: u16) -> Option<usize> {
    (event != NO_EVENT).then_some(usize::from(event))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_takes_20_bytes_and_40_under_way() {
        assert_eq!((size_of::<Session>(), size_of::<Open>()), (20, 40));
    }
}
