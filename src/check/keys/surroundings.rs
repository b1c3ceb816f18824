//! What an event repeats of its session and its device.

use std::collections::HashMap;

use crate::check::entities::{Entities, Keys, at};
use crate::check::pass::{Seen, shown};
use crate::check::{
    Cached, Check, Context, EventBatch, Interned, Observer, Rows, Tally, Verdict, Wants,
};
use crate::read::Column;
use crate::read::hash::{self, NONE, Words};
use crate::schema::Table;

const SESSION: Check = Check::new(
    "keys.session_context",
    &["events", "sessions"],
    "Events and their session name the same journey, device, anonymous id, source, campaign and address.",
    "A funnel by source counts the same whichever table it starts from.",
);
const DEVICE: Check = Check::new(
    "keys.device_context",
    &["events", "sessions", "devices"],
    "Events carry the class, system, browser and user agent of their device; the last two are other ones only in another app's web view.",
    "A breakdown by device counts the same whichever table it starts from.",
);

/// The checks.
pub(super) static CHECKS: &[Check] = &[SESSION, DEVICE];

/// The columns of a device that its events repeat, the user agent last.
const OF_DEVICE: [&str; 4] = ["os", "os_version", "browser", "user_agent"];

/// Compares events with what they belong to.
pub(super) struct Surroundings {
    session: Tally,
    device: Tally,
    source: Interned,
    class: Interned,
    ip: Cached<u64>,
    campaign: Cached<u32>,
    /// By session: its address, hashed.
    addresses: Vec<u32>,
    words: Words,
    columns: [Interned; 4],
    /// By device: which of the surroundings that devices have.
    devices: Vec<u32>,
    /// The words of [`OF_DEVICE`], each four that occur together; devices are many, and alike.
    alike: Vec<[u32; 4]>,
    places: HashMap<[u32; 4], u32>,
}

impl Surroundings {
    pub(super) fn new(context: &Context<'_>) -> Self {
        Self {
            session: Tally::new(&SESSION),
            device: Tally::new(&DEVICE),
            source: Interned::default(),
            class: Interned::default(),
            ip: Cached::default(),
            campaign: Cached::default(),
            addresses: vec![0; context.entities.sessions.len()],
            words: Words::default(),
            columns: Default::default(),
            devices: vec![NONE; context.entities.devices.len()],
            alike: Vec::new(),
            places: HashMap::new(),
        }
    }

    fn learn_sessions(&mut self, rows: &Rows<'_>) {
        let Some(ip) = rows.column("ip") else { return };
        self.ip.learn(ip, |text| hash::of_bytes(text.as_bytes()));
        for row in 0..rows.len() {
            let session = rows.ordinal(row);
            if let Some(address) = self.addresses.get_mut(session as usize) {
                *address = self.ip.get(ip, row).unwrap_or(0) as u32;
            }
        }
    }

    fn learn_devices(&mut self, rows: &Rows<'_>) {
        let columns = OF_DEVICE.map(|name| rows.column(name));
        for (interned, column) in self.columns.iter_mut().zip(columns) {
            if let Some(column) = column {
                interned.learn(column, &mut self.words);
            }
        }
        for row in 0..rows.len() {
            let words: [u32; 4] = std::array::from_fn(|place| {
                columns[place].map_or(NONE, |column| self.columns[place].key(column, row))
            });
            let place = *self.places.entry(words).or_insert_with(|| {
                self.alike.push(words);
                self.alike.len() as u32 - 1
            });
            if let Some(device) = self.devices.get_mut(rows.ordinal(row) as usize) {
                *device = place;
            }
        }
    }

