//! A data set as found: one of throng's, or one that it made pseudonymous.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::journal::FOLDER;
use super::place::{self, Found};
use super::{Error, UNCHANGED, asked, io_error};
use crate::manifest::{self, Manifest};
use crate::privacy::audit;
use crate::privacy::key::Key;
use crate::privacy::policy::act::Token;
use crate::privacy::stage::{self, KeyUse, rows};
use crate::privacy::token::normal::{Kind, Normal};
use crate::privacy::token::{Encoding, Region, USUAL_BITS};
use crate::schema::Privacy;

/// The namespace of people, where nothing else is said.
const USER: &str = "user";

pub(super) struct Set {
    pub(super) dir: PathBuf,
    pub(super) manifest: Option<Manifest>,
    /// Table and path of every file.
    pub(super) files: Vec<(String, String)>,
    /// How its tokens were made, if it has some.
    pub(super) used: Option<KeyUse>,
    /// By table the columns that hold tokens.
    pub(super) tokens: BTreeMap<String, Vec<Column>>,
}

/// A column of tokens.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Column {
    /// Its path.
    pub(super) path: String,
    /// Whose identity it holds.
    pub(super) namespace: String,
    /// Whether it names people by itself.
    is_direct: bool,
    /// How its tokens are made: in one way, or in any of some where that was not written down.
    pub(super) made: Vec<Token>,
}

impl Set {
    pub(super) fn open(dir: &Path) -> Result<Self, Error> {
        let set = if dir.join(manifest::FILE).is_file() {
            Self::generated(dir)?
        } else {
            Self::pseudonymised(dir)?
        };
        // Paths are as somebody wrote them: they must not lead to other files than those of the data set.
        for (_, path) in &set.files {
            let found = place::is_inside(path).then(|| place::find(dir, path));
            let found = found.unwrap_or(Ok(Found::Other)).map_err(io_error(dir))?;
            if found != Found::File {
                let message = format!("`{path}` is listed, and no plain file of {}", dir.display());
                return Err(asked(message, UNCHANGED));
            }
        }
        Ok(set)
    }

    fn generated(dir: &Path) -> Result<Self, Error> {
        let manifest = Manifest::read(dir).map_err(|error| asked(error.to_string(), UNCHANGED))?;
        let of_table = |table: &manifest::Table| {
            let files = table.files.iter();
            files.map(|file| (table.name.clone(), file.path.clone())).collect::<Vec<_>>()
        };
        let files = manifest.tables.iter().flat_map(of_table).collect();
        let mut tokens = BTreeMap::<String, Vec<Column>>::new();
        let used = manifest.privacy.as_ref().map(|privacy| {
            for known in &privacy.tokens {
                let column = column(&known.path, false, &json!(known));
                tokens.entry(known.table.clone()).or_default().extend(column);
            }
            KeyUse {
                key_id: privacy.key_id.clone(),
                key_check: privacy.key_check.clone(),
                epoch: privacy.epoch,
                scope: privacy.scope.clone(),
                scope_id: privacy.scope_id.clone(),
            }
        });
        Ok(Self { dir: dir.to_owned(), manifest: Some(manifest), files, used, tokens })
    }

    fn pseudonymised(dir: &Path) -> Result<Self, Error> {
        let path = dir.join(stage::FILE);
        let Ok(text) = fs::read_to_string(&path) else {
            let message = format!(
                "{} is no data set of throng's: it has neither {} nor {}",
                dir.display(),
                manifest::FILE,
                stage::FILE
            );
            return Err(asked(message, "give the folder of one"));
        };
        let report: Value = serde_json::from_str(&text).unwrap_or_default();
        let Ok(used) = serde_json::from_value::<KeyUse>(report["key"].clone()) else {
            let message = format!("{} is no report of `throng pseudonymise`", path.display());
            return Err(asked(message, UNCHANGED));
        };
        let mut files = rows::files_below(dir).map_err(io_error(dir))?;
        // The log is no table: nothing is ever taken out of it.
        files.retain(|(_, path)| path != audit::LOG);
        let tokens = reported(&report);
        Ok(Self { dir: dir.to_owned(), manifest: None, files, used: Some(used), tokens })
    }

    /// The key must be the one that made the set's tokens and signed its log.
    pub(super) fn check_key(&self, key: &Key) -> Result<(), Error> {
        let help = "use the key that the data set was made with";
        if self.used.as_ref().is_some_and(|used| used.key_check != key.check()) {
            let message = format!("the key is not the one of {}", self.dir.display());
            return Err(asked(message, help));
        }
        let signed = audit::Checkpoint::read(&self.dir.join(audit::CHECKPOINT));
        if signed.is_ok_and(|signed| signed.public_key != audit::public_key(key)) {
            let message = format!("another key signed the log of {}", self.dir.display());
            return Err(asked(message, help));
        }
        Ok(())
    }

