//! A policy: for every column of every table, what it can tell about a person and what is done about it.
//!
//! ```toml
//! version = 1
//! default = "deny"              # a column that is not here ends the run before a byte is written
//! scope = "per_dataset"         # how far a token means the same: stable, per_dataset, per_recipient
//! k = 5                         # what fewer people than this share is suppressed
//! under_k = "refuse"            # what people share by all quasi-identifiers together, if that is fewer: report, refuse
//!
//! [tables.visits]
//! subject = ["user_id"]         # the columns that say whose a row is; the first that is there
//!
//! [tables.visits.columns]
//! user_id = { class = "direct_identifier", do = "token", namespace = "user", reviewed = true }
//! country = { class = "quasi", do = "keep", reason = "five countries", reviewed = true }
//! "properties.email" = { class = "direct_identifier", do = "drop", reviewed = true }
//! ```
//! Columns within columns are named by their path, items of arrays by `[]`. Partitions of folders (`day=2026-01-05`) are columns as well.

pub mod act;
mod classes;
pub mod detect;
pub mod draft;
mod shipped;

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use crate::diag::{self, Document, Located, Problem, Problems};
use crate::privacy::key::{Realm, Scope};
use crate::privacy::token::hex;
use crate::schema::{Privacy, Schemas};

pub use act::Act;
pub use shipped::SHIPPED;

/// The version of the form of policies.
const VERSION: i64 = 1;

/// People who must share a value, unless said otherwise.
const USUAL_K: i64 = 5;

/// What becomes of data in which people share the values of all quasi-identifiers together with fewer than k.
const UNDER_K: &[(&str, bool)] = &[("report", false), ("refuse", true)];

/// Values that stand for "nothing", which pass as they are: hashed, they would only be the commonest token.
const SENTINELS: &[&str] = &[
    "-",
    "0",
    "anonymous",
    "guest",
    "n/a",
    "na",
    "nil",
    "none",
    "null",
    "undefined",
    "unknown",
    "00000000-0000-0000-0000-000000000000",
];

/// The problems that are told of what is still to be reviewed; the others are counted.
const TOLD: usize = 5;

/// What is done to a column.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a word of its own on the line")]
pub struct Rule {
    /// Its path in the table.
    pub path: String,
    /// What it can tell about a person.
    pub class: Privacy,
    /// What is done.
    pub act: Act,
    /// Why it is kept, where it is.
    pub reason: Option<String>,
    /// Whether somebody has looked at the line.
    pub reviewed: bool,
    /// Whether values that fewer than k people share are suppressed.
    pub rare: bool,
    /// Whether it is what must not be learned of a person: its values are counted for l-diversity.
    pub sensitive: bool,
    /// Whether the table may lack it.
    pub optional: bool,
    /// Where it is written; none where it follows from a class.
    pub written: Option<Located<String>>,
}

/// What is done to a table.
#[derive(Debug, Clone)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// The columns that say whose a row is.
    pub subject: Vec<String>,
    /// Whether it is left out as a whole.
    pub dropped: bool,
    /// Its columns.
    pub rules: Vec<Rule>,
}

impl Table {
    /// The rule of a path: that of what it stands in where all of that is dropped, else its own.
    pub fn rule(&self, path: &str) -> Option<&Rule> {
        self.dropped_above(path).or_else(|| self.rules.iter().find(|rule| rule.path == path))
    }

    /// The rule that drops all of what a path stands in.
    fn dropped_above(&self, path: &str) -> Option<&Rule> {
        let mut dropped = self.rules.iter().filter(|rule| rule.act == Act::Drop);
        dropped.find(|rule| is_below(path, &rule.path))
    }
}

/// Whether a path is that of something within another.
pub fn is_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.starts_with(['.', '[']))
}

/// How long rows of a table may be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retention {
    /// The rule's name.
    pub name: String,
    /// Its table.
    pub table: String,
    /// What the rows are kept for.
    pub purpose: String,
    /// For how many days.
    pub days: u32,
    /// The column that tells a row's age.
    pub clock: String,
    /// Why rows stay nevertheless, where they do.
    pub hold: Option<String>,
}

/// A policy.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Its file's name, or that of one that ships.
    pub name: String,
    /// SHA-256 of its text.
    pub sha256: String,
    /// How far tokens mean the same.
    pub scope: Scope,
    /// The data set's or recipient's name, where the policy states it.
    pub scope_id: Option<String>,
    /// The key's epoch.
    pub epoch: u32,
    /// People who must share a value.
    pub k: u32,
    /// Whether data in which fewer people share their values are refused, and not just told of.
    pub refuses_under_k: bool,
    /// Values that pass as they are.
    pub sentinels: Vec<String>,
    /// Its tables.
    pub tables: Vec<Table>,
    /// How long rows may be kept, by name.
    pub retention: Vec<Retention>,
    /// What is wrong in its file, as it comes to light later.
    document: std::rc::Rc<Document>,
}

