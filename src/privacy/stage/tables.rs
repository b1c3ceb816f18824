//! A policy's tables bound to the files that are there: each column has its rule, or nothing is written.

use std::collections::BTreeMap;

use super::census::Privacies;
use super::change;
use super::input::{Found, Input};
use super::job::{self, Job};
use super::survey::{self, Columns};
use super::{Error, not_taken};
use crate::diag::{Problem, Problems};
use crate::privacy::key::{Key, Realm};
use crate::privacy::leaks::Known;
use crate::privacy::policy::act::Act;
use crate::privacy::policy::{Policy, detect};
use crate::schema::Privacy;

/// A table with its rules and its files.
pub(super) struct Bound<'f> {
    pub(super) job: Job,
    pub(super) inputs: Vec<&'f Input>,
    /// What is told of who stands out, once it was counted.
    pub(super) privacy: Option<Privacies>,
    /// Values that stand in columns of which nothing may leave.
    canaries: Vec<String>,
}

/// All tables that the policy lets pass.
pub(super) struct Tables<'f> {
    pub(super) bound: Vec<Bound<'f>>,
    /// Files of tables that are left out as a whole.
    pub(super) dropped: usize,
}

impl Tables<'_> {
    /// What must not be found in what is written.
    pub(super) fn known(&self, given: &[String]) -> Vec<Known> {
        let mut all: Vec<Known> = given
            .iter()
            .enumerate()
            .map(|(line, value)| Known {
                name: format!("line {} of the known values", line + 1),
                value: value.clone(),
            })
            .collect();
        for one in &self.bound {
            for change in one.job.changes() {
                let known = |value: &String| Known {
                    name: format!("a value of `{}` of {}", change.path, one.job.table),
                    value: value.clone(),
                };
                all.extend(change.canaries.iter().map(known));
            }
            let known = |value: &String| Known {
                name: format!("a value of a dropped column of {}", one.job.table),
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
    let (mut bound, mut unknown) = (Vec::new(), Problems::new());
    for (name, inputs) in by_table {
        let Some(table) = policy.table(&[&name]) else { continue };
        let inside: Vec<&str> = table
            .rules
            .iter()
            .filter(|rule| rule.act == Act::Inside)
            .map(|rule| rule.path.as_str())
            .collect();
        let mut columns = Columns::new();
        for input in &inputs {
            survey::file(input, &inside, true, &mut columns)
                .map_err(|why| not_taken(&why.of(&input.path)))?;
        }
        match job::bind(table, &columns, policy, key, realm) {
            Ok(mut job) => {
                job.table.clone_from(&name);
                let canaries = canaries(&job, &columns);
                bound.push(Bound { job, inputs, privacy: None, canaries });
            }
            Err(paths) => unknown.extend(unclassified(&name, &paths)),
        }
    }
    unknown.or(()).map_err(Error::Refused)?;
    policy.found().or(()).map_err(Error::Asked)?;
    Ok(Tables { bound, dropped })
}

fn unclassified(table: &str, paths: &[String]) -> Problems {
    let mut problems = Problems::new();
    for path in paths {
        let message = format!("`{path}` of {table} has no rule, and what has none does not leave");
        let help =
            format!("add `\"{path}\" = {{ class = \"…\", … }}` to [tables.\"{table}\".columns]");
        problems.push(Problem::new(message).help(help));
    }
    problems
}

/// Distinct values of dropped columns, as far as they name somebody by their look.
fn canaries(job: &Job, columns: &Columns) -> Vec<String> {
    use detect::Look::{Card, Email, Phone, Uuid};
    let dropped = |path: &str| {
        job.change(path).is_some_and(|change| {
            let change = change.borrow();
            change.act == Act::Drop && change.class != Privacy::Truth
        })
    };
    let names = |value: &&String| {
        value.len() >= change::SHORTEST
            && matches!(detect::look(value), Card | Email | Phone | Uuid)
    };
    let some = columns.iter().filter(|(path, _)| dropped(path));
    some.flat_map(|(_, column)| column.sample.values.iter().filter(names).cloned()).collect()
}
