//! What two tables say of the same.

use crate::anomaly::kind::{Kind, Scope, Unit};

pub(super) static TOTAL_MISMATCH: Kind = Kind::new(
    "total_mismatch",
    Scope::System,
    "Changes an order's total.",
    "A total is the sum of its parts.",
)
.critical()
.of(Unit::Order)
.needs(&["orders"]);

pub(super) static EVENT_ORDER_GAP: Kind = Kind::new(
    "event_order_gap",
    Scope::System,
    "Lets a purchase have no order, or an order no purchase.",
    "Purchases and orders are one to one.",
)
.critical()
.of(Unit::Order)
.needs(&["events", "orders"]);

pub(super) static SOURCE_DIVERGENCE: Kind = Kind::new(
    "source_divergence",
    Scope::System,
    "Lets client and server state different amounts.",
    "Both state the same.",
)
.critical()
.of(Unit::Order)
.needs(&["events", "orders"]);

pub(super) static MESSAGE_CHAIN: Kind = Kind::new(
    "message_chain",
    Scope::System,
    "Lets a message be clicked that was never delivered.",
    "Sent before delivered before opened before clicked.",
)
.planned("there is no table `messages` yet");
