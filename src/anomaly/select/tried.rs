//! Incidents of one kind that touches the window as a whole, while it is not known yet which of them touch something.

use crate::anomaly::incident::Incident;

/// What an incident comes to over the ranges looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Tally {
    touches: bool,
    /// What there is, and what there usually is.
    parts: Option<(f64, f64)>,
}

impl Tally {
    /// What its part in a range comes to.
    pub(super) fn of(incident: &Incident) -> Self {
        Self { touches: !incident.is_empty(), parts: incident.parts }
    }

    /// How strong it is, where that is a matter of all ranges.
    pub(super) fn effect(&self) -> Option<f64> {
        self.parts.filter(|(_, usually)| *usually > 0.0).map(|(there, usually)| there / usually)
    }
}

impl Extend<Tally> for Tally {
    fn extend<T: IntoIterator<Item = Self>>(&mut self, ranges: T) {
        for Self { touches, parts } in ranges {
            self.touches |= touches;
            if let Some((there, usually)) = parts {
                let (a, b) = self.parts.unwrap_or_default();
                self.parts = Some((a + there, b + usually));
            }
        }
    }
}

/// How many are tried where so many are wanted.
fn limit(wanted: u64) -> u64 {
    wanted.saturating_mul(8).saturating_add(64)
}

/// Incidents of a kind by their numbers.
#[derive(Debug)]
pub(super) struct Tried {
    pub(super) asked: usize,
    pub(super) wanted: u64,
    pub(super) strict: bool,
    /// Those that are to be, as far as is known, in order.
    pub(super) chosen: Vec<(u32, Tally)>,
    /// Those that may take the place of one that is none, in order, and whether they touch something.
    pub(super) spare: Vec<(u32, bool)>,
    /// The number of the next.
    next: u32,
}

impl Tried {
    pub(super) fn new(asked: usize, wanted: u64, strict: bool) -> Self {
        let mut tried =
            Self { asked, wanted, strict, chosen: Vec::new(), spare: Vec::new(), next: 0 };
        tried.fill();
        tried
    }

    /// Chooses as many as are wanted, those known to touch something first.
    fn fill(&mut self) {
        while (self.chosen.len() as u64) < self.wanted {
            let known = (!self.spare.is_empty()).then(|| self.spare.remove(0).0);
            let Some(nth) = known.or_else(|| self.take_next()) else { break };
            self.chosen.push((nth, Tally::default()));
        }
        self.chosen.sort_by_key(|(nth, _)| *nth);
    }

    /// The next number; none where so many touched nothing that none will.
    fn take_next(&mut self) -> Option<u32> {
        (u64::from(self.next) < limit(self.wanted)).then(|| {
            self.next += 1;
            self.next - 1
        })
    }

    /// Once there are too few: the most that there are if so many are asked for.
    pub(super) fn can_be_had(&self) -> u64 {
        let fits = |at: &usize| u64::from(self.chosen[*at].0) < limit(*at as u64 + 1);
        (0..self.chosen.len()).rfind(fits).map_or(0, |at| at as u64 + 1)
    }

    /// Chooses others in the place of those that cannot be; whether some could not.
    pub(super) fn forget(&mut self, impossible: impl Fn(u32) -> bool) -> bool {
        let before = self.chosen.len();
        self.chosen.retain(|(nth, _)| !impossible(*nth));
        let is_changed = self.chosen.len() < before;
        if is_changed {
            self.fill();
        }
        is_changed
    }

    /// Once all ranges were looked at: chooses others in the place of those that touch nothing, with more to spare the oftener that
    /// happened; whether some did.
    pub(super) fn replace(&mut self, round: u32) -> bool {
        self.spare.retain(|(_, touches)| *touches);
        let before = self.chosen.len();
        self.chosen.retain(|(_, tally)| tally.touches);
        let missing = before - self.chosen.len();
        if missing == 0 {
            return false;
        }
        self.fill();
        for _ in 0..missing.saturating_mul(4_usize.saturating_pow(round)) {
            let Some(nth) = self.take_next() else { break };
            self.spare.push((nth, false));
        }
        true
    }

    /// Forgets what they come to, for another look at all ranges.
    pub(super) fn begin(&mut self) {
        self.chosen.iter_mut().for_each(|(_, tally)| *tally = Tally::default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::anomaly::ground::RowRef;

    /// Looks once: those numbers touch something.
    fn look(tried: &mut Tried, is_one: impl Fn(u32) -> bool) {
        let (some, none) = (Incident::new().delete(RowRef::event(0, 0)), Incident::new());
        for (nth, tally) in &mut tried.chosen {
            *tally = Tally::of(if is_one(*nth) { &some } else { &none });
        }
        tried.spare.iter_mut().for_each(|(nth, touches)| *touches = is_one(*nth));
    }

    fn settled(wanted: u64, is_one: impl Fn(u32) -> bool) -> (Vec<u32>, u32) {
        let (tried, rounds) = ended(wanted, is_one);
        (tried.chosen.iter().map(|(nth, _)| *nth).collect(), rounds)
    }

    fn ended(wanted: u64, is_one: impl Fn(u32) -> bool) -> (Tried, u32) {
        let mut tried = Tried::new(0, wanted, true);
        for round in 0.. {
            look(&mut tried, &is_one);
            if !tried.replace(round) {
                return (tried, round + 1);
            }
            tried.begin();
        }
        unreachable!("numbers end")
    }

    /// For all numbers asked for, the first that touch something are chosen, in few looks; fewer are among more.
    #[test]
    fn the_first_that_touch_something_are_chosen() {
        let is_one = |nth: u32| nth % 5 == 3;
        assert_eq!(settled(1, is_one).0, [3]);
        let (few, rounds) = settled(3, is_one);
        assert!(few == [3, 8, 13] && rounds <= 4, "{few:?} {rounds}");
        assert_eq!(settled(5, is_one).0[..3], few);
        assert_eq!(settled(2, |_| true), (vec![0, 1], 1));
        assert_eq!(settled(2, |_| false).0, [0; 0]);
    }

    /// For all numbers that are too many, there are as many as are then told; of those that are seldom something, too.
    #[test]
    fn what_is_told_can_be_had() {
        for (wanted, every) in [(400, 9), (1_000, 11), (5_000, 40), (50, 1_000_000)] {
            let is_one = |nth: u32| nth % every == every - 1;
            let (few, _) = ended(wanted, is_one);
            let told = few.can_be_had();
            assert!((few.chosen.len() as u64) < wanted && told < wanted, "{told} of {wanted}");
            assert_eq!(settled(told, is_one).0.len() as u64, told);
            assert_ne!(settled(told + 1, is_one).0.len() as u64, told + 1);
            assert_eq!(told > 0, every < 100, "{told}");
        }
    }

    /// What is added up over ranges is their ratio as a whole.
    #[test]
    fn parts_add_up() {
        let mut tally = Tally::default();
        assert_eq!(tally.effect(), None);
        tally.extend(
            [(3.0, 1.0), (3.0, 2.0)].map(|(a, b)| Tally::of(&Incident::new().of_parts(a, b))),
        );
        assert_eq!(tally.effect(), Some(2.0));
    }
}
