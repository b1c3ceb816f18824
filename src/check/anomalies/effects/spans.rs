//! Outages and bursts: what there is in their times, to the moment.
//!
//! Behind a policy times may be rounded and places coarser than the labels tell, so that no more is asked there than that hours differ.

use std::collections::BTreeMap;

use super::{Crowd, Effect, HOUR};
use crate::check::anomalies::labels::{Incident, Labels};
use crate::read::{Column, hash};

/// Columns of the events that are read: when, and the columns whose values an outage may be about.
pub(super) const COLUMNS: [&str; 4] = ["event_time", "country", "device_class", "source"];

/// Part of the visitors of a burst that must have come: what is usual is reckoned from the first and the last hour that has events.
const COME: f64 = 0.5;

/// A time, and whose events count in it.
struct Span {
    id: String,
    from: i64,
    until: i64,
    /// A column, and a value's hash; none: everybody's.
    of: Option<(usize, u64)>,
}

/// The times of all outages.
pub(super) struct Spans {
    all: Vec<Span>,
    /// By hour: those that meet it.
    hours: BTreeMap<i64, Vec<usize>>,
}

impl Spans {
    /// Those that are labelled.
    pub(super) fn of(labels: &Labels) -> Self {
        let outages = labels.incidents.iter().filter(|of| of.kind == "outage_gap");
        let span = |of: &Incident| {
            let (from, until) = of.window?;
            let of_value = of.dimension.as_ref().and_then(|(column, value)| {
                let column = COLUMNS.iter().position(|name| name == column)?;
                Some((column, hash::of_bytes(value.as_bytes())))
            });
            Some(Span { id: of.id.clone(), from, until, of: of_value })
        };
        let all: Vec<Span> = outages.filter_map(span).collect();
        let mut hours: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
        for (at, span) in all.iter().enumerate() {
            for hour in span.from.div_euclid(HOUR)..=span.until.div_euclid(HOUR) {
                hours.entry(hour).or_default().push(at);
            }
        }
        Self { all, hours }
    }

    /// No event in any of them yet.
    pub(super) fn counts(&self) -> Vec<u64> {
        vec![0; self.all.len()]
    }

    /// Counts an event in.
    pub(super) fn count(&self, columns: &[Column], row: usize, time: i64, counts: &mut [u64]) {
        for at in self.hours.get(&time.div_euclid(HOUR)).into_iter().flatten() {
            let span = &self.all[*at];
            let is_of = |(column, value): (usize, u64)| {
                let text = columns[column].text(row);
                text.is_some_and(|text| hash::of_bytes(text.as_bytes()) == value)
            };
            if (span.from..span.until).contains(&time) && span.of.is_none_or(is_of) {
                counts[*at] += 1;
            }
        }
    }

    /// The counts by incident.
    pub(super) fn by_incident(&self, counts: Vec<u64>) -> BTreeMap<String, u64> {
        self.all.iter().map(|span| span.id.clone()).zip(counts).collect()
    }
}

/// Nothing of what an outage is about is left in its time, and something was there.
pub(super) fn outages(incidents: &[&Incident], dirty: &Crowd, clean: &Crowd) -> Effect {
    let within = |crowd: &Crowd, of: &Incident| crowd.within.get(&of.id).copied().unwrap_or(0);
    let left = incidents.iter().map(|of| within(dirty, of)).max().unwrap_or(0);
    let was = incidents.iter().map(|of| within(clean, of)).min().unwrap_or(0);
    Effect {
        name: "most events left of what an outage is about",
        value: left as f64,
        seen: incidents.len() as u64,
        shows: left == 0 && was > 0,
    }
}

/// As many come in the time of a burst as its label tells, or about as many.
pub(super) fn bursts(incidents: &[&Incident], dirty: &Crowd, clean: &Crowd) -> Effect {
    let (begin, end) = clean.has_window().unwrap_or((0, 0));
    let rate = clean.sessions.len() as f64 / (end + HOUR - begin) as f64;
    let part = |of: &&Incident| {
        let (from, until) = of.window.unwrap_or((begin, end + HOUR));
        let is_new = |(id, visit): &(&u128, &super::Visit)| {
            (from..until).contains(&visit.started) && !clean.sessions.contains_key(*id)
        };
        let came = dirty.sessions.iter().filter(is_new).count() as f64;
        let told = (of.effect.unwrap_or(1.0) - 1.0) * rate * (until - from) as f64;
        came / told.max(1.0)
    };
    let least = incidents.iter().map(part).fold(f64::INFINITY, f64::min);
    Effect {
        name: "least part that came of the visitors that a label tells",
        value: least,
        seen: incidents.len() as u64,
        shows: least >= COME,
    }
}

/// Behind a policy: hours of each time have other numbers of events.
pub(super) fn hours(incidents: &[&Incident], dirty: &Crowd, clean: &Crowd) -> Effect {
    let whole = clean.has_window().unwrap_or((0, 0));
    let change = |of: &&Incident| {
        let window = of.window.unwrap_or(whole);
        dirty.events_within(window) / clean.events_within(window).max(1.0) - 1.0
    };
    let changes = incidents.iter().map(change);
    let least = changes.fold(f64::INFINITY, |a, b| if a.abs() < b.abs() { a } else { b });
    Effect {
        name: "change of events in the window that changed least",
        value: least,
        seen: incidents.len() as u64,
        shows: least.is_finite() && least.abs() > 1e-9,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::anomalies::effects::Visit;

    impl Visit {
        /// A visit of so many events by somebody of whom nothing else is known.
        fn of(id: u128, events: i64) -> Self {
            let (started, place) = (id as i64, 0);
            let (user, referrer, country) = (None, None, None);
            Self { started, events, user, device: id, anonymous: id, referrer, country, place }
        }
    }

    /// For all orders in which rows with one id come, the longest visit is the one that counts.
    #[test]
    fn of_an_id_the_longest_visit_counts() {
        for lengths in [[3, 149], [149, 3]] {
            let mut crowd = Crowd::default();
            for events in lengths {
                crowd.meet(1, Visit::of(1, events));
            }
            assert_eq!(crowd.sessions[&1].events, 149);
        }
    }

    fn incident(kind: &str, effect: Option<f64>) -> Incident {
        Incident {
            id: "a".to_owned(),
            kind: kind.to_owned(),
            variant: None,
            is_plain: false,
            is_decoy: false,
            window: Some((0, HOUR)),
            effect,
            dimension: None,
        }
    }

    fn crowd(within: u64, visits: std::ops::Range<u128>) -> Crowd {
        let visit = |id: u128| (id, Visit::of(id, 1));
        Crowd {
            within: BTreeMap::from([("a".to_owned(), within)]),
            hours: (0..10).map(|hour| (hour, 9)).collect(),
            sessions: visits.map(visit).collect(),
            ..Crowd::default()
        }
    }

    /// For all outages, one event left is too many, and what took nothing is none.
    #[test]
    fn outages_are_empty() {
        let one = incident("outage_gap", None);
        let shows = |left, was| outages(&[&one], &crowd(left, 0..0), &crowd(was, 0..0)).shows;
        assert!(shows(0, 9) && !shows(1, 9) && !shows(9, 9) && !shows(0, 0));
    }

    /// For all bursts, it is the visitors that the label tells who must come: usually ten an hour, here five times as many.
    #[test]
    fn bursts_are_as_strong_as_told() {
        let one = incident("traffic_burst", Some(5.0));
        let shows = |come: u128| bursts(&[&one], &crowd(0, 0..100 + come), &crowd(0, 0..100)).shows;
        assert!(shows(40) && shows(30) && !shows(0) && !shows(15));
    }
}
