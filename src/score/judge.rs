//! Each finding judged: right, neutral, a decoy or wrong. The order in which they come is immaterial.

use std::collections::{BTreeMap, BTreeSet};

use super::findings::{Finding, Locator};
use super::places::Target;
use super::truth::{Incident, Rule, Truth};
use super::windows::Windows;
use crate::read::hash::{Ids, NONE, Words};

/// Wrong findings that are kept to be shown.
const KEPT: usize = 20;

/// What a target comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    /// It shows an incident.
    Right,
    /// Nobody asked for it: collateral, context, what only the twin shows, kinds that are not scored.
    Neutral,
    /// It looks odd and is right.
    Decoy,
    /// Nothing is wrong there.
    Wrong,
}

/// How many findings, or different targets, came to what.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    pub(super) by: [u64; 4],
}

impl Tally {
    pub(super) fn of(&self, verdict: Verdict) -> u64 {
        self.by[verdict as usize]
    }

    pub(super) fn all(&self) -> u64 {
        self.by.iter().sum()
    }

    /// What is wrong, decoys among it.
    pub(super) fn wrong(&self) -> u64 {
        self.of(Verdict::Wrong) + self.of(Verdict::Decoy)
    }
}

/// Rows and entities, or windows.
#[derive(Debug, Default)]
pub(super) struct Side {
    /// Different targets.
    pub(super) targets: Tally,
    /// Different wrong targets, by the kind and by the severity that was claimed of them.
    pub(super) wrong_by_kind: BTreeMap<u32, u64>,
    pub(super) wrong_by_severity: BTreeMap<bool, u64>,
    /// Different targets that were claimed for kinds that they are not: wrong ones, and right ones of other kinds.
    pub(super) misnamed_by_kind: BTreeMap<u32, u64>,
    pub(super) misnamed_by_severity: BTreeMap<bool, u64>,
    pub(super) misnamed: u64,
    /// Different alarms that meet an incident, by its kind and severity.
    pub(super) right_by_kind: BTreeMap<u32, u64>,
    pub(super) right_by_severity: BTreeMap<bool, u64>,
}

/// What was heard of an incident.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Heard {
    /// Findings that show it.
    pub(super) findings: u64,
    /// The first of them.
    pub(super) first: Option<i64>,
}

/// A wrong finding, kept to be shown.
pub(super) type Invented = (u128, String, String, bool);

/// Judges findings.
pub(super) struct Judge<'t> {
    truth: &'t Truth,
    /// By kind: whether it is scored, and whether it is critical.
    asked: Vec<bool>,
    critical: Vec<bool>,
    windows: Windows,
    /// Alarms longer than this say nothing of when.
    longest: i64,
    /// By mark: found; found and named.
    pub(super) found: Vec<bool>,
    pub(super) named: Vec<bool>,
    pub(super) heard: Vec<Heard>,
    pub(super) rows: Side,
    pub(super) alarms: Side,
    pub(super) findings: Tally,
    pub(super) repeats: u64,
    pub(super) claiming: u64,
    /// Those that name a column, of those that show an incident in one; and those that name the right one.
    pub(super) columns: (u64, u64),
    /// By rule, as they come.
    pub(super) rules: Words,
    pub(super) by_rule: Vec<Tally>,
    pub(super) lengths: Vec<i64>,
    pub(super) invented: BTreeSet<Invented>,
    decoys: BTreeSet<u32>,
    seen: Ids,
    said: Ids,
}

/// What a finding points at.
pub(super) struct Pointed<'f> {
    pub(super) target: Target,
    /// Members there.
    pub(super) members: Vec<u32>,
    pub(super) finding: &'f Finding<'f>,
}

impl<'t> Judge<'t> {
    /// Nothing heard yet. `asked` says by kind whether it is scored, `critical` whether it is; `period` is the time of the data.
    pub(super) fn new(
        truth: &'t Truth,
        asked: Vec<bool>,
        critical: Vec<bool>,
        period: (i64, i64),
    ) -> Self {
        let windows = truth.incidents.iter().zip(0..).filter(|(of, _)| of.rule == Rule::Window);
        let windows = windows.filter_map(|(of, at)| of.window.map(|(from, to)| (from, to, at)));
        let marks = truth.marks as usize;
        Self {
            truth,
            asked,
            critical,
            windows: Windows::new(windows.collect()),
            longest: (period.1 - period.0) / 2,
            found: vec![false; marks],
            named: vec![false; marks],
            heard: vec![Heard::default(); truth.incidents.len()],
            rows: Side::default(),
            alarms: Side::default(),
            findings: Tally::default(),
            repeats: 0,
            claiming: 0,
            columns: (0, 0),
            rules: Words::default(),
            by_rule: Vec::new(),
            lengths: Vec::new(),
            invented: BTreeSet::new(),
            decoys: BTreeSet::new(),
            seen: Ids::default(),
            said: Ids::default(),
        }
    }

