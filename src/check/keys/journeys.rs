//! Journeys, their sessions, and the campaigns that brought them.

use crate::check::entities::{Entities, NEVER};
use crate::check::pass::{Seen, moment};
use crate::check::{Check, Context, Observer, Rows, Tally, Verdict, Wants};
use crate::read::hash::NONE;
use crate::schema::Table;

const JOURNEYS: Check = Check::new(
    "keys.journey_counts",
    &["journeys", "sessions", "devices"],
    "A journey counts its sessions, devices and events, and spans them.",
    "Counts are taken from either table and must be the same.",
);
const NUMBERS: Check = Check::new(
    "keys.session_numbers",
    &["journeys", "sessions"],
    "session_number counts a journey's sessions from 1 in the order of their starts.",
    "First-touch and last-touch attribution go by it.",
);
const OVERLAP: Check = Check::new(
    "keys.overlap",
    &["sessions", "devices"],
    "Sessions on a device do not overlap.",
    "One device in two visits at once is two devices, or one visit.",
);
const CAMPAIGNS: Check = Check::new(
    "keys.campaigns",
    &["sessions", "campaigns"],
    "A session's campaign is one of its source, and runs when the session starts, give or take a day for time zones and a day for clicks on old links.",
    "Spend is set against sessions by campaign and day.",
);
const OUTCOME: Check = Check::new(
    "keys.outcome",
    &["journeys"],
    "A journey's outcome is a purchase exactly when it has an order.",
    "Conversion is counted by either.",
);

/// The checks.
pub(super) static CHECKS: &[Check] = &[JOURNEYS, NUMBERS, OVERLAP, CAMPAIGNS, OUTCOME];

const DAY: i64 = 86_400_000_000;

/// What was seen of a journey's sessions.
#[derive(Clone, Copy)]
struct State {
    sessions: u32,
    devices: u32,
    events: u64,
    started: i64,
    ended: i64,
}

/// Follows journeys through their sessions.
pub(super) struct Journeys {
    counts: Tally,
    numbers: Tally,
    overlap: Tally,
    campaigns: Tally,
    outcome: Tally,
    states: Vec<State>,
    /// Journey and device of each session.
    pairs: Vec<u64>,
    /// By device: the end of its last session.
    free: Vec<i64>,
    /// By campaign: its source and its first and last day.
    runs: Vec<(u32, i64, i64)>,
}

impl Journeys {
    pub(super) fn new(context: &Context<'_>) -> Self {
        let new = State { sessions: 0, devices: 0, events: 0, started: NEVER, ended: i64::MIN };
        let entities = context.entities;
        Self {
            counts: Tally::new(&JOURNEYS),
            numbers: Tally::new(&NUMBERS),
            overlap: Tally::new(&OVERLAP),
            campaigns: Tally::new(&CAMPAIGNS),
            outcome: Tally::new(&OUTCOME),
            states: vec![new; entities.journeys.len()],
            pairs: Vec::new(),
            free: vec![i64::MIN; entities.devices.len()],
            runs: Vec::new(),
        }
    }

    fn campaigns(&mut self, rows: &Rows<'_>) {
        let Some(source) = rows.column("source") else { return };
        for row in 0..rows.len() {
            let campaign = rows.ordinal(row) as usize;
            if self.runs.len() <= campaign && campaign != NONE as usize {
                self.runs.resize(campaign + 1, (NONE, i64::MIN, NEVER));
                let source = source.text(row).map_or(NONE, |word| rows.entities.words.get(word));
                let starts = rows.long("starts_on", row).map_or(i64::MIN, |day| (day - 1) * DAY);
                let ends = rows.long("ends_on", row).map_or(NEVER, |day| (day + 2) * DAY);
                self.runs[campaign] = (source, starts, ends);
            }
        }
    }

