//! Models and schemas of one's own.

use serde_json::Value;
use throng::assets::Assets;
use throng::scenario::World;

use crate::{DataSet, overlaid, shipped, world_of};

const SMALL: &str =
    "seed = 3\ndays = 6\nusers = 500\n[output]\nformat = \"ndjson\"\ncompression = \"none\"\n";

fn small(assets: &Assets) -> World {
    world_of(SMALL, assets)
}

fn made(assets: &Assets) -> DataSet {
    DataSet::make(&small(assets), 2, None)
}

/// A persona's text with another share.
fn with_share(text: &str, share: f64) -> String {
    let line = text.lines().find(|line| line.starts_with("share")).expect("a share");
    text.replacen(line, &format!("share = {share}"), 1)
}

/// For all personas whom the mix gives no one, and wherever their names stand in the alphabet: their files move no byte.
#[test]
fn a_persona_without_people_moves_no_byte() {
    let nobody = with_share(&shipped("personas/people/remote_dad.toml"), 0.0);
    let before = made(&Assets::embedded()).digests();
    for path in ["people/aaron.toml", "people/nobody.toml", "people/zoe.toml"] {
        let after = made(&overlaid(&[(path, &nobody)])).digests();
        assert_eq!(before, after, "{path}");
    }
}

/// The events without a member, each with what the member was.
fn without(events: Vec<Value>, member: &str) -> (Vec<Value>, Vec<Value>) {
    let take = |mut event: Value| {
        let taken = event.as_object_mut().and_then(|object| object.remove(member));
        (event, taken.unwrap_or_default())
    };
    events.into_iter().map(take).unzip()
}

/// For all fields added to the event table, wherever they stand: every other column and every other table stays as it was.
#[test]
fn a_field_more_leaves_all_columns_equal() {
    let before = made(&Assets::embedded());
    let table = shipped("schemas/tables/events.toml");
    let field = "[[field]]\nname = \"system\"\ntype = \"enum\"\nprivacy = \"public\"\nfrom = \"device.os\"\ndoc = \"As `os`.\"\n\n";
    let (head, tail) = table.split_at(table.find("[[field]]").expect("a field"));
    for text in [format!("{head}{field}{tail}"), format!("{table}\n{field}")] {
        let after = made(&overlaid(&[("schemas/tables/events.toml", &text)]));
        let (rest, systems) = without(after.rows("events"), "system");
        let events = before.rows("events");
        assert!(events.iter().zip(&systems).all(|(event, system)| event["os"] == *system));
        same(&events, &rest);
        let others = |set: &DataSet| {
            let mut digests = set.digests();
            digests.retain(|path, _| !path.starts_with("events/"));
            digests
        };
        assert_eq!(others(&before), others(&after));
    }
}

/// For all properties added to an event type: every other property, column and table stays as it was.
#[test]
fn a_property_more_leaves_all_else_equal() {
    let before = made(&Assets::embedded());
    let event = shipped("schemas/events/product_viewed.toml");
    let property = "\n[properties.mood]\ntype = \"enum\"\nprivacy = \"public\"\nvalues = { glad = 0.6, sad = 0.4 }\ndoc = \"How it felt.\"\n";
    let after =
        made(&overlaid(&[("schemas/events/product_viewed.toml", &format!("{event}{property}"))]));
    let mut moods = 0;
    let take = |mut event: Value| {
        let properties = event.get_mut("properties").and_then(Value::as_object_mut);
        let mood = properties.and_then(|properties| properties.remove("mood"));
        assert_eq!(mood.is_some(), event["event_name"] == "product_viewed");
        moods += usize::from(mood.is_some_and(|mood| mood == "glad"));
        event
    };
    let rest: Vec<Value> = after.rows("events").into_iter().map(take).collect();
    assert!(moods > 0);
    same(&before.rows("events"), &rest);
    for (path, digest) in before.digests() {
        assert!(path.starts_with("events/") || after.digests()[&path] == digest, "{path}");
    }
}

/// Holds that two lists of rows are equal, and shows the first two that are not.
fn same(before: &[Value], after: &[Value]) {
    assert_eq!(before.len(), after.len());
    let moved = before.iter().zip(after).find(|(before, after)| before != after);
    assert!(moved.is_none(), "{moved:?}");
}

/// How many rows of a table have a value in a column.
fn count(set: &DataSet, table: &str, column: &str, value: &str) -> usize {
    set.rows(table).iter().filter(|row| row[column] == value).count()
}

/// A persona is one file: it takes its share of the crowd, and the others theirs of the rest.
#[test]
fn a_fifth_persona_is_one_file() {
    let fifth = with_share(&shipped("personas/people/remote_dad.toml"), 0.3);
    let set = made(&overlaid(&[("people/night_owl.toml", &fifth)]));
    let people = count(&set, "truth/personas", "persona", "night_owl");
    // 0.3 of 1.3: 115 of 500, give or take four standard errors.
    assert!(people.abs_diff(115) < 38, "{people} night owls");
}

/// A device is one file.
#[test]
fn a_new_device_is_one_file() {
    let phone = shipped("personas/devices/mobile_chrome.toml");
    let line = phone.lines().find(|line| line.starts_with("share")).expect("a share");
    let phone = phone.replacen(line, "share = 0.9", 1);
    let set = made(&overlaid(&[("devices/mobile_fold.toml", &phone)]));
    assert!(count(&set, "devices", "profile", "mobile_fold") > 20);
}

/// A source is one file.
#[test]
fn a_new_source_is_one_file() {
    let radio = format!("share = 0.4\n{}", shipped("personas/sources/referral.toml"));
    let set = made(&overlaid(&[("sources/radio.toml", &radio)]));
    assert!(count(&set, "sessions", "source", "radio") > 20);
}

/// A journey is one file.
#[test]
fn a_new_journey_is_one_file() {
    let idle = format!("share = 0.4\n{}", shipped("personas/journeys/mobile_conversion.toml"));
    let set = made(&overlaid(&[("journeys/idle.toml", &idle)]));
    assert!(count(&set, "journeys", "kind", "idle") > 20);
}
