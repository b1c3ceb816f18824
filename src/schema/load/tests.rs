use super::*;
use crate::schema::fixture::{self, ADDED_FILE, EVENTS_FILE, USERS_FILE, VIEWED_FILE};
use crate::schema::{Field, Origin};

/// What is said of the fixture when these files stand in it.
fn problems(files: &[(&str, &str)]) -> String {
    match Schemas::load(&fixture::assets(files), &fixture::facts) {
        Ok(_) => "no problem".to_owned(),
        Err(problems) => problems.to_string(),
    }
}

fn users(from: &str, to: &str) -> String {
    assert!(USERS_FILE.contains(from));
    problems(&[("schemas/tables/users.toml", &USERS_FILE.replacen(from, to, 1))])
}

fn added(from: &str, to: &str) -> String {
    assert!(ADDED_FILE.contains(from));
    problems(&[("schemas/events/product_added.toml", &ADDED_FILE.replacen(from, to, 1))])
}

/// The schemas that ship are right, and every fact that the engine knows has its column.
#[test]
fn what_ships_is_right_and_drops_no_fact() {
    let schemas = fixture::shipped();
    let names: Vec<&str> = schemas.tables.iter().map(|table| table.name.as_str()).collect();
    let known: Vec<&str> = facts::TABLES.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, known);
    for (table, facts) in facts::TABLES {
        let fields = &schemas.table(table).unwrap().fields;
        let from: Vec<&str> = fields.iter().map(|field| field.from.as_str()).collect();
        let facts: Vec<&str> = facts.iter().map(|fact| fact.name).collect();
        assert_eq!(from, facts, "{table}");
    }
}

/// Every group of facts is filled by some event type that ships.
#[test]
fn no_group_is_left_empty_by_all() {
    let schemas = fixture::shipped();
    let fields = &schemas.table("events").unwrap().fields;
    let filled = |field: &&Field| schemas.events.iter().any(|event| event.fills(field));
    assert_eq!(fields.iter().filter(filled).count(), fields.len());
}

#[test]
fn tables_come_in_their_order_and_events_by_name() {
    let schemas = fixture::schemas();
    let tables: Vec<&str> = schemas.tables.iter().map(|table| table.name.as_str()).collect();
    assert_eq!(tables, ["events", "users"]);
    let event = schemas.event("product_added").unwrap();
    let pieces = vec![("1".to_owned(), 0.8), ("2".to_owned(), 0.2)];
    assert_eq!(event.properties[1].origin, Origin::Drawn(pieces));
    let name = schemas.table("events").unwrap().field("event_name").unwrap();
    assert_eq!(name.values, ["page_viewed", "product_added"]);
}

#[test]
fn currency_comes_with_amounts() {
    let schemas = fixture::schemas();
    let currency = schemas.table("events").unwrap().field("currency").unwrap();
    assert!(schemas.event("product_added").unwrap().fills(currency));
    assert!(!schemas.event("page_viewed").unwrap().fills(currency));
}

#[test]
fn every_mistake_in_a_table_is_told_with_what_would_be_right() {
    let told = [
        (users("\"user.name\"", "\"user.nmae\""), "did you mean `user.name`?"),
        (users("type = \"text\"", "type = \"txt\""), "did you mean `text`?"),
        (users("type = \"text\"", "type = \"id\""), "write `type = \"text\"`"),
        (users("nullable = true", "nullable = false"), "`user.left_at` can be absent"),
        (users("name = \"user\"", "name = \"user_id\""), "`user_id` is there twice"),
        (users("name = \"user\"", "name = \"User\""), "`User` cannot be a name"),
        (users("[\"user_id\"]", "[\"user_di\"]"), "unknown field `user_di`"),
        (users("[\"user_id\"]", "[]"), "a table without a key"),
        (users("[\"user_id\"]", "[\"left_at\"]"), "a key is always there"),
        (users("sorted_by = []", "sorted_by = [\"x\"]"), "unknown field `x`"),
        (users("\"quasi\"", "\"qasi\""), "did you mean `quasi`?"),
        (users("[\"child\", \"adult\"]", "[\"child\", \"child\"]"), "`child` is there twice"),
        (users("type = \"enum\"", "type = \"text\""), "only an enumeration has values"),
        (users("doc = \"Name.\"", "doc = \" \""), "say what it means"),
        (users("row =", "rwo ="), "did you mean `row`?"),
        (
            problems(&[("schemas/tables/carts.toml", USERS_FILE)]),
            "nothing can fill a table `carts`",
        ),
    ];
    for (shown, wanted) in told {
        assert!(shown.contains(wanted), "wanted {wanted} in\n{shown}");
    }
}

