//! Who shares what, wherever it stands.

use super::*;

const CITY: &str = "class = \"place\"";

fn cities(place: &Place, file: &str, of: impl Fn(&serde_json::Value) -> String) -> Vec<String> {
    place.lines(file).iter().map(of).collect()
}

#[test]
fn texts_within_texts_are_counted() {
    let place = Place::new();
    let columns = [USER, &line("raw", "class = \"nested\""), &line("raw.city", CITY)].concat();
    let row =
        |user: u32, city: &str| format!(r#"{{"user":{user},"raw":"{{\"city\":\"{city}\"}}"}}"#);
    let rows = [row(1, "Ulm"), row(2, "Ulm"), row(3, "Bonn"), row(3, "Bonn"), row(4, "")];
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let report = place.run(&policy(&columns), &ndjson(&place, &rows), None).expect("done");
    let inner = |row: &serde_json::Value| {
        let raw: serde_json::Value =
            serde_json::from_str(row["raw"].as_str().expect("text")).expect("JSON");
        raw["city"].as_str().expect("text").to_owned()
    };
    let made = cities(&place, "visits/part-00000.ndjson", inner);
    assert_eq!(made, ["Ulm", "Ulm", "OTHER", "OTHER", ""]);
    let privacy = report.tables[0].privacy.clone().expect("counted");
    assert_eq!(privacy.quasi_identifiers, ["raw.city"]);
    assert_eq!((privacy.subjects, privacy.k), (4, Some(1)), "who says nothing stands alone");

    // Parquet says the same.
    let users: ArrayRef = Arc::new(StringArray::from(vec!["1", "2", "3", "3", "4"]));
    let raw = ["Ulm", "Ulm", "Bonn", "Bonn", ""].map(|city| format!(r#"{{"city":"{city}"}}"#));
    let raw: ArrayRef = Arc::new(StringArray::from(raw.to_vec()));
    let input = written(&place, &[("user", users), ("raw", raw)]);
    let report = place.run(&policy(&columns), &input, None).expect("done");
    let after = read_back(&place.path("out/visits/part-00000.parquet"));
    let texts = after.column_by_name("raw").expect("there").as_string::<i32>();
    assert_eq!((texts.value(1), texts.value(2)), (r#"{"city":"Ulm"}"#, r#"{"city":"OTHER"}"#));
    assert_eq!(report.tables[0].privacy, Some(privacy));
}

#[test]
fn partitions_are_counted() {
    let place = Place::new();
    let columns = [USER, &line("city", CITY)].concat();
    let files = [("Ulm", "1"), ("Ulm", "2"), ("Bonn", "3")];
    for (at, (city, user)) in files.iter().enumerate() {
        let folder = place.path(&format!("in/visits/city={city}"));
        fs::create_dir_all(&folder).expect("made");
        fs::write(folder.join(format!("{at}.ndjson")), format!("{{\"user\":{user}}}\n"))
            .expect("written");
    }
    let report = place.run(&policy(&columns), &place.path("in"), None).expect("done");
    assert_eq!(report.tables[0].privacy.as_ref().expect("counted").k, Some(1));
    assert_eq!(place.lines("visits/city=Ulm/part-00001.ndjson").len(), 1);
    assert_eq!(place.lines("visits/city=OTHER/part-00000.ndjson").len(), 1);
    assert!(!place.path("out/visits/city=Bonn").exists());
}

#[test]
fn what_stands_in_lists_cannot_be_rare() {
    let place = Place::new();
    for rest in [CITY, "class = \"public\", do = \"keep\", reason = \"x\", sensitive = true"] {
        let columns = [USER, &line("cities[]", rest)].concat();
        let rows = [r#"{"user":1,"cities":["Ulm"]}"#];
        let error =
            place.run(&policy(&columns), &ndjson(&place, &rows), None).expect_err("refused");
        let Error::Asked(problems) = error else { panic!("{error}") };
        assert!(problems.to_string().contains("`cities[]` stands in a list"), "{problems}");
        assert!(!place.path("out").exists());
    }
}

#[test]
fn nothing_shows_before_it_was_counted() {
    let policy = policy(&[USER, &line("city", CITY)].concat());
    let rule = policy.tables[0].rule("city").expect("a rule");
    let realm = policy.realm(None, String::new()).expect("stable");
    let mut change = change::Change::new(rule, &policy, &published(), &realm);
    let (mut out, given) = (String::new(), change::Given::Text("Ulm"));
    assert_eq!(change.make(given, None, &mut out), Ok(change::Made::Text));
    assert_eq!(out, change::OTHER);
    change.common = Some(Arc::new(["Ulm".to_owned()].into()));
    assert_eq!(change.make(given, None, &mut out), Ok(change::Made::Same));
}
