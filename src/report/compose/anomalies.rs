//! What was made to go wrong, and what a detector found of it.

use super::unless_empty;
use super::words::{count, list, percent, ratio, table};
use crate::report::page::{
    Axis, Block, Figure, Format, Interval, Plot, Section, Series, Table, Tone,
};
use crate::score::overview::{Kind, Overview};
use crate::score::{Line, Part, Rate, Score};

/// What was made to go wrong; none where nothing was.
pub(super) fn section(overview: Option<&Overview>) -> Option<Section> {
    let overview = overview.filter(|overview| !overview.kinds.is_empty())?;
    let mut blocks = vec![Block::Figure(kinds(&overview.kinds))];
    if !overview.days.is_empty() {
        blocks.push(Block::Figure(days(overview)));
    }
    blocks.extend(overview.kinds.iter().filter(|kind| !kind.example.1.is_empty()).map(example));
    unless_empty(Section {
        id: "anomalies".into(),
        title: "Anomalies".into(),
        lead: "What was made to go wrong, on purpose. The truth about each stands in truth/, and nowhere in the data."
            .into(),
        blocks,
    })
}

fn severity(is_critical: bool) -> &'static str {
    if is_critical { "critical" } else { "minor" }
}

fn kinds(kinds: &[Kind]) -> Figure {
    let all: u64 = kinds.iter().map(|kind| kind.incidents).sum();
    let critical: u64 =
        kinds.iter().filter(|kind| kind.is_critical).map(|kind| kind.incidents).sum();
    let decoys: u64 = kinds.iter().map(|kind| kind.decoys).sum();
    let odd = if decoys > 0 { format!("; {} only look odd", count(decoys)) } else { String::new() };
    let row = |kind: &Kind| {
        let severity = severity(kind.is_critical).to_owned();
        vec![
            kind.name.clone(),
            severity,
            kind.shows_in.clone(),
            count(kind.incidents),
            count(kind.rows),
        ]
    };
    Figure {
        id: "anomalies-kinds".into(),
        title: "Incidents by kind".into(),
        look_for: "A recall of 95 % shows from 59 incidents of a kind on.".into(),
        finding: format!(
            "{} incidents of {} kinds, {} of them critical{odd}.",
            count(all),
            count(kinds.len() as u64),
            count(critical)
        ),
        plot: Plot::Bars {
            x: Axis { name: "incidents".into(), ..Axis::default() },
            bars: kinds.iter().map(|kind| (kind.name.clone(), kind.incidents as f64)).collect(),
        },
        table: table(
            "Anomalies by kind",
            &["kind", "severity", "shows in", "#incidents", "#rows touched"],
            kinds.iter().map(row).collect(),
        ),
    }
}

fn days(overview: &Overview) -> Figure {
    let days = &overview.days;
    let date = |day: i32| crate::scenario::calendar::date(day).to_string();
    let line = |name: &str, of: fn(&(u64, u64)) -> u64| Series {
        name: name.into(),
        points: days.values().enumerate().map(|(i, day)| (i as f64, of(day) as f64)).collect(),
        reference: false,
    };
    let fullest = days.iter().max_by_key(|(day, (a, b))| (a + b, std::cmp::Reverse(**day)));
    let finding = fullest.map_or_else(String::new, |(day, (critical, minor))| {
        format!(
            "Most arrive on {}: {} critical and {} minor ones.",
            date(*day),
            count(*critical),
            count(*minor)
        )
    });
    let rows = days
        .iter()
        .map(|(day, (critical, minor))| vec![date(*day), count(*critical), count(*minor)]);
    Figure {
        id: "anomalies-days".into(),
        title: "Incidents by the day on which they first arrive".into(),
        look_for: "They follow the traffic, unless a scenario puts them into a window.".into(),
        finding,
        plot: Plot::Lines {
            x: Axis {
                name: "date in UTC".into(),
                places: days.keys().map(|day| date(*day)).collect(),
                ..Axis::default()
            },
            y: Axis { name: "incidents".into(), ..Axis::default() },
            series: vec![
                line("critical", |(critical, _)| *critical),
                line("minor", |(_, minor)| *minor),
            ],
        },
        table: table("Incidents by date", &["date", "#critical", "#minor"], rows.collect()),
    }
}

