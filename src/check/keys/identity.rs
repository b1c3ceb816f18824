//! Who is known when, and what was there first.

use crate::check::entities::{Entities, NEVER, at};
use crate::check::facts::Identity as Known;
use crate::check::pass::{Seen, moment};
use crate::check::{Check, Context, EventBatch, Observer, Rows, Tally, Verdict, Wants};
use crate::read::hash::NONE;
use crate::schema::Table;

const FIRST_DAY: Check = Check::new(
    "keys.first_day",
    &["events", "sessions", "devices", "users"],
    "Nothing happens before its person and its device are there.",
    "Cohorts begin with the day on which somebody came.",
);
const LAST_SEEN: Check = Check::new(
    "keys.last_seen",
    &["events", "sessions", "devices"],
    "A device was last seen at its last event.",
    "Churn is measured from it.",
);
const STITCHING: Check = Check::new(
    "keys.stitching",
    &["events", "truth/identity"],
    "An event bears a user id from the moment on at which its anonymous id was linked to the person, and the right one.",
    "Identity resolution is judged against that moment.",
);
const KNOWN: Check = Check::new(
    "keys.known",
    &["sessions", "journeys", "truth/identity"],
    "Sessions and journeys name whom they came to know by their end.",
    "Whoever was known only later must not be named earlier.",
);
const REGISTERED: Check = Check::new(
    "keys.registered",
    &["users", "truth/identity"],
    "A person is registered once known by name, and not before coming near.",
    "Sign-ups are counted by that moment.",
);

/// The checks.
pub(super) static CHECKS: &[Check] = &[FIRST_DAY, LAST_SEEN, STITCHING, KNOWN, REGISTERED];

/// Follows people and devices.
pub(super) struct Identity {
    first_day: Tally,
    last_seen: Tally,
    stitching: Tally,
    known: Tally,
    registered: Tally,
    /// By device: its last event.
    last: Vec<i64>,
    /// By journey: who its sessions say it was.
    whose: Vec<u32>,
}

impl Identity {
    pub(super) fn new(context: &Context<'_>) -> Self {
        Self {
            first_day: Tally::new(&FIRST_DAY),
            last_seen: Tally::new(&LAST_SEEN),
            stitching: Tally::new(&STITCHING),
            known: Tally::new(&KNOWN),
            registered: Tally::new(&REGISTERED),
            last: vec![NEVER; context.entities.devices.len()],
            whose: vec![NONE; context.entities.journeys.len()],
        }
    }

    fn sessions(&mut self, rows: &Rows<'_>) {
        let entities = rows.entities;
        let of = &entities.sessions;
        for row in 0..rows.len() {
            let Some(session) = of.get(rows.ordinal(row) as usize) else { continue };
            let device = entities.devices.get(session.device as usize);
            let user = device.and_then(|device| entities.users.get(device.user as usize));
            let came = (
                device.map_or(i64::MIN, |device| device.first_seen),
                user.map_or(i64::MIN, |user| user.created),
            );
            first_day(&mut self.first_day, came, session.started, || rows.place(row));
            let column = rows.column("user_id");
            let user = entities.find("users", column, row);
            let named = column.is_some_and(|column| column.is_valid(row));
            if let Some(whose) = self.whose.get_mut(session.journey as usize).filter(|_| named) {
                *whose = user;
            }
            let Known { owner, stitched, .. } = Known::of(session.anonymous, entities);
            let right = named == (stitched <= session.ended) && (!named || user == owner);
            self.known
                .look(right, || (rows.place(row), told(entities, named.then_some(user), stitched)));
        }
    }

    fn journeys(&mut self, rows: &Rows<'_>) {
        let entities = rows.entities;
        for row in 0..rows.len() {
            let journey = rows.ordinal(row);
            let user = entities.find("users", rows.column("user_id"), row);
            let whose = at(&self.whose, journey);
            self.known.look(user == whose, || {
                (rows.place(row), "its user_id is not the one that its sessions name")
            });
        }
    }

    fn presence(&mut self, events: &EventBatch<'_>) {
        for row in 0..events.len() {
            let (time, facts) = (events.time[row], events.facts(row));
            let Some(last) = self.last.get_mut(facts.device as usize) else { continue };
            if *last == NEVER || time > *last {
                *last = time;
            }
            let came = (facts.first_seen, facts.created);
            first_day(&mut self.first_day, came, time, || events.place(row));
        }
    }

