//! Whether the traffic looks like people: the realism scorecard, and what gives a fake away at first glance.

use std::sync::{Arc, Mutex, PoisonError};

use crate::check::entities::{Entities, NEVER};
use crate::check::{
    Check, Context, Error, EventBatch, Evidence, Family, Measure, Observer, Outcome, Seen, Tally,
    Verdict, Wants, Watch, pass, shape,
};
use crate::check::{anomalies, coverage};
use crate::model::DeviceClass;
use crate::population::Zones;
use crate::read::{DataSet, hash};
use crate::realism::gate::{About, Number, Outcome as Came};
use crate::realism::looks::{self, Look, looks};
use crate::realism::scorecard::{self, scorecard};
use crate::realism::{self, Marks, NONE, Realism, Summary, UNKNOWN};
use crate::schema::{Schemas, Table};

/// µs.
const DAY: i64 = 86_400_000_000;

/// The family.
pub(super) static FAMILY: Family = Family {
    name: "realism",
    doc: "The traffic has the habits of people: numbers with gates, and what looks fake at first glance.",
    checks: &[&NUMBERS, &LOOKS],
    observers: |context| vec![Box::new(Crowd::new(context))],
};

/// What it is about, and told by.
const TABLES: &[&str] = &["events", "sessions", "devices", "users"];

static NUMBERS: [Check; scorecard::ABOUT.len()] = checks(&scorecard::ABOUT);
static LOOKS: [Check; looks::ABOUT.len()] = checks(&looks::ABOUT);

const fn checks<const N: usize>(about: &[About; N]) -> [Check; N] {
    let mut checks = [Check::new("", &[], "", ""); N];
    let mut i = 0;
    while i < N {
        checks[i] = Check::new(about[i].id, TABLES, about[i].what, about[i].why);
        i += 1;
    }
    checks
}

/// The list for streams from elsewhere: many an honest log has whole seconds, or was cleared of robots, which is odd and no more.
static LOOKS_ELSEWHERE: [Check; looks::ABOUT.len()] = {
    let mut checks = checks(&looks::ABOUT);
    checks[looks::WHOLE_SECONDS] = checks[looks::WHOLE_SECONDS].warning();
    checks[looks::NO_BOTS] = checks[looks::NO_BOTS].warning();
    checks
};

/// The verdicts on a data set: the scorecard, then the list. Robots are an anomaly, so a set in which none were put is not judged for
/// having none.
pub fn verdicts(summary: &Summary, has_robots: impl FnOnce() -> bool) -> Vec<Verdict> {
    let mut verdicts = by(&LOOKS, summary);
    let id = looks::ABOUT[looks::NO_BOTS].id;
    if let Some(bots) = verdicts.iter_mut().find(|verdict| verdict.check.id == id)
        && bots.outcome == Outcome::Fails
        && !has_robots()
    {
        *bots = Verdict::skipped(
            bots.check,
            "nobody is faster than people: crawlers come with [anomalies.bot_sessions]",
        );
    }
    verdicts
}

/// The same on a stream from elsewhere, which should have robots in it.
pub fn verdicts_elsewhere(summary: &Summary) -> Vec<Verdict> {
    by(&LOOKS_ELSEWHERE, summary)
}

fn by(list: &'static [Check], summary: &Summary) -> Vec<Verdict> {
    let numbers =
        NUMBERS.iter().zip(scorecard(summary)).map(|(check, found)| of_number(check, found));
    let looks =
        list.iter().zip(looks(summary)).map(|(check, found)| of_look(check, summary, found));
    numbers.chain(looks).collect()
}

fn of_number(check: &'static Check, number: Number) -> Verdict {
    let value = match number.outcome {
        Came::Measured(value) => value,
        Came::Skipped(why) => return Verdict::skipped(check, why),
    };
    let bound = |bound: f64| bound.is_finite().then_some(bound);
    let mut tally = Tally::new(check);
    tally.saw(number.n as usize);
    let measure = Measure::new(number.what, value, number.n);
    tally.measure(measure.within(bound(number.gate.lower), bound(number.gate.upper)));
    tally.verdict()
}

