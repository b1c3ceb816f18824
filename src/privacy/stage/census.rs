//! How many people share what: before anything is written, so that what too few share can be suppressed, and told afterwards.
//!
//! k is the least number of subjects, not of rows, that share the values of all quasi-identifiers of a table (Sweeney 2002), and l
//! the least number of values that a sensitive column has among them (Machanavajjhala et al. 2007).

mod values;

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::atomic::AtomicBool;

use serde::Serialize;

use values::{Counted, Texts, Value, hashes, note};

use super::arrays::Leaves;
use super::change::{Change, Given};
use super::input::{Form, Input, each_line};
use super::job::Job;
use super::json::{self, Leaf};
use super::survey::told;
use super::why::{Why, go_on};
use crate::privacy::names;
use crate::privacy::policy::act::Act;
use crate::privacy::policy::is_below;
use crate::read::hash::{self, Words};
use crate::schema::Privacy;

/// Bytes that a table may take to be counted, by the sizes below.
const MOST_BYTES: usize = 400 << 20;
/// What a class takes beside its key: its place in a map, its sets and their first slots.
const CLASS_BYTES: usize = 200;
/// What a sensitive column takes in each class.
const SET_BYTES: usize = 48;
/// What one in a set takes, with the slots that are free, and once more among all people.
const ONE_BYTES: usize = 40;
/// What a value takes beside its text: its places among the words, and the set of who has it.
const WORD_BYTES: usize = 120;

const NONE: u32 = u32::MAX;
const RARE: u32 = u32::MAX - 1;

/// How many people share the values of a table.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct Privacies {
    /// Whether subjects were counted, or rows since the table has no subject.
    pub of_subjects: bool,
    /// The columns that together may tell people apart.
    pub quasi_identifiers: Vec<String>,
    /// The fewest that share their values; none when there are too many to reckon with.
    pub k: Option<u64>,
    /// How many share theirs with fewer than the policy asks for.
    pub under_k: u64,
    /// How many there are.
    pub subjects: u64,
    /// By sensitive column, the fewest values among those who share.
    pub l: Vec<(String, u64)>,
}

/// Those who share values, and what sensitive columns hold of them.
#[derive(Default)]
struct Class {
    subjects: HashSet<u64>,
    sensitive: Vec<HashSet<u64>>,
}

/// Counts a table's people, and tells its changes which values are common.
pub(super) fn take(
    job: &mut Job,
    inputs: &[&Input],
    k: u32,
    cancel: &AtomicBool,
) -> Result<Option<Privacies>, Why> {
    let mut census = Census::new(job, k, MOST_BYTES);
    if census.columns.is_empty() {
        return Ok(None);
    }
    for input in inputs {
        let told = |why: Why| why.of(&input.path);
        match input.form {
            Form::Parquet => census.parquet(input, cancel).map_err(told)?,
            _ => census.ndjson(input, cancel).map_err(told)?,
        }
    }
    Ok(Some(census.finish(job)))
}

struct Census {
    k: usize,
    subject: Vec<String>,
    columns: Vec<Counted>,
    sensitive: Vec<String>,
    /// Paths of texts that are JSON.
    inside: Vec<String>,
    classes: HashMap<Vec<u32>, Class>,
    /// The key of a row's class.
    key: Vec<u32>,
    /// What classes take, and what values do.
    bytes: (usize, usize),
    most_bytes: usize,
    rows: u64,
    overflow: bool,
}

impl Census {
    fn new(job: &Job, k: u32, most_bytes: usize) -> Self {
        let quasi = |change: &Change| {
            let tells = matches!(
                change.class,
                Privacy::Place | Privacy::Quasi | Privacy::Ip | Privacy::UserAgent
            );
            tells && !matches!(change.act, Act::Drop | Act::Token(_) | Act::Inside)
        };
        let counts = |change: &Change| (change.rare && change.act != Act::Drop) || quasi(change);
        let in_list = |change: &Change| change.path.contains("[]");
        let counted = |change: Change| Counted {
            quasi: quasi(&change),
            change,
            words: Words::default(),
            people: Vec::new(),
            enough: Vec::new(),
            buffer: String::new(),
            digits: String::new(),
        };
        let columns = job.changes().filter(|c| counts(c) && !in_list(c)).map(|c| c.clone());
        let sensitive = job.changes().filter(|change| change.sensitive && !in_list(change));
        Self {
            k: k as usize,
            subject: job.subject.clone(),
            sensitive: sensitive.map(|change| change.path.clone()).collect(),
            columns: columns.map(counted).collect(),
            inside: job.inside.clone(),
            classes: HashMap::new(),
            key: Vec::new(),
            bytes: (0, 0),
            most_bytes,
            rows: 0,
            overflow: false,
        }
    }

    /// The paths that are looked at: of what is counted, of subjects, of what is sensitive.
    fn paths(&self) -> Vec<String> {
        let counted = self.columns.iter().map(|one| &one.change.path);
        counted.chain(&self.subject).chain(&self.sensitive).cloned().collect()
    }

