//! What is counted of a data set for its page: sums of fixed size, whatever the size of the data set.

use std::collections::BTreeMap;

use crate::report::page::Sort;

/// Hours of a week, by weekday from Monday.
pub type Week = [[u64; 24]; 7];

/// All counts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Numbers {
    /// Events by weekday and hour, by the clocks of the users' homes.
    pub local_week: Week,
    /// The same by UTC.
    pub utc_week: Week,
    /// Events by date in days since 1970: at the users' homes, and in UTC.
    pub days: BTreeMap<i32, (u64, u64)>,
    /// Journeys by what matters of them.
    pub journeys: BTreeMap<Journey, u64>,
    /// Visits that went from one page to the next, and where they ended.
    pub steps: BTreeMap<Step, u64>,
    /// Visits by device class and source.
    pub visits: BTreeMap<(String, String), Visits>,
    /// Devices by profile, and the visits on them.
    pub profiles: BTreeMap<String, u64>,
    /// How many visits have so many events, by device class.
    pub lengths: BTreeMap<String, BTreeMap<u32, u64>>,
    /// Seconds spent on pages, by device class.
    pub dwell: BTreeMap<String, LogBins>,
    /// Seconds from the end of a person's visit to the beginning of the next.
    pub gaps: LogBins,
    /// Views of each product that was viewed, most viewed first, with its name.
    pub views: Vec<(String, u64)>,
    /// Revenue by currency, in hundredths, and orders.
    pub revenue: BTreeMap<String, (u64, i64)>,
    /// Journeys by combination of what a test may want to cover: 0 for those that could be and are not, as far as that is known.
    pub coverage: BTreeMap<Combination, u64>,
    /// Whether it is known which combinations can be.
    pub possible_known: bool,
    /// Sample journeys.
    pub timelines: Vec<Timeline>,
    /// What of the data set could not be read, and is in none of the numbers: where, and why.
    pub unread: Vec<(String, String)>,
}

/// What a journey is counted by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Journey {
    /// Its kind.
    pub kind: String,
    /// The source of its first visit.
    pub source: String,
    /// The furthest stage.
    pub stage: String,
    /// How it ended.
    pub outcome: String,
}

/// A step of visits, from one place to the next.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Step {
    /// The kind of journey.
    pub kind: String,
    /// After so many page views: 0 for the way in.
    pub after: u8,
    /// The page before; the source, on the way in.
    pub from: String,
    /// What comes next.
    pub to: Place,
}

/// What comes next in a visit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A page, by its name.
    Page(String),
    /// The end, as far as it is followed.
    End(End),
}

/// How a visit ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// It is followed no further.
    GoesOn,
    /// Without an order.
    Left,
    /// With one.
    Ordered,
}

/// A cell of the matrix of what a test may want to cover.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Combination {
    /// The person's persona.
    pub persona: String,
    /// The journey's kind.
    pub kind: String,
    /// The profile of the device that it began on.
    pub profile: String,
    /// The source of its first visit.
    pub source: String,
}

/// Visits of one sort.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Visits {
    /// All.
    pub all: u64,
    /// With an order.
    pub converted: u64,
    /// With one page only.
    pub bounced: u64,
    /// Events in them.
    pub events: u64,
}

/// A sample journey, visit by visit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Timeline {
    /// Its kind.
    pub kind: String,
    /// Its key.
    pub id: String,
    /// How it ended.
    pub outcome: String,
    /// The source of its first visit.
    pub source: String,
    /// The users' time zone, as far as known.
    pub zone: String,
    /// Its visits in order of time.
    pub visits: Vec<Visit>,
}

/// A visit of a sample journey.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Visit {
    /// What it ran on.
    pub device: String,
    /// When it began, at the user's home: `Mon 5 Jan, 18:02`.
    pub began: String,
    /// Time of its first event, microseconds since 1970.
    pub start: i64,
    /// Time of its last event.
    pub end: i64,
    /// What happened, in order of time.
    pub events: Vec<Happened>,
}

/// An event of a sample journey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happened {
    /// When, microseconds since 1970.
    pub at: i64,
    /// Its name.
    pub event: String,
    /// What it was about.
    pub about: String,
    /// Its sort.
    pub sort: Sort,
}

/// Counts of seconds in bins of equal width on a logarithmic scale: [`LogBins::PER_DECADE`] from each power of ten to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogBins {
    bins: [u64; Self::BINS],
}

impl Default for LogBins {
    fn default() -> Self {
        Self { bins: [0; Self::BINS] }
    }
}

impl LogBins {
    /// Bins for each power of ten.
    pub const PER_DECADE: usize = 8;
    /// The power of ten at which the first begins; what is less is counted in it.
    const LEAST: i32 = -2;
    /// Ten powers of ten: up to three years.
    const BINS: usize = 10 * Self::PER_DECADE;

    /// Counts a time.
    #[inline]
    pub fn add(&mut self, seconds: f64) {
        let place =
            (libm::log10(seconds.max(1e-9)) - f64::from(Self::LEAST)) * Self::PER_DECADE as f64;
        self.bins[(place.max(0.0) as usize).min(Self::BINS - 1)] += 1;
    }

    /// All that were counted.
    pub fn total(&self) -> u64 {
        self.bins.iter().sum()
    }

    /// The seconds at which a place on the scale stands, in bins.
    fn at(place: f64) -> f64 {
        libm::pow(10.0, place / Self::PER_DECADE as f64 + f64::from(Self::LEAST))
    }

    /// Middle and share of each bin from the first to the last that holds anything.
    pub fn shares(&self) -> Vec<(f64, f64)> {
        let total = self.total().max(1) as f64;
        let first = self.bins.iter().position(|count| *count > 0).unwrap_or(0);
        let last = self.bins.iter().rposition(|count| *count > 0).map_or(0, |last| last + 1);
        let share = |bin: usize| (Self::at(bin as f64 + 0.5), self.bins[bin] as f64 / total);
        (first..last).map(share).collect()
    }

    /// About the value that a share of all does not exceed: within the width of a bin.
    pub fn quantile(&self, share: f64) -> f64 {
        let wanted = share * self.total() as f64;
        let mut before = 0.0;
        for (bin, count) in self.bins.iter().enumerate() {
            let count = *count as f64;
            if count > 0.0 && before + count >= wanted {
                return Self::at(bin as f64 + (wanted - before) / count);
            }
            before += count;
        }
        Self::at(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_keep_counts_and_about_the_quantiles() {
        let mut bins = LogBins::default();
        for second in 1..=1000 {
            bins.add(f64::from(second));
        }
        assert_eq!(bins.total(), 1000);
        let share: f64 = bins.shares().iter().map(|(_, share)| share).sum();
        assert!((share - 1.0).abs() < 1e-12);
        for (wanted, exact) in [(0.1, 100.0), (0.5, 500.0), (0.99, 990.0)] {
            let found = bins.quantile(wanted);
            assert!((found / exact - 1.0).abs() < 0.1, "{wanted}: {found}");
        }
    }

    #[test]
    fn times_beyond_the_scale_are_counted_at_its_ends() {
        let mut bins = LogBins::default();
        for seconds in [0.0, -1.0, 1e300] {
            bins.add(seconds);
        }
        assert_eq!(bins.total(), 3);
        assert_eq!(bins.shares().len(), LogBins::BINS);
    }
}
