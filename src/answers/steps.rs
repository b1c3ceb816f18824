//! The steps of a journey's funnel, taken from its stages.

use crate::model::journey::Journey;
use crate::model::site::Effect;
use crate::scenario::World;

/// The event types of a journey kind's steps, each once: the view of every stage in order and what may happen there, then the order,
/// and last the offer made to those about to leave.
pub(super) fn of(world: &World, journey: &Journey) -> Vec<u8> {
    let kinds = &world.kinds;
    let effect = |does: Option<Effect>| match does {
        Some(Effect::AddToCart) => Some(kinds.product_added),
        Some(Effect::RemoveFromCart) => Some(kinds.product_removed),
        _ => None,
    };
    let mut steps = Vec::new();
    let mut add = |kind: Option<u8>| {
        if let Some(kind) = kind.filter(|kind| !steps.contains(kind)) {
            steps.push(kind);
        }
    };
    for stage in &journey.stages {
        add(Some(stage.base.view));
        add(effect(stage.base.does));
        for moment in &stage.moments {
            add(moment.shows);
            // An event of its own stands for the usual one of what it does to the cart.
            add(moment.emits.or_else(|| effect(moment.does)));
        }
    }
    for kind in [
        kinds.order_completed,
        kinds.exit_intent_detected,
        kinds.exit_offer_shown,
        kinds.exit_offer_engaged,
    ] {
        add(Some(kind));
    }
    steps
}
