//! What several tables say of the same thing.

use super::{Kind, check_of, checks};
use crate::check::pass::Seen;
use crate::check::{Check, Context, EventBatch, Interned, Observer, Tally, Verdict, Wants};
use crate::read::hash::NONE;
use crate::schema::Table;

/// The kinds.
pub(super) const KINDS: [Kind; 3] = [
    Kind::new(
        "anomalies.total_mismatch",
        &[],
        &[
            "keys.order_totals",
            "keys.order_lines",
            "keys.order_events",
            "keys.payments",
            "keys.revenue",
        ],
        "An order's total is that of its lines.",
        "Revenue by product and revenue by order must be the same.",
    ),
    Kind::new(
        "anomalies.event_order_gap",
        &[],
        &["keys.order_events", "keys.references"],
        "An order has one order_completed, and an order_completed its order.",
        "Revenue by the event stream and by the shop's books must be the same.",
    ),
    Kind::new(
        "anomalies.source_divergence",
        &[],
        &[
            "keys.order_events",
            "keys.payments",
            "keys.revenue",
            "keys.session_counts",
            "keys.journey_counts",
            "keys.session_context",
        ],
        "Client and server state the same values.",
        "Whichever system is asked gives another answer.",
    ),
];

/// The checks.
pub(super) static CHECKS: [Check; KINDS.len()] = checks(&KINDS);

/// Compares the currency of events with their person's.
pub(super) struct Currencies {
    tally: Tally,
    words: Interned,
}

impl Currencies {
    pub(super) fn new() -> Self {
        Self {
            tally: Tally::new(check_of("anomalies.currency_mismatch")),
            words: Interned::default(),
        }
    }
}

impl Observer for Currencies {
    fn wants(&self, table: &Table) -> Wants {
        if table.is_events() { Wants::Columns(&["currency"]) } else { Wants::Nothing }
    }

    fn see_events(&mut self, events: &EventBatch<'_>) {
        let entities = events.entities();
        let Some(currency) = events.column("currency").filter(|_| !entities.users.is_empty())
        else {
            return;
        };
        self.words.find(currency, &entities.words);
        for row in (0..events.len()).filter(|row| currency.is_valid(*row)) {
            let own = events.facts(row).currency;
            let there = self.words.key(currency, row);
            self.tally.look(own == NONE || there == own, || {
                let there = currency.text(row).unwrap_or_default();
                (
                    events.place(row),
                    format!("is in `{there}`; its person's currency is {}", entities.word(own)),
                )
            });
        }
    }

    fn finish(self: Box<Self>, _: &Context<'_>, _: &Seen) -> Vec<Verdict> {
        vec![self.tally.verdict()]
    }
}
