//! A table's rules at work on its files.

use std::cell::{Ref, RefCell};
use std::collections::BTreeMap;

use super::change::{Change, Given, Made};
use super::json::{self, Leaf, Stop, Walk};
use super::survey::{Columns, Shape};
use crate::privacy::key::{Key, Realm};
use crate::privacy::policy::act::Act;
use crate::privacy::policy::{Policy, Rule, Table};

/// A table's changes, by path.
#[derive(Debug)]
pub(in crate::privacy) struct Job {
    /// The table as the policy calls it.
    pub(super) table: String,
    /// Columns that say whose a row is.
    pub(super) subject: Vec<String>,
    changes: BTreeMap<String, RefCell<Change>>,
    /// Paths of which nothing leaves, whatever stands below.
    dropped: Vec<String>,
    /// Seeds the order of rows, where it is to be changed.
    pub(super) order: Option<(u64, usize)>,
}

/// The rules of a table as they are found in its files; what does not fit is told at the policy's lines, and what is unknown by
/// its path.
pub(super) fn bind(
    table: &Table,
    columns: &Columns,
    policy: &Policy,
    key: &Key,
    realm: &Realm,
) -> Result<Job, Vec<String>> {
    let mut unknown = Vec::new();
    let mut changes = BTreeMap::new();
    for (path, column) in columns {
        let Some(rule) = table.rule(path) else {
            unknown.push(path.clone());
            continue;
        };
        check_shape(rule, path, column.shape);
        let mut change = Change::new(rule, policy, key, realm);
        change.path.clone_from(path);
        changes.insert(path.clone(), RefCell::new(change));
    }
    for rule in &table.rules {
        check_there(rule, columns);
    }
    if !unknown.is_empty() {
        return Err(unknown);
    }
    let dropped = table.rules.iter().filter(|rule| rule.act == Act::Drop);
    let dropped = dropped.map(|rule| rule.path.clone()).collect();
    let subject = table.subject.iter().filter(|path| columns.contains_key(*path)).cloned();
    Ok(Job { table: table.name.clone(), subject: subject.collect(), changes, dropped, order: None })
}

/// A line must find its column.
fn check_there(rule: &Rule, columns: &Columns) {
    let below = |path: &String| path.starts_with(&rule.path);
    let (Some(line), false) = (&rule.written, rule.optional) else { return };
    if !columns.keys().any(below) {
        let help = crate::diag::suggest(&rule.path, columns.keys().map(String::as_str));
        let help = format!("{help}; a column that some files lack says `optional = true`");
        line.problem(format!("no file has a column `{}`", rule.path), help);
    }
}

/// An act must know what to do with what stands there.
fn check_shape(rule: &Rule, path: &str, shape: Shape) {
    let fits = match (&rule.act, shape) {
        (_, Shape::Null) | (Act::Keep | Act::Drop, _) => true,
        (_, Shape::Other)
        | (Act::Token(_), Shape::Float | Shape::Flag | Shape::Time)
        | (Act::Shift(_) | Act::Band(_), Shape::Flag)
        | (Act::Grid(_), Shape::Flag | Shape::Time) => false,
        (Act::Token(_) | Act::Shift(_) | Act::Band(_) | Act::Grid(_) | Act::Rare, _) => true,
        (_, shape) => shape == Shape::Text,
    };
    let inner = path.contains("[]") && matches!(rule.act, Act::Shift(s) if s.per_subject);
    let Some(line) = &rule.written else { return };
    if inner {
        let help = "shift all by the same: `per = \"data_set\"`";
        line.problem(format!("`{path}` stands in a list, and has no shift of its own"), help);
    } else if !fits {
        let help = format!("`{path}` holds {}; see `throng policy acts`", name(shape));
        line.problem(format!("`{}` cannot be done to `{path}`", rule.act.name()), help);
    }
}

fn name(shape: Shape) -> &'static str {
    match shape {
        Shape::Null => "nothing",
        Shape::Text => "texts",
        Shape::Int => "whole numbers",
        Shape::Float => "fractions",
        Shape::Time => "times",
        Shape::Flag => "flags",
        Shape::Other => "bytes, decimals or maps",
    }
}

impl Job {
    /// The changes of paths within JSON.
    pub(in crate::privacy) fn of(root: &str, inner: &[Change]) -> Self {
        let below = |change: &&Change| change.path.starts_with(root);
        let cell = |change: &Change| (change.path.clone(), RefCell::new(change.clone()));
        let dropped = inner.iter().filter(|change| change.act == Act::Drop);
        Self {
            table: String::new(),
            subject: Vec::new(),
            changes: inner.iter().filter(below).map(cell).collect(),
            dropped: dropped.map(|change| change.path.clone()).collect(),
            order: None,
        }
    }

