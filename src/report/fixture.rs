//! A made-up data set's page, for tests.

use std::collections::BTreeMap;

use crate::manifest::{FileEntry, Manifest};
use crate::report::compose::{Kind, Material, Proof, page};
use crate::report::numbers::{
    Combination, End, Happened, Journey, LogBins, Numbers, Place, Step, Timeline, Visit, Visits,
};
use crate::report::page::{Family, Interval, Outcome, Page, Sort, Table, Tone, Verdict};
use crate::scenario::Ask;
use crate::score::overview::{Kind as Anomalies, Overview, Touched};
use crate::score::report::{Decoys, Heard, Invented, Missed, Named, RuleLine};
use crate::score::{Baseline, Gate, Line, Part, Rate, Score};

/// The page of a data set in which whatever a user may name is named so.
pub(crate) fn named(name: &str) -> Page {
    let manifest = manifest(name);
    let kind = |kind: &str| Kind {
        name: kind.to_owned(),
        label: name.to_owned(),
        doc: name.to_owned(),
        stages: ["landing", "product", "cart", "thanks"].map(str::to_owned).to_vec(),
    };
    let numbers = numbers(name);
    let answers = serde_json::json!({"answers": {name: [{"date": name, "users": 7}]}});
    page(&Material {
        manifest: &manifest,
        numbers: &numbers,
        kinds: vec![kind(name), kind("mobile")],
        proof: Some(proof(name)),
        answers: Some(answers),
        truth: Some(truth(name)),
        score: Some(&score(name)),
    })
}

fn truth(name: &str) -> Overview {
    let touched = Touched {
        table: name.into(),
        place: name.into(),
        what: "update, primary".into(),
        change: [name, name, "absent"].map(str::to_owned),
    };
    let kind = |name: &str, is_critical| Anomalies {
        name: name.to_owned(),
        is_critical,
        shows_in: "data".into(),
        incidents: 60,
        decoys: 2,
        rows: 90,
        example: (name.to_owned(), vec![touched.clone()]),
    };
    let days = [(20_458, (12, 3)), (20_459, (40, 0)), (20_460, (8, 57))];
    Overview { kinds: vec![kind(name, true), kind("naughty_text", false)], days: days.into() }
}

fn score(name: &str) -> Score {
    let line = |name: &str, found, of, is_critical| Line {
        name: name.to_owned(),
        is_critical,
        recall: Rate::new(found, of),
        precision: Rate::new(found, found + 3),
        named: Some(Named { recall: Rate::new(found, of), ..Named::default() }),
        ..Line::default()
    };
    let baseline = Baseline {
        name: "random",
        flagged: 60.0,
        found: 0.3,
        false_findings: 59.7,
        recall: 0.01,
        precision: Some(0.01),
        f1: 0.01,
        accuracy: Some(0.99),
    };
    let part = Part {
        all: line("all", 80, 120, true),
        severities: vec![line("critical", 40, 60, true)],
        kinds: vec![line(name, 40, 60, true), line("naughty_text", 40, 60, false)],
        baselines: vec![baseline],
    };
    let rule = |rule: &str| RuleLine { rule: rule.to_owned(), heard: Heard::default() };
    Score {
        rows: part.clone(),
        windows: Some(part),
        rules: vec![rule(name), rule("other")],
        decoys: vec![Decoys { kind: name.into(), flagged: 1, of: 2 }],
        gates: vec![Gate {
            name: "critical recall",
            value: Some(0.66),
            least: 0.95,
            is_met: false,
        }],
        missed: vec![Missed { kind: name.into(), anomaly_id: name.into(), place: name.into() }],
        invented: vec![Invented { rule: name.into(), place: name.into(), is_decoy: true }],
        notes: vec![name.to_owned()],
        ..Score::default()
    }
}

fn manifest(name: &str) -> Manifest {
    let ask =
        Ask::read("a", "a.toml", "users = 10").unwrap_or_else(|problems| panic!("{problems}"));
    let mut request =
        ask.resolve(jiff::civil::date(2026, 1, 5)).unwrap_or_else(|problems| panic!("{problems}"));
    request.scenario = name.to_owned();
    let entry = |table: &str, rows| FileEntry {
        table: table.to_owned(),
        path: format!("{table}/part.parquet"),
        rows,
        bytes: rows * 61,
        digest: String::new(),
        time_range: None,
    };
    let files = vec![entry("users", 15_316), entry("sessions", 80_410), entry("events", 1_000_071)];
    let tables = ["users", "sessions", "events"].map(|table| (table.to_owned(), String::new()));
    Manifest::new(&request, "18eccde060622a9f", None, tables, files, Vec::new())
}

