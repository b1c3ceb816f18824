//! The draft: which incidents of kinds that ask for numbers are to be, over all ranges of a data set.
//!
//! First come incidents of the window as a whole. One that touches no row is none: the next of its kind takes its place, and since that
//! may touch what others did, all ranges are looked at once more, until nothing changes. Then kinds take turns, each the next of its own
//! order that nobody claims, so that a kind's first picks stay the same when it asks for more.

use std::collections::{BTreeMap, HashMap};
use std::mem::take;

use super::Candidate;
use super::claims::Claimed;
use super::exact::Found;
use super::tried::{Tally, Tried};
use super::windows::{Struck, Window};
use crate::anomaly::ground::{Ground, Site};
use crate::anomaly::kind::Unit;
use crate::anomaly::spec::{Amount, Spec};
use crate::diag::{Problem, Problems};

/// Incidents of kinds that ask for numbers.
#[derive(Clone, Default)]
pub struct Draft {
    /// Those of the window as a whole.
    pub(super) windows: Vec<Window>,
    /// The others.
    pub(super) picks: Vec<Candidate>,
}

/// A piece of work.
pub type Work<'w> = Box<dyn FnOnce() + Send + 'w>;

/// A draft under way: all ranges are looked at, then it either ends or wants them looked at once more.
pub struct Drafting<'d> {
    spec: &'d Spec,
    windows: Vec<Tried>,
    found: Vec<(usize, Found)>,
    /// How often all ranges were looked at, and how often there were too few candidates.
    round: u32,
    attempt: u32,
    /// Whether no range was looked at in this round.
    is_first: bool,
    heaviest: Heaviest,
}

/// The range of which incidents of the window as a whole touch the most rows.
#[derive(Debug, Clone, Copy, Default)]
struct Heaviest {
    rows: u64,
    /// How many they may.
    most: u64,
    /// The kind that touches most of them.
    asked: usize,
}

/// Rows of a range that incidents of the window as a whole may touch, whatever its size, and one in how many of a large one's. Each has a
/// label that holds it, and labels of a range are in memory until all its files are written.
const ROWS: u64 = 1_000_000;
const SHARE: u64 = 4;

impl<'d> Drafting<'d> {
    /// A draft of which nothing is known yet.
    pub fn new(spec: &'d Spec) -> Self {
        let asked = spec.asked.iter().enumerate();
        let windows = asked.filter_map(|(asked, of)| match of.amount {
            Amount::Exactly(k, strict) if of.kind.unit == Unit::Window => {
                Some(Tried::new(asked, k, strict))
            }
            _ => None,
        });
        let windows = windows.collect();
        let found = spec.exact().into_iter().map(|asked| (asked, Found::default())).collect();
        let heaviest = Heaviest::default();
        Self { spec, windows, found, round: 0, attempt: 0, is_first: true, heaviest }
    }

