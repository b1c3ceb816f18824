//! `step_order`: a step of a funnel before the one that leads to it.

use super::steps::PAIRS;
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
    "Lets two steps of a funnel change places; where one of them is a purchase, order and payment follow.",
    "Steps come in the funnel's order.",
)
.critical()
.drizzles(1e-4)
.needs(&["events", "orders", "payments"])
.takes(&[Param::new(
    "steps",
    ParamType::Some(&[
        "checkout", "cart", "payment", "gallery", "document", "hook", "exit_offer",
    ]),
    "Which: a purchase before its checkout or before the first product in the cart, paying before the checkout, swiping through a gallery or completing it before it is entered, completing a document before it is opened, engaging with a hook before it is shown, an exit offer before the exit intent.",
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
        (ground.session(session).events > 2).then_some(())?;
        let events = ground.events(session);
        let turns: Vec<&str> = params.turns("steps", draw).collect();
        turns.into_iter().find_map(|step| match step {
            "cart" | "checkout" => bought_early(ground, &events, session, step),
            step => taken_early(ground, &events, step),
        })
    }
}

/// The first event of one of some types.
fn first<'e>(ground: &Ground<'_>, events: &'e [Event], names: &[&str]) -> Option<&'e Event> {
    let kinds: Vec<u8> = names.iter().filter_map(|name| ground.event_type(name)).collect();
    events.iter().find(|event| kinds.contains(&event.row.kind))
}

/// A step in the place of the one that comes first.
fn taken_early(ground: &Ground<'_>, events: &[Event], step: &str) -> Option<Incident> {
    let pairs = PAIRS.iter().filter(|(name, ..)| *name == step);
    pairs.into_iter().find_map(|(_, before, after)| {
        let [before, after] = [before, after].map(|name| first(ground, events, &[*name]));
        exchanged(ground, events, before?, after?)
    })
}

/// A purchase in the place of the beginning of its checkout, or of the first product in the cart.
fn bought_early(
    ground: &Ground<'_>,
    events: &[Event],
    session: u32,
    step: &str,
) -> Option<Incident> {
    ground.session(session).converted.then_some(())?;
    let purchase = first(ground, events, &["order_completed"])?;
    // Before a session's first cart there may have been one in an earlier session.
    let (names, fits) = match step {
        "cart" => (CARTS, ground.session(session).number == 1),
        _ => (CHECKOUTS, true),
    };
    let step = first(ground, events, &names).filter(|_| fits)?;
    let [capture] = ground.payments_of(purchase.row.extra)[..] else { return None };
    let incident = exchanged(ground, events, step, purchase)?;
    let at = Value::Long(step.row.time);
    let of_order = cells([("placed_at", at.clone()), ("paid_at", at.clone())]);
    let order = RowRef::new(Rowset::Orders, purchase.row.extra);
    let capture = RowRef::new(Rowset::Payments, capture);
    let incident = incident.set_all(order, of_order).role(Role::Collateral);
    Some(incident.set(capture, "attempted_at", at).role(Role::Collateral))
}

/// What goes by an event's place in its session.
const OF_PLACE: [&str; 5] = ["event_time", "sent_at", "received_at", "session_seq", "user_id"];

/// Two events in each other's places: an early one and a late one.
fn exchanged(
    ground: &Ground<'_>,
    events: &[Event],
    early: &Event,
    late: &Event,
) -> Option<Incident> {
    // Rows that arrive at the same moment have no order that could be exchanged; the first event is the landing page.
    let arrives_alone = |event: &Event| {
        events.iter().filter(|other| other.row.received == event.row.received).count() == 1
    };
    let is_early = early.row.sequence > 0 && early.row.time < late.row.time;
    (is_early && arrives_alone(early) && arrives_alone(late)).then_some(())?;
    let mut incident = Incident::new();
    for (one, other, role) in [(late, early, Role::Primary), (early, late, Role::Counterpart)] {
        let [there, here] = [other, one].map(|event| ground.values(event.at(), &OF_PLACE));
        let all = OF_PLACE.into_iter().zip(there).zip(here);
        let differs = all.filter(|((_, there), here)| there != here).map(|(cell, _)| cell);
        let key = ground.value(one.at(), "event_id").id()?;
        let key = ("event_id", fresh::retimed(key, other.row.time));
        incident = incident.set_all(one.at(), cells(differs.chain([key]))).role(role);
    }
    Some(incident)
}
