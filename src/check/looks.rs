//! Which columns a check compares, and what may have happened to them without its being any less true.
//!
//! Whoever asks is a data set that was made behind a privacy policy. A check that is not told of here is not made there.

/// How a check takes the values that it compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    /// As they were written: it looks into them.
    Themselves,
    /// Times by whether one is before another: they may all have been moved alike, and not cut, since what came after another may
    /// be level with it then.
    Before,
    /// Times by whether none is after another: they may have been cut to a whole hour or less, too.
    NotAfter,
}

/// What a check compares.
#[derive(Debug, Clone, Copy)]
pub(super) struct Looks {
    pub(super) check: &'static str,
    pub(super) takes: Takes,
    /// By table.
    pub(super) at: &'static [(&'static str, &'static [&'static str])],
    /// Columns that it only compares with those of the same name: what was done to all of them alike does not matter.
    pub(super) alike: &'static [&'static str],
    /// Columns that only must be there, whatever stands in them.
    pub(super) there: &'static [&'static str],
}

impl Looks {
    const fn new(
        check: &'static str,
        takes: Takes,
        at: &'static [(&'static str, &'static [&'static str])],
    ) -> Self {
        Self { check, takes, at, alike: &[], there: &[] }
    }

    const fn alike(self, alike: &'static [&'static str]) -> Self {
        Self { alike, ..self }
    }

    const fn there(self, there: &'static [&'static str]) -> Self {
        Self { there, ..self }
    }
}

/// What a check looks at; none where that is not told.
pub(super) fn of(check: &str) -> Option<&'static Looks> {
    ALL.iter().find(|looks| looks.check == check)
}

use Takes::{Before, NotAfter, Themselves};

/// A change of consent, but for its times.
const CHANGE: &[&str] =
    &["user_id", "device_id", "purpose", "channel", "state", "legal_basis", "sequence"];

