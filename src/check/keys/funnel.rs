//! What must have happened before: a cart before a purchase, a checkout before a payment.

use std::collections::HashMap;

use crate::check::entities::NEVER;
use crate::check::pass::{Seen, moment};
use crate::check::{Check, Context, EventBatch, Observer, Rows, Tally, Verdict, Wants};
use crate::read::Data;
use crate::read::hash::NONE;
use crate::schema::Table;

const PURCHASE: Check = Check::new(
    "keys.purchase_after_cart",
    &["events", "sessions", "journeys"],
    "A purchase comes after a cart or a touch that buys at once, in its journey.",
    "A funnel in which the last stage is reached without the first counts more than everybody.",
);
const PAYMENT: Check = Check::new(
    "keys.payment_after_checkout",
    &["events", "sessions"],
    "A payment comes after a checkout, a touch that buys at once or an accepted exit offer, in its session.",
    "Checkout errors are counted a checkout, so each belongs to one.",
);
const ORDERED: Check = Check::new(
    "keys.ordered_from_cart",
    &["events", "sessions", "journeys", "orders", "order_items", "products"],
    "What is ordered was put into the cart before, or bought with one touch, in its journey.",
    "Cart analysis follows a product from the cart into the order.",
);

/// The checks.
pub(super) static CHECKS: &[Check] = &[PURCHASE, PAYMENT, ORDERED];

/// A product in a journey, bought with one touch or not.
type Line = (u32, u32, bool);

/// Follows journeys from cart to order.
pub(super) struct Funnel {
    purchase: Tally,
    payment: Tally,
    ordered: Tally,
    carts: [u32; 3],
    checkouts: [u32; 3],
    payments: [u32; 2],
    /// By journey: when something first lay in the cart.
    carted: Vec<i64>,
    /// By session: whether a checkout was begun.
    begun: Vec<bool>,
    /// Purchases: the journey, when, and where the event is.
    purchases: Vec<(u32, i64, u128)>,
    /// Lines of orders: what must have been in the cart, by when, and of which order.
    lines: Vec<(Line, i64, u32)>,
    /// When each of them first lay there.
    first: HashMap<Line, i64>,
}

impl Funnel {
    pub(super) fn new(context: &Context<'_>) -> Self {
        let kind = |name| super::kind(context, name);
        Self {
            purchase: Tally::new(&PURCHASE),
            payment: Tally::new(&PAYMENT),
            ordered: Tally::new(&ORDERED),
            carts: ["product_added", "one_click_started", "state_restored"].map(kind),
            checkouts: ["checkout_started", "one_click_started", "exit_offer_engaged"].map(kind),
            payments: ["order_completed", "payment_failed"].map(kind),
            carted: vec![NEVER; context.entities.journeys.len()],
            begun: vec![false; context.entities.sessions.len()],
            purchases: Vec::new(),
            lines: Vec::new(),
            first: HashMap::new(),
        }
    }

    /// A product was put into the cart, or bought at once.
    fn added(&mut self, events: &EventBatch<'_>, row: usize) {
        let line = (events.journey(row), events.product(row), events.kind[row] == self.carts[1]);
        if let Some(first) = self.first.get_mut(&line) {
            *first = (*first).min(events.time[row]);
        }
    }
}

impl Observer for Funnel {
    fn wants(&self, table: &Table) -> Wants {
        match table.name.as_str() {
            "order_items" | "events" => Wants::Columns(&["product_id"]),
            _ => Wants::Nothing,
        }
    }

    fn see(&mut self, rows: &Rows<'_>) {
        let entities = rows.entities;
        for row in 0..rows.len() {
            let order = entities.find("orders", rows.column("order_id"), row);
            let product = entities.find("products", rows.column("product_id"), row);
            let Some(of) = entities.orders.get(order as usize) else { continue };
            let journey = entities.sessions.at(of.session).journey;
            let line = (journey, product, of.one_click);
            self.first.insert(line, NEVER);
            self.lines.push((line, of.placed, order));
        }
    }

    fn see_events(&mut self, events: &EventBatch<'_>) {
        let ids = events.column("event_id");
        for row in (0..events.len()).filter(|row| events.kind[*row] != NONE) {
            let (kind, session, time) = (events.kind[row], events.session[row], events.time[row]);
            if self.carts.contains(&kind) {
                if let Some(carted) = self.carted.get_mut(events.journey(row) as usize) {
                    *carted = time.min(*carted);
                }
                self.added(events, row);
            }
            if self.checkouts.contains(&kind)
                && let Some(begun) = self.begun.get_mut(session as usize)
            {
                *begun = true;
            }
            if self.payments.contains(&kind) {
                let begun = self.begun.get(session as usize).copied().unwrap_or(true);
                self.payment.look(begun, || {
                    (events.place(row), "no checkout was begun before in its session")
                });
            }
            if kind == self.payments[0] {
                // A token cannot be told by its bits: the journey is, then.
                let ids = ids.filter(|ids| matches!(ids.data, Data::Ids(_)));
                let id = ids.and_then(|ids| ids.id(row)).unwrap_or(0);
                self.purchases.push((events.journey(row), time, id));
            }
        }
    }

    fn finish(mut self: Box<Self>, context: &Context<'_>, _: &Seen) -> Vec<Verdict> {
        for (journey, time, id) in &self.purchases {
            let carted = self.carted.get(*journey as usize).copied().unwrap_or(i64::MIN);
            self.purchase.look(carted < *time, || {
                let place = match id {
                    0 => context.entities.place("journeys", *journey),
                    id => format!("events where event_id = {}", crate::check::pass::id(*id)),
                };
                (place, "nothing lay in the cart before in its journey")
            });
        }
        for (line, placed, order) in &self.lines {
            let first = self.first.get(line).copied().unwrap_or(NEVER);
            self.ordered.look(first <= *placed, || {
                let product = context.entities.place("products", line.1);
                let says = format!("{product}: in its journey's cart {}", moment(first));
                (context.entities.place("orders", *order), says)
            });
        }
        vec![self.purchase.verdict(), self.payment.verdict(), self.ordered.verdict()]
    }
}
