//! What is wrong with a line of NDJSON, told apart: which of the ways in which JSON breaks.

use crate::read::build::Faults;
use crate::read::column::Ill;
use crate::read::json::{Scanner, Token, unescaped};

/// The mark that some editors put in front of UTF-8.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// Notes what is wrong around the object of a line; where the object begins.
pub(super) fn framing(line: &[u8], faults: &mut Faults) -> usize {
    if line.ends_with(b"\r\n") || !line.ends_with(b"\n") {
        faults.ill((line.len() as u64).saturating_sub(2), Ill::Framing, true);
    }
    if line.starts_with(BOM) {
        faults.ill(0, Ill::Control, true);
        return BOM.len();
    }
    0
}

/// Why the grammar ends at that byte of a line.
pub(super) fn of(line: &[u8], at: usize) -> Ill {
    let rest = &line[at.min(line.len())..];
    let word = rest.strip_prefix(b"-").or(rest.strip_prefix(b"+")).unwrap_or(rest);
    if rest.trim_ascii().is_empty() {
        Ill::Truncated
    } else if [&b"NaN"[..], b"nan", b"Inf", b"inf"].iter().any(|name| word.starts_with(name)) {
        Ill::Number
    } else if rest.starts_with(b"{") && line[..at].trim_ascii_end().ends_with(b"}") {
        Ill::Framing
    } else {
        Ill::Malformed
    }
}

/// What is wrong with a string that has escapes in it.
pub(super) fn escaped(text: &[u8]) -> Option<Ill> {
    let has = |part: &[u8]| text.windows(part.len()).any(|of| of.eq_ignore_ascii_case(part));
    if has(b"\\u0000") || has(b"\\ufeff") {
        return Some(Ill::Control);
    }
    if unescaped(text).is_some() {
        return None;
    }
    Some(if has(b"\\ud") { Ill::Control } else { Ill::Malformed })
}

/// What is wrong with a number that is not of its column's type, if it is wrong by itself.
pub(super) fn number(token: Token) -> Option<Ill> {
    /// The integers that a double tells apart.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let Token::Number(text) = token else { return None };
    let value: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    let whole = !text.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E'));
    (!value.is_finite() || whole && value.abs() > EXACT).then_some(Ill::Number)
}

/// What is wrong within an object.
pub(super) fn nested(text: &[u8]) -> Option<Ill> {
    let mut names: Vec<&[u8]> = Vec::new();
    let mut found = None;
    let scanned = Scanner::new(text).members(|name, is_escaped, token| {
        let twice = names.contains(&name).then_some(Ill::Twice);
        let name_ill = is_escaped.then(|| escaped(name)).flatten();
        let ill = match token {
            Token::Text(text, true) => escaped(text),
            Token::Object(text) => nested(text),
            Token::Array(text) => array(text),
            token => number(token),
        };
        found = found.or(twice).or(name_ill).or(ill);
        names.push(name);
    });
    match scanned {
        Ok(()) => found,
        Err(wrong) => Some(match of(text, wrong.0) {
            Ill::Number => Ill::Number,
            _ => Ill::Malformed,
        }),
    }
}

/// What is wrong within an array: as a whole, since no column of throng has one.
fn array(text: &[u8]) -> Option<Ill> {
    let grammar: Result<serde::de::IgnoredAny, _> = serde_json::from_slice(text);
    grammar.is_err().then_some(Ill::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(text: &str) -> Option<Ill> {
        let wrong = Scanner::new(text.as_bytes()).members(|_, _, _| {}).err()?;
        Some(of(text.as_bytes(), wrong.0))
    }

    #[test]
    fn ways_to_break_are_told_apart() {
        let cases = [
            (r#"{"a":1"#, Ill::Truncated),
            (r#"{"a":"x"#, Ill::Truncated),
            (r#"{"a":1,}"#, Ill::Malformed),
            (r#"{"a":01}"#, Ill::Malformed),
            (r#"{"a":NaN}"#, Ill::Number),
            (r#"{"a":-Infinity}"#, Ill::Number),
            (r#"{"a":1}{"a":2}"#, Ill::Framing),
        ];
        for (text, ill) in cases {
            assert_eq!(whole(text), Some(ill), "{text}");
        }
        let within = [
            (r#"{"a":1,"a":2}"#, Some(Ill::Twice)),
            (r#"{"a":{"b":[1,]}}"#, Some(Ill::Malformed)),
            (r#"{"a":1e400}"#, Some(Ill::Number)),
            (r#"{"a":"x\u0000"}"#, Some(Ill::Control)),
            (r#"{"a":"\ud800"}"#, Some(Ill::Control)),
            (r#"{"a":"\ud83d\ude00","b":[1]}"#, None),
        ];
        for (text, ill) in within {
            assert_eq!(nested(text.as_bytes()), ill, "{text}");
        }
    }
}