fn of_look(check: &'static Check, summary: &Summary, look: Look) -> Verdict {
    let (outcome, says) = match look.verdict {
        looks::Verdict::Skipped(why) => return Verdict::skipped(check, why),
        looks::Verdict::Real(says) => (Outcome::Holds, says),
        looks::Verdict::Fake(says) => (Outcome::Fails, says),
    };
    Verdict {
        check,
        wrong: u64::from(outcome == Outcome::Fails),
        outcome,
        seen: summary.records(),
        evidence: vec![Evidence { place: "events".to_owned(), says }],
        measures: Vec::new(),
        places: Vec::new(),
    }
}

/// Sums up the events of a data set without judging them, to compare another one with; and what is wrong with a file of it, if
/// something is: what was summed up is then not all. `watch` hears of every row.
///
/// # Errors
/// Cancelled, or no thread can be had.
pub fn summary(
    data: &DataSet,
    schemas: &Schemas,
    watch: &Watch<'_>,
) -> Result<(Summary, Option<String>), Error> {
    let (entities, broken) = Entities::read(data, schemas, watch)?;
    let entities = &entities;
    let context = Context { data, schemas, entities, world: None, reference: None, watch };
    let kept = Arc::new(Mutex::new(None));
    let mut observers: [Box<dyn Observer>; 1] =
        [Box::new(Keeping { crowd: Crowd::new(&context), kept: Arc::clone(&kept) })];
    let mut seen = Seen { broken, misfits: shape::misfits(data, schemas), ..Seen::default() };
    pass::run(&context, observers.iter_mut(), &mut seen)?;
    for observer in observers {
        observer.finish(&context, &seen);
    }
    let lacking = TABLES.iter().find(|table| data.table(table).is_none());
    let lacking = lacking.map(|table| format!("the table {table} was not written"));
    let taken = kept.lock().unwrap_or_else(PoisonError::into_inner).take();
    let summary = taken.unwrap_or_else(|| Realism::new().finish());
    Ok((summary, lacking.or_else(|| seen.unsound(TABLES))))
}

/// Keeps what a crowd comes to for somebody else.
struct Keeping {
    crowd: Crowd,
    kept: Arc<Mutex<Option<Summary>>>,
}

impl Observer for Keeping {
    fn wants(&self, table: &Table) -> Wants {
        self.crowd.wants(table)
    }

    fn see_events(&mut self, events: &EventBatch<'_>) {
        self.crowd.see_events(events);
    }

    fn finish(self: Box<Self>, _: &Context<'_>, _: &Seen) -> Vec<Verdict> {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(self.crowd.summary());
        Vec::new()
    }
}

/// Watches a crowd.
pub(super) struct Crowd {
    realism: Realism,
    zones: Zones,
    /// By user: the zone's ordinal, or `u16::MAX`.
    zone: Vec<u16>,
    /// By device: its class, or [`UNKNOWN`].
    class: Vec<u8>,
    /// By event type: what it is, and whether its product was looked at.
    kinds: Vec<(Marks, bool)>,
    names: Vec<String>,
}

impl Crowd {
    /// What was seen.
    pub(super) fn summary(self) -> Summary {
        self.realism.finish().named(self.names)
    }

    pub(super) fn new(context: &Context<'_>) -> Self {
        let entities = context.entities;
        let (zones, zone) = zones(context);
        let class = |word: &u32| {
            let name = entities.word(*word);
            DeviceClass::NAMES
                .iter()
                .position(|known| *known == name)
                .map_or(UNKNOWN, |at| at as u8)
        };
        let mut realism = Realism::new();
        see_ids(&mut realism, entities);
        Self {
            realism,
            zones,
            zone,
            class: entities.devices.iter().map(|device| class(&device.class.key())).collect(),
            kinds: kinds(context.schemas),
            names: context.schemas.events.iter().map(|event| event.name.clone()).collect(),
        }
    }
}

