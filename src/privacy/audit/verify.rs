//! Whether a log is as it was written.

use std::fs;
use std::io;
use std::path::Path;

use serde_json::Value;

use super::{CHECKPOINT, Checkpoint, LOG, NOTHING, canonical, digest, merkle};
use crate::privacy::token::hex;

/// A log that is whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Its entries, a line each.
    pub lines: Vec<String>,
    /// Its checkpoint.
    pub checkpoint: Checkpoint,
}

/// What is wrong with a log.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// It cannot be read.
    #[error("cannot read {0}: {1}")]
    Unreadable(&'static str, io::Error),
    /// An entry is not as it was written.
    #[error("entry {0} {1}")]
    Entry(usize, &'static str),
    /// There is no entry.
    #[error("the log is empty")]
    Empty,
    /// There are more or fewer entries than were signed for.
    #[error("{found} entries are there, and {signed} were signed for")]
    Size {
        /// How many there are.
        found: usize,
        /// How many were signed for.
        signed: u64,
    },
    /// The entries are others than those that were signed for.
    #[error("the entries are not those that were signed for")]
    Root,
    /// The signature is wrong.
    #[error("the checkpoint's signature is not that of its key")]
    Signature,
    /// Another key signed.
    #[error("the checkpoint is signed by another key than the pinned one")]
    Key,
    /// There are fewer entries than the pin knows of.
    #[error("{found} entries are there, and the pinned checkpoint knows of {pinned}")]
    Rollback {
        /// How many there are.
        found: usize,
        /// How many the pin knows of.
        pinned: u64,
    },
    /// The first entries are others than the pin knows of.
    #[error("the entries up to the pinned checkpoint are others than it knows of")]
    Fork,
}

/// Reads a folder's log and follows every link of it.
///
/// # Errors
/// The first thing that is wrong.
pub fn verify(dir: &Path, pin: Option<&Checkpoint>) -> Result<Verified, Broken> {
    let text = fs::read_to_string(dir.join(LOG)).map_err(|e| Broken::Unreadable(LOG, e))?;
    let checkpoint = Checkpoint::read(&dir.join(CHECKPOINT));
    let checkpoint = checkpoint.map_err(|e| Broken::Unreadable(CHECKPOINT, e))?;
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    chain(&lines)?;
    if lines.len() as u64 != checkpoint.size {
        return Err(Broken::Size { found: lines.len(), signed: checkpoint.size });
    }
    if hex(&merkle::root(&lines)) != checkpoint.root {
        return Err(Broken::Root);
    }
    if !checkpoint.is_signed() {
        return Err(Broken::Signature);
    }
    if let Some(pin) = pin {
        since(pin, &lines, &checkpoint)?;
    }
    Ok(Verified { lines, checkpoint })
}

/// Every entry is canonical, has its number, and the digest of the one before.
fn chain(lines: &[String]) -> Result<(), Broken> {
    if lines.is_empty() {
        return Err(Broken::Empty);
    }
    let mut previous = NOTHING.to_owned();
    for (seq, line) in lines.iter().enumerate() {
        let Ok(entry) = serde_json::from_str::<Value>(line) else {
            return Err(Broken::Entry(seq, "is no JSON"));
        };
        if canonical(&entry) != *line {
            return Err(Broken::Entry(seq, "is not in canonical form"));
        }
        if entry["seq"].as_u64() != Some(seq as u64) {
            return Err(Broken::Entry(seq, "has another number"));
        }
        if entry["prev_hash"].as_str() != Some(&previous) {
            return Err(Broken::Entry(seq, "does not follow the one before"));
        }
        previous = digest(line);
    }
    Ok(())
}

/// The log must have grown out of the pinned state.
fn since(pin: &Checkpoint, lines: &[String], now: &Checkpoint) -> Result<(), Broken> {
    if !pin.is_signed() {
        return Err(Broken::Signature);
    }
    if pin.public_key != now.public_key {
        return Err(Broken::Key);
    }
    let Some(known) = lines.get(..pin.size as usize) else {
        return Err(Broken::Rollback { found: lines.len(), pinned: pin.size });
    };
    if hex(&merkle::root(known)) == pin.root { Ok(()) } else { Err(Broken::Fork) }
}
