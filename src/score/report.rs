//! The score: counts, rates, gates; as one JSON document or JUnit XML.

use std::fmt::Write as _;

use serde::Serialize;

use super::baseline::Baseline;
use super::interval::{F1, Rate};
use super::judge::{Tally, Verdict};
use crate::check::report::xml;

/// The version of the JSON document's shape.
pub const SCHEMA_VERSION: u32 = 1;
/// Incidents of a kind below which a recall of 95 % cannot be shown: 59 found of 59 say no more than that.
pub const ENOUGH: u64 = 59;

/// What is asked of a detector; R11 of the requirements where nothing else is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Gates {
    /// Critical incidents found, of all: at least.
    pub recall: f64,
    /// What is right of what is flagged: at least.
    pub precision: f64,
    /// Clean rows that are not flagged, of all clean rows: at least.
    pub specificity: f64,
}

impl Default for Gates {
    fn default() -> Self {
        Self { recall: 0.95, precision: 0.99, specificity: 0.99 }
    }
}

/// A demand, and whether it is met.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Gate {
    /// `critical recall`, `precision`, `alarm precision`, `specificity`.
    pub name: &'static str,
    /// What was measured; none when there is nothing to measure.
    pub value: Option<f64>,
    /// The least that passes.
    pub least: f64,
    /// Whether it is met. What has no value is not: a detector that says nothing is not precise.
    pub is_met: bool,
}

impl Gate {
    fn of(name: &'static str, rate: &Rate, least: f64) -> Self {
        Self {
            name,
            value: rate.value,
            least,
            is_met: rate.value.is_some_and(|value| value >= least),
        }
    }
}

/// What was scored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Subject {
    /// The data set's folder.
    pub path: String,
    /// Its version.
    pub dataset_version: String,
    /// The file of findings.
    pub findings: String,
    /// How many there are.
    pub count: u64,
}

/// Findings by what they came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Heard {
    /// They show an incident.
    pub right: u64,
    /// Nobody asked for them.
    pub neutral: u64,
    /// They flag a decoy.
    pub decoys: u64,
    /// Nothing is wrong there.
    pub wrong: u64,
}

impl From<Tally> for Heard {
    fn from(tally: Tally) -> Self {
        Self {
            right: tally.of(Verdict::Right),
            neutral: tally.of(Verdict::Neutral),
            decoys: tally.of(Verdict::Decoy),
            wrong: tally.of(Verdict::Wrong),
        }
    }
}

/// A rule, and what its findings came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleLine {
    /// The rule.
    pub rule: String,
    /// Its findings.
    #[serde(flatten)]
    pub heard: Heard,
}

/// Located and named: what a finding of the right kind found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Named {
    /// Incidents found by a finding of their kind.
    pub recall: Rate,
    /// Of what was claimed to be of the kind.
    pub precision: Rate,
    /// Both.
    pub f1: F1,
}

/// From the first affected arrival to the first alarm, seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Latency {
    /// Incidents that have one.
    pub of: u64,
    /// The median.
    pub median_s: f64,
    /// The 90 % quantile.
    pub p90_s: f64,
    /// The greatest.
    pub max_s: f64,
}

/// Incidents of a kind, of a severity, or all.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Line {
    /// Of what.
    pub name: String,
    /// Whether they are critical.
    pub is_critical: bool,
    /// Found, of all.
    pub recall: Rate,
    /// Right, of what is flagged: credits of rows and entities, alarms of windows.
    pub precision: Rate,
    /// Both.
    pub f1: F1,
    /// The same for findings of the right kind; none when no finding names any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub named: Option<Named>,
    /// Findings beyond the first of each incident.
    pub repeats: u64,
    /// How long it took; none when no finding says when it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency: Option<Latency>,
    /// Whether there are too few to show a recall of 95 %.
    pub is_small: bool,
}

/// Rows and entities, or windows.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Part {
    /// All together.
    pub all: Line,
    /// By severity, critical first.
    pub severities: Vec<Line>,
    /// By kind, critical ones first.
    pub kinds: Vec<Line>,
    /// What would be found without looking.
    pub baselines: Vec<Baseline>,
}

/// Kinds found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// Kinds of which an incident was found.
    pub found: u64,
    /// Kinds that the data set has incidents of and that are scored.
    pub in_set: u64,
    /// Kinds of the catalogue.
    pub in_catalogue: u64,
}

/// Decoys of a kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Decoys {
    /// The kind.
    pub kind: String,
    /// Those that were flagged.
    pub flagged: u64,
    /// All.
    pub of: u64,
}

/// An incident that was missed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Missed {
    /// Its kind.
    pub kind: String,
    /// Its key.
    pub anomaly_id: String,
    /// A place where it shows.
    pub place: String,
}

/// A finding that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Invented {
    /// Its rule.
    pub rule: String,
    /// What it flags.
    pub place: String,
    /// Whether that is a decoy.
    pub is_decoy: bool,
}

