//! Columns that all rows of a group share: keys are looked up once a group and page, and a row copies what was found.

use std::cmp::Ordering;

use super::column::KEYED_ROWS;
use super::keys::Keys;
use crate::frame::{Column, Frame, NULL};

/// The groups of a page's rows.
#[derive(Default)]
struct Page {
    /// The groups of the page, in the order of their first rows.
    groups: Vec<u32>,
    /// By row: the place of its group among them.
    places: Vec<u16>,
}

/// The groups of all pages of a file, and room for the columns that they share.
#[derive(Default)]
pub(super) struct Groups {
    pages: Vec<Page>,
    used: usize,
    keys: Vec<u32>,
    by_place: Vec<u32>,
}

impl Groups {
    /// Takes the groups of a frame's rows, if there are any.
    pub(super) fn begin(&mut self, frame: &dyn Frame) {
        self.used = 0;
        let Some(groups) = frame.groups() else { return };
        let count = groups.iter().max().map_or(0, |last| *last as usize + 1);
        // For each group, the page that it was last seen in (counted from 1) above its place there.
        let mut seen = vec![0_u64; count];
        for rows in groups.chunks(KEYED_ROWS) {
            if self.pages.len() == self.used {
                self.pages.push(Page::default());
            }
            let page = &mut self.pages[self.used];
            self.used += 1;
            let number = self.used as u64;
            page.groups.clear();
            page.places.clear();
            page.places.extend(rows.iter().map(|&group| {
                let seen = &mut seen[group as usize];
                if *seen >> 32 != number {
                    *seen = number << 32 | page.groups.len() as u64;
                    page.groups.push(group);
                }
                *seen as u16
            }));
        }
    }

    /// Lays out a page in the file's keys; the least and the greatest of the frame's keys by `order`. `shared` has the key of each
    /// group.
    pub(super) fn page(
        &mut self,
        number: usize,
        shared: &[u32],
        keys: &mut Keys,
        order: impl Fn(u32, u32) -> Ordering,
        out: &mut Column,
    ) -> Option<[u32; 2]> {
        let page = &self.pages[..self.used][number];
        let of_groups = page.groups.iter().map(|&group| shared[group as usize]);
        self.keys.clear();
        self.keys.extend(of_groups.clone().filter(|key| *key != NULL));
        let bounds = keys.page(&self.keys, order);
        let mut local = keys.local().iter().copied();
        let local = of_groups.map(|key| if key == NULL { None } else { local.next() });
        self.by_place.clear();
        self.by_place.extend(local.map(|key| key.unwrap_or(NULL)));
        let by_place = &self.by_place[..];
        let rows = page.places.iter().map(|&place| by_place[usize::from(place)]);
        if self.keys.len() == page.groups.len() {
            out.fill_all_keys(page.places.len(), rows);
        } else {
            out.fill_keys(page.places.len(), rows);
        }
        bounds
    }
}