    /// Whether an incident is scored.
    pub(super) fn scores(&self, of: &Incident) -> bool {
        !of.is_decoy && !of.twin_only && self.asked[of.kind as usize]
    }

    /// Hears a finding that claims to be of some kinds.
    pub(super) fn hear(&mut self, pointed: &Pointed, claims: &[u32]) {
        let truth = self.truth;
        let is_alarm = matches!(pointed.finding.locator, Locator::Window(..));
        let marks: Vec<(u32, u32, u32)> = match pointed.finding.locator {
            Locator::Window(start, end, dimension) => self.met(start, end, dimension),
            _ => pointed
                .members
                .iter()
                .map(|&at| (truth.members[at as usize], at))
                .map(|(member, at)| (member.incident, member.mark, at))
                .collect(),
        };
        let shows = |&&(incident, _, member): &&(u32, u32, u32)| {
            let of = &truth.incidents[incident as usize];
            self.scores(of) && (member == NONE || truth.members[member as usize].shows)
        };
        let right: Vec<(u32, u32, u32)> = marks.iter().filter(shows).copied().collect();
        let is_decoy =
            |&(incident, ..): &(u32, u32, u32)| truth.incidents[incident as usize].is_decoy;
        let verdict = if !right.is_empty() {
            Verdict::Right
        } else if marks.iter().any(|mark| !is_decoy(mark)) {
            Verdict::Neutral
        } else if marks.is_empty() {
            Verdict::Wrong
        } else {
            self.decoys.extend(marks.iter().map(|(incident, ..)| *incident));
            Verdict::Decoy
        };
        let right = self.narrowed(right, pointed.finding.column, claims);
        let is_named = self.credit(&right, pointed.finding, claims);
        self.count(pointed, verdict, is_alarm, claims);
        let side = if is_alarm { &mut self.alarms } else { &mut self.rows };
        let is_new = self.seen.add(pointed.target.0).1;
        if is_new {
            side.targets.by[verdict as usize] += 1;
        } else {
            self.repeats += 1;
        }
        if let Locator::Window(start, end, _) = pointed.finding.locator
            && is_new
        {
            self.lengths.push(end - start);
        }
        self.claim(pointed.target, verdict, is_alarm, is_named, claims, &right);
    }

    /// The window incidents that an alarm meets, as incident and mark.
    fn met(&self, start: i64, end: i64, dimension: Option<&str>) -> Vec<(u32, u32, u32)> {
        if end - start > self.longest {
            return Vec::new();
        }
        let met = self.windows.met(start, end).into_iter();
        met.map(|at| (at, &self.truth.incidents[at as usize]))
            .filter(|(_, of)| match (dimension, of.dimension.as_deref()) {
                (Some(said), Some(own)) => said == own,
                _ => true,
            })
            .map(|(at, of)| (at, of.mark, NONE))
            .collect()
    }

    /// Where several incidents are in one place, those of a claimed kind, and those in the named column, come before others.
    fn narrowed(
        &self,
        right: Vec<(u32, u32, u32)>,
        column: Option<&str>,
        claims: &[u32],
    ) -> Vec<(u32, u32, u32)> {
        let only = |right: Vec<(u32, u32, u32)>, kept: &dyn Fn(u32) -> bool| {
            let some = right.iter().any(|(of, ..)| kept(*of));
            if some { right.into_iter().filter(|(of, ..)| kept(*of)).collect() } else { right }
        };
        let incidents = &self.truth.incidents;
        let right = only(right, &|of| claims.contains(&incidents[of as usize].kind));
        let Some(column) = column.map(|name| self.truth.columns.get(name)) else { return right };
        let in_column: Vec<u32> = right
            .iter()
            .filter(|(.., member)| {
                *member != NONE && self.truth.members[*member as usize].column == column
            })
            .map(|(of, ..)| *of)
            .collect();
        only(right, &|of| in_column.contains(&of))
    }

