//! Names of members, files and folders that are somebody's.

use super::*;

const PEOPLE: &str =
    r#"{"user":1,"by":{"ada.byron@example.com":{"n":3},"+49 30 1234567":"x","bo@example.com":4}}"#;

#[test]
fn names_below_a_dropped_path_are_neither_kept_nor_told() {
    let place = Place::new();
    let columns = [USER, &line("by", "class = \"free_text\"")].concat();
    let report = place.run(&policy(&columns), &ndjson(&place, &[PEOPLE]), None).expect("done");
    let paths: Vec<&str> = report.tables[0].columns.iter().map(|one| one.path.as_str()).collect();
    assert_eq!(paths, ["by", "user"]);
    for name in ["privacy.json", "audit.ndjson", "visits/part-00000.ndjson"] {
        let text = fs::read_to_string(place.path("out").join(name)).expect("written");
        assert!(!text.contains("example") && !text.contains("1234567"), "{name}: {text}");
    }
}

#[test]
fn names_without_a_rule_are_not_shown() {
    let place = Place::new();
    let error = place.run(&policy(USER), &ndjson(&place, &[PEOPLE]), None).expect_err("refused");
    let Error::Refused(problems) = error else { panic!("{error}") };
    let told = problems.to_string();
    assert!(told.contains("`by.…` of visits has no rule"), "{told}");
    assert!(told.contains("`\"by\" = { class = \"free_text\""), "{told}");
    assert!(!told.contains("example") && !told.contains("1234567"), "{told}");
    // Nor by what is suggested for a column that is not there.
    let columns = [USER, &line("b", "class = \"free_text\""), &line("by", "class = \"free_text\"")];
    let error = place.run(&policy(&columns.concat()), &ndjson(&place, &[PEOPLE]), None);
    let Err(Error::Asked(problems)) = error else { panic!("refused") };
    assert!(!problems.to_string().contains("example"), "{problems}");
}

/// A name leaves with what stands under it, though that be nothing.
#[test]
fn names_of_empty_objects_need_a_rule() {
    let place = Place::new();
    for row in [r#"{"user":1,"ada@example.com":{}}"#, r#"{"user":1,"extra":[]}"#] {
        let error = place.run(&policy(USER), &ndjson(&place, &[row]), None).expect_err("refused");
        let Error::Refused(problems) = error else { panic!("{error}") };
        assert!(problems.to_string().contains("has no rule"), "{problems}");
        assert!(!problems.to_string().contains("example"), "{problems}");
    }
    let columns = [USER, &line("extra[].n", "class = \"public\", do = \"keep\", reason = \"x\"")];
    let rows = [r#"{"user":1,"extra":[]}"#, r#"{"user":1,"extra":[{}, {"n":1}]}"#];
    place.run(&policy(&columns.concat()), &ndjson(&place, &rows), None).expect("done");
    let lines = place.lines("visits/part-00000.ndjson");
    assert_eq!(
        (lines[0]["extra"].to_string(), lines[1]["extra"].to_string().as_str()),
        ("[]".to_owned(), r#"[{},{"n":1}]"#)
    );
    let text = draft_for(&[ndjson(&place, &rows)], &schemas(), &AtomicBool::new(false));
    let text = text.expect("a draft");
    assert!(text.contains("extra[].n") && !text.contains("\nextra ="), "{text}");
}

#[test]
fn values_below_a_dropped_path_are_looked_for() {
    let place = Place::new();
    let page = line("page", "class = \"public\", do = \"keep\", reason = \"a mistake\"");
    let columns = [USER, &line("by", "class = \"free_text\""), &page].concat();
    let row = r#"{"user":1,"by":{"mail":["ada@example.com"]},"page":"/of/ADA@example.com"}"#;
    let error = place.run(&policy(&columns), &ndjson(&place, &[row]), None).expect_err("a leak");
    let Error::Leaked(finds) = error else { panic!("{error}") };
    assert_eq!(finds[0].what, "a value of `by` of visits, which is dropped");
}

#[test]
fn a_draft_drops_what_names_people() {
    let place = Place::new();
    let inputs = [ndjson(&place, &[PEOPLE])];
    let text = draft_for(&inputs, &schemas(), &AtomicBool::new(false)).expect("a draft");
    assert!(!text.contains("example") && !text.contains("1234567"), "{text}");
    let policy =
        Policy::read("draft.toml", &text, &schemas()).unwrap_or_else(|p| panic!("{p}\n{text}"));
    assert_eq!(policy.tables[0].rule("by.x").map(|rule| rule.act.name()), Some("drop"));
}

#[test]
fn files_that_a_star_stands_for_lose_their_names() {
    let place = Place::new();
    fs::create_dir(place.path("in")).expect("made");
    fs::write(place.path("in/ada@example.com.ndjson"), r#"{"user":1}"#).expect("written");
    let text = policy(USER);
    let mut star = text.clone();
    star.tables[0].name = "*".to_owned();
    let report = place.run(&star, &place.path("in"), None).expect("done");
    assert_eq!(report.tables[0].name, "table-00000");
    assert_eq!(place.lines("table-00000/part-00000.ndjson").len(), 1);
}

#[test]
fn a_table_stays_in_its_folder() {
    for name in ["..", "a/../../b", "/etc", "", "."] {
        let text = format!("version = 1\ndefault = \"deny\"\n[tables.\"{name}\".columns]\n{USER}");
        let problems = Policy::read("policy.toml", &text, &schemas()).expect_err(name);
        assert!(problems.to_string().contains("no name of a table"), "{problems}");
    }
}

#[test]
fn a_line_below_a_dropped_one_is_refused() {
    let columns = [
        USER,
        &line("by", "class = \"free_text\""),
        &line("by.n", "class = \"public\", do = \"keep\", reason = \"a count\""),
    ];
    let text =
        format!("version = 1\ndefault = \"deny\"\n[tables.visits.columns]\n{}", columns.concat());
    let problems = Policy::read("policy.toml", &text, &schemas()).expect_err("refused");
    assert!(problems.to_string().contains("`by.n` stands in `by`"), "{problems}");
}
