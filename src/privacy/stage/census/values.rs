//! Values that are counted: of arrays, of lines, and within texts that are JSON.

use std::collections::HashSet;

use arrow::array::{Array, ArrayRef, AsArray as _, Float64Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, Int32Type};

use super::super::arrays;
use super::super::change::{Change, Given, OTHER};
use super::super::json::{self, Leaf};
use super::super::survey::told_inside;
use super::super::why::{Why, broken};
use super::{NONE, WORD_BYTES};
use crate::read::hash::{self, Words};

/// A column whose values are counted.
pub(super) struct Counted {
    pub(super) change: Change,
    pub(super) words: Words,
    /// By word: those who have it, until they are enough.
    pub(super) people: Vec<HashSet<u64>>,
    pub(super) enough: Vec<bool>,
    pub(super) quasi: bool,
    pub(super) buffer: String,
    pub(super) digits: String,
}

/// Notes a leaf among the values of the paths that are looked at.
pub(super) fn note(paths: &[String], path: &str, leaf: &Leaf<'_>, values: &mut [Option<Value>]) {
    for (_, found) in paths.iter().zip(values).filter(|(at, _)| *at == path) {
        *found = Value::of(leaf);
    }
}

/// Texts that are JSON: what the values within them are.
pub(super) struct Texts {
    pub(super) root: String,
    /// By row the text that it has.
    rows: Vec<Option<u32>>,
    /// By text, the values at all paths.
    values: Vec<Vec<Option<Value>>>,
}

impl Texts {
    /// A dictionary's texts are looked at once.
    pub(super) fn of(
        array: &ArrayRef,
        root: &str,
        paths: &[String],
        inside: &[String],
    ) -> Result<Self, Why> {
        let (rows, texts) = match array.as_dictionary_opt::<Int32Type>() {
            Some(dictionary) => {
                let rows = dictionary.keys().iter().map(|key| key.map(|key| key as u32));
                (rows.collect(), arrays::plain_texts(dictionary.values())?)
            }
            None => ((0..array.len() as u32).map(Some).collect(), arrays::plain_texts(array)?),
        };
        let values = texts.iter().map(|text| {
            let mut values = vec![None; paths.len()];
            if let Some(text) = text.filter(|text| !text.is_empty()) {
                let mut see = |path: &str, leaf: Leaf<'_>| note(paths, path, &leaf, &mut values);
                json::look(text.as_bytes(), root, inside, &mut see)
                    .map_err(|stop| told_inside(&stop, root))?;
            }
            Ok(values)
        });
        let values = values.collect::<Result<_, Why>>()?;
        Ok(Self { root: root.to_owned(), rows, values })
    }

    pub(super) fn words(
        &self,
        place: usize,
        column: &mut Counted,
        bytes: &mut usize,
    ) -> Result<Vec<u32>, Why> {
        let words: Result<Vec<u32>, Why> = self
            .values
            .iter()
            .map(|values| match &values[place] {
                Some(value) => column.word(value.given(), bytes),
                None => Ok(NONE),
            })
            .collect();
        let words = words?;
        let word = |row: &Option<u32>| row.map_or(NONE, |row| words[row as usize]);
        Ok(self.rows.iter().map(word).collect())
    }

    pub(super) fn hashes(&self, place: usize) -> Vec<Option<u64>> {
        let hash = |row: u32| self.values[row as usize][place].as_ref().map(Value::hash);
        self.rows.iter().map(|row| row.and_then(hash)).collect()
    }
}

impl Counted {
    /// The word that a value becomes.
    pub(super) fn word(&mut self, given: Given<'_>, bytes: &mut usize) -> Result<u32, Why> {
        let made = self.change.coarsened(given, None, &mut self.buffer).map_err(Why::from)?;
        let text = match Change::word(given, made, &self.buffer, &mut self.digits) {
            None | Some(OTHER) => return Ok(NONE),
            Some(text) => text,
        };
        let word = self.words.add(text);
        if word as usize == self.people.len() {
            self.people.push(HashSet::new());
            self.enough.push(false);
            *bytes += WORD_BYTES + text.len();
        }
        Ok(word)
    }

    pub(super) fn words_of(
        &mut self,
        array: &ArrayRef,
        bytes: &mut usize,
    ) -> Result<Vec<u32>, Why> {
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
                    None => self.word(Given::Text(values.value(key)), bytes)?,
                };
                words[key] = Some(word);
                rows.push(word);
            }
            return Ok(rows);
        }
        if array.data_type().is_floating() {
            // As wide as they are when they are changed: a narrow one is written otherwise.
            let doubles = cast(array, &DataType::Float64).map_err(broken)?;
            let doubles: &Float64Array = doubles.as_primitive::<Float64Type>();
            let word = |double: Option<f64>| {
                double.map_or(Ok(NONE), |double| self.word(Given::Float(double), bytes))
            };
            return doubles.iter().map(word).collect();
        }
        let numbers = array.data_type().is_integer();
        let texts = arrays::plain_texts(array)?;
        let word = |text: Option<&str>| match text {
            None => Ok(NONE),
            Some(text) if numbers => {
                self.word(text.parse().map_or(Given::Text(text), Given::Int), bytes)
            }
            Some(text) => self.word(Given::Text(text), bytes),
        };
        texts.iter().map(word).collect()
    }
}

/// By row: what tells its value from others.
pub(super) fn hashes(array: &ArrayRef) -> Result<Vec<Option<u64>>, Why> {
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
pub(super) enum Value {
    Text(String),
    Int(i64),
    Float(f64),
    Flag(bool),
}

impl Value {
    /// None for what says nothing.
    pub(super) fn of(leaf: &Leaf<'_>) -> Option<Self> {
        match leaf {
            Leaf::Text(text) if text.is_empty() => None,
            Leaf::Text(text) => Some(Self::Text(text.clone().into_owned())),
            Leaf::Number(word) => match word.parse() {
                Ok(whole) => Some(Self::Int(whole)),
                Err(_) if json::is_whole(word) => Some(Self::Text((*word).to_owned())),
                Err(_) => word.parse().map(Self::Float).ok(),
            },
            Leaf::Flag(flag) => Some(Self::Flag(*flag)),
            Leaf::Null => None,
        }
    }

    pub(super) fn given(&self) -> Given<'_> {
        match self {
            Self::Text(text) => Given::Text(text),
            Self::Int(number) => Given::Int(*number),
            Self::Float(number) => Given::Float(*number),
            Self::Flag(flag) => Given::Flag(*flag),
        }
    }

    pub(super) fn hash(&self) -> u64 {
        match self {
            Self::Text(text) => hash::of_bytes(text.as_bytes()),
            Self::Int(number) => hash::of_bytes(number.to_string().as_bytes()),
            Self::Float(number) => number.to_bits(),
            Self::Flag(flag) => u64::from(*flag),
        }
    }
}
