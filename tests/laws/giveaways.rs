//! Nothing about a labelled row gives it away but what is wrong with it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use crate::anomalies::{labels, made};
use crate::world;

/// Kinds whose defect is neither an id of another form, nor an absent value, nor the order of rows.
const KINDS: [&str; 16] = [
    "implicit_missing",
    "enum_unknown",
    "format_invalid",
    "out_of_range",
    "numeric_outlier",
    "wrong_unit",
    "currency_mismatch",
    "mojibake",
    "naughty_text",
    "oversize_record",
    "dup_exact",
    "dup_mutated",
    "dup_reissued",
    "id_collision",
    "fk_orphan",
    "fk_wrong_parent",
];

/// Standard deviations from chance that are still chance: under one in a thousand for all that is compared here together.
const BOUND: f64 = 4.5;

/// What a classifier may look at: names and the features themselves, which say nothing of a row's values.
const FEATURES: [&str; 6] = [
    "place in the file",
    "first random bits of its id",
    "last bits of its id",
    "bits set in its id",
    "values that it has",
    "characters of its references",
];

fn features(row: &Value, place: f64) -> [f64; 6] {
    let text = |name: &str| row[name].as_str().unwrap_or_default();
    let hex: String = text("event_id").chars().filter(char::is_ascii_hexdigit).collect();
    let id = u128::from_str_radix(&hex, 16).expect("a UUID");
    // The moment is no secret; version and variant are the same for all.
    let random = id & 0xfff_3fff_ffff_ffff_ffff;
    let references = ["session_id", "device_id", "journey_id", "user_id", "anonymous_id"];
    let ones = |name: &&str| {
        text(name).chars().filter_map(|c| c.to_digit(16)).map(u32::count_ones).sum::<u32>()
    };
    [
        place,
        (random >> 64) as f64,
        (random & 0xffff_ffff) as f64,
        f64::from(random.count_ones()),
        row.as_object().map_or(0, serde_json::Map::len) as f64,
        f64::from(references.iter().map(ones).sum::<u32>()),
    ]
}

/// An event on its place.
struct Event {
    kind: String,
    columns: BTreeSet<String>,
    features: [f64; 6],
    /// Of its line.
    length: usize,
}

/// For all kinds that neither ids, nor absent values, nor the order of rows are wrong with: whoever looks at nothing else, one feature
/// at a time, tells their rows from rows like them (of the same event type, with a value in the same column) no better than by
/// chance: the area under the curve is a half, within the interval.
#[test]
fn ids_nulls_and_order_give_nothing_away() {
    let asked = KINDS.map(|id| format!("[anomalies.{id}]\nk = 30\n")).concat();
    let set = made(&world(&format!(
        "seed = 11\ndays = 4\nevents = \"16K\"\n[output]\nformat = \"ndjson\"\ncompression = \"none\"\n\
         [anomalies]\n{asked}"
    )));
    let (incidents, members) = labels(&set);
    let kind_of: HashMap<&str, &str> = incidents
        .iter()
        .filter_map(|one| Some((one["anomaly_id"].as_str()?, one["kind"].as_str()?)))
        .collect();
    let mut labelled: BTreeMap<(&str, u64), (&str, Option<&str>)> = BTreeMap::new();
    let mut touched: BTreeSet<(&str, u64)> = BTreeSet::new();
    for member in members.iter().filter(|member| member["table"] == "events") {
        let (Some(file), Some(row)) = (member["file_dirty"].as_str(), member["row_dirty"].as_u64())
        else {
            continue;
        };
        touched.insert((file, row));
        if member["role"] == "primary" {
            let kind = kind_of[member["anomaly_id"].as_str().expect("an id")];
            labelled.insert((file, row), (kind, member["column"].as_str()));
        }
    }
    let mut plain: Vec<Event> = Vec::new();
    let mut found: Vec<(&str, Option<&str>, Event)> = Vec::new();
    for file in crate::files_under(set.path()).iter().filter(|path| path.starts_with("events/")) {
        let text = std::fs::read_to_string(set.path().join(file)).expect("text");
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let row: Value = serde_json::from_str(line).expect("JSON");
            let event = Event {
                kind: row["event_name"].as_str().expect("a type").to_owned(),
                columns: row.as_object().expect("an object").keys().cloned().collect(),
                features: features(&row, at as f64 / lines.len() as f64),
                length: line.len(),
            };
            let place = (file.as_str(), at as u64);
            match labelled.get(&place) {
                Some((kind, column)) => found.push((kind, *column, event)),
                None if touched.contains(&place) => {}
                None => plain.push(event),
            }
        }
    }
    // By kind and feature: how a labelled row ranks among those like it, 0 to 1, and how often that was looked at.
    let mut ranks: BTreeMap<(&str, usize), Vec<f64>> = BTreeMap::new();
    for (kind, column, event) in &found {
        let is_like = |other: &&Event| {
            other.kind == event.kind && column.is_none_or(|name| other.columns.contains(name))
        };
        let like: Vec<&Event> = plain.iter().filter(is_like).collect();
        if like.len() < 20 {
            continue;
        }
        for at in 0..FEATURES.len() {
            let own = event.features[at];
            let below = like.iter().filter(|other| other.features[at] < own).count() as f64;
            let same =
                like.iter().filter(|other| (other.features[at] - own).abs() < 1e-12).count() as f64;
            let rank = (below + same / 2.0) / like.len() as f64;
            ranks.entry((*kind, at)).or_default().push(rank);
            ranks.entry(("all", at)).or_default().push(rank);
        }
    }
    let judged: BTreeSet<&str> = ranks.keys().map(|(kind, _)| *kind).collect();
    assert!(judged.len() > KINDS.len() / 2, "{judged:?}");
    assert!(ranks[&("all", 0)].len() > 200);
    for ((kind, at), ranks) in &ranks {
        let area = ranks.iter().sum::<f64>() / ranks.len() as f64;
        // The rank of a row among others like it is uniform, with a variance of 1/12 at most.
        let within = BOUND * (1.0 / 12.0 / ranks.len() as f64).sqrt();
        let (feature, rows) = (FEATURES[*at], ranks.len());
        assert!(
            (area - 0.5).abs() < within,
            "{kind}: {feature}: {area:.3} of {rows}, ±{within:.3}"
        );
    }
    // The same measure does tell rows by what is wrong with them, where that is looked at.
    let long =
        found.iter().filter(|(kind, ..)| *kind == "oversize_record").map(|(.., of)| of.length);
    let long: Vec<usize> = long.collect();
    let longer = |own: usize| plain.iter().filter(|of| of.length < own).count() as f64;
    let area = long.iter().map(|own| longer(*own)).sum::<f64>() / (long.len() * plain.len()) as f64;
    assert!(area > 0.8, "{area}");
}
