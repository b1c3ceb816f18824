//! How a token is written. Whatever the form, it shows that it is a token, so that none is hashed again.

use std::fmt::Write as _;

pub use crate::digits::TOKEN_MARK as MARK;
use crate::digits::{self, BASE32, BASE64_URL, digits_into, hex_into};

/// How a token is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Lower-case base32 (RFC 4648, without padding).
    Base32,
    /// Lower-case hexadecimal.
    Hex,
    /// base64url (RFC 4648, without padding).
    Base64Url,
    /// A UUID of version 8 (RFC 9562).
    Uuid,
    /// `<token>@<namespace>.invalid`, a domain that can never be (RFC 2606).
    Email,
    /// `+999` and twelve digits: no country has that code.
    Phone,
    /// An address in 2001:db8::/32, which is for documentation (RFC 3849).
    Ip,
}

impl Encoding {
    /// Every encoding, with its name in policies; the first is the default.
    pub const NAMED: &[(&str, Self)] = &[
        ("base32", Self::Base32),
        ("hex", Self::Hex),
        ("base64url", Self::Base64Url),
        ("uuid", Self::Uuid),
        ("email", Self::Email),
        ("phone", Self::Phone),
        ("ip", Self::Ip),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::NAMED.iter().find(|(_, known)| *known == self).map_or("", |(name, _)| name)
    }

    /// How many bits have room in it.
    pub fn most_bits(self) -> u32 {
        match self {
            Self::Base32 | Self::Hex | Self::Base64Url | Self::Email => 256,
            Self::Uuid => 122,
            Self::Ip => 96,
            // Twelve digits.
            Self::Phone => 39,
        }
    }

    /// Writes a hash's first bits.
    pub(super) fn write(self, hash: &[u8; 32], bits: u32, namespace: &str, out: &mut String) {
        let bytes = &hash[..(bits as usize / 8).clamp(1, 32)];
        match self {
            Self::Base32 => {
                out.push_str(MARK);
                digits_into(bytes, 5, BASE32, out);
            }
            Self::Hex => {
                out.push_str(MARK);
                hex_into(bytes, out);
            }
            Self::Base64Url => {
                out.push_str(MARK);
                digits_into(bytes, 6, BASE64_URL, out);
            }
            Self::Uuid => {
                let text = digits::uuid(uuid8(hash));
                out.extend(text.map(char::from));
            }
            Self::Email => {
                out.push_str(MARK);
                digits_into(bytes, 5, BASE32, out);
                out.push('@');
                out.extend(namespace.chars().map(label));
                out.push_str(".invalid");
            }
            Self::Phone => {
                let number = first(hash) % 1_000_000_000_000;
                out.push_str("+999");
                let _ = write!(out, "{number:012}");
            }
            Self::Ip => {
                out.push_str("2001:db8");
                for pair in hash[..12].chunks(2) {
                    out.push(':');
                    hex_into(pair, out);
                }
            }
        }
    }
}

/// A character of a domain's label.
fn label(c: char) -> char {
    if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }
}

fn first(hash: &[u8; 32]) -> u64 {
    hash[..8].iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// The first 122 bits of a hash as a UUID of version 8: 48 bits, the version, 12 bits, the variant, 62 bits.
pub(super) fn uuid8(hash: &[u8; 32]) -> u128 {
    let bits = hash[..16].iter().fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte)) >> 6;
    let (head, middle, tail) = (bits >> 74, bits >> 62 & 0xfff, bits & ((1 << 62) - 1));
    head << 80 | 8 << 76 | middle << 64 | 0b10 << 62 | tail
}

/// Whether a value looks like a token of ours, in any form.
pub fn bears_mark(value: &str) -> bool {
    let value = value.trim();
    let bytes = value.as_bytes();
    value.starts_with(MARK)
        || value.starts_with("+999") && bytes.len() == 16
        || value.starts_with("2001:db8:") && bytes.len() == 38
        || bytes.len() == 36 && bytes[14] == b'8' && bytes[8] == b'-' && bytes[13] == b'-'
}
