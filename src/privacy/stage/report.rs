//! What was done, for people and for programs: `privacy.json` in the folder that is written.

use serde::Serialize;

use super::census::Privacies;
use super::change::Change;
use crate::privacy::names;
use crate::privacy::policy::act::Act;
use crate::privacy::token::Region;

/// The file's name in the folder.
pub const FILE: &str = "privacy.json";

/// What was done.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct Report {
    /// The version of this shape.
    pub format_version: u32,
    /// What the data are: `pseudonymised`. Never "anonymous".
    pub status: &'static str,
    /// What wrote them.
    pub generator: String,
    /// The policy's SHA-256.
    pub policy_sha256: String,
    /// Which key, and how it was used.
    pub key: KeyUse,
    /// The tables, by name.
    pub tables: Vec<TableReport>,
    /// Files of the input that were no tables of the policy's, and are not here: how many.
    pub left_out: usize,
    /// What the scan for leaks looked for, and that it found none of it.
    pub scan: ScanReport,
}

/// Which key, and how it was used. None of it tells anything of the key.
#[derive(Debug, Clone, Serialize, serde::Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct KeyUse {
    /// The key's id.
    pub key_id: String,
    /// Its check value.
    pub key_check: String,
    /// Its epoch.
    pub epoch: u32,
    /// How far tokens mean the same.
    pub scope: String,
    /// The data set's or recipient's name.
    pub scope_id: String,
}

/// What was done to a table.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct TableReport {
    /// Its name.
    pub name: String,
    /// Rows.
    pub rows: u64,
    /// Files.
    pub files: usize,
    /// How many people share what.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub privacy: Option<Privacies>,
    /// Its columns, by path.
    pub columns: Vec<ColumnReport>,
}

/// What was done to a column.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct ColumnReport {
    /// Its path.
    pub path: String,
    /// Its class.
    pub class: &'static str,
    /// What was done.
    pub act: &'static str,
    /// Values looked at; of a dictionary, each once a row group.
    pub values: u64,
    /// Values that stand for "nothing", and passed.
    pub sentinels: u64,
    /// Values left out since too few share them, or since they are not what the column holds.
    pub suppressed: u64,
    /// What tokens there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<TokenReport>,
    /// Pieces taken out of texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redacted: Option<u64>,
    /// What is left of risk, where something is known to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub residual: Option<&'static str>,
}

/// What tokens a column got.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct TokenReport {
    /// Whose identity they are.
    pub namespace: String,
    /// What kind of value they stand for.
    pub kind: &'static str,
    /// Where telephone numbers without a country's code belong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<&'static str>,
    /// How they are written.
    pub encoding: &'static str,
    /// How many bits they have.
    pub bits: u32,
    /// Different tokens, as far as they were watched.
    pub different: u64,
    /// Whether all were watched.
    pub all_watched: bool,
    /// Values that have the token of another value.
    pub collisions: u64,
    /// The share that the commonest has of all.
    pub commonest: f64,
}

/// What the scan looked at.
#[derive(Debug, Clone, Default, Serialize, PartialEq, Eq)]
pub struct ScanReport {
    /// Values looked for.
    pub values: usize,
    /// Forms of them.
    pub forms: usize,
    /// Files read, inside and out.
    pub files: usize,
    /// Bytes read, after decompression as well.
    pub bytes: u64,
}

impl ColumnReport {
    pub(super) fn new(change: &Change) -> Self {
        let tokens = match &change.act {
            Act::Token(token) => Some(TokenReport {
                namespace: token.namespace.clone(),
                kind: token.normal.kind.name(),
                region: token.normal.region.map(Region::name),
                encoding: token.encoding.name(),
                bits: token.bits,
                different: change.watch.different(),
                all_watched: change.watch.is_whole(),
                collisions: change.watch.collisions,
                commonest: (change.watch.commonest() * 1e6).round() / 1e6,
            }),
            _ => None,
        };
        Self {
            path: names::shown(&change.path).into_owned(),
            class: change.class.name(),
            act: change.act.name(),
            values: change.done.values,
            sentinels: change.done.sentinels,
            suppressed: change.done.suppressed,
            tokens,
            redacted: (change.act == Act::Redact).then_some(change.done.redacted),
            residual: residual(&change.act),
        }
    }
}

/// What is left of risk after an act.
fn residual(act: &Act) -> Option<&'static str> {
    match act {
        Act::Redact => Some("names and descriptions in texts are not found by patterns"),
        Act::Strip(_) => Some("what stands in paths stays"),
        Act::Shift(shift) if !shift.per_subject => {
            Some("one known moment tells the shift of the whole data set")
        }
        _ => None,
    }
}
