//! Rows taken out because they are older than may be kept.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::json;

use super::certificate::Certificate;
use super::journal::{self, Watch};
use super::{Asked, Done, Draft, Error, Set, Work, asked as wrong, io_error, not_read};
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

/// By file, the rows that go.
type Gone = BTreeMap<String, BTreeSet<u64>>;

/// What the rules find in a data set on a day: nothing is changed.
///
/// # Errors
/// No data set, a rule whose table or column is not there, an unreadable file.
pub fn due(dir: &Path, rules: &[Retention], as_of: i64) -> Result<Vec<Due>, Error> {
    journal::recover(dir).map_err(io_error(dir))?;
    Ok(find(&Set::open(dir)?, rules, as_of)?.0)
}

fn find(set: &Set, rules: &[Retention], as_of: i64) -> Result<(Vec<Due>, Gone), Error> {
    if rules.is_empty() {
        return Err(wrong("the policy has no rules of retention", "add [retention.NAME]"));
    }
    let (mut due, mut gone) = (Vec::new(), Gone::new());
    for rule in rules {
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
        let (until, mut rows_seen) = (as_of - i64::from(rule.days) * DAY, 0);
        for (_, path) in files() {
            let from = set.dir.join(path);
            let mut old = BTreeSet::new();
            rows_seen +=
                rows::each(&from, std::slice::from_ref(&rule.clock), &[], |row, texts, _| {
                    match texts[0].and_then(rows::moment) {
                        Some(time) if time < until => {
                            old.insert(row);
                        }
                        Some(_) => {}
                        None => found.undated += 1,
                    }
                })
                .map_err(not_read(&from))?;
            found.rows += old.len() as u64;
            if rule.hold.is_none() {
                gone.entry(path.clone()).or_default().extend(old);
            }
        }
        if rows_seen > 0 && found.undated == rows_seen {
            let message = format!(
                "retention.{}: no row of `{}` has a time in `{}`",
                rule.name, rule.table, rule.clock
            );
            return Err(wrong(message, "name the column that tells a row's age"));
        }
        due.push(found);
    }
    // What one rule holds, no other may take.
    for rule in rules.iter().filter(|rule| rule.hold.is_some()) {
        let held = set.files.iter().filter(|(table, _)| *table == rule.table);
        held.for_each(|(_, path)| drop(gone.remove(path)));
    }
    Ok((due, gone))
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
) -> Result<(Vec<Due>, Done), Error> {
    let recovered = journal::recover(asked.dir).map_err(io_error(asked.dir))?;
    let set = Set::open(asked.dir)?;
    set.check_key(asked.key)?;
    let (due, gone) = find(&set, rules, as_of)?;
    let told = |due: &Due| match &due.hold {
        None => format!("{}: {} for {}, {} rows", due.rule, due.table, due.purpose, due.rows),
        Some(hold) => format!("{}: {} rows of {} held: {hold}", due.rule, due.rows, due.table),
    };
    let rules: Vec<String> = due.iter().map(told).collect();
    let entry = json!({ "rules": rules, "reason": asked.reason });
    let certificate = Certificate {
        what: "retention".to_owned(),
        at: asked.at.to_owned(),
        reason: asked.reason.to_owned(),
        rules,
        not_covered: vec![
            "copies of the data set, backups, and what was loaded from it elsewhere".to_owned(),
            "rows without a time, and tables without a rule".to_owned(),
        ],
        ..Certificate::default()
    };
    let draft = Draft { certificate, tombstones: None, entry };
    let work = Work { set: &set, asked, schemas, gone: &gone, known: &[] };
    let done = work.carry_out(draft, watch)?;
    Ok((due, Done { recovered, ..done }))
}
