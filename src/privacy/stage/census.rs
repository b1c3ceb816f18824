//! How many people share what: before anything is written, so that what too few share can be suppressed, and told afterwards.
//!
//! k is the least number of subjects, not of rows, that share the values of all quasi-identifiers of a table (Sweeney 2002), and l
//! the least number of values that a sensitive column has among them (Machanavajjhala et al. 2007).

use std::collections::{BTreeSet, HashMap, HashSet};

use arrow::array::{Array, ArrayRef, AsArray as _};
use arrow::datatypes::Int32Type;
use serde::Serialize;

use super::arrays::{self, Leaves};
use super::change::{Change, Given, Made, OTHER};
use super::input::{Form, Input, each_line};
use super::job::Job;
use super::json::{self, Leaf};
use super::survey::told;
use super::why::Why;
use crate::privacy::policy::act::Act;
use crate::read::hash::{self, Words};
use crate::schema::Privacy;

/// Pairs of class and subject that are kept; a table of more is not reckoned.
const MOST_PAIRS: usize = 24_000_000;
/// Different values of a column that are told apart.
const MOST_VALUES: usize = 4_000_000;

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

/// A column whose values are counted.
struct Counted {
    change: Change,
    words: Words,
    /// By word: those who have it, until they are enough.
    people: Vec<HashSet<u64>>,
    enough: Vec<bool>,
    quasi: bool,
}

/// Those who share values, and what sensitive columns hold of them.
#[derive(Default)]
struct Class {
    subjects: HashSet<u64>,
    sensitive: Vec<HashSet<u64>>,
}

/// Counts a table's people, and tells its changes which values are common.
pub(super) fn take(job: &mut Job, inputs: &[&Input], k: u32) -> Result<Option<Privacies>, Why> {
    let mut census = Census::new(job, k);
    if census.columns.is_empty() {
        return Ok(None);
    }
    for input in inputs {
        let told = |why: Why| why.of(&input.path);
        match input.form {
            Form::Parquet => census.parquet(input).map_err(told)?,
            _ => census.ndjson(input).map_err(told)?,
        }
    }
    Ok(Some(census.finish(job)))
}

struct Census {
    k: usize,
    subject: Vec<String>,
    columns: Vec<Counted>,
    sensitive: Vec<String>,
    classes: HashMap<Vec<u32>, Class>,
    pairs: usize,
    rows: u64,
    overflow: bool,
}

