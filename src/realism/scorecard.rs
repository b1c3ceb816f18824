//! The realism scorecard: numbers that tell real click-streams from naive ones.
//!
//! The gates stand around what was measured on public click-stream data (trivago RecSys 2019, Diginetica, UCI online shoppers,
//! CDNOW, OTTO); docs/guide/realism.md names for each the range seen there.

use crate::realism::Summary;
use crate::realism::frailty;
use crate::realism::gate::{About, Gate, Number, Outcome};
use crate::realism::items::{gini, top_share};
use crate::realism::math::{quantile, sum, total_variation};

/// Sessions below which nothing is measured.
pub const LEAST_SESSIONS: u64 = 2000;
/// Sessions of a device class below which its mean says little.
const LEAST_OF_CLASS: u64 = 200;
/// Returns, and views of items, below which their spread says little.
const LEAST_OF_OTHERS: u64 = 500;

/// A number of the scorecard: its place in the table, what it is, its gate and how it is computed.
struct Row {
    id: &'static str,
    what: &'static str,
    why: &'static str,
    gate: Gate,
    unit: &'static str,
    /// The value and over how many, or why there is none.
    measure: fn(&Summary) -> Result<(f64, u64), String>,
}

const ROWS: [Row; 15] = [
    Row {
        id: "realism.length_cv",
        what: "coefficient of variation of session length",
        why: "a constant chance to leave gives at most 1; real sessions spread by 1.1 to 2.6",
        gate: Gate::at_least(1.05),
        unit: "sessions",
        measure: |s| {
            let (mean, sd) = s.length_moments();
            Ok((sd / mean, s.sessions))
        },
    },
    Row {
        id: "realism.length_tail",
        what: "99th percentile of session length over its median",
        why: "real sessions have a long tail: 6.7 to 39",
        gate: Gate::at_least(6.5),
        unit: "sessions",
        measure: |s| Ok((quantile(&s.lengths, 0.99) / quantile(&s.lengths, 0.5), s.sessions)),
    },
    Row {
        id: "realism.frailty",
        what: "frailty of leaving: s of q = sigmoid(m + s z) by maximum likelihood",
        why: "people differ in how much they want to stay: 0.57 to 1.43, and 0 on fakes",
        gate: Gate::within(0.4, 1.6),
        unit: "sessions",
        measure: |s| Ok((frailty::fit(&s.lengths).s, s.sessions)),
    },
    Row {
        id: "realism.gap_shape",
        what: "(AIC exponential - AIC log-normal) / gaps",
        why: "dwell is log-normal; waiting times without memory are not people",
        gate: Gate::at_least(0.10),
        unit: "gaps",
        measure: |s| number(s.gaps.against_exponential(), s.gaps.n, "gaps"),
    },
    Row {
        id: "realism.gap_icc",
        what: "share of the variance of log gap that lies between sessions (ICC)",
        why: "some read slowly and some fast: 0.17 to 0.26",
        gate: Gate::within(0.10, 0.35),
        unit: "gaps",
        measure: |s| number(s.gaps.within(), s.gaps.n, "gaps"),
    },
    Row {
        id: "realism.gap_lag",
        what: "correlation of neighbouring log gaps",
        why: "a slow page is followed by a slow page: 0.17 to 0.32",
        gate: Gate::at_least(0.12),
        unit: "pairs of gaps",
        measure: |s| number(s.gaps.lag.correlation(), s.gaps.lag.n, "pairs of gaps"),
    },
    Row {
        id: "realism.memory",
        what: "mutual information of neighbouring event types over their entropy (MI1/H)",
        why: "what comes next depends on what was before, and not wholly: 0.08 to 0.37",
        gate: Gate::within(0.06, 0.45),
        unit: "steps",
        measure: |s| {
            number(s.memory.information().0 / entropy(s)?, s.memory.neighbours(), "pairs of steps")
        },
    },
    Row {
        id: "realism.memory_lasts",
        what: "mutual information two steps apart over that of neighbours (MI2/MI1)",
        why: "a first-order chain forgets too fast; a task lasts: 0.54 to 0.66",
        gate: Gate::at_least(0.30),
        unit: "steps",
        measure: |s| {
            let entropy = entropy(s)?;
            let (one, two) = s.memory.information();
            // What is not there does not last; the ratio of two specks of noise would say anything.
            let lasts = if one > 0.005 * entropy { two / one } else { 0.0 };
            number(lasts, s.memory.neighbours(), "pairs of steps")
        },
    },
    Row {
        id: "realism.hours_uneven",
        what: "total variation between session starts by local hour and the uniform",
        why: "people sleep and work",
        gate: Gate::within(0.18, 0.38),
        unit: "sessions",
        measure: |s| Ok((total_variation(&s.hours.all(), &[1; 24]), sum(&s.hours.all()))),
    },
    Row {
        id: "realism.hours_peak",
        what: "session starts of the busiest local hour over those of the quietest",
        why: "nights are quiet and not dead",
        gate: Gate::within(5.0, 45.0),
        unit: "sessions",
        measure: |s| {
            let hours = s.hours.all();
            let peak = hours.iter().copied().max().unwrap_or(0) as f64;
            let trough = hours.iter().copied().min().unwrap_or(0) as f64;
            Ok((peak / trough, sum(&hours)))
        },
    },
    Row {
        id: "realism.device_length",
        what: "mean session length of the device class with the longest over that with the shortest",
        why: "a desk invites to stay, a phone does not",
        gate: Gate::at_least(1.25),
        unit: "sessions",
        measure: |s| {
            let means: Vec<f64> = s.classes[..3]
                .iter()
                .filter(|class| class.sessions >= LEAST_OF_CLASS)
                .map(super::summary::Cell::mean)
                .collect();
            if means.len() < 2 {
                return Err(ONE_CLASS.to_owned());
            }
            let most = means.iter().copied().fold(f64::MIN, f64::max);
            let least = means.iter().copied().fold(f64::MAX, f64::min);
            Ok((most / least, s.classes[..3].iter().map(|class| class.sessions).sum()))
        },
    },
    Row {
        id: "realism.device_hours",
        what: "total variation between the local hours of mobile and of desktop sessions",
        why: "phones are for the evening, desks for the day",
        gate: Gate::at_least(0.10),
        unit: "sessions",
        measure: |s| {
            let [mobile, desktop, ..] = &s.hours.by_class;
            let (a, b) = (sum(mobile), sum(desktop));
            if a < LEAST_OF_CLASS || b < LEAST_OF_CLASS {
                return Err(ONE_CLASS.to_owned());
            }
            Ok((total_variation(mobile, desktop), a + b))
        },
    },
    Row {
        id: "realism.item_gini",
        what: "Gini coefficient of views by item",
        why: "some items are popular: 0.34 to 0.67",
        gate: Gate::at_least(0.30),
        unit: "views of items",
        measure: |s| items(s, gini),
    },
    Row {
        id: "realism.item_top",
        what: "share of views that the most viewed 1 % of items take",
        why: "popularity has a head, and it is not everything: 0.07 to 0.20",
        gate: Gate::within(0.05, 0.30),
        unit: "views of items",
        measure: |s| items(s, |views| top_share(views, 0.01)),
    },
    Row {
        id: "realism.return_bursts",
        what: "burstiness (sigma - mu) / (sigma + mu) of the gaps between a user's sessions",
        why: "people come back soon or late, not by the clock: 0.06 to 0.32",
        gate: Gate::at_least(0.05),
        unit: "returns",
        measure: |s| number(s.returns.burstiness(), s.returns.n, "returns"),
    },
];

