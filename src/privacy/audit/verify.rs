//! Whether a log is as it was written, and the certificates that it speaks of.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use serde_json::Value;

use super::{CHECKPOINT, Checkpoint, LOG, NOTHING, canonical, certificate, digest, merkle};
use crate::diag::Problem;
use crate::privacy::token::hex;

/// A log that is whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Its entries, a line each.
    pub lines: Vec<String>,
    /// Its checkpoint.
    pub checkpoint: Checkpoint,
    /// How many certificates there are, each as it was signed.
    pub certificates: usize,
}

/// What is wrong with a log.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// It cannot be read.
    #[error("cannot read {0}: {1}")]
    Unreadable(String, io::Error),
    /// It does not end with the end of a line.
    #[error("the last line is cut off")]
    Cut,
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
    /// Another key signed than the pinned checkpoint.
    #[error("the checkpoint is signed by another key than the pinned one")]
    Key,
    /// Another key signed than the one at hand.
    #[error("the checkpoint is signed by another key")]
    Signer,
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
    /// A certificate is not as the log says.
    #[error("{0} {1}")]
    Certificate(String, &'static str),
}

impl Broken {
    /// What is told where a log should have gone on.
    pub fn problem(&self, dir: &Path) -> Problem {
        let message = format!("the audit log of {} cannot go on: {self}", dir.display());
        Problem::new(message).help(match self {
            Self::Signer => "give the key that signed it; nothing was changed",
            _ => "look for a sound copy, or begin in another folder; nothing was changed",
        })
    }
}

/// Reads a folder's log and follows every link of it, then that of its certificates. A pin is an earlier checkpoint, a signer the
/// public key of whoever must have signed.
///
/// # Errors
/// The first thing that is wrong.
pub fn verify(
    dir: &Path,
    pin: Option<&Checkpoint>,
    signer: Option<&str>,
) -> Result<Verified, Broken> {
    let (lines, checkpoint) = log(dir, pin, signer)?;
    let certificates = certificates(dir, &lines, &checkpoint.public_key)?;
    Ok(Verified { lines, checkpoint, certificates })
}

/// The log alone.
pub(super) fn log(
    dir: &Path,
    pin: Option<&Checkpoint>,
    signer: Option<&str>,
) -> Result<(Vec<String>, Checkpoint), Broken> {
    let lines = entries(&read(dir, LOG)?)?;
    let checkpoint = Checkpoint::read(&dir.join(CHECKPOINT));
    let checkpoint = checkpoint.map_err(|e| Broken::Unreadable(CHECKPOINT.to_owned(), e))?;
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
    if signer.is_some_and(|signer| signer != checkpoint.public_key) {
        return Err(Broken::Signer);
    }
    if let Some(pin) = pin {
        since(pin, &lines, &checkpoint)?;
    }
    Ok((lines, checkpoint))
}

fn read(dir: &Path, path: &str) -> Result<String, Broken> {
    fs::read_to_string(dir.join(path)).map_err(|error| Broken::Unreadable(path.to_owned(), error))
}

/// The lines of a log, each of which ends with one line feed: nothing else is let through unseen.
fn entries(text: &str) -> Result<Vec<String>, Broken> {
    match text.strip_suffix('\n') {
        Some(text) => Ok(text.split('\n').map(str::to_owned).collect()),
        None if text.is_empty() => Err(Broken::Empty),
        None => Err(Broken::Cut),
    }
}

/// Every certificate that the log speaks of is there as it was signed, and there is no other.
fn certificates(dir: &Path, lines: &[String], public_key: &str) -> Result<usize, Broken> {
    let broken = |path: &str, why| Broken::Certificate(path.to_owned(), why);
    let mut stated = BTreeMap::new();
    for line in lines {
        let entry: Value = serde_json::from_str(line).unwrap_or_default();
        let Some(path) = entry["certificate"].as_str() else { continue };
        // A path of another form may lead anywhere.
        if certificate::number(path).is_none() {
            return Err(broken(path, "is no certificate's name"));
        }
        let sha256 = entry["certificate_sha256"].as_str().unwrap_or_default().to_owned();
        if stated.insert(path.to_owned(), sha256).is_some() {
            return Err(broken(path, "has two entries in the log"));
        }
    }
    for (path, sha256) in &stated {
        let text = match read(dir, path) {
            Err(Broken::Unreadable(_, error)) if error.kind() == io::ErrorKind::NotFound => {
                return Err(broken(path, "is in the log, and not there"));
            }
            text => text?,
        };
        if digest(&text) != *sha256 {
            return Err(broken(path, "is not as it was entered in the log"));
        }
        let signed = certificate::parse(&text).is_ok_and(|certificate| {
            certificate.is_signed() && certificate.public_key == public_key
        });
        if !signed {
            return Err(broken(path, "is not signed by the log's key"));
        }
    }
    let there = certificate::paths(dir)
        .map_err(|error| Broken::Unreadable(certificate::FOLDER.to_owned(), error))?;
    match there.iter().find(|path| !stated.contains_key(*path)) {
        Some(path) => Err(broken(path, "is there, and not in the log")),
        None => Ok(stated.len()),
    }
}

/// Every entry is canonical, has its number, and the digest of the one before.
fn chain(lines: &[String]) -> Result<(), Broken> {
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
