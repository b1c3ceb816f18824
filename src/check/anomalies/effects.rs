//! Kinds that show only in the habits of many: how far a dirty set's habits are from those of its clean twin.
//!
//! Both sets are summed up the same way, once. A kind has a number that is 0 when nothing was done; a labelled kind whose number is 0
//! has no effect, and that fails it.

use std::collections::{BTreeMap, BTreeSet};

use super::labels::{Incident, Labels};
use crate::check::{Error, Evidence, Measure, Outcome, Verdict, Watch};
use crate::read::{Column, DataSet, hash};
use crate::schema::Schemas;

/// µs.
const HOUR: i64 = 3_600_000_000;

/// Columns of the sessions whose shares make up a crowd.
const SHARES: [&str; 4] = ["source", "device_class", "country", "network"];

/// What a data set's crowd does.
#[derive(Default)]
pub(super) struct Crowd {
    /// By hour: events.
    hours: BTreeMap<i64, u64>,
    /// By session: its start, its events and its person, as named.
    sessions: BTreeMap<u128, Visit>,
    referrers: BTreeSet<u64>,
    /// By device: who holds it.
    holders: BTreeMap<u128, u128>,
    /// By hour, column and value: sessions.
    shares: BTreeMap<(i64, usize, u64), u64>,
    /// Failed payments and all of them.
    payments: (u64, u64),
    /// The most failed payments of a session.
    most_failed: u64,
}

/// A session.
#[derive(Clone, Copy)]
struct Visit {
    events: i64,
    user: Option<u128>,
    device: u128,
    anonymous: u128,
    referrer: Option<u64>,
}

impl Crowd {
    /// Sums a data set up.
    ///
    /// # Errors
    /// Cancelled, or no thread can be had.
    pub(super) fn of(data: &DataSet, schemas: &Schemas, watch: &Watch<'_>) -> Result<Self, Error> {
        let mut crowd = Self::default();
        if let Some(events) = schemas.tables.iter().find(|table| table.is_events()) {
            data.scan(events, &["event_time"], |_, batch| {
                for time in (0..batch.rows).filter_map(|row| batch.columns[0].long(row)) {
                    *crowd.hours.entry(time.div_euclid(HOUR)).or_default() += 1;
                }
                watch.on(0)
            })?;
        }
        if let Some(sessions) = schemas.table("sessions") {
            let mut names = vec![
                "session_id",
                "started_at",
                "events",
                "user_id",
                "device_id",
                "anonymous_id",
                "referrer",
            ];
            names.extend(SHARES);
            data.scan(sessions, &names, |_, batch| {
                (0..batch.rows).for_each(|row| crowd.session(&batch.columns, row));
                watch.on(0)
            })?;
        }
        if let Some(devices) = schemas.table("devices") {
            data.scan(devices, &["device_id", "user_id"], |_, batch| {
                let id = |column: usize, row: usize| batch.columns[column].id(row);
                let pairs = (0..batch.rows).filter_map(|row| id(0, row).zip(id(1, row)));
                crowd.holders.extend(pairs);
                watch.on(0)
            })?;
        }
        if let Some(payments) = schemas.table("payments") {
            let mut failed: BTreeMap<u128, u64> = BTreeMap::new();
            data.scan(payments, &["session_id", "status"], |_, batch| {
                for row in 0..batch.rows {
                    crowd.payments.1 += 1;
                    if matches!(batch.columns[1].text(row), Some("declined" | "error")) {
                        crowd.payments.0 += 1;
                        let of =
                            failed.entry(batch.columns[0].id(row).unwrap_or_default()).or_default();
                        *of += 1;
                        crowd.most_failed = crowd.most_failed.max(*of);
                    }
                }
                watch.on(0)
            })?;
        }
        watch.check()?;
        Ok(crowd)
    }