    /// A link leads to what no removal here writes again.
    pub(super) fn check_links(&self) -> Result<(), Error> {
        let (_, others) = place::below(&self.dir, FOLDER).map_err(io_error(&self.dir))?;
        let Some(link) = others.first() else { return Ok(()) };
        let message = format!("{} is neither file nor folder", self.dir.join(link).display());
        Err(asked(message, "put the file itself there: what a link leads to would keep its rows"))
    }

    /// The namespace whose tokens stand for people.
    pub(super) fn people(&self, wanted: Option<&str>) -> Result<String, Error> {
        if self.manifest.is_some() {
            return match wanted {
                None | Some(USER) => Ok(USER.to_owned()),
                Some(_) => {
                    let help = "leave --namespace out; it is for folders of `throng pseudonymise`";
                    Err(asked("a data set of throng's has people of one kind: its users", help))
                }
            };
        }
        let columns = || self.tokens.values().flatten();
        let names = |of: &dyn Fn(&&Column) -> bool| -> BTreeSet<&str> {
            columns().filter(of).map(|column| column.namespace.as_str()).collect()
        };
        let all = names(&|_| true);
        let listed = |names: &BTreeSet<&str>| {
            let names: Vec<&str> = names.iter().copied().collect();
            names.join(", ")
        };
        if let Some(wanted) = wanted {
            if all.contains(wanted) {
                return Ok(wanted.to_owned());
            }
            let message = format!("{} has no tokens of that namespace", self.dir.display());
            return Err(asked(message, &format!("there are: {}", listed(&all))));
        }
        let direct = names(&|column| column.is_direct);
        match direct.first() {
            _ if all.contains(USER) => Ok(USER.to_owned()),
            None => Ok(USER.to_owned()),
            Some(only) if direct.len() == 1 => Ok((*only).to_owned()),
            Some(_) => {
                let message = format!(
                    "people have tokens of several namespaces in {}: {}",
                    self.dir.display(),
                    listed(&direct)
                );
                Err(asked(message, "say which the ids are of: --namespace NAME"))
            }
        }
    }

    /// The columns of a table that are of a namespace.
    pub(super) fn columns_of(&self, table: &str, namespace: &str) -> impl Iterator<Item = &Column> {
        let columns = self.tokens.get(table).into_iter().flatten();
        columns.filter(move |column| column.namespace == namespace)
    }
}

/// By table the columns of tokens that a report tells of.
fn reported(report: &Value) -> BTreeMap<String, Vec<Column>> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let one = |value: &Value| {
        let is_direct = value["class"].as_str() == Some(Privacy::DirectIdentifier.name());
        column(&text(&value["path"]), is_direct, &value["tokens"])
    };
    let table = |table: &Value| {
        (text(&table["name"]), list(&table["columns"]).iter().filter_map(one).collect())
    };
    list(&report["tables"]).iter().map(table).collect()
}

/// A column of tokens, as a report or a manifest tells of it.
fn column(path: &str, is_direct: bool, told: &Value) -> Option<Column> {
    let namespace = told["namespace"].as_str()?.to_owned();
    let bits = told["bits"].as_u64().map_or(USUAL_BITS, |bits| bits.min(256) as u32);
    let region = told["region"].as_str().and_then(Region::named);
    let kinds = named(Kind::NAMED, &told["kind"]);
    let encodings = named(Encoding::NAMED, &told["encoding"]);
    let of = |(kind, encoding): (Kind, Encoding)| Token {
        namespace: namespace.clone(),
        normal: Normal { kind, region },
        encoding,
        bits: bits.min(encoding.most_bits()),
    };
    let pairs = kinds.iter().flat_map(|kind| encodings.iter().map(|encoding| (*kind, *encoding)));
    let made = pairs.map(of).collect();
    Some(Column { path: path.to_owned(), namespace, is_direct, made })
}

/// What a name says, or all that it could have said.
fn named<T: Copy>(all: &[(&str, T)], name: &Value) -> Vec<T> {
    let known = all.iter().filter(|(known, _)| name.as_str() == Some(*known));
    let known: Vec<T> = known.map(|(_, it)| *it).collect();
    if known.is_empty() { all.iter().map(|(_, it)| *it).collect() } else { known }
}

/// How tokens of users may be made where no column says it.
pub(super) fn unrecorded() -> Vec<Token> {
    column("", true, &json!({ "namespace": USER })).map_or(Vec::new(), |column| column.made)
}
