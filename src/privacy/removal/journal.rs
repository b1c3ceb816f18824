//! Files replaced all at once, whatever happens on the way.
//!
//! New files are written into `.throng-removal` inside the data set. Once all of them are on disk, a journal is put beside them that says
//! so; then each is moved to its place, and the folder goes. Whoever finds the folder without that journal throws it away, and nothing
//! has happened; whoever finds it with the journal moves what is left to be moved.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// The folder in which a removal is prepared.
pub const FOLDER: &str = ".throng-removal";
const JOURNAL: &str = "journal.json";
const NEW: &str = "new";

/// What was to be done, once it is certain to be done.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Journal {
    version: u32,
    /// Paths to be replaced, within the data set.
    moves: Vec<String>,
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
pub struct Removal<'w> {
    dir: PathBuf,
    moves: Vec<String>,
    watch: &'w mut Watch<'w>,
}

impl<'w> Removal<'w> {
    /// Begins, after what another left has been taken care of.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn begin(dir: &Path, watch: &'w mut Watch<'w>) -> io::Result<Self> {
        recover(dir)?;
        watch("begin")?;
        fs::create_dir_all(dir.join(FOLDER).join(NEW))?;
        Ok(Self { dir: dir.to_owned(), moves: Vec::new(), watch })
    }

    /// Where the new file for a path is to be written.
    ///
    /// # Errors
    /// Its folder cannot be made.
    pub fn place(&mut self, path: &str) -> io::Result<PathBuf> {
        (self.watch)(path)?;
        let place = self.dir.join(FOLDER).join(NEW).join(path);
        if let Some(folder) = place.parent() {
            fs::create_dir_all(folder)?;
        }
        if !self.moves.iter().any(|known| known == path) {
            self.moves.push(path.to_owned());
        }
        Ok(place)
    }

    /// Writes a small file that is to replace one.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&mut self, path: &str, text: &str) -> io::Result<()> {
        let place = self.place(path)?;
        let mut file = File::create(place)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    }

    /// Where a file is to be read: the new one where there is one.
    pub fn current(&self, path: &str) -> PathBuf {
        if self.moves.iter().any(|known| known == path) {
            self.dir.join(FOLDER).join(NEW).join(path)
        } else {
            self.dir.join(path)
        }
    }

    /// Decides, and moves everything to its place.
    ///
    /// # Errors
    /// The file system says no; whoever comes next finishes or throws away.
    pub fn commit(self) -> io::Result<()> {
        (self.watch)("decide")?;
        let folder = self.dir.join(FOLDER);
        let aside = folder.join("journal.partial");
        let journal = Journal { version: 1, moves: self.moves };
        let mut file = File::create(&aside)?;
        file.write_all(serde_json::to_string(&journal)?.as_bytes())?;
        file.sync_all()?;
        sync(&folder.join(NEW))?;
        fs::rename(&aside, folder.join(JOURNAL))?;
        sync(&folder)?;
        finish(&self.dir, &journal, self.watch)
    }

    /// Throws everything away: nothing has happened.
    ///
    /// # Errors
    /// The folder cannot be removed.
    pub fn abandon(self) -> io::Result<()> {
        fs::remove_dir_all(self.dir.join(FOLDER))
    }
}

/// Moves what is still to be moved, and removes the folder. Any number of times is as good as once.
fn finish(dir: &Path, journal: &Journal, watch: &mut Watch<'_>) -> io::Result<()> {
    let folder = dir.join(FOLDER);
    for path in &journal.moves {
        let (from, to) = (folder.join(NEW).join(path), dir.join(path));
        if !from.exists() {
            continue;
        }
        watch("move")?;
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent)?;
            fs::rename(&from, &to)?;
            sync(parent)?;
        }
    }
    watch("clear")?;
    // Without its journal the folder would be taken for one in which nothing was decided: harmless, since all is moved.
    fs::remove_dir_all(&folder)?;
    sync(dir)
}

/// Makes names in a folder durable.
fn sync(dir: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(dir)?.sync_all() } else { Ok(()) }
}

/// Takes care of what a removal left that was cut short.
///
/// # Errors
/// The file system says no, or the journal is not one of ours.
pub fn recover(dir: &Path) -> io::Result<Recovered> {
    let folder = dir.join(FOLDER);
    if !folder.exists() {
        return Ok(Recovered::Nothing);
    }
    match fs::read_to_string(folder.join(JOURNAL)) {
        Ok(text) => {
            let journal: Journal = serde_json::from_str(&text)?;
            finish(dir, &journal, &mut |_| Ok(()))?;
            Ok(Recovered::Finished)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            fs::remove_dir_all(&folder)?;
            Ok(Recovered::RolledBack)
        }
        Err(error) => Err(error),
    }
}
