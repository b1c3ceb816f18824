//! Keys of the frame's dictionary become keys of the file's: in order of first appearance, so that the file's dictionary page holds
//! what the file uses and no more.

use std::cmp::Ordering;

/// The file's dictionary of a column, as it grows page by page.
#[derive(Default)]
pub(super) struct Keys {
    /// For each of the frame's keys, the page that it was last seen in (counted from 1) above the file's key.
    map: Vec<u64>,
    /// The frame's key of each of the file's.
    used: Vec<u32>,
    /// The page under way, in the file's keys.
    page: Vec<u32>,
    pages: u64,
    /// How many different keys the page has.
    distinct: usize,
}

impl Keys {
    /// Begins a column whose frame has that many keys.
    pub(super) fn begin(&mut self, keys: usize) {
        self.map.clear();
        self.map.resize(keys, 0);
        self.used.clear();
        self.pages = 0;
    }

    /// Takes a page of the frame's keys; the least and the greatest of them by `order`.
    ///
    /// The page that a key was last seen in stands beside its new key, so that the way through the loop that most rows take does one
    /// look-up and one comparison, and still every key is compared once a page.
    pub(super) fn page(
        &mut self,
        keys: &[u32],
        order: impl Fn(u32, u32) -> Ordering,
    ) -> Option<[u32; 2]> {
        self.pages += 1;
        self.distinct = 0;
        self.page.clear();
        let mut bounds: Option<[u32; 2]> = None;
        let Self { map, used, page, pages, distinct } = self;
        page.extend(keys.iter().map(|&key| {
            let entry = &mut map[key as usize];
            if *entry >> 32 != *pages {
                if *entry == 0 {
                    *entry = used.len() as u64;
                    used.push(key);
                }
                *entry = *pages << 32 | (*entry & u64::from(u32::MAX));
                *distinct += 1;
                bounds = Some(match bounds {
                    None => [key; 2],
                    Some([least, greatest]) => [
                        if order(key, least).is_lt() { key } else { least },
                        if order(key, greatest).is_gt() { key } else { greatest },
                    ],
                });
            }
            *entry as u32
        }));
        bounds
    }

    /// The page, in the file's keys.
    pub(super) fn local(&self) -> &[u32] {
        &self.page
    }

    /// The frame's keys that the file uses, in the file's order.
    pub(super) fn used(&self) -> &[u32] {
        &self.used
    }

    /// Whether nearly all of the page's values, so many, differ, so that a dictionary only adds keys to them.
    pub(super) fn is_idle(&self, values: usize) -> bool {
        values >= 64 && self.distinct * 10 > values * 9
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_numbered_by_first_appearance_and_bounded_page_by_page() {
        let mut keys = Keys::default();
        keys.begin(10);
        let order = |a: u32, b: u32| b.cmp(&a);
        assert_eq!(keys.page(&[7, 0, 7, 9], order), Some([9, 0]));
        assert_eq!(keys.local(), [0, 1, 0, 2]);
        assert_eq!(keys.page(&[3, 7], order), Some([7, 3]));
        assert_eq!(keys.local(), [3, 0]);
        assert_eq!(keys.used(), [7, 0, 9, 3]);
        assert_eq!(keys.page(&[], order), None);
        keys.begin(2);
        assert_eq!(keys.page(&[1], order), Some([1, 1]));
        assert_eq!((keys.local(), keys.used()), (&[0][..], &[1][..]));
    }
}
