//! Whose a row is: what names a person, and what belongs to what names them.
//!
//! A device is a user's, a visit is a device's, an order is a visit's. For an erasure the user that a row names decides; where it
//! names none, what it belongs to does, so that visits before anybody was known go as well. For retention whatever a row belongs to
//! counts: what names something that is gone has nothing to stand on.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::set::Set;
use super::{Error, not_read};
use crate::privacy::stage::rows::{self, Held};
use crate::schema::{self, Schemas};

/// The table of people.
pub(super) const USERS: &str = "users";

/// The tables whose rows others belong to.
const OWNERS: [&str; 5] = [USERS, "devices", "sessions", "journeys", "orders"];

/// What is known to be somebody's, or to be gone, by table: keys.
pub(super) type Owned = BTreeMap<String, BTreeSet<String>>;

/// What decides whether a row goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// The user that it names, and where it names none, what it belongs to.
    User,
    /// Anything that it belongs to.
    Anything,
}

/// What ties the rows of a table.
pub(super) struct Ties {
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

    /// Whether rows of the table belong to nothing by reference, such as labels, which name rows of others in their texts.
    pub(super) fn are_none(&self) -> bool {
        self.own.is_none() && self.to.is_empty()
    }

    /// Whether rows of other tables may belong to this one's.
    pub(super) fn has_key(&self) -> bool {
        self.own.is_some()
    }

    /// The columns to be looked at, its own key first.
    pub(super) fn columns(&self) -> Vec<String> {
        self.own.iter().chain(self.to.iter().map(|(column, _)| column)).cloned().collect()
    }

    /// The columns that name people.
    pub(super) fn of_users(&self, table: &str) -> Vec<String> {
        let own = self.own.iter().filter(|_| table == USERS);
        let to = self.to.iter().filter(|(_, to)| to == USERS).map(|(column, _)| column);
        own.chain(to).cloned().collect()
    }

    /// A row's own key, by the texts of its columns.
    pub(super) fn own_key<'t>(&self, texts: &[Option<&'t str>]) -> Option<&'t str> {
        self.own.as_ref().and(texts.first().copied().flatten())
    }

    /// Whether a row is somebody's, by the texts of its columns.
    pub(super) fn is_owned(
        &self,
        table: &str,
        texts: &[Option<&str>],
        owned: &Owned,
        by: By,
    ) -> bool {
        let has = |table: &str, key: &str| owned.get(table).is_some_and(|keys| keys.contains(key));
        let (own, ties) = texts.split_at(usize::from(self.own.is_some()));
        if own.iter().flatten().any(|key| has(table, key)) {
            return true;
        }
        let named = || self.to.iter().zip(ties).filter_map(|((_, to), key)| Some((to, (*key)?)));
        match named().find(|(to, key)| *to == USERS && !key.is_empty()) {
            Some((_, user)) if by == By::User => has(USERS, user),
            _ => named().any(|(to, key)| has(to, key)),
        }
    }
}

/// The ties of every table of a set. Without a manifest it is only known which columns hold tokens of people.
pub(super) fn ties(set: &Set, schemas: &Schemas, people: &str) -> BTreeMap<String, Ties> {
    let mut all = BTreeMap::new();
    for (table, _) in &set.files {
        let stated = || schemas.table(table).map(Ties::stated).filter(|_| set.manifest.is_some());
        let by_tokens = || {
            let columns = set.columns_of(table, people);
            let to = columns.map(|column| (column.path.clone(), USERS.to_owned())).collect();
            Ties { own: None, to }
        };
        all.entry(table.clone()).or_insert_with(|| stated().unwrap_or_else(by_tokens));
    }
    all
}

/// Adds to what is somebody's all that belongs to it: keys by table. Of some tables nothing is looked at.
pub(super) fn extend(
    set: &Set,
    ties: &BTreeMap<String, Ties>,
    owned: &mut Owned,
    by: By,
    but: &BTreeSet<&str>,
) -> Result<(), Error> {
    // What belongs to what was found late is found in the next round.
    loop {
        let before: usize = owned.values().map(BTreeSet::len).sum();
        for owner in OWNERS.iter().filter(|owner| !but.contains(*owner)) {
            let Some(ties) = ties.get(*owner).filter(|ties| ties.has_key() && !ties.to.is_empty())
            else {
                continue;
            };
            for (_, path) in set.files.iter().filter(|(table, _)| table == owner) {
                let path = set.dir.join(path);
                let mut found = Vec::new();
                rows::each(&path, &ties.columns(), None, |_, texts, _| {
                    if ties.is_owned(owner, texts, owned, by) {
                        found.extend(ties.own_key(texts).map(str::to_owned));
                    }
                })
                .map_err(not_read(&path))?;
                owned.entry((*owner).to_owned()).or_default().extend(found);
            }
        }
        if owned.values().map(BTreeSet::len).sum::<usize>() == before {
            return Ok(());
        }
    }
}

/// The rows of a file that are somebody's, or that hold a text which is looked for.
pub(super) fn in_file(
    path: &Path,
    table: &str,
    ties: &Ties,
    owned: &Owned,
    by: By,
    held: Option<&Held<'_>>,
) -> Result<BTreeSet<u64>, Error> {
    let mut gone = BTreeSet::new();
    rows::each(path, &ties.columns(), held, |row, texts, holds| {
        if holds || ties.is_owned(table, texts, owned, by) {
            gone.insert(row);
        }
    })
    .map_err(not_read(path))?;
    Ok(gone)
}

/// Of some forms of ids those that stand in columns which name people, or that stand anywhere in a text where they are long enough to
/// be looked for there.
pub(super) fn met(
    set: &Set,
    ties: &BTreeMap<String, Ties>,
    forms: &BTreeSet<String>,
) -> Result<BTreeSet<String>, Error> {
    let mut met = BTreeSet::new();
    for (table, path) in &set.files {
        let Some(ties) = ties.get(table) else { continue };
        let columns = ties.of_users(table);
        if columns.is_empty() {
            continue;
        }
        let path = set.dir.join(path);
        rows::each(&path, &columns, None, |_, texts, _| {
            for text in texts.iter().flatten() {
                if !met.contains(*text) && forms.contains(*text) {
                    met.insert((*text).to_owned());
                }
            }
        })
        .map_err(not_read(&path))?;
    }
    Ok(met)
}

/// Whether a text that is looked for stands anywhere.
pub(super) fn is_held(set: &Set, held: &Held<'_>) -> Result<bool, Error> {
    let mut found = false;
    for (_, path) in &set.files {
        let path = set.dir.join(path);
        rows::each(&path, &[], Some(held), |_, _, holds| found |= holds)
            .map_err(not_read(&path))?;
        if found {
            break;
        }
    }
    Ok(found)
}
