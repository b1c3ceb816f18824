//! A data set appears under its name whole or not at all: it is written aside and moved into place.
//!
//! Aside is `.<name>.partial-<pid>` beside the folder to be or, when that folder exists and is empty (it may be a mount point,
//! which nothing can be moved over), `.partial-<pid>` inside it. A data set that is replaced goes to `.<name>.old-<pid>` until the
//! new one stands, so that no crash loses both. What a killed run left is cleared, or put back, by the next.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process;

use crate::manifest;

/// Why there can be no output.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A data set is there and was not to be replaced.
    #[error("{} holds a data set already", .0.display())]
    Exists(PathBuf),
    /// Something else is there, which is never removed.
    #[error("{} is not empty and is no data set of ours: it has no {proof}", path.display())]
    Foreign {
        /// What is there.
        path: PathBuf,
        /// The file by which it would be known.
        proof: String,
    },
    /// A data set is there that cannot move aside, since a file system of its own is mounted on its folder.
    #[error("{} is a mount point: its data set cannot be moved aside", .0.display())]
    Mounted(PathBuf),
    /// The path cannot be a folder of its own.
    #[error("{} cannot be a data set's folder", .0.display())]
    NoFolder(PathBuf),
    /// The file system said no.
    #[error("cannot {what} {}: {source}", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
}

impl Error {
    /// Whether the request is at fault, rather than the machine.
    pub fn is_refusal(&self) -> bool {
        !matches!(self, Self::Io { .. })
    }

    /// What would be right.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Exists(_) => Some("use --force to replace it, or --out for another folder"),
            Self::Foreign { .. } => {
                Some("use --out for another folder; --force replaces data sets only")
            }
            Self::Mounted(_) => Some("use --out for a folder within it"),
            Self::NoFolder(_) => Some("use --out for a folder that is there or can be made"),
            Self::Io { .. } => None,
        }
    }
}

fn io_error(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { what, path, source }
}

/// Asks whether a folder can be written, before the work is done for it; makes nothing.
///
/// # Errors
/// Those of [`Staging::open_as`] that can be told beforehand.
pub fn check(target: &Path, force: bool, proof: &str) -> Result<(), Error> {
    let (parent, name) = split(target)?;
    clear_beside(&parent, &name);
    survey(&parent.join(&name), target, force, proof).map(|_| ())
}

/// A data set being written. Dropped before it is [committed](Staging::commit), it leaves nothing.
#[derive(Debug)]
pub struct Staging {
    target: PathBuf,
    dir: PathBuf,
    place: Place,
    done: bool,
}

/// How the data set gets under its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The folder is moved there: nothing is there yet.
    Free,
    /// Its contents are moved up: an empty folder is there.
    Inside,
    /// A data set moves out of the way first.
    Replacing,
}

impl Staging {
    /// Makes a folder to write into, after clearing what killed runs for the same target left.
    ///
    /// # Errors
    /// A data set is there and `force` is not given; something else is there; the folder cannot be made.
    pub fn open(target: &Path, force: bool) -> Result<Self, Error> {
        Self::open_as(target, force, manifest::FILE)
    }

    /// The same for a folder of another kind: `proof` is the file by which one that may be replaced is known.
    ///
    /// # Errors
    /// Those of [`open`](Self::open).
    pub fn open_as(target: &Path, force: bool, proof: &str) -> Result<Self, Error> {
        let (shown, (parent, name)) = (target, split(target)?);
        fs::create_dir_all(&parent).map_err(io_error("make the folder", &parent))?;
        clear_beside(&parent, &name);
        let target = parent.join(&name);
        let place = survey(&target, shown, force, proof)?;
        let dir = match place {
            Place::Inside => target.join(format!(".partial-{}", process::id())),
            Place::Free | Place::Replacing => {
                parent.join(format!(".{name}.partial-{}", process::id()))
            }
        };
        fs::create_dir(&dir).map_err(io_error("make the folder", &dir))?;
        Ok(Self { target, dir, place, done: false })
    }

    /// Where to write.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Where it will stand.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Moves the data set under its name.
    ///
    /// # Errors
    /// It cannot be moved; what stood there before stands there still.
    pub fn commit(mut self) -> Result<(), Error> {
        match self.place {
            Place::Free => self.rename()?,
            Place::Inside => move_up(&self.dir, &self.target)?,
            Place::Replacing => self.replace()?,
        }
        self.done = true;
        Ok(())
    }

