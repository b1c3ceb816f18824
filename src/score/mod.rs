//! Findings scored against the truth: what a detector caught, missed and invented.
//!
//! A `truth` is read from `truth/anomalies` and `truth/anomaly_members`; findings (`findings`) go by one by one, and each is
//! judged (`judge`) by what its locator (`places`) or its window (`windows`) points at:
//!
//! - An incident is credited once, when its match rule is met; further findings of it are repeats, and neither help nor harm.
//! - Findings of collateral and context, and of incidents that nothing but the clean twin shows, are neutral.
//! - A finding of a decoy is wrong, and is told apart.
//! - What is wrong is counted by its place: to say the same wrong thing twice is to say it once.
//!
//! All of that is *located*; *located and named* asks besides that the finding claims the incident's kind. Memory holds the truth and
//! 20 to 50 bytes for each different place that is flagged.

mod baseline;
mod findings;
mod interval;
mod judge;
mod known;
pub mod overview;
mod places;
pub mod report;
mod rules;
mod sum;
#[cfg(test)]
mod tests;
mod truth;
mod windows;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::Path;

use crate::check::Watch;
use crate::diag::{Problem, Problems, suggest};
use crate::read::{self, DataSet};
use crate::schema::Schemas;

pub use baseline::Baseline;
pub use findings::COLUMNS;
pub use interval::{F1, Rate, wilson};
pub use report::{Gate, Gates, Line, Part, Score};
pub use rules::Rules;
pub use truth::{ANOMALIES, MEMBERS};

use findings::{Finding, Locator, Mistakes};
use judge::{Judge, Pointed};
use places::{Places, Target};
use truth::Truth;

