//! Identifiers for rows that there were not: in the form of real ones.

use crate::anomaly::value::Value;
use crate::event::ids;
use crate::seed::Stream;

/// A key that nobody has: a UUID of version 4.
pub(super) fn key(draw: &mut Stream) -> Value {
    Value::Id(ids::uuid_v4(u128::from(draw.next()) << 64 | u128::from(draw.next())))
}

/// The key of an event that nobody has: a UUID of version 7.
pub(super) fn event_key(time: i64, draw: &mut Stream) -> Value {
    Value::Id(ids::event(time, draw.next()))
}

/// An event's key as it would be had the event happened then.
pub(super) fn retimed(key: u128, time: i64) -> Value {
    const REST: u128 = u128::MAX >> 48;
    Value::Id(u128::from((time / 1_000) as u64) << 80 | key & REST)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For all times, a key tells its time, and the rest of it stays.
    #[test]
    fn keys_tell_their_time() {
        let (then, now) = (1_767_571_200_123_456, 1_767_657_600_654_321);
        let key = ids::event(then, 0x1234_5678_9abc_def0);
        assert_eq!(retimed(key, then), Value::Id(key));
        assert_eq!(retimed(key, now), Value::Id(ids::event(now, 0x1234_5678_9abc_def0)));
    }
}
