//! When it happens: by hour of the week, by hour of the day, by day.

use super::words::{count, percent, ratio, table};
use crate::report::numbers::{Numbers, Week};
use crate::report::page::{Axis, Block, Figure, Format, Plot, Section, Series};

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// When events happen; none without events.
pub(super) fn section(numbers: &Numbers) -> Option<Section> {
    let total: u64 = numbers.utc_week.iter().flatten().sum();
    (total > 0).then(|| Section {
        id: "volume".into(),
        title: "When it happens".into(),
        lead: "Events by the clocks of the people who made them, and by UTC, which the files use."
            .into(),
        blocks: vec![
            Block::Figure(week(&numbers.local_week)),
            Block::Figure(hours(numbers)),
            Block::Figure(days(numbers)),
        ],
    })
}

fn week(week: &Week) -> Figure {
    let hours = || {
        week.iter().enumerate().flat_map(|(day, hours)| {
            hours.iter().enumerate().map(move |(hour, events)| (*events, day, hour))
        })
    };
    // Of equals the first, whichever way one looks.
    let busiest =
        hours().max_by_key(|(events, day, hour)| (*events, std::cmp::Reverse((*day, *hour))));
    let quietest = hours().min();
    let told = |(events, day, hour): (u64, usize, usize)| {
        format!("{} at {hour:02}:00 with {} events", WEEKDAYS[day], count(events))
    };
    let finding = format!(
        "The busiest hour is {}, the quietest {}.",
        busiest.map(told).unwrap_or_default(),
        quietest.map(told).unwrap_or_default()
    );
    let names: Vec<String> = (0..24).map(|hour| format!("{hour:02}")).collect();
    let rows = week.iter().zip(WEEKDAYS).map(|(hours, day)| {
        std::iter::once(day.to_owned()).chain(hours.iter().map(|events| count(*events))).collect()
    });
    let head: Vec<String> = std::iter::once("day".to_owned())
        .chain(names.iter().map(|name| format!("#{name}")))
        .collect();
    let head: Vec<&str> = head.iter().map(String::as_str).collect();
    Figure {
        id: "week".into(),
        title: "Events by hour of the week, local time".into(),
        look_for: "People sleep: nights should be pale, evenings dark, and weekends differ from working days.".into(),
        finding,
        plot: Plot::Heatmap {
            columns: names.clone(),
            rows: WEEKDAYS.map(str::to_owned).to_vec(),
            cells: week.iter().map(|hours| hours.iter().map(|events| Some(*events as f64)).collect()).collect(),
            unit: "events".into(),
            log: false,
        },
        table: table("Events by weekday and local hour", &head, rows.collect()),
    }
}

/// Shares of the hours of the day.
fn by_hour(week: &Week) -> Vec<f64> {
    let total: u64 = week.iter().flatten().sum();
    (0..24).map(|hour| ratio(week.iter().map(|hours| hours[hour]).sum(), total)).collect()
}

fn hours(numbers: &Numbers) -> Figure {
    let (local, utc) = (by_hour(&numbers.local_week), by_hour(&numbers.utc_week));
    let swing = |shares: &[f64]| {
        let (least, most) =
            shares.iter().fold((1.0_f64, 0.0_f64), |(a, b), share| (a.min(*share), b.max(*share)));
        if least > 0.0 { format!("{:.1} times", most / least) } else { "without bound".to_owned() }
    };
    let names: Vec<String> = (0..24).map(|hour| format!("{hour:02}")).collect();
    let rows = names.iter().zip(local.iter().zip(&utc));
    let rows = rows
        .map(|(hour, (local, utc))| vec![hour.clone(), percent(*local), percent(*utc)])
        .collect();
    let line = |name: &str, shares: &[f64]| Series {
        name: name.into(),
        points: shares.iter().enumerate().map(|(hour, share)| (hour as f64, *share)).collect(),
        reference: false,
    };
    Figure {
        id: "hours".into(),
        title: "Share of events by hour of the day".into(),
        look_for: "A dashboard in UTC sees the flatter of the two, because its users live in several zones.".into(),
        finding: format!(
            "The busiest hour has {} the events of the quietest by local clocks, and {} by UTC.",
            swing(&local),
            swing(&utc)
        ),
        plot: Plot::Lines {
            x: Axis { name: "hour of the day".into(), places: names, ..Axis::default() },
            y: Axis { name: "share of events".into(), format: Format::Percent, ..Axis::default() },
            series: vec![line("local time", &local), line("UTC", &utc)],
        },
        table: table("Share of events by hour", &["hour", "#local time", "#UTC"], rows),
    }
}

fn days(numbers: &Numbers) -> Figure {
    let date = |day: i32| crate::scenario::calendar::date(day).to_string();
    let places: Vec<String> = numbers.days.keys().map(|day| date(*day)).collect();
    let line = |name: &str, of: fn(&(u64, u64)) -> u64| Series {
        name: name.into(),
        points: numbers
            .days
            .values()
            .enumerate()
            .map(|(i, events)| (i as f64, of(events) as f64))
            .collect(),
        reference: false,
    };
    let most =
        numbers.days.iter().max_by_key(|(day, (local, _))| (*local, std::cmp::Reverse(**day)));
    // Of the days that the ends of the data set do not cut.
    let inner = numbers.days.values().skip(1).take(numbers.days.len().saturating_sub(2));
    let least = inner.map(|(local, _)| *local).min().unwrap_or(0);
    let (day, most) = most.map_or((String::new(), 0), |(day, (local, _))| (date(*day), *local));
    let rows =
        numbers.days.iter().map(|(day, (local, utc))| vec![date(*day), count(*local), count(*utc)]);
    Figure {
        id: "days".into(),
        title: "Events by day".into(),
        look_for: "Real days rise and fall; a line as smooth as a ruler is made up. The first and last local days are cut by the \
                   ends of the data set, which are drawn in UTC."
            .into(),
        finding: format!("The fullest day is {day} with {} events, the emptiest between the ends has {}.", count(most), count(least)),
        plot: Plot::Lines {
            x: Axis { name: "date".into(), places, ..Axis::default() },
            y: Axis { name: "events".into(), ..Axis::default() },
            series: vec![line("local date", |(local, _)| *local), line("date in UTC", |(_, utc)| *utc)],
        },
        table: table("Events by date", &["date", "#local date", "#UTC"], rows.collect()),
    }
}
