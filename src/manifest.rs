//! What a data set says of itself: `manifest.json`, written last, so that a folder without one is incomplete or is no data set.
//!
//! It holds no clock, no host and no path: the same request gives the same bytes.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::scenario::Request;
use crate::scenario::wishes::LABELS;
use crate::sink::{Algorithm, Digest};

/// The manifest's file name.
pub const FILE: &str = "manifest.json";

/// The version of the manifest's own shape.
pub const FORMAT_VERSION: u32 = 1;

/// A data set's manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The version of this shape.
    pub format_version: u32,
    /// The data set's version: the digest of scenario, models, schemas, seed and generator version.
    pub dataset_version: String,
    /// What wrote it.
    pub generator: Generator,
    /// The seed.
    pub seed: u64,
    /// What was asked for.
    pub scenario: Scenario,
    /// Which part of the data set this is; none: the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// What was done about privacy, where something was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub privacy: Option<Privacy>,
    /// The tables, in the order of the schemas.
    pub tables: Vec<Table>,
    /// What is written beside the tables, by path.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<Document>,
}

/// A program and its version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generator {
    /// `throng`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// A scenario as resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// A scenario file that asks for this data set again.
    pub toml: String,
}

/// What was done about privacy. None of it tells anything of the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Privacy {
    /// What the data are: `pseudonymised`. Never "anonymous".
    pub status: String,
    /// SHA-256 of the policy.
    pub policy_sha256: String,
    /// The key's id.
    pub key_id: String,
    /// Its check value, by which it is known again.
    pub key_check: String,
    /// Its epoch.
    pub epoch: u32,
    /// How far tokens mean the same.
    pub scope: String,
    /// The data set's or recipient's name.
    pub scope_id: String,
    /// `left out`, or `re-identifying` where truth tables and the seed are there.
    pub truth: String,
    /// By table, the columns that do not leave as they were.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub columns: BTreeMap<String, Vec<ColumnChange>>,
    /// The columns that hold tokens.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tokens: Vec<Tokens>,
}

/// What a policy made of a column, or of a path within JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnChange {
    /// The column.
    pub name: String,
    /// What was done.
    pub act: String,
    /// The type that is written; none where nothing is.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub ty: Option<String>,
    /// Whether a row may lack it now.
    #[serde(default)]
    pub nullable: bool,
    /// Whose identity tokens are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// By how many days times moved at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
    /// To a multiple of how many seconds they were cut.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round: Option<i64>,
    /// How coarse addresses became: the bits that are left of either kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub how: Option<String>,
}

/// How the tokens of a column are made, so that those of a person are found again with the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tokens {
    /// The table.
    pub table: String,
    /// The column.
    pub path: String,
    /// Whose identity they are.
    pub namespace: String,
    /// What kind of value they stand for.
    pub kind: String,
    /// Where telephone numbers without a country's code belong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// How they are written.
    pub encoding: String,
    /// How many bits they have.
    pub bits: u32,
}

/// A part of a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shard {
    /// Which, from 0.
    pub index: u32,
    /// Of how many.
    pub count: u32,
}

/// A table as written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// SHA-256 of its schema.
    pub schema_sha256: String,
    /// Rows in all files.
    pub rows: u64,
    /// Bytes of all files.
    pub bytes: u64,
    /// Its files, by path.
    pub files: Vec<File>,
}

/// A file as written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Path within the data set, with `/`.
    pub path: String,
    /// Rows.
    pub rows: u64,
    /// Bytes.
    pub bytes: u64,
    /// SHA-256 of its bytes, in hex; empty where it has another digest.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub sha256: String,
    /// BLAKE3 of its bytes, in hex; empty where it has another digest.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub blake3: String,
    /// Time of its first row, RFC 3339, where its rows have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_time: Option<String>,
    /// Time of its last row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_time: Option<String>,
}

/// A file that is no table's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// Path within the data set, with `/`.
    pub path: String,
    /// Bytes.
    pub bytes: u64,
    /// SHA-256 of its bytes, in hex.
    pub sha256: String,
}

/// What a run says of a file that it wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEntry {
    /// The table.
    pub table: String,
    /// Path within the data set, with `/`.
    pub path: String,
    /// Rows.
    pub rows: u64,
    /// Bytes.
    pub bytes: u64,
    /// Digest of its bytes, in hex: the one that was asked for.
    pub digest: String,
    /// Least and greatest time of its rows, microseconds since 1970.
    pub time_range: Option<(i64, i64)>,
}

/// Why a folder's manifest cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is none.
    #[error("{} has no {FILE}: this data set is incomplete, or is none", .0.display())]
    Missing(PathBuf),
    /// It cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is no manifest.
    #[error("{} is no manifest: {source}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// It is of another shape.
    #[error("{} has format version {found}; this program knows version {FORMAT_VERSION}", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// The version that it states.
        found: u32,
    },
}

