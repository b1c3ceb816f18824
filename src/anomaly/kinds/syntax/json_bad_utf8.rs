//! `json_bad_utf8`: bytes that are no text.

use super::ways::{self, TABLES, Way};
use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::ground::{Ground, Rowset, Site};
use crate::anomaly::incident::Incident;
use crate::anomaly::kind::{Kind, Param, ParamType, Scope};
use crate::anomaly::line;
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static JSON_BAD_UTF8: Kind = Kind::new(
    "json_bad_utf8",
    Scope::Syntax,
    "Puts invalid or overlong bytes into a line.",
    "A line is valid UTF-8.",
)
.critical()
.drizzles(1e-5)
.takes(&[
    Param::new(
        "how",
        ParamType::Some(&NAMES),
        "Which ways: a letter as Latin-1 has it, one in two bytes instead of one, an emoji as CESU-8 has it, a quotation mark of Windows-1252, half a euro sign, a code point beyond Unicode, the mark of UTF-16. RFC 8259 forbids each (`claim`: rfc_invalid); Python lets surrogates pass.",
    ),
    TABLES,
])
.acts(&JsonBadUtf8);

static WAYS: [Way; 7] = [
    Way::invalid("latin1", latin1),
    Way::invalid("overlong", overlong),
    Way::invalid("surrogate_bytes", |line, draw| {
        ways::put(line, draw, b"\xed\xa0\xbd\xed\xb8\x80")
    }),
    Way::invalid("lone_continuation", |line, draw| ways::put(line, draw, b"\x92")),
    Way::invalid("cut_sequence", |line, draw| ways::put(line, draw, b"\xe2\x82")),
    Way::invalid("beyond_unicode", |line, draw| ways::put(line, draw, b"\xf4\x90\x80\x80")),
    Way::invalid("utf16_mark", |line, draw| ways::put(line, draw, b"\xff\xfe")),
];

static NAMES: [&str; WAYS.len()] = ways::names(&WAYS);

struct JsonBadUtf8;

impl Act for JsonBadUtf8 {
    fn rows(&self, params: &Params) -> Vec<Rowset> {
        ways::rows(params)
    }

    fn inject(
        &self,
        ground: &Ground<'_>,
        site: Site,
        params: &Params,
        draw: &mut Stream,
    ) -> Option<Incident> {
        ways::broken(ground, site, params, draw, &WAYS)
    }
}

/// A letter with a mark as Latin-1 writes it: one of the line's own, if it has one.
fn latin1(line: &[u8], draw: &mut Stream) -> Option<Vec<u8>> {
    let is_marked = |at: &usize| line[*at] == 0xc3 && line.get(at + 1).is_some_and(|b| *b >= 0x80);
    if let Some(at) = (0..line.len()).find(is_marked) {
        return Some(line::spliced(line, at..at + 2, &[line[at + 1] | 0x40]));
    }
    let at = ways::letter(line, draw)?;
    let marked = match line[at].to_ascii_lowercase() {
        b'a' => 0xe4,
        b'o' => 0xf6,
        b'u' => 0xfc,
        b'n' => 0xf1,
        b'c' => 0xe7,
        _ => 0xe9,
    };
    Some(line::spliced(line, at..at + 1, &[marked]))
}

/// A letter in two bytes, as filters that look for its one byte miss it.
fn overlong(line: &[u8], draw: &mut Stream) -> Option<Vec<u8>> {
    let at = ways::letter(line, draw)?;
    let letter = line[at];
    Some(line::spliced(line, at..at + 1, &[0xc0 | letter >> 6, 0x80 | letter & 0x3f]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_breaks_a_line() {
        ways::tests::hold(&WAYS);
    }
}
