//! When a person comes, on what, from where, and with what in mind.

use crate::event::journal::{DeviceRow, Journal, JourneyRow, NEVER, NONE, UserRow};
use crate::journey::consent::Standing;
use crate::journey::outcomes::Outcomes;
use crate::population::{Cover, User};
use crate::scenario::World;
use crate::scenario::calendar::{DAY, HOUR};
use crate::scenario::slices::Slices;
use crate::scenario::tables::source_weights;
use crate::seed::{Purpose, Stream};

const VISITS: Purpose = Purpose::named("visits");
const JOURNEY: Purpose = Purpose::named("journey");

/// A session ends after 30 minutes of silence, so the next one is at least that much later.
const SILENCE: i64 = 31 * 60 * 1_000_000;

/// Simulates users one by one into a journal.
#[derive(Debug)]
pub struct Walker<'w> {
    pub(super) world: &'w World,
    /// What the users simulated so far left.
    pub journal: Journal,
    pub(super) slices: Slices,
    pub(super) outcomes: Outcomes,
    weights: Vec<f64>,
}

/// A person while being simulated.
pub(super) struct Person {
    pub id: u64,
    pub user: User,
    /// When the person became known anywhere, or [`NEVER`].
    pub registered: i64,
    /// By device: when it was joined with the person, or [`NEVER`], and how.
    pub stitched: [(i64, u8); 4],
    /// By device: its last event in the window, or [`NEVER`].
    pub last_seen: [i64; 4],
    pub sessions: u64,
    pub journeys: u64,
    /// Whether the person stands for a cell that has to be seen.
    pub covers: bool,
    /// By device: what it was granted.
    pub standing: [Standing; 4],
    /// An order that will be handed back: its ordinal, and from when on.
    pub refund: Option<(u32, i64)>,
}

/// How a session comes about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Visit {
    pub at: i64,
    pub device: usize,
    pub source: usize,
    pub campaign: Option<usize>,
    pub number: u8,
    pub stage: u8,
    /// On another device than the session before: whether the person was recognised, and whether the state came along.
    pub moved: Option<(bool, bool)>,
}

/// A journey while it lasts.
pub(super) struct Course {
    pub kind: usize,
    pub ordinal: u32,
    pub key: u64,
    pub cart: Vec<(u32, u8)>,
    pub coupon: u8,
    pub product: u32,
    pub checkouts: u64,
}

impl<'w> Walker<'w> {
    /// A walker with an empty journal.
    pub fn new(world: &'w World, slices: Slices) -> Self {
        let journal = Journal::new(slices.count());
        Self { world, journal, slices, outcomes: Outcomes::Drawn, weights: Vec::new() }
    }

    /// The same, deciding what happens in another way.
    #[must_use]
    pub fn deciding(self, outcomes: Outcomes) -> Self {
        Self { outcomes, ..self }
    }

    /// What it remembers of its decisions, in the end.
    pub fn into_outcomes(self) -> Outcomes {
        self.outcomes
    }

