//! What a session remembers: mutual information between the types of its steps.

use crate::realism::session::known;

/// Counts of types, and of pairs one and two steps apart.
#[derive(Debug, Clone, Default)]
pub(super) struct Memory {
    kinds: usize,
    pub(super) types: Vec<u64>,
    next: Vec<u64>,
    after_next: Vec<u64>,
}

impl Memory {
    /// Takes a step with the types of the two before it in its session.
    #[inline]
    pub(super) fn add(&mut self, event: u16, before: u16, two_before: u16) {
        let event = usize::from(event);
        if event >= self.kinds {
            self.grow(event + 1);
        }
        self.types[event] += 1;
        if let Some(before) = known(before) {
            self.next[before * self.kinds + event] += 1;
        }
        if let Some(before) = known(two_before) {
            self.after_next[before * self.kinds + event] += 1;
        }
    }

    #[cold]
    fn grow(&mut self, wanted: usize) {
        let kinds = wanted.next_power_of_two().max(16);
        self.types.resize(kinds, 0);
        for table in [&mut self.next, &mut self.after_next] {
            let mut wider = vec![0; kinds * kinds];
            for (i, row) in table.chunks(self.kinds.max(1)).enumerate() {
                wider[i * kinds..i * kinds + row.len()].copy_from_slice(row);
            }
            *table = wider;
        }
        self.kinds = kinds;
    }

    /// Entropy of the types, nats.
    pub(super) fn entropy(&self) -> f64 {
        entropy(self.types.iter().copied())
    }

    /// Mutual information of neighbours and of steps two apart, nats.
    pub(super) fn information(&self) -> (f64, f64) {
        (self.shared(&self.next), self.shared(&self.after_next))
    }

    fn shared(&self, table: &[u64]) -> f64 {
        let k = self.kinds;
        let first = (0..k).map(|i| table[i * k..(i + 1) * k].iter().sum());
        let second = (0..k).map(|j| (0..k).map(|i| table[i * k + j]).sum());
        entropy(first) + entropy(second) - entropy(table.iter().copied())
    }

    /// Pairs of neighbours as (type, type, count), those that occur.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (usize, usize, u64)> + '_ {
        let some = self.next.iter().enumerate().filter(|(_, count)| **count > 0);
        some.map(|(at, &count)| (at / self.kinds, at % self.kinds, count))
    }

    /// How many pairs of neighbours there are.
    pub(super) fn neighbours(&self) -> u64 {
        self.next.iter().sum()
    }
}

/// Entropy in nats with the correction of Miller (1955) and Madow: (cells in use - 1) / 2n.
fn entropy(counts: impl Iterator<Item = u64> + Clone) -> f64 {
    let n = counts.clone().sum::<u64>() as f64;
    if n == 0.0 {
        return f64::NAN;
    }
    let (mut sum, mut cells) = (0.0, 0.0);
    for count in counts.filter(|&count| count > 0) {
        let share = count as f64 / n;
        sum -= share * libm::log(share);
        cells += 1.0;
    }
    sum + (cells - 1.0) / (2.0 * n)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO: u16 = u16::MAX;

    #[test]
    fn an_alternation_is_known_whole_and_growing_loses_nothing() {
        let mut memory = Memory::default();
        let (mut before, mut two_before) = (NO, NO);
        for step in 0..20_000_u16 {
            let event = if step % 2 == 0 { 0 } else { 40 };
            memory.add(event, before, two_before);
            (two_before, before) = (before, event);
        }
        let (one, two) = memory.information();
        for number in [memory.entropy(), one, two] {
            assert!((number - std::f64::consts::LN_2).abs() < 1e-3, "{number}");
        }
        assert_eq!(memory.neighbours(), 19_999);
        assert_eq!(memory.pairs().count(), 2);
    }

    #[test]
    fn entropy_of_a_fair_die() {
        let wanted = libm::log(6.0) + 5.0 / (2.0 * 600.0);
        assert!((entropy([100_u64; 6].into_iter()) - wanted).abs() < 1e-12);
    }
}
