//! Who comes, and how many.

mod bot_sessions;
mod decoy;
mod drift;
mod outage_gap;
mod referral_spam;
mod traffic_burst;

use crate::scenario::World;
use crate::scenario::calendar::HOUR;
use crate::seed::Stream;

pub(super) use bot_sessions::BOT_SESSIONS;
pub(super) use decoy::DECOY;
pub(super) use drift::DRIFT;
pub(super) use outage_gap::OUTAGE_GAP;
pub(super) use referral_spam::REFERRAL_SPAM;
pub(super) use traffic_burst::TRAFFIC_BURST;

/// From when until when something lasts that lasts so many hours, anywhere in the window: the same for all ranges.
fn span(world: &World, hours: f64, draw: &mut Stream) -> (i64, i64) {
    let length = (hours * HOUR as f64) as i64;
    let room = (world.end - world.start - length).max(1);
    let from = world.start + (draw.unit() * room as f64) as i64;
    (from, (from + length).min(world.end))
}
