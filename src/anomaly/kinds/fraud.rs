//! What people do on purpose.

mod account_takeover;
mod card_testing;
mod fraud_pattern;
mod promotion_ring;

use crate::anomaly::ground::Ground;
use crate::event::journal::Session;

pub(super) use fraud_pattern::FRAUD_PATTERN;

/// Kilometres an hour that people keep below.
const SPEED: f64 = 900.0;

/// Whether a visit can be so far away from the user's other ones: what breaks the motif's invariant breaks no other.
fn could_be(ground: &Ground<'_>, visit: u32, kilometres: impl Fn(&Session) -> f64) -> bool {
    let of = ground.session(visit);
    let mut others = ground.sessions_of(of.user).filter(|at| *at != visit);
    others.all(|at| {
        let other = ground.session(at);
        let pause = (of.started - other.ended).max(other.started - of.ended).max(0);
        kilometres(other) <= pause as f64 / 3.6e9 * SPEED
    })
}
