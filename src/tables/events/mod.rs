//! The event table of one slice: rows in order of arrival, laid out column by column.
//!
//! Most columns tell about the session. Their keys are worked out once for each session of the slice; a row then copies a number. Columns of
//! a group (`event.order.*`) know their rows, so an absent value costs nothing.

mod arrange;
mod facts;
mod fill;
mod rows;
mod sparse;

use std::ops::Range;

use crate::event::ids::{self, Thing};
use crate::event::journal::{Bucket, NEVER, NONE, Offsets, Row, Session};
use crate::frame::{Column, Dictionary, Frame, NULL, Strings};
use crate::schema::Table;
use crate::tables::changes::{Fate, Place};
use crate::tables::events::arrange::{Arrived, arrange, arrange_changed, arrange_in_parts};
use crate::tables::events::facts::{Envelope, Fact, Page, Product, Sale, SessionFact};
use crate::tables::events::rows::{About, Met, Rows, UNNAMED};
use crate::tables::{Context, EMPTY, sessions};

/// Sessions whose keys are worked out for all fields before those of the next: so few that their records stay in a core's cache.
const SESSIONS: usize = 64;

/// Rows of a part of a slice, at least: as many as stay in a core's cache with all that they need.
const PART: usize = 8192;
/// Parts of a slice at most, so that no session is in many of them even where all of a slice's come at the same time.
const PARTS: usize = 32;

/// The events of a slice in order of arrival.
pub struct EventFrame<'c> {
    context: Context<'c>,
    table: &'c Table,
    facts: Vec<Option<Fact>>,
    rows: Rows,
    /// By field, for facts of the session: a key a session of the slice, and whether some of them are null.
    keys: Vec<(Vec<u32>, bool)>,
    users: Vec<u128>,
    devices: Vec<u128>,
    anonymous: Vec<u128>,
    journeys: Vec<u128>,
    carts: Vec<u128>,
    session_ids: Vec<u128>,
    addresses: Strings,
    landing_urls: Strings,
    order_ids: Vec<u128>,
}

/// What becomes of an event.
#[derive(Debug, Clone, Copy)]
pub struct Change {
    /// The session's ordinal in the range's journal.
    pub session: u32,
    /// The event; its ordinals are those of the range's journal.
    pub row: Row,
    /// What becomes of it.
    pub fate: Fate,
}

/// A slice of which some rows are changed.
pub struct Changed<'c> {
    /// The rows; those behind `shown` are only there to be looked up.
    pub frame: EventFrame<'c>,
    /// How many there are to write.
    pub shown: usize,
    /// Least and greatest arrival of those.
    pub time_range: Option<(i64, i64)>,
    /// Where the changed rows are, in the order of the changes.
    pub places: Vec<Place>,
}

/// The facts that a table's columns are filled from, found once.
#[derive(Debug, Clone)]
pub struct Bound(Vec<Option<Fact>>);

impl Bound {
    /// Those of a table.
    pub fn new(table: &Table) -> Self {
        Self(table.fields.iter().map(|field| facts::named(&field.from)).collect())
    }

    /// Those of some columns; the others are without a value.
    #[must_use]
    pub fn only(&self, fields: impl Iterator<Item = usize>) -> Self {
        let mut some = vec![None; self.0.len()];
        fields.for_each(|field| some[field] = self.0[field]);
        Self(some)
    }
}

impl<'c> EventFrame<'c> {
    /// Arranges the buckets of a slice, each with the offset of its journal's sessions and orders, in order of users.
    pub fn new(context: Context<'c>, table: &'c Table, buckets: &[(Bucket, Offsets)]) -> Self {
        let buckets: Vec<_> = buckets.iter().collect();
        arrange(&context.world.fills, &buckets, |arrived, sessions| {
            Self::of(context, table, Bound::new(table), &arrived, sessions)
        })
    }

