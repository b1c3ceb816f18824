//! The page's file: written aside and moved into place, and never over something that is not ours.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::report::render::is_ours;

/// Bytes of a file in which a page of ours says that it is one.
const BEGINNING: u64 = 1024;

/// Why there can be no page.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Something else is there.
    #[error("{} is there already and is no page of ours", .0.display())]
    Foreign(PathBuf),
    /// A folder is there.
    #[error("{} is a folder", .0.display())]
    Folder(PathBuf),
    /// The page would lie in the data set, whose manifest names all its files.
    #[error("{} lies inside the data set, whose manifest would not know it", .0.display())]
    Inside(PathBuf),
    /// The path names no file.
    #[error("{} cannot be a file", .0.display())]
    NoFile(PathBuf),
    /// A pipe, a device or the like is there: a page is moved into place, and would take its place.
    #[error("{} is no regular file", .0.display())]
    Irregular(PathBuf),
    /// Standard output was asked for.
    #[error("a page is a file, and `-` is none")]
    Stdout,
    /// The folder that the page would lie in is not there.
    #[error("there is no folder {}", .0.display())]
    NoFolder(PathBuf),
    /// The file system said no.
    #[error("cannot write {}: {source}", path.display())]
    Io {
        /// On what.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
}

impl Error {
    /// What would be right.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Foreign(_) => Some("use --force to replace it, or --out for another file"),
            Self::Folder(_) | Self::Inside(_) | Self::NoFile(_) | Self::Irregular(_) => {
                Some("use --out for a file beside the data set")
            }
            Self::Stdout => Some("use --out ./- for a file of that name"),
            Self::NoFolder(_) => Some("give a path in a folder that is there"),
            Self::Io { .. } => Some("give a path in a folder that can be written"),
        }
    }
}

/// Where the page of a data set goes when nothing else is said: beside it.
pub fn beside(dir: &Path) -> PathBuf {
    // `.` and links have a name only where they truly stand.
    let real = fs::canonicalize(dir).unwrap_or_else(|_| dir.to_owned());
    let name =
        real.file_name().map_or_else(|| "data".into(), |name| name.to_string_lossy().into_owned());
    let shown = if dir.file_name().is_some() { dir } else { &real };
    shown.with_file_name(format!("{name}.report.html"))
}

/// Whether a page can be written there; said before the work is done.
///
/// # Errors
/// It lies in the data set or in no folder, it is a folder or no regular file, or something else is there and `force` is not given.
pub fn survey(path: &Path, data_set: &Path, force: bool) -> Result<(), Error> {
    if path == Path::new("-") {
        return Err(Error::Stdout);
    }
    if path.is_dir() {
        return Err(Error::Folder(path.to_owned()));
    }
    // Before anything is read: a pipe that nobody writes to would be waited for.
    if path.exists() && !path.is_file() {
        return Err(Error::Irregular(path.to_owned()));
    }
    if path.file_name().is_none() {
        return Err(Error::NoFile(path.to_owned()));
    }
    if !parent(path).is_dir() {
        return Err(Error::NoFolder(parent(path).to_owned()));
    }
    let real = |path: &Path| fs::canonicalize(path).ok();
    let within = real(parent(path))
        .zip(real(data_set))
        .is_some_and(|(parent, data)| parent.starts_with(data));
    if within {
        return Err(Error::Inside(path.to_owned()));
    }
    if force || !path.exists() || begins_as_ours(path) {
        return Ok(());
    }
    Err(Error::Foreign(path.to_owned()))
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => path,
    }
}

fn begins_as_ours(path: &Path) -> bool {
    let mut beginning = Vec::new();
    let read = File::open(path).and_then(|file| file.take(BEGINNING).read_to_end(&mut beginning));
    read.is_ok() && is_ours(&String::from_utf8_lossy(&beginning))
}

/// Writes a page aside, in the folder that will hold it, and moves it into place.
///
/// # Errors
/// The file system's.
pub fn write(path: &Path, html: &str) -> Result<(), Error> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let aside = path.with_file_name(format!(".{name}.partial-{}", std::process::id()));
    let written = fs::write(&aside, html).and_then(|()| fs::rename(&aside, path));
    written.map_err(|source| {
        // Best effort: what cannot be removed is small and says what it is.
        let _ = fs::remove_file(&aside);
        Error::Io { path: path.to_owned(), source }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_goes_beside_its_data_set() {
        assert_eq!(beside(Path::new("output/shop")), Path::new("output/shop.report.html"));
        assert_eq!(beside(Path::new("shop/")), Path::new("shop.report.html"));
        assert_eq!(beside(Path::new("my.shop")), Path::new("my.shop.report.html"));
    }

    #[test]
    fn only_pages_of_ours_are_replaced_without_force() {
        let dir = tempfile::tempdir().expect("a folder");
        let (data, page) = (dir.path().join("set"), dir.path().join("set.report.html"));
        fs::create_dir(&data).expect("made");
        survey(&page, &data, false).expect("nothing is there");
        write(&page, "<meta name=\"generator\" content=\"throng report 0.1.0\">").expect("written");
        survey(&page, &data, false).expect("ours is there");
        fs::write(&page, "a thesis").expect("written");
        assert!(matches!(survey(&page, &data, false), Err(Error::Foreign(_))));
        survey(&page, &data, true).expect("forced");
        assert_eq!(fs::read_dir(dir.path()).expect("a folder").count(), 2);
    }

    /// Nothing is made, opened or replaced that is not a page in a folder that is there, whether forced or not.
    #[test]
    fn a_page_is_a_regular_file_in_a_folder_that_is_there() {
        let dir = tempfile::tempdir().expect("a folder");
        let data = dir.path().join("set");
        fs::create_dir(&data).expect("made");
        for force in [false, true] {
            let found = survey(&dir.path().join("none/page.html"), &data, force);
            assert!(matches!(found, Err(Error::NoFolder(_))), "{found:?}");
            assert!(matches!(survey(Path::new("-"), &data, force), Err(Error::Stdout)));
            #[cfg(unix)]
            {
                let socket = dir.path().join("socket");
                let _listener = std::os::unix::net::UnixListener::bind(&socket).expect("bound");
                let found = survey(&socket, &data, force);
                assert!(matches!(found, Err(Error::Irregular(_))), "{found:?}");
                fs::remove_file(socket).expect("removed");
            }
        }
        assert!(write(&dir.path().join("none/page.html"), "").is_err());
        assert!(!dir.path().join("none").exists());
    }

    #[test]
    fn a_page_is_no_folder_and_lies_in_no_data_set() {
        let dir = tempfile::tempdir().expect("a folder");
        fs::create_dir(dir.path().join("events")).expect("made");
        for (path, data) in [("page.html", "."), ("events/page.html", ".")] {
            let found = survey(&dir.path().join(path), &dir.path().join(data), true);
            assert!(matches!(found, Err(Error::Inside(_))), "{path}");
        }
        assert!(matches!(survey(dir.path(), Path::new("/nowhere"), true), Err(Error::Folder(_))));
    }
}
