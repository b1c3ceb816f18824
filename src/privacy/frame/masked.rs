//! A frame behind a policy: its dictionaries, and the keys and values of its rows, as they leave.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::{Arc, PoisonError};

use super::values::values;
use super::{BLOCK, Masked, Masking};
use crate::digits::uuid_text;
use crate::frame::{Column, Dictionary, Frame, NULL, Strings, Values};
use crate::privacy::policy::act::Act;
use crate::privacy::stage::change::{Change, Given, Made};
use crate::privacy::stage::job::Job;
use crate::read::hash::Words;
use crate::schema::{Table, Type};

/// A dictionary's strings as they leave.
#[derive(Debug, Default)]
pub(super) struct Changed {
    strings: Strings,
    /// By string: the first key of the whole dictionary whose string is the same, since which of two it was must not show; [`NULL`] where
    /// nothing leaves.
    first: Vec<u32>,
    /// Whether each is its own.
    plain: bool,
    /// The strings that differ, and the key of each.
    known: Words,
    keys: Vec<u32>,
}

impl Changed {
    /// The key of a string.
    fn key(&self, text: &str) -> Option<u32> {
        self.keys.get(self.known.get(text) as usize).copied()
    }
}

/// A frame as it leaves.
pub(super) struct MaskedFrame<'f> {
    masking: &'f Masking,
    place: usize,
    masked: &'f Masked,
    inner: &'f dyn Frame,
    /// By field: its dictionary, where it has one.
    dictionaries: Vec<Own>,
    /// By field: the keys that the groups of rows share, where those become others.
    shared: Vec<Option<Vec<u32>>>,
}

/// A field's dictionary as it leaves.
enum Own {
    /// That of the frame.
    Same,
    /// Tokens of ids.
    Ids(Vec<u128>),
    /// Two parts of strings.
    Texts(Arc<Changed>, Changed),
    /// Ids whose tokens are strings.
    Words(Changed),
}

impl Own {
    /// Whether keys stay what they are.
    fn is_plain(&self) -> bool {
        match self {
            Self::Same | Self::Ids(_) => true,
            Self::Texts(base, own) => base.plain && own.plain,
            Self::Words(words) => words.plain,
        }
    }

    /// The first key whose string is that of a key; [`NULL`] where nothing of it leaves.
    fn first(&self, key: u32) -> u32 {
        match self {
            Self::Same | Self::Ids(_) => key,
            Self::Words(words) => words.first[key as usize],
            Self::Texts(base, own) => {
                let length = base.first.len() as u32;
                match key.checked_sub(length) {
                    None => base.first[key as usize],
                    Some(rest) => own.first[rest as usize],
                }
            }
        }
    }
}

impl<'f> MaskedFrame<'f> {
    pub(super) fn new(masking: &'f Masking, place: usize, inner: &'f dyn Frame) -> Self {
        let masked = &masking.tables[place];
        for (ordinal, change) in &masked.fields {
            if change.tokens().is_some() {
                masking.canaries.take(inner, *ordinal);
            }
        }
        let own = |(field, (ordinal, change)): (usize, &(usize, Change))| {
            let Some(dictionary) = inner.dictionary(*ordinal) else { return Own::Same };
            let is_id = masked.table.fields[field].ty == Type::Id;
            let change = &*masking.counted(place, field, change);
            match (&change.act, dictionary) {
                (Act::Keep, _) if !change.rare => Own::Same,
                (_, Dictionary::Ids(ids)) if is_id => {
                    Own::Ids(tokens(change, ids, &used(inner, *ordinal, ids.len())))
                }
                (_, Dictionary::Ids(ids)) => {
                    let texts: Strings = ids.iter().map(|id| uuid_text(*id)).collect();
                    Own::Words(masked.changed(change, &texts, None))
                }
                (_, Dictionary::Texts { base, own }) => {
                    let is_lasting = inner.is_lasting(*ordinal);
                    let base = masking.base((place, field), change, base, is_lasting);
                    let own = masked.changed(change, own, Some(&base));
                    Own::Texts(base, own)
                }
            }
        };
        let dictionaries: Vec<Own> = masked.fields.iter().enumerate().map(own).collect();
        let shared = |((ordinal, _), own): (&(usize, Change), &Own)| {
            let keys = inner.shared(*ordinal).filter(|_| !own.is_plain())?;
            let key = |key: &u32| if *key == NULL { NULL } else { own.first(*key) };
            Some(keys.iter().map(key).collect())
        };
        let shared = masked.fields.iter().zip(&dictionaries).map(shared).collect();
        Self { masking, place, masked, inner, dictionaries, shared }
    }
}

