//! A small crowd with one habit at a time taken from it: each number fails for the fake that it names, and for no other.

use std::collections::BTreeSet;

use super::distances::distances;
use super::gate::Outcome;
use super::looks::{Verdict, looks};
use super::scorecard::scorecard;
use super::*;
use crate::dist::{Alias, Quantiles, sigmoid};
use crate::seed::{Purpose, Seed, Stream};

const SECOND: i64 = 1_000_000;
const HOUR: i64 = 3600 * SECOND;
const DAY: i64 = 24 * HOUR;
/// Monday, 2026-03-02; the clocks of zone 0 go forward on day 20 at 02:00.
const START: i64 = 20_514 * DAY;
const CHANGE: i64 = START + 20 * DAY + 7 * HOUR;
const DAYS: i64 = 42;

/// The hours of BEHAVIOUR's rhythm, in tenths of a percent.
const HOURS: [[f64; 24]; 2] = [
    [
        40.0, 20.0, 12.0, 8.0, 6.0, 9.0, 10.0, 21.0, 25.0, 37.0, 39.0, 39.0, 39.0, 49.0, 48.0,
        51.0, 56.0, 55.0, 62.0, 70.0, 76.0, 80.0, 86.0, 62.0,
    ],
    [
        12.0, 10.0, 3.0, 3.0, 2.0, 5.0, 11.0, 16.0, 29.0, 53.0, 68.0, 77.0, 71.0, 73.0, 74.0, 79.0,
        67.0, 67.0, 58.0, 45.0, 48.0, 47.0, 48.0, 33.0,
    ],
];

/// Of somebody who writes them down by hand, percent.
const ROUND: [[f64; 24]; 2] = [
    [
        4.0, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0, 2.0, 3.0, 4.0, 4.0, 4.0, 4.0, 5.0, 5.0, 5.0, 5.0, 5.0,
        6.0, 7.0, 7.0, 8.0, 9.0, 6.0,
    ],
    [
        1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 2.0, 3.0, 5.0, 7.0, 8.0, 7.0, 7.0, 7.0, 8.0, 7.0, 7.0,
        6.0, 4.0, 4.0, 4.0, 4.0, 3.0,
    ],
];

/// The habit that is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fake {
    Nothing,
    OneExit,
    SameLengths,
    ExponentialGaps,
    UniformGaps,
    ConstantGaps,
    NoPace,
    SwingingPace,
    NoMemory,
    FirstOrder,
    AllMemory,
    FlatHours,
    DeadNights,
    OneProfile,
    SameDevices,
    EvenItems,
    OneHit,
    NoRepeats,
    ClockReturns,
    EqualUsers,
    SmoothDays,
    EqualDays,
    RoundRates,
    Independent,
    FixedOffset,
    EveryoneUtc,
    UtcHabits,
    WholeSeconds,
    CountedIds,
    NoErrors,
    NothingLeft,
    NoBots,
}

/// What draws.
struct Crowd {
    fake: Fake,
    stream: Stream,
    normal: Quantiles,
    hours: [Alias; 2],
    items: Alias,
    days: Alias,
    realism: Realism,
    sessions: u32,
    of_day: Vec<(u64, u64)>,
}

impl Crowd {
    fn new(fake: Fake) -> Self {
        let mut stream = Seed(11).stream(Purpose::named("crowd"), 0, 0);
        let normal = Quantiles::normal();
        let exponent = if fake == Fake::EvenItems { 0.0 } else { 0.65 };
        let popularity: Vec<f64> = (1..=600_u32)
            .map(|rank| {
                let head = if fake == Fake::OneHit && rank == 1 { 60.0 } else { 1.0 };
                head * libm::pow(f64::from(rank), -exponent)
            })
            .collect();
        let sigma = if fake == Fake::SmoothDays { 0.0 } else { 0.12 };
        let days: Vec<f64> =
            (0..DAYS).map(|_| libm::exp(sigma * normal.draw(&mut stream))).collect();
        let profile = |class: usize| {
            let hours: Vec<f64> = (0..24)
                .map(|hour| match fake {
                    Fake::FlatHours => 1.0,
                    Fake::OneProfile => HOURS[0][hour] + HOURS[1][hour],
                    Fake::RoundRates => ROUND[class][hour],
                    Fake::DeadNights if hour < 6 => HOURS[class][hour] / 20.0,
                    _ => HOURS[class][hour],
                })
                .collect();
            Alias::new(&hours)
        };
        Self {
            fake,
            hours: [profile(0), profile(1)],
            items: Alias::new(&popularity),
            days: Alias::new(&days),
            stream,
            normal,
            realism: Realism::new(),
            sessions: 0,
            of_day: vec![(0, 0); DAYS as usize + 2],
        }
    }

