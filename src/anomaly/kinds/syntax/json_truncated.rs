//! `json_truncated`: a line that ends too early.

use super::ways::{self, Claim, TABLES};
use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::ground::{Ground, Rowset, Site};
use crate::anomaly::incident::Incident;
use crate::anomaly::kind::{Kind, Scope};
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static JSON_TRUNCATED: Kind =
    Kind::new("json_truncated", Scope::Syntax, "Cuts a line short.", "A line parses.")
        .critical()
        .drizzles(2e-5)
        .takes(&[TABLES])
        .acts(&JsonTruncated);

struct JsonTruncated;

impl Act for JsonTruncated {
    fn rows(&self, params: &Params) -> Vec<Rowset> {
        ways::rows(params)
    }

    fn inject(
        &self,
        _: &Ground<'_>,
        site: Site,
        _: &Params,
        draw: &mut Stream,
    ) -> Option<Incident> {
        let Site::Row(row) = site else { return None };
        let share = 0.02 + 0.96 * draw.unit();
        // No beginning of an object is an object.
        let cut = move |line: &[u8]| {
            let inside = line.len().saturating_sub(3) as f64;
            let kept = 1 + (inside * share) as usize;
            [&line[..kept.min(line.len())], b"\n"].concat()
        };
        Some(Incident::new().mangle(row, cut).note("claim", Claim::RfcInvalid.name()))
    }
}
