//! Rates of stages to which no way leads.

use crate::diag::{Problem, Problems};
use crate::model::journey::Journey;
use crate::model::site::Effect;
use crate::scenario::World;

/// Looks for moments on stages that nobody can reach, in the journeys that somebody follows.
///
/// # Errors
/// Every such moment.
pub fn check(world: &World) -> Result<(), Problems> {
    let mut problems = Problems::new();
    for (number, journey) in world.journeys.iter().enumerate() {
        if !is_followed(world, number) {
            continue;
        }
        let reached = reached(journey);
        let stages = journey.stages.iter().zip(reached).filter(|(_, reached)| !reached);
        for (stage, _) in stages {
            for moment in &stage.moments {
                let message = format!(
                    "`{}` cannot happen: nobody reaches stage `{}` of {}",
                    moment.name, stage.name, journey.name
                );
                let help = "name the stage under `next` of another, or in a moment's `then`";
                let place = world.targets[moment.number].place.clone();
                problems.push(Problem { message, place, help: Some(help.to_owned()) });
            }
        }
    }
    problems.or(())
}

/// Whether somebody follows a journey.
fn is_followed(world: &World, number: usize) -> bool {
    let follows = |persona: &crate::model::Persona| {
        persona.share > 0.0 && persona.journeys.get(number).is_some_and(|weight| *weight > 0.0)
    };
    world.models.people.iter().any(follows)
}

/// By stage: whether a way leads there from where sessions begin.
fn reached(journey: &Journey) -> Vec<bool> {
    let fills_cart = |stage: &crate::model::journey::Stage| {
        stage.moments.iter().any(|moment| moment.does == Some(Effect::AddToCart))
    };
    let carts = journey.stages.iter().any(fills_cart);
    let mut reached = vec![false; journey.stages.len()];
    let mut open = vec![journey.entry];
    if journey.again > 0.0 && journey.most > 1 {
        open.push(journey.resume);
        open.extend(journey.switch.as_ref().map(|switch| switch.enters));
    }
    while let Some(stage) = open.pop() {
        if std::mem::replace(&mut reached[usize::from(stage)], true) {
            continue;
        }
        let stage = &journey.stages[usize::from(stage)];
        let enters = |next: &&u8| carts || !journey.stages[usize::from(**next)].base.needs_cart;
        open.extend(stage.followers().iter().filter(enters));
        open.extend(stage.moments.iter().filter_map(|moment| moment.then));
    }
    reached
}
