//! How many there may be of each thing: rows of the journal keep ordinals in a byte, with the last value for "none".

use crate::diag::{Problem, Problems};
use crate::model::Models;
use crate::model::journey::Journey;
use crate::schema::Schemas;

/// Ordinals 0 to 254.
const MOST: usize = 255;
/// Moments of a stage: a bit each.
const MOST_MOMENTS: usize = 32;

/// Checks the sizes of all lists that are counted in a byte.
///
/// # Errors
/// Every list that is too long.
pub(super) fn check(
    models: &Models,
    journeys: &[Journey],
    schemas: &Schemas,
) -> Result<(), Problems> {
    let mut problems = Problems::new();
    let mut within = |what: &str, count: usize, most: usize| {
        if count > most {
            let problem = Problem::new(format!("{count} {what}"));
            problems.push(problem.help(format!("there may be at most {most}")));
        }
    };
    within("device profiles", models.devices.len(), MOST);
    within("sources", models.sources.len(), MOST);
    within("countries", models.countries.len(), MOST);
    within("journeys", journeys.len(), MOST);
    within("event types", schemas.events.len(), MOST);
    within("coupons", models.catalogue.coupons.len(), MOST);
    within("payment methods", models.commerce.payments.len(), MOST);
    within("payment errors", models.commerce.errors.len(), MOST);
    within("currencies", models.commerce.currencies.len(), MOST);
    for device in &models.devices {
        within(&format!("builds of {}", device.name), device.builds.len(), MOST);
        within(&format!("networks of {}", device.name), device.networks.len(), MOST);
    }
    for source in &models.sources {
        within(&format!("campaigns of {}", source.name), source.campaigns.len(), MOST);
        within(&format!("referrers of {}", source.name), source.referrers.len(), MOST);
    }
    for country in &models.countries {
        within(&format!("cities of {}", country.code), country.cities.len(), MOST);
        within(&format!("locales of {}", country.code), country.locales.len(), MOST);
    }
    for journey in journeys {
        within(&format!("stages of {}", journey.name), journey.stages.len(), MOST);
        for stage in &journey.stages {
            let what = format!("moments of {}.{}", journey.name, stage.name);
            within(&what, stage.moments.len(), MOST_MOMENTS);
        }
    }
    problems.or(())
}
