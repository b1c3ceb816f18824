//! Violations held against labels: every violation must be labelled, and every label must be a violation.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::effects::{self, Crowd};
use super::labels::{self, Labels};
use super::links::{self, Link, Links, Spot};
use super::{CLASSES, Kind, Shows, record};
use crate::check::{Ask, Context, Error, Evidence, Measure, Outcome, Section, Verdict, Watch};
use crate::engine::Progress;

/// Why a kind that shows in the habits of many is not judged.
const NO_TWIN: &str = "no clean twin beside it: give one with `--twin DIR`";

/// Rows that a verdict shows of each way in which it is broken.
const SHOWN: usize = 3;

/// Fills the family's section from all that was found, and tells of every other check that fails whether the labels explain it.
///
/// # Errors
/// Cancelled, or no thread can be had.
pub(in crate::check) fn judge(
    context: &Context<'_>,
    sections: &mut [Section],
    labels: Option<Labels>,
    ask: &Ask<'_>,
) -> Result<(), Error> {
    let mut kinds: Vec<Verdict> = Vec::new();
    if let Some(own) = sections.iter().find(|section| section.family == super::FAMILY.name) {
        let again = record::second_look(context, sections)?;
        let others = || sections.iter().flat_map(|section| &section.verdicts);
        let find = |id: &str| others().find(|verdict| verdict.check.id == id);
        for (kind, own) in CLASSES.iter().copied().flatten().zip(&own.verdicts) {
            let from = kind.from.iter().filter_map(|id| find(id));
            let again = again.iter().filter(|verdict| verdict.check.id == kind.check.id);
            kinds.push(united(own, &from.chain(again).collect::<Vec<_>>()));
        }
    }
    if let Some(mut labels) = labels {
        let found = neighbours(context, sections, &kinds, &labels)?;
        labels.index(context, &found);
        let explain = Explain { context, labels: &labels, found: &found };
        for (kind, verdict) in CLASSES.iter().copied().flatten().zip(&mut kinds) {
            explain.kind(kind, verdict);
        }
        let of_places = |section: &&mut Section| super::HELPERS.contains(&section.family);
        let verdicts = sections.iter_mut().filter(of_places);
        verdicts
            .flat_map(|section| &mut section.verdicts)
            .for_each(|verdict| explain.other(verdict));
        habits(context, &labels, ask, &mut kinds)?;
        beside(context, &labels, ask, sections)?;
    } else {
        unlabelled(&mut kinds);
    }
    if let Some(own) = sections.iter_mut().find(|section| section.family == super::FAMILY.name) {
        own.verdicts = kinds;
    }
    Ok(())
}

/// Kinds that show only in the habits of many: against the twin, where there is one.
fn habits(
    context: &Context<'_>,
    labels: &Labels,
    ask: &Ask<'_>,
    kinds: &mut [Verdict],
) -> Result<(), Error> {
    let all = CLASSES.iter().copied().flatten().zip(kinds);
    let statistical: Vec<_> = all.filter(|(kind, _)| kind.shows != Shows::Plainly).collect();
    if statistical.is_empty() {
        return Ok(());
    }
    let Some(twin) = ask.twin else {
        for (_, verdict) in
            statistical.into_iter().filter(|(kind, _)| kind.shows == Shows::Statistically)
        {
            verdict.outcome = Outcome::Skipped(NO_TWIN.to_owned());
        }
        return Ok(());
    };
    let of = |data| Crowd::of(data, context.schemas, labels, context.watch);
    let (dirty, clean) = (of(context.data)?, of(twin)?);
    for (kind, verdict) in statistical {
        if kind.shows == Shows::Statistically {
            effects::judge(kind.name(), verdict, labels, (&dirty, &clean));
        } else if !matches!(verdict.outcome, Outcome::Skipped(_)) {
            effects::add(kind.name(), verdict, labels, (&dirty, &clean));
        }
    }
    Ok(())
}

/// Nothing is said of what only labels can tell.
fn unlabelled(kinds: &mut [Verdict]) {
    for (kind, verdict) in CLASSES.iter().copied().flatten().zip(kinds) {
        if kind.shows == Shows::Statistically {
            verdict.outcome = Outcome::Skipped("the data set has no labels".to_owned());
        }
    }
}

/// Families that judge the habits of many, where they fail: whether they hold of the twin, which differs by what is labelled alone.
fn beside(
    context: &Context<'_>,
    labels: &Labels,
    ask: &Ask<'_>,
    sections: &mut [Section],
) -> Result<(), Error> {
    let is_of_habits = |section: &Section| {
        section.family != super::FAMILY.name && !super::HELPERS.contains(&section.family)
    };
    let failing = sections.iter().filter(|section| is_of_habits(section));
    let failing = failing.filter(|section| section.verdicts.iter().any(Verdict::fails));
    let only: Vec<String> = failing.map(|section| section.family.to_owned()).collect();
    if only.is_empty() || labels.edits == 0 {
        return Ok(());
    }
    let twin = match ask.twin {
        None => None,
        Some(twin) => {
            let ask = Ask { only, world: ask.world.clone(), reference: None, twin: None };
            let Watch { cancel, .. } = context.watch;
            Some(crate::check::check(twin, context.schemas, &ask, &Unheard, cancel)?)
        }
    };
    let edits = labels.edits;
    for verdict in
        sections.iter_mut().filter(|section| is_of_habits(section)).flat_map(|of| &mut of.verdicts)
    {
        if !verdict.fails() {
            continue;
        }
        let Some(twin) = &twin else {
            let why = format!(
                "{edits} edits are labelled; whether they are why, the clean twin tells: --twin DIR"
            );
            verdict.outcome = Outcome::Skipped(why);
            continue;
        };
        let mut same = twin.iter().flat_map(|section| &section.verdicts);
        if same.any(|of| of.check.id == verdict.check.id && of.outcome == Outcome::Holds) {
            verdict.outcome = Outcome::Explained("which the clean twin does not".to_owned());
        }
    }
    Ok(())
}