    fn session(&mut self, columns: &[Column], row: usize) {
        let text = |at: usize| columns[at].text(row).map(|text| hash::of_bytes(text.as_bytes()));
        let (Some(id), Some(started)) = (columns[0].id(row), columns[1].long(row)) else { return };
        let visit = Visit {
            events: columns[2].long(row).unwrap_or(0),
            user: columns[3].id(row),
            device: columns[4].id(row).unwrap_or_default(),
            anonymous: columns[5].id(row).unwrap_or_default(),
            referrer: text(6),
        };
        self.sessions.insert(id, visit);
        self.referrers.extend(visit.referrer);
        for (at, value) in (0..SHARES.len()).filter_map(|at| Some((at, text(at + 7)?))) {
            *self.shares.entry((started.div_euclid(HOUR), at, value)).or_default() += 1;
        }
    }

    fn events_within(&self, window: (i64, i64)) -> f64 {
        let hours = window.0.div_euclid(HOUR)..=window.1.div_euclid(HOUR);
        self.hours.range(hours).map(|(_, events)| *events).sum::<u64>() as f64
    }

    fn shares_within(&self, column: usize, window: (i64, i64)) -> BTreeMap<u64, f64> {
        let hours =
            (window.0.div_euclid(HOUR), 0, 0)..=(window.1.div_euclid(HOUR), usize::MAX, u64::MAX);
        let mut shares: BTreeMap<u64, f64> = BTreeMap::new();
        for ((_, at, value), count) in self.shares.range(hours) {
            if *at == column {
                *shares.entry(*value).or_default() += *count as f64;
            }
        }
        let all: f64 = shares.values().sum();
        for share in shares.values_mut() {
            *share /= all.max(1.0);
        }
        shares
    }

    /// By one id of a session: how many others it goes with, over one, all together.
    fn beyond_one<T: Ord, U: Ord>(&self, of: impl Fn(&Visit) -> Option<(T, U)>) -> f64 {
        let pairs: BTreeSet<(T, U)> = self.sessions.values().filter_map(of).collect();
        let firsts: BTreeSet<&T> = pairs.iter().map(|(first, _)| first).collect();
        (pairs.len() - firsts.len()) as f64
    }

    /// Devices held by somebody who is there in the twin, but holds another one there.
    fn moved(&self, twin: &Self) -> u64 {
        let known: BTreeSet<u128> = twin.holders.values().copied().collect();
        let is_moved = |(device, user): &(&u128, &u128)| {
            twin.holders.get(*device).is_some_and(|was| was != *user) && known.contains(*user)
        };
        self.holders.iter().filter(is_moved).count() as u64
    }

    fn has_window(&self) -> Option<(i64, i64)> {
        let (first, last) = (self.hours.keys().next()?, self.hours.keys().next_back()?);
        Some((first * HOUR, last * HOUR))
    }
}

/// How far two crowds are apart in a window: the population stability index of the column that moved most.
fn drift(dirty: &Crowd, clean: &Crowd, window: (i64, i64)) -> f64 {
    let of_column = |column: usize| {
        let (a, b) = (dirty.shares_within(column, window), clean.shares_within(column, window));
        let values: BTreeSet<&u64> = a.keys().chain(b.keys()).collect();
        let share =
            |of: &BTreeMap<u64, f64>, value: &u64| of.get(value).copied().unwrap_or(0.0).max(1e-4);
        let index = |value: &&u64| {
            let (a, b) = (share(&a, value), share(&b, value));
            (a - b) * (a / b).ln()
        };
        values.iter().map(index).sum::<f64>()
    };
    (0..SHARES.len()).map(of_column).fold(0.0, f64::max)
}

