//! Selection: which sites carry incidents.
//!
//! A site's hash is a matter of seed, kind and site. A rate picks the sites whose hash is below it; a number picks the sites of the
//! smallest hashes over the whole data set, so that it does not depend on threads, ranges and shards, and fewer are among more.
//!
//! Without overlaps every incident claims the sessions and users that it touches. Kinds that ask for numbers draft in turn, each the
//! next of its own order that nobody claims, so that a kind's first picks stay the same when it asks for more.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use crate::anomaly::filter::Filter;
use crate::anomaly::ground::{Event, FileRef, Ground, RowRef, Rowset, Site};
use crate::anomaly::incident::{Edit, Incident, Op, Role};
use crate::anomaly::kind::Unit;
use crate::anomaly::labels;
pub use crate::anomaly::sites::uid;
use crate::anomaly::sites::{Sites, hash_of_file, holder, visit};
use crate::anomaly::spec::{Amount, Spec};
use crate::diag::{Problem, Problems};
use crate::event::journal::Counts;
use crate::seed::mix;

/// An incident that could be.
#[derive(Clone)]
pub struct Candidate {
    /// Ordinal of its kind in the specification.
    pub asked: usize,
    /// Which of several that exclude each other.
    group: u64,
    hash: u64,
    /// The site's number.
    pub uid: u64,
    /// The range that it is in.
    pub range: u32,
    /// Where.
    pub site: Site,
    claims: Claims,
}

/// What an incident touches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Claims {
    /// What nobody else may touch.
    own: Vec<u64>,
    /// What nobody else may claim for himself alone.
    shared: Vec<u64>,
}

/// What is claimed already, and whether for one alone.
#[derive(Debug, Default)]
struct Claimed(HashMap<u64, bool>);

impl Claimed {
    fn are_free(&self, claims: &Claims) -> bool {
        claims.own.iter().all(|key| !self.0.contains_key(key))
            && claims.shared.iter().all(|key| self.0.get(key) != Some(&true))
    }

    fn take(&mut self, claims: &Claims) {
        self.0.extend(claims.own.iter().map(|key| (*key, true)));
        self.0.extend(claims.shared.iter().map(|key| (*key, false)));
    }
}

/// An incident that is to be.
pub struct Made {
    /// Ordinal of its kind in the specification.
    pub asked: usize,
    /// The site's number.
    pub uid: u64,
    /// Where.
    pub site: Site,
    /// What is done.
    pub incident: Incident,
    /// Events that it touches, as far as they are known already.
    pub events: Vec<Event>,
    /// Of those who are there only because of it: from which rows of the journal until which.
    pub guests: Option<(Counts, Counts)>,
}

/// What a rate picks.
pub struct Droplet {
    pick: Candidate,
    incident: Incident,
    /// The events that it touches.
    events: Vec<Event>,
}

/// A piece of the work of looking for sites that a rate picks.
#[derive(Debug, Clone)]
pub struct Part {
    rowset: Rowset,
    ordinals: Range<u32>,
}

/// The candidates of a kind that asks for a number: the first of its order, and whether there are more.
#[derive(Clone, Default)]
pub struct Found {
    /// In their order.
    pub candidates: Vec<Candidate>,
    /// Whether there are more.
    pub more: bool,
}

/// Rows that kinds at a rate go through one after the other: so few that they stay in the cache nearest to a core.
const BLOCK: usize = 1024;

/// Candidates kept beyond the number asked for, since others may claim some.
const SPARE: u64 = 64;

impl Spec {
    /// The incident at a site.
    pub fn incident(&self, ground: &Ground<'_>, asked: usize, site: Site) -> Option<Incident> {
        let of = &self.asked[asked];
        let act = of.kind.act?;
        let of_user = of.kind.unit == Unit::User;
        let passes = if of_user { Filter::passes_sometime } else { Filter::passes };
        if !passes(&of.filter, ground, site) {
            return None;
        }
        let mut draw = self.seed.stream(of.values, uid(ground, site), 0);
        let made = match (site, of.filter.window) {
            (Site::Window(_), Some(window)) => {
                act.inject(&ground.within(window), site, &of.params, &mut draw)?
            }
            _ => act.inject(ground, site, &of.params, &mut draw)?,
        };
        let begins = || labels::window(ground, &made).map(|(from, _)| from);
        if of_user && of.filter.window.is_some() && !begins().is_some_and(|at| of.filter.has(at)) {
            return None;
        }
        // What touches the window as a whole is there even where it touches nothing.
        (!made.is_empty() || matches!(site, Site::Window(_))).then_some(made)
    }