/// Tokens in the places of ids, of those that are used.
fn tokens(change: &Change, ids: &[u128], used: &[bool]) -> Vec<u128> {
    let mut all = vec![0; ids.len()];
    let Some(tokens) = change.tokens() else { return all };
    let used = || used.iter().enumerate().filter(|(_, used)| **used).map(|(key, _)| key);
    let mut made: Vec<u128> = used().map(|key| ids[key]).collect();
    tokens.uuids(&mut made);
    for (key, token) in used().zip(made) {
        all[key] = token;
    }
    all
}

/// By key of a field's dictionary, whether a row has it: a slice knows the ids of all that its people have to do with, and its rows name
/// fewer.
fn used(frame: &dyn Frame, field: usize, keys: usize) -> Vec<bool> {
    let mut used = vec![false; keys];
    let mut mark = |keys: &[u32]| {
        for key in keys.iter().filter(|key| **key != NULL) {
            used[*key as usize] = true;
        }
    };
    if let Some(keys) = frame.shared(field) {
        mark(keys);
        return used;
    }
    let mut column = Column::default();
    for start in (0..frame.rows()).step_by(BLOCK) {
        frame.fill(field, start..(start + BLOCK).min(frame.rows()), &mut column);
        if let Values::Keys(keys) = &column.values {
            mark(keys);
        }
    }
    used
}

impl Masking {
    /// A change, with what enough people share where it is asked for.
    fn counted<'c>(&self, place: usize, field: usize, change: &'c Change) -> Cow<'c, Change> {
        if !change.rare {
            return Cow::Borrowed(change);
        }
        let common = self.common.read().unwrap_or_else(PoisonError::into_inner);
        let mut change = change.clone();
        change.common = Some(common.of(place, field));
        Cow::Owned(change)
    }

    /// The first part of a dictionary as it leaves; of one that lasts, what was made for the first file serves all.
    fn base(
        &self,
        of: (usize, usize),
        change: &Change,
        strings: &Strings,
        is_lasting: bool,
    ) -> Arc<Changed> {
        let masked = &self.tables[of.0];
        if !is_lasting {
            return Arc::new(masked.changed(change, strings, None));
        }
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(&of).cloned();
        kept.unwrap_or_else(|| {
            let made = Arc::new(masked.changed(change, strings, None));
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.insert(of, Arc::clone(&made));
            made
        })
    }
}

impl Masked {
    /// Changes all strings of a dictionary, or of the part of one that stands behind another.
    fn changed(&self, change: &Change, strings: &Strings, before: Option<&Changed>) -> Changed {
        let (mut change, mut made) =
            (change.clone(), Changed { plain: true, ..Changed::default() });
        let inside = (change.act == Act::Inside).then(|| Job::of(&change.path, &self.inner));
        let mut out = String::new();
        let begin = before.map_or(0, |before| before.first.len());
        for (nth, text) in strings.iter().enumerate() {
            let key = (begin + nth) as u32;
            if !one(&mut change, inside.as_ref(), text, &mut out) {
                made.strings.push("");
                made.first.push(NULL);
                made.plain = false;
                continue;
            }
            made.strings.push(&out);
            let first = before.and_then(|before| before.key(&out)).unwrap_or_else(|| {
                let word = made.known.add(&out) as usize;
                if word == made.keys.len() {
                    made.keys.push(key);
                }
                made.keys[word]
            });
            made.plain &= first == key;
            made.first.push(first);
        }
        made
    }
}