/// What a kind did to the crowd, in a number that is 0 when it did nothing, and what the number is.
fn effect(
    kind: &str,
    incidents: &[&Incident],
    dirty: &Crowd,
    clean: &Crowd,
) -> (&'static str, f64, u64) {
    let whole = clean.has_window().unwrap_or((0, 0));
    let windows: Vec<(i64, i64)> = incidents.iter().map(|of| of.window.unwrap_or(whole)).collect();
    let new = || dirty.sessions.iter().filter(|(id, _)| !clean.sessions.contains_key(*id));
    match kind {
        "traffic_burst" | "outage_gap" => {
            let change = |window: &(i64, i64)| {
                dirty.events_within(*window) / clean.events_within(*window).max(1.0) - 1.0
            };
            let changes = windows.iter().map(change);
            let least = changes.fold(f64::INFINITY, |a, b| if a.abs() < b.abs() { a } else { b });
            ("change of events in the window that changed least", least, windows.len() as u64)
        }
        "drift" => {
            let least = windows
                .iter()
                .map(|window| drift(dirty, clean, *window))
                .fold(f64::INFINITY, f64::min);
            ("stability index of the column that moved most", least, windows.len() as u64)
        }
        "bot_sessions" => {
            let mean =
                |events: &[i64]| events.iter().sum::<i64>() as f64 / events.len().max(1) as f64;
            let people: Vec<i64> = clean.sessions.values().map(|visit| visit.events).collect();
            let bots: Vec<i64> = new().map(|(_, visit)| visit.events).collect();
            let (mean_of_people, mean_of_bots) = (mean(&people), mean(&bots));
            let square = |events: &i64| (*events as f64 - mean_of_people).powi(2);
            let deviation =
                (people.iter().map(square).sum::<f64>() / people.len().max(1) as f64).sqrt();
            let apart = if bots.is_empty() {
                0.0
            } else {
                (mean_of_bots - mean_of_people) / deviation.max(1e-9)
            };
            ("events of added sessions, in deviations from people's", apart, bots.len() as u64)
        }
        "referral_spam" => {
            let foreign =
                |visit: &&Visit| visit.referrer.is_some_and(|of| !clean.referrers.contains(&of));
            let count = dirty.sessions.values().filter(foreign).count();
            (
                "share of sessions from referrers that the twin lacks",
                count as f64 / dirty.sessions.len().max(1) as f64,
                count as u64,
            )
        }
        "identity_split" => {
            apart("ids of a device beyond one, against the twin's", dirty, clean, |visit| {
                visit.user.map(|user| (visit.device, user))
            })
        }
        "identity_merge" => {
            let moved = dirty.moved(clean);
            (
                "devices that another id holds than in the twin",
                moved as f64,
                dirty.holders.len() as u64,
            )
        }
        "pseudonym_unstable" => {
            apart("pseudonyms of a device beyond one, against the twin's", dirty, clean, |visit| {
                Some((visit.device, visit.anonymous))
            })
        }
        _ => {
            let share = |of: &Crowd| of.payments.0 as f64 / of.payments.1.max(1) as f64;
            let more = dirty.most_failed as f64 - clean.most_failed as f64;
            let change = share(dirty) - share(clean);
            let effect = if change.abs() < 1e-12 { more } else { change };
            ("change of the share of payments that fail", effect, dirty.payments.1)
        }
    }
}

fn apart<T: Ord, U: Ord>(
    name: &'static str,
    dirty: &Crowd,
    clean: &Crowd,
    of: impl Fn(&Visit) -> Option<(T, U)> + Copy,
) -> (&'static str, f64, u64) {
    (name, dirty.beyond_one(of) - clean.beyond_one(of), dirty.sessions.len() as u64)
}

/// Whether a labelled kind has an effect against the twin.
pub(super) fn judge(kind: &str, verdict: &mut Verdict, labels: &Labels, crowds: (&Crowd, &Crowd)) {
    let incidents: Vec<&Incident> =
        labels.incidents.iter().filter(|of| of.kind == kind && !of.is_decoy).collect();
    if incidents.is_empty() {
        verdict.outcome = Outcome::Skipped("no incident of the kind is labelled".to_owned());
        return;
    }
    let (name, effect, seen) = effect(kind, &incidents, crowds.0, crowds.1);
    let shows = effect.is_finite() && effect.abs() > 1e-9;
    verdict.outcome = if shows { Outcome::Holds } else { Outcome::Fails };
    verdict.seen = incidents.len() as u64;
    verdict.wrong = u64::from(!shows);
    verdict.measures = vec![Measure::new(name, effect, seen)];
    if !shows {
        let place = format!("truth/anomalies where kind = `{kind}`");
        verdict.evidence = vec![Evidence {
            place,
            says: "is labelled, but has no effect against the clean twin".to_owned(),
        }];
    }
}
