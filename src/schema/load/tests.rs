use super::*;

fn shipped() -> Schemas {
    Schemas::load(&Assets::embedded(), &facts::of).unwrap_or_else(|problems| panic!("{problems}"))
}

/// The schemas that ship are right, and every fact that the engine knows has its column.
#[test]
fn what_ships_is_right_and_drops_no_fact() {
    let schemas = shipped();
    let names: Vec<&str> = schemas.tables.iter().map(|table| table.name.as_str()).collect();
    let known: Vec<&str> = facts::TABLES.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, known);
    for (table, facts) in facts::TABLES {
        let fields = &schemas.table(table).unwrap().fields;
        for fact in *facts {
            assert!(fields.iter().any(|field| field.from == fact.name), "{table}: {}", fact.name);
        }
    }
}