impl Census {
    fn new(job: &Job, k: u32) -> Self {
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
        };
        let columns = job.changes().filter(|c| counts(c) && !in_list(c)).map(|c| c.clone());
        let sensitive = job.changes().filter(|change| change.sensitive && !in_list(change));
        Self {
            k: k as usize,
            subject: job.subject.clone(),
            sensitive: sensitive.map(|change| change.path.clone()).collect(),
            columns: columns.map(counted).collect(),
            classes: HashMap::new(),
            pairs: 0,
            rows: 0,
            overflow: false,
        }
    }

    /// Takes in a row: whose it is, and by column the word that it has.
    fn row(&mut self, subject: Option<u64>, words: &[u32], sensitive: &[Option<u64>]) {
        self.rows += 1;
        let subject = match (subject, self.subject.is_empty()) {
            (Some(subject), _) => subject,
            (None, true) => self.rows,
            // Rows of nobody are nobody's quasi-identifiers.
            (None, false) => return,
        };
        for (column, word) in self.columns.iter_mut().zip(words) {
            let Some(people) = column.people.get_mut(*word as usize) else { continue };
            if !column.enough[*word as usize] {
                people.insert(subject);
                if people.len() >= self.k {
                    *people = HashSet::new();
                    column.enough[*word as usize] = true;
                }
            }
        }
        if self.pairs >= MOST_PAIRS {
            self.overflow = true;
            return;
        }
        let quasi = self.columns.iter().zip(words).filter(|(column, _)| column.quasi);
        let key: Vec<u32> = quasi.map(|(_, word)| *word).collect();
        let class = self.classes.entry(key).or_default();
        self.pairs += usize::from(class.subjects.insert(subject));
        class.sensitive.resize_with(self.sensitive.len(), HashSet::new);
        for (seen, value) in class.sensitive.iter_mut().zip(sensitive) {
            self.pairs += usize::from(value.is_some_and(|value| seen.insert(value)));
        }
    }

    fn parquet(&mut self, input: &Input) -> Result<(), Why> {
        let paths: Vec<String> = self.columns.iter().map(|one| one.change.path.clone()).collect();
        let all = paths.iter().chain(&self.subject).chain(&self.sensitive);
        let partition = |path: &&String| input.partitions.iter().any(|(name, _)| name == *path);
        let wanted: Vec<String> = all.filter(|path| !partition(path)).cloned().collect();
        let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
        let mut leaves = Leaves::open(&input.path, Some(&wanted))?;
        while let Some(batch) = leaves.next()? {
            let find = |path: &String| batch.iter().find(|(name, _)| name == path).map(|(_, a)| a);
            let rows = batch.first().map_or(0, |(_, array)| array.len());
            let mut words = Vec::new();
            for column in &mut self.columns {
                words.push(match find(&column.change.path) {
                    Some(array) => column.words_of(array)?,
                    None => vec![NONE; rows],
                });
            }
            let hashes = |path: &String| find(path).map_or(Ok(vec![None; rows]), hashes);
            let subjects: Result<Vec<_>, Why> = self.subject.iter().map(hashes).collect();
            let sensitive: Result<Vec<_>, Why> = self.sensitive.iter().map(hashes).collect();
            let (subjects, sensitive) = (subjects?, sensitive?);
            let (mut row_words, mut row_sensitive) = (Vec::new(), Vec::new());
            for row in 0..rows {
                row_words.clear();
                row_words.extend(words.iter().map(|column| column[row]));
                row_sensitive.clear();
                row_sensitive.extend(sensitive.iter().map(|column| column[row]));
                let subject = subjects.iter().find_map(|column| column[row]);
                self.row(subject, &row_words, &row_sensitive);
            }
            self.check()?;
        }
        Ok(())
    }

    fn ndjson(&mut self, input: &Input) -> Result<(), Why> {
        let paths: Vec<String> = self
            .columns
            .iter()
            .map(|one| one.change.path.clone())
            .chain(self.subject.iter().cloned())
            .chain(self.sensitive.iter().cloned())
            .collect();
        let (columns, subjects) = (self.columns.len(), self.subject.len());
        each_line(&input.path, input.form, |line, text| {
            let mut values = vec![None; paths.len()];
            json::look(text, "", &mut |path, leaf| {
                let value = Value::of(leaf);
                for (_, found) in paths.iter().zip(&mut values).filter(|(at, _)| *at == path) {
                    found.clone_from(&value);
                }
            })
            .map_err(|stop| told(&stop, line))?;
            let mut words = Vec::with_capacity(columns);
            for (column, value) in self.columns.iter_mut().zip(&values) {
                words.push(match value {
                    Some(value) => column.word(value.given())?,
                    None => NONE,
                });
            }
            let hash = |value: &Option<Value>| value.as_ref().map(Value::hash);
            let subject = values[columns..columns + subjects].iter().find_map(hash);
            let sensitive: Vec<Option<u64>> =
                values[columns + subjects..].iter().map(hash).collect();
            self.row(subject, &words, &sensitive);
            self.check()
        })
    }

    fn check(&self) -> Result<(), Why> {
        let over = self.columns.iter().find(|column| column.words.len() > MOST_VALUES);
        over.map_or(Ok(()), |column| {
            let path = &column.change.path;
            Err(Why::Broken(format!(
                "`{path}` has more than {MOST_VALUES} values: generalise it further"
            )))
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
            let into = merged.entry(key).or_default();
            into.subjects.extend(class.subjects);
            into.sensitive.resize_with(self.sensitive.len(), HashSet::new);
            for (into, from) in into.sensitive.iter_mut().zip(class.sensitive) {
                into.extend(from);
            }
        }
        let sizes = merged.values().map(|class| class.subjects.len() as u64);
        let least = |place: usize| {
            merged.values().map(|class| class.sensitive[place].len() as u64).min().unwrap_or(0)
        };
        Privacies {
            of_subjects: !self.subject.is_empty(),
            quasi_identifiers: quasi.iter().map(|column| column.change.path.clone()).collect(),
            k: if self.overflow { None } else { sizes.clone().min() },
            under_k: sizes.filter(|size| *size < self.k as u64).sum(),
            subjects: everybody.len() as u64,
            l: self
                .sensitive
                .iter()
                .cloned()
                .enumerate()
                .map(|(i, name)| (name, least(i)))
                .collect(),
        }
    }
}

