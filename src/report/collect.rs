//! Counts a data set for its page, as one more observer of the checks' pass.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::check::entities::{Entities, NEVER};
use crate::check::{Cached, Context, EventBatch, Misfit, Observer, Rows, Seen, Verdict, Wants};
use crate::population::{Cell, Zones};
use crate::read::What;
use crate::read::hash::{self, NONE, Words};
use crate::report::numbers::{Combination, Happened, Journey, Numbers, Timeline, Visit, Visits};
use crate::report::sorts;
use crate::report::steps::Steps;
use crate::scenario::World;
use crate::scenario::cells::Cells;
use crate::schema::Table;

/// Events that a sample journey has: enough to tell a story, few enough to be read.
const READABLE: std::ops::RangeInclusive<i64> = 6..=60;

/// The longest window that local times are known for without a look at the data: years before and after the first event.
const WINDOW_DAYS: u32 = 3_660;

const DAY: i64 = 86_400_000_000;
const HOUR: i64 = 3_600_000_000;

/// Where the counts are put when the pass is over.
pub(super) type Handover = Rc<RefCell<Numbers>>;

/// The observer.
#[derive(Default)]
pub(super) struct Collector {
    handover: Handover,
    numbers: Numbers,
    journeys: Kinds,
    steps: Steps,
    possible: Option<Vec<Combination>>,
    clocks: Option<Clocks>,
    products: Products,
    dwell: BTreeMap<u32, crate::report::numbers::LogBins>,
    candidates: BTreeMap<(String, bool), Candidate>,
    samples: BTreeMap<u32, Vec<Sampled>>,
}

/// Journeys by kind, source, furthest stage and outcome, in words of their own.
#[derive(Default)]
struct Kinds {
    words: Words,
    columns: [Cached<u32>; 4],
    counts: BTreeMap<[u32; 4], u64>,
}

const JOURNEY: [&str; 4] = ["kind", "source", "furthest_stage", "outcome"];

/// A journey that may become a sample.
struct Candidate {
    digest: u64,
    ordinal: u32,
    source: String,
    outcome: String,
}

/// An event of a sample, with its session.
struct Sampled {
    session: u32,
    happened: Happened,
}

/// Local times by user.
struct Clocks {
    zones: Zones,
    /// By user: the ordinal of the time zone.
    of_user: Vec<u32>,
}

/// Views by product.
#[derive(Default)]
struct Products {
    words: Words,
    keys: Cached<u32>,
    views: Vec<u64>,
    names: BTreeMap<String, String>,
}

impl Collector {
    /// A collector of a data set made in that world, as far as it is known; and where its counts will be.
    pub(super) fn new(world: Option<&World>) -> (Self, Handover) {
        let collector = Self {
            steps: Steps::new(world.map(|world| world.site.clone())),
            possible: world.map(possible),
            ..Self::default()
        };
        let handover = Rc::clone(&collector.handover);
        (collector, handover)
    }

    fn see_journeys(&mut self, rows: &Rows<'_>) {
        let columns = JOURNEY.map(|name| rows.column(name));
        for (cached, column) in self.journeys.columns.iter_mut().zip(columns) {
            if let Some(column) = column {
                cached.learn(column, |word| self.journeys.words.add(word));
            }
        }
        for row in 0..rows.len() {
            let keys = std::array::from_fn(|i| {
                columns[i]
                    .and_then(|column| self.journeys.columns[i].get(column, row))
                    .unwrap_or(NONE)
            });
            *self.journeys.counts.entry(keys).or_default() += 1;
            self.consider(rows, row, keys);
        }
    }

