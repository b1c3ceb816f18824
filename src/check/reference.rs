//! How far the traffic is from that of a reference set.

use crate::check::realism::Crowd;
use crate::check::{
    Check, Context, EventBatch, Family, Measure, Observer, Seen, Tally, Verdict, Wants,
};
use crate::realism::Summary;
use crate::realism::distances::{Distance, distances};
use crate::schema::Table;

/// The family.
pub(super) static FAMILY: Family = Family {
    name: "reference",
    doc: "The traffic next to that of a reference set: distances from 0 (the same) to 1, without a gate unless one is given.",
    checks: &[&CHECKS],
    observers: |context| vec![Box::new(Compared(Crowd::new(context)))],
};

const TABLES: &[&str] = &["events", "sessions", "devices", "users"];

static CHECKS: [Check; 4] = [
    Check::new("reference.events", TABLES, "event types are as frequent", "other acts, other load"),
    Check::new(
        "reference.bigrams",
        TABLES,
        "event types follow each other as often",
        "other paths through the site",
    ),
    Check::new("reference.gaps", TABLES, "gaps between steps are as long", "another pace"),
    Check::new("reference.lengths", TABLES, "sessions are as long", "another wish to stay"),
];

/// What a stream is compared with.
#[derive(Debug, Clone, Copy)]
pub struct Reference<'r> {
    /// The reference.
    pub summary: &'r Summary,
    /// The greatest distance that passes; none: every distance does.
    pub most: Option<f64>,
}

/// The verdicts on the distances from a reference.
pub fn verdicts(checked: &Summary, reference: Reference<'_>) -> Vec<Verdict> {
    let verdict = |check: &'static Check, found: Distance| {
        let (ours, theirs) = found.sizes;
        if found.value.is_nan() {
            let why = format!("{ours} {} here and {theirs} in the reference", found.unit);
            return Verdict::skipped(check, why);
        }
        let mut tally = Tally::new(check);
        tally.saw(ours as usize);
        let name = format!("{}, {ours} {} next to {theirs}", found.what, found.unit);
        tally.measure(Measure::new(name, found.value, ours).within(None, reference.most));
        tally.verdict()
    };
    let found = distances(checked, reference.summary);
    CHECKS.iter().zip(found).map(|(check, found)| verdict(check, found)).collect()
}

struct Compared(Crowd);

impl Observer for Compared {
    fn wants(&self, table: &Table) -> Wants {
        self.0.wants(table)
    }

    fn see_events(&mut self, events: &EventBatch<'_>) {
        self.0.see_events(events);
    }

    fn finish(self: Box<Self>, context: &Context<'_>, _: &Seen) -> Vec<Verdict> {
        let summary = self.0.summary();
        context.reference.map_or_else(Vec::new, |reference| verdicts(&summary, reference))
    }
}