    /// Looks at a range; `at_once` does pieces of work that do not wait for each other.
    pub fn look(&mut self, ground: &Ground<'_>, at_once: impl Fn(Vec<Work<'_>>)) {
        let struck = self.strike(ground);
        for tried in &mut self.windows {
            for (nth, touches) in tried.spare.iter_mut().filter(|(_, touches)| !touches) {
                let incident = self.spec.incident(ground, tried.asked, Site::Window(*nth));
                *touches = incident.is_some_and(|incident| !incident.is_empty());
            }
        }
        self.is_first = false;
        let (spec, attempt) = (self.spec, self.attempt);
        let struck = &struck;
        let work = self.found.iter_mut().map(|(asked, found)| -> Work<'_> {
            Box::new(move || {
                let enough = spec.enough(*asked, attempt);
                let here = spec.smallest(ground, *asked, enough, struck);
                *found = Spec::merge(take(found), here, enough);
            })
        });
        at_once(work.collect());
    }

    /// Lets the chosen incidents of the window as a whole happen in a range, and adds up what they come to.
    fn strike(&mut self, ground: &Ground<'_>) -> Struck {
        loop {
            let windows = self.chosen();
            let mut here: Vec<Option<Tally>> = vec![None; windows.len()];
            let mut rows: BTreeMap<usize, u64> = BTreeMap::new();
            let struck = self.spec.strike(ground, &windows, &mut |at, incident| {
                here[at] = Some(Tally::of(&incident));
                *rows.entry(windows[at].asked).or_default() += incident.rows();
            });
            let known: HashMap<(usize, u32), Tally> = windows
                .iter()
                .zip(here)
                .filter_map(|(window, tally)| Some(((window.asked, window.nth), tally?)))
                .collect();
            // What cannot be in one range can be in none: others are chosen at once, before any range is looked at with these.
            let is_first = self.is_first;
            let forget = |tried: &mut Tried| {
                let asked = tried.asked;
                is_first && tried.forget(|nth| !known.contains_key(&(asked, nth)))
            };
            if self.windows.iter_mut().map(forget).fold(false, |any, one| any | one) {
                continue;
            }
            for tried in &mut self.windows {
                for (nth, tally) in &mut tried.chosen {
                    tally.extend(known.get(&(tried.asked, *nth)).copied());
                }
            }
            let all = rows.values().sum();
            let most = ROWS.max(ground.world().request.budget / SHARE);
            let asked = rows.into_iter().max_by_key(|(_, rows)| *rows).map(|(asked, _)| asked);
            if let Some(asked) = asked.filter(|_| all > self.heaviest.rows) {
                self.heaviest = Heaviest { rows: all, most, asked };
            }
            return struck;
        }
    }

    /// The chosen incidents of the window as a whole, in the order in which they strike: that of their numbers, so that those of a
    /// greater number asked for take nothing from those of a smaller one.
    fn chosen(&self) -> Vec<Window> {
        let of_kind = |tried: &Tried| {
            let window = |(nth, tally): &(u32, Tally)| Window {
                asked: tried.asked,
                nth: *nth,
                effect: tally.effect(),
            };
            tried.chosen.iter().map(window).collect::<Vec<_>>()
        };
        let mut all: Vec<Window> = self.windows.iter().flat_map(of_kind).collect();
        all.sort_by_key(|window| (window.asked, window.nth));
        all
    }

    /// Once all ranges were looked at: the draft, or none where they have to be looked at once more.
    ///
    /// # Errors
    /// Kinds that the data set cannot carry as often as asked for.
    pub fn end(&mut self) -> Result<Option<Draft>, Problems> {
        let Heaviest { rows, most, asked } = take(&mut self.heaviest);
        if rows > most {
            let (of, what) = (&self.spec.asked[asked], "what touches the window as a whole");
            let id = of.kind.id;
            let message = format!(
                "{what}, `{id}` above all, strikes {rows} rows of a range of users, and {most} can be labelled"
            );
            let help = "let it be shorter or weaker, ask for fewer, or for a smaller `budget`";
            return Err(of.problem(message, help).into());
        }
        let round = self.round;
        let replace = |tried: &mut Tried| tried.replace(round);
        // Each of them, whatever the others come to.
        let is_changed = self.windows.iter_mut().map(replace).fold(false, |any, one| any | one);
        let picks = if is_changed { None } else { self.take_turns()? };
        if let Some(picks) = picks {
            return Ok(Some(Draft { windows: self.chosen(), picks }));
        }
        self.attempt += u32::from(!is_changed);
        self.round += 1;
        self.is_first = true;
        self.windows.iter_mut().for_each(Tried::begin);
        self.found.iter_mut().for_each(|(_, found)| *found = Found::default());
        Ok(None)
    }

    /// Lets the kinds take turns, those that claim whole files first. None when more candidates are needed to tell.
    fn take_turns(&self) -> Result<Option<Vec<Candidate>>, Problems> {
        let spec = self.spec;
        let mut claimed = Claimed::default();
        let mut picks = Vec::new();
        let mut problems = Problems::new();
        for tried in self.windows.iter().filter(|tried| tried.strict) {
            let there = tried.can_be_had();
            if (tried.chosen.len() as u64) < tried.wanted {
                problems.push(spec.too_few(tried.asked, tried.wanted, there, there));
            }
        }
        let is_of_file = |asked: usize| spec.asked[asked].kind.unit == Unit::File;
        for of_files in [true, false] {
            let here = self.found.iter().filter(|(asked, _)| is_of_file(*asked) == of_files);
            let mut turns: Vec<Turn<'_>> = here
                .filter_map(|(asked, found)| match spec.asked[*asked].amount {
                    Amount::Exactly(k, strict) => {
                        Some(Turn { asked: *asked, found, next: 0, wanted: k, taken: 0, strict })
                    }
                    Amount::Rate(..) => None,
                })
                .collect();
            while turns.iter().any(Turn::goes_on) {
                for turn in turns.iter_mut().filter(|turn| turn.goes_on()) {
                    picks.extend(turn.take(&mut claimed, spec.overlaps));
                }
            }
            for turn in turns.iter().filter(|turn| turn.taken < turn.wanted) {
                if turn.found.more {
                    return Ok(None);
                }
                if turn.strict {
                    let there = turn.found.candidates.len() as u64;
                    problems.push(spec.too_few(turn.asked, turn.wanted, there, turn.taken));
                }
            }
        }
        problems.or(Some(picks))
    }
}

impl Spec {
    fn too_few(&self, asked: usize, wanted: u64, there: u64, taken: u64) -> Problem {
        let of = &self.asked[asked];
        let (id, unit) = (of.kind.id, of.kind.unit.name());
        let message =
            format!("{wanted} of `{id}` are asked for, and {there} {unit}s can carry one");
        let help = match (there < wanted, self.overlaps) {
            (true, _) if of.kind.unit == Unit::Window => {
                "ask for fewer, let others be shorter or fewer, or ask for a larger data set"
                    .to_owned()
            }
            (true, _) => "ask for fewer, or for a larger data set".to_owned(),
            (false, true) => {
                format!(
                    "outages leave no more than {taken}: ask for fewer, or let those be shorter"
                )
            }
            (false, false) => {
                format!("others claim all but {taken}: ask for fewer, or set `overlaps = true`")
            }
        };
        of.problem(message, &help)
    }
}

/// A kind in the draft.
struct Turn<'t> {
    asked: usize,
    found: &'t Found,
    next: usize,
    wanted: u64,
    taken: u64,
    strict: bool,
}

impl Turn<'_> {
    fn goes_on(&self) -> bool {
        self.taken < self.wanted && self.next < self.found.candidates.len()
    }

    /// Takes the next candidate that nobody claims.
    fn take(&mut self, claimed: &mut Claimed, overlaps: bool) -> Option<Candidate> {
        while let Some(candidate) = self.found.candidates.get(self.next) {
            self.next += 1;
            if !candidate.is_struck && (overlaps || claimed.are_free(&candidate.claims)) {
                claimed.take(&candidate.claims);
                self.taken += 1;
                return Some(candidate.clone());
            }
        }
        None
    }
}
