//! A user in the small: ordinals and numbers, drawn in a few hundred nanoseconds.

use rand_distr::{Distribution, Gamma};

use crate::dist::{Alias, Quantiles, normal_quantile};
use crate::model::{Country, DeviceClass, Models, Persona, Rhythm};
use crate::population::consent::{Erasure, MONTH};
use crate::population::zone::weekday;
use crate::population::{Channel, Cover, DAY, People, Zones};
use crate::seed::{Purpose, Stream};

const WHO: Purpose = Purpose::named("user.who");
const TRAITS: Purpose = Purpose::named("user.traits");
const DEVICES: Purpose = Purpose::named("user.devices");
const TIMES: Purpose = Purpose::named("user.times");
const CHOICES: Purpose = Purpose::named("user.choices");

/// Spread of engagement over users, and of the two attitudes around their persona's.
const ENGAGEMENT: f64 = 0.35;
const ATTITUDE: f64 = 0.13;

/// Shape of the visit rates, and the Pareto/NBD drop-out: shape, and scale in weeks (fitted to CDNOW; Fader, Hardie and Lee 2005).
const VISITS: f64 = 0.62;
const DROP_OUT: (f64, f64) = (0.533, 12.70);
const WEEK: f64 = 7.0 * DAY as f64;

/// No user lasts longer, and none is older, in days.
const LONGEST: f64 = 3_650.0;
const OLDEST: f64 = 1_800.0;

/// Push opt-in differs by system (91 % on Android, 44 % on iOS): factors of a persona's own share.
const PUSH_ANDROID: f64 = 1.36;
const PUSH_OTHER: f64 = 0.66;

/// Of those who would refuse, the part that finds refusing when it is not on the banner's first layer.
const HIDDEN_REFUSAL: f64 = 0.11;

/// What a user said to the consent banner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Consent {
    /// The country shows no banner.
    NotAsked,
    /// Analytics allowed.
    Granted,
    /// Analytics refused.
    Denied,
}

impl Consent {
    /// The states' names, by ordinal.
    pub const NAMES: [&'static str; 3] = ["not_asked", "granted", "denied"];
}

/// A device that a user holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// Ordinal in [`Models::devices`].
    pub profile: u16,
    /// Ordinal in the profile's builds.
    pub build: u16,
    /// The profile's class.
    pub class: DeviceClass,
    /// Whether it is the shop's app; then the browser of the same phone stands right before it.
    pub app: bool,
    /// From when the user has it: µs since 1970, UTC. Nothing happens on it before.
    pub since: i64,
}

/// What stands where nothing is held.
const NOTHING: Held =
    Held { profile: 0, build: 0, class: DeviceClass::Mobile, app: false, since: i64::MAX };

/// Up to four devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Held4 {
    slots: [Option<Held>; 4],
    count: u8,
}

impl Held4 {
    /// Adds one; a fifth is left out.
    pub(super) fn push(&mut self, held: Held) {
        if let Some(slot) = self.slots.get_mut(usize::from(self.count)) {
            *slot = Some(held);
            self.count += 1;
        }
    }

    /// How many; at least one of a user's.
    pub fn len(&self) -> usize {
        usize::from(self.count)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The device of that place.
    pub fn get(&self, slot: usize) -> Option<&Held> {
        self.slots.get(slot).and_then(Option::as_ref)
    }

    /// The device of a place that is known to be held.
    #[inline]
    pub fn at(&self, slot: usize) -> Held {
        self.slots[slot].unwrap_or(NOTHING)
    }

    /// All, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Held> {
        self.slots.iter().flatten()
    }

    fn iter_mut(&mut self) -> impl Iterator<Item = &mut Held> {
        self.slots.iter_mut().flatten()
    }
}

/// A simulated person. Ordinals refer to the lists of [`Models`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct User {
    /// Ordinal in [`Models::people`].
    pub persona: u16,
    /// Ordinal in [`Models::countries`].
    pub country: u16,
    /// Ordinal in the country's cities.
    pub city: u16,
    /// Ordinal in the country's locales.
    pub locale: u16,
    /// Ordinal in [`People::zones`].
    pub zone: u16,
    /// Ordinal in the currencies of [`Models::commerce`].
    pub currency: u16,
    /// Engagement of this user, eta: added to E (logit units).
    pub engagement: f64,
    /// Multiplies the persona's visits a week; mean 1.
    pub visits: f64,
    /// 0 (blind to price) to 1 (lives by it).
    pub price_sensitivity: f64,
    /// 0 to 1.
    pub patience: f64,
    /// What the user holds: a phone, the shop's app on it, a computer, a tablet, in this order, at least one.
    pub devices: Held4,
    /// The answer to the consent banner.
    pub consent: Consent,
    /// First contact with the shop: µs since 1970, UTC; before the window for known customers, within it for others.
    pub created_at: i64,
    /// When a known customer registered, before the window; others have not (yet).
    pub registered_at: Option<i64>,
    /// After this moment the user is gone: µs since 1970, UTC; may lie far beyond the window.
    pub last_active: i64,
    /// Whether e-mail, SMS, push may be sent, once the user is known.
    pub opt_ins: [bool; 3],
    /// The channel preferred among those: 0 e-mail, 1 SMS, 2 push.
    pub channel: u8,
    /// A request to be forgotten, made within the window; once the account is closed for it, no visit begins.
    pub erasure: Option<Erasure>,
    /// Preferred payment method, ordinal in [`Models::commerce`]; one of the devices offers it.
    pub payment: u16,
}