    /// The same in parts, in order of arrival.
    ///
    /// # Errors
    /// Those of `look`, after which nothing more is arranged.
    pub fn for_parts<E>(
        context: Context<'c>,
        table: &'c Table,
        buckets: &[(Bucket, Offsets)],
        mut look: impl FnMut(&Self) -> Result<(), E>,
    ) -> Result<(), E> {
        let buckets: Vec<_> = buckets.iter().collect();
        let bound = Bound::new(table);
        let rows: usize = buckets.iter().map(|(bucket, _)| bucket.len()).sum();
        let size = rows.div_ceil(PARTS).max(PART);
        arrange_in_parts(&context.world.fills, &buckets, size, |arrived, sessions| {
            look(&Self::of(context, table, bound.clone(), &arrived, sessions))
        })
    }

    /// The same with some of the rows changed, others coming from elsewhere.
    pub fn changed(
        context: Context<'c>,
        table: &'c Table,
        buckets: &[(Bucket, Offsets)],
        changes: &[Change],
    ) -> Changed<'c> {
        // Rows of those who are there only because something goes wrong come by changes.
        let clean = context.journal.clean().sessions;
        let is_clean = |(_, offsets): &&(Bucket, Offsets)| (offsets.session as usize) < clean;
        let buckets: Vec<_> = buckets.iter().filter(is_clean).collect();
        let of = |arrived: Arrived<'_>, sessions: &[u32]| {
            Self::of(context, table, Bound::new(table), &arrived, sessions)
        };
        let (frame, made) = arrange_changed(&context.world.fills, &buckets, changes, of);
        Changed { frame, shown: made.shown, time_range: made.time_range, places: made.places }
    }

    /// One event by itself.
    pub fn single(
        context: Context<'c>,
        table: &'c Table,
        bound: Bound,
        session: u32,
        row: Row,
    ) -> Self {
        let rows = [Row { session: 0, ..row }];
        Self::of(context, table, bound, &Arrived::in_order(&rows), &[session])
    }

    /// The frame of rows that have been arranged, and their sessions.
    fn of(
        context: Context<'c>,
        table: &'c Table,
        bound: Bound,
        arrived: &Arrived<'_>,
        sessions: &[u32],
    ) -> Self {
        let record = |session: &u32| context.journal.sessions[*session as usize].clone();
        let records: Vec<Session> = sessions.iter().map(record).collect();
        let mut frame = Self {
            context,
            table,
            facts: bound.0,
            rows: Rows::default(),
            keys: Vec::new(),
            users: Vec::new(),
            devices: Vec::new(),
            anonymous: Vec::new(),
            journeys: Vec::new(),
            carts: Vec::new(),
            session_ids: Vec::with_capacity(records.len()),
            addresses: Strings::new(),
            landing_urls: Strings::new(),
            order_ids: Vec::new(),
        };
        let (about, devices) = frame.meet_sessions(&records);
        frame.keys = frame.session_keys(&records, &about, &devices);
        frame.rows = Rows::new(context.world, Met { records: &records, about: &about }, arrived);
        let order = |order: &u32| context.journal.orders[(*order & !UNNAMED) as usize].key;
        let orders = frame.rows.orders.values().iter().map(order);
        frame.order_ids = orders.map(|key| ids::of(Thing::Order, key)).collect();
        frame
    }

    /// The arrival times of the first and the last row, µs since 1970.
    pub fn time_range(&self) -> Option<(i64, i64)> {
        Some((*self.rows.received.first()?, *self.rows.received.last()?))
    }

    /// Works out users, journeys, devices and strings of the sessions; by session: what rows need to know, and its device's key.
    fn meet_sessions(&mut self, records: &[Session]) -> (Vec<About>, Vec<u32>) {
        let world = self.context.world;
        let mut about = Vec::with_capacity(records.len());
        let mut device_keys = Vec::with_capacity(records.len());
        let mut last_user = u64::MAX;
        let mut last_journey = NONE;
        let mut first_device = 0;
        let mut slots: Vec<u8> = Vec::new();
        let mut text = Vec::new();
        for session in records {
            if session.user != last_user {
                last_user = session.user;
                self.users.push(world.people.user_id(session.user));
                first_device = self.devices.len();
                slots.clear();
            }
            if session.journey != last_journey {
                last_journey = session.journey;
                self.journeys.push(ids::of(Thing::Journey, session.journey_key));
                self.carts.push(ids::of(Thing::Cart, session.journey_key));
            }
            let slot = slots.iter().position(|slot| *slot == session.device).unwrap_or_else(|| {
                slots.push(session.device);
                let slot = usize::from(session.device);
                self.devices.push(world.people.device_id(session.user, slot));
                self.anonymous.push(world.people.anonymous_id(session.user, slot));
                slots.len() - 1
            });
            let persists = sessions::has_persistent_ids(session);
            device_keys.push(if persists { (first_device + slot) as u32 } else { NULL });
            self.session_ids.push(ids::of(Thing::Session, session.key));
            text.clear();
            if persists {
                sessions::ip(session, &mut text);
            }
            self.addresses.push(std::str::from_utf8(&text).unwrap_or_default());
            text.clear();
            sessions::landing_url(world, session, persists, &mut text);
            self.landing_urls.push(std::str::from_utf8(&text).unwrap_or_default());
            about.push(About {
                known_from: if persists { sessions::known_from(session) } else { NEVER },
                user: self.users.len() as u32 - 1,
                journey: self.journeys.len() as u32 - 1,
                currency: session.currency,
                persists,
            });
        }
        (about, device_keys)
    }

    /// By field, for those that tell about the session: a key for each session, and whether some of them are null.
    fn session_keys(
        &self,
        records: &[Session],
        about: &[About],
        devices: &[u32],
    ) -> Vec<(Vec<u32>, bool)> {
        let world = self.context.world;
        let count = records.len();
        let room = |fact: &Option<Fact>| match fact {
            Some(Fact::Session(_)) => Vec::with_capacity(count),
            _ => Vec::new(),
        };
        let mut keys: Vec<Vec<u32>> = self.facts.iter().map(room).collect();
        for first in (0..count).step_by(SESSIONS) {
            let some = first..count.min(first + SESSIONS);
            for (fact, keys) in self.facts.iter().zip(&mut keys) {
                let Some(Fact::Session(fact)) = fact else { continue };
                match fact {
                    SessionFact::Word(key, _) => {
                        keys.extend(records[some.clone()].iter().map(|s| key(world, s)));
                    }
                    SessionFact::Device | SessionFact::Anonymous => {
                        keys.extend_from_slice(&devices[some.clone()]);
                    }
                    SessionFact::Journey => {
                        let journey = |about: &About| persisting(about, about.journey);
                        keys.extend(about[some.clone()].iter().map(journey));
                    }
                    // Keys of the session itself are the session's ordinals.
                    SessionFact::Session => keys.extend(some.clone().map(|at| at as u32)),
                    SessionFact::Ip => {
                        keys.extend(some.clone().map(|at| persisting(&about[at], at as u32)));
                    }
                }
            }
        }
        let some_null = |keys: Vec<u32>| {
            let some_null = keys.contains(&NULL);
            (keys, some_null)
        };
        keys.into_iter().map(some_null).collect()
    }
}

