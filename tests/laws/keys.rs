//! Keys and references of the files as written.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

use crate::{DataSet, world};

/// A table's rows by its name.
fn tables(scenario: &str) -> (throng::scenario::World, BTreeMap<String, Vec<Value>>) {
    let world =
        world(&format!("{scenario}[output]\nformat = \"ndjson\"\ncompression = \"none\"\n"));
    let made = DataSet::make(&world, 2, None);
    let names = world.wanted_tables().map(|table| table.name.clone());
    let rows = names.map(|name| (name.clone(), made.rows(&name))).collect();
    (world, rows)
}

const SMALL: &str = "seed = 19\ndays = 9\nevents = \"6K\"\nbudget = \"2K\"\n";

/// For all tables, over all ranges: no two rows have the same key.
#[test]
fn keys_are_unique() {
    let (world, rows) = tables(SMALL);
    for table in world.wanted_tables() {
        let rows = &rows[&table.name];
        assert!(!rows.is_empty(), "{} has no rows", table.name);
        let mut seen = HashSet::new();
        for row in rows {
            let key: Vec<String> = table.key.iter().map(|field| row[field].to_string()).collect();
            assert!(!key.is_empty() && !key.contains(&"null".to_owned()), "{}", table.name);
            assert!(seen.insert(key), "{}: {row}", table.name);
        }
    }
}

/// For all fields that refer to another, every value is one of the other's.
#[test]
fn no_reference_is_an_orphan() {
    let (world, rows) = tables(SMALL);
    let mut references = 0;
    for table in world.wanted_tables() {
        for field in &table.fields {
            let Some((other, key)) = &field.reference else { continue };
            let known: HashSet<&str> =
                rows[other].iter().filter_map(|row| row[key].as_str()).collect();
            let values = rows[&table.name].iter().filter_map(|row| row[&field.name].as_str());
            let orphan = values.clone().find(|value| !known.contains(value));
            assert_eq!(orphan, None, "{}.{}", table.name, field.name);
            assert!(values.count() > 0, "{}.{} never refers", table.name, field.name);
            references += 1;
        }
    }
    assert!(references > 20, "only {references} references");
}

/// For all events on a desktop, no gesture is a touch's.
#[test]
fn nobody_swipes_on_a_desktop() {
    let (_, rows) = tables(SMALL);
    let mut gestures = BTreeMap::<&str, usize>::new();
    for event in &rows["events"] {
        if let Some(gesture) = event["properties"]["gesture"].as_str() {
            let class = event["device_class"].as_str().expect("a class");
            *gestures.entry(class).or_default() += 1;
            let touch = ["swipe", "tap", "pinch", "long_press"].contains(&gesture);
            assert!(class != "desktop" || !touch, "{event}");
            assert!(class != "mobile" || !["hover", "click", "key"].contains(&gesture), "{event}");
        }
    }
    assert_eq!(gestures.keys().copied().collect::<Vec<_>>(), ["desktop", "mobile", "tablet"]);
}

/// For all sessions, the events' places in it are 1, 2, 3, … as the schema says, and as many as the session says.
#[test]
fn places_in_a_session_begin_at_one_without_gaps() {
    let (_, rows) = tables(SMALL);
    let mut places = BTreeMap::<&str, Vec<i64>>::new();
    for event in &rows["events"] {
        let session = event["session_id"].as_str().expect("a session");
        places.entry(session).or_default().push(event["session_seq"].as_i64().expect("a place"));
    }
    for session in &rows["sessions"] {
        let id = session["session_id"].as_str().expect("an id");
        let mut of_session = places.remove(id).unwrap_or_default();
        of_session.sort_unstable();
        let all: Vec<i64> = (1..=of_session.len() as i64).collect();
        assert_eq!(of_session, all, "{id}");
        assert_eq!(session["events"].as_u64(), Some(of_session.len() as u64), "{session}");
    }
    assert!(places.is_empty(), "events of no session");
}

/// For all orders, whichever piece of work made them: the one event that completes it names it, unless it is a ping, and tells its
/// session, its time of payment, its money, its coupon and its way of paying.
#[test]
fn events_tell_what_the_order_says() {
    // One range of several pieces of work, so that ordinals are moved when the pieces are joined.
    let (_, rows) = tables("seed = 23\ndays = 20\nusers = 1500\n");
    let completed = rows["events"].iter().filter(|event| event["event_name"] == "order_completed");
    let mut events: BTreeMap<String, &Value> = BTreeMap::new();
    let paid = |session: &Value, at: &Value| format!("{session} paid at {at}");
    let mut pings = 0;
    for event in completed {
        let is_ping = event["consent"] == "denied";
        pings += usize::from(is_ping);
        let order = event.get("order_id").and_then(Value::as_str).map(str::to_owned);
        assert_eq!(order.is_none(), is_ping, "{event}");
        let order = order.unwrap_or_else(|| paid(&event["session_id"], &event["event_time"]));
        assert!(events.insert(order.clone(), event).is_none(), "completed twice: {order}");
    }
    assert!(pings > 0, "nobody bought without consent");
    assert!(rows["orders"].len() > 50);
    for order in &rows["orders"] {
        let event = events.remove(order["order_id"].as_str().expect("an id"));
        let event = event.or_else(|| events.remove(&paid(&order["session_id"], &order["paid_at"])));
        let event = event.unwrap_or_else(|| panic!("no event completes {order}"));
        let pairs = [
            ("session_id", "session_id"),
            ("event_time", "paid_at"),
            ("value", "total"),
            ("tax", "tax"),
            ("shipping", "shipping"),
            ("discount", "discount"),
            ("currency", "currency"),
            ("coupon", "coupon"),
            ("payment_method", "payment_method"),
        ];
        for (of_event, of_order) in pairs {
            assert_eq!(event.get(of_event), order.get(of_order), "{of_event}: {event} {order}");
        }
    }
    assert!(events.is_empty(), "completed, but no order: {events:?}");
}
