//! The audit log: what was done with a key and data, so that nobody can change it unseen.
//!
//! `audit.ndjson` has an entry a line, in canonical JSON: keys sorted, no blanks, no fractions. Each holds its number and the SHA-256
//! of the line before. A run ends with a checkpoint, `audit.checkpoint.json`: how many entries there are, the root of their Merkle
//! tree (RFC 6962), signed with Ed25519 by a key that is derived from the master key. Entries hold names of columns, counts and
//! digests, never values. Who may write the folder can take back all of it to an earlier state, or sign all anew with a key of
//! their own; a checkpoint that was put by elsewhere, the *pin*, shows that. What was removed has a [certificate] beside the log,
//! whose digest is an entry's.

pub mod certificate;
mod joined;
mod merkle;
mod verify;

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::privacy::key::{EVERYWHERE, Key, Role};
use crate::privacy::token::hex;

pub use joined::joined;
pub use merkle::{Proof, prove};
pub use verify::{Broken, Verified, verify};

/// The log's name in a folder.
pub const LOG: &str = "audit.ndjson";
/// The checkpoint's.
pub const CHECKPOINT: &str = "audit.checkpoint.json";

/// What stands before the first entry.
const NOTHING: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A signed state of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// How many entries.
    pub size: u64,
    /// The root of their tree, in hexadecimal.
    pub root: String,
    /// The public key, in hexadecimal.
    pub public_key: String,
    /// The signature of `throng/audit/v1`, size and root, in hexadecimal.
    pub signature: String,
}

impl Checkpoint {
    /// Signs a state.
    fn sign(key: &SigningKey, size: u64, root: &str) -> Self {
        let signature = key.sign(message(size, root).as_bytes());
        Self {
            size,
            root: root.to_owned(),
            public_key: hex(key.verifying_key().as_bytes()),
            signature: hex(&signature.to_bytes()),
        }
    }

    /// Whether the signature is that of its own public key.
    fn is_signed(&self) -> bool {
        is_signed(&self.public_key, &self.signature, message(self.size, &self.root).as_bytes())
    }

    /// Reads a checkpoint.
    ///
    /// # Errors
    /// The file cannot be read, or is none.
    pub fn read(path: &Path) -> io::Result<Self> {
        Ok(serde_json::from_str(&fs::read_to_string(path)?)?)
    }
}

/// What is signed.
fn message(size: u64, root: &str) -> String {
    format!("throng/audit/v1\n{size}\n{root}\n")
}

fn bytes<const N: usize>(digits: &str) -> Option<[u8; N]> {
    let mut out = [0; N];
    if digits.len() != 2 * N || !digits.is_ascii() {
        return None;
    }
    for (place, byte) in out.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[2 * place..2 * place + 2], 16).ok()?;
    }
    // One way to write it, so that no change of a letter's case passes.
    (hex(&out) == digits).then_some(out)
}

fn signing_key(key: &Key) -> SigningKey {
    SigningKey::from_bytes(&key.derive(Role::Audit, &EVERYWHERE, ""))
}

fn digest(line: &str) -> String {
    hex(&Sha256::digest(line.as_bytes()))
}

/// A log being written.
#[derive(Debug)]
pub struct Log {
    dir: PathBuf,
    /// The folder that this one is to stand for, where it is another.
    from: Option<PathBuf>,
    lines: Vec<String>,
}

impl Log {
    /// A log in a folder, which goes on where one that is there ended. That one must be whole and signed by the key: who signs
    /// what follows vouches for what was before.
    ///
    /// # Errors
    /// One is there that cannot be read, is not whole, or is another key's.
    pub fn open(dir: &Path, key: &Key) -> Result<Self, Broken> {
        let is_there = |name| fs::symlink_metadata(dir.join(name)).is_ok();
        let lines = if is_there(LOG) || is_there(CHECKPOINT) {
            verify::log(dir, None, Some(&public_key(key)))?.0
        } else {
            Vec::new()
        };
        Ok(Self { dir: dir.to_owned(), from: None, lines })
    }

