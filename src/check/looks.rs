//! Which columns a check compares, and what may have happened to them without its being any less true.
//!
//! Whoever asks is a data set that was made behind a privacy policy. A check that is not told of here is not made there.

mod consent;
mod files;
mod keys;

/// How a check takes the values that it compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    /// As they were written: it looks into them.
    Themselves,
    /// Times by whether one is before another: they may all have been moved alike, and not cut, since what came after another may
    /// be level with it then.
    Before,
    /// Times by whether none is after another: they may have been cut to a whole hour or less, too.
    NotAfter,
}

/// What a check compares.
#[derive(Debug, Clone, Copy)]
pub(super) struct Looks {
    pub(super) check: &'static str,
    pub(super) takes: Takes,
    /// By table.
    pub(super) at: &'static [(&'static str, &'static [&'static str])],
    /// Columns that it only compares with those of the same name: what was done to all of them alike does not matter.
    pub(super) alike: &'static [&'static str],
    /// Columns that only must be there, whatever stands in them.
    pub(super) there: &'static [&'static str],
}

impl Looks {
    const fn new(
        check: &'static str,
        takes: Takes,
        at: &'static [(&'static str, &'static [&'static str])],
    ) -> Self {
        Self { check, takes, at, alike: &[], there: &[] }
    }

    const fn alike(self, alike: &'static [&'static str]) -> Self {
        Self { alike, ..self }
    }

    const fn there(self, there: &'static [&'static str]) -> Self {
        Self { there, ..self }
    }
}

/// What a check looks at; none where that is not told.
pub(super) fn of(check: &str) -> Option<&'static Looks> {
    all().find(|looks| looks.check == check)
}

/// What all checks look at that can be made behind a policy.
fn all() -> impl Iterator<Item = &'static Looks> {
    [files::LOOKS, keys::LOOKS, consent::LOOKS].into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assets::Assets;
    use crate::check::{FAMILIES, anomalies};
    use crate::schema::Schemas;

    #[test]
    fn what_is_told_names_what_there_is() {
        let schemas = Schemas::load(&Assets::embedded(), &crate::schema::facts::of);
        let schemas = schemas.expect("the built-in schemas");
        for looks in all() {
            for (table, columns) in looks.at {
                let table = schemas.table(table).expect(looks.check);
                for column in columns.iter().filter(|column| **column != "event_date") {
                    assert!(table.field(column).is_some(), "{}: {column}", looks.check);
                }
            }
            let columns = || looks.at.iter().flat_map(|(_, columns)| *columns);
            for name in looks.alike.iter().chain(looks.there) {
                assert!(columns().any(|column| column == name), "{}: {name}", looks.check);
            }
        }
    }

    /// Of every check of places it is told, once, what it looks at.
    #[test]
    fn every_check_of_places_is_told_of() {
        for family in FAMILIES.iter().filter(|of| anomalies::HELPERS.contains(&of.name)) {
            for check in family.checks() {
                let told = all().filter(|looks| looks.check == check.id).count();
                assert_eq!(told, 1, "{}", check.id);
            }
        }
    }
}
