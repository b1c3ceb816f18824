//! How a token is written. Whatever the form, it shows that it is a token, so that none is hashed again.

use std::fmt::Write as _;

/// How plain tokens begin.
pub const MARK: &str = "tk1_";

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

const BASE32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

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
                digits(bytes, 5, BASE32, out);
            }
            Self::Hex => {
                out.push_str(MARK);
                hex_into(bytes, out);
            }
            Self::Base64Url => {
                out.push_str(MARK);
                digits(bytes, 6, BASE64, out);
            }
            Self::Uuid => {
                let text = super::normal::uuid_text(uuid8(hash));
                out.extend(text.map(char::from));
            }
            Self::Email => {
                out.push_str(MARK);
                digits(bytes, 5, BASE32, out);
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

pub(super) fn hex_into(bytes: &[u8], out: &mut String) {
    for byte in bytes {
        for nibble in [byte >> 4, byte & 15] {
            out.push(char::from(b"0123456789abcdef"[usize::from(nibble)]));
        }
    }
}

/// Writes bytes in digits of so many bits; what is missing of the last digit is nought.
fn digits(bytes: &[u8], width: u32, alphabet: &[u8], out: &mut String) {
    let (mut held, mut bits) = (0_u32, 0);
    for byte in bytes {
        held = held << 8 | u32::from(*byte);
        bits += 8;
        while bits >= width {
            bits -= width;
            out.push(char::from(alphabet[(held >> bits) as usize & ((1 << width) - 1)]));
        }
        held &= (1 << bits) - 1;
    }
    if bits > 0 {
        let last = held << (width - bits);
        out.push(char::from(alphabet[last as usize & ((1 << width) - 1)]));
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn written(bytes: &[u8], width: u32, alphabet: &[u8]) -> String {
        let mut out = String::new();
        digits(bytes, width, alphabet, &mut out);
        out
    }

    /// RFC 4648, section 10, in lower case and without padding.
    #[test]
    fn digits_are_those_of_rfc_4648() {
        let base32 = ["", "my", "mzxq", "mzxw6", "mzxw6yq", "mzxw6ytb", "mzxw6ytboi"];
        let base64 = ["", "Zg", "Zm8", "Zm9v", "Zm9vYg", "Zm9vYmE", "Zm9vYmFy"];
        for end in 0..=6 {
            let text = &b"foobar"[..end];
            assert_eq!(written(text, 5, BASE32), base32[end]);
            assert_eq!(written(text, 6, BASE64), base64[end]);
        }
    }
}
