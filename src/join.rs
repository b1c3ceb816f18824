//! Shards made one: the files of `shard-*` folders moved into the folder that holds them, and one manifest for all.
//!
//! What shards know in part, their answers, is added up into a document of the whole.
//!
//! The moves can be cut short anywhere and be taken up again: a file counts wherever it is found, in its shard or in its place,
//! the manifest comes last, and only then do the shards' own manifests go.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use crate::answers::{self, Answers};
use crate::diag::{Problem, Problems};
use crate::manifest::{self, Document, Manifest, Shard, Stated};

/// Why shards cannot be joined.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// They do not fit together; nothing was changed.
    #[error("{0}")]
    Refused(Problems),
    /// The file system said no; joining again goes on from there.
    #[error("{}: {source}", path.display())]
    Io {
        /// The path in question.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// The manifest cannot be written.
    #[error(transparent)]
    Manifest(#[from] manifest::Error),
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { path, source }
}

/// The folder of a shard within the data set's: `shard-0-of-4`.
pub fn folder(shard: Shard) -> String {
    format!("shard-{}-of-{}", shard.index, shard.count)
}

/// A shard as found.
struct Part {
    name: String,
    dir: PathBuf,
    shard: Shard,
    manifest: Manifest,
}

/// Joins the shards in a folder; with `verify`, every file's SHA-256 is made again and compared. `before` writes what else belongs to
/// the whole, once all files are where they belong and before the manifest says so.
///
/// # Errors
/// Shards that are missing, doubled or foreign, files that are missing or not as stated: all of them at once, and nothing is
/// changed. File system errors on the way.
pub fn join(
    dir: &Path,
    verify: bool,
    before: impl FnOnce(&Manifest) -> io::Result<()>,
) -> Result<Manifest, Error> {
    if dir.join(manifest::FILE).exists() {
        let problem = Problem::new(format!("{} is a whole data set already", dir.display()));
        return Err(Error::Refused(problem.help("join a folder of shards").into()));
    }
    let mut problems = Problems::new();
    let parts = find(dir, &mut problems)?;
    fit(&parts, &mut problems);
    problems.or(()).map_err(Error::Refused)?;
    let Some(mut joined) = merge(&parts) else {
        let problem = Problem::new(format!("there are no shards in {}", dir.display()));
        let help = "make them with `throng generate --shard I/N --out DIR`, the same DIR for all";
        return Err(Error::Refused(problem.help(help).into()));
    };
    check(dir, &parts, verify).or(()).map_err(Error::Refused)?;
    let answers = sum(&parts).map_err(Error::Refused)?;
    for part in &parts {
        settle(dir, part)?;
    }
    let labels = parts.iter().flat_map(|part| &part.manifest.documents);
    joined.documents = labels.filter(|document| document.is_of_labels()).cloned().collect();
    if let Some(answers) = answers {
        joined.documents.push(Document::write(dir, answers::PATH, &answers.to_json())?);
    }
    joined.documents.sort_by(|a, b| a.path.cmp(&b.path));
    before(&joined).map_err(io_error(dir))?;
    joined.write(dir)?;
    for part in &parts {
        // What cannot be removed is in nobody's way.
        for document in &part.manifest.documents {
            let _ = fs::remove_file(part.dir.join(&document.path));
        }
        let _ = fs::remove_file(part.dir.join(manifest::FILE));
        prune(&part.dir);
    }
    Ok(joined)
}

/// Reads the manifests of all folders named `shard-…`.
fn find(dir: &Path, problems: &mut Problems) -> Result<Vec<Part>, Error> {
    let entries = fs::read_dir(dir).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let mut parts = Vec::new();
    for entry in entries.map_err(io_error(dir))? {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with("shard-") || !entry.path().is_dir() {
            continue;
        }
        match Manifest::read(&entry.path()) {
            Ok(manifest) => {
                let Some(shard) = manifest.shard else {
                    problems.push(Problem::new(format!("{name} is a whole data set, no shard")));
                    continue;
                };
                parts.push(Part { name, dir: entry.path(), shard, manifest });
            }
            Err(manifest::Error::Missing(_)) => {
                let problem = Problem::new(format!("{name} has no manifest: it is incomplete"));
                problems.push(problem.help("generate that shard again"));
            }
            Err(error) => problems.push(Problem::new(error.to_string())),
        }
    }
    parts.sort_by(|a, b| (a.shard, &a.name).cmp(&(b.shard, &b.name)));
    Ok(parts)
}

/// Whether the shards are those of one data set, each once.
fn fit(parts: &[Part], problems: &mut Problems) {
    let Some(model) = most_common(parts) else { return };
    let identity = model.manifest.identity();
    let count = model.shard.count;
    let mut holders: BTreeMap<u32, Vec<&str>> = BTreeMap::new();
    for part in parts {
        let theirs = part.manifest.identity();
        if theirs != identity {
            let message = format!(
                "{} is of another data set: version {}, where {} has {}",
                part.name, theirs.dataset_version, model.name, identity.dataset_version
            );
            let help = "shards must be made by one version of throng from one scenario and seed";
            problems.push(Problem::new(message).help(help));
        } else if part.shard.count != count {
            let (theirs, name) = (part.shard.count, &part.name);
            problems
                .push(Problem::new(format!("{name} is one of {theirs} shards, not of {count}")));
        } else {
            holders.entry(part.shard.index).or_default().push(&part.name);
        }
    }
    let missing: Vec<String> = (0..count)
        .filter(|index| !holders.contains_key(index))
        .map(|index| folder(Shard { index, count }))
        .collect();
    if !missing.is_empty() {
        problems.push(Problem::new(format!("missing: {}", missing.join(", "))));
    }
    for (index, names) in holders.iter().filter(|(_, names)| names.len() > 1) {
        let message = format!("shard {index} of {count} is doubled: {}", names.join(", "));
        problems.push(Problem::new(message).help("keep one of them"));
    }
}

/// A shard of the data set that most of them are of.
fn most_common(parts: &[Part]) -> Option<&Part> {
    let like = |part: &Part| {
        let key = (&part.manifest.dataset_version, part.shard.count);
        let same = |other: &&Part| (&other.manifest.dataset_version, other.shard.count) == key;
        parts.iter().filter(same).count()
    };
    // The first of equals, so that the message is the same every time.
    parts.iter().rev().max_by_key(|part| like(part))
}

/// Whether every file is there and as its manifest states.
fn check(dir: &Path, parts: &[Part], verify: bool) -> Problems {
    let mut problems = Problems::new();
    let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
    for part in parts {
        for file in part.manifest.files() {
            let shown = format!("{}/{}", part.name, file.path);
            if let Some(other) = owners.insert(&file.path, &part.name) {
                problems.push(Problem::new(format!("{other} holds {shown} too")));
            }
            let fault = if is_within(&file.path) {
                fault(&locate(dir, part, &file.path), file.bytes, file.stated(), verify)
            } else {
                Some("is outside the data set".to_owned())
            };
            if let Some(fault) = fault {
                problems.push(Problem::new(format!("{shown} {fault}")));
            }
        }
        for document in &part.manifest.documents {
            // Of the others there is one kind; its place is told by no manifest.
            let is_known = document.path == answers::PARTIAL
                || document.is_of_labels() && is_within(&document.path);
            let fault = if is_known {
                let path = locate(dir, part, &document.path);
                fault(&path, document.bytes, document.stated(), verify)
            } else {
                Some("is nothing that shards have".to_owned())
            };
            if let Some(fault) = fault {
                let shown = format!("{}/{}", part.name, document.path);
                problems.push(Problem::new(format!("{shown} {fault}")));
            }
        }
    }
    problems
}

/// Adds up the answers of all shards, if they have some.
fn sum(parts: &[Part]) -> Result<Option<Answers>, Problems> {
    let mut problems = Problems::new();
    let mut sum: Option<Answers> = None;
    let counts = |part: &&Part| {
        part.manifest.documents.iter().any(|document| document.path == answers::PARTIAL)
    };
    for part in parts.iter().filter(counts) {
        let shown = format!("{}/{}", part.name, answers::PARTIAL);
        let text = match fs::read_to_string(part.dir.join(answers::PARTIAL)) {
            Ok(text) => text,
            Err(error) => {
                problems.push(Problem::new(format!("{shown} cannot be read: {error}")));
                continue;
            }
        };
        match Answers::from_partial(&text) {
            Ok(answers) => match &mut sum {
                Some(sum) => sum.add(&answers),
                None => sum = Some(answers),
            },
            Err(error) => problems.push(Problem::new(format!("{shown} is damaged: {error}"))),
        }
    }
    problems.or(sum)
}

/// Whether a path stays within the folder that it is relative to.
fn is_within(path: &str) -> bool {
    Path::new(path).components().all(|part| matches!(part, Component::Normal(_)))
}

/// Where a file is: in its shard or, moved by an earlier attempt, in its place.
fn locate(dir: &Path, part: &Part, path: &str) -> PathBuf {
    let within = part.dir.join(path);
    if within.exists() { within } else { dir.join(path) }
}

fn fault(path: &Path, bytes: u64, stated: Stated<'_>, verify: bool) -> Option<String> {
    let size = match fs::metadata(path) {
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Some("is missing".to_owned());
        }
        Err(error) => return Some(format!("cannot be read: {error}")),
    };
    if size != bytes {
        return Some(format!("has {size} bytes; its manifest says {bytes}"));
    }
    if verify {
        match stated.of(path) {
            Ok((_, hex)) if hex == stated.hex => {}
            Ok(_) => {
                let title = stated.algorithm.title();
                return Some(format!("is not what was written: its {title} differs"));
            }
            Err(error) => return Some(format!("cannot be read: {error}")),
        }
    }
    None
}

