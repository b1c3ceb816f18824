//! The event table of one slice: rows in order of arrival, laid out column by column.
//!
//! Most columns tell about the session. Their keys are worked out once for each session of the slice; a row then copies a number. Columns of
//! a group (`event.order.*`) know their rows, so an absent value costs nothing.

use std::ops::Range;

use crate::event::ids::{self, Thing};
use crate::event::journal::{Bucket, NEVER, NONE, Order, Row, Session};
use crate::frame::{Column, Dictionary, Frame, NULL, Strings};
use crate::scenario::properties::{From, Properties, drawn};
use crate::scenario::{World, fills};
use crate::schema::Table;
use crate::tables::{Context, EMPTY, orders, sessions};

/// How a column of the event table is filled.
#[derive(Debug, Clone, Copy)]
enum Fact {
    Id,
    Name,
    User,
    Sequence,
    Time,
    SentAt,
    ReceivedAt,
    Session(SessionFact),
    Url,
    Path,
    Referrer,
    LoadMs,
    DwellMs,
    Product,
    Category,
    Brand,
    Price,
    Quantity,
    Position,
    Cart,
    Order,
    Money(fn(&Order) -> i64),
    OrderKey(fn(&Order) -> u32, fn(&World) -> &Strings),
    Currency,
    Query,
    Properties,
}

/// A fact that is the same for all events of a session.
#[derive(Debug, Clone, Copy)]
enum SessionFact {
    /// A key into strings of the world.
    Word(fn(&World, &Session) -> u32, fn(&World) -> &Strings),
    /// The session, a journey, a device, an anonymous id, as UUIDs of the slice.
    Session,
    Journey,
    Device,
    Anonymous,
    /// The address, a string of the slice.
    Ip,
}

/// The facts of the event table, one line each.
static FACTS: &[(&str, Fact)] = &[
    ("event.id", Fact::Id),
    ("event.name", Fact::Name),
    ("event.user_id", Fact::User),
    ("session.anonymous_id", Fact::Session(SessionFact::Anonymous)),
    ("session.id", Fact::Session(SessionFact::Session)),
    ("event.sequence", Fact::Sequence),
    ("journey.id", Fact::Session(SessionFact::Journey)),
    ("event.time", Fact::Time),
    ("event.sent_at", Fact::SentAt),
    ("event.received_at", Fact::ReceivedAt),
    ("device.id", Fact::Session(SessionFact::Device)),
    ("device.class", word(sessions::class, |w| &w.words.classes)),
    ("device.os", word(|w, s| build(w, s).os, |w| &w.words.systems)),
    ("device.os_version", word(|w, s| build(w, s).os_version, |w| &w.words.system_versions)),
    ("device.browser", word(browser, |w| &w.words.browsers)),
    (
        "device.browser_version",
        word(|w, s| build(w, s).browser_version, |w| &w.words.browser_versions),
    ),
    ("device.user_agent", word(agent, |w| &w.words.agents)),
    ("session.locale", word(sessions::locale, |w| &w.words.locales)),
    ("session.network", word(sessions::network, |w| &w.words.networks)),
    ("session.country", word(|_, s| s.country.into(), |w| &w.words.countries)),
    ("session.region", word(sessions::region, |w| &w.words.regions)),
    ("session.city", word(sessions::city, |w| &w.words.cities)),
    ("session.ip", Fact::Session(SessionFact::Ip)),
    ("session.source", word(|_, s| s.source.into(), |w| &w.words.sources)),
    ("session.campaign_id", word(sessions::campaign, |w| &w.words.campaigns)),
    ("session.utm_source", word(|w, s| sessions::utm(w, s, 0), |w| &w.words.utm[0])),
    ("session.utm_medium", word(|w, s| sessions::utm(w, s, 1), |w| &w.words.utm[1])),
    ("session.utm_campaign", word(|w, s| sessions::utm(w, s, 2), |w| &w.words.utm[2])),
    ("session.utm_term", word(|w, s| sessions::utm(w, s, 3), |w| &w.words.utm[3])),
    ("session.utm_content", word(|w, s| sessions::utm(w, s, 4), |w| &w.words.utm[4])),
    ("session.consent", word(|_, s| s.consent.into(), |w| &w.words.consents)),
    ("event.page.url", Fact::Url),
    ("event.page.path", Fact::Path),
    ("event.page.referrer", Fact::Referrer),
    ("event.page.load_ms", Fact::LoadMs),
    ("event.page.dwell_ms", Fact::DwellMs),
    ("event.product.id", Fact::Product),
    ("event.product.category", Fact::Category),
    ("event.product.brand", Fact::Brand),
    ("event.product.price", Fact::Price),
    ("event.product.quantity", Fact::Quantity),
    ("event.list.position", Fact::Position),
    ("event.cart.id", Fact::Cart),
    ("event.order.id", Fact::Order),
    ("event.order.value", Fact::Money(|order| order.total)),
    ("event.order.tax", Fact::Money(|order| order.tax)),
    ("event.order.shipping", Fact::Money(|order| order.shipping)),
    ("event.order.discount", Fact::Money(|order| order.discount)),
    ("event.order.coupon", Fact::OrderKey(orders::coupon, |w| &w.words.coupons)),
    (
        "event.order.payment_method",
        Fact::OrderKey(|order| order.method.into(), |w| &w.words.methods),
    ),
    ("event.money.currency", Fact::Currency),
    ("event.search.query", Fact::Query),
    ("event.properties", Fact::Properties),
];

