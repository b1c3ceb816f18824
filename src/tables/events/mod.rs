//! The event table of one slice: rows in order of arrival, laid out column by column.
//!
//! Most columns tell about the session. Their keys are worked out once for each session of the slice; a row then copies a number. Columns of
//! a group (`event.order.*`) know their rows, so an absent value costs nothing.

mod arrange;
mod facts;
mod fill;

use std::ops::Range;

use crate::event::ids::{self, Thing};
use crate::event::journal::{Bucket, NONE, Offsets, Row, Session};
use crate::frame::{Column, Dictionary, Frame, NULL, Strings};
use crate::scenario::{World, fills};
use crate::schema::Table;
use crate::tables::changes::{Fate, Place};
use crate::tables::events::arrange::{arrange, arrange_changed};
use crate::tables::events::facts::{Envelope, Fact, Page, Product, Sale, SessionFact};
use crate::tables::{Context, EMPTY, sessions};

/// The events of a slice in order of arrival.
pub struct EventFrame<'c> {
    pub(super) context: Context<'c>,
    table: &'c Table,
    facts: Vec<Option<Fact>>,
    pub(super) rows: Vec<Row>,
    /// By row: the session's ordinal in the slice.
    pub(super) sessions: Vec<u32>,
    /// By field, for facts of the session: a key a session of the slice, and whether some of them are null.
    pub(super) keys: Vec<(Vec<u32>, bool)>,
    /// The sessions of the slice, side by side.
    pub(super) local: Vec<Session>,
    /// By session of the slice.
    pub(super) about: Vec<About>,
    /// By row: its random bits.
    pub(super) bits: Vec<u64>,
    users: Vec<u128>,
    devices: Vec<u128>,
    anonymous: Vec<u128>,
    journeys: Vec<u128>,
    carts: Vec<u128>,
    session_ids: Vec<u128>,
    addresses: Strings,
    landing_urls: Strings,
    order_ids: Vec<u128>,
    /// By group: the rows that it fills.
    pub(super) pages: Vec<u32>,
    pub(super) products: Vec<u32>,
    pub(super) orders: Vec<u32>,
    /// By row of `orders`: the ordinal of its order in `order_ids`.
    pub(super) order_keys: Vec<u32>,
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
}

/// What a row needs to know of its session.
#[derive(Debug, Clone, Copy)]
pub(super) struct About {
    pub(super) known_from: i64,
    pub(super) user: u32,
    pub(super) journey: u32,
    pub(super) currency: u8,
}

impl<'c> EventFrame<'c> {
    /// Arranges the buckets of a slice, each with the offset of its journal's sessions and orders, in order of users.
    pub fn new(context: Context<'c>, table: &'c Table, buckets: Vec<(Bucket, Offsets)>) -> Self {
        let (rows, sessions) = arrange(&context.world.fills, buckets);
        Self::of(context, table, Bound::new(table), rows, &sessions)
    }

