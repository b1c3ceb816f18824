//! What analytics over a data set must return, counted from what was simulated and never from the files written.
//!
//! [`Counter`] counts a journal of whole users into a [`Tally`] by ordinals. Users are in one journal each, so tallies add up, and so do
//! the [`Answers`] that give them names: those of shards are kept beside them and make, joined, the very file of an unsharded run.
//! Each answer says what it is, with the SQL that recomputes it from the tables.

mod count;
mod definitions;
mod render;
mod steps;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::answers::definitions::{ABOUT, Answer, Key};
use crate::scenario::World;
use crate::scenario::calendar::date;

pub use count::{Counter, Tally};

/// The answers' place in a data set.
pub const PATH: &str = "truth/answers.json";

/// Their place in a shard, which knows a part of each.
pub const PARTIAL: &str = "truth/answers.partial.json";

/// The version of the files' own shape.
const FORMAT_VERSION: u32 = 1;

/// Something that is counted by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(untagged)]
enum Cell {
    /// Nothing, such as no campaign.
    Nothing(()),
    /// A number.
    Number(i64),
    /// A name or a date.
    Text(String),
}

/// Counts by what they are counted by.
type Rows = BTreeMap<Vec<Cell>, Vec<i64>>;

/// The counts of a data set, or of a part of it, under their names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answers {
    /// In the order of [`ABOUT`].
    rows: Vec<Rows>,
}

/// What is counted by, and the counts.
type KeptRow = (Vec<Cell>, Vec<i64>);

/// How the answers of a shard are kept.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    format_version: u32,
    counts: BTreeMap<String, Vec<KeptRow>>,
}

impl Answers {
    /// Gives a tally its names.
    pub fn new(world: &World, tally: &Tally) -> Self {
        let rows = ABOUT.iter().zip(tally.cubes()).map(|(about, cube)| {
            let row = |(keys, counts): (&[i64; 3], &[i64; 3])| {
                let cells =
                    about.keys.iter().zip(keys).map(|((_, key), value)| cell(world, *key, *value));
                (cells.collect(), counts[..about.counts.len()].to_vec())
            };
            cube.iter().map(row).collect()
        });
        Self { rows: rows.collect() }
    }

    /// Adds those of other users of the same data set.
    pub fn add(&mut self, other: &Self) {
        for (rows, theirs) in self.rows.iter_mut().zip(&other.rows) {
            for (keys, counts) in theirs {
                let Some(sums) = rows.get_mut(keys) else {
                    rows.insert(keys.clone(), counts.clone());
                    continue;
                };
                for (sum, count) in sums.iter_mut().zip(counts) {
                    *sum += count;
                }
            }
        }
    }

    /// As a shard keeps them: a line of JSON.
    pub fn to_partial(&self) -> String {
        let counts = ABOUT.iter().zip(&self.rows).map(|(about, rows)| {
            let rows = rows.iter().map(|(keys, counts)| {
                let keys: Vec<Value> = keys.iter().map(render::value).collect();
                Value::from(vec![Value::from(keys), Value::from(counts.clone())])
            });
            (about.name.to_owned(), rows.collect())
        });
        let kept = json!({
            "format_version": FORMAT_VERSION,
            "counts": counts.collect::<serde_json::Map<String, Value>>(),
        });
        format!("{kept}\n")
    }

    /// Reads those of a shard.
    ///
    /// # Errors
    /// A text that is none, or of another version's shape.
    pub fn from_partial(text: &str) -> serde_json::Result<Self> {
        let wrong = |what: String| <serde_json::Error as serde::de::Error>::custom(what);
        let mut kept: Kept = serde_json::from_str(text)?;
        if kept.format_version != FORMAT_VERSION {
            return Err(wrong(format!("format version {}", kept.format_version)));
        }
        let rows = ABOUT.iter().map(|about| {
            let rows = kept.counts.remove(about.name);
            let rows = rows.ok_or_else(|| wrong(format!("it lacks `{}`", about.name)))?;
            let fits = |(keys, counts): &KeptRow| {
                keys.len() == about.keys.len() && counts.len() == about.counts.len()
            };
            if !rows.iter().all(fits) {
                return Err(wrong(format!("`{}` is of another shape", about.name)));
            }
            Ok(rows.into_iter().collect())
        });
        let rows = rows.collect::<serde_json::Result<Vec<Rows>>>()?;
        Ok(Self { rows })
    }

    /// The file for people and programs: every answer with its rows, and how it is defined.
    pub fn to_json(&self) -> String {
        render::file(self)
    }

    fn rows(&self, answer: Answer) -> &Rows {
        &self.rows[answer as usize]
    }
}

fn cell(world: &World, key: Key, value: i64) -> Cell {
    match key {
        Key::Word(strings) => {
            // What has no name has the greatest key.
            let found = u32::try_from(value).ok().filter(|word| *word != crate::frame::NULL);
            found.map_or(Cell::Nothing(()), |word| Cell::Text(strings(world).get(word).to_owned()))
        }
        Key::OneOf(names) => names
            .get(value as usize)
            .map_or(Cell::Nothing(()), |name| Cell::Text((*name).to_owned())),
        Key::Date => Cell::Text(date(value as i32).to_string()),
        Key::Number => Cell::Number(value),
    }
}
