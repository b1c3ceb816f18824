//! The privacy stage inside the engine: a frame whose columns show what may leave.
//!
//! Strings and ids are changed by dictionary, so a token is made once for each user, device or session of a file, and never for each
//! event. Values that few people share are counted in the records of a range of users, before any of its files is written.

mod canaries;
mod common;
mod masked;
pub mod shape;
mod values;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, RwLock};

use crate::diag::{Problem, Problems};
use crate::frame::{Frame, Veil};
use crate::manifest::{ColumnChange, Tokens};
use crate::privacy::key::{Key, Realm};
use crate::privacy::leaks::Known;
use crate::privacy::policy::act::{Act, Token};
use crate::privacy::policy::{self, Policy, Rule};
use crate::privacy::stage::change::{Change, Given, Made, OTHER};
use crate::privacy::stage::time;
use crate::privacy::token::{Encoding, Kind, LEAST_BITS, Normal};
use crate::schema::{Schemas, Table, Type};

use canaries::Canaries;
use common::Common;
use masked::{Changed, MaskedFrame};
use shape::DATE;

/// Rows looked at together, where all of a frame's are looked at.
const BLOCK: usize = 1 << 14;

/// What the policy does to the tables of a run.
#[derive(Debug)]
pub struct Masking {
    tables: Vec<Masked>,
    /// People who must share a value.
    k: usize,
    /// What enough of them share, in the range that is being written.
    common: RwLock<Common>,
    /// By table and field.
    kept: Mutex<HashMap<(usize, usize), Arc<Changed>>>,
    /// What must not be found in what is written.
    canaries: Canaries,
}

/// What it does to a table.
#[derive(Debug)]
struct Masked {
    /// The table as it is written.
    table: Table,
    /// By field that is written: its ordinal in the table as it was, and what is done.
    fields: Vec<(usize, Change)>,
    /// The columns that do not leave as they were.
    changed: Vec<ColumnChange>,
    /// What is done to paths within JSON.
    inner: Vec<Change>,
    /// What is done to the dates of folders, where they do not stay.
    date: Option<Change>,
    /// What is done to the times of the first and last rows; none where they do not leave.
    clock: Option<Change>,
}

