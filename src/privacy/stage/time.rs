//! Times moved by whole days: order and intervals stay, and so does the time of day.

use jiff::civil::{Date, DateTime};
use jiff::{SignedDuration, Span, Timestamp};

use super::change::{Given, Made};
use crate::privacy::policy::act::Shift;

/// Seconds of a day.
pub(super) const DAY: i64 = 86_400;

/// Moves a time that is a text, or a number of seconds, milli-, micro- or nanoseconds since 1970.
pub(super) fn shifted(shift: Shift, given: Given<'_>, days: Option<i64>, out: &mut String) -> Made {
    let days = if shift.days == 0 { Some(0) } else { days };
    // Whose time it is is not known: where it would be moved to is neither.
    let Some(days) = days else { return Made::Nothing };
    match given {
        Given::Text(text) => match text_moved(text.trim(), days, shift.round) {
            Some(moved) => {
                out.push_str(&moved);
                Made::Text
            }
            None => Made::Nothing,
        },
        Given::Int(number) => Made::Int(moved(number, unit_of(number as f64), days, shift.round)),
        Given::Float(number) if number.is_finite() => {
            let unit = unit_of(number);
            let whole = (number.trunc() as i64, number.fract());
            let fraction = if shift.round == 0 { whole.1 } else { 0.0 };
            Made::Float(moved(whole.0, unit, days, shift.round) as f64 + fraction)
        }
        Given::Float(_) | Given::Flag(_) => Made::Nothing,
    }
}

/// Moves a number of such units since 1970, and cuts it to a multiple of so many seconds.
pub(in crate::privacy) fn moved(number: i64, per_second: i64, days: i64, round: i64) -> i64 {
    let moved = number.saturating_add(days.saturating_mul(DAY).saturating_mul(per_second));
    let step = round.saturating_mul(per_second);
    if step > 0 { moved.div_euclid(step).saturating_mul(step) } else { moved }
}

/// How many units of a time since 1970 are a second: its size tells.
fn unit_of(number: f64) -> i64 {
    match number.abs() {
        size if size < 1e11 => 1,
        size if size < 1e14 => 1_000,
        size if size < 1e17 => 1_000_000,
        _ => 1_000_000_000,
    }
}

/// A moved time in the form in which it came: a moment, a date with time, a date.
fn text_moved(text: &str, days: i64, round: i64) -> Option<String> {
    let digits = text
        .split('.')
        .nth(1)
        .map_or(0, |rest| rest.bytes().take_while(u8::is_ascii_digit).count());
    let digits = digits.min(9);
    if let Ok(date) = text.parse::<Date>()
        && text.len() == 10
    {
        return Some(date.checked_add(Span::new().try_days(days).ok()?).ok()?.to_string());
    }
    let by = SignedDuration::from_secs(days.checked_mul(DAY)?);
    if let Ok(time) = text.parse::<Timestamp>() {
        let time = time.checked_add(by).ok()?;
        let cut = moved(time.as_second(), 1, 0, round);
        let time = if round > 0 { Timestamp::from_second(cut).ok()? } else { time };
        return Some(format!("{time:.digits$}"));
    }
    let (bare, zone) = match text.strip_suffix(" UTC") {
        Some(bare) => (bare, " UTC"),
        None => (text, ""),
    };
    let time = bare.parse::<DateTime>().ok()?.checked_add(by).ok()?;
    let time = if round > 0 {
        let of_day = i64::from(time.hour()) * 3_600
            + i64::from(time.minute()) * 60
            + i64::from(time.second());
        let cut = of_day.div_euclid(round) * round;
        time.date().at((cut / 3_600) as i8, (cut / 60 % 60) as i8, (cut % 60) as i8, 0)
    } else {
        time
    };
    let shown = format!("{time:.digits$}");
    Some(if bare.contains(' ') { shown.replacen('T', " ", 1) } else { shown } + zone)
}

/// The year of a date or moment.
pub(super) fn year(text: &str) -> Option<i64> {
    let text = text.trim();
    let date = text.get(..10)?.parse::<Date>().ok()?;
    Some(i64::from(date.year()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_keep_their_form() {
        let cases = [
            ("2026-01-05T10:11:12.345678Z", 0, "2026-01-08T10:11:12.345678Z"),
            ("2026-01-05T10:11:12Z", 60, "2026-01-08T10:11:00Z"),
            ("2026-01-05 10:11:12", 3_600, "2026-01-08 10:00:00"),
            ("2026-01-05 10:11:12 UTC", 0, "2026-01-08 10:11:12 UTC"),
            ("2026-01-05", 0, "2026-01-08"),
        ];
        for (text, round, expected) in cases {
            assert_eq!(text_moved(text, 3, round).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(text_moved("yesterday", 3, 0), None);
        assert_eq!(moved(1_767_571_200_123, 1_000, 1, 1), 1_767_657_600_000);
    }
}
