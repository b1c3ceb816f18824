//! Mistakes in what a user wrote, told well: file, line, column, excerpt, and what would be right; all of them at once.
//!
//! A [`Document`] is one TOML file. Its tables are read through [`Table`], whose getters record a [`Problem`] and hand back a
//! harmless default when something is wrong, so that a loader reads on and a user sees every mistake of every file in one run.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::{Range, RangeInclusive};
use std::rc::Rc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Where in a file a problem stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file as the user knows it: a path, or a name such as `personas/people/remote_dad.toml (built in)`.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The whole line.
    pub excerpt: String,
    /// How many characters to underline, at least 1.
    pub width: usize,
}

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub message: String,
    /// Where, when it stands in a file.
    pub place: Option<Place>,
    /// What would be right.
    pub help: Option<String>,
}

impl Problem {
    /// A problem that stands in no file: a flag, say.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), place: None, help: None }
    }

    /// The same problem with a word on what would be right.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.message)?;
        if let Some(place) = &self.place {
            let margin = " ".repeat(place.line.to_string().len());
            write!(f, "\n{margin}--> {}:{}:{}", place.file, place.line, place.column)?;
            write!(f, "\n{margin} |\n{} | {}", place.line, place.excerpt)?;
            let indent: String = place
                .excerpt
                .chars()
                .take(place.column - 1)
                .map(|c| if c == '\t' { '\t' } else { ' ' })
                .collect();
            write!(f, "\n{margin} | {indent}{}", "^".repeat(place.width))?;
        }
        if let Some(help) = &self.help {
            write!(f, "\n  help: {help}")?;
        }
        Ok(())
    }
}

/// All that was found wrong. An error only when it holds something.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one.
    pub fn push(&mut self, problem: Problem) {
        self.0.push(problem);
    }

    /// Adds those of another reading.
    pub fn extend(&mut self, other: Problems) {
        self.0.extend(other.0);
    }

    /// The problems in the order found.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `value` if nothing was found, else the problems.
    ///
    /// # Errors
    /// The problems, when there are any.
    pub fn or<T>(self, value: T) -> Result<T, Problems> {
        if self.is_empty() { Ok(value) } else { Err(self) }
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("\n\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// The known name nearest to what was written, if one is near enough to be meant.
pub fn nearest<'n>(written: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(written, name), name))
        .filter(|(distance, name)| *distance <= (name.len().max(written.len()) / 3).max(1))
        .min()
        .map(|(_, name)| name)
}

/// "did you mean …?" when one is near, else the list of what is known.
pub fn suggest<'n>(written: &str, known: impl IntoIterator<Item = &'n str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    match nearest(written, known.iter().copied()) {
        Some(name) => format!("did you mean `{name}`?"),
        None if known.is_empty() => "nothing can stand here".to_owned(),
        None => format!("known: {}", known.join(", ")),
    }
}

/// A file's name and text, and the problems found in it so far.
#[derive(Debug)]
struct File {
    name: String,
    text: String,
    problems: RefCell<Problems>,
}

impl File {
    fn report(&self, span: Range<usize>, message: String, help: Option<String>) {
        let problem = Problem { message, place: Some(place(&self.name, &self.text, &span)), help };
        let mut problems = self.problems.borrow_mut();
        // A value that several readers ask for is one mistake.
        if !problems.0.contains(&problem) {
            problems.push(problem);
        }
    }
}

fn place(file: &str, text: &str, span: &Range<usize>) -> Place {
    let mut at = span.start.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let end = text[at..].find('\n').map_or(text.len(), |newline| at + newline);
    let mut stop = span.end.clamp(at, end);
    while !text.is_char_boundary(stop) {
        stop += 1;
    }
    Place {
        file: file.to_owned(),
        line: text[..start].matches('\n').count() + 1,
        column: text[start..at].chars().count() + 1,
        excerpt: text[start..end].trim_end().to_owned(),
        width: text[at..stop].chars().count().max(1),
    }
}

/// A TOML value that knows where it stands; tables keep the file's order.
#[derive(Debug)]
struct Node {
    span: Range<usize>,
    value: Value,
}

#[derive(Debug)]
enum Value {
    Text(String),
    Integer(i64),
    Float(f64),
    Flag(bool),
    Moment(String),
    Array(Vec<Node>),
    Table(Vec<Entry>),
}

#[derive(Debug)]
struct Entry {
    key: String,
    key_span: Range<usize>,
    node: Node,
}

impl Value {
    fn kind(&self) -> &'static str {
        match self {
            Value::Text(_) => "a string",
            Value::Integer(_) => "an integer",
            Value::Float(_) => "a number",
            Value::Flag(_) => "true or false",
            Value::Moment(_) => "a date or time",
            Value::Array(_) => "an array",
            Value::Table(_) => "a table",
        }
    }
}

