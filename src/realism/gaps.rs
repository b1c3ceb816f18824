//! Gaps between the steps of a session.

use crate::realism::math::{LN_TAU, Pairs};
use crate::realism::session::{SILENCE, Session};

/// Cells of the histogram of ln gap: 1/32 of an e-fold each, from 1 µs to 30 minutes.
const CELLS: usize = 683;
const CELLS_AN_EFOLD: f64 = 32.0;

/// Moments and histogram of the gaps seen so far.
#[derive(Debug, Clone)]
pub(super) struct Gaps {
    pub(super) n: u64,
    sum: f64,
    sum_ln: f64,
    sum_ln_squared: f64,
    /// Seconds.
    longest: f64,
    /// Neighbouring gaps of a session.
    pub(super) lag: Pairs,
    /// By ln gap, for distances.
    pub(super) cells: Vec<u64>,
    /// Within sessions: their number, the sum of squared sums over sizes, and of squared sizes.
    sessions: u64,
    between: f64,
    sizes_squared: f64,
}

impl Default for Gaps {
    fn default() -> Self {
        Self {
            n: 0,
            sum: 0.0,
            sum_ln: 0.0,
            sum_ln_squared: 0.0,
            longest: 0.0,
            lag: Pairs::default(),
            cells: vec![0; CELLS],
            sessions: 0,
            between: 0.0,
            sizes_squared: 0.0,
        }
    }
}

impl Gaps {
    /// Takes a gap in µs after one whose log was `before` (not a number for none); its log in seconds, if it counts.
    #[inline]
    pub(super) fn add(&mut self, gap: i64, before: f64) -> Option<f64> {
        if gap <= 0 || gap > SILENCE {
            return None;
        }
        let seconds = gap as f64 * 1e-6;
        let ln = libm::log(seconds);
        self.n += 1;
        self.sum += seconds;
        self.sum_ln += ln;
        self.sum_ln_squared += ln * ln;
        self.longest = self.longest.max(seconds);
        let cell = (libm::log(gap as f64) * CELLS_AN_EFOLD) as usize;
        self.cells[cell.min(CELLS - 1)] += 1;
        if !before.is_nan() {
            self.lag.add(before, ln);
        }
        Some(ln)
    }

    /// Takes the sums of all sessions.
    pub(super) fn close(&mut self, sessions: &[Session]) {
        for session in sessions.iter().filter(|session| session.gaps > 0) {
            let size = f64::from(session.gaps);
            self.sessions += 1;
            let sum = f64::from(session.sum_ln);
            self.between += sum * sum / size;
            self.sizes_squared += size * size;
        }
    }

    /// Mean and variance of ln gap.
    pub(super) fn ln_moments(&self) -> (f64, f64) {
        let n = self.n as f64;
        let mean = self.sum_ln / n;
        (mean, (self.sum_ln_squared / n - mean * mean).max(0.0))
    }

    /// (AIC of the best exponential - AIC of the best log-normal) / gaps.
    pub(super) fn against_exponential(&self) -> f64 {
        let n = self.n as f64;
        let exponential = 2.0 + 2.0 * n * (libm::log(self.sum / n) + 1.0);
        (exponential - self.log_normal()) / n
    }

    /// (AIC of the best uniform - AIC of the best log-normal) / gaps.
    pub(super) fn against_uniform(&self) -> f64 {
        let n = self.n as f64;
        (2.0 + 2.0 * n * libm::log(self.longest) - self.log_normal()) / n
    }

    fn log_normal(&self) -> f64 {
        let n = self.n as f64;
        let (mean, variance) = self.ln_moments();
        4.0 + 2.0 * n * (mean + 0.5 * (LN_TAU + libm::log(variance.max(1e-12)) + 1.0))
    }

    /// Intraclass correlation of ln gap: the share of its variance that lies between sessions (one-way random effects).
    pub(super) fn within(&self) -> f64 {
        let (n, k) = (self.n as f64, self.sessions as f64);
        if self.sessions < 2 || self.n <= self.sessions {
            return f64::NAN;
        }
        let between = (self.between - self.sum_ln * self.sum_ln / n) / (k - 1.0);
        let within = (self.sum_ln_squared - self.between) / (n - k);
        let size = (n - self.sizes_squared / n) / (k - 1.0);
        (between - within) / (between + (size - 1.0) * within)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_gaps_within_a_session_count() {
        let mut gaps = Gaps::default();
        for gap in [0, -5, SILENCE + 1] {
            assert_eq!(gaps.add(gap, f64::NAN), None);
        }
        assert_eq!(gaps.add(1_000_000, f64::NAN), Some(0.0));
        assert!(gaps.add(SILENCE, f64::NAN).is_some() && gaps.add(1, f64::NAN).is_some());
        assert_eq!((gaps.n, gaps.cells.iter().sum::<u64>()), (3, 3));
    }
}