    /// Its world.
    pub fn world(&self) -> &'w World {
        self.world
    }

    /// Simulates a user: everything that it does in the window goes into the journal.
    pub fn user(&mut self, id: u64) {
        let world = self.world;
        let user = world.people.user(id);
        let mut stream = world.seed.stream(VISITS, id, 0);
        let mut person = Person {
            id,
            registered: user.registered_at.unwrap_or(NEVER),
            stitched: [(NEVER, 0); 4],
            last_seen: [NEVER; 4],
            sessions: 0,
            journeys: 0,
            covers: world.people.covered_by(id).is_some(),
            standing: [Standing::default(); 4],
            refund: None,
            user,
        };
        remembered(&mut person, world, &mut stream);
        if let Some(cover) = world.people.covered_by(id) {
            return self.cover(&mut person, cover, &mut stream);
        }
        let newcomer = person.user.created_at >= world.start;
        let end = world.end.min(person.user.last_active);
        let mut device = self.choose_device(&person, person.user.created_at, &mut stream);
        let mut at = if newcomer {
            person.user.created_at.min(world.end - 1)
        } else {
            self.next_visit(&person, device, world.start, &mut stream)
        };
        let created = if newcomer { at } else { person.user.created_at };
        // A newcomer's first visit is what makes one, whatever comes after.
        while at < end || (newcomer && person.sessions == 0 && at < world.end) {
            let last = self.journey(&mut person, device, at, None, &mut stream);
            device = self.choose_device(&person, last, &mut stream);
            at = self.next_visit(&person, device, last + SILENCE, &mut stream);
        }
        self.leave(&mut person, created);
    }

    /// One journey in the cell that the person is there for, and nothing else.
    fn cover(&mut self, person: &mut Person, cover: &Cover, stream: &mut Stream) {
        let world = self.world;
        let (device, from) = world.people.covers_from(&person.user, cover);
        // A message finds those who opted in, as long as that lasts.
        let opt_in = cover.channel.and_then(|channel| {
            let channel = usize::from(channel.ordinal);
            world.people.opt_in(person.id, &person.user, channel, person.registered)
        });
        let lapses = opt_in.and_then(|opt_in| opt_in.ended).map_or(NEVER, |ended| ended.effective);
        let until = world.end.min(lapses);
        let mut at = from;
        if from != person.user.created_at {
            for _ in 0..64 {
                at = from + ((until - from) as f64 * stream.unit()) as i64;
                if stream.chance(self.hour_fit(person, device, at)) {
                    break;
                }
            }
        }
        let newcomer = person.user.created_at >= world.start;
        let created = if newcomer { at } else { person.user.created_at };
        self.journey(person, device, at, Some(cover), stream);
        self.leave(person, created);
    }

    /// The rows of the person and its devices.
    fn leave(&mut self, person: &mut Person, created: i64) {
        self.settle(person);
        // Whoever closed the account brings no further device.
        let closed = person.user.erasure.map_or(NEVER, |erasure| erasure.closed);
        let end = self.world.end.min(closed);
        self.journal.users.push(UserRow {
            user: person.id,
            created,
            registered: person.registered,
        });
        for (i, device) in person.user.devices.iter().enumerate() {
            let first_seen = device.since.max(created);
            if first_seen >= end {
                continue;
            }
            let (stitched, method) = person.stitched[i];
            self.journal.devices.push(DeviceRow {
                user: person.id,
                device: i as u8,
                profile: device.profile as u8,
                build: device.build as u8,
                first_seen,
                last_seen: person.last_seen[i],
                stitched,
                method,
            });
        }
    }

    /// A device at hand at that moment, by the persona's habits; the first one if none is.
    fn choose_device(&self, person: &Person, at: i64, stream: &mut Stream) -> usize {
        let weights = &self.world.class_weights[usize::from(person.user.persona)];
        let devices = &person.user.devices;
        let weight = |i: usize| {
            let at_hand = i == 0 || devices.at(i).since <= at;
            let class = self.world.models.devices[usize::from(devices.at(i).profile)].class;
            if at_hand { weights[class as usize] } else { 0.0 }
        };
        let sum: f64 = (0..devices.len()).map(weight).sum();
        let mut left = stream.unit() * sum;
        for i in 0..devices.len() {
            left -= weight(i);
            if left < 0.0 {
                return i;
            }
        }
        0
    }

    fn class(&self, person: &Person, device: usize) -> usize {
        let profile = person.user.devices.at(device).profile;
        self.world.models.devices[usize::from(profile)].class as usize
    }

    /// How an hour suits the person on that device, relative to the best one.
    fn hour_fit(&self, person: &Person, device: usize, at: i64) -> f64 {
        let world = self.world;
        let local = world.people.zones().local(person.user.zone.into(), at);
        let (persona, class) = (usize::from(person.user.persona), self.class(person, device));
        let weight = world.calendar.hour_weight(persona, class, usize::from(local.hour));
        f64::from(weight / world.best_hour[persona][class])
    }

    /// The next journey's start: a Poisson process of the person's own rate, thinned by the calendar.
    fn next_visit(&self, person: &Person, device: usize, from: i64, stream: &mut Stream) -> i64 {
        let world = self.world;
        let (persona, class) = (usize::from(person.user.persona), self.class(person, device));
        let per_week = world.models.people[persona].visits_per_week * person.user.visits;
        let greatest = world.calendar.greatest(persona, class);
        let mean = 7.0 * DAY as f64 / (per_week * greatest).max(1e-9);
        let end = world.end.min(person.user.last_active);
        let mut at = from as f64;
        loop {
            at += world.tables.exponential.draw(stream) * mean;
            if at >= end as f64 {
                return NEVER;
            }
            let time = at as i64;
            let local = world.people.zones().local(person.user.zone.into(), time);
            let country = usize::from(person.user.country);
            let accepted = world.calendar.acceptance(persona, class, country, time, local);
            if stream.chance(f64::from(accepted)) {
                return time;
            }
        }
    }

    /// One journey, over one or more sessions, of whatever kind or of the one to cover; the time of its last event.
    fn journey(
        &mut self,
        person: &mut Person,
        device: usize,
        at: i64,
        cover: Option<&Cover>,
        visits: &mut Stream,
    ) -> i64 {
        let world = self.world;
        let mut stream = world.seed.stream(JOURNEY, person.id, person.journeys);
        let key = world.seed.hash(JOURNEY, person.id, person.journeys);
        person.journeys += 1;
        let kind = match cover {
            Some(cover) => usize::from(cover.cell.journey),
            None => self.choose_kind(person, device, at, &mut stream),
        };
        let spec = &world.journeys[kind];
        let led = match cover {
            Some(cover) => Some(self.lead(person, cover, at, &mut stream)),
            None if spec.message => self.message(person, at, &mut stream),
            None => None,
        };
        let (source, campaign) =
            led.unwrap_or_else(|| self.choose_source(person, device, at, &mut stream));
        let mut course = Course {
            kind,
            ordinal: self.journal.journeys.len() as u32,
            key,
            cart: Vec::new(),
            coupon: u8::MAX,
            product: NONE,
            checkouts: 0,
        };
        self.journal.journeys.push(JourneyRow {
            key,
            user: person.id,
            known: false,
            kind: kind as u8,
            started: at,
            ended: at,
            sessions: 0,
            devices: 0,
            events: 0,
            furthest: 0,
            carted: false,
            checked_out: false,
            source: source as u8,
            orders: 0,
            revenue: 0,
            currency: person.user.currency as u8,
        });
        let mut visit =
            Visit { at, device, source, campaign, number: 1, stage: spec.entry, moved: None };
        loop {
            self.session(person, &mut course, visit);
            let row = &self.journal.journeys[course.ordinal as usize];
            let ended = row.ended;
            if row.orders > 0 || visit.number >= spec.most || !visits.chance(spec.again) {
                return ended;
            }
            match self.further(person, &course, visit, ended, &mut stream) {
                Some(next) => visit = next,
                None => return ended,
            }
        }
    }

    /// The journey's next session, if it still comes about.
    fn further(
        &self,
        person: &Person,
        course: &Course,
        last: Visit,
        ended: i64,
        stream: &mut Stream,
    ) -> Option<Visit> {
        let world = self.world;
        let spec = &world.journeys[course.kind];
        let mut device = last.device;
        let mut moved = None;
        let mut median_hours = None;
        if let Some(switch) = &spec.switch
            && stream.chance(switch.probability)
            && let Some(other) = Self::other_device(person, last.device, ended, stream)
        {
            device = other;
            median_hours = Some((switch.hours, switch.sd));
            let recognised = stream.chance(switch.succeeds);
            moved = Some((recognised, recognised && stream.chance(switch.restores)));
        }
        let mut at = ended;
        for _ in 0..8 {
            let hours = match median_hours {
                Some((median, sd)) => median * libm::exp(sd * world.tables.normal.draw(stream)),
                None => world.tables.short_gap.draw(stream),
            };
            at = ended + SILENCE + (hours * HOUR as f64) as i64;
            if stream.chance(self.hour_fit(person, device, at)) {
                break;
            }
        }
        if at >= world.end.min(person.user.last_active) {
            return None;
        }
        // Half of those who come back type the address or use a bookmark.
        let source = match world.direct {
            Some(direct) if stream.chance(0.5) => direct,
            _ => last.source,
        };
        // Where nobody comes directly, a message's link is followed again.
        let campaign = last.campaign.filter(|_| spec.message && world.direct.is_none());
        let stage = match (&spec.switch, moved) {
            (Some(switch), Some((_, true))) => switch.enters,
            _ => spec.resume,
        };
        Some(Visit { at, device, source, campaign, number: last.number + 1, stage, moved })
    }

    /// Another device of the person, at hand at that moment.
    fn other_device(person: &Person, device: usize, at: i64, stream: &mut Stream) -> Option<usize> {
        let devices = &person.user.devices;
        let others = || {
            let at_hand = move |i: &usize| *i != device && (*i == 0 || devices.at(*i).since <= at);
            (0..devices.len()).filter(at_hand)
        };
        let count = others().count();
        if count == 0 {
            return None;
        }
        others().nth(stream.below(count as u32) as usize)
    }

    fn choose_kind(&self, person: &Person, device: usize, at: i64, stream: &mut Stream) -> usize {
        let devices = &person.user.devices;
        let another = devices
            .iter()
            .enumerate()
            .any(|(i, other)| i != device && (i == 0 || other.since <= at));
        let reachable = (0..3).any(|channel| self.may_write(person, channel, at));
        let state = usize::from(another) | usize::from(reachable) << 1;
        let kinds = &self.world.tables.kinds[usize::from(person.user.persona)];
        let class = self.class(person, device);
        match &kinds[class][state] {
            Some(kinds) => kinds.draw(stream),
            None => self.world.any_kind[class],
        }
    }

    fn choose_source(
        &mut self,
        person: &Person,
        device: usize,
        at: i64,
        stream: &mut Stream,
    ) -> (usize, Option<usize>) {
        let world = self.world;
        if let (true, Some(direct)) = (person.user.devices.at(device).app, world.direct) {
            // Nobody is led into an app by a link of another site.
            return (direct, None);
        }
        let class = self.class(person, device);
        let persona = &world.models.people[usize::from(person.user.persona)];
        let sources = &world.models.sources;
        source_weights(persona, sources, class, &world.calendar, at, &mut self.weights);
        let mut left = stream.unit() * self.weights.iter().sum::<f64>();
        let found = self.weights.iter().position(|weight| {
            left -= weight;
            left < 0.0
        });
        let last = || self.weights.iter().rposition(|weight| *weight > 0.0);
        let source = found.or_else(last).unwrap_or(0);
        (source, self.campaign(source, at, stream))
    }

    /// The campaign, if any, through which a visit from a source comes.
    fn campaign(&self, source: usize, at: i64, stream: &mut Stream) -> Option<usize> {
        let world = self.world;
        let share = world.models.sources[source].campaign_share;
        let day = world.day_of(at).clamp(0, world.days as i32 - 1) as usize;
        match &world.tables.campaigns[source][day] {
            Some((running, list)) if stream.chance(share) => {
                Some(usize::from(list[running.draw(stream)]))
            }
            _ => None,
        }
    }

    /// How somebody comes through the source to cover, in the ways of those who come through it by themselves.
    fn lead(
        &self,
        person: &Person,
        cover: &Cover,
        at: i64,
        stream: &mut Stream,
    ) -> (usize, Option<usize>) {
        let source = usize::from(cover.cell.source);
        let held = person.user.devices.iter().find(|held| held.profile == cover.cell.profile);
        if self.world.journeys[usize::from(cover.cell.journey)].message {
            let drawn = (0..64).filter_map(|_| self.message(person, at, stream));
            let found = drawn.into_iter().find(|(through, _)| *through == source);
            if let Some(found) = found.or_else(|| self.first_message(person, source, at)) {
                return found;
            }
        }
        if held.is_some_and(|held| held.app) && self.world.direct.is_some() {
            return (source, None);
        }
        (source, self.campaign(source, at, stream))
    }

    /// The first message that leads through a source over the person's channel, if one may be sent.
    fn first_message(
        &self,
        person: &Person,
        source: usize,
        at: i64,
    ) -> Option<(usize, Option<usize>)> {
        let channel = usize::from(person.user.channel);
        let messages = &self.world.tables.messages[channel];
        let found = messages.iter().find(|(through, _)| usize::from(*through) == source);
        let found = found.filter(|_| self.may_write(person, channel, at));
        found.map(|(_, campaign)| (source, Some(usize::from(*campaign))))
    }

    /// The message that brings the person back, over a channel that it opted into, if there is one.
    fn message(
        &self,
        person: &Person,
        at: i64,
        stream: &mut Stream,
    ) -> Option<(usize, Option<usize>)> {
        let preferred = usize::from(person.user.channel);
        let open = |channel: usize| {
            self.may_write(person, channel, at) && !self.world.tables.messages[channel].is_empty()
        };
        let channel = if open(preferred) { Some(preferred) } else { (0..3).find(|c| open(*c)) };
        channel.map(|channel| {
            let list = &self.world.tables.messages[channel];
            let (source, campaign) = list[stream.below(list.len() as u32) as usize];
            (usize::from(source), Some(usize::from(campaign)))
        })
    }
}

/// About how many journeys a user begins in the window, as far as its rate and its days tell.
pub fn expected_visits(world: &World, user: &User) -> f64 {
    let newcomer = user.created_at >= world.start;
    let active = world.end.min(user.last_active) - world.start.max(user.created_at);
    let weeks = active.max(0) as f64 / (7.0 * DAY as f64);
    let rate = world.models.people[usize::from(user.persona)].visits_per_week * user.visits;
    f64::from(u8::from(newcomer)) + rate * weeks
}

/// Which devices of a customer from before the window were signed in.
fn remembered(person: &mut Person, world: &World, stream: &mut Stream) {
    const BEFORE_WINDOW: u8 = 4;
    if person.registered >= world.start {
        return;
    }
    for (i, device) in person.user.devices.iter().enumerate() {
        let known = i == 0 || stream.chance(world.behaviour.identity.remembered);
        if known && device.since < world.start {
            let at = person.registered.max(device.since);
            person.stitched[i] = (at, BEFORE_WINDOW);
        }
    }
}