    fn rename(&self) -> Result<(), Error> {
        fs::rename(&self.dir, &self.target).map_err(io_error("move into place", &self.target))
    }

    fn replace(&self) -> Result<(), Error> {
        let old = self.dir.with_file_name(self.old_name());
        fs::rename(&self.target, &old).map_err(io_error("move aside", &self.target))?;
        if let Err(error) = self.rename() {
            // Nothing better can be done if this fails as well: the next run puts it back.
            let _ = fs::rename(&old, &self.target);
            return Err(error);
        }
        // What cannot be removed now is removed by the next run.
        let _ = fs::remove_dir_all(&old);
        Ok(())
    }

    fn old_name(&self) -> String {
        let name = self.target.file_name().unwrap_or_default().to_string_lossy();
        format!(".{name}.old-{}", process::id())
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if !self.done {
            // Best effort: the next run clears what is left.
            let _ = fs::remove_dir_all(&self.dir);
        }
    }
}

/// The folder that will hold the target, and the target's name in it.
fn split(target: &Path) -> Result<(PathBuf, String), Error> {
    // A folder that exists may be named by a link or by `.`; what matters is where it truly stands.
    let real = fs::canonicalize(target).unwrap_or_else(|_| target.to_owned());
    let name = real.file_name().and_then(|name| name.to_str()).map(str::to_owned);
    let parent = real.parent().map(|parent| {
        // A bare name is one in the current folder.
        if parent.as_os_str().is_empty() { PathBuf::from(".") } else { parent.to_owned() }
    });
    parent.zip(name).ok_or_else(|| Error::NoFolder(target.to_owned()))
}

/// What is at the target, which the user knows as `shown`.
fn survey(target: &Path, shown: &Path, force: bool, proof: &str) -> Result<Place, Error> {
    if fs::symlink_metadata(target).is_err() {
        return Ok(Place::Free);
    }
    if !target.is_dir() {
        return Err(Error::NoFolder(shown.to_owned()));
    }
    if target.join(proof).is_file() {
        return match force {
            false => Err(Error::Exists(shown.to_owned())),
            // Better said now than when all is written.
            true if is_mount_point(target) => Err(Error::Mounted(shown.to_owned())),
            true => Ok(Place::Replacing),
        };
    }
    clear_inside(target);
    let mut entries = fs::read_dir(target).map_err(io_error("read the folder", target))?;
    if entries.next().is_some() {
        return Err(Error::Foreign { path: shown.to_owned(), proof: proof.to_owned() });
    }
    Ok(Place::Inside)
}

#[cfg(unix)]
fn is_mount_point(dir: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let device = |path: &Path| fs::metadata(path).map(|metadata| metadata.dev()).ok();
    dir.parent().is_some_and(|parent| device(parent) != device(dir))
}

#[cfg(not(unix))]
fn is_mount_point(_: &Path) -> bool {
    false
}

/// Moves a folder's contents into the folder above it, the manifest last.
fn move_up(dir: &Path, target: &Path) -> Result<(), Error> {
    let listed = || -> io::Result<Vec<PathBuf>> {
        fs::read_dir(dir)?.map(|entry| entry.map(|entry| entry.path())).collect()
    };
    let mut paths = listed().map_err(io_error("read the folder", dir))?;
    paths.sort_by_key(|path| (path.ends_with(manifest::FILE), path.clone()));
    for path in paths {
        let place = target.join(path.file_name().unwrap_or_default());
        fs::rename(&path, &place).map_err(io_error("move into place", &place))?;
    }
    fs::remove_dir(dir).map_err(io_error("remove the folder", dir))
}

/// Removes what dead runs left beside the target, and puts back a data set that one of them moved aside without a successor.
fn clear_beside(parent: &Path, name: &str) {
    for (path, kind) in leftovers(parent, &format!(".{name}.")) {
        let target = parent.join(name);
        match kind {
            Kind::Old if !target.exists() => {
                let _ = fs::rename(&path, &target);
            }
            Kind::Old | Kind::Partial => {
                let _ = fs::remove_dir_all(&path);
            }
        }
    }
}