    /// All changes, by path.
    pub(super) fn changes(&self) -> impl Iterator<Item = Ref<'_, Change>> {
        self.changes.values().map(RefCell::borrow)
    }

    /// The change of a path.
    pub(super) fn change(&self, path: &str) -> Option<&RefCell<Change>> {
        self.changes.get(path)
    }

    /// Whether nothing of a path leaves.
    pub(super) fn drops(&self, path: &str) -> bool {
        self.dropped.iter().any(|dropped| dropped == path)
    }

    /// Whether all that stands at a path or below leaves as it is.
    pub(super) fn keeps(&self, root: &str) -> bool {
        let below = |path: &str| {
            path.strip_prefix(root)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        let mut changes = self.changes().filter(|change| below(&change.path));
        changes.all(|change| change.act == Act::Keep && change.common.is_none())
    }

    /// Whether a change below a root depends on whose the row is.
    pub(super) fn needs_subject(&self, root: &str) -> bool {
        let mut changes = self.changes();
        changes.any(|change| change.path.starts_with(root) && change.is_per_subject())
    }

    /// Says which values of a column enough people share.
    pub(super) fn set_common(&mut self, path: &str, common: std::collections::BTreeSet<String>) {
        if let Some(change) = self.changes.get_mut(path) {
            change.get_mut().common = Some(std::sync::Arc::new(common));
        }
    }

    /// Rewrites one JSON text, whose paths begin with `root`.
    pub(in crate::privacy) fn rewrite(
        &self,
        text: &[u8],
        root: &str,
        subject: Option<&str>,
        out: &mut Vec<u8>,
    ) -> Result<(), Stop> {
        let mut walk = Rewrite { job: self, subject, buffer: String::new() };
        json::rewrite(text, root, &mut walk, out)
    }

    /// The first subject that a line has.
    pub(super) fn subject_of(&self, line: &[u8]) -> Result<Option<String>, Stop> {
        let mut found = vec![None; self.subject.len()];
        json::look(line, "", &mut |path, leaf| {
            if let Some(place) = self.subject.iter().position(|wanted| wanted == path) {
                found[place] = match leaf {
                    Leaf::Text(text) if !text.is_empty() => Some(text.into_owned()),
                    Leaf::Number(number) => Some(number.to_owned()),
                    _ => None,
                };
            }
        })?;
        Ok(found.into_iter().flatten().next())
    }
}

/// Changes every leaf.
struct Rewrite<'j> {
    job: &'j Job,
    subject: Option<&'j str>,
    buffer: String,
}

impl Walk for Rewrite<'_> {
    fn leaf(
        &mut self,
        path: &str,
        leaf: Leaf<'_>,
        raw: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<bool, Stop> {
        let Some(change) = self.job.change(path) else {
            return Err(Stop::Refused(format!("`{path}` has no rule")));
        };
        let (number, text);
        let given = match &leaf {
            Leaf::Null => {
                out.extend_from_slice(raw);
                return Ok(change.borrow().act != Act::Drop);
            }
            Leaf::Flag(flag) => Given::Flag(*flag),
            Leaf::Number(word) => {
                number = word.parse::<i64>();
                match (&number, word.parse::<f64>()) {
                    (Ok(whole), _) => Given::Int(*whole),
                    (Err(_), Ok(float)) => Given::Float(float),
                    (Err(_), Err(_)) => return Err(Stop::Malformed(0)),
                }
            }
            Leaf::Text(word) => {
                text = word.as_ref();
                if change.borrow().act == Act::Inside {
                    let mut inner = Vec::new();
                    self.job.rewrite(text.as_bytes(), path, self.subject, &mut inner)?;
                    json::quote(&String::from_utf8_lossy(&inner), out);
                    return Ok(true);
                }
                Given::Text(text)
            }
        };
        let mut change = change.borrow_mut();
        let days = change.days_of(self.subject);
        let made = change.make(given, days, &mut self.buffer);
        match made.map_err(|refused| Stop::Refused(refused.0))? {
            Made::Same => out.extend_from_slice(raw),
            Made::Text => json::quote(&self.buffer, out),
            Made::Int(whole) => out.extend_from_slice(whole.to_string().as_bytes()),
            Made::Float(float) => out.extend_from_slice(float.to_string().as_bytes()),
            Made::Nothing if change.act == Act::Drop => return Ok(false),
            Made::Nothing => out.extend_from_slice(b"null"),
        }
        Ok(true)
    }

    fn drops(&mut self, path: &str) -> bool {
        self.job.drops(path)
    }
}
