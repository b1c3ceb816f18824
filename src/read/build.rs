//! Columns under construction from values that stand as text: members of objects, cells of lines.

use std::sync::Arc;

use crate::frame::NULL;
use crate::read::FAULTS;
use crate::read::column::{As, BadLine, Column, Data, Fault, Ill, Texts, Wanted, What};
use crate::read::hash::{NONE, Words};
use crate::read::ill;
use crate::read::json::{Token, unescaped};
use crate::read::value::{self, Clock};
use crate::schema::Type;

/// What is wrong with a batch.
#[derive(Default)]
pub(super) struct Faults {
    /// Whether lines that are ill are told, not the end of the file.
    pub(super) forgiving: bool,
    /// The row under way.
    pub(super) row: u64,
    /// Its line, from 1.
    pub(super) line: u64,
    /// The first few.
    pub(super) first: Vec<Fault>,
    /// How many.
    pub(super) count: u64,
    /// Lines that are ill.
    pub(super) lines: Vec<BadLine>,
    /// What makes the whole line ill, found within one of its members.
    pub(super) broken: Option<Ill>,
}

impl Faults {
    /// Notes one.
    pub(super) fn add(&mut self, column: &str, what: What) {
        self.count += 1;
        if self.first.len() < FAULTS {
            let (row, line) = (self.row, self.line);
            self.first.push(Fault { row, line, column: column.to_owned(), what });
        }
    }

    /// Notes that the line is ill; once for each way.
    pub(super) fn ill(&mut self, at: u64, ill: Ill, read: bool) {
        let number = self.line;
        if !self.lines.iter().rev().any(|known| known.number == number && known.ill == ill) {
            self.lines.push(BadLine { number, column: at + 1, ill, read });
        }
    }

    /// What was said of the members of a line that is no row.
    pub(super) fn forget(&mut self, row: u64) {
        while self.first.last().is_some_and(|fault| fault.row == row && fault.line == self.line) {
            self.first.pop();
            self.count -= 1;
        }
    }

    /// Looks for what is ill in a member that was found to be odd.
    fn look(&mut self, found: Option<Ill>) {
        match found.filter(|_| self.forgiving) {
            Some(ill @ (Ill::Malformed | Ill::Truncated)) => self.broken = Some(ill),
            Some(ill) => self.ill(0, ill, true),
            None => {}
        }
    }
}

/// A column under construction.
pub(super) struct Builder {
    /// Its name.
    pub(super) name: String,
    /// How it is wanted.
    pub(super) form: As,
    data: Data,
    valid: Vec<bool>,
    words: Words,
    /// The words in which something is ill.
    ill: Vec<u32>,
    clock: Clock,
}

impl Builder {
    /// None of its values yet.
    pub(super) fn new(wanted: &Wanted) -> Self {
        Self {
            name: wanted.name.clone(),
            form: wanted.form,
            data: Column::absent(wanted.form, 0).data,
            valid: Vec::new(),
            words: Words::default(),
            ill: Vec::new(),
            clock: Clock::default(),
        }
    }

    /// Takes the value of the row at `place`.
    pub(super) fn take(&mut self, place: usize, token: Token, faults: &mut Faults) {
        if token == Token::Null {
            return;
        }
        if self.valid.len() > place {
            faults.look(Some(Ill::Twice));
            faults.add(&self.name, What::Twice);
            return;
        }
        let found = match token {
            Token::Text(text, true) if faults.forgiving => ill::escaped(text),
            Token::Object(text) if faults.forgiving => self.nested(text),
            _ => None,
        };
        faults.look(found);
        if self.put(token).is_none() {
            faults.look(ill::number(token));
            faults.add(&self.name, What::Type);
            return;
        }
        match (&self.data, token) {
            // A double takes any number in, be it rounded or infinite.
            (Data::Doubles(_), token) => faults.look(ill::number(token)),
            // Decimals have no zero below zero.
            (Data::Longs(_), Token::Number([b'-', b'0', ..])) if faults.forgiving => {
                if matches!(&self.data, Data::Longs(longs) if longs.last() == Some(&0)) {
                    faults.add(&self.name, What::Type);
                }
            }
            _ => {}
        }
        self.valid.push(true);
        if let (Some(_), Data::Texts(texts)) = (found, &self.data) {
            self.ill.extend(texts.keys.last());
        }
    }