fn clear_inside(target: &Path) {
    for (path, _) in leftovers(target, ".") {
        let _ = fs::remove_dir_all(&path);
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Partial,
    Old,
}

/// The folders in `dir` named `<prefix>partial-<pid>` or `<prefix>old-<pid>` of which no process lives.
fn leftovers(dir: &Path, prefix: &str) -> Vec<(PathBuf, Kind)> {
    let Ok(entries) = fs::read_dir(dir) else { return Vec::new() };
    let dead = |entry: fs::DirEntry| {
        let name = entry.file_name();
        let (kind, pid) = name.to_str()?.strip_prefix(prefix)?.rsplit_once('-')?;
        let kind = match kind {
            "partial" => Kind::Partial,
            "old" => Kind::Old,
            _ => return None,
        };
        let pid: u32 = pid.parse().ok()?;
        (!is_alive(pid)).then(|| (entry.path(), kind))
    };
    entries.filter_map(Result::ok).filter_map(dead).collect()
}

/// Whether another process has that id. One of our own id is a forerunner's: in containers every run may be process 1.
/// Where processes cannot be listed, all count as alive, and leftovers stay.
fn is_alive(pid: u32) -> bool {
    let processes = Path::new("/proc");
    pid != process::id()
        && (!processes.join("self").exists() || processes.join(pid.to_string()).exists())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A process id that no process has: ids end at 2^22.
    const DEAD: u32 = u32::MAX;

    fn names(dir: &Path) -> Vec<String> {
        let entries = fs::read_dir(dir).expect("a folder").map(|entry| entry.expect("an entry"));
        let mut names: Vec<String> =
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    fn data_set(dir: &Path, content: &str) {
        fs::create_dir_all(dir.join("events")).expect("made");
        fs::write(dir.join("events/a"), content).expect("written");
        fs::write(dir.join(manifest::FILE), content).expect("written");
    }

    fn content(dir: &Path) -> String {
        fs::read_to_string(dir.join("events/a")).unwrap_or_default()
    }

    #[test]
    fn nothing_stands_under_the_name_until_all_does() {
        let root = tempfile::tempdir().expect("a folder");
        let target = root.path().join("deep/set");
        let staging = Staging::open(&target, false).expect("opened");
        data_set(staging.dir(), "new");
        assert!(!target.exists());
        staging.commit().expect("committed");
        assert_eq!(content(&target), "new");
        assert_eq!(names(&root.path().join("deep")), ["set"]);
    }

    #[test]
    fn an_abandoned_run_leaves_nothing() {
        let root = tempfile::tempdir().expect("a folder");
        drop(Staging::open(&root.path().join("set"), false).expect("opened"));
        assert!(names(root.path()).is_empty());
    }

    #[test]
    fn an_empty_folder_is_filled_where_it_stands() {
        let root = tempfile::tempdir().expect("a folder");
        let target = root.path().join("set");
        fs::create_dir_all(target.join(format!(".partial-{DEAD}"))).expect("made");
        let staging = Staging::open(&target, false).expect("opened");
        assert!(staging.dir().starts_with(fs::canonicalize(&target).expect("real")));
        data_set(staging.dir(), "new");
        staging.commit().expect("committed");
        assert_eq!(names(&target), ["events", manifest::FILE]);
    }

    #[test]
    fn a_data_set_is_replaced_only_by_force_and_anything_else_never() {
        let root = tempfile::tempdir().expect("a folder");
        let target = root.path().join("set");
        data_set(&target, "old");
        assert!(matches!(Staging::open(&target, false), Err(Error::Exists(_))));
        let staging = Staging::open(&target, true).expect("opened");
        data_set(staging.dir(), "new");
        assert_eq!(content(&target), "old");
        staging.commit().expect("committed");
        assert_eq!(content(&target), "new");
        assert_eq!(names(root.path()), ["set"]);

        fs::remove_file(target.join(manifest::FILE)).expect("removed");
        assert!(matches!(Staging::open(&target, true), Err(Error::Foreign { .. })));
        assert!(matches!(Staging::open(&target.join("events/a"), true), Err(Error::NoFolder(_))));
    }

    #[test]
    fn what_killed_runs_left_is_cleared_or_put_back() {
        let root = tempfile::tempdir().expect("a folder");
        let target = root.path().join("set");
        let aside = |kind: &str, pid: u32| root.path().join(format!(".set.{kind}-{pid}"));
        fs::create_dir(aside("partial", DEAD)).expect("made");
        fs::create_dir(aside("partial", 1)).expect("made");
        data_set(&aside("old", DEAD), "old");
        assert!(matches!(Staging::open(&target, false), Err(Error::Exists(_))));
        assert_eq!(content(&target), "old");
        if Path::new("/proc/self").exists() {
            assert_eq!(names(root.path()), [".set.partial-1", "set"]);
        }
    }
}