/// One incident of a kind, with what it touched.
fn example(kind: &Kind) -> Block {
    let (id, touched) = &kind.example;
    let rows = touched.iter().map(|one| {
        let [column, before, after] = one.change.clone();
        vec![one.place.clone(), one.table.clone(), one.what.clone(), column, before, after]
    });
    let head = ["row", "table", "what", "column", "was", "is"];
    let caption = format!("Rows of {} {id}", kind.name);
    Block::Folded(
        format!("An incident of {}", kind.name),
        id.clone(),
        table(caption, &head, rows.collect()),
    )
}

/// What a detector found; none where no findings were given.
pub(super) fn score(score: Option<&Score>) -> Option<Section> {
    let score = score?;
    let mut blocks = vec![Block::Table(gates(score))];
    blocks.extend(part("rows", "Rows and entities", &score.rows));
    blocks.extend(score.windows.iter().flat_map(|windows| part("windows", "Windows", windows)));
    if score.rules.len() > 1 {
        blocks.push(Block::Table(rules(score)));
    }
    if !score.decoys.is_empty() {
        let rows = score
            .decoys
            .iter()
            .map(|one| vec![one.kind.clone(), count(one.flagged), count(one.of)]);
        blocks.push(Block::Table(table(
            "Decoys, which look odd and are right",
            &["kind", "#flagged", "#of"],
            rows.collect(),
        )));
    }
    let missed = score
        .missed
        .iter()
        .map(|one| vec![one.kind.clone(), one.place.clone(), one.anomaly_id.clone()]);
    let missed: Vec<Vec<String>> = missed.collect();
    if !missed.is_empty() {
        let head = ["kind", "where", "incident"];
        blocks.push(Block::Folded(
            "Missed".into(),
            "some of each kind".into(),
            table("Incidents that were missed", &head, missed),
        ));
    }
    let invented = score.invented.iter().map(|one| {
        vec![one.rule.clone(), one.place.clone(), if one.is_decoy { "a decoy" } else { "" }.into()]
    });
    let invented: Vec<Vec<String>> = invented.collect();
    if !invented.is_empty() {
        let head = ["rule", "where", "what"];
        blocks.push(Block::Folded(
            "Invented".into(),
            "some of what is wrong".into(),
            table("Findings that are wrong", &head, invented),
        ));
    }
    let heard = &score.heard;
    let said: Vec<String> = [
        (heard.right, "right"),
        (heard.wrong, "wrong"),
        (heard.decoys, "of decoys"),
        (heard.neutral, "neither"),
    ]
    .iter()
    .filter(|(number, _)| *number > 0)
    .map(|(number, word)| format!("{} {word}", count(*number)))
    .collect();
    let notes = score.notes.iter().fold(String::new(), |all, note| all + " Note: " + note + ".");
    Some(Section {
        id: "score".into(),
        title: "What a detector found".into(),
        lead: format!(
            "Of {} findings {}. {} of {} kinds were found. An incident is credited once, however often it is found.{notes}",
            count(score.subject.count),
            if said.is_empty() { "none says anything".to_owned() } else { list(&said) },
            score.coverage.found,
            score.coverage.in_set,
        ),
        blocks,
    })
}

fn gates(score: &Score) -> Table {
    let row = |gate: &crate::score::Gate| {
        let value = gate.value.map_or_else(|| "–".to_owned(), percent);
        let met = if gate.is_met { "met" } else { "not met" };
        vec![gate.name.to_owned(), value, percent(gate.least), met.to_owned()]
    };
    table(
        "What is asked of a detector",
        &["gate", "#value", "#at least", "met"],
        score.gates.iter().map(row).collect(),
    )
}

fn known(rate: &Rate) -> String {
    rate.value.map_or_else(|| "–".to_owned(), percent)
}

