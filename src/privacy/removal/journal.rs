//! Files replaced all at once, whatever happens on the way.
//!
//! New files are written into `.throng-removal` inside the data set. Once all of them are on disk, a journal is put beside them that
//! names them with their digests, signed with the key of the removal; then each is moved to its place, and the folder goes. Whoever
//! finds the folder without that journal throws it away, and nothing has happened; whoever finds it with the journal moves what is
//! left to be moved. Since a journal moves files, it is believed only as far as it could be one of ours: every path stays in the data
//! set, no link is followed, and every file is the one that was signed for, or nothing is moved at all.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::lock::Lock;
use super::place::{self, Found};
use super::{Error, SHA256, asked, io_error};
use crate::privacy::audit;
use crate::privacy::key::Key;

/// The folder in which a removal is prepared.
pub const FOLDER: &str = ".throng-removal";
const JOURNAL: &str = "journal.json";
const NEW: &str = "new";

/// The version of the form of journals.
const VERSION: u32 = 2;

/// No journal is longer.
const LONGEST: u64 = 256 << 20;

/// What was to be done, once it is certain to be done.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Journal {
    version: u32,
    moves: Vec<Move>,
    /// By the key of the removal, in hexadecimal.
    signature: String,
}

/// A file that is to be replaced.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Move {
    /// Its path in the data set.
    path: String,
    /// SHA-256 of what is to stand there.
    sha256: String,
}

/// What is signed.
fn message(moves: &[Move]) -> Vec<u8> {
    let moves = audit::canonical(&json!(moves));
    format!("throng/removal/v{VERSION}\n{moves}\n").into_bytes()
}

/// What became of a removal that was cut short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recovered {
    /// There was none.
    Nothing,
    /// It had not been decided, and nothing of it is left.
    RolledBack,
    /// It had been decided, and is done now.
    Finished,
}

/// Called before every step, with its name: a test stops there.
pub type Watch<'w> = dyn FnMut(&str) -> io::Result<()> + 'w;

/// A removal under way.
pub(super) struct Removal<'w> {
    lock: &'w Lock,
    moves: Vec<Move>,
    watch: &'w mut Watch<'w>,
}

impl<'w> Removal<'w> {
    /// Begins, where nothing is left of another.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub(super) fn begin(lock: &'w Lock, watch: &'w mut Watch<'w>) -> io::Result<Self> {
        watch("begin")?;
        fs::create_dir(lock.dir().join(FOLDER))?;
        watch("folder")?;
        fs::create_dir(lock.dir().join(FOLDER).join(NEW))?;
        Ok(Self { lock, moves: Vec::new(), watch })
    }

    fn new_files(&self) -> PathBuf {
        self.lock.dir().join(FOLDER).join(NEW)
    }

    /// Where the new file for a path is to be written; [`seal`](Self::seal) it then.
    ///
    /// # Errors
    /// Its folder cannot be made, or the path leads out of the data set.
    pub(super) fn place(&mut self, path: &str) -> io::Result<PathBuf> {
        (self.watch)(path)?;
        if !place::is_inside(path) {
            let why = format!("`{path}` leads out of the data set");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        let place = self.new_files().join(path);
        if let Some(folder) = place.parent() {
            fs::create_dir_all(folder)?;
        }
        Ok(place)
    }

    /// Counts a new file in, which is on disk from now on; its digest.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn seal(&mut self, path: &str) -> io::Result<String> {
        let place = self.new_files().join(path);
        File::open(&place)?.sync_all()?;
        let (_, sha256) = SHA256.of(&place)?;
        self.moves.retain(|known| known.path != path);
        self.moves.push(Move { path: path.to_owned(), sha256: sha256.clone() });
        Ok(sha256)
    }

    /// Writes a small file that is to replace one; its digest.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn write(&mut self, path: &str, text: &str) -> io::Result<String> {
        let place = self.place(path)?;
        fs::write(place, text)?;
        self.seal(path)
    }

    /// The paths of the new files.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.moves.iter().map(|one| one.path.as_str())
    }

    /// Where a file is to be read: the new one where there is one.
    pub(super) fn current(&self, path: &str) -> PathBuf {
        if self.paths().any(|known| known == path) {
            self.new_files().join(path)
        } else {
            self.lock.dir().join(path)
        }
    }

    /// Decides, and moves everything to its place.
    ///
    /// # Errors
    /// The file system says no; whoever comes next finishes or throws away.
    pub(super) fn commit(self, key: &Key) -> io::Result<()> {
        (self.watch)("decide")?;
        let folder = self.lock.dir().join(FOLDER);
        let aside = folder.join("journal.partial");
        let signature = audit::sign(key, &message(&self.moves));
        let journal = Journal { version: VERSION, moves: self.moves, signature };
        let mut file = File::create(&aside)?;
        file.write_all(serde_json::to_string(&journal)?.as_bytes())?;
        file.sync_all()?;
        place::sync_below(&folder.join(NEW))?;
        fs::rename(&aside, folder.join(JOURNAL))?;
        place::sync(&folder)?;
        place::sync(self.lock.dir())?;
        finish(self.lock, &journal, self.watch)
    }

    /// Throws everything away: nothing has happened.
    ///
    /// # Errors
    /// The folder cannot be removed.
    pub(super) fn abandon(self) -> io::Result<()> {
        fs::remove_dir_all(self.lock.dir().join(FOLDER))
    }
}