    /// Makes a journey the candidate of its kind and end when no smaller digest is known.
    fn consider(&mut self, rows: &Rows<'_>, row: usize, [kind, source, _, outcome]: [u32; 4]) {
        let Some(id) = rows.column("journey_id").and_then(|column| column.id(row)) else { return };
        if !rows.long("events", row).is_some_and(|events| READABLE.contains(&events)) {
            return;
        }
        let digest = hash::of_id(id);
        let bought = rows.long("orders", row).unwrap_or(0) > 0;
        let word = |key| self.journeys.words.word(key).to_owned();
        let key = (word(kind), bought);
        if self.candidates.get(&key).is_some_and(|known| known.digest <= digest) {
            return;
        }
        let ordinal = rows.entities.find("journeys", rows.column("journey_id"), row);
        let candidate = Candidate { digest, ordinal, source: word(source), outcome: word(outcome) };
        self.candidates.insert(key, candidate);
    }

    fn see_products(&mut self, rows: &Rows<'_>) {
        let text = |name: &str, row| rows.column(name).and_then(|column| column.text(row));
        for row in 0..rows.len() {
            if let (Some(id), Some(name)) = (text("product_id", row), text("name", row)) {
                self.products.names.insert(id.to_owned(), name.to_owned());
            }
        }
    }

    /// Counts when an event happened, by UTC and by the clock at its user's home.
    fn count_time(&mut self, time: i64, user: u32) {
        let day = time.div_euclid(DAY) as i32;
        let hour = (time.rem_euclid(DAY) / HOUR) as usize;
        // Day 0 of 1970 was a Thursday.
        self.numbers.utc_week[(day + 3).rem_euclid(7) as usize][hour] += 1;
        self.numbers.days.entry(day).or_default().1 += 1;
        let Some(clocks) = &self.clocks else { return };
        let Some(zone) = clocks.of_user.get(user as usize) else { return };
        let (hour, weekday, day) = clocks.zones.local_hour_weekday(*zone as usize, time);
        self.numbers.local_week[weekday][hour] += 1;
        self.numbers.days.entry(day).or_default().0 += 1;
    }

    fn sample(&mut self, events: &EventBatch<'_>, row: usize) {
        let Some(sample) = self.samples.get_mut(&events.journey(row)) else { return };
        let text = |name: &str| events.column(name).and_then(|column| column.text(row));
        let event = text("event_name").unwrap_or("").to_owned();
        let product =
            text("product_id").map(|id| self.products.names.get(id).map_or(id, String::as_str));
        let about = product.or(text("search_query")).or(text("page_path")).unwrap_or("").to_owned();
        let happened = Happened { at: events.time[row], sort: sorts::of(&event), event, about };
        sample.push(Sampled { session: events.session[row], happened });
    }

    /// Makes ready for the events, when all other tables have been seen.
    fn begin_events(&mut self, events: &EventBatch<'_>) {
        if self.clocks.is_some() {
            return;
        }
        let first = events.time.iter().copied().filter(|time| *time != NEVER).min().unwrap_or(0);
        self.clocks = Some(Clocks::new(events.entities(), first));
        let chosen = self.candidates.values().filter(|one| one.ordinal != NONE);
        self.samples = chosen.map(|one| (one.ordinal, Vec::new())).collect();
    }

    fn timelines(&mut self, entities: &Entities) {
        for ((kind, _), candidate) in std::mem::take(&mut self.candidates) {
            let events = self.samples.remove(&candidate.ordinal).unwrap_or_default();
            if events.is_empty() {
                continue;
            }
            let timeline = Timeline {
                kind,
                id: id(entities, candidate.ordinal),
                outcome: candidate.outcome,
                source: candidate.source,
                ..Timeline::default()
            };
            self.numbers.timelines.push(self.told(timeline, events, entities));
        }
    }

