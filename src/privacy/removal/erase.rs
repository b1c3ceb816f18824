//! People taken out of a data set.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::json;

use super::chain::{self, By, Owned};
use super::journal::Watch;
use super::work::{Draft, Work};
use super::{Asked, Done, Error, Gone, asked as wrong, forms, io_error, open, set};
use crate::population::tombstones::Tombstones;
use crate::privacy::audit::certificate::Certificate;
use crate::privacy::leaks::{Finder, Known};
use crate::privacy::policy::act::Token;
use crate::privacy::stage::rows;
use crate::schema::Schemas;

/// Keys of what belongs to people that the second look searches for; of more, so many.
const SEARCHED: usize = 4_000;

/// Shorter ones are found everywhere by chance.
const SHORTEST: usize = 8;

/// What no removal here can reach.
const NOT_COVERED: [&str; 4] = [
    "copies of the data set, backups, and what was loaded from it elsewhere",
    "sums and counts that were made of the data while the people were in it, such as answers.json",
    "rows that name nobody and belong to nothing that names somebody",
    "the key: who has it can make the same tokens again",
];

/// Who is to be erased.
#[derive(Debug, Clone, Copy)]
pub struct People<'a> {
    /// Their ids, as they were before any token.
    pub ids: &'a [String],
    /// The namespace of their tokens, where a data set has several that name people.
    pub namespace: Option<&'a str>,
}

/// Erases people by their ids.
///
/// # Errors
/// No data set, another key, an id of which nothing is there, an unreadable file, no space; or something of them that would be left.
/// Nothing is changed then.
pub fn run(
    asked: &Asked<'_>,
    schemas: &Schemas,
    people: People<'_>,
    watch: &mut Watch<'_>,
) -> Result<Done, Error> {
    check_ids(people.ids, asked.reason)?;
    let opened = open(asked)?;
    let set = &opened.set;
    let namespace = set.people(people.namespace)?;
    let ties = chain::ties(set, schemas, &namespace);
    let made = made(set, &ties, &namespace);
    let by_id = forms::of(asked.key, set.used.as_ref(), &made, people.ids);
    let forms: BTreeSet<String> = by_id.iter().flatten().cloned().collect();
    let list = Tombstones::of(asked.dir).map_err(io_error(asked.dir))?;
    check_met(set, &ties, people.ids, &by_id, list.as_ref())?;
    let mut owned = Owned::from([(chain::USERS.to_owned(), forms.clone())]);
    chain::extend(set, &ties, &mut owned, By::User, &BTreeSet::from([chain::USERS]))?;
    let held = long(&forms);
    let keys = owned.values().flatten().filter(|key| key.len() >= SHORTEST).take(SEARCHED);
    let known: Vec<Known> = held
        .iter()
        .chain(keys.filter(|key| !held.contains(key)))
        .enumerate()
        .map(|(place, value)| Known { name: format!("value {}", place + 1), value: value.clone() })
        .collect();
    // Tables of ours that refer to nothing, such as labels of anomalies, name rows of others in texts of many forms.
    let (finder, is_ours) = (Finder::new(&known), set.manifest.is_some());
    let rows_of = |table: &str, path: &Path| match ties.get(table) {
        Some(ties) if ties.are_none() && is_ours => {
            let held = |text: &str| finder.is_in(text);
            chain::in_file(path, table, ties, &owned, By::User, Some(&held))
        }
        Some(ties) => {
            let words = |text: &str| rows::holds(&held, text);
            chain::in_file(path, table, ties, &owned, By::User, Some(&words))
        }
        None => Ok(BTreeSet::new()),
    };
    let mut gone = Gone::new();
    for (table, path) in &set.files {
        gone.insert(path.clone(), rows_of(table, &asked.dir.join(path))?);
    }
    let mut tombstones = match list {
        Some(list) => list,
        None => Tombstones::new(&salt()?),
    };
    people.ids.iter().chain(&forms).for_each(|id| tombstones.add(id));
    let subjects: Vec<String> = people.ids.iter().map(|id| tombstones.commitment(id)).collect();
    let entry = json!({ "subjects": subjects, "reason": asked.reason });
    let certificate = Certificate {
        what: "erasure".to_owned(),
        at: asked.at.to_owned(),
        reason: asked.reason.to_owned(),
        subjects,
        not_covered: not_covered(people.ids),
        ..Certificate::default()
    };
    let draft = Draft { certificate, tombstones: Some(tombstones), entry };
    let work = Work { asked, schemas, gone: &gone, known: &known, recount: &rows_of };
    work.carry_out(opened, draft, watch)
}

