//! Sessions and their events.

use crate::check::pass::{Seen, moment};
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
#[derive(Clone, Copy, Default)]
struct State {
    seq: u32,
    events: u32,
    views: u16,
    begun: bool,
    ended: bool,
}

/// Follows every session through the events.
pub(super) struct Sessions {
    sequence: Tally,
    inside: Tally,
    span: Tally,
    counts: Tally,
    states: Vec<State>,
    /// By session: when the event seen last happened. Apart, because together both would take four bytes more.
    last: Vec<i64>,
}

impl Sessions {
    pub(super) fn new(context: &Context<'_>) -> Self {
        let sessions = context.entities.sessions.started.len();
        Self {
            sequence: Tally::new(&SEQUENCE),
            inside: Tally::new(&INSIDE),
            span: Tally::new(&SPAN),
            counts: Tally::new(&COUNTS),
            states: vec![State::default(); sessions],
            last: vec![i64::MIN; sessions],
        }
    }

    fn follow(&mut self, events: &EventBatch<'_>, row: usize, seq: u32, is_view: bool) {
        let (session, time) = (events.session[row], events.time[row]);
        let place = session as usize;
        if place >= self.states.len() {
            self.states.resize(place + 1, State::default());
            self.last.resize(place + 1, i64::MIN);
        }
        let state = &mut self.states[place];
        let (expected, before) = (state.seq + 1, self.last[place]);
        self.sequence.look(seq == expected && time >= before, || {
            let says = if seq == expected {
                format!("happened at {}, before the event in front of it", moment(time))
            } else {
                format!("session_seq is {seq}; {expected} was next in its session")
            };
            (events.place(row), says)
        });
        (state.seq, self.last[place]) = (seq, time);
        state.events += 1;
        state.views += u16::from(is_view);
        let sessions = &events.entities().sessions;
        let (Some(started), Some(ended)) = (sessions.started.get(place), sessions.ended.get(place))
        else {
            return;
        };
        state.begun |= time == *started;
        state.ended |= time == *ended;
        self.inside.look((*started..=*ended).contains(&time), || {
            let [time, started, ended] = [time, *started, *ended].map(moment);
            (events.place(row), format!("is at {time}; its session is from {started} to {ended}"))
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
        for row in 0..rows.len() {
            let views = rows.long("page_views", row);
            let bounce = rows.column("is_bounce").and_then(|column| column.flag(row));
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
        for row in (0..events.len()).filter(|row| events.session[*row] != NONE) {
            let is_view = loads.is_some_and(|loads| loads.is_valid(row));
            let seq = seq.long(row).and_then(|seq| u32::try_from(seq).ok()).unwrap_or(0);
            self.follow(events, row, seq, is_view);
        }
    }

    fn finish(mut self: Box<Self>, context: &Context<'_>, _: &Seen) -> Vec<Verdict> {
        let sessions = &context.entities.sessions;
        for (place, state) in self.states.iter().enumerate().take(sessions.started.len()) {
            let ordinal = place as u32;
            let at = || context.entities.place("sessions", ordinal);
            self.span.look(state.begun && state.ended, || {
                let end = if state.begun { "end" } else { "start" };
                (at(), format!("has no event at its {end}"))
            });
            let (events, views) = (sessions.events[place], sessions.page_views[place]);
            let right = (state.events, u32::from(state.views)) == (events, views);
            self.counts.look(right, || {
                let (there, seen) = (state.events, state.views);
                (at(), format!("states {events} events and {views} page views; there are {there} and {seen}"))
            });
        }
        vec![
            self.sequence.verdict(),
            self.inside.verdict(),
            self.span.verdict(),
            self.counts.verdict(),
        ]
    }
}