    /// A timeline with its visits.
    fn told(&self, mut timeline: Timeline, events: Vec<Sampled>, entities: &Entities) -> Timeline {
        let mut visits: BTreeMap<u32, Visit> = BTreeMap::new();
        for Sampled { session, happened } in events {
            visits.entry(session).or_default().events.push(happened);
        }
        for (session, mut visit) in visits {
            visit.events.sort_by_key(|event| event.at);
            let times = || visit.events.iter().map(|event| event.at).filter(|at| *at != NEVER);
            let (Some(start), Some(end)) = (times().min(), times().max()) else { continue };
            visit.events.retain(|event| event.at != NEVER);
            let profile = entities.devices.at(entities.sessions.at(session).device).profile;
            let user = entities.user_of(session);
            let clock = self.clocks.as_ref().and_then(|clocks| clocks.told(user, start));
            (visit.start, visit.end) = (start, end);
            entities.word(profile).clone_into(&mut visit.device);
            let (began, zone) = clock.unwrap_or_default();
            visit.began = began;
            timeline.zone = zone;
            timeline.visits.push(visit);
        }
        timeline.visits.sort_by_key(|visit| visit.start);
        timeline
    }

    fn settle(&mut self, entities: &Entities) {
        let word = |key: u32| {
            let word = entities.word(key);
            if word.is_empty() { "unknown".to_owned() } else { word.to_owned() }
        };
        let own = |key: u32| self.journeys.words.word(key).to_owned();
        for ([kind, source, stage, outcome], number) in &self.journeys.counts {
            let journey = Journey {
                kind: own(*kind),
                source: own(*source),
                stage: own(*stage),
                outcome: own(*outcome),
            };
            *self.numbers.journeys.entry(journey).or_default() += number;
        }
        for (class, bins) in std::mem::take(&mut self.dwell) {
            self.numbers.dwell.insert(word(class), bins);
        }
        for device in entities.devices.iter() {
            *self.numbers.profiles.entry(word(device.profile)).or_default() += 1;
        }
        visits(&mut self.numbers, entities, &word);
        gaps(&mut self.numbers, entities);
        coverage(&mut self.numbers, entities, &word);
        // Without the truth about personas nothing is known of any cell.
        if let Some(possible) = self.possible.take().filter(|_| !self.numbers.coverage.is_empty()) {
            self.numbers.possible_known = true;
            for cell in possible {
                self.numbers.coverage.entry(cell).or_default();
            }
        }
        self.numbers.steps = self.steps.settle(entities);
        let orders = &entities.orders;
        for order in orders.iter() {
            let sum = self.numbers.revenue.entry(word(order.currency)).or_default();
            *sum = (sum.0 + 1, sum.1 + order.total);
        }
        self.numbers.views = self.products.settle();
        self.timelines(entities);
    }
}

impl Observer for Collector {
    fn wants(&self, table: &Table) -> Wants {
        match table.name.as_str() {
            "journeys" => Wants::Columns(&[
                "journey_id",
                "kind",
                "source",
                "furthest_stage",
                "outcome",
                "events",
                "orders",
            ]),
            "products" => Wants::Columns(&["product_id", "name"]),
            _ if table.is_events() => Wants::Columns(&[
                "page_load_ms",
                "page_dwell_ms",
                "product_id",
                "page_path",
                "search_query",
            ]),
            _ => Wants::Nothing,
        }
    }

    fn see(&mut self, rows: &Rows<'_>) {
        match rows.table.name.as_str() {
            "journeys" => self.see_journeys(rows),
            "products" => self.see_products(rows),
            _ => {}
        }
    }

    fn see_events(&mut self, events: &EventBatch<'_>) {
        self.begin_events(events);
        let dwell = events.column("page_dwell_ms");
        let product = events.column("product_id");
        self.products.learn(events);
        self.steps.see(events);
        for row in 0..events.len() {
            let (facts, time) = (events.facts(row), events.time[row]);
            if time != NEVER {
                self.count_time(time, facts.user);
            }
            if let Some(millis) = dwell.and_then(|column| column.long(row)) {
                self.dwell.entry(facts.class).or_default().add(millis as f64 / 1000.0);
            }
            if let Some(product) = product {
                self.products.count(events, product, row);
            }
            if !self.samples.is_empty() {
                self.sample(events, row);
            }
        }
    }