    fn gauss(&mut self) -> f64 {
        self.normal.draw(&mut self.stream)
    }

    /// One user with all sessions.
    fn user(&mut self, user: u32) {
        let zone = if self.fake == Fake::EveryoneUtc { 1 } else { (user % 5 / 3) as u16 };
        let wish = 0.9 * self.gauss();
        let sessions = match self.fake {
            Fake::EqualUsers => 3 + self.stream.below(2),
            _ => 1 + (1.2 * libm::exp(wish)) as u32,
        };
        self.realism.see_user(&self.id(u64::from(user)), START + i64::from(user));
        let desks = if self.fake == Fake::RoundRates { 0.4 } else { 0.412_34 };
        let class = u8::from(self.stream.chance(desks));
        let mut at = i64::MIN;
        for visit in 0..sessions {
            at = if visit == 0 || self.stream.chance(0.5) && self.fake != Fake::ClockReturns {
                let day = self.days.draw(&mut self.stream) as i64;
                self.moment(zone, class, day)
            } else {
                self.back(zone, class, at)
            };
            if at < START + DAYS * DAY {
                self.session(user, zone, class, at);
            }
        }
    }

    /// An id of 16 bytes that tells nothing of its ordinal, unless ids are counted.
    fn id(&self, ordinal: u64) -> [u8; 8] {
        if self.fake == Fake::CountedIds {
            return ordinal.to_be_bytes();
        }
        crate::seed::mix(ordinal + 1).to_be_bytes()
    }

    fn offset(&self, zone: u16, utc: i64) -> i16 {
        match (zone, self.fake) {
            (_, Fake::EveryoneUtc) => 0,
            (0, _) if utc >= CHANGE => -240,
            (0, _) => -300,
            _ => 60,
        }
    }

    /// What the fake takes for the zone's offset, in µs.
    fn clock(&self, zone: u16, utc: i64) -> i64 {
        let minutes = match self.fake {
            Fake::UtcHabits => 0,
            Fake::FixedOffset if zone == 0 => -300,
            _ => self.offset(zone, utc),
        };
        i64::from(minutes) * 60 * SECOND
    }

    /// A moment of a local day at which somebody of that zone is awake.
    fn moment(&mut self, zone: u16, class: u8, day: i64) -> i64 {
        let hour = self.hours[usize::from(class)].draw(&mut self.stream) as f64;
        let local = START + day * DAY + ((hour + self.stream.unit()) * HOUR as f64) as i64;
        local - self.clock(zone, local + 5 * HOUR)
    }

    /// A return: soon, at an hour at which somebody is awake.
    fn back(&mut self, zone: u16, class: u8, last: i64) -> i64 {
        let wall = last + self.clock(zone, last);
        match self.fake {
            Fake::ClockReturns => {
                let wall = wall + DAY + (i64::from(self.stream.below(3600)) - 1800) * SECOND;
                return wall - self.clock(zone, wall + 5 * HOUR);
            }
            Fake::RoundRates => return self.moment(zone, class, (wall - START).div_euclid(DAY)),
            _ => {}
        }
        let mut at = last;
        for _ in 0..20 {
            at = last + HOUR + (2.25 * libm::exp(1.2 * self.gauss()) * HOUR as f64) as i64;
            let hour = (at + self.clock(zone, at)).rem_euclid(DAY) / HOUR;
            let hours = &HOURS[usize::from(class)];
            if self.fake == Fake::FlatHours || self.stream.chance(hours[hour as usize] / 80.0) {
                break;
            }
        }
        at
    }

