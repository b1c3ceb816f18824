//! Clocks: late, out of order, askew, in another unit or zone.

use super::{Kind, check_of, checks};
use crate::check::pass::{Seen, moment};
use crate::check::{Check, Context, EventBatch, Observer, Rows, Tally, Verdict, Wants};
use crate::read::Data;
use crate::schema::{Table, Type};

/// The kinds.
pub(super) const KINDS: [Kind; 6] = [
    Kind::new(
        "anomalies.late_arrival",
        &[],
        &["files.lateness"],
        "No event arrives later than the scenario allows.",
        "Windows are closed by then; what comes later is dropped.",
    ),
    Kind::new(
        "anomalies.out_of_order",
        &[],
        &["files.sorted", "keys.sequence", "files.times"],
        "Events arrive in the order of received_at, and those of a session in that of their times.",
        "A stream that jumps back counts twice, or not at all.",
    ),
    Kind::new(
        "anomalies.clock_skew",
        &[],
        &["keys.event_time", "files.lateness", "keys.inside", "keys.first_day", "keys.sequence"],
        "A device's clock agrees with the collector's: an event is sent when it happened, and arrives after.",
        "What happens tomorrow is counted tomorrow.",
    ),
    Kind::new(
        "anomalies.epoch_unit",
        &[],
        &[],
        "Every moment lies within fifty years of the scenario's start.",
        "Seconds read as microseconds are 1970; milliseconds read as seconds are the year 58000.",
    ),
    Kind::new(
        "anomalies.tz_shift",
        &[],
        &["keys.event_time", "files.lateness", "keys.inside", "keys.sequence"],
        "Moments are in UTC.",
        "Local time stored as UTC moves every hourly count.",
    ),
    Kind::new(
        "anomalies.local_time_invalid",
        &[],
        &[],
        "Every moment and date is one that there is.",
        "Parsers refuse 29 February of a year without one, or move it.",
    ),
];

/// The checks.
pub(super) static CHECKS: [Check; KINDS.len()] = checks(&KINDS);

/// Fifty years in µs.
const FAR: i64 = 50 * 365 * 86_400_000_000;

/// Looks at every moment.
pub(super) struct Plausible {
    tally: Tally,
    from: i64,
    until: i64,
}

impl Plausible {
    pub(super) fn new(context: &Context<'_>) -> Self {
        let start = start(context);
        Self {
            tally: Tally::new(check_of("anomalies.epoch_unit")),
            from: start - FAR,
            until: start + FAR,
        }
    }

    fn take(&mut self, rows: &Rows<'_>) {
        self.tally.saw(rows.len());
        for (name, column) in rows.columns() {
            let Data::Longs(longs) = &column.data else { continue };
            let is_time = rows.table.field(name).is_some_and(|field| field.ty == Type::Timestamp);
            let outside = |long: &i64| !(self.from..=self.until).contains(long);
            if !is_time || !longs.iter().any(outside) {
                continue;
            }
            for row in
                (0..rows.len()).filter(|row| column.long(*row).is_some_and(|long| outside(&long)))
            {
                self.tally.wrong(|| (rows.place(row), format!("{name} is {}", moment(longs[row]))));
            }
        }
    }
}

/// The first moment of the data set's own scenario.
fn start(context: &Context<'_>) -> i64 {
    let scenario = &context.data.manifest().scenario;
    let ask = crate::scenario::Ask::read("manifest", "manifest", &scenario.toml);
    let start =
        ask.and_then(|ask| ask.resolve(crate::scenario::ask::START)).map(|request| request.start);
    let start = start.unwrap_or(crate::scenario::ask::START);
    let zoned = start.to_zoned(jiff::tz::TimeZone::UTC);
    zoned.map_or(0, |start| start.timestamp().as_microsecond())
}

impl Observer for Plausible {
    fn wants(&self, table: &Table) -> Wants {
        if table.name.starts_with("truth/") { Wants::Nothing } else { Wants::All }
    }

    fn see(&mut self, rows: &Rows<'_>) {
        self.take(rows);
    }

    fn see_events(&mut self, events: &EventBatch<'_>) {
        self.take(&events.rows);
    }

    fn finish(self: Box<Self>, _: &Context<'_>, _: &Seen) -> Vec<Verdict> {
        vec![self.tally.verdict()]
    }
}