/// All that is to be said of findings.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Score {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// What was scored.
    pub subject: Subject,
    /// Findings by what they came to.
    pub heard: Heard,
    /// Those that say what was said before: of a place that was flagged already.
    pub repeats: u64,
    /// Findings that name the column of the incident that they show, of those that name one.
    pub columns: Rate,
    /// Rows and entities.
    pub rows: Part,
    /// Windows, if the set has any or an alarm was raised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub windows: Option<Part>,
    /// Critical incidents of both found.
    pub critical: Rate,
    /// Clean rows that are not flagged.
    pub specificity: Rate,
    /// The same on the clean twin itself, if its findings were given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub twin: Option<Rate>,
    /// What is said rightly of all rows. High for whoever says nothing, and so no measure.
    pub accuracy: f64,
    /// Kinds found.
    pub coverage: Coverage,
    /// Rules, by name.
    pub rules: Vec<RuleLine>,
    /// Decoys, by kind.
    pub decoys: Vec<Decoys>,
    /// What must be met.
    pub gates: Vec<Gate>,
    /// Some of what was missed, by kind.
    pub missed: Vec<Missed>,
    /// Some of what is wrong.
    pub invented: Vec<Invented>,
    /// What else there is to know.
    pub notes: Vec<String>,
}

impl Score {
    /// Holds the score to gates.
    pub(super) fn settle(&mut self, gates: &Gates) {
        let specificity = self.twin.as_ref().unwrap_or(&self.specificity);
        let mut list = Vec::new();
        if self.critical.of > 0 {
            list.push(Gate::of("critical recall", &self.critical, gates.recall));
        }
        let (rows, windows) = (&self.rows.all, self.windows.as_ref().map(|part| &part.all));
        if rows.recall.of > 0 || rows.precision.of > 0 {
            list.push(Gate::of("precision", &rows.precision, gates.precision));
        }
        if let Some(windows) = windows.filter(|windows| windows.precision.of > 0) {
            list.push(Gate::of("alarm precision", &windows.precision, gates.precision));
        }
        list.push(Gate::of("specificity", specificity, gates.specificity));
        self.gates = list;
    }

    /// Whether every gate is met.
    pub fn passes(&self) -> bool {
        self.gates.iter().all(|gate| gate.is_met)
    }

    /// JUnit XML: a case a gate, and a case a kind, which fails nothing by itself.
    pub fn junit(&self) -> String {
        let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
        let failures = self.gates.iter().filter(|gate| !gate.is_met).count();
        let lines: Vec<&Line> = self
            .rows
            .kinds
            .iter()
            .chain(self.windows.iter().flat_map(|part| &part.kinds))
            .collect();
        let (gates, all) = (self.gates.len(), self.gates.len() + lines.len());
        let _ = writeln!(
            out,
            "<testsuites name=\"throng score\" tests=\"{all}\" failures=\"{failures}\" errors=\"0\">"
        );
        let _ = writeln!(
            out,
            "  <testsuite name=\"gates\" tests=\"{gates}\" failures=\"{failures}\" errors=\"0\">"
        );
        for gate in &self.gates {
            let head =
                format!("    <testcase classname=\"throng.score\" name=\"{}\"", xml(gate.name));
            let told = format!("{} (at least {})", exact(gate.value), exact(Some(gate.least)));
            let rest = if gate.is_met {
                format!(">\n      <system-out>{}</system-out>", xml(&told))
            } else {
                format!(">\n      <failure message=\"{}\"/>", xml(&told))
            };
            let _ = writeln!(out, "{head}{rest}\n    </testcase>");
        }
        let _ = writeln!(
            out,
            "  </testsuite>\n  <testsuite name=\"kinds\" tests=\"{}\" failures=\"0\" errors=\"0\">",
            lines.len()
        );
        for line in lines {
            let (hits, of) = (line.recall.hits, line.recall.of);
            let told = format!(
                "found {hits} of {of}, recall {}, precision {}",
                percent(line.recall.value),
                percent(line.precision.value)
            );
            let (name, told) = (xml(&line.name), xml(&told));
            let _ = writeln!(
                out,
                "    <testcase classname=\"throng.score.kinds\" name=\"{name}\">\n      <system-out>{told}</system-out>\n    </testcase>"
            );
        }
        out.push_str("  </testsuite>\n</testsuites>\n");
        out
    }
}

/// `98.3 %`; a dash for what is not known.
pub fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "–".to_owned(), |share| format!("{:.1} %", share * 100.0))
}

/// `98.97 %`, for what is held against a bound: a digit more, so that a value just below it does not read like the bound.
pub fn exact(share: Option<f64>) -> String {
    share.map_or_else(|| "–".to_owned(), |share| format!("{:.2} %", share * 100.0))
}
