//! The score: counts, rates, gates; as one JSON document or JUnit XML.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::Ask;
use super::baseline::{Baseline, Rows};
use super::interval::{F1, Rate};
use super::judge::{Judge, Side, Tally, Verdict};
use super::truth::{Incident, Rule, Truth};
use crate::check::report::xml;

/// The version of the JSON document's shape.
pub const SCHEMA_VERSION: u32 = 1;
/// Incidents of a kind below which a recall of 95 % cannot be shown: 59 found of 59 say no more than that.
pub const ENOUGH: u64 = 59;
/// Missed incidents that are listed by kind.
const LISTED: usize = 20;

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

/// Writes a score down.
pub(super) fn write(
    subject: Subject,
    truth: &Truth,
    judge: &Judge,
    period: (i64, i64),
    ask: &Ask,
) -> Score {
    let rows = chances(truth, judge);
    let lines = Lines::of(truth, judge);
    let row_part = Part {
        baselines: vec![
            rows.drawn("nothing", 0),
            rows.drawn("everything", rows.all),
            rows.drawn("random", judge.rows.targets.all()),
        ],
        ..lines.part(&judge.rows, false)
    };
    let windows = lines.part(&judge.alarms, true);
    let baselines = judge
        .windows()
        .baselines(period, &judge.lengths, |at| judge.scores(&truth.incidents[at as usize]));
    let has_windows = windows.all.recall.of > 0 || judge.alarms.targets.all() > 0;
    let wrong = judge.rows.targets.wrong();
    let clean = rows.all.saturating_sub(rows.labelled + rows.neutral);
    let right = judge.rows.targets.of(Verdict::Right).min(rows.labelled);
    let quiet = clean.saturating_sub(wrong);
    let critical = |part: &Part| {
        part.severities
            .iter()
            .filter(|line| line.is_critical)
            .map(|line| (line.recall.hits, line.recall.of))
            .next()
            .unwrap_or_default()
    };
    let ((hits, of), (alarm_hits, alarm_of)) = (critical(&row_part), critical(&windows));
    let mut rules: Vec<RuleLine> = judge
        .rules
        .iter()
        .zip(&judge.by_rule)
        .map(|(rule, tally)| RuleLine { rule: rule.to_owned(), heard: (*tally).into() })
        .collect();
    rules.sort_by(|a, b| a.rule.cmp(&b.rule));
    Score {
        schema_version: SCHEMA_VERSION,
        subject,
        heard: judge.findings.into(),
        repeats: judge.repeats,
        columns: Rate::new(judge.columns.1, judge.columns.0),
        rows: row_part,
        windows: has_windows.then_some(Part { baselines: baselines.into(), ..windows }),
        critical: Rate::new(hits + alarm_hits, of + alarm_of),
        specificity: Rate::new(quiet, clean),
        twin: None,
        accuracy: (right + quiet) as f64 / ((rows.labelled + clean).max(1)) as f64,
        coverage: coverage(truth, judge, ask),
        rules,
        decoys: decoys(truth, judge),
        gates: Vec::new(),
        missed: missed(truth, judge),
        invented: judge
            .invented
            .iter()
            .map(|(_, rule, place, is_decoy)| Invented {
                rule: rule.clone(),
                place: place.clone(),
                is_decoy: *is_decoy,
            })
            .collect(),
        notes: notes(&lines),
    }
}

/// The rows of the data set as chance meets them.
fn chances(truth: &Truth, judge: &Judge) -> Rows {
    let mut rows = Rows { all: truth.places.row_count(), ..Rows::default() };
    for members in truth.places.rows() {
        let members = || members.iter().map(|&at| truth.members[at as usize]);
        let of = |incident: u32| &truth.incidents[incident as usize];
        if members().any(|member| member.shows && judge.scores(of(member.incident))) {
            rows.labelled += 1;
        } else if members().any(|member| !of(member.incident).is_decoy) {
            rows.neutral += 1;
        }
    }
    let scored = truth.incidents.iter().filter(|of| of.rule != Rule::Window && judge.scores(of));
    rows.incidents = scored.map(|of| (of.rows, of.rule == Rule::All)).collect();
    rows
}

