//! What follows from an edit for those around it: counts, places and spans that are to hold all the same.

use crate::anomaly::fresh;
use crate::anomaly::ground::{Event, Ground, RowRef, Rowset};
use crate::anomaly::incident::{Incident, Role, cells};
use crate::anomaly::kinds::session::steps;
use crate::anomaly::value::Value;
use crate::event::journal::NEVER;
use crate::seed::Stream;

/// What a session's row tells of its events.
struct Sum {
    started: i64,
    ended: i64,
    events: i32,
    views: i32,
}

impl Sum {
    /// Of some events, in the order in which they happened.
    fn of<'e>(events: impl Iterator<Item = &'e Event>) -> Option<Self> {
        let mut sum: Option<Self> = None;
        for Event { row, .. } in events {
            let sum =
                sum.get_or_insert(Self { started: row.time, ended: row.time, events: 0, views: 0 });
            sum.ended = row.time;
            sum.events += 1;
            sum.views += i32::from(row.load_ms > 0);
        }
        sum
    }

    /// The columns that tell it.
    fn cells(&self) -> [(&'static str, Value); 5] {
        [
            ("started_at", Value::Long(self.started)),
            ("ended_at", Value::Long(self.ended)),
            ("events", Value::Int(self.events)),
            ("page_views", Value::Int(self.views)),
            ("is_bounce", Value::Flag(self.views <= 1)),
        ]
    }
}

/// Sets those cells of a row whose values are other ones.
pub(super) fn adjust<'c>(
    incident: Incident,
    ground: &Ground<'_>,
    row: RowRef,
    to: impl IntoIterator<Item = (&'c str, Value)>,
) -> Incident {
    let (names, values): (Vec<&str>, Vec<Value>) = to.into_iter().unzip();
    let there = ground.values(row, &names);
    let all = names.into_iter().zip(values).zip(there);
    let other: Vec<(&str, Value)> =
        all.filter(|((_, value), there)| value != there).map(|(cell, _)| cell).collect();
    if other.is_empty() {
        return incident;
    }
    incident.set_all(row, cells(other)).role(Role::Collateral)
}