/// A persona as tables.
#[derive(Debug, Clone)]
pub(super) struct Kind {
    countries: Alias,
    pub(super) owns: [f64; 3],
    /// Which class somebody has who would have none.
    pub(super) first_class: Alias,
    /// The builds of all profiles of each class, and which of them.
    pub(super) builds: [(Vec<Held>, Alias); 3],
    /// Of each class those that are ever drawn.
    pub(super) possible: [Vec<Held>; 3],
    hours: Alias,
    known: f64,
    price_sensitivity: f64,
    patience: f64,
    channels: [f64; 3],
    payments: Alias,
    consent: f64,
    pub(super) age: [f64; 4],
    pub(super) income: Alias,
}

impl Kind {
    pub(super) fn new(persona: &Persona, models: &Models) -> Self {
        let income: Vec<f64> = persona.income.iter().map(|(_, share)| *share).collect();
        let weighed = DeviceClass::ALL.map(|class| builds(persona, models, class));
        Self {
            countries: Alias::new(&persona.countries),
            owns: persona.owns,
            first_class: Alias::new(&persona.owns),
            possible: weighed.each_ref().map(|(list, weights)| possible(list, weights)),
            builds: weighed.map(|(list, weights)| (list, Alias::new(&weights))),
            hours: Alias::new(&hours(persona, models)),
            known: persona.known,
            price_sensitivity: persona.price_sensitivity,
            patience: persona.patience,
            channels: persona.channels,
            payments: Alias::new(&persona.payments),
            consent: persona.consent,
            age: persona.age,
            income: Alias::new(&income),
        }
    }
}

/// Profile and build in one draw: the profile's weight with the persona, shared out over its builds.
fn builds(persona: &Persona, models: &Models, class: DeviceClass) -> (Vec<Held>, Vec<f64>) {
    let (mut list, mut weights) = (Vec::new(), Vec::new());
    let profiles = models.devices.iter().zip(&persona.devices).enumerate();
    for (profile, (device, weight)) in profiles.filter(|(_, (device, _))| device.class == class) {
        let sum: f64 = device.builds.iter().map(|build| build.weight).sum();
        for (build, one) in device.builds.iter().enumerate() {
            let (profile, build) = (profile as u16, build as u16);
            list.push(Held { profile, build, class, app: device.app, since: 0 });
            weights.push(weight * one.weight / sum);
        }
    }
    (list, weights)
}

/// Those that have a weight; the first, where none has one.
fn possible(list: &[Held], weights: &[f64]) -> Vec<Held> {
    let drawn: Vec<Held> = list
        .iter()
        .zip(weights)
        .filter(|(_, weight)| **weight > 0.0)
        .map(|(held, _)| *held)
        .collect();
    if drawn.is_empty() { list.iter().take(1).copied().collect() } else { drawn }
}

/// Hours of first visits: the classes' profiles mixed as the persona's sources send them, times the persona's own.
fn hours(persona: &Persona, models: &Models) -> [f64; 24] {
    let mut class = [0.0; 3];
    for (source, weight) in models.sources.iter().zip(&persona.sources) {
        for (sum, share) in class.iter_mut().zip(source.devices) {
            *sum += weight * share;
        }
    }
    let mixed = |hour: usize| -> f64 {
        class.iter().zip(&models.rhythm.hours).map(|(share, profile)| share * profile[hour]).sum()
    };
    std::array::from_fn(|hour| mixed(hour) * persona.hours[hour])
}

/// A country as tables.
#[derive(Debug, Clone)]
pub(super) struct Land {
    cities: Alias,
    zones: Vec<u16>,
    locales: Alias,
    currency: u16,
    pub(super) banner: (bool, bool),
    /// How long an answer to it holds.
    pub(super) validity: i64,
    /// By city: whether people may object to advertising.
    pub(super) objecting: Vec<bool>,
}

