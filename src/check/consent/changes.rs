//! The rows of the ledger as numbers, read once for all who look at them.

use super::UNKNOWN;
use crate::check::entities::NEVER;
use crate::check::pass::shown;
use crate::check::{Cached, Rows};
use crate::read::Column;
use crate::read::hash::NONE;
use crate::scenario::ledger::{basis, channel, purpose, source, state, subject};

/// The columns of words, and the words of each.
const WORDS: [(&str, &[&str]); 6] = [
    ("purpose", &purpose::NAMES),
    ("channel", &channel::NAMES),
    ("state", &state::NAMES),
    ("legal_basis", &basis::NAMES),
    ("source", &source::NAMES),
    ("subject", &subject::NAMES),
];

/// The columns of numbers.
const NUMBERS: [&str; 4] = ["occurred_at", "effective_at", "expires_at", "sequence"];

/// A row: its words as ordinals, its references as those of what they lead to. What it does not say is [`UNKNOWN`], [`NONE`] or
/// [`NEVER`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Change {
    /// The row of the batch.
    pub(super) row: usize,
    pub(super) user: u32,
    pub(super) device: u32,
    /// Whether it names a user, and a device.
    pub(super) named: (bool, bool),
    pub(super) purpose: u8,
    pub(super) channel: u8,
    pub(super) state: u8,
    pub(super) basis: u8,
    pub(super) source: u8,
    pub(super) subject: u8,
    pub(super) occurred: i64,
    pub(super) effective: i64,
    pub(super) expires: i64,
    pub(super) sequence: i64,
}

/// Reads rows. Those whose purpose, channel, state or legal basis is no word that is known are left out: `files.values` tells of them.
#[derive(Debug, Default)]
pub(super) struct Changes {
    words: [Cached<u8>; WORDS.len()],
    users: Vec<u32>,
    devices: Vec<u32>,
    all: Vec<Change>,
}

impl Changes {
    /// Those of a batch.
    pub(super) fn read(&mut self, rows: &Rows<'_>) -> &[Change] {
        let Self { words, users, devices, all } = self;
        all.clear();
        let (Some(user), Some(device)) = (rows.column("user_id"), rows.column("device_id")) else {
            return all;
        };
        for (found, column, table) in [(&mut *users, user, "users"), (devices, device, "devices")] {
            found.clear();
            found.resize(rows.len(), NONE);
            if let Some(keys) = rows.entities.keys(table) {
                keys.find_all(column, found);
            }
        }
        let columns = WORDS.map(|(name, _)| rows.column(name));
        for ((cached, column), (_, list)) in words.iter_mut().zip(columns).zip(WORDS) {
            if let Some(column) = column {
                cached.learn(column, |word| super::ordinal(list, word).unwrap_or(UNKNOWN));
            }
        }
        let word = |place: usize, row: usize| {
            columns[place].and_then(|column| words[place].get(column, row)).unwrap_or(UNKNOWN)
        };
        let numbers = NUMBERS.map(|name| rows.column(name));
        let number = |place: usize, row: usize| {
            numbers[place].and_then(|column: &Column| column.long(row)).unwrap_or(NEVER)
        };
        let change = |row: usize| Change {
            row,
            user: users[row],
            device: devices[row],
            named: (user.is_valid(row), device.is_valid(row)),
            purpose: word(0, row),
            channel: word(1, row),
            state: word(2, row),
            basis: word(3, row),
            source: word(4, row),
            subject: word(5, row),
            occurred: number(0, row),
            effective: number(1, row),
            expires: number(2, row),
            sequence: number(3, row),
        };
        let is_told = |of: &Change| {
            [of.purpose, of.channel, of.state, of.basis].iter().all(|w| *w != UNKNOWN)
        };
        all.extend((0..rows.len()).map(change).filter(is_told));
        all
    }
}

/// What a column of a row says, for people.
pub(super) fn said(rows: &Rows<'_>, name: &str, row: usize) -> String {
    rows.column(name).map_or_else(|| "nothing".to_owned(), |column| shown(column, row))
}
