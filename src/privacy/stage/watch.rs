//! The tokens that a column's rule has made, for the report.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::read::hash;

/// Tokens that are watched at most; beyond them the counts are of those.
const WATCHED: usize = 1 << 20;

/// The tokens of a column: how many there are, whether two values share one, and how much of the column the commonest has.
#[derive(Debug, Clone, Default)]
pub struct Watch {
    /// By hash of a token: what tells its value from others, and how often it was made.
    seen: HashMap<u64, (u64, u64), BuildHasherDefault<Plain>>,
    /// The last token.
    last: u64,
    /// Tokens made, each as often as it stands in a row.
    pub made: u64,
    /// Values that have a token of another value.
    pub collisions: u64,
}

impl Watch {
    /// Sees a token, and what tells its value from others.
    pub(super) fn see(&mut self, value: u64, token: &str) {
        self.made += 1;
        let full = self.seen.len() >= WATCHED;
        let token = hash::of_bytes(token.as_bytes());
        self.last = token;
        match self.seen.get_mut(&token) {
            Some((known, count)) => {
                *count += 1;
                self.collisions += u64::from(*known != value);
            }
            None if !full => {
                self.seen.insert(token, (value, 1));
            }
            None => {}
        }
    }

    /// Says that the last token stands in so many rows, and not in one.
    pub fn repeat(&mut self, rows: u64) {
        self.made = (self.made + rows).saturating_sub(1);
        if let Some((_, count)) = self.seen.get_mut(&self.last) {
            *count = (*count + rows).saturating_sub(1);
        }
    }

    /// Different tokens, as far as they were watched.
    pub fn different(&self) -> u64 {
        self.seen.len() as u64
    }

    /// Whether all were watched.
    pub fn is_whole(&self) -> bool {
        self.seen.len() < WATCHED
    }

    /// The share of the commonest token.
    pub fn commonest(&self) -> f64 {
        let most = self.seen.values().map(|(_, count)| *count).max().unwrap_or(0);
        most as f64 / self.made.max(1) as f64
    }
}

/// Takes what is a hash already as it is.
#[derive(Debug, Clone, Default)]
struct Plain(u64);

impl Hasher for Plain {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = hash::of_bytes(bytes);
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}
