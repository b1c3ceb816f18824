//! What was removed, signed: for whoever asks whether it was done.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{canonical, is_signed, public_key, sign};
use crate::population::tombstones;
use crate::privacy::key::Key;

/// The folder of certificates in a data set.
pub const FOLDER: &str = "certificates";

/// What was done, to which files, and what it does not cover.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// `erasure` or `retention`.
    pub what: String,
    /// When: RFC 3339.
    pub at: String,
    /// Why it was asked for.
    pub reason: String,
    /// Commitments to those who were erased, by the data set's suppression list.
    pub subjects: Vec<String>,
    /// Rules that were carried out, where it is retention.
    pub rules: Vec<String>,
    /// Rows that are gone.
    pub rows: u64,
    /// The files that were rewritten.
    pub files: Vec<Rewritten>,
    /// Files that were searched and left as they were.
    pub untouched: usize,
    /// What the second look found: nothing, or there would be no certificate.
    pub scan: Scan,
    /// What it does not cover.
    pub not_covered: Vec<String>,
    /// The public key, in hexadecimal.
    #[serde(default)]
    pub public_key: String,
    /// The signature of all the rest in canonical form, in hexadecimal.
    #[serde(default)]
    pub signature: String,
}

/// A file before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rewritten {
    /// Its path in the data set.
    pub path: String,
    /// Rows before.
    pub rows_before: u64,
    /// Rows after.
    pub rows_after: u64,
    /// SHA-256 before.
    pub sha256_before: String,
    /// SHA-256 after.
    pub sha256_after: String,
}

/// What the second look was about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scan {
    /// Values looked for.
    pub values: usize,
    /// Forms of them.
    pub forms: usize,
    /// Files read.
    pub files: usize,
    /// Bytes read, after decompression as well.
    pub bytes: u64,
}

impl Certificate {
    /// What is signed: everything but the signature.
    fn message(&self) -> io::Result<Vec<u8>> {
        let mut bare = self.clone();
        bare.signature = String::new();
        let value: Value = serde_json::to_value(&bare)?;
        Ok(format!("throng/certificate/v1\n{}\n", canonical(&value)).into_bytes())
    }

    /// The same, signed.
    ///
    /// # Errors
    /// None that are known.
    pub fn signed(mut self, key: &Key) -> io::Result<Self> {
        self.public_key = public_key(key);
        self.signature = sign(key, &self.message()?);
        Ok(self)
    }

    /// Whether it is as it was signed.
    pub fn is_signed(&self) -> bool {
        let message = self.message().unwrap_or_default();
        is_signed(&self.public_key, &self.signature, &message)
    }

    /// The certificate as text.
    ///
    /// # Errors
    /// None that are known.
    pub fn to_json(&self) -> io::Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}

/// What a certificate may be of.
pub const KINDS: [&str; 2] = ["erasure", "retention"];

/// The number in the path of a certificate; none for what is no certificate's path.
pub fn number(path: &str) -> Option<u32> {
    let name = path.strip_prefix(FOLDER)?.strip_prefix('/')?.strip_suffix(".json")?;
    let (kind, number) = name.rsplit_once('-')?;
    let is_number = number.len() >= 4 && number.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && KINDS.contains(&kind)).then(|| number.parse().ok())?
}

/// The path of the next certificate: its number is greater than any that is there or that the log knows of, since one that was taken
/// away must not be mistaken for the next.
///
/// # Errors
/// The folder cannot be read.
pub fn next(dir: &Path, what: &str, log: &[String]) -> io::Result<String> {
    let of_entry = |line: &String| {
        let entry: Value = serde_json::from_str(line).ok()?;
        entry["certificate"].as_str().map(str::to_owned)
    };
    let known = paths(dir)?.into_iter().chain(log.iter().filter_map(of_entry));
    let last = known.filter_map(|path| number(&path)).max().unwrap_or(0);
    Ok(format!("{FOLDER}/{what}-{:04}.json", last + 1))
}

/// The paths of a data set's certificates, sorted. What else lies in their folder is nobody's.
///
/// # Errors
/// The folder cannot be read.
pub fn paths(dir: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(dir.join(FOLDER)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = format!("{FOLDER}/{}", entry?.file_name().to_string_lossy());
        paths.extend(number(&path).map(|_| path));
    }
    paths.sort();
    Ok(paths)
}

/// Takes certificates along into the folder that is to stand for another, and the list of those who were erased, which they name
/// people by, unless it has one.
pub(super) fn carry(from: &Path, to: &Path) -> io::Result<()> {
    for path in paths(from)? {
        fs::create_dir_all(to.join(FOLDER))?;
        fs::copy(from.join(&path), to.join(&path))?;
    }
    if from.join(tombstones::FILE).is_file() && !to.join(tombstones::FILE).exists() {
        fs::copy(from.join(tombstones::FILE), to.join(tombstones::FILE))?;
    }
    Ok(())
}

/// A certificate out of its text.
///
/// # Errors
/// It is none.
pub fn parse(text: &str) -> io::Result<Certificate> {
    Ok(serde_json::from_str(text)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_never_given_twice() {
        let dir = tempfile::tempdir().expect("a folder");
        let next = |log: &[String]| next(dir.path(), "erasure", log).expect("a path");
        assert_eq!(next(&[]), "certificates/erasure-0001.json");
        let folder = dir.path().join(FOLDER);
        fs::create_dir(&folder).expect("made");
        for name in ["retention-0007.json", "README.md", "erasure-9.json", "letter-0099.json"] {
            fs::write(folder.join(name), "").expect("written");
        }
        assert_eq!(next(&[]), "certificates/erasure-0008.json");
        let gone = r#"{"certificate":"certificates/erasure-0012.json"}"#.to_owned();
        assert_eq!(next(&[gone]), "certificates/erasure-0013.json");
        assert_eq!(paths(dir.path()).expect("paths"), ["certificates/retention-0007.json"]);
    }
}