/// Moves what is still to be moved, and removes the folder. Any number of times is as good as once.
fn finish(lock: &Lock, journal: &Journal, watch: &mut Watch<'_>) -> io::Result<()> {
    let dir = lock.dir();
    let folder = dir.join(FOLDER);
    let mut touched = BTreeSet::new();
    for Move { path, .. } in &journal.moves {
        let (from, to) = (folder.join(NEW).join(path), dir.join(path));
        // Those of a folder that has to be made are touched as well.
        let parents = Path::new(path).ancestors().skip(1).map(|inner| dir.join(inner));
        touched.extend(parents);
        if !from.exists() {
            continue;
        }
        watch("move")?;
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::rename(&from, &to)?;
    }
    touched.iter().try_for_each(|folder| place::sync(folder))?;
    // The journal goes when nothing is left for it to speak of, and the folder last.
    watch("clear")?;
    if folder.join(NEW).exists() {
        fs::remove_dir_all(folder.join(NEW))?;
    }
    watch("forget")?;
    fs::remove_file(folder.join(JOURNAL))?;
    watch("close")?;
    fs::remove_dir_all(&folder)?;
    place::sync(dir)
}

/// What a removal that was cut short left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pending {
    /// Nothing.
    Nothing,
    /// Files that were not decided upon: the next removal throws them away.
    Undecided,
    /// Files of a removal that was decided upon: the next one finishes it.
    Decided,
}

/// What is to be recovered in a data set. Nothing is changed, and nothing read.
///
/// # Errors
/// There is something under the name that no removal leaves.
pub(super) fn pending(dir: &Path) -> Result<Pending, Error> {
    match place::find(dir, FOLDER).map_err(io_error(dir))? {
        Found::Nothing => return Ok(Pending::Nothing),
        Found::Folder => {}
        Found::File | Found::Other => return Err(foreign(dir, "is no folder")),
    }
    let folder = dir.join(FOLDER);
    match place::find(&folder, JOURNAL).map_err(io_error(&folder))? {
        Found::File => Ok(Pending::Decided),
        Found::Nothing => Ok(Pending::Undecided),
        Found::Folder | Found::Other => Err(foreign(dir, "has a journal that is no plain file")),
    }
}

fn foreign(dir: &Path, why: &str) -> Error {
    let message = format!("{} {why}", dir.join(FOLDER).display());
    asked(message, "nothing was moved; look what it is, and take it away if no removal left it")
}

/// Takes care of what a removal left that was cut short.
///
/// # Errors
/// The file system says no, or the journal is not one that this key signed; nothing is moved then.
pub(super) fn recover(lock: &Lock, key: &Key) -> Result<Recovered, Error> {
    let dir = lock.dir();
    let folder = dir.join(FOLDER);
    match pending(dir)? {
        Pending::Nothing => Ok(Recovered::Nothing),
        Pending::Undecided => {
            let begun = folder.join(NEW).exists();
            fs::remove_dir_all(&folder).map_err(io_error(&folder))?;
            Ok(if begun { Recovered::RolledBack } else { Recovered::Nothing })
        }
        Pending::Decided => {
            let journal = read(dir, key)?;
            finish(lock, &journal, &mut |_| Ok(())).map_err(io_error(dir))?;
            Ok(Recovered::Finished)
        }
    }
}

/// A journal that can be believed.
fn read(dir: &Path, key: &Key) -> Result<Journal, Error> {
    let refused = |why: &str| foreign(dir, &format!("has a journal that {why}"));
    let path = dir.join(FOLDER).join(JOURNAL);
    if fs::symlink_metadata(&path).map_err(io_error(&path))?.len() > LONGEST {
        return Err(refused("is too long for one"));
    }
    let text = fs::read(&path).map_err(io_error(&path))?;
    let journal: Journal = serde_json::from_slice(&text).map_err(|_| refused("is no removal's"))?;
    if journal.version != VERSION {
        return Err(refused(&format!("has version {}, not {VERSION}", journal.version)));
    }
    let (public_key, message) = (audit::public_key(key), message(&journal.moves));
    if !audit::is_signed(&public_key, &journal.signature, &message) {
        return Err(refused("is not signed with this key"));
    }
    let mut seen = BTreeSet::new();
    for Move { path, sha256 } in &journal.moves {
        if !place::is_inside(path) || !seen.insert(path) {
            return Err(refused("names a path twice, or one out of the data set"));
        }
        let new = format!("{FOLDER}/{NEW}/{path}");
        let found = |path: &str| place::find(dir, path).map_err(io_error(dir));
        let (from, to) = (found(&new)?, found(path)?);
        let stands = match (from, to) {
            (Found::File, Found::File | Found::Nothing) => dir.join(new),
            (Found::Nothing, Found::File) => dir.join(path),
            _ => return Err(refused(&format!("names `{path}`, where no file is to be moved"))),
        };
        if SHA256.of(&stands).map_err(io_error(&stands))?.1 != *sha256 {
            return Err(refused(&format!("names `{path}`, which is another file by its digest")));
        }
    }
    Ok(journal)
}

#[cfg(test)]
mod tests;
