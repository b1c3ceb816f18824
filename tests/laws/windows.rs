//! Incidents of the window as a whole: bursts, outages, drifts. Each touches something, keeps to its time, and is as strong as it says.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tempfile::TempDir;
use throng::anomaly::Spec;
use throng::anomaly::kind::{Formats, Unit};
use throng::engine::{self, Error, Run};
use throng::patch::Direction;

use crate::anomalies::{MANY, SMALL, built, bytes, labels, lines, made, open, output, patched};
use crate::{DataSet, GO_ON, Unwatched, plan, world};

/// For all data sets of several ranges, a burst is as strong as asked for over all of them, and crawlers come to more than one.
#[test]
fn guests_come_to_all_ranges() {
    let asked = "[anomalies.traffic_burst]\nk = 1\ntimes = 5\nhours = 12\n[anomalies.bot_sessions]\nk = 9\n";
    let world = world(&format!("{MANY}{}{asked}", output("ndjson")));
    let ranges = plan(&world).ranges.len();
    let set = made(&world);
    let (incidents, members) = labels(&set);
    assert_eq!(incidents.len(), 10);
    let kinds: BTreeMap<&str, &str> = incidents
        .iter()
        .filter_map(|one| Some((one["anomaly_id"].as_str()?, one["kind"].as_str()?)))
        .collect();
    let mut files: BTreeMap<&str, BTreeMap<&str, u64>> = BTreeMap::new();
    for member in members.iter().filter(|member| member["table"] == "sessions") {
        let (anomaly, file) = (member["anomaly_id"].as_str(), member["file_dirty"].as_str());
        let kind = kinds[anomaly.expect("of an incident")];
        *files.entry(kind).or_default().entry(file.expect("added")).or_default() += 1;
    }
    assert_eq!(files["traffic_burst"].len(), ranges);
    assert_eq!(files["bot_sessions"].values().sum::<u64>(), 9);
    assert!((2..=ranges).contains(&files["bot_sessions"].len()), "{files:?}");
    let added: u64 = files.values().flat_map(BTreeMap::values).sum();
    let usual = (open(&set).manifest().rows("sessions") - added) as f64 * 12.0 / (4.0 * 24.0);
    let times = 1.0 + files["traffic_burst"].values().sum::<u64>() as f64 / usual;
    assert!((times - 5.0).abs() < 0.1, "{times}");
    // What the label says is what came, over all ranges.
    let burst = incidents.iter().find(|one| one["kind"] == "traffic_burst").expect("told");
    let told = burst["effect_size"].as_f64().expect("a number");
    assert!((told - times).abs() < 1e-9, "{told} {times}");
}

/// For all outages, of everything or of one value of a column, kept to a part of the window, nothing of it is in the window and nothing else is missing.
#[test]
fn outages_leave_nothing() {
    for by in ["all", "country", "device_class", "source"] {
        let kept = "window = [\"2026-01-06\", \"2026-01-07T12:00\"]\n";
        let asked = format!("[anomalies.outage_gap]\nk = 1\nby = \"{by}\"\nhours = 30\n{kept}");
        let dirty = world(&format!("{SMALL}{}{asked}", output("ndjson")));
        let (set, twin) =
            (made(&dirty), made(&crate::world(&format!("{SMALL}{}", output("ndjson")))));
        let (incidents, _) = labels(&set);
        let [from, until] = ["window_start", "window_end"].map(|end| incidents[0][end].to_string());
        let params: Value =
            serde_json::from_value(incidents[0]["params"].clone()).expect("an object");
        let value = params["dimension"].as_str().and_then(|told| told.split_once('='));
        let is_lost = |event: &Value| {
            let time = event["event_time"].to_string();
            let of_value = value.is_none_or(|(column, value)| event[column] == value);
            of_value && from <= time && time < until
        };
        let (left, all) = (lines(&set, "events"), lines(&twin, "events"));
        assert!(!left.iter().any(is_lost), "{by}");
        assert!(
            *"\"2026-01-06" <= *from && *until <= *"\"2026-01-07T12:00:00.000001",
            "{from} {until}"
        );
        let kept: Vec<&Value> = all.iter().filter(|event| !is_lost(event)).collect();
        assert!(by != "all" || kept.len() < all.len());
        assert!(left.iter().eq(kept), "{by}");
    }
}

