//! A table's rules at work on its files.

use std::cell::{Ref, RefCell};
use std::collections::BTreeMap;
use std::io::Write as _;

use super::change::{Change, Given, Made};
use super::json::{self, Leaf, Stop, Walk};
use super::survey::{Columns, Shape};
use crate::diag::{Problem, Problems};
use crate::privacy::key::{Key, Realm};
use crate::privacy::names;
use crate::privacy::policy::act::Act;
use crate::privacy::policy::{Policy, Rule, Table, is_below};

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
    /// Paths of texts that are JSON.
    pub(super) inside: Vec<String>,
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
    problems: &mut Problems,
) -> Result<Job, Vec<String>> {
    let mut unknown = Vec::new();
    let mut changes = BTreeMap::new();
    let of = |act: Act| table.rules.iter().filter(move |rule| rule.act == act);
    let paths = |act: Act| of(act).map(|rule| rule.path.clone()).collect();
    let inside: Vec<String> = paths(Act::Inside);
    let in_text = |path: &str| inside.iter().any(|text| is_below(path, text));
    for (path, column) in columns {
        let Some(rule) = table.rule(path) else {
            // What is empty here may have columns below it elsewhere.
            if !column.is_empty || !table.rules.iter().any(|rule| is_below(&rule.path, path)) {
                unknown.push(path.clone());
            }
            continue;
        };
        if let Some((message, help)) = misfit(rule, column.shape, in_text(path)) {
            tell(rule, problems, message, help);
        }
        changes.insert(rule.path.clone(), RefCell::new(Change::new(rule, policy, key, realm)));
    }
    for rule in &table.rules {
        check_there(rule, columns);
    }
    if !unknown.is_empty() {
        return Err(unknown);
    }
    let subject = table.subject.iter().filter(|path| columns.contains_key(*path)).cloned();
    let subject: Vec<String> = subject.collect();
    if let Some(rule) = table.rules.iter().find(|rule| per_subject(rule))
        && let Some(path) = subject.iter().find(|path| in_text(path) || path.contains("[]"))
    {
        let message =
            format!("`{}` moves by `{path}`, which stands in a text or a list", rule.path);
        tell(rule, problems, message, "shift all by the same: `per = \"data_set\"`".to_owned());
    }
    let (table, dropped) = (table.name.clone(), paths(Act::Drop));
    Ok(Job { table, subject, changes, dropped, inside, order: None })
}

fn per_subject(rule: &Rule) -> bool {
    matches!(rule.act, Act::Shift(shift) if shift.per_subject && shift.days > 0)
}

/// Tells what is wrong with a rule: at its line, where it has one.
fn tell(rule: &Rule, problems: &mut Problems, message: String, help: String) {
    match &rule.written {
        Some(line) => line.problem(message, help),
        None => problems.push(Problem::new(message).help(help)),
    }
}

/// A line must find its column.
fn check_there(rule: &Rule, columns: &Columns) {
    let there = |path: &String| *path == rule.path || is_below(path, &rule.path);
    let (Some(line), false) = (&rule.written, rule.optional) else { return };
    if !columns.keys().any(there) {
        let known = columns.keys().map(String::as_str);
        let known =
            known.filter(|path| names::shown(path) == *path && !path.contains(names::HIDDEN));
        let help = crate::diag::suggest(&rule.path, known);
        let help = format!("{help}; a column that some files lack says `optional = true`");
        line.problem(format!("no file has a column `{}`", rule.path), help);
    }
}

