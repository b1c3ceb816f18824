//! Sums up what a judge found into a score.

use std::collections::BTreeMap;

use super::Ask;
use super::baseline::Rows;
use super::interval::{F1, Rate};
use super::judge::{Judge, Side, Verdict};
use super::report::{
    Coverage, Decoys, ENOUGH, Invented, Latency, Line, Missed, Named, Part, RuleLine,
    SCHEMA_VERSION, Score, Subject,
};
use super::truth::{Incident, Rule, Truth};

/// Missed incidents that are listed by kind.
const LISTED: usize = 20;

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
