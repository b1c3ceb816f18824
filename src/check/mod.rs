//! Checks: what must hold of a data set, found out from its files alone.
//!
//! A check is a member of a [`Family`], a family a line of [`FAMILIES`] and a file of this room. All families watch the same pass
//! over the files ([`pass`]): first the tables that say who and what there is become [`Entities`], then every table's batches go
//! by each [`Observer`], the events last. At the end each observer has a [`Verdict`] for each of its checks.
//!
//! A check that cannot be made is skipped and says why: a table that was not written, a file that cannot be read, models that
//! are not those that the data set was made with.

mod anomalies;
mod batch;
mod consent;
mod coverage;
pub mod entities;
pub mod facts;
mod files;
mod keys;
mod looks;
pub mod masked;
pub mod pass;
pub mod realism;
pub mod reference;
pub mod report;
pub mod seats;
mod shape;
mod strings;
mod targets;
mod verdict;

#[cfg(test)]
mod tests;

use std::sync::atomic::AtomicBool;

use serde::Serialize;

use crate::engine::Progress;
use crate::read::{self, DataSet};
use crate::realism::Summary;
use crate::scenario::World;
use crate::schema::Schemas;

use masked::Lost;

pub use batch::{EventBatch, Rows};
pub use coverage::Matrix;
pub use entities::Entities;
pub use pass::{BrokenFile, Observer, Seen, Wants, Watch};
pub use reference::Reference;
pub use shape::Misfit;
pub use strings::{Cached, Interned};
pub use verdict::{Evidence, Measure, Outcome, Part, Tally, Verdict};

/// How much it matters that a check fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The data set is wrong.
    Error,
    /// The data set is odd.
    Warning,
}

/// Something that must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Its name: family and what it is about, `keys.primary`.
    pub id: &'static str,
    /// What holds, as a sentence.
    #[serde(rename = "what")]
    pub holds: &'static str,
    /// Why that matters.
    pub why: &'static str,
    /// How much.
    pub severity: Severity,
    /// The tables without which it cannot be made.
    #[serde(skip)]
    pub tables: &'static [&'static str],
    /// Whether it needs the models that the data set was made with.
    #[serde(skip)]
    pub needs_world: bool,
    /// What it looks at and what is wrong with those that break it, where that is told as a ratio: `visits by message`, `without a grant`.
    #[serde(skip)]
    pub ratio: Option<(&'static str, &'static str)>,
}

impl Check {
    /// A check whose failing is an error, and that needs no models.
    pub const fn new(
        id: &'static str,
        tables: &'static [&'static str],
        holds: &'static str,
        why: &'static str,
    ) -> Self {
        let (severity, needs_world) = (Severity::Error, false);
        Self { id, holds, why, severity, tables, needs_world, ratio: None }
    }

    /// The same, but only odd when it fails.
    #[must_use]
    pub const fn warning(self) -> Self {
        Self { severity: Severity::Warning, ..self }
    }

    /// The same, told as a ratio: what it looks at, and what is wrong with those that break it. Where there is nothing of it, it is
    /// skipped.
    #[must_use]
    pub const fn told(self, things: &'static str, breach: &'static str) -> Self {
        Self { ratio: Some((things, breach)), ..self }
    }

    /// The same, with the models.
    #[must_use]
    pub const fn with_world(self) -> Self {
        Self { needs_world: true, ..self }
    }
}

/// Checks that belong together and are made by the same observers.
pub struct Family {
    /// Its name, before the point of its checks' ids.
    pub name: &'static str,
    /// What it is about.
    pub doc: &'static str,
    /// Its checks.
    pub checks: &'static [&'static [Check]],
    /// Makes its observers, once the entities are known.
    pub observers: fn(&Context<'_>) -> Vec<Box<dyn Observer>>,
}

impl Family {
    /// The family of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        FAMILIES.iter().copied().find(|family| family.name == name)
    }

    /// All its checks.
    pub fn checks(&self) -> impl Iterator<Item = &'static Check> {
        self.checks.iter().copied().flatten()
    }
}

/// Every family.
pub static FAMILIES: &[&Family] = &[
    &files::FAMILY,
    &keys::FAMILY,
    &consent::FAMILY,
    &targets::FAMILY,
    &realism::FAMILY,
    &reference::FAMILY,
    &coverage::FAMILY,
    &anomalies::FAMILY,
];

/// What observers may know beforehand.
pub struct Context<'c> {
    /// The data set.
    pub data: &'c DataSet,
    /// Its tables' schemas.
    pub schemas: &'c Schemas,
    /// What it is about.
    pub entities: &'c Entities,
    /// The world that it was made in, when that is known.
    pub world: Option<&'c World>,
    /// What it is compared with, if it is.
    pub reference: Option<Reference<'c>>,
    /// Who waits.
    pub watch: &'c Watch<'c>,
}

/// What is to be checked, and with what.
pub struct Ask<'a> {
    /// The families' names; empty: all.
    pub only: Vec<String>,
    /// The world that the data set was made in, or why it is not known.
    pub world: Result<&'a World, String>,
    /// What to compare it with; without, that family is left out.
    pub reference: Option<Reference<'a>>,
    /// The same data set without anomalies, when this one has labels: what kinds that show in statistics are held against.
    pub twin: Option<&'a DataSet>,
}

/// Why checks could not be made at all.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The data set cannot be read.
    #[error(transparent)]
    Read(#[from] read::Error),
    /// Somebody wanted it to stop.
    #[error("interrupted")]
    Cancelled,
}

