//! The rates that the world is to meet: those of the files, with the scenario's own laid over them.

use crate::diag::{Place, Problem, Problems};
use crate::dist::logit;
use crate::model::behaviour::Behaviour;
use crate::model::journey::Journey;
use crate::model::site::Site;
use crate::model::target::{Observed, Seen, Types};
use crate::scenario::fills;
use crate::scenario::kinds::Kinds;
use crate::scenario::request::{Goals, Request};

/// The ordinal of the rate at which the offer to those who leave is engaged with.
pub const EXIT_ENGAGED: usize = 0;
/// The ordinal of the rate at which an engaged offer ends in an order.
pub const EXIT_CONVERTED: usize = 1;

/// What stands for a journey in the names of the two rates of the exit offer, which every journey makes.
const EXIT: &str = "exit";

/// A moment of a journey, by ordinals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spot {
    /// Of the journey.
    pub journey: usize,
    /// Of the stage in the journey.
    pub stage: usize,
    /// Of the moment in the stage.
    pub moment: usize,
}

/// A rate to meet.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// `mobile_conversion.hook_engaged`; `exit.engaged` for what belongs to no single journey.
    pub id: String,
    /// Where it is decided; none for the exit offer's.
    pub spot: Option<Spot>,
    /// The set-point.
    pub rate: f64,
    /// What it must not fall below.
    pub floor: Option<f64>,
    /// How it is seen in the events; none where they leave it open.
    pub observed: Option<Observed>,
    /// Where the set-point was written.
    pub place: Option<Place>,
}

impl Target {
    /// The intercept of its logit for somebody whom nothing moves: where calibration begins.
    pub fn prior(&self) -> f64 {
        logit(self.rate)
    }
}

/// Lists all rates, gives each moment its number among them, and lays the request's over them.
///
/// # Errors
/// Names of journeys and moments that are not there.
pub(super) fn resolve(
    request: &Request,
    journeys: &mut [Journey],
    behaviour: &Behaviour,
    site: &Site,
    kinds: &Kinds,
    fills: &[u8],
) -> Result<Vec<Target>, Problems> {
    let pages: Vec<bool> = fills.iter().map(|bits| bits & fills::PAGE != 0).collect();
    let anywhere = kinds.anywhere();
    let types = Types { anywhere: &anywhere, pages: &pages };
    let mut targets = exits(behaviour, kinds);
    for (number, journey) in journeys.iter_mut().enumerate() {
        of_journey(journey, number, site, &types, &mut targets);
    }
    let mut problems = Problems::new();
    if journeys.iter().any(|journey| journey.name == EXIT) {
        let problem = Problem::new(format!("a journey cannot be called `{EXIT}`"));
        problems.push(problem.help("the rates of the exit offer go by that name"));
    }
    for goals in &request.targets {
        lay(goals, journeys, &mut targets).unwrap_or_else(|found| problems.extend(found));
    }
    problems.or(targets)
}

/// The two rates of the offer to those who leave.
fn exits(behaviour: &Behaviour, kinds: &Kinds) -> Vec<Target> {
    let constants = &behaviour.exit_intent;
    let seen = |event| Seen { event, page: None };
    let target = |name: &str, rate, floor, base, success| Target {
        id: format!("{EXIT}.{name}"),
        spot: None,
        rate,
        floor: Some(floor),
        observed: Some(Observed { base: seen(base), success: seen(success) }),
        place: None,
    };
    let (shown, engaged) = (kinds.exit_offer_shown, kinds.exit_offer_engaged);
    vec![
        target("engaged", constants.engaged, constants.engaged_floor, shown, engaged),
        target(
            "converted",
            constants.converted,
            constants.converted_floor,
            engaged,
            kinds.order_completed,
        ),
    ]
}

fn of_journey(
    journey: &mut Journey,
    number: usize,
    site: &Site,
    types: &Types<'_>,
    targets: &mut Vec<Target>,
) {
    for stage in 0..journey.stages.len() {
        for moment in 0..journey.stages[stage].moments.len() {
            let observed = Observed::of(journey, stage, moment, site, types);
            let found = &mut journey.stages[stage].moments[moment];
            found.number = targets.len();
            targets.push(Target {
                id: format!("{}.{}", journey.name, found.name),
                spot: Some(Spot { journey: number, stage, moment }),
                rate: found.target,
                floor: found.floor,
                observed,
                place: found.place.clone(),
            });
        }
    }
}

/// Lays the request's rates of one journey over the files'.
fn lay(goals: &Goals, journeys: &[Journey], targets: &mut [Target]) -> Result<(), Problems> {
    let names = journeys.iter().map(|journey| journey.name.as_str()).chain([EXIT]);
    goals.journey.one_of("journey", names)?;
    let prefix = format!("{}.", goals.journey.text);
    let of_journey: Vec<usize> =
        (0..targets.len()).filter(|i| targets[*i].id.starts_with(&prefix)).collect();
    let mut problems = Problems::new();
    for (name, rate) in &goals.rates.0 {
        let known = of_journey.iter().map(|i| &targets[*i].id[prefix.len()..]);
        match name.one_of("target", known) {
            Ok(found) => {
                let target = &mut targets[of_journey[found]];
                target.rate = *rate;
                target.place.clone_from(&name.place);
            }
            Err(problem) => problems.push(problem),
        }
    }
    problems.or(())
}
