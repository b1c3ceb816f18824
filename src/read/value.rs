//! Values read back from their bytes: the other way of what sinks write, and forgiving where others write differently.

use crate::read::hash;

/// Microseconds of a day.
pub(super) const DAY: i64 = 86_400_000_000;

/// A UUID of 36 characters, in either case.
#[inline]
pub(super) fn uuid(text: &[u8]) -> Option<u128> {
    if text.len() != 36 || [8, 13, 18, 23].iter().any(|&at| text[at] != b'-') {
        return None;
    }
    let mut id = 0_u128;
    for (start, end) in [(0, 8), (9, 13), (14, 18), (19, 23), (24, 36)] {
        for &digit in &text[start..end] {
            let nibble = NIBBLES[usize::from(digit)];
            if nibble > 15 {
                return None;
            }
            id = id << 4 | u128::from(nibble);
        }
    }
    Some(id)
}

/// What each byte is worth as a hexadecimal digit; above 15 for those that are none.
static NIBBLES: [u8; 256] = {
    let mut nibbles = [255; 256];
    let mut i = 0;
    while i < 10 {
        nibbles[b'0' as usize + i] = i as u8;
        i += 1;
    }
    let mut i = 0;
    while i < 6 {
        nibbles[b'a' as usize + i] = 10 + i as u8;
        nibbles[b'A' as usize + i] = 10 + i as u8;
        i += 1;
    }
    nibbles
};

/// An identifier of any form as 128 bits: a UUID as it is, anything else hashed.
pub(super) fn key(text: &[u8]) -> u128 {
    uuid(text).unwrap_or_else(|| hash::wide(text))
}

/// Days since 1970 of `2026-01-05`.
pub(super) fn date(text: &[u8]) -> Option<i32> {
    if text.len() != 10 || text[4] != b'-' || text[7] != b'-' {
        return None;
    }
    let (year, month, day) = (digits(&text[..4])?, digits(&text[5..7])?, digits(&text[8..])?);
    let date = jiff::civil::Date::new(year as i16, month as i8, day as i8).ok()?;
    let epoch = jiff::civil::Date::constant(1970, 1, 1);
    Some(epoch.until(date).ok()?.get_days())
}

fn digits(text: &[u8]) -> Option<i64> {
    text.iter().try_fold(0_i64, |number, &digit| {
        digit.is_ascii_digit().then(|| number * 10 + i64::from(digit - b'0'))
    })
}

/// Reads moments, remembering the date of the last: neighbours mostly share it.
#[derive(Debug, Default)]
pub(super) struct Clock {
    date: [u8; 10],
    day: i64,
}

impl Clock {
    /// Microseconds since 1970 of an RFC 3339 text, and of what is close to one: a blank for the `T`, no zone for UTC.
    pub(super) fn moment(&mut self, text: &[u8]) -> Option<i64> {
        self.exact(text).or_else(|| loose(text))
    }

    /// The form that throng writes: `2026-01-05T10:11:12.345678Z`.
    pub(super) fn exact(&mut self, text: &[u8]) -> Option<i64> {
        let marks = [(10, b'T'), (13, b':'), (16, b':'), (19, b'.'), (26, b'Z')];
        if text.len() != 27 || marks.iter().any(|&(at, mark)| text[at] != mark) {
            return None;
        }
        if self.date != text[..10] {
            self.day = i64::from(date(&text[..10])?);
            self.date.copy_from_slice(&text[..10]);
        }
        let hour = digits(&text[11..13]).filter(|hour| *hour < 24)?;
        let minute = digits(&text[14..16]).filter(|minute| *minute < 60)?;
        let second = digits(&text[17..19]).filter(|second| *second < 60)?;
        let micro = digits(&text[20..26])?;
        Some(self.day * DAY + ((hour * 60 + minute) * 60 + second) * 1_000_000 + micro)
    }
}

fn loose(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let text = text.strip_suffix(" UTC").map_or_else(|| text.to_owned(), |text| format!("{text}Z"));
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return Some(time.as_microsecond());
    }
    let civil = text.parse::<jiff::civil::DateTime>().ok()?;
    Some(civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_microsecond())
}

/// Microseconds since 1970 of a number of seconds, milli-, micro- or nanoseconds: which of them, its size tells.
pub(super) fn epoch(number: f64) -> Option<i64> {
    let micros = match number.abs() {
        size if size < 1e11 => number * 1e6,
        size if size < 1e14 => number * 1e3,
        size if size < 1e17 => number,
        _ => number / 1e3,
    };
    (micros.is_finite() && micros.abs() < 3e17).then_some(micros as i64)
}

/// A number with up to two decimals, in hundredths; further decimals must be zeros.
pub(super) fn money(text: &[u8]) -> Option<i64> {
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        text => (false, text),
    };
    let point = text.iter().position(|&byte| byte == b'.').unwrap_or(text.len());
    let (units, decimals) = (&text[..point], text.get(point + 1..).unwrap_or_default());
    if units.is_empty() || units.len() > 16 {
        return None;
    }
    let mut cents = digits(units)? * 100;
    for (place, &digit) in decimals.iter().enumerate() {
        if !digit.is_ascii_digit() || (place > 1 && digit != b'0') {
            return None;
        }
        cents += [10, 1].get(place).map_or(0, |worth| worth * i64::from(digit - b'0'));
    }
    Some(if negative { -cents } else { cents })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn moments_of_others_are_understood() {
        let mut clock = Clock::default();
        let expected = Some(1_569_888_000_000_000);
        for text in [
            "2019-10-01 00:00:00 UTC",
            "2019-10-01T00:00:00Z",
            "2019-10-01 00:00:00",
            "2019-10-01T02:00:00+02:00",
        ] {
            assert_eq!(clock.moment(text.as_bytes()), expected, "{text}");
        }
        for number in [1_569_888_000.0, 1_569_888_000_000.0, 1_569_888_000_000_000.0] {
            assert_eq!(epoch(number), expected, "{number}");
        }
        assert_eq!(clock.moment(b"2019-13-01T00:00:00.000000Z"), None);
        assert_eq!(clock.moment(b"2019-10-01T24:00:00.000000Z"), None);
    }

    #[test]
    fn money_is_exact_or_nothing() {
        let read = ["12.9", "-0.05", "7", "1.230", "1.234", "1e3", "", "-"]
            .map(|text| money(text.as_bytes()));
        let cents = [Some(1_290), Some(-5), Some(700), Some(123), None, None, None, None];
        assert_eq!(read, cents);
    }

    proptest! {
        #[test]
        fn uuids_read_back(id: u128) {
            let plain = format!("{id:032x}");
            let parts = [&plain[..8], &plain[8..12], &plain[12..16], &plain[16..20], &plain[20..]];
            prop_assert_eq!(uuid(parts.join("-").as_bytes()), Some(id));
            prop_assert_eq!(uuid(parts.join("-").to_uppercase().as_bytes()), Some(id));
            prop_assert_eq!(uuid(plain.as_bytes()), None);
        }

        #[test]
        fn moments_read_back(micros in -62_000_000_000_000_000_i64..250_000_000_000_000_000) {
            let time = jiff::Timestamp::from_microsecond(micros).unwrap();
            prop_assert_eq!(Clock::default().moment(format!("{time:.6}").as_bytes()), Some(micros));
        }
    }
}