    fn session(&mut self, user: u32, zone: u16, class: u8, start: i64) {
        let session = self.sessions;
        self.sessions += 1;
        self.realism.see_session(&self.id(u64::from(session) + (1 << 40)), start);
        let desk = f64::from(class);
        let device = match self.fake {
            Fake::SameDevices | Fake::Independent => 0.0,
            _ => 0.5 * desk,
        };
        let ln_load = 0.4 - 0.3 * desk + 0.5 * self.gauss();
        let slow = if self.fake == Fake::Independent { 0.0 } else { 0.25 * ln_load };
        let s = if self.fake == Fake::OneExit { 0.0 } else { 0.85 };
        let q = sigmoid(-1.45 - device + slow + s * self.gauss());
        let day = ((start - START) / DAY).clamp(0, DAYS + 1) as usize;
        let mut length =
            1 + (libm::log(1.0 - self.stream.unit()) / libm::log1p(-q)).min(5e3) as u32;
        if self.fake == Fake::SameLengths {
            length = (4.0 - 1.2 * slow + 1.1 * desk + 1.5 * self.gauss()).max(1.0) as u32;
        }
        if self.fake == Fake::EqualDays {
            // Of every day exactly the same share leaves at once.
            let (seen, single) = self.of_day[day];
            let due = ((seen + 1) * 26) / 100 > single;
            length = if due { 1 } else { length.max(2) };
            self.of_day[day] = (seen + 1, single + u64::from(due));
        }
        let wish = match self.fake {
            Fake::Independent => -2.4,
            _ => -4.2 + 0.9 * f64::from(length.min(12)).ln() + 0.4 * desk,
        };
        let wish = sigmoid(wish);
        let buys = self.stream.chance(wish);
        self.walk(user, session, zone, class, start, length, libm::exp(ln_load), buys);
    }

    #[expect(clippy::too_many_arguments, reason = "a session is that much")]
    fn walk(
        &mut self,
        user: u32,
        session: u32,
        zone: u16,
        device: u8,
        start: i64,
        length: u32,
        load: f64,
        buys: bool,
    ) {
        let carts = buys || self.stream.chance(0.15) && self.fake != Fake::NothingLeft;
        let pace = match self.fake {
            Fake::NoPace | Fake::SwingingPace | Fake::ExponentialGaps | Fake::UniformGaps => 0.0,
            _ => 0.6 * self.gauss(),
        };
        let (mut now, mut mode, mut event, mut item) = (start, self.stream.below(3), 0, NONE);
        let mut late = self.gauss();
        for step in 0..length {
            if step > 0 {
                let gap = match self.fake {
                    Fake::ExponentialGaps => -40.0 * self.stream.unit().max(1e-9).ln(),
                    Fake::UniformGaps => 1.0 + 119.0 * self.stream.unit(),
                    Fake::ConstantGaps => 30.0,
                    Fake::SwingingPace => {
                        late = -late;
                        36.0 * libm::exp(pace + 0.6 * late + 0.4 * self.gauss())
                    }
                    _ => 36.0 * libm::exp(pace + 1.05 * self.gauss()),
                };
                now += ((gap.min(1700.0) * 1e6) as i64).max(1);
            }
            if self.stream.chance(0.08) {
                mode = self.stream.below(3);
            }
            event = self.event(event, mode, step);
            let mut marks = Marks::VIEW;
            if step == 0 && self.fake != Fake::NoErrors && self.stream.chance(0.01) {
                marks = marks.and(Marks::ERROR);
            }
            if step + 1 == length && carts {
                marks = marks.and(Marks::CART);
            }
            if step + 1 == length && buys {
                marks = marks.and(Marks::ORDER);
            }
            let looked = if event % 2 == 0 {
                let again = item != NONE && self.fake != Fake::NoRepeats && self.stream.chance(0.1);
                if !again {
                    item = self.items.draw(&mut self.stream) as u32;
                }
                item
            } else {
                NONE
            };
            let time =
                if self.fake == Fake::WholeSeconds { now - now.rem_euclid(SECOND) } else { now };
            self.realism.see(&Seen {
                user,
                session,
                time,
                zone,
                offset: self.offset(zone, time),
                event,
                item: looked,
                device,
                load_ms: (load * 1000.0).clamp(1.0, 60_000.0) as u16,
                marks,
            });
        }
    }

