//! What kinds that ask for a number find in a range: the sites of the smallest hashes.

use std::collections::HashSet;

use super::windows::Struck;
use super::{Candidate, threshold};
use crate::anomaly::ground::{Ground, Site};
use crate::anomaly::kind::Unit;
use crate::anomaly::sites::Sites;
use crate::anomaly::spec::{Amount, Spec};

/// The candidates of a kind that asks for a number: the first of its order, and whether there are more.
#[derive(Clone, Default)]
pub(super) struct Found {
    /// In their order.
    pub(super) candidates: Vec<Candidate>,
    /// Whether there are more.
    pub(super) more: bool,
}

/// Candidates kept beyond the number asked for, since others may claim some.
const SPARE: u64 = 64;

impl Spec {
    /// Kinds that ask for numbers and are picked from rows or files.
    pub(super) fn exact(&self) -> Vec<usize> {
        let is_exact = |at: &usize| {
            let of = &self.asked[*at];
            matches!(of.amount, Amount::Exactly(..)) && of.kind.unit != Unit::Window
        };
        (0..self.asked.len()).filter(is_exact).collect()
    }

    /// How many candidates of a kind to keep in the nth attempt.
    pub(super) fn enough(&self, asked: usize, attempt: u32) -> u64 {
        match self.asked[asked].amount {
            Amount::Exactly(k, _) => {
                (k + k / 2 + SPARE).saturating_mul(8_u64.saturating_pow(attempt))
            }
            Amount::Rate(..) => 0,
        }
    }

    /// The first candidates of a kind in a range, in its order.
    pub(super) fn smallest(
        &self,
        ground: &Ground<'_>,
        asked: usize,
        enough: u64,
        struck: &Struck,
    ) -> Found {
        let sites = Sites::of(ground, &self.asked[asked]);
        let mut share = 4.0 * enough as f64 / sites.count(ground).max(1) as f64;
        loop {
            let all = share >= 1.0;
            let found = self.below(ground, asked, &sites, share, enough, struck);
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
        struck: &Struck,
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
            if !self.overlaps && claims.own.iter().any(|key| seen.contains(key)) {
                continue;
            }
            if found.candidates.len() as u64 == enough {
                found.more = true;
                break;
            }
            let range = ground.range;
            let is_struck = !struck.spares(&here, &incident, &claims, self.overlaps);
            // One that cannot be stands for nobody.
            if !is_struck {
                seen.extend(claims.own.iter().copied());
            }
            let group = uid;
            found.candidates.push(Candidate {
                asked,
                group,
                hash,
                uid,
                range,
                site,
                claims,
                is_struck,
            });
        }
        found
    }

    /// Merges what two ranges have found of a kind: the first of both.
    pub(super) fn merge(one: Found, mut other: Found, enough: u64) -> Found {
        let mut all = one.candidates;
        all.append(&mut other.candidates);
        all.sort_by_key(|candidate| (candidate.hash, candidate.uid));
        let more = one.more || other.more || all.len() as u64 > enough;
        all.truncate(enough as usize);
        Found { candidates: all, more }
    }
}
