//! Sample journeys, visit by visit.

use super::flow::anchor;
use super::words::{count, seconds, spoken, table};
use super::{Material, unless_empty};
use crate::report::numbers::{Timeline, Visit};
use crate::report::page::{Block, Figure, Lane, Mark, Plot, Section};

/// A figure for each sample; none without samples.
pub(super) fn section(material: &Material<'_>) -> Option<Section> {
    let figures = material.numbers.timelines.iter().enumerate();
    unless_empty(Section {
        id: "samples".into(),
        title: "Sample journeys".into(),
        lead: "A few journeys as they happened: a line for each visit, a mark for each event. The sample is the same every time: journeys \
               whose keys have the smallest digests, for each kind one with an order and one without."
            .into(),
        blocks: figures.map(|(i, timeline)| Block::Figure(figure(i, timeline))).collect(),
    })
}

fn figure(i: usize, timeline: &Timeline) -> Figure {
    let lanes: Vec<Lane> = timeline
        .visits
        .iter()
        .enumerate()
        .map(|(i, visit)| lane(i, visit, &timeline.visits))
        .collect();
    let events: usize = timeline.visits.iter().map(|visit| visit.events.len()).sum();
    let rows = timeline.visits.iter().enumerate().flat_map(|(i, visit)| {
        visit.events.iter().map(move |event| {
            let into = (event.at - visit.start) as f64 / 1e6;
            vec![(i + 1).to_string(), clock(into), event.event.clone(), event.about.clone()]
        })
    });
    let kind = spoken(&timeline.kind);
    let outcome = spoken(&timeline.outcome);
    Figure {
        id: format!("sample-{}-{}", i + 1, anchor(&timeline.kind)),
        title: format!("{kind}, {outcome}"),
        look_for: format!("Times are those of {}. Journey {}.", timeline.zone, timeline.id),
        finding: format!(
            "From {}: {} in {}, ending {outcome}.",
            timeline.source,
            crate::human::plural(events as u64, "event"),
            crate::human::plural(lanes.len() as u64, "visit"),
        ),
        plot: Plot::Lanes { lanes },
        table: table(
            format!("Events of the journey, {} in all", count(events as u64)),
            &["visit", "#min:s into it", "event", "about"],
            rows.collect(),
        ),
    }
}

fn lane(i: usize, visit: &Visit, visits: &[Visit]) -> Lane {
    let after = i.checked_sub(1).map(|before| (visit.start - visits[before].end) as f64 / 1e6);
    let mark = |event: &crate::report::numbers::Happened| Mark {
        at: (event.at - visit.start) as f64 / 1e6,
        sort: event.sort,
        event: event.event.clone(),
        about: event.about.clone(),
    };
    Lane {
        name: format!("{} · {}", i + 1, visit.device),
        when: after.map_or_else(
            || visit.began.clone(),
            |gap| format!("{}, {} later", visit.began, seconds(gap.max(0.0))),
        ),
        seconds: (visit.end - visit.start) as f64 / 1e6,
        marks: visit.events.iter().map(mark).collect(),
    }
}

/// `3:07` of minutes and seconds.
fn clock(seconds: f64) -> String {
    let seconds = seconds.max(0.0) as u64;
    format!("{}:{:02}", seconds / 60, seconds % 60)
}
