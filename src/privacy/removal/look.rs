//! The second look: what will be there is searched for what must not, before anything is moved.

use std::path::PathBuf;

use super::journal::{FOLDER, Removal};
use super::set::Set;
use super::{Error, asked, io_error, place};
use crate::privacy::audit;
use crate::privacy::audit::certificate::Scan;
use crate::privacy::leaks::{self, Find, Known};

/// Searches all that will be there, whether anybody lists it or not: paths and bytes, and what is inside.
pub(super) fn at_all(set: &Set, removal: &Removal<'_>, known: &[Known]) -> Result<Scan, Error> {
    let (mut paths, _) = place::below(&set.dir, FOLDER).map_err(io_error(&set.dir))?;
    paths.extend(removal.paths().map(str::to_owned));
    // The checkpoint is written anew; what it is made of is searched.
    paths.retain(|path| path != audit::CHECKPOINT);
    paths.sort();
    paths.dedup();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    at(removal, &paths, known)
}

/// Searches what will stand at some paths.
pub(super) fn at(removal: &Removal<'_>, paths: &[&str], known: &[Known]) -> Result<Scan, Error> {
    if known.is_empty() {
        return Ok(Scan::default());
    }
    let files: Vec<(String, PathBuf)> =
        paths.iter().map(|path| ((*path).to_owned(), removal.current(path))).collect();
    let seen = leaks::scan_files(&files, known);
    let finds: Vec<Find> = seen.finds;
    if !finds.is_empty() {
        return Err(Error::Left(finds));
    }
    if let Some(file) = seen.unread.first() {
        let why = format!("{} cannot be searched: {}", file.path, file.why);
        return Err(asked(why, "nothing was changed; mend the file, or take it out"));
    }
    let crate::privacy::stage::ScanReport { values, forms, files, bytes } = seen.report;
    Ok(Scan { values, forms, files, bytes })
}