    fn names(&mut self, events: &EventBatch<'_>) {
        let entities = events.entities();
        let (Some(anonymous), Some(user)) =
            (events.column("anonymous_id"), events.column("user_id"))
        else {
            return;
        };
        let device = events.column("device_id");
        for row in 0..events.len() {
            let (time, facts) = (events.time[row], events.facts(row));
            let id = anonymous.id(row).unwrap_or(0);
            let known = if id == facts.ids.anonymous && id != 0 {
                facts.identity
            } else {
                Known::of(entities.anonymous.get(id), entities)
            };
            if known.holder == NONE {
                continue;
            }
            let named = user.id(row);
            let owned = named.is_none_or(|named| {
                let is_own = named == facts.ids.user && known.owner == facts.user;
                is_own || entities.find("users", Some(user), row) == known.owner
            });
            let here = device.is_none_or(|device| {
                let is_own =
                    device.id(row) == Some(facts.ids.device) && known.holder == facts.device;
                is_own || entities.find("devices", Some(device), row) == known.holder
            });
            let right = named.is_some() == (time >= known.stitched) && owned && here;
            self.stitching.look(right, || {
                let who = named.map(|_| entities.find("users", Some(user), row));
                (events.place(row), told(entities, who, known.stitched))
            });
        }
    }
}

fn told(entities: &Entities, named: Option<u32>, stitched: i64) -> String {
    let who = match named {
        Some(user) => format!("names {}", entities.place("users", user)),
        None => "names nobody".to_owned(),
    };
    format!("{who}; its anonymous id was linked {}", moment(stitched))
}

/// Whether the device and the person of something were there when it was.
fn first_day(
    tally: &mut Tally,
    (first_seen, created): (i64, i64),
    time: i64,
    place: impl FnOnce() -> String,
) {
    tally.look(time >= first_seen && time >= created, || {
        let [time, seen, came] = [time, first_seen, created].map(moment);
        (place(), format!("is at {time}; its device is there from {seen}, its person from {came}"))
    });
}

impl Observer for Identity {
    fn wants(&self, table: &Table) -> Wants {
        match table.name.as_str() {
            "sessions" | "journeys" => Wants::Columns(&["user_id"]),
            "events" => Wants::Columns(&["anonymous_id", "user_id", "device_id"]),
            _ => Wants::Nothing,
        }
    }

    fn see(&mut self, rows: &Rows<'_>) {
        match rows.table.name.as_str() {
            "sessions" => self.sessions(rows),
            _ => self.journeys(rows),
        }
    }

    fn done(&mut self, table: &Table, _: &Entities) {
        if table.name == "journeys" {
            self.whose = Vec::new();
        }
    }

    fn see_events(&mut self, events: &EventBatch<'_>) {
        self.presence(events);
        self.names(events);
    }

    fn finish(mut self: Box<Self>, context: &Context<'_>, _: &Seen) -> Vec<Verdict> {
        let entities = context.entities;
        for (device, (last, stated)) in self.last.iter().zip(entities.devices.iter()).enumerate() {
            let stated = stated.last_seen;
            self.last_seen.look(*last == stated, || {
                let [last, stated] = [*last, stated].map(moment);
                let says = format!("last_seen is {stated}; its last event is {last}");
                (entities.place("devices", device as u32), says)
            });
        }
        let users = &entities.users;
        for (user, of) in users.iter().enumerate() {
            self.registered.look(of.registered >= of.created, || {
                (entities.place("users", user as u32), "is registered before coming near")
            });
        }
        let identities = &entities.identities;
        for linked in identities.iter().filter(|of| of.stitched != NEVER) {
            let user = users.get(linked.user as usize);
            let registered = user.is_none_or(|user| user.registered != NEVER);
            self.registered.look(registered, || {
                (entities.place("users", linked.user), "is known by name, but not registered")
            });
        }
        let tallies = [self.first_day, self.last_seen, self.stitching, self.known, self.registered];
        tallies.map(Tally::verdict).into()
    }
}
