//! Normal forms: what is the same person's is the same bytes, however a system writes it.
//!
//! | kind | its normal form |
//! |---|---|
//! | text | NFC, without white space at the ends; `42` and `"42"` are the same |
//! | email | the same, all lower case, a domain's other letters in Punycode |
//! | phone | `+` and digits (E.164), with the region's code where the number has none |
//! | uuid | 36 characters, lower case |
//!
//! What is not of its kind is taken as text. A change of any form is a new [`VERSION`](super::VERSION).

use std::borrow::Cow;

use unicode_normalization::{UnicodeNormalization as _, is_nfc_quick};

use super::phone::{self, Region};
use super::punycode;

/// What a value is, and so what its normal form is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Anything: ids, names, numbers.
    Text,
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// A UUID.
    Uuid,
}

impl Kind {
    /// Every kind, with its name in policies.
    pub const NAMED: &[(&str, Self)] = &[
        ("text", Self::Text),
        ("email", Self::Email),
        ("phone", Self::Phone),
        ("uuid", Self::Uuid),
    ];

    /// Its number in what is hashed.
    pub fn number(self) -> u8 {
        match self {
            Self::Text => 1,
            Self::Email => 2,
            Self::Phone => 3,
            Self::Uuid => 4,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::NAMED.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }
}

/// How values are brought into their normal form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Normal {
    /// The kind.
    pub kind: Kind,
    /// Where telephone numbers without a country's code belong.
    pub region: Option<Region>,
}

impl Normal {
    /// The normal form of a kind; of telephone numbers without a region.
    pub fn of_kind(kind: Kind) -> Self {
        Self { kind, region: None }
    }

    /// The normal form of a value.
    pub fn of<'v>(&self, value: &'v str) -> Cow<'v, str> {
        match self.kind {
            Kind::Text => text(value),
            Kind::Email => email(value),
            Kind::Phone => {
                phone::normal(value, self.region).map_or_else(|| text(value), Cow::Owned)
            }
            Kind::Uuid => uuid(value),
        }
    }
}

fn text(value: &str) -> Cow<'_, str> {
    let value = value.trim();
    if value.is_ascii() || is_nfc_quick(value.chars()) == unicode_normalization::IsNormalized::Yes {
        return Cow::Borrowed(value);
    }
    Cow::Owned(value.nfc().collect())
}

fn email(value: &str) -> Cow<'_, str> {
    let value = text(value);
    if value.is_ascii() {
        let is_lower = !value.bytes().any(|byte| byte.is_ascii_uppercase());
        return if is_lower { value } else { Cow::Owned(value.to_ascii_lowercase()) };
    }
    let lower: String = value.to_lowercase().nfc().collect();
    match lower.rsplit_once('@') {
        Some((local, domain)) => Cow::Owned(format!("{local}@{}", punycode::domain(domain))),
        None => Cow::Owned(lower),
    }
}

fn uuid(value: &str) -> Cow<'_, str> {
    let value = text(value);
    if value.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Cow::Owned(value.to_ascii_lowercase());
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_is_the_same_bytes() {
        let of = |kind, value: &str| Normal::of_kind(kind).of(value).into_owned();
        assert_eq!(of(Kind::Text, " Zoe\u{308} "), "Zo\u{eb}");
        assert_eq!(of(Kind::Email, " Ada.Byron@Example.COM"), "ada.byron@example.com");
        assert_eq!(of(Kind::Email, "J\u{fc}rgen@B\u{dc}CHER.de"), "j\u{fc}rgen@xn--bcher-kva.de");
        assert_eq!(of(Kind::Email, "nobody"), "nobody");
        assert_eq!(
            of(Kind::Uuid, "0199ABCD-0000-7000-8000-000000000001"),
            "0199abcd-0000-7000-8000-000000000001"
        );
    }
}
