//! Identifiers: UUIDs that follow from what they identify.

use crate::seed::mix;

/// Makes 128 random bits a UUID of version 4 (RFC 9562).
#[inline]
pub const fn uuid_v4(bits: u128) -> u128 {
    (bits & !(0xF << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62)
}

/// What a key identifies: the same key gives unrelated UUIDs for different things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is what it is named after")]
pub enum Thing {
    Session = 1,
    Journey,
    Cart,
    Order,
    Checkout,
    Payment,
    OrderIdempotency,
    PaymentIdempotency,
    Consent,
    Erasure,
}

/// The UUID (version 4) of a thing.
#[inline]
pub fn of(thing: Thing, key: u64) -> u128 {
    let salt = (thing as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let high = mix(key ^ salt);
    let low = mix(high.wrapping_add(key.rotate_left(29)) ^ salt);
    uuid_v4((u128::from(high) << 64) | u128::from(low))
}

/// The random bits of an event: what its identifier and the properties drawn for it come from.
#[inline]
pub fn event_bits(session_key: u64, sequence: u16) -> u64 {
    mix(session_key ^ (u64::from(sequence) + 1).wrapping_mul(0xd6e8_feb8_6659_fd93))
}

/// The UUID (version 7, RFC 9562) of an event: its time in ms, and 74 bits of its own.
#[inline]
pub fn event(time: i64, bits: u64) -> u128 {
    let more = mix(bits ^ 0xa076_1d64_78bd_642f);
    let high = ((time / 1000) as u64) << 16 | 0x7000 | (more & 0x0FFF);
    let low = 0x8000_0000_0000_0000 | (bits >> 2);
    (u128::from(high) << 64) | u128::from(low)
}
