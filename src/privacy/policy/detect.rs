//! What a column seems to hold, by its name and by a few of its values: a first guess for a draft, never a verdict.

use std::net::IpAddr;

use crate::schema::Privacy;

/// What a value looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// The number of a payment card.
    Card,
    /// An IP address.
    Ip,
    /// A UUID.
    Uuid,
    /// An address on the web.
    Url,
    /// A user agent.
    Agent,
    /// A date or a moment.
    Time,
    /// A JSON object or array.
    Json,
    /// A number.
    Number,
    /// Anything else.
    Other,
}

/// Whether a value looks like something.
type Test = fn(&str) -> bool;

/// What a value looks like.
pub fn look(value: &str) -> Look {
    let value = value.trim();
    let tests: &[(Test, Look)] = &[
        (is_email, Look::Email),
        (|v| v.parse::<IpAddr>().is_ok(), Look::Ip),
        (is_uuid, Look::Uuid),
        (|v| v.starts_with("http://") || v.starts_with("https://"), Look::Url),
        (|v| v.starts_with("Mozilla/") || v.contains("AppleWebKit"), Look::Agent),
        (is_time, Look::Time),
        (is_card, Look::Card),
        (is_phone, Look::Phone),
        (|v| v.parse::<f64>().is_ok(), Look::Number),
        (is_json, Look::Json),
    ];
    tests.iter().find(|(test, _)| test(value)).map_or(Look::Other, |(_, look)| *look)
}

/// Whether it is an e-mail address.
pub fn is_email(value: &str) -> bool {
    let Some((local, domain)) = value.split_once('@') else { return false };
    let plain = |c: char| !c.is_whitespace() && !"<>(),;@\"".contains(c);
    !local.is_empty()
        && domain.contains('.')
        && !domain.starts_with('.')
        && !domain.ends_with('.')
        && local.chars().chain(domain.chars()).all(plain)
}

/// Whether it is a telephone number: seven digits or more, and what stands between them.
pub fn is_phone(value: &str) -> bool {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let known = |c: char| c.is_ascii_digit() || " -./()".contains(c);
    let rest = value.strip_prefix('+').unwrap_or(value);
    let marked =
        value.starts_with('+') || value.starts_with("00") || value.contains([' ', '-', '/', '(']);
    (7..=15).contains(&digits)
        && marked
        && rest.chars().all(known)
        && rest.starts_with(|c: char| c.is_ascii_digit() || c == '(')
}

/// Whether it is the number of a card: 13 to 19 digits whose last one is right (Luhn).
pub fn is_card(value: &str) -> bool {
    let known = |c: char| c.is_ascii_digit() || c == ' ' || c == '-';
    if !value.chars().all(known) {
        return false;
    }
    let digits: Vec<u32> = value.chars().filter_map(|c| c.to_digit(10)).collect();
    let worth = |(place, digit): (usize, &u32)| match digit * (1 + place as u32 % 2) {
        double if double > 9 => double - 9,
        single => single,
    };
    let sum: u32 = digits.iter().rev().enumerate().map(worth).sum();
    (13..=19).contains(&digits.len()) && digits[0] != 0 && sum.is_multiple_of(10)
}

