//! What is read: runs of rows, column by column, with a value a row.

use std::sync::Arc;

use crate::digits::TOKEN_MARK;
use crate::frame::{NULL, Strings};
use crate::schema::Type;

use super::hash;

/// How a column is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum As {
    /// As its schema has it; anything else is a fault.
    Typed(Type),
    /// Foreign: an identifier of whatever form, as 128 bits.
    Key,
    /// Foreign: a moment in whatever unit, zone or text.
    Moment,
    /// Foreign: anything, as text.
    Text,
}

/// A column to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Its name; `a.b` is the member `b` of the struct or object `a`.
    pub name: String,
    /// How.
    pub form: As,
}

/// The values of a column, one a row; what stands at a row without a value means nothing.
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    /// Identifiers (`id`; foreign keys).
    Ids(Vec<u128>),
    /// Microseconds since 1970 (`timestamp`), hundredths (`money`), plain (`int64`).
    Longs(Vec<i64>),
    /// Days since 1970 (`date`), plain (`int32`).
    Ints(Vec<i32>),
    /// Floating-point numbers.
    Doubles(Vec<f64>),
    /// Flags.
    Flags(Vec<bool>),
    /// Strings (`text`, `enum`, `json`): keys into the batch's own dictionary; [`NULL`] where there is no value.
    Texts(Texts),
}

/// Keys and what they stand for.
#[derive(Debug, Clone, Default)]
pub struct Texts {
    /// A key a row.
    pub keys: Vec<u32>,
    /// The strings; batches that follow each other may share them.
    pub strings: Arc<Strings>,
}

impl PartialEq for Texts {
    fn eq(&self, other: &Self) -> bool {
        let texts = |of: &Self| -> Vec<Option<String>> {
            let text = |key: &u32| (*key != NULL).then(|| of.strings.get(*key).to_owned());
            of.keys.iter().map(text).collect()
        };
        texts(self) == texts(other)
    }
}

/// A column of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// The values.
    pub data: Data,
    /// Which rows have one; none: all.
    valid: Option<Vec<bool>>,
}

impl Column {
    /// A column whose rows have values where `valid` says so.
    pub(super) fn new(data: Data, valid: Option<Vec<bool>>) -> Self {
        let valid = valid.filter(|valid| valid.contains(&false));
        Self { data, valid }
    }

    /// A column of that form without a value.
    pub(super) fn absent(form: As, rows: usize) -> Self {
        let data = match form {
            As::Key | As::Typed(Type::Id) => Data::Ids(vec![0; rows]),
            As::Moment | As::Typed(Type::Timestamp | Type::Money | Type::Int64) => {
                Data::Longs(vec![0; rows])
            }
            As::Typed(Type::Date | Type::Int32) => Data::Ints(vec![0; rows]),
            As::Typed(Type::Float64) => Data::Doubles(vec![0.0; rows]),
            As::Typed(Type::Bool) => Data::Flags(vec![false; rows]),
            As::Text | As::Typed(Type::Text | Type::Enum | Type::Json) => {
                Data::Texts(Texts { keys: vec![NULL; rows], strings: Arc::default() })
            }
        };
        Self::new(data, Some(vec![false; rows]))
    }

    /// Whether the row has a value.
    #[inline]
    pub fn is_valid(&self, row: usize) -> bool {
        self.valid.as_ref().is_none_or(|valid| valid[row])
    }

    /// How many rows.
    pub fn rows(&self) -> usize {
        match &self.data {
            Data::Ids(ids) => ids.len(),
            Data::Longs(longs) => longs.len(),
            Data::Ints(ints) => ints.len(),
            Data::Doubles(doubles) => doubles.len(),
            Data::Flags(flags) => flags.len(),
            Data::Texts(texts) => texts.keys.len(),
        }
    }

    /// Which rows have a value; none: all.
    pub fn valid(&self) -> Option<&[bool]> {
        self.valid.as_deref()
    }

    /// Rows without a value.
    pub fn nulls(&self) -> usize {
        self.valid.as_ref().map_or(0, |valid| valid.iter().filter(|valid| !**valid).count())
    }

