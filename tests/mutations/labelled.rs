//! A labelled data set is broken exactly where its labels say: no less, no more.

use serde_json::{Value, json};
use throng::check::{Outcome, Verdict};

use crate::Sets;
use crate::set::{Row, Set, set, text};

const INCIDENT: &str = "01234567-89ab-4def-8123-000000000001";

/// Labels a row of a table as an incident of a kind: what was done to it, and to which column.
#[expect(clippy::needless_pass_by_value, reason = "made where it is said")]
fn label(set: &mut Set<'_>, kind: &str, op: &str, (table, key): (&str, &str), cells: Value) {
    let incident = json!({
        "anomaly_id": INCIDENT, "kind": kind, "kind_version": 1, "scope": "field", "severity": "critical",
        "detectability": "data", "stage": "fields", "match_rule": "any_member", "tolerance_ms": 0, "params": {},
        "seed_path": "a", "is_decoy": false,
    });
    let mut member = json!({
        "anomaly_id": INCIDENT, "apply_seq": 0, "op": op, "role": "primary", "table": table, "row_uid": "0",
    });
    let member_of = member.as_object_mut().expect("an object");
    if op != "insert" {
        self::set(member_of, "pk_clean", key);
    }
    if op != "delete" {
        self::set(member_of, "pk_dirty", key);
    }
    member_of.extend(cells.as_object().expect("an object").clone());
    let row = |value: &Value| value.as_object().expect("an object").clone();
    set.write("truth/anomalies", &[row(&incident)]);
    set.write("truth/anomaly_members", &[row(&member)]);
}

fn failing(verdicts: &[Verdict]) -> Vec<String> {
    let failing = verdicts.iter().filter(|verdict| verdict.fails());
    failing.map(|verdict| format!("{}: {:?}", verdict.check.id, verdict.evidence)).collect()
}

const FAMILIES: [&str; 3] = ["files", "keys", "anomalies"];

/// A value that is changed and labelled is in nobody's way; unlabelled it fails, and so does a label of what is whole.
#[test]
fn what_is_labelled_is_explained_and_nothing_else() {
    let sets = Sets::new();
    let mut set = sets.lines.copy();
    let pick = |row: &Row| text(row, "event_name") == "product_added";
    let before = set.change_first("events", pick, |row| self::set(row, "quantity", 0));
    let key = text(&before, "event_id").to_owned();
    assert!(!failing(&set.checked(&FAMILIES)).is_empty());

    let cells = json!({"column": "quantity", "original": "1", "injected": "0"});
    label(&mut set, "out_of_range", "update", ("events", &key), cells.clone());
    let verdicts = set.checked(&FAMILIES);
    assert_eq!(failing(&verdicts), Vec::<String>::new());
    let found = verdicts.iter().find(|verdict| verdict.check.id == "anomalies.out_of_range");
    let found = found.expect("a verdict");
    assert_eq!(found.outcome, Outcome::Holds);
    assert!(found.measures.iter().all(|measure| (measure.value, measure.seen) == (1.0, 1)));

    // The label of another row explains nothing, and is no violation itself.
    let mut set = sets.lines.copy();
    set.change_first("events", pick, |row| self::set(row, "quantity", 0));
    let other = set
        .rows("events")
        .into_iter()
        .rfind(|row| pick(row) && text(row, "journey_id") != text(&before, "journey_id"));
    let other = text(&other.expect("another one"), "event_id").to_owned();
    label(&mut set, "out_of_range", "update", ("events", &other), cells);
    let verdicts = set.checked(&["anomalies"]);
    let found = verdicts.iter().find(|verdict| verdict.check.id == "anomalies.out_of_range");
    let told = format!("{:?}", found.expect("a verdict").evidence);
    assert!(told.contains("no label says so") && told.contains("its invariant holds"), "{told}");
}

/// What is missed of a row that was dropped is explained by the whole row in its label: counts of its session and journey, the next
/// event of its session.
#[test]
fn the_wake_of_a_row_that_was_dropped_is_explained() {
    let sets = Sets::new();
    let mut set = sets.lines.copy();
    let mut dropped = None;
    set.rewrite("events", |rows| {
        let at = rows.iter().position(|row| row["session_seq"] == 2).filter(|_| dropped.is_none());
        at.map_or(0, |at| {
            dropped = Some(rows.remove(at));
            1
        })
    });
    let dropped = dropped.expect("an event");
    let key = text(&dropped, "event_id").to_owned();
    let whole = serde_json::to_string(&dropped).expect("JSON");
    label(&mut set, "record_dropped", "delete", ("events", &key), json!({ "original": whole }));
    let verdicts = set.checked(&FAMILIES);
    assert_eq!(failing(&verdicts), Vec::<String>::new());
    let explained =
        verdicts.iter().filter(|verdict| matches!(verdict.outcome, Outcome::Explained(_)));
    assert!(explained.count() >= 2);
}

/// A line that is cut and labelled takes no check with it: the other rows are judged as ever.
#[test]
fn a_line_that_is_cut_is_explained() {
    let sets = Sets::new();
    let mut set = sets.lines.copy();
    let file = set.first_file("events");
    let whole = std::fs::read_to_string(set.path(&file)).expect("text");
    let first = whole.lines().next().expect("a line");
    let row: Row = serde_json::from_str(first).expect("an object");
    std::fs::write(set.path(&file), whole.replacen(first, &first[..first.len() / 2], 1))
        .expect("written");
    set.state("events", &file, None);
    set.entry(&file).rows -= 1;
    set.manifest.tables.iter_mut().for_each(throng::manifest::Table::settle);
    let raw = base64(first.as_bytes());
    let cells = json!({"file_dirty": file, "line_no": 1, "raw_original_b64": raw});
    label(&mut set, "json_truncated", "bytes", ("events", text(&row, "event_id")), cells);
    let verdicts = set.checked(&FAMILIES);
    assert_eq!(failing(&verdicts), Vec::<String>::new());
    let made = verdicts.iter().find(|verdict| verdict.check.id == "keys.session_context");
    assert_eq!(made.expect("a verdict").outcome, Outcome::Holds);
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let held = chunk.iter().fold(0_u32, |held, byte| held << 8 | u32::from(*byte));
        let held = held << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            text.push(DIGITS[(held >> (18 - 6 * place) & 63) as usize] as char);
        }
    }
    text
}