impl Document {
    /// Writes a text into a data set's folder, aside and then under its name.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(dir: &Path, path: &str, text: &str) -> Result<Self, Error> {
        let target = dir.join(path);
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let aside = target.with_file_name(format!(".{name}.partial"));
        let write = || {
            if let Some(folder) = target.parent() {
                fs::create_dir_all(folder)?;
            }
            let mut out = Digest::new(fs::File::create(&aside)?);
            out.write_all(text.as_bytes())?;
            fs::rename(&aside, &target)?;
            Ok(out.finish())
        };
        let (bytes, sha256) =
            write().map_err(|source| Error::Io { path: target.clone(), source })?;
        Ok(Self { path: path.to_owned(), bytes, sha256 })
    }
}

impl File {
    fn new(entry: FileEntry, algorithm: Algorithm) -> Self {
        let (min, max) = entry.time_range.unzip();
        let (sha256, blake3) = apart(algorithm, entry.digest);
        Self {
            path: entry.path,
            rows: entry.rows,
            bytes: entry.bytes,
            sha256,
            blake3,
            min_time: min.and_then(rfc3339),
            max_time: max.and_then(rfc3339),
        }
    }

    /// The digest that the manifest states.
    pub fn stated(&self) -> Stated<'_> {
        if self.blake3.is_empty() {
            Stated { algorithm: Algorithm::Sha256, hex: &self.sha256 }
        } else {
            Stated { algorithm: Algorithm::Blake3, hex: &self.blake3 }
        }
    }
}

/// A digest as the fields of a [`File`]: `sha256` and `blake3`, one of them empty.
pub fn apart(algorithm: Algorithm, hex: String) -> (String, String) {
    match algorithm {
        Algorithm::Sha256 => (hex, String::new()),
        Algorithm::Blake3 => (String::new(), hex),
    }
}

impl Document {
    /// The digest that the manifest states.
    pub fn stated(&self) -> Stated<'_> {
        Stated { algorithm: Algorithm::Sha256, hex: &self.sha256 }
    }

    /// Whether it holds labels, which are those of a range of users as the files of their tables are.
    pub fn is_of_labels(&self) -> bool {
        let within =
            |table: &&str| self.path.strip_prefix(*table).is_some_and(|it| it.starts_with('/'));
        LABELS.iter().any(within)
    }
}

/// A digest as a manifest states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stated<'m> {
    /// Which.
    pub algorithm: Algorithm,
    /// In hex.
    pub hex: &'m str,
}

impl Stated<'_> {
    /// The bytes of a file, and its digest of the same kind.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn of(self, path: &Path) -> io::Result<(u64, String)> {
        let mut file = fs::File::open(path)?;
        let mut digest = Digest::with(self.algorithm, io::sink());
        let mut buffer = vec![0; 256 << 10];
        loop {
            match file.read(&mut buffer)? {
                0 => return Ok(digest.finish()),
                bytes => digest.write_all(&buffer[..bytes])?,
            }
        }
    }
}

pub(crate) fn rfc3339(micros: i64) -> Option<String> {
    let time = jiff::Timestamp::from_microsecond(micros).ok()?;
    Some(format!("{time:.6}"))
}

impl Manifest {
    /// The manifest of a run: `tables` are the names and schema digests of the tables asked for, in the schemas' order, and
    /// `files` what was written of them; `documents` are written besides.
    pub fn new(
        request: &Request,
        version: &str,
        shard: Option<Shard>,
        tables: impl IntoIterator<Item = (String, String)>,
        files: Vec<FileEntry>,
        documents: Vec<Document>,
    ) -> Self {
        let mut tables: Vec<Table> = tables
            .into_iter()
            .map(|(name, schema_sha256)| Table {
                name,
                schema_sha256,
                rows: 0,
                bytes: 0,
                files: Vec::new(),
            })
            .collect();
        for entry in files {
            if let Some(table) = tables.iter_mut().find(|table| table.name == entry.table) {
                table.files.push(File::new(entry, request.digest));
            }
        }
        tables.iter_mut().for_each(Table::settle);
        Self {
            format_version: FORMAT_VERSION,
            dataset_version: version.to_owned(),
            generator: Generator {
                name: env!("CARGO_PKG_NAME").to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
            },
            seed: request.seed,
            scenario: Scenario { name: request.scenario.clone(), toml: request.resolved_toml() },
            shard,
            privacy: None,
            tables,
            documents,
        }
    }