    /// The identifier in a row: a UUID, or 128 bits that tell a token from others.
    #[inline]
    pub fn id(&self, row: usize) -> Option<u128> {
        match &self.data {
            Data::Ids(ids) if self.is_valid(row) => ids.get(row).copied(),
            Data::Texts(_) => self
                .text(row)
                .filter(|text| text.starts_with(TOKEN_MARK))
                .map(|text| hash::wide(text.as_bytes())),
            _ => None,
        }
    }

    /// The number in a row: a moment, money, a day, an integer.
    #[inline]
    pub fn long(&self, row: usize) -> Option<i64> {
        match &self.data {
            Data::Longs(longs) if self.is_valid(row) => longs.get(row).copied(),
            Data::Ints(ints) if self.is_valid(row) => ints.get(row).map(|int| i64::from(*int)),
            _ => None,
        }
    }

    /// The floating-point number in a row.
    #[inline]
    pub fn double(&self, row: usize) -> Option<f64> {
        match &self.data {
            Data::Doubles(doubles) if self.is_valid(row) => doubles.get(row).copied(),
            _ => None,
        }
    }

    /// The flag in a row.
    #[inline]
    pub fn flag(&self, row: usize) -> Option<bool> {
        match &self.data {
            Data::Flags(flags) if self.is_valid(row) => flags.get(row).copied(),
            _ => None,
        }
    }

    /// The string in a row.
    #[inline]
    pub fn text(&self, row: usize) -> Option<&str> {
        match &self.data {
            Data::Texts(texts) => {
                let key = texts.keys.get(row).copied().filter(|key| *key != NULL)?;
                Some(texts.strings.get(key))
            }
            _ => None,
        }
    }
}

/// Something that a file should not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The row in its file, from 0.
    pub row: u64,
    /// The line in its file, from 1; 0 where files have no lines.
    pub line: u64,
    /// The column.
    pub column: String,
    /// What is wrong with it.
    pub what: What,
}

/// What is wrong with a value or a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// It is of another type than its schema says.
    Type,
    /// The schema has no such column.
    Unknown,
    /// It stands twice in one row.
    Twice,
}

impl What {
    /// In words.
    pub fn told(self) -> &'static str {
        match self {
            Self::Type => "is of another type",
            Self::Unknown => "is in no schema",
            Self::Twice => "stands twice in a row",
        }
    }
}

/// A line that is not what RFC 8259 or the framing of NDJSON makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadLine {
    /// Which, from 1.
    pub number: u64,
    /// The byte of the line, from 1.
    pub column: u64,
    /// What is wrong with it.
    pub ill: Ill,
    /// Whether a row could be read of it all the same.
    pub read: bool,
}

/// What is wrong with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ill {
    /// It ends before its object does.
    Truncated,
    /// It breaks the grammar of JSON.
    Malformed,
    /// Its bytes are not UTF-8.
    Utf8,
    /// A number that no double holds, or that is none.
    Number,
    /// A key that stands there twice, within the line or within an object in it.
    Twice,
    /// NUL, half of a surrogate pair, a byte-order mark.
    Control,
    /// Blank, two objects in one, or ended by CRLF.
    Framing,
}

impl Ill {
    /// In words.
    pub fn told(self) -> &'static str {
        match self {
            Self::Truncated => "is no JSON object: it ends too early",
            Self::Malformed => "is no JSON object",
            Self::Utf8 => "is not UTF-8",
            Self::Number => "has a number that is none, or that no double holds",
            Self::Twice => "has a key twice",
            Self::Control => "has NUL, half a surrogate pair or a byte-order mark",
            Self::Framing => "is not one object and a line feed",
        }
    }
}

/// A run of rows.
#[derive(Debug, Clone)]
pub struct Batch {
    /// How many.
    pub rows: usize,
    /// The first row's place in its file, from 0.
    pub first: u64,
    /// The columns, in the order asked for.
    pub columns: Vec<Column>,
    /// What the rows should not hold: the first few.
    pub faults: Vec<Fault>,
    /// How many faults there are.
    pub fault_count: u64,
    /// Lines that are ill.
    pub lines: Vec<BadLine>,
}