const fn word(key: fn(&World, &Session) -> u32, strings: fn(&World) -> &Strings) -> Fact {
    Fact::Session(SessionFact::Word(key, strings))
}

fn build(world: &World, s: &Session) -> crate::scenario::vocabulary::BuildKeys {
    world.words.builds[usize::from(s.profile)][usize::from(s.build)]
}

fn browser(world: &World, s: &Session) -> u32 {
    let keys = build(world, s);
    if s.webview { keys.webview_browser } else { keys.browser }
}

fn agent(world: &World, s: &Session) -> u32 {
    let keys = build(world, s);
    if s.webview { keys.webview_agent } else { keys.agent }
}

/// The events of a slice in order of arrival.
pub struct EventFrame<'c> {
    context: Context<'c>,
    table: &'c Table,
    facts: Vec<Option<Fact>>,
    rows: Vec<Row>,
    /// By row: the session's ordinal in the slice.
    sessions: Vec<u32>,
    /// By field, for facts of the session: a key a session of the slice; else empty.
    keys: Vec<Vec<u32>>,
    /// The sessions of the slice, side by side.
    local: Vec<Session>,
    /// By session of the slice.
    about: Vec<About>,
    /// By row: its random bits.
    bits: Vec<u64>,
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
    pages: Vec<u32>,
    products: Vec<u32>,
    orders: Vec<u32>,
    /// By row of `orders`: the ordinal of its order in `order_ids`.
    order_keys: Vec<u32>,
}

/// What a row needs to know of its session.
#[derive(Debug, Clone, Copy)]
struct About {
    known_from: i64,
    user: u32,
    journey: u32,
    currency: u8,
}

