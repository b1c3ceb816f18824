//! The request's mixes: shares of personas, multipliers of devices, sources and journeys.

use crate::diag::{Problem, Problems};
use crate::model::journey::Journey;
use crate::model::{DeviceClass, DeviceProfile, Models, Persona};
use crate::scenario::request::{Mix, Request};

/// Lays the request's mixes over the models.
pub(super) fn lay_over(request: &Request, models: &mut Models) -> Result<(), Problems> {
    let mut problems = Problems::new();
    let mut resolve = |mix: &Mix, what: &str, names: Vec<&str>, absent: f64| {
        let factors = mix.resolve(what, names.iter().copied(), absent);
        factors.unwrap_or_else(|found| {
            problems.extend(found);
            vec![absent; names.len()]
        })
    };
    let people = models.people.iter().map(|persona| persona.name.as_str()).collect();
    let shares = resolve(&request.personas, "persona", people, 0.0);
    let devices = models.devices.iter().map(|device| device.name.as_str()).collect();
    let devices = resolve(&request.devices, "device", devices, 1.0);
    let sources = models.sources.iter().map(|source| source.name.as_str()).collect();
    let sources = resolve(&request.sources, "source", sources, 1.0);
    let journeys = models.journey_names.iter().map(String::as_str).collect();
    let journeys = resolve(&request.journeys, "journey", journeys, 1.0);
    if !request.personas.is_empty() {
        for (persona, share) in models.people.iter_mut().zip(shares) {
            persona.share = share;
        }
    }
    let multiply = |weights: &mut Vec<f64>, factors: &[f64]| {
        for (weight, factor) in weights.iter_mut().zip(factors) {
            *weight *= factor;
        }
    };
    for persona in &mut models.people {
        multiply(&mut persona.devices, &devices);
        multiply(&mut persona.sources, &sources);
        multiply(&mut persona.journeys, &journeys);
        if !request.devices.is_empty() {
            disown(persona, &models.devices);
        }
    }
    if problems.is_empty() {
        left(models).for_each(|problem| problems.push(problem));
    }
    problems.or(())
}

/// Whoever has no profile of a class left holds none of the class.
fn disown(persona: &mut Persona, devices: &[DeviceProfile]) {
    for class in DeviceClass::ALL {
        let mut weighed = devices.iter().zip(&persona.devices);
        if !weighed.any(|(device, weight)| device.class == class && *weight > 0.0) {
            persona.owns[class as usize] = 0.0;
        }
    }
}

/// What is wrong when the request's multipliers leave a persona no journey that can start on a device that it may hold. `shares` are
/// those of the persona's journeys without the multipliers.
pub(super) fn unstartable<'m>(
    models: &'m Models,
    journeys: &'m [Journey],
    shares: &'m [Vec<f64>],
) -> impl Iterator<Item = Problem> + 'm {
    let people = models.people.iter().zip(shares).filter(|(persona, _)| persona.share > 0.0);
    people.flat_map(move |(persona, shares)| {
        let opens = |weights: &[f64], class: DeviceClass| {
            let mut weighed = journeys.iter().zip(weights);
            weighed.any(|(journey, weight)| *weight > 0.0 && journey.opens_on(class))
        };
        let held = DeviceClass::ALL.into_iter().filter(|class| persona.owns[*class as usize] > 0.0);
        let stuck =
            held.filter(move |class| opens(shares, *class) && !opens(&persona.journeys, *class));
        stuck.map(move |class| {
            let name = DeviceClass::NAMES[class as usize];
            let could = journeys.iter().filter(|journey| journey.opens_on(class));
            let could: Vec<&str> = could.map(|journey| journey.name.as_str()).collect();
            let says = format!("[journeys] leaves nothing to {} on a {name} device", persona.name);
            let wanted = format!(
                "one of these needs a multiplier above 0: {}; or [devices] takes its {name} ones away",
                could.join(", ")
            );
            Problem::new(says).help(wanted)
        })
    })
}

/// What is wrong when the request's multipliers leave a persona nothing to choose from.
fn left(models: &Models) -> impl Iterator<Item = Problem> {
    models.people.iter().filter(|persona| persona.share > 0.0).flat_map(|persona| {
        let lists = [
            ("devices", &persona.owns[..]),
            ("sources", &persona.sources),
            ("journeys", &persona.journeys),
        ];
        lists.into_iter().filter(|(_, weights)| weights.iter().all(|weight| *weight <= 0.0)).map(
            |(list, _)| {
                Problem::new(format!("[{list}] leaves nothing to {}", persona.name))
                    .help(format!("at least one of its {list} needs a multiplier above 0"))
            },
        )
    })
}
