//! What was removed, signed: for whoever asks whether it was done.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::privacy::audit;
use crate::privacy::key::Key;
use crate::privacy::stage::ScanReport;

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

impl From<ScanReport> for Scan {
    fn from(report: ScanReport) -> Self {
        let ScanReport { values, forms, files, bytes } = report;
        Self { values, forms, files, bytes }
    }
}

impl Certificate {
    /// What is signed: everything but the signature.
    fn message(&self) -> io::Result<Vec<u8>> {
        let mut bare = self.clone();
        bare.signature = String::new();
        let value: Value = serde_json::to_value(&bare)?;
        Ok(format!("throng/certificate/v1\n{}\n", audit::canonical(&value)).into_bytes())
    }

    /// The same, signed.
    ///
    /// # Errors
    /// None that are known.
    pub fn signed(mut self, key: &Key) -> io::Result<Self> {
        self.public_key = audit::public_key(key);
        self.signature = audit::sign(key, &self.message()?);
        Ok(self)
    }

    /// Whether it is as it was signed.
    pub fn is_signed(&self) -> bool {
        let message = self.message().unwrap_or_default();
        audit::is_signed(&self.public_key, &self.signature, &message)
    }

    /// The certificate as text.
    ///
    /// # Errors
    /// None that are known.
    pub fn to_json(&self) -> io::Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}

/// A data set's certificates by their paths in it, sorted.
///
/// # Errors
/// One cannot be read, or is none.
pub fn all(dir: &Path) -> io::Result<Vec<(String, Certificate)>> {
    let folder = dir.join(FOLDER);
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let paths: io::Result<Vec<PathBuf>> =
        fs::read_dir(&folder)?.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut paths = paths?;
    paths.sort();
    let read = |path: PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let certificate = serde_json::from_str(&fs::read_to_string(&path)?)?;
        Ok((format!("{FOLDER}/{name}"), certificate))
    };
    paths.into_iter().map(read).collect()
}