    /// Takes in a row: whose it is, and by column the word that it has.
    fn row(
        &mut self,
        subject: Option<u64>,
        words: &[u32],
        sensitive: impl Iterator<Item = Option<u64>>,
    ) -> Result<(), Why> {
        self.rows += 1;
        let subject = match (subject, self.subject.is_empty()) {
            (Some(subject), _) => subject,
            (None, true) => self.rows,
            // Rows of nobody are nobody's quasi-identifiers.
            (None, false) => return Ok(()),
        };
        for (column, word) in self.columns.iter_mut().zip(words) {
            let Some(people) = column.people.get_mut(*word as usize) else { continue };
            if !column.enough[*word as usize] {
                self.bytes.1 += if people.insert(subject) { ONE_BYTES } else { 0 };
                if people.len() >= self.k {
                    self.bytes.1 = self.bytes.1.saturating_sub(people.len() * ONE_BYTES);
                    *people = HashSet::new();
                    column.enough[*word as usize] = true;
                }
            }
        }
        self.check()?;
        if self.overflow {
            return Ok(());
        }
        let quasi = self.columns.iter().zip(words).filter(|(column, _)| column.quasi);
        self.key.clear();
        self.key.extend(quasi.map(|(_, word)| *word));
        if !self.classes.contains_key(&self.key) {
            let sensitive = vec![HashSet::new(); self.sensitive.len()];
            let class = Class { subjects: HashSet::new(), sensitive };
            self.classes.insert(self.key.clone(), class);
            self.bytes.0 += CLASS_BYTES + 4 * self.key.len() + SET_BYTES * self.sensitive.len();
        }
        let Some(class) = self.classes.get_mut(&self.key) else { return Ok(()) };
        let mut new = usize::from(class.subjects.insert(subject));
        for (seen, value) in class.sensitive.iter_mut().zip(sensitive) {
            new += usize::from(value.is_some_and(|value| seen.insert(value)));
        }
        self.bytes.0 += new * ONE_BYTES;
        Ok(())
    }

    /// What would take too much is not reckoned: k is told as unknown, and what must be counted ends the run.
    fn check(&mut self) -> Result<(), Why> {
        if self.bytes.0 + self.bytes.1 > self.most_bytes && !self.overflow {
            self.overflow = true;
            self.classes = HashMap::new();
            self.bytes.0 = 0;
        }
        if self.bytes.1 <= self.most_bytes {
            return Ok(());
        }
        let most = self.columns.iter().max_by_key(|column| column.words.len());
        let path = most.map_or("", |column| column.change.path.as_str());
        Err(Why::Refused(format!(
            "`{}` has more than {} values, too many to count who shares them: make them coarser",
            names::shown(path),
            most.map_or(0, |column| column.words.len()) / 1_000 * 1_000
        )))
    }

    fn parquet(&mut self, input: &Input, cancel: &AtomicBool) -> Result<(), Why> {
        let paths = self.paths();
        let roots: Vec<String> = {
            let above = |root: &&String| paths.iter().any(|path| is_below(path, root));
            self.inside.iter().filter(above).cloned().collect()
        };
        let wanted: Vec<&str> = paths.iter().chain(&roots).map(String::as_str).collect();
        let mut leaves = Leaves::open(&input.path, Some(&wanted))?;
        while let Some(batch) = leaves.next()? {
            go_on(cancel)?;
            let rows = leaves.rows;
            let find = |path: &String| batch.iter().find(|(name, _)| name == path).map(|(_, a)| a);
            let texts: Result<Vec<Texts>, Why> = roots
                .iter()
                .filter_map(|root| find(root).map(|array| (root, array)))
                .map(|(root, array)| Texts::of(array, root, &paths, &self.inside))
                .collect();
            let texts = texts?;
            let (columns, subjects) = (self.columns.len(), self.subject.len());
            let mut words = Vec::new();
            let mut hashed = Vec::new();
            for (place, path) in paths.iter().enumerate() {
                let part = input.partitions.iter().find(|(name, _)| name == path);
                let text = texts.iter().find(|text| is_below(path, &text.root));
                match (part, find(path), text) {
                    (Some((_, value)), ..) => {
                        let given = Given::Text(value);
                        if place < columns {
                            words.push(vec![
                                self.columns[place].word(given, &mut self.bytes.1)?;
                                rows
                            ]);
                        } else {
                            let hash = Some(hash::of_bytes(value.as_bytes()));
                            hashed.push(vec![hash.filter(|_| !value.is_empty()); rows]);
                        }
                    }
                    (None, Some(array), _) if place < columns => {
                        words.push(self.columns[place].words_of(array, &mut self.bytes.1)?);
                    }
                    (None, Some(array), _) => hashed.push(hashes(array)?),
                    (None, None, Some(text)) if place < columns => {
                        words.push(text.words(
                            place,
                            &mut self.columns[place],
                            &mut self.bytes.1,
                        )?);
                    }
                    (None, None, Some(text)) => hashed.push(text.hashes(place)),
                    (None, None, None) if place < columns => words.push(vec![NONE; rows]),
                    (None, None, None) => hashed.push(vec![None; rows]),
                }
            }
            let (subjects, sensitive) = hashed.split_at(subjects);
            let mut row_words = Vec::new();
            for row in 0..rows {
                row_words.clear();
                row_words.extend(words.iter().map(|column| column[row]));
                let subject = subjects.iter().find_map(|column| column[row]);
                self.row(subject, &row_words, sensitive.iter().map(|column| column[row]))?;
            }
        }
        Ok(())
    }

