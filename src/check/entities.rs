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
        for row in 0..rows.batch.rows {
            if row.is_multiple_of(AT_A_TIME) {
                let some = row..(row + AT_A_TIME).min(rows.batch.rows);
                self.keys[place].1.touch(key, some);
            }
            if self.keys[place].1.add(key, row).is_some() {
                self.push(table, rows, row, reading);
            }
        }
    }

    fn push(&mut self, table: &str, rows: &Named<'_>, row: usize, reading: &Reading) {
        let long = |name: &str| rows.column(name).and_then(|column| column.long(row));
        let moment = |name: &str| long(name).unwrap_or(NEVER);
        // No count is below zero; the bounds of the schema find one that is.
        let count = |name: &str| long(name).and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
        let word = |name: &str| reading.word(rows, name, row);
        let find = |name: &str| reading.found(rows, name, row);
        match table {
            "users" => self.users.push(User {
                created: moment("created_at"),
                registered: moment("registered_at"),
                currency: word("currency"),
                time_zone: word("time_zone"),
                persona: NONE,
            }),
            "devices" => self.devices.push(Device {
                user: find("user_id"),
                profile: word("profile"),
                class: word("device_class"),
                first_seen: moment("first_seen"),
                last_seen: moment("last_seen"),
            }),
            "journeys" => {
                self.journeys.push(Journey { kind: word("kind"), outcome: word("outcome") });
            }
            "sessions" => {
                let anonymous = rows.column("anonymous_id").and_then(|column| column.id(row));
                let anonymous = anonymous.map_or(NONE, |id| self.anonymous.add(id).0);
                self.sessions.push(Session {
                    device: find("device_id"),
                    journey: find("journey_id"),
                    anonymous,
                    source: word("source"),
                    campaign: find("campaign_id"),
                    started: moment("started_at"),
                    ended: moment("ended_at"),
                    events: count("events"),
                    page_views: count("page_views"),
                });
            }
            "orders" => {
                let flag = rows.column("is_one_click").and_then(|column| column.flag(row));
                self.orders.push(Order {
                    user: find("user_id"),
                    session: find("session_id"),
                    placed: moment("placed_at"),
                    total: long("total").unwrap_or(0),
                    tax: long("tax").unwrap_or(0),
                    shipping: long("shipping").unwrap_or(0),
                    discount: long("discount").unwrap_or(0),
                    currency: word("currency"),
                    one_click: flag.unwrap_or(false),
                });
            }
            _ => {}
        }
    }

    fn take_personas(&mut self, rows: &Named<'_>, reading: &mut Reading) {
        reading.words(&mut self.words, rows);
        reading.references(self, rows);
        for row in 0..rows.batch.rows {
            let user = reading.found(rows, "user_id", row);
            if let Some(user) = self.users.get_mut(user) {
                user.persona = reading.word(rows, "persona", row);
            }
        }
    }

    fn take_identities(&mut self, rows: &Named<'_>, reading: &mut Reading) {
        reading.references(self, rows);
        let moment = |name: &str, row: usize| rows.column(name)?.long(row);
        for row in 0..rows.batch.rows {
            let Some(id) = rows.column("anonymous_id").and_then(|column| column.id(row)) else {
                continue;
            };
            let ordinal = self.anonymous.add(id).0 as usize;
            *self.identities.grow_to(ordinal) = Identity {
                user: reading.found(rows, "user_id", row),
                device: reading.found(rows, "device_id", row),
                stitched: moment("stitched_at", row).unwrap_or(NEVER),
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