/// Why findings could not be scored.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Something that the user wrote: findings, a map, a name.
    #[error(transparent)]
    Written(#[from] Problems),
    /// The truth cannot be read.
    #[error("cannot read {path}: {why}")]
    Truth {
        /// The file.
        path: String,
        /// Why.
        why: String,
    },
    /// No thread can be had.
    #[error(transparent)]
    Read(#[from] read::Error),
    /// Somebody wanted it to stop.
    #[error("interrupted")]
    Cancelled,
}

/// What to score, and how.
#[derive(Debug, Default)]
pub struct Ask {
    /// Kinds that rules are mapped to.
    pub rules: Rules,
    /// Kinds that are scored; none: all.
    pub kinds: Vec<String>,
    /// Kinds that there are, beside those of the data set.
    pub catalogue: Vec<String>,
    /// What must be met.
    pub gates: Gates,
}

/// The kinds of a data set's incidents, and of the catalogue: what rules may claim.
///
/// # Errors
/// The data set has no truth, or it cannot be read.
pub fn kinds(data: &DataSet, catalogue: &[String]) -> Result<Vec<String>, Error> {
    let truth = Truth::read(data)?;
    let known: BTreeSet<String> =
        truth.kinds.iter().map(str::to_owned).chain(catalogue.iter().cloned()).collect();
    Ok(known.into_iter().collect())
}

/// Scores a file of findings; `twin` holds those that the same detector made of the clean twin, all of which are wrong.
///
/// # Errors
/// No truth or another's, findings that make no sense, a key that names no row; or it was cancelled.
pub fn score(
    data: &DataSet,
    schemas: &Schemas,
    findings: &Path,
    twin: Option<&Path>,
    ask: &Ask,
    watch: &Watch<'_>,
) -> Result<Score, Error> {
    let mut truth = Truth::read(data)?;
    let (asked, critical) = kinds_asked(&mut truth, ask)?;
    let period = period(data);
    let mut judge = Judge::new(&truth, asked, critical, period);
    let (heard, notes) = hear(data, schemas, findings, &truth, ask, &mut judge, watch)?;
    let twin = twin.map(|path| flagged(path, &truth, watch)).transpose()?;
    let subject = report::Subject {
        path: data.dir().display().to_string(),
        dataset_version: data.manifest().dataset_version.clone(),
        findings: findings.display().to_string(),
        count: heard,
    };
    let mut score = sum::write(subject, &truth, &judge, period, ask);
    score.notes.splice(0..0, notes);
    score.twin = twin.map(|flagged| {
        let rows = truth.places.row_count();
        Rate::new(rows.saturating_sub(flagged), rows)
    });
    score.settle(&ask.gates);
    Ok(score)
}

/// By kind: whether it is scored, and whether it is critical. Kinds of the catalogue that the set has not are known as well.
fn kinds_asked(truth: &mut Truth, ask: &Ask) -> Result<(Vec<bool>, Vec<bool>), Error> {
    for kind in &ask.catalogue {
        truth.kinds.add(kind);
    }
    let mut problems = Problems::new();
    for kind in ask.kinds.iter().filter(|kind| !truth.kinds.iter().any(|known| known == *kind)) {
        let help = suggest(kind, truth.kinds.iter());
        problems.push(Problem::new(format!("unknown kind `{kind}`")).help(help));
    }
    problems.or(())?;
    let is_asked = |kind: &str| ask.kinds.is_empty() || ask.kinds.iter().any(|asked| asked == kind);
    let asked = truth.kinds.iter().map(is_asked).collect();
    let mut critical = vec![false; truth.kinds.len()];
    for of in &truth.incidents {
        critical[of.kind as usize] |= of.is_critical;
    }
    Ok((asked, critical))
}

/// The time of the data, by its files: microseconds since 1970.
fn period(data: &DataSet) -> (i64, i64) {
    let moment = |text: &Option<String>| {
        let time: jiff::Timestamp = text.as_ref()?.parse().ok()?;
        Some(time.as_microsecond())
    };
    let events = data.table("events").map_or(&[][..], |table| &table.files[..]);
    let first = events.iter().filter_map(|file| moment(&file.min_time)).min();
    let last = events.iter().filter_map(|file| moment(&file.max_time)).max();
    (first.unwrap_or(0), last.unwrap_or(0))
}

/// Judges all findings; how many there are, and what is to be noted.
fn hear(
    data: &DataSet,
    schemas: &Schemas,
    path: &Path,
    truth: &Truth,
    ask: &Ask,
    judge: &mut Judge,
    watch: &Watch<'_>,
) -> Result<(u64, Vec<String>), Error> {
    let mut mistakes = Mistakes::new(path);
    let mut wants = known::Wants::default();
    let mut claims = Claims::new(truth, ask);
    let heard = findings::read(path, &mut mistakes, |finding, mistakes| {
        let of = claims.of(finding, mistakes);
        if let Some((target, members)) = point(finding, &truth.places, mistakes) {
            if let (true, Some((table, _))) = (members.is_empty(), key(finding, &truth.places)) {
                wants.add(target, finding.row, table);
            }
            judge.hear(&Pointed { target, members, finding }, &of);
        }
        go_on(finding, watch)
    })?;
    if watch.is_cancelled() {
        return Err(Error::Cancelled);
    }
    mistakes.settle()?;
    let tables: Vec<&str> = truth.places.table_names().collect();
    let unread = wants.look(data, schemas, &tables, watch)?;
    unknown_keys(path, &wants, &truth.places)?;
    let mut notes: Vec<String> = Vec::new();
    notes.extend(unread.iter().map(|table| {
        format!("{table} has files that cannot be read, so its keys were not looked up")
    }));
    notes.extend(claims.notes());
    Ok((heard, notes))
}

fn go_on(finding: &Finding, watch: &Watch<'_>) -> ControlFlow<()> {
    if finding.row.is_multiple_of(1 << 14) && watch.is_cancelled() {
        return ControlFlow::Break(());
    }
    ControlFlow::Continue(())
}

/// Tells of keys that name no row.
fn unknown_keys(path: &Path, wants: &known::Wants, places: &Places) -> Result<(), Error> {
    let (missing, _) = wants.missing();
    let Some(last) = missing.last().copied() else { return Ok(()) };
    let mut mistakes = Mistakes::new(path);
    findings::read(path, &mut Mistakes::new(path), |finding, _| {
        if missing.binary_search(&finding.row).is_ok()
            && let Some((table, key)) = key(finding, places)
        {
            let table = places.table_names().nth(table as usize).unwrap_or_default();
            let help =
                "was the detector run on this data set, and does it give keys as they stand there?";
            mistakes.add(
                finding.row,
                key,
                &format!("{table} has no row with the key `{key}`"),
                help,
            );
        }
        if finding.row >= last || mistakes.is_full() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    })?;
    Ok(mistakes.settle()?)
}

/// The different places that are flagged in a clean twin.
fn flagged(path: &Path, truth: &Truth, watch: &Watch<'_>) -> Result<u64, Error> {
    let mut mistakes = Mistakes::new(path);
    let mut targets = read::hash::Ids::default();
    findings::read(path, &mut mistakes, |finding, mistakes| {
        if let Some((target, _)) = point(finding, &truth.places, mistakes)
            && !matches!(finding.locator, Locator::Window(..))
        {
            targets.add(target.0);
        }
        go_on(finding, watch)
    })?;
    mistakes.settle()?;
    Ok(targets.len() as u64)
}

/// The table and key that a finding names, if it names a row by its key.
fn key<'f>(finding: &Finding<'f>, places: &Places) -> Option<(u32, &'f str)> {
    match finding.locator {
        Locator::Key(key) => Some((places.table(finding.table?)?, key)),
        Locator::Entity(ty, id) => Some((places.entities(ty)?, id)),
        _ => None,
    }
}