/// The recall of each kind, and what would be found without looking.
fn part(id: &str, title: &str, part: &Part) -> Vec<Block> {
    let scored: Vec<&Line> = part.kinds.iter().filter(|line| line.recall.of > 0).collect();
    let row = |line: &&Line| Interval {
        name: line.name.clone(),
        observed: line.recall.value.unwrap_or(0.0),
        low: line.recall.low,
        high: line.recall.high,
        set_point: None,
        of: line.recall.of,
        tone: if line.is_critical && line.recall.value.is_some_and(|value| value < 0.95) {
            Tone::Bad
        } else {
            Tone::Plain
        },
    };
    let told = |line: &Line| {
        let wrong = line.precision.of - line.precision.hits;
        let interval = format!("{} to {}", percent(line.recall.low), percent(line.recall.high));
        let named = line.named.as_ref().map_or_else(String::new, |named| known(&named.recall));
        let f1 = line.f1.value.map_or_else(|| "–".to_owned(), |f1| format!("{f1:.3}"));
        let (of, found) = (count(line.recall.of), count(line.recall.hits));
        vec![
            line.name.clone(),
            of,
            found,
            known(&line.recall),
            interval,
            count(wrong),
            known(&line.precision),
            f1,
            named,
        ]
    };
    let lines = part.kinds.iter().chain(&part.severities).chain([&part.all]);
    let numbers = table(
        format!("{title}: what was found, by kind"),
        &[
            "kind",
            "#incidents",
            "#found",
            "#recall",
            "95 % interval",
            "#wrong",
            "#precision",
            "#F1",
            "#named",
        ],
        lines.map(told).collect(),
    );
    let all = &part.all;
    let mut blocks = Vec::new();
    if scored.is_empty() {
        blocks.push(Block::Table(numbers));
    } else {
        blocks.push(Block::Figure(Figure {
            id: format!("score-{id}"),
            title: format!("{title}: recall by kind"),
            look_for: "Whiskers are Wilson's 95 % interval: long where there are few. Critical kinds below 95 % stand out.".into(),
            finding: format!(
                "{} of {} incidents were found ({}); of what was flagged {} is right.",
                count(all.recall.hits),
                count(all.recall.of),
                known(&all.recall),
                known(&all.precision)
            ),
            plot: Plot::Intervals {
                x: Axis { name: "incidents found".into(), format: Format::Percent, ..Axis::default() },
                whiskers: "95 % interval".into(),
                rows: scored.iter().map(row).collect(),
            },
            table: numbers,
        }));
    }
    blocks.push(Block::Table(without_looking(title, part)));
    blocks
}

fn without_looking(title: &str, part: &Part) -> Table {
    let dash = || "–".to_owned();
    let mut rows: Vec<Vec<String>> = part
        .baselines
        .iter()
        .map(|one| {
            let name = if one.name == "random" {
                "as much, at random".to_owned()
            } else {
                format!("{} flagged", one.name)
            };
            let precision = one.precision.map_or_else(dash, percent);
            vec![
                name,
                format!("{:.1}", one.found),
                percent(one.recall),
                count(one.false_findings.round() as u64),
                precision,
            ]
        })
        .collect();
    let all = &part.all;
    rows.push(vec![
        "these findings".to_owned(),
        count(all.recall.hits),
        percent(ratio(all.recall.hits, all.recall.of)),
        count(all.precision.of - all.precision.hits),
        known(&all.precision),
    ]);
    table(
        format!("{title}: beside what needs no detector"),
        &["beside", "#found", "#recall", "#wrong", "#precision"],
        rows,
    )
}

fn rules(score: &Score) -> Table {
    let row = |line: &crate::score::report::RuleLine| {
        let heard = &line.heard;
        let counts = [heard.right, heard.wrong, heard.decoys, heard.neutral].map(count);
        std::iter::once(line.rule.clone()).chain(counts).collect()
    };
    table(
        "Findings by rule",
        &["rule", "#right", "#wrong", "#of decoys", "#neither"],
        score.rules.iter().map(row).collect(),
    )
}
