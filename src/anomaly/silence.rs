//! Silences: times for which nothing was recorded, of anybody or of those with one value of a column.
//!
//! Whatever else goes wrong keeps out of them, so that what is empty is empty.

use crate::anomaly::ground::Rowset;
use crate::anomaly::incident::{Edit, Op};
use crate::anomaly::value::Value;
use crate::event::journal::Session;
use crate::model::DeviceClass;
use crate::scenario::World;

/// The column that tells when an event happened.
const TIME: &str = "event_time";

/// A column whose values a silence may tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dimension {
    /// Where somebody is.
    Country,
    /// What they hold.
    DeviceClass,
    /// What led them here.
    Source,
}

/// A time for which nothing was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Silence {
    /// From when.
    pub from: i64,
    /// Until before when.
    pub until: i64,
    /// Of whom: a column and the ordinal of its value; none: of anybody.
    pub of: Option<(Dimension, usize)>,
}

impl Dimension {
    /// The column of that name.
    pub fn named(column: &str) -> Option<Self> {
        match column {
            "country" => Some(Self::Country),
            "device_class" => Some(Self::DeviceClass),
            "source" => Some(Self::Source),
            _ => None,
        }
    }

    /// The column's name.
    pub fn column(self) -> &'static str {
        match self {
            Self::Country => "country",
            Self::DeviceClass => "device_class",
            Self::Source => "source",
        }
    }

    /// A value's name.
    pub fn value(self, world: &World, nth: usize) -> Option<&str> {
        let models = &world.models;
        match self {
            Self::Country => models.countries.get(nth).map(|country| &*country.code),
            Self::DeviceClass => DeviceClass::NAMES.get(nth).copied(),
            Self::Source => models.sources.get(nth).map(|source| &*source.name),
        }
    }

    /// The ordinal of a visit's value.
    fn of(self, world: &World, visit: Who) -> usize {
        match self {
            Self::Country => visit.country.into(),
            Self::DeviceClass => world.models.devices[usize::from(visit.profile)].class as usize,
            Self::Source => visit.source.into(),
        }
    }
}

/// Who comes, as far as silences tell visits apart.
#[derive(Debug, Clone, Copy)]
pub struct Who {
    /// Ordinal of the country.
    pub country: u8,
    /// Ordinal of the device's profile.
    pub profile: u8,
    /// Ordinal of the source.
    pub source: u8,
}

impl From<&Session> for Who {
    fn from(session: &Session) -> Self {
        Self { country: session.country, profile: session.profile, source: session.source }
    }
}

impl Silence {
    /// Whether it is about such a visit.
    pub fn is_of(&self, world: &World, visit: Who) -> bool {
        self.of.is_none_or(|(dimension, value)| dimension.of(world, visit) == value)
    }

    /// Whether it lasts at that moment.
    pub fn has(&self, time: i64) -> bool {
        (self.from..self.until).contains(&time)
    }

    /// Whether an edit could put an event into it: by its time, or by the value that it is about. What was in it before is gone, and no
    /// longer there to be copied.
    pub fn is_broken_by(&self, world: &World, edit: &Edit) -> bool {
        let (Op::Update(cells)
        | Op::Duplicate(cells, _)
        | Op::Insert(cells, _)
        | Op::Move(_, cells)) = &edit.op
        else {
            return false;
        };
        let breaks = |(column, value): &(String, Value)| match (value, self.of) {
            (Value::Long(time), _) if column == TIME => self.has(*time),
            (Value::Text(text), Some((dimension, nth))) if column == dimension.column() => {
                dimension.value(world, nth) == Some(text)
            }
            _ => false,
        };
        edit.row.rowset == Rowset::Events && cells.iter().any(breaks)
    }
}
