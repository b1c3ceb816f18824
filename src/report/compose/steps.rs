//! What people look at one after the other, step by step.

use std::collections::BTreeMap;

use super::flow::anchor;
use super::words::{count, list, percent, ratio, spoken, table};
use super::{Kind, Material};
use crate::report::numbers::{End, Place, Step};
use crate::report::page::{Figure, Link, Node, Plot, Tone};

/// Pages that have a node of their own at each step; the others share one.
const SHOWN: usize = 7;

/// What the pages without a node of their own are called.
const OTHERS: &str = "other pages";

/// A node: its column, whether it is an end, how many go through it (most first), and its name.
type Key = (u8, bool, std::cmp::Reverse<u64>, String);

/// The steps of the visits of a kind of journey, if any were seen.
pub(super) fn figure(material: &Material<'_>, kind: &Kind, name: &str) -> Option<Figure> {
    let of_kind = material.numbers.steps.iter().filter(|(step, _)| step.kind == name);
    let steps: Vec<(&Step, u64)> = of_kind.map(|(step, visits)| (step, *visits)).collect();
    if steps.is_empty() {
        return None;
    }
    let (nodes, links) = laid_out(&steps);
    let label = if kind.label.is_empty() { spoken(name) } else { kind.label.clone() };
    let rows = steps.iter().map(|(step, visits)| {
        let to = target(&step.to);
        vec![count(step.after.into()), spoken(&step.from), to.to_owned(), count(*visits)]
    });
    Some(Figure {
        id: format!("steps-{}", anchor(name)),
        title: format!("{label}, step by step"),
        look_for: "From the left: where visits come from, the first five pages that they look at, and where they end. A narrow screen \
                   shows the first steps; the numbers have all."
            .into(),
        finding: finding(&steps),
        plot: Plot::Flow { unit: "visits".into(), nodes, links },
        table: table(
            format!("Steps of the visits of {name}"),
            &["#page views before", "from", "to", "#visits"],
            rows.collect(),
        ),
    })
}

/// What comes next, in words.
fn target(to: &Place) -> &str {
    match to {
        Place::Page(page) => page,
        Place::End(End::GoesOn) => "goes on",
        Place::End(End::Left) => "leaves",
        Place::End(End::Ordered) => "leaves with an order",
    }
}

/// Nodes and streams, column by column; pages that few look at go together.
fn laid_out(steps: &[(&Step, u64)]) -> (Vec<Node>, Vec<Link>) {
    let mut through: BTreeMap<(u8, bool, &str), u64> = BTreeMap::new();
    for (step, visits) in steps {
        let is_end = matches!(step.to, Place::End(_));
        *through.entry((step.after + 1, is_end, target(&step.to))).or_default() += visits;
        if step.after == 0 {
            *through.entry((0, false, &step.from)).or_default() += visits;
        }
    }
    let shown = |column: u8, page: &str| {
        let of_column = through.range((column, false, "")..(column, true, ""));
        let more = of_column.filter(|((_, _, other), visits)| {
            let own = through.get(&(column, false, page)).copied().unwrap_or(0);
            (**visits, page) > (own, *other)
        });
        column == 0 || more.count() < SHOWN
    };
    let named = |column: u8, is_end: bool, name: &str| {
        if is_end || shown(column, name) { spoken(name) } else { OTHERS.to_owned() }
    };
    let mut sums: BTreeMap<(u8, bool, String), u64> = BTreeMap::new();
    for ((column, is_end, name), visits) in &through {
        *sums.entry((*column, *is_end, named(*column, *is_end, name))).or_default() += visits;
    }
    let mut keys: Vec<Key> = sums
        .into_iter()
        .map(|((column, is_end, name), visits)| (column, is_end, std::cmp::Reverse(visits), name))
        .collect();
    keys.sort();
    let place = |column: u8, is_end: bool, name: &str| {
        let name = named(column, is_end, name);
        keys.iter().position(|key| key.0 == column && key.1 == is_end && key.3 == name)
    };
    let mut links: BTreeMap<(usize, usize), u64> = BTreeMap::new();
    for (step, visits) in steps {
        let is_end = matches!(step.to, Place::End(_));
        let ends = place(step.after, false, &step.from).zip(place(
            step.after + 1,
            is_end,
            target(&step.to),
        ));
        if let Some(ends) = ends {
            *links.entry(ends).or_default() += visits;
        }
    }
    let ordered = target(&Place::End(End::Ordered));
    let node = |(column, is_end, _, name): &Key| Node {
        name: name.clone(),
        column: usize::from(*column),
        tone: if *is_end && name == ordered { Tone::Good } else { Tone::Plain },
    };
    let link = |((from, to), value)| Link { from, to, value };
    (keys.iter().map(node).collect(), links.into_iter().map(link).collect())
}

/// How many look at one page only, and what most look at first.
fn finding(steps: &[(&Step, u64)]) -> String {
    let sum = |wanted: &dyn Fn(&Step) -> bool| -> u64 {
        steps.iter().filter(|(step, _)| wanted(step)).map(|(_, visits)| visits).sum()
    };
    let all = sum(&|step| step.after == 0);
    let left = sum(&|step| step.after == 1 && step.to == Place::End(End::Left));
    let mut first: BTreeMap<&str, u64> = BTreeMap::new();
    for (step, visits) in steps.iter().filter(|(step, _)| step.after == 0) {
        *first.entry(target(&step.to)).or_default() += visits;
    }
    let mut first: Vec<(&str, u64)> = first.into_iter().collect();
    first.sort_by_key(|(page, visits)| (std::cmp::Reverse(*visits), *page));
    let told = |(page, visits): &(&str, u64)| {
        format!("{} on {}", percent(ratio(*visits, all)), spoken(page))
    };
    let begin: Vec<String> = first.iter().take(3).map(told).collect();
    format!(
        "Of {} visits {} begin, and {} end after one page.",
        count(all),
        list(&begin),
        percent(ratio(left, all))
    )
}
