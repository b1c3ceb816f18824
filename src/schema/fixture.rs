//! Small schemas for tests, with facts of their own.

use super::Type::{Enum, Id, Int32, Json, Money, Text, Timestamp};
use super::{FactSpec, Schemas, Type};
use crate::assets::Assets;

const fn fact(name: &'static str, ty: Type, nullable: bool) -> FactSpec {
    FactSpec { name, ty, nullable }
}

static USERS: &[FactSpec] = &[
    fact("user.id", Id, false),
    fact("user.name", Text, false),
    fact("user.class", Enum, false),
    fact("user.left_at", Timestamp, true),
];

static EVENTS: &[FactSpec] = &[
    fact("event.id", Id, false),
    fact("event.name", Enum, false),
    fact("user.id", Id, true),
    fact("event.page.path", Text, true),
    fact("event.product.quantity", Int32, true),
    fact("event.product.price", Money, true),
    fact("event.money.currency", Enum, true),
    fact("event.properties", Json, true),
];

/// The facts of the fixture's tables.
pub(crate) fn facts(table: &str) -> &'static [FactSpec] {
    match table {
        "users" | "truth/users" => USERS,
        "events" => EVENTS,
        _ => &[],
    }
}

pub(crate) const USERS_FILE: &str = r#"
order = 2
doc = "People's | rows."
row = "a person"
key = ["user_id"]
sorted_by = []

[[field]]
name = "user_id"
type = "id"
privacy = "direct_identifier"
from = "user.id"
doc = "The person's key."

[[field]]
name = "user"
type = "text"
privacy = "direct_identifier"
from = "user.name"
doc = "Name."

[[field]]
name = "class"
type = "enum"
values = ["child", "adult"]
privacy = "quasi"
from = "user.class"
doc = "How old."

[[field]]
name = "left_at"
type = "timestamp"
nullable = true
privacy = "time"
from = "user.left_at"
doc = "When the person left; absent while here."
"#;

pub(crate) const EVENTS_FILE: &str = r#"
order = 1
doc = "What happened."
row = "one thing that happened"
key = ["event_id"]
sorted_by = ["event_id"]
field = [
  { name = "event_id", type = "id", privacy = "linkable", from = "event.id", doc = "The event's key." },
  { name = "event_name", type = "enum", privacy = "public", from = "event.name", doc = "What happened." },
  { name = "user_id", type = "id", nullable = true, privacy = "direct_identifier", from = "user.id", references = "users.user_id", doc = "Who." },
  { name = "path", type = "text", nullable = true, privacy = "public", from = "event.page.path", doc = "Path." },
  { name = "price", type = "money", unit = "currency", nullable = true, privacy = "public", from = "event.product.price", doc = "Price." },
  { name = "currency", type = "enum", nullable = true, privacy = "public", from = "event.money.currency", doc = "Currency." },
  { name = "properties", type = "json", nullable = true, privacy = "nested", from = "event.properties", doc = "The rest." },
]
"#;

pub(crate) const ADDED_FILE: &str = r#"
doc = "A product was put into the cart."
segment = "Product Added"
fills = ["page", "product"]

[properties.gesture]
type = "enum"
privacy = "public"
from = "gesture"
doc = "What the hand did."

[properties.pieces]
type = "int32"
unit = "pieces"
privacy = "public"
values = { 1 = 0.8, 2 = 0.2 }
doc = "How many."
"#;

pub(crate) const VIEWED_FILE: &str = "doc = \"A page was shown.\"\nfills = [\"page\"]\n";

/// The fixture's files, with some more or others in their place.
pub(crate) fn assets(files: &[(&str, &str)]) -> Assets {
    let small = [
        ("schemas/tables/users.toml", USERS_FILE),
        ("schemas/tables/events.toml", EVENTS_FILE),
        ("schemas/events/product_added.toml", ADDED_FILE),
        ("schemas/events/page_viewed.toml", VIEWED_FILE),
    ];
    Assets::none().with(&small).with(files)
}

/// The fixture, read.
pub(crate) fn schemas() -> Schemas {
    Schemas::load(&assets(&[]), &facts).unwrap_or_else(|problems| panic!("{problems}"))
}

/// The schemas that ship, read.
pub(crate) fn shipped() -> Schemas {
    let read = Schemas::load(&Assets::embedded(), &super::facts::of);
    read.unwrap_or_else(|problems| panic!("{problems}"))
}