/// Sets cells of a row in the wake of an edit.
fn follow<const N: usize>(
    incident: Incident,
    row: RowRef,
    to: [(&'static str, Value); N],
) -> Incident {
    incident.set_all(row, cells(to)).role(Role::Collateral)
}

/// A session without some of its events, as if they had never been: places in it, counts and spans are those of the rest. None where
/// the first event is among them, or all.
pub(super) fn without(
    ground: &Ground<'_>,
    session: u32,
    events: &[Event],
    is_left_out: impl Fn(&Event) -> bool,
) -> Option<Incident> {
    let first = events.first().filter(|event| !is_left_out(event))?;
    let mut incident = Incident::new();
    let mut left_out = 0;
    for event in events {
        if is_left_out(event) {
            left_out += 1;
            incident = incident.delete(event.at());
        } else if left_out > 0 {
            let place = i32::from(event.row.sequence) + 1 - left_out;
            incident = follow(incident, event.at(), [("session_seq", Value::Int(place))]);
        }
    }
    let sum = Sum::of(events.iter().filter(|event| !is_left_out(event)))?;
    let of = ground.session(session);
    let named = if of.known_from <= of.ended && of.known_from > sum.ended {
        vec![("user_id", Value::Null)]
    } else {
        Vec::new()
    };
    let row = RowRef::new(Rowset::Sessions, session);
    incident = adjust(incident, ground, row, sum.cells().into_iter().chain(named));
    let journey = ground.journey_of(session);
    let count = ground.context.journal.journeys[journey.ordinal as usize].events;
    let count = Value::Int(count as i32 - left_out);
    incident = follow(incident, journey, [("events", count)]);
    debug_assert!(first.row.time == of.started);
    Some(if sum.ended == of.ended {
        incident
    } else {
        ended_earlier(incident, ground, session, sum.ended)
    })
}

/// A session's journey and device, once it ends earlier.
fn ended_earlier(
    mut incident: Incident,
    ground: &Ground<'_>,
    session: u32,
    ended: i64,
) -> Incident {
    let of = ground.session(session);
    let last = |is_one: &dyn Fn(u32) -> bool| {
        let others = ground.sessions_of(of.user).filter(|at| *at != session && is_one(*at));
        others.map(|at| ground.session(at).ended).max().unwrap_or(ended).max(ended)
    };
    let of_journey = last(&|at| ground.session(at).journey == of.journey);
    let journey = ground.journey_of(session);
    incident = adjust(incident, ground, journey, [("ended_at", Value::Long(of_journey))]);
    if let Some(device) = ground.device_of(session) {
        let of_device = last(&|at| ground.session(at).device == of.device);
        incident = adjust(incident, ground, device, [("last_seen", Value::Long(of_device))]);
    }
    incident
}

/// Whether a session stands by itself: nothing was bought or tried to be, and who it is does not become known in its course.
fn is_plain(ground: &Ground<'_>, session: u32) -> bool {
    let of = ground.session(session);
    let is_constant = of.known_from <= of.started || of.known_from > of.ended;
    is_constant && !of.converted && ground.payments_in(session).is_empty()
}

/// The later sessions of a session's journey.
fn later(ground: &Ground<'_>, session: u32) -> Vec<u32> {
    let of = ground.session(session);
    let is_later = |at: &u32| {
        let other = ground.session(*at);
        other.journey == of.journey && other.number > of.number
    };
    ground.sessions_of(of.user).filter(is_later).collect()
}

/// A journey that has so many sessions more or less: its count, and the numbers of the later ones.
fn renumber(
    mut incident: Incident,
    ground: &Ground<'_>,
    session: u32,
    later: &[u32],
    more: i32,
) -> Incident {
    for at in later {
        let number = Value::Int(i32::from(ground.session(*at).number) + more);
        let row = RowRef::new(Rowset::Sessions, *at);
        incident = follow(incident, row, [("session_number", number)]);
    }
    let journey = ground.journey_of(session);
    let sessions = ground.context.journal.journeys[journey.ordinal as usize].sessions;
    follow(incident, journey, [("sessions", Value::Int(sessions as i32 + more))])
}

/// A session some of whose events are another session's, which there was not before: each has its own count, places and span.
pub(super) fn split(
    ground: &Ground<'_>,
    session: u32,
    events: &[Event],
    is_moved: impl Fn(&Event) -> bool,
    draw: &mut Stream,
) -> Option<Incident> {
    is_plain(ground, session).then_some(())?;
    let of = ground.session(session);
    let later = later(ground, session);
    // Numbers go by the order of starts.
    later.iter().all(|at| ground.session(*at).started > of.ended).then_some(())?;
    let first = events.iter().find(|event| is_moved(event))?;
    let holds = |part: bool| steps::hold(ground, events.iter().filter(|e| is_moved(e) == part));
    (holds(true) && holds(false)).then_some(())?;
    let moved = Sum::of(events.iter().filter(|event| is_moved(event)))?;
    let rest = Sum::of(events.iter().filter(|event| !is_moved(event)))?;
    let key = fresh::key(draw);
    let row = RowRef::new(Rowset::Sessions, session);
    let landing = ground.values(first.at(), &["page_path", "page_url"]);
    let landing = ["landing_path", "landing_url"].into_iter().zip(landing);
    let own = [
        ("session_id", key.clone()),
        ("session_number", Value::Int(i32::from(of.number) + 1)),
        ("is_restored", Value::Null),
    ];
    let known = landing.filter(|(_, value)| !value.is_null());
    let all = moved.cells().into_iter().chain(own).chain(known);
    let mut incident = Incident::new().insert(row, cells(all), None);
    incident = adjust(incident, ground, row, rest.cells()).role(Role::Counterpart);
    let mut places = [0, 0];
    for event in events {
        let is_moved = is_moved(event);
        places[usize::from(is_moved)] += 1;
        let place = places[usize::from(is_moved)];
        let is_at_home = place == i32::from(event.row.sequence) + 1;
        let place = (!is_at_home).then_some(("session_seq", Value::Int(place)));
        if is_moved {
            let session = [("session_id", key.clone())];
            incident = incident.set_all(event.at(), cells(session.into_iter().chain(place)));
        } else if let Some(place) = place {
            incident = follow(incident, event.at(), [place]);
        }
    }
    Some(renumber(incident, ground, session, &later, 1))
}

/// What events repeat of their session.
const OF_SESSION: [&str; 14] = [
    "session_id",
    "network",
    "country",
    "region",
    "city",
    "ip",
    "locale",
    "source",
    "campaign_id",
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_term",
    "utm_content",
];

/// A session that goes on with the events of the next one of its journey on its device, which there is no more.
pub(super) fn merge(ground: &Ground<'_>, session: u32, most: i64) -> Option<Incident> {
    let of = ground.session(session);
    let mut later = later(ground, session);
    let next = later.iter().copied().find(|at| ground.session(*at).number == of.number + 1)?;
    let other = ground.session(next);
    // What was agreed to in between is another visit's stamp.
    let is_alike = (other.consent, other.signals) == (of.consent, of.signals);
    let follows =
        is_alike && other.device == of.device && (0..most).contains(&(other.started - of.ended));
    (follows && is_plain(ground, next)).then_some(())?;
    later.retain(|at| *at != next);
    let [first, second] = [session, next].map(|at| ground.events(at));
    let sum = Sum::of(first.iter().chain(&second))?;
    let row = RowRef::new(Rowset::Sessions, session);
    let gone = RowRef::new(Rowset::Sessions, next);
    let mut incident = adjust(Incident::new(), ground, row, sum.cells()).role(Role::Primary);
    if of.known_from > of.ended && other.known_from <= other.ended {
        let named = ground.value(gone, "user_id");
        incident = follow(incident, row, [("user_id", named)]);
    }
    let ours = ground.values(first.first()?.at(), &OF_SESSION);
    for event in &second {
        let theirs = ground.values(event.at(), &OF_SESSION);
        let all = OF_SESSION.into_iter().zip(&ours).zip(theirs);
        let differs = all.filter(|((_, ours), theirs)| *ours != theirs);
        let place = of.events as i32 + i32::from(event.row.sequence) + 1;
        let place = [("session_seq", Value::Int(place))];
        let all = differs.map(|((name, ours), _)| (name, ours.clone())).chain(place);
        incident = incident.set_all(event.at(), cells(all));
    }
    incident = incident.delete(gone).role(Role::Counterpart);
    Some(renumber(incident, ground, session, &later, -1))
}

/// Whether somebody is as known at one moment of a session as at another.
pub(super) fn is_as_known(ground: &Ground<'_>, session: u32, one: i64, other: i64) -> bool {
    let from = ground.session(session).known_from;
    from == NEVER || (one >= from) == (other >= from)
}