/// The zones that users live in, and of each user which.
fn zones(context: &Context<'_>) -> (Zones, Vec<u16>) {
    let entities = context.entities;
    let mut words: Vec<u32> = entities.users.iter().map(|user| user.time_zone).collect();
    words.sort_unstable();
    words.dedup();
    words.retain(|word| *word != hash::NONE);
    let place = |word: u32| words.binary_search(&word).map_or(u16::MAX, |place| place as u16);
    let of_users = entities.users.iter().map(|user| place(user.time_zone)).collect();
    let names = words.iter().map(|word| entities.word(*word).to_owned()).collect();
    let started = entities.sessions.iter().map(|of| of.started).filter(|at| *at != NEVER);
    let (first, last) = started.fold((i64::MAX, i64::MIN), |(a, b), at| (a.min(at), b.max(at)));
    let (first, last) = if first > last { (0, 0) } else { (first, last) };
    let days = ((last - first) / DAY + 2).clamp(1, 36_500) as u32;
    (Zones::new(names, first.div_euclid(DAY) as i32, days), of_users)
}

/// Tells when each user, session and device was first there.
fn see_ids(realism: &mut Realism, entities: &Entities) {
    let known = entities.known();
    let mut see = |ids: Option<&hash::Ids>, ordinal: usize, time: i64, see: SeeId| {
        if let Some(id) = ids.and_then(|ids| ids.id(ordinal as u32)).filter(|_| time != NEVER) {
            see(realism, &id.to_be_bytes(), time);
        }
    };
    for (ordinal, user) in entities.users.iter().enumerate() {
        see(known.users, ordinal, user.created, Realism::see_user);
    }
    for (ordinal, session) in entities.sessions.iter().enumerate() {
        see(known.sessions, ordinal, session.started, Realism::see_session);
    }
    for (ordinal, device) in entities.devices.iter().enumerate() {
        see(known.devices, ordinal, device.first_seen, Realism::see_device);
    }
}

/// Takes an id and when it was first seen.
type SeeId = fn(&mut Realism, &[u8], i64);

/// By event type: what it is to the scorecard.
fn kinds(schemas: &Schemas) -> Vec<(Marks, bool)> {
    let kind = |name: &str| {
        let marks = match name {
            "order_completed" => Marks::ORDER,
            "checkout_started" => Marks::CHECKOUT,
            "error_shown" => Marks::ERROR,
            "product_added" => Marks::CART,
            _ => Marks::NONE,
        };
        (marks, name == "product_viewed")
    };
    schemas.events.iter().map(|event| kind(&event.name)).collect()
}

impl Observer for Crowd {
    fn wants(&self, table: &Table) -> Wants {
        if table.is_events() {
            Wants::Columns(&["page_load_ms", "product_id"])
        } else {
            Wants::Nothing
        }
    }

    fn see_events(&mut self, events: &EventBatch<'_>) {
        let load = events.column("page_load_ms");
        for row in 0..events.len() {
            let (seat, kind, time) = (events.seat[row], events.kind[row], events.time[row]);
            if seat == hash::NONE || kind == hash::NONE || time == NEVER {
                continue;
            }
            let facts = events.facts(row);
            let zone = self.zone.get(facts.user as usize).copied().unwrap_or(u16::MAX);
            let offset = match zone {
                u16::MAX => 0,
                zone => (self.zones.offset(usize::from(zone), time) / 60_000_000) as i16,
            };
            let (mut marks, looks) =
                self.kinds.get(kind as usize).copied().unwrap_or((Marks::NONE, false));
            // What loads is a page, and its view a step.
            let load_ms = load.and_then(|column| column.long(row));
            if load_ms.is_some() {
                marks = marks.and(Marks::VIEW);
            }
            let item = if looks { events.product(row) } else { NONE };
            self.realism.see(&realism::Seen {
                user: facts.anonymous,
                session: seat,
                time,
                zone,
                offset,
                event: kind as u16,
                item,
                device: self.class.get(facts.device as usize).copied().unwrap_or(UNKNOWN),
                load_ms: load_ms.unwrap_or(0).clamp(0, 65_535) as u16,
                marks,
            });
        }
        for through in events.through {
            self.realism.close(through.seat);
        }
    }

    fn finish(self: Box<Self>, context: &Context<'_>, _: &Seen) -> Vec<Verdict> {
        let mut verdicts =
            verdicts(&self.summary(), || anomalies::Labels::has(context, "bot_sessions"));
        if let Some(why) = coverage::moves_rates(context) {
            for verdict in &mut verdicts {
                *verdict = Verdict::skipped(verdict.check, why.clone());
            }
        }
        verdicts
    }
}
