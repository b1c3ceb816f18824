//! On what people come and from where, and what that does to conversion.

use std::collections::BTreeMap;

use super::unless_empty;
use super::words::{count, list, percent, ratio, table};
use crate::report::numbers::{Numbers, Visits};
use crate::report::page::{Axis, Block, Figure, Format, Interval, Plot, Section, Tone};

/// Devices, sources and conversion by both; none without sessions.
pub(super) fn section(numbers: &Numbers) -> Option<Section> {
    let mut blocks = Vec::new();
    if !numbers.visits.is_empty() {
        let classes = sums(numbers, |(class, _)| class);
        let sources = sums(numbers, |(_, source)| source);
        blocks.push(Block::Figure(shares(
            "classes",
            "Visits by device class",
            "phones lead in shops like this one",
            &classes,
        )));
        blocks.push(Block::Figure(shares(
            "sources",
            "Visits by source",
            "what each source brings is another thing: see below",
            &sources,
        )));
        blocks.push(Block::Figure(conversion(numbers)));
    }
    if !numbers.profiles.is_empty() {
        let profiles: Vec<(String, Visits)> = numbers
            .profiles
            .iter()
            .map(|(name, all)| (name.clone(), Visits { all: *all, ..Visits::default() }))
            .collect();
        let profiles = by_number(profiles);
        blocks.push(Block::Figure(bars(
            "profiles",
            "Devices by profile",
            "each profile has versions that exist together, and a speed of its own",
            "devices",
            &profiles,
        )));
    }
    unless_empty(Section {
        id: "mix".into(),
        title: "Devices and sources".into(),
        lead: "Who converts depends on what they hold and where they come from; a generator that makes both alike is of little use."
            .into(),
        blocks,
    })
}

/// Visits by a part of their key, most first.
fn sums(numbers: &Numbers, of: fn(&(String, String)) -> &String) -> Vec<(String, Visits)> {
    let mut sums: BTreeMap<String, Visits> = BTreeMap::new();
    for (key, visits) in &numbers.visits {
        let sum = sums.entry(of(key).clone()).or_default();
        sum.all += visits.all;
        sum.converted += visits.converted;
        sum.bounced += visits.bounced;
        sum.events += visits.events;
    }
    by_number(sums.into_iter().collect())
}

fn by_number(mut sums: Vec<(String, Visits)>) -> Vec<(String, Visits)> {
    sums.sort_by(|(a, x), (b, y)| y.all.cmp(&x.all).then(a.cmp(b)));
    sums
}

/// Bars of shares, with what else is known of the visits in the table.
fn shares(id: &str, title: &str, look_for: &str, sums: &[(String, Visits)]) -> Figure {
    let mut figure = bars(id, title, look_for, "visits", sums);
    let row = |(name, visits): &(String, Visits)| {
        let of = |part| percent(ratio(part, visits.all));
        let mean = visits.events as f64 / visits.all.max(1) as f64;
        vec![
            name.clone(),
            count(visits.all),
            of(visits.bounced),
            of(visits.converted),
            format!("{mean:.1}"),
        ]
    };
    let head = ["visits", "#number", "#bounced", "#converted", "#events a visit"];
    figure.table = table(title, &head, sums.iter().map(row).collect());
    figure
}

fn bars(id: &str, title: &str, look_for: &str, unit: &str, sums: &[(String, Visits)]) -> Figure {
    let total: u64 = sums.iter().map(|(_, visits)| visits.all).sum();
    let share = |visits: &Visits| ratio(visits.all, total);
    let told: Vec<String> = sums
        .iter()
        .take(4)
        .map(|(name, visits)| format!("{name} {}", percent(share(visits))))
        .collect();
    let mut look_for = look_for.to_owned();
    if let Some(first) = look_for.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let row = |(name, visits): &(String, Visits)| {
        vec![name.clone(), count(visits.all), percent(share(visits))]
    };
    Figure {
        id: id.into(),
        title: title.into(),
        look_for: format!("{look_for}."),
        finding: format!(
            "Of {} {unit}: {}{}.",
            count(total),
            list(&told),
            if sums.len() > 4 { ", then less" } else { "" }
        ),
        plot: Plot::Bars {
            x: Axis {
                name: format!("share of {unit}"),
                format: Format::Percent,
                ..Axis::default()
            },
            bars: sums.iter().map(|(name, visits)| (name.clone(), share(visits))).collect(),
        },
        table: table(title, &[unit, "#number", "#share"], sums.iter().map(row).collect()),
    }
}

/// Wilson's interval of a rate at 95 %.
fn wilson(part: u64, whole: u64) -> (f64, f64) {
    let (n, p, z) = (whole.max(1) as f64, ratio(part, whole), 1.959_964);
    let centre = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let half = z / (1.0 + z * z / n) * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    ((centre - half).max(0.0), (centre + half).min(1.0))
}

fn conversion(numbers: &Numbers) -> Figure {
    let rate = |visits: &Visits| ratio(visits.converted, visits.all);
    let mut cells: Vec<(String, Visits)> = numbers
        .visits
        .iter()
        .map(|((class, source), visits)| (format!("{source} on {class}"), *visits))
        .collect();
    cells.sort_by(|(a, x), (b, y)| rate(y).total_cmp(&rate(x)).then(a.cmp(b)));
    let row = |(name, visits): &(String, Visits)| {
        let (low, high) = wilson(visits.converted, visits.all);
        let (observed, of) = (rate(visits), visits.all);
        Interval { name: name.clone(), observed, low, high, set_point: None, of, tone: Tone::Plain }
    };
    let rows: Vec<Interval> = cells.iter().map(row).collect();
    let told = |row: Option<&Interval>| {
        row.map_or_else(String::new, |row| format!("{} at {}", row.name, percent(row.observed)))
    };
    let line = |row: &Interval| {
        vec![
            row.name.clone(),
            count(row.of),
            percent(row.observed),
            percent(row.low),
            percent(row.high),
        ]
    };
    Figure {
        id: "conversion".into(),
        title: "Visits with an order, by source and device class".into(),
        look_for:
            "Marks are observed rates, whiskers Wilson's 95 % interval: wide where visits are few."
                .into(),
        finding: format!("Best is {}, last {}.", told(rows.first()), told(rows.last())),
        table: table(
            "Conversion of visits by source and device class",
            &["visits", "#number", "#converted", "#from", "#to"],
            rows.iter().map(line).collect(),
        ),
        plot: Plot::Intervals {
            x: Axis {
                name: "visits with an order".into(),
                format: Format::Percent,
                ..Axis::default()
            },
            whiskers: "its 95 % interval".into(),
            rows,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_wilsons() {
        // Of the R function prop.test without correction, which is Wilson's.
        let (low, high) = wilson(8, 10);
        assert!((low - 0.490_162).abs() < 1e-6 && (high - 0.943_318).abs() < 1e-6, "{low} {high}");
        assert!(wilson(0, 0).0.abs() < 1e-12);
    }
}
