//! The request: everything that decides a data set's bytes, apart from the models and schemas.

use std::fmt::Write as _;

use jiff::civil::Date;

use crate::diag::{Place, Problem, Problems, suggest};
use crate::scenario::wishes::Wishes;
use crate::sink::Algorithm;

/// A name as written, with its place when it stands in a file, for the stage that knows which names there are.
#[derive(Debug, Clone)]
pub struct Name {
    /// What was written.
    pub text: String,
    /// Where; none for a flag or a default.
    pub place: Option<Place>,
}

/// Two names are the same wherever they were written.
impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Self {
        Self { text: text.to_owned(), place: None }
    }
}

impl Name {
    /// A problem with it.
    pub fn problem(&self, message: impl Into<String>, help: impl Into<String>) -> Problem {
        let (message, help) = (message.into(), Some(help.into()));
        Problem { message, place: self.place.clone(), help }
    }

    /// Its ordinal among the known names of that kind of thing.
    ///
    /// # Errors
    /// An unknown name, with the nearest known one.
    pub fn one_of<'n>(
        &self,
        what: &str,
        known: impl IntoIterator<Item = &'n str>,
    ) -> Result<usize, Problem> {
        let known: Vec<&str> = known.into_iter().collect();
        known.iter().position(|name| *name == self.text).ok_or_else(|| {
            self.problem(format!("unknown {what} `{}`", self.text), suggest(&self.text, known))
        })
    }
}

/// Numbers by name: shares or multipliers, in the order written.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Mix(pub Vec<(Name, f64)>);

impl Mix {
    /// Whether nothing was asked for.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The numbers by ordinal of the known names; `absent` for those not named.
    ///
    /// # Errors
    /// Every unknown name.
    pub fn resolve<'n>(
        &self,
        what: &str,
        known: impl IntoIterator<Item = &'n str>,
        absent: f64,
    ) -> Result<Vec<f64>, Problems> {
        let known: Vec<&str> = known.into_iter().collect();
        let mut numbers = vec![absent; known.len()];
        let mut problems = Problems::new();
        for (name, number) in &self.0 {
            match name.one_of(what, known.iter().copied()) {
                Ok(ordinal) => numbers[ordinal] = *number,
                Err(problem) => problems.push(problem),
            }
        }
        problems.or(numbers)
    }
}

/// Rates asked for of the moments of one journey.
#[derive(Debug, Clone, PartialEq)]
pub struct Goals {
    /// The journey, or `exit` for the offer to those who leave.
    pub journey: Name,
    /// The rates by moment.
    pub rates: Mix,
}

/// How large a data set is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// So many users; events follow from what they do.
    Users(u64),
    /// About so many events; as many users as make them.
    Events(u64),
}

/// How identifiers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ids {
    /// As 36 characters, which every reader takes.
    Text,
    /// As the format's own UUID type, where it has one.
    Native,
}

impl Ids {
    /// Their names.
    pub const NAMES: [(&'static str, Ids); 2] = [("text", Ids::Text), ("native", Ids::Native)];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Native => "native",
        }
    }
}

/// What is asked for, whole: defaults, scenario file and flags laid over one another.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The scenario's name.
    pub scenario: String,
    /// What it is for.
    pub doc: String,
    /// The seed, at most 2^63 - 1 so that TOML can hold it.
    pub seed: u64,
    /// The first day (UTC).
    pub start: Date,
    /// How many days, at least 1.
    pub days: u32,
    /// How many users, or events.
    pub size: Size,
    /// How many journeys, at least, every possible cell of persona, device profile, source and journey kind has; 0 for whatever comes.
    pub coverage: u32,
    /// Change of the daily number of visits over 30 days: 0.1 is a tenth more.
    pub growth: f64,
    /// Greatest time between an event and its arrival, in hours.
    pub lateness: u32,
    /// How many events are simulated together, which bounds the memory of a run.
    pub budget: u64,
    /// Shares of personas, summing to 1: personas not named take no part. Empty: as the personas say themselves.
    pub personas: Mix,
    /// Multipliers of the weights of sources; those not named keep theirs.
    pub sources: Mix,
    /// Multipliers of the weights of device profiles.
    pub devices: Mix,
    /// Multipliers of the weights of journey kinds.
    pub journeys: Mix,
    /// Rates by journey, over those of the files.
    pub targets: Vec<Goals>,
    /// Whether outcomes are drawn so that small sets meet their rates as well.
    pub exact: bool,
    /// The file format's name.
    pub format: Name,
    /// The compression's name; none: the format's own default.
    pub compression: Option<Name>,
    /// How identifiers are written.
    pub ids: Ids,
    /// The digest of each file, in the manifest.
    pub digest: Algorithm,
    /// The tables to write; none: all.
    pub tables: Option<Vec<Name>>,
    /// What is to go wrong; none: nothing.
    pub anomalies: Option<Wishes>,
}

