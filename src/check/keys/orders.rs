//! Orders: what they add up to, how far they came, and what events and journeys say of them.

use std::collections::HashMap;

use crate::check::entities::NEVER;
use crate::check::pass::{Seen, moment, money};
use crate::check::{Check, Context, EventBatch, Interned, Observer, Rows, Tally, Verdict, Wants};
use crate::read::Column;
use crate::read::hash::NONE;
use crate::schema::Table;

const TOTALS: Check = Check::new(
    "keys.order_totals",
    &["orders"],
    "subtotal - discount + shipping = total, the total is above zero, and the tax in it is no more than it.",
    "Revenue is summed from these columns.",
);
const LINES: Check = Check::new(
    "keys.order_lines",
    &["orders", "order_items"],
    "An order's lines are numbered from 1, each is quantity * unit_price, and they sum to the order's subtotal, in its currency.",
    "Revenue by product and revenue by order must be the same.",
);
const STATES: Check = Check::new(
    "keys.order_states",
    &["orders"],
    "An order is placed, paid, shipped and delivered in that order, and its status says how far it came.",
    "A state machine that is fed by the orders refuses any other way.",
);
const EVENTS: Check = Check::new(
    "keys.order_events",
    &["orders", "events", "sessions"],
    "An order has one order_completed, when it was paid, in its session, with its amounts and its currency; without consent it is one that names no order.",
    "Revenue by the event stream and by the shop's books must be the same.",
);
const REVENUE: Check = Check::new(
    "keys.revenue",
    &["orders", "journeys", "sessions"],
    "A journey's orders and revenue are those of its orders; a session is converted exactly when an order was placed in it.",
    "Conversion and revenue are counted from either table.",
);
const CURRENCY: Check = Check::new(
    "keys.currency",
    &["orders", "users"],
    "An order is in its person's currency.",
    "Amounts of two currencies must not be added up.",
);

/// The checks.
pub(super) static CHECKS: &[Check] = &[TOTALS, LINES, STATES, EVENTS, REVENUE, CURRENCY];

/// What was seen of an order.
#[derive(Clone, Copy, Default)]
struct State {
    subtotal: i64,
    lines: i64,
    paid: i64,
    sum: i64,
    items: i64,
    last_line: i64,
    completed: u32,
    bad_line: bool,
}

/// Follows orders.
pub(super) struct Orders {
    totals: Tally,
    lines: Tally,
    states: Tally,
    events: Tally,
    revenue: Tally,
    currency: Tally,
    seen: Vec<State>,
    /// The orders and the revenue that journeys state; those of none are left out.
    stated: HashMap<u32, (i64, i64)>,
    /// The orders and the revenue that journeys have.
    found: HashMap<u32, (i64, i64)>,
    /// By session: whether it says that it is converted.
    converted: Vec<bool>,
    completed: u32,
    money: Interned,
    /// By session and moment of payment: the order; found once a purchase names none.
    paid: Option<HashMap<(u32, i64), u32>>,
}

impl Orders {
    pub(super) fn new(context: &Context<'_>) -> Self {
        Self {
            totals: Tally::new(&TOTALS),
            lines: Tally::new(&LINES),
            states: Tally::new(&STATES),
            events: Tally::new(&EVENTS),
            revenue: Tally::new(&REVENUE),
            currency: Tally::new(&CURRENCY),
            seen: vec![State::default(); context.entities.orders.len()],
            stated: HashMap::new(),
            found: HashMap::new(),
            converted: vec![false; context.entities.sessions.len()],
            completed: super::kind(context, "order_completed"),
            money: Interned::default(),
            paid: None,
        }
    }

    /// The order that a purchase completes: the one that it names, or that its session paid at that moment.
    fn completed_by(&mut self, events: &EventBatch<'_>, key: &Column, row: usize) -> u32 {
        let entities = events.entities();
        if key.is_valid(row) {
            return entities.find("orders", Some(key), row);
        }
        let of = &entities.orders;
        let paid = self.paid.get_or_insert_with(|| {
            let paid = self.seen.iter().zip(of.iter()).enumerate();
            paid.map(|(order, (seen, of))| ((of.session, seen.paid), order as u32)).collect()
        });
        paid.get(&(events.session[row], events.time[row])).copied().unwrap_or(NONE)
    }

