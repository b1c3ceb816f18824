//! Counting: a journal of whole users becomes a tally.

use std::collections::BTreeMap;

use crate::answers::definitions::{ABOUT, Answer, TOTALS};
use crate::answers::steps;
use crate::event::journal::{Journal, NEVER, NONE, Order, Session};
use crate::scenario::World;
use crate::scenario::calendar::DAY;
use crate::tables::sessions;

/// Counts by up to three ordinals; what is not used is 0.
pub(super) type Cube = BTreeMap<[i64; 3], [i64; 3]>;

/// Event types as bits.
type Kinds = [u64; 4];

/// The counts of some users, by ordinals of the world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// In the order of [`ABOUT`].
    cubes: Vec<Cube>,
}

impl Default for Tally {
    fn default() -> Self {
        Self { cubes: vec![Cube::new(); ABOUT.len()] }
    }
}

impl Tally {
    /// Adds the counts of other users.
    pub fn add(&mut self, other: &Self) {
        for (cube, theirs) in self.cubes.iter_mut().zip(&other.cubes) {
            for (key, counts) in theirs {
                sum(cube, *key, *counts);
            }
        }
    }

    pub(super) fn cubes(&self) -> &[Cube] {
        &self.cubes
    }

    fn count(&mut self, answer: Answer, key: [i64; 3], counts: [i64; 3]) {
        sum(&mut self.cubes[answer as usize], key, counts);
    }
}

fn sum(cube: &mut Cube, key: [i64; 3], counts: [i64; 3]) {
    let sums = cube.entry(key).or_default();
    for (sum, count) in sums.iter_mut().zip(counts) {
        *sum += count;
    }
}

/// Counts journals of a world.
#[derive(Debug)]
pub struct Counter<'w> {
    world: &'w World,
    /// By journey kind.
    steps: Vec<Vec<u8>>,
}

/// What the events of a session say.
struct Seen {
    kinds: Kinds,
    /// The first midnight (UTC) after its start.
    midnight: i64,
    known_from: i64,
    /// Whether its events bear ids that outlast it.
    persists: bool,
    /// Days with events, and with events of a known user, as bits from the day of its start on.
    days: u32,
    known: u32,
}

impl Seen {
    fn new(session: &Session) -> Self {
        Self {
            kinds: Kinds::default(),
            midnight: (session.started.div_euclid(DAY) + 1) * DAY,
            known_from: sessions::known_from(session),
            persists: sessions::has_persistent_ids(session),
            days: 0,
            known: 0,
        }
    }

    #[inline]
    fn event(&mut self, kind: u8, time: i64) {
        self.kinds[usize::from(kind >> 6)] |= 1 << (kind & 63);
        // Sessions end within the day after they began; days beyond a month are one.
        let day = if time < self.midnight { 0 } else { 1 + (time - self.midnight) / DAY };
        let bit = 1 << day.min(31);
        self.days |= bit;
        self.known |= if time >= self.known_from { bit } else { 0 };
    }

    /// The day of its start, since 1970.
    fn first_day(&self) -> i64 {
        self.midnight / DAY - 1
    }
}

impl<'w> Counter<'w> {
    /// A counter for journals of that world.
    pub fn new(world: &'w World) -> Self {
        let steps = world.journeys.iter().map(|journey| steps::of(world, journey)).collect();
        Self { world, steps }
    }

    /// Nothing counted: the rows that there are without anybody.
    pub fn nothing(&self) -> Tally {
        let mut tally = Tally::default();
        for total in 0..TOTALS.len() {
            tally.count(Answer::Totals, [total as i64, 0, 0], [0; 3]);
        }
        for (kind, steps) in self.steps.iter().enumerate() {
            for (step, event) in steps.iter().enumerate() {
                tally.count(Answer::Funnels, funnel_key(kind, step, *event), [0; 3]);
            }
        }
        tally
    }

    /// Counts a journal that holds all that its users did.
    pub fn count(&self, journal: &Journal) -> Tally {
        let mut tally = self.nothing();
        let seen = self.events(journal, &mut tally);
        totals(journal, &mut tally);
        self.funnels(journal, &seen, &mut tally);
        self.conversion(journal, &mut tally);
        self.sales(journal, &mut tally);
        activity(journal, &seen, &mut tally);
        tally
    }