/// Incidents that were found, by what they are.
#[derive(Debug, Clone, Default)]
struct Count {
    of: u64,
    found: u64,
    named: u64,
    repeats: u64,
    is_critical: bool,
    latencies: Vec<i64>,
}

impl Count {
    fn add(&mut self, of: &Incident, (found, named): (bool, bool), heard: super::judge::Heard) {
        self.of += 1;
        self.found += u64::from(found);
        self.named += u64::from(named);
        self.is_critical |= of.is_critical;
        self.repeats += heard.findings.saturating_sub(u64::from(of.marks));
        if found && let Some((from, at)) = of.arrival.zip(heard.first) {
            self.latencies.push(at - from);
        }
    }

    fn latency(&self) -> Option<Latency> {
        let mut sorted = self.latencies.clone();
        sorted.sort_unstable();
        let at = |share: f64| {
            let rank = (share * sorted.len() as f64).ceil() as usize;
            Some(*sorted.get(rank.max(1) - 1)? as f64 / 1e6)
        };
        Some(Latency {
            of: sorted.len() as u64,
            median_s: at(0.5)?,
            p90_s: at(0.9)?,
            max_s: at(1.0)?,
        })
    }
}

/// The counts of rows and of windows: by kind, by severity, in all.
struct Lines<'t> {
    truth: &'t Truth,
    claims: bool,
    kinds: [BTreeMap<u32, Count>; 2],
}

impl<'t> Lines<'t> {
    fn of(truth: &'t Truth, judge: &Judge) -> Self {
        let mut kinds = [const { BTreeMap::<u32, Count>::new() }; 2];
        for (of, heard) in
            truth.incidents.iter().zip(&judge.heard).filter(|(of, _)| judge.scores(of))
        {
            let side = usize::from(of.rule == Rule::Window);
            kinds[side].entry(of.kind).or_default().add(of, judge.verdict(of), *heard);
        }
        // A kind that is only claimed has a line too.
        for (side, of) in [&judge.rows, &judge.alarms].into_iter().enumerate() {
            for kind in of.wrong_by_kind.keys().chain(of.misnamed_by_kind.keys()) {
                kinds[side].entry(*kind).or_default();
            }
        }
        Self { truth, claims: judge.claiming > 0, kinds }
    }

    fn part(&self, side: &Side, is_alarms: bool) -> Part {
        let kinds = &self.kinds[usize::from(is_alarms)];
        let right = |alarms: Option<&u64>, found: u64| {
            if is_alarms { alarms.copied().unwrap_or(0) } else { found }
        };
        let count = |of: Option<&u64>| of.copied().unwrap_or(0);
        let mut lines: Vec<Line> = kinds
            .iter()
            .map(|(kind, of)| {
                let right = right(side.right_by_kind.get(kind), of.found);
                let wrong =
                    (count(side.wrong_by_kind.get(kind)), count(side.misnamed_by_kind.get(kind)));
                self.line(self.truth.kinds.word(*kind), of, right, wrong)
            })
            .collect();
        lines.sort_by(|a, b| (!a.is_critical, &a.name).cmp(&(!b.is_critical, &b.name)));
        let severity = |is_critical: bool| {
            let of = sum(kinds.values().filter(|count| count.is_critical == is_critical));
            let right = right(side.right_by_severity.get(&is_critical), of.found);
            let wrong = (
                count(side.wrong_by_severity.get(&is_critical)),
                count(side.misnamed_by_severity.get(&is_critical)),
            );
            let mut line =
                self.line(if is_critical { "critical" } else { "minor" }, &of, right, wrong);
            line.is_critical = is_critical;
            line
        };
        let of = sum(kinds.values());
        let right = if is_alarms { side.targets.of(Verdict::Right) } else { of.found };
        let all = self.line("all", &of, right, (side.targets.wrong(), side.misnamed));
        let severities =
            [true, false].map(severity).into_iter().filter(|line| line.recall.of > 0).collect();
        Part { all, severities, kinds: lines, baselines: Vec::new() }
    }

