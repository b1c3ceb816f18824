//! What was found.

use std::fmt;

use serde::Serialize;

use super::Check;

/// Rows that a verdict shows.
const SHOWN: usize = 3;

/// Places that a tally remembers: so many can be told apart by what labels explain of them.
const KEPT: usize = 1 << 18;

/// How a check came out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "outcome", content = "reason")]
pub enum Outcome {
    /// It holds.
    Holds,
    /// It does not.
    Fails,
    /// It could not be made, and why.
    Skipped(String),
    /// It does not hold, but only where the labels of the data set say so: which explain it.
    Explained(String),
}

/// Something that breaks a check, such that it can be looked up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// Where: `events where event_id = …`, or a file.
    pub place: String,
    /// What is there: `session_id … has no row in sessions`.
    pub says: String,
}

/// A number that was measured, with the bounds that it must lie in.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Measure {
    /// What it is.
    pub name: String,
    /// How much.
    pub value: f64,
    /// The least that it may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub least: Option<f64>,
    /// The most that it may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub most: Option<f64>,
    /// How many it is a number of.
    pub seen: u64,
    /// The same within parts of the data set.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
}

/// A number of a part of the data set.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Part {
    /// What the part is: persona, device class and source, say.
    pub of: Vec<String>,
    /// How many it is a number of.
    pub seen: u64,
    /// How much.
    pub value: f64,
}

impl Measure {
    /// A number of so many, which may be whatever it is.
    pub fn new(name: impl Into<String>, value: f64, seen: u64) -> Self {
        Self { name: name.into(), value, least: None, most: None, seen, parts: Vec::new() }
    }

    /// The same, with the bounds that it must lie in.
    #[must_use]
    pub fn within(self, least: impl Into<Option<f64>>, most: impl Into<Option<f64>>) -> Self {
        Self { least: least.into(), most: most.into(), ..self }
    }

    /// Whether it lies within its bounds.
    pub fn holds(&self) -> bool {
        self.least.is_none_or(|least| self.value >= least)
            && self.most.is_none_or(|most| self.value <= most)
    }
}

/// The number with its bounds.
impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:.4}", self.name, self.value)?;
        match (self.least, self.most) {
            (Some(least), Some(most)) => write!(f, " ({least:.4} to {most:.4})"),
            (Some(least), None) => write!(f, " (at least {least:.4})"),
            (None, Some(most)) => write!(f, " (at most {most:.4})"),
            (None, None) => Ok(()),
        }
    }
}

/// What was found of a check.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verdict {
    /// The check.
    #[serde(flatten)]
    pub check: &'static Check,
    /// How it came out.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// How many rows (files, orders, …) were looked at.
    pub seen: u64,
    /// How many of them break it.
    pub wrong: u64,
    /// The first few that do.
    pub evidence: Vec<Evidence>,
    /// What was measured.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub measures: Vec<Measure>,
    /// All that break it, as far as they are remembered: what labels are compared with.
    #[serde(skip)]
    pub places: Vec<Evidence>,
}

impl Verdict {
    /// A check that could not be made.
    pub fn skipped(check: &'static Check, reason: impl Into<String>) -> Self {
        let outcome = Outcome::Skipped(reason.into());
        let (evidence, measures, places) = (Vec::new(), Vec::new(), Vec::new());
        Self { check, outcome, seen: 0, wrong: 0, evidence, measures, places }
    }

    /// What held of nothing does not hold: where a ratio is told, it is skipped.
    pub(super) fn own_up(&mut self) {
        if let (Some((things, _)), Outcome::Holds, 0) = (self.check.ratio, &self.outcome, self.seen)
        {
            self.outcome = Outcome::Skipped(format!("there are no {things}"));
        }
    }

    /// Whether it fails.
    pub fn fails(&self) -> bool {
        self.outcome == Outcome::Fails
    }
}

/// Counts what is looked at and what breaks a check.
#[derive(Debug, Clone)]
pub struct Tally {
    check: &'static Check,
    seen: u64,
    wrong: u64,
    places: Vec<Evidence>,
    measures: Vec<Measure>,
}

impl Tally {
    /// Nothing seen yet.
    pub fn new(check: &'static Check) -> Self {
        Self { check, seen: 0, wrong: 0, places: Vec::new(), measures: Vec::new() }
    }

    /// So many more were looked at.
    #[inline]
    pub fn saw(&mut self, rows: usize) {
        self.seen += rows as u64;
    }

    /// One breaks the check; what shows it is made only as far as it is remembered.
    #[cold]
    pub fn wrong<P: Into<String>, S: Into<String>>(&mut self, evidence: impl FnOnce() -> (P, S)) {
        self.wrong += 1;
        if self.places.len() < KEPT {
            let (place, says) = evidence();
            self.places.push(Evidence { place: place.into(), says: says.into() });
        }
    }

    /// One was looked at, and breaks the check unless it is right.
    #[inline]
    pub fn look<P: Into<String>, S: Into<String>>(
        &mut self,
        right: bool,
        evidence: impl FnOnce() -> (P, S),
    ) {
        self.seen += 1;
        if !right {
            self.wrong(evidence);
        }
    }

    /// So many more break it, at places that were told before.
    pub fn more_wrong(&mut self, rows: u64) {
        self.wrong += rows;
    }

    /// Takes in what another one counted.
    pub fn add(&mut self, other: Self) {
        self.seen += other.seen;
        self.wrong += other.wrong;
        let room = KEPT.saturating_sub(self.places.len());
        self.places.extend(other.places.into_iter().take(room));
        self.measures.extend(other.measures);
    }

    /// A number was measured; outside its bounds it breaks the check.
    pub fn measure(&mut self, measure: Measure) {
        self.wrong += u64::from(!measure.holds());
        self.measures.push(measure);
    }

    /// A number was measured; outside its bounds it breaks the check, as the evidence says.
    pub fn weigh<P: Into<String>, S: Into<String>>(
        &mut self,
        measure: Measure,
        evidence: impl FnOnce() -> (P, S),
    ) {
        if !measure.holds() {
            self.wrong(evidence);
        }
        self.measures.push(measure);
    }

    /// Whether anything breaks it so far.
    pub fn is_broken(&self) -> bool {
        self.wrong > 0
    }

    /// What was found.
    pub fn verdict(self) -> Verdict {
        let Self { check, seen, wrong, places, measures } = self;
        let outcome = if wrong == 0 { Outcome::Holds } else { Outcome::Fails };
        let evidence = places.iter().take(SHOWN).cloned().collect();
        Verdict { check, outcome, seen, wrong, evidence, measures, places }
    }
}