impl Masking {
    /// Binds a policy to the tables that a run writes.
    ///
    /// # Errors
    /// Columns without a rule, and acts that the engine cannot carry out.
    pub fn new<'t>(
        tables: impl Iterator<Item = &'t Table>,
        policy: &Policy,
        key: &Key,
        realm: &Realm,
    ) -> Result<Self, Problems> {
        let mut problems = Problems::new();
        let mut all = Vec::new();
        for table in tables {
            let masked = Masked::new(table, policy, key, realm, &mut problems);
            all.extend(masked);
        }
        let k = policy.k as usize;
        let (common, kept, canaries) = Default::default();
        problems.or(Self { tables: all, k, common, kept, canaries })
    }

    /// Some of the values that tokens stand for in what was written since.
    pub fn canaries(&self) -> Vec<Known> {
        self.canaries.all()
    }

    /// A path as it leaves: dates of folders move as times do.
    pub fn path(&self, table: &str, path: &str) -> String {
        let change = self.tables.iter().find(|one| one.table.name == table);
        let Some(change) = change.and_then(|one| one.date.as_ref()) else { return path.to_owned() };
        let part = |part: &str| {
            let Some((name, value)) = part.split_once('=') else { return part.to_owned() };
            let (mut change, mut out) = (change.clone(), String::new());
            let days = change.days_of(None);
            match change.make(Given::Text(value), days, &mut out) {
                Ok(Made::Text) => format!("{name}={out}"),
                _ => format!("{name}={OTHER}"),
            }
        };
        path.split('/').map(part).collect::<Vec<_>>().join("/")
    }

    /// Times of the first and last row as they leave.
    pub fn time_range(&self, table: &str, range: Option<(i64, i64)>) -> Option<(i64, i64)> {
        let masked = self.tables.iter().find(|one| one.table.name == table);
        let Some(masked) = masked else { return range };
        let clock = masked.clock.as_ref()?;
        let shift = match clock.act {
            Act::Keep if !clock.rare => return range,
            Act::Shift(shift) => shift,
            _ => return None,
        };
        let days = clock.days_of(None)?;
        let moved = |time| time::moved(time, 1_000_000, days, shift.round);
        range.map(|(first, last)| (moved(first), moved(last)))
    }

    /// Whether the values of a column become tokens.
    pub fn makes_tokens(&self, table: &str, column: &str) -> bool {
        let of_table = self.tables.iter().find(|one| one.table.name == table);
        let mut fields = of_table.into_iter().flat_map(|one| &one.fields);
        fields.any(|(_, change)| change.path == column && matches!(change.act, Act::Token(_)))
    }

    /// The columns that become tokens, for the manifest.
    pub fn tokens(&self) -> Vec<Tokens> {
        let of_table = |one: &Masked| {
            let of_field = |(_, change): &(usize, Change)| {
                let Act::Token(token) = &change.act else { return None };
                Some(Tokens {
                    table: one.table.name.clone(),
                    path: change.path.clone(),
                    namespace: token.namespace.clone(),
                    kind: token.normal.kind.name().to_owned(),
                    region: token.normal.region.map(|region| region.name().to_owned()),
                    encoding: token.encoding.name().to_owned(),
                    bits: token.bits,
                })
            };
            one.fields.iter().filter_map(of_field).collect::<Vec<_>>()
        };
        self.tables.iter().flat_map(of_table).collect()
    }

    /// The schemas of what is written: for digests.
    pub fn schemas(&self, schemas: &Schemas) -> Schemas {
        shape::schemas(schemas, &self.columns())
    }

    /// By table, the columns that do not leave as they were.
    pub fn columns(&self) -> shape::Columns {
        let of_table = |one: &Masked| (one.table.name.clone(), one.changed.clone());
        self.tables.iter().map(of_table).collect()
    }
}

impl Veil for Masking {
    /// A frame as it leaves, if the policy has a say in it.
    fn over<'f>(&'f self, frame: &'f dyn Frame) -> Option<Box<dyn Frame + 'f>> {
        let place = self.tables.iter().position(|one| one.table.name == frame.table().name)?;
        Some(Box::new(MaskedFrame::new(self, place, frame)))
    }
}