/// What a label says of an incident, as a time or as a parameter.
fn window(incident: &Value) -> (String, String) {
    let end = |name: &str| incident[name].as_str().expect("a time").to_owned();
    (end("window_start"), end("window_end"))
}

/// For all times that an outage leaves empty, whatever else goes wrong, overlapping or not: nothing is there, neither of those who come
/// only because of it nor of what is copied, moved or dated there; and nobody else's rows are missing in it.
#[test]
fn what_is_empty_is_empty() {
    for (by, kept, overlaps) in [
        ("all", "hours = 20", false),
        ("all", "hours = 20", true),
        ("country", "hours = 30", true),
        ("source", "hours = 30", false),
    ] {
        let others = built().filter(|kind| kind.formats == Formats::All && kind.unit != Unit::File);
        let others = others.filter(|kind| !["outage_gap", "traffic_burst"].contains(&kind.id));
        let asked: Vec<String> =
            others.map(|kind| format!("[anomalies.{}]\nk = 1\n", kind.id)).collect();
        let asked = format!(
            "[anomalies]\noverlaps = {overlaps}\n[anomalies.outage_gap]\nk = 2\nby = \"{by}\"\n{kept}\n[anomalies.traffic_burst]\nk = 1\nhours = 48\n{}",
            asked.concat()
        );
        let set = made(&world(&format!("{SMALL}{}{asked}", output("ndjson"))));
        let (incidents, members) = labels(&set);
        let events = lines(&set, "events");
        let outages: Vec<&Value> =
            incidents.iter().filter(|one| one["kind"] == "outage_gap").collect();
        assert_eq!(outages.len(), 2);
        for outage in outages {
            let (from, until) = window(outage);
            let params: Value =
                serde_json::from_value(outage["params"].clone()).expect("an object");
            let value = params["dimension"].as_str().and_then(|told| told.split_once('='));
            let is_lost = |event: &&Value| {
                let time = event["event_time"].as_str().unwrap_or_default();
                let of_value = value.is_none_or(|(column, value)| event[column] == value);
                of_value && *from <= *time && *time < *until
            };
            let left: Vec<&Value> = events.iter().filter(is_lost).collect();
            assert!(left.is_empty(), "{by} {from} {until}: {left:#?}");
            assert!(
                members.iter().any(|member| member["anomaly_id"] == outage["anomaly_id"]),
                "{outage}"
            );
        }
        let came = members.iter().filter(|one| one["op"] == "insert" && one["table"] == "sessions");
        assert!(came.count() > 3, "somebody comes all the same");
    }
}

/// For all incidents that overlap, what an outage took is left alone by all others, and the labels undone give the clean twin.
#[test]
fn what_is_gone_is_left_alone() {
    let asked = "[anomalies]\noverlaps = true\n[anomalies.outage_gap]\nk = 2\nhours = 20\n[anomalies.drift]\nk = 1\nhours = 90\nshare = 1.0\n\
                 [anomalies.bad_deployment]\nk = 2\nhours = 90\nshare = 1.0\n[anomalies.dup_exact]\nk = 40\n";
    let text = format!("{SMALL}{}", output("ndjson"));
    let set = made(&world(&format!("{text}{asked}")));
    let (incidents, members) = labels(&set);
    let of_kind = |kind: &str| {
        let of = incidents.iter().filter(|one| one["kind"] == kind);
        of.map(|one| one["anomaly_id"].as_str().expect("an id")).collect::<BTreeSet<_>>()
    };
    let outages = of_kind("outage_gap");
    let is_outage = |one: &&Value| outages.contains(one["anomaly_id"].as_str().expect("an id"));
    let (gone, others): (Vec<&Value>, Vec<&Value>) = members.iter().partition(is_outage);
    let row = |one: &&Value| (one["table"].to_string(), one["row_uid"].to_string());
    let lost: BTreeSet<_> = gone.iter().map(row).collect();
    assert_eq!(lost.len(), gone.len());
    assert!(lost.len() > 500 && others.len() > 500, "{} {}", lost.len(), others.len());
    let touched: Vec<_> = others.iter().filter(|one| lost.contains(&row(one))).collect();
    assert!(touched.is_empty(), "{touched:#?}");
    let clean = world(&text);
    assert!(bytes(&patched(Direction::Invert, &set, &set, &clean)) == bytes(&made(&clean)));
}

