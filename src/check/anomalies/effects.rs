//! Kinds that show only in the habits of many: how far a dirty set's habits are from those of its clean twin.
//!
//! Both sets are summed up the same way, once. A kind has a number that is 0 when nothing was done and greater the more was; a labelled
//! kind whose number is not above 0 has no effect, and that fails it. Of outages and bursts more is known ([`spans`]).

mod fraud;
mod spans;

use std::collections::{BTreeMap, BTreeSet};

use self::spans::Spans;
use super::labels::{Incident, Labels};
use crate::check::{Error, Evidence, Measure, Outcome, Verdict, Watch};
use crate::read::{Column, DataSet, hash};
use crate::schema::Schemas;

/// µs.
const HOUR: i64 = 3_600_000_000;

/// Columns of the sessions whose shares make up a crowd.
const SHARES: [&str; 4] = ["source", "device_class", "country", "network"];

/// Where the first of them stands among the columns of the sessions that are read, and which of them is the country.
const FIRST_SHARE: usize = 9;
const COUNTRY: usize = 2;

/// What a data set's crowd does.
#[derive(Default)]
pub(super) struct Crowd {
    /// By hour: events.
    hours: BTreeMap<i64, u64>,
    /// By outage: the events of its time that it is about.
    within: BTreeMap<String, u64>,
    /// Whether it was made behind a policy.
    is_masked: bool,
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
    /// By coupon, and place of the visit: who redeemed it there.
    redeemed: BTreeMap<(u64, u64), BTreeSet<u128>>,
}

/// A session.
#[derive(Clone, Copy)]
struct Visit {
    started: i64,
    events: i64,
    user: Option<u128>,
    device: u128,
    anonymous: u128,
    referrer: Option<u64>,
    country: Option<u64>,
    /// Address and city.
    place: u64,
}

