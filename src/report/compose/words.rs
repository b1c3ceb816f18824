//! Numbers, tables and lists as the page writes them.

use crate::human;
use crate::report::page::{Column, Table};

/// `12.3 %` of a share.
pub(super) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    match percent {
        p if p != 0.0 && p.abs() < 0.995 => format!("{p:.2} %"),
        p => format!("{p:.1} %"),
    }
}

/// A part of a whole, as a share.
pub(super) fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// `45 s`, `3.2 min`, `5.0 h`, `1.5 d`.
pub(super) fn seconds(seconds: f64) -> String {
    match seconds {
        s if s < 99.5 => format!("{} s", digits(s)),
        s if s < 5970.0 => format!("{} min", digits(s / 60.0)),
        s if s < 171_000.0 => format!("{} h", digits(s / 3600.0)),
        s => format!("{} d", digits(s / 86_400.0)),
    }
}

/// Two or three digits of a number.
pub(super) fn digits(number: f64) -> String {
    match number.abs() {
        n if n >= 9.95 || n == 0.0 => format!("{number:.0}"),
        n if n >= 0.995 => format!("{number:.1}"),
        _ => format!("{number:.2}"),
    }
}

/// `a, b and c`.
pub(super) fn list(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// A name of the data in words: `mobile_conversion` as `mobile conversion`.
pub(super) fn spoken(name: &str) -> String {
    name.replace('_', " ")
}

/// A table; columns whose names begin with `#` hold numbers.
pub(in crate::report) fn table(
    caption: impl Into<String>,
    head: &[&str],
    rows: Vec<Vec<String>>,
) -> Table {
    let column = |name: &&str| Column {
        name: name.trim_start_matches('#').to_owned(),
        number: name.starts_with('#'),
    };
    Table { caption: caption.into(), head: head.iter().map(column).collect(), rows }
}

/// `1,234`.
pub(super) fn count(number: u64) -> String {
    human::count(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_with_the_digits_that_matter() {
        assert_eq!([0.0, 0.00123, 0.5, 1.0].map(percent), ["0.0 %", "0.12 %", "50.0 %", "100.0 %"]);
        let times = [0.25, 31.0, 192.0, 18_000.0, 1e6].map(seconds);
        assert_eq!(times, ["0.25 s", "31 s", "3.2 min", "5.0 h", "12 d"]);
        assert_eq!(list(&["a".into(), "b".into(), "c".into()]), "a, b and c");
        assert_eq!(
            table("", &["a", "#b"], Vec::new()).head[1],
            Column { name: "b".into(), number: true }
        );
    }
}
