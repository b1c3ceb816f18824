//! Sizes, lengths of time and dates as people write them: `5M`, `30d`, `now-30d`.

use std::fmt;

use jiff::ToSpan as _;
use jiff::civil::Date;

use crate::diag::Problem;

/// A text that is no such quantity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}: {help}")]
pub struct Wrong {
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub help: String,
}

impl Wrong {
    fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: help.into() }
    }
}

impl From<Wrong> for Problem {
    fn from(wrong: Wrong) -> Self {
        Problem::new(wrong.message).help(wrong.help)
    }
}

/// The powers of ten that a count may end in, by their letter.
const SCALES: [(char, u32); 5] = [('k', 3), ('m', 6), ('g', 9), ('b', 9), ('t', 12)];

/// The greatest count that makes sense: 10^12.
const MOST: u64 = 1_000_000_000_000;

/// The greatest number of hours, in whatever unit: ten years.
const LONGEST: u64 = 10 * 366 * 24;

/// A whole number of at least 1: `250`, `1_000_000`, `20K`, `1.5M`, `2G`; capital or small.
///
/// # Errors
/// Anything else, zero and negative numbers among it.
pub fn count(text: &str) -> Result<u64, Wrong> {
    const HELP: &str = "write a whole number such as 5000, 1_000_000, 20K or 1.5M";
    let wrong = |why: &str| Wrong::new(format!("`{text}` {why}"), HELP);
    let text_ = text.trim();
    if text_.starts_with('-') {
        return Err(wrong("is negative"));
    }
    let letter = text_.chars().last().map(|c| c.to_ascii_lowercase());
    let scale = SCALES.iter().find(|(name, _)| Some(*name) == letter);
    let digits = if scale.is_some() { &text_[..text_.len() - 1] } else { text_ };
    let number = scaled(digits, scale.map_or(0, |(_, power)| *power));
    match number.map_err(|fault| wrong(fault.because()))? {
        0 => Err(wrong("is nothing")),
        n if n > MOST => Err(wrong("is more than a million millions")),
        n => Ok(n),
    }
}

/// A length in whole days: `30`, `30d`, `2w`, `48h`.
///
/// # Errors
/// Anything else, a part of a day among it.
pub fn days(text: &str) -> Result<u32, Wrong> {
    const HELP: &str = "write whole days such as 30, 30d or 2w";
    let hours = span(text, 24, HELP)?;
    if hours == 0 || !hours.is_multiple_of(24) {
        return Err(Wrong::new(format!("`{text}` is no whole number of days"), HELP));
    }
    Ok((hours / 24) as u32)
}

/// A length in hours: `72`, `72h`, `3d`, `1w`; zero too.
///
/// # Errors
/// Anything else.
pub fn hours(text: &str) -> Result<u32, Wrong> {
    span(text, 1, "write hours or days such as 72h or 3d").map(|hours| hours as u32)
}

/// A first day as it is written: a date, or one that depends on the day of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// That date.
    On(Date),
    /// So many days before the day of the run.
    Before(u32),
}

impl Start {
    /// The date meant when the run happens on `today`.
    ///
    /// # Errors
    /// A date before the calendar's beginning.
    pub fn resolve(self, today: Date) -> Result<Date, Wrong> {
        match self {
            Self::On(date) => Ok(date),
            Self::Before(days) => {
                let date = today.checked_sub(i64::from(days).days());
                date.map_err(|_| Wrong::new(format!("now-{days}d is before all time"), DATES))
            }
        }
    }
}

impl fmt::Display for Start {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::On(date) => date.fmt(f),
            Self::Before(0) => f.write_str("now"),
            Self::Before(days) => write!(f, "now-{days}d"),
        }
    }
}

const DATES: &str = "write a date such as 2026-01-05, or now, or now-30d";

/// A first day: `2026-01-05`, `now`, `now-30d`, `now-2w`.
///
/// # Errors
/// Anything else, impossible dates and years outside 1980 to 2200 among it.
pub fn start(text: &str) -> Result<Start, Wrong> {
    let trimmed = text.trim();
    if let Some(rest) = trimmed.strip_prefix("now") {
        return match rest.trim().strip_prefix('-') {
            Some(length) => days(length.trim()).map(Start::Before),
            None if rest.is_empty() => Ok(Start::Before(0)),
            None => Err(Wrong::new(format!("`{text}` is no date"), DATES)),
        };
    }
    let date = trimmed.parse::<Date>().map_err(|_| {
        let why = if shaped_like_a_date(trimmed) { "does not exist" } else { "is no date" };
        Wrong::new(format!("`{text}` {why}"), DATES)
    })?;
    if !(1980..=2200).contains(&date.year()) {
        return Err(Wrong::new(
            format!("`{text}` is out of range"),
            "use a year from 1980 to 2200",
        ));
    }
    Ok(Start::On(date))
}