    fn compare_sessions(&mut self, events: &EventBatch<'_>) {
        let entities = events.entities();
        let columns = ["journey_id", "device_id", "anonymous_id", "source", "campaign_id", "ip"];
        let columns = columns.map(|name| events.column(name));
        let [Some(journey), Some(device), Some(anonymous), Some(source), campaign, ip] = columns
        else {
            return;
        };
        self.source.find(source, &entities.words);
        if let Some(ip) = ip {
            self.ip.learn(ip, |text| hash::of_bytes(text.as_bytes()));
        }
        if let (Some(column), Some(Keys::Words(known) | Keys::Tokens(_, known))) =
            (campaign, entities.keys("campaigns"))
        {
            self.campaign.learn(column, |word| known.get(word));
        }
        for row in (0..events.len()).filter(|row| events.session[*row] != NONE) {
            let (session, facts) = (events.session[row], events.facts(row));
            let address = ip.and_then(|ip| self.ip.get(ip, row)).map(|hash| hash as u32);
            let known = self.addresses.get(session as usize).copied();
            let own = campaign.and_then(|column| self.campaign.get(column, row)).unwrap_or(NONE);
            // What the session itself refers to in vain is another check's affair.
            let same = |column: &Column, known: u128| known == 0 || column.id(row) == Some(known);
            let pairs: [(Option<&Column>, bool); 6] = [
                // A ping without consent names none of these; whether it may is asked elsewhere.
                (Some(journey), !journey.is_valid(row) || same(journey, facts.ids.journey)),
                (Some(device), !device.is_valid(row) || same(device, facts.ids.device)),
                (Some(anonymous), !anonymous.is_valid(row) || same(anonymous, facts.ids.anonymous)),
                (Some(source), self.source.key(source, row) == facts.source),
                (campaign, own == facts.campaign),
                (ip, address.is_none() || address == known),
            ];
            let wrong = pairs.iter().position(|(_, right)| !right);
            self.session.look(wrong.is_none(), || {
                let place = wrong.unwrap_or(0);
                let name =
                    ["journey", "device", "anonymous id", "source", "campaign", "address"][place];
                let there = pairs[place].0.map_or_else(String::new, |column| shown(column, row));
                (events.place(row), format!("its {name} {there} is not its session's"))
            });
        }
    }

    fn compare_devices(&mut self, events: &EventBatch<'_>) {
        let entities = events.entities();
        let Some(class) = events.column("device_class") else { return };
        self.class.find(class, &entities.words);
        let columns = OF_DEVICE.map(|name| events.column(name));
        for (interned, column) in self.columns.iter_mut().zip(columns) {
            if let Some(column) = column {
                interned.learn(column, &mut self.words);
            }
        }
        for row in 0..events.len() {
            let facts = events.facts(row);
            let alike = at(&self.devices, facts.device) as usize;
            let Some(known) = self.alike.get(alike) else { continue };
            let word = |place: usize| {
                let column: Option<&Column> = columns[place];
                column.map_or(known[place], |column| self.columns[place].key(column, row))
            };
            let in_own_browser = word(3) == known[3];
            let differs = |place: &usize| word(*place) != known[*place];
            let other_class = self.class.key(class, row) != facts.class;
            // In a web view both the browser and the user agent are another app's; one of them alone is nobody's.
            let agrees = in_own_browser != differs(&2);
            let other = if in_own_browser { 2 } else { 3 };
            let place = [0, 1].into_iter().find(differs).or((!agrees).then_some(other));
            let wrong =
                other_class.then_some("device_class").or(place.map(|place| OF_DEVICE[place]));
            self.device.look(wrong.is_none(), || {
                let name = wrong.unwrap_or_default();
                let there =
                    events.column(name).map_or_else(String::new, |column| shown(column, row));
                (events.place(row), format!("{name} {there} is not its device's"))
            });
        }
    }
}

impl Observer for Surroundings {
    fn wants(&self, table: &Table) -> Wants {
        match table.name.as_str() {
            "sessions" => Wants::Columns(&["ip"]),
            "devices" => Wants::Columns(&OF_DEVICE),
            "events" => Wants::Columns(&[
                "journey_id",
                "device_id",
                "anonymous_id",
                "source",
                "campaign_id",
                "ip",
                "device_class",
                "os",
                "os_version",
                "browser",
                "user_agent",
            ]),
            _ => Wants::Nothing,
        }
    }

    fn see(&mut self, rows: &Rows<'_>) {
        match rows.table.name.as_str() {
            "sessions" => self.learn_sessions(rows),
            _ => self.learn_devices(rows),
        }
    }

    fn see_events(&mut self, events: &EventBatch<'_>) {
        let known: &Entities = events.entities();
        if !known.sessions.is_empty() {
            self.compare_sessions(events);
        }
        self.compare_devices(events);
    }

    fn finish(self: Box<Self>, _: &Context<'_>, _: &Seen) -> Vec<Verdict> {
        vec![self.session.verdict(), self.device.verdict()]
    }
}
