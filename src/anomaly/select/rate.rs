//! What rates pick: the sites whose hash is below the rate.

use std::ops::Range;

use super::{Candidate, threshold};
use crate::anomaly::ground::{Event, Ground, RowRef, Rowset, Site};
use crate::anomaly::incident::Incident;
use crate::anomaly::sites::{Sites, holder, visit};
use crate::anomaly::spec::{Amount, Spec};

/// What a rate picks.
pub struct Droplet {
    pub(super) pick: Candidate,
    pub(super) incident: Incident,
    /// The events that it touches.
    pub(super) events: Vec<Event>,
}

/// A piece of the work of looking for sites that a rate picks.
#[derive(Debug, Clone)]
pub struct Part {
    rowset: Rowset,
    ordinals: Range<u32>,
}

/// Rows that kinds at a rate go through one after the other: so few that they stay in the cache nearest to a core.
const BLOCK: usize = 1024;

impl Spec {
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
            let is_struck = false;
            let pick = Candidate { asked, group, hash, uid, range, site, claims, is_struck };
            Some(Droplet { pick, incident, events })
        });
        made.collect()
    }
}