/// For all kinds that touch the window as a whole, the incidents of a smaller number are among those of a greater one, and touch the same.
#[test]
fn fewer_are_among_more() {
    let text = "seed = 6\ndays = 4\nevents = \"4K\"\nbudget = \"2K\"\n";
    for kind in built().filter(|kind| kind.unit == Unit::Window) {
        let lasting = if kind.param("hours").is_some() { "hours = 40\n" } else { "" };
        let of = |k: u64| {
            let asked = format!("[anomalies.{}]\nk = {k}\n{lasting}", kind.id);
            let (incidents, members) =
                labels(&made(&world(&format!("{text}{}{asked}", output("ndjson")))));
            let id = |one: &Value, name: &str| one.get(name)?.as_str().map(str::to_owned);
            let mut touched: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
            let mut parents = BTreeMap::new();
            for one in &incidents {
                let own = id(one, "anomaly_id").expect("an id");
                let of = id(one, "parent_id").unwrap_or_else(|| own.clone());
                touched.entry(of.clone()).or_default();
                parents.insert(own, of);
            }
            for member in members {
                let of = &parents[&id(&member, "anomaly_id").expect("an id")];
                // Where a row stands is a matter of all that was done.
                let what = ["table", "role", "op", "column", "row_uid", "original", "injected"];
                let told = what.map(|name| member[name].to_string()).join(" ");
                touched.get_mut(of).expect("told").insert(told);
            }
            touched
        };
        let (few, many) = (of(2), of(6));
        assert_eq!((few.len(), many.len()), (2, 6), "{}", kind.id);
        for (id, touched) in few {
            assert!(many.get(&id) == Some(&touched), "{}: {id}", kind.id);
        }
    }
}

/// For all sets, however small, what is about somebody is about somebody who is there.
#[test]
fn somebody_is_one_of_them() {
    for users in 1..=3 {
        let asked = "[anomalies.bad_deployment]\nk = 1\nhours = 96\nshare = 1.0\ncolumns = [\"events.page_path\"]\n";
        let text = format!("seed = 3\ndays = 4\nusers = {users}\n{}{asked}", output("ndjson"));
        let (incidents, _) = labels(&made(&world(&text)));
        assert!(incidents.iter().any(|one| one["kind"] == "missing_value"), "{users}");
    }
}

/// For all incidents of the window as a whole, each touches something: as many as were asked for, in data sets of several ranges too,
/// and the same in shards.
#[test]
fn each_touches_something() {
    let asked = "[anomalies.outage_gap]\nk = 6\nhours = 0.5\nby = \"country\"\n[anomalies.drift]\nk = 6\nhours = 2\nshare = 0.3\n\
                 [anomalies.bad_deployment]\nk = 6\nhours = 1\n";
    for seed in [1, 2] {
        let many = MANY.replace("seed = 6", &format!("seed = {seed}"));
        let world = world(&format!("{many}{}{asked}", output("ndjson")));
        let set = made(&world);
        let (incidents, members) = labels(&set);
        let of = |one: &Value, name: &str| one.get(name).and_then(Value::as_str).map(str::to_owned);
        let parents: BTreeMap<String, String> = incidents
            .iter()
            .filter_map(|one| Some((of(one, "anomaly_id")?, of(one, "parent_id")?)))
            .collect();
        let touched: BTreeSet<String> = members
            .iter()
            .filter_map(|one| of(one, "anomaly_id"))
            .map(|id| parents.get(&id).cloned().unwrap_or(id))
            .collect();
        let told: BTreeSet<String> = incidents
            .iter()
            .filter(|one| one.get("parent_id").is_none())
            .filter_map(|one| of(one, "anomaly_id"))
            .collect();
        assert_eq!(told.len(), 18);
        assert_eq!(told, touched);
        let whole = DataSet::make(&world, 2, None).digests();
        let shards = (0..2).flat_map(|shard| DataSet::make(&world, 1, Some((shard, 2))).digests());
        let parts: BTreeMap<String, String> =
            shards.filter(|(path, _)| whole.contains_key(path)).collect();
        let of_tables = whole.into_iter().filter(|(path, _)| path != "truth/answers.json");
        assert_eq!(parts, of_tables.collect::<BTreeMap<_, _>>());
    }
}

