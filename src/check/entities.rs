//! Who and what a data set is about, kept small: ids as ordinals, and of each row what checks need again and again.
//!
//! An entity's ordinal is the place of its row among those with new keys. A table that was not written leaves its part empty; the
//! sessions are then numbered as the events name them.

use crate::check::Error;
use crate::check::pass::{BrokenFile, Watch};
use crate::check::strings::Interned;
use crate::read::hash::{Ids, NONE, Words};
use crate::read::{Batch, Column, DataSet};
use crate::schema::{Schemas, Type};

/// The time of a moment that is not.
pub const NEVER: i64 = i64::MAX;

/// Keys of a table that others refer to.
#[derive(Debug, Clone)]
pub enum Keys {
    /// UUIDs.
    Ids(Ids),
    /// Text.
    Words(Words),
}

impl Keys {
    /// How many.
    pub fn len(&self) -> usize {
        match self {
            Self::Ids(ids) => ids.len(),
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
            Self::Ids(ids) => column.id(row).map_or(NONE, |id| ids.get(id)),
            Self::Words(words) => column.text(row).map_or(NONE, |word| words.get(word)),
        }
    }

    /// The same where the key is most likely that of `guess`: one look confirms it, a search takes two or more.
    #[inline]
    pub fn find_near(&self, column: &Column, row: usize, guess: u32) -> u32 {
        match (self, column.id(row)) {
            (Self::Ids(ids), Some(id)) if ids.id(guess) == Some(id) => guess,
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
            Self::Words(words) => {
                let (word, known) = (column.text(row)?, words.len());
                let ordinal = words.add(word);
                (ordinal as usize == known).then_some(ordinal)
            }
        }
    }
}

macro_rules! part {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $ty:ty,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: Vec<$ty>,)*
        }

        impl $name {
            /// Makes room for so many, and no more: lists that double would take twice what they need.
            fn reserve(&mut self, rows: usize) {
                $(self.$field.reserve_exact(rows);)*
            }
        }
    };
}

part! {
    /// By user.
    Users {
        /// When they came near.
        created: i64,
        /// When they became known by name, or [`NEVER`].
        registered: i64,
        /// Their currency, in [`Entities::words`].
        currency: u32,
        /// Their time zone, in [`Entities::words`].
        time_zone: u32,
        /// Their persona, in [`Entities::words`]; [`NONE`] without `truth/personas`.
        persona: u32,
    }
}

part! {
    /// By device.
    Devices {
        /// Whose it is.
        user: u32,
        /// Its profile, in [`Entities::words`].
        profile: u32,
        /// Its class, in [`Entities::words`].
        class: u32,
        /// When its holder got it.
        first_seen: i64,
        /// Its last event, or [`NEVER`].
        last_seen: i64,
    }
}

part! {
    /// By journey.
    Journeys {
        /// Its kind, in [`Entities::words`].
        kind: u32,
        /// Its outcome, in [`Entities::words`].
        outcome: u32,
    }
}

part! {
    /// By session.
    Sessions {
        /// Device that it ran on.
        device: u32,
        /// Journey that it belongs to.
        journey: u32,
        /// Its anonymous id, in [`Entities::anonymous`].
        anonymous: u32,
        /// Its source, in [`Entities::words`].
        source: u32,
        /// Its campaign.
        campaign: u32,
        /// Its first event.
        started: i64,
        /// Its last event.
        ended: i64,
        /// Its events.
        events: u32,
        /// Its page views.
        page_views: u32,
    }
}

part! {
    /// By order.
    Orders {
        /// Who placed it.
        user: u32,
        /// Session in which it was placed.
        session: u32,
        /// When it was placed.
        placed: i64,
        /// What was paid, in hundredths.
        total: i64,
        /// Tax in it.
        tax: i64,
        /// Shipping in it.
        shipping: i64,
        /// What was taken off.
        discount: i64,
        /// Its currency, in [`Entities::words`].
        currency: u32,
        /// Whether it was bought with one touch.
        one_click: bool,
    }
}

