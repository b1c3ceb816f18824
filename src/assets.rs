//! The data that ships inside the program (`personas/`, `schemas/`, `scenarios/`), and a folder of one's own laid over it.
//!
//! Every file has a home, its path in the repository: `personas/people/remote_dad.toml`. A folder of one's own has the layout of
//! `personas/` and may hold `schemas/` as well; a file of a name that ships replaces, a new name adds.

use std::collections::BTreeMap;
use std::path::Path;

use include_dir::{Dir, include_dir};
use sha2::{Digest, Sha256};

use crate::diag::{Problem, Problems, suggest};

static SHIPPED: [(&str, Dir<'_>); 3] = [
    ("personas", include_dir!("$CARGO_MANIFEST_DIR/personas")),
    ("schemas", include_dir!("$CARGO_MANIFEST_DIR/schemas")),
    ("scenarios", include_dir!("$CARGO_MANIFEST_DIR/scenarios")),
];

/// The folders that may stand in a folder of one's own, each with its home.
static FOLDERS: &[(&str, &str)] = &[
    ("people", "personas/people"),
    ("devices", "personas/devices"),
    ("sources", "personas/sources"),
    ("journeys", "personas/journeys"),
    ("locales", "personas/locales"),
    ("schemas/tables", "schemas/tables"),
    ("schemas/tables/truth", "schemas/tables/truth"),
    ("schemas/events", "schemas/events"),
];

/// A file of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetFile {
    /// Path within its group, without extension: `remote_dad`, `truth/identity`.
    pub stem: String,
    /// How messages call it: `personas/people/remote_dad.toml (built in)`, or the real path of a file of one's own.
    pub name: String,
    /// What it holds.
    pub text: String,
}

/// All data files, by home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assets {
    files: BTreeMap<String, Content>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Content {
    name: String,
    text: String,
}

impl Assets {
    /// Those that ship.
    pub fn embedded() -> Self {
        let mut assets = Self { files: BTreeMap::new() };
        for (home, folder) in &SHIPPED {
            assets.embed(home, folder);
        }
        assets
    }

    fn embed(&mut self, home: &str, folder: &Dir<'_>) {
        for file in folder.files() {
            let Some(name) = file.path().file_name().and_then(|name| name.to_str()) else {
                continue;
            };
            if let (true, Some(text)) = (is_toml(name), file.contents_utf8()) {
                let home = format!("{home}/{name}");
                let name = format!("{home} (built in)");
                self.files.insert(home, Content { name, text: text.to_owned() });
            }
        }
        for inner in folder.dirs() {
            if let Some(name) = inner.path().file_name().and_then(|name| name.to_str()) {
                self.embed(&format!("{home}/{name}"), inner);
            }
        }
    }

    /// These, with the files of a folder of one's own laid over them. Names that begin with a dot are passed over.
    ///
    /// # Errors
    /// Every file or folder that has no place in the layout, or cannot be read.
    pub fn overlay(mut self, dir: &Path) -> Result<Self, Problems> {
        let mut problems = Problems::new();
        self.lay(dir, "", &mut problems);
        problems.or(self)
    }

    fn lay(&mut self, dir: &Path, folder: &str, problems: &mut Problems) {
        let entries = match list(dir) {
            Ok(entries) => entries,
            Err(error) => {
                let message = format!("cannot read the folder {}: {error}", dir.display());
                problems.push(
                    Problem::new(message).help("it must be a folder laid out like personas/"),
                );
                return;
            }
        };
        for name in entries.iter().filter(|name| !name.starts_with('.')) {
            let path = dir.join(name);
            let inner = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
            let laid = if path.is_dir() {
                known_folder(&inner).map(|()| self.lay(&path, &inner, problems))
            } else {
                self.lay_file(&path, folder, name)
            };
            if let Err((message, help)) = laid {
                problems.push(Problem::new(format!("{}: {message}", path.display())).help(help));
            }
        }
    }

