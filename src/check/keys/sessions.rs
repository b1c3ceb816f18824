//! Sessions and their events.

use std::collections::HashMap;

use crate::check::entities::{self, Entities, Kept};
use crate::check::facts::Facts;
use crate::check::pass::{Seen, moment};
use crate::check::seats::{self, Seated, Through};
use crate::check::{Check, Context, EventBatch, Observer, Rows, Tally, Verdict, Wants};
use crate::read::hash::NONE;
use crate::schema::Table;

const SEQUENCE: Check = Check::new(
    "keys.sequence",
    &["events"],
    "session_seq counts the events of a session from 1 without gaps, in the order of their times.",
    "Sessions are put together again by it.",
);
const INSIDE: Check = Check::new(
    "keys.inside",
    &["events", "sessions"],
    "Events happen within their session's start and end.",
    "An event outside belongs to no session that anybody could have computed.",
);
const SPAN: Check = Check::new(
    "keys.span",
    &["events", "sessions"],
    "A session begins with its first event and ends with its last.",
    "Durations are taken from either table and must be the same.",
);
const COUNTS: Check = Check::new(
    "keys.session_counts",
    &["events", "sessions"],
    "A session counts its events and page views, and is a bounce when it has fewer than two.",
    "Counts are taken from either table and must be the same.",
);

/// The checks.
pub(super) static CHECKS: &[Check] = &[SEQUENCE, INSIDE, SPAN, COUNTS];

/// What was seen of a session.
#[derive(Clone, Copy, PartialEq)]
struct State {
    /// Whose, or [`NONE`] when it is through.
    session: u32,
    seq: u32,
    /// When the event seen last happened.
    last: i64,
    events: u32,
    views: u32,
    begun: bool,
    ended: bool,
}

impl Default for State {
    fn default() -> Self {
        Self::new(NONE)
    }
}

impl State {
    /// Nothing was seen yet.
    fn new(session: u32) -> Self {
        Self { session, seq: 0, last: i64::MIN, events: 0, views: 0, begun: false, ended: false }
    }

    /// All was seen that there should be: what is left to know of a session that is through without fault.
    fn sound(session: u32, of: &Kept<entities::Session>) -> Self {
        let entities::Session { events, page_views: views, ended: last, .. } = of.at(session);
        Self { session, seq: events, last, events, views: views.into(), begun: true, ended: true }
    }
}

/// Follows every session through the events.
pub(super) struct Sessions {
    sequence: Tally,
    inside: Tally,
    span: Tally,
    counts: Tally,
    /// By seat.
    states: Vec<State>,
    /// By session: whether it is through without fault.
    sound: Vec<bool>,
    /// Of those that are through with one.
    faulty: HashMap<u32, State>,
}

impl Sessions {
    pub(super) fn new(context: &Context<'_>) -> Self {
        Self {
            sequence: Tally::new(&SEQUENCE),
            inside: Tally::new(&INSIDE),
            span: Tally::new(&SPAN),
            counts: Tally::new(&COUNTS),
            states: Vec::new(),
            sound: vec![false; context.entities.sessions.len()],
            faulty: HashMap::new(),
        }
    }

    fn follow(&mut self, events: &EventBatch<'_>, row: usize, seq: u32, is_view: bool) {
        let time = events.time[row];
        let state = &mut self.states[events.seat[row] as usize];
        let (expected, before) = (state.seq + 1, state.last);
        self.sequence.look(seq == expected && time >= before, || {
            let says = if seq == expected {
                format!("happened at {}, before the event in front of it", moment(time))
            } else {
                format!("session_seq is {seq}; {expected} was next in its session")
            };
            (events.place(row), says)
        });
        (state.seq, state.last) = (seq, time);
        state.events += 1;
        state.views += u32::from(is_view);
        if events.entities().sessions.is_empty() {
            return;
        }
        let Facts { started, ended, .. } = *events.facts(row);
        state.begun |= time == started;
        state.ended |= time == ended;
        self.inside.look((started..=ended).contains(&time), || {
            let [time, started, ended] = [time, started, ended].map(moment);
            (events.place(row), format!("is at {time}; its session is from {started} to {ended}"))
        });
    }

