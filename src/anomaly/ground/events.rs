//! Events of a range: where they lie in its journal.

use std::collections::HashMap;
use std::sync::Arc;

use super::{FileRef, Ground, RowRef, Rowset, Site};
use crate::event::journal::{NONE, Row};
use crate::scenario::fills;

/// An event as the journal has it.
#[derive(Debug, Clone, Copy)]
pub struct Event {
    /// The session's ordinal in the range's journal.
    pub session: u32,
    /// The slice that it is in.
    pub slice: usize,
    /// The event; its ordinals are those of the range's journal.
    pub row: Row,
}

impl Event {
    /// Its reference.
    pub fn at(&self) -> RowRef {
        RowRef::event(self.session, self.row.sequence)
    }

    /// The file that it is in.
    pub fn file(&self) -> FileRef {
        FileRef::Slice(self.slice as u32)
    }
}

/// Events that need not be looked for again: where an event lies in a journal takes many steps to find, and every step of the way
/// from a site to its labels asks for it.
#[derive(Clone)]
pub(super) enum Known {
    /// The one of the site that is looked at, if it is one.
    Site(Option<Event>),
    /// Those of all incidents.
    All(Arc<HashMap<RowRef, Event>>),
}

impl Ground<'_> {
    /// The same for somebody who looks at a site.
    #[must_use]
    pub fn looking_at(&self, site: Site) -> Self {
        let is_event = |row: &RowRef| row.rowset == Rowset::Events;
        let row = if let Site::Row(row) = site { Some(row).filter(is_event) } else { None };
        Self { known: Known::Site(row.and_then(|row| self.event(row))), ..self.clone() }
    }

    /// The same for somebody who asks for those events above all.
    #[must_use]
    pub fn knowing(self, events: impl Iterator<Item = Event>) -> Self {
        let known = events.map(|event| (event.at(), event)).collect();
        Self { known: Known::All(Arc::new(known)), ..self }
    }

    /// The events of a session, in the order in which they happened.
    pub fn events(&self, session: u32) -> Vec<Event> {
        let events = self.session(session).events as usize;
        let mut found = Vec::with_capacity(events);
        for slice in self.slices_of(session) {
            found.extend(self.in_slice(slice, session));
            // Few come as late as they may.
            if found.len() >= events {
                break;
            }
        }
        found.sort_by_key(|event| event.row.sequence);
        found
    }

    /// The events of a session that are in a slice.
    fn in_slice(&self, slice: usize, session: u32) -> impl Iterator<Item = Event> {
        let buckets = &self.rows[slice];
        let behind = buckets.partition_point(|(_, offsets)| offsets.session <= session);
        let bucket = behind.checked_sub(1).map(|at| &buckets[at]);
        let fills = &self.context.world.fills;
        bucket.into_iter().flat_map(move |(bucket, offsets)| {
            bucket.rows_of(session - offsets.session).map(move |mut row| {
                if fills[usize::from(row.kind)] & fills::ORDER != 0 && row.extra != NONE {
                    row.extra += offsets.order;
                }
                Event { session, slice, row }
            })
        })
    }

    /// The slices in which a session's events can be: those where nearly all are, then the others.
    fn slices_of(&self, session: u32) -> impl Iterator<Item = usize> {
        let row = self.session(session);
        let late = row.ended.saturating_add(self.context.world.lateness);
        let all = self.rows.len();
        let near = self.slices.of(row.started)..(self.slices.of(late) + 1).min(all);
        near.clone().chain(0..near.start).chain(near.end..all)
    }

    /// The event of that reference.
    pub fn event(&self, at: RowRef) -> Option<Event> {
        let known = match &self.known {
            Known::Site(event) => event.filter(|event| event.at() == at),
            Known::All(events) => events.get(&at).copied(),
        };
        known.or_else(|| self.found(at))
    }

    /// The event of that reference, looked for.
    fn found(&self, at: RowRef) -> Option<Event> {
        let events = self.slices_of(at.ordinal).flat_map(|slice| self.in_slice(slice, at.ordinal));
        events.into_iter().find(|event| event.row.sequence == at.sequence)
    }
}