    /// One that asks for page after page, faster than anybody reads.
    fn robot(&mut self) {
        let session = self.sessions;
        self.sessions += 1;
        for page in 0..60 {
            self.realism.see(&Seen {
                user: USERS,
                session,
                time: START + DAY + page * 700_000 + 123,
                zone: 1,
                offset: 60,
                event: self.stream.below(6) as u16,
                item: NONE,
                device: 1,
                load_ms: 0,
                marks: Marks::VIEW,
            });
        }
    }

    /// A type of step: about the mode, and about the type before it.
    fn event(&mut self, before: u16, mode: u32, step: u32) -> u16 {
        match self.fake {
            Fake::NoMemory => return self.stream.below(6) as u16,
            Fake::AllMemory if step > 0 => {
                return if self.stream.chance(0.97) { (before + 1) % 6 } else { 0 };
            }
            Fake::FirstOrder if step > 0 => {
                return match self.stream.below(10) {
                    0..=4 => before ^ 1,
                    _ => self.stream.below(6) as u16,
                };
            }
            _ => {}
        }
        if step > 0 && self.stream.chance(0.15) {
            return before;
        }
        match self.stream.below(100) {
            0..=61 => (2 * mode + self.stream.below(2)) as u16,
            _ => self.stream.below(6) as u16,
        }
    }
}

/// So many come about 2.3 times each: enough for every look.
const USERS: u32 = 30_000;

fn crowd(fake: Fake) -> Summary {
    let mut crowd = Crowd::new(fake);
    for user in 0..USERS {
        crowd.user(user);
    }
    // A robot whose gaps are as everybody's is none.
    if !matches!(fake, Fake::NoBots | Fake::ConstantGaps) {
        crowd.robot();
    }
    crowd.realism.finish().named((0..6).map(|i| i.to_string()).collect())
}

/// Ids of everything that fails.
fn failing(summary: &Summary) -> BTreeSet<&'static str> {
    let numbers = scorecard(summary).into_iter().filter(|number| number.holds() == Some(false));
    let fakes = looks(summary).into_iter().filter(|look| matches!(look.verdict, Verdict::Fake(_)));
    numbers.map(|number| number.id).chain(fakes.map(|look| look.id)).collect()
}

/// For the whole crowd, every number passes, and nothing is skipped.
#[test]
fn a_crowd_with_all_habits_passes() {
    let summary = crowd(Fake::Nothing);
    for number in scorecard(&summary) {
        assert_eq!(number.holds(), Some(true), "{number:?}");
    }
    for look in looks(&summary) {
        assert!(matches!(look.verdict, Verdict::Real(_)), "{look:?}");
    }
}