impl Crowd {
    /// Sums a data set up.
    ///
    /// # Errors
    /// Cancelled, or no thread can be had.
    pub(super) fn of(
        data: &DataSet,
        schemas: &Schemas,
        labels: &Labels,
        watch: &Watch<'_>,
    ) -> Result<Self, Error> {
        let is_masked = data.manifest().privacy.is_some();
        let mut crowd = Self { is_masked, ..Self::default() };
        if let Some(events) = schemas.tables.iter().find(|table| table.is_events()) {
            let spans = Spans::of(labels);
            let mut counts = spans.counts();
            data.scan(events, &spans::COLUMNS, |_, batch| {
                for row in 0..batch.rows {
                    let Some(time) = batch.columns[0].long(row) else { continue };
                    *crowd.hours.entry(time.div_euclid(HOUR)).or_default() += 1;
                    spans.count(&batch.columns, row, time, &mut counts);
                }
                watch.on(0)
            })?;
            crowd.within = spans.by_incident(counts);
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
                "ip",
                "city",
            ];
            names.extend(SHARES);
            data.scan(sessions, &names, |_, batch| {
                (0..batch.rows).for_each(|row| crowd.session(&batch.columns, row));
                watch.on(0)
            })?;
        }
        if let Some(orders) = schemas.table("orders") {
            data.scan(orders, &["session_id", "user_id", "coupon"], |_, batch| {
                (0..batch.rows).for_each(|row| crowd.order(&batch.columns, row));
                watch.on(0)
            })?;
        }
        if let Some(devices) = schemas.table("devices") {
            data.scan(devices, &["device_id", "user_id"], |_, batch| {
                let id = |column: usize, row: usize| key_of(&batch.columns[column], row);
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
                        let of = failed
                            .entry(key_of(&batch.columns[0], row).unwrap_or_default())
                            .or_default();
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
        let key = |at: usize| key_of(&columns[at], row);
        let (Some(id), Some(started)) = (key(0), columns[1].long(row)) else { return };
        let visit = Visit {
            started,
            events: columns[2].long(row).unwrap_or(0),
            user: key(3),
            device: key(4).unwrap_or_default(),
            anonymous: key(5).unwrap_or_default(),
            referrer: text(6),
            country: text(FIRST_SHARE + COUNTRY),
            place: text(7).unwrap_or(0) ^ text(8).unwrap_or(0).rotate_left(32),
        };
        self.meet(id, visit);
        self.referrers.extend(visit.referrer);
        for (at, value) in (0..SHARES.len()).filter_map(|at| Some((at, text(FIRST_SHARE + at)?))) {
            *self.shares.entry((started.div_euclid(HOUR), at, value)).or_default() += 1;
        }
    }

    /// Takes a session in. Where an id was given to another one as well, the longer counts, whichever comes first: a crawler whose id
    /// somebody else got has come all the same.
    fn meet(&mut self, id: u128, visit: Visit) {
        let known = self.sessions.entry(id).or_insert(visit);
        if known.events < visit.events {
            *known = visit;
        }
    }

    fn order(&mut self, columns: &[Column], row: usize) {
        let visit = key_of(&columns[0], row).and_then(|id| self.sessions.get(&id));
        let coupon = columns[2].text(row).map(|text| hash::of_bytes(text.as_bytes()));
        if let (Some(visit), Some(user), Some(coupon)) = (visit, key_of(&columns[1], row), coupon) {
            self.redeemed.entry((coupon, visit.place)).or_default().insert(user);
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

/// An id, or the token that a policy made of it, which may be a text.
fn key_of(column: &Column, row: usize) -> Option<u128> {
    column.id(row).or_else(|| {
        let token = column.text(row)?;
        Some(u128::from(hash::of_bytes(token.as_bytes())))
    })
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

/// What a kind did to the crowd.
fn effect(kind: &str, incidents: &[&Incident], dirty: &Crowd, clean: &Crowd) -> Effect {
    let whole = clean.has_window().unwrap_or((0, 0));
    let windows: Vec<(i64, i64)> = incidents.iter().map(|of| of.window.unwrap_or(whole)).collect();
    let new = || dirty.sessions.iter().filter(|(id, _)| !clean.sessions.contains_key(*id));
    let (name, value, seen) = match kind {
        "traffic_burst" | "outage_gap" if dirty.is_masked || clean.is_masked => {
            return spans::hours(incidents, dirty, clean);
        }
        "traffic_burst" => return spans::bursts(incidents, dirty, clean),
        "outage_gap" => return spans::outages(incidents, dirty, clean),
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
            let mut bots: Vec<i64> = new().map(|(_, visit)| visit.events).collect();
            // Visitors of bursts are new as well.
            bots.sort_unstable_by_key(|events| std::cmp::Reverse(*events));
            bots.truncate(incidents.len());
            let (mean_of_people, mean_of_bots) = (mean(&people), mean(&bots));
            let square = |events: &i64| (*events as f64 - mean_of_people).powi(2);
            let deviation =
                (people.iter().map(square).sum::<f64>() / people.len().max(1) as f64).sqrt();
            // A label tells how many pages a crawler saw.
            let mut told: Vec<f64> = incidents.iter().map(|of| of.effect.unwrap_or(1.0)).collect();
            told.sort_unstable_by(|a, b| b.total_cmp(a));
            let came = |(bot, told): (&i64, &f64)| *bot as f64 >= *told;
            return Effect {
                name: "events of as many added sessions, in deviations from people's",
                value: (mean_of_bots - mean_of_people) / deviation.max(1e-9),
                seen: bots.len() as u64,
                shows: bots.len() == told.len() && bots.iter().zip(&told).all(came),
            };
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
        _ => ("effect", f64::NAN, 0),
    };
    Effect::new(name, value, seen)
}

fn apart<T: Ord, U: Ord>(
    name: &'static str,
    dirty: &Crowd,
    clean: &Crowd,
    of: impl Fn(&Visit) -> Option<(T, U)> + Copy,
) -> (&'static str, f64, u64) {
    (name, dirty.beyond_one(of) - clean.beyond_one(of), dirty.sessions.len() as u64)
}

/// What was done, in a number.
struct Effect {
    name: &'static str,
    value: f64,
    /// Of how many.
    seen: u64,
    /// Whether it shows that something was done.
    shows: bool,
}

impl Effect {
    /// Of a kind that shows where its number is above 0.
    fn new(name: &'static str, value: f64, seen: u64) -> Self {
        Self { name, value, seen, shows: value.is_finite() && value > 1e-9 }
    }
}

/// The incidents of a kind, and what they did to the crowd.
fn effects<'l>(
    kind: &str,
    labels: &'l Labels,
    (dirty, clean): (&Crowd, &Crowd),
) -> (Vec<&'l Incident>, Vec<Effect>) {
    let of_kind = labels.incidents.iter().filter(|of| of.kind == kind && !of.is_decoy);
    let incidents: Vec<&Incident> = of_kind.collect();
    let effects = if incidents.is_empty() {
        Vec::new()
    } else if kind == "fraud_pattern" {
        fraud::effects(&incidents, dirty, clean)
    } else {
        vec![effect(kind, &incidents, dirty, clean)]
    };
    (incidents, effects)
}

/// Whether a labelled kind has an effect against the twin.
pub(super) fn judge(kind: &str, verdict: &mut Verdict, labels: &Labels, crowds: (&Crowd, &Crowd)) {
    let (incidents, _) = effects(kind, labels, crowds);
    if incidents.is_empty() {
        verdict.outcome = Outcome::Skipped("no incident of the kind is labelled".to_owned());
        return;
    }
    (verdict.seen, verdict.wrong) = (incidents.len() as u64, 0);
    (verdict.outcome, verdict.measures) = (Outcome::Holds, Vec::new());
    verdict.evidence = Vec::new();
    add(kind, verdict, labels, crowds);
}

/// The same, beside what was found in the rows.
pub(super) fn add(kind: &str, verdict: &mut Verdict, labels: &Labels, crowds: (&Crowd, &Crowd)) {
    let (_, effects) = effects(kind, labels, crowds);
    for effect in effects {
        let Effect { name, value, seen, shows } = effect;
        verdict.measures.push(Measure::new(name, value, seen));
        if !shows {
            let place = format!("truth/anomalies where kind = `{kind}`");
            let says = format!("is labelled, but has no effect against the clean twin: {name}");
            verdict.evidence.push(Evidence { place, says });
            verdict.wrong += 1;
            verdict.outcome = Outcome::Fails;
        }
    }
}
