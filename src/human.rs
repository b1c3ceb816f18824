//! Numbers, sizes and times as people read them.

use std::time::Duration;

/// `1,234,567`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Three digits and a unit of a thousand: `2.13M`, `870`.
pub fn rate(number: f64) -> String {
    scaled(number, &["", "K", "M", "G"], "")
}

/// `98.3 MB`; units of a thousand.
pub fn bytes(number: u64) -> String {
    scaled(number as f64, &["B", "kB", "MB", "GB", "TB"], " ")
}

fn scaled(number: f64, units: &[&str], gap: &str) -> String {
    let (mut number, mut step) = (number.max(0.0), 0);
    // 999.5 would be shown as four digits.
    while number >= 999.5 && step + 1 < units.len() {
        number /= 1000.0;
        step += 1;
    }
    let decimals = match number {
        _ if step == 0 => 0,
        n if n < 9.995 => 2,
        n if n < 99.95 => 1,
        _ => 0,
    };
    format!("{number:.decimals$}{gap}{}", units[step])
}

/// `3.2 s`, `2 min 5 s`, `1 h 3 min`, `2 d 4 h`.
pub fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..=9 => format!("{:.1} s", duration.as_secs_f64()),
        10..=59 => format!("{seconds} s"),
        60..=3_599 => format!("{} min {} s", seconds / 60, seconds % 60),
        3_600..=86_399 => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

/// `1 file`, `2 files`.
pub fn plural(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(number), if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_scaled() {
        let grouped = [0, 999, 1_000, 1_234_567].map(count);
        assert_eq!(grouped, ["0", "999", "1,000", "1,234,567"]);
        let sizes = [0, 999, 1_000, 98_304_000, 999_600_000].map(bytes);
        assert_eq!(sizes, ["0 B", "999 B", "1.00 kB", "98.3 MB", "1.00 GB"]);
        assert_eq!(rate(2_134_000.0), "2.13M");
    }

    #[test]
    fn durations_have_two_units_at_most() {
        let shown = [0.04, 3.21, 42.9, 125.0, 3_780.0, 187_200.0]
            .map(|seconds| duration(Duration::from_secs_f64(seconds)));
        assert_eq!(shown, ["0.0 s", "3.2 s", "42 s", "2 min 5 s", "1 h 3 min", "2 d 4 h"]);
    }
}