impl Policy {
    /// Reads a policy. `schemas` are those of throng's own tables, which `[classes]` speaks of.
    ///
    /// # Errors
    /// Every mistake in it.
    pub fn read(name: &str, text: &str, schemas: &Schemas) -> Result<Self, Problems> {
        let document = Document::parse(name, text);
        if document.is_broken() {
            return Err(document.problems());
        }
        let sha256 = hex(&Sha256::digest(text.as_bytes()));
        let mut policy = {
            let root = document.root();
            if root.integer("version", 1..=VERSION) != VERSION {
                root.problem("version", "another form of policies", "write `version = 1`");
            }
            if root.text("default") != "deny" {
                let help = "write `default = \"deny\"`: what is not named must not pass";
                root.problem("default", "a policy that does not deny by default", help);
            }
            root.opt_text("doc");
            let scope = root.opt_located("scope");
            let scope = scope.and_then(|name| {
                Some(Scope::NAMED[name.one_of("scope", Scope::NAMED.iter().map(|(n, _)| *n))?].1)
            });
            let sentinels = root.texts("sentinels").into_iter().map(|one| one.value);
            let usual = SENTINELS.iter().map(|&one| one.to_owned());
            let sentinels =
                if root.has("sentinels") { sentinels.collect() } else { usual.collect() };
            let by_class = classes::read(&root, schemas);
            Self {
                name: name.to_owned(),
                sha256,
                scope: scope.unwrap_or(Scope::PerDataset),
                scope_id: root.opt_text("scope_id"),
                epoch: root.opt_integer("epoch", 0..=i64::from(u32::MAX)).unwrap_or(0) as u32,
                k: root.opt_integer("k", 1..=1_000_000).unwrap_or(USUAL_K) as u32,
                refuses_under_k: root.opt_choice("under_k", UNDER_K).unwrap_or(false),
                sentinels,
                tables: tables(&root, by_class),
                retention: retention(&root),
                document: std::rc::Rc::new(Document::parse("", "")),
            }
        };
        document.problems().or(())?;
        policy.document = std::rc::Rc::new(document);
        Ok(policy)
    }

    /// The table of one of those names, the first that there is; `*` stands for any.
    pub fn table(&self, names: &[&str]) -> Option<&Table> {
        let by_name = |name: &&str| self.tables.iter().find(|table| table.name == **name);
        names.iter().chain(&["*"]).find_map(by_name)
    }

    /// Where tokens mean the same: what the policy says, or what is asked for, or else the data set's name.
    ///
    /// # Errors
    /// Tokens for a recipient whom nobody has named.
    pub fn realm(&self, asked: Option<&str>, usual: String) -> Result<Realm, Problem> {
        let id = self.scope_id.clone().or_else(|| asked.map(str::to_owned));
        let id = match self.scope {
            Scope::Stable => String::new(),
            Scope::PerDataset => id.unwrap_or(usual),
            Scope::PerRecipient => id.filter(|id| !id.trim().is_empty()).ok_or_else(|| {
                Problem::new("a policy per recipient, and no recipient")
                    .help("name one with --scope-id, or in the policy")
            })?,
        };
        Ok(Realm { scope: self.scope, id, epoch: self.epoch })
    }

    /// What was found wrong with lines of the policy since it was read.
    pub fn found(&self) -> Problems {
        self.document.problems()
    }

    /// Refuses a policy of which somebody has still to look at a line.
    ///
    /// # Errors
    /// The first lines, and how many more there are.
    pub fn check_reviewed(&self) -> Result<(), Problems> {
        let rules = self.tables.iter().flat_map(|table| &table.rules);
        let open: Vec<&Rule> = rules.filter(|rule| !rule.reviewed).collect();
        let mut problems = Problems::new();
        for rule in open.iter().take(TOLD) {
            let mut problem = Problem::new(format!("`{}` has not been reviewed", rule.path))
                .help("look at the line, and add `reviewed = true`");
            problem.place = rule.written.as_ref().map(Located::place);
            problems.push(problem);
        }
        if open.len() > TOLD {
            let more = open.len() - TOLD;
            problems.push(Problem::new(format!("{more} more lines have not been reviewed")));
        }
        problems.or(())
    }
}

