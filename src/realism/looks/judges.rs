//! The judgements of the list, each with why its limit stands where it does.

use std::fmt::Write as _;
use std::ops::Range;

use super::Verdict;
use crate::realism::Summary;
use crate::realism::items::{coincidence, gini};
use crate::realism::math::{
    chance_variation, chi_square_z, dispersion, solve, sum, total_variation,
};
use crate::realism::summary::{Cell, SWIFT_GAPS, SWIFT_SECONDS};

const CLASSES: [&str; 3] = ["mobile", "desktop", "tablet"];

fn verdict(real: bool, evidence: String) -> Verdict {
    if real { Verdict::Real(evidence) } else { Verdict::Fake(evidence) }
}

/// The device classes with at least so many session starts: name and starts by local hour.
fn classes(summary: &Summary, least: u64) -> Vec<(&'static str, &[u64; 24])> {
    let all = CLASSES.into_iter().zip(&summary.hours.by_class);
    all.filter(|(_, hours)| sum(*hours) >= least).collect()
}

/// The three measured profiles stand .24 to .29 from the uniform; a thousand starts drawn evenly stand .06 from it.
pub(super) fn flat_hours(summary: &Summary) -> Verdict {
    const LIMIT: f64 = 0.12;
    let mut classes: Vec<(&str, [u64; 24])> =
        classes(summary, 1000).into_iter().map(|(name, hours)| (name, *hours)).collect();
    if classes.is_empty() {
        classes.push(("all", summary.hours.all()));
    }
    let mut evidence = format!("total variation from the uniform (limit {LIMIT}):");
    let mut real = true;
    for (name, hours) in &classes {
        let distance = total_variation(hours, &[1; 24]);
        real &= distance >= LIMIT;
        let _ = write!(evidence, " {name} {distance:.3}");
    }
    verdict(real, evidence)
}

/// The measured profiles stand .11 to .26 from each other.
pub(super) fn one_profile(summary: &Summary) -> Verdict {
    let classes = classes(summary, 500);
    let mut furthest: Option<(f64, f64, &str, &str)> = None;
    for (i, (name, hours)) in classes.iter().enumerate() {
        for (other, others) in &classes[i + 1..] {
            let distance = total_variation(*hours, *others);
            let limit = (2.0 * chance_variation(24, sum(*hours), sum(*others))).max(0.05);
            if furthest.is_none_or(|far| distance - limit > far.0 - far.1) {
                furthest = Some((distance, limit, name, other));
            }
        }
    }
    let Some((distance, limit, one, other)) = furthest else {
        return Verdict::Skipped("fewer than two device classes with 500 sessions".to_owned());
    };
    verdict(
        distance >= limit,
        format!(
            "total variation {distance:.3} between the hours of {one} and {other} (limit {limit:.3})"
        ),
    )
}

/// Beyond four means a geometric length has 1.8 % or less of its sessions.
pub(super) fn no_tail(summary: &Summary) -> Verdict {
    let (mean, _) = summary.length_moments();
    let bound = (4.0 * mean).floor();
    let beyond: u64 = summary
        .lengths
        .iter()
        .filter(|(length, _)| f64::from(*length) > bound)
        .map(|(_, count)| count)
        .sum();
    let share = beyond as f64 / summary.sessions as f64;
    let geometric = libm::pow(1.0 - 1.0 / mean, bound);
    if geometric * (summary.sessions as f64) < 5.0 {
        return Verdict::Skipped(format!("a mean length of {mean:.2} leaves no room for a tail"));
    }
    verdict(
        share >= 1.5 * geometric,
        format!(
            "{:.2} % of the sessions are longer than {bound} steps, a constant chance gives {:.2} % (limit 1.5 times that)",
            100.0 * share,
            100.0 * geometric
        ),
    )
}

pub(super) fn even_gaps(summary: &Summary) -> Verdict {
    const LIMIT: f64 = 0.05;
    if summary.gaps.n < 2000 {
        return Verdict::Skipped(format!("{} gaps, 2000 are needed", summary.gaps.n));
    }
    let (exponential, uniform) =
        (summary.gaps.against_exponential(), summary.gaps.against_uniform());
    verdict(
        exponential >= LIMIT && uniform >= LIMIT,
        format!(
            "a log-normal fits better than an exponential by {exponential:.3} and than a uniform by {uniform:.3} of AIC a gap (limit {LIMIT})"
        ),
    )
}

