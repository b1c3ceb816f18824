//! What people look at one after the other: the first page views of each visit, and where it ends.

use std::collections::BTreeMap;

use crate::check::entities::Entities;
use crate::check::facts::Facts;
use crate::check::{Cached, EventBatch};
use crate::model::site::{Site, Slot};
use crate::read::hash::Words;
use crate::report::numbers::{End, Place, Step};

/// Page views of a visit that are followed.
pub(super) const FOLLOWED: u8 = 5;

/// How far a visit has been followed.
#[derive(Debug, Clone, Copy, Default)]
struct Visit {
    /// Page views seen; no more than one beyond those that are followed.
    views: u8,
    /// The page of the last one followed.
    page: u16,
}

/// Counts steps.
#[derive(Default)]
pub(super) struct Steps {
    /// The pages of the site, when its models are known.
    site: Option<Site>,
    pages: Words,
    of_path: Cached<u32>,
    /// By session.
    visits: Vec<Visit>,
    /// By kind of journey, step and pages: visits that went from one to the other.
    moves: BTreeMap<(u32, u8, u16, u16), u64>,
    /// By kind of journey, source and page: visits that began there.
    begins: BTreeMap<(u32, u32, u16), u64>,
}

impl Steps {
    /// Nothing seen yet.
    pub(super) fn new(site: Option<Site>) -> Self {
        Self { site, ..Self::default() }
    }

    /// Follows visits through some events.
    pub(super) fn see(&mut self, events: &EventBatch<'_>) {
        let (Some(path), Some(load)) = (events.column("page_path"), events.column("page_load_ms"))
        else {
            return;
        };
        let entities = events.entities();
        self.visits.resize(entities.sessions.len(), Visit::default());
        self.of_path.learn(path, |path| self.pages.add(&page(self.site.as_ref(), path)));
        for row in (0..events.len()).filter(|row| load.is_valid(*row)) {
            let session = events.session[row];
            let Some(visit) = self.visits.get_mut(session as usize) else { continue };
            if visit.views > FOLLOWED {
                continue;
            }
            let Some(page) = self.of_path.get(path, row) else { continue };
            let before = std::mem::replace(visit, Visit { views: visit.views + 1, ..*visit });
            if before.views == FOLLOWED {
                continue;
            }
            visit.page = page as u16;
            let Facts { kind, source, .. } = *events.facts(row);
            if before.views == 0 {
                *self.begins.entry((kind, source, page as u16)).or_default() += 1;
            } else {
                let key = (kind, before.views, before.page, page as u16);
                *self.moves.entry(key).or_default() += 1;
            }
        }
    }

    /// All steps, with their ends, in words.
    pub(super) fn settle(&self, entities: &Entities) -> BTreeMap<Step, u64> {
        let mut steps: BTreeMap<Step, u64> = BTreeMap::new();
        let mut add = |kind: u32, after: u8, from: &str, to: Place, count: u64| {
            let kind = entities.word(kind).to_owned();
            let step = Step { kind, after, from: from.to_owned(), to };
            *steps.entry(step).or_default() += count;
        };
        let page = |page: u16| self.pages.word(page.into());
        for ((kind, source, first), count) in &self.begins {
            let to = Place::Page(page(*first).to_owned());
            add(*kind, 0, entities.word(*source), to, *count);
        }
        for ((kind, after, from, to), count) in &self.moves {
            add(*kind, *after, page(*from), Place::Page(page(*to).to_owned()), *count);
        }
        let mut ordered = vec![false; self.visits.len()];
        for order in entities.orders.iter() {
            if let Some(ordered) = ordered.get_mut(order.session as usize) {
                *ordered = true;
            }
        }
        let ends = self.visits.iter().zip(ordered).enumerate();
        for (session, (visit, ordered)) in ends.filter(|(_, (visit, _))| visit.views > 0) {
            let end = match (visit.views > FOLLOWED, ordered) {
                (true, _) => End::GoesOn,
                (false, true) => End::Ordered,
                (false, false) => End::Left,
            };
            let kind =
                entities.journeys.at(entities.sessions.at(session as u32).journey).kind.key();
            add(kind, visit.views.min(FOLLOWED), page(visit.page), Place::End(end), 1);
        }
        steps.retain(|step, _| !step.kind.is_empty());
        steps
    }
}

/// The page that a path is one of, by name. Without models the path's first part names it.
fn page(site: Option<&Site>, path: &str) -> String {
    let Some(site) = site else {
        let first = path.trim_start_matches('/').split(['/', '?']).next().unwrap_or_default();
        return format!("/{first}");
    };
    let landing = || site.pages.iter().find(|page| page.slot == Slot::Landing);
    let found = site.page_of(path).map(|page| &site.pages[page]).or_else(landing);
    found.map_or_else(|| "other".to_owned(), |page| page.name.clone())
}