/// The manifest of all.
fn merge(parts: &[Part]) -> Option<Manifest> {
    let mut whole = parts.first()?.manifest.identity();
    for (i, table) in whole.tables.iter_mut().enumerate() {
        let files = parts.iter().filter_map(|part| part.manifest.tables.get(i));
        table.files = files.flat_map(|table| table.files.iter().cloned()).collect();
        table.settle();
    }
    Some(whole)
}

/// Moves a shard's files into their places.
fn settle(dir: &Path, part: &Part) -> Result<(), Error> {
    let documents = part.manifest.documents.iter().filter(|document| document.is_of_labels());
    let labels = documents.map(|document| &document.path);
    for path in part.manifest.files().map(|file| &file.path).chain(labels) {
        let (from, to) = (part.dir.join(path), dir.join(path));
        if from.exists() {
            let parent = to.parent().unwrap_or(dir);
            fs::create_dir_all(parent).map_err(io_error(parent))?;
            fs::rename(&from, &to).map_err(io_error(&to))?;
        }
    }
    Ok(())
}

/// Removes a folder and those in it as far as they are empty; anything that is not ours stays.
fn prune(dir: &Path) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for entry in entries.filter_map(Result::ok).filter(|entry| entry.path().is_dir()) {
        prune(&entry.path());
    }
    let _ = fs::remove_dir(dir);
}

#[cfg(test)]
#[path = "join_tests.rs"]
mod tests;
