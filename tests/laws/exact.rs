//! What kinds do that show in the habits of many: exactly what their labels say, and what they claim.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use tempfile::TempDir;
use throng::patch::Direction;

use crate::anomalies::{bytes, failing, labels, lines, made, patched};
use crate::{DataSet, world};

const SMALL: &str = "16K";
const REST: &str = "[output]\nformat = \"ndjson\"\ncompression = \"none\"\n";

/// The tables that any of them touches, with their keys.
const TABLES: [(&str, &str); 7] = [
    ("events", "event_id"),
    ("users", "user_id"),
    ("devices", "device_id"),
    ("sessions", "session_id"),
    ("orders", "order_id"),
    ("payments", "payment_id"),
    ("consents", "consent_id"),
];

type Row = Map<String, Value>;
type Rows = BTreeMap<(&'static str, String), Row>;

fn rows(set: &TempDir) -> Rows {
    let mut rows = Rows::new();
    for (table, key) in TABLES {
        for line in lines(set, table) {
            let id = line[key].as_str().expect("a key").to_owned();
            rows.insert((table, id), line.as_object().expect("an object").clone());
        }
    }
    rows
}

fn text<'v>(of: &'v Value, name: &str) -> &'v str {
    of[name].as_str().unwrap_or_default()
}

/// What is asked for, with what it is different from.
struct Pair {
    rows: Rows,
    twin: Rows,
    incidents: Vec<Value>,
    members: Vec<Value>,
}

impl Pair {
    /// The twin and what is made of it, once it is seen that the labels say all that is different, and nothing else: cell by cell, row by
    /// row, both ways, and byte for byte as a patch; with checks that find it where it is labelled and nowhere else.
    fn of(events: &str, asked: &str) -> Self {
        let scenario = format!("seed = 3\ndays = 4\nevents = \"{events}\"\n{REST}");
        let (clean, dirty) = (world(&scenario), world(&format!("{scenario}{asked}")));
        let (twin, set) = (made(&clean), made(&dirty));
        let undone = patched(Direction::Invert, &set, &set, &clean);
        assert!(bytes(&undone) == bytes(&twin), "undone, it is not the twin: {asked}");
        let done = patched(Direction::Apply, &twin, &set, &dirty);
        assert!(bytes(&done) == bytes(&set), "applied, it is not the set: {asked}");
        let alone = DataSet::make(&dirty, 1, None).digests();
        assert_eq!(DataSet::make(&dirty, 5, None).digests(), alone, "{asked}");
        let families = ["files", "keys", "consent", "anomalies"];
        assert_eq!(
            failing(&families, (&set, &dirty), Some(&twin)),
            Vec::<String>::new(),
            "{asked}"
        );
        assert_eq!(failing(&families, (&twin, &clean), None), Vec::<String>::new(), "clean");
        let (incidents, members) = labels(&set);
        let pair = Self { rows: rows(&set), twin: rows(&twin), incidents, members };
        assert_eq!(pair.told(), pair.different(), "{asked}");
        pair
    }

    /// What the labels say: cells with what was and is, and rows that came and went.
    fn told(&self) -> BTreeSet<String> {
        let mut told = BTreeSet::new();
        for member in &self.members {
            let table = text(member, "table");
            let (clean, dirty) = (text(member, "pk_clean"), text(member, "pk_dirty"));
            let new = match (text(member, "op"), member.get("column")) {
                ("update", None) => true,
                ("update", Some(column)) => {
                    let [was, is] = ["original", "injected"].map(|name| text(member, name));
                    let column = column.as_str().expect("a name");
                    told.insert(format!("{table} {dirty} {column}: {was} -> {is}"))
                }
                ("insert", _) => told.insert(format!("{table} {dirty} came")),
                ("delete", _) => told.insert(format!("{table} {clean} went")),
                other => panic!("{other:?}"),
            };
            assert!(new, "told twice: {member}");
        }
        told
    }

    /// What is different.
    fn different(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for ((table, key), row) in &self.rows {
            let Some(was) = self.twin.get(&(*table, key.clone())) else {
                found.insert(format!("{table} {key} came"));
                continue;
            };
            for column in row.keys().chain(was.keys()).collect::<BTreeSet<_>>() {
                let told = |of: &Row| of.get(column).map_or(String::new(), Value::to_string);
                let (was, is) = (told(was), told(row));
                if was != is {
                    found.insert(format!("{table} {key} {column}: {was} -> {is}"));
                }
            }
        }
        let gone = self.twin.keys().filter(|key| !self.rows.contains_key(*key));
        found.extend(gone.map(|(table, key)| format!("{table} {key} went")));
        found
    }