    /// Walks over the events; by session, what they say.
    fn events(&self, journal: &Journal, tally: &mut Tally) -> Vec<Seen> {
        let mut by_name = vec![0; self.world.schemas.events.len()];
        let mut seen: Vec<Seen> = journal.sessions.iter().map(Seen::new).collect();
        for bucket in &journal.slices {
            for row in bucket.rows() {
                by_name[usize::from(row.kind)] += 1;
                let session = bucket.session(row.session);
                seen[session as usize].event(row.kind, row.time);
            }
        }
        for (kind, events) in by_name.iter().enumerate().filter(|(_, events)| **events > 0) {
            tally.count(Answer::EventsByName, [kind as i64, 0, 0], [*events, 0, 0]);
        }
        seen
    }

    fn funnels(&self, journal: &Journal, seen: &[Seen], tally: &mut Tally) {
        let mut whole = vec![Kinds::default(); journal.journeys.len()];
        // By journey kind and event type: sessions, journeys.
        let types = self.world.schemas.events.len();
        let mut reached = vec![vec![[0; 3]; types]; self.steps.len()];
        for (session, seen) in journal.sessions.iter().zip(seen) {
            let journey = session.journey as usize;
            let of_kind = &mut reached[usize::from(journal.journeys[journey].kind)];
            bits(&seen.kinds, |kind| of_kind[kind][0] += 1);
            for (all, some) in whole[journey].iter_mut().zip(seen.kinds) {
                *all |= some;
            }
        }
        for (journey, kinds) in journal.journeys.iter().zip(&whole) {
            let of_kind = &mut reached[usize::from(journey.kind)];
            bits(kinds, |kind| of_kind[kind][1] += 1);
            let counts = [1, journey.sessions.into(), journey.orders.into()];
            tally.count(Answer::JourneysByKind, [journey.kind.into(), 0, 0], counts);
        }
        for (kind, steps) in self.steps.iter().enumerate() {
            for (step, event) in steps.iter().enumerate() {
                let counts = reached[kind][usize::from(*event)];
                tally.count(Answer::Funnels, funnel_key(kind, step, *event), counts);
            }
        }
    }

    fn conversion(&self, journal: &Journal, tally: &mut Tally) {
        let models = &self.world.models;
        let mut profiles = vec![[0; 3]; models.devices.len()];
        let mut sources = vec![[0; 3]; models.sources.len()];
        for session in &journal.sessions {
            let counts = [1, i64::from(session.converted)];
            for (which, count) in counts.into_iter().enumerate() {
                profiles[usize::from(session.profile)][which] += count;
                sources[usize::from(session.source)][which] += count;
            }
        }
        let some = |(_, counts): &(usize, [i64; 3])| counts[0] > 0;
        for (profile, counts) in profiles.into_iter().enumerate().filter(some) {
            let class = models.devices[profile].class as i64;
            tally.count(Answer::ByDeviceClass, [class, 0, 0], counts);
            tally.count(Answer::ByDeviceProfile, [profile as i64, 0, 0], counts);
        }
        for (source, counts) in sources.into_iter().enumerate().filter(some) {
            tally.count(Answer::BySource, [source as i64, 0, 0], counts);
        }
    }

    fn sales(&self, journal: &Journal, tally: &mut Tally) {
        let firsts = first_sessions(journal);
        for order in &journal.orders {
            let session = &journal.sessions[order.session as usize];
            let class = self.world.models.devices[usize::from(session.profile)].class as i64;
            let (currency, day) = (i64::from(order.currency), order.placed.div_euclid(DAY));
            let sale = [1, order.total, 0];
            let profile = i64::from(session.profile);
            tally.count(Answer::RevenueByDeviceClass, [class, currency, 0], sale);
            tally.count(Answer::RevenueByDeviceProfile, [profile, currency, 0], sale);
            tally.count(Answer::RevenueByDay, [day, currency, 0], sale);
            tally.count(Answer::RevenueByLastTouch, self.touch(session, order), sale);
            // Whoever orders has a session, so there is a first one.
            let first = firsts.get(&order.user).map_or(session, |first| &journal.sessions[*first]);
            tally.count(Answer::RevenueByFirstTouch, self.touch(first, order), sale);
            tally.count(Answer::OrderValue, [currency, order.total, 0], [1, 0, 0]);
            if order.refunded != NEVER {
                tally.count(Answer::Refunds, [currency, 0, 0], sale);
            }
        }
    }