    /// Its entries, a line each.
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    /// The same entries, to be written into another folder, with what tells of removals.
    #[must_use]
    pub fn moved_to(self, dir: &Path) -> Self {
        Self { dir: dir.to_owned(), from: Some(self.dir), ..self }
    }

    /// Adds an entry: what was done, and what is to be known of it.
    pub fn add(&mut self, act: &str, about: Value) {
        let previous = self.lines.last().map_or(NOTHING.to_owned(), |line| digest(line));
        let mut entry = match about {
            Value::Object(entry) => entry,
            other => Map::from_iter([("about".to_owned(), other)]),
        };
        entry.insert("act".to_owned(), json!(act));
        entry.insert("prev_hash".to_owned(), json!(previous));
        entry.insert("seq".to_owned(), json!(self.lines.len()));
        self.lines.push(canonical(&Value::Object(entry)));
    }

    fn checkpoint(&self, key: &Key) -> Checkpoint {
        let root = hex(&merkle::root(&self.lines));
        Checkpoint::sign(&signing_key(key), self.lines.len() as u64, &root)
    }

    /// The log and a signed checkpoint as texts, with the names of their files.
    ///
    /// # Errors
    /// None that are known.
    pub fn texts(&self, key: &Key) -> io::Result<[(&'static str, String); 2]> {
        let log = self.lines.iter().fold(String::new(), |log, line| log + line + "\n");
        let checkpoint = serde_json::to_string_pretty(&self.checkpoint(key))? + "\n";
        Ok([(LOG, log), (CHECKPOINT, checkpoint)])
    }

    /// Writes the log and a signed checkpoint.
    ///
    /// # Errors
    /// They cannot be written.
    pub fn write(&self, key: &Key) -> io::Result<Checkpoint> {
        if let Some(from) = &self.from {
            certificate::carry(from, &self.dir)?;
        }
        let checkpoint = self.checkpoint(key);
        let path = self.dir.join(LOG);
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(path)?;
        for line in &self.lines {
            writeln!(file, "{line}")?;
        }
        file.sync_all()?;
        let text = serde_json::to_string_pretty(&checkpoint)? + "\n";
        fs::write(self.dir.join(CHECKPOINT), text)?;
        Ok(checkpoint)
    }
}

/// Lets the log of a data set that is replaced without a key stand in the new one as it is, with what tells of removals.
///
/// # Errors
/// It cannot be read or written.
pub fn carry(from: &Path, to: &Path) -> io::Result<()> {
    for name in [LOG, CHECKPOINT] {
        if from.join(name).is_file() {
            fs::copy(from.join(name), to.join(name))?;
        }
    }
    certificate::carry(from, to)
}

/// JSON in the one form that has one digest: keys sorted, no blanks. Numbers are whole, so there is one way to write them.
pub(crate) fn canonical(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(name, _)| *name);
            let member = |(name, value): (&String, &Value)| {
                format!("{}:{}", Value::String(name.clone()), canonical(value))
            };
            format!("{{{}}}", members.into_iter().map(member).collect::<Vec<_>>().join(","))
        }
        Value::Array(items) => {
            format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(","))
        }
        other => other.to_string(),
    }
}

/// The public key of a master key's log, in hexadecimal.
pub fn public_key(key: &Key) -> String {
    hex(signing_key(key).verifying_key().as_bytes())
}

/// The signature of a message by a master key's log, in hexadecimal.
pub(crate) fn sign(key: &Key, message: &[u8]) -> String {
    hex(&signing_key(key).sign(message).to_bytes())
}

/// Whether a signature is that of a public key, both in hexadecimal.
pub(crate) fn is_signed(public_key: &str, signature: &str, message: &[u8]) -> bool {
    let parts = || {
        let key = VerifyingKey::from_bytes(&bytes(public_key)?).ok()?;
        key.verify_strict(message, &Signature::from_bytes(&bytes(signature)?)).ok()
    };
    parts().is_some()
}

#[cfg(test)]
mod tests;
