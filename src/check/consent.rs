//! Consent: what is stored, sent and kept agrees with the ledger.
//!
//! The ledger is read once and kept small; sessions and messages are held against it when it is whole, events as they come.

mod changes;
mod erasure;
mod fits;
mod ledger;
mod messages;
mod pings;
mod stamps;

use crate::check::pass::{Observer, Seen};
use crate::check::{Check, Context, Entities, EventBatch, Family, Rows, Verdict, Wants};
use crate::schema::Table;

/// The family.
pub(super) static FAMILY: Family = Family {
    name: "consent",
    doc: "What is stored, sent and kept agrees with the ledger of consents; nothing comes of those who were forgotten.",
    checks: &[
        ledger::CHECKS,
        fits::CHECKS,
        stamps::CHECKS,
        pings::CHECKS,
        messages::CHECKS,
        erasure::CHECKS,
    ],
    observers,
};

fn observers(context: &Context<'_>) -> Vec<Box<dyn Observer>> {
    vec![Box::new(Consent {
        changes: changes::Changes::default(),
        ledger: ledger::Ledger::of(context),
        states: ledger::States::new(context),
        fits: fits::Fits::new(context),
        stamps: stamps::Stamps::new(context),
        pings: pings::Pings::new(context),
        messages: messages::Messages::new(context),
        erasure: erasure::Erasure::new(context),
    })]
}

/// Holds everything against the ledger.
struct Consent {
    changes: changes::Changes,
    ledger: ledger::Ledger,
    states: ledger::States,
    fits: fits::Fits,
    stamps: stamps::Stamps,
    pings: pings::Pings,
    messages: messages::Messages,
    erasure: erasure::Erasure,
}

impl Observer for Consent {
    fn wants(&self, table: &Table) -> Wants {
        match table.name.as_str() {
            "users" => Wants::Columns(&["email_opt_in", "sms_opt_in", "push_opt_in"]),
            "sessions" => Wants::Columns(&[
                "consent",
                "consent_mode",
                "country",
                "session_number",
                "campaign_id",
                "utm_medium",
            ]),
            "consents" | "erasure_requests" => Wants::All,
            "events" => Wants::Columns(&[
                "consent",
                "consent_mode",
                "user_id",
                "anonymous_id",
                "device_id",
                "journey_id",
                "ip",
                "cart_id",
                "order_id",
                "page_url",
                "page_referrer",
            ]),
            _ => Wants::Nothing,
        }
    }

    fn see(&mut self, rows: &Rows<'_>) {
        match rows.table.name.as_str() {
            "users" => self.messages.users(rows),
            "sessions" => {
                self.stamps.sessions(rows);
                self.messages.sessions(rows);
            }
            "consents" => {
                let changes = self.changes.read(rows);
                self.states.look(rows, changes);
                self.fits.look(rows, changes);
                self.ledger.take(rows, changes);
            }
            _ => self.erasure.requests(rows),
        }
    }

    fn done(&mut self, table: &Table, entities: &Entities) {
        if table.name == "consents" {
            self.states.close();
            self.fits.close();
            self.ledger.close();
            self.stamps.judge_sessions(&self.ledger, entities);
            self.messages.judge(&self.ledger, entities);
        }
    }

    fn see_events(&mut self, events: &EventBatch<'_>) {
        self.stamps.events(&self.ledger, events);
        self.pings.events(events);
        self.erasure.events(events);
    }

    fn finish(mut self: Box<Self>, context: &Context<'_>, _: &Seen) -> Vec<Verdict> {
        self.erasure.judge(&self.ledger, context.entities);
        let Self { states, fits, stamps, pings, messages, erasure, .. } = *self;
        let (states, stamps) = (states.verdicts(), stamps.verdicts());
        states
            .into_iter()
            .chain(fits.verdicts())
            .chain(stamps)
            .chain(pings.verdicts())
            .chain(messages.verdicts())
            .chain(erasure.verdicts())
            .collect()
    }
}

/// Stands where an ordinal of a word would, for none that is known.
const UNKNOWN: u8 = u8::MAX;

/// The ordinal of a word in a list.
fn ordinal(list: &[&str], word: &str) -> Option<u8> {
    list.iter().position(|known| *known == word).map(|place| place as u8)
}

/// A check of this family.
const fn check(
    id: &'static str,
    tables: &'static [&'static str],
    holds: &'static str,
    why: &'static str,
) -> Check {
    Check::new(id, tables, holds, why)
}
