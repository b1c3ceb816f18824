//! Local time: what the clock on a person's wall shows at a moment.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

/// How long before the window and after it the offsets are known (before and after that they stay as they are).
const YEARS_BEFORE: i32 = 6;
const YEARS_AFTER: i32 = 1;

/// A moment as a clock and a calendar show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Local {
    /// Hour of the day, 0 to 23.
    pub hour: u8,
    /// Day of the week, 0 for Monday.
    pub weekday: u8,
    /// Days since 1970-01-01.
    pub day: i32,
}

/// The offsets of some time zones over a stretch of time, for lookup in a few nanoseconds.
#[derive(Debug, Clone, PartialEq)]
pub struct Zones {
    names: Vec<String>,
    /// For each zone, its changes in order: from when (UTC, µs) and the offset from then on (µs). The first is from ever.
    changes: Vec<Vec<(i64, i64)>>,
}

impl Zones {
    /// Tables of the named zones for a window of `days` from `start_day` (days since 1970). A name that is unknown is taken as UTC;
    /// the models' loader has refused it before.
    pub fn new(names: Vec<String>, start_day: i32, days: u32) -> Self {
        let from = i64::from(start_day - 366 * YEARS_BEFORE) * DAY;
        let to = i64::from(start_day + days as i32 + 366 * YEARS_AFTER) * DAY;
        let changes = names.iter().map(|name| changes(name, from, to)).collect();
        Self { names, changes }
    }

    /// The zones' names, by ordinal.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The offset from UTC at a moment, both in µs.
    #[inline]
    pub fn offset(&self, zone: usize, utc: i64) -> i64 {
        let changes = &self.changes[zone];
        // A window touches the last few changes only, so the search begins at the end.
        changes.iter().rev().find(|(from, _)| *from <= utc).map_or(0, |(_, offset)| *offset)
    }

    /// Hour, weekday and day at a moment (UTC, µs since 1970).
    #[inline]
    pub fn local(&self, zone: usize, utc: i64) -> Local {
        let local = utc + self.offset(zone, utc);
        let day = local.div_euclid(DAY);
        let hour = local.rem_euclid(DAY) / (3_600 * SECOND);
        Local { hour: hour as u8, weekday: weekday(day as i32), day: day as i32 }
    }

    /// The same as a tuple: hour 0-23, weekday 0 for Monday, days since 1970.
    #[inline]
    pub fn local_hour_weekday(&self, zone: usize, utc: i64) -> (usize, usize, i32) {
        let Local { hour, weekday, day } = self.local(zone, utc);
        (usize::from(hour), usize::from(weekday), day)
    }

    /// The moment (UTC, µs) at which a clock shows `local` (µs since 1970 as if the zone were UTC): the first one where the clock shows it
    /// twice, the one as long after the gap's start where it never does.
    pub fn utc(&self, zone: usize, local: i64) -> i64 {
        let before = self.offset(zone, local - DAY);
        let there = local - before;
        if self.offset(zone, there) == before {
            return there;
        }
        let after = self.offset(zone, local + DAY);
        // In the spring gap neither offset fits; the earlier one carries the time past the gap.
        if self.offset(zone, local - after) == after { local - after } else { there }
    }
}

/// Day of the week of a day since 1970-01-01, a Thursday; 0 for Monday.
#[inline]
pub(crate) fn weekday(day: i32) -> u8 {
    (day + 3).rem_euclid(7) as u8
}

fn changes(name: &str, from: i64, to: i64) -> Vec<(i64, i64)> {
    let zone = TimeZone::get(name).unwrap_or(TimeZone::UTC);
    let start = Timestamp::from_microsecond(from).unwrap_or(Timestamp::UNIX_EPOCH);
    let micros = |offset: Offset| i64::from(offset.seconds()) * SECOND;
    let mut list = vec![(i64::MIN, micros(zone.to_offset(start)))];
    for change in zone.following(start) {
        let at = change.timestamp().as_microsecond();
        if at > to {
            break;
        }
        list.push((at, micros(change.offset())));
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60 * SECOND;

    fn day(year: i16, month: i8, day: i8) -> i32 {
        let date = jiff::civil::date(year, month, day);
        date.duration_since(jiff::civil::date(1970, 1, 1)).as_hours() as i32 / 24
    }

    fn zones() -> Zones {
        let names = ["Europe/Berlin", "America/New_York", "America/Sao_Paulo", "UTC"];
        Zones::new(names.map(str::to_owned).to_vec(), day(2026, 1, 1), 365)
    }

    /// How many quarters of an hour each hour of a local day has, stepping through UTC.
    fn quarters(zones: &Zones, zone: usize, wanted: i32) -> [u32; 24] {
        let mut counts = [0; 24];
        for step in 0..(3 * 96) {
            let local = zones.local(zone, i64::from(wanted - 1) * DAY + step * 15 * MINUTE);
            if local.day == wanted {
                counts[usize::from(local.hour)] += 1;
            }
        }
        counts
    }

    #[test]
    fn the_hour_that_spring_takes_is_empty_and_the_one_that_autumn_gives_is_doubled() {
        let zones = zones();
        // Berlin goes from 2 to 3 on 29 March 2026 and from 3 to 2 on 25 October; New York on 8 March and 1 November, at 2.
        let cases = [
            (0, day(2026, 3, 29), day(2026, 10, 25), 2, 2),
            (1, day(2026, 3, 8), day(2026, 11, 1), 2, 1),
        ];
        for (zone, spring, autumn, lost, doubled) in cases {
            let mut wanted = [4; 24];
            wanted[lost] = 0;
            assert_eq!(quarters(&zones, zone, spring), wanted);
            let mut wanted = [4; 24];
            wanted[doubled] = 8;
            assert_eq!(quarters(&zones, zone, autumn), wanted);
        }
    }

    #[test]
    fn local_time_is_that_of_the_time_zone_library() {
        let zones = zones();
        let first = i64::from(day(2026, 1, 1)) * DAY;
        for (zone, name) in zones.names().iter().enumerate() {
            let library = TimeZone::get(name).expect("a known zone");
            for step in 0..4_000 {
                let utc = first + step * (137 * MINUTE) + step;
                let moment = Timestamp::from_microsecond(utc).expect("in range");
                let there = library.to_datetime(moment);
                let (hour, weekday, _) = zones.local_hour_weekday(zone, utc);
                assert_eq!(hour as i8, there.hour());
                assert_eq!(weekday as i8, there.weekday().to_monday_zero_offset());
            }
        }
    }

    #[test]
    fn utc_is_the_inverse_of_local_but_in_the_gap() {
        let zones = zones();
        for zone in 0..zones.names().len() {
            for step in 0..(365 * 24) {
                let local = i64::from(day(2026, 1, 1)) * DAY + step * 60 * MINUTE + 7;
                let utc = zones.utc(zone, local);
                let back = utc + zones.offset(zone, utc);
                assert!(back == local || back == local + 60 * MINUTE, "{zone} {step}");
            }
        }
        let gap = i64::from(day(2026, 3, 29)) * DAY + 150 * MINUTE;
        assert_eq!(zones.local(0, zones.utc(0, gap)).hour, 3);
    }

    #[test]
    fn weekdays_begin_on_monday() {
        assert_eq!((weekday(0), weekday(4), weekday(-3)), (3, 0, 0));
    }
}
