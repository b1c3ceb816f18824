//! `step_order`: a purchase before the step that leads to it.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::fresh;
use crate::anomaly::ground::{Event, Ground, RowRef, Rowset, Site};
use crate::anomaly::incident::{Incident, Role, cells};
use crate::anomaly::kind::{Kind, Param, ParamType, Scope};
use crate::anomaly::value::Value;
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static STEP_ORDER: Kind = Kind::new(
    "step_order",
    Scope::Session,
    "Lets a purchase and an earlier step of its funnel change places; order and payment follow.",
    "Steps come in the funnel's order.",
)
.critical()
.drizzles(1e-4)
.needs(&["events", "orders", "payments"])
.takes(&[Param::new(
    "steps",
    ParamType::Some(&["checkout", "cart"]),
    "Before which step the purchase comes: the beginning of its checkout, or the first product in the cart.",
)])
.acts(&StepOrder);

struct StepOrder;

/// What a checkout begins with, and what fills a cart.
const CHECKOUTS: [&str; 3] = ["checkout_started", "one_click_started", "exit_offer_engaged"];
const CARTS: [&str; 3] = ["product_added", "one_click_started", "state_restored"];

impl Act for StepOrder {
    fn inject(
        &self,
        ground: &Ground<'_>,
        site: Site,
        params: &Params,
        draw: &mut Stream,
    ) -> Option<Incident> {
        let Site::Row(RowRef { ordinal: session, .. }) = site else { return None };
        ground.session(session).converted.then_some(())?;
        let events = ground.events(session);
        let completed = ground.event_type("order_completed")?;
        let purchase = events.iter().find(|event| event.row.kind == completed)?;
        let turns: Vec<&str> = params.turns("steps", draw).collect();
        turns.into_iter().find_map(|step| {
            // Before a session's first cart there may have been one in an earlier session.
            let (names, fits) = match step {
                "cart" => (CARTS, ground.session(session).number == 1),
                _ => (CHECKOUTS, true),
            };
            let kinds = names.map(|name| ground.event_type(name));
            let mut steps = events.iter().filter(|event| kinds.contains(&Some(event.row.kind)));
            let step = steps.next().filter(|step| fits && step.row.time < purchase.row.time)?;
            exchanged(ground, &events, step, purchase)
        })
    }
}

/// What goes by an event's place in its session.
const OF_PLACE: [&str; 5] = ["event_time", "sent_at", "received_at", "session_seq", "user_id"];

/// A step and the purchase in each other's places.
fn exchanged(
    ground: &Ground<'_>,
    events: &[Event],
    step: &Event,
    purchase: &Event,
) -> Option<Incident> {
    // Rows that arrive at the same moment have no order that could be exchanged; the first event is the landing page.
    let arrives_alone = |event: &Event| {
        events.iter().filter(|other| other.row.received == event.row.received).count() == 1
    };
    let moves = step.row.sequence > 0 && arrives_alone(step) && arrives_alone(purchase);
    let order = purchase.row.extra;
    let payments = ground.payments_of(order);
    let [capture] = payments[..] else { return None };
    moves.then_some(())?;
    let mut incident = Incident::new();
    for (one, other, role) in [(purchase, step, Role::Primary), (step, purchase, Role::Counterpart)]
    {
        let [there, here] = [other, one].map(|event| ground.values(event.at(), &OF_PLACE));
        let all = OF_PLACE.into_iter().zip(there).zip(here);
        let differs = all.filter(|((_, there), here)| there != here).map(|(cell, _)| cell);
        let key = ground.value(one.at(), "event_id").id()?;
        let key = ("event_id", fresh::retimed(key, other.row.time));
        incident = incident.set_all(one.at(), cells(differs.chain([key]))).role(role);
    }
    let at = Value::Long(step.row.time);
    let of_order = cells([("placed_at", at.clone()), ("paid_at", at.clone())]);
    let order = RowRef::new(Rowset::Orders, order);
    let capture = RowRef::new(Rowset::Payments, capture);
    let incident = incident.set_all(order, of_order).role(Role::Collateral);
    Some(incident.set(capture, "attempted_at", at).role(Role::Collateral))
}