/// What a finding points at, and the members of incidents there.
fn point(
    finding: &Finding,
    places: &Places,
    mistakes: &mut Mistakes,
) -> Option<(Target, Vec<u32>)> {
    let row = finding.row;
    if let Some(table) = finding.table.filter(|table| places.table(table).is_none()) {
        let help = suggest(table, places.table_names());
        mistakes.add(row, table, &format!("the data set has no table `{table}`"), help);
        return None;
    }
    let mut file = |path: &str| {
        let found = places.file(path);
        if found.is_none() {
            let help = "its path in the data set, such as events/event_date=2026-01-05/part-0000-0000.parquet";
            mistakes.add(row, path, &format!("the data set has no file `{path}`"), help);
        }
        found
    };
    let with_file = |file: u32, mut members: Vec<u32>| {
        members.extend(places.at(Target::file(file)));
        members
    };
    Some(match finding.locator {
        Locator::Key(_) | Locator::Entity(..) => {
            let Some((table, key)) = key(finding, places) else {
                let Locator::Entity(ty, _) = finding.locator else { return None };
                let types: Vec<&str> = places
                    .table_names()
                    .map(|name| name.strip_suffix('s').unwrap_or(name))
                    .collect();
                mistakes.add(row, ty, &format!("unknown entity type `{ty}`"), suggest(ty, types));
                return None;
            };
            let target = Target::key(table, key);
            (target, places.at(target).to_vec())
        }
        Locator::Line(path, line) => {
            let file = file(path)?;
            let target = Target::line(file, line);
            (target, with_file(file, places.at(target).to_vec()))
        }
        Locator::Byte(path, byte) => {
            let file = file(path)?;
            (Target::byte(file, byte), with_file(file, places.at_byte(file, byte)))
        }
        Locator::File(path) => {
            let target = Target::file(file(path)?);
            (target, places.at(target).to_vec())
        }
        Locator::Window(start, end, dimension) => {
            (Target::window(start, end, dimension), Vec::new())
        }
    })
}

/// What findings claim: by their own `kind`, or by the map of their rule.
struct Claims<'t> {
    truth: &'t Truth,
    ask: &'t Ask,
    /// By rule: its kinds.
    mapped: BTreeMap<String, Vec<u32>>,
    unmapped: BTreeSet<String>,
}

impl<'t> Claims<'t> {
    fn new(truth: &'t Truth, ask: &'t Ask) -> Self {
        let mapped = ask.rules.names().map(|rule| {
            let kinds =
                ask.rules.of(rule).unwrap_or_default().iter().map(|kind| truth.kinds.get(kind));
            (rule.to_owned(), kinds.collect())
        });
        Self { truth, ask, mapped: mapped.collect(), unmapped: BTreeSet::new() }
    }

    fn of(&mut self, finding: &Finding, mistakes: &mut Mistakes) -> Vec<u32> {
        if let Some(kind) = finding.kind {
            let known = self.truth.kinds.get(kind);
            if known == read::hash::NONE {
                let help = suggest(kind, self.truth.kinds.iter());
                mistakes.add(finding.row, kind, &format!("unknown kind `{kind}`"), help);
                return Vec::new();
            }
            return vec![known];
        }
        if let Some(kinds) = self.mapped.get(finding.rule) {
            return kinds.clone();
        }
        if !self.unmapped.contains(finding.rule) {
            self.unmapped.insert(finding.rule.to_owned());
        }
        Vec::new()
    }

    fn notes(&self) -> Option<String> {
        let is_mapped = self.ask.rules.names().next().is_some();
        let rules: Vec<&str> = self.unmapped.iter().map(String::as_str).collect();
        (is_mapped && !rules.is_empty())
            .then(|| format!("the map has no kind for: {}", rules.join(", ")))
    }
}