/// The verdicts of a family, in the order of its checks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Section {
    /// The family.
    pub family: &'static str,
    /// What was found of each check.
    pub verdicts: Vec<Verdict>,
}

/// Makes the checks of a data set. `progress` hears of every row read.
///
/// # Errors
/// It was cancelled, or no thread can be had. Files that cannot be read are no error but a failing check.
pub fn check(
    data: &DataSet,
    schemas: &Schemas,
    ask: &Ask<'_>,
    progress: &dyn Progress,
    cancel: &AtomicBool,
) -> Result<Vec<Section>, Error> {
    accompanied(data, schemas, ask, Vec::new(), progress, cancel)
}

/// The same, with guests on the pass: observers that belong to no family, whose verdicts nobody hears.
///
/// # Errors
/// As for [`check`].
pub fn accompanied(
    data: &DataSet,
    schemas: &Schemas,
    ask: &Ask<'_>,
    mut guests: Vec<Box<dyn Observer>>,
    progress: &dyn Progress,
    cancel: &AtomicBool,
) -> Result<Vec<Section>, Error> {
    let wanted =
        |family: &&Family| ask.only.is_empty() || ask.only.iter().any(|name| name == family.name);
    let possible =
        |family: &&Family| ask.reference.is_some() || family.name != reference::FAMILY.name;
    // The kinds of anomalies are judged by what other families find, whether those are shown or not.
    let judged = wanted(&&anomalies::FAMILY);
    let helps = |family: &&Family| judged && anomalies::HELPERS.contains(&family.name);
    let made = |family: &&Family| wanted(family) || helps(family);
    let families = FAMILIES.iter().copied().filter(made).filter(possible);
    let families: Vec<&'static Family> = families.collect();
    let watch = Watch { progress, cancel };
    let mut seen = Seen { misfits: shape::misfits(data, schemas), ..Seen::default() };
    let (entities, broken) = Entities::read(data, schemas, &watch)?;
    seen.broken = broken;
    let world = ask.world.as_ref().ok().copied();
    let reference = ask.reference;
    let context = Context { data, schemas, entities: &entities, world, reference, watch: &watch };
    let mut observers: Vec<_> =
        families.iter().map(|family| (family.observers)(&context)).collect();
    let lost = Lost::of(schemas, data.manifest());
    pass::run(&context, observers.iter_mut().flatten().chain(&mut guests), &mut seen)?;
    let labels = anomalies::Labels::read(&context)?;
    if let Some(labels) = &labels {
        labels.excuse(&mut seen, &context);
    }
    for guest in guests {
        guest.finish(&context, &seen);
    }
    let mut sections = Vec::new();
    for (family, observers) in families.iter().zip(observers) {
        let mut found: Vec<Verdict> = Vec::new();
        for observer in observers {
            let verdicts = observer.finish(&context, &seen).into_iter();
            found.extend(verdicts.map(|verdict| match lost.reason(verdict.check.id) {
                Some(reason) => Verdict::skipped(verdict.check, reason),
                None => verdict,
            }));
        }
        let verdict = |check: &'static Check| {
            let place = found.iter().position(|verdict| verdict.check.id == check.id);
            let verdict = place.map(|place| found.swap_remove(place));
            // Families whose violations have places can tell what is labelled from what is not.
            let of_places =
                family.name == anomalies::FAMILY.name || anomalies::HELPERS.contains(&family.name);
            let unsound = if of_places { Seen::unsound_unlabelled } else { Seen::unsound };
            match skipped(check, &context, ask, unsound(&seen, check.tables)) {
                Some(reason) => Verdict::skipped(check, reason),
                None => verdict.unwrap_or_else(|| {
                    let reason = lost.reason(check.id);
                    Verdict::skipped(
                        check,
                        reason.unwrap_or_else(|| "nothing looked at it".to_owned()),
                    )
                }),
            }
        };
        let verdicts = family.checks().map(verdict).collect();
        sections.push(Section { family: family.name, verdicts });
    }
    watch.check()?;
    anomalies::judge(&context, &mut sections, labels, ask)?;
    sections.iter_mut().flat_map(|section| &mut section.verdicts).for_each(Verdict::own_up);
    sections.retain(|section| Family::named(section.family).is_some_and(|family| wanted(&family)));
    Ok(sections)
}

/// Judges a stream from elsewhere, which is no data set: whether it looks real, and how far it is from the reference.
pub fn stream(summary: &Summary, reference: Option<Reference<'_>>) -> Vec<Section> {
    let real =
        Section { family: realism::FAMILY.name, verdicts: realism::verdicts_elsewhere(summary) };
    let apart = reference.map(|reference| Section {
        family: reference::FAMILY.name,
        verdicts: reference::verdicts(summary, reference),
    });
    std::iter::once(real).chain(apart).collect()
}

/// Why a check cannot be made, if that is so.
fn skipped(
    check: &Check,
    context: &Context<'_>,
    ask: &Ask<'_>,
    unsound: Option<String>,
) -> Option<String> {
    let missing = check.tables.iter().find(|table| context.data.table(table).is_none());
    if let Some(table) = missing {
        return Some(format!("the table {table} was not written"));
    }
    if unsound.is_some() {
        return unsound;
    }
    match &ask.world {
        Err(reason) if check.needs_world => Some(reason.clone()),
        _ => None,
    }
}