    /// Kinds that ask for numbers.
    pub fn exact(&self) -> Vec<usize> {
        let is_exact = |at: &usize| matches!(self.asked[*at].amount, Amount::Exactly(..));
        (0..self.asked.len()).filter(is_exact).collect()
    }

    /// How many candidates of a kind to keep in the nth attempt.
    pub fn enough(&self, asked: usize, attempt: u32) -> u64 {
        match self.asked[asked].amount {
            Amount::Exactly(..) if self.asked[asked].kind.unit == Unit::Window => u64::MAX,
            Amount::Exactly(k, _) => (k + k / 2 + SPARE).saturating_mul(8_u64.pow(attempt)),
            Amount::Rate(..) => 0,
        }
    }

    /// The first candidates of a kind in a range, in its order.
    pub fn smallest(&self, ground: &Ground<'_>, asked: usize, enough: u64) -> Found {
        let sites = Sites::of(ground, &self.asked[asked]);
        let mut share = 4.0 * enough as f64 / sites.count(ground).max(1) as f64;
        loop {
            let all = share >= 1.0;
            let found = self.below(ground, asked, &sites, share, enough);
            if all || found.more {
                return found;
            }
            share *= 8.0;
        }
    }

    /// The first candidates whose hash is below a share of all hashes.
    fn below(
        &self,
        ground: &Ground<'_>,
        asked: usize,
        sites: &Sites,
        share: f64,
        enough: u64,
    ) -> Found {
        let of = &self.asked[asked];
        let limit = threshold(share);
        let mut all: Vec<(u64, u64, Site)> = Vec::new();
        sites.visit(ground, &mut |uid, site| {
            let hash = of.hash(uid);
            if hash <= limit {
                all.push((hash, uid, site));
            }
        });
        all.sort_unstable();
        let mut seen = HashSet::new();
        let mut found = Found::default();
        for (hash, uid, site) in all {
            let here = ground.looking_at(site);
            let Some(incident) = self.incident(&here, asked, site) else { continue };
            let (claims, _) = self.claims(&here, &incident);
            // Of several that exclude each other the first stands for all.
            let is_window = matches!(site, Site::Window(_));
            if !self.overlaps && !is_window && claims.own.iter().any(|key| seen.contains(key)) {
                continue;
            }
            if found.candidates.len() as u64 == enough {
                found.more = true;
                break;
            }
            seen.extend(claims.own.iter().copied());
            let range = ground.range;
            found.candidates.push(Candidate { asked, group: uid, hash, uid, range, site, claims });
        }
        found
    }

    /// Merges what several ranges have found of a kind: the first of all.
    pub fn merge(&self, found: Vec<Found>, enough: u64) -> Found {
        let more = found.iter().any(|found| found.more);
        let mut all: Vec<Candidate> =
            found.into_iter().flat_map(|found| found.candidates).collect();
        all.sort_by_key(|candidate| (candidate.hash, candidate.uid));
        let more = more || all.len() as u64 > enough;
        all.truncate(enough as usize);
        Found { candidates: all, more }
    }

    /// Lets the kinds take turns, those that claim whole files first. None when more candidates are needed to tell.
    ///
    /// # Errors
    /// Kinds that the data set cannot carry as often as asked for.
    pub fn draft(&self, found: &[(usize, Found)]) -> Result<Option<Vec<Candidate>>, Problems> {
        let mut claimed = Claimed::default();
        let mut picks = Vec::new();
        let mut problems = Problems::new();
        let of_unit = |unit: Unit| {
            found.iter().filter(move |(asked, _)| self.asked[*asked].kind.unit == unit)
        };
        // What touches the window as a whole has a part in every range, and comes before all else.
        for (asked, found) in of_unit(Unit::Window) {
            found.candidates.iter().for_each(|candidate| claimed.take(&candidate.claims));
            picks.extend(found.candidates.iter().cloned());
            let there: HashSet<u64> = found.candidates.iter().map(|one| one.uid).collect();
            if let Amount::Exactly(wanted, true) = self.asked[*asked].amount
                && (there.len() as u64) < wanted
            {
                let (next, taken) = (0, there.len() as u64);
                let turn = Turn { asked: *asked, found, next, wanted, taken, strict: true };
                problems.push(self.too_few(&turn));
            }
        }
        let files: Vec<_> = of_unit(Unit::File).collect();
        let others: Vec<_> = found
            .iter()
            .filter(|(asked, _)| !matches!(self.asked[*asked].kind.unit, Unit::File | Unit::Window))
            .collect();
        for group in [files, others] {
            let mut turns: Vec<Turn<'_>> = group
                .into_iter()
                .filter_map(|(asked, found)| match self.asked[*asked].amount {
                    Amount::Exactly(k, strict) => {
                        Some(Turn { asked: *asked, found, next: 0, wanted: k, taken: 0, strict })
                    }
                    Amount::Rate(..) => None,
                })
                .collect();
            while turns.iter().any(Turn::goes_on) {
                for turn in turns.iter_mut().filter(|turn| turn.goes_on()) {
                    picks.extend(turn.take(&mut claimed, self.overlaps));
                }
            }
            for turn in turns.iter().filter(|turn| turn.taken < turn.wanted) {
                if turn.found.more {
                    return Ok(None);
                }
                if turn.strict {
                    problems.push(self.too_few(turn));
                }
            }
        }
        problems.or(Some(picks))
    }

