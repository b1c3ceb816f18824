//! Reading a table: getters that record what is wrong and hand back something harmless.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::{Range, RangeInclusive};
use std::rc::Rc;

use crate::diag::document::{Entry, File, Node, Value, place};
use crate::diag::{Located, Place, suggest};

/// A value whose type somebody else knows.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    /// A string, a date or a time.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Number(f64),
    /// True or false.
    Flag(bool),
    /// Strings.
    Texts(Vec<String>),
}

impl Scalar {
    fn of(value: &Value) -> Option<Self> {
        let text = |value: &Value| match value {
            Value::Text(text) | Value::Moment(text) => Some(text.clone()),
            _ => None,
        };
        Some(match value {
            Value::Text(_) | Value::Moment(_) => Self::Text(text(value)?),
            Value::Integer(number) => Self::Integer(*number),
            Value::Float(number) => Self::Number(*number),
            Value::Flag(flag) => Self::Flag(*flag),
            Value::Array(items) => {
                Self::Texts(items.iter().map(|item| text(&item.value)).collect::<Option<_>>()?)
            }
            Value::Table(_) => return None,
        })
    }

    /// What it is, in words.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a string",
            Self::Integer(_) => "an integer",
            Self::Number(_) => "a number",
            Self::Flag(_) => "true or false",
            Self::Texts(_) => "an array of strings",
        }
    }
}

/// A table being read. Keys that nobody asked for are problems when it is dropped.
#[derive(Debug)]
pub struct Table<'a> {
    file: &'a Rc<File>,
    span: Range<usize>,
    entries: &'a [Entry],
    path: String,
    asked: RefCell<BTreeSet<String>>,
}

impl<'a> Table<'a> {
    pub(super) fn new(
        file: &'a Rc<File>,
        span: Range<usize>,
        entries: &'a [Entry],
        path: String,
    ) -> Self {
        Self { file, span, entries, path, asked: RefCell::default() }
    }

