//! What the checks of consent look at.

use super::Looks;
use super::Takes::{Before, NotAfter};

/// A change of consent, but for its times.
const CHANGE: &[&str] =
    &["user_id", "device_id", "purpose", "channel", "state", "legal_basis", "sequence"];

pub(super) static LOOKS: &[Looks] = &[
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
