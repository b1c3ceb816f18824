//! A made-up data set's page, for tests.

use std::collections::BTreeMap;

use crate::manifest::{FileEntry, Manifest};
use crate::report::compose::{Kind, Material, Proof, page};
use crate::report::numbers::{
    Combination, Happened, Journey, LogBins, Numbers, Timeline, Visit, Visits,
};
use crate::report::page::{Family, Interval, Outcome, Page, Sort, Table, Tone, Verdict};
use crate::scenario::Ask;

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
    })
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
    numbers.coverage = seen.into_iter().zip([40, 3]).collect();
    numbers.timelines = vec![timeline(name)];
    numbers
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
    let verdicts =
        [Outcome::Fails, Outcome::Warns, Outcome::Skipped, Outcome::Holds].map(verdict).to_vec();
    Proof {
        families: vec![Family { name: name.into(), doc: name.into(), verdicts }],
        targets: vec![(name.into(), vec![rate(0.84, Tone::Plain), rate(0.5, Tone::Bad)])],
    }
}
