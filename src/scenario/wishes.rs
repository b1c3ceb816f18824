//! What a scenario asks to go wrong, as written. Which kinds there are and what they take is known further down the data's way.

use std::fmt::{self, Write};

use crate::diag::{Document, Located, Place, Problem, Problems, Scalar, Table};
use crate::scenario::request::{Name, quoted};

/// The presets; the first stands for nothing at all.
pub const PRESETS: [&str; 4] = ["off", "default", "critical", "everything"];

/// The tables that hold the truth about anomalies: written when there are some, and only then.
pub const LABELS: [&str; 2] = ["truth/anomalies", "truth/anomaly_members"];

/// What is asked for under `[anomalies]`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Wishes {
    /// A preset to begin with; none: `off`.
    pub preset: Option<Name>,
    /// Whether two incidents may touch the same session or order.
    pub overlaps: bool,
    /// Whether the labels are written as NDJSON as well, when the files are of another format.
    pub ndjson_labels: bool,
    /// A seed of its own; none: the data set's.
    pub seed: Option<u64>,
    /// The kinds named, in the order written.
    pub kinds: Vec<Wish>,
}

/// What is asked of one kind.
#[derive(Debug, Clone, PartialEq)]
pub struct Wish {
    /// The kind.
    pub kind: Name,
    /// Its settings, in the order written.
    pub settings: Vec<Setting>,
}

/// A setting of a kind.
#[derive(Debug, Clone)]
pub struct Setting {
    /// Its name.
    pub name: Name,
    /// Its value.
    pub value: Scalar,
    /// Where the value stands.
    pub place: Option<Place>,
}

/// Two settings are the same wherever they were written.
impl PartialEq for Setting {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, &self.value) == (&other.name, &other.value)
    }
}

impl Setting {
    /// A problem with the value.
    pub fn problem(&self, message: impl Into<String>, help: impl Into<String>) -> Problem {
        Problem { message: message.into(), place: self.place.clone(), help: Some(help.into()) }
    }
}

impl Wishes {
    /// A preset and nothing else.
    pub fn preset(name: &str) -> Self {
        Self { preset: Some(Name::from(name)), ..Self::default() }
    }

    /// Whether nothing is to go wrong.
    pub fn is_off(&self) -> bool {
        let preset = self.preset.as_ref();
        self.kinds.is_empty() && preset.is_none_or(|preset| preset.text == PRESETS[0])
    }

    /// Reads a file that holds `[anomalies]` and nothing else.
    ///
    /// # Errors
    /// Every mistake in it.
    pub fn read_file(file: &str, text: &str) -> Result<Self, Problems> {
        let document = Document::parse(file, text);
        if document.is_broken() {
            return Err(document.problems());
        }
        let wishes = document.root().table("anomalies").map(|table| Self::read(&table));
        document.problems().or(wishes.unwrap_or_default())
    }

    /// Reads the table `anomalies`.
    pub(super) fn read(table: &Table<'_>) -> Self {
        let name =
            |written: Located<String>| Name { place: Some(written.place()), text: written.value };
        let preset = table.opt_located("preset").map(name);
        let overlaps = table.flag("overlaps", false);
        let ndjson_labels = table.flag("ndjson_labels", false);
        let seed = table.opt_integer("seed", 0..=i64::MAX).map(|seed| seed as u64);
        let own = ["preset", "overlaps", "ndjson_labels", "seed"];
        let mut kinds = Vec::new();
        for key in table.keys().into_iter().filter(|key| !own.contains(key)) {
            let place = table.key_place(key);
            let Some(of_kind) = table.opt_table(key) else { continue };
            let settings = of_kind.scalars().into_iter().map(|(key, value)| Setting {
                place: Some(value.place()),
                name: name(key),
                value: value.value,
            });
            let kind = Name { text: key.to_owned(), place };
            kinds.push(Wish { kind, settings: settings.collect() });
        }
        Self { preset, overlaps, ndjson_labels, seed, kinds }
    }

    /// Writes it as a scenario has it.
    pub(super) fn write_toml(&self, out: &mut String) -> fmt::Result {
        writeln!(out, "\n[anomalies]")?;
        if let Some(preset) = &self.preset {
            writeln!(out, "preset = {}", quoted(&preset.text))?;
        }
        if self.overlaps {
            writeln!(out, "overlaps = true")?;
        }
        if self.ndjson_labels {
            writeln!(out, "ndjson_labels = true")?;
        }
        if let Some(seed) = self.seed {
            writeln!(out, "seed = {seed}")?;
        }
        for Wish { kind, settings } in &self.kinds {
            writeln!(out, "\n[anomalies.{}]", quoted(&kind.text))?;
            for Setting { name, value, .. } in settings {
                writeln!(out, "{} = {}", quoted(&name.text), toml(value))?;
            }
        }
        Ok(())
    }
}

/// A value as TOML.
fn toml(value: &Scalar) -> String {
    match value {
        Scalar::Text(text) => quoted(text),
        Scalar::Integer(number) => number.to_string(),
        Scalar::Number(number) => format!("{number:?}"),
        Scalar::Flag(flag) => flag.to_string(),
        Scalar::Texts(texts) => {
            let texts: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
            format!("[{}]", texts.join(", "))
        }
    }
}
