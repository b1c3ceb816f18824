//! From counts to a page: what is shown in which order, and the sentences about it, made of the numbers themselves.

mod about;
mod anomalies;
mod answers;
mod coverage;
mod flow;
mod mix;
mod proof;
mod spread;
mod steps;
mod timelines;
mod volume;
mod words;

pub(super) use words::table;

use crate::manifest::Manifest;
use crate::report::numbers::Numbers;
use crate::report::page::{Block, Family, Interval, Page, Section, Table};
use crate::score::Score;
use crate::score::overview::Overview;

/// What a page is made of.
#[derive(Debug, Clone)]
pub(super) struct Material<'m> {
    /// What the data set says of itself.
    pub(super) manifest: &'m Manifest,
    /// What was counted.
    pub(super) numbers: &'m Numbers,
    /// Kinds of journeys with their labels, docs and stages in order of depth.
    pub(super) kinds: Vec<Kind>,
    /// What the checks found; none when they were not run.
    pub(super) proof: Option<Proof>,
    /// `truth/answers.json`, when the data set has it.
    pub(super) answers: Option<serde_json::Value>,
    /// What was made to go wrong, when something was.
    pub(super) truth: Option<Overview>,
    /// What a detector found of it, when its findings were given.
    pub(super) score: Option<&'m Score>,
}

/// A kind of journey, as far as the page has to know it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Kind {
    /// Its name.
    pub(super) name: String,
    /// What people call it.
    pub(super) label: String,
    /// What it is.
    pub(super) doc: String,
    /// Its stages in order of depth.
    pub(super) stages: Vec<String>,
}

/// What the checks found.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Proof {
    /// The verdicts by family.
    pub(super) families: Vec<Family>,
    /// Observed rates of the targets by kind of journey.
    pub(super) targets: Vec<(String, Vec<Interval>)>,
    /// The same within parts of the crowd, by kind of journey.
    pub(super) parts: Vec<(String, Table)>,
}

/// The page of a data set.
pub(super) fn page(material: &Material<'_>) -> Page {
    let sections = [
        Some(about::section(material)),
        volume::section(material.numbers),
        flow::section(material),
        proof::targets(material),
        mix::section(material.numbers),
        spread::section(material.numbers),
        timelines::section(material),
        coverage::section(material.numbers),
        answers::section(material.answers.as_ref()),
        anomalies::section(material.truth.as_ref()),
        anomalies::score(material.score),
        Some(proof::checks(material)),
    ];
    let manifest = material.manifest;
    Page {
        title: format!("Data set {}", manifest.scenario.name),
        lead: about::lead(manifest),
        facts: about::facts(material),
        sections: sections.into_iter().flatten().map(rounded).collect(),
        made_by: format!(
            "Made by throng report {} from the files of the data set alone; the same data set gives the same page.",
            env!("CARGO_PKG_VERSION")
        ),
    }
}

/// A section, unless it would be empty.
fn unless_empty(section: Section) -> Option<Section> {
    (!section.blocks.is_empty()).then_some(section)
}

/// A section whose plots have the digits that can be seen.
fn rounded(mut section: Section) -> Section {
    let round = |block| match block {
        Block::Figure(mut figure) => {
            figure.plot = figure.plot.rounded();
            Block::Figure(figure)
        }
        block => block,
    };
    section.blocks = section.blocks.into_iter().map(round).collect();
    section
}
