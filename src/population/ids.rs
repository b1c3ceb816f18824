//! Identifiers of users, their devices, and the anonymous ids that those carry before a user is known.

use crate::seed::{Purpose, Seed};

const USER: Purpose = Purpose::named("id.user");
const DEVICE: Purpose = Purpose::named("id.device");
const ANONYMOUS: Purpose = Purpose::named("id.anonymous");

/// The id of a user: a UUID of version 4, so that it tells nothing, not even the order.
pub(super) fn user(seed: Seed, id: u64) -> u128 {
    v4(seed.wide(USER, id, 0))
}

/// The id of a user's device `slot`.
pub(super) fn device(seed: Seed, id: u64, slot: usize) -> u128 {
    v4(seed.wide(DEVICE, id, slot as u64))
}

/// The anonymous id (a cookie, an install) on a user's device `slot`.
pub(super) fn anonymous(seed: Seed, id: u64, slot: usize) -> u128 {
    v4(seed.wide(ANONYMOUS, id, slot as u64))
}

/// Sets the version and variant bits of a random UUID (RFC 9562, section 5.4).
pub(crate) fn v4(bits: u128) -> u128 {
    (bits & !(0xf << 76) & !(0b11 << 62)) | (0x4 << 76) | (0b10 << 62)
}