    /// A session begins, or goes on though it seemed to be through.
    fn seat(&mut self, seated: Seated, of: &Kept<entities::Session>) {
        let Seated { seat, session, again } = seated;
        let state = if again {
            self.faulty.remove(&session).unwrap_or_else(|| State::sound(session, of))
        } else {
            State::new(session)
        };
        seats::set(&mut self.states, seat, state);
    }

    /// A session is through.
    fn leave(&mut self, through: Through, of: &Kept<entities::Session>) {
        let state = std::mem::take(&mut self.states[through.seat as usize]);
        if state == State::sound(through.session, of) {
            self.sound[through.session as usize] = true;
        } else {
            self.faulty.insert(through.session, state);
        }
    }

    /// A session has been seen as a whole.
    fn judge(&mut self, state: State, entities: &Entities) {
        let at = || entities.place("sessions", state.session);
        self.span.look(state.begun && state.ended, || {
            let end = if state.begun { "end" } else { "start" };
            (at(), format!("has no event at its {end}"))
        });
        let place = state.session as usize;
        let (events, views) =
            (entities.sessions[place].events, entities.sessions[place].page_views);
        // Of very many views no more is kept than that.
        let counted = state.views.min(u32::from(u16::MAX));
        self.counts.look((state.events, counted) == (events, u32::from(views)), || {
            let (there, seen) = (state.events, state.views);
            let says = format!(
                "states {events} events and {views} page views; there are {there} and {seen}"
            );
            (at(), says)
        });
    }
}

impl Observer for Sessions {
    fn wants(&self, table: &Table) -> Wants {
        match table.name.as_str() {
            "events" => Wants::Columns(&["session_seq", "page_load_ms"]),
            "sessions" => Wants::Columns(&["page_views", "is_bounce"]),
            _ => Wants::Nothing,
        }
    }

    fn see(&mut self, rows: &Rows<'_>) {
        let [views, bounce] = ["page_views", "is_bounce"].map(|name| rows.column(name));
        for row in 0..rows.len() {
            let views = views.and_then(|column| column.long(row));
            let bounce = bounce.and_then(|column| column.flag(row));
            let right = bounce.zip(views).is_none_or(|(bounce, views)| bounce == (views < 2));
            self.counts.look(right, || {
                (
                    rows.place(row),
                    format!("is_bounce does not fit {} page views", views.unwrap_or(0)),
                )
            });
        }
    }

    fn see_events(&mut self, events: &EventBatch<'_>) {
        let Some(seq) = events.column("session_seq") else { return };
        let loads = events.column("page_load_ms");
        let of = &events.entities().sessions;
        events.seated.iter().for_each(|seated| self.seat(*seated, of));
        for row in (0..events.len()).filter(|row| events.session[*row] != NONE) {
            let is_view = loads.is_some_and(|loads| loads.is_valid(row));
            let seq = seq.long(row).and_then(|seq| u32::try_from(seq).ok()).unwrap_or(0);
            self.follow(events, row, seq, is_view);
        }
        events.through.iter().for_each(|through| self.leave(*through, of));
    }

    fn finish(mut self: Box<Self>, context: &Context<'_>, _: &Seen) -> Vec<Verdict> {
        let entities = context.entities;
        let under_way = self.states.iter().filter(|state| state.session != NONE);
        self.faulty.extend(under_way.map(|state| (state.session, *state)));
        for session in 0..entities.sessions.len() as u32 {
            let state = match self.faulty.get(&session) {
                Some(state) => *state,
                None if self.sound[session as usize] => State::sound(session, &entities.sessions),
                None => State::new(session),
            };
            self.judge(state, entities);
        }
        vec![
            self.sequence.verdict(),
            self.inside.verdict(),
            self.span.verdict(),
            self.counts.verdict(),
        ]
    }
}
