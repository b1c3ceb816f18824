//! `decoy`: what looks odd and is right.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::ground::{Ground, Rowset, Site};
use crate::anomaly::incident::{Incident, Role};
use crate::anomaly::kind::{Kind, Param, ParamType, Rule, Scope, Unit};
use crate::anomaly::value::Value;
use crate::event::journal::NEVER;
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static DECOY: Kind = Kind::new(
    "decoy",
    Scope::Population,
    "Names what looks odd and is right: the surname Null, an order far larger than most.",
    "Everything holds: a finding of it is wrong.",
)
.found_by(Rule::AnyMember)
.of(Unit::Row)
.needs(&[])
.takes(&[
    Param::new("what", ParamType::Some(&["surname_null", "big_spender"]), "What to name."),
    Param::new(
        "above",
        ParamType::Number(10.0..=1e6, 400.0),
        "From which total on an order is large.",
    ),
])
.acts(&Decoy);

struct Decoy;

impl Act for Decoy {
    fn rows(&self, params: &Params) -> Vec<Rowset> {
        let of = |word: &String| match word.as_str() {
            "surname_null" => Rowset::Users,
            _ => Rowset::Orders,
        };
        params.words("what").iter().map(of).collect()
    }

    fn inject(
        &self,
        ground: &Ground<'_>,
        site: Site,
        params: &Params,
        _: &mut Stream,
    ) -> Option<Incident> {
        let Site::Row(row) = site else { return None };
        let journal = ground.context.journal;
        let nth = row.ordinal as usize;
        let incident = match row.rowset {
            Rowset::Users if journal.users[nth].registered != NEVER => {
                Incident::new().set(row, "last_name", Value::Text("Null".to_owned()))
            }
            Rowset::Orders
                if journal.orders[nth].total as f64 >= params.number("above") * 100.0 =>
            {
                Incident::new().touch(row, Role::Primary)
            }
            _ => return None,
        };
        Some(incident.decoy())
    }
}
