//! Do identifiers betray when they were made? A sample of each kind, with the time at which it was first seen.

use std::collections::BTreeMap;

use crate::realism::math::rank_correlation;
use crate::seed::mix;

/// Identifiers kept of each kind.
const SAMPLE: usize = 4096;

/// Samples of identifiers by kind.
#[derive(Debug, Clone, Default)]
pub(super) struct Ids {
    pub(super) users: Sample,
    pub(super) sessions: Sample,
    pub(super) devices: Sample,
}

/// The identifiers with the smallest hashes: the same ones whatever the order they come in.
#[derive(Debug, Clone, Default)]
pub(super) struct Sample {
    /// By hash: the identifier in a form that sorts as its writer would sort it, and its time.
    kept: BTreeMap<u64, (Vec<u8>, i64)>,
}

impl Sample {
    /// Takes an identifier that was first seen at `time`; of the same one seen again the earlier time stays.
    pub(super) fn add(&mut self, id: &[u8], time: i64) {
        let key = hash(id);
        if self.kept.len() >= SAMPLE && self.kept.last_key_value().is_some_and(|(k, _)| *k < key) {
            return;
        }
        let kept = self.kept.entry(key).or_insert_with(|| (sortable(id), time));
        kept.1 = kept.1.min(time);
        if self.kept.len() > SAMPLE {
            self.kept.pop_last();
        }
    }

    /// How many, and the rank correlation between identifier and time.
    pub(super) fn against_time(&self) -> (usize, f64) {
        let pairs: Vec<(&[u8], i64)> =
            self.kept.values().map(|(id, time)| (id.as_slice(), *time)).collect();
        (pairs.len(), rank_correlation(&pairs))
    }
}

fn hash(id: &[u8]) -> u64 {
    id.chunks(8).fold(id.len() as u64, |hash, part| {
        let mut word = [0; 8];
        word[..part.len()].copy_from_slice(part);
        mix(hash.rotate_left(5) ^ u64::from_le_bytes(word))
    })
}

/// Numbers in text sort by value: runs of digits get their length before them.
fn sortable(id: &[u8]) -> Vec<u8> {
    if !id.is_empty() && id.iter().all(u8::is_ascii_digit) {
        let mut key = vec![id.len().min(255) as u8];
        key.extend_from_slice(id);
        return key;
    }
    id.to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counted_ids_rise_with_time_and_mixed_ones_do_not() {
        let (mut counted, mut mixed) = (Sample::default(), Sample::default());
        for i in 0..20_000_u64 {
            counted.add(i.to_string().as_bytes(), i as i64);
            mixed.add(format!("{:016x}", mix(i)).as_bytes(), i as i64);
        }
        let (n, rising) = counted.against_time();
        assert_eq!(n, SAMPLE);
        assert!(rising > 0.999, "{rising}");
        assert!(mixed.against_time().1.abs() < 0.07);
    }

    #[test]
    fn the_sample_does_not_depend_on_the_order() {
        let (mut there, mut back) = (Sample::default(), Sample::default());
        for i in 0..9000_u32 {
            there.add(&i.to_be_bytes(), i64::from(i));
            let j = 8999 - i;
            back.add(&j.to_be_bytes(), i64::from(j));
        }
        assert_eq!(there.kept, back.kept);
    }
}