impl Masked {
    fn new(
        table: &Table,
        policy: &Policy,
        key: &Key,
        realm: &Realm,
        problems: &mut Problems,
    ) -> Option<Self> {
        // Truth is left out, or asked for as it is.
        if table.name.starts_with("truth/") {
            return None;
        }
        let Some(rules) = policy.table(&[&table.name]) else {
            problems.push(Problem::new(format!("the policy has no table {}", table.name)));
            return None;
        };
        let (mut fields, mut changed) = (Vec::new(), Vec::new());
        for (ordinal, field) in table.fields.iter().enumerate() {
            let Some(rule) = rules.rule(&field.name) else {
                let message = format!("`{}` of {} has no rule", field.name, table.name);
                problems.push(Problem::new(message).help("what has no rule does not leave"));
                continue;
            };
            changed.extend(shape::of_field(rule, field).map(|one| ColumnChange {
                // A rule may stand above what it drops.
                name: field.name.clone(),
                ..one
            }));
            if rule.act == Act::Drop {
                continue;
            }
            let change = Change::new(rule, policy, key, realm).unwatched();
            if change.is_per_subject() {
                let message = format!("`{}` of {} has a shift per subject", field.name, table.name);
                let help = "files are in order of time: `per = \"data_set\"`";
                problems.push(Problem::new(message).help(help));
            }
            if !fits(&rule.act, field.ty) {
                let (act, ty) = (rule.act.name(), field.ty.name());
                let message =
                    format!("`{act}` cannot be done to `{}` of {}", field.name, table.name);
                problems.push(Problem::new(message).help(format!("it is of the type {ty}")));
            }
            if rule.rare && !common::is_counted(&table.name, &field.name, field.ty) {
                let message =
                    format!("nobody counts who shares `{}` of {}", field.name, table.name);
                let help = "rare values are counted where users, devices, sessions, orders, payments or consents have them";
                problems.push(Problem::new(message).help(help));
            }
            fields.push((ordinal, change));
        }
        let inside = |rule: &&Rule| rule.path.contains('.');
        let inner = || rules.rules.iter().filter(inside);
        let is_left =
            |rule: &&Rule| rules.rule(&rule.path).is_some_and(|own| own.path == rule.path);
        changed.extend(inner().filter(is_left).filter_map(shape::of_path));
        let inner = inner().map(|rule| Change::new(rule, policy, key, realm));
        let inner: Vec<Change> = inner.collect();
        if let Some(change) = inner.iter().find(|change| change.rare && change.act != Act::Drop) {
            let message = format!("nobody counts who shares `{}` of {}", change.path, table.name);
            problems.push(Problem::new(message).help("drop it, or give it another act"));
        }
        let date = if table.is_events() { date(rules, problems) } else { None };
        // Who reads the folders must know what became of their dates.
        changed.extend(date.as_ref().and_then(shape::of_path));
        let date = date.map(|rule| Change::new(&rule, policy, key, realm));
        // Files tell the times of the column that their rows are in order of.
        let clock = table.sorted_by.first().and_then(|name| rules.rule(name));
        let clock = clock.map(|rule| Change::new(rule, policy, key, realm));
        let table = shape::table(table, &changed);
        Some(Self { table, fields, changed, inner, date, clock })
    }
}

/// What is done to the dates of folders of events. A date that does not leave becomes a token: each day has a folder of its own.
fn date(rules: &policy::Table, problems: &mut Problems) -> Option<Rule> {
    let Some(rule) = rules.rule(DATE) else {
        let message = format!("`{DATE}` of {} has no rule, and folders bear it", rules.name);
        problems.push(Problem::new(message).help("what has no rule does not leave"));
        return None;
    };
    let mut rule = rule.clone();
    match &rule.act {
        Act::Keep if !rule.rare => return None,
        Act::Shift(shift) if shift.per_subject && shift.days > 0 => {
            let message = format!("`{DATE}` of {} has a shift per subject", rules.name);
            problems.push(Problem::new(message).help("use `per = \"data_set\"`"));
        }
        Act::Shift(_) => {}
        _ => {
            let normal = Normal::of_kind(Kind::Text);
            let (namespace, encoding) = (DATE.to_owned(), Encoding::Base32);
            rule.act = Act::Token(Token { namespace, normal, encoding, bits: LEAST_BITS });
            rule.rare = false;
        }
    }
    Some(rule)
}

/// Whether an act knows what to do with a type.
fn fits(act: &Act, ty: Type) -> bool {
    match act {
        Act::Keep | Act::Drop => true,
        Act::Token(_) => matches!(ty, Type::Id | Type::Text | Type::Enum),
        Act::Shift(_) => matches!(ty, Type::Timestamp | Type::Date),
        Act::Network { .. } | Act::Prefix(_) | Act::Agent | Act::Strip(_) | Act::Redact => {
            matches!(ty, Type::Text | Type::Enum)
        }
        Act::Band(_) => matches!(ty, Type::Date | Type::Int32 | Type::Int64 | Type::Text),
        Act::Grid(_) => ty == Type::Float64,
        Act::Rare => !matches!(ty, Type::Id | Type::Timestamp | Type::Money | Type::Json),
        Act::Inside => ty == Type::Json,
    }
}
