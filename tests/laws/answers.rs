//! The known answers add up, and are those of the data set.

use std::fs;

use serde_json::Value;
use throng::answers::{self, Answers};
use throng::join::{self, folder};
use throng::manifest::{Manifest, Shard};
use throng::scenario::World;

use crate::{DataSet, plan, world};

const SMALL: &str = "seed = 7\ndays = 9\nevents = \"9K\"\nbudget = \"1500\"\n";

/// The answers of a whole data set.
fn whole(world: &World, threads: usize) -> String {
    let made = DataSet::make(world, threads, None);
    String::from_utf8(made.bytes(answers::PATH)).expect("text")
}

/// The rows of an answer.
fn rows<'a>(answers: &'a Value, name: &str) -> &'a Vec<Value> {
    answers["answers"][name].as_array().unwrap_or_else(|| panic!("{name} has rows"))
}

/// For all numbers of shards, more than there are ranges too, and of threads, joined answers are those of the whole, byte for byte, and
/// so is the manifest that lists them; the shards' parts are gone.
#[test]
fn joined_answers_are_those_of_the_whole() {
    let world = world(SMALL);
    assert!(plan(&world).ranges.len() >= 3);
    let expected = whole(&world, 1);
    assert_eq!(whole(&world, 3), expected);
    for count in [1, 2, 7] {
        let root = tempfile::tempdir().expect("a folder");
        for index in 0..count {
            let shard = Shard { index, count };
            let made = DataSet::make(&world, 2, Some((index, count)));
            let (request, version) = (&world.request, &world.version);
            let tables = world.wanted_tables().map(|table| (table.name.clone(), String::new()));
            let manifest = Manifest::new(
                request,
                version,
                Some(shard),
                tables,
                made.entries.clone(),
                made.documents.clone(),
            );
            manifest.write(made.dir.path()).expect("written");
            fs::rename(made.dir.path(), root.path().join(folder(shard))).expect("moved");
        }
        let joined = join::join(root.path(), true, |_| Ok(())).expect("joined");
        let found = fs::read_to_string(root.path().join(answers::PATH)).expect("read");
        assert_eq!(found, expected, "{count} shards");
        let paths: Vec<&str> = joined.documents.iter().map(|one| one.path.as_str()).collect();
        assert_eq!(paths, [answers::PATH]);
        let left = crate::files_under(root.path());
        assert!(left.iter().all(|path| !path.ends_with("partial.json")), "{left:?}");
    }
}

/// For all shards, a part that was damaged, or is missing, is told, and nothing is joined.
#[test]
fn a_damaged_part_is_told() {
    let world = world("days = 2\nusers = 20\n[output]\ntables = [\"truth/answers\"]\n");
    let made = DataSet::make(&world, 1, Some((0, 1)));
    let text = String::from_utf8(made.bytes(answers::PARTIAL)).expect("text");
    let answers = Answers::from_partial(&text).expect("read");
    assert_eq!(answers.to_partial(), text);
    let damages = [
        text.replace("\"format_version\":1", "\"format_version\":2"),
        text.replace("\"totals\"", "\"sums\""),
        text.replace("[[\"users\"],[20]]", "[[\"users\"],[20,1]]"),
        text[..text.len() / 2].to_owned(),
    ];
    for damaged in damages {
        assert_ne!(damaged, text);
        assert!(Answers::from_partial(&damaged).is_err(), "{damaged}");
    }
}

/// For all data sets, answers are written with all tables or when they are asked for, and never otherwise; what else is written moves
/// none of them.
#[test]
fn answers_are_asked_for_like_a_table() {
    let of = |tables: &str| {
        let world = world(&format!("days = 3\nusers = 50\n[output]\n{tables}"));
        let made = DataSet::make(&world, 1, None);
        let answers = made
            .documents
            .first()
            .map(|_| String::from_utf8(made.bytes(answers::PATH)).expect("text"));
        (made.entries.len(), answers)
    };
    let all = of("");
    let alone = of("tables = [\"truth/answers\"]");
    assert_eq!(alone.0, 0);
    assert!(all.1.is_some());
    assert_eq!(alone.1, all.1);
    assert_eq!(of("tables = [\"users\", \"truth/identity\"]").1, None);
}

/// For all data sets, the answers agree with the tables and with one another: totals with rows, events by name with all events,
/// revenue in whatever way it is cut with all revenue.
#[test]
fn answers_agree() {
    let scenario = format!("{SMALL}[output]\nformat = \"ndjson\"\ncompression = \"none\"\n");
    let world = world(&scenario);
    let made = DataSet::make(&world, 2, None);
    let answers: Value = serde_json::from_slice(&made.bytes(answers::PATH)).expect("JSON");
    let names = |total: &Value| total["name"].as_str().map(str::to_owned);
    let counted: Vec<String> = rows(&answers, "totals").iter().filter_map(names).collect();
    // Catalogues are the same for everybody, and what is known of people is no one's act.
    let others = ["campaigns", "products"];
    for entry in made.entries.iter().filter(|entry| !entry.table.starts_with("truth/")) {
        let is_known = counted.contains(&entry.table) || others.contains(&&*entry.table);
        assert!(is_known, "{} is not counted", entry.table);
    }
    for total in rows(&answers, "totals") {
        let name = total["name"].as_str().expect("a name");
        let of_table = made.entries.iter().filter(|entry| entry.table == name);
        assert_eq!(total["rows"], of_table.map(|entry| entry.rows).sum::<u64>(), "{name}");
    }
    let sum = |name: &str, column: &str| -> i64 {
        let amount = |row: &Value| match &row[column] {
            Value::String(text) => text.replace('.', "").parse().expect("an amount"),
            other => other.as_i64().expect("a number"),
        };
        rows(&answers, name).iter().map(amount).sum()
    };
    let orders = made.rows("orders");
    let cents = |row: &Value| row["total"].to_string().parse::<f64>().expect("a number") * 100.0;
    let revenue: f64 = orders.iter().map(|row| cents(row).round()).sum();
    assert!(revenue > 0.0);
    let cuts = ["device_class", "device_profile", "day", "last_touch", "first_touch"];
    for name in cuts.map(|cut| format!("revenue_by_{cut}")).iter().chain([&"order_value".into()]) {
        assert_eq!(sum(name, "orders"), orders.len() as i64, "{name}");
        assert_eq!(sum(name, "revenue"), revenue as i64, "{name}");
    }
    let events = made.rows("events").len() as i64;
    assert_eq!(sum("events_by_name", "events"), events);
    let sessions = made.rows("sessions").len() as i64;
    for name in
        ["conversion_by_device_class", "conversion_by_device_profile", "conversion_by_source"]
    {
        assert_eq!(sum(name, "sessions"), sessions, "{name}");
    }
    let first_weeks =
        rows(&answers, "weekly_retention").iter().filter(|row| row["weeks_later"] == 0);
    let people: i64 = first_weeks.map(|row| row["users"].as_i64().expect("a number")).sum();
    let visitors: std::collections::BTreeSet<&str> =
        orders.iter().map(|row| row["user_id"].as_str().expect("a user")).collect();
    assert!(people >= visitors.len() as i64 && people <= made.rows("users").len() as i64);
}
