//! Incidents that touch the window as a whole: a burst, an outage, a drift.
//!
//! Such an incident has a part in every range, and comes before all that picks rows. A range knows only its own part; what it leaves for
//! others to keep away from are sessions and files of that range, so nobody has to remember it beyond.

use std::collections::HashSet;
use std::sync::Arc;

use super::claims::{Claimed, Claims};
use crate::anomaly::ground::{Ground, RowRef, Site};
use crate::anomaly::incident::{Edit, Incident};
use crate::anomaly::silence::Silence;
use crate::anomaly::spec::Spec;

/// An incident of the window as a whole.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    /// Ordinal of its kind in the specification.
    pub(super) asked: usize,
    /// Its number among those of its kind.
    pub(super) nth: u32,
    /// How strong it is over all ranges, where a range alone cannot tell.
    pub(super) effect: Option<f64>,
}

impl Window {
    /// Where it is.
    pub(super) fn site(&self) -> Site {
        Site::Window(self.nth)
    }
}

/// What incidents of the window as a whole leave for others to keep away from, in a range.
#[derive(Debug, Default)]
pub(super) struct Struck {
    pub(super) claimed: Claimed,
    /// Rows that are no longer there.
    gone: HashSet<RowRef>,
    silences: Arc<[Silence]>,
}

impl Struck {
    /// Whether an incident that claims so much may be: what is gone can be neither changed nor copied, whether or not incidents overlap.
    pub(super) fn spares(
        &self,
        ground: &Ground<'_>,
        incident: &Incident,
        claims: &Claims,
        overlaps: bool,
    ) -> bool {
        let breaks = |edit: &Edit| {
            self.gone.contains(&edit.row)
                || self.silences.iter().any(|silence| silence.is_broken_by(ground.world(), edit))
        };
        (overlaps || self.claimed.are_free(claims)) && !incident.all_edits().any(breaks)
    }
}

impl Spec {
    /// Lets incidents of the window as a whole happen in a range; `see` is given each of those that can be, by its place among them.
    ///
    /// What leaves a time empty goes first, so that nothing else is left there: it takes every row that is there still. The others
    /// keep to what is there then, and without overlaps spare whoever is struck by the like already.
    pub(super) fn strike(
        &self,
        ground: &Ground<'_>,
        windows: &[Window],
        see: &mut dyn FnMut(usize, Incident),
    ) -> Struck {
        let mut claimed = Claimed::default();
        let empties = |at: &usize| {
            self.asked[windows[*at].asked].kind.act.is_some_and(crate::anomaly::Act::empties)
        };
        let (first, then): (Vec<usize>, Vec<usize>) = (0..windows.len()).partition(empties);
        let mut silences = Vec::new();
        let mut gone: HashSet<RowRef> = HashSet::new();
        for &at in &first {
            let Some(mut incident) = self.incident_of(ground, &windows[at]) else { continue };
            silences.extend(incident.silence.take());
            incident.edits.retain(|edit| !gone.contains(&edit.row));
            gone.extend(incident.edits.iter().map(|edit| edit.row));
            claimed.take(&self.claims_of_many(ground, &incident));
            see(at, incident);
        }
        let silences: Arc<[Silence]> = silences.into();
        let ground = ground.silent(silences.clone());
        for at in then {
            let Some(mut incident) = self.incident_of(&ground, &windows[at]) else { continue };
            let is_free = |edit: &Edit| {
                !gone.contains(&edit.row) && (self.overlaps || claimed.has_none_of(&ground, edit))
            };
            incident.edits.retain(is_free);
            incident.children.retain(|(_, child)| child.edits.iter().all(is_free));
            claimed.take(&self.claims_of_many(&ground, &incident));
            see(at, incident);
        }
        Struck { claimed, gone, silences }
    }

    /// The incident, as strong as it is over all ranges.
    fn incident_of(&self, ground: &Ground<'_>, window: &Window) -> Option<Incident> {
        let mut incident = self.incident(ground, window.asked, window.site())?;
        incident.effect = window.effect.or(incident.effect);
        Some(incident)
    }
}
