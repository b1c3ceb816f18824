//! What a data set looks like, as one HTML file made for reading: its numbers, plots, sample journeys and checks.
//!
//! [`page_of`] sends a collector along with the checks' pass over the files and makes of its [`numbers`] and of the verdicts a
//! [`page::Page`], which says everything that is shown and knows no HTML; [`render::html`] makes that a file with style, script and
//! the charting library inside, so that nothing is asked of any network. The same data set gives the same bytes.

mod collect;
mod compose;
pub mod file;
mod markup;
pub mod numbers;
pub mod page;
pub mod render;
mod sorts;
mod steps;
mod verdicts;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;

use std::fs;
use std::mem::take;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;

use crate::answers;
use crate::check::{self, Ask};
use crate::engine::Progress;
use crate::read::DataSet;
use crate::scenario::World;
use crate::schema::Schemas;
use crate::score::Score;
use crate::score::overview::Overview;

use collect::Collector;
use compose::{Kind, Material};
use page::Page;

/// The page of a data set; without checks when `checked` is false, with what a detector found when that is scored. `progress` hears of every row read.
///
/// # Errors
/// It was cancelled, or no thread can be had. Files that cannot be read are told by the checks.
pub fn page_of(
    data: &DataSet,
    schemas: &Schemas,
    world: Result<&World, String>,
    checked: bool,
    score: Option<&Score>,
    progress: &dyn Progress,
    cancel: &AtomicBool,
) -> Result<Page, check::Error> {
    let kinds: Vec<Kind> =
        world.as_ref().map(|world| world.journeys.iter().map(kind).collect()).unwrap_or_default();
    // No family has an empty name.
    let only = if checked { Vec::new() } else { vec![String::new()] };
    let (collector, handover) = Collector::new(world.as_ref().ok().copied());
    let ask = Ask { only, world, reference: None, twin: None };
    let sections =
        check::accompanied(data, schemas, &ask, vec![Box::new(collector)], progress, cancel)?;
    let numbers = take(&mut *handover.lock().unwrap_or_else(PoisonError::into_inner));
    let proof = checked.then(|| verdicts::proof(&sections));
    let known = fs::read_to_string(data.dir().join(answers::PATH)).ok();
    let answers = known.and_then(|text| serde_json::from_str(&text).ok());
    Ok(compose::page(&Material {
        manifest: data.manifest(),
        numbers: &numbers,
        kinds,
        proof,
        answers,
        // A truth that cannot be read is told by the checks.
        truth: Overview::read(data).ok().flatten(),
        score,
    }))
}

fn kind(journey: &crate::model::journey::Journey) -> Kind {
    Kind {
        name: journey.name.clone(),
        label: journey.label.clone(),
        doc: journey.doc.clone(),
        stages: journey.stages.iter().map(|stage| stage.name.clone()).collect(),
    }
}
