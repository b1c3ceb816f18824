//! Who comes, and how many.

mod bot_sessions;
mod decoy;
mod drift;
mod outage_gap;
mod referral_spam;
mod traffic_burst;

pub(super) use bot_sessions::BOT_SESSIONS;
pub(super) use decoy::DECOY;
pub(super) use drift::DRIFT;
pub(super) use outage_gap::OUTAGE_GAP;
pub(super) use referral_spam::REFERRAL_SPAM;
pub(super) use traffic_burst::TRAFFIC_BURST;
