//! How long, how often, how much: distributions on axes that show their tails.

use std::collections::BTreeMap;

use super::unless_empty;
use super::words::{count, digits, list, percent, ratio, seconds, table};
use crate::human;
use crate::report::numbers::{LogBins, Numbers};
use crate::report::page::{Axis, Block, Figure, Format, Plot, Scale, Section, Series};

/// Points that a line of a distribution has at most.
const POINTS: usize = 56;

/// Distributions of whatever there is.
pub(super) fn section(numbers: &Numbers) -> Option<Section> {
    let lengths = (!numbers.lengths.is_empty()).then(|| lengths(&numbers.lengths));
    let dwell = (!numbers.dwell.is_empty()).then(|| dwell(&numbers.dwell));
    let gaps = (numbers.gaps.total() > 0).then(|| gaps(&numbers.gaps));
    let popularity = (!numbers.views.is_empty()).then(|| popularity(&numbers.views));
    unless_empty(Section {
        id: "spread".into(),
        title: "Long tails".into(),
        lead: "Behaviour is uneven: most visits are short and a few very long, most products are hardly seen and a few by everybody. \
               Logarithmic axes show both ends."
            .into(),
        blocks: [lengths, dwell, gaps, popularity].into_iter().flatten().map(Block::Figure).collect(),
    })
}

fn lengths(classes: &BTreeMap<String, BTreeMap<u32, u64>>) -> Figure {
    let mut all: BTreeMap<u32, u64> = BTreeMap::new();
    for (length, visits) in classes.values().flatten() {
        *all.entry(*length).or_default() += visits;
    }
    let total: u64 = all.values().sum();
    let quantile = |share: f64| {
        let mut before = 0;
        let found = all.iter().find(|(_, visits)| {
            before += **visits;
            before as f64 >= share * total as f64
        });
        found.map_or(0, |(length, _)| *length)
    };
    let longest = all.keys().next_back().copied().unwrap_or(0);
    let (median, p99) = (quantile(0.5), quantile(0.99));
    let series: Vec<Series> = classes
        .iter()
        .map(|(class, lengths)| Series {
            name: class.clone(),
            points: exceedance(lengths),
            reference: false,
        })
        .collect();
    let marks = [1, 2, 5, 10, 20, 50, 100, 200, 500];
    let at_least = |lengths: &BTreeMap<u32, u64>, mark: u32| {
        let visits: u64 = lengths.range(mark..).map(|(_, visits)| *visits).sum();
        percent(ratio(visits, lengths.values().sum()))
    };
    let rows = marks.into_iter().filter(|mark| *mark <= longest).map(|mark| {
        std::iter::once(mark.to_string())
            .chain(classes.values().map(|lengths| at_least(lengths, mark)))
            .collect()
    });
    let head: Vec<String> = std::iter::once("events".to_owned())
        .chain(classes.keys().map(|class| format!("#{class}")))
        .collect();
    let head: Vec<&str> = head.iter().map(String::as_str).collect();
    Figure {
        id: "lengths".into(),
        title: "Visits with at least so many events".into(),
        look_for: "Visits that ended by the same coin at every step would fall off like a cliff; a slope that bends gently means that \
                   some visitors are more engaged than others."
            .into(),
        finding: format!(
            "Half of the visits have {} or fewer, one in a hundred more than {p99}; the longest has {}.",
            human::plural(median.into(), "event"),
            count(longest.into())
        ),
        plot: Plot::Lines {
            x: Axis { name: "events in the visit".into(), scale: Scale::Log, ..Axis::default() },
            y: Axis { name: "share of visits with at least as many".into(), scale: Scale::Log, format: Format::Percent, ..Axis::default() },
            series,
        },
        table: table("Share of visits with at least so many events", &head, rows.collect()),
    }
}

/// Shares of visits that are at least as long, at lengths spread evenly on a logarithmic axis.
fn exceedance(lengths: &BTreeMap<u32, u64>) -> Vec<(f64, f64)> {
    let total: u64 = lengths.values().sum();
    let mut left = total;
    let points = lengths.iter().map(|(length, visits)| {
        let point = (f64::from(*length), ratio(left, total));
        left -= visits;
        point
    });
    let points: Vec<(f64, f64)> = points.filter(|(length, _)| *length > 0.0).collect();
    thin(points)
}

/// The points of a line that are told apart on a logarithmic axis; first and last stay.
fn thin(points: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    let ends = points.first().zip(points.last()).map(|(first, last)| (first.0, last.0));
    let Some((first, last)) = ends else { return points };
    let step = libm::log(last / first).max(1e-9) / POINTS as f64;
    let mut due = f64::NEG_INFINITY;
    let far_enough = |(x, _): &(f64, f64)| {
        let place = libm::log(*x);
        let keep = place >= due || *x >= last;
        if keep {
            due = place + step;
        }
        keep
    };
    points.into_iter().filter(far_enough).collect()
}

fn dwell(classes: &BTreeMap<String, LogBins>) -> Figure {
    let medians: Vec<String> = classes
        .iter()
        .map(|(class, bins)| format!("{} on {class}", seconds(bins.quantile(0.5))))
        .collect();
    let series = classes
        .iter()
        .map(|(class, bins)| Series {
            name: class.clone(),
            points: bins.shares(),
            reference: false,
        })
        .collect();
    Figure {
        id: "dwell".into(),
        title: "Time on a page".into(),
        look_for: "On this axis times of people make a bell with a wide base (log-normal); a peak at the left edge would be an \
                   exponential, a box uniform."
            .into(),
        finding: format!("The median is {}.", list(&medians)),
        plot: Plot::Lines {
            x: Axis { name: "time before the next event".into(), scale: Scale::Log, format: Format::Seconds, ..Axis::default() },
            y: Axis { name: "share in each eighth of a power of ten".into(), format: Format::Percent, ..Axis::default() },
            series,
        },
        table: quantiles("Quantiles of the time on a page", classes.iter().map(|(class, bins)| (class.as_str(), bins))),
    }
}