/// The key of what outlasts a visit: none where its events are pings.
fn persisting(about: &About, key: u32) -> u32 {
    if about.persists { key } else { NULL }
}

/// The strings that the world has for a fact of the events.
pub(super) fn catalogue<'w>(world: &'w crate::scenario::World, fact: &str) -> Option<&'w Strings> {
    match facts::named(fact)? {
        Fact::Envelope(Envelope::Name) => Some(&world.words.events),
        Fact::Session(SessionFact::Word(_, strings)) | Fact::Sale(Sale::Word(_, strings)) => {
            Some(strings(world))
        }
        Fact::Product(Product::Category) => Some(&world.words.categories),
        Fact::Product(Product::Brand) => Some(&world.words.brands),
        Fact::Sale(Sale::Currency) => Some(&world.words.currencies),
        Fact::Query => Some(&world.words.queries),
        _ => None,
    }
}

impl Drop for EventFrame<'_> {
    fn drop(&mut self) {
        std::mem::take(&mut self.rows).leave();
    }
}

impl Frame for EventFrame<'_> {
    fn table(&self) -> &Table {
        self.table
    }

    fn rows(&self) -> usize {
        self.rows.times.len()
    }

    fn dictionary(&self, field: usize) -> Option<Dictionary<'_>> {
        let world = self.context.world;
        let words = |base| Dictionary::Texts { base, own: &EMPTY };
        Some(match self.facts[field]? {
            Fact::Envelope(Envelope::Name) => words(&world.words.events),
            Fact::Envelope(Envelope::User) => Dictionary::Ids(&self.users),
            Fact::Session(SessionFact::Word(_, strings)) | Fact::Sale(Sale::Word(_, strings)) => {
                words(strings(world))
            }
            Fact::Session(SessionFact::Session) => Dictionary::Ids(&self.session_ids),
            Fact::Session(SessionFact::Journey) => Dictionary::Ids(&self.journeys),
            Fact::Session(SessionFact::Device) => Dictionary::Ids(&self.devices),
            Fact::Session(SessionFact::Anonymous) => Dictionary::Ids(&self.anonymous),
            Fact::Session(SessionFact::Ip) => words(&self.addresses),
            Fact::Page(Page::Url) => {
                Dictionary::Texts { base: &world.pages.urls, own: &self.landing_urls }
            }
            Fact::Page(Page::Path) => words(&world.pages.paths),
            Fact::Page(Page::Referrer) => words(&world.words.referrers),
            Fact::Product(Product::Id) => words(&world.words.products),
            Fact::Product(Product::Category) => words(&world.words.categories),
            Fact::Product(Product::Brand) => words(&world.words.brands),
            Fact::Sale(Sale::Cart) => Dictionary::Ids(&self.carts),
            Fact::Sale(Sale::Order) => Dictionary::Ids(&self.order_ids),
            Fact::Sale(Sale::Currency) => words(&world.words.currencies),
            Fact::Query => words(&world.words.queries),
            Fact::Properties => words(&world.objects),
            _ => return None,
        })
    }

    fn fill(&self, field: usize, rows: Range<usize>, out: &mut Column) {
        match self.facts[field] {
            Some(Fact::Envelope(fact)) => self.fill_envelope(fact, rows, out),
            Some(Fact::Session(_)) => self.fill_session(field, rows, out),
            Some(Fact::Page(fact)) => self.fill_page(fact, &rows, out),
            Some(Fact::Product(fact)) => self.fill_product(fact, &rows, out),
            Some(Fact::Sale(fact)) => self.fill_sale(fact, &rows, out),
            Some(Fact::Query) => fill::copy(&self.rows.queries, &rows, Column::keys, out),
            Some(Fact::Properties) => fill::copy(&self.rows.properties, &rows, Column::keys, out),
            // The loader lets no field name a fact that its table lacks.
            None => out.fill_keys(rows.len(), rows.map(|_| NULL)),
        }
    }

    fn groups(&self) -> Option<&[u32]> {
        Some(&self.rows.sessions)
    }

    fn is_lasting(&self, field: usize) -> bool {
        // The first part of all dictionaries is the world's, but for the addresses of the sessions.
        !matches!(self.facts[field], Some(Fact::Session(SessionFact::Ip)))
    }

    fn shared(&self, field: usize) -> Option<&[u32]> {
        matches!(self.facts[field], Some(Fact::Session(_))).then_some(&self.keys[field].0)
    }
}