impl Counted {
    /// The word that a value becomes.
    fn word(&mut self, given: Given<'_>) -> Result<u32, Why> {
        let mut out = String::new();
        let number;
        let made = self.change.make(given, None, &mut out).map_err(Why::from)?;
        let text = match (made, given) {
            (Made::Text, _) => out.as_str(),
            (Made::Same, Given::Text(text)) => text,
            (Made::Nothing, _) => return Ok(NONE),
            (Made::Same, Given::Int(whole)) | (Made::Int(whole), _) => {
                number = whole.to_string();
                &number
            }
            (Made::Same, Given::Float(float)) | (Made::Float(float), _) => {
                number = float.to_string();
                &number
            }
            (Made::Same, Given::Flag(flag)) => {
                if flag {
                    "true"
                } else {
                    "false"
                }
            }
        };
        if text.is_empty() || text == OTHER {
            return Ok(NONE);
        }
        let word = self.words.add(text);
        if word as usize == self.people.len() {
            self.people.push(HashSet::new());
            self.enough.push(false);
        }
        Ok(word)
    }

    fn words_of(&mut self, array: &ArrayRef) -> Result<Vec<u32>, Why> {
        if let Some(dictionary) = array.as_dictionary_opt::<Int32Type>() {
            let values = arrays::plain_texts(dictionary.values())?;
            // A value that no row holds must not become a word.
            let mut words: Vec<Option<u32>> = vec![None; values.len()];
            let mut rows = Vec::with_capacity(array.len());
            for key in dictionary.keys() {
                let Some(key) = key else {
                    rows.push(NONE);
                    continue;
                };
                let key = key as usize;
                let word = match words[key] {
                    Some(word) => word,
                    None => self.word(Given::Text(values.value(key)))?,
                };
                words[key] = Some(word);
                rows.push(word);
            }
            return Ok(rows);
        }
        let (numbers, floats) = (array.data_type().is_integer(), array.data_type().is_floating());
        let texts = arrays::plain_texts(array)?;
        let word = |text: Option<&str>| match text {
            None => Ok(NONE),
            Some(text) => match (numbers, floats) {
                (true, _) => self.word(text.parse().map_or(Given::Text(text), Given::Int)),
                (_, true) => self.word(text.parse().map_or(Given::Text(text), Given::Float)),
                _ => self.word(Given::Text(text)),
            },
        };
        texts.iter().map(word).collect()
    }
}

/// By row: what tells its value from others.
fn hashes(array: &ArrayRef) -> Result<Vec<Option<u64>>, Why> {
    let some = |text: &str| (!text.is_empty()).then(|| hash::of_bytes(text.as_bytes()));
    if let Some(dictionary) = array.as_dictionary_opt::<Int32Type>() {
        let values = arrays::plain_texts(dictionary.values())?;
        let values: Vec<Option<u64>> = values.iter().map(|text| text.and_then(some)).collect();
        let of = |key: Option<i32>| key.and_then(|key| values.get(key as usize).copied().flatten());
        return Ok(dictionary.keys().iter().map(of).collect());
    }
    Ok(arrays::plain_texts(array)?.iter().map(|text| text.and_then(some)).collect())
}

/// A value of a line.
#[derive(Clone)]
enum Value {
    Text(String),
    Int(i64),
    Float(f64),
    Flag(bool),
}

impl Value {
    /// None for what says nothing.
    fn of(leaf: Leaf<'_>) -> Option<Self> {
        match leaf {
            Leaf::Text(text) if text.is_empty() => None,
            Leaf::Text(text) => Some(Self::Text(text.into_owned())),
            Leaf::Number(word) => {
                word.parse().map(Self::Int).ok().or_else(|| word.parse().map(Self::Float).ok())
            }
            Leaf::Flag(flag) => Some(Self::Flag(flag)),
            Leaf::Null => None,
        }
    }

    fn given(&self) -> Given<'_> {
        match self {
            Self::Text(text) => Given::Text(text),
            Self::Int(number) => Given::Int(*number),
            Self::Float(number) => Given::Float(*number),
            Self::Flag(flag) => Given::Flag(*flag),
        }
    }

    fn hash(&self) -> u64 {
        match self {
            Self::Text(text) => hash::of_bytes(text.as_bytes()),
            Self::Int(number) => hash::of_bytes(number.to_string().as_bytes()),
            Self::Float(number) => number.to_bits(),
            Self::Flag(flag) => u64::from(*flag),
        }
    }
}
