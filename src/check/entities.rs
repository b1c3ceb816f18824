//! Who and what a data set is about, kept small: ids as ordinals, and of each row what checks need again and again.
//!
//! An entity's ordinal is the place of its row among those with new keys. A table that was not written leaves its part empty; the
//! sessions are then numbered as the events name them.

mod kept;
mod keys;
mod reading;
mod visits;

use reading::{Named, Reading};

use crate::check::Error;
use crate::check::pass::{BrokenFile, Watch};
use crate::read::hash::{AT_A_TIME, Ids, NONE, Words};
use crate::read::{Column, DataSet};
use crate::schema::Schemas;

pub use kept::{Device, Identity, Journey, Kept, Order, Session, User};
pub use keys::Keys;
pub use visits::Visits;

/// The time of a moment that is not.
pub const NEVER: i64 = i64::MAX;

/// Who and what there is.
#[derive(Debug, Default)]
pub struct Entities {
    /// By table that others refer to: its keys.
    keys: Vec<(String, Keys)>,
    /// What the ordinals of enumerations stand for.
    pub words: Words,
    /// People.
    pub users: Kept<User>,
    /// Devices.
    pub devices: Kept<Device>,
    /// Journeys.
    pub journeys: Kept<Journey>,
    /// Sessions.
    pub sessions: Kept<Session>,
    /// Orders.
    pub orders: Kept<Order>,
    /// Anonymous ids, as sessions name them.
    pub anonymous: Ids,
    /// By anonymous id: the truth, where it was written; [`NONE`] and [`NEVER`] where it was not.
    pub identities: Kept<Identity>,
}

/// Keys of tables that events refer to; none for a table that was not written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known<'e> {
    pub(super) users: Option<&'e Ids>,
    pub(super) devices: Option<&'e Ids>,
    pub(super) journeys: Option<&'e Ids>,
    pub(super) sessions: Option<&'e Ids>,
}

/// The most rows that room is made for beforehand. A manifest may state anything; what is not there will not be pushed, but must not be
/// paid for either.
pub(super) const RESERVED: usize = 50_000_000;

/// Tables whose rows become entities, each before those that refer to it, and the columns that are needed.
pub(super) const TABLES: &[(&str, &[&str])] = &[
    ("users", &["user_id", "created_at", "registered_at", "currency", "time_zone"]),
    ("devices", &["device_id", "user_id", "profile", "device_class", "first_seen", "last_seen"]),
    ("products", &["product_id"]),
    ("campaigns", &["campaign_id"]),
    ("journeys", &["journey_id", "kind", "outcome"]),
    (
        "sessions",
        &[
            "session_id",
            "device_id",
            "journey_id",
            "anonymous_id",
            "source",
            "campaign_id",
            "started_at",
            "ended_at",
            "events",
            "page_views",
        ],
    ),
    (
        "orders",
        &[
            "order_id",
            "user_id",
            "session_id",
            "placed_at",
            "total",
            "tax",
            "shipping",
            "discount",
            "currency",
            "is_one_click",
        ],
    ),
    ("truth/personas", &["user_id", "persona"]),
    ("truth/identity", &["anonymous_id", "user_id", "device_id", "stitched_at"]),
];

impl Entities {
    /// Reads what a data set is about; and the files that cannot be read.
    ///
    /// # Errors
    /// Cancelled, or no thread can be had.
    pub fn read(
        data: &DataSet,
        schemas: &Schemas,
        watch: &Watch<'_>,
    ) -> Result<(Self, Vec<BrokenFile>), Error> {
        let rows = |table: &str| (data.manifest().rows(table) as usize).min(RESERVED);
        let anonymous = Ids::with_capacity(rows("truth/identity"));
        let mut entities = Self { anonymous, ..Self::default() };
        let mut broken = Vec::new();
        let others = schemas.tables.iter().filter(|table| is_referred_to(schemas, &table.name));
        let others = others.filter(|table| TABLES.iter().all(|(known, _)| *known != table.name));
        let others = others.map(|table| (table.name.as_str(), &[][..]));
        for (name, columns) in TABLES.iter().copied().chain(others) {
            let Some(schema) = schemas.table(name) else { continue };
            let mut wanted: Vec<&str> = schema.key.iter().map(String::as_str).collect();
            wanted.extend(columns.iter().copied().filter(|column| schema.field(column).is_some()));
            wanted.dedup();
            if is_referred_to(schemas, name) && schema.key.len() == 1 {
                let keys =
                    Keys::of(schema.field(&schema.key[0]), rows(name), data.manifest(), name);
                entities.keys.push((name.to_owned(), keys));
            }
            entities.reserve(name, rows(name));
            let mut reading = Reading::default();
            let found = data.scan(schema, &wanted, |_, batch| {
                entities.take(name, &Named { schema, batch, names: &wanted }, &mut reading);
                watch.on(0)
            })?;
            watch.check()?;
            broken.extend(BrokenFile::all(name, found));
        }
        Ok((entities, broken))
    }