    /// Source and campaign of a session, with an order's currency.
    fn touch(&self, session: &Session, order: &Order) -> [i64; 3] {
        let campaign = sessions::campaign(self.world, session);
        [session.source.into(), campaign.into(), order.currency.into()]
    }
}

fn funnel_key(kind: usize, step: usize, event: u8) -> [i64; 3] {
    [kind as i64, step as i64 + 1, event.into()]
}

/// Hands every bit that is set to `each`.
fn bits(kinds: &Kinds, mut each: impl FnMut(usize)) {
    for (word, mut left) in kinds.iter().copied().enumerate() {
        while left != 0 {
            each(word * 64 + left.trailing_zeros() as usize);
            left &= left - 1;
        }
    }
}

/// In the order of [`TOTALS`].
fn totals(journal: &Journal, tally: &mut Tally) {
    let rows = [
        journal.users.len(),
        journal.devices.len(),
        journal.journeys.len(),
        journal.sessions.len(),
        journal.events() as usize,
        journal.orders.len(),
        journal.lines.len(),
        journal.payments.len(),
        journal.consents.len(),
        journal.erasures.len(),
    ];
    for (total, rows) in rows.into_iter().enumerate() {
        tally.count(Answer::Totals, [total as i64, 0, 0], [rows as i64, 0, 0]);
    }
}

/// By user who ordered: the ordinal of the session that began first.
fn first_sessions(journal: &Journal) -> BTreeMap<u64, usize> {
    let mut firsts: BTreeMap<u64, usize> =
        journal.orders.iter().map(|order| (order.user, NONE as usize)).collect();
    for (ordinal, session) in journal.sessions.iter().enumerate() {
        if let Some(first) = firsts.get_mut(&session.user) {
            let earlier = |known: &Session| session.started < known.started;
            if journal.sessions.get(*first).is_none_or(earlier) {
                *first = ordinal;
            }
        }
    }
    firsts
}

/// Days and weeks on which people were there. The sessions of a user stand together.
fn activity(journal: &Journal, seen: &[Seen], tally: &mut Tally) {
    let mut days: BTreeMap<i64, [i64; 3]> = BTreeMap::new();
    // Of one user: days with a device, known days, weeks.
    let (mut on_devices, mut known, mut weeks) = (Vec::new(), Vec::new(), Vec::new());
    let mut from = 0;
    for of_user in journal.sessions.chunk_by(|a, b| a.user == b.user) {
        for (session, seen) in of_user.iter().zip(&seen[from..]) {
            weeks.push(week(session.started));
            for bit in (0..32).filter(|bit| seen.days >> bit & 1 == 1) {
                let day = seen.first_day() + bit;
                if !seen.persists {
                    // Pings tell of a day, and of nobody.
                    days.entry(day).or_default();
                    continue;
                }
                on_devices.push((day, session.device));
                if seen.known >> bit & 1 == 1 {
                    known.push(day);
                }
            }
        }
        from += of_user.len();
        for list in [&mut known, &mut weeks] {
            list.sort_unstable();
            list.dedup();
        }
        on_devices.sort_unstable();
        on_devices.dedup();
        let first = weeks.first().copied().unwrap_or_default();
        for week in weeks.drain(..) {
            let later = (week - first) / 7;
            tally.count(Answer::WeeklyRetention, [first, later, 0], [1, 0, 0]);
        }
        on_devices.drain(..).for_each(|(day, _)| days.entry(day).or_default()[0] += 1);
        known.drain(..).for_each(|day| days.entry(day).or_default()[1] += 1);
    }
    for (day, counts) in days {
        tally.count(Answer::DailyActive, [day, 0, 0], counts);
    }
}

/// The Monday (UTC) of a moment's week, in days since 1970, which began on a Thursday.
fn week(time: i64) -> i64 {
    (time.div_euclid(DAY) + 3).div_euclid(7) * 7 - 3
}