    fn finish(mut self: Box<Self>, context: &Context<'_>, seen: &Seen) -> Vec<Verdict> {
        self.settle(context.entities);
        self.numbers.unread = unread(seen);
        self.handover.replace(self.numbers);
        Vec::new()
    }
}

/// Files that cannot be read or are of another shape than declared, and single lines; each once, though some are read twice.
fn unread(seen: &Seen) -> Vec<(String, String)> {
    let broken = seen.broken.iter().map(|file| (file.path.clone(), file.why.clone()));
    // A member too many, or one that stands there twice, takes nothing away.
    let loses = |misfit: &&Misfit| !matches!(misfit.what, Some((_, What::Unknown | What::Twice)));
    let misfits = seen.misfits.iter().filter(loses);
    let misfits = misfits.map(|misfit| (misfit.place.clone(), misfit.says.clone()));
    let lines = seen.lines.iter().filter(|line| !line.bad.read);
    let lines = lines.map(|line| (line.place.clone(), line.bad.ill.told().to_owned()));
    let mut unread: Vec<(String, String)> = broken.chain(misfits).chain(lines).collect();
    unread.sort();
    unread.dedup_by(|a, b| a.0 == b.0);
    unread
}

impl Products {
    /// Makes ready for a batch.
    fn learn(&mut self, events: &EventBatch<'_>) {
        if let Some(column) = events.column("product_id") {
            self.keys.learn(column, |id| self.words.add(id));
        }
        self.views.resize(self.words.len(), 0);
    }

    fn count(&mut self, events: &EventBatch<'_>, product: &crate::read::Column, row: usize) {
        let Some(key) = self.keys.get(product, row) else { return };
        let is_view = events.column("event_name").and_then(|column| column.text(row))
            == Some("product_viewed");
        self.views[key as usize] += u64::from(is_view);
    }

    /// Products that were viewed, most viewed first, by name.
    fn settle(&self) -> Vec<(String, u64)> {
        let viewed = self.views.iter().enumerate().filter(|(_, views)| **views > 0);
        let mut views: Vec<(String, u64)> = viewed
            .map(|(key, views)| {
                let id = self.words.word(key as u32);
                let name = self
                    .names
                    .get(id)
                    .map_or_else(|| id.to_owned(), |name| format!("{name} ({id})"));
                (name, *views)
            })
            .collect();
        views.sort_by(|(a, x), (b, y)| y.cmp(x).then(a.cmp(b)));
        views
    }
}

impl Clocks {
    fn new(entities: &Entities, first: i64) -> Self {
        let mut names: Vec<u32> = entities.users.iter().map(|user| user.time_zone).collect();
        names.sort_unstable();
        names.dedup();
        let place = |zone: u32| names.binary_search(&zone).map_or(0, |place| place as u32);
        let of_user = entities.users.iter().map(|user| place(user.time_zone)).collect();
        let names = names.iter().map(|zone| entities.word(*zone).to_owned()).collect();
        Self { zones: Zones::new(names, first.div_euclid(DAY) as i32, WINDOW_DAYS), of_user }
    }

    /// A moment as the clock at a user's home tells it, and the name of the zone.
    fn told(&self, user: u32, time: i64) -> Option<(String, String)> {
        let zone = *self.of_user.get(user as usize)? as usize;
        let local = time + self.zones.offset(zone, time);
        let civil =
            jiff::Timestamp::from_microsecond(local).ok()?.to_zoned(jiff::tz::TimeZone::UTC);
        Some((civil.strftime("%a %-d %b, %H:%M").to_string(), self.zones.names()[zone].clone()))
    }
}

