//! The privacy stage inside the engine: a frame whose columns show what may leave.
//!
//! Strings and ids are changed by dictionary, so a token is made once for each user, device or session of a file, and never for each
//! event. Values that few people share are counted in the records of a range of users, before any of its files is written.

mod common;
pub mod shape;
mod values;

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use crate::diag::{Problem, Problems};
use crate::digits::uuid_text;
use crate::frame::{Column, Dictionary, Frame, NULL, Strings, Values, Veil};
use crate::manifest::{ColumnChange, Tokens};
use crate::privacy::key::{Key, Realm};
use crate::privacy::policy::act::{Act, Token};
use crate::privacy::policy::{self, Policy, Rule};
use crate::privacy::stage::change::{Change, Given, Made, OTHER};
use crate::privacy::stage::job::Job;
use crate::privacy::stage::time;
use crate::privacy::token::{Encoding, Kind, LEAST_BITS, Normal};
use crate::read::hash::Words;
use crate::schema::{Schemas, Table, Type};

use common::Common;
use shape::DATE;
use values::values;

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

/// A dictionary's strings as they leave.
#[derive(Debug, Default)]
struct Changed {
    strings: Strings,
    /// By string: the first key of the whole dictionary whose string is the same, since which of two it was must not show; [`NULL`] where
    /// nothing leaves.
    first: Vec<u32>,
    /// Whether each is its own.
    plain: bool,
    /// The strings that differ, and the key of each.
    known: Words,
    keys: Vec<u32>,
}

impl Changed {
    /// The key of a string.
    fn key(&self, text: &str) -> Option<u32> {
        self.keys.get(self.known.get(text) as usize).copied()
    }
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
        problems.or(Self { tables: all, k, common: RwLock::default(), kept: Mutex::default() })
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
            let change = Change::new(rule, policy, key, realm);
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

/// A frame as it leaves.
struct MaskedFrame<'f> {
    masking: &'f Masking,
    place: usize,
    masked: &'f Masked,
    inner: &'f dyn Frame,
    /// By field: its dictionary, where it has one.
    dictionaries: Vec<Own>,
    /// By field: the keys that the groups of rows share, where those become others.
    shared: Vec<Option<Vec<u32>>>,
}

/// A field's dictionary as it leaves.
enum Own {
    /// That of the frame.
    Same,
    /// Tokens of ids.
    Ids(Vec<u128>),
    /// Two parts of strings.
    Texts(Arc<Changed>, Changed),
    /// Ids whose tokens are strings.
    Words(Changed),
}

impl Own {
    /// Whether keys stay what they are.
    fn is_plain(&self) -> bool {
        match self {
            Self::Same | Self::Ids(_) => true,
            Self::Texts(base, own) => base.plain && own.plain,
            Self::Words(words) => words.plain,
        }
    }

    /// The first key whose string is that of a key; [`NULL`] where nothing of it leaves.
    fn first(&self, key: u32) -> u32 {
        match self {
            Self::Same | Self::Ids(_) => key,
            Self::Words(words) => words.first[key as usize],
            Self::Texts(base, own) => {
                let length = base.first.len() as u32;
                match key.checked_sub(length) {
                    None => base.first[key as usize],
                    Some(rest) => own.first[rest as usize],
                }
            }
        }
    }
}

impl<'f> MaskedFrame<'f> {
    fn new(masking: &'f Masking, place: usize, inner: &'f dyn Frame) -> Self {
        let masked = &masking.tables[place];
        let own = |(field, (ordinal, change)): (usize, &(usize, Change))| {
            let Some(dictionary) = inner.dictionary(*ordinal) else { return Own::Same };
            let is_id = masked.table.fields[field].ty == Type::Id;
            let change = &*masking.counted(place, field, change);
            match (&change.act, dictionary) {
                (Act::Keep, _) if !change.rare => Own::Same,
                (_, Dictionary::Ids(ids)) if is_id => Own::Ids(tokens(change, ids)),
                (_, Dictionary::Ids(ids)) => {
                    let texts: Strings = ids.iter().map(|id| uuid_text(*id)).collect();
                    Own::Words(masked.changed(change, &texts, None))
                }
                (_, Dictionary::Texts { base, own }) => {
                    let is_lasting = inner.is_lasting(*ordinal);
                    let base = masking.base((place, field), change, base, is_lasting);
                    let own = masked.changed(change, own, Some(&base));
                    Own::Texts(base, own)
                }
            }
        };
        let dictionaries: Vec<Own> = masked.fields.iter().enumerate().map(own).collect();
        let shared = |((ordinal, _), own): (&(usize, Change), &Own)| {
            let keys = inner.shared(*ordinal).filter(|_| !own.is_plain())?;
            let key = |key: &u32| if *key == NULL { NULL } else { own.first(*key) };
            Some(keys.iter().map(key).collect())
        };
        let shared = masked.fields.iter().zip(&dictionaries).map(shared).collect();
        Self { masking, place, masked, inner, dictionaries, shared }
    }
}

fn tokens(change: &Change, ids: &[u128]) -> Vec<u128> {
    let Some(tokens) = change.tokens() else { return vec![0; ids.len()] };
    let mut ids = ids.to_vec();
    tokens.uuids(&mut ids);
    ids
}

