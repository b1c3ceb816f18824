//! People who were erased, and must not come back when the same data set is made again.
//!
//! `suppression.json` holds no ids: a commitment is the SHA-256 of a name, a salt that belongs to the list, and the id. Who has an id can
//! ask whether it is there; who has the list alone can read nothing from it, unless the ids are few enough to try all of them.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::digits::{hex, uuid_text};

/// The list's name in a data set.
pub const FILE: &str = "suppression.json";

/// Salted commitments to ids.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tombstones {
    /// The version of this shape.
    version: u32,
    /// The salt, in hexadecimal.
    salt: String,
    /// Commitments, in hexadecimal, sorted.
    commitments: BTreeSet<String>,
}

impl Tombstones {
    /// An empty list with that salt.
    pub fn new(salt: &[u8; 32]) -> Self {
        Self { version: 1, salt: hex(salt), commitments: BTreeSet::new() }
    }

    /// The list of a data set, if it has one.
    ///
    /// # Errors
    /// It cannot be read, or is none.
    pub fn of(dir: &Path) -> io::Result<Option<Self>> {
        match fs::read_to_string(dir.join(FILE)) {
            Ok(text) => Self::parse(&text).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A list out of its text.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(text: &str) -> io::Result<Self> {
        let list: Self = serde_json::from_str(text)?;
        if list.version != 1 || list.salt.len() != 64 {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "another form of list"));
        }
        Ok(list)
    }

    /// The list as text.
    ///
    /// # Errors
    /// None that are known.
    pub fn to_json(&self) -> io::Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// How many are on it.
    pub fn len(&self) -> usize {
        self.commitments.len()
    }

    /// Whether nobody is on it.
    pub fn is_empty(&self) -> bool {
        self.commitments.is_empty()
    }

    /// What stands for an id.
    pub fn commitment(&self, id: &str) -> String {
        let mut hash = Sha256::new();
        hash.update(b"throng/tombstone/v1\n");
        hash.update(self.salt.as_bytes());
        hash.update(b"\n");
        hash.update(id.trim().to_lowercase().as_bytes());
        hex(&hash.finalize())
    }

    /// Puts an id on the list.
    pub fn add(&mut self, id: &str) {
        let commitment = self.commitment(id);
        self.commitments.insert(commitment);
    }

    /// Whether an id is on it.
    pub fn has(&self, id: &str) -> bool {
        !self.is_empty() && self.commitments.contains(&self.commitment(id))
    }

    /// Whether the person of a UUID is on it.
    pub fn has_uuid(&self, id: u128) -> bool {
        !self.is_empty() && self.has(&uuid_text(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_knows_its_ids_and_tells_none() {
        let id = 0x0199_1234_5678_7abc_8def_0123_4567_89ab_u128;
        let mut list = Tombstones::new(&[7; 32]);
        assert!(!list.has_uuid(id));
        list.add("01991234-5678-7ABC-8def-0123456789ab");
        assert!(list.has_uuid(id) && !list.has_uuid(id + 1));
        let text = list.to_json().unwrap();
        assert!(!text.contains("01991234") && Tombstones::parse(&text).unwrap() == list);
        assert!(!Tombstones::new(&[8; 32]).has(&list.commitment("x")));
    }
}