    fn line(&self, name: &str, of: &Count, right: u64, (wrong, misnamed): (u64, u64)) -> Line {
        let (recall, precision) = (Rate::new(of.found, of.of), Rate::new(right, right + wrong));
        let named = self.claims.then(|| {
            let (recall, precision) =
                (Rate::new(of.named, of.of), Rate::new(of.named, of.named + misnamed));
            Named { recall, precision, f1: F1::of(&precision, &recall) }
        });
        Line {
            name: name.to_owned(),
            is_critical: of.is_critical,
            recall,
            precision,
            f1: F1::of(&precision, &recall),
            named,
            repeats: of.repeats,
            latency: of.latency(),
            is_small: of.of < ENOUGH,
        }
    }
}

fn sum<'c>(counts: impl Iterator<Item = &'c Count>) -> Count {
    counts.fold(Count::default(), |mut all, one| {
        all.of += one.of;
        all.found += one.found;
        all.named += one.named;
        all.repeats += one.repeats;
        all.is_critical |= one.is_critical;
        all.latencies.extend(&one.latencies);
        all
    })
}

fn coverage(truth: &Truth, judge: &Judge, ask: &Ask) -> Coverage {
    let mut kinds: BTreeMap<u32, bool> = BTreeMap::new();
    for of in truth.incidents.iter().filter(|of| judge.scores(of)) {
        *kinds.entry(of.kind).or_default() |= judge.verdict(of).0;
    }
    let found = kinds.values().filter(|found| **found).count() as u64;
    let in_set = kinds.len() as u64;
    Coverage { found, in_set, in_catalogue: in_set.max(ask.catalogue.len() as u64) }
}

fn decoys(truth: &Truth, judge: &Judge) -> Vec<Decoys> {
    let mut kinds: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    let flagged = judge.flagged_decoys();
    for (of, at) in truth.incidents.iter().zip(0_u32..).filter(|(of, _)| of.is_decoy) {
        let (hit, all) = kinds.entry(truth.kinds.word(of.kind)).or_default();
        *all += 1;
        *hit += u64::from(flagged.contains(&at));
    }
    kinds
        .into_iter()
        .map(|(kind, (flagged, of))| Decoys { kind: kind.to_owned(), flagged, of })
        .collect()
}

fn missed(truth: &Truth, judge: &Judge) -> Vec<Missed> {
    let mut kinds: BTreeMap<&str, Vec<Missed>> = BTreeMap::new();
    for of in truth.incidents.iter().filter(|of| judge.scores(of) && !judge.verdict(of).0) {
        let kind = truth.kinds.word(of.kind);
        let list = kinds.entry(kind).or_default();
        if list.len() < LISTED {
            let anomaly_id = crate::read::id_text(of.id);
            list.push(Missed { kind: kind.to_owned(), anomaly_id, place: of.told.clone() });
        }
    }
    kinds.into_values().flatten().collect()
}

fn notes(lines: &Lines) -> Vec<String> {
    let mut kinds: BTreeMap<&str, u64> = BTreeMap::new();
    for (kind, of) in lines.kinds.iter().flatten().filter(|(_, of)| of.of > 0) {
        *kinds.entry(lines.truth.kinds.word(*kind)).or_default() += of.of;
    }
    let small: Vec<String> = kinds
        .into_iter()
        .filter(|(_, of)| *of < ENOUGH)
        .map(|(kind, of)| format!("{kind} ({of})"))
        .collect();
    let mut notes = Vec::new();
    if !small.is_empty() {
        notes.push(format!(
            "fewer than {ENOUGH} incidents cannot show a recall of 95 %: {}",
            small.join(", ")
        ));
    }
    if !lines.claims {
        notes.push(
            "no finding claims a kind: give `kind`, or --map, to see what is named".to_owned(),
        );
    }
    notes
}