impl Masking {
    /// A change, with what enough people share where it is asked for.
    fn counted<'c>(&self, place: usize, field: usize, change: &'c Change) -> Cow<'c, Change> {
        if !change.rare {
            return Cow::Borrowed(change);
        }
        let common = self.common.read().unwrap_or_else(PoisonError::into_inner);
        let mut change = change.clone();
        change.common = Some(common.of(place, field));
        Cow::Owned(change)
    }

    /// The first part of a dictionary as it leaves; of one that lasts, what was made for the first file serves all.
    fn base(
        &self,
        of: (usize, usize),
        change: &Change,
        strings: &Strings,
        is_lasting: bool,
    ) -> Arc<Changed> {
        let masked = &self.tables[of.0];
        if !is_lasting {
            return Arc::new(masked.changed(change, strings, None));
        }
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(&of).cloned();
        kept.unwrap_or_else(|| {
            let made = Arc::new(masked.changed(change, strings, None));
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.insert(of, Arc::clone(&made));
            made
        })
    }
}

impl Masked {
    /// Changes all strings of a dictionary, or of the part of one that stands behind another.
    fn changed(&self, change: &Change, strings: &Strings, before: Option<&Changed>) -> Changed {
        let (mut change, mut made) =
            (change.clone(), Changed { plain: true, ..Changed::default() });
        let inside = (change.act == Act::Inside).then(|| Job::of(&change.path, &self.inner));
        let mut out = String::new();
        let begin = before.map_or(0, |before| before.first.len());
        for (nth, text) in strings.iter().enumerate() {
            let key = (begin + nth) as u32;
            if !one(&mut change, inside.as_ref(), text, &mut out) {
                made.strings.push("");
                made.first.push(NULL);
                made.plain = false;
                continue;
            }
            made.strings.push(&out);
            let first = before.and_then(|before| before.key(&out)).unwrap_or_else(|| {
                let word = made.known.add(&out) as usize;
                if word == made.keys.len() {
                    made.keys.push(key);
                }
                made.keys[word]
            });
            made.plain &= first == key;
            made.first.push(first);
        }
        made
    }
}

/// Changes a string; whether anything is left of it.
fn one(change: &mut Change, inside: Option<&Job>, text: &str, out: &mut String) -> bool {
    if let (Some(job), false) = (inside, text.is_empty()) {
        let mut bytes = Vec::new();
        // What is no JSON, or has a path without a rule, does not leave.
        let done = job.rewrite(text.as_bytes(), &change.path, None, &mut bytes).is_ok();
        out.clear();
        out.push_str(std::str::from_utf8(&bytes).unwrap_or_default());
        return done && out != "{}";
    }
    let days = change.days_of(None);
    match change.make(Given::Text(text), days, out) {
        Ok(Made::Text) => true,
        Ok(Made::Same) => {
            out.clear();
            out.push_str(text);
            true
        }
        _ => false,
    }
}

impl Frame for MaskedFrame<'_> {
    fn table(&self) -> &Table {
        &self.masked.table
    }

    fn rows(&self) -> usize {
        self.inner.rows()
    }

    fn dictionary(&self, field: usize) -> Option<Dictionary<'_>> {
        match &self.dictionaries[field] {
            Own::Same => match self.masked.fields[field].1.act {
                Act::Keep => self.inner.dictionary(self.masked.fields[field].0),
                _ => None,
            },
            Own::Ids(ids) => Some(Dictionary::Ids(ids)),
            Own::Texts(base, own) => {
                Some(Dictionary::Texts { base: &base.strings, own: &own.strings })
            }
            Own::Words(words) => Some(Dictionary::Texts { base: &words.strings, own: &NONE }),
        }
    }

    fn fill(&self, field: usize, rows: Range<usize>, out: &mut Column) {
        let (ordinal, change) = &self.masked.fields[field];
        self.inner.fill(*ordinal, rows, out);
        match &self.dictionaries[field] {
            own @ (Own::Ids(_) | Own::Words(_) | Own::Texts(..)) => {
                rekey(out, |key| own.first(key), own.is_plain());
            }
            Own::Same => {
                let change = self.masking.counted(self.place, field, change);
                if change.act != Act::Keep || change.rare {
                    let ty = self.inner.table().fields[*ordinal].ty;
                    values(&change, (ty, self.masked.table.fields[field].ty), out);
                }
            }
        }
    }

    fn groups(&self) -> Option<&[u32]> {
        self.inner.groups()
    }

    fn shared(&self, field: usize) -> Option<&[u32]> {
        let (ordinal, change) = &self.masked.fields[field];
        match (&self.shared[field], &self.dictionaries[field]) {
            (Some(keys), _) => Some(keys),
            (None, Own::Same) if change.act != Act::Keep => None,
            (None, _) => self.inner.shared(*ordinal),
        }
    }
}

/// No strings.
static NONE: Strings = Strings::empty();

/// Gives keys of equal strings the same key, and rows of which nothing leaves none.
fn rekey(out: &mut Column, first: impl Fn(u32) -> u32, plain: bool) {
    if plain {
        return;
    }
    let Values::Keys(keys) = &mut out.values else { return };
    for key in keys.iter_mut() {
        *key = first(*key);
    }
    if keys.contains(&NULL) {
        let keys = std::mem::take(keys);
        let rows = out.rows();
        let mut next = keys.into_iter();
        let there: Vec<bool> = (0..rows).map(|row| out.is_valid(row)).collect();
        let keys =
            there.into_iter().map(|there| if there { next.next().unwrap_or(NULL) } else { NULL });
        out.fill_keys(rows, keys);
    }
}
