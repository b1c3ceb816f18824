//! `dup_reissued`: the same act told twice, each time under an id of its own.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::fresh;
use crate::anomaly::ground::{Ground, RowRef, Rowset, Site};
use crate::anomaly::incident::{Incident, cells};
use crate::anomaly::kind::{Kind, Param, ParamType, Rule, Scope};
use crate::anomaly::value::Value;
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static DUP_REISSUED: Kind = Kind::new(
    "dup_reissued",
    Scope::Record,
    "Delivers the same act again under a new id.",
    "The natural key is unique: session and place of an event, checkout and attempt of a payment.",
)
.critical()
.found_by(Rule::AnyCopy)
.drizzles(1e-4)
.needs(&[])
.takes(&[
    Param::new(
        "tables",
        ParamType::Some(&["events", "payments"]),
        "Which tables: events of any type, or attempts to pay that failed.",
    ),
    Param::new(
        "delay_s",
        ParamType::Number(0.001..=86_400.0, 2.0),
        "Median time until it comes again, in seconds.",
    ),
])
.acts(&DupReissued);

struct DupReissued;

/// Attempts to pay that came to nothing.
const FAILED: std::ops::RangeInclusive<u8> = 1..=2;

impl Act for DupReissued {
    fn rows(&self, params: &Params) -> Vec<Rowset> {
        params.words("tables").iter().filter_map(|table| Rowset::of(table)).collect()
    }

    fn inject(
        &self,
        ground: &Ground<'_>,
        site: Site,
        params: &Params,
        draw: &mut Stream,
    ) -> Option<Incident> {
        let Site::Row(row) = site else { return None };
        let delay = super::delay(params.number("delay_s"), draw);
        if row.rowset == Rowset::Payments {
            return payment(ground, row, delay, draw);
        }
        let event = ground.event(row)?;
        let at = event.row.received + delay;
        ground.is_covered(at).then_some(())?;
        let sent = ground.value(row, "sent_at").number()?;
        let key = fresh::event_key(event.row.time, draw);
        let cells = cells([("event_id", key), ("sent_at", Value::Long(sent + delay))]);
        Some(Incident::new().duplicate(row, cells, Some(at)))
    }
}

/// An attempt to pay that the shop sent to the provider a second time, under the same idempotency key.
fn payment(ground: &Ground<'_>, row: RowRef, delay: i64, draw: &mut Stream) -> Option<Incident> {
    let payment = &ground.context.journal.payments[row.ordinal as usize];
    FAILED.contains(&payment.status).then_some(())?;
    let again = Value::Long(payment.at + delay);
    let cells = cells([("payment_id", fresh::key(draw)), ("attempted_at", again)]);
    Some(Incident::new().duplicate(row, cells, None))
}