/// The tables that are written, over those that follow from classes.
fn tables(root: &diag::Table<'_>, by_class: Vec<Table>) -> Vec<Table> {
    let mut tables: BTreeMap<String, Table> =
        by_class.into_iter().map(|table| (table.name.clone(), table)).collect();
    for (name, toml) in root.named("tables") {
        let new = || Table {
            name: name.value.clone(),
            subject: Vec::new(),
            dropped: false,
            rules: Vec::new(),
        };
        let table = tables.entry(name.value.clone()).or_insert_with(new);
        table.dropped = toml.flag("drop", table.dropped);
        if toml.has("subject") {
            table.subject = toml.texts("subject").into_iter().map(|one| one.value).collect();
        }
        for (path, line) in toml.named("columns") {
            let rule = rule(path, &line);
            table.rules.retain(|known| known.path != rule.path);
            table.rules.push(rule);
        }
        check_name(&name);
        check_below(table);
        check_subject(&toml, table);
    }
    tables.into_values().collect()
}

/// A table becomes a folder, which must lie where it should.
fn check_name(name: &Located<String>) {
    let part = |part: &str| !part.is_empty() && part != "." && part != "..";
    if !name.value.split('/').all(part) || name.value.contains(['\\', '\0']) {
        let help = "a table is a folder of the input, or a file without its ending: `visits`";
        name.problem(format!("`{}` is no name of a table", name.value), help);
    }
}

/// A line below a dropped one would say nothing.
fn check_below(table: &Table) {
    for rule in table.rules.iter().filter(|rule| rule.act != Act::Drop) {
        if let (Some(line), Some(above)) = (&rule.written, table.dropped_above(&rule.path)) {
            let message =
                format!("`{}` stands in `{}`, of which nothing leaves", rule.path, above.path);
            line.problem(message, "leave the line out, or give the other another rule");
        }
    }
}

/// How long rows may be kept.
fn retention(root: &diag::Table<'_>) -> Vec<Retention> {
    let rule = |(name, toml): (Located<String>, diag::Table<'_>)| {
        // There is one thing that can be done to what is too old; that it is named leaves room for others.
        toml.opt_choice("do", &[("delete", ())]);
        Retention {
            name: name.value,
            table: toml.text("table"),
            purpose: toml.text("purpose"),
            days: toml.integer("days", 0..=100_000) as u32,
            clock: toml.text("clock"),
            hold: toml.opt_text("hold"),
        }
    };
    root.named("retention").into_iter().map(rule).collect()
}

/// Whose a row is, a column of the table must say.
fn check_subject(toml: &diag::Table<'_>, table: &Table) {
    for name in &table.subject {
        if table.rules.iter().all(|rule| rule.path != *name) {
            let known = table.rules.iter().map(|rule| rule.path.as_str());
            toml.problem("subject", format!("no column `{name}`"), diag::suggest(name, known));
        }
    }
    let needs = |rule: &&Rule| matches!(rule.act, Act::Shift(shift) if shift.per_subject);
    if let (true, Some(rule)) = (table.subject.is_empty(), table.rules.iter().find(needs)) {
        let help = "add `subject = [\"…\"]`, or shift all by the same: `per = \"data_set\"`";
        match &rule.written {
            Some(line) => line.problem("a shift per subject, and no subject", help),
            None => toml.problem("columns", "a shift per subject, and no subject", help),
        }
    }
}

/// Reads a line.
fn rule(path: Located<String>, line: &diag::Table<'_>) -> Rule {
    let class = line.choice("class", Privacy::NAMED).unwrap_or(Privacy::DirectIdentifier);
    let act = act::read(line, class);
    let reason = line.opt_text("reason").filter(|reason| !reason.trim().is_empty());
    if act == Act::Keep && reason.is_none() {
        path.problem(
            format!("`{}` is kept without a reason", path.value),
            "add `reason = \"…\"`, for whoever asks why",
        );
    }
    let rare = act == Act::Rare || line.flag("rare", false);
    if rare && matches!(act, Act::Shift(_) | Act::Drop | Act::Inside) {
        let help = "leave `rare` out, or make the values coarser: `band`, `prefix`, `grid`";
        line.problem("rare", format!("`{}` leaves nothing that people share", act.name()), help);
    }
    Rule {
        class,
        reason,
        reviewed: line.flag("reviewed", false),
        rare,
        sensitive: line.flag("sensitive", false),
        optional: line.flag("optional", false),
        act,
        path: path.value.clone(),
        written: Some(path),
    }
}