    /// The incidents of a kind, each with its members that are no mere context.
    fn of_kind(&self, kind: &str) -> Vec<(&Value, Vec<&Value>)> {
        let of = self.incidents.iter().filter(|one| one["kind"] == kind);
        let members = |one: &Value| {
            let all =
                self.members.iter().filter(|member| member["anomaly_id"] == one["anomaly_id"]);
            all.collect()
        };
        of.map(|one| (one, members(one))).collect()
    }

    fn row(&self, table: &'static str, key: &str) -> &Row {
        &self.rows[&(table, key.to_owned())]
    }

    /// All rows of a table.
    fn all<'p>(&'p self, table: &'p str) -> impl Iterator<Item = &'p Row> {
        self.rows.iter().filter(move |((of, _), _)| *of == table).map(|(_, row)| row)
    }
}

/// Members of a table, as the rows that they are now.
fn named<'p>(pair: &'p Pair, members: &[&Value], table: &'static str) -> Vec<&'p Row> {
    let of = members.iter().filter(|member| member["table"] == table);
    let keys: BTreeSet<&str> = of.map(|member| text(member, "pk_dirty")).collect();
    keys.into_iter().map(|key| pair.row(table, key)).collect()
}

/// For all drifts, the network that the label names has more of the visits that begin in the window than in the twin, no visit moves
/// anywhere else, and none that begins outside; its events go with it.
#[test]
fn a_drift_moves_visits_to_one_network() {
    for how in ["abrupt", "gradual"] {
        let pair =
            Pair::of(SMALL, &format!("[anomalies.drift]\nk = 1\nhours = 30\nhow = \"{how}\"\n"));
        let all = pair.of_kind("drift");
        let [(drift, members)] = &all[..] else { panic!("{} drifts", all.len()) };
        let network = &drift["params"]["network"];
        let [from, until] = ["window_start", "window_end"].map(|end| text(drift, end));
        assert!(members.len() > 10, "{members:?}");
        for member in members {
            assert_eq!((text(member, "column"), text(member, "op")), ("network", "update"));
            assert_eq!(text(member, "injected"), network.to_string());
            let row = pair.row(
                if member["table"] == "events" { "events" } else { "sessions" },
                text(member, "pk_dirty"),
            );
            let visit = pair.row("sessions", row["session_id"].as_str().expect("an id"));
            let started = visit["started_at"].as_str().expect("a moment");
            assert!((from..until).contains(&started), "{started} is not in {from}..{until}");
            assert_eq!(visit["network"], *network);
        }
    }
}

/// For all referral spam, short visits come from so many sites at most, which the twin never names, and each names its site in the
/// session and in its first event.
#[test]
fn referral_spam_comes_from_sites_that_nobody_knows() {
    let pair = Pair::of(SMALL, "[anomalies.referral_spam]\nk = 12\nsites = 2\n");
    let known: BTreeSet<&str> =
        pair.twin.values().filter_map(|row| row.get("referrer")?.as_str()).collect();
    let mut sites = BTreeSet::new();
    let all = pair.of_kind("referral_spam");
    assert_eq!(all.len(), 12);
    for (_, members) in &all {
        assert_eq!(members.len(), 2, "{members:?}");
        let visit = named(&pair, members, "sessions")[0];
        let event = named(&pair, members, "events")[0];
        let site = visit["referrer"].as_str().expect("a site");
        assert_eq!(
            (&visit["referrer"], event["session_seq"].as_u64()),
            (&event["page_referrer"], Some(1))
        );
        assert!(visit["page_views"].as_u64().expect("a count") <= 3 && !known.contains(site));
        sites.insert(site);
    }
    assert!((1..=2).contains(&sites.len()), "{sites:?}");
}

/// For all outages, rows only go, and they are events of the window.
#[test]
fn an_outage_takes_events_of_its_window_alone() {
    let pair = Pair::of(SMALL, "[anomalies.outage_gap]\nk = 1\nhours = 9\n");
    let all = pair.of_kind("outage_gap");
    let [(outage, members)] = &all[..] else { panic!("{} outages", all.len()) };
    let [from, until] = ["window_start", "window_end"].map(|end| text(outage, end));
    assert!(members.len() > 100);
    for member in members {
        assert_eq!((text(member, "op"), text(member, "table")), ("delete", "events"));
        let was = &pair.twin[&("events", text(member, "pk_clean").to_owned())];
        assert!((from..until).contains(&was["event_time"].as_str().expect("a moment")));
    }
}