fn numbers(name: &str) -> Numbers {
    let mut numbers = Numbers::default();
    for (day, hours) in numbers.local_week.iter_mut().enumerate() {
        for (hour, events) in hours.iter_mut().enumerate() {
            *events = 300 + ((hour + 20) % 24 * 90 + day * 40) as u64;
        }
    }
    numbers.utc_week = numbers.local_week;
    numbers.days =
        (20_458..20_488).map(|day| (day, (30_000 + (day % 7 * 900) as u64, 30_500))).collect();
    for (i, source) in ["google", name].into_iter().enumerate() {
        for (j, (stage, outcome)) in [
            ("landing", "bounced"),
            ("product", "engaged"),
            ("cart", "cart_abandoned"),
            ("thanks", "purchased"),
        ]
        .into_iter()
        .enumerate()
        {
            let journey = Journey {
                kind: name.into(),
                source: source.into(),
                stage: stage.into(),
                outcome: outcome.into(),
            };
            numbers.journeys.insert(journey, 9_000 / (i + j * j + 1) as u64);
        }
        let visits = |all| Visits { all, converted: all / 19, bounced: all / 3, events: all * 12 };
        for (class, all) in [("mobile", 50_000), ("desktop", 20_000), (name, 5_000)] {
            numbers.visits.insert((class.into(), source.into()), visits(all / (i + 1) as u64));
        }
    }
    for (shift, class) in [(0.0, "desktop"), (0.4, "mobile"), (0.2, name)] {
        let bins = numbers.dwell.entry(class.into()).or_default();
        (0..4000).for_each(|i| bins.add(f64::exp(f64::from(i % 89) / 15.0 + shift)));
        let lengths: BTreeMap<u32, u64> =
            (1..120).map(|length| (length, 90_000 / u64::from(length * length))).collect();
        numbers.lengths.insert(class.into(), lengths);
    }
    numbers.profiles = BTreeMap::from([("mobile_safari".into(), 900), (name.into(), 100)]);
    numbers.gaps = LogBins::default();
    (0..3000).for_each(|i| numbers.gaps.add(f64::from(i * i) + 1800.0));
    numbers.views = (1..400).map(|rank| (format!("{name} {rank}"), 40_000 / rank)).collect();
    numbers.revenue = BTreeMap::from([("EUR".into(), (4_131, 31_000_017))]);
    let seen = [name, "student"].map(|persona| Combination {
        persona: persona.into(),
        kind: name.into(),
        profile: "mobile_safari".into(),
        source: name.into(),
    });
    numbers.coverage = seen.into_iter().zip([40, 0]).collect();
    numbers.possible_known = true;
    numbers.steps = steps(name);
    numbers.timelines = vec![timeline(name)];
    numbers
}

/// Visits that go from page to page, one in three leaving at each.
fn steps(name: &str) -> BTreeMap<Step, u64> {
    let step =
        |after: u8, from: &str, to: Place| Step { kind: name.into(), after, from: from.into(), to };
    let pages = ["landing", "product", "list", name];
    let mut steps = BTreeMap::new();
    for to in pages {
        steps.insert(step(0, "google", Place::Page(to.into())), 900);
    }
    for after in 1..=5_u8 {
        let visits = 600 / u64::from(after);
        for from in pages {
            steps.insert(step(after, from, Place::End(End::Left)), visits / 2);
            steps.insert(step(after, from, Place::End(End::Ordered)), visits / 20);
            for to in pages.iter().filter(|_| after < 5) {
                steps.insert(step(after, from, Place::Page((*to).into())), visits / 4);
            }
        }
    }
    steps
}

fn timeline(name: &str) -> Timeline {
    let happened = |at: i64, sort| Happened {
        at: at * 1_000_000,
        event: name.into(),
        about: name.into(),
        sort,
    };
    let visit = |start: i64| Visit {
        device: name.into(),
        began: "Mon 5 Jan, 18:02".into(),
        start: start * 1_000_000,
        end: (start + 400) * 1_000_000,
        events: [Sort::Look, Sort::Engage, Sort::Cart, Sort::Buy, Sort::Trouble, Sort::Other]
            .into_iter()
            .enumerate()
            .map(|(i, sort)| happened(start + 70 * i as i64, sort))
            .collect(),
    };
    Timeline {
        kind: name.into(),
        id: "88b55b9f".into(),
        outcome: "purchased".into(),
        source: name.into(),
        zone: "Europe/Berlin".into(),
        visits: vec![visit(0), visit(9_000)],
    }
}

fn proof(name: &str) -> Proof {
    let verdict = |outcome| Verdict {
        id: format!("keys.{name}"),
        what: name.into(),
        why: name.into(),
        outcome,
        found: name.into(),
        evidence: vec![Table {
            caption: name.into(),
            head: Vec::new(),
            rows: vec![vec![name.into()]],
        }],
    };
    let rate = |observed: f64, tone| Interval {
        name: format!("hook_engaged {name}"),
        observed,
        low: observed - 0.02,
        high: observed + 0.02,
        set_point: Some(0.83),
        of: 1000,
        tone,
    };
    let parts = Table {
        caption: name.into(),
        head: Vec::new(),
        rows: vec![[name, name, name, "0.84 of 90"].map(str::to_owned).to_vec()],
    };
    let verdicts =
        [Outcome::Fails, Outcome::Warns, Outcome::Skipped, Outcome::Holds].map(verdict).to_vec();
    Proof {
        families: vec![Family { name: name.into(), doc: name.into(), verdicts }],
        targets: vec![(name.into(), vec![rate(0.84, Tone::Plain), rate(0.5, Tone::Bad)])],
        parts: vec![(name.into(), parts)],
    }
}
