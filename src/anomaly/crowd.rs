//! Somebody of the crowd: whose country, device or source an incident of the window as a whole is about.
//!
//! A range knows its own people alone, and all ranges must draw the same. People are a matter of the seed and a number, wherever they
//! are simulated; so somebody is drawn by the number, among those of the whole data set, likelier the more often they come in the time
//! in question.

use crate::anomaly::ground::Ground;
use crate::population::User;
use crate::scenario::World;
use crate::scenario::calendar::DAY;
use crate::seed::Stream;

/// How many people are looked at to find one.
const PEOPLE: u32 = 32;
/// Numbers of people that are enough to draw from, however many there are.
const NUMBERS: u64 = 1 << 20;

/// Somebody who comes in that time, those likelier who come more often: what they have, much of the traffic has.
pub(super) fn somebody(ground: &Ground<'_>, (from, until): (i64, i64), draw: &mut Stream) -> User {
    let (world, numbers) = (ground.world(), ground.users.clamp(1, NUMBERS) as u32);
    let mut total = 0.0;
    let mut found = None;
    for _ in 0..PEOPLE {
        let user = world.people.user(draw.below(numbers).into());
        let weight = visits(world, &user, (from, until));
        total += weight;
        // The nth takes the place of whoever was found before by its part of what has been seen so far.
        if draw.unit() * total < weight || found.is_none() {
            found = Some(user);
        }
    }
    found.unwrap_or_else(|| world.people.user(0))
}

/// About how often somebody comes in that time.
fn visits(world: &World, user: &User, (from, until): (i64, i64)) -> f64 {
    let is_new = user.created_at >= from && user.created_at < until;
    let active = until.min(user.last_active) - from.max(user.created_at);
    let weeks = active.max(0) as f64 / (7.0 * DAY as f64);
    let rate = world.models.people[usize::from(user.persona)].visits_per_week * user.visits;
    f64::from(u8::from(is_new)) + rate * weeks
}

/// One of several, by its weight; none where none has any.
pub(super) fn weighted(weights: &[f64], draw: &mut Stream) -> Option<usize> {
    let mut left = draw.unit() * weights.iter().sum::<f64>();
    let pick = |weight: &f64| {
        left -= weight;
        *weight > 0.0 && left < 0.0
    };
    let found = weights.iter().position(pick);
    // What rounding leaves over goes to the last that has some.
    found.or_else(|| weights.iter().rposition(|weight| *weight > 0.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::{Purpose, Seed};

    /// For all weights, who has none is never drawn, and the others about as often as they weigh.
    #[test]
    fn weights_are_kept() {
        let mut draw = Seed(3).stream(Purpose::named("test"), 0, 0);
        let mut seen = [0_u32; 4];
        for _ in 0..4_000 {
            seen[weighted(&[0.0, 1.0, 3.0, 0.0], &mut draw).expect("one")] += 1;
        }
        assert_eq!((seen[0], seen[3]), (0, 0));
        assert!((900..1_100).contains(&seen[1]), "{seen:?}");
        assert_eq!(weighted(&[0.0, 0.0], &mut draw), None);
        assert_eq!(weighted(&[], &mut draw), None);
    }
}
