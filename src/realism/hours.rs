//! When sessions start, by the clock on the wall.

use std::collections::BTreeMap;

use crate::realism::math::total_variation;
use crate::realism::session::Seen;

const MINUTE: i64 = 60_000_000;
const DAY: i64 = 1440;

/// A local day of a zone: minutes ahead of UTC, whether that changed within it, and starts by hour.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Day {
    offset: i16,
    changed: bool,
    hours: [u32; 24],
}

/// Session starts by local hour, device class, and by zone and day.
#[derive(Debug, Clone, Default)]
pub(super) struct Hours {
    /// By class (the last for unknown) and local hour.
    pub(super) by_class: [[u64; 24]; 4],
    /// By zone ordinal (a missing zone has no place) and local day.
    zones: BTreeMap<(u16, i32), Day>,
    /// By zone ordinal: starts by hour of UTC.
    utc: BTreeMap<u16, [u64; 24]>,
}

/// How the days before and after a change of the clocks fit each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Changes {
    /// Zones whose clocks changed within the window, with enough starts on both sides.
    pub(super) zones: u64,
    /// Starts in them.
    pub(super) n: u64,
    /// Distance between the hourly profiles before and after, by the clock on the wall, and by a clock that did not change.
    pub(super) by_wall: f64,
    /// See [`Self::by_wall`].
    pub(super) by_fixed: f64,
}

/// How zones far apart fit each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Apart {
    /// Starts in the zones compared.
    pub(super) n: u64,
    /// Distance between the two zones' hourly profiles by their own clocks, and by UTC.
    pub(super) by_wall: f64,
    /// See [`Self::by_wall`].
    pub(super) by_utc: f64,
    /// Hours between them.
    pub(super) hours: f64,
}

impl Hours {
    /// Takes the start of a session.
    #[inline]
    pub(super) fn add(&mut self, seen: &Seen) {
        let local = seen.time.div_euclid(MINUTE) + i64::from(seen.offset);
        let hour = (local.rem_euclid(DAY) / 60) as usize;
        self.by_class[usize::from(seen.device).min(3)][hour] += 1;
        if seen.zone == u16::MAX {
            return;
        }
        let key = (seen.zone, local.div_euclid(DAY) as i32);
        let fresh = Day { offset: seen.offset, changed: false, hours: [0; 24] };
        let day = self.zones.entry(key).or_insert(fresh);
        day.changed |= day.offset != seen.offset;
        day.hours[hour] += 1;
        let utc = (seen.time.div_euclid(MINUTE).rem_euclid(DAY) / 60) as usize;
        self.utc.entry(seen.zone).or_insert([0; 24])[utc] += 1;
    }

    /// By local hour, all classes together.
    pub(super) fn all(&self) -> [u64; 24] {
        std::array::from_fn(|hour| self.by_class.iter().map(|class| class[hour]).sum())
    }

    /// Starts by offset at the time, minutes ahead of UTC.
    pub(super) fn offsets(&self) -> BTreeMap<i16, u64> {
        let mut offsets = BTreeMap::new();
        for day in self.zones.values() {
            *offsets.entry(day.offset).or_insert(0) +=
                day.hours.iter().map(|&count| u64::from(count)).sum::<u64>();
        }
        offsets
    }

    /// The two zones furthest apart among those with at least `least` starts, three hours or more.
    pub(super) fn apart(&self, least: u64) -> Option<Apart> {
        let mut zones: Vec<(i16, u16, [u64; 24], u64)> = Vec::new();
        for &zone in self.utc.keys() {
            let mut hours = [0; 24];
            let mut offset = 0;
            for (_, day) in self.zones.range((zone, i32::MIN)..=(zone, i32::MAX)) {
                offset = day.offset;
                for (sum, &count) in hours.iter_mut().zip(&day.hours) {
                    *sum += u64::from(count);
                }
            }
            let n = hours.iter().sum();
            if n >= least {
                zones.push((offset, zone, hours, n));
            }
        }
        zones.sort_unstable();
        let (west, east) = (zones.first()?, zones.last()?);
        let hours = f64::from(east.0 - west.0) / 60.0;
        (hours >= 3.0).then(|| Apart {
            n: west.3 + east.3,
            by_wall: total_variation(&west.2, &east.2),
            by_utc: total_variation(&self.utc[&west.1], &self.utc[&east.1]),
            hours,
        })
    }

    /// The changes of the clocks within the window, in zones with at least `least` starts on either side of one.
    pub(super) fn changes(&self, least: u64) -> Option<Changes> {
        let (mut zones, mut n) = (0, 0);
        let mut sums = [[0_u64; 24]; 3];
        for &zone in self.utc.keys() {
            let days: Vec<&Day> = self
                .zones
                .range((zone, i32::MIN)..=(zone, i32::MAX))
                .map(|(_, day)| day)
                .filter(|day| !day.changed)
                .collect();
            let Some(first) = days.first().map(|day| day.offset) else { continue };
            let mut sides = [[0_u64; 24]; 3];
            for day in &days {
                let shift = i64::from(first - day.offset) / 60;
                for (hour, &count) in day.hours.iter().enumerate() {
                    let fixed = (hour as i64 + shift).rem_euclid(24) as usize;
                    if day.offset == first {
                        sides[0][hour] += u64::from(count);
                    } else {
                        sides[1][hour] += u64::from(count);
                        sides[2][fixed] += u64::from(count);
                    }
                }
            }
            let (before, after) = (sides[0].iter().sum::<u64>(), sides[1].iter().sum::<u64>());
            if before < least || after < least {
                continue;
            }
            zones += 1;
            n += before + after;
            for (sum, side) in sums.iter_mut().zip(&sides) {
                for (total, count) in sum.iter_mut().zip(side) {
                    *total += count;
                }
            }
        }
        (zones > 0).then(|| Changes {
            zones,
            n,
            by_wall: total_variation(&sums[0], &sums[1]),
            by_fixed: total_variation(&sums[0], &sums[2]),
        })
    }
}
