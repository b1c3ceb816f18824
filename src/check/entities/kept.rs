//! What is kept of each row: of users, devices, journeys, sessions, orders and anonymous ids.

use std::ops::Deref;

use crate::check::entities::NEVER;
use crate::read::hash::NONE;

/// What is kept of the rows of a table, by ordinal: of a row all together, since whoever asks for one thing asks for more, and each row
/// asked for is a miss of every cache.
#[derive(Debug, Clone)]
pub struct Kept<T>(Vec<T>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Copy + Default> Kept<T> {
    /// What is kept of a row; of one that there is not, that nothing is known.
    #[inline]
    pub fn at(&self, ordinal: u32) -> T {
        self.0.get(ordinal as usize).copied().unwrap_or_default()
    }

    /// Makes room for so many, and no more: a list that doubles would take twice what it needs.
    pub(super) fn reserve(&mut self, rows: usize) {
        self.0.reserve_exact(rows);
    }

    pub(super) fn push(&mut self, row: T) {
        self.0.push(row);
    }

    /// What is kept of a row that there is, to be changed.
    pub(super) fn get_mut(&mut self, ordinal: u32) -> Option<&mut T> {
        self.0.get_mut(ordinal as usize)
    }

    /// What is kept of a row that may be a new one, to be changed.
    pub(super) fn grow_to(&mut self, ordinal: usize) -> &mut T {
        if ordinal >= self.0.len() {
            self.0.resize(ordinal + 1, T::default());
        }
        &mut self.0[ordinal]
    }
}

impl<T> Deref for Kept<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

/// The key of an enumeration's word in `Entities::words`, in two bytes, since millions of rows have one. Enumerations have few words; of a
/// data set that has 65,535 of them, the rest are unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Word(u16);

impl Word {
    /// No word, or none that is known.
    pub const NONE: Self = Self(u16::MAX);

    /// The word of a key.
    pub(super) fn of(key: u32) -> Self {
        Self(u16::try_from(key).unwrap_or(u16::MAX))
    }

    /// Its key, or `hash::NONE`.
    #[inline]
    pub fn key(self) -> u32 {
        if self == Self::NONE { NONE } else { u32::from(self.0) }
    }
}

macro_rules! part {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $ty:ty = $absent:expr,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $ty,)*
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $absent,)* }
            }
        }
    };
}

part! {
    /// What is kept of a user.
    User {
        /// When they came near.
        created: i64 = NEVER,
        /// When they became known by name, or [`NEVER`].
        registered: i64 = NEVER,
        /// Their currency, in `Entities::words`.
        currency: u32 = NONE,
        /// Their time zone, in `Entities::words`.
        time_zone: u32 = NONE,
        /// Their persona, in `Entities::words`; [`NONE`] without `truth/personas`.
        persona: u32 = NONE,
    }
}

part! {
    /// What is kept of a device.
    Device {
        /// Whose it is.
        user: u32 = NONE,
        /// Its profile, in `Entities::words`.
        profile: Word = Word::NONE,
        /// Its class, in `Entities::words`.
        class: Word = Word::NONE,
        /// When its holder got it.
        first_seen: i64 = NEVER,
        /// Its last event, or [`NEVER`].
        last_seen: i64 = NEVER,
    }
}

part! {
    /// What is kept of a journey.
    Journey {
        /// Its kind, in `Entities::words`.
        kind: Word = Word::NONE,
        /// Its outcome, in `Entities::words`.
        outcome: Word = Word::NONE,
    }
}

part! {
    /// What is kept of a session.
    Session {
        /// Device that it ran on.
        device: u32 = NONE,
        /// Journey that it belongs to.
        journey: u32 = NONE,
        /// Its anonymous id, in `Entities::anonymous`.
        anonymous: u32 = NONE,
        /// Its source, in `Entities::words`.
        source: Word = Word::NONE,
        /// Its campaign.
        campaign: u32 = NONE,
        /// Its first event.
        started: i64 = NEVER,
        /// Its last event.
        ended: i64 = NEVER,
        /// Its events.
        events: u32 = 0,
        /// Its page views, 65,535 if there are more.
        page_views: u16 = 0,
    }
}

part! {
    /// What is kept of an order.
    Order {
        /// Who placed it.
        user: u32 = NONE,
        /// Session in which it was placed.
        session: u32 = NONE,
        /// When it was placed.
        placed: i64 = NEVER,
        /// What was paid, in hundredths.
        total: i64 = 0,
        /// Tax in it.
        tax: i64 = 0,
        /// Shipping in it.
        shipping: i64 = 0,
        /// What was taken off.
        discount: i64 = 0,
        /// Its currency, in `Entities::words`.
        currency: u32 = NONE,
        /// Whether it was bought with one touch.
        one_click: bool = false,
    }
}

part! {
    /// What is kept of an anonymous id.
    Identity {
        /// Whose it is.
        user: u32 = NONE,
        /// Device that keeps it.
        device: u32 = NONE,
        /// From when on it is known whose, or [`NEVER`].
        stitched: i64 = NEVER,
    }
}