/// How many sessions of a cell came out in a certain way.
type Outcome = fn(&Cell) -> u64;

/// Cells of an outcome by device class.
fn by_class(summary: &Summary, outcome: Outcome) -> Vec<(u64, u64)> {
    summary.classes[..3].iter().map(|cell| (outcome(cell), cell.sessions)).collect()
}

/// How log length depends on the device class: sessions, the correlation ratio, and its significance as a standard normal.
fn length_by_class(summary: &Summary) -> Option<(u64, f64, f64)> {
    let cells: Vec<&Cell> =
        summary.classes[..3].iter().filter(|cell| cell.sessions >= 200).collect();
    if cells.len() < 2 {
        return None;
    }
    let of = |part: fn(&Cell) -> f64| cells.iter().map(|cell| part(cell)).sum::<f64>();
    let n = of(|cell| cell.sessions as f64);
    let whole = of(|cell| cell.ln_squared) - of(|cell| cell.ln).powi(2) / n;
    let between =
        of(|cell| cell.ln * cell.ln / cell.sessions as f64) - of(|cell| cell.ln).powi(2) / n;
    let share = (between / whole).clamp(0.0, 1.0);
    // n times the share is a chi-square when there is no link.
    let z = chi_square_z(n * share, cells.len() as f64 - 1.0);
    Some((n as u64, share.sqrt(), z))
}

/// Orders are rare: so many sessions tell the difference between devices (2.3 and 3.8 orders in a hundred visits, on phones and on
/// desktops) from chance with four standard errors, and with some to spare.
const LEAST_FOR_ORDERS: u64 = 60_000;

/// Every link that can be measured must be there: four standard errors away from nothing, and an effect (a correlation, or Cramer's
/// V) of at least one hundredth, which chance does not reach with so many sessions.
pub(super) fn independent(summary: &Summary) -> Verdict {
    const LEAST: u64 = 20_000;
    const EFFECT: f64 = 0.01;
    let mut links: Vec<(&str, f64, f64)> = Vec::new();
    let pairs = [
        ("length and load", &summary.length_and_load),
        ("length and orders", &summary.length_and_order),
    ];
    for (name, pairs) in pairs {
        let r = pairs.correlation();
        if pairs.n >= LEAST && !r.is_nan() {
            links.push((name, r.abs(), r.abs() * (pairs.n as f64).sqrt()));
        }
    }
    if let Some((n, ratio, z)) = length_by_class(summary)
        && n >= LEAST
    {
        links.push(("device and length", ratio, z));
    }
    let orders = by_class(summary, |cell| cell.orders);
    if let Some(found) = dispersion(&orders, 20.0)
        && found.n >= LEAST_FOR_ORDERS
    {
        let chi = found.index * found.freedom as f64;
        links.push(("device and orders", (chi / found.n as f64).sqrt(), found.z));
    }
    if links.is_empty() {
        return Verdict::Skipped(format!("no two of them with {LEAST} sessions"));
    }
    let mut evidence = String::from("effect and standard errors (limits 0.01 and 4):");
    let mut real = true;
    for (name, effect, z) in &links {
        real &= *effect >= EFFECT && *z >= 4.0;
        let _ = write!(evidence, " {name} {effect:.3} ({z:.1});");
    }
    verdict(real, evidence.trim_end_matches(';').to_owned())
}

/// Shares whose standard error is a quarter of a percent or less, and how many of them lie within one standard error of a whole
/// percentage. Shares that know nothing of whole percentages do so by the chance 2 SE / 1 %; those drawn with a round probability do
/// so two times in three. The limit is four standard deviations above chance.
pub(super) fn round_rates(summary: &Summary) -> Verdict {
    const STEP: f64 = 0.01;
    let mut shares: Vec<(u64, u64)> = Vec::new();
    let types = sum(&summary.memory.types);
    shares.extend(summary.memory.types.iter().map(|&count| (count, types)));
    for hours in &summary.hours.by_class {
        shares.extend(hours.map(|count| (count, sum(hours))));
    }
    for cell in &summary.classes[..3] {
        shares.push((cell.sessions, summary.sessions));
        shares.push((cell.single, cell.sessions));
        shares.push((cell.orders, cell.sessions));
    }
    let (mut fit, mut near, mut chance, mut variance) = (0, 0, 0.0, 0.0);
    for (hits, trials) in shares {
        let n = trials as f64;
        let rate = hits as f64 / n;
        let error = (rate * (1.0 - rate) / n).sqrt();
        if !(STEP..=1.0 - STEP).contains(&rate) || error > STEP / 4.0 {
            continue;
        }
        let off = (rate / STEP - (rate / STEP).round()).abs() * STEP;
        let expected = 2.0 * error / STEP;
        fit += 1;
        near += u64::from(off <= error);
        chance += expected;
        variance += expected * (1.0 - expected);
    }
    if fit < 12 {
        return Verdict::Skipped(format!(
            "{fit} shares known to a quarter of a percent, 12 are needed"
        ));
    }
    let limit = chance + 4.0 * variance.sqrt();
    if limit >= f64::from(fit) * 0.6 {
        return Verdict::Skipped("too few sessions to tell a round share from chance".to_owned());
    }
    verdict(
        near as f64 <= limit,
        format!(
            "{near} of {fit} shares lie within a standard error of a whole percentage, by chance {chance:.1} (limit {limit:.1})"
        ),
    )
}

