//! Ways to break a line, as data: each with what parsers make of it.

use crate::anomaly::Params;
use crate::anomaly::ground::{Ground, Rowset, Site};
use crate::anomaly::incident::Incident;
use crate::anomaly::kind::{Param, ParamType};
use crate::anomaly::line::{self, Member};
use crate::seed::{Purpose, Seed, Stream};

/// What a broken line is to parsers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Claim {
    /// RFC 8259 forbids it: a parser that keeps to it refuses the line. Some do not keep to it.
    RfcInvalid,
    /// Its grammar allows it, or it is about lines and not about JSON: parsers disagree on whether it can be read, or on what it says.
    ParserDivergent,
    /// Every parser reads it alike; what comes behind them does not.
    RfcValid,
}

impl Claim {
    /// Its name, as labels have it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::RfcInvalid => "rfc_invalid",
            Self::ParserDivergent => "parser_divergent",
            Self::RfcValid => "rfc_valid",
        }
    }
}

/// How a line is broken; nothing where it cannot be done. The line has its end.
pub(super) type Break = fn(&[u8], &mut Stream) -> Option<Vec<u8>>;

/// A way to break a line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way {
    /// Its name.
    name: &'static str,
    /// What it is to parsers.
    claim: Claim,
    /// How it is done.
    how: Break,
}

impl Way {
    /// A way that RFC 8259 forbids.
    pub(super) const fn invalid(name: &'static str, how: Break) -> Self {
        Self { name, claim: Claim::RfcInvalid, how }
    }

    /// A way on which parsers disagree.
    pub(super) const fn divergent(name: &'static str, how: Break) -> Self {
        Self { name, claim: Claim::ParserDivergent, how }
    }

    /// A way that every parser takes.
    pub(super) const fn valid(name: &'static str, how: Break) -> Self {
        Self { name, claim: Claim::RfcValid, how }
    }
}

/// The names of ways, for a parameter.
pub(super) const fn names<const N: usize>(ways: &[Way; N]) -> [&'static str; N] {
    let mut names = [""; N];
    let mut at = 0;
    while at < N {
        names[at] = ways[at].name;
        at += 1;
    }
    names
}

/// The tables whose lines can be broken.
pub(super) const TABLES: Param = Param::new(
    "tables",
    ParamType::Some(&[
        "events",
        "users",
        "devices",
        "journeys",
        "sessions",
        "orders",
        "order_items",
        "payments",
    ]),
    "Whose lines. Those that are not written are passed over.",
);

/// The rows of the tables that the parameter names.
pub(super) fn rows(params: &Params) -> Vec<Rowset> {
    params.words(TABLES.name).iter().filter_map(|name| Rowset::of(name)).collect()
}

/// Draws of a way, which does the same whenever it is asked.
const DRAWS: Purpose = Purpose::named("anomaly.way");

/// Breaks the line of a site in one of the ways that the parameter `how` names.
pub(super) fn broken(
    ground: &Ground<'_>,
    site: Site,
    params: &Params,
    draw: &mut Stream,
    ways: &'static [Way],
) -> Option<Incident> {
    let Site::Row(row) = site else { return None };
    let name = params.one("how", draw);
    let Way { name, claim, how } = ways.iter().find(|way| way.name == name)?;
    let seed = Seed(draw.next());
    let change = move |line: &[u8]| how(line, &mut seed.stream(DRAWS, 0, 0));
    let line = ground.line(row)?;
    change(&line).filter(|broken| *broken != line)?;
    let incident =
        Incident::new().mangle(row, move |line| change(line).unwrap_or_else(|| line.to_vec()));
    Some(incident.note("way", *name).note("claim", claim.name()))
}

/// Columns of text that people wrote or that hold what they like, which are broken before others are.
const FREE: [&str; 12] = [
    "user_agent",
    "search_query",
    "page_referrer",
    "first_name",
    "last_name",
    "street",
    "city",
    "region",
    "model",
    "referrer",
    "landing_url",
    "page_url",
];

/// A member whose text is words: no key, no moment, nothing escaped.
pub(super) fn words(line: &[u8], draw: &mut Stream) -> Option<Member> {
    let is_words = |member: &Member| {
        let text = if member.is_text(line) { &line[member.inside()] } else { b"" };
        let is_key = text.len() == 36 && text[8] == b'-';
        text.len() > 2
            && text[0].is_ascii_alphabetic()
            && text[1..].iter().any(u8::is_ascii_alphabetic)
            && !is_key
            && !text.contains(&b'\\')
    };
    let is_free =
        |member: &Member| is_words(member) && FREE.iter().any(|name| member.is(line, name));
    line::pick(line, draw, is_free).or_else(|| line::pick(line, draw, is_words))
}

/// The place of a letter of a text of words, not the first.
pub(super) fn letter(line: &[u8], draw: &mut Stream) -> Option<usize> {
    let inside = words(line, draw)?.inside();
    let letters: Vec<usize> =
        (inside.start + 1..inside.end).filter(|at| line[*at].is_ascii_alphabetic()).collect();
    letters.get(draw.below(letters.len() as u32) as usize).copied()
}

/// Puts bytes in front of a letter of a text of words.
pub(super) fn put(line: &[u8], draw: &mut Stream, bytes: &[u8]) -> Option<Vec<u8>> {
    let at = letter(line, draw)?;
    Some(line::spliced(line, at..at, bytes))
}

/// Puts another token in the place of a number.
pub(super) fn number(
    line: &[u8],
    draw: &mut Stream,
    fits: impl Fn(&[u8]) -> bool,
    make: impl FnOnce(&[u8]) -> String,
) -> Option<Vec<u8>> {
    let is_fit = |member: &Member| member.is_number(line) && fits(&line[member.value.clone()]);
    let member = line::pick(line, draw, is_fit)?;
    let number = make(&line[member.value.clone()]);
    Some(line::spliced(line, member.value, number.as_bytes()))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A line that has something for every way.
    pub(crate) const LINE: &[u8] = b"{\"event_id\":\"0197c1c2-aaaa-7bbb-8ccc-ddddeeeeffff\",\"city\":\"M\xc3\xbcnchen\",\"seq\":7,\"price\":19.90,\"ok\":true,\"at\":\"2026-01-05T10:00:00.000000Z\",\"user_agent\":\"Mozilla/5.0\"}\n";

    /// For all ways of a kind and many draws: the line is another one, and what the claim says of the grammar is so.
    pub(crate) fn hold(ways: &[Way]) {
        for way in ways {
            for seed in 0..200 {
                let broken = (way.how)(LINE, &mut Seed(seed).stream(DRAWS, 0, 0)).expect(way.name);
                assert_ne!(broken, LINE, "{}", way.name);
                let read: Result<serde_json::Value, _> = serde_json::from_slice(&broken);
                match way.claim {
                    Claim::RfcInvalid => assert!(read.is_err(), "{}", way.name),
                    Claim::RfcValid => assert!(read.is_ok(), "{}", way.name),
                    Claim::ParserDivergent => {}
                }
            }
        }
    }
}