    fn ndjson(&mut self, input: &Input, cancel: &AtomicBool) -> Result<(), Why> {
        let paths = self.paths();
        let partition = |path: &String| {
            let found = input.partitions.iter().find(|(name, _)| name == path);
            found.and_then(|(_, value)| Value::of(&Leaf::Text(value.into())))
        };
        let fixed: Vec<Option<Value>> = paths.iter().map(partition).collect();
        let (columns, subjects) = (self.columns.len(), self.subject.len());
        let (mut values, mut words) = (fixed.clone(), Vec::with_capacity(columns));
        let inside = self.inside.clone();
        each_line(&input.path, cancel, |line, text| {
            values.clone_from_slice(&fixed);
            json::look(text, "", &inside, &mut |path, leaf| note(&paths, path, &leaf, &mut values))
                .map_err(|stop| told(&stop, line))?;
            words.clear();
            for (column, value) in self.columns.iter_mut().zip(&values) {
                words.push(match value {
                    Some(value) => column.word(value.given(), &mut self.bytes.1)?,
                    None => NONE,
                });
            }
            let hash = |value: &Option<Value>| value.as_ref().map(Value::hash);
            let subject = values[columns..columns + subjects].iter().find_map(hash);
            self.row(subject, &words, values[columns + subjects..].iter().map(hash))
        })
    }

    fn finish(self, job: &mut Job) -> Privacies {
        for column in self.columns.iter().filter(|column| column.change.rare) {
            let common = column.words.iter().zip(&column.enough).filter(|(_, enough)| **enough);
            let common: BTreeSet<String> = common.map(|(word, _)| word.to_owned()).collect();
            job.set_common(&column.change.path, common);
        }
        let quasi: Vec<&Counted> = self.columns.iter().filter(|column| column.quasi).collect();
        // Classes whose rare values are suppressed become one.
        let mut merged: HashMap<Vec<u32>, Class> = HashMap::new();
        let mut everybody: HashSet<u64> = HashSet::new();
        #[expect(
            clippy::iter_over_hash_type,
            reason = "sets that are united do not depend on the order"
        )]
        for (key, class) in self.classes {
            let become_rare = |(word, column): (&u32, &&Counted)| {
                let rare = column.change.rare
                    && column.enough.get(*word as usize).is_some_and(|enough| !enough);
                if rare { RARE } else { *word }
            };
            let key = key.iter().zip(&quasi).map(become_rare).collect();
            everybody.extend(&class.subjects);
            match merged.entry(key) {
                Entry::Vacant(new) => {
                    new.insert(class);
                }
                Entry::Occupied(mut into) => {
                    let into = into.get_mut();
                    into.subjects.extend(class.subjects);
                    for (into, from) in into.sensitive.iter_mut().zip(class.sensitive) {
                        into.extend(from);
                    }
                }
            }
        }
        let sizes = merged.values().map(|class| class.subjects.len() as u64);
        let least = |place: usize| {
            merged.values().map(|class| class.sensitive[place].len() as u64).min().unwrap_or(0)
        };
        let sensitive = self.sensitive.iter().enumerate().filter(|_| !self.overflow);
        let name = |path: &str| names::shown(path).into_owned();
        Privacies {
            of_subjects: !self.subject.is_empty(),
            quasi_identifiers: quasi.iter().map(|column| name(&column.change.path)).collect(),
            k: if self.overflow { None } else { sizes.clone().min() },
            under_k: sizes.filter(|size| *size < self.k as u64).sum(),
            subjects: everybody.len() as u64,
            l: sensitive.map(|(i, path)| (name(path), least(i))).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn census(most_bytes: usize) -> Census {
        Census {
            k: 2,
            subject: vec!["user".to_owned()],
            columns: Vec::new(),
            sensitive: vec!["ill".to_owned()],
            inside: Vec::new(),
            classes: HashMap::new(),
            key: Vec::new(),
            bytes: (0, 0),
            most_bytes,
            rows: 0,
            overflow: false,
        }
    }

    #[test]
    fn what_is_counted_is_bounded() {
        // One class, and many people in it: more than there is room for.
        let mut few = census(1_000 * ONE_BYTES);
        for person in 0..1_200 {
            few.row(Some(person), &[], std::iter::once(Some(1)))
                .expect("nothing has to be counted");
        }
        assert!(few.overflow && few.classes.is_empty() && few.bytes.0 == 0);
        let mut many = census(2_000 * ONE_BYTES);
        for person in 0..1_200 {
            many.row(Some(person), &[], std::iter::once(Some(1))).expect("room");
        }
        assert!(!many.overflow && many.bytes.0 > 1_200 * ONE_BYTES);
    }
}