fn shaped_like_a_date(text: &str) -> bool {
    text.len() == 10
        && text.bytes().enumerate().all(|(i, byte)| match i {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

/// Hours in a text whose unit is that many hours when it has none.
fn span(text: &str, unit: u64, help: &str) -> Result<u64, Wrong> {
    let wrong = |why: &str| Wrong::new(format!("`{text}` {why}"), help);
    let trimmed = text.trim();
    if trimmed.starts_with('-') {
        return Err(wrong("is negative"));
    }
    let end = trimmed.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(trimmed.len());
    let unit = match &trimmed[end..] {
        "" => unit,
        "h" => 1,
        "d" => 24,
        "w" => 7 * 24,
        _ => return Err(wrong("has an unknown unit")),
    };
    let number = scaled(&trimmed[..end], 0).map_err(|fault| wrong(fault.because()))?;
    number
        .checked_mul(unit)
        .filter(|hours| *hours <= LONGEST)
        .ok_or_else(|| wrong("is more than ten years"))
}

/// Why digits are no number.
enum Fault {
    NotDigits,
    NotWhole,
    TooGreat,
}

impl Fault {
    fn because(&self) -> &'static str {
        match self {
            Self::NotDigits => "is no number",
            Self::NotWhole => "is no whole number",
            Self::TooGreat => "is too great",
        }
    }
}

/// Decimal digits, with underscores between them and perhaps a fraction, times a power of ten: exact, as floating point is not.
fn scaled(digits: &str, power: u32) -> Result<u64, Fault> {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let framed = whole.starts_with('_') || whole.ends_with('_');
    let plain = whole.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_')
        && fraction.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || framed || digits.ends_with('.') || !plain {
        return Err(Fault::NotDigits);
    }
    let fraction = fraction.trim_end_matches('0');
    let zeros = (power as usize).checked_sub(fraction.len()).ok_or(Fault::NotWhole)?;
    let mut number: u64 = 0;
    let digits = whole.bytes().chain(fraction.bytes()).filter(|byte| *byte != b'_');
    for byte in digits.chain(std::iter::repeat_n(b'0', zeros)) {
        let digit = u64::from(byte - b'0');
        number =
            number.checked_mul(10).and_then(|n| n.checked_add(digit)).ok_or(Fault::TooGreat)?;
    }
    Ok(number)
}

/// A count as people write it: `5M`, `1.5M`, `20K`, `1234`; reads back as the same count.
pub fn short(count: u64) -> String {
    for (letter, unit) in [("G", 1_000_000_000), ("M", 1_000_000), ("K", 1_000)] {
        if count >= unit && count.is_multiple_of(unit / 10) {
            let (whole, tenth) = (count / unit, count % unit / (unit / 10));
            return match tenth {
                0 => format!("{whole}{letter}"),
                _ => format!("{whole}.{tenth}{letter}"),
            };
        }
    }
    count.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn counts_are_read_as_people_write_them() {
        let cases = [
            ("5M", 5_000_000),
            ("20K", 20_000),
            ("20k", 20_000),
            ("1_000_000", 1_000_000),
            ("1.5M", 1_500_000),
            ("2.50k", 2_500),
            ("0.1G", 100_000_000),
            ("7", 7),
        ];
        for (text, expected) in cases {
            assert_eq!(count(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_count_is_refused_with_what_would_be_right() {
        for text in
            ["", "K", "-5", "0", "1.2345K", "1.5", "5X", "1e6", "_1", "99999999T", "2..5M", "١"]
        {
            let wrong = count(text).expect_err(text);
            assert!(wrong.help.contains("1.5M"), "{text}: {wrong}");
        }
    }

    #[test]
    fn lengths_have_units() {
        assert_eq!(days("30"), Ok(30));
        assert_eq!(days("30d"), Ok(30));
        assert_eq!(days("2w"), Ok(14));
        assert_eq!(days("48h"), Ok(2));
        assert_eq!(hours("12h"), Ok(12));
        assert_eq!(hours("3d"), Ok(72));
        assert_eq!(hours("0"), Ok(0));
        for text in ["12h", "0", "-3d", "3 months", "d", "99999999999w"] {
            assert!(days(text).is_err(), "{text}");
        }
    }

    #[test]
    fn dates_are_absolute_or_count_back_from_the_run() {
        let today = jiff::civil::date(2026, 3, 1);
        let resolve = |text: &str| start(text).and_then(|start| start.resolve(today));
        assert_eq!(resolve("2026-01-05"), Ok(jiff::civil::date(2026, 1, 5)));
        assert_eq!(resolve("now"), Ok(today));
        assert_eq!(resolve("now-1d"), Ok(jiff::civil::date(2026, 2, 28)));
        assert_eq!(resolve("now - 2w"), Ok(jiff::civil::date(2026, 2, 15)));
        for text in ["2026-02-30", "tomorrow", "now+3d", "05.01.2026", "1066-10-14", "nowish"] {
            assert!(start(text).is_err(), "{text}");
        }
        assert!(start("2026-02-30").is_err_and(|wrong| wrong.message.contains("does not exist")));
    }

    proptest! {
        /// For every count, its short form reads back as itself.
        #[test]
        fn short_forms_read_back(n in 1..=MOST) {
            prop_assert_eq!(count(&short(n)), Ok(n));
        }

        /// For every text whatever, reading never panics.
        #[test]
        fn no_text_panics(text in ".*") {
            let _ = (count(&text), days(&text), hours(&text), start(&text).map(|s| s.to_string()));
        }
    }
}