/// What each number is, in the scorecard's order.
pub const ABOUT: [About; ROWS.len()] = {
    let mut about = [About { id: "", what: "", why: "" }; ROWS.len()];
    let mut i = 0;
    while i < ROWS.len() {
        about[i] = About { id: ROWS[i].id, what: ROWS[i].what, why: ROWS[i].why };
        i += 1;
    }
    about
};

const ONE_TYPE: &str = "all steps are of one event type";
const ONE_CLASS: &str = "fewer than two device classes with 200 sessions";

/// A value over `n`, which may turn out to be no number: that fails, for what does not vary is not real either.
fn number(value: f64, n: u64, of: &str) -> Result<(f64, u64), String> {
    if n < LEAST_OF_OTHERS {
        return Err(format!("{n} {of}, {LEAST_OF_OTHERS} are needed"));
    }
    Ok((value, n))
}

/// The entropy of the event types, when there is more than one.
fn entropy(summary: &Summary) -> Result<f64, String> {
    let entropy = summary.memory.entropy();
    if entropy > 1e-9 { Ok(entropy) } else { Err(ONE_TYPE.to_owned()) }
}

fn items(summary: &Summary, of: impl Fn(&[u64]) -> f64) -> Result<(f64, u64), String> {
    number(of(&summary.popularity), sum(&summary.popularity), "views of items")
}

/// All numbers of the scorecard, in its order. Those of a stream with fewer than [`LEAST_SESSIONS`] are skipped.
pub fn scorecard(summary: &Summary) -> Vec<Number> {
    let few = summary.sessions < LEAST_SESSIONS;
    let measure = |row: &Row| {
        let measured = if few {
            Err(format!("{} sessions, {LEAST_SESSIONS} are needed", summary.sessions))
        } else {
            (row.measure)(summary)
        };
        let (outcome, n) = match measured {
            Ok((value, n)) => (Outcome::Measured(value), n),
            Err(why) => (Outcome::Skipped(why), 0),
        };
        Number {
            id: row.id,
            what: row.what,
            why: row.why,
            gate: row.gate,
            outcome,
            n,
            unit: row.unit,
        }
    };
    ROWS.iter().map(measure).collect()
}
