//! What may leave: keys and tokens, policies, one's own files made pseudonymous, the scan for what leaked, the audit log.
//!
//! A [`key::Key`] is never seen from outside; a [`token::Tokens`] makes of a value what stands for it; a [`policy::Policy`] says
//! for every column what happens to it; [`stage`] carries it out over files, and [`frame`] inside the engine; [`leaks`] looks at
//! what came out; [`removal`] takes people and what is too old out of a data set; [`audit`] keeps what was done. An output is `pseudonymised` or generalised, never "anonymous": keyed hashes of
//! people are data about people (GDPR Art. 4(5)).

pub mod audit;
pub mod frame;
pub mod key;
pub mod leaks;
pub mod names;
pub mod policy;
pub mod removal;
pub mod stage;
pub mod token;

/// Whether a file of a data set, by its path there, tells what was done with it rather than being part of it.
pub fn is_record(path: &str) -> bool {
    let records = [audit::LOG, audit::CHECKPOINT, stage::FILE, crate::population::tombstones::FILE];
    let in_folder = path.strip_prefix(audit::certificate::FOLDER);
    let in_folder = in_folder.is_some_and(|rest| rest.starts_with('/'));
    records.contains(&path) || in_folder || is_record_of_shard(path)
}

/// The log of a shard stays in its folder when shards are joined.
fn is_record_of_shard(path: &str) -> bool {
    let records = [audit::LOG, audit::CHECKPOINT];
    let inside = path.split_once('/');
    inside.is_some_and(|(dir, name)| dir.starts_with("shard-") && records.contains(&name))
}