/// Counts of even popularity have a Gini coefficient of about 1 / sqrt(pi views-per-item).
pub(super) fn uniform_items(summary: &Summary) -> Verdict {
    let (items, views) = (summary.popularity.len(), sum(&summary.popularity));
    if items < 50 || views < 10 * items as u64 {
        return Verdict::Skipped(format!(
            "{views} views of {items} items, ten of each of 50 are needed"
        ));
    }
    let chance = (std::f64::consts::PI * views as f64 / items as f64).sqrt().recip();
    let (found, limit) = (gini(&summary.popularity), 0.1 + chance);
    verdict(
        found >= limit,
        format!("Gini coefficient {found:.3}, by chance {chance:.3} (limit {limit:.3})"),
    )
}

/// A tenth of the views repeat the last item in real sets; by chance as many as two draws by popularity coincide.
pub(super) fn no_repeats(summary: &Summary) -> Verdict {
    let n = summary.items.followers;
    if n < 2000 {
        return Verdict::Skipped(format!("{n} views after another one, 2000 are needed"));
    }
    let share = summary.items.repeats as f64 / n as f64;
    let chance = coincidence(&summary.popularity);
    let limit = 0.03 + chance;
    verdict(
        share >= limit,
        format!(
            "{:.1} % of the views repeat the item before, by chance {:.1} % (limit {:.1} %)",
            100.0 * share,
            100.0 * chance,
            100.0 * limit
        ),
    )
}

/// Users of whom at least one session was seen, with one Poisson rate for all, have a variance below their mean.
pub(super) fn equal_returns(summary: &Summary) -> Verdict {
    const LIMIT: f64 = 1.2;
    let (users, returns) = (summary.returns.users, summary.returns.n);
    if users < 1000 || returns < users / 5 {
        return Verdict::Skipped(format!("{returns} returns of {users} users say too little"));
    }
    let found = summary.returns.dispersion();
    verdict(
        found >= LIMIT,
        format!(
            "variance over mean of sessions per user {found:.2}, at most 1 by one rate for all (limit {LIMIT})"
        ),
    )
}

/// The days between the first and the last that are not the frayed ends of a stream (a quarter of the usual visitors or less).
fn whole_days(summary: &Summary) -> Range<u32> {
    let mut counts: Vec<u64> = summary.days.values().map(|cell| cell.visitors).collect();
    counts.sort_unstable();
    let usual = counts.get(counts.len() / 2).copied().unwrap_or(0);
    let mut full = summary.days.iter().filter(|(_, cell)| cell.visitors * 4 > usual);
    let first = full.next().map_or(0, |(day, _)| *day);
    let last = full.next_back().map_or(first, |(day, _)| *day);
    (first + 1).min(last)..last
}

