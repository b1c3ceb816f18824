//! Payments: attempts, captures, refunds.

use std::collections::{HashMap, HashSet};

use crate::check::pass::{Seen, money};
use crate::check::{Check, Context, Observer, Rows, Tally, Verdict, Wants};
use crate::schema::Table;

const PAYMENTS: Check = Check::new(
    "keys.payments",
    &["orders", "payments"],
    "An order was paid once, in full; it was given back in full exactly when its status says so.",
    "The shop's books and the provider's must agree.",
);
const ATTEMPTS: Check = Check::new(
    "keys.attempts",
    &["payments"],
    "Attempts to pay are counted in each checkout from 1, each under a key of its own.",
    "A key that comes twice is one payment to the provider.",
);

/// The checks.
pub(super) static CHECKS: &[Check] = &[PAYMENTS, ATTEMPTS];

/// What was seen of an order's payments.
#[derive(Clone, Copy, Default)]
struct State {
    captured: u32,
    returned: u32,
    wrong_amount: Option<i64>,
    is_refunded: bool,
}

/// Follows payments.
pub(super) struct Payments {
    paid: Tally,
    attempts: Tally,
    orders: Vec<State>,
    /// By checkout: its attempts so far.
    checkouts: HashMap<u128, i64>,
    keys: HashSet<u128>,
}

impl Payments {
    pub(super) fn new(context: &Context<'_>) -> Self {
        Self {
            paid: Tally::new(&PAYMENTS),
            attempts: Tally::new(&ATTEMPTS),
            orders: vec![State::default(); context.entities.orders.len()],
            checkouts: HashMap::new(),
            keys: HashSet::new(),
        }
    }

    fn orders(&mut self, rows: &Rows<'_>) {
        for row in 0..rows.len() {
            let order = rows.entities.find("orders", rows.column("order_id"), row);
            let status = rows.column("status").and_then(|column| column.text(row));
            if let Some(state) = self.orders.get_mut(order as usize) {
                state.is_refunded = status == Some("refunded");
            }
        }
    }

    fn payment(&mut self, rows: &Rows<'_>, row: usize) {
        let status = rows.column("status").and_then(|column| column.text(row)).unwrap_or_default();
        let order = rows.entities.find("orders", rows.column("order_id"), row);
        if let Some(state) = self.orders.get_mut(order as usize) {
            let amount = rows.long("amount", row).unwrap_or(0);
            let counts = match status {
                "captured" => Some(&mut state.captured),
                "refunded" => Some(&mut state.returned),
                _ => None,
            };
            if let Some(count) = counts {
                *count += 1;
                if amount != rows.entities.orders[order as usize].total {
                    state.wrong_amount = Some(amount);
                }
            }
        }
        if status != "refunded" {
            self.attempt(rows, row);
        }
    }

    fn attempt(&mut self, rows: &Rows<'_>, row: usize) {
        let id = |name: &str| rows.column(name).and_then(|column| column.id(row));
        let expected = id("checkout_id").map(|checkout| {
            let count = self.checkouts.entry(checkout).or_default();
            *count += 1;
            *count
        });
        let new = id("idempotency_key").is_none_or(|key| self.keys.insert(key));
        let attempt = rows.long("attempt", row);
        self.attempts.look(new && attempt == expected, || {
            let says = if new {
                let [attempt, expected] = [attempt, expected].map(|number| number.unwrap_or(0));
                format!(
                    "is attempt {attempt} by its own count, and the {expected}. of its checkout"
                )
            } else {
                "has the idempotency key of another attempt".to_owned()
            };
            (rows.place(row), says)
        });
    }
}

impl Observer for Payments {
    fn wants(&self, table: &Table) -> Wants {
        match table.name.as_str() {
            "orders" => Wants::Columns(&["status"]),
            "payments" => Wants::Columns(&[
                "order_id",
                "checkout_id",
                "attempt",
                "status",
                "amount",
                "idempotency_key",
            ]),
            _ => Wants::Nothing,
        }
    }

    fn see(&mut self, rows: &Rows<'_>) {
        if rows.table.name == "orders" {
            self.orders(rows);
        } else {
            (0..rows.len()).for_each(|row| self.payment(rows, row));
        }
    }

    fn finish(mut self: Box<Self>, context: &Context<'_>, _: &Seen) -> Vec<Verdict> {
        for (order, state) in self.orders.iter().enumerate() {
            let returned = u32::from(state.is_refunded);
            let right = state.captured == 1 && state.returned == returned;
            self.paid.look(right && state.wrong_amount.is_none(), || {
                let says = match state.wrong_amount {
                    Some(amount) if right => {
                        let total = context.entities.orders[order].total;
                        format!(
                            "its total is {}, but {} was paid or given back",
                            money(total),
                            money(amount)
                        )
                    }
                    _ => format!(
                        "was paid {} times and given back {} times",
                        state.captured, state.returned
                    ),
                };
                (context.entities.place("orders", order as u32), says)
            });
        }
        vec![self.paid.verdict(), self.attempts.verdict()]
    }
}