/// For all bursts and crawlers, nobody is there beyond the time that they are kept to, and a label says how many pages were seen.
#[test]
fn guests_are_gone_in_time() {
    let asked = "[anomalies.traffic_burst]\nk = 1\nhours = 0.1\ntimes = 90\n\
                 [anomalies.bot_sessions]\nk = 9\ngap_ms = 10000\npages = 900\nwindow = [\"2026-01-06T12:00\", \"2026-01-06T12:30\"]\n";
    let set = made(&world(&format!("{MANY}{}{asked}", output("ndjson"))));
    let (incidents, members) = labels(&set);
    let mut seen = 0;
    for incident in &incidents {
        let mine: Vec<Value> = members
            .iter()
            .filter(|one| one["anomaly_id"] == incident["anomaly_id"] && one["table"] == "events")
            .map(|one| {
                serde_json::from_str(one["injected"].as_str().expect("a row")).expect("JSON")
            })
            .collect();
        let (from, until) = if incident["kind"] == "traffic_burst" {
            window(incident)
        } else {
            assert_eq!(incident["effect_size"].as_f64(), Some(mine.len() as f64), "{incident}");
            ("2026-01-06T12:00".to_owned(), "2026-01-06T12:30".to_owned())
        };
        for event in &mine {
            let time = event["event_time"].as_str().expect("a time");
            assert!(*from <= *time && *time < *until, "{from} {time} {until}");
        }
        seen += mine.len();
    }
    assert!(incidents.len() == 10 && seen > 500, "{seen}");
}

/// For all numbers of outages that the time has no rows for, that is said with the number that can be had.
#[test]
fn outages_of_nothing_are_none() {
    let asked = "[anomalies.outage_gap]\nk = 400\nhours = 0.05\nby = \"source\"\n";
    let few = format!("seed = 5\ndays = 4\nusers = 6\n{}", output("ndjson"));
    let world = world(&format!("{few}{asked}"));
    let dir: TempDir = tempfile::tempdir().expect("a folder");
    let run = Run { threads: 2, shard: None };
    let outcome = engine::generate(&world, &plan(&world), &run, dir.path(), &Unwatched, &GO_ON);
    let Err(Error::Anomalies(problems)) = outcome else { panic!("{outcome:?}") };
    let told = problems.to_string();
    assert!(told.contains("400 of `outage_gap` are asked for, and "), "{told}");
    assert!(told.contains(" windows can carry one"), "{told}");
    let (_, number) = told.split_once(", and ").expect("told");
    let number: usize = number.split(' ').next().and_then(|told| told.parse().ok()).expect("it");
    let asked = asked.replace("400", &number.to_string());
    let (incidents, _) = labels(&made(&crate::world(&format!("{few}{asked}"))));
    assert_eq!(incidents.len(), number);
}

/// For all numbers that are more than the window as a whole can be asked for, that is said before anything is made.
#[test]
fn there_is_a_most() {
    for (asked, says) in [
        ("k = 10001", "at most 10000"),
        ("per_hour = 999", "comes to 95904 in 96 hours"),
        ("k = 10000", ""),
    ] {
        let world = world(&format!("{SMALL}[anomalies.drift]\n{asked}\n"));
        match Spec::of(&world) {
            Err(problems) => {
                let told = problems.to_string();
                assert!(!says.is_empty() && told.contains(says), "{told}");
            }
            Ok(_) => assert_eq!(says, "", "{asked}"),
        }
    }
}

/// For all that touches the window as a whole: more rows of a range than labels can be held for are refused, before anything is written.
#[test]
fn what_strikes_too_much_is_refused() {
    let asked = "[anomalies.bot_sessions]\nk = 4000\npages = 2000\n";
    let world = world(&format!("seed = 5\ndays = 4\nusers = 6\n{asked}"));
    let dir: TempDir = tempfile::tempdir().expect("a folder");
    let run = Run { threads: 2, shard: None };
    let outcome = engine::generate(&world, &plan(&world), &run, dir.path(), &Unwatched, &GO_ON);
    let Err(Error::Anomalies(problems)) = outcome else { panic!("{outcome:?}") };
    let told = problems.to_string();
    assert!(told.contains("`bot_sessions` above all, strikes "), "{told}");
    assert!(told.contains(" rows of a range of users, and 2500000 can be labelled"), "{told}");
    assert!(std::fs::read_dir(dir.path()).expect("read").next().is_none());
}
