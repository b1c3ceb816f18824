//! Rows that are there twice, or not at all.
//!
//! That a key comes twice, or that a session's count jumps, other checks find on their way; here the rows in question are read again and
//! told apart: the same row twice, another payload under the same id, another row under the same id, the same act under another id.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::links::{self, Link, Spot};
use super::{Kind, check_of, checks};
use crate::check::pass::{self, Seen, shown};
use crate::check::{Check, Context, Error, Observer, Rows, Section, Tally, Verdict, Wants};
use crate::read::{Batch, Column, hash};
use crate::schema::Table;

/// The kinds.
pub(super) const KINDS: [Kind; 5] = [
    Kind::new(
        "anomalies.dup_exact",
        &[],
        &[],
        "No row is there twice.",
        "Whatever is summed over it counts twice.",
    ),
    Kind::new(
        "anomalies.dup_mutated",
        &[],
        &[],
        "An id has one payload.",
        "Which of the versions is true, nobody can tell.",
    ),
    Kind::new(
        "anomalies.id_collision",
        &[],
        &[],
        "An id is one row's.",
        "Two rows that have nothing to do with each other are merged.",
    ),
    Kind::new(
        "anomalies.dup_reissued",
        &[],
        &["keys.attempts"],
        "An act is told once: no two events of a session have the same name and time, no two orders the same idempotency key.",
        "Deduplication by id does not see it.",
    ),
    Kind::new(
        "anomalies.record_dropped",
        &[],
        &[
            "keys.session_counts",
            "keys.journey_counts",
            "keys.span",
            "keys.order_lines",
            "keys.order_events",
            "keys.payments",
            "keys.attempts",
            "keys.references",
            "keys.revenue",
            "keys.last_seen",
        ],
        "The events of a session are counted without gaps, and whatever is counted elsewhere is there.",
        "What is lost is missed by every sum and every funnel.",
    ),
];

/// The checks.
pub(super) static CHECKS: [Check; KINDS.len()] = checks(&KINDS);

/// Columns that another delivery of the same event has of its own.
const ARRIVAL: [&str; 2] = ["sent_at", "received_at"];

/// What an event is, whatever it tells.
const IDENTITY: [&str; 3] = ["session_id", "session_seq", "event_name"];

/// Finds orders that were sent twice under another id.
pub(super) struct Reissued {
    tally: Tally,
    keys: HashSet<u128>,
}

impl Reissued {
    pub(super) fn new() -> Self {
        Self { tally: Tally::new(check_of("anomalies.dup_reissued")), keys: HashSet::new() }
    }
}

impl Observer for Reissued {
    fn wants(&self, table: &Table) -> Wants {
        if table.name == "orders" { Wants::Columns(&["idempotency_key"]) } else { Wants::Nothing }
    }

    fn see(&mut self, rows: &Rows<'_>) {
        let Some(key) = rows.column("idempotency_key") else { return };
        for row in 0..rows.len() {
            let new = key.id(row).is_none_or(|id| self.keys.insert(id));
            self.tally.look(new, || (rows.place(row), "has the idempotency key of another order"));
        }
    }

    fn finish(self: Box<Self>, _: &Context<'_>, _: &Seen) -> Vec<Verdict> {
        vec![self.tally.verdict()]
    }
}

/// Reads again what other checks suspect, and tells what it is.
///
/// # Errors
/// Cancelled, or no thread can be had.
pub(super) fn second_look(
    context: &Context<'_>,
    sections: &[Section],
) -> Result<Vec<Verdict>, Error> {
    let find = |id: &str| {
        let mut verdicts = sections.iter().flat_map(|section| &section.verdicts);
        verdicts.find(|verdict| verdict.check.id == id)
    };
    let mut verdicts = Vec::new();
    if let Some(primary) = find("keys.primary").filter(|verdict| verdict.seen > 0) {
        verdicts.extend(of_keys(context, primary)?);
    }
    if let Some(sequence) = find("keys.sequence").filter(|verdict| verdict.seen > 0) {
        verdicts.extend(of_sessions(context, sequence)?);
    }
    Ok(verdicts)
}

/// Tells apart what is there more than once.
fn of_keys(context: &Context<'_>, primary: &Verdict) -> Result<[Verdict; 3], Error> {
    let ids = ["anomalies.dup_exact", "anomalies.dup_mutated", "anomalies.id_collision"];
    let mut tallies = ids.map(|id| Tally::new(check_of(id)));
    for tally in &mut tallies {
        tally.saw(primary.seen as usize);
    }
    let mut suspects: BTreeMap<&str, HashMap<Link, &str>> = BTreeMap::new();
    for evidence in &primary.places {
        if let Spot::Row(table, link) = Spot::read(&evidence.place, context.schemas) {
            suspects.entry(table).or_default().insert(link, &evidence.place);
        }
    }
    for (name, suspects) in suspects {
        let Some(table) = context.schemas.table(name) else { continue };
        let names: Vec<&str> = table.fields.iter().map(|field| field.name.as_str()).collect();
        // By key: what its first row is and says.
        let mut first: HashMap<Link, (u64, u64)> = HashMap::new();
        context.data.scan(table, &names, |_, batch| {
            for row in 0..batch.rows {
                let own = links::of_row(table, &names, batch, row);
                let Some(place) = suspects.get(&own) else { continue };
                let there = (identity(table, &names, batch, row), payload(&names, batch, row));
                let Some(before) = first.get(&own) else {
                    first.insert(own, there);
                    continue;
                };
                let (which, says) = if before.1 == there.1 {
                    (0, "stands there more than once")
                } else if before.0 == there.0 {
                    (1, "stands there more than once, and does not say the same")
                } else {
                    (2, "is the key of rows that have nothing to do with each other")
                };
                tallies[which].wrong(|| (*place, says));
            }
            context.watch.on(0)
        })?;
        context.watch.check()?;
    }
    Ok(tallies.map(Tally::verdict))
}

