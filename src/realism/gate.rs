//! Gates: between which bounds a number of real traffic lies, and from where that is known.

use std::fmt;

/// Bounds, each of them included; infinite where there is none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gate {
    /// The least value that passes.
    pub lower: f64,
    /// The greatest value that passes.
    pub upper: f64,
}

impl Gate {
    /// At least that.
    pub const fn at_least(lower: f64) -> Self {
        Self { lower, upper: f64::INFINITY }
    }

    /// At most that.
    pub const fn at_most(upper: f64) -> Self {
        Self { lower: f64::NEG_INFINITY, upper }
    }

    /// From, to.
    pub const fn within(lower: f64, upper: f64) -> Self {
        Self { lower, upper }
    }

    /// Whether a value passes; what is not a number does not.
    pub fn holds(&self, value: f64) -> bool {
        self.lower <= value && value <= self.upper
    }
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.lower.is_finite(), self.upper.is_finite()) {
            (true, true) => write!(f, "{} to {}", self.lower, self.upper),
            (true, false) => write!(f, ">= {}", self.lower),
            (false, true) => write!(f, "<= {}", self.upper),
            (false, false) => f.write_str("any"),
        }
    }
}

/// What a number or a test is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About {
    /// Its name in reports.
    pub id: &'static str,
    /// What it is, or what must hold.
    pub what: &'static str,
    /// Why it is looked at.
    pub why: &'static str,
}

/// What a number came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The value, which passes or does not.
    Measured(f64),
    /// Why it could not be measured.
    Skipped(String),
}

/// A number with its gate.
#[derive(Debug, Clone, PartialEq)]
pub struct Number {
    /// Its name in reports: `realism.length_cv`.
    pub id: &'static str,
    /// What it is.
    pub what: &'static str,
    /// Why it is looked at.
    pub why: &'static str,
    /// The bounds.
    pub gate: Gate,
    /// What it came to.
    pub outcome: Outcome,
    /// Over how many sessions, gaps, views.
    pub n: u64,
    /// Of what `n` are.
    pub unit: &'static str,
}

impl Number {
    /// Whether it passes; what could not be measured is neither.
    pub fn holds(&self) -> Option<bool> {
        match &self.outcome {
            Outcome::Measured(value) => Some(self.gate.holds(*value)),
            Outcome::Skipped(_) => None,
        }
    }

    /// The value, if there is one.
    pub fn value(&self) -> Option<f64> {
        match &self.outcome {
            Outcome::Measured(value) => Some(*value),
            Outcome::Skipped(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_belong_to_a_gate_and_nothing_else_does() {
        let gate = Gate::within(0.4, 1.6);
        assert!(gate.holds(0.4) && gate.holds(1.6) && !gate.holds(1.61) && !gate.holds(f64::NAN));
        assert_eq!(gate.to_string(), "0.4 to 1.6");
        assert_eq!(Gate::at_least(0.1).to_string(), ">= 0.1");
        assert!(Gate::at_least(0.1).holds(f64::INFINITY));
    }
}