    fn too_few(&self, turn: &Turn<'_>) -> Problem {
        let of = &self.asked[turn.asked];
        let (id, wanted, there) = (of.kind.id, turn.wanted, turn.found.candidates.len());
        let unit = of.kind.unit.name();
        let message =
            format!("{wanted} of `{id}` are asked for, and {there} {unit}s can carry one");
        let help = if (there as u64) < wanted {
            "ask for fewer, or for a larger data set".to_owned()
        } else {
            let taken = turn.taken;
            format!("other kinds claim all but {taken}: ask for fewer, or set `overlaps = true`")
        };
        of.problem(message, &help)
    }

    /// The work of looking for sites that a rate picks.
    pub fn parts(&self, ground: &Ground<'_>) -> Vec<Part> {
        let mut rowsets: Vec<Rowset> = Vec::new();
        for of in self.asked.iter().filter(|of| matches!(of.amount, Amount::Rate(..))) {
            rowsets.extend(Sites::of(ground, of).rowsets);
        }
        rowsets.sort_unstable();
        rowsets.dedup();
        let mut parts = Vec::new();
        for rowset in rowsets {
            let count = ground.count(rowset) as u32;
            let step = if rowset == Rowset::Events { 2_048 } else { 65_536 };
            let starts = (0..count).step_by(step as usize);
            parts.extend(
                starts.map(|first| Part { rowset, ordinals: first..count.min(first + step) }),
            );
        }
        parts
    }

    /// What a rate picks in a part, with the incidents.
    pub fn drizzle(&self, ground: &Ground<'_>, part: &Part) -> Vec<Droplet> {
        let by_rate = self.asked.iter().enumerate().filter_map(|(at, of)| match of.amount {
            Amount::Rate(rate, unit) => Some((at, of, threshold(rate), unit)),
            Amount::Exactly(..) => None,
        });
        let here: Vec<_> = by_rate
            .filter(|(_, of, ..)| Sites::of(ground, of).rowsets.contains(&part.rowset))
            .collect();
        let mut hits: Vec<(usize, u64, u64, u64, Site)> = Vec::new();
        let (plain, grouped): (Vec<_>, Vec<_>) =
            here.into_iter().partition(|(_, of, _, unit)| of.kind.unit == *unit);
        // A kind goes through many rows before the next does: its key and its limit stay where a core has them at once.
        let mut block: Vec<(u64, RowRef)> = Vec::with_capacity(BLOCK);
        let mut look = |block: &mut Vec<(u64, RowRef)>| {
            for (at, of, limit, _) in &plain {
                for &(uid, row) in &*block {
                    let hash = of.hash(uid);
                    if hash <= *limit {
                        hits.push((*at, uid, hash, uid, Site::Row(row)));
                    }
                }
            }
            for (at, of, limit, unit) in &grouped {
                for &(uid, row) in &*block {
                    let group = holder(ground, row, *unit);
                    if of.hash(group) <= *limit {
                        hits.push((*at, group, of.hash(uid), uid, Site::Row(row)));
                    }
                }
            }
            block.clear();
        };
        visit(ground, part.rowset, part.ordinals.clone(), &mut |uid, row| {
            block.push((uid, row));
            if block.len() == BLOCK {
                look(&mut block);
            }
        });
        look(&mut block);
        let made = hits.into_iter().filter_map(|(asked, group, hash, uid, site)| {
            let here = ground.looking_at(site);
            let incident = self.incident(&here, asked, site)?;
            let (claims, events) = self.claims(&here, &incident);
            let range = ground.range;
            let pick = Candidate { asked, group, hash, uid, range, site, claims };
            Some(Droplet { pick, incident, events })
        });
        made.collect()
    }

