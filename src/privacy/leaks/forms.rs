//! The forms in which a value may be written.

use std::fmt::Write as _;

use unicode_normalization::UnicodeNormalization as _;

use crate::digits::{BASE64, BASE64_URL, digits_into, hex};

/// A form of a value.
pub(super) struct Form {
    /// Its name.
    pub(super) name: &'static str,
    /// The bytes to look for.
    pub(super) bytes: Vec<u8>,
    /// Whether letters of ASCII count in either case.
    pub(super) any_case: bool,
}

/// All forms of a value.
pub(super) fn of(value: &str) -> Vec<Form> {
    let any = |name, bytes: Vec<u8>| Form { name, bytes, any_case: true };
    let exact = |name, bytes| Form { name, bytes, any_case: false };
    let mut forms = Vec::new();
    for spelled in spellings(value) {
        let bytes = spelled.as_bytes();
        forms.push(any("plain", bytes.to_ascii_lowercase()));
        forms.push(any("hexadecimal", hex(bytes).into_bytes()));
        for alphabet in [BASE64, BASE64_URL] {
            // Within a longer text a value begins at any of three places of a group.
            for skip in 0..3 {
                forms.push(exact("base64", base64(bytes, skip, alphabet)));
            }
        }
        for percent in percents(&spelled) {
            forms.push(any("percent", percent.to_ascii_lowercase().into_bytes()));
        }
        for escaped in escapes(&spelled) {
            forms.push(any("escaped", escaped.to_ascii_lowercase().into_bytes()));
        }
    }
    if let Some(id) = uuid(value) {
        forms.push(any("hexadecimal", value.replace('-', "").to_lowercase().into_bytes()));
        forms.push(exact("raw", id.to_vec()));
    }
    // Of forms that are the same bytes the first keeps its name.
    let mut seen = std::collections::BTreeSet::new();
    forms.retain(|form| seen.insert((form.bytes.clone(), form.any_case)));
    forms
}

/// How a value is spelled: letters beyond ASCII in either case and at the beginning of words, composed and apart (NFC, NFD).
fn spellings(value: &str) -> Vec<String> {
    let mut all = vec![value.to_owned()];
    if !value.is_ascii() {
        for cased in [value.to_owned(), value.to_lowercase(), value.to_uppercase(), titled(value)] {
            all.extend([cased.nfc().collect(), cased.nfd().collect(), cased]);
        }
        all.sort_unstable();
        all.dedup();
    }
    all
}

/// Words with their first letters large and the others small.
fn titled(value: &str) -> String {
    let mut out = String::new();
    let mut begins = true;
    for c in value.chars() {
        if begins {
            out.extend(c.to_uppercase());
        } else {
            out.extend(c.to_lowercase());
        }
        begins = !c.is_alphanumeric();
    }
    out
}

/// The base64 digits that follow from the bytes alone, whatever stands around them, when they begin `skip` bytes into a group.
fn base64(bytes: &[u8], skip: usize, alphabet: &[u8; 64]) -> Vec<u8> {
    let mut padded = vec![0; skip];
    padded.extend_from_slice(bytes);
    let whole = padded.len() * 8 / 6;
    let mut digits = String::new();
    digits_into(&padded, 6, alphabet, &mut digits);
    digits.as_bytes()[(skip * 8).div_ceil(6)..whole].to_vec()
}

/// Percent encoding (RFC 3986) of all that is not unreserved, and that of forms, with `+` for a blank.
fn percents(value: &str) -> impl Iterator<Item = String> {
    let mut out = String::new();
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    let form = out.replace("%20", "+");
    [out, form].into_iter()
}

/// How writers of JSON differ: whether they escape what is beyond ASCII, slashes, and what HTML gives a meaning.
fn escapes(value: &str) -> Vec<String> {
    let mut all = Vec::new();
    for beyond in [false, true] {
        for slash in [false, true] {
            for html in [false, true] {
                let once = escaped(value, beyond, slash, html);
                if once == *value {
                    continue;
                }
                // JSON in a text of JSON.
                all.push(escaped(&once, false, false, false));
                all.push(once);
            }
        }
    }
    all.sort_unstable();
    all.dedup();
    all
}

fn escaped(value: &str, beyond: bool, slash: bool, html: bool) -> String {
    let mut out = String::new();
    for c in value.chars() {
        match c {
            '"' if html => out.push_str("\\u0022"),
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '/' if slash => out.push_str("\\/"),
            '<' | '>' | '&' | '\'' | '+' if html => unit(c as u16, &mut out),
            c if c < ' ' => unit(c as u16, &mut out),
            c if beyond && !c.is_ascii() => {
                for half in c.encode_utf16(&mut [0; 2]) {
                    unit(*half, &mut out);
                }
            }
            c => out.push(c),
        }
    }
    out
}

fn unit(unit: u16, out: &mut String) {
    let _ = write!(out, "\\u{unit:04x}");
}

/// The 16 bytes of a UUID.
fn uuid(value: &str) -> Option<[u8; 16]> {
    if value.len() != 36 || value.bytes().filter(|byte| *byte == b'-').count() != 4 {
        return None;
    }
    u128::from_str_radix(&value.replace('-', ""), 16).ok().map(u128::to_be_bytes)
}
