//! A policy's tables bound to the files that are there: each column has its rule, or nothing is written.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicBool;

use super::census::Privacies;
use super::change;
use super::input::{Found, Input};
use super::job::{self, Job};
use super::survey::{self, Columns, Lens};
use super::{Error, not_taken};
use crate::diag::{Problem, Problems};
use crate::privacy::key::{Key, Realm};
use crate::privacy::leaks::Known;
use crate::privacy::names;
use crate::privacy::policy::act::Act;
use crate::privacy::policy::{Policy, detect};
use crate::schema::Privacy;

/// A table with its rules and its files.
pub(super) struct Bound<'f> {
    pub(super) job: Job,
    pub(super) inputs: Vec<&'f Input>,
    /// What is told of who stands out, once it was counted.
    pub(super) privacy: Option<Privacies>,
    /// Values that stand in columns of which nothing may leave, each with its column.
    canaries: Vec<(String, String)>,
}

/// All tables that the policy lets pass.
pub(super) struct Tables<'f> {
    pub(super) bound: Vec<Bound<'f>>,
    /// Files of tables that are left out as a whole.
    pub(super) dropped: usize,
}

impl Tables<'_> {
    /// What must not be found in what is written.
    pub(super) fn known(&self, given: &[Known]) -> Vec<Known> {
        let mut all = given.to_vec();
        for one in &self.bound {
            let table = &one.job.table;
            for change in one.job.changes() {
                let name = format!("a value of `{}` of {table}", names::shown(&change.path));
                let known = |value: &String| Known { name: name.clone(), value: value.clone() };
                all.extend(change.canaries.iter().map(known));
            }
            let known = |(path, value): &(String, String)| Known {
                name: format!("a value of `{}` of {table}, which is dropped", names::shown(path)),
                value: value.clone(),
            };
            all.extend(one.canaries.iter().map(known));
        }
        all
    }
}

/// Surveys the files and binds the policy's tables to them.
pub(super) fn bind_all<'f>(
    policy: &Policy,
    key: &Key,
    realm: &Realm,
    found: &'f Found,
    cancel: &AtomicBool,
) -> Result<Tables<'f>, Error> {
    let mut by_table: BTreeMap<String, Vec<&Input>> = BTreeMap::new();
    let (mut dropped, mut refused) = (0, Problems::new());
    for input in &found.inputs {
        let names: Vec<&str> = input.tables.iter().map(String::as_str).collect();
        match policy.table(&names) {
            Some(table) if table.dropped => dropped += 1,
            // Files that `*` stands for are tables of their own name.
            Some(table) if table.name == "*" => {
                by_table.entry(names[0].to_owned()).or_default().push(input);
            }
            Some(table) => by_table.entry(table.name.clone()).or_default().push(input),
            None => refused.push(
                Problem::new(format!("{}: the policy has no table for it", input.path.display()))
                    .help(format!("add [tables.\"{}\"]", names[0])),
            ),
        }
    }
    refused.or(()).map_err(Error::Refused)?;
    let (mut bound, mut unknown, mut misfits) = (Vec::new(), Problems::new(), Problems::new());
    let mut unnamed = 0;
    for (name, inputs) in by_table {
        let Some(table) = policy.table(&[&name]) else { continue };
        let lens = Lens::of(table, cancel);
        let mut columns = Columns::new();
        for input in &inputs {
            survey::file(input, &lens, &mut columns)
                .map_err(|why| not_taken(&why.of(&input.path)))?;
        }
        match job::bind(table, &columns, policy, key, realm, &mut misfits) {
            Ok(mut job) => {
                // Nobody has looked at the name of a file that `*` stands for.
                if table.name == "*" {
                    job.table = format!("table-{unnamed:05}");
                    unnamed += 1;
                }
                let canaries = canaries(&job, &columns);
                bound.push(Bound { job, inputs, privacy: None, canaries });
            }
            Err(paths) => unknown.extend(unclassified(&table.name, &name, &paths)),
        }
    }
    unknown.or(()).map_err(Error::Refused)?;
    misfits.extend(policy.found());
    misfits.or(()).map_err(Error::Asked)?;
    Ok(Tables { bound, dropped })
}

/// Columns without a rule told at most.
const TOLD: usize = 20;

fn unclassified(table: &str, name: &str, paths: &[String]) -> Problems {
    let mut problems = Problems::new();
    let shown: BTreeSet<_> = paths.iter().map(|path| names::shown(path)).collect();
    for path in shown.iter().take(TOLD) {
        let name = names::shown(name);
        let message = format!("`{path}` of {name} has no rule, and what has none does not leave");
        let named = path.split(names::HIDDEN).next().unwrap_or_default();
        let help = match (path.contains(names::HIDDEN), named.trim_end_matches('.')) {
            (false, _) => {
                format!("add `\"{path}\" = {{ class = \"…\", … }}` to [tables.\"{table}\".columns]")
            }
            (true, "") => "a name that looks like a value is no column's: leave it out".to_owned(),
            (true, above) => format!(
                "names in `{above}` look like values themselves, and are not shown: `\"{above}\" = {{ class = \"free_text\", … }}` drops them all"
            ),
        };
        problems.push(Problem::new(message).help(help));
    }
    if shown.len() > TOLD {
        let more = shown.len() - TOLD;
        problems.push(Problem::new(format!("{more} more columns of {name} have no rule")));
    }
    problems
}

/// Distinct values of dropped columns, as far as they name somebody by their look.
fn canaries(job: &Job, columns: &Columns) -> Vec<(String, String)> {
    use detect::Look::{Card, Email, Phone, Uuid};
    let dropped = |path: &str| {
        job.change(path).is_some_and(|change| {
            let change = change.borrow();
            change.act == Act::Drop && change.class != Privacy::Truth
        })
    };
    let personal = |value: &&String| {
        value.len() >= change::SHORTEST
            && matches!(detect::look(value), Card | Email | Phone | Uuid)
    };
    let some = columns.iter().filter(|(path, _)| dropped(path));
    some.flat_map(|(path, column)| {
        let values = column.sample.values.iter().filter(personal);
        values.map(|value| (path.clone(), value.clone()))
    })
    .collect()
}
