//! Whose a row is: what names a person, and what belongs to what names them.
//!
//! A device is a user's, a visit is a device's, an order is a visit's. Where a row names a user, that decides; where it names none, what
//! it belongs to does, so that visits before anybody was known go as well.

use std::collections::{BTreeMap, BTreeSet};

use super::{Error, Set, not_read};
use crate::privacy::stage::rows;
use crate::schema::{self, Schemas};

/// The tables whose rows others belong to.
const OWNERS: [&str; 5] = ["users", "devices", "sessions", "journeys", "orders"];

/// What is known to be somebody's, by table: keys.
pub(super) type Owned = BTreeMap<String, BTreeSet<String>>;

/// What ties the rows of a table.
struct Ties {
    /// The column that is the row's own key, of a table that others belong to.
    own: Option<String>,
    /// Columns that name a row of another table, and which table.
    to: Vec<(String, String)>,
}

impl Ties {
    /// Those that a schema states.
    fn stated(table: &schema::Table) -> Self {
        let own = match table.key.as_slice() {
            [key] if OWNERS.contains(&&*table.name) => Some(key.clone()),
            _ => None,
        };
        let tie = |field: &schema::Field| {
            let (to, _) = field.reference.clone()?;
            OWNERS.contains(&&*to).then(|| (field.name.clone(), to))
        };
        Self { own, to: table.fields.iter().filter_map(tie).collect() }
    }

    fn columns(&self) -> Vec<String> {
        self.own.iter().chain(self.to.iter().map(|(column, _)| column)).cloned().collect()
    }

    /// Whether a row is somebody's, by the texts of its columns.
    fn is_owned(&self, table: &str, texts: &[Option<&str>], owned: &Owned) -> bool {
        let has = |table: &str, key: &str| owned.get(table).is_some_and(|keys| keys.contains(key));
        let (own, ties) = texts.split_at(usize::from(self.own.is_some()));
        if own.iter().flatten().any(|key| has(table, key)) {
            return true;
        }
        let named = || self.to.iter().zip(ties).filter_map(|((_, to), key)| Some((to, (*key)?)));
        match named().find(|(to, key)| *to == "users" && !key.is_empty()) {
            Some((_, user)) => has("users", user),
            None => named().any(|(to, key)| has(to, key)),
        }
    }
}

/// The ties of every table of a set.
fn ties(set: &Set, schemas: &Schemas) -> BTreeMap<String, Ties> {
    let mut all = BTreeMap::new();
    for (table, _) in &set.files {
        let stated = || schemas.table(table).map(Ties::stated).filter(|_| set.manifest.is_some());
        let by_tokens = || {
            let columns = set.tokens.get(table).into_iter().flatten();
            let of_users = columns.filter(|(_, namespace)| namespace == "user");
            let to = of_users.map(|(path, _)| (path.clone(), "users".to_owned())).collect();
            Ties { own: None, to }
        };
        all.entry(table.clone()).or_insert_with(|| stated().unwrap_or_else(by_tokens));
    }
    all
}

/// Everything that belongs to people: keys by table, beginning with those of the users.
pub(super) fn owned(set: &Set, schemas: &Schemas, users: BTreeSet<String>) -> Result<Owned, Error> {
    let ties = ties(set, schemas);
    let mut owned = Owned::from([("users".to_owned(), users)]);
    // What belongs to what was found late is found in the next round.
    loop {
        let before: usize = owned.values().map(BTreeSet::len).sum();
        for owner in OWNERS.iter().skip(1) {
            let Some(ties) = ties.get(*owner).filter(|ties| ties.own.is_some()) else { continue };
            for (_, path) in set.files.iter().filter(|(table, _)| table == owner) {
                let path = set.dir.join(path);
                let mut found = Vec::new();
                rows::each(&path, &ties.columns(), &[], |_, texts, _| {
                    if ties.is_owned(owner, texts, &owned) {
                        found.extend(texts[0].map(str::to_owned));
                    }
                })
                .map_err(not_read(&path))?;
                owned.entry((*owner).to_owned()).or_default().extend(found);
            }
        }
        if owned.values().map(BTreeSet::len).sum::<usize>() == before {
            return Ok(owned);
        }
    }
}

/// By file, the rows that are somebody's, or that hold one of some texts.
pub(super) fn gone(
    set: &Set,
    schemas: &Schemas,
    owned: &Owned,
    held: &[String],
) -> Result<BTreeMap<String, BTreeSet<u64>>, Error> {
    let ties = ties(set, schemas);
    let mut gone = BTreeMap::new();
    for (table, path) in &set.files {
        let Some(ties) = ties.get(table) else { continue };
        let mut rows_gone = BTreeSet::new();
        let from = set.dir.join(path);
        rows::each(&from, &ties.columns(), held, |row, texts, holds| {
            if holds || ties.is_owned(table, texts, owned) {
                rows_gone.insert(row);
            }
        })
        .map_err(not_read(&from))?;
        gone.insert(path.clone(), rows_gone);
    }
    Ok(gone)
}
