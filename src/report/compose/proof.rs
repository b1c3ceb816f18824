//! What the checks found, and what comes of it: targets, all verdicts.

use super::flow::anchor;
use super::words::{count, percent, spoken, table};
use super::{Material, unless_empty};
use crate::report::page::{
    Axis, Block, Figure, Format, Interval, Outcome, Plot, Section, Table, Tone,
};

/// Observed rates beside what they were set to, by kind of journey; none when the checks were not run or nothing has a target.
pub(super) fn targets(material: &Material<'_>) -> Option<Section> {
    let proof = material.proof.as_ref()?;
    let label = |name: &str| {
        material
            .kinds
            .iter()
            .find(|kind| kind.name == name)
            .map_or_else(|| spoken(name), |kind| kind.label.clone())
    };
    let blocks = |(kind, rows): &(String, Vec<Interval>)| {
        let whole = Block::Figure(target(kind, &label(kind), rows));
        let parts = proof.parts.iter().find(|(other, _)| other == kind);
        std::iter::once(whole).chain(parts.map(|(_, table)| within(&label(kind), table)))
    };
    unless_empty(Section {
        id: "targets".into(),
        title: "Funnels against their targets".into(),
        lead: "What share of those who could do a thing did it. The bar is what the scenario sets, the mark what the data shows, and \
               the whiskers how far from the bar chance may carry it; a mark outside of them fails."
            .into(),
        blocks: proof.targets.iter().flat_map(blocks).collect(),
    })
}

fn target(kind: &str, label: &str, rows: &[Interval]) -> Figure {
    let missed: Vec<&Interval> = rows.iter().filter(|row| row.tone == Tone::Bad).collect();
    let finding = match missed.first() {
        None => format!("All {} rates are where they were set.", rows.len()),
        Some(first) => format!(
            "{} of {} rates miss their target, first {} at {}.",
            missed.len(),
            rows.len(),
            first.name,
            percent(first.observed)
        ),
    };
    let line = |row: &Interval| {
        let set = row.set_point.map(percent).unwrap_or_default();
        let holds = if row.tone == Tone::Bad { "no" } else { "yes" };
        vec![
            row.name.clone(),
            set,
            percent(row.observed),
            percent(row.low),
            percent(row.high),
            count(row.of),
            holds.to_owned(),
        ]
    };
    Figure {
        id: format!("targets-{}", anchor(kind)),
        title: if label == kind { spoken(kind) } else { format!("{label} ({kind})") },
        look_for:
            "Marks should lie within their whiskers, which are short where many had the chance."
                .into(),
        finding,
        plot: Plot::Intervals {
            x: Axis {
                name: "share of those who could".into(),
                format: Format::Percent,
                ..Axis::default()
            },
            whiskers: "where it may lie".into(),
            rows: rows.to_vec(),
        },
        table: table(
            format!("Targets of {kind}"),
            &["target", "#set to", "#observed", "#from", "#to", "#of", "holds"],
            rows.iter().map(line).collect(),
        ),
    }
}

/// The same rates within parts of the crowd.
fn within(label: &str, table: &Table) -> Block {
    let words = "Set-points are met by the crowd as a whole; whom persona, device and source favour lie above them, the others below. \
                 A rate of few says little.";
    let name = format!("{}: the same by persona, device and source", spoken(label));
    Block::Folded(name, words.into(), table.clone())
}

/// All verdicts; a word instead when the checks were not run.
pub(super) fn checks(material: &Material<'_>) -> Section {
    let section = |lead: String, blocks| Section {
        id: "checks".into(),
        title: "Checks".into(),
        lead,
        blocks,
    };
    let Some(proof) = &material.proof else {
        return section("The checks were not run for this page (--no-check).".into(), Vec::new());
    };
    let outcomes =
        || proof.families.iter().flat_map(|family| &family.verdicts).map(|verdict| verdict.outcome);
    let number = |wanted| outcomes().filter(|outcome| *outcome == wanted).count();
    let words = [
        (Outcome::Fails, "fail"),
        (Outcome::Warns, "warn"),
        (Outcome::Skipped, "could not be told"),
        (Outcome::Holds, "hold"),
    ];
    let told: Vec<String> = words
        .into_iter()
        .map(|(outcome, word)| (number(outcome), word))
        .filter(|(n, _)| *n > 0)
        .map(|(n, word)| format!("{n} {word}"))
        .collect();
    let lead = format!(
        "Of {} checks {}. Each opens to why it matters and what was found; those that fail come first.",
        outcomes().count(),
        super::words::list(&told)
    );
    section(lead, vec![Block::Verdicts(proof.families.clone())])
}
