//! The forms in which a value may be written.

/// A form of a value.
pub(super) struct Form {
    /// Its name.
    pub(super) name: &'static str,
    /// The bytes to look for.
    pub(super) bytes: Vec<u8>,
    /// Whether letters count in either case.
    pub(super) any_case: bool,
}

/// All forms of a value.
pub(super) fn of(value: &str) -> Vec<Form> {
    let bytes = value.as_bytes();
    let any = |name, bytes| Form { name, bytes, any_case: true };
    let exact = |name, bytes| Form { name, bytes, any_case: false };
    let mut forms = vec![any("plain", value.to_lowercase().into_bytes())];
    forms.push(any("hexadecimal", super::super::token::hex(bytes).into_bytes()));
    for alphabet in [STANDARD, URL] {
        // Within a longer text a value begins at any of three places of a group.
        for skip in 0..3 {
            forms.push(exact("base64", base64(bytes, skip, alphabet)));
        }
    }
    let percent = percent(value);
    if percent != bytes {
        forms.push(any("percent", percent.to_ascii_lowercase()));
    }
    let escaped = escaped(value);
    if escaped != bytes {
        forms.push(any("escaped", escaped.to_ascii_lowercase()));
    }
    if let Some(id) = uuid(value) {
        forms.push(any("hexadecimal", value.replace('-', "").to_lowercase().into_bytes()));
        forms.push(exact("raw", id.to_vec()));
    }
    forms.sort_by(|a, b| a.bytes.cmp(&b.bytes));
    forms.dedup_by(|a, b| a.bytes == b.bytes && a.any_case == b.any_case);
    forms
}

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The base64 digits that follow from the bytes alone, whatever stands around them, when they begin `skip` bytes into a group.
fn base64(bytes: &[u8], skip: usize, alphabet: &[u8; 64]) -> Vec<u8> {
    let mut padded = vec![0; skip];
    padded.extend_from_slice(bytes);
    let bits = padded.len() * 8;
    let digit = |place: usize| {
        (0..6).fold(0, |digit, bit| {
            let at = place * 6 + bit;
            digit << 1 | usize::from(padded[at / 8] >> (7 - at % 8) & 1)
        })
    };
    let first = (skip * 8).div_ceil(6);
    (first..bits / 6).map(|place| alphabet[digit(place)]).collect()
}

/// Percent encoding (RFC 3986) of all that is not unreserved.
fn percent(value: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(byte);
        } else {
            out.extend(format!("%{byte:02X}").bytes());
        }
    }
    out
}

/// JSON with all but ASCII escaped.
fn escaped(value: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for unit in value.encode_utf16() {
        match u8::try_from(unit) {
            Ok(byte) if byte.is_ascii() => out.push(byte),
            _ => out.extend(format!("\\u{unit:04x}").bytes()),
        }
    }
    out
}

/// The 16 bytes of a UUID.
fn uuid(value: &str) -> Option<[u8; 16]> {
    if value.len() != 36 || value.bytes().filter(|byte| *byte == b'-').count() != 4 {
        return None;
    }
    u128::from_str_radix(&value.replace('-', ""), 16).ok().map(u128::to_be_bytes)
}
