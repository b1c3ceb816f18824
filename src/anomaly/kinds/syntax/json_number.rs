//! `json_number`: numbers that are none, or more than a double holds.

use super::ways::{self, TABLES, Way};
use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::ground::{Ground, Rowset, Site};
use crate::anomaly::incident::Incident;
use crate::anomaly::kind::{Kind, Param, ParamType, Scope};
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static JSON_NUMBER: Kind = Kind::new(
    "json_number",
    Scope::Syntax,
    "Makes a number NaN, Infinity, 1e400, or an integer beyond 2^53 or 2^64.",
    "Numbers are finite and bounded.",
)
.critical()
.drizzles(1e-5)
.takes(&[
    Param::new(
        "how",
        ParamType::Some(&NAMES),
        "Which ways. RFC 8259 forbids NaN and the infinities (rfc_invalid), though Python, DuckDB and Arrow take them; on 1e400 and on integers beyond 2^53 and 2^64 parsers disagree (parser_divergent): exact, rounded, infinite or refused.",
    ),
    TABLES,
])
.acts(&JsonNumber);

static WAYS: [Way; 6] = [
    Way::invalid("nan", |line, draw| any(line, draw, "NaN")),
    Way::invalid("infinity", |line, draw| any(line, draw, "Infinity")),
    Way::invalid("negative_infinity", |line, draw| any(line, draw, "-Infinity")),
    Way::divergent("overflow", |line, draw| any(line, draw, "1e400")),
    Way::divergent("beyond_2_53", beyond_2_53),
    Way::divergent("beyond_2_64", beyond_2_64),
];

static NAMES: [&str; WAYS.len()] = ways::names(&WAYS);

struct JsonNumber;

impl Act for JsonNumber {
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

fn any(line: &[u8], draw: &mut Stream, token: &str) -> Option<Vec<u8>> {
    ways::number(line, draw, |_| true, |_| token.to_owned())
}

/// An odd integer beyond 2^53, which a double rounds.
fn beyond_2_53(line: &[u8], draw: &mut Stream) -> Option<Vec<u8>> {
    let number = 9_007_199_254_740_993 + 2 * u64::from(draw.below(1_000));
    let is_whole = |number: &[u8]| number.iter().all(u8::is_ascii_digit);
    ways::number(line, draw, is_whole, |_| number.to_string())
}

/// An integer that no machine word holds and no double.
fn beyond_2_64(line: &[u8], draw: &mut Stream) -> Option<Vec<u8>> {
    let number = 18_446_744_073_709_551_617 + 2 * u128::from(draw.below(1_000));
    ways::number(line, draw, |_| true, |_| number.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_breaks_a_line() {
        ways::tests::hold(&WAYS);
    }
}