/// Why a rule cannot be carried out on what stands there, if it cannot.
fn misfit(rule: &Rule, shape: Shape, in_text: bool) -> Option<(String, String)> {
    let fits = match (&rule.act, shape) {
        (Act::Keep, Shape::Other) => !rule.rare,
        (_, Shape::Null) | (Act::Keep | Act::Drop, _) => true,
        (_, Shape::Other)
        | (Act::Token(_), Shape::Float | Shape::Flag | Shape::Time)
        | (Act::Shift(_) | Act::Band(_), Shape::Flag)
        | (Act::Grid(_), Shape::Flag | Shape::Time) => false,
        (Act::Token(_) | Act::Shift(_) | Act::Band(_) | Act::Grid(_) | Act::Rare, _) => true,
        (_, shape) => shape == Shape::Text,
    };
    let path = names::shown(&rule.path);
    let in_list = rule.path.contains("[]");
    let of_data_set = || "shift all by the same: `per = \"data_set\"`".to_owned();
    match () {
        () if !fits => Some((
            format!("`{}` cannot be done to `{path}`", rule.act.name()),
            format!("`{path}` holds {}; see `throng policy acts`", name(shape)),
        )),
        () if per_subject(rule) && in_list => {
            Some((format!("`{path}` stands in a list, and has no shift of its own"), of_data_set()))
        }
        () if per_subject(rule) && in_text => Some((
            format!("`{path}` stands in a text that is JSON, and has no shift of its own"),
            of_data_set(),
        )),
        () if (rule.rare || rule.sensitive) && in_list && rule.act != Act::Drop => Some((
            format!("`{path}` stands in a list, and who shares its values is not counted"),
            "drop it, give it another act, or make a column of what is counted".to_owned(),
        )),
        () => None,
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
    /// The changes of paths within the JSON at a path.
    pub(in crate::privacy) fn of(root: &str, inner: &[Change]) -> Self {
        let below = |change: &&Change| is_below(&change.path, root);
        let cell = |change: &Change| (change.path.clone(), RefCell::new(change.clone()));
        let of = |act: Act| {
            let some = inner.iter().filter(move |change| change.act == act);
            some.map(|change| change.path.clone()).collect()
        };
        Self {
            table: String::new(),
            subject: Vec::new(),
            changes: inner.iter().filter(below).map(cell).collect(),
            dropped: of(Act::Drop),
            inside: of(Act::Inside),
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
        let mut changes =
            self.changes().filter(|change| change.path == root || is_below(&change.path, root));
        changes.all(|change| change.act == Act::Keep && !change.rare)
    }

    /// Whether any change depends on whose the row is.
    pub(super) fn needs_subject(&self) -> bool {
        self.changes().any(|change| change.is_per_subject())
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
        let mut walk = Rewrite::new(self, subject);
        json::rewrite(text, root, &mut walk, out)
    }

    /// The first subject that a line has, or the partitions that it lies in.
    pub(super) fn subject_of(
        &self,
        line: &[u8],
        partitions: &[(String, String)],
    ) -> Result<Option<String>, Stop> {
        let partition = |wanted: &String| {
            let found = partitions.iter().find(|(name, value)| name == wanted && !value.is_empty());
            found.map(|(_, value)| value.clone())
        };
        let mut found: Vec<Option<String>> = self.subject.iter().map(partition).collect();
        json::look(line, "", &[], &mut |path, leaf| {
            if let Some(place) = self.subject.iter().position(|wanted| wanted == path) {
                found[place] = match leaf {
                    Leaf::Text(text) if !text.is_empty() => Some(text.into_owned()),
                    Leaf::Number(number) => Some(number.to_owned()),
                    _ => return,
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

impl<'j> Rewrite<'j> {
    fn new(job: &'j Job, subject: Option<&'j str>) -> Self {
        Self { job, subject, buffer: String::new() }
    }
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
            return Err(Stop::Refused(format!("`{}` has no rule", names::shown(path))));
        };
        let given = match &leaf {
            Leaf::Null => {
                out.extend_from_slice(raw);
                return Ok(change.borrow().act != Act::Drop);
            }
            Leaf::Flag(flag) => Given::Flag(*flag),
            Leaf::Number(word) => {
                match word.parse() {
                    Ok(whole) => Given::Int(whole),
                    // What is too long for a number is its digits.
                    Err(_) if json::is_whole(word) => Given::Text(word),
                    Err(_) => Given::Float(word.parse().map_err(|_| Stop::Malformed(0))?),
                }
            }
            Leaf::Text(text) => {
                if !text.is_empty() && change.borrow().act == Act::Inside {
                    let (mut inner, mut walk) = (Vec::new(), Rewrite::new(self.job, self.subject));
                    json::rewrite_inner(text, path, &mut walk, &mut inner)?;
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
            Made::Int(whole) => write!(out, "{whole}").unwrap_or_default(),
            Made::Float(float) => write!(out, "{float}").unwrap_or_default(),
            Made::Nothing if change.act == Act::Drop => return Ok(false),
            Made::Nothing => out.extend_from_slice(b"null"),
        }
        Ok(true)
    }

    fn empty(&mut self, path: &str, raw: &[u8], out: &mut Vec<u8>) -> Result<bool, Stop> {
        // Its name leaves with it.
        let below = || self.job.changes().any(|change| is_below(&change.path, path));
        if !path.is_empty() && self.job.change(path).is_none() && !below() {
            return Err(Stop::Refused(format!("`{}` has no rule", names::shown(path))));
        }
        out.extend_from_slice(raw);
        Ok(true)
    }

    fn drops(&mut self, path: &str) -> bool {
        self.job.drops(path)
    }
}