impl Land {
    pub(super) fn new(country: &Country, zones: &Zones) -> Self {
        let cities: Vec<f64> = country.cities.iter().map(|city| city.weight).collect();
        let locales: Vec<f64> = country.locales.iter().map(|(_, share)| *share).collect();
        let place = |name: &String| zones.names().iter().position(|zone| zone == name);
        let may_object = |region: &String| country.objecting.contains(region);
        let zone_of = |name: &String| place(name).unwrap_or(0) as u16;
        Self {
            cities: Alias::new(&cities),
            zones: country.cities.iter().map(|city| zone_of(&city.zone)).collect(),
            locales: Alias::new(&locales),
            currency: country.currency as u16,
            banner: country.banner,
            validity: country.answer_months * MONTH,
            objecting: country.cities.iter().map(|city| may_object(&city.region)).collect(),
        }
    }
}

/// How many new users each day of the window has, next to the others.
pub(super) fn day_weights(rhythm: &Rhythm, start_day: i32, days: u32) -> Vec<f64> {
    let month = |day: i32| {
        let date = jiff::civil::date(1970, 1, 1).saturating_add(jiff::Span::new().days(day));
        (date.month() - 1) as usize
    };
    let weight = |day: i32| rhythm.weekdays[usize::from(weekday(day))] * rhythm.season[month(day)];
    (start_day..start_day.saturating_add(days as i32)).map(weight).collect()
}

/// Visit rates of mean 1. The shape is a constant above 0, for which the distribution exists.
pub(super) fn visit_rates() -> Gamma<f64> {
    Gamma::new(VISITS, 1.0 / VISITS).unwrap_or_else(|_| unreachable!("a positive shape and scale"))
}

/// Time until drop-out in units of scale: exponential with a Gamma rate, so Pareto of the second kind.
pub(super) fn lifetimes() -> Quantiles {
    Quantiles::new(|p| libm::pow(1.0 - p, -1.0 / DROP_OUT.0) - 1.0)
}

/// Days since registration of known customers.
pub(super) fn ages() -> Quantiles {
    Quantiles::new(|p| 210.0 * libm::exp(1.05 * normal_quantile(p)))
}

/// The moments of a user's life with the shop.
struct Times {
    created_at: i64,
    registered_at: Option<i64>,
    last_active: i64,
}

impl People {
    /// Draws the user of that id, each group of traits from a stream of its own.
    pub(super) fn draw(&self, id: u64) -> User {
        let cover = self.covered_by(id);
        let mut who = self.seed.stream(WHO, id, 0);
        let persona = self.personas.draw(&mut who);
        let persona = cover.map_or(persona, |cover| usize::from(cover.cell.persona));
        let kind = &self.kinds[persona];
        let country = kind.countries.draw(&mut who);
        let land = &self.lands[country];
        let city = land.cities.draw(&mut who);
        let locale = land.locales.draw(&mut who);
        let zone = land.zones[city];
        let mut traits = self.seed.stream(TRAITS, id, 0);
        let mut attitude =
            |mean: f64| (mean + ATTITUDE * self.normal.draw(&mut traits)).clamp(0.02, 0.98);
        let (price_sensitivity, patience) =
            (attitude(kind.price_sensitivity), attitude(kind.patience));
        let engagement = ENGAGEMENT * self.normal.draw(&mut traits);
        let visits = self.visits.sample(&mut traits);
        let mut devices = self.holdings.draw(kind, cover, &mut self.seed.stream(DEVICES, id, 0));
        let times = self.times(kind, usize::from(zone), id, cover, &mut devices);
        let mut choices = self.seed.stream(CHOICES, id, 0);
        let consent = match consent(kind, land, &mut choices) {
            // Whoever stands for a cell is to be seen.
            Consent::Denied if cover.is_some() => Consent::Granted,
            other => other,
        };
        let mut opt_ins = self.opt_ins(kind, &devices, &mut choices);
        let through = cover.and_then(|cover| cover.channel);
        if let Some(Channel { ordinal, alone }) = through {
            opt_ins = if alone { [false; 3] } else { opt_ins };
            opt_ins[usize::from(ordinal)] = true;
        }
        let preferred = channel(kind, opt_ins, &mut choices);
        let erasure = match (times.registered_at, cover) {
            (Some(_), None) => self.erasure(id),
            _ => None,
        };
        let closed = erasure.map_or(i64::MAX, |erasure| erasure.closed);
        User {
            persona: persona as u16,
            country: country as u16,
            city: city as u16,
            locale: locale as u16,
            zone,
            currency: land.currency,
            engagement,
            visits,
            price_sensitivity,
            patience,
            consent,
            created_at: times.created_at,
            registered_at: times.registered_at,
            last_active: times.last_active.min(closed),
            opt_ins,
            erasure,
            channel: through.map_or(preferred, |through| through.ordinal),
            payment: self.payment(kind, &devices, &mut choices),
            devices,
        }
    }