pub(super) static ALL: &[Looks] = &[
    // Files as files, and keys: the schemas are those of what is left.
    Looks::new("files.listed", NotAfter, &[]),
    Looks::new("files.digest", NotAfter, &[]),
    Looks::new("files.readable", NotAfter, &[]),
    Looks::new("files.schema", NotAfter, &[]),
    Looks::new("files.rows", NotAfter, &[]),
    Looks::new("files.times", NotAfter, &[]),
    Looks::new("files.nulls", NotAfter, &[]),
    Looks::new("files.values", NotAfter, &[]),
    Looks::new("files.sorted", NotAfter, &[]),
    Looks::new("files.partitions", NotAfter, &[("events", &["event_date", "received_at"])]),
    Looks::new(
        "files.lateness",
        NotAfter,
        &[("events", &["event_time", "sent_at", "received_at"])],
    ),
    // Nothing is there after a policy that was not there before.
    Looks::new("files.groups", NotAfter, &[]),
    Looks::new("files.properties", NotAfter, &[("events", &["properties"])]),
    Looks::new("keys.primary", NotAfter, &[]),
    Looks::new("keys.references", NotAfter, &[]),
    Looks::new(
        "keys.sequence",
        NotAfter,
        &[("events", &["session_id", "session_seq", "event_time", "event_date"])],
    ),
    Looks::new(
        "keys.inside",
        NotAfter,
        &[
            ("events", &["session_id", "session_seq", "event_time"]),
            ("sessions", &["session_id", "started_at", "ended_at"]),
        ],
    ),
    Looks::new(
        "keys.span",
        NotAfter,
        &[
            ("events", &["session_id", "session_seq", "event_time"]),
            ("sessions", &["session_id", "started_at", "ended_at"]),
        ],
    ),
    Looks::new(
        "keys.session_counts",
        NotAfter,
        &[
            ("events", &["session_id", "session_seq", "page_load_ms"]),
            ("sessions", &["session_id", "events", "page_views", "is_bounce"]),
        ],
    ),
    Looks::new(
        "keys.session_context",
        NotAfter,
        &[
            (
                "events",
                &[
                    "session_id",
                    "journey_id",
                    "device_id",
                    "anonymous_id",
                    "source",
                    "campaign_id",
                    "ip",
                ],
            ),
            (
                "sessions",
                &[
                    "session_id",
                    "journey_id",
                    "device_id",
                    "anonymous_id",
                    "source",
                    "campaign_id",
                    "ip",
                ],
            ),
            ("devices", &["device_id"]),
            ("journeys", &["journey_id"]),
        ],
    )
    .alike(&["ip"]),
    Looks::new(
        "keys.device_context",
        NotAfter,
        &[
            (
                "events",
                &["session_id", "device_class", "os", "os_version", "browser", "user_agent"],
            ),
            ("sessions", &["session_id", "device_id"]),
            (
                "devices",
                &["device_id", "device_class", "os", "os_version", "browser", "user_agent"],
            ),
        ],
    )
    .alike(&["os_version"]),
    Looks::new(
        "keys.journey_counts",
        NotAfter,
        &[
            (
                "journeys",
                &["journey_id", "sessions", "devices", "events", "started_at", "ended_at"],
            ),
            (
                "sessions",
                &[
                    "session_id",
                    "journey_id",
                    "device_id",
                    "session_number",
                    "started_at",
                    "ended_at",
                    "events",
                ],
            ),
            ("devices", &["device_id"]),
        ],
    ),
    Looks::new(
        "keys.session_numbers",
        NotAfter,
        &[
            ("journeys", &["journey_id"]),
            ("sessions", &["session_id", "journey_id", "session_number"]),
        ],
    ),
    Looks::new(
        "keys.overlap",
        Before,
        &[
            ("sessions", &["session_id", "device_id", "session_number", "started_at", "ended_at"]),
            ("devices", &["device_id"]),
        ],
    ),
    Looks::new(
        "keys.campaigns",
        NotAfter,
        &[
            ("sessions", &["session_id", "campaign_id", "source", "session_number", "started_at"]),
            ("campaigns", &["campaign_id", "source", "starts_on", "ends_on"]),
        ],
    ),
    Looks::new("keys.outcome", NotAfter, &[("journeys", &["journey_id", "outcome", "orders"])]),
    Looks::new(
        "keys.first_day",
        NotAfter,
        &[
            ("events", &["session_id", "event_time"]),
            ("sessions", &["session_id", "device_id", "started_at"]),
            ("devices", &["device_id", "user_id", "first_seen"]),
            ("users", &["user_id", "created_at"]),
        ],
    ),
    Looks::new(
        "keys.last_seen",
        NotAfter,
        &[
            ("events", &["session_id", "event_time"]),
            ("sessions", &["session_id", "device_id"]),
            ("devices", &["device_id", "last_seen"]),
        ],
    ),
    Looks::new(
        "keys.stitching",
        NotAfter,
        &[
            ("events", &["session_id", "event_time", "anonymous_id", "user_id", "device_id"]),
            ("users", &["user_id"]),
            ("truth/identity", &["anonymous_id", "user_id", "device_id", "stitched_at"]),
        ],
    ),
    Looks::new(
        "keys.known",
        NotAfter,
        &[
            ("sessions", &["session_id", "journey_id", "user_id", "anonymous_id", "ended_at"]),
            ("journeys", &["journey_id", "user_id"]),
            ("users", &["user_id"]),
            ("truth/identity", &["anonymous_id", "user_id", "stitched_at"]),
        ],
    ),
    Looks::new(
        "keys.registered",
        NotAfter,
        &[
            ("users", &["user_id", "created_at", "registered_at"]),
            ("truth/identity", &["user_id", "stitched_at"]),
        ],
    ),
    Looks::new(
        "keys.order_totals",
        NotAfter,
        &[("orders", &["subtotal", "discount", "shipping", "total", "tax"])],
    ),
    Looks::new(
        "keys.order_lines",
        NotAfter,
        &[
            ("orders", &["order_id", "lines", "subtotal", "currency"]),
            (
                "order_items",
                &["order_id", "line", "quantity", "unit_price", "line_total", "currency"],
            ),
        ],
    ),
    Looks::new(
        "keys.order_states",
        NotAfter,
        &[(
            "orders",
            &["placed_at", "paid_at", "shipped_at", "delivered_at", "refunded_at", "status"],
        )],
    ),
    Looks::new(
        "keys.order_events",
        NotAfter,
        &[
            (
                "orders",
                &[
                    "order_id",
                    "session_id",
                    "paid_at",
                    "total",
                    "tax",
                    "shipping",
                    "discount",
                    "currency",
                ],
            ),
            (
                "events",
                &[
                    "session_id",
                    "event_time",
                    "order_id",
                    "value",
                    "tax",
                    "shipping",
                    "discount",
                    "currency",
                ],
            ),
            ("sessions", &["session_id"]),
        ],
    ),
    Looks::new(
        "keys.revenue",
        NotAfter,
        &[
            ("orders", &["order_id", "journey_id", "session_id", "total"]),
            ("journeys", &["journey_id", "orders", "revenue"]),
            ("sessions", &["session_id", "is_converted"]),
        ],
    ),
    Looks::new(
        "keys.currency",
        NotAfter,
        &[("orders", &["order_id", "user_id", "currency"]), ("users", &["user_id", "currency"])],
    ),
    Looks::new(
        "keys.payments",
        NotAfter,
        &[
            ("orders", &["order_id", "status", "total"]),
            ("payments", &["order_id", "status", "amount"]),
        ],
    ),
    Looks::new(
        "keys.attempts",
        NotAfter,
        &[("payments", &["checkout_id", "attempt", "status", "idempotency_key"])],
    ),
    Looks::new(
        "keys.prices",
        NotAfter,
        &[
            ("events", &["product_id", "price", "currency", "product_category", "product_brand"]),
            (
                "products",
                &[
                    "product_id",
                    "price",
                    "price_usd",
                    "price_gbp",
                    "price_brl",
                    "category",
                    "brand",
                    "currency",
                ],
            ),
        ],
    ),
    Looks::new(
        "keys.for_sale",
        NotAfter,
        &[
            ("events", &["product_id", "event_time"]),
            ("products", &["product_id", "category", "brand", "available_from", "available_until"]),
        ],
    ),
    Looks::new(
        "keys.purchase_after_cart",
        Before,
        &[
            ("events", &["session_id", "event_time"]),
            ("sessions", &["session_id", "journey_id"]),
            ("journeys", &["journey_id"]),
        ],
    ),
    Looks::new(
        "keys.payment_after_checkout",
        NotAfter,
        &[("events", &["session_id", "event_date"]), ("sessions", &["session_id"])],
    ),
    Looks::new(
        "keys.ordered_from_cart",
        NotAfter,
        &[
            ("events", &["session_id", "event_time", "product_id"]),
            ("sessions", &["session_id", "journey_id"]),
            ("journeys", &["journey_id"]),
            ("orders", &["order_id", "session_id", "placed_at", "is_one_click"]),
            ("order_items", &["order_id", "product_id"]),
            ("products", &["product_id"]),
        ],
    ),
    Looks::new("keys.gesture", Themselves, &[("events", &["device_class", "properties"])]),
    Looks::new("keys.browser", Themselves, &[("events", &["os", "browser"])]),
    Looks::new("keys.web_view", Themselves, &[("events", &["device_class", "user_agent"])]),
    Looks::new("keys.address", Themselves, &[("events", &["ip"])]),
    Looks::new("keys.event_time", Themselves, &[("events", &["event_id", "event_time"])]),
    Looks::new("keys.email", Themselves, &[("users", &["email"])]),
    Looks::new(
        "consent.states",
        NotAfter,
        &[
            ("consents", CHANGE),
            ("consents", &["subject", "occurred_at", "effective_at"]),
            ("devices", &["device_id"]),
            ("users", &["user_id"]),
        ],
    ),
    Looks::new("consent.sources", NotAfter, &[("consents", CHANGE), ("consents", &["source"])]),
    Looks::new(
        "consent.expiry",
        NotAfter,
        &[
            ("consents", CHANGE),
            ("consents", &["occurred_at", "effective_at", "expires_at"]),
            ("devices", &["device_id"]),
            ("users", &["user_id"]),
        ],
    ),
    Looks::new(
        "consent.stamp",
        Before,
        &[
            ("events", &["session_id", "event_time", "consent", "consent_mode"]),
            ("sessions", &["session_id", "device_id", "consent", "consent_mode", "country"]),
            ("devices", &["device_id"]),
            ("consents", CHANGE),
            ("consents", &["effective_at", "expires_at"]),
        ],
    )
    // What it is matters to the next alone.
    .there(&["country"]),
    Looks::new(
        "consent.session",
        Before,
        &[
            (
                "sessions",
                &["session_id", "device_id", "started_at", "consent", "consent_mode", "country"],
            ),
            ("devices", &["device_id"]),
            ("consents", CHANGE),
            ("consents", &["jurisdiction", "effective_at", "expires_at"]),
        ],
    ),
    Looks::new(
        "consent.pings",
        NotAfter,
        // Addresses and URLs that are not there bear nothing.
        &[(
            "events",
            &[
                "consent",
                "user_id",
                "anonymous_id",
                "device_id",
                "journey_id",
                "cart_id",
                "order_id",
            ],
        )],
    ),
    Looks::new(
        "consent.messages",
        Before,
        &[
            (
                "sessions",
                &[
                    "session_id",
                    "device_id",
                    "started_at",
                    "campaign_id",
                    "utm_medium",
                    "session_number",
                ],
            ),
            ("devices", &["device_id", "user_id"]),
            ("users", &["user_id"]),
            ("consents", CHANGE),
            ("consents", &["effective_at", "expires_at"]),
        ],
    ),
    Looks::new(
        "consent.opt_in",
        Before,
        &[
            ("users", &["user_id", "email_opt_in", "sms_opt_in", "push_opt_in"]),
            ("devices", &["device_id"]),
            ("consents", CHANGE),
            ("consents", &["effective_at"]),
        ],
    ),
    Looks::new(
        "consent.erasure",
        NotAfter,
        &[
            ("erasure_requests", &["user_id", "completed_at", "due_at", "outcome", "reason"]),
            ("events", &["session_id", "event_time", "received_at"]),
            ("sessions", &["session_id", "device_id", "started_at"]),
            ("devices", &["device_id", "user_id", "first_seen"]),
            ("users", &["user_id"]),
            ("orders", &["user_id", "placed_at"]),
            ("consents", CHANGE),
            ("consents", &["effective_at"]),
        ],
    ),
    Looks::new(
        "consent.requests",
        NotAfter,
        &[
            ("erasure_requests", &["user_id", "completed_at", "due_at", "outcome", "reason"]),
            ("events", &["received_at"]),
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assets::Assets;
    use crate::check::{FAMILIES, anomalies};
    use crate::schema::Schemas;

    #[test]
    fn what_is_told_names_what_there_is() {
        let schemas = Schemas::load(&Assets::embedded(), &crate::schema::facts::of);
        let schemas = schemas.expect("the built-in schemas");
        for looks in ALL {
            for (table, columns) in looks.at {
                let table = schemas.table(table).expect(looks.check);
                for column in columns.iter().filter(|column| **column != "event_date") {
                    assert!(table.field(column).is_some(), "{}: {column}", looks.check);
                }
            }
            let columns = || looks.at.iter().flat_map(|(_, columns)| *columns);
            for name in looks.alike.iter().chain(looks.there) {
                assert!(columns().any(|column| column == name), "{}: {name}", looks.check);
            }
        }
    }

    /// Of every check of places it is told, once, what it looks at.
    #[test]
    fn every_check_of_places_is_told_of() {
        for family in FAMILIES.iter().filter(|of| anomalies::HELPERS.contains(&of.name)) {
            for check in family.checks() {
                let told = ALL.iter().filter(|looks| looks.check == check.id).count();
                assert_eq!(told, 1, "{}", check.id);
            }
        }
    }
}
