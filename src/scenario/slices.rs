//! Runs of arrival time that are written as a file each. They never cross a date.

use crate::scenario::calendar::{DAY, HOUR};

/// The slices of a window and of the late tail behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slices {
    start: i64,
    length: i64,
    count: usize,
    per_day: usize,
}

/// A session may run this long past the window's end.
const OVERRUN: i64 = 16 * HOUR;

impl Slices {
    /// Cuts each of `days` days from `start`, and the days in which stragglers arrive, into `per_day` slices (a divisor of 24).
    pub fn new(start: i64, days: u32, lateness: i64, per_day: usize) -> Self {
        let tail = (lateness + OVERRUN).div_euclid(DAY) + 1;
        let count = (i64::from(days) + tail) as usize * per_day;
        Self { start, length: DAY / per_day as i64, count, per_day }
    }

    /// How many.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The slice of an arrival.
    #[inline]
    pub fn of(&self, received: i64) -> usize {
        (((received - self.start) / self.length).max(0) as usize).min(self.count - 1)
    }

    /// The day of the window, from 0, of a slice, and its ordinal in that day.
    pub fn day(&self, slice: usize) -> (usize, usize) {
        (slice / self.per_day, slice % self.per_day)
    }

    /// How many a day has.
    pub fn per_day(&self) -> usize {
        self.per_day
    }

    /// The first moment of a slice, µs since 1970.
    pub fn begin(&self, slice: usize) -> i64 {
        self.start + slice as i64 * self.length
    }
}
