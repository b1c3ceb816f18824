//! Rows taken out because they are older than may be kept, and those that belong to them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::json;

use super::chain::{self, By, Owned, Ties};
use super::journal::{self, Pending, Watch};
use super::lock::Lock;
use super::set::Set;
use super::work::{Draft, Work};
use super::{Asked, Done, Error, Gone, asked as wrong, not_read, open};
use crate::privacy::audit::certificate::Certificate;
use crate::privacy::policy::Retention;
use crate::privacy::stage::rows;
use crate::schema::Schemas;

const DAY: i64 = 86_400_000_000;

/// What a rule finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The rule's name.
    pub rule: String,
    /// Its table.
    pub table: String,
    /// What the data are kept for.
    pub purpose: String,
    /// Rows older than that.
    pub rows: u64,
    /// Rows without a time, which stay.
    pub undated: u64,
    /// Why they stay nevertheless, where they do.
    pub hold: Option<String>,
}

/// What the rules find in a data set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// By rule.
    pub due: Vec<Due>,
    /// By table without a rule, how many rows go since they belong to some that do.
    pub dependants: BTreeMap<String, u64>,
    /// By table with a rule of its own, how many rows stay though they belong to some that go.
    pub left: BTreeMap<String, u64>,
    /// What an earlier removal left that was cut short: it is taken care of before anything else.
    pub pending: Pending,
}

/// What the rules find in a data set on a day: nothing is changed.
///
/// # Errors
/// No data set, a rule whose table or column is not there, an unreadable file, a removal at work.
pub fn due(dir: &Path, schemas: &Schemas, rules: &[Retention], as_of: i64) -> Result<Found, Error> {
    let _shared = Lock::share(dir)?;
    let pending = journal::pending(dir)?;
    let found = find(&Set::open(dir)?, schemas, rules, as_of)?.0;
    Ok(Found { pending, ..found })
}

fn find(
    set: &Set,
    schemas: &Schemas,
    rules: &[Retention],
    as_of: i64,
) -> Result<(Found, Gone), Error> {
    if rules.is_empty() {
        return Err(wrong("the policy has no rules of retention", "add [retention.NAME]"));
    }
    let ties = chain::ties(set, schemas, "");
    let (mut due, mut gone, mut keys) = (Vec::new(), Gone::new(), Owned::new());
    // What one rule holds, no other may take.
    let held: BTreeSet<&str> =
        rules.iter().filter(|rule| rule.hold.is_some()).map(|rule| rule.table.as_str()).collect();
    for rule in rules {
        due.push(by_rule(set, rule, as_of, &mut |path, row| {
            if !held.contains(rule.table.as_str()) {
                gone.entry(path.to_owned()).or_default().insert(row);
            }
        })?);
    }
    for (table, path) in &set.files {
        let (Some(ties), Some(rows)) = (ties.get(table), gone.get(path)) else { continue };
        collect(set, table, path, ties, rows, &mut keys)?;
    }
    let own: BTreeSet<&str> = rules.iter().map(|rule| rule.table.as_str()).collect();
    let mut found = Found {
        due,
        dependants: BTreeMap::new(),
        left: BTreeMap::new(),
        pending: Pending::Nothing,
    };
    if keys.values().all(BTreeSet::is_empty) {
        return Ok((found, gone));
    }
    chain::extend(set, &ties, &mut keys, By::Anything, &own)?;
    for (table, path) in &set.files {
        let Some(ties) = ties.get(table) else { continue };
        let rows = chain::in_file(&set.dir.join(path), table, ties, &keys, By::Anything, None)?;
        if own.contains(table.as_str()) {
            let stay = rows.iter().filter(|row| !gone.get(path).is_some_and(|g| g.contains(row)));
            *found.left.entry(table.clone()).or_default() += stay.count() as u64;
        } else {
            *found.dependants.entry(table.clone()).or_default() += rows.len() as u64;
            gone.entry(path.clone()).or_default().extend(rows);
        }
    }
    found.left.retain(|_, rows| *rows > 0);
    found.dependants.retain(|_, rows| *rows > 0);
    Ok((found, gone))
}

