//! Selection: which sites carry incidents.
//!
//! A site's hash is a matter of seed, kind and site. A rate picks the sites whose hash is below it (`rate`); a number picks the sites of
//! the smallest hashes over the whole data set (`exact`), so that it does not depend on threads, ranges and shards, and fewer are among
//! more. What touches the window as a whole is there in every range (`windows`).
//!
//! Without overlaps every incident claims the sessions and users that it touches (`claims`). Kinds that ask for numbers draft in turn
//! (`draft`); what rates pick takes what is left (`Spec::settle`).

mod claims;
mod draft;
mod exact;
mod rate;
mod tried;
mod windows;

use claims::Claims;
pub use draft::{Draft, Drafting, Work};
pub use rate::{Droplet, Part};

use crate::anomaly::filter::Filter;
use crate::anomaly::ground::{Event, Ground, Site};
use crate::anomaly::incident::Incident;
use crate::anomaly::kind::Unit;
use crate::anomaly::labels;
pub use crate::anomaly::sites::uid;
use crate::anomaly::spec::Spec;
use crate::event::journal::Counts;

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
    /// Whether what touches the window as a whole keeps it from being.
    is_struck: bool,
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
        // What touches the window as a whole may touch nothing in one range and something in another.
        (!made.is_empty() || matches!(site, Site::Window(_))).then_some(made)
    }

    /// The incidents of a range: those drafted, then what rates pick and nobody claims.
    pub fn settle(
        &self,
        ground: &Ground<'_>,
        draft: &Draft,
        mut drizzle: Vec<Droplet>,
    ) -> Vec<Made> {
        let mut made = Vec::new();
        let mut struck = self.strike(ground, &draft.windows, &mut |at, incident| {
            let window = &draft.windows[at];
            made.push(Made::new(window.asked, uid(ground, window.site()), window.site(), incident));
        });
        for pick in draft.picks.iter().filter(|pick| pick.range == ground.range) {
            struck.claimed.take(&pick.claims);
            let incident = self.incident(ground, pick.asked, pick.site);
            made.extend(
                incident.map(|incident| Made::new(pick.asked, pick.uid, pick.site, incident)),
            );
        }
        made.sort_by_key(|one| (one.asked, self.asked[one.asked].hash(one.uid), one.uid));
        drizzle.sort_by_cached_key(|Droplet { pick, .. }| {
            (pick.asked, pick.group, pick.hash, pick.uid)
        });
        let mut last = None;
        for Droplet { pick, incident, events } in drizzle {
            let group = Some((pick.asked, pick.group));
            if last == group || !struck.spares(ground, &incident, &pick.claims, self.overlaps) {
                continue;
            }
            last = group;
            struck.claimed.take(&pick.claims);
            let one = Made::new(pick.asked, pick.uid, pick.site, incident);
            made.push(Made { events, ..one });
        }
        made
    }
}

impl Made {
    fn new(asked: usize, uid: u64, site: Site, incident: Incident) -> Self {
        Self { asked, uid, site, incident, events: Vec::new(), guests: None }
    }
}

/// The hash below which lies that share of all hashes.
fn threshold(share: f64) -> u64 {
    (share * 18_446_744_073_709_551_616.0) as u64
}