impl<'c> EventFrame<'c> {
    /// Arranges the buckets of a slice, each with the offset of its journal's sessions and orders, in order of users.
    pub fn new(
        context: Context<'c>,
        table: &'c Table,
        buckets: impl IntoIterator<Item = (Bucket, crate::event::journal::Offsets)>,
    ) -> Self {
        let (rows, slice_sessions) = arrange(&context.world.fills, buckets);
        let fact = |from: &str| FACTS.iter().find(|(name, _)| *name == from).map(|(_, fact)| *fact);
        let mut frame = Self {
            context,
            table,
            facts: table.fields.iter().map(|field| fact(&field.from)).collect(),
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
        frame.keys =
            (0..table.fields.len()).map(|field| frame.session_keys(field, &device_keys)).collect();
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

    fn session_of(&self, row: usize) -> &Session {
        &self.local[self.sessions[row] as usize]
    }

    fn order_of(&self, row: u32) -> &Order {
        &self.context.journal.orders[self.rows[row as usize].extra as usize]
    }

    /// The random bits of all rows.
    fn event_bits(&self) -> Vec<u64> {
        let keys: Vec<u64> = self.local.iter().map(|session| session.key).collect();
        let bits = |row: &Row| ids::event_bits(keys[row.session as usize], row.sequence);
        self.rows.iter().map(bits).collect()
    }

    fn currency(&self, row: u32) -> u8 {
        self.about[self.sessions[row as usize] as usize].currency
    }

    /// When the client sent an event: between its time and its arrival, less the network's part.
    fn sent_at(&self, row: usize) -> i64 {
        let event = &self.rows[row];
        let latency = 15_000 + (self.bits[row] >> 40) as i64 % 180_000;
        (event.received - latency).max(event.time)
    }

    /// The key of a row's properties.
    fn properties(&self, row: usize) -> u32 {
        let event = &self.rows[row];
        let properties: &Properties = &self.context.world.properties[usize::from(event.kind)];
        if properties.values.is_empty() {
            return NULL;
        }
        let session = self.session_of(row);
        let bits = self.bits[row];
        let mut key = properties.first;
        for value in &properties.values {
            let ordinal = match &value.from {
                From::Gesture(tables, salt) => {
                    tables[usize::from(session.profile)].pick(drawn(bits, *salt)) as u32
                }
                From::Scroll => scroll(event.dwell_ms, bits),
                From::First => event.detail[0].into(),
                From::Second => event.detail[1].into(),
                From::Channel(channels) => {
                    let of_source = &channels[usize::from(session.source)];
                    of_source.get(usize::from(session.campaign)).copied().unwrap_or(0)
                }
                From::Drawn(table, salt) => table.pick(drawn(bits, *salt)) as u32,
            };
            key += ordinal.min(value.count - 1) * value.stride;
        }
        key
    }
}

/// Joins the buckets and sorts their rows by (arrival, user, sequence); the sessions of the slice, by the rows' session ordinals.
fn arrange(
    fills: &[u8],
    buckets: impl IntoIterator<Item = (Bucket, crate::event::journal::Offsets)>,
) -> (Vec<Row>, Vec<u32>) {
    let mut rows: Vec<Row> = Vec::new();
    let mut sessions: Vec<u32> = Vec::new();
    for (mut bucket, offsets) in buckets {
        let first = sessions.len() as u32;
        sessions.extend(bucket.sessions.iter().map(|session| session + offsets.session));
        for row in &mut bucket.rows {
            row.session += first;
            if fills[usize::from(row.kind)] & fills::ORDER != 0 && row.extra != NONE {
                row.extra += offsets.order;
            }
        }
        rows.append(&mut bucket.rows);
    }
    let Some(earliest) = rows.iter().map(|row| row.received).min() else { return (rows, sessions) };
    // Rows stand in order of user and sequence, so their ordinals break ties as they should. A slice is at most a day, whose µs
    // take 37 bits, or the late tail's few days; 27 bits are left for the ordinal.
    let mut order: Vec<u64> = rows
        .iter()
        .enumerate()
        .map(|(i, row)| ((row.received - earliest) as u64) << 25 | i as u64)
        .collect();
    order.sort_unstable();
    let sorted = order.iter().map(|key| rows[(key & 0x01FF_FFFF) as usize]).collect();
    (sorted, sessions)
}

/// How far a page was read, in tens of percent, from how long it was looked at.
fn scroll(dwell_ms: u32, bits: u64) -> u32 {
    let depth = dwell_ms.checked_ilog2().unwrap_or(0).saturating_sub(9);
    (depth + (bits >> 61) as u32).saturating_sub(2).min(10)
}

/// The part of a sorted list of rows that lies in a range.
fn within<'l>(list: &'l [u32], rows: &Range<usize>) -> (usize, &'l [u32]) {
    let first = list.partition_point(|row| (*row as usize) < rows.start);
    let end = list.partition_point(|row| (*row as usize) < rows.end);
    (first, &list[first..end])
}

/// Ends a column whose values are those of the listed rows.
fn finish_at(out: &mut Column, rows: &Range<usize>, list: &[u32]) {
    if list.len() == rows.len() {
        out.finish(rows.len());
    } else {
        out.finish_at(rows.len(), list.iter().map(|row| *row as usize - rows.start));
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
            Fact::Name => words(&world.words.events),
            Fact::User => Dictionary::Ids(&self.users),
            Fact::Session(SessionFact::Word(_, strings)) => words(strings(world)),
            Fact::Session(SessionFact::Session) => Dictionary::Ids(&self.session_ids),
            Fact::Session(SessionFact::Journey) => Dictionary::Ids(&self.journeys),
            Fact::Session(SessionFact::Device) => Dictionary::Ids(&self.devices),
            Fact::Session(SessionFact::Anonymous) => Dictionary::Ids(&self.anonymous),
            Fact::Session(SessionFact::Ip) => words(&self.addresses),
            Fact::Url => Dictionary::Texts { base: &world.pages.urls, own: &self.landing_urls },
            Fact::Path => words(&world.pages.paths),
            Fact::Referrer => words(&world.words.referrers),
            Fact::Product => words(&world.words.products),
            Fact::Category => words(&world.words.categories),
            Fact::Brand => words(&world.words.brands),
            Fact::Cart => Dictionary::Ids(&self.carts),
            Fact::Order => Dictionary::Ids(&self.order_ids),
            Fact::OrderKey(_, strings) => words(strings(world)),
            Fact::Currency => words(&world.words.currencies),
            Fact::Query => words(&world.words.queries),
            Fact::Properties => words(&world.objects),
            _ => return None,
        })
    }

    fn fill(&self, field: usize, rows: Range<usize>, out: &mut Column) {
        let count = rows.len();
        let world = self.context.world;
        let events = &self.rows[rows.clone()];
        let sessions = &self.sessions[rows.clone()];
        let Some(fact) = self.facts[field] else {
            // The loader lets no field name a fact that its table lacks.
            out.fill_keys(count, std::iter::repeat_n(NULL, count));
            return;
        };
        match fact {
            Fact::Id => {
                let id = |row: usize| ids::event(self.rows[row].time, self.bits[row]);
                out.ids().extend(rows.clone().map(id));
                out.finish(count);
            }
            Fact::Name => {
                out.keys().extend(events.iter().map(|event| u32::from(event.kind)));
                out.finish(count);
            }
            Fact::User => {
                let user = |(event, session): (&Row, &u32)| {
                    let about = &self.about[*session as usize];
                    if event.time >= about.known_from { about.user } else { NULL }
                };
                out.fill_keys(count, events.iter().zip(sessions).map(user));
            }
            Fact::Sequence => {
                out.ints().extend(events.iter().map(|event| i32::from(event.sequence) + 1));
                out.finish(count);
            }
            Fact::Time => {
                out.longs().extend(events.iter().map(|event| event.time));
                out.finish(count);
            }
            Fact::ReceivedAt => {
                out.longs().extend(events.iter().map(|event| event.received));
                out.finish(count);
            }
            Fact::SentAt => {
                out.longs().extend(rows.clone().map(|row| self.sent_at(row)));
                out.finish(count);
            }
            Fact::Session(SessionFact::Session | SessionFact::Ip) => {
                out.keys().extend_from_slice(sessions);
                out.finish(count);
            }
            Fact::Session(_) => {
                let keys = &self.keys[field];
                out.fill_keys(count, sessions.iter().map(|session| keys[*session as usize]));
            }
            Fact::Url => {
                let (_, list) = within(&self.pages, &rows);
                let base = world.pages.urls.len() as u32;
                // The first page of a session is reached by the campaign's link.
                out.keys().extend(list.iter().map(|row| {
                    let event = &self.rows[*row as usize];
                    if event.sequence == 0 { base + event.session } else { event.page }
                }));
                finish_at(out, &rows, list);
            }
            Fact::Path => {
                let (_, list) = within(&self.pages, &rows);
                out.keys().extend(list.iter().map(|row| self.rows[*row as usize].page));
                finish_at(out, &rows, list);
            }
            Fact::Referrer => {
                let key = |row: usize| {
                    if self.rows[row].sequence > 0 {
                        return NULL;
                    }
                    sessions::referrer(world, self.session_of(row))
                };
                out.fill_keys(count, rows.clone().map(key));
            }
            Fact::LoadMs => small(events, |event| i32::from(event.load_ms), out),
            Fact::DwellMs => small(events, |event| event.dwell_ms.cast_signed(), out),
            Fact::Quantity => small(events, |event| i32::from(event.quantity), out),
            Fact::Position => small(events, |event| i32::from(event.position), out),
            Fact::Product => {
                let (_, list) = within(&self.products, &rows);
                out.keys().extend(list.iter().map(|row| self.rows[*row as usize].product));
                finish_at(out, &rows, list);
            }
            Fact::Category => {
                let (_, list) = within(&self.products, &rows);
                let products = &world.models.catalogue.products;
                out.keys().extend(list.iter().map(|row| {
                    products[self.rows[*row as usize].product as usize].category as u32
                }));
                finish_at(out, &rows, list);
            }
            Fact::Brand => {
                let (_, list) = within(&self.products, &rows);
                let brand =
                    |row: &u32| world.words.brand[self.rows[*row as usize].product as usize];
                out.keys().extend(list.iter().map(brand));
                finish_at(out, &rows, list);
            }
            Fact::Price => {
                let (_, list) = within(&self.products, &rows);
                let products = &world.models.catalogue.products;
                out.longs().extend(list.iter().map(|row| {
                    let product = &products[self.rows[*row as usize].product as usize];
                    product.prices[usize::from(self.currency(*row))]
                }));
                finish_at(out, &rows, list);
            }
            Fact::Cart => {
                let key = |(event, session): (&Row, &u32)| {
                    let fills = world.fills[usize::from(event.kind)] & fills::CART;
                    if fills == 0 { NULL } else { self.about[*session as usize].journey }
                };
                out.fill_keys(count, events.iter().zip(sessions).map(key));
            }
            Fact::Order => {
                let (first, list) = within(&self.orders, &rows);
                out.keys().extend_from_slice(&self.order_keys[first..first + list.len()]);
                finish_at(out, &rows, list);
            }
            Fact::Money(amount) => {
                let (_, list) = within(&self.orders, &rows);
                out.longs().extend(list.iter().map(|row| amount(self.order_of(*row))));
                finish_at(out, &rows, list);
            }
            Fact::OrderKey(key, _) => {
                let (_, list) = within(&self.orders, &rows);
                let keys = list.iter().map(|row| (*row, key(self.order_of(*row))));
                let known: Vec<(u32, u32)> = keys.filter(|(_, key)| *key != NULL).collect();
                out.keys().extend(known.iter().map(|(_, key)| *key));
                let list: Vec<u32> = known.iter().map(|(row, _)| *row).collect();
                finish_at(out, &rows, &list);
            }
            Fact::Currency => {
                let key = |(event, session): (&Row, &u32)| {
                    let groups = world.fills[usize::from(event.kind)];
                    let priced = groups & fills::PRODUCT != 0 && event.product != NONE;
                    let ordered = groups & fills::ORDER != 0 && event.extra != NONE;
                    let currency = self.about[*session as usize].currency;
                    if priced || ordered { currency.into() } else { NULL }
                };
                out.fill_keys(count, events.iter().zip(sessions).map(key));
            }
            Fact::Query => {
                let key = |event: &Row| {
                    let fills = world.fills[usize::from(event.kind)] & fills::SEARCH;
                    if fills == 0 { NULL } else { event.extra }
                };
                out.fill_keys(count, events.iter().map(key));
            }
            Fact::Properties => out.fill_keys(count, rows.clone().map(|row| self.properties(row))),
        }
        let _ = NEVER;
    }
}

/// Fills a column of numbers of which 0 is none.
fn small(events: &[Row], get: impl Fn(&Row) -> i32, out: &mut Column) {
    let values = out.ints();
    values.extend(events.iter().map(&get).filter(|value| *value != 0));
    let known = (0..events.len()).filter(|row| get(&events[*row]) != 0);
    out.finish_at(events.len(), known);
}