    /// Takes back what a line brought that is no row.
    pub(super) fn undo(&mut self, place: usize) {
        if self.valid.len() > place {
            self.valid.pop();
            match &mut self.data {
                Data::Ids(ids) => drop(ids.pop()),
                Data::Longs(longs) => drop(longs.pop()),
                Data::Ints(ints) => drop(ints.pop()),
                Data::Doubles(doubles) => drop(doubles.pop()),
                Data::Flags(flags) => drop(flags.pop()),
                Data::Texts(texts) => drop(texts.keys.pop()),
            }
        }
    }

    /// What is ill within an object; those of the same text are looked at once a batch.
    fn nested(&self, text: &[u8]) -> Option<Ill> {
        let known = self.words.get(std::str::from_utf8(text).ok()?);
        if known != NONE && !self.ill.contains(&known) {
            return None;
        }
        ill::nested(text)
    }

    /// Adds a value, if it is one of the column's type.
    fn put(&mut self, token: Token) -> Option<()> {
        match &mut self.data {
            Data::Ids(ids) => ids.push(match (self.form, token) {
                (As::Key, Token::Text(text, _) | Token::Number(text)) => value::key(text),
                (_, Token::Text(text, false)) => value::uuid(text)?,
                _ => return None,
            }),
            Data::Longs(longs) => longs.push(match (self.form, token) {
                (As::Moment, Token::Number(text)) => value::epoch(number(text)?)?,
                (As::Moment, Token::Text(text, false)) => self.clock.moment(text)?,
                // What says no zone, or a 61st second, is not what is declared.
                (As::Typed(Type::Timestamp), Token::Text(text, false)) => self.clock.exact(text)?,
                (As::Typed(Type::Money), Token::Number(text)) => value::money(text)?,
                (As::Typed(Type::Int64), Token::Number(text)) => number(text)?,
                _ => return None,
            }),
            Data::Ints(ints) => ints.push(match (self.form, token) {
                (As::Typed(Type::Date), Token::Text(text, false)) => value::date(text)?,
                (As::Typed(Type::Int32), Token::Number(text)) => number(text)?,
                _ => return None,
            }),
            Data::Doubles(doubles) => match token {
                Token::Number(text) => doubles.push(number(text)?),
                _ => return None,
            },
            Data::Flags(flags) => match token {
                Token::Flag(flag) => flags.push(flag),
                _ => return None,
            },
            Data::Texts(texts) => {
                let key = match (self.form, token) {
                    (As::Typed(Type::Json), Token::Object(text)) => utf8(&mut self.words, text)?,
                    (As::Typed(Type::Json), _) => return None,
                    (_, Token::Text(text, false)) => utf8(&mut self.words, text)?,
                    (_, Token::Text(text, true)) => self.words.add(&unescaped(text)?),
                    (As::Text, Token::Number(text) | Token::Object(text) | Token::Array(text)) => {
                        utf8(&mut self.words, text)?
                    }
                    (As::Text, Token::Flag(flag)) => {
                        self.words.add(if flag { "true" } else { "false" })
                    }
                    _ => return None,
                };
                texts.keys.push(key);
            }
        }
        Some(())
    }

    /// Makes the column as long as the rows so far.
    pub(super) fn settle(&mut self, rows: usize) {
        if self.valid.len() < rows {
            self.valid.push(false);
            match &mut self.data {
                Data::Ids(ids) => ids.push(0),
                Data::Longs(longs) => longs.push(0),
                Data::Ints(ints) => ints.push(0),
                Data::Doubles(doubles) => doubles.push(0.0),
                Data::Flags(flags) => flags.push(false),
                Data::Texts(texts) => texts.keys.push(NULL),
            }
        }
    }

    /// The column, and the builder empty again.
    pub(super) fn finish(&mut self) -> Column {
        let empty = Column::absent(self.form, 0).data;
        let mut data = std::mem::replace(&mut self.data, empty);
        if let Data::Texts(Texts { strings, .. }) = &mut data {
            *strings = Arc::new(std::mem::take(&mut self.words).into_strings());
            self.ill.clear();
        }
        Column::new(data, Some(std::mem::take(&mut self.valid)))
    }
}

fn utf8(words: &mut Words, text: &[u8]) -> Option<u32> {
    std::str::from_utf8(text).ok().map(|text| words.add(text))
}

fn number<N: std::str::FromStr>(text: &[u8]) -> Option<N> {
    std::str::from_utf8(text).ok()?.parse().ok()
}
