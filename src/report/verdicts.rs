//! The checks' verdicts in the words of the page.

use std::collections::BTreeMap;

use crate::check::{self, Measure, Part, Section, Severity};
use crate::human;
use crate::report::compose::{Proof, table};
use crate::report::page::{Family, Interval, Outcome, Table, Tone, Verdict};

/// The family whose measures are rates of funnels.
const TARGETS: &str = "targets";

/// Everything that the checks found; families and verdicts that fail come first.
pub(super) fn proof(sections: &[Section]) -> Proof {
    let mut families: Vec<Family> = sections.iter().map(family).collect();
    // Sorting is stable: the order of the registry stays within each outcome.
    families.sort_by_key(|family| family.verdicts.iter().map(|verdict| verdict.outcome).min());
    let targets = sections.iter().filter(|section| section.family == TARGETS);
    let verdicts = || targets.clone().flat_map(|section| &section.verdicts);
    Proof { families, targets: rates(verdicts()), parts: parts(verdicts()) }
}

fn family(section: &Section) -> Family {
    let known = check::Family::named(section.family);
    let doc = known.map_or(String::new(), |family| family.doc.to_owned());
    let mut verdicts: Vec<Verdict> = section.verdicts.iter().map(verdict).collect();
    verdicts.sort_by_key(|verdict| verdict.outcome);
    Family { name: section.family.to_owned(), doc, verdicts }
}

fn verdict(verdict: &check::Verdict) -> Verdict {
    let outcome = match (&verdict.outcome, verdict.check.severity) {
        (check::Outcome::Holds | check::Outcome::Explained(_), _) => Outcome::Holds,
        (check::Outcome::Fails, Severity::Warning) => Outcome::Warns,
        (check::Outcome::Fails, Severity::Error) => Outcome::Fails,
        (check::Outcome::Skipped(_), _) => Outcome::Skipped,
    };
    // Tables are landmarks of the page: each says by its name whose it is.
    let id = verdict.check.id;
    let places = (!verdict.evidence.is_empty()).then(|| {
        let rows = verdict.evidence.iter().map(|one| vec![one.place.clone(), one.says.clone()]);
        table(format!("{id}: the first that break it"), &["place", "what is there"], rows.collect())
    });
    let caption = format!("{id}: what was measured");
    let measured = (!verdict.measures.is_empty()).then(|| measures(&caption, &verdict.measures));
    Verdict {
        id: id.to_owned(),
        what: verdict.check.holds.to_owned(),
        why: verdict.check.why.to_owned(),
        outcome,
        found: found(verdict),
        evidence: places.into_iter().chain(measured).collect(),
    }
}

/// What was found, in a line.
fn found(verdict: &check::Verdict) -> String {
    if let check::Outcome::Skipped(reason) = &verdict.outcome {
        return reason.clone();
    }
    if let check::Outcome::Explained(why) = &verdict.outcome {
        let (wrong, seen) = (human::count(verdict.wrong), human::count(verdict.seen));
        return format!("{wrong} of {seen} break it, {why}");
    }
    let outside = verdict.measures.iter().filter(|measure| !measure.holds()).count();
    match (&verdict.measures[..], verdict.wrong) {
        ([one], _) => format!("{} {}", one.name, digits(one.value)),
        ([], 0) => format!("{} looked at", human::count(verdict.seen)),
        ([], wrong) => {
            format!("{} of {} break it", human::count(wrong), human::count(verdict.seen))
        }
        (all, _) if outside > 0 => {
            format!("{outside} of {} measures lie outside of their bounds", all.len())
        }
        (all, _) => format!("{} measures within their bounds", all.len()),
    }
}

fn measures(caption: &str, measures: &[Measure]) -> Table {
    let bound = |bound: Option<f64>| bound.map_or_else(|| "–".to_owned(), digits);
    let row = |measure: &Measure| {
        let holds = if measure.holds() { "yes" } else { "no" };
        let of = human::count(measure.seen);
        let numbers = [digits(measure.value), bound(measure.least), bound(measure.most), of];
        [measure.name.clone()].into_iter().chain(numbers).chain([holds.to_owned()]).collect()
    };
    let head = ["measure", "#value", "#at least", "#at most", "#of", "holds"];
    table(caption, &head, measures.iter().map(row).collect())
}

/// A number with four digits that say something.
fn digits(number: f64) -> String {
    let whole = number.abs();
    let decimals = match whole {
        n if n == 0.0 || n >= 1000.0 => 0,
        n if n >= 100.0 => 1,
        n if n >= 10.0 => 2,
        n if n >= 1.0 => 3,
        _ => 4,
    };
    format!("{number:.decimals$}")
}

/// Rates with the bounds that they must lie in, by kind of journey, which a measure's name begins with.
fn rates<'v>(verdicts: impl Iterator<Item = &'v check::Verdict>) -> Vec<(String, Vec<Interval>)> {
    let mut found: Vec<(String, Vec<Interval>)> = Vec::new();
    for measure in verdicts.flat_map(|verdict| &verdict.measures) {
        let (Some(low), Some(high)) = (measure.least, measure.most) else { continue };
        let (kind, name) = split(measure);
        let tone = if measure.holds() { Tone::Plain } else { Tone::Bad };
        let rate = Interval {
            name: name.trim().to_owned(),
            observed: measure.value,
            low,
            high,
            set_point: Some(f64::midpoint(low, high)),
            of: measure.seen,
            tone,
        };
        match found.iter_mut().find(|(known, _)| known == kind) {
            Some((_, rates)) => rates.push(rate),
            None => found.push((kind.to_owned(), vec![rate])),
        }
    }
    found
}

/// By kind of journey, its rates by persona, device and source: a row a part, a column a rate.
fn parts<'v>(verdicts: impl Iterator<Item = &'v check::Verdict>) -> Vec<(String, Table)> {
    let mut kinds: BTreeMap<&str, Vec<(&str, &Measure)>> = BTreeMap::new();
    let measures = verdicts.flat_map(|verdict| &verdict.measures);
    for measure in measures.filter(|measure| !measure.parts.is_empty()) {
        let (kind, name) = split(measure);
        kinds.entry(kind).or_default().push((name, measure));
    }
    let of_kind =
        |(kind, rates): (&str, Vec<(&str, &Measure)>)| (kind.to_owned(), of_parts(&rates));
    kinds.into_iter().map(of_kind).collect()
}

fn of_parts(rates: &[(&str, &Measure)]) -> Table {
    let mut rows: BTreeMap<&[String], Vec<String>> = BTreeMap::new();
    for (column, (_, measure)) in rates.iter().enumerate() {
        for Part { of, seen, value } in &measure.parts {
            let row = rows.entry(of).or_insert_with(|| vec![String::new(); rates.len()]);
            row[column] = format!("{} of {}", digits(*value), human::count(*seen));
        }
    }
    let names: Vec<String> = rates.iter().map(|(name, _)| format!("#{name}")).collect();
    let head = ["persona", "device", "source"].into_iter().chain(names.iter().map(String::as_str));
    let head: Vec<&str> = head.collect();
    let row = |(of, cells): (&[String], Vec<String>)| of.iter().cloned().chain(cells).collect();
    table("Rates by persona, device and source", &head, rows.into_iter().map(row).collect())
}

/// The kind of journey that a measure's name begins with, and the rest.
fn split(measure: &Measure) -> (&str, &str) {
    measure.name.split_once('.').unwrap_or(("all", &measure.name))
}
