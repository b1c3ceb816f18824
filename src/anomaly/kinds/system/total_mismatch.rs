//! `total_mismatch`: an order whose total is not that of its parts.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::ground::{Ground, RowRef, Rowset, Site};
use crate::anomaly::incident::{Incident, Role};
use crate::anomaly::kind::{Kind, Param, ParamType, Scope, Unit};
use crate::anomaly::value::Value;
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static TOTAL_MISMATCH: Kind = Kind::new(
    "total_mismatch",
    Scope::System,
    "Changes an order's total, or that of a line; payment, event and journey follow the order's.",
    "A total is the sum of its parts.",
)
.critical()
.of(Unit::Order)
.drizzles(5e-4)
.needs(&["events", "orders", "order_items", "payments", "journeys"])
.takes(&[Param::new(
    "how",
    ParamType::Some(&["cent", "shipping", "discount", "share", "line"]),
    "A cent more or less, shipping or discount left out of the sum, some per cent more or less, a line counted once more.",
)])
.acts(&TotalMismatch);

struct TotalMismatch;

impl Act for TotalMismatch {
    fn inject(
        &self,
        ground: &Ground<'_>,
        site: Site,
        params: &Params,
        draw: &mut Stream,
    ) -> Option<Incident> {
        let Site::Row(order) = site else { return None };
        let of = &ground.context.journal.orders[order.ordinal as usize];
        let sign = if draw.chance(0.5) { 1 } else { -1 };
        let share = (of.total as f64 * (0.01 + 0.19 * draw.unit())) as i64;
        let turns: Vec<&str> = params.turns("how", draw).collect();
        turns.into_iter().find_map(|how| {
            let by = match how {
                "cent" => sign,
                "shipping" => -of.shipping,
                "discount" => of.discount,
                "share" => sign * share,
                _ => return line(ground, order),
            };
            let fits = by != 0 && of.total + by >= of.tax.max(1);
            fits.then(|| total(ground, order, by))
        })
    }
}

/// A line that states the price of a piece more.
fn line(ground: &Ground<'_>, order: RowRef) -> Option<Incident> {
    let line = ground.lines_of(order.ordinal).next()?;
    let of = &ground.context.journal.lines[line as usize];
    let total = (i64::from(of.quantity) + 1) * of.unit;
    let row = RowRef::new(Rowset::OrderItems, line);
    let incident = Incident::new().set(row, "line_total", Value::Long(total));
    Some(incident.touch(order, Role::Counterpart).effect(of.unit as f64 / 100.0))
}

/// An order that states so much more; whoever repeats its total repeats it.
fn total(ground: &Ground<'_>, order: RowRef, by: i64) -> Incident {
    let journal = ground.context.journal;
    let of = &journal.orders[order.ordinal as usize];
    let total = || Value::Long(of.total + by);
    let mut incident = Incident::new().set(order, "total", total());
    let mut sessions = vec![of.session];
    for payment in ground.payments_of(order.ordinal) {
        let row = RowRef::new(Rowset::Payments, payment);
        incident = incident.set(row, "amount", total()).role(Role::Collateral);
        sessions.push(journal.payments[payment as usize].session);
    }
    sessions.sort_unstable();
    sessions.dedup();
    for event in sessions.into_iter().flat_map(|at| ground.statements(at, order.ordinal)) {
        incident = incident.set(event.at(), "value", total()).role(Role::Collateral);
    }
    let journey = ground.journey_of(of.session);
    let revenue = journal.journeys[journey.ordinal as usize].revenue + by;
    let incident = incident.set(journey, "revenue", Value::Long(revenue)).role(Role::Collateral);
    incident.effect(by as f64 / 100.0)
}
