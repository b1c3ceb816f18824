//! `json_dup_key`: a name that stands twice.

use super::ways::{self, TABLES, Way};
use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::ground::{Ground, Rowset, Site};
use crate::anomaly::incident::Incident;
use crate::anomaly::kind::{Kind, Param, ParamType, Scope};
use crate::anomaly::line::{self, Member};
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static JSON_DUP_KEY: Kind = Kind::new(
    "json_dup_key",
    Scope::Syntax,
    "Repeats a key, on which parsers disagree.",
    "The keys of an object are unique.",
)
.critical()
.drizzles(1e-5)
.takes(&[
    Param::new(
        "how",
        ParamType::Some(&NAMES),
        "With the same value or with another one, at the end of the object. RFC 8259 allows it; some parsers take the last, some the first, DuckDB and Arrow refuse (parser_divergent).",
    ),
    TABLES,
])
.acts(&JsonDupKey);

static WAYS: [Way; 2] = [Way::divergent("same", same), Way::divergent("differs", differs)];

static NAMES: [&str; WAYS.len()] = ways::names(&WAYS);

struct JsonDupKey;

impl Act for JsonDupKey {
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

/// Repeats a member at the end of the object.
fn repeated(line: &[u8], member: &Member, value: &[u8]) -> Option<Vec<u8>> {
    let end = line.iter().rposition(|byte| *byte == b'}')?;
    let name = &line[member.name.clone()];
    Some(line::spliced(line, end..end, &[b",\"", name, b"\":", value].concat()))
}

fn same(line: &[u8], draw: &mut Stream) -> Option<Vec<u8>> {
    let member = line::pick(line, draw, |_| true)?;
    repeated(line, &member, &line[member.value.clone()])
}

/// A later version of the value: its last digit is the next one.
fn differs(line: &[u8], draw: &mut Stream) -> Option<Vec<u8>> {
    let digit = |member: &Member| line[member.value.clone()].iter().rposition(u8::is_ascii_digit);
    let is_flat = |member: &Member| member.is_text(line) || member.is_number(line);
    let member = line::pick(line, draw, |member| is_flat(member) && digit(member).is_some())?;
    let mut value = line[member.value.clone()].to_vec();
    let at = digit(&member)?;
    value[at] = if value[at] == b'9' { b'0' } else { value[at] + 1 };
    repeated(line, &member, &value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_breaks_a_line() {
        ways::tests::hold(&WAYS);
    }
}