/// What a row is, apart from what it says: of events, the place in the session; of others, what they refer to.
fn identity(table: &Table, names: &[&str], batch: &Batch, row: usize) -> u64 {
    let is_part = |name: &str| {
        let refers = table.field(name).is_some_and(|field| field.reference.is_some());
        if table.is_events() { IDENTITY.contains(&name) } else { refers }
    };
    digest(names.iter().zip(&batch.columns).filter(|(name, _)| is_part(name)), row)
}

/// All that a row says, but for when it arrived.
fn payload(names: &[&str], batch: &Batch, row: usize) -> u64 {
    digest(names.iter().zip(&batch.columns).filter(|(name, _)| !ARRIVAL.contains(*name)), row)
}

fn digest<'c>(columns: impl Iterator<Item = (&'c &'c str, &'c Column)>, row: usize) -> u64 {
    columns.fold(0, |state, (_, column)| {
        hash::fold(state, hash::of_bytes(shown(column, row).as_bytes()))
    })
}

/// An event of a session that is looked at again: its id, its place, its name and its time.
type Event = (u128, i64, u64, i64);

/// Tells what is wrong with sessions whose count jumps: what was told twice, and what is not there.
fn of_sessions(context: &Context<'_>, sequence: &Verdict) -> Result<[Verdict; 2], Error> {
    let mut reissued = Tally::new(check_of("anomalies.dup_reissued"));
    let mut dropped = Tally::new(check_of("anomalies.record_dropped"));
    reissued.saw(sequence.seen as usize);
    dropped.saw(sequence.seen as usize);
    for events in sessions(context, sequence)?.values_mut() {
        events.sort_unstable_by_key(|event| event.1);
        let mut told: BTreeMap<(u64, i64), u128> = BTreeMap::new();
        let place = |id: u128| format!("events where event_id = {}", pass::id(id));
        let mut last = 0;
        for (id, seq, name, time) in events.iter().copied() {
            let known = *told.entry((name, time)).or_insert(id);
            if known != id {
                reissued
                    .wrong(|| (place(id), format!("tells again what {} told", pass::id(known))));
            }
            if seq > last + 1 {
                dropped.wrong(|| (place(id), format!("session_seq is {seq}, after {last}")));
            }
            last = last.max(seq);
        }
    }
    Ok([reissued.verdict(), dropped.verdict()])
}

/// The events of the sessions that a verdict's places belong to.
fn sessions(
    context: &Context<'_>,
    sequence: &Verdict,
) -> Result<BTreeMap<u128, Vec<Event>>, Error> {
    let mut sessions: BTreeMap<u128, Vec<Event>> = BTreeMap::new();
    let Some(table) = context.schemas.tables.iter().find(|table| table.is_events()) else {
        return Ok(sessions);
    };
    let suspects: BTreeSet<Link> = sequence
        .places
        .iter()
        .filter_map(|evidence| match Spot::read(&evidence.place, context.schemas) {
            Spot::Row(_, link) => Some(link),
            _ => None,
        })
        .collect();
    if suspects.is_empty() {
        return Ok(sessions);
    }
    let names = ["event_id", "session_id"];
    context.data.scan(table, &names, |_, batch| {
        for row in 0..batch.rows {
            if suspects.contains(&links::of_row(table, &names, batch, row))
                && let Some(session) = batch.columns[1].id(row)
            {
                sessions.entry(session).or_default();
            }
        }
        context.watch.on(0)
    })?;
    let names = ["event_id", "session_id", "session_seq", "event_name", "event_time"];
    context.data.scan(table, &names, |_, batch| {
        for row in 0..batch.rows {
            let Some(events) = batch.columns[1].id(row).and_then(|id| sessions.get_mut(&id)) else {
                continue;
            };
            let name = batch.columns[3].text(row).map_or(0, |name| hash::of_bytes(name.as_bytes()));
            let long = |at: usize| batch.columns[at].long(row).unwrap_or_default();
            events.push((batch.columns[0].id(row).unwrap_or_default(), long(2), name, long(4)));
        }
        context.watch.on(0)
    })?;
    context.watch.check()?;
    Ok(sessions)
}
