//! Who is in the pilot.
//!
//! A rate is a mean over occurrences, and a few people who come all the time bring most of them: a crowd taken as it comes tells a rate
//! no better than those few do, however many sessions it has. So candidates are drawn, which costs next to nothing, laid in order of
//! persona, devices, how often they come and how engaged they are, and every so many-th is taken: each kind of person is there in its
//! share, by visits as by heads (systematic sampling of an ordered list; Cochran, "Sampling Techniques", chapter 8).

use crate::population::User;

/// Bands of visits: so many to a factor of e.
const BANDS: f64 = 3.0;

/// Somebody who could be in the pilot; ordered by all that moves rates, then by seed and id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// Persona, classes of the devices held, band of visits.
    kind: u32,
    /// The engagement's bits, in its order; descending in every other band, so that neighbours are alike.
    engagement: i64,
    seed: u8,
    user: u64,
    /// Thousandths of a visit.
    visits: u64,
}

/// Somebody who is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Chosen {
    /// Which of the pilot's seeds.
    pub seed: u8,
    /// The user of that seed.
    pub user: u64,
}

impl Candidate {
    /// A user of one of the pilot's seeds, who begins about so many journeys.
    pub fn new(seed: u8, id: u64, user: &User, visits: f64) -> Self {
        let classes = user.devices.iter().fold(0, |bits, held| bits | 1 << held.class as u32);
        let band = (BANDS * libm::log(visits + 0.05) + 32.0).clamp(0.0, 255.0) as u32;
        let engagement = (user.engagement * 1e9) as i64;
        Self {
            kind: u32::from(user.persona) << 16 | classes << 8 | band,
            engagement: if band & 1 == 0 { engagement } else { -engagement },
            seed,
            user: id,
            visits: (visits * 1000.0) as u64,
        }
    }
}

/// As many candidates as begin about so many journeys, out of all in order; by seed and user.
pub fn choose(candidates: &[Candidate], visits: u64) -> Vec<Chosen> {
    let all: u64 = candidates.iter().map(|candidate| candidate.visits).sum();
    let share = visits as f64 * 1000.0 / all.max(1) as f64;
    let count = (share * candidates.len() as f64).ceil().min(candidates.len() as f64);
    let place = |nth: usize| (nth as f64 + 0.5) / count * candidates.len() as f64;
    let chosen = |nth: usize| {
        let Candidate { seed, user, .. } = candidates[place(nth) as usize];
        Chosen { seed, user }
    };
    let mut crowd: Vec<Chosen> = (0..count as usize).map(chosen).collect();
    crowd.sort_unstable();
    crowd
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Somebody of one of four kinds, who comes more often than `visits` tells others of the kind.
    fn candidate(nth: u64) -> Candidate {
        let (kind, visits) = ((nth % 4) as u32, 1 + nth % 40);
        let engagement = (nth.wrapping_mul(0x9e37_79b9) % 1_000) as i64;
        Candidate { kind, engagement, seed: (nth % 3) as u8, user: nth, visits: 1_000 * visits }
    }

    fn candidates(count: u64) -> Vec<Candidate> {
        let mut all: Vec<Candidate> = (0..count).map(candidate).collect();
        all.sort_unstable();
        all
    }

    /// For all crowds, as many as were asked for by their visits, each of them once, and each kind in its share within one.
    #[test]
    fn each_kind_is_there_in_its_share() {
        let all = candidates(4_000);
        let crowd = choose(&all, 4_100);
        assert_eq!(crowd.len(), 200);
        assert!(crowd.windows(2).all(|pair| pair[0] < pair[1]), "in order, nobody twice");
        for kind in 0..4 {
            let count = crowd.iter().filter(|one| one.user % 4 == kind).count();
            assert!((49..=51).contains(&count), "{count} of kind {kind}");
        }
        let mean = |users: &mut dyn Iterator<Item = u64>| {
            let all: Vec<i64> = users.map(|user| candidate(user).engagement).collect();
            all.iter().sum::<i64>() as f64 / all.len() as f64
        };
        let (of_crowd, of_all) =
            (mean(&mut crowd.iter().map(|one| one.user)), mean(&mut (0..4_000)));
        // A crowd of 200 taken at random would be 20 off.
        assert!((of_crowd - of_all).abs() < 4.0, "{of_crowd} for {of_all}");
    }

    #[test]
    fn nobody_is_taken_twice_where_all_are_too_few() {
        let all = candidates(40);
        assert_eq!(choose(&all, 1 << 40).len(), 40);
        assert_eq!(choose(&[], 10), []);
    }
}
