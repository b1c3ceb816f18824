//! `json_malformed`: lines that no parser should take.

use super::ways::{self, TABLES, Way};
use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::ground::{Ground, Rowset, Site};
use crate::anomaly::incident::Incident;
use crate::anomaly::kind::{Kind, Param, ParamType, Scope};
use crate::anomaly::line::{self, Member};
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static JSON_MALFORMED: Kind = Kind::new(
    "json_malformed",
    Scope::Syntax,
    "Puts a bad comma, quote or token into a line.",
    "A line is JSON as RFC 8259 has it.",
)
.critical()
.drizzles(2e-5)
.takes(&[
    Param::new(
        "how",
        ParamType::Some(&NAMES),
        "Which ways; RFC 8259 forbids each (`claim`: rfc_invalid), and DuckDB takes a trailing comma all the same.",
    ),
    TABLES,
])
.acts(&JsonMalformed);

static WAYS: [Way; 13] = [
    Way::invalid("trailing_comma", trailing_comma),
    Way::invalid("missing_comma", missing_comma),
    Way::invalid("missing_colon", missing_colon),
    Way::invalid("missing_quote", missing_quote),
    Way::invalid("bare_quote", |line, draw| ways::put(line, draw, b"\"")),
    Way::invalid("single_quotes", single_quotes),
    Way::invalid("bare_key", bare_key),
    Way::invalid("bad_escape", |line, draw| ways::put(line, draw, b"\\'")),
    Way::invalid("raw_control", |line, draw| ways::put(line, draw, b"\t")),
    Way::invalid("leading_zero", leading_zero),
    Way::invalid("token", token),
    Way::invalid("comment", comment),
    Way::invalid("extra_brace", |line, _| before_end(line, b"}")),
];

static NAMES: [&str; WAYS.len()] = ways::names(&WAYS);

struct JsonMalformed;

impl Act for JsonMalformed {
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

/// Puts bytes in front of the brace that ends the object.
fn before_end(line: &[u8], bytes: &[u8]) -> Option<Vec<u8>> {
    let end = line.iter().rposition(|byte| *byte == b'}')?;
    Some(line::spliced(line, end..end, bytes))
}

fn trailing_comma(line: &[u8], _: &mut Stream) -> Option<Vec<u8>> {
    before_end(line, b",")
}

/// A member that is not the first: a comma stands in front of it.
fn later(line: &[u8], draw: &mut Stream) -> Option<Member> {
    line::pick(line, draw, |member| member.name.start > 2)
}

fn missing_comma(line: &[u8], draw: &mut Stream) -> Option<Vec<u8>> {
    let quote = later(line, draw)?.name.start - 1;
    Some(line::spliced(line, quote - 1..quote, b" "))
}

fn missing_colon(line: &[u8], draw: &mut Stream) -> Option<Vec<u8>> {
    let value = later(line, draw)?.value.start;
    Some(line::spliced(line, value - 1..value, b" "))
}

/// A text goes on until the next member's name begins. The last one's would go on to the end of the line, which is another kind's.
fn missing_quote(line: &[u8], draw: &mut Stream) -> Option<Vec<u8>> {
    let last = line::members(line).pop()?;
    let end = line::pick(line, draw, |member| member.is_text(line) && *member != last)?.value.end;
    Some(line::spliced(line, end - 1..end, b""))
}

/// What Python's `str` makes of a dictionary.
#[expect(clippy::unnecessary_wraps, reason = "a way can fail")]
fn single_quotes(line: &[u8], _: &mut Stream) -> Option<Vec<u8>> {
    let mut python = line.to_vec();
    for member in line::members(line).into_iter().rev() {
        let word: &[u8] = match &line[member.value.clone()] {
            b"true" => b"True",
            b"false" => b"False",
            _ => continue,
        };
        python = line::spliced(&python, member.value, word);
    }
    python.iter_mut().filter(|byte| **byte == b'"').for_each(|byte| *byte = b'\'');
    Some(python)
}

fn bare_key(line: &[u8], draw: &mut Stream) -> Option<Vec<u8>> {
    let name = later(line, draw)?.name;
    let bare = line[name.clone()].to_vec();
    Some(line::spliced(line, name.start - 1..name.end + 1, &bare))
}

fn leading_zero(line: &[u8], draw: &mut Stream) -> Option<Vec<u8>> {
    ways::number(
        line,
        draw,
        |number| number[0] != b'-',
        |number| format!("0{}", String::from_utf8_lossy(number)),
    )
}

/// A word of Python or JavaScript where a number, true or false stood.
fn token(line: &[u8], draw: &mut Stream) -> Option<Vec<u8>> {
    let bare = |member: &Member| {
        matches!(line[member.value.clone()].first(), Some(b'-' | b'0'..=b'9' | b't' | b'f'))
    };
    let place = line::pick(line, draw, bare)?.value;
    let words: [&[u8]; 3] = [b"None", b"undefined", b"True"];
    Some(line::spliced(line, place, words[draw.below(3) as usize]))
}

fn comment(line: &[u8], draw: &mut Stream) -> Option<Vec<u8>> {
    let quote = later(line, draw)?.name.start - 1;
    Some(line::spliced(line, quote..quote, b"/* TODO */"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_breaks_a_line() {
        ways::tests::hold(&WAYS);
    }
}