    /// The manifest of the data set in a folder.
    ///
    /// # Errors
    /// None there, unreadable, or not of the shape that this version knows.
    pub fn read(dir: &Path) -> Result<Self, Error> {
        #[derive(Deserialize)]
        struct Version {
            format_version: u32,
        }
        let path = dir.join(FILE);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(source) if source.kind() == io::ErrorKind::NotFound => {
                return Err(Error::Missing(dir.to_owned()));
            }
            Err(source) => return Err(Error::Io { path, source }),
        };
        match serde_json::from_str::<Version>(&text) {
            Ok(Version { format_version: FORMAT_VERSION }) => {}
            Ok(Version { format_version: found }) => return Err(Error::Version { path, found }),
            Err(source) => return Err(Error::Malformed { path, source }),
        }
        serde_json::from_str(&text).map_err(|source| Error::Malformed { path, source })
    }

    /// Writes the manifest into a folder, aside and then under its name.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, dir: &Path) -> Result<(), Error> {
        let path = dir.join(FILE);
        let aside = dir.join(".manifest.json.partial");
        let written = self
            .to_json()
            .and_then(|text| fs::write(&aside, text))
            .and_then(|()| fs::rename(&aside, &path));
        written.map_err(|source| Error::Io { path, source })
    }

    /// The manifest as text.
    fn to_json(&self) -> io::Result<String> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        Ok(text)
    }

    /// All files of all tables.
    pub fn files(&self) -> impl Iterator<Item = &File> {
        self.tables.iter().flat_map(|table| &table.files)
    }

    /// Path, bytes and digest of everything that is listed: files and documents.
    pub fn stated(&self) -> impl Iterator<Item = (&str, u64, Stated<'_>)> {
        let files = self.files().map(|file| (&*file.path, file.bytes, file.stated()));
        files.chain(self.documents.iter().map(|one| (&*one.path, one.bytes, one.stated())))
    }

    /// The rows of a table; 0 when it was not written.
    pub fn rows(&self, table: &str) -> u64 {
        self.tables.iter().find(|known| known.name == table).map_or(0, |table| table.rows)
    }

    /// What all shards of a data set have in common: the manifest without its shard, its files and what its documents hold.
    #[must_use]
    pub fn identity(&self) -> Self {
        let mut bare = self.clone();
        bare.shard = None;
        for table in &mut bare.tables {
            table.files.clear();
            table.settle();
        }
        bare.documents.retain(|document| !document.is_of_labels());
        for document in &mut bare.documents {
            document.bytes = 0;
            document.sha256.clear();
        }
        bare
    }
}

impl Table {
    /// Sorts the files and makes the totals those of the files.
    pub fn settle(&mut self) {
        self.files.sort_by(|a, b| a.path.cmp(&b.path));
        self.rows = self.files.iter().map(|file| file.rows).sum();
        self.bytes = self.files.iter().map(|file| file.bytes).sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Ask;

    fn sample() -> Manifest {
        let request = Ask::default().resolve(jiff::civil::date(2026, 1, 1)).unwrap_or_else(|p| {
            panic!("{p}");
        });
        let entry = |path: &str, rows| FileEntry {
            table: "events".to_owned(),
            path: path.to_owned(),
            rows,
            bytes: rows * 10,
            digest: "00".to_owned(),
            time_range: Some((1_767_571_200_000_000, 1_767_571_200_000_001)),
        };
        let tables = ["users", "events"].map(|name| (name.to_owned(), "d1".to_owned()));
        Manifest::new(
            &request,
            "v1",
            None,
            tables,
            vec![entry("events/b", 2), entry("events/a", 1)],
            Vec::new(),
        )
    }

    #[test]
    fn files_are_sorted_and_counted_whatever_order_they_were_written_in() {
        let manifest = sample();
        let events = &manifest.tables[1];
        assert_eq!((events.rows, events.bytes), (3, 30));
        let paths: Vec<&str> = events.files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths, ["events/a", "events/b"]);
        assert_eq!(events.files[0].min_time.as_deref(), Some("2026-01-05T00:00:00.000000Z"));
        assert_eq!(manifest.rows("users"), 0);
    }

    #[test]
    fn what_is_written_reads_back() {
        let dir = tempfile::tempdir().expect("a folder");
        let manifest = sample();
        manifest.write(dir.path()).expect("written");
        assert_eq!(Manifest::read(dir.path()).expect("read"), manifest);
    }

    #[test]
    fn a_missing_foreign_or_newer_manifest_is_told_apart() {
        let dir = tempfile::tempdir().expect("a folder");
        assert!(matches!(Manifest::read(dir.path()), Err(Error::Missing(_))));
        fs::write(dir.path().join(FILE), "{\"name\": 1}").expect("written");
        assert!(matches!(Manifest::read(dir.path()), Err(Error::Malformed { .. })));
        fs::write(dir.path().join(FILE), "{\"format_version\": 9, \"new\": 1}").expect("written");
        assert!(matches!(Manifest::read(dir.path()), Err(Error::Version { found: 9, .. })));
    }

    #[test]
    fn a_file_states_the_digest_that_was_asked_for() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("file");
        for (_, algorithm) in Algorithm::NAMES {
            fs::write(&path, "content").expect("written");
            let mut digest = Digest::with(algorithm, io::sink());
            digest.write_all(b"content").expect("taken");
            let (bytes, digest) = digest.finish();
            let entry = FileEntry {
                table: "events".to_owned(),
                path: "file".to_owned(),
                rows: 1,
                bytes,
                digest: digest.clone(),
                time_range: None,
            };
            let file = File::new(entry, algorithm);
            assert_eq!(file.stated(), Stated { algorithm, hex: &digest });
            assert_eq!(file.stated().of(&path).expect("read"), (bytes, digest.clone()));
            fs::write(&path, "CONTENT").expect("written");
            assert_ne!(file.stated().of(&path).expect("read"), (bytes, digest.clone()));
        }
    }
}