    fn orders(&mut self, rows: &Rows<'_>) {
        for row in 0..rows.len() {
            self.total(rows, row);
            self.state(rows, row);
            let order = rows.entities.find("orders", rows.column("order_id"), row);
            let Some(seen) = self.seen.get_mut(order as usize) else { continue };
            seen.subtotal = rows.long("subtotal", row).unwrap_or(0);
            seen.lines = rows.long("lines", row).unwrap_or(0);
            seen.paid = rows.long("paid_at", row).unwrap_or(NEVER);
            let of = &rows.entities.orders;
            let journey = rows.entities.find("journeys", rows.column("journey_id"), row);
            let (count, revenue) = self.found.entry(journey).or_default();
            *count += 1;
            *revenue += of[order as usize].total;
            let user = of[order as usize].user;
            let owned = rows.entities.users.get(user as usize).map(|user| user.currency);
            let own = owned.is_none_or(|own| own == of[order as usize].currency);
            self.currency.look(own, || {
                let there = rows.entities.word(of[order as usize].currency);
                let own = rows.entities.word(owned.unwrap_or(NONE));
                (rows.place(row), format!("is in {there}; its person's currency is {own}"))
            });
        }
    }

    fn total(&mut self, rows: &Rows<'_>, row: usize) {
        let names = ["subtotal", "discount", "shipping", "total", "tax"];
        let [subtotal, discount, shipping, total, tax] =
            names.map(|name| rows.long(name, row).unwrap_or(0));
        let right =
            subtotal - discount + shipping == total && total > 0 && (0..=total).contains(&tax);
        self.totals.look(right, || {
            let [subtotal, discount, shipping, total, tax] =
                [subtotal, discount, shipping, total, tax].map(money);
            let says = format!(
                "{subtotal} - {discount} + {shipping} is not {total}, or the tax {tax} is not in it"
            );
            (rows.place(row), says)
        });
    }

    fn state(&mut self, rows: &Rows<'_>, row: usize) {
        let names = ["placed_at", "paid_at", "shipped_at", "delivered_at"];
        let times = names.map(|name| rows.long(name, row));
        let there: Vec<i64> = times.iter().flatten().copied().collect();
        // Whoever was delivered was shipped: no moment is absent before one that is there.
        let whole =
            times.iter().rposition(Option::is_some).is_some_and(|last| last + 1 == there.len());
        let refunded = rows.long("refunded_at", row);
        let status = rows.column("status").and_then(|column| column.text(row)).unwrap_or_default();
        let reached = match (refunded, there.len()) {
            (Some(_), _) => "refunded",
            (None, 4) => "delivered",
            (None, 3) => "shipped",
            _ => "paid",
        };
        let in_order = there.is_sorted() && refunded >= refunded.and(times[1]);
        self.states.look(whole && in_order && status == reached, || {
            let told: Vec<String> = names
                .iter()
                .zip(&times)
                .map(|(name, time)| format!("{name} {}", moment(time.unwrap_or(NEVER))))
                .collect();
            (rows.place(row), format!("its status is `{status}`: {}", told.join(", ")))
        });
    }

    fn items(&mut self, rows: &Rows<'_>) {
        let Some(currency) = rows.column("currency") else { return };
        self.money.find(currency, &rows.entities.words);
        for row in 0..rows.len() {
            let order = rows.entities.find("orders", rows.column("order_id"), row);
            let Some(seen) = self.seen.get_mut(order as usize) else { continue };
            let names = ["line", "quantity", "unit_price", "line_total"];
            let [line, quantity, price, total] =
                names.map(|name| rows.long(name, row).unwrap_or(0));
            let own = rows.entities.orders[order as usize].currency;
            seen.items += 1;
            seen.sum += total;
            seen.last_line = seen.last_line.max(line);
            seen.bad_line |= quantity * price != total || self.money.key(currency, row) != own;
        }
    }

    fn journeys(&mut self, rows: &Rows<'_>) {
        let [orders, revenue] = ["orders", "revenue"].map(|name| rows.column(name));
        for row in 0..rows.len() {
            let orders = orders.and_then(|column| column.long(row)).unwrap_or(0);
            let revenue = revenue.and_then(|column| column.long(row));
            if orders != 0 || revenue.is_some() {
                self.stated.insert(rows.ordinal(row), (orders, revenue.unwrap_or(0)));
            }
        }
        self.revenue.saw(rows.len());
    }

    fn sessions(&mut self, rows: &Rows<'_>) {
        let Some(flags) = rows.column("is_converted") else { return };
        for row in 0..rows.len() {
            if let Some(converted) = self.converted.get_mut(rows.ordinal(row) as usize) {
                *converted = flags.flag(row).unwrap_or(false);
            }
        }
    }

