//! Bytes and ids as digits, and back: hexadecimal, base32, base64 (RFC 4648), UUIDs (RFC 9562).

/// Digits of base32, in lower case.
pub const BASE32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
/// Digits of base64.
pub const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// Digits of base64 in addresses.
pub const BASE64_URL: &[u8; 64] =
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// How tokens that are written in digits begin, so that whoever meets one can tell.
pub const TOKEN_MARK: &str = "tk1_";

/// Bytes in hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 2);
    hex_into(bytes, &mut out);
    out
}

/// Writes bytes in hexadecimal digits.
pub fn hex_into(bytes: &[u8], out: &mut String) {
    for byte in bytes {
        for nibble in [byte >> 4, byte & 15] {
            out.push(char::from(b"0123456789abcdef"[usize::from(nibble)]));
        }
    }
}

/// Writes bytes in digits of so many bits, without padding; what is missing of the last digit is nought.
pub fn digits_into(bytes: &[u8], width: u32, alphabet: &[u8], out: &mut String) {
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

/// Bytes in base64, with padding.
pub fn base64(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    digits_into(bytes, 6, BASE64, &mut out);
    while !out.len().is_multiple_of(4) {
        out.push('=');
    }
    out
}

/// Bytes from base64; none when it is not that.
pub fn from_base64(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut word, mut bits) = (0_u32, 0);
    for letter in text.trim_end_matches('=').bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        word = word << 6 | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((word >> bits) as u8);
        }
    }
    Some(out)
}

/// Puts out an address of version 4 in its usual form.
#[inline]
pub fn ipv4(address: u32, mut put: impl FnMut(u8)) {
    for (place, byte) in address.to_be_bytes().into_iter().enumerate() {
        if place > 0 {
            put(b'.');
        }
        if byte >= 100 {
            put(b'0' + byte / 100);
        }
        if byte >= 10 {
            put(b'0' + byte / 10 % 10);
        }
        put(b'0' + byte % 10);
    }
}

/// Eight hexadecimal digits of a word at once: its nibbles are spread over the bytes of a longer one, and each becomes the letter of its
/// digits, or on into the letters where it is above nine.
#[inline]
fn hex8(word: u32) -> [u8; 8] {
    let x = u64::from(word);
    let x = (x | (x << 16)) & 0x0000_ffff_0000_ffff;
    let x = (x | (x << 8)) & 0x00ff_00ff_00ff_00ff;
    let x = (x | (x << 4)) & 0x0f0f_0f0f_0f0f_0f0f;
    let letters = ((x + 0x0606_0606_0606_0606) >> 4) & 0x0101_0101_0101_0101;
    (x + 0x3030_3030_3030_3030 + letters * u64::from(b'a' - b'0' - 10)).to_be_bytes()
}

/// A UUID in its usual form (RFC 9562, section 4), in lower case.
#[inline]
pub fn uuid(id: u128) -> [u8; 36] {
    let mut text = [0; 36];
    uuid_into(id, &mut text);
    text
}

/// The same, written where it is to be.
#[inline]
pub fn uuid_into(id: u128, text: &mut [u8; 36]) {
    *text = [b'-'; 36];
    let (a, b) = (hex8((id >> 96) as u32), hex8((id >> 64) as u32));
    let (c, d) = (hex8((id >> 32) as u32), hex8(id as u32));
    text[..8].copy_from_slice(&a);
    text[9..13].copy_from_slice(&b[..4]);
    text[14..18].copy_from_slice(&b[4..]);
    text[19..23].copy_from_slice(&c[..4]);
    text[24..28].copy_from_slice(&c[4..]);
    text[28..].copy_from_slice(&d);
}

/// The same as a string.
pub fn uuid_text(id: u128) -> String {
    String::from_utf8_lossy(&uuid(id)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(bytes: &[u8], width: u32, alphabet: &[u8]) -> String {
        let mut out = String::new();
        digits_into(bytes, width, alphabet, &mut out);
        out
    }

    /// RFC 4648, section 10; base32 in lower case and without padding.
    #[test]
    fn digits_are_those_of_rfc_4648() {
        let base32 = ["", "my", "mzxq", "mzxw6", "mzxw6yq", "mzxw6ytb", "mzxw6ytboi"];
        let padded = ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"];
        for end in 0..=6 {
            let text = &b"foobar"[..end];
            assert_eq!(written(text, 5, BASE32), base32[end]);
            assert_eq!(written(text, 6, BASE64_URL), padded[end].trim_end_matches('='));
            assert_eq!(base64(text), padded[end]);
            assert_eq!(from_base64(padded[end]).as_deref(), Some(text));
        }
        assert_eq!(from_base64("*"), None);
    }

    proptest! {
        /// For all ids, the text is 32 digits with hyphens between.
        #[test]
        fn uuids_are_their_digits_with_hyphens(id: u128) {
            let digits = format!("{id:032x}");
            let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
            prop_assert_eq!(uuid_text(id), parts.join("-"));
        }
    }
}