fn is_uuid(value: &str) -> bool {
    let bytes = value.as_bytes();
    bytes.len() == 36
        && bytes.iter().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

fn is_time(value: &str) -> bool {
    value.len() >= 10
        && (value.parse::<jiff::Timestamp>().is_ok()
            || value.parse::<jiff::civil::DateTime>().is_ok()
            || value.trim_end_matches(" UTC").parse::<jiff::civil::DateTime>().is_ok())
}

fn is_json(value: &str) -> bool {
    value.starts_with(['{', '[']) && serde_json::from_str::<serde::de::IgnoredAny>(value).is_ok()
}

/// Parts of names, and the class that they tell of; the first that is found counts.
static NAMES: &[(&str, Privacy)] = &[
    ("email", Privacy::DirectIdentifier),
    ("e_mail", Privacy::DirectIdentifier),
    ("phone", Privacy::DirectIdentifier),
    ("mobile", Privacy::DirectIdentifier),
    ("first_name", Privacy::DirectIdentifier),
    ("last_name", Privacy::DirectIdentifier),
    ("full_name", Privacy::DirectIdentifier),
    ("surname", Privacy::DirectIdentifier),
    ("username", Privacy::DirectIdentifier),
    ("passport", Privacy::DirectIdentifier),
    ("ssn", Privacy::DirectIdentifier),
    ("iban", Privacy::DirectIdentifier),
    ("user_agent", Privacy::UserAgent),
    ("useragent", Privacy::UserAgent),
    ("user_id", Privacy::DirectIdentifier),
    ("customer", Privacy::DirectIdentifier),
    ("device", Privacy::DeviceIdentifier),
    ("anonymous", Privacy::DeviceIdentifier),
    ("cookie", Privacy::DeviceIdentifier),
    ("idfa", Privacy::DeviceIdentifier),
    ("gaid", Privacy::DeviceIdentifier),
    ("click_id", Privacy::DeviceIdentifier),
    ("ip_address", Privacy::Ip),
    ("remote_addr", Privacy::Ip),
    ("street", Privacy::Place),
    ("address", Privacy::Place),
    ("postcode", Privacy::Place),
    ("postal", Privacy::Place),
    ("zip", Privacy::Place),
    ("city", Privacy::Place),
    ("region", Privacy::Place),
    ("latitude", Privacy::Place),
    ("longitude", Privacy::Place),
    ("birth", Privacy::Quasi),
    ("gender", Privacy::Quasi),
    ("income", Privacy::Quasi),
    ("country", Privacy::Quasi),
    ("locale", Privacy::Quasi),
    ("language", Privacy::Quasi),
    ("referrer", Privacy::Url),
    ("url", Privacy::Url),
    ("comment", Privacy::FreeText),
    ("message", Privacy::FreeText),
    ("note", Privacy::FreeText),
    ("query", Privacy::FreeText),
    ("search", Privacy::FreeText),
];

/// How names of flags, counts and moments begin and end: what such a one is about is not what it holds.
static ABOUT: (&[&str], &[&str]) = (
    &["is_", "has_", "was_", "can_", "did_", "num_", "count_", "n_"],
    &[
        "_opt_in",
        "_opt_out",
        "_optin",
        "_optout",
        "_verified",
        "_confirmed",
        "_consent",
        "_enabled",
        "_allowed",
        "_subscribed",
        "_flag",
        "_count",
        "_length",
        "_at",
    ],
);

/// The last name of a path.
fn last(path: &str) -> String {
    let name = path.rsplit(['.', ']']).find(|part| !part.is_empty()).unwrap_or(path);
    name.trim_end_matches('[').to_lowercase()
}

/// Whether a name is that of a day of birth.
pub fn is_birth(path: &str) -> bool {
    last(path).contains("birth")
}

/// What a column's name tells.
pub fn by_name(path: &str) -> Option<Privacy> {
    let name = last(path);
    let (begins, ends) = ABOUT;
    if begins.iter().any(|begin| name.starts_with(begin))
        || ends.iter().any(|end| name.ends_with(end))
    {
        return None;
    }
    let found = NAMES.iter().find(|(part, _)| name.contains(part)).map(|(_, class)| *class);
    let whole = match name.as_str() {
        "ip" => Some(Privacy::Ip),
        "ua" => Some(Privacy::UserAgent),
        "lat" | "lon" | "lng" => Some(Privacy::Place),
        "age" | "sex" => Some(Privacy::Quasi),
        "name" | "login" => Some(Privacy::DirectIdentifier),
        _ if name.ends_with("_id") || name == "id" || name.ends_with("uuid") => {
            Some(Privacy::Linkable)
        }
        _ => None,
    };
    found.or(whole)
}

/// Takes out of a text what looks like an address, a number or a card; how much it took.
pub fn redact(text: &str, out: &mut String) -> u32 {
    let mut taken = 0;
    for (place, word) in text.split(' ').enumerate() {
        if place > 0 {
            out.push(' ');
        }
        let bare = word.trim_matches(|c: char| ".,;:!?<>()[]\"'".contains(c) && c != '+');
        let mark = match look(bare) {
            Look::Email => "[email]",
            Look::Phone => "[phone]",
            Look::Card => "[card]",
            Look::Ip => "[ip]",
            Look::Uuid => "[id]",
            Look::Url => "[url]",
            // Long runs of digits are numbers of something that is somebody's.
            Look::Number if bare.bytes().filter(u8::is_ascii_digit).count() > 5 => "[number]",
            _ => {
                out.push_str(word);
                continue;
            }
        };
        taken += 1;
        out.push_str(mark);
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_look_like_what_they_are() {
        let cases = [
            ("ada@example.com", Look::Email),
            ("+49 30 1234567", Look::Phone),
            ("4111 1111 1111 1111", Look::Card),
            ("4111 1111 1111 1112", Look::Other),
            ("192.0.2.7", Look::Ip),
            ("0199abcd-0000-7000-8000-000000000001", Look::Uuid),
            ("https://shop.example/a?b=c", Look::Url),
            ("2026-01-05T10:00:00Z", Look::Time),
            ("2026-01-05", Look::Time),
            ("{\"a\":1}", Look::Json),
            ("12.5", Look::Number),
            ("hello", Look::Other),
        ];
        for (value, expected) in cases {
            assert_eq!(look(value), expected, "{value}");
        }
    }

    #[test]
    fn texts_lose_what_names_somebody() {
        let mut out = String::new();
        let taken = redact("write to ada@example.com, or +49301234567 now", &mut out);
        assert_eq!((taken, out.as_str()), (2, "write to [email] or [phone] now"));
    }
}