    fn finish_orders(&mut self, context: &Context<'_>) {
        for (order, seen) in self.seen.iter().enumerate() {
            let place = || context.entities.place("orders", order as u32);
            let counted = seen.items == seen.lines && seen.last_line == seen.lines;
            self.lines.look(seen.sum == seen.subtotal && counted && !seen.bad_line, || {
                let [sum, subtotal] = [seen.sum, seen.subtotal].map(money);
                let says = format!(
                    "{} lines of {sum}; it states {} of {subtotal}",
                    seen.items, seen.lines
                );
                (place(), says)
            });
            self.events.look(seen.completed == 1, || {
                (place(), format!("has {} order_completed", seen.completed))
            });
        }
    }

    fn finish_revenue(&mut self, context: &Context<'_>) {
        let mut journeys: Vec<u32> = self.stated.keys().chain(self.found.keys()).copied().collect();
        journeys.sort_unstable();
        journeys.dedup();
        for journey in journeys {
            let of =
                |map: &HashMap<u32, (i64, i64)>| map.get(&journey).copied().unwrap_or_default();
            let ((orders, revenue), (stated, said)) = (of(&self.found), of(&self.stated));
            if (orders, revenue) != (stated, said) {
                self.revenue.wrong(|| {
                    let says = format!(
                        "states {stated} orders of {}; it has {orders} of {}",
                        money(said),
                        money(revenue)
                    );
                    (context.entities.place("journeys", journey), says)
                });
            }
        }
        let mut converted = vec![false; self.converted.len()];
        for order in context.entities.orders.iter() {
            if let Some(converted) = converted.get_mut(order.session as usize) {
                *converted = true;
            }
        }
        for (session, (there, stated)) in converted.iter().zip(&self.converted).enumerate() {
            self.revenue.look(there == stated, || {
                let says = format!("is_converted is {stated}, not {there}");
                (context.entities.place("sessions", session as u32), says)
            });
        }
    }
}

impl Observer for Orders {
    fn wants(&self, table: &Table) -> Wants {
        match table.name.as_str() {
            "orders" => Wants::Columns(&[
                "journey_id",
                "placed_at",
                "paid_at",
                "shipped_at",
                "delivered_at",
                "refunded_at",
                "status",
                "lines",
                "subtotal",
                "discount",
                "shipping",
                "total",
                "tax",
            ]),
            "order_items" => Wants::Columns(&[
                "order_id",
                "line",
                "quantity",
                "unit_price",
                "line_total",
                "currency",
            ]),
            "journeys" => Wants::Columns(&["orders", "revenue"]),
            "sessions" => Wants::Columns(&["is_converted"]),
            "events" => {
                Wants::Columns(&["order_id", "value", "tax", "shipping", "discount", "currency"])
            }
            _ => Wants::Nothing,
        }
    }

    fn see(&mut self, rows: &Rows<'_>) {
        match rows.table.name.as_str() {
            "orders" => self.orders(rows),
            "order_items" => self.items(rows),
            "journeys" => self.journeys(rows),
            _ => self.sessions(rows),
        }
    }

    fn see_events(&mut self, events: &EventBatch<'_>) {
        let (Some(key), Some(currency)) = (events.column("order_id"), events.column("currency"))
        else {
            return;
        };
        let entities = events.entities();
        self.money.find(currency, &entities.words);
        let kind = self.completed;
        for row in (0..events.len()).filter(|row| events.kind[*row] == kind) {
            let order = self.completed_by(events, key, row) as usize;
            let Some(seen) = self.seen.get_mut(order) else {
                self.events.look(false, || (events.place(row), "completes no order that is there"));
                continue;
            };
            seen.completed += 1;
            let of = &entities.orders;
            let there =
                ["value", "tax", "shipping", "discount"].map(|name| events.rows.long(name, row));
            let stated = [of[order].total, of[order].tax, of[order].shipping, of[order].discount];
            let told = |amounts: [i64; 4]| amounts.map(money).join(", ");
            let right = there == stated.map(Some)
                && self.money.key(currency, row) == of[order].currency
                && events.session[row] == of[order].session
                && events.time[row] == seen.paid;
            self.events.look(right, || {
                let (there, stated) = (told(there.map(|of| of.unwrap_or(0))), told(stated));
                let says = format!(
                    "value, tax, shipping, discount {there}; the order's are {stated}, paid at {} in {}",
                    moment(seen.paid),
                    entities.place("sessions", of[order].session),
                );
                (events.place(row), says)
            });
        }
    }

    fn finish(mut self: Box<Self>, context: &Context<'_>, _: &Seen) -> Vec<Verdict> {
        self.finish_orders(context);
        self.finish_revenue(context);
        let tallies =
            [self.totals, self.lines, self.states, self.events, self.revenue, self.currency];
        tallies.map(Tally::verdict).into()
    }
}
