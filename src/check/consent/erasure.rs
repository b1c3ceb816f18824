//! Who asked to be forgotten, and what there is of them.

use std::collections::BTreeMap;

use super::check;
use super::ledger::Ledger;
use crate::check::entities::{Entities, NEVER};
use crate::check::pass::moment;
use crate::check::{Check, Context, EventBatch, Rows, Tally, Verdict};

const ERASURE: Check = check(
    "consent.erasure",
    &["erasure_requests", "events", "sessions", "devices", "users"],
    "Nothing happens, arrives, is first seen or is agreed to of anybody after their request to be forgotten was carried out.",
    "A row that survives its erasure brings the person back.",
)
.told("erasures and events of those who were erased", "outlived by something");
const REQUESTS: Check = check(
    "consent.requests",
    &["erasure_requests", "users"],
    "A request is answered by the day it is due, its outcome says how, and a reason stands with refusals alone.",
    "What is due and unanswered is a breach by itself.",
)
.told("requests to be forgotten", "answered late or wrongly");

/// The checks.
pub(super) static CHECKS: &[Check] = &[ERASURE, REQUESTS];

/// A request that was carried out.
struct Done {
    user: u32,
    at: i64,
    place: String,
}

/// Holds everything against the requests.
pub(super) struct Erasure {
    tally: Tally,
    requests: Tally,
    done: Vec<Done>,
    /// Requests without an answer: when that is due, and where they are.
    pending: Vec<(i64, String)>,
    /// The last event that arrived, and where the window ends, if that is known: what happened since is not in the data.
    latest: i64,
    end: i64,
    /// By user: when everything of them was erased, or [`NEVER`].
    erased: Vec<i64>,
}

impl Erasure {
    pub(super) fn new(context: &Context<'_>) -> Self {
        let erased = vec![NEVER; context.entities.users.len()];
        let end = context.world.map_or(NEVER, |world| world.end);
        Self {
            tally: Tally::new(&ERASURE),
            requests: Tally::new(&REQUESTS),
            done: Vec::new(),
            pending: Vec::new(),
            latest: i64::MIN,
            end,
            erased,
        }
    }

    pub(super) fn requests(&mut self, rows: &Rows<'_>) {
        let columns = ["user_id", "outcome", "reason"].map(|name| rows.column(name));
        let [Some(user), Some(outcome), Some(reason)] = columns else { return };
        for row in 0..rows.len() {
            let [completed, due] = ["completed_at", "due_at"].map(|name| rows.long(name, row));
            let outcome = outcome.text(row).unwrap_or_default();
            let answered = completed.is_some() == (outcome != "pending");
            let in_time = completed.unwrap_or(0) <= due.unwrap_or(NEVER);
            let told = reason.is_valid(row) == (outcome == "refused");
            self.requests.look(answered && in_time && told, || {
                let says = if !in_time {
                    "was answered after it was due"
                } else if answered {
                    "has a reason where none belongs, or none where one does"
                } else {
                    "its outcome and its completion contradict each other"
                };
                (rows.place(row), says)
            });
            if completed.is_none() {
                self.pending.push((due.unwrap_or(NEVER), rows.place(row)));
            }
            let user = rows.entities.find("users", Some(user), row);
            if let (Some(at), "completed", Some(erased)) =
                (completed, outcome, self.erased.get_mut(user as usize))
            {
                *erased = (*erased).min(at);
                self.done.push(Done { user, at, place: rows.place(row) });
            }
        }
    }

    /// An event alone that comes too late. Those of whole visits are told once, with the request.
    pub(super) fn events(&mut self, events: &EventBatch<'_>) {
        let arrived = events.received.iter().filter(|at| **at != NEVER);
        self.latest = arrived.fold(self.latest, |latest, at| latest.max(*at));
        if self.done.is_empty() {
            return;
        }
        for row in 0..events.len() {
            let facts = events.facts(row);
            let erased = self.erased.get(facts.user as usize).copied().unwrap_or(NEVER);
            let is_late = |at: i64| at != NEVER && at > erased;
            if erased == NEVER {
                continue;
            }
            let alone = facts.started <= erased;
            let late = alone && (is_late(events.time[row]) || is_late(events.received[row]));
            self.tally.look(!late, || {
                let says = format!("comes after its person was erased at {}", moment(erased));
                (events.place(row), says)
            });
        }
    }

    /// What else there is of people: devices, sessions, orders, changes of consents.
    pub(super) fn judge(&mut self, ledger: &Ledger, entities: &Entities) {
        for (due, place) in std::mem::take(&mut self.pending) {
            if due < self.latest.min(self.end) {
                let says = format!("has no answer, though one was due at {}", moment(due));
                self.requests.wrong(|| (place, says));
            }
        }
        if self.done.is_empty() {
            return;
        }
        // By user who was erased: the last of what there is.
        let mut last: BTreeMap<u32, i64> =
            self.done.iter().map(|done| (done.user, i64::MIN)).collect();
        let erased = &self.erased;
        let is_erased = |user: u32| erased.get(user as usize).is_some_and(|at| *at != NEVER);
        let mut see = |user: u32, at: i64| {
            if at != NEVER
                && is_erased(user)
                && let Some(last) = last.get_mut(&user)
            {
                *last = (*last).max(at);
            }
        };
        for session in entities.sessions.iter() {
            see(entities.devices.at(session.device).user, session.started);
        }
        for order in entities.orders.iter() {
            see(order.user, order.placed);
        }
        for device in entities.devices.iter() {
            see(device.user, device.first_seen);
        }
        let (devices, users) = ledger.changes();
        devices.for_each(|(device, when)| see(entities.devices.at(device).user, when));
        users.for_each(|(user, when)| see(user, when));
        for done in std::mem::take(&mut self.done) {
            let last = last.get(&done.user).copied().unwrap_or(i64::MIN);
            self.tally.look(last <= done.at, || {
                let [at, last] = [done.at, last].map(moment);
                (done.place, format!("was carried out at {at}; its person goes on until {last}"))
            });
        }
    }

    pub(super) fn verdicts(self) -> Vec<Verdict> {
        vec![self.tally.verdict(), self.requests.verdict()]
    }
}
