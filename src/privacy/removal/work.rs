//! A removal carried out: files written anew without some rows, everything searched, and all of it replaced at once.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;

use serde_json::{Value, json};

use super::journal::{Removal, Watch};
use super::set::Set;
use super::{Asked, Done, Error, Gone, Opened, SHA256, UNCHANGED, asked, io_error, look, not_read};
use crate::manifest::{self, Manifest};
use crate::population::tombstones::{self, Tombstones};
use crate::privacy::audit::certificate::{self, Certificate, Rewritten};
use crate::privacy::audit::{self, Log};
use crate::privacy::leaks::Known;
use crate::privacy::stage::rows;
use crate::schema::Schemas;

/// What is to be written besides the data.
pub(super) struct Draft {
    pub(super) certificate: Certificate,
    pub(super) tombstones: Option<Tombstones>,
    pub(super) entry: Value,
}

/// Finds in a file what should not be left of it: rows, by their number.
pub(super) type Recount<'w> = dyn Fn(&str, &std::path::Path) -> Result<BTreeSet<u64>, Error> + 'w;

/// A removal about to be carried out.
pub(super) struct Work<'w> {
    pub(super) asked: &'w Asked<'w>,
    pub(super) schemas: &'w Schemas,
    pub(super) gone: &'w Gone,
    /// What must not be found any more afterwards.
    pub(super) known: &'w [Known],
    /// Which rows of a table's file should be gone, for those that were written anew.
    pub(super) recount: &'w Recount<'w>,
}

/// Rows taken out by table, how many files were rewritten, and where the certificate is.
type Prepared = (BTreeMap<String, u64>, usize, String);

impl Work<'_> {
    /// Takes rows out and replaces everything at once.
    pub(super) fn carry_out(
        &self,
        opened: Opened,
        draft: Draft,
        watch: &mut Watch<'_>,
    ) -> Result<Done, Error> {
        let Opened { lock, recovered, set, log } = opened;
        let failed = || io_error(&set.dir);
        let mut removal = Removal::begin(&lock, watch).map_err(failed())?;
        match self.prepare(&set, log, draft, &mut removal) {
            Ok((rows, files, certificate)) => {
                removal.commit(self.asked.key).map_err(failed())?;
                Ok(Done { recovered, rows, files, certificate })
            }
            Err(error) => {
                // A crash would have left the folder, and the next removal clears it; so does this.
                let _ = removal.abandon();
                Err(error)
            }
        }
    }

    /// Writes aside all that there will be.
    fn prepare(
        &self,
        set: &Set,
        mut log: Log,
        draft: Draft,
        removal: &mut Removal<'_>,
    ) -> Result<Prepared, Error> {
        let failed = || io_error(&set.dir);
        let Draft { mut certificate, tombstones, mut entry } = draft;
        let (mut rows, mut manifest) = (BTreeMap::new(), set.manifest.clone());
        for (table, path) in &set.files {
            let Some(gone) = self.gone.get(path).filter(|gone| !gone.is_empty()) else {
                certificate.untouched += 1;
                continue;
            };
            let rewritten = self.rewrite(set, (table, path), gone, removal)?;
            *rows.entry(table.clone()).or_default() += gone.len() as u64;
            if let Some(manifest) = &mut manifest {
                let before = set.dir.join(path);
                restate(manifest, self.schemas, (table, &before), removal, &rewritten)?;
            }
            certificate.files.push(rewritten);
        }
        certificate.rows = rows.values().sum();
        if let Some(manifest) = &mut manifest {
            for table in &mut manifest.tables {
                table.settle();
            }
            let text = serde_json::to_string_pretty(manifest).map_err(io::Error::from);
            let text = text.map_err(failed())? + "\n";
            removal.write(manifest::FILE, &text).map_err(failed())?;
        }
        if let Some(tombstones) = tombstones {
            let text = tombstones.to_json().map_err(failed())?;
            removal.write(tombstones::FILE, &text).map_err(failed())?;
        }
        certificate.scan = look::at_all(set, removal, self.known)?;
        let what = certificate.what.clone();
        let name = certificate::next(&set.dir, &what, log.lines()).map_err(failed())?;
        let certificate = certificate.signed(self.asked.key).map_err(failed())?;
        let text = certificate.to_json().map_err(failed())?;
        let digest = removal.write(&name, &text).map_err(failed())?;
        let (at, key_id) = (self.asked.at, self.asked.key.id());
        log.add("key_use", json!({ "at": at, "key_id": key_id, "for": what }));
        if let Value::Object(entry) = &mut entry {
            entry.insert("at".to_owned(), json!(at));
            entry.insert("rows".to_owned(), json!(rows));
            entry.insert("certificate".to_owned(), json!(name));
            entry.insert("certificate_sha256".to_owned(), json!(digest));
        }
        log.add(&what, entry);
        for (name, text) in log.texts(self.asked.key).map_err(failed())? {
            removal.write(name, &text).map_err(failed())?;
        }
        // What tells of the removal must not name anybody either.
        look::at(removal, &[&name, audit::LOG], self.known)?;
        Ok((rows, certificate.files.len(), name))
    }

    /// Writes a file without some rows, and counts again what is left.
    fn rewrite(
        &self,
        set: &Set,
        (table, path): (&str, &str),
        gone: &BTreeSet<u64>,
        removal: &mut Removal<'_>,
    ) -> Result<Rewritten, Error> {
        let from = set.dir.join(path);
        let to = removal.place(path).map_err(io_error(&from))?;
        let mut out = BufWriter::with_capacity(1 << 18, File::create(&to).map_err(io_error(&to))?);
        let left = rows::without(&from, gone, &mut out).map_err(not_read(&from))?;
        out.flush().map_err(io_error(&to))?;
        let (_, before) = SHA256.of(&from).map_err(io_error(&from))?;
        let after = removal.seal(path).map_err(io_error(&to))?;
        let still = (self.recount)(table, &to)?;
        if !still.is_empty() {
            let count = still.len();
            let message = format!("{path}: {count} rows that had to go would have been left");
            return Err(asked(message, UNCHANGED));
        }
        Ok(Rewritten {
            path: path.to_owned(),
            rows_before: left + gone.len() as u64,
            rows_after: left,
            sha256_before: before,
            sha256_after: after,
        })
    }
}