/// What a rule finds; `old` is shown the path and the row of all that is too old.
fn by_rule(
    set: &Set,
    rule: &Retention,
    as_of: i64,
    old: &mut dyn FnMut(&str, u64),
) -> Result<Due, Error> {
    let mut found = Due {
        rule: rule.name.clone(),
        table: rule.table.clone(),
        purpose: rule.purpose.clone(),
        rows: 0,
        undated: 0,
        hold: rule.hold.clone(),
    };
    let files = || set.files.iter().filter(|(table, _)| *table == rule.table);
    if files().next().is_none() {
        let message = format!("retention.{}: there is no table `{}`", rule.name, rule.table);
        return Err(wrong(message, "name a table of the data set"));
    }
    let (until, mut seen) = (as_of - i64::from(rule.days) * DAY, 0);
    for (_, path) in files() {
        let from = set.dir.join(path);
        let clock = std::slice::from_ref(&rule.clock);
        seen +=
            rows::each(&from, clock, None, |row, texts, _| match texts[0].and_then(rows::moment) {
                Some(time) if time < until => {
                    found.rows += 1;
                    old(path, row);
                }
                Some(_) => {}
                None => found.undated += 1,
            })
            .map_err(not_read(&from))?;
    }
    if seen > 0 && found.undated == seen {
        let (name, table, clock) = (&rule.name, &rule.table, &rule.clock);
        let message = format!("retention.{name}: no row of `{table}` has a time in `{clock}`");
        return Err(wrong(message, "name the column that tells a row's age"));
    }
    Ok(found)
}

/// Adds the keys of rows that go.
fn collect(
    set: &Set,
    table: &str,
    path: &str,
    ties: &Ties,
    rows: &BTreeSet<u64>,
    keys: &mut Owned,
) -> Result<(), Error> {
    if !ties.has_key() || rows.is_empty() {
        return Ok(());
    }
    let keys = keys.entry(table.to_owned()).or_default();
    let path = set.dir.join(path);
    rows::each(&path, &ties.columns(), None, |row, texts, _| {
        if rows.contains(&row) {
            keys.extend(ties.own_key(texts).map(str::to_owned));
        }
    })
    .map_err(not_read(&path))?;
    Ok(())
}

/// Removes what is due.
///
/// # Errors
/// Those of [`due`], another key, no space. Nothing is changed then.
pub fn run(
    asked: &Asked<'_>,
    schemas: &Schemas,
    rules: &[Retention],
    as_of: i64,
    watch: &mut Watch<'_>,
) -> Result<(Found, Done), Error> {
    let opened = open(asked)?;
    let (found, gone) = find(&opened.set, schemas, rules, as_of)?;
    let rules: Vec<String> = told(&found);
    let entry = json!({ "rules": rules, "reason": asked.reason });
    let mut not_covered = vec![
        "copies of the data set, backups, and what was loaded from it elsewhere".to_owned(),
        "sums and counts of what went, such as a journey's of its sessions".to_owned(),
        "rows without a time, and tables without a rule whose rows belong to none that went"
            .to_owned(),
    ];
    if opened.set.manifest.is_none() {
        not_covered.push("rows that belong to some that went: nothing tells which".to_owned());
    }
    let certificate = Certificate {
        what: "retention".to_owned(),
        at: asked.at.to_owned(),
        reason: asked.reason.to_owned(),
        rules,
        not_covered,
        ..Certificate::default()
    };
    let draft = Draft { certificate, tombstones: None, entry };
    let recount = |_: &str, _: &Path| Ok(BTreeSet::new());
    let work = Work { asked, schemas, gone: &gone, known: &[], recount: &recount };
    let done = work.carry_out(opened, draft, watch)?;
    Ok((found, done))
}

/// What was found, for certificate and log.
fn told(found: &Found) -> Vec<String> {
    let rule = |due: &Due| match &due.hold {
        None => format!("{}: {} for {}, {} rows", due.rule, due.table, due.purpose, due.rows),
        Some(hold) => format!("{}: {} rows of {} held: {hold}", due.rule, due.rows, due.table),
    };
    let dependants = found.dependants.iter();
    let dependants =
        dependants.map(|(table, rows)| format!("{table}: {rows} rows that belong to those"));
    let left = found.left.iter();
    let left = left.map(|(table, rows)| {
        format!("{table}: {rows} rows that belong to those stay by a rule of their own")
    });
    found.due.iter().map(rule).chain(dependants).chain(left).collect()
}
