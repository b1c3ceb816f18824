//! What an incident touches, so that no other does.

use std::collections::HashMap;

use crate::anomaly::ground::{Event, FileRef, Ground, RowRef, Rowset};
use crate::anomaly::incident::{Edit, Incident, Op, Role};
use crate::anomaly::sites::hash_of_file;
use crate::anomaly::spec::Spec;
use crate::seed::mix;

/// What an incident touches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Claims {
    /// What nobody else may touch.
    pub(super) own: Vec<u64>,
    /// What nobody else may claim for himself alone.
    shared: Vec<u64>,
}

/// What is claimed already, and whether for one alone.
#[derive(Debug, Default)]
pub(super) struct Claimed(HashMap<u64, bool>);

impl Claimed {
    pub(super) fn are_free(&self, claims: &Claims) -> bool {
        claims.own.iter().all(|key| !self.0.contains_key(key))
            && claims.shared.iter().all(|key| self.0.get(key) != Some(&true))
    }

    pub(super) fn take(&mut self, claims: &Claims) {
        self.0.extend(claims.own.iter().map(|key| (*key, true)));
        self.0.extend(claims.shared.iter().map(|key| (*key, false)));
    }

    /// Whether nobody claims whom an edit is about.
    pub(super) fn has_none_of(&self, ground: &Ground<'_>, edit: &Edit) -> bool {
        let mut own = Vec::new();
        claim_row(ground, edit.row, &mut own);
        own.iter().all(|key| !self.0.contains_key(key))
    }
}

impl Claims {
    /// What an incident claims; `see` is shown the events that it touches.
    fn of(ground: &Ground<'_>, incident: &Incident, see: &mut dyn FnMut(Event)) -> Self {
        let mut claims = Self::default();
        let of_file = |file: FileRef| mix(hash_of_file(ground, file));
        for edit in incident.all_edits().filter(|edit| edit.role != Role::Context) {
            claim_row(ground, edit.row, &mut claims.own);
            let file = if edit.row.rowset == Rowset::Events {
                let event = ground.event(edit.row);
                event.into_iter().for_each(&mut *see);
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
        claims
    }
}

impl Spec {
    /// What an incident claims, and the events that it touches.
    pub(super) fn claims(&self, ground: &Ground<'_>, incident: &Incident) -> (Claims, Vec<Event>) {
        let mut events = Vec::new();
        if self.overlaps {
            return (Claims::default(), events);
        }
        let claims = Claims::of(ground, incident, &mut |event| events.push(event));
        (claims, events)
    }

    /// What an incident of many rows claims.
    pub(super) fn claims_of_many(&self, ground: &Ground<'_>, incident: &Incident) -> Claims {
        if self.overlaps { Claims::default() } else { Claims::of(ground, incident, &mut |_| {}) }
    }
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