    /// The incidents of a range: those drafted, then what rates pick and nobody claims.
    pub fn settle(
        &self,
        ground: &Ground<'_>,
        picks: &[Candidate],
        mut drizzle: Vec<Droplet>,
    ) -> Vec<Made> {
        let mut claimed = Claimed::default();
        let mut made = Vec::new();
        let mut here: Vec<&Candidate> =
            picks.iter().filter(|pick| pick.range == ground.range).collect();
        here.sort_by_key(|pick| (pick.asked, pick.hash, pick.uid));
        for pick in here {
            let mut incident = self.incident(ground, pick.asked, pick.site);
            if let (Some(incident), Site::Window(_), false) =
                (&mut incident, pick.site, self.overlaps)
            {
                // What touches the window as a whole spares whoever is struck by the like already.
                let is_free = |edit: &Edit| {
                    let mut own = Vec::new();
                    claim_row(ground, edit.row, &mut own);
                    claimed.are_free(&Claims { own, shared: Vec::new() })
                };
                incident.edits.retain(is_free);
                incident.children.retain(|(_, child)| child.edits.iter().all(is_free));
            }
            claimed.take(&pick.claims);
            made.extend(incident.map(|incident| Made::new(pick, incident, Vec::new())));
        }
        drizzle.sort_by_cached_key(|Droplet { pick, .. }| {
            (pick.asked, pick.group, pick.hash, pick.uid)
        });
        let mut last = None;
        for Droplet { pick, incident, events } in drizzle {
            let group = Some((pick.asked, pick.group));
            if last == group || !(self.overlaps || claimed.are_free(&pick.claims)) {
                continue;
            }
            last = group;
            claimed.take(&pick.claims);
            made.push(Made::new(&pick, incident, events));
        }
        made
    }

    /// What an incident claims, and the events that it touches.
    fn claims(&self, ground: &Ground<'_>, incident: &Incident) -> (Claims, Vec<Event>) {
        let mut claims = Claims::default();
        let mut events = Vec::new();
        if self.overlaps {
            return (claims, events);
        }
        let of_file = |file: FileRef| mix(hash_of_file(ground, file));
        for edit in incident.all_edits().filter(|edit| edit.role != Role::Context) {
            claim_row(ground, edit.row, &mut claims.own);
            let file = if edit.row.rowset == Rowset::Events {
                let event = ground.event(edit.row);
                events.extend(event);
                event.map(|event| event.file())
            } else {
                ground.file_of(edit.row)
            };
            claims.shared.extend(file.map(of_file));
            let arrives = match &edit.op {
                Op::Move(at, _) | Op::Duplicate(_, Some(at)) | Op::Insert(_, Some(at)) => Some(*at),
                _ => None,
            };
            let slice = arrives.filter(|_| edit.row.rowset == Rowset::Events);
            let slice = slice.map(|at| FileRef::Slice(ground.slices.of(at) as u32));
            claims.shared.extend(slice.map(of_file));
        }
        if let Some((file, _)) = &incident.damage {
            claims.own.push(of_file(*file));
        }
        let drifting = incident.drift.iter().flat_map(|(files, _)| files);
        claims.own.extend(drifting.map(|file| of_file(*file)));
        for list in [&mut claims.own, &mut claims.shared] {
            list.sort_unstable();
            list.dedup();
        }
        (claims, events)
    }
}

impl Made {
    fn new(pick: &Candidate, incident: Incident, events: Vec<Event>) -> Self {
        Self { asked: pick.asked, uid: pick.uid, site: pick.site, incident, events, guests: None }
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
            if overlaps || claimed.are_free(&candidate.claims) {
                claimed.take(&candidate.claims);
                self.taken += 1;
                return Some(candidate.clone());
            }
        }
        None
    }
}

/// The hash below which lies that share of all hashes.
fn threshold(share: f64) -> u64 {
    (share * 18_446_744_073_709_551_616.0) as u64
}

/// Claims the sessions that a row touches, and the user where it is about the user.
fn claim_row(ground: &Ground<'_>, row: RowRef, own: &mut Vec<u64>) {
    let session = |ordinal: u32| ground.uid(RowRef::new(Rowset::Sessions, ordinal));
    if let Some(of_row) = ground.session_of(row) {
        own.push(session(of_row));
        return;
    }
    let user = ground.user_of(row);
    let of_user = ground.sessions_of(user);
    if row.rowset == Rowset::Journeys {
        let of_journey = of_user.filter(|at| ground.session(*at).journey == row.ordinal);
        own.extend(of_journey.map(session));
    } else {
        own.push(mix(user ^ 0x7573_6572));
        own.extend(of_user.map(session));
    }
}