fn quantiles<'b>(
    caption: &str,
    sorts: impl Iterator<Item = (&'b str, &'b LogBins)>,
) -> crate::report::page::Table {
    let shares = [0.05, 0.25, 0.5, 0.75, 0.95, 0.99];
    let rows = sorts.map(|(name, bins)| {
        let found = shares.iter().map(|share| seconds(bins.quantile(*share)));
        [name.to_owned(), count(bins.total())].into_iter().chain(found).collect()
    });
    table(
        caption,
        &["of", "#number", "#5 %", "#25 %", "#50 %", "#75 %", "#95 %", "#99 %"],
        rows.collect(),
    )
}

fn gaps(bins: &LogBins) -> Figure {
    let points = bins.shares();
    Figure {
        id: "gaps".into(),
        title: "Time until the same person's next visit".into(),
        look_for: "Two humps: people who come back within hours, and those who come back after days. One hump would be a clock that ticks \
                   at random."
            .into(),
        finding: format!(
            "Of {} returns half come within {}, one in ten after more than {}.",
            count(bins.total()),
            seconds(bins.quantile(0.5)),
            seconds(bins.quantile(0.9))
        ),
        plot: Plot::Lines {
            x: Axis { name: "time between visits".into(), scale: Scale::Log, format: Format::Seconds, ..Axis::default() },
            y: Axis { name: "share in each eighth of a power of ten".into(), format: Format::Percent, ..Axis::default() },
            series: vec![Series { name: "returns".into(), points, reference: false }],
        },
        table: quantiles("Quantiles of the time between visits", std::iter::once(("returns", bins))),
    }
}

fn popularity(views: &[(String, u64)]) -> Figure {
    let total: u64 = views.iter().map(|(_, number)| number).sum();
    let top = views.len().div_ceil(100);
    let by_top: u64 = views.iter().take(top).map(|(_, number)| number).sum();
    let points: Vec<(f64, f64)> = views
        .iter()
        .enumerate()
        .map(|(rank, (_, number))| ((rank + 1) as f64, *number as f64))
        .collect();
    let row = |(rank, (name, number)): (usize, &(String, u64))| {
        vec![name.clone(), (rank + 1).to_string(), count(*number), percent(ratio(*number, total))]
    };
    Figure {
        id: "popularity".into(),
        title: "Views of each product, by rank".into(),
        look_for: "A straight slope is a power law; a level line would be a catalogue in which everything sells alike.".into(),
        finding: format!(
            "The first {} of {} viewed products take {} of {} views; the Gini index is {}.",
            count(top as u64),
            count(views.len() as u64),
            percent(ratio(by_top, total)),
            count(total),
            digits(gini(views))
        ),
        plot: Plot::Lines {
            x: Axis { name: "rank".into(), scale: Scale::Log, ..Axis::default() },
            y: Axis { name: "views".into(), scale: Scale::Log, ..Axis::default() },
            series: vec![Series { name: "products".into(), points: thin(points), reference: false }],
        },
        table: table(
            "The fifty products with most views",
            &["product", "#rank", "#views", "#share"],
            views.iter().enumerate().take(50).map(row).collect(),
        ),
    }
}

/// The Gini index of views over the products viewed: 0 when all are equal.
fn gini(views: &[(String, u64)]) -> f64 {
    let (n, total) =
        (views.len() as f64, views.iter().map(|(_, number)| *number as f64).sum::<f64>());
    // Most viewed first, so that ranks fall.
    let weighted: f64 = views
        .iter()
        .enumerate()
        .map(|(rank, (_, number))| (n - rank as f64) * *number as f64)
        .sum();
    if total > 0.0 { 2.0 * weighted / (n * total) - (n + 1.0) / n } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn views(numbers: &[u64]) -> Vec<(String, u64)> {
        numbers.iter().map(|number| (number.to_string(), *number)).collect()
    }

    #[test]
    fn the_gini_index_is_nought_for_equals_and_near_one_for_one_of_many() {
        assert!(gini(&views(&[5, 5, 5, 5])).abs() < 1e-12);
        assert!((gini(&views(&[3, 1])) - 0.25).abs() < 1e-12);
        let mut one = vec![0; 99];
        one.insert(0, 7);
        assert!((gini(&views(&one)) - 0.99).abs() < 1e-12);
    }

    #[test]
    fn exceedance_begins_with_all_and_ends_with_the_longest() {
        let lengths = BTreeMap::from([(1, 50), (2, 30), (10, 19), (400, 1)]);
        let points = exceedance(&lengths);
        assert_eq!(points.first(), Some(&(1.0, 1.0)));
        assert_eq!(points.last(), Some(&(400.0, 0.01)));
    }

    #[test]
    fn lines_are_thinned_to_what_can_be_seen() {
        let points: Vec<(f64, f64)> = (1..=10_000).map(|x| (f64::from(x), 1.0)).collect();
        let thinned = thin(points);
        assert!(thinned.len() <= POINTS + 2, "{}", thinned.len());
        assert_eq!(thinned.last().map(|point| point.0), Some(10_000.0));
    }
}
