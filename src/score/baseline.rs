//! What would be found without looking: by flagging nothing, everything, or as much as the findings do at random.

use serde::Serialize;

use super::interval::harmonic;

/// What a way of flagging comes to, in the mean.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Baseline {
    /// `nothing`, `everything`, `random`.
    pub name: &'static str,
    /// Rows, or alarms.
    pub flagged: f64,
    /// Incidents found.
    pub found: f64,
    /// What is flagged and wrong.
    pub false_findings: f64,
    /// Incidents found of all.
    pub recall: f64,
    /// What is right of what is not neutral; none when nothing is flagged.
    pub precision: Option<f64>,
    /// Their harmonic mean.
    pub f1: f64,
    /// What is said rightly of all rows. High for whoever says nothing, and so no measure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<f64>,
}

/// The rows of a data set, as chance meets them.
#[derive(Debug, Clone, Default)]
pub(super) struct Rows {
    /// All.
    pub(super) all: u64,
    /// Those that show an incident.
    pub(super) labelled: u64,
    /// Those that are neither right nor wrong.
    pub(super) neutral: u64,
    /// By incident: how many rows show it, and whether all of them are needed.
    pub(super) incidents: Vec<(u64, bool)>,
}

impl Rows {
    /// What so many rows find in the mean when they are drawn without looking.
    pub(super) fn drawn(&self, name: &'static str, flagged: u64) -> Baseline {
        let flagged = flagged.min(self.all);
        let chance = |&(rows, all_of_them): &(u64, bool)| match (rows, all_of_them) {
            (0, _) => 0.0,
            (rows, true) => all(self.all, rows, flagged),
            (rows, false) => any(self.all, rows, flagged),
        };
        let found: f64 = self.incidents.iter().map(chance).sum();
        let share = if self.all == 0 { 0.0 } else { flagged as f64 / self.all as f64 };
        let clean = self.all.saturating_sub(self.labelled + self.neutral) as f64;
        let false_findings = clean * share;
        let right = self.labelled as f64 * share + clean - false_findings;
        let mut baseline =
            Baseline::of(name, flagged as f64, found, false_findings, self.incidents.len());
        baseline.accuracy = Some(right / (self.labelled as f64 + clean).max(1.0));
        baseline
    }
}

impl Baseline {
    pub(super) fn of(
        name: &'static str,
        flagged: f64,
        found: f64,
        false_findings: f64,
        incidents: usize,
    ) -> Self {
        let recall = if incidents == 0 { 0.0 } else { found / incidents as f64 };
        let said = found + false_findings;
        let precision = (said > 0.0).then(|| found / said);
        let f1 = harmonic(precision.unwrap_or(0.0), recall);
        Self { name, flagged, found, false_findings, recall, precision, f1, accuracy: None }
    }
}

/// The chance that of `drawn` rows out of `all` at least one is among `rows`.
pub(super) fn any(all: u64, rows: u64, drawn: u64) -> f64 {
    if drawn > all.saturating_sub(rows) {
        return 1.0;
    }
    1.0 - (choose(all - rows, drawn) - choose(all, drawn)).exp()
}

/// The chance that `drawn` rows out of `all` hold all of `rows`.
pub(super) fn all(all: u64, rows: u64, drawn: u64) -> f64 {
    if drawn < rows || rows > all {
        return 0.0;
    }
    (choose(all - rows, drawn - rows) - choose(all, drawn)).exp()
}

/// The logarithm of the number of ways to draw.
fn choose(all: u64, drawn: u64) -> f64 {
    let fact = |n: u64| libm::lgamma(n as f64 + 1.0);
    fact(all) - fact(drawn) - fact(all - drawn)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// For all small sets, the formulas are the shares counted over every way to draw.
        #[test]
        fn chances_are_counted_shares(n in 1_u64..10, rows in 1_u64..10, drawn in 0_u64..10) {
            let (rows, drawn) = (rows.min(n), drawn.min(n));
            let (mut ways, mut some, mut every) = (0_u32, 0_u32, 0_u32);
            let labelled = (1_u32 << rows) - 1;
            for set in 0..1_u32 << n {
                if u64::from(set.count_ones()) == drawn {
                    ways += 1;
                    some += u32::from(set & labelled != 0);
                    every += u32::from(set & labelled == labelled);
                }
            }
            let share = |count: u32| f64::from(count) / f64::from(ways);
            prop_assert!((super::any(n, rows, drawn) - share(some)).abs() < 1e-9);
            prop_assert!((super::all(n, rows, drawn) - share(every)).abs() < 1e-9);
        }
    }

    #[test]
    fn the_three_are_as_computed_by_hand() {
        let rows = Rows { all: 1_000, labelled: 10, neutral: 90, incidents: vec![(1, false); 10] };
        let nothing = rows.drawn("nothing", 0);
        assert_eq!((nothing.found, nothing.precision, nothing.recall), (0.0, None, 0.0));
        assert!((nothing.accuracy.unwrap() - 900.0 / 910.0).abs() < 1e-12);
        let everything = rows.drawn("everything", 1_000);
        assert_eq!((everything.found, everything.false_findings), (10.0, 900.0));
        assert!((everything.precision.unwrap() - 10.0 / 910.0).abs() < 1e-12);
        let random = rows.drawn("random", 100);
        assert!((random.found - 1.0).abs() < 1e-6 && (random.false_findings - 90.0).abs() < 1e-9);
    }
}