impl Request {
    /// The request as a scenario file: reading it again gives the same request on whatever day.
    pub fn resolved_toml(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = self.write_toml(&mut text);
        text
    }

    fn write_toml(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "name = {}", quoted(&self.scenario))?;
        if !self.doc.is_empty() {
            writeln!(out, "doc = {}", quoted(&self.doc))?;
        }
        writeln!(out, "seed = {}", self.seed)?;
        writeln!(out, "start = {}", self.start)?;
        writeln!(out, "days = {}", self.days)?;
        match self.size {
            Size::Users(users) => writeln!(out, "users = {users}")?,
            Size::Events(events) => writeln!(out, "events = {events}")?,
        }
        if self.coverage > 0 {
            writeln!(out, "coverage = {}", self.coverage)?;
        }
        writeln!(out, "growth = {:?}", self.growth)?;
        writeln!(out, "lateness = \"{}h\"", self.lateness)?;
        writeln!(out, "budget = {}", self.budget)?;
        if self.exact {
            writeln!(out, "exact = true")?;
        }
        self.write_behaviour(out)?;
        self.write_output(out)?;
        self.anomalies.as_ref().map_or(Ok(()), |wishes| wishes.write_toml(out))
    }

    /// What decides how people behave, and nothing of how many there are or how they are written.
    pub(super) fn behaviour_toml(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{} {} {:?} {}", self.start, self.days, self.growth, self.lateness);
        let _ = self.write_behaviour(&mut text);
        text
    }

    fn write_behaviour(&self, out: &mut String) -> std::fmt::Result {
        let mixes = [
            ("personas", &self.personas),
            ("sources", &self.sources),
            ("devices", &self.devices),
            ("journeys", &self.journeys),
        ];
        for (title, mix) in mixes.into_iter().filter(|(_, mix)| !mix.is_empty()) {
            writeln!(out, "\n[{title}]")?;
            for (name, number) in &mix.0 {
                writeln!(out, "{} = {number:?}", quoted(&name.text))?;
            }
        }
        for goals in &self.targets {
            writeln!(out, "\n[targets.{}]", quoted(&goals.journey.text))?;
            for (name, rate) in &goals.rates.0 {
                writeln!(out, "{} = {rate:?}", quoted(&name.text))?;
            }
        }
        Ok(())
    }

    fn write_output(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "\n[output]\nformat = {}", quoted(&self.format.text))?;
        if let Some(compression) = &self.compression {
            writeln!(out, "compression = {}", quoted(&compression.text))?;
        }
        writeln!(out, "ids = {}", quoted(self.ids.name()))?;
        if self.digest != usual_digest(&self.format, self.compression.as_ref()) {
            writeln!(out, "digest = {}", quoted(self.digest.name()))?;
        }
        if let Some(tables) = &self.tables {
            let names: Vec<String> = tables.iter().map(|name| quoted(&name.text)).collect();
            writeln!(out, "tables = [{}]", names.join(", "))?;
        }
        Ok(())
    }
}

/// The digest of files where none is asked for: SHA-256, which every machine can verify, but BLAKE3 for lines that are not compressed,
/// of which SHA-256 would cost more than to make them.
pub(super) fn usual_digest(format: &Name, compression: Option<&Name>) -> Algorithm {
    let is_plain = format.text == "ndjson" && compression.is_none_or(|name| name.text == "none");
    if is_plain { Algorithm::Blake3 } else { Algorithm::Sha256 }
}

/// A TOML basic string.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
