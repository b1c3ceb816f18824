use std::path::Path;

use super::*;
use crate::schema::fixture::{USERS_FILE, assets, facts, schemas, shipped};

#[test]
fn each_form_of_small_schemas() {
    for (name, render) in RENDERERS {
        insta::assert_snapshot!(*name, render(&schemas(), None));
    }
}

/// One table's document is part of that of all, or stands by itself; of an unknown table there is none.
#[test]
fn one_table_alone() {
    for (name, render) in RENDERERS {
        let alone = render(&schemas(), Some("users"));
        assert!(alone.contains("left_at") && !alone.contains("event_id"), "{name}: {alone}");
        assert_eq!(render(&schemas(), Some("usres")), "", "{name}");
    }
}

/// The reference page is that of the schemas.
#[test]
fn the_reference_page_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference/schema.md");
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        written == markdown::render(&shipped(), None),
        "docs/reference/schema.md is stale: throng schema --as markdown > docs/reference/schema.md"
    );
}

/// For every table that ships: no SQL reference leads to a table that stands below it.
#[test]
fn sql_references_lead_upwards() {
    let sql = sql::render(&shipped(), None);
    assert!(!sql.contains("ALTER TABLE"), "no circle among the tables that ship");
    for table in &shipped().tables {
        let at =
            |name: &str| sql.find(&format!("CREATE TABLE {} (", name.replace('/', "_"))).unwrap();
        for (to, _) in table.fields.iter().filter_map(|field| field.reference.as_ref()) {
            assert!(at(to) <= at(&table.name), "{} refers to {to}", table.name);
        }
    }
}

/// Tables that refer to each other are made first and bound after.
#[test]
fn a_circle_of_references_is_closed_at_the_end() {
    let other = USERS_FILE.replace("user_id", "other_id").replacen("order = 2", "order = 3", 1);
    let other = other.replacen("type = \"id\"", "type = \"id\"\nreferences = \"users.user_id\"", 1);
    let users = USERS_FILE.replacen(
        "type = \"id\"",
        "type = \"id\"\nreferences = \"truth/users.other_id\"",
        1,
    );
    let files = [
        ("schemas/tables/truth/users.toml", other.as_str()),
        ("schemas/tables/users.toml", &users),
    ];
    let circle = Schemas::load(&assets(&files), &facts).unwrap();
    let sql = sql::render(&circle, None);
    let late = "ALTER TABLE users ADD FOREIGN KEY (user_id) REFERENCES truth_users (other_id);\n";
    assert!(sql.ends_with(late), "{sql}");
    assert_eq!(sql.matches("REFERENCES truth_users").count(), 1, "{sql}");
}

/// Every reference of the JSON Schema leads to a definition.
#[test]
fn json_pointers_resolve() {
    for table in [None, Some("events")] {
        let text = json_schema::render(&shipped(), table);
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        let pointers = text.split("\"$ref\": \"#").skip(1);
        let mut found = 0;
        for pointer in pointers.filter_map(|rest| rest.split('"').next()) {
            assert!(document.pointer(pointer).is_some(), "{pointer}");
            found += 1;
        }
        assert_eq!(found, shipped().events.len());
    }
}
