//! What can be wrong with a text by itself.

use crate::schema::{Field, Privacy, Type};

/// What can be wrong with a text, as bits.
pub(super) const LONG: u8 = 1;
pub(super) const STAND_IN: u8 = 2;
pub(super) const FORMAT: u8 = 4;
pub(super) const MOJIBAKE: u8 = 8;
pub(super) const NAUGHTY: u8 = 16;
pub(super) const UNKNOWN: u8 = 32;
pub(super) const PERSONAL: u8 = 64;

/// Texts that stand for none.
const STAND_INS: [&str; 16] = [
    "",
    "N/A",
    "n/a",
    "NA",
    "null",
    "NULL",
    "None",
    "nan",
    "NaN",
    "-",
    "-1",
    "undefined",
    "(not set)",
    "?",
    "0000-00-00",
    "1970-01-01",
];

/// What somebody puts into a field to see whether it is run; each begins with two of the bytes that [`runs`] looks for.
const RUN: [&str; 8] =
    ["<script", "javascript:", "' or '", "'; drop", "; drop table", "${", "{{", "../.."];

/// What is wrong with a text of a field.
pub(super) fn flaws(field: &Field, text: &str) -> u8 {
    let mut flaws = 0;
    if field.bounds.max_length.is_some_and(|most| text.len() > most as usize) {
        flaws |= LONG;
    }
    if field.ty == Type::Json {
        return flaws;
    }
    if STAND_INS.contains(&text) && !field.values.iter().any(|value| value == text) {
        flaws |= STAND_IN;
    }
    if field.bounds.format.is_some_and(|format| !format.holds(text)) {
        flaws |= FORMAT;
    }
    if is_garbled(text) {
        flaws |= MOJIBAKE;
    }
    if is_naughty(text) {
        flaws |= NAUGHTY;
    }
    if matches!(field.privacy, Privacy::FreeText | Privacy::Url) && is_personal(text) {
        flaws |= PERSONAL;
    }
    flaws
}

/// Whether a text has an e-mail address or a telephone number in it, plain or as a URL escapes them.
fn is_personal(text: &str) -> bool {
    if !text.bytes().any(|byte| matches!(byte, b'@' | b'+' | b'%')) {
        return false;
    }
    let plain = text.replace("%40", "@").replace("%2B", "+").replace("%20", " ");
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+');
    let mail = plain.match_indices('@').any(|(at, _)| {
        let (before, behind) = (&plain[..at], &plain[at + 1..]);
        let domain = behind.split(|c: char| !is_of_name(c)).next().unwrap_or_default();
        before.ends_with(is_of_name) && domain.contains('.')
    });
    let phone = plain.match_indices('+').any(|(at, _)| {
        let number =
            plain[at + 1..].chars().take_while(|c| c.is_ascii_digit() || " -()".contains(*c));
        number.filter(char::is_ascii_digit).count() >= 8
    });
    mail || phone
}

/// Whether UTF-8 was read as Windows-1252 or Latin-1, or given up: a lead byte as a letter, and all its trail bytes behind it.
fn is_garbled(text: &str) -> bool {
    if text.is_ascii() {
        return false;
    }
    let is_trail =
        |c: &char| matches!(c, '\u{80}'..='\u{bf}') || "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ".contains(*c);
    let trails = |lead: char| match lead {
        '\u{c2}'..='\u{df}' => Some(1),
        '\u{e0}'..='\u{ef}' => Some(2),
        '\u{f0}'..='\u{f4}' => Some(3),
        _ => None,
    };
    text.char_indices().any(|(at, c)| {
        let behind = || text[at + c.len_utf8()..].chars();
        c == '\u{fffd}'
            || trails(c).is_some_and(|all| behind().take(all).filter(is_trail).count() == all)
    })
}

/// Whether a text has characters that are not seen, or words that are run.
fn is_naughty(text: &str) -> bool {
    let is_unseen = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}')
    };
    if text.is_ascii() {
        text.bytes().any(|byte| byte.is_ascii_control()) || runs(text)
    } else {
        text.chars().any(is_unseen) || runs(text)
    }
}

/// Whether a text has words that are run.
fn runs(text: &str) -> bool {
    let bytes = text.as_bytes();
    let begins = |at: usize, word: &str| {
        let there = bytes.get(at..at + word.len());
        there.is_some_and(|there| there.eq_ignore_ascii_case(word.as_bytes()))
    };
    // Almost no text has the first two bytes of any of them in a row.
    let may_begin = |pair: &[u8]| match pair[0] {
        b'<' => pair[1].eq_ignore_ascii_case(&b's'),
        b'j' | b'J' => pair[1].eq_ignore_ascii_case(&b'a'),
        b'\'' => matches!(pair[1], b' ' | b';'),
        b';' => pair[1] == b' ',
        b'$' | b'{' => pair[1] == b'{',
        b'.' => pair[1] == b'.',
        _ => false,
    };
    let mut pairs = bytes.windows(2).enumerate();
    pairs.any(|(at, pair)| may_begin(pair) && RUN.iter().any(|word| begins(at, word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn garbled_text_is_told_from_foreign() {
        for text in
            ["KÃ¶ln", "DÃ¼sseldorf", "SÃ£o Paulo", "itâ€™s", "Stra\u{c3}\u{178}e", "K\u{fffd}ln"]
        {
            assert!(is_garbled(text), "{text}");
        }
        for text in [
            "Köln",
            "SÃO PAULO",
            "Provence-Alpes-Côte d'Azur",
            "Straße",
            "Größe",
            "Ângela",
            "Núñez",
            "Tomáš",
        ] {
            assert!(!is_garbled(text), "{text}");
        }
    }

    #[test]
    fn naughty_text_is_told_from_plain() {
        for text in
            ["a\u{202e}b", "a\u{200d}b", "<script>x", "x'; DROP TABLE users", "{{7*7}}", "a\u{0}"]
        {
            assert!(is_naughty(text), "{text}");
        }
        for word in RUN {
            assert!(is_naughty(&format!("é{}", word.to_uppercase())), "{word}");
        }
        for text in
            ["O'Neill", "https://shop.example/p?a=b", "Mac OS X; Intel", "Null", "Rock 'n' Roll"]
        {
            assert!(!is_naughty(text), "{text}");
        }
    }
}