/// For all runs of card testing, there are three tries at least, all of them in the visit and in the window, declined, each of a checkout
/// of its own; also where a run would last longer than most visits.
#[test]
fn cards_are_tested_within_a_visit() {
    for (attempts, gap) in [(3, 0.5), (24, 20.0)] {
        let asked = format!("variants = [\"card_testing\"]\nattempts = {attempts}\ngap_s = {gap}");
        let pair = Pair::of(SMALL, &format!("[anomalies.fraud_pattern]\nk = 4\n{asked}\n"));
        let all = pair.of_kind("fraud_pattern");
        assert_eq!(all.len(), 4);
        for (of, members) in &all {
            assert_eq!(of["params"]["variant"], "card_testing");
            let visits = named(&pair, members, "sessions");
            let [visit] = visits[..] else { panic!("{visits:?}") };
            let tries = named(&pair, members, "payments");
            assert!(tries.len() >= 3 && of["effect_size"].as_f64() == Some(tries.len() as f64));
            let checkouts: BTreeSet<&str> =
                tries.iter().filter_map(|one| one["checkout_id"].as_str()).collect();
            assert_eq!(checkouts.len(), tries.len());
            for one in tries {
                let at = one["attempted_at"].as_str().expect("a moment");
                let [from, until] =
                    ["started_at", "ended_at"].map(|end| visit[end].as_str().expect("a moment"));
                assert!((from..=until).contains(&at) && at < "2026-01-09", "{at}: {visit:?}");
                assert_eq!(
                    (&one["session_id"], &one["status"]),
                    (&visit["session_id"], &"declined".into())
                );
            }
        }
    }
}

/// For all accounts that are taken over, somebody who was known before buys in a visit on a device that nobody had, from a country that
/// the person is in at no other time; nothing else that the person has is touched but the old device's last day.
#[test]
fn accounts_are_taken_over_from_elsewhere() {
    let pair =
        Pair::of("40K", "[anomalies.fraud_pattern]\nk = 3\nvariants = [\"account_takeover\"]\n");
    let all = pair.of_kind("fraud_pattern");
    assert_eq!(all.len(), 3);
    for (of, members) in &all {
        assert_eq!(of["params"]["variant"], "account_takeover");
        let sessions = named(&pair, members, "sessions");
        let [visit] = sessions[..] else { panic!("{sessions:?}") };
        let device = visit["device_id"].as_str().expect("an id");
        assert!(!pair.twin.contains_key(&("devices", device.to_owned())));
        let holder = pair.row("devices", device);
        assert_eq!(
            (&holder["first_seen"], &holder["last_seen"]),
            (&visit["started_at"], &visit["ended_at"])
        );
        let user = &holder["user_id"];
        assert_eq!(visit["user_id"], *user);
        let own: Vec<&Value> = pair
            .all("devices")
            .filter(|row| row["user_id"] == *user)
            .map(|row| &row["device_id"])
            .collect();
        let others: Vec<&Row> = pair
            .all("sessions")
            .filter(|row| {
                own.contains(&&row["device_id"]) && row["session_id"] != visit["session_id"]
            })
            .collect();
        let before = |row: &&&Row| {
            row["ended_at"].as_str() < visit["started_at"].as_str()
                && row.get("user_id") == Some(user)
        };
        assert!(others.iter().filter(before).count() > 0, "{visit:?}");
        assert!(others.iter().all(
            |row| row["country"] != visit["country"] && row["device_id"] != visit["device_id"]
        ));
        let orders = named(&pair, members, "orders");
        assert!(
            !orders.is_empty()
                && orders.iter().all(|order| {
                    (&order["session_id"], &order["device_id"], &order["user_id"])
                        == (&visit["session_id"], &visit["device_id"], user)
                })
        );
    }
}

/// For all promotion rings, four accounts at least buy from one address with one coupon within so many hours.
#[test]
fn rings_redeem_one_coupon_at_one_address() {
    let asked = "[anomalies.fraud_pattern]\nk = 1\nvariants = [\"promotion_ring\"]\naccounts = 4\nhours = 72\n";
    let pair = Pair::of("60K", asked);
    let all = pair.of_kind("fraud_pattern");
    let [(ring, members)] = &all[..] else { panic!("{} rings", all.len()) };
    assert_eq!(ring["params"]["variant"], "promotion_ring");
    let users = named(&pair, members, "users");
    assert!(users.len() >= 4 && ring["effect_size"].as_f64() == Some(users.len() as f64));
    let ids: Vec<&Value> = users.iter().map(|user| &user["user_id"]).collect();
    let visits = named(&pair, members, "sessions");
    let places: BTreeSet<(&str, &str)> = visits
        .iter()
        .map(|visit| {
            (visit["ip"].as_str().expect("an address"), visit["city"].as_str().expect("a city"))
        })
        .collect();
    assert_eq!((places.len(), visits.len()), (1, users.len()));
    for visit in visits {
        let coupon = &ring["params"]["coupon"];
        let redeems = |order: &&Row| {
            order["session_id"] == visit["session_id"]
                && order.get("coupon") == Some(coupon)
                && ids.contains(&&order["user_id"])
        };
        assert_eq!(pair.all("orders").filter(redeems).count(), 1, "{visit:?}");
    }
}
