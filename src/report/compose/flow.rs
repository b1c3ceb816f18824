//! Where journeys come from, how far they get and how they end.

use std::collections::BTreeMap;

use super::words::{count, list, percent, ratio, spoken, table};
use super::{Kind, Material, steps, unless_empty};
use crate::report::numbers::Journey;
use crate::report::page::{Block, Figure, Link, Node, Plot, Section, Tone};

/// How journeys end, the best first.
const OUTCOMES: [&str; 5] =
    ["purchased", "checkout_abandoned", "cart_abandoned", "engaged", "bounced"];

/// The outcome that is wished for.
const WISHED: &str = "purchased";

/// A flow for each kind of journey; none without journeys.
pub(super) fn section(material: &Material<'_>) -> Option<Section> {
    let mut kinds: BTreeMap<&str, Vec<(&Journey, u64)>> = BTreeMap::new();
    for (journey, number) in &material.numbers.journeys {
        kinds.entry(&journey.kind).or_default().push((journey, *number));
    }
    let unknown = Kind::default();
    let figure = |(name, journeys): (&&str, &Vec<(&Journey, u64)>)| {
        let kind = material.kinds.iter().find(|kind| kind.name == **name).unwrap_or(&unknown);
        let whole = Some(figure(name, kind, journeys));
        whole.into_iter().chain(steps::figure(material, kind, name)).map(Block::Figure)
    };
    unless_empty(Section {
        id: "journeys".into(),
        title: "Where journeys go".into(),
        lead: "A journey is an intention followed over one or more visits. From the left: the source of its first visit, the \
               furthest stage it reached, and how it ended. Under it, the visits of such journeys page by page. What ends in an \
               order is drawn in green."
            .into(),
        blocks: kinds.iter().flat_map(figure).collect(),
    })
}

/// The three columns of a flow: sources by number, stages in order of depth, outcomes the best first.
fn columns(kind: &Kind, journeys: &[(&Journey, u64)]) -> [Vec<String>; 3] {
    let sums = |of: fn(&Journey) -> &String| {
        let mut sums: BTreeMap<String, u64> = BTreeMap::new();
        for (journey, number) in journeys {
            *sums.entry(of(journey).clone()).or_default() += number;
        }
        sums
    };
    let ordered = |of: fn(&Journey) -> &String, order: &dyn Fn(&str, u64) -> u64| {
        let mut names: Vec<(u64, String)> =
            sums(of).into_iter().map(|(name, number)| (order(&name, number), name)).collect();
        names.sort();
        names.into_iter().map(|(_, name)| name).collect()
    };
    let place = |names: &[&str], name: &str| {
        names.iter().position(|known| *known == name).unwrap_or(names.len()) as u64
    };
    let stages: Vec<&str> = kind.stages.iter().map(String::as_str).rev().collect();
    [
        ordered(|journey| &journey.source, &|_, number| u64::MAX - number),
        ordered(|journey| &journey.stage, &|name, _| place(&stages, name)),
        ordered(|journey| &journey.outcome, &|name, _| place(&OUTCOMES, name)),
    ]
}

fn figure(name: &str, kind: &Kind, journeys: &[(&Journey, u64)]) -> Figure {
    let columns = columns(kind, journeys);
    let offsets = [0, columns[0].len(), columns[0].len() + columns[1].len()];
    let ordinal = |column: usize, name: &str| {
        let place = columns[column].iter().position(|known| known == name);
        offsets[column] + place.unwrap_or_default()
    };
    let nodes = columns.iter().enumerate().flat_map(|(column, names)| {
        names.iter().map(move |name| Node {
            name: spoken(name),
            column,
            tone: if column == 2 && name == WISHED { Tone::Good } else { Tone::Plain },
        })
    });
    let mut links: BTreeMap<(usize, usize), u64> = BTreeMap::new();
    for (journey, number) in journeys {
        let [source, stage, outcome] =
            [(0, &journey.source), (1, &journey.stage), (2, &journey.outcome)]
                .map(|(column, name)| ordinal(column, name));
        *links.entry((source, stage)).or_default() += number;
        *links.entry((stage, outcome)).or_default() += number;
    }
    let label = if kind.label.is_empty() { spoken(name) } else { kind.label.clone() };
    let rows = journeys.iter().map(|(journey, number)| {
        vec![journey.source.clone(), journey.stage.clone(), journey.outcome.clone(), count(*number)]
    });
    Figure {
        id: format!("flow-{}", anchor(name)),
        title: format!("{label} ({name})"),
        look_for: kind.doc.clone(),
        finding: finding(journeys),
        plot: Plot::Flow {
            unit: "journeys".into(),
            nodes: nodes.collect(),
            links: links.into_iter().map(|((from, to), value)| Link { from, to, value }).collect(),
        },
        table: table(
            format!("Journeys of {name} by source, furthest stage and outcome"),
            &["source", "furthest stage", "outcome", "#journeys"],
            rows.collect(),
        ),
    }
}

fn finding(journeys: &[(&Journey, u64)]) -> String {
    let total: u64 = journeys.iter().map(|(_, number)| number).sum();
    let mut outcomes: BTreeMap<&str, u64> = BTreeMap::new();
    for (journey, number) in journeys {
        *outcomes.entry(&journey.outcome).or_default() += number;
    }
    let mut outcomes: Vec<(&str, u64)> = outcomes.into_iter().collect();
    outcomes.sort_by_key(|(name, number)| (std::cmp::Reverse(*number), *name));
    let told = |(name, number): &(&str, u64)| {
        format!("{} {}", percent(ratio(*number, total)), spoken(name))
    };
    let told: Vec<String> = outcomes.iter().map(told).collect();
    format!("Of {} journeys {}.", count(total), list(&told))
}

/// A name as an anchor: lower-case letters, digits and hyphens.
pub(super) fn anchor(name: &str) -> String {
    let fit = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    name.chars().map(fit).collect()
}
