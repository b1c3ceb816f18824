//! What an id may stand as: itself, and its tokens.

use std::collections::BTreeSet;

use crate::privacy::key::{Key, Realm, Scope};
use crate::privacy::policy::act::Token;
use crate::privacy::stage::KeyUse;
use crate::privacy::token::Tokens;
use crate::privacy::token::normal::{Kind, Normal};

/// Epochs that are looked back at most: a key is not rotated more often in the life of a data set.
const EPOCHS: u32 = 1_000;

/// By id, everything that it may stand as: itself, and its tokens of all scopes and of the epochs up to the data set's.
pub(super) fn of(
    key: &Key,
    used: Option<&KeyUse>,
    made: &[Token],
    ids: &[String],
) -> Vec<BTreeSet<String>> {
    let plain = |id: &String| {
        let id = id.trim();
        // A UUID is the same however its letters are written.
        let lower = Normal::of_kind(Kind::Uuid).of(id).into_owned();
        let is_uuid = id.len() == 36 && id.bytes().filter(|byte| *byte == b'-').count() == 4;
        let mut forms = BTreeSet::from([id.to_owned()]);
        forms.extend(is_uuid.then_some(lower));
        forms
    };
    let mut forms: Vec<BTreeSet<String>> = ids.iter().map(plain).collect();
    let Some(used) = used else { return forms };
    for epoch in used.epoch.saturating_sub(EPOCHS)..=used.epoch {
        for (_, scope) in Scope::NAMED {
            let id = if *scope == Scope::Stable { String::new() } else { used.scope_id.clone() };
            let realm = Realm { scope: *scope, id, epoch };
            for Token { namespace, normal, encoding, bits } in made {
                let tokens = Tokens::new(key, &realm, namespace, *normal, *encoding, *bits);
                for (id, forms) in ids.iter().zip(&mut forms) {
                    let mut out = String::new();
                    tokens.write(id.trim(), &mut out);
                    forms.insert(out);
                }
            }
        }
    }
    forms
}