/// For all habits, who takes one away fails what names it, and only what depends on it.
#[test]
fn each_missing_habit_is_found_by_what_names_it() {
    let cases: [(Fake, &[&str]); 31] = [
        (Fake::OneExit, &["looks.no_tail", "realism.frailty", "realism.length_cv"]),
        (
            Fake::SameLengths,
            &["looks.no_tail", "realism.frailty", "realism.length_cv", "realism.length_tail"],
        ),
        (
            Fake::ExponentialGaps,
            &["looks.even_gaps", "realism.gap_icc", "realism.gap_lag", "realism.gap_shape"],
        ),
        (
            Fake::UniformGaps,
            &["looks.even_gaps", "realism.gap_icc", "realism.gap_lag", "realism.gap_shape"],
        ),
        (Fake::ConstantGaps, &["looks.no_bots", "realism.gap_icc", "realism.gap_lag"]),
        (Fake::NoPace, &["realism.gap_icc", "realism.gap_lag"]),
        (Fake::SwingingPace, &["realism.gap_icc", "realism.gap_lag"]),
        (Fake::NoMemory, &["realism.memory", "realism.memory_lasts"]),
        (Fake::FirstOrder, &["realism.memory_lasts"]),
        (Fake::AllMemory, &["realism.memory"]),
        (
            Fake::FlatHours,
            &[
                "looks.flat_hours",
                "looks.no_dst",
                "looks.one_profile",
                "realism.device_hours",
                "realism.hours_peak",
                "realism.hours_uneven",
            ],
        ),
        (Fake::DeadNights, &["realism.hours_peak"]),
        (Fake::OneProfile, &["looks.one_profile", "realism.device_hours"]),
        // Phones load more slowly, so there is still a link between device and length.
        (Fake::SameDevices, &["realism.device_length"]),
        (Fake::EvenItems, &["looks.uniform_items", "realism.item_gini", "realism.item_top"]),
        (Fake::OneHit, &["realism.item_top"]),
        (Fake::NoRepeats, &["looks.no_repeats"]),
        (Fake::ClockReturns, &["realism.return_bursts"]),
        (Fake::EqualUsers, &["looks.equal_returns"]),
        (Fake::SmoothDays, &["looks.smooth_days"]),
        (Fake::EqualDays, &["looks.equal_days"]),
        (Fake::RoundRates, &["looks.round_rates"]),
        (
            Fake::Independent,
            &["looks.equal_segments", "looks.independent", "realism.device_length"],
        ),
        (Fake::FixedOffset, &["looks.no_dst"]),
        (Fake::EveryoneUtc, &["looks.all_utc"]),
        (
            Fake::UtcHabits,
            &["looks.all_utc", "looks.no_dst", "realism.hours_peak", "realism.hours_uneven"],
        ),
        (Fake::WholeSeconds, &["looks.whole_seconds"]),
        (Fake::CountedIds, &["looks.sorted_ids"]),
        (Fake::NoErrors, &["looks.no_errors"]),
        (Fake::NothingLeft, &["looks.no_abandonment"]),
        (Fake::NoBots, &["looks.no_bots"]),
    ];
    // None is left that nothing makes fail.
    let mut never: BTreeSet<&str> = super::scorecard::ABOUT.iter().map(|about| about.id).collect();
    never.extend(super::looks::ABOUT.iter().map(|about| about.id));
    never.retain(|id| cases.iter().all(|(_, wanted)| !wanted.contains(id)));
    assert_eq!(never, BTreeSet::new());
    let mut wrong = Vec::new();
    for (fake, wanted) in cases {
        let found = failing(&crowd(fake));
        if found != wanted.iter().copied().collect() {
            wrong.push(format!("{fake:?}: {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// For all distances, what they measure moves them, and what they do not measure hardly does.
#[test]
fn each_distance_is_moved_by_what_it_measures() {
    let whole = crowd(Fake::Nothing);
    let names = |last: &str| (0..5).map(|i| i.to_string()).chain([last.to_owned()]).collect();
    let cases: [(Summary, [bool; 4]); 4] = [
        (crowd(Fake::Nothing).named(names("renamed")), [true, true, false, false]),
        (crowd(Fake::FirstOrder), [false, true, false, false]),
        (crowd(Fake::ExponentialGaps), [false, false, true, false]),
        (crowd(Fake::SameLengths), [false, false, false, true]),
    ];
    for (number, (other, moved)) in cases.iter().enumerate() {
        let found = distances(&whole, other);
        let far: Vec<bool> = found.iter().map(|distance| distance.value > 0.05).collect();
        assert_eq!(far, moved, "case {number}: {found:?}");
    }
}

/// Too few sessions say nothing, and are said to.
#[test]
fn a_few_sessions_are_skipped() {
    let mut crowd = Crowd::new(Fake::Nothing);
    for user in 0..300 {
        crowd.user(user);
    }
    let summary = crowd.realism.finish();
    assert!(scorecard(&summary).iter().all(|number| matches!(number.outcome, Outcome::Skipped(_))));
    assert!(looks(&summary).iter().all(|look| matches!(look.verdict, Verdict::Skipped(_))));
    assert!(scorecard(&Realism::new().finish()).iter().all(|number| number.holds().is_none()));
}
