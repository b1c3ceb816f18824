//! Values of cells, apart from frames and formats.

use std::fmt::Write as _;

use crate::digits::uuid_text;
use crate::frame::{Cell, Column, Dictionary, Frame};
use crate::schema::Type;
use crate::sink;

/// The value of a cell, in the form of its field's type.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// None.
    Null,
    /// `id`.
    Id(u128),
    /// `text`, `enum`, `json`.
    Text(String),
    /// `timestamp` in microseconds since 1970, `money` in hundredths, `int64`.
    Long(i64),
    /// `int32`, `date` in days since 1970.
    Int(i32),
    /// `float64`.
    Double(f64),
    /// `bool`.
    Flag(bool),
}

impl Value {
    /// The value of a row of a frame.
    pub fn of(frame: &dyn Frame, field: usize, row: usize) -> Self {
        let mut column = Column::default();
        frame.fill(field, row..row + 1, &mut column);
        Self::from_cell(column.cell(0), frame.dictionary(field))
    }

    /// The value of a cell whose field has that dictionary.
    pub fn from_cell(cell: Cell, dictionary: Option<Dictionary<'_>>) -> Self {
        match cell {
            Cell::Null => Self::Null,
            Cell::Key(key) => match dictionary {
                Some(Dictionary::Ids(ids)) => Self::Id(ids[key as usize]),
                Some(texts @ Dictionary::Texts { .. }) => Self::Text(texts.text(key).to_owned()),
                None => Self::Null,
            },
            Cell::Id(id) => Self::Id(id),
            Cell::Long(long) => Self::Long(long),
            Cell::Int(int) => Self::Int(int),
            Cell::Double(double) => Self::Double(double),
            Cell::Flag(flag) => Self::Flag(flag),
            Cell::Text(text) => Self::Text(text),
        }
    }

    /// Whether there is none.
    pub fn is_null(&self) -> bool {
        *self == Self::Null
    }

    /// The number, if it is a whole one.
    pub fn number(&self) -> Option<i64> {
        match self {
            Self::Long(long) => Some(*long),
            Self::Int(int) => Some(i64::from(*int)),
            _ => None,
        }
    }

    /// The text, if it is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The identifier, if it is one.
    pub fn id(&self) -> Option<u128> {
        match self {
            Self::Id(id) => Some(*id),
            _ => None,
        }
    }

    /// Whether a field of that type can hold it.
    pub fn fits(&self, ty: Type) -> bool {
        match self {
            Self::Null => true,
            Self::Id(_) => ty == Type::Id,
            Self::Text(_) => matches!(ty, Type::Text | Type::Enum | Type::Json),
            Self::Long(_) => matches!(ty, Type::Timestamp | Type::Money | Type::Int64),
            Self::Int(_) => matches!(ty, Type::Int32 | Type::Date),
            Self::Double(_) => ty == Type::Float64,
            Self::Flag(_) => ty == Type::Bool,
        }
    }

    /// As JSON has it, in the form that NDJSON files have; none for an absent value.
    pub fn json(&self, ty: Type) -> Option<String> {
        Some(match self {
            Self::Null => return None,
            Self::Id(id) => format!("\"{}\"", uuid_text(*id)),
            Self::Text(text) if ty == Type::Json => text.clone(),
            Self::Text(text) => serde_json::to_string(text).unwrap_or_default(),
            Self::Long(micros) if ty == Type::Timestamp => sink::moment(*micros)
                .map_or_else(|| micros.to_string(), |text| format!("\"{text}\"")),
            Self::Long(cents) if ty == Type::Money => money(*cents),
            Self::Long(long) => long.to_string(),
            Self::Int(day) if ty == Type::Date => {
                sink::date(*day).map_or_else(|| day.to_string(), |text| format!("\"{text}\""))
            }
            Self::Int(int) => int.to_string(),
            Self::Double(double) => serde_json::to_string(double).ok()?,
            Self::Flag(flag) => flag.to_string(),
        })
    }

    /// As plain text: in keys and messages.
    pub fn plain(&self, ty: Type) -> String {
        self.json(ty).map_or_else(String::new, |json| json.trim_matches('"').to_owned())
    }
}

fn money(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    let cents = cents.unsigned_abs();
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write!(text, "{sign}{}.{:02}", cents / 100, cents % 100);
    text
}
