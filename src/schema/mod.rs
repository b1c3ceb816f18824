//! Tables and events as data: what is written, derived documents, and the writer itself all follow from `schemas/`.

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
