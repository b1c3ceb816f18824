//! `json_control_text`: characters that parsers pass on and others choke on.

use super::ways::{self, TABLES, Way};
use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::ground::{Ground, Rowset, Site};
use crate::anomaly::incident::Incident;
use crate::anomaly::kind::{Kind, Param, ParamType, Scope};
use crate::anomaly::line;
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static JSON_CONTROL_TEXT: Kind = Kind::new(
    "json_control_text",
    Scope::Syntax,
    "Puts a lone surrogate, a NUL or a byte order mark into a text.",
    "Texts hold none of them.",
)
.takes(&[
    Param::new(
        "how",
        ParamType::Some(&NAMES),
        "Which ways. Parsers disagree on half a surrogate pair and on a byte order mark in front of the object (parser_divergent); NUL and a mark within a text they all read (rfc_valid), but PostgreSQL and C strings do not.",
    ),
    TABLES,
])
.acts(&JsonControlText);

static WAYS: [Way; 4] = [
    Way::divergent("lone_surrogate", |line, draw| ways::put(line, draw, b"\\ud83d")),
    Way::valid("nul", |line, draw| ways::put(line, draw, b"\\u0000")),
    Way::valid("bom_in_text", bom_in_text),
    Way::divergent("bom_before_line", |line, _| Some([b"\xef\xbb\xbf", line].concat())),
];

static NAMES: [&str; WAYS.len()] = ways::names(&WAYS);

struct JsonControlText;

impl Act for JsonControlText {
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

/// The mark at the beginning of a text, as it comes out of a file that was pasted.
fn bom_in_text(line: &[u8], draw: &mut Stream) -> Option<Vec<u8>> {
    let start = ways::words(line, draw)?.inside().start;
    Some(line::spliced(line, start..start, b"\\ufeff"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_breaks_a_line() {
        ways::tests::hold(&WAYS);
    }
}