/// The combinations in which a world can have journeys.
fn possible(world: &World) -> Vec<Combination> {
    let models = &world.models;
    let named = |cell: Cell| Combination {
        persona: models.people[usize::from(cell.persona)].name.clone(),
        kind: world.journeys[usize::from(cell.journey)].name.clone(),
        profile: models.devices[usize::from(cell.profile)].name.clone(),
        source: models.sources[usize::from(cell.source)].name.clone(),
    };
    Cells::of(world).possible.iter().map(|cover| named(cover.cell)).collect()
}

/// The key of a journey.
fn id(entities: &Entities, ordinal: u32) -> String {
    match entities.keys("journeys") {
        Some(crate::check::entities::Keys::Ids(ids)) => {
            ids.id(ordinal).map(crate::check::pass::id).unwrap_or_default()
        }
        Some(crate::check::entities::Keys::Tokens(_, tokens)) => tokens.word(ordinal).to_owned(),
        _ => String::new(),
    }
}

/// Visits by device class and source, and how long they are.
fn visits(numbers: &mut Numbers, entities: &Entities, word: &impl Fn(u32) -> String) {
    let sessions = &entities.sessions;
    let mut converted = vec![false; sessions.len()];
    for order in entities.orders.iter() {
        if let Some(converted) = converted.get_mut(order.session as usize) {
            *converted = true;
        }
    }
    let mut sums: BTreeMap<(u32, u32), Visits> = BTreeMap::new();
    let mut lengths: BTreeMap<u32, BTreeMap<u32, u64>> = BTreeMap::new();
    for (session, converted) in sessions.iter().zip(converted) {
        let class = entities.devices.at(session.device).class;
        let sum = sums.entry((class, session.source)).or_default();
        sum.all += 1;
        sum.converted += u64::from(converted);
        sum.bounced += u64::from(session.page_views <= 1);
        sum.events += u64::from(session.events);
        *lengths.entry(class).or_default().entry(session.events).or_default() += 1;
    }
    numbers.visits =
        sums.into_iter().map(|((class, source), sum)| ((word(class), word(source)), sum)).collect();
    numbers.lengths = lengths.into_iter().map(|(class, lengths)| (word(class), lengths)).collect();
}

/// Times from the end of each person's visit to the beginning of the next.
fn gaps(numbers: &mut Numbers, entities: &Entities) {
    let sessions = &entities.sessions;
    let mut order: Vec<(u32, i64, i64)> = sessions
        .iter()
        .map(|of| (entities.devices.at(of.device).user, of.started, of.ended))
        .filter(|(user, started, ended)| *user != NONE && *started != NEVER && *ended != NEVER)
        .collect();
    order.sort_unstable();
    for pair in order.windows(2) {
        let [(user, _, ended), (next, started, _)] = [pair[0], pair[1]];
        if user == next && started > ended {
            numbers.gaps.add((started - ended) as f64 / 1e6);
        }
    }
}

/// Journeys by persona, kind, and the device and source of their first visit.
fn coverage(numbers: &mut Numbers, entities: &Entities, word: &impl Fn(u32) -> String) {
    let sessions = &entities.sessions;
    let mut cells: BTreeMap<[u32; 4], u64> = BTreeMap::new();
    let firsts = entities.first_sessions();
    for (journey, session) in firsts.into_iter().enumerate().filter(|(_, at)| *at != NONE) {
        let persona = entities.users.at(entities.user_of(session)).persona;
        let profile = entities.devices.at(sessions.at(session).device).profile;
        let source = sessions.at(session).source;
        // Without the truth about personas there is no matrix.
        if persona != NONE {
            *cells
                .entry([persona, entities.journeys[journey].kind, profile, source])
                .or_default() += 1;
        }
    }
    let named = |[persona, kind, profile, source]: [u32; 4]| Combination {
        persona: word(persona),
        kind: word(kind),
        profile: word(profile),
        source: word(source),
    };
    numbers.coverage = cells.into_iter().map(|(keys, journeys)| (named(keys), journeys)).collect();
}
