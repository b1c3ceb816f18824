//! What holds within a session or an order.

mod step_missing;

use crate::anomaly::kind::{Kind, Scope, Stage, Unit};

pub(super) use step_missing::STEP_MISSING;

pub(super) static STEP_ORDER: Kind = Kind::new(
    "step_order",
    Scope::Session,
    "Lets a later step of a funnel happen before an earlier one.",
    "Steps come in the funnel's order.",
)
.critical();

pub(super) static SESSION_OVERLAP: Kind = Kind::new(
    "session_overlap",
    Scope::Session,
    "Lets one device have two sessions at once.",
    "Sessions of a device are disjoint.",
);

pub(super) static SESSION_BOUNDARY: Kind = Kind::new(
    "session_boundary",
    Scope::Session,
    "Splits a session without a pause, or merges two over one.",
    "A session ends after half an hour of silence.",
);

pub(super) static EVENT_OUTSIDE_SESSION: Kind = Kind::new(
    "event_outside_session",
    Scope::Session,
    "Moves an event's time out of its session.",
    "An event lies between its session's start and end.",
)
.critical();

pub(super) static ORDER_STATE_INVALID: Kind = Kind::new(
    "order_state_invalid",
    Scope::Session,
    "Ships before payment, refunds more than was paid.",
    "Orders go through their states in order.",
)
.critical()
.of(Unit::Order)
.needs(&["orders", "payments"])
.at(Stage::Entities);
