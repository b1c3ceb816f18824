//! What two tables say of the same.

mod event_order_gap;
mod source_divergence;
mod total_mismatch;

use crate::anomaly::kind::{Kind, Scope};

pub(super) use event_order_gap::EVENT_ORDER_GAP;
pub(super) use source_divergence::SOURCE_DIVERGENCE;
pub(super) use total_mismatch::TOTAL_MISMATCH;

pub(super) static MESSAGE_CHAIN: Kind = Kind::new(
    "message_chain",
    Scope::System,
    "Lets a message be clicked that was never delivered.",
    "Sent before delivered before opened before clicked.",
)
.planned("there is no table `messages` yet");