/// Ids must be some, and the reason, which is kept, must not hold them.
fn check_ids(ids: &[String], reason: &str) -> Result<(), Error> {
    if let Some(empty) = ids.iter().find(|id| id.trim().is_empty()) {
        return Err(wrong(format!("`{empty}` is no id"), "give the id of a user"));
    }
    if ids.iter().any(|id| names(reason, id.trim())) {
        let help = "write it without: certificate and log keep it, and nothing was changed";
        return Err(wrong("the reason names one who is to be erased", help));
    }
    Ok(())
}

/// Whether a text holds an id as a word of its own.
fn names(text: &str, id: &str) -> bool {
    let (text, id) = (text.to_lowercase(), id.to_lowercase());
    let is_part = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    text.match_indices(&id).any(|(at, _)| {
        !is_part(text[..at].chars().next_back()) && !is_part(text[at + id.len()..].chars().next())
    })
}

/// How the tokens of people are made in a data set.
fn made(set: &set::Set, ties: &BTreeMap<String, chain::Ties>, namespace: &str) -> Vec<Token> {
    let mut made = Vec::new();
    for (table, columns) in &set.tokens {
        let of_users = ties.get(table).map(|ties| ties.of_users(table)).unwrap_or_default();
        let of_people = columns
            .iter()
            .filter(|column| column.namespace == namespace || of_users.contains(&column.path));
        for one in of_people.flat_map(|column| &column.made) {
            if !made.contains(one) {
                made.push(one.clone());
            }
        }
    }
    if made.is_empty() { set::unrecorded() } else { made }
}

/// Of everybody who is to be erased there must be something: a certificate of somebody who was not there says what is not so.
fn check_met(
    set: &set::Set,
    ties: &BTreeMap<String, chain::Ties>,
    ids: &[String],
    by_id: &[BTreeSet<String>],
    list: Option<&Tombstones>,
) -> Result<(), Error> {
    let all: BTreeSet<String> = by_id.iter().flatten().cloned().collect();
    let met = chain::met(set, ties, &all)?;
    let mut missing = Vec::new();
    for (id, forms) in ids.iter().zip(by_id) {
        let held = long(forms);
        let words = |text: &str| rows::holds(&held, text);
        if met.is_disjoint(forms) && (held.is_empty() || !chain::is_held(set, &words)?) {
            missing.push(id.trim());
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let message = format!(
        "nothing of {} is in {}: nobody was erased, and nothing signed",
        missing.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", "),
        set.dir.display()
    );
    let help = if missing.iter().any(|id| list.is_some_and(|list| list.has(id))) {
        "who is on its suppression list was erased before: leave those ids out"
    } else {
        "give ids as they were before any token, each one that is there"
    };
    Err(wrong(message, help))
}

/// Those that are long enough to be looked for in texts.
fn long(forms: &BTreeSet<String>) -> Vec<String> {
    forms.iter().filter(|form| form.len() >= SHORTEST).cloned().collect()
}

/// What a removal of these ids does not cover.
fn not_covered(ids: &[String]) -> Vec<String> {
    let mut all: Vec<String> = NOT_COVERED.map(str::to_owned).to_vec();
    let short = ids.iter().filter(|id| id.trim().len() < SHORTEST).count();
    if short > 0 {
        all.push(format!(
            "texts: {short} of the ids are shorter than {SHORTEST} bytes, and were looked for in the columns that name people"
        ));
    }
    all
}

/// A salt of the system's chance.
fn salt() -> Result<[u8; 32], Error> {
    let mut salt = [0; 32];
    getrandom::fill(&mut salt)
        .map_err(|error| wrong(format!("the system gives no chance: {error}"), "try again"))?;
    Ok(salt)
}
