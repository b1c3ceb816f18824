//! `event_order_gap`: a purchase without an order, or an order without a purchase.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::ground::{Event, Ground, RowRef, Rowset, Site};
use crate::anomaly::incident::{Incident, Role, cells};
use crate::anomaly::kind::{Kind, Param, ParamType, Scope, Unit};
use crate::anomaly::kinds::wake;
use crate::anomaly::value::Value;
use crate::event::journal::NEVER;
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static EVENT_ORDER_GAP: Kind = Kind::new(
    "event_order_gap",
    Scope::System,
    "Lets a purchase have no order, or an order no purchase; what hangs on either goes with it.",
    "Purchases and orders are one to one.",
)
.critical()
.of(Unit::Order)
.drizzles(5e-4)
.needs(&["events", "orders", "order_items", "payments", "sessions", "journeys"])
.takes(&[Param::new(
    "how",
    ParamType::Some(&["no_order", "no_purchase"]),
    "Whether the order is missing, with its lines and payments, or the event.",
)])
.acts(&EventOrderGap);

struct EventOrderGap;

impl Act for EventOrderGap {
    fn inject(
        &self,
        ground: &Ground<'_>,
        site: Site,
        params: &Params,
        draw: &mut Stream,
    ) -> Option<Incident> {
        let Site::Row(order) = site else { return None };
        let purchase = ground.completion(order.ordinal)?;
        let turns: Vec<&str> = params.turns("how", draw).collect();
        turns.into_iter().find_map(|how| {
            if how == "no_order" {
                let incident = no_order(ground, order)?;
                return Some(incident.touch(purchase.at(), Role::Counterpart));
            }
            let events = ground.events(purchase.session);
            let is_purchase = |event: &Event| event.row.sequence == purchase.row.sequence;
            let incident = wake::without(ground, purchase.session, &events, is_purchase)?;
            Some(incident.touch(order, Role::Counterpart))
        })
    }
}

/// The shop's books without an order: no lines, no payments, and journey and session as if it had not been placed.
fn no_order(ground: &Ground<'_>, order: RowRef) -> Option<Incident> {
    let journal = ground.context.journal;
    let of = &journal.orders[order.ordinal as usize];
    // What was given back tells of the order, too.
    (of.refunded == NEVER).then_some(())?;
    let mut incident = Incident::new().delete(order);
    let lines = ground.lines_of(order.ordinal).map(|at| RowRef::new(Rowset::OrderItems, at));
    let payments = ground.payments_of(order.ordinal).into_iter();
    let payments = payments.map(|at| RowRef::new(Rowset::Payments, at));
    for child in lines.chain(payments) {
        incident = incident.delete(child).role(Role::Collateral);
    }
    let row = ground.journey_of(of.session);
    let journey = &journal.journeys[row.ordinal as usize];
    let mut left = vec![("orders", Value::Int(journey.orders as i32 - 1))];
    if journey.orders == 1 {
        left.push(("revenue", Value::Null));
        left.push(("currency", Value::Null));
        left.push(("outcome", Value::Text("checkout_abandoned".to_owned())));
    } else {
        left.push(("revenue", Value::Long(journey.revenue - of.total)));
    }
    incident = incident.set_all(row, cells(left)).role(Role::Collateral);
    if ground.orders_in(of.session).len() == 1 {
        let session = RowRef::new(Rowset::Sessions, of.session);
        incident = incident.set(session, "is_converted", Value::Flag(false)).role(Role::Collateral);
    }
    Some(incident)
}