    /// Somebody to whom a message has to come was known before; whoever covers stays to the end.
    fn times(
        &self,
        kind: &Kind,
        zone: usize,
        id: u64,
        cover: Option<&Cover>,
        devices: &mut Held4,
    ) -> Times {
        let mut stream = self.seed.stream(TIMES, id, 0);
        let (start, end) = self.window();
        let known = stream.chance(kind.known) || cover.is_some_and(|cover| cover.channel.is_some());
        let (created_at, registered_at, age) = if known {
            let days = (self.ages.draw(&mut stream) % OLDEST).max(1.0);
            let day = self.start_day - days as i32 - 1;
            let registered = self.moment(kind, zone, day, &mut stream);
            // Some register at the first visit, some look around for days.
            let lag = 0.9 * libm::exp(1.9 * self.normal.draw(&mut stream));
            (registered - (lag.min(60.0) * DAY as f64) as i64, Some(registered), days / 7.0)
        } else {
            let day = self.start_day + self.first_days.draw(&mut stream) as i32;
            let at = self.moment(kind, zone, day, &mut stream);
            // Days are local, the window is UTC.
            (
                if at < start {
                    at + DAY
                } else if at >= end {
                    at - DAY
                } else {
                    at
                },
                None,
                0.0,
            )
        };
        // Who has stayed for a while tends to stay: alive at the window's start, the rest of a Pareto life is one of a larger scale.
        let rest = (DROP_OUT.1 + age) * self.lifetimes.draw(&mut stream);
        let rest = (rest * WEEK).min(LONGEST * DAY as f64) as i64;
        let last_active = if known { start + rest } else { created_at + rest };
        let last_active = if cover.is_some() { last_active.max(end) } else { last_active };
        self.acquire(created_at, known, devices, &mut stream);
        Times { created_at, registered_at, last_active }
    }

    /// A moment within a local day, at an hour that suits the persona.
    fn moment(&self, kind: &Kind, zone: usize, day: i32, stream: &mut Stream) -> i64 {
        let hour = kind.hours.draw(stream) as f64;
        let within = (hour + stream.unit()) / 24.0 * DAY as f64;
        self.zones.utc(zone, i64::from(day) * DAY + within as i64)
    }

    /// Sets from when each device is held. The first is there from the beginning; one in fourteen of the others comes within the window,
    /// the rest before it or with the user; an app is installed some days after.
    fn acquire(&self, created_at: i64, known: bool, devices: &mut Held4, stream: &mut Stream) {
        let (start, end) = self.window();
        for (slot, held) in devices.iter_mut().enumerate() {
            let between = |from: i64, to: i64, part: f64| from + ((to - from) as f64 * part) as i64;
            let later = stream.chance(1.0 / 14.0);
            let part = stream.unit();
            held.since = if slot == 0 {
                created_at
            } else if later || (held.app && !known) {
                // Squared: sooner rather than later.
                between(created_at.max(start), end, part * part)
            } else if known {
                between(created_at, start, part)
            } else {
                created_at
            };
        }
    }

    fn opt_ins(&self, kind: &Kind, devices: &Held4, stream: &mut Stream) -> [bool; 3] {
        let android = self.holdings.systems(devices) & self.holdings.android() != 0;
        let push = kind.channels[2] * if android { PUSH_ANDROID } else { PUSH_OTHER };
        [kind.channels[0], kind.channels[1], push].map(|share| stream.chance(share))
    }

    /// A payment method that one of the devices offers, by the persona's weights: refused draws are drawn again, then the first that fits.
    fn payment(&self, kind: &Kind, devices: &Held4, stream: &mut Stream) -> u16 {
        let systems = self.holdings.systems(devices);
        let offered = |method: &usize| self.payments[*method] & systems != 0;
        let drawn = (0..8).map(|_| kind.payments.draw(stream)).find(offered);
        drawn.or_else(|| (0..self.payments.len()).find(offered)).unwrap_or(0) as u16
    }
}

fn consent(kind: &Kind, land: &Land, stream: &mut Stream) -> Consent {
    let (shown, refuse) = land.banner;
    let refusing = (1.0 - kind.consent) * if refuse { 1.0 } else { HIDDEN_REFUSAL };
    let denied = stream.chance(refusing);
    match (shown, denied) {
        (false, _) => Consent::NotAsked,
        (true, true) => Consent::Denied,
        (true, false) => Consent::Granted,
    }
}

/// The preferred channel among those opted into, by the persona's weights; e-mail with none.
fn channel(kind: &Kind, opt_ins: [bool; 3], stream: &mut Stream) -> u8 {
    let weight = |channel: usize| if opt_ins[channel] { kind.channels[channel] } else { 0.0 };
    let mut left = stream.unit() * (0..3).map(weight).sum::<f64>();
    for channel in 0..3 {
        left -= weight(channel);
        if left < 0.0 {
            return channel as u8;
        }
    }
    0
}