/// Hears of no row: the twin's were not announced.
struct Unheard;

impl Progress for Unheard {
    fn advance(&self, _: u64) {}
}

/// What an observer of the kind's own found, and what others did that know its invariant.
fn united(own: &Verdict, from: &[&Verdict]) -> Verdict {
    let is_made = |verdict: &&Verdict| !matches!(verdict.outcome, Outcome::Skipped(_));
    let made: Vec<&Verdict> = from.iter().copied().chain([own]).filter(is_made).collect();
    let mut united = own.clone();
    if made.is_empty() {
        // Why the others could not be made tells more than that nobody else looked.
        if let (true, Some(first)) = (own.check.tables.is_empty(), from.first()) {
            united.outcome = first.outcome.clone();
        }
        return united;
    }
    united.seen = made.iter().map(|verdict| verdict.seen).max().unwrap_or(0);
    united.places = Vec::new();
    let mut known = BTreeSet::new();
    for evidence in made.iter().flat_map(|verdict| &verdict.places) {
        if known.insert((evidence.place.as_str(), evidence.says.as_str())) {
            united.places.push(evidence.clone());
        }
    }
    united.wrong = united.places.len() as u64;
    united.outcome = if united.wrong == 0 { Outcome::Holds } else { Outcome::Fails };
    united.evidence = united.places.iter().take(SHOWN).cloned().collect();
    united
}

/// What the rows hang together with that something is said of: labels or verdicts.
fn neighbours(
    context: &Context<'_>,
    sections: &[Section],
    kinds: &[Verdict],
    labels: &Labels,
) -> Result<HashMap<Link, Links>, Error> {
    let verdicts = sections.iter().flat_map(|section| &section.verdicts).chain(kinds);
    let places = verdicts.flat_map(|verdict| &verdict.places);
    let spots = places.map(|evidence| Spot::read(&evidence.place, context.schemas));
    let mut found = links::find(context, &labels::wanted(labels, spots))?;
    let sessions = labels.only_sessions(&found);
    found.extend(links::find(context, &BTreeMap::from([("sessions", sessions)]))?);
    Ok(found)
}

/// Explains what does not hold.
struct Explain<'e> {
    context: &'e Context<'e>,
    labels: &'e Labels,
    found: &'e HashMap<Link, Links>,
}

impl Explain<'_> {
    fn incidents(&self, evidence: &Evidence) -> Vec<u32> {
        let spot = Spot::read(&evidence.place, self.context.schemas);
        let incidents = self.labels.explain(&spot, self.found);
        match spot {
            Spot::Row(table, _) if incidents.is_empty() => self.labels.missed(table).to_vec(),
            _ => incidents,
        }
    }

    /// Whether a kind is broken exactly where it is labelled.
    fn kind(&self, kind: &Kind, verdict: &mut Verdict) {
        if matches!(verdict.outcome, Outcome::Skipped(_)) || kind.shows == Shows::Statistically {
            return;
        }
        let mut hit = BTreeSet::new();
        let mut stray: Vec<Evidence> = Vec::new();
        let violations = verdict.places.len();
        for evidence in &verdict.places {
            let incidents = self.incidents(evidence);
            if incidents.is_empty() {
                stray.push(Evidence {
                    says: format!("{}, and no label says so", evidence.says),
                    ..evidence.clone()
                });
            }
            hit.extend(incidents);
        }
        let sought: Vec<_> = self.labels.sought(kind.name()).collect();
        let missed =
            sought.iter().filter(|(at, _)| !hit.contains(at)).map(|(_, incident)| Evidence {
                place: format!("truth/anomalies where anomaly_id = {}", incident.id),
                says: "is labelled, but its invariant holds there".to_owned(),
            });
        let missed: Vec<Evidence> = missed.collect();
        let measure = |name: &str, part: usize, all: usize| {
            Measure::new(name, if all == 0 { 1.0 } else { part as f64 / all as f64 }, all as u64)
        };
        // A kind that is neither labelled nor found needs no numbers.
        if violations + sought.len() > 0 {
            verdict.measures = vec![
                measure("violations labelled", violations - stray.len(), violations),
                measure("labels violated", sought.len() - missed.len(), sought.len()),
            ];
        }
        verdict.seen = verdict.seen.max(violations as u64);
        verdict.wrong = (stray.len() + missed.len()) as u64;
        verdict.outcome = if verdict.wrong == 0 { Outcome::Holds } else { Outcome::Fails };
        let shown = stray.into_iter().take(SHOWN).chain(missed.into_iter().take(SHOWN));
        verdict.evidence = shown.collect();
    }

    /// Whether another check fails only where something is labelled.
    fn other(&self, verdict: &mut Verdict) {
        if !verdict.fails() || verdict.places.is_empty() {
            return;
        }
        let mut hit = BTreeSet::new();
        let mut stray = Vec::new();
        for evidence in &verdict.places {
            let incidents = self.incidents(evidence);
            if incidents.is_empty() {
                stray.push(evidence.clone());
            }
            hit.extend(incidents);
        }
        if stray.is_empty() && verdict.measures.iter().all(Measure::holds) {
            let word = if hit.len() == 1 { "incident" } else { "incidents" };
            verdict.outcome = Outcome::Explained(format!("explained by {} {word}", hit.len()));
        } else if !stray.is_empty() {
            verdict.evidence = stray.into_iter().take(SHOWN).collect();
        }
    }
}