    fn sessions(&mut self, rows: &Rows<'_>) {
        let Some(number) = rows.column("session_number") else { return };
        let of = &rows.entities.sessions;
        for row in 0..rows.len() {
            let session = rows.ordinal(row);
            let place = session as usize;
            if place >= of.len() {
                continue;
            }
            let (started, ended) = (of[place].started, of[place].ended);
            let (journey, device) = (of[place].journey, of[place].device);
            if let Some(state) = self.states.get_mut(journey as usize) {
                state.sessions += 1;
                state.events += u64::from(of[place].events);
                state.started = state.started.min(started);
                state.ended = state.ended.max(ended);
                self.pairs.push(u64::from(journey) << 32 | u64::from(device));
                let (there, expected) = (number.long(row), i64::from(state.sessions));
                self.numbers.look(there == Some(expected), || {
                    let there =
                        there.map_or_else(|| "absent".to_owned(), |there| there.to_string());
                    (
                        rows.place(row),
                        format!(
                            "session_number is {there}; it is session {expected} of its journey"
                        ),
                    )
                });
            }
            if let Some(free) = self.free.get_mut(device as usize) {
                let before = *free;
                self.overlap.look(started > before, || {
                    let [started, before] = [started, before].map(moment);
                    (
                        rows.place(row),
                        format!(
                            "starts at {started}; the one before on its device ends at {before}"
                        ),
                    )
                });
                *free = before.max(ended);
            }
            self.campaign(rows, row, place, started);
        }
    }

    fn campaign(&mut self, rows: &Rows<'_>, row: usize, session: usize, started: i64) {
        let of = &rows.entities.sessions;
        let Some((source, from, until)) = self.runs.get(of[session].campaign as usize) else {
            return;
        };
        let runs = (*from..=*until).contains(&started);
        self.campaigns.look(runs && *source == of[session].source.key(), || {
            let campaign = rows.entities.place("campaigns", of[session].campaign);
            let says = if runs { "is another source's" } else { "does not run then" };
            (rows.place(row), format!("{campaign} {says}"))
        });
    }

    /// How many devices each journey has.
    fn count_devices(&mut self) {
        let mut pairs = std::mem::take(&mut self.pairs);
        pairs.sort_unstable();
        pairs.dedup();
        for pair in pairs {
            self.states[(pair >> 32) as usize].devices += 1;
        }
    }

    fn journeys(&mut self, rows: &Rows<'_>) {
        self.count_devices();
        let stated = ["sessions", "devices", "events", "started_at", "ended_at", "orders"];
        let stated = stated.map(|name| rows.column(name));
        for row in 0..rows.len() {
            let journey = rows.ordinal(row);
            let Some(state) = self.states.get(journey as usize) else { continue };
            let stated = stated.map(|column| column.and_then(|column| column.long(row)));
            let [sessions, devices, events, from, to, orders] = stated;
            let there = [state.sessions.into(), state.devices.into(), state.events];
            let counted =
                [sessions, devices, events] == there.map(|count| i64::try_from(count).ok());
            let spanned = (from, to) == (Some(state.started), Some(state.ended));
            self.counts.look(counted && spanned, || {
                let says = if counted {
                    let [from, to] = [state.started, state.ended].map(moment);
                    format!("its sessions are from {from} to {to}")
                } else {
                    let [sessions, devices, events] = there;
                    format!("has {sessions} sessions, {devices} devices, {events} events")
                };
                (rows.place(row), says)
            });
            if let Some(orders) = orders {
                self.outcome(rows, row, orders);
            }
        }
    }

    fn outcome(&mut self, rows: &Rows<'_>, row: usize, orders: i64) {
        let outcome =
            rows.entities.word(rows.entities.journeys.at(rows.ordinal(row)).outcome.key());
        self.outcome.look((outcome == "purchased") == (orders > 0), || {
            (rows.place(row), format!("its outcome is `{outcome}` with {orders} orders"))
        });
    }
}

impl Observer for Journeys {
    fn wants(&self, table: &Table) -> Wants {
        match table.name.as_str() {
            "campaigns" => Wants::Columns(&["source", "starts_on", "ends_on"]),
            "sessions" => Wants::Columns(&["session_number"]),
            "journeys" => Wants::Columns(&[
                "sessions",
                "devices",
                "events",
                "started_at",
                "ended_at",
                "orders",
            ]),
            _ => Wants::Nothing,
        }
    }

    fn see(&mut self, rows: &Rows<'_>) {
        match rows.table.name.as_str() {
            "campaigns" => self.campaigns(rows),
            "sessions" => self.sessions(rows),
            _ => self.journeys(rows),
        }
    }

    fn done(&mut self, table: &Table, _: &Entities) {
        if table.name == "journeys" {
            (self.states, self.pairs, self.free) = (Vec::new(), Vec::new(), Vec::new());
        }
    }

    fn finish(self: Box<Self>, _: &Context<'_>, _: &Seen) -> Vec<Verdict> {
        let tallies = [self.counts, self.numbers, self.overlap, self.campaigns, self.outcome];
        tallies.map(Tally::verdict).into()
    }
}
