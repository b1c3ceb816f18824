//! Paths within a data set: what stands there, without a link being followed, and names made durable.

use std::fs::{self, File};
use std::io;
use std::path::{Component, Path, PathBuf};

/// What stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing.
    Nothing,
    /// A plain file.
    File,
    /// A folder.
    Folder,
    /// A link, on the way or at its end, or something else that is neither file nor folder.
    Other,
}

/// Whether a path of a data set stays in it.
pub(super) fn is_inside(path: &str) -> bool {
    let mut parts = Path::new(path).components().peekable();
    parts.peek().is_some()
        && !path.contains('\0')
        && parts.all(|part| matches!(part, Component::Normal(_)))
}

/// What stands at a path below a folder.
pub(super) fn find(dir: &Path, path: &str) -> io::Result<Found> {
    let mut at = dir.to_owned();
    let mut parts = Path::new(path).components().peekable();
    while let Some(part) = parts.next() {
        at.push(part);
        let about = match fs::symlink_metadata(&at) {
            Ok(about) => about,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
            Err(error) => return Err(error),
        };
        match parts.peek() {
            Some(_) if about.is_dir() => {}
            None if about.is_dir() => return Ok(Found::Folder),
            None if about.is_file() => return Ok(Found::File),
            _ => return Ok(Found::Other),
        }
    }
    Ok(Found::Folder)
}

/// All that stands below a folder, by its path with `/`, but for what is below one of its folders; what is neither file nor folder
/// stands apart.
pub(super) fn below(dir: &Path, but: &str) -> io::Result<(Vec<String>, Vec<String>)> {
    let (mut files, mut others) = (Vec::new(), Vec::new());
    let mut open = vec![String::new()];
    while let Some(inner) = open.pop() {
        for entry in fs::read_dir(dir.join(&inner))? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if inner.is_empty() { name } else { format!("{inner}/{name}") };
            match entry.file_type()? {
                _ if path == but => {}
                kind if kind.is_dir() => open.push(path),
                kind if kind.is_file() => files.push(path),
                _ => others.push(path),
            }
        }
    }
    files.sort();
    others.sort();
    Ok((files, others))
}

/// Makes names in a folder durable.
pub(super) fn sync(dir: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(dir)?.sync_all() } else { Ok(()) }
}

/// Makes names in a folder and in all below it durable.
pub(super) fn sync_below(dir: &Path) -> io::Result<()> {
    let mut open: Vec<PathBuf> = vec![dir.to_owned()];
    while let Some(folder) = open.pop() {
        sync(&folder)?;
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                open.push(entry.path());
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_in_the_data_set() {
        for path in ["a", "a/b", "a/..b/c.ndjson"] {
            assert!(is_inside(path), "{path}");
        }
        for path in ["", "/a", "..", "a/../../b", "../a", ".", "./a", "a\0b"] {
            assert!(!is_inside(path), "{path}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_are_seen_and_not_followed() {
        let dir = tempfile::tempdir().expect("a folder");
        let at = |name: &str| dir.path().join(name);
        fs::create_dir(at("folder")).expect("made");
        fs::write(at("folder/file"), "x").expect("written");
        std::os::unix::fs::symlink("folder", at("link")).expect("linked");
        let found = |path: &str| find(dir.path(), path).expect("found");
        assert_eq!((found("folder"), found("folder/file")), (Found::Folder, Found::File));
        assert_eq!((found("link"), found("link/file")), (Found::Other, Found::Other));
        assert_eq!((found("none/file"), found("folder/file/x")), (Found::Nothing, Found::Other));
        let all = below(dir.path(), "none").expect("listed");
        assert_eq!(all, (vec!["folder/file".to_owned()], vec!["link".to_owned()]));
        assert_eq!(below(dir.path(), "folder").expect("listed").0, Vec::<String>::new());
    }
}