/// Residuals of a day's visitors after weekday and trend, next to a Poisson's. Visitors, for several sessions of one person on a day
/// would make chance itself rougher; the first and the last day, which may be cut, stay out. Days that differ by a twelfth, as people's
/// do, spread seven times as much as chance where a day has a thousand visitors, and with a hundred no more than chance may.
pub(super) fn smooth_days(summary: &Summary) -> Verdict {
    const LIMIT: f64 = 2.0;
    const VISITORS: f64 = 1000.0;
    let days = whole_days(summary);
    let count = |day: u32| summary.days.get(&day).map_or(0, |cell| cell.visitors) as f64;
    let mean = days.clone().map(count).sum::<f64>() / days.len() as f64;
    if days.len() < 21 || mean < VISITORS {
        return Verdict::Skipped(format!(
            "{} whole days of {mean:.0} visitors; 21 with {VISITORS} each are needed",
            days.len()
        ));
    }
    let traits = |day: u32| -> [f64; 8] {
        let mut x = [0.0; 8];
        x[(day % 7) as usize] = 1.0;
        x[7] = f64::from(day - days.start) / days.len() as f64 - 0.5;
        x
    };
    let (mut a, mut b) = ([[0.0; 8]; 8], [0.0; 8]);
    for day in days.clone() {
        let x = traits(day);
        for i in 0..8 {
            for j in 0..8 {
                a[i][j] += x[i] * x[j];
            }
            b[i] += x[i] * count(day);
        }
    }
    let Some(fit) = solve(a, b) else {
        return Verdict::Skipped("days without every weekday".to_owned());
    };
    let residual = |day: u32| {
        let expected: f64 = traits(day).iter().zip(&fit).map(|(x, w)| x * w).sum();
        (count(day) - expected).powi(2) / expected.max(1.0)
    };
    let freedom = days.len() as f64 - 8.0;
    let chi: f64 = days.clone().map(residual).sum();
    verdict(
        chi / freedom >= LIMIT,
        format!(
            "visitors of {} days spread {:.1} times as much as chance after weekday and trend (limit {LIMIT}; z {:.1})",
            days.len(),
            chi / freedom,
            chi_square_z(chi, freedom)
        ),
    )
}

/// Rates of days closer to each other than independent people can be: a chi-square four standard deviations too small.
pub(super) fn equal_days(summary: &Summary) -> Verdict {
    let mut evidence = String::new();
    let mut real = true;
    let outcomes: [(&str, Outcome); 2] = [
        ("sessions of one step", |cell| cell.single),
        ("sessions with an order", |cell| cell.orders),
    ];
    for (name, outcome) in outcomes {
        let cells: Vec<(u64, u64)> =
            summary.days.values().map(|cell| (outcome(cell), cell.sessions)).collect();
        let Some(found) = dispersion(&cells, 20.0).filter(|found| found.freedom >= 6) else {
            continue;
        };
        real &= found.z >= -4.0 && found.index >= 0.1;
        let _ = write!(evidence, " {name} {:.2} ({:.1});", found.index, found.z);
    }
    if evidence.is_empty() {
        return Verdict::Skipped("fewer than seven days with 20 of each outcome".to_owned());
    }
    let evidence = evidence.trim_end_matches(';');
    verdict(
        real,
        format!("chi-square over its freedom and z, by day (limits 0.1 and -4):{evidence}"),
    )
}

/// Order rates where there are enough orders, else rates of sessions of one step.
pub(super) fn equal_segments(summary: &Summary) -> Verdict {
    const LEAST: u64 = 20_000;
    let outcomes: [(&str, Outcome, u64); 2] = [
        ("order", |cell| cell.orders, LEAST_FOR_ORDERS),
        ("single-step", |cell| cell.single, LEAST),
    ];
    let found = outcomes.into_iter().find_map(|(name, outcome, least)| {
        let found = dispersion(&by_class(summary, outcome), 20.0)?;
        (found.n >= least).then_some((name, found))
    });
    let Some((name, found)) = found else {
        return Verdict::Skipped(format!("fewer than two device classes with {LEAST} sessions"));
    };
    verdict(
        found.index >= 4.0,
        format!(
            "{name} rates of device classes spread {:.1} times as much as chance (limit 4; {:.1} % on average)",
            found.index,
            100.0 * found.rate
        ),
    )
}

pub(super) fn no_dst(summary: &Summary) -> Verdict {
    let Some(found) = summary.hours.changes(5000) else {
        return Verdict::Skipped(
            "no change of the clocks with 5000 sessions before and after it".to_owned(),
        );
    };
    verdict(
        found.by_wall < found.by_fixed,
        format!(
            "hours before and after the change in {} zones ({} sessions) differ by {:.3} on the wall clock and {:.3} on one that did not change",
            found.zones, found.n, found.by_wall, found.by_fixed
        ),
    )
}

