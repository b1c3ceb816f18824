//! How people come back: gaps between the sessions of a user, and sessions per user.

use crate::realism::session::Session;

/// Moments of the gaps between the starts of a user's sessions, and of the number of sessions a user has.
#[derive(Debug, Clone, Default)]
pub(super) struct Returns {
    /// Gaps.
    pub(super) n: u64,
    sum: f64,
    sum_squared: f64,
    pub(super) users: u64,
    sessions: f64,
    sessions_squared: f64,
}

impl Returns {
    /// Of sessions in the order of user and start.
    pub(super) fn of(sessions: &[Session]) -> Self {
        let mut returns = Self::default();
        for visits in sessions.chunk_by(|a, b| a.user == b.user) {
            let count = visits.len() as f64;
            returns.users += 1;
            returns.sessions += count;
            returns.sessions_squared += count * count;
            for pair in visits.windows(2) {
                let hours = f64::from(pair[1].started - pair[0].started) / 3600.0;
                if hours > 0.0 {
                    returns.n += 1;
                    returns.sum += hours;
                    returns.sum_squared += hours * hours;
                }
            }
        }
        returns
    }

    /// (sigma - mu) / (sigma + mu) of the gaps: -1 for a clock, 0 for one Poisson process, towards 1 for bursts.
    pub(super) fn burstiness(&self) -> f64 {
        let n = self.n as f64;
        let mean = self.sum / n;
        let sd = (self.sum_squared / n - mean * mean).max(0.0).sqrt();
        (sd - mean) / (sd + mean)
    }

    /// Variance over mean of the sessions per user.
    pub(super) fn dispersion(&self) -> f64 {
        let n = self.users as f64;
        let mean = self.sessions / n;
        (self.sessions_squared / n - mean * mean) / mean
    }
}