    /// Puts a file at its home; a message and what would be right when it has none.
    fn lay_file(&mut self, path: &Path, folder: &str, name: &str) -> Result<(), (String, String)> {
        if !is_toml(name) {
            return Err((
                "not a TOML file".to_owned(),
                "only *.toml files can stand here".to_owned(),
            ));
        }
        let home = if folder.is_empty() {
            let home = format!("personas/{name}");
            if !self.files.contains_key(&home) {
                let shared = self.files("").into_iter().map(|file| format!("{}.toml", file.stem));
                let shared: Vec<String> = shared.collect();
                let help = suggest(name, shared.iter().map(String::as_str));
                return Err(("no such file outside of a folder".to_owned(), help));
            }
            home
        } else {
            let known = FOLDERS.iter().find(|(known, _)| *known == folder);
            let Some((_, home)) = known else {
                let help = format!("files stand in {}", children(folder));
                return Err((format!("no file can stand in `{folder}`"), help));
            };
            format!("{home}/{name}")
        };
        let text = std::fs::read_to_string(path).map_err(|error| {
            (
                format!("cannot be read: {error}"),
                "it must be a readable file of UTF-8 text".to_owned(),
            )
        })?;
        self.files.insert(home, Content { name: path.display().to_string(), text });
        Ok(())
    }

    /// The files of a group, sorted by stem: a folder of `personas/` (`people`, `devices`, …), `schemas/tables` (where a stem may
    /// hold a folder), `schemas/events`, `scenarios`, or "" for the files that stand directly in `personas/`.
    pub fn files(&self, group: &str) -> Vec<AssetFile> {
        let home = home(group);
        let nested = home.starts_with("schemas/");
        let of_group = |(path, content): (&String, &Content)| {
            let stem = path.strip_prefix(&home)?.strip_prefix('/')?.strip_suffix(".toml")?;
            let (name, text) = (content.name.clone(), content.text.clone());
            (nested || !stem.contains('/')).then(|| AssetFile { stem: stem.to_owned(), name, text })
        };
        self.files.iter().filter_map(of_group).collect()
    }

    /// These and some more, by home: for tests.
    #[cfg(test)]
    pub(crate) fn with(mut self, files: &[(&str, &str)]) -> Self {
        for (home, text) in files {
            let content = Content { name: (*home).to_owned(), text: (*text).to_owned() };
            self.files.insert((*home).to_owned(), content);
        }
        self
    }

    /// No file at all: for tests.
    #[cfg(test)]
    pub(crate) fn none() -> Self {
        Self { files: BTreeMap::new() }
    }

    /// One file, by its path in `personas/` (`catalogue.toml`, `people/remote_dad.toml`) or by its home.
    pub fn file(&self, path: &str) -> Option<AssetFile> {
        let (group, name) = path.rsplit_once('/').unwrap_or(("", path));
        let stem = name.strip_suffix(".toml")?;
        self.files(group).into_iter().find(|file| file.stem == stem)
    }

    /// SHA-256, in hexadecimal, of all files under `personas`, `schemas` or `scenarios`: of homes and texts, so that it does not matter
    /// whether a file ships or was laid over.
    pub fn digest(&self, root: &str) -> String {
        let under = |path: &str| path.strip_prefix(root).is_some_and(|rest| rest.starts_with('/'));
        let files = self.files.iter().filter(|(path, _)| under(path));
        sha256(files.flat_map(|(path, content)| [path.as_str(), content.text.as_str()]))
    }
}

/// SHA-256, in hexadecimal, of a sequence of texts; each goes in after its length, so that no two sequences run together.
pub(crate) fn sha256<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    let digits = hash.finalize().into_iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
}

fn home(group: &str) -> String {
    match group.split('/').next() {
        Some("schemas" | "scenarios" | "personas") => group.to_owned(),
        _ if group.is_empty() => "personas".to_owned(),
        _ => format!("personas/{group}"),
    }
}

fn is_toml(name: &str) -> bool {
    name.strip_suffix(".toml").is_some_and(|stem| !stem.is_empty())
}