    /// The keys of a table that others refer to.
    pub fn keys(&self, table: &str) -> Option<&Keys> {
        self.keys.iter().find(|(name, _)| name == table).map(|(_, keys)| keys)
    }

    /// The keys of the tables that events refer to, where those are UUIDs.
    pub(super) fn known(&self) -> Known<'_> {
        let ids = |table: &str| match self.keys(table) {
            Some(Keys::Ids(ids) | Keys::Tokens(ids, _)) => Some(ids),
            _ => None,
        };
        Known {
            users: ids("users"),
            devices: ids("devices"),
            journeys: ids("journeys"),
            sessions: ids("sessions"),
        }
    }

    /// The ordinal of a row's reference to a table; [`NONE`] where there is none or it leads nowhere.
    pub fn find(&self, table: &str, column: Option<&Column>, row: usize) -> u32 {
        match (self.keys(table), column) {
            (Some(keys), Some(column)) => keys.find(column, row),
            _ => NONE,
        }
    }

    /// The person behind a session: whoever holds its device, known by then or not.
    #[inline]
    pub fn user_of(&self, session: u32) -> u32 {
        self.devices.at(self.sessions.at(session).device).user
    }

    /// By journey: its first session, or [`NONE`].
    pub fn first_sessions(&self) -> Vec<u32> {
        let mut firsts = vec![NONE; self.journeys.len()];
        for (ordinal, session) in self.sessions.iter().enumerate() {
            let Some(first) = firsts.get_mut(session.journey as usize) else { continue };
            if *first == NONE || session.started < self.sessions[*first as usize].started {
                *first = ordinal as u32;
            }
        }
        firsts
    }

    /// Where a row of a table that others refer to is, by its ordinal: `sessions where session_id = …`.
    pub fn place(&self, table: &str, ordinal: u32) -> String {
        let key = match self.keys(table) {
            Some(Keys::Ids(ids)) => ids.id(ordinal).map(crate::check::pass::id),
            Some(Keys::Words(words) | Keys::Tokens(_, words)) => {
                ((ordinal as usize) < words.len()).then(|| format!("`{}`", words.word(ordinal)))
            }
            None => None,
        };
        let key = key.unwrap_or_else(|| "unknown".to_owned());
        let name = TABLES.iter().find(|(known, _)| *known == table);
        let name = name.and_then(|(_, columns)| columns.first()).copied().unwrap_or("key");
        format!("{table} where {name} = {key}")
    }

    /// The word of a key.
    pub fn word(&self, key: u32) -> &str {
        self.words.word(key)
    }

    /// Makes room for the rows of a table.
    fn reserve(&mut self, table: &str, rows: usize) {
        match table {
            "users" => self.users.reserve(rows),
            "devices" => self.devices.reserve(rows),
            "journeys" => self.journeys.reserve(rows),
            "sessions" => self.sessions.reserve(rows),
            "orders" => self.orders.reserve(rows),
            "truth/identity" => self.identities.reserve(rows),
            _ => {}
        }
    }

    fn take(&mut self, table: &str, rows: &Named<'_>, reading: &mut Reading) {
        match table {
            "truth/personas" => self.take_personas(rows, reading),
            "truth/identity" => self.take_identities(rows, reading),
            _ => self.take_keyed(table, rows, reading),
        }
    }

    /// Takes the rows of a table whose keys others refer to.
    fn take_keyed(&mut self, table: &str, rows: &Named<'_>, reading: &mut Reading) {
        let Some(place) = self.keys.iter().position(|(name, _)| name == table) else { return };
        let Some(key) = rows.batch.columns.first() else { return };
        reading.words(&mut self.words, rows);
        reading.references(self, rows);
        let new = self.add_keys(place, key, rows.batch.rows);
        match table {
            "users" => self.take_users(rows, reading, &new),
            "devices" => self.take_devices(rows, reading, &new),
            "journeys" => self.take_journeys(rows, reading, &new),
            "sessions" => self.take_sessions(rows, reading, &new),
            "orders" => self.take_orders(rows, reading, &new),
            _ => {}
        }
    }

    /// Adds the keys of some rows; the rows whose key is a new one.
    fn add_keys(&mut self, place: usize, key: &Column, rows: usize) -> Vec<usize> {
        let keys = &mut self.keys[place].1;
        let mut new = Vec::with_capacity(rows);
        for row in 0..rows {
            if row.is_multiple_of(AT_A_TIME) {
                keys.touch(key, row..(row + AT_A_TIME).min(rows));
            }
            if keys.add(key, row).is_some() {
                new.push(row);
            }
        }
        new
    }

    fn take_users(&mut self, rows: &Named<'_>, reading: &Reading, new: &[usize]) {
        let [created, registered] = ["created_at", "registered_at"].map(|name| rows.longs(name));
        let [currency, zone] = ["currency", "time_zone"].map(|name| reading.keys(rows, name));
        for &row in new {
            self.users.push(User {
                created: created.moment(row),
                registered: registered.moment(row),
                currency: currency.key(row),
                time_zone: zone.key(row),
                persona: NONE,
            });
        }
    }

    fn take_devices(&mut self, rows: &Named<'_>, reading: &Reading, new: &[usize]) {
        let user = reading.found(rows, "user_id");
        let [profile, class] = ["profile", "device_class"].map(|name| reading.keys(rows, name));
        let [first, last] = ["first_seen", "last_seen"].map(|name| rows.longs(name));
        for &row in new {
            self.devices.push(Device {
                user: at(user, row as u32),
                profile: profile.word(row),
                class: class.word(row),
                first_seen: first.moment(row),
                last_seen: last.moment(row),
            });
        }
    }

    fn take_journeys(&mut self, rows: &Named<'_>, reading: &Reading, new: &[usize]) {
        let [kind, outcome] = ["kind", "outcome"].map(|name| reading.keys(rows, name));
        for &row in new {
            self.journeys.push(Journey { kind: kind.word(row), outcome: outcome.word(row) });
        }
    }

    fn take_sessions(&mut self, rows: &Named<'_>, reading: &Reading, new: &[usize]) {
        let [device, journey, campaign] =
            ["device_id", "journey_id", "campaign_id"].map(|name| reading.found(rows, name));
        let (anonymous, source) = (rows.column("anonymous_id"), reading.keys(rows, "source"));
        let [started, ended, events, views] =
            ["started_at", "ended_at", "events", "page_views"].map(|name| rows.longs(name));
        for &row in new {
            let anonymous = anonymous.and_then(|column| column.id(row));
            let anonymous = anonymous.map_or(NONE, |id| self.anonymous.add(id).0);
            self.sessions.push(Session {
                device: at(device, row as u32),
                journey: at(journey, row as u32),
                anonymous,
                source: source.word(row),
                campaign: at(campaign, row as u32),
                started: started.moment(row),
                ended: ended.moment(row),
                events: events.count(row),
                page_views: views.count(row).min(u32::from(u16::MAX)) as u16,
            });
        }
    }

    fn take_orders(&mut self, rows: &Named<'_>, reading: &Reading, new: &[usize]) {
        let [user, session] = ["user_id", "session_id"].map(|name| reading.found(rows, name));
        let placed = rows.longs("placed_at");
        let [total, tax, shipping, discount] =
            ["total", "tax", "shipping", "discount"].map(|name| rows.longs(name));
        let (currency, touch) = (reading.keys(rows, "currency"), rows.column("is_one_click"));
        for &row in new {
            self.orders.push(Order {
                user: at(user, row as u32),
                session: at(session, row as u32),
                placed: placed.moment(row),
                total: total.amount(row),
                tax: tax.amount(row),
                shipping: shipping.amount(row),
                discount: discount.amount(row),
                currency: currency.key(row),
                one_click: touch.and_then(|column| column.flag(row)).unwrap_or(false),
            });
        }
    }

    fn take_personas(&mut self, rows: &Named<'_>, reading: &mut Reading) {
        reading.words(&mut self.words, rows);
        reading.references(self, rows);
        let (users, persona) = (reading.found(rows, "user_id"), reading.keys(rows, "persona"));
        for (row, user) in users.iter().enumerate() {
            if let Some(user) = self.users.get_mut(*user) {
                user.persona = persona.key(row);
            }
        }
    }

    fn take_identities(&mut self, rows: &Named<'_>, reading: &mut Reading) {
        reading.references(self, rows);
        let [user, device] = ["user_id", "device_id"].map(|name| reading.found(rows, name));
        let (stitched, ids) = (rows.longs("stitched_at"), rows.column("anonymous_id"));
        for row in 0..rows.batch.rows {
            let Some(id) = ids.and_then(|column| column.id(row)) else { continue };
            let ordinal = self.anonymous.add(id).0 as usize;
            *self.identities.grow_to(ordinal) = Identity {
                user: at(user, row as u32),
                device: at(device, row as u32),
                stitched: stitched.moment(row),
            };
        }
    }
}

/// What stands at an ordinal; [`NONE`] where nothing does.
#[inline]
pub fn at(list: &[u32], ordinal: u32) -> u32 {
    list.get(ordinal as usize).copied().unwrap_or(NONE)
}

/// Whether a field of some table refers to a table.
fn is_referred_to(schemas: &Schemas, table: &str) -> bool {
    let fields = schemas.tables.iter().flat_map(|table| &table.fields);
    fields.filter_map(|field| field.reference.as_ref()).any(|(to, _)| to == table)
}
