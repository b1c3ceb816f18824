//! `line_framing`: lines that are more or less than an object.

use super::ways::{self, TABLES, Way};
use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::ground::{Ground, Rowset, Site};
use crate::anomaly::incident::Incident;
use crate::anomaly::kind::{Kind, Param, ParamType, Scope};
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static LINE_FRAMING: Kind = Kind::new(
    "line_framing",
    Scope::Syntax,
    "Adds a blank line, glues two lines together, ends one with CRLF.",
    "One object a line, ended by a newline.",
)
.critical()
.drizzles(1e-5)
.takes(&[
    Param::new(
        "how",
        ParamType::Some(&NAMES),
        "A blank line in front, no newline behind (the next object follows at once), a carriage return alone, or both. DuckDB and Arrow pass over blank lines, Arrow reads two objects in a line, others refuse (parser_divergent); CRLF they all read (rfc_valid), but byte offsets and digests change.",
    ),
    TABLES,
])
.acts(&LineFraming);

static WAYS: [Way; 4] = [
    Way::divergent("blank", blank),
    Way::divergent("glued", |line, _| end(line, b"")),
    Way::divergent("lone_cr", |line, _| end(line, b"\r")),
    Way::valid("crlf", |line, _| end(line, b"\r\n")),
];

static NAMES: [&str; WAYS.len()] = ways::names(&WAYS);

struct LineFraming;

impl Act for LineFraming {
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

#[expect(clippy::unnecessary_wraps, reason = "a way can fail")]
fn blank(line: &[u8], draw: &mut Stream) -> Option<Vec<u8>> {
    let blank: &[u8] = if draw.chance(0.5) { b"\n" } else { b"  \n" };
    Some([blank, line].concat())
}

/// The line with another end.
fn end(line: &[u8], end: &[u8]) -> Option<Vec<u8>> {
    Some([line.strip_suffix(b"\n")?, end].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_breaks_a_line() {
        ways::tests::hold(&WAYS);
    }
}