/// Changes a string; whether anything is left of it.
fn one(change: &mut Change, inside: Option<&Job>, text: &str, out: &mut String) -> bool {
    if let (Some(job), false) = (inside, text.is_empty()) {
        let mut bytes = Vec::new();
        // What is no JSON, or has a path without a rule, does not leave.
        let done = job.rewrite(text.as_bytes(), &change.path, None, &mut bytes).is_ok();
        out.clear();
        out.push_str(std::str::from_utf8(&bytes).unwrap_or_default());
        return done && out != "{}";
    }
    let days = change.days_of(None);
    match change.make(Given::Text(text), days, out) {
        Ok(Made::Text) => true,
        Ok(Made::Same) => {
            out.clear();
            out.push_str(text);
            true
        }
        _ => false,
    }
}

impl Frame for MaskedFrame<'_> {
    fn table(&self) -> &Table {
        &self.masked.table
    }

    fn rows(&self) -> usize {
        self.inner.rows()
    }

    fn dictionary(&self, field: usize) -> Option<Dictionary<'_>> {
        match &self.dictionaries[field] {
            Own::Same => match self.masked.fields[field].1.act {
                Act::Keep => self.inner.dictionary(self.masked.fields[field].0),
                _ => None,
            },
            Own::Ids(ids) => Some(Dictionary::Ids(ids)),
            Own::Texts(base, own) => {
                Some(Dictionary::Texts { base: &base.strings, own: &own.strings })
            }
            Own::Words(words) => Some(Dictionary::Texts { base: &words.strings, own: &NONE }),
        }
    }

    fn fill(&self, field: usize, rows: Range<usize>, out: &mut Column) {
        let (ordinal, change) = &self.masked.fields[field];
        self.inner.fill(*ordinal, rows, out);
        match &self.dictionaries[field] {
            own @ (Own::Ids(_) | Own::Words(_) | Own::Texts(..)) => {
                rekey(out, |key| own.first(key), own.is_plain());
            }
            Own::Same => {
                let change = self.masking.counted(self.place, field, change);
                if change.act != Act::Keep || change.rare {
                    let ty = self.inner.table().fields[*ordinal].ty;
                    values(&change, (ty, self.masked.table.fields[field].ty), out);
                }
            }
        }
    }

    fn groups(&self) -> Option<&[u32]> {
        self.inner.groups()
    }

    fn shared(&self, field: usize) -> Option<&[u32]> {
        let (ordinal, change) = &self.masked.fields[field];
        match (&self.shared[field], &self.dictionaries[field]) {
            (Some(keys), _) => Some(keys),
            (None, Own::Same) if change.act != Act::Keep => None,
            (None, _) => self.inner.shared(*ordinal),
        }
    }
}

/// No strings.
static NONE: Strings = Strings::empty();

/// Gives keys of equal strings the same key, and rows of which nothing leaves none.
fn rekey(out: &mut Column, first: impl Fn(u32) -> u32, plain: bool) {
    if plain {
        return;
    }
    let Values::Keys(keys) = &mut out.values else { return };
    for key in keys.iter_mut() {
        *key = first(*key);
    }
    if keys.contains(&NULL) {
        let keys = std::mem::take(keys);
        let rows = out.rows();
        let mut next = keys.into_iter();
        let there: Vec<bool> = (0..rows).map(|row| out.is_valid(row)).collect();
        let keys =
            there.into_iter().map(|there| if there { next.next().unwrap_or(NULL) } else { NULL });
        out.fill_keys(rows, keys);
    }
}
