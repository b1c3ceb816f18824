//! Parameters of a kind as resolved: checked against what the kind takes, defaults filled in.

use std::collections::BTreeMap;

use crate::anomaly::kind::{Kind, Param, ParamType};
use crate::diag::{Problem, Scalar, suggest};
use crate::scenario::wishes::Setting;
use crate::seed::Stream;

/// A parameter's value.
#[derive(Debug, Clone, PartialEq)]
enum Set {
    Number(f64),
    Integer(i64),
    Text(String),
    Texts(Vec<String>),
    Flag(bool),
}

/// A kind's parameters.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Params(BTreeMap<&'static str, Set>);

impl Params {
    /// What nobody changed.
    pub fn defaults(kind: &Kind) -> Self {
        let default = |param: &Param| match &param.ty {
            ParamType::Number(_, default) => Set::Number(*default),
            ParamType::Integer(_, default) => Set::Integer(*default),
            ParamType::Choice(words) => {
                Set::Text(words.first().copied().unwrap_or_default().to_owned())
            }
            ParamType::Some(words) | ParamType::Columns(words) => {
                Set::Texts(words.iter().map(|word| (*word).to_owned()).collect())
            }
            ParamType::Flag(default) => Set::Flag(*default),
        };
        Self(kind.params.iter().map(|param| (param.name, default(param))).collect())
    }

    /// Takes a setting. `columns` says whether there is such a column, as `table.column`.
    ///
    /// # Errors
    /// A value of another type or out of bounds.
    pub fn take(
        &mut self,
        param: &'static Param,
        setting: &Setting,
        columns: &dyn Fn(&str) -> Result<(), String>,
    ) -> Result<(), Problem> {
        let of_type = |wanted: &str| {
            let message = format!("`{}` is {}", param.name, setting.value.kind());
            setting.problem(message, format!("it must be {wanted}"))
        };
        let outside = |low: &dyn std::fmt::Display, high: &dyn std::fmt::Display| {
            let message = format!("`{}` is out of bounds", param.name);
            setting.problem(message, format!("it must be between {low} and {high}"))
        };
        let one_of = |word: &str, known: &[&str]| {
            let message = format!("unknown {} `{word}`", param.name);
            known
                .contains(&word)
                .then_some(())
                .ok_or_else(|| setting.problem(message, suggest(word, known.iter().copied())))
        };
        let set = match (&param.ty, &setting.value) {
            (ParamType::Number(bounds, _), Scalar::Number(_) | Scalar::Integer(_)) => {
                let number = match setting.value {
                    Scalar::Number(number) => number,
                    Scalar::Integer(number) => number as f64,
                    _ => f64::NAN,
                };
                if !bounds.contains(&number) {
                    return Err(outside(bounds.start(), bounds.end()));
                }
                Set::Number(number)
            }
            (ParamType::Number(..), _) => return Err(of_type("a number")),
            (ParamType::Integer(bounds, _), Scalar::Integer(number)) => {
                if !bounds.contains(number) {
                    return Err(outside(bounds.start(), bounds.end()));
                }
                Set::Integer(*number)
            }
            (ParamType::Integer(..), _) => return Err(of_type("a whole number")),
            (ParamType::Choice(known), Scalar::Text(word)) => {
                one_of(word, known)?;
                Set::Text(word.clone())
            }
            (ParamType::Choice(_), _) => return Err(of_type("a string")),
            (ParamType::Some(known), Scalar::Texts(words)) => {
                words.iter().try_for_each(|word| one_of(word, known))?;
                Set::Texts(words.clone())
            }
            (ParamType::Columns(_), Scalar::Texts(words)) => {
                for word in words {
                    columns(word).map_err(|help| {
                        setting.problem(format!("unknown column `{word}`"), help)
                    })?;
                }
                Set::Texts(words.clone())
            }
            (ParamType::Some(_) | ParamType::Columns(_), _) => {
                return Err(of_type("an array of strings"));
            }
            (ParamType::Flag(_), Scalar::Flag(flag)) => Set::Flag(*flag),
            (ParamType::Flag(_), _) => return Err(of_type("true or false")),
        };
        if matches!(&set, Set::Texts(words) if words.is_empty()) {
            let message = format!("`{}` is empty", param.name);
            return Err(setting.problem(message, "name some, or leave it out"));
        }
        self.0.insert(param.name, set);
        Ok(())
    }

    /// A number; whole ones too.
    pub fn number(&self, name: &str) -> f64 {
        match self.0.get(name) {
            Some(Set::Number(number)) => *number,
            Some(Set::Integer(number)) => *number as f64,
            _ => 0.0,
        }
    }

    /// A whole number.
    pub fn integer(&self, name: &str) -> i64 {
        match self.0.get(name) {
            Some(Set::Integer(number)) => *number,
            _ => 0,
        }
    }

    /// A word.
    pub fn word(&self, name: &str) -> &str {
        match self.0.get(name) {
            Some(Set::Text(word)) => word,
            _ => "",
        }
    }

    /// Words, or columns.
    pub fn words(&self, name: &str) -> &[String] {
        match self.0.get(name) {
            Some(Set::Texts(words)) => words,
            _ => &[],
        }
    }

    /// Words, in the order in which they are to be tried: one of them at random, then those behind it.
    pub fn turns(&self, name: &str, draw: &mut Stream) -> impl Iterator<Item = &str> {
        let words = self.words(name);
        let first = draw.below(words.len().max(1) as u32) as usize;
        words[first.min(words.len())..]
            .iter()
            .chain(&words[..first.min(words.len())])
            .map(String::as_str)
    }

    /// A flag.
    pub fn flag(&self, name: &str) -> bool {
        matches!(self.0.get(name), Some(Set::Flag(true)))
    }

    /// One of several words, all of them as likely.
    pub fn one(&self, name: &str, draw: &mut Stream) -> &str {
        let words = self.words(name);
        let at = draw.below(words.len() as u32) as usize;
        words.get(at).map_or("", String::as_str)
    }

    /// As a JSON object, with what there is to say beside.
    pub fn json(&self, notes: &[(&'static str, String)]) -> String {
        let value = |set: &Set| match set {
            Set::Number(number) => serde_json::json!(number),
            Set::Integer(number) => serde_json::json!(number),
            Set::Text(text) => serde_json::json!(text),
            Set::Texts(texts) => serde_json::json!(texts),
            Set::Flag(flag) => serde_json::json!(flag),
        };
        let members = self.0.iter().map(|(name, set)| ((*name).to_owned(), value(set)));
        let notes = notes.iter().map(|(name, says)| ((*name).to_owned(), serde_json::json!(says)));
        serde_json::Value::Object(members.chain(notes).collect()).to_string()
    }
}
