//! Tables and events as data: what is written, derived documents, and the writer itself all follow from `schemas/`.

mod bounds;
mod digest;
pub mod facts;
#[cfg(test)]
pub(crate) mod fixture;
mod load;
pub mod render;

pub use bounds::{Bounds, Format};

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Type {
    /// A UUID; 36 characters of text in the portable profile, 16 bytes in the native one.
    Id,
    /// A string.
    Text,
    /// A string out of a small set.
    Enum,
    /// Microseconds since 1970, UTC.
    Timestamp,
    /// A calendar date.
    Date,
    /// decimal(18,2), in the currency of its row.
    Money,
    /// 32-bit integer.
    Int32,
    /// 64-bit integer.
    Int64,
    /// Double-precision number.
    Float64,
    /// True or false.
    Bool,
    /// A JSON object: text in Parquet, nested in NDJSON.
    Json,
}

impl Type {
    /// Every type, with its name in schema files.
    pub const NAMED: &[(&str, Type)] = &[
        ("id", Self::Id),
        ("text", Self::Text),
        ("enum", Self::Enum),
        ("timestamp", Self::Timestamp),
        ("date", Self::Date),
        ("money", Self::Money),
        ("int32", Self::Int32),
        ("int64", Self::Int64),
        ("float64", Self::Float64),
        ("bool", Self::Bool),
        ("json", Self::Json),
    ];

    /// Its name in schema files.
    pub fn name(self) -> &'static str {
        name_of(Self::NAMED, &self)
    }
}

/// What a value can tell about a person, and so what the privacy stage owes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Privacy {
    /// Nothing.
    Public,
    /// Names a person: name, e-mail, phone, user id.
    DirectIdentifier,
    /// Device, cookie and advertising ids.
    DeviceIdentifier,
    /// Any other key that leads to a person's rows (session, journey, order).
    Linkable,
    /// IP address.
    Ip,
    /// User agent.
    UserAgent,
    /// Street, postcode, city.
    Place,
    /// A moment of a person's life.
    Time,
    /// Text that a person may have typed.
    FreeText,
    /// Harmless alone, telling together: age, locale, income band.
    Quasi,
    /// URL or referrer.
    Url,
    /// Nested properties, classified by path.
    Nested,
    /// What no stack under test may read.
    Truth,
}

impl Privacy {
    /// Every class, with its name in schema files.
    pub const NAMED: &[(&str, Privacy)] = &[
        ("public", Self::Public),
        ("direct_identifier", Self::DirectIdentifier),
        ("device_identifier", Self::DeviceIdentifier),
        ("linkable", Self::Linkable),
        ("ip", Self::Ip),
        ("user_agent", Self::UserAgent),
        ("place", Self::Place),
        ("time", Self::Time),
        ("free_text", Self::FreeText),
        ("quasi", Self::Quasi),
        ("url", Self::Url),
        ("nested", Self::Nested),
        ("truth", Self::Truth),
    ];

    /// Its name in schema files.
    pub fn name(self) -> &'static str {
        name_of(Self::NAMED, &self)
    }
}

fn name_of<T: PartialEq>(named: &[(&'static str, T)], value: &T) -> &'static str {
    named.iter().find(|(_, known)| known == value).map_or("", |(name, _)| name)
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub ty: Type,
    /// Unit of measure: `ms`, `cents`, `px`, …
    pub unit: Option<String>,
    /// What it means.
    pub doc: String,
    /// Whether a row may lack it.
    pub nullable: bool,
    /// The table and field that it refers to.
    pub reference: Option<(String, String)>,
    /// What it can tell about a person.
    pub privacy: Privacy,
    /// The values that an enumeration may have, where they are fixed; empty when the models decide.
    pub values: Vec<String>,
    /// What its values keep to beyond their type.
    pub bounds: Bounds,
    /// The fact that fills it, by name: `event.time`, `session.id`, `device.os`, …
    pub from: String,
}

/// A table.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Its name and folder: `events`, `truth/identity`.
    pub name: String,
    /// What it is for.
    pub doc: String,
    /// What a row is, after "a row is".
    pub row: String,
    /// Names of the fields that together are unique.
    pub key: Vec<String>,
    /// Names of further fields that together are unique, each a list of its own.
    pub unique: Vec<Vec<String>>,
    /// Names of the fields by which each file is sorted.
    pub sorted_by: Vec<String>,
    /// Its columns, in order.
    pub fields: Vec<Field>,
}

/// A fact that the engine can put into a column: what `from` may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FactSpec {
    /// `session.id`, `event.product.price`, …
    pub name: &'static str,
    /// The type that a field filled by it must have.
    pub ty: Type,
    /// Whether it can be absent; the field must then be nullable.
    pub nullable: bool,
}

/// An event type (`schemas/events/<name>.toml`).
#[derive(Debug, Clone, PartialEq)]
pub struct EventType {
    /// Its name: `product_viewed`.
    pub name: String,
    /// What happened.
    pub doc: String,
    /// Its name in the Segment specification, where it has one.
    pub segment: Option<String>,
    /// The groups of optional columns that it fills: the second part of an `event.<group>.<fact>`: `page`, `product`, `cart`, …
    pub fills: Vec<String>,
    /// Its properties, which stand in the JSON column.
    pub properties: Vec<Property>,
}

/// A property of an event type.
#[derive(Debug, Clone, PartialEq)]
pub struct Property {
    /// Its name in the JSON object.
    pub name: String,
    /// Text, Enum, Int32, Int64, Float64 or Bool.
    pub ty: Type,
    /// What it means.
    pub doc: String,
    /// Unit of measure.
    pub unit: Option<String>,
    /// What it can tell about a person.
    pub privacy: Privacy,
    /// Where its value comes from.
    pub origin: Origin,
}

/// Where a property's value comes from. Always a small set of values, so that whole JSON objects are interned.
#[derive(Debug, Clone, PartialEq)]
pub enum Origin {
    /// Behaviour supplies it: `gesture`, `scroll`, `attempt`, `error`, `offer`, `channel`, `method`, `restored`.
    Fact(String),
    /// Drawn for each event by weight, in a stream of its own: JSON literal and weight.
    Drawn(Vec<(String, f64)>),
}

/// All tables and event types.
#[derive(Debug, Clone, PartialEq)]
pub struct Schemas {
    /// The tables, in their natural order: who, what, where from, what they did, the truth.
    pub tables: Vec<Table>,
    /// The event types, by name.
    pub events: Vec<EventType>,
}

impl Schemas {
    /// The table of that name.
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }

    /// The event type of that name.
    pub fn event(&self, name: &str) -> Option<&EventType> {
        self.events.iter().find(|event| event.name == name)
    }
}

impl Table {
    /// The field of that name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Whether it is the table whose rows are of the event types.
    pub fn is_events(&self) -> bool {
        self.fields.iter().any(|field| field.from == "event.name")
    }
}

impl EventType {
    /// Whether its rows always have a value in a field that other types' rows may lack.
    pub fn requires(&self, field: &Field) -> bool {
        let named = |of: &String| *of == self.name || self.fills.contains(of);
        self.fills(field) && field.bounds.required_by.iter().any(named)
    }

    /// Whether its rows fill a field: one of no group is filled always, `event.properties` when the type has some.
    pub fn fills(&self, field: &Field) -> bool {
        if field.from == "event.properties" {
            return !self.properties.is_empty();
        }
        let filled = |group: &&str| self.fills.iter().any(|fills| fills == group);
        match facts::group(&field.from) {
            None => true,
            Some(facts::MONEY) => facts::WITH_MONEY.iter().any(filled),
            Some(group) => filled(&group),
        }
    }
}
