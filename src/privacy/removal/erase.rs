//! People taken out of a data set.

use std::collections::BTreeSet;

use serde_json::json;

use super::certificate::Certificate;
use super::journal::{self, Watch};
use super::{Asked, Done, Draft, Error, Set, Work, asked as wrong, chain, io_error};
use crate::population::tombstones::Tombstones;
use crate::privacy::key::{Key, Realm, Scope};
use crate::privacy::leaks::Known;
use crate::privacy::stage::KeyUse;
use crate::privacy::token::normal::{Kind, Normal};
use crate::privacy::token::{Encoding, Tokens, USUAL_BITS};
use crate::schema::Schemas;

/// Keys of what belongs to people that the second look searches for; of more, so many.
const SEARCHED: usize = 4_000;

/// Shorter ones are found everywhere by chance.
const SHORTEST: usize = 8;

/// What no removal here can reach.
const NOT_COVERED: [&str; 4] = [
    "copies of the data set, backups, and what was loaded from it elsewhere",
    "sums and counts that were made of the data while the people were in it, such as answers.json",
    "rows that name nobody and belong to nothing that names somebody",
    "the key: who has it can make the same tokens again",
];

/// Erases people by their ids.
///
/// # Errors
/// No data set, another key, an unreadable file, no space; or something of them that would be left. Nothing is changed then.
pub fn run(
    asked: &Asked<'_>,
    schemas: &Schemas,
    ids: &[String],
    watch: &mut Watch<'_>,
) -> Result<Done, Error> {
    let recovered = journal::recover(asked.dir).map_err(io_error(asked.dir))?;
    let set = Set::open(asked.dir)?;
    set.check_key(asked.key)?;
    if let Some(short) = ids.iter().find(|id| id.trim().is_empty()) {
        return Err(wrong(format!("`{short}` is no id"), "give the id of a user"));
    }
    let forms = forms(asked.key, set.used.as_ref(), ids);
    let owned = chain::owned(&set, schemas, forms.clone())?;
    let held: Vec<String> = forms.iter().filter(|form| form.len() >= SHORTEST).cloned().collect();
    let gone = chain::gone(&set, schemas, &owned, &held)?;
    let keys = owned.values().flatten().filter(|key| key.len() >= SHORTEST).take(SEARCHED);
    let known: Vec<Known> = held
        .iter()
        .chain(keys.filter(|key| !held.contains(key)))
        .enumerate()
        .map(|(place, value)| Known { name: format!("value {}", place + 1), value: value.clone() })
        .collect();
    let mut tombstones = match Tombstones::of(asked.dir).map_err(io_error(asked.dir))? {
        Some(tombstones) => tombstones,
        None => Tombstones::new(&salt()?),
    };
    ids.iter().chain(&forms).for_each(|id| tombstones.add(id));
    let subjects: Vec<String> = ids.iter().map(|id| tombstones.commitment(id)).collect();
    let entry = json!({ "subjects": subjects, "reason": asked.reason });
    let certificate = Certificate {
        what: "erasure".to_owned(),
        at: asked.at.to_owned(),
        reason: asked.reason.to_owned(),
        subjects,
        not_covered: NOT_COVERED.map(str::to_owned).to_vec(),
        ..Certificate::default()
    };
    let draft = Draft { certificate, tombstones: Some(tombstones), entry };
    let work = Work { set: &set, asked, schemas, gone: &gone, known: &known };
    let done = work.carry_out(draft, watch)?;
    Ok(Done { recovered, ..done })
}

/// A salt of the system's chance.
fn salt() -> Result<[u8; 32], Error> {
    let mut salt = [0; 32];
    getrandom::fill(&mut salt)
        .map_err(|error| wrong(format!("the system gives no chance: {error}"), "try again"))?;
    Ok(salt)
}

/// Everything that ids may stand as: themselves, and their tokens of all scopes and epochs up to the data set's.
fn forms(key: &Key, used: Option<&KeyUse>, ids: &[String]) -> BTreeSet<String> {
    let mut forms: BTreeSet<String> = ids.iter().map(|id| id.trim().to_owned()).collect();
    let Some(used) = used else { return forms };
    for epoch in 0..=used.epoch {
        for (_, scope) in Scope::NAMED {
            let id = if *scope == Scope::Stable { String::new() } else { used.scope_id.clone() };
            let realm = Realm { scope: *scope, id, epoch };
            for (_, encoding) in Encoding::NAMED {
                for kind in [Kind::Uuid, Kind::Text] {
                    let bits = USUAL_BITS.min(encoding.most_bits());
                    let normal = Normal::of_kind(kind);
                    let tokens = Tokens::new(key, &realm, "user", normal, *encoding, bits);
                    for id in ids {
                        let mut out = String::new();
                        tokens.write(id.trim(), &mut out);
                        forms.insert(out);
                    }
                }
            }
        }
    }
    forms
}
