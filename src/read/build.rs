//! Columns under construction from values that stand as text: members of objects, cells of lines.

use std::sync::Arc;

use crate::frame::NULL;
use crate::read::FAULTS;
use crate::read::column::{As, Column, Data, Fault, Texts, Wanted, What};
use crate::read::hash::Words;
use crate::read::json::{Token, unescaped};
use crate::read::value::{self, Clock};
use crate::schema::Type;

/// What is wrong with a batch.
#[derive(Default)]
pub(super) struct Faults {
    /// The row under way.
    pub(super) row: u64,
    /// The first few.
    pub(super) first: Vec<Fault>,
    /// How many.
    pub(super) count: u64,
}

impl Faults {
    /// Notes one.
    pub(super) fn add(&mut self, column: &str, what: What) {
        self.count += 1;
        if self.first.len() < FAULTS {
            self.first.push(Fault { row: self.row, column: column.to_owned(), what });
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
            clock: Clock::default(),
        }
    }

    /// Takes the value of the row at `place`.
    pub(super) fn take(&mut self, place: usize, token: Token, faults: &mut Faults) {
        if token == Token::Null {
            return;
        }
        if self.valid.len() > place {
            faults.add(&self.name, What::Twice);
            return;
        }
        if self.put(token).is_none() {
            faults.add(&self.name, What::Type);
            return;
        }
        self.valid.push(true);
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
                (As::Moment | As::Typed(Type::Timestamp), Token::Text(text, false)) => {
                    self.clock.moment(text)?
                }
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
