//! The log of a data set that was made of shards: it begins with the states of theirs.

use std::fs;
use std::io;
use std::path::Path;

use serde_json::json;

use super::{Broken, LOG, Log, public_key, verify};
use crate::privacy::key::Key;

/// A log for the folder that shards lie in, whose first entry says how far the log of each has come: all of them must be whole, and signed
/// by the key. They stay where they are.
///
/// # Errors
/// Whose log is not, and why.
pub fn joined(dir: &Path, key: &Key) -> Result<Log, (String, Broken)> {
    let unreadable = |error| (".".to_owned(), Broken::Unreadable("the folder".to_owned(), error));
    let entries = fs::read_dir(dir).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let names = entries.map_err(unreadable)?.into_iter().filter(|entry| entry.path().is_dir());
    let names = names.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| name.starts_with("shard-")).collect();
    names.sort();
    let mut shards = Vec::new();
    for name in names {
        let verified = verify(&dir.join(&name), None, Some(&public_key(key)));
        let verified = verified.map_err(|broken| (name.clone(), broken))?;
        shards.push(json!({
            "log": format!("{name}/{LOG}"),
            "root": verified.checkpoint.root,
            "size": verified.checkpoint.size,
        }));
    }
    let mut log = Log::open(dir, key).map_err(|broken| (".".to_owned(), broken))?;
    log.add("join", json!({ "key_id": key.id(), "shards": shards }));
    Ok(log)
}
