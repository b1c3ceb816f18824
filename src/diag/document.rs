//! A TOML file whose values know where they stand.

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::diag::{Place, Problem, Problems, Table};

/// A file's name and text, and the problems found in it so far.
#[derive(Debug)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) problems: RefCell<Problems>,
}

impl File {
    pub(super) fn report(&self, span: Range<usize>, message: String, help: Option<String>) {
        let problem = Problem { message, place: Some(place(&self.name, &self.text, &span)), help };
        let mut problems = self.problems.borrow_mut();
        // A value that several readers ask for is one mistake.
        if !problems.0.contains(&problem) {
            problems.push(problem);
        }
    }
}

pub(super) fn place(file: &str, text: &str, span: &Range<usize>) -> Place {
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
pub(super) struct Node {
    pub(super) span: Range<usize>,
    pub(super) value: Value,
}

#[derive(Debug)]
pub(super) enum Value {
    Text(String),
    Integer(i64),
    Float(f64),
    Flag(bool),
    Moment(String),
    Array(Vec<Node>),
    Table(Vec<Entry>),
}

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_span: Range<usize>,
    pub(super) node: Node,
}

impl Value {
    pub(super) fn kind(&self) -> &'static str {
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
