//! Values as text: UUIDs, dates, moments, numbers. Written by hand because every one stands in the path of every row.

pub(super) use crate::digits::{uuid, uuid_into};

/// Two digits for each number below a hundred.
pub(super) static PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut i = 0;
    while i < 100 {
        pairs[i] = [b'0' + (i / 10) as u8, b'0' + (i % 10) as u8];
        i += 1;
    }
    pairs
};

/// The date of a day counted from 1970-01-01, as `2026-01-05`; nothing outside the years 0 to 9999, which RFC 3339 cannot say.
/// The conversion is Howard Hinnant's (`civil_from_days`, "chrono-compatible low-level date algorithms").
pub(super) fn date(day: i64) -> Option<[u8; 10]> {
    let day = day.checked_add(719_468)?;
    let era = day.div_euclid(146_097);
    let of_era = day.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    if !(0..=9_999).contains(&year) {
        return None;
    }
    let [c, y, m, d] = [year / 100, year % 100, month, of_month].map(|part| PAIRS[part as usize]);
    Some([c[0], c[1], y[0], y[1], b'-', m[0], m[1], b'-', d[0], d[1]])
}

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

/// Writes moments, remembering the date of the last: neighbours mostly share it.
///
/// Like all here that stands in the path of every row, it writes where the text is to be: read back at once, what was just written in
/// small parts would be waited for.
#[derive(Debug, Default)]
pub(super) struct Clock {
    day: i64,
    /// The first moment of that day, where there is one.
    midnight: Option<[u8; MOMENT]>,
}

/// How long a moment is.
pub(super) const MOMENT: usize = 27;

impl Clock {
    /// Microseconds since 1970 as `2026-01-05T10:11:12.345678Z` (RFC 3339); nothing outside the years 0 to 9999.
    #[inline]
    pub(super) fn moment(&mut self, micros: i64, out: &mut [u8; MOMENT]) -> Option<()> {
        let day = micros.div_euclid(DAY);
        if day != self.day || self.midnight.is_none() {
            (self.day, self.midnight) = (day, midnight(day));
        }
        let of_day = micros.rem_euclid(DAY) as u64;
        let (second, micro) = ((of_day / 1_000_000) as u32, (of_day % 1_000_000) as u32);
        *out = self.midnight?;
        let mut put = |at: usize, part: u32| {
            out[at..at + 2].copy_from_slice(&PAIRS[part as usize]);
        };
        put(11, second / 3_600);
        put(14, second / 60 % 60);
        put(17, second % 60);
        put(20, micro / 10_000);
        put(22, micro / 100 % 100);
        put(24, micro % 100);
        Some(())
    }
}

/// Whether a moment is in the years 0 to 9999.
#[inline]
pub(super) fn is_moment(micros: i64) -> bool {
    const FIRST: i64 = -719_528 * DAY;
    const BEYOND: i64 = 2_932_897 * DAY;
    (FIRST..BEYOND).contains(&micros)
}

fn midnight(day: i64) -> Option<[u8; MOMENT]> {
    let mut text = *b"0000-00-00T00:00:00.000000Z";
    text[..10].copy_from_slice(&date(day)?);
    Some(text)
}

/// Room for the longest number: a sign, twenty digits, a point; rounded up.
pub(super) const NUMBER: usize = 24;

/// Writes a number's digits with a sign before them where it is negative; how many bytes they are.
#[inline]
fn digits(negative: bool, mut number: u64, out: &mut [u8; NUMBER]) -> usize {
    out[0] = b'-';
    let length = usize::from(negative) + number.checked_ilog10().unwrap_or(0) as usize + 1;
    let mut at = length;
    while number >= 100 {
        at -= 2;
        out[at..at + 2].copy_from_slice(&PAIRS[(number % 100) as usize]);
        number /= 100;
    }
    if number >= 10 {
        out[at - 2..at].copy_from_slice(&PAIRS[number as usize]);
    } else {
        out[at - 1] = b'0' + number as u8;
    }
    length
}

/// Writes an integer in decimal digits; how many bytes they are.
#[inline]
pub(super) fn integer(number: i64, out: &mut [u8; NUMBER]) -> usize {
    digits(number < 0, number.unsigned_abs(), out)
}

/// The same with cents as units with two decimals, `12.90`.
#[inline]
pub(super) fn money(cents: i64, out: &mut [u8; NUMBER]) -> usize {
    let length = digits(cents < 0, cents.unsigned_abs() / 100, out);
    out[length] = b'.';
    out[length + 1..length + 3].copy_from_slice(&PAIRS[(cents.unsigned_abs() % 100) as usize]);
    length + 3
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(write: impl Fn(&mut [u8; NUMBER]) -> usize) -> String {
        let mut text = [0; NUMBER];
        let length = write(&mut text);
        String::from_utf8(text[..length].to_vec()).unwrap()
    }

    fn moment(micros: i64) -> Option<[u8; MOMENT]> {
        let mut text = [0; MOMENT];
        Clock::default().moment(micros, &mut text).map(|()| text)
    }

    #[test]
    fn dates_outside_four_digit_years_are_refused() {
        assert_eq!(date(0).as_ref().map(|text| &text[..]), Some(&b"1970-01-01"[..]));
        assert!(date(-719_528).is_some_and(|text| text == *b"0000-01-01"));
        assert!(date(-719_529).is_none());
        assert!(date(2_932_896).is_some_and(|text| text == *b"9999-12-31"));
        assert!(date(2_932_897).is_none());
        assert!(date(i64::MAX).is_none());
        assert!(moment(i64::MIN).is_none());
        for day in [-719_529, -719_528, 0, 2_932_896, 2_932_897] {
            for micros in [day * DAY, day * DAY + DAY - 1] {
                assert_eq!(is_moment(micros), moment(micros).is_some(), "{day}");
            }
        }
    }

    proptest! {
        #[test]
        fn moments_read_back(micros in -62_000_000_000_000_000_i64..250_000_000_000_000_000) {
            let text = moment(micros).unwrap();
            let read: jiff::Timestamp = std::str::from_utf8(&text).unwrap().parse().unwrap();
            prop_assert_eq!(read.as_microsecond(), micros);
        }

        #[test]
        fn integers_and_money_are_exact(number: i64) {
            prop_assert_eq!(written(|out| integer(number, out)), number.to_string());
            let sign = if number < 0 { "-" } else { "" };
            let cents = number.unsigned_abs();
            let expected = format!("{sign}{}.{:02}", cents / 100, cents % 100);
            prop_assert_eq!(written(|out| money(number, out)), expected);
        }
    }
}
