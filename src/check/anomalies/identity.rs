//! Who is who, and where.

use super::{Kind, check_of, checks};
use crate::check::entities::Entities;
use crate::check::pass::{Seen, moment};
use crate::check::{Check, Context, Interned, Observer, Rows, Tally, Verdict, Wants};
use crate::model::globe;
use crate::read::hash::{NONE, Words};
use crate::schema::Table;

/// The kinds.
pub(super) const KINDS: [Kind; 5] = [
    Kind::statistical(
        "anomalies.identity_split",
        &["sessions", "devices", "users"],
        "A device or an e-mail address leads to one person.",
        "A person that is two is counted twice, and neither half converts.",
    ),
    Kind::statistical(
        "anomalies.identity_merge",
        &["sessions", "devices", "users"],
        "An id leads to one person.",
        "Two people under one id are a customer that nobody knows.",
    ),
    Kind::statistical(
        "anomalies.pseudonym_unstable",
        &["sessions", "devices"],
        "A pseudonym stays the same for as long as its device does.",
        "Returning visitors become new ones on the day of the change.",
    ),
    Kind::new(
        "anomalies.impossible_travel",
        &["sessions", "devices", "users"],
        &["keys.session_context"],
        "Nobody is in two places sooner than an aeroplane gets from one to the other.",
        "Such sign-ins are locked, or somebody else's.",
    ),
    Kind::new(
        "anomalies.ua_device_mismatch",
        &[],
        &["keys.device_context", "keys.web_view", "keys.browser", "keys.gesture"],
        "The user agent is that of the device, its system and its browser.",
        "Reports by browser and by device contradict each other.",
    ),
];

/// The checks.
pub(super) static CHECKS: [Check; KINDS.len()] = checks(&KINDS);

/// Kilometres an hour.
const SPEED: f64 = 1_000.0;

/// Kilometres at least between two cities of a country.
const NEXT_CITY: f64 = 30.0;

/// Follows where people are.
pub(super) struct Travel {
    tally: Tally,
    words: Words,
    country: Interned,
    city: Interned,
    /// By session: country and city.
    places: Vec<(u32, u32)>,
}

impl Travel {
    pub(super) fn new(context: &Context<'_>) -> Self {
        Self {
            tally: Tally::new(check_of("anomalies.impossible_travel")),
            words: Words::default(),
            country: Interned::default(),
            city: Interned::default(),
            places: vec![(NONE, NONE); context.entities.sessions.len()],
        }
    }

    /// Kilometres at least between two places.
    fn distance(&self, from: (u32, u32), to: (u32, u32)) -> f64 {
        if from.0 == to.0 {
            return if from.1 == to.1 { 0.0 } else { NEXT_CITY };
        }
        let [from, to] = [from.0, to.0].map(|country| self.words.word(country));
        // A country that nobody knows is as far as the next one.
        globe::kilometres(from, to).unwrap_or(300.0)
    }

    /// Follows each person from session to session, once all places are known; they are let go, because the events need the room.
    fn judge(&mut self, entities: &Entities) {
        let places = std::mem::take(&mut self.places);
        let (of, visits) = (&entities.sessions, entities.visits());
        self.tally.saw(visits.len());
        for pair in visits.by_user().flat_map(|visits| visits.windows(2)) {
            let [before, after] = [pair[0] as usize, pair[1] as usize];
            let hours = (of[after].started - of[before].ended).max(0) as f64 / 3.6e9;
            let (from, to) = (places[before], places[after]);
            let kilometres = self.distance(from, to);
            if kilometres > hours * SPEED {
                let word = |key: u32| self.words.word(key).to_owned();
                let (from, to) = (word(from.1), word(to.1));
                self.tally.wrong(|| {
                    let at = moment(of[after].started);
                    (
                        entities.place("sessions", pair[1]),
                        format!("is in {to} at {at}, {hours:.2} hours after {from}"),
                    )
                });
            }
        }
    }
}

impl Observer for Travel {
    fn wants(&self, table: &Table) -> Wants {
        if table.name == "sessions" { Wants::Columns(&["country", "city"]) } else { Wants::Nothing }
    }

    fn see(&mut self, rows: &Rows<'_>) {
        let (Some(country), Some(city)) = (rows.column("country"), rows.column("city")) else {
            return;
        };
        self.country.learn(country, &mut self.words);
        self.city.learn(city, &mut self.words);
        for row in 0..rows.len() {
            let session = rows.ordinal(row);
            if let Some(place) = self.places.get_mut(session as usize) {
                *place = (self.country.key(country, row), self.city.key(city, row));
            }
        }
    }

    fn done(&mut self, table: &Table, entities: &Entities) {
        if table.name == "sessions" {
            self.judge(entities);
        }
    }

    fn finish(self: Box<Self>, _: &Context<'_>, _: &Seen) -> Vec<Verdict> {
        vec![self.tally.verdict()]
    }
}