part! {
    /// By anonymous id.
    Identities {
        /// Whose it is.
        user: u32,
        /// Device that keeps it.
        device: u32,
        /// From when on it is known whose, or [`NEVER`].
        stitched: i64,
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
    pub users: Users,
    /// Devices.
    pub devices: Devices,
    /// Journeys.
    pub journeys: Journeys,
    /// Sessions.
    pub sessions: Sessions,
    /// Orders.
    pub orders: Orders,
    /// Anonymous ids, as sessions name them.
    pub anonymous: Ids,
    /// By anonymous id: the truth, where it was written; [`NONE`] and [`NEVER`] where it was not.
    pub identities: Identities,
}

/// The most rows that room is made for beforehand. A manifest may state anything; what is not there will not be pushed, but must not be
/// paid for either.
const RESERVED: usize = 50_000_000;

/// Tables whose rows become entities, each before those that refer to it, and the columns that are needed.
const TABLES: &[(&str, &[&str])] = &[
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
                let keys = keys(schema.field(&schema.key[0]), rows(name));
                entities.keys.push((name.to_owned(), keys));
            }
            entities.reserve(name, rows(name));
            let mut reading = Reading::default();
            let found = data.scan(schema, &wanted, |_, batch| {
                entities.take(name, &Named { batch, names: &wanted }, &mut reading);
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
        at(&self.devices.user, at(&self.sessions.device, session))
    }

    /// Where a row of a table that others refer to is, by its ordinal: `sessions where session_id = …`.
    pub fn place(&self, table: &str, ordinal: u32) -> String {
        let key = match self.keys(table) {
            Some(Keys::Ids(ids)) => ids.id(ordinal).map(crate::check::pass::id),
            Some(Keys::Words(words)) => Some(format!("`{}`", words.word(ordinal))),
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

    /// Numbers a session that no table named: [`NONE`] when the table was written and lacks it.
    #[inline]
    pub(super) fn session(&self, own: &mut Ids, id: u128) -> u32 {
        match self.keys("sessions") {
            Some(Keys::Ids(ids)) if !ids.is_empty() => ids.get(id),
            _ => own.add(id).0,
        }
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
            "truth/identity" => self.take_identities(rows),
            _ => self.take_keyed(table, rows, reading),
        }
    }

    /// Takes the rows of a table whose keys others refer to.
    fn take_keyed(&mut self, table: &str, rows: &Named<'_>, reading: &mut Reading) {
        let Some(place) = self.keys.iter().position(|(name, _)| name == table) else { return };
        let Some(key) = rows.batch.columns.first() else { return };
        reading.words(&mut self.words, rows);
        for row in 0..rows.batch.rows {
            if self.keys[place].1.add(key, row).is_some() {
                self.push(table, rows, row, reading);
            }
        }
    }

    fn push(&mut self, table: &str, rows: &Named<'_>, row: usize, reading: &Reading) {
        let long = |name: &str| rows.column(name).and_then(|column| column.long(row));
        let moment = |name: &str| long(name).unwrap_or(NEVER);
        // No count is below zero; that one is found where counts are compared.
        let count = |name: &str| long(name).and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
        let word = |name: &str| reading.word(rows, name, row);
        match table {
            "users" => {
                self.users.created.push(moment("created_at"));
                self.users.registered.push(moment("registered_at"));
                self.users.currency.push(word("currency"));
                self.users.time_zone.push(word("time_zone"));
                self.users.persona.push(NONE);
            }
            "devices" => {
                let user = self.find("users", rows.column("user_id"), row);
                self.devices.user.push(user);
                self.devices.profile.push(word("profile"));
                self.devices.class.push(word("device_class"));
                self.devices.first_seen.push(moment("first_seen"));
                self.devices.last_seen.push(moment("last_seen"));
            }
            "journeys" => {
                self.journeys.kind.push(word("kind"));
                self.journeys.outcome.push(word("outcome"));
            }
            "sessions" => {
                let find = |table: &str, name: &str| self.find(table, rows.column(name), row);
                let (device, journey) =
                    (find("devices", "device_id"), find("journeys", "journey_id"));
                let campaign = find("campaigns", "campaign_id");
                let anonymous = rows.column("anonymous_id").and_then(|column| column.id(row));
                self.sessions.device.push(device);
                self.sessions.journey.push(journey);
                self.sessions.campaign.push(campaign);
                let anonymous = anonymous.map_or(NONE, |id| self.anonymous.add(id).0);
                self.sessions.anonymous.push(anonymous);
                self.sessions.source.push(word("source"));
                self.sessions.started.push(moment("started_at"));
                self.sessions.ended.push(moment("ended_at"));
                self.sessions.events.push(count("events"));
                self.sessions.page_views.push(count("page_views"));
            }
            "orders" => {
                let find = |table: &str, name: &str| self.find(table, rows.column(name), row);
                let (user, session) = (find("users", "user_id"), find("sessions", "session_id"));
                self.orders.user.push(user);
                self.orders.session.push(session);
                self.orders.placed.push(moment("placed_at"));
                self.orders.total.push(long("total").unwrap_or(0));
                self.orders.tax.push(long("tax").unwrap_or(0));
                self.orders.shipping.push(long("shipping").unwrap_or(0));
                self.orders.discount.push(long("discount").unwrap_or(0));
                self.orders.currency.push(word("currency"));
                let flag = rows.column("is_one_click").and_then(|column| column.flag(row));
                self.orders.one_click.push(flag.unwrap_or(false));
            }
            _ => {}
        }
    }

    fn take_personas(&mut self, rows: &Named<'_>, reading: &mut Reading) {
        reading.words(&mut self.words, rows);
        for row in 0..rows.batch.rows {
            let user = self.find("users", rows.column("user_id"), row);
            if let Some(persona) = self.users.persona.get_mut(user as usize) {
                *persona = reading.word(rows, "persona", row);
            }
        }
    }

    fn take_identities(&mut self, rows: &Named<'_>) {
        for row in 0..rows.batch.rows {
            let Some(id) = rows.column("anonymous_id").and_then(|column| column.id(row)) else {
                continue;
            };
            let ordinal = self.anonymous.add(id).0 as usize;
            let identities = &mut self.identities;
            let length = identities.user.len().max(ordinal + 1);
            identities.user.resize(length, NONE);
            identities.device.resize(length, NONE);
            identities.stitched.resize(length, NEVER);
            let find = |table: &str, name: &str| match rows.column(name) {
                Some(column) => self
                    .keys
                    .iter()
                    .find(|(known, _)| known == table)
                    .map_or(NONE, |(_, keys)| keys.find(column, row)),
                None => NONE,
            };
            self.identities.user[ordinal] = find("users", "user_id");
            self.identities.device[ordinal] = find("devices", "device_id");
            let stitched = rows.column("stitched_at").and_then(|column| column.long(row));
            self.identities.stitched[ordinal] = stitched.unwrap_or(NEVER);
        }
    }
}

/// What stands at an ordinal; [`NONE`] where nothing does.
#[inline]
pub fn at(list: &[u32], ordinal: u32) -> u32 {
    at_or(list, ordinal, NONE)
}

/// What stands at an ordinal, or what is said to.
#[inline]
pub fn at_or<T: Copy>(list: &[T], ordinal: u32, otherwise: T) -> T {
    list.get(ordinal as usize).copied().unwrap_or(otherwise)
}

/// Whether a field of some table refers to a table.
fn is_referred_to(schemas: &Schemas, table: &str) -> bool {
    let fields = schemas.tables.iter().flat_map(|table| &table.fields);
    fields.filter_map(|field| field.reference.as_ref()).any(|(to, _)| to == table)
}

fn keys(field: Option<&crate::schema::Field>, rows: usize) -> Keys {
    match field.map(|field| field.ty) {
        Some(Type::Id) => Keys::Ids(Ids::with_capacity(rows)),
        _ => Keys::Words(Words::default()),
    }
}

/// A batch with the names of its columns.
struct Named<'b> {
    batch: &'b Batch,
    names: &'b [&'b str],
}

impl<'b> Named<'b> {
    fn column(&self, name: &str) -> Option<&'b Column> {
        let place = self.names.iter().position(|known| *known == name)?;
        self.batch.columns.get(place)
    }
}

/// By column of a table under way: its words as those of all.
#[derive(Default)]
struct Reading {
    columns: Vec<Interned>,
}

impl Reading {
    fn words(&mut self, words: &mut Words, rows: &Named<'_>) {
        self.columns.resize_with(rows.batch.columns.len(), Interned::default);
        // The first column is the key, which has words of its own.
        for (column, interned) in rows.batch.columns.iter().zip(&mut self.columns).skip(1) {
            interned.learn(column, words);
        }
    }

    fn word(&self, rows: &Named<'_>, name: &str, row: usize) -> u32 {
        let place = rows.names.iter().position(|known| *known == name);
        let pair = place
            .and_then(|place| Some((rows.batch.columns.get(place)?, self.columns.get(place)?)));
        pair.map_or(NONE, |(column, interned)| interned.key(column, row))
    }
}