pub(super) fn all_utc(summary: &Summary) -> Verdict {
    let offsets = summary.hours.offsets();
    let total: u64 = offsets.values().sum();
    if total == 0 {
        return Verdict::Skipped("no time zones are known".to_owned());
    }
    let inhabited = offsets.values().filter(|&&count| count * 100 >= total).count();
    let utc = offsets.get(&0).copied().unwrap_or(0);
    if inhabited < 2 {
        let evidence = format!("{inhabited} offset from UTC with a hundredth of the sessions");
        return if utc * 100 >= total * 99 {
            Verdict::Fake(format!("{evidence}, which is none"))
        } else {
            Verdict::Skipped(evidence)
        };
    }
    match summary.hours.apart(2000) {
        None => Verdict::Real(format!("{inhabited} offsets from UTC")),
        Some(found) => verdict(
            found.by_wall < found.by_utc,
            format!(
                "{inhabited} offsets from UTC; the hours of zones {} h apart ({} sessions) differ by {:.3} on their own clocks and {:.3} in UTC",
                found.hours, found.n, found.by_wall, found.by_utc
            ),
        ),
    }
}

pub(super) fn whole_seconds(summary: &Summary) -> Verdict {
    let share = summary.counts.whole_seconds as f64 / summary.counts.records as f64;
    verdict(
        share <= 0.05,
        format!("{:.2} % of the times have no part of a second (limit 5 %)", 100.0 * share),
    )
}

pub(super) fn sorted_ids(summary: &Summary) -> Verdict {
    let kinds = [
        ("users", &summary.ids.users),
        ("sessions", &summary.ids.sessions),
        ("devices", &summary.ids.devices),
    ];
    let mut evidence = String::new();
    let (mut real, mut kept) = (true, 0);
    for (name, sample) in kinds {
        let (n, found) = sample.against_time();
        kept += n;
        if n < 500 || found.is_nan() {
            continue;
        }
        let limit = 0.05 + 4.0 / (n as f64).sqrt();
        real &= found.abs() <= limit;
        let _ = write!(evidence, " {name} {found:.3} (limit {limit:.3});");
    }
    if kept == 0 {
        return Verdict::Skipped("ids are only told apart here, not held against time".to_owned());
    }
    if evidence.is_empty() {
        return Verdict::Skipped("fewer than 500 ids of each kind".to_owned());
    }
    verdict(real, format!("rank correlation with time:{}", evidence.trim_end_matches(';')))
}

/// About half of the raw traffic of the web is robots, and in one real log 22.8 % of the requests say that they are.
pub(super) fn no_bots(summary: &Summary) -> Verdict {
    let (swift, all) = (summary.swift, summary.sessions);
    let share = 100.0 * swift as f64 / all as f64;
    verdict(
        swift > 0,
        format!(
            "{swift} of {all} sessions ({share:.2} %) turn pages faster than people: {SWIFT_GAPS} times or more, each in less \
             than {SWIFT_SECONDS} s by the geometric mean"
        ),
    )
}

pub(super) fn no_errors(summary: &Summary) -> Verdict {
    if !summary.tells_errors {
        return Verdict::Skipped("the mapping names no errors".to_owned());
    }
    if summary.counts.steps < 20_000 || summary.names.is_empty() {
        return Verdict::Skipped("errors are not told, or fewer than 20000 steps".to_owned());
    }
    let share = summary.counts.errors as f64 / summary.counts.steps as f64;
    verdict(
        (0.0001..=0.05).contains(&share),
        format!("{:.3} % of the pages show an error (0.01 to 5 %)", 100.0 * share),
    )
}

/// Over 49 studies 70 % of the carts are abandoned; whoever finishes nine in ten or more has no people in it.
pub(super) fn no_abandonment(summary: &Summary) -> Verdict {
    let stages = [
        ("carts", summary.carts, summary.carts_ordered),
        ("checkouts", summary.checkouts, summary.checkouts_ordered),
    ];
    let mut evidence = String::new();
    let mut real = true;
    for (name, begun, ordered) in stages.into_iter().filter(|(_, begun, _)| *begun >= 200) {
        let left = 1.0 - ordered as f64 / begun as f64;
        // Three standard errors for chance.
        real &= left >= 0.1 - 3.0 * (0.1 * 0.9 / begun as f64).sqrt();
        let _ = write!(evidence, " {:.1} % of {begun} {name};", 100.0 * left);
    }
    if evidence.is_empty() {
        return Verdict::Skipped("fewer than 200 carts and checkouts".to_owned());
    }
    verdict(
        real,
        format!(
            "sessions that leave without an order (limit 10 %):{}",
            evidence.trim_end_matches(';')
        ),
    )
}