    /// The same with some of the rows changed, others coming from elsewhere.
    pub fn changed(
        context: Context<'c>,
        table: &'c Table,
        mut buckets: Vec<(Bucket, Offsets)>,
        changes: &[Change],
    ) -> Changed<'c> {
        // Rows of those who are there only because something goes wrong come by changes.
        let clean = context.journal.clean().sessions;
        buckets.retain(|(_, offsets)| (offsets.session as usize) < clean);
        let (rows, sessions, made) = arrange_changed(&context.world.fills, buckets, changes);
        let frame = Self::of(context, table, Bound::new(table), rows, &sessions);
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
        Self::of(context, table, bound, vec![Row { session: 0, ..row }], &[session])
    }

    fn of(
        context: Context<'c>,
        table: &'c Table,
        bound: Bound,
        rows: Vec<Row>,
        slice_sessions: &[u32],
    ) -> Self {
        let mut frame = Self {
            context,
            table,
            facts: bound.0,
            sessions: rows.iter().map(|row| row.session).collect(),
            rows,
            keys: Vec::new(),
            local: slice_sessions
                .iter()
                .map(|s| context.journal.sessions[*s as usize].clone())
                .collect(),
            about: Vec::with_capacity(slice_sessions.len()),
            bits: Vec::new(),
            users: Vec::new(),
            devices: Vec::new(),
            anonymous: Vec::new(),
            journeys: Vec::new(),
            carts: Vec::new(),
            session_ids: Vec::with_capacity(slice_sessions.len()),
            addresses: Strings::new(),
            landing_urls: Strings::new(),
            order_ids: Vec::new(),
            pages: Vec::new(),
            products: Vec::new(),
            orders: Vec::new(),
            order_keys: Vec::new(),
        };
        let device_keys = frame.meet_sessions();
        frame.keys = (0..table.fields.len())
            .map(|field| frame.session_keys(field, &device_keys))
            .map(|keys| {
                let some_null = keys.contains(&NULL);
                (keys, some_null)
            })
            .collect();
        frame.bits = frame.event_bits();
        frame.group_rows();
        frame
    }

    /// The arrival times of the first and the last row, µs since 1970.
    pub fn time_range(&self) -> Option<(i64, i64)> {
        Some((self.rows.first()?.received, self.rows.last()?.received))
    }

    /// Works out users, journeys, devices and strings of the sessions; by session: its device's key.
    fn meet_sessions(&mut self) -> Vec<u32> {
        let (world, journal) = (self.context.world, self.context.journal);
        let mut device_keys = Vec::with_capacity(self.local.len());
        let mut last_user = u64::MAX;
        let mut last_journey = NONE;
        let mut first_device = 0;
        let mut slots: Vec<u8> = Vec::new();
        let mut text = Vec::new();
        for session in &self.local {
            if session.user != last_user {
                last_user = session.user;
                self.users.push(world.people.user_id(session.user));
                first_device = self.devices.len();
                slots.clear();
            }
            if session.journey != last_journey {
                last_journey = session.journey;
                let key = journal.journeys[session.journey as usize].key;
                self.journeys.push(ids::of(Thing::Journey, key));
                self.carts.push(ids::of(Thing::Cart, key));
            }
            let slot = slots.iter().position(|slot| *slot == session.device).unwrap_or_else(|| {
                slots.push(session.device);
                let slot = usize::from(session.device);
                self.devices.push(world.people.device_id(session.user, slot));
                self.anonymous.push(world.people.anonymous_id(session.user, slot));
                slots.len() - 1
            });
            device_keys.push((first_device + slot) as u32);
            self.session_ids.push(ids::of(Thing::Session, session.key));
            text.clear();
            sessions::ip(session, &mut text);
            self.addresses.push(std::str::from_utf8(&text).unwrap_or_default());
            text.clear();
            sessions::landing_url(world, session, &mut text);
            self.landing_urls.push(std::str::from_utf8(&text).unwrap_or_default());
            self.about.push(About {
                known_from: sessions::known_from(session),
                user: self.users.len() as u32 - 1,
                journey: self.journeys.len() as u32 - 1,
                currency: journal.journeys[session.journey as usize].currency,
            });
        }
        device_keys
    }

    /// For a field that tells about the session: a key for each.
    fn session_keys(&self, field: usize, device_keys: &[u32]) -> Vec<u32> {
        match self.facts[field] {
            Some(Fact::Session(SessionFact::Word(key, _))) => {
                let world = self.context.world;
                self.local.iter().map(|session| key(world, session)).collect()
            }
            Some(Fact::Session(SessionFact::Device | SessionFact::Anonymous)) => {
                device_keys.to_vec()
            }
            Some(Fact::Session(SessionFact::Journey)) => {
                self.about.iter().map(|about| about.journey).collect()
            }
            // Keys of the session itself are the session's ordinals.
            _ => Vec::new(),
        }
    }

    /// Lists the rows of each group.
    fn group_rows(&mut self) {
        let fills = &self.context.world.fills;
        self.pages.reserve_exact(self.rows.len());
        self.products.reserve_exact(self.rows.len() / 2);
        for (i, row) in self.rows.iter().enumerate() {
            let groups = fills[usize::from(row.kind)];
            if groups & fills::PAGE != 0 && row.page != NONE {
                self.pages.push(i as u32);
            }
            if groups & fills::PRODUCT != 0 && row.product != NONE {
                self.products.push(i as u32);
            }
            if groups & fills::ORDER != 0 && row.extra != NONE {
                self.orders.push(i as u32);
                let key = self.context.journal.orders[row.extra as usize].key;
                self.order_keys.push(self.order_ids.len() as u32);
                self.order_ids.push(ids::of(Thing::Order, key));
            }
        }
    }

    /// The random bits of all rows.
    fn event_bits(&self) -> Vec<u64> {
        let keys: Vec<u64> = self.local.iter().map(|session| session.key).collect();
        let bits = |row: &Row| ids::event_bits(keys[row.session as usize], row.sequence);
        self.rows.iter().map(bits).collect()
    }
}

/// The strings that the world has for a fact of the events.
pub(super) fn catalogue<'w>(world: &'w World, fact: &str) -> Option<&'w Strings> {
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

impl Frame for EventFrame<'_> {
    fn table(&self) -> &Table {
        self.table
    }

    fn rows(&self) -> usize {
        self.rows.len()
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
            Some(Fact::Session(fact)) => self.fill_session(field, fact, rows, out),
            Some(Fact::Page(fact)) => self.fill_page(fact, rows, out),
            Some(Fact::Product(fact)) => self.fill_product(fact, rows, out),
            Some(Fact::Sale(fact)) => self.fill_sale(fact, rows, out),
            Some(Fact::Query) => self.fill_query(rows, out),
            Some(Fact::Properties) => self.fill_properties(rows, out),
            // The loader lets no field name a fact that its table lacks.
            None => out.fill_keys(rows.len(), rows.map(|_| NULL)),
        }
    }
}
