//! Who and what a data set is about, kept small: ids as ordinals, and of each row what checks need again and again.
//!
//! An entity's ordinal is the place of its row among those with new keys. A table that was not written leaves its part empty; the
//! sessions are then numbered as the events name them.

mod kept;
mod reading;

use std::ops::Range;

use reading::{Named, Reading};

use crate::check::Error;
use crate::check::pass::{BrokenFile, Watch};
use crate::manifest::Manifest;
use crate::privacy::frame::shape;
use crate::read::hash::{AT_A_TIME, Ids, NONE, Words};
use crate::read::{Column, Data, DataSet};
use crate::schema::{Field, Schemas, Type};

pub use kept::{Device, Identity, Journey, Kept, Order, Session, User};

/// The time of a moment that is not.
pub const NEVER: i64 = i64::MAX;

/// Keys of a table that others refer to.
#[derive(Debug, Clone)]
pub enum Keys {
    /// UUIDs.
    Ids(Ids),
    /// Tokens that are texts, as the 128 bits that [`Column::id`] knows them by, and as they are written.
    Tokens(Ids, Words),
    /// Text.
    Words(Words),
}

impl Keys {
    /// How many.
    pub fn len(&self) -> usize {
        match self {
            Self::Ids(ids) | Self::Tokens(ids, _) => ids.len(),
            Self::Words(words) => words.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The ordinal of the key in a row; [`NONE`] where there is none or it is unknown.
    #[inline]
    pub fn find(&self, column: &Column, row: usize) -> u32 {
        match self {
            Self::Ids(ids) | Self::Tokens(ids, _) => column.id(row).map_or(NONE, |id| ids.get(id)),
            Self::Words(words) => column.text(row).map_or(NONE, |word| words.get(word)),
        }
    }

    /// The same for all rows of a column.
    pub fn find_all(&self, column: &Column, found: &mut Vec<u32>) {
        let rows = column.rows();
        if let (Self::Ids(keys), Data::Ids(ids)) = (self, &column.data) {
            keys.find_all(ids, found);
            (0..rows).filter(|row| !column.is_valid(*row)).for_each(|row| found[row] = NONE);
        } else {
            found.clear();
            found.extend((0..rows).map(|row| self.find(column, row)));
        }
    }

    /// Brings what some rows' keys are found by into the cache.
    fn touch(&self, column: &Column, rows: Range<usize>) {
        if let (Self::Ids(keys), Data::Ids(ids)) = (self, &column.data) {
            keys.touch(&ids[rows]);
        }
    }

    /// The same where the key is most likely that of `guess`: one look confirms it, a search takes two or more.
    #[inline]
    pub fn find_near(&self, column: &Column, row: usize, guess: u32) -> u32 {
        match (self, column.id(row)) {
            (Self::Ids(ids) | Self::Tokens(ids, _), Some(id)) if ids.id(guess) == Some(id) => guess,
            _ => self.find(column, row),
        }
    }

    /// The ordinal of the key in a row, when it is a new one.
    fn add(&mut self, column: &Column, row: usize) -> Option<u32> {
        match self {
            Self::Ids(ids) => {
                let (ordinal, new) = ids.add(column.id(row)?);
                new.then_some(ordinal)
            }
            Self::Tokens(ids, words) => {
                let (ordinal, new) = ids.add(column.id(row)?);
                if new {
                    // Both count in step: what is new to one is new to the other.
                    words.add(column.text(row)?);
                }
                new.then_some(ordinal)
            }
            Self::Words(words) => {
                let (word, known) = (column.text(row)?, words.len());
                let ordinal = words.add(word);
                (ordinal as usize == known).then_some(ordinal)
            }
        }
    }
}

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

/// The sessions of each person in order of time.
#[derive(Debug)]
pub struct Visits {
    /// By user: where their sessions end, and those of the next one begin.
    ends: Vec<u32>,
    sessions: Vec<u32>,
}

impl Visits {
    /// How many sessions.
    pub fn len(&self) -> usize {
        self.sessions.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.sessions.is_empty()
    }

    /// By user: their sessions.
    pub fn by_user(&self) -> impl Iterator<Item = &[u32]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(from, to)| &self.sessions[from as usize..*to as usize])
    }
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
                let keys = keys(schema.field(&schema.key[0]), rows(name), data.manifest(), name);
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

    /// The sessions of each person in order of time, but for those without one or without a start.
    pub fn visits(&self) -> Visits {
        let whose = |session: u32| match self.user_of(session) {
            user if (user as usize) < self.users.len() => Some(user as usize),
            _ => None,
        };
        let all = || {
            let started = |session: &u32| self.sessions[*session as usize].started != NEVER;
            let all = (0..self.sessions.len() as u32).filter(started);
            all.filter_map(|session| Some((whose(session)?, session)))
        };
        // Counted, then put where each person's begin, which move on to where they end.
        let mut starts = vec![0_u32; self.users.len() + 1];
        all().for_each(|(user, _)| starts[user + 1] += 1);
        for user in 1..starts.len() {
            starts[user] += starts[user - 1];
        }
        let mut sessions = vec![0; starts.last().map_or(0, |end| *end as usize)];
        for (user, session) in all() {
            sessions[starts[user] as usize] = session;
            starts[user] += 1;
        }
        let mut visits = Visits { ends: starts, sessions };
        visits.ends.pop();
        let mut from = 0;
        for end in &visits.ends {
            let of_user = &mut visits.sessions[from..*end as usize];
            of_user.sort_unstable_by_key(|at| (self.sessions[*at as usize].started, *at));
            from = *end as usize;
        }
        visits
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

fn keys(field: Option<&Field>, rows: usize, manifest: &Manifest, table: &str) -> Keys {
    let changed = manifest.privacy.as_ref().and_then(|privacy| privacy.columns.get(table));
    let is_token = |field: &Field| {
        let mut tokens = changed.into_iter().flatten().filter(|one| one.act == shape::TOKEN);
        tokens.any(|one| one.name == field.name)
    };
    match field.map(|field| (field.ty, is_token(field))) {
        Some((Type::Id, _)) => Keys::Ids(Ids::with_capacity(rows)),
        Some((_, true)) => Keys::Tokens(Ids::with_capacity(rows), Words::default()),
        _ => Keys::Words(Words::default()),
    }
}
