//! The visits of people, one after another.

use crate::check::entities::{Entities, NEVER};

/// The sessions of each person in order of time.
#[derive(Debug)]
pub struct Visits {
    /// By user: where their sessions end, and those of the next one begin.
    ends: Vec<u32>,
    sessions: Vec<u32>,
}

impl Visits {
    /// How many sessions.
    pub fn len(&self) -> usize {
        self.sessions.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.sessions.is_empty()
    }

    /// By user: their sessions.
    pub fn by_user(&self) -> impl Iterator<Item = &[u32]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(from, to)| &self.sessions[from as usize..*to as usize])
    }
}

impl Entities {
    /// The sessions of each person in order of time, but for those without one or without a start.
    pub fn visits(&self) -> Visits {
        let whose = |session: u32| match self.user_of(session) {
            user if (user as usize) < self.users.len() => Some(user as usize),
            _ => None,
        };
        let all = || {
            let started = |session: &u32| self.sessions[*session as usize].started != NEVER;
            let all = (0..self.sessions.len() as u32).filter(started);
            all.filter_map(|session| Some((whose(session)?, session)))
        };
        // Counted, then put where each person's begin, which move on to where they end.
        let mut starts = vec![0_u32; self.users.len() + 1];
        all().for_each(|(user, _)| starts[user + 1] += 1);
        for user in 1..starts.len() {
            starts[user] += starts[user - 1];
        }
        let mut sessions = vec![0; starts.last().map_or(0, |end| *end as usize)];
        for (user, session) in all() {
            sessions[starts[user] as usize] = session;
            starts[user] += 1;
        }
        let mut visits = Visits { ends: starts, sessions };
        visits.ends.pop();
        let mut from = 0;
        for end in &visits.ends {
            let of_user = &mut visits.sessions[from..*end as usize];
            of_user.sort_unstable_by_key(|at| (self.sessions[*at as usize].started, *at));
            from = *end as usize;
        }
        visits
    }
}
