//! What the data set is: the numbers at the top, its tables, the scenario it answers.

use super::Material;
use super::words::{count, table};
use crate::human;
use crate::manifest::Manifest;
use crate::report::page::{Block, Fact, Outcome, Section, Tone, UNREAD};
use crate::scenario::Ask;

/// Places told of at most.
const TOLD: usize = 20;

/// A sentence under the title: what the scenario says of itself.
pub(super) fn lead(manifest: &Manifest) -> String {
    let doc = asked(manifest).and_then(|ask| ask.doc).unwrap_or_default();
    let version: String = manifest.dataset_version.chars().take(12).collect();
    let identity = format!("Seed {}, version {version}.", manifest.seed);
    if doc.is_empty() { identity } else { format!("{doc}. {identity}") }
}

/// What was asked for, if the manifest's scenario can be read.
fn asked(manifest: &Manifest) -> Option<Ask> {
    Ask::read(&manifest.scenario.name, crate::manifest::FILE, &manifest.scenario.toml).ok()
}

/// The numbers at the top.
pub(super) fn facts(material: &Material<'_>) -> Vec<Fact> {
    let plain =
        |value: String, label: &str| Fact { value, label: label.to_owned(), tone: Tone::Plain };
    let counted = ["events", "users", "sessions", "journeys", "orders"].into_iter();
    let rows =
        counted.map(|name| (name, material.manifest.rows(name))).filter(|(_, rows)| *rows > 0);
    let mut facts: Vec<Fact> = rows.map(|(name, rows)| plain(count(rows), name)).collect();
    let days = asked(material.manifest).and_then(|ask| ask.days);
    facts.extend(days.map(|days| plain(count(days.into()), "days")));
    let unread = material.numbers.unread.len();
    if unread > 0 {
        facts.push(Fact { value: count(unread as u64), label: UNREAD.to_owned(), tone: Tone::Bad });
    }
    facts.extend(checks(material));
    facts
}

/// How the checks went, as a number at the top.
fn checks(material: &Material<'_>) -> Option<Fact> {
    let proof = material.proof.as_ref()?;
    let outcomes: Vec<Outcome> = proof
        .families
        .iter()
        .flat_map(|family| &family.verdicts)
        .map(|verdict| verdict.outcome)
        .collect();
    let number = |wanted| outcomes.iter().filter(|outcome| **outcome == wanted).count();
    let (failed, warned, held) =
        (number(Outcome::Fails), number(Outcome::Warns), number(Outcome::Holds));
    let fact = |number: usize, label: &str, tone| Fact {
        value: number.to_string(),
        label: label.to_owned(),
        tone,
    };
    Some(match (failed, warned) {
        (0, 0) => fact(held, "checks hold, none fails", Tone::Good),
        (0, _) => fact(warned, "warnings, no check fails", Tone::Warn),
        (1, _) => fact(failed, "check fails", Tone::Bad),
        _ => fact(failed, "checks fail", Tone::Bad),
    })
}

/// What it is, and of what it is made.
pub(super) fn section(material: &Material<'_>) -> Section {
    let manifest = material.manifest;
    let mut rows = vec![
        ("Scenario", manifest.scenario.name.clone()),
        ("Seed", manifest.seed.to_string()),
        ("Version", manifest.dataset_version.clone()),
        ("Made by", format!("{} {}", manifest.generator.name, manifest.generator.version)),
    ];
    let times: Vec<&str> = manifest
        .files()
        .flat_map(|file| [&file.min_time, &file.max_time])
        .flatten()
        .map(String::as_str)
        .collect();
    if let (Some(first), Some(last)) = (times.iter().min(), times.iter().max()) {
        rows.push(("First time", (*first).to_owned()));
        rows.push(("Last time", (*last).to_owned()));
    }
    if let Some(shard) = manifest.shard {
        rows.push((
            "Shard",
            format!("{} of {}: a part of the data set only", shard.index, shard.count),
        ));
    }
    let revenue = material.numbers.revenue.iter().map(|(currency, (orders, cents))| {
        let whole = count(cents.unsigned_abs() / 100);
        format!("{currency} {whole}.{:02} in {} orders", cents.unsigned_abs() % 100, count(*orders))
    });
    rows.extend(revenue.map(|text| ("Revenue", text)));
    let rows = rows.into_iter().map(|(name, value)| vec![name.to_owned(), value]).collect();
    let identity = table("What the data set is", &["what", "value"], rows);
    let mut blocks = unread(&material.numbers.unread);
    blocks.extend([
        Block::Table(identity),
        Block::Heading("Tables".into(), String::new()),
        Block::Table(tables(manifest)),
        Block::Source("The scenario as resolved".into(), manifest.scenario.toml.clone()),
    ]);
    Section {
        id: "about".into(),
        title: "What this is".into(),
        lead: "A synthetic data set: nobody in it exists. The same scenario, seed and program give the same bytes; the version \
               tells two data sets apart."
            .into(),
        blocks,
    }
}

/// What could not be read, if there is anything.
fn unread(places: &[(String, String)]) -> Vec<Block> {
    if places.is_empty() {
        return Vec::new();
    }
    let lead = format!(
        "{} not, or not wholly, in the numbers of this page. {}",
        if places.len() == 1 { "What stands there is" } else { "What stands in these places is" },
        if places.len() > TOLD { format!("The first {TOLD}:") } else { String::new() }
    );
    let told = places.iter().take(TOLD);
    let rows = told.map(|(place, why)| vec![place.clone(), why.clone()]).collect();
    vec![
        Block::Heading("What could not be read".into(), lead.trim_end().into()),
        Block::Table(table("What could not be read", &["where", "why"], rows)),
        Block::Heading("What was asked for".into(), String::new()),
    ]
}

fn tables(manifest: &Manifest) -> crate::report::page::Table {
    let row = |name: &str, rows: u64, files: usize, bytes: u64| {
        vec![name.to_owned(), count(rows), count(files as u64), human::bytes(bytes)]
    };
    let mut rows: Vec<Vec<String>> = manifest
        .tables
        .iter()
        .map(|table| row(&table.name, table.rows, table.files.len(), table.bytes))
        .collect();
    let sum = |of: fn(&crate::manifest::Table) -> u64| manifest.tables.iter().map(of).sum();
    rows.push(row(
        "total",
        sum(|table| table.rows),
        manifest.files().count(),
        sum(|table| table.bytes),
    ));
    table("Tables, with their rows and size", &["table", "#rows", "#files", "#size"], rows)
}