#[test]
fn a_reference_must_lead_to_a_key_of_its_type() {
    let to = |target: &str| {
        let text = EVENTS_FILE.replacen("users.user_id", target, 1);
        problems(&[("schemas/tables/events.toml", &text)])
    };
    assert!(to("users").contains("write table.field"));
    assert!(to("usres.user_id").contains("did you mean `users`?"));
    assert!(to("users.user_di").contains("did you mean `user_id`?"));
    assert!(to("users.user").contains("its key: user_id"));
    assert!(to("users.user_id").contains("no problem"));
    let text = EVENTS_FILE.replacen(
        "from = \"event.page.path\"",
        "from = \"event.page.path\", references = \"users.user_id\"",
        1,
    );
    assert!(problems(&[("schemas/tables/events.toml", &text)]).contains("write `type = \"id\"`"));
}

#[test]
fn every_mistake_in_an_event_type_is_told_with_what_would_be_right() {
    let told = [
        (added("\"page\"", "\"pgae\""), "did you mean `page`?"),
        (added("\"page\", ", "\"product\", "), "`product` is there twice"),
        (added("\"page\"", "\"money\""), "unknown group `money`"),
        (added("from = \"gesture\"", "from = \"gestur\""), "did you mean `gesture`?"),
        (added("from = \"gesture\"", ""), "nothing fills this property"),
        (added("type = \"enum\"", "type = \"bool\""), "`gesture` is of another type"),
        (added("type = \"enum\"", "type = \"money\""), "unknown type `money`"),
        (added("2 = 0.2", "two = 0.2"), "`two` is not of type int32"),
        (added("2 = 0.2", "01 = 0.2"), "`1` is there twice"),
        (added("{ 1 = 0.8, 2 = 0.2 }", "{ 1 = 0.0 }"), "no value has a weight"),
        (added("1 = 0.8", "1 = -1"), "it must be at least 0"),
        (added("values = {", "from = \"attempt\"\nvalues = {"), "both `from` and `values`"),
    ];
    for (shown, wanted) in told {
        assert!(shown.contains(wanted), "wanted {wanted} in\n{shown}");
    }
    let shown = problems(&[("schemas/events/PageViewed.toml", VIEWED_FILE)]);
    assert!(shown.contains("`PageViewed` cannot name an event type"), "{shown}");
}

/// Objects of properties are interned whole, so a type whose properties multiply is refused.
#[test]
fn too_many_objects_are_refused() {
    let values: Vec<String> = (0..251).map(|value| format!("{value} = 1")).collect();
    let shown = added("{ 1 = 0.8, 2 = 0.2 }", &format!("{{ {} }}", values.join(", ")));
    assert!(shown.contains("the properties make 2008 different objects"), "{shown}");
}

/// A file that is no TOML is one problem: what refers to it is not blamed.
#[test]
fn a_broken_file_is_told_once() {
    let shown = problems(&[("schemas/tables/users.toml", "order = \n")]);
    assert_eq!(shown.matches("error:").count(), 1, "{shown}");
}

/// Mistakes of several files are told in one run.
#[test]
fn all_files_are_read() {
    let users = USERS_FILE.replacen("order = 2", "order = -2", 1);
    let viewed = VIEWED_FILE.replacen("fills", "filss", 1);
    let files = [
        ("schemas/tables/users.toml", users.as_str()),
        ("schemas/events/page_viewed.toml", &viewed),
    ];
    insta::assert_snapshot!(problems(&files));
}

/// Prose does not move a table's digest; form does, and for the events an event type's form as well.
#[test]
fn the_digest_is_of_what_a_reader_relies_on() {
    let digest = |table: &str, files: &[(&str, &str)]| {
        let read = Schemas::load(&fixture::assets(files), &fixture::facts).unwrap();
        read.digest(read.table(table).unwrap())
    };
    let users = |from: &str, to: &str| {
        digest("users", &[("schemas/tables/users.toml", &USERS_FILE.replacen(from, to, 1))])
    };
    assert_eq!(users("Name.", "Given name."), digest("users", &[]));
    assert_ne!(users("\"child\", ", ""), digest("users", &[]));
    assert_ne!(users("\"quasi\"", "\"public\""), digest("users", &[]));
    let added = ADDED_FILE.replacen("2 = 0.2", "3 = 0.2", 1);
    let files = [("schemas/events/product_added.toml", added.as_str())];
    assert_ne!(digest("events", &files), digest("events", &[]));
    assert_eq!(digest("users", &files), digest("users", &[]));
    let weighed = ADDED_FILE.replacen("2 = 0.2", "2 = 0.4", 1);
    assert_eq!(
        digest("events", &[("schemas/events/product_added.toml", &weighed)]),
        digest("events", &[])
    );
}
