//! What tables say of each other agrees, and what happens is possible.

mod funnel;
mod identity;
mod impossible;
mod journeys;
mod orders;
mod payments;
mod prices;
mod references;
mod sessions;
mod surroundings;
mod unique;

use crate::check::pass::Observer;
use crate::check::{Context, Family};
use crate::read::hash::NONE;

/// The family.
pub(super) static FAMILY: Family = Family {
    name: "keys",
    doc: "Keys are unique, references lead somewhere, counts and totals agree, and nothing happens that could not.",
    checks: &[
        unique::CHECKS,
        references::CHECKS,
        sessions::CHECKS,
        surroundings::CHECKS,
        journeys::CHECKS,
        identity::CHECKS,
        orders::CHECKS,
        payments::CHECKS,
        prices::CHECKS,
        funnel::CHECKS,
        impossible::CHECKS,
    ],
    observers,
};

fn observers(context: &Context<'_>) -> Vec<Box<dyn Observer>> {
    vec![
        Box::new(unique::Unique::new(context)),
        Box::new(references::References::new(context)),
        Box::new(sessions::Sessions::new(context)),
        Box::new(surroundings::Surroundings::new(context)),
        Box::new(journeys::Journeys::new(context)),
        Box::new(identity::Identity::new(context)),
        Box::new(orders::Orders::new(context)),
        Box::new(payments::Payments::new(context)),
        Box::new(prices::Prices::new(context)),
        Box::new(funnel::Funnel::new(context)),
        Box::new(impossible::Impossible::new()),
    ]
}

/// The ordinal of an event type, or [`NONE`] where the schemas lack it.
fn kind(context: &Context<'_>, name: &str) -> u32 {
    let place = context.schemas.events.iter().position(|event| event.name == name);
    place.map_or(NONE, |place| place as u32)
}
