//! What happens between systems of the shop: the move from device to device, and payment.

use crate::check::targets::share::{ERRORS, Estimate, Share};
use crate::check::verdict::{Measure, Tally};
use crate::check::{Cached, Check, Context, EventBatch, Observer, Rows, Seen, Verdict, Wants};
use crate::schema::Table;

/// The checks.
pub(super) static CHECKS: &[Check] = &[
    Check::new(
        "targets.switches",
        &["events", "sessions", "devices"],
        "Of the moves to another device, at least 95 % find the state of the one before.",
        "Journeys across devices are tested by those that succeed; the others are the known exceptions.",
    ),
    Check::new(
        "targets.restored",
        &["events", "sessions", "devices"],
        "Of the states that were found, at least 98 % come back.",
        "Journeys across devices are tested by those that succeed; the others are the known exceptions.",
    ),
    Check::new(
        "targets.sync",
        &["events"],
        "A state that is asked for is there within half a second.",
        "Longer, and the person has begun anew.",
    ),
    Check::new(
        "targets.checkout_errors",
        &["payments"],
        "At most 2 % of the attempts to pay fail.",
        "Test data with a broken checkout tests error pages only.",
    ),
];

const SWITCHES: usize = 0;
const RESTORED: usize = 1;
const SYNC: usize = 2;
const PAYMENTS: usize = 3;

const SWITCHES_LEAST: f64 = 0.95;
const RESTORED_LEAST: f64 = 0.98;
const FAILED_MOST: f64 = 0.02;
/// Milliseconds.
const SYNC_MOST: i64 = 500;

/// What the properties of `state_restored` tell.
#[derive(Debug, Clone, Copy, Default)]
struct Restored {
    restored: bool,
    sync_ms: Option<i64>,
}

/// Counts moves and payments.
pub(super) struct Moves {
    told: Cached<Restored>,
    /// Moves to another device, and those that found the state.
    switches: Share,
    restored: Share,
    sync: Tally,
    attempts: u64,
    failed: u64,
    statuses: Cached<(bool, bool)>,
}

impl Default for Moves {
    fn default() -> Self {
        Self {
            told: Cached::default(),
            switches: Share::default(),
            restored: Share::default(),
            sync: Tally::new(&CHECKS[SYNC]),
            attempts: 0,
            failed: 0,
            statuses: Cached::default(),
        }
    }
}

impl Moves {
    fn state(&mut self, events: &EventBatch<'_>, row: usize) {
        let user = events.user(row);
        self.switches.succeeded(user);
        self.restored.occurred(user);
        let Some(properties) = events.column("properties") else { return };
        let told = self.told.get(properties, row).unwrap_or_default();
        if told.restored {
            self.restored.succeeded(user);
        }
        let late = told.sync_ms.filter(|sync| *sync >= SYNC_MOST);
        self.sync.look(late.is_none(), || {
            (events.place(row), format!("sync_ms is {}", late.unwrap_or_default()))
        });
    }
}

impl Observer for Moves {
    fn wants(&self, table: &Table) -> Wants {
        match table.name.as_str() {
            "events" => Wants::Columns(&["properties"]),
            "payments" => Wants::Columns(&["status"]),
            _ => Wants::Nothing,
        }
    }

    fn see(&mut self, rows: &Rows<'_>) {
        let Some(status) = rows.column("status") else { return };
        self.statuses.learn(status, |word| (word != "refunded", word == "captured"));
        for row in 0..rows.len() {
            if let Some((true, captured)) = self.statuses.get(status, row) {
                self.attempts += 1;
                self.failed += u64::from(!captured);
            }
        }
    }

    fn see_events(&mut self, events: &EventBatch<'_>) {
        let Some(names) = events.column("event_name") else { return };
        if let Some(properties) = events.column("properties") {
            self.told.learn(properties, told);
        }
        for row in 0..events.len() {
            match names.text(row) {
                Some("device_switched") => self.switches.occurred(events.user(row)),
                Some("state_restored") => self.state(events, row),
                _ => {}
            }
        }
    }

    fn finish(self: Box<Self>, _: &Context<'_>, _: &Seen) -> Vec<Verdict> {
        let at_least = |check: usize, name: &str, share: &Share, least: f64| {
            let mut tally = Tally::new(&CHECKS[check]);
            if let Some(found) = share.estimate() {
                let (value, seen) = (found.rate, found.seen);
                tally.saw(seen as usize);
                let measure = Measure::new(name, value, seen);
                tally.weigh(measure.within(found.bounds(least, ERRORS).0, None), || {
                    (name, format!("{value:.4} of {seen}, below {least}"))
                });
            }
            tally.verdict()
        };
        let mut payments = Tally::new(&CHECKS[PAYMENTS]);
        if self.attempts > 0 {
            let (seen, value) = (self.attempts, self.failed as f64 / self.attempts as f64);
            let estimate = Estimate { seen, rate: value, design: 1.0 };
            let most = estimate.bounds(FAILED_MOST, ERRORS).1;
            payments.saw(seen as usize);
            let measure = Measure::new("attempts that fail", value, seen).within(None, most);
            payments.weigh(measure, || ("payments", format!("{value:.4} of {seen} fail")));
        }
        vec![
            at_least(SWITCHES, "states found", &self.switches, SWITCHES_LEAST),
            at_least(RESTORED, "states that came back", &self.restored, RESTORED_LEAST),
            self.sync.verdict(),
            payments.verdict(),
        ]
    }
}

fn told(properties: &str) -> Restored {
    let object: serde_json::Value = serde_json::from_str(properties).unwrap_or_default();
    Restored {
        restored: object.get("restored").and_then(serde_json::Value::as_bool).unwrap_or(false),
        sync_ms: object.get("sync_ms").and_then(serde_json::Value::as_i64),
    }
}
