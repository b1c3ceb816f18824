//! What acts make of values: addresses, user agents and numbers made coarser, addresses on the web stripped.

use std::fmt::Write as _;
use std::net::IpAddr;

use super::change::{Given, Made, OTHER};
use super::time;
use crate::digits;

/// The network that an address is in, by so many bits.
pub(super) fn network(text: &str, v4: u8, v6: u8, out: &mut String) -> Made {
    let text = text.trim();
    let address = ipv4(text).map(|address| IpAddr::V4(address.into()));
    match address.or_else(|| text.parse().ok()) {
        Some(IpAddr::V4(address)) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(v4)).unwrap_or(0);
            digits::ipv4(u32::from(address) & mask, |digit| out.push(char::from(digit)));
        }
        Some(IpAddr::V6(address)) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(v6)).unwrap_or(0);
            let masked = IpAddr::V6((u128::from(address) & mask).into());
            let _ = write!(out, "{masked}");
        }
        None => return Made::Nothing,
    }
    Made::Text
}

/// An address of version 4 in its usual form. What is written otherwise is left to the standard library.
fn ipv4(text: &str) -> Option<u32> {
    let (mut address, mut part, mut digits, mut parts) = (0, 0, 0, 1);
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' if digits < 3 && (digits == 0 || part > 0) => {
                part = part * 10 + u32::from(byte - b'0');
                digits += 1;
            }
            b'.' if digits > 0 && part < 256 && parts < 4 => {
                (address, part, digits, parts) = (address << 8 | part, 0, 0, parts + 1);
            }
            _ => return None,
        }
    }
    (digits > 0 && part < 256 && parts == 4).then_some(address << 8 | part)
}

/// Families of browsers by the mark that tells them, the more special before those that they imitate.
const FAMILIES: &[(&str, &str)] = &[
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Version/", "Safari"),
];

/// Systems by the mark that tells them.
const SYSTEMS: &[(&str, &str)] = &[
    ("iPhone", "iOS"),
    ("iPad", "iOS"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
];

/// Family, major version and system of a user agent.
pub(super) fn agent(text: &str, out: &mut String) {
    let family = FAMILIES.iter().find_map(|(mark, family)| {
        let at = text.find(mark)?;
        let version = text[at + mark.len()..].split(|c: char| !c.is_ascii_digit()).next();
        Some((*family, version.unwrap_or_default()))
    });
    let system = SYSTEMS.iter().find(|(mark, _)| text.contains(mark)).map(|(_, name)| *name);
    let (family, version) = family.unwrap_or((OTHER, ""));
    out.push_str(family);
    if !version.is_empty() {
        out.push(' ');
        out.push_str(version);
    }
    out.push_str(", ");
    out.push_str(system.unwrap_or(OTHER));
}

pub(super) fn band(given: Given<'_>, width: i64, out: &mut String) -> Made {
    let number = match given {
        Given::Int(number) => Some(number),
        Given::Float(number) if number.is_finite() => Some(number.floor() as i64),
        Given::Text(text) => time::year(text).or_else(|| text.trim().parse().ok()),
        Given::Float(_) | Given::Flag(_) => None,
    };
    let Some(number) = number else { return Made::Nothing };
    let low = number.div_euclid(width).saturating_mul(width);
    let _ = write!(out, "{low}-{}", low.saturating_add(width - 1));
    Made::Text
}

/// A number rounded down; none of what is no number, or is too large for it.
pub(super) fn grid(number: f64, step: f64) -> Option<f64> {
    let rounded = (number / step).floor() * step;
    // A multiple of a hundredth is shown with its digits, and not with those of its error.
    let rounded = (rounded * 1e9).round() / 1e9;
    rounded.is_finite().then_some(rounded)
}

/// An address on the web without credentials, query and fragment, but for parameters that are allowed.
pub(super) fn strip(text: &str, allow: &[String], out: &mut String) {
    // To ask whether there is a fragment at all is cheaper than to look for its place.
    let text = if text.as_bytes().contains(&b'#') { cut(text, b'#').0 } else { text };
    let (address, query) = cut(text, b'?');
    let scheme = address.as_bytes().windows(2).position(|two| two == b"//");
    let (scheme, rest) = address.split_at(scheme.map_or(0, |at| at + 2));
    let host = if scheme.is_empty() { "" } else { cut(rest, b'/').0 };
    let credentials = host.bytes().rposition(|byte| byte == b'@').map_or(0, |at| at + 1);
    out.push_str(scheme);
    out.push_str(&rest[credentials..]);
    let (mut rest, mut sign) = (query, '?');
    while !rest.is_empty() {
        let (pair, others) = cut(rest, b'&');
        let (name, _) = cut(pair, b'=');
        if allow.iter().any(|known| known == name) {
            out.push(sign);
            out.push_str(pair);
            sign = '&';
        }
        rest = others;
    }
}

/// What stands before the first of a sign, and what behind it. Most of what is cut is too short for a search that has to be set up.
fn cut(text: &str, sign: u8) -> (&str, &str) {
    match text.bytes().position(|byte| byte == sign) {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn stripped(text: &str) -> String {
        let mut out = String::new();
        strip(text, &["a".to_owned(), "utm_source".to_owned()], &mut out);
        out
    }

    #[test]
    fn addresses_keep_what_is_allowed() {
        let cases = [
            (
                "https://x.example/p?q=1&a=2&&utm_source=s&b#f?a=3",
                "https://x.example/p?a=2&utm_source=s",
            ),
            ("https://me:secret@x.example?a", "https://x.example?a"),
            ("//x.example/p@q?a=", "//x.example/p@q?a="),
            ("/p/q?b=1", "/p/q"),
            ("?a=1", "?a=1"),
            ("#a", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(stripped(text), expected, "{text}");
        }
    }

    proptest! {
        /// For all texts that look like addresses, what is read by hand is what the standard library reads, or is left to it.
        #[test]
        fn addresses_are_those_of_the_standard_library(text in "[0-9]{0,4}(\\.[0-9]{0,4}){2,5}") {
            let judged = text.parse::<std::net::Ipv4Addr>().ok().map(u32::from);
            prop_assert_eq!(ipv4(&text), judged);
        }

        /// For all addresses and lengths of networks, it is written as the standard library does.
        #[test]
        fn networks_are_written_as_usual(address: u32, bits in 0..=32_u8) {
            let mut out = String::new();
            let text = std::net::Ipv4Addr::from(address).to_string();
            prop_assert_eq!(network(&text, bits, 0, &mut out), Made::Text);
            let mask = u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
            prop_assert_eq!(out, std::net::Ipv4Addr::from(address & mask).to_string());
        }
    }
}