    /// Credits incidents; whether one of them is of a claimed kind.
    fn credit(&mut self, right: &[(u32, u32, u32)], finding: &Finding, claims: &[u32]) -> bool {
        let truth = self.truth;
        let mut is_named = false;
        let mut last = NONE;
        for &(incident, mark, _) in right {
            let named = claims.contains(&truth.incidents[incident as usize].kind);
            is_named |= named;
            self.found[mark as usize] = true;
            self.named[mark as usize] |= named;
            if last == incident {
                continue;
            }
            last = incident;
            let heard = &mut self.heard[incident as usize];
            heard.findings += 1;
            heard.first = match (heard.first, finding.detected_at) {
                (Some(first), Some(now)) => Some(first.min(now)),
                (first, now) => first.or(now),
            };
        }
        let columns = || {
            right
                .iter()
                .filter(|(.., member)| *member != NONE)
                .map(|(.., member)| truth.members[*member as usize].column)
        };
        if let Some(column) = finding.column
            && columns().any(|own| own != NONE)
        {
            self.columns.0 += 1;
            let named = truth.columns.get(column);
            self.columns.1 += u64::from(columns().any(|own| own == named && own != NONE));
        }
        is_named
    }

    /// Counts a finding, by rule too, and keeps some of those that are wrong.
    fn count(&mut self, pointed: &Pointed, verdict: Verdict, is_alarm: bool, claims: &[u32]) {
        self.findings.by[verdict as usize] += 1;
        self.claiming += u64::from(!claims.is_empty());
        let rule = self.rules.add(pointed.finding.rule) as usize;
        if rule == self.by_rule.len() {
            self.by_rule.push(Tally::default());
        }
        self.by_rule[rule].by[verdict as usize] += 1;
        if matches!(verdict, Verdict::Wrong | Verdict::Decoy) {
            let order = pointed.target.0;
            let is_wanted = self.invented.len() < KEPT
                || self.invented.last().is_some_and(|(last, ..)| order < *last);
            if is_wanted && !is_alarm {
                let finding = pointed.finding;
                self.invented.insert((
                    order,
                    finding.rule.to_owned(),
                    told(finding),
                    verdict == Verdict::Decoy,
                ));
                if self.invented.len() > KEPT {
                    self.invented.pop_last();
                }
            }
        }
    }

    /// Counts what was claimed of a target, each claim once.
    fn claim(
        &mut self,
        target: Target,
        verdict: Verdict,
        is_alarm: bool,
        is_named: bool,
        claims: &[u32],
        right: &[(u32, u32, u32)],
    ) {
        let side = if is_alarm { &mut self.alarms } else { &mut self.rows };
        let mut once = |word: u64| self.said.add(target.with(word)).1;
        if is_alarm {
            for (incident, ..) in right {
                let of = &self.truth.incidents[*incident as usize];
                if once(5 << 32 | u64::from(of.kind)) {
                    *side.right_by_kind.entry(of.kind).or_default() += 1;
                }
                if once(6 << 32 | u64::from(of.is_critical)) {
                    *side.right_by_severity.entry(of.is_critical).or_default() += 1;
                }
            }
        }
        let is_wrong = matches!(verdict, Verdict::Wrong | Verdict::Decoy);
        let is_misnamed = is_wrong || verdict == Verdict::Right && !is_named;
        if claims.is_empty() || !is_misnamed {
            return;
        }
        for &kind in claims {
            let is_critical = self.critical[kind as usize];
            if is_wrong && once(1 << 32 | u64::from(kind)) {
                *side.wrong_by_kind.entry(kind).or_default() += 1;
            }
            if is_wrong && once(2 << 32 | u64::from(is_critical)) {
                *side.wrong_by_severity.entry(is_critical).or_default() += 1;
            }
            if once(3 << 32 | u64::from(kind)) {
                *side.misnamed_by_kind.entry(kind).or_default() += 1;
            }
            if once(4 << 32 | u64::from(is_critical)) {
                *side.misnamed_by_severity.entry(is_critical).or_default() += 1;
            }
        }
        side.misnamed += u64::from(once(7 << 32));
    }

    /// Whether an incident is found; and by a finding that names its kind.
    pub(super) fn verdict(&self, of: &Incident) -> (bool, bool) {
        let marks = of.mark as usize..(of.mark + of.marks) as usize;
        (
            self.found[marks.clone()].iter().all(|mark| *mark),
            self.named[marks].iter().all(|mark| *mark),
        )
    }

    /// The decoys that were flagged.
    pub(super) fn flagged_decoys(&self) -> &BTreeSet<u32> {
        &self.decoys
    }

    pub(super) fn windows(&self) -> &Windows {
        &self.windows
    }
}

/// Where a finding points, in words.
pub(super) fn told(finding: &Finding) -> String {
    match finding.locator {
        Locator::Key(key) => format!("{} {key}", finding.table.unwrap_or_default()),
        Locator::Line(file, line) => format!("{file}:{line}"),
        Locator::Byte(file, byte) => format!("{file} at byte {byte}"),
        Locator::File(file) => file.to_owned(),
        Locator::Entity(ty, id) => format!("{ty} {id}"),
        Locator::Window(..) => "a window".to_owned(),
    }
}