/// The names in a folder, sorted, so that messages come in the same order everywhere.
fn list(dir: &Path) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort_unstable();
    Ok(names)
}

/// Whether a folder is one of [`FOLDERS`] or leads to one.
fn known_folder(folder: &str) -> Result<(), (String, String)> {
    let leads = |known: &str| known == folder || known.starts_with(&format!("{folder}/"));
    if FOLDERS.iter().any(|(known, _)| leads(known)) {
        return Ok(());
    }
    let known = FOLDERS.iter().map(|(known, _)| *known);
    Err(("no such folder in the layout".to_owned(), suggest(folder, known)))
}

fn children(folder: &str) -> String {
    let known = FOLDERS.iter().map(|(known, _)| *known);
    let inner: Vec<&str> = known.filter(|known| known.starts_with(&format!("{folder}/"))).collect();
    inner.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// A folder with the given files, each holding its own name.
    fn folder(files: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for file in files {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, file).unwrap();
        }
        dir
    }

    #[test]
    fn every_file_that_ships_has_a_place_in_the_layout_of_ones_own() {
        for home in Assets::embedded().files.keys() {
            let folder = home.rsplit_once('/').unwrap().0;
            let known = ["personas", "scenarios"].contains(&folder)
                || FOLDERS.iter().any(|(_, known)| *known == folder);
            assert!(known, "{home}");
        }
    }

    #[test]
    fn groups_are_sorted_and_truth_keeps_its_folder() {
        let tables = Assets::embedded().files("schemas/tables");
        assert!(tables.is_sorted_by_key(|file| file.stem.clone()));
        let identity = tables.iter().find(|file| file.stem == "truth/identity").unwrap();
        assert_eq!(identity.name, "schemas/tables/truth/identity.toml (built in)");
        assert_eq!(
            Assets::embedded().file("schemas/tables/truth/identity.toml").unwrap().stem,
            "identity"
        );
    }

    #[test]
    fn a_file_of_ones_own_replaces_or_adds_and_moves_the_digest_of_its_root_only() {
        let dir =
            folder(&["people/zoe.toml", "schemas/events/page_viewed.toml", ".git/x", ".hidden"]);
        let shipped = Assets::embedded();
        let laid = shipped.clone().overlay(dir.path()).unwrap();
        let zoe = laid.file("people/zoe.toml").unwrap();
        assert_eq!((zoe.stem.as_str(), zoe.text.as_str()), ("zoe", "people/zoe.toml"));
        assert_eq!(zoe.name, dir.path().join("people/zoe.toml").display().to_string());
        assert_eq!(laid.files("schemas/events").len(), shipped.files("schemas/events").len());
        assert_ne!(laid.digest("personas"), shipped.digest("personas"));
        assert_ne!(laid.digest("schemas"), shipped.digest("schemas"));
        assert_eq!(laid.digest("scenarios"), shipped.digest("scenarios"));
    }

    #[test]
    fn what_has_no_place_is_reported_all_at_once() {
        let dir =
            folder(&["peple/x.toml", "people/x.yaml", "readme.md", "x.toml", "schemas/x.toml"]);
        let problems = Assets::embedded().overlay(dir.path()).unwrap_err();
        let shown = problems.to_string().replace(&dir.path().display().to_string(), "DIR");
        assert_eq!(problems.iter().count(), 5, "{shown}");
        assert!(shown.contains("DIR/peple: no such folder"), "{shown}");
        assert!(shown.contains("did you mean `people`?"), "{shown}");
        assert!(shown.contains("DIR/people/x.yaml: not a TOML file"), "{shown}");
        assert!(shown.contains("files stand in schemas/tables"), "{shown}");
    }

    #[test]
    fn a_folder_that_is_not_there_is_a_problem() {
        let problems = Assets::embedded().overlay(Path::new("/nowhere/at/all")).unwrap_err();
        assert!(problems.to_string().contains("cannot read the folder /nowhere/at/all"));
    }
}
