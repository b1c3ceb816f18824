//! `dup_mutated`: an event delivered twice that does not say the same.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::columns;
use crate::anomaly::ground::{Ground, Site};
use crate::anomaly::incident::{Incident, cells};
use crate::anomaly::kind::{Kind, Param, ParamType, Rule, Scope};
use crate::anomaly::value::Value;
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static DUP_MUTATED: Kind = Kind::new(
    "dup_mutated",
    Scope::Record,
    "Delivers an event again with another payload.",
    "An id has one payload.",
)
.critical()
.found_by(Rule::AnyCopy)
.drizzles(5e-5)
.takes(&[
    Param::new(
        "columns",
        ParamType::Columns(&["events.page_dwell_ms", "events.page_load_ms", "events.quantity"]),
        "Which columns of numbers the copy may state less in: one of them, where it is above one.",
    ),
    Param::new(
        "delay_s",
        ParamType::Number(0.001..=2_592_000.0, 30.0),
        "Median time until it comes again, in seconds.",
    ),
])
.acts(&DupMutated);

struct DupMutated;

impl Act for DupMutated {
    fn inject(
        &self,
        ground: &Ground<'_>,
        site: Site,
        params: &Params,
        draw: &mut Stream,
    ) -> Option<Incident> {
        let Site::Row(row) = site else { return None };
        let event = ground.event(row)?;
        let at = event.row.received + super::delay(params.number("delay_s"), draw);
        ground.is_covered(at).then_some(())?;
        let names = columns::of(params.words("columns"), row.rowset);
        let is_more = |value: &Value| value.number().is_some_and(|number| number > 1);
        let (column, value) = columns::pick(ground, row, names, draw, is_more)?;
        // A page was still open, a cart not yet full: whatever the client knew when it sent the first time.
        let share = 0.1 + 0.8 * draw.unit();
        let less = |number: i64| (number as f64 * share) as i64;
        let other = match value {
            Value::Int(number) => Value::Int(less(number.into()).max(1) as i32),
            Value::Long(number) => Value::Long(less(number).max(1)),
            _ => return None,
        };
        Some(Incident::new().duplicate(row, cells([(column, other)]), Some(at)))
    }
}