fn node(file: &File, spanned: &Spanned<DeValue<'_>>) -> Node {
    let span = spanned.span();
    let value = match spanned.get_ref() {
        DeValue::String(text) => Value::Text(text.as_ref().to_owned()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or_else(
                |_| {
                    file.report(span.clone(), "integer out of range".to_owned(), None);
                    Value::Integer(0)
                },
                Value::Integer,
            ),
        DeValue::Float(number) => Value::Float(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(flag) => Value::Flag(*flag),
        DeValue::Datetime(moment) => Value::Moment(moment.to_string()),
        DeValue::Array(items) => Value::Array(items.iter().map(|item| node(file, item)).collect()),
        DeValue::Table(table) => Value::Table(entries(file, table)),
    };
    Node { span, value }
}

fn entries(file: &File, table: &DeTable<'_>) -> Vec<Entry> {
    let mut list: Vec<Entry> = table
        .iter()
        .map(|(key, value)| Entry {
            key: key.get_ref().as_ref().to_owned(),
            key_span: key.span(),
            node: node(file, value),
        })
        .collect();
    list.sort_by_key(|entry| entry.key_span.start);
    list
}

/// A parsed TOML file.
#[derive(Debug)]
pub struct Document {
    file: Rc<File>,
    span: Range<usize>,
    root: Vec<Entry>,
}

impl Document {
    /// Parses `text`; syntax errors are problems like any other, and what could be read is there to be read.
    pub fn parse(name: impl Into<String>, text: impl Into<String>) -> Self {
        let file = Rc::new(File {
            name: name.into(),
            text: text.into(),
            problems: RefCell::new(Problems::new()),
        });
        let (table, errors) = DeTable::parse_recoverable(&file.text);
        for error in errors {
            file.report(error.span().unwrap_or(0..0), error.message().to_owned(), None);
        }
        let (span, root) = (0..0, entries(&file, table.get_ref()));
        Self { file, span, root }
    }

    /// The file's top level.
    pub fn root(&self) -> Table<'_> {
        Table::new(&self.file, self.span.clone(), &self.root, String::new())
    }

    /// The name given at parsing.
    pub fn name(&self) -> &str {
        &self.file.name
    }

    /// Whether the text is not TOML at all; what its tables hold is then not worth a word.
    pub fn is_broken(&self) -> bool {
        !self.file.problems.borrow().is_empty()
    }

    /// What was found wrong so far, in the file's order.
    pub fn problems(&self) -> Problems {
        let mut problems = self.file.problems.borrow().clone();
        problems
            .0
            .sort_by_key(|problem| problem.place.as_ref().map(|place| (place.line, place.column)));
        problems
    }
}

/// A value with its place, for a problem that shows itself later (an unknown name, say).
#[derive(Debug, Clone)]
pub struct Located<T> {
    /// What was written.
    pub value: T,
    file: Rc<File>,
    span: Range<usize>,
}

impl<T> Located<T> {
    /// Reports a problem at the value.
    pub fn problem(&self, message: impl Into<String>, help: impl Into<String>) {
        self.file.report(self.span.clone(), message.into(), Some(help.into()));
    }

    /// Where it stands.
    pub fn place(&self) -> Place {
        place(&self.file.name, &self.file.text, &self.span)
    }

    /// Another value at the same place.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Located<U> {
        Located { value: f(self.value), file: self.file, span: self.span }
    }
}

impl Located<String> {
    /// The index of this name among the known ones; an unknown one is a problem, and `None`.
    pub fn one_of<'n>(
        &self,
        what: &str,
        known: impl IntoIterator<Item = &'n str> + Clone,
    ) -> Option<usize> {
        let found = known.clone().into_iter().position(|name| name == self.value);
        if found.is_none() {
            self.problem(format!("unknown {what} `{}`", self.value), suggest(&self.value, known));
        }
        found
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
    fn new(file: &'a Rc<File>, span: Range<usize>, entries: &'a [Entry], path: String) -> Self {
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
        if bounds.contains(&number) {
            return Some(number);
        }
        self.file.report(
            entry.node.span.clone(),
            format!("`{}` is {number}", self.dotted(key)),
            Some(between(bounds.start(), bounds.end())),
        );
        None
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
        if bounds.contains(&number) {
            return Some(number);
        }
        self.file.report(
            entry.node.span.clone(),
            format!("`{}` is {number}", self.dotted(key)),
            Some(between(bounds.start(), bounds.end())),
        );
        None
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
        let Some(table) = self.opt_table(key) else { return Vec::new() };
        table
            .entries
            .iter()
            .map(|entry| {
                let name = self.locate(entry.key_span.clone(), entry.key.clone());
                (name, table.number(&entry.key, 0.0..=f64::MAX))
            })
            .collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_of_a_file_is_reported_with_its_place() {
        let text = "share = 1.5\nnmae = \"x\"\n[mix]\na = 0.5\nb = 0.4\n";
        let document = Document::parse("bad.toml", text);
        {
            let root = document.root();
            root.number("share", 0.0..=1.0);
            root.text("name");
            root.shares("mix");
        }
        let shown = document.problems().to_string();
        assert!(shown.contains("bad.toml:1:9"), "{shown}");
        assert!(shown.contains("missing key `name`"), "{shown}");
        assert!(shown.contains("bad.toml:2:1"), "{shown}");
        assert!(shown.contains("did you mean `name`?"), "{shown}");
        assert!(shown.contains("sum to 0.900"), "{shown}");
    }

    #[test]
    fn a_syntax_error_has_a_place() {
        let document = Document::parse("bad.toml", "a = \n");
        assert!(document.is_broken());
        assert!(document.problems().to_string().contains("bad.toml:1:"));
    }
}