/// Says in the manifest what a file is now. What it was must be what the manifest said: a file that is damaged or was changed must not
/// be stated as sound.
fn restate(
    manifest: &mut Manifest,
    schemas: &Schemas,
    (table, before): (&str, &Path),
    removal: &Removal<'_>,
    rewritten: &Rewritten,
) -> Result<(), Error> {
    let path = rewritten.path.as_str();
    let now = removal.current(path);
    let files = manifest.tables.iter_mut().filter(|known| known.name == *table);
    let Some(file) = files.flat_map(|table| &mut table.files).find(|file| file.path == path) else {
        return Ok(());
    };
    let (bytes, digest) = file.stated().of(before).map_err(io_error(before))?;
    let is_other = (bytes, &*digest) != (file.bytes, file.stated().hex);
    if is_other || file.rows != rewritten.rows_before {
        let message = format!("{path} is not what the manifest states");
        return Err(asked(message, "`throng check` tells more; nothing was changed"));
    }
    let algorithm = file.stated().algorithm;
    let (bytes, digest) = file.stated().of(&now).map_err(io_error(&now))?;
    (file.bytes, file.rows) = (bytes, rewritten.rows_after);
    (file.sha256, file.blake3) = manifest::apart(algorithm, digest);
    if file.min_time.is_some() {
        let clock = schemas.table(table).and_then(|table| table.sorted_by.first().cloned());
        let mut range: Option<(i64, i64)> = None;
        if let Some(clock) = clock {
            let widen = |_: u64, texts: &[Option<&str>], _: bool| {
                if let Some(time) = texts[0].and_then(rows::moment) {
                    range = Some(range.map_or((time, time), |(a, b)| (a.min(time), b.max(time))));
                }
            };
            rows::each(&now, &[clock], None, widen).map_err(not_read(&now))?;
        }
        file.min_time = range.and_then(|(first, _)| manifest::rfc3339(first));
        file.max_time = range.and_then(|(_, last)| manifest::rfc3339(last));
    }
    Ok(())
}
