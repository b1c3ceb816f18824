//! What the checks of keys, and of what goes together, look at.

use super::Looks;
use super::Takes::{Before, NotAfter, Themselves};

/// Where events stand in their session.
const SPAN: &[(&str, &[&str])] = &[
    ("events", &["session_id", "session_seq", "event_time"]),
    ("sessions", &["session_id", "started_at", "ended_at"]),
];

/// What events repeat of their session.
const CONTEXT: &[&str] =
    &["session_id", "journey_id", "device_id", "anonymous_id", "source", "campaign_id", "ip"];

pub(super) static LOOKS: &[Looks] = &[
    Looks::new("keys.primary", NotAfter, &[]),
    Looks::new("keys.references", NotAfter, &[]),
    Looks::new(
        "keys.sequence",
        NotAfter,
        &[("events", &["session_id", "session_seq", "event_time", "event_date"])],
    ),
    Looks::new("keys.inside", NotAfter, SPAN),
    Looks::new("keys.span", NotAfter, SPAN),
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
            ("events", CONTEXT),
            ("sessions", CONTEXT),
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
];