    fn find(&self, key: &str) -> Option<&'a Entry> {
        self.asked.borrow_mut().insert(key.to_owned());
        self.entries.iter().find(|entry| entry.key == key)
    }

    fn dotted(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn missing(&self, key: &str, wanted: &str) {
        self.file.report(
            self.span.clone(),
            format!("missing key `{}`", self.dotted(key)),
            Some(format!("add `{key} = {wanted}`")),
        );
    }

    fn mistyped(&self, entry: &Entry, wanted: &str) {
        self.file.report(
            entry.node.span.clone(),
            format!("`{}` is {}", self.dotted(&entry.key), entry.node.value.kind()),
            Some(format!("it must be {wanted}")),
        );
    }

    /// Where the table came from, for messages.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The keys present, in the file's order.
    pub fn keys(&self) -> Vec<&'a str> {
        self.entries.iter().map(|entry| entry.key.as_str()).collect()
    }

    /// Whether the key is present.
    pub fn has(&self, key: &str) -> bool {
        self.find(key).is_some()
    }

    /// Where a key's value stands.
    pub fn place(&self, key: &str) -> Option<Place> {
        let entry = self.find(key)?;
        Some(place(&self.file.name, &self.file.text, &entry.node.span))
    }

    /// Where a key's name stands.
    pub fn key_place(&self, key: &str) -> Option<Place> {
        let entry = self.find(key)?;
        Some(place(&self.file.name, &self.file.text, &entry.key_span))
    }

    /// Reports a problem at a key's value, or at the table when the key is absent.
    pub fn problem(&self, key: &str, message: impl Into<String>, help: impl Into<String>) {
        let span = self.find(key).map_or(self.span.clone(), |entry| entry.node.span.clone());
        self.file.report(span, message.into(), Some(help.into()));
    }

    /// Reports a problem at a key's name.
    pub fn problem_at_key(&self, key: &str, message: impl Into<String>, help: impl Into<String>) {
        let span = self.find(key).map_or(self.span.clone(), |entry| entry.key_span.clone());
        self.file.report(span, message.into(), Some(help.into()));
    }

    /// A string that may be absent.
    pub fn opt_text(&self, key: &str) -> Option<String> {
        self.opt_located(key).map(|located| located.value)
    }

    /// A string, with its place.
    pub fn opt_located(&self, key: &str) -> Option<Located<String>> {
        let entry = self.find(key)?;
        let Value::Text(text) = &entry.node.value else {
            self.mistyped(entry, "a string");
            return None;
        };
        Some(self.locate(entry.node.span.clone(), text.clone()))
    }

    fn locate<T>(&self, span: Range<usize>, value: T) -> Located<T> {
        Located { value, file: Rc::clone(self.file), span }
    }

    /// A string that must be there (empty when it is not).
    pub fn text(&self, key: &str) -> String {
        if self.find(key).is_none() {
            self.missing(key, "\"…\"");
        }
        self.opt_text(key).unwrap_or_default()
    }

    /// A string that must be there, with its place.
    pub fn located(&self, key: &str) -> Option<Located<String>> {
        if self.find(key).is_none() {
            self.missing(key, "\"…\"");
        }
        self.opt_located(key)
    }

    /// A value if it is within bounds; else a problem, and nothing.
    fn bounded<T: fmt::Debug + PartialOrd + fmt::Display + Copy>(
        &self,
        entry: &Entry,
        value: T,
        bounds: &RangeInclusive<T>,
    ) -> Option<T> {
        if bounds.contains(&value) {
            return Some(value);
        }
        self.file.report(
            entry.node.span.clone(),
            format!("`{}` is {value}", self.dotted(&entry.key)),
            Some(between(bounds.start(), bounds.end())),
        );
        None
    }

    /// A number within bounds that may be absent.
    pub fn opt_number(&self, key: &str, bounds: RangeInclusive<f64>) -> Option<f64> {
        let entry = self.find(key)?;
        let number = match entry.node.value {
            Value::Integer(number) => number as f64,
            Value::Float(number) => number,
            _ => {
                self.mistyped(entry, "a number");
                return None;
            }
        };
        self.bounded(entry, number, &bounds)
    }

    /// A number within bounds that must be there (the lower bound when it is not).
    pub fn number(&self, key: &str, bounds: RangeInclusive<f64>) -> f64 {
        if self.find(key).is_none() {
            self.missing(key, "…");
        }
        let fallback = if bounds.start().is_finite() { *bounds.start() } else { 0.0 };
        self.opt_number(key, bounds).unwrap_or(fallback)
    }

    /// An integer within bounds that may be absent.
    pub fn opt_integer(&self, key: &str, bounds: RangeInclusive<i64>) -> Option<i64> {
        let entry = self.find(key)?;
        let Value::Integer(number) = entry.node.value else {
            self.mistyped(entry, "an integer");
            return None;
        };
        self.bounded(entry, number, &bounds)
    }

    /// An integer within bounds that must be there (the lower bound when it is not).
    pub fn integer(&self, key: &str, bounds: RangeInclusive<i64>) -> i64 {
        if self.find(key).is_none() {
            self.missing(key, "…");
        }
        self.opt_integer(key, bounds.clone()).unwrap_or(*bounds.start())
    }

    /// A flag, with what it is when absent.
    pub fn flag(&self, key: &str, absent: bool) -> bool {
        let Some(entry) = self.find(key) else { return absent };
        let Value::Flag(flag) = entry.node.value else {
            self.mistyped(entry, "true or false");
            return absent;
        };
        flag
    }

    /// A date or time, as written (`2026-01-05`, or the same in quotes).
    pub fn opt_moment(&self, key: &str) -> Option<Located<String>> {
        let entry = self.find(key)?;
        match &entry.node.value {
            Value::Text(text) | Value::Moment(text) => {
                Some(self.locate(entry.node.span.clone(), text.clone()))
            }
            _ => {
                self.mistyped(entry, "a date such as 2026-01-05");
                None
            }
        }
    }

    /// An integer or a string (`5_000_000` or `"5M"`), as text with its place.
    pub fn opt_size(&self, key: &str) -> Option<Located<String>> {
        let entry = self.find(key)?;
        match &entry.node.value {
            Value::Text(text) => Some(self.locate(entry.node.span.clone(), text.clone())),
            Value::Integer(number) => {
                Some(self.locate(entry.node.span.clone(), number.to_string()))
            }
            _ => {
                self.mistyped(entry, "a whole number, or a string with a unit");
                None
            }
        }
    }

    /// One of a few names, each with its meaning; must be there.
    pub fn choice<T: Clone>(&self, key: &str, known: &[(&str, T)]) -> Option<T> {
        let written = self.located(key)?;
        let index = written.one_of(key, known.iter().map(|(name, _)| *name))?;
        Some(known[index].1.clone())
    }

    /// The same for a key that may be absent.
    pub fn opt_choice<T: Clone>(&self, key: &str, known: &[(&str, T)]) -> Option<T> {
        if self.has(key) { self.choice(key, known) } else { None }
    }

    /// An array of strings, each with its place; empty when absent.
    pub fn texts(&self, key: &str) -> Vec<Located<String>> {
        let Some(entry) = self.find(key) else { return Vec::new() };
        let Value::Array(items) = &entry.node.value else {
            self.mistyped(entry, "an array of strings");
            return Vec::new();
        };
        let text = |item: &Node| match &item.value {
            Value::Text(text) => Some(self.locate(item.span.clone(), text.clone())),
            other => {
                let message = format!("`{}` holds {}", self.dotted(key), other.kind());
                self.file.report(item.span.clone(), message, Some("strings only".to_owned()));
                None
            }
        };
        items.iter().filter_map(text).collect()
    }

    /// A string or an array of strings, each with its place; empty when absent.
    pub fn one_or_more(&self, key: &str) -> Vec<Located<String>> {
        match self.find(key).map(|entry| &entry.node.value) {
            Some(Value::Text(_)) => self.opt_located(key).into_iter().collect(),
            _ => self.texts(key),
        }
    }

    /// An array of numbers, each within bounds; `length` many when it is given; empty when absent or wrong.
    pub fn numbers(
        &self,
        key: &str,
        length: Option<usize>,
        bounds: RangeInclusive<f64>,
    ) -> Vec<f64> {
        let Some(entry) = self.find(key) else { return Vec::new() };
        let Value::Array(items) = &entry.node.value else {
            self.mistyped(entry, "an array of numbers");
            return Vec::new();
        };
        if length.is_some_and(|length| length != items.len()) {
            self.file.report(
                entry.node.span.clone(),
                format!("`{}` has {} numbers", self.dotted(key), items.len()),
                length.map(|length| format!("it must have {length}")),
            );
            return Vec::new();
        }
        let number = |item: &Node| {
            let number = match item.value {
                Value::Integer(number) => number as f64,
                Value::Float(number) => number,
                _ => f64::NAN,
            };
            if !bounds.contains(&number) {
                self.file.report(
                    item.span.clone(),
                    format!("`{}` holds a value that cannot stand here", self.dotted(key)),
                    Some(between(bounds.start(), bounds.end())),
                );
                return 0.0;
            }
            number
        };
        items.iter().map(number).collect()
    }

    /// A table of `name = number` pairs, each at least 0, each name with its place; empty when absent.
    pub fn weights(&self, key: &str) -> Vec<(Located<String>, f64)> {
        self.opt_table(key).map(|table| table.all_numbers(0.0..=f64::MAX)).unwrap_or_default()
    }

    /// Its own `name = number` pairs, each within bounds, each name with its place.
    pub fn all_numbers(&self, bounds: RangeInclusive<f64>) -> Vec<(Located<String>, f64)> {
        self.entries
            .iter()
            .map(|entry| {
                let name = self.locate(entry.key_span.clone(), entry.key.clone());
                (name, self.number(&entry.key, bounds.clone()))
            })
            .collect()
    }

    /// Its own values, whatever they are, each key and value with its place. Nested tables are passed over, and a problem.
    pub fn scalars(&self) -> Vec<(Located<String>, Located<Scalar>)> {
        let scalar = |entry: &'a Entry| {
            self.asked.borrow_mut().insert(entry.key.clone());
            let name = self.locate(entry.key_span.clone(), entry.key.clone());
            let Some(value) = Scalar::of(&entry.node.value) else {
                self.mistyped(entry, "a value, or an array of strings");
                return None;
            };
            Some((name, self.locate(entry.node.span.clone(), value)))
        };
        self.entries.iter().filter_map(scalar).collect()
    }

    /// Weights that are shares: they must be there and sum to 1 within 0.001.
    pub fn shares(&self, key: &str) -> Vec<(Located<String>, f64)> {
        if !self.has(key) {
            self.missing(key, "{ … }");
        }
        let shares = self.weights(key);
        let sum: f64 = shares.iter().map(|(_, share)| share).sum();
        if !shares.is_empty() && (sum - 1.0).abs() > 1e-3 {
            let message = format!("the shares of `{}` sum to {sum:.3}", self.dotted(key));
            self.problem(key, message, "they must sum to 1");
        }
        shares
    }

    /// A table that may be absent.
    pub fn opt_table(&self, key: &str) -> Option<Table<'a>> {
        let entry = self.find(key)?;
        let Value::Table(entries) = &entry.node.value else {
            self.mistyped(entry, "a table");
            return None;
        };
        let span = if entry.node.span.is_empty() { &entry.key_span } else { &entry.node.span };
        Some(Table::new(self.file, span.clone(), entries, self.dotted(key)))
    }

    /// A table that must be there.
    pub fn table(&self, key: &str) -> Option<Table<'a>> {
        if self.find(key).is_none() {
            self.missing(key, "{ … }");
        }
        self.opt_table(key)
    }

    /// An array of tables (`[[key]]`); empty when absent.
    pub fn tables(&self, key: &str) -> Vec<Table<'a>> {
        let Some(entry) = self.find(key) else { return Vec::new() };
        let Value::Array(items) = &entry.node.value else {
            self.mistyped(entry, "an array of tables");
            return Vec::new();
        };
        let table = |(i, item): (usize, &'a Node)| {
            let Value::Table(entries) = &item.value else {
                self.mistyped(entry, "an array of tables");
                return None;
            };
            let path = format!("{}[{i}]", self.dotted(key));
            Some(Table::new(self.file, item.span.clone(), entries, path))
        };
        items.iter().enumerate().filter_map(table).collect()
    }

    /// A table of tables (`[key.name]`), in the file's order, each with its name; empty when absent.
    pub fn named(&self, key: &str) -> Vec<(Located<String>, Table<'a>)> {
        let Some(table) = self.opt_table(key) else { return Vec::new() };
        table
            .entries
            .iter()
            .filter_map(|entry| {
                let name = self.locate(entry.key_span.clone(), entry.key.clone());
                Some((name, table.opt_table(&entry.key)?))
            })
            .collect()
    }
}

impl Drop for Table<'_> {
    fn drop(&mut self) {
        let asked = self.asked.borrow();
        for entry in self.entries.iter().filter(|entry| !asked.contains(&entry.key)) {
            let unset = asked
                .iter()
                .map(String::as_str)
                .filter(|key| !self.entries.iter().any(|entry| entry.key == **key));
            let help = suggest(&entry.key, unset);
            let message = format!("unknown key `{}`", self.dotted(&entry.key));
            self.file.report(entry.key_span.clone(), message, Some(help));
        }
    }
}

fn between<T: fmt::Debug + PartialOrd + fmt::Display + Copy>(low: &T, high: &T) -> String {
    let unbounded = |bound: &T| {
        let shown = bound.to_string();
        shown.len() > 15 || shown.contains("inf")
    };
    match (unbounded(low), unbounded(high)) {
        (true, true) => "it must be a finite number".to_owned(),
        (true, false) => format!("it must be at most {high}"),
        (false, true) => format!("it must be at least {low}"),
        (false, false) => format!("it must be between {low} and {high}"),
    }
}
