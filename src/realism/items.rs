//! What is looked at: popularity and repetition.

use crate::realism::NONE;

/// Views by item, and how many of them repeat the view before in their session.
#[derive(Debug, Clone, Default)]
pub(super) struct Items {
    views: Vec<u32>,
    /// Views that follow another one in their session.
    pub(super) followers: u64,
    /// Those of them that are of the same item.
    pub(super) repeats: u64,
}

impl Items {
    /// Takes the view of an item after that of `before` in the same session, or of [`NONE`].
    #[inline]
    pub(super) fn add(&mut self, item: u32, before: u32) {
        let place = item as usize;
        if place >= self.views.len() {
            self.views.resize(place + 1, 0);
        }
        self.views[place] = self.views[place].saturating_add(1);
        if before != NONE {
            self.followers += 1;
            self.repeats += u64::from(before == item);
        }
    }

    /// Views of every item that was seen, rising.
    pub(super) fn sorted(&self) -> Vec<u64> {
        let some = self.views.iter().filter(|&&count| count > 0);
        let mut views: Vec<u64> = some.map(|&count| u64::from(count)).collect();
        views.sort_unstable();
        views
    }
}

/// The Gini coefficient of counts in rising order: 0 when all are equal, near 1 when one has all.
pub(super) fn gini(sorted: &[u64]) -> f64 {
    let n = sorted.len() as f64;
    let total: f64 = sorted.iter().map(|&count| count as f64).sum();
    let ranked: f64 =
        sorted.iter().enumerate().map(|(i, &count)| (i as f64 + 1.0) * count as f64).sum();
    2.0 * ranked / (n * total) - (n + 1.0) / n
}

/// The share of the most viewed `part` of the items, at least one of them.
pub(super) fn top_share(sorted: &[u64], part: f64) -> f64 {
    let top = ((sorted.len() as f64 * part).ceil() as usize).max(1);
    let total: u64 = sorted.iter().sum();
    let views: u64 = sorted.iter().rev().take(top).sum();
    views as f64 / total as f64
}

/// The chance that two views drawn by popularity are of the same item.
pub(super) fn coincidence(sorted: &[u64]) -> f64 {
    let total: f64 = sorted.iter().map(|&count| count as f64).sum();
    sorted.iter().map(|&count| (count as f64 / total).powi(2)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gini_of_equal_and_of_one_sided_counts() {
        assert!(gini(&[7; 50]).abs() < 1e-12);
        let mut one = vec![0; 99];
        one.push(10);
        assert!((gini(&one) - 0.99).abs() < 1e-12);
        // Counts 1..n: (n - 1) / 3n... of n = 4: 0.25.
        assert!((gini(&[1, 2, 3, 4]) - 0.25).abs() < 1e-12);
    }

    #[test]
    fn the_top_share_counts_at_least_one_item() {
        assert!((top_share(&[1, 1, 2], 0.01) - 0.5).abs() < 1e-12);
        assert!((top_share(&[1; 200], 0.01) - 0.01).abs() < 1e-12);
    }

    #[test]
    fn repeats_are_counted_within_a_session() {
        let mut items = Items::default();
        items.add(3, NONE);
        items.add(3, 3);
        items.add(5, 3);
        assert_eq!((items.followers, items.repeats, items.sorted()), (2, 1, vec![1, 2]));
        assert!((coincidence(&[1, 2]) - 5.0 / 9.0).abs() < 1e-12);
    }
}
