//! When people come: the intensity of visits over the window, by hour, weekday, season, holiday, growth, a wandering day factor and
//! the bursts of sources.
//!
//! Lambda(t) = growth(day) season(month) weekday H(local hour) holiday D(day) burst(hour), with ln D an AR(1) process. Visits are thinned
//! by [`Calendar::acceptance`], which is Lambda over its greatest value.

use rand_distr::{Distribution, Exp, Normal};

use crate::model::{Country, DeviceClass, Persona, Rhythm, Source};
use crate::population::Local;
use crate::seed::{Purpose, Seed};

/// µs in an hour.
pub const HOUR: i64 = 3_600_000_000;
/// µs in a day.
pub const DAY: i64 = 24 * HOUR;

const DAY_FACTOR: Purpose = Purpose::named("calendar day");
const BURSTS: Purpose = Purpose::named("calendar bursts");

/// The intensity of visits over the window.
#[derive(Debug, Clone)]
pub struct Calendar {
    first_day: i32,
    days: usize,
    /// By persona and class: 24 local hours, mean 1.
    hours: Vec<[[f32; 24]; 3]>,
    /// By persona: 7 weekdays.
    weekdays: Vec<[f32; 7]>,
    /// By country: a factor a local day, with a day before and after the window.
    daily: Vec<Vec<f32>>,
    /// By source: a factor an hour of the window, at least 1.
    bursts: Vec<Vec<f32>>,
    /// All sources together: a factor an hour.
    lift: Vec<f32>,
    /// By persona and class: 1 / greatest intensity.
    scale: Vec<[f32; 3]>,
}

impl Calendar {
    /// The calendar of a window of whole UTC days; `growth` is the change of the daily volume over 30 days.
    pub fn new(
        seed: Seed,
        (first_day, days): (i32, u32),
        growth: f64,
        rhythm: &Rhythm,
        people: &[Persona],
        sources: &[Source],
        countries: &[Country],
    ) -> Self {
        let days = days as usize;
        let hours: Vec<[[f32; 24]; 3]> = people
            .iter()
            .map(|persona| DeviceClass::ALL.map(|class| hours(rhythm, persona, class)))
            .collect();
        let weekdays: Vec<[f32; 7]> = people
            .iter()
            .map(|persona| {
                std::array::from_fn(|day| (rhythm.weekdays[day] * persona.weekdays[day]) as f32)
            })
            .collect();
        let factors = day_factors(seed, days + 2, rhythm);
        let daily: Vec<Vec<f32>> = countries
            .iter()
            .map(|country| {
                let factor = |i: usize| {
                    let day = first_day - 1 + i as i32;
                    let grown = (1.0 + growth * (i as f64 - 1.0) / 30.0).max(0.05);
                    (factors[i] * season(rhythm, day) * holiday(country, day) * grown) as f32
                };
                (0..days + 2).map(factor).collect()
            })
            .collect();
        let bursts: Vec<Vec<f32>> =
            (0..sources.len()).map(|s| source_bursts(seed, days, s, &sources[s])).collect();
        let lift = lift(&bursts, people);
        let most = |values: &[f32]| values.iter().copied().fold(0.0_f32, f32::max);
        let most_daily = daily.iter().map(|days| most(days)).fold(0.0, f32::max) * most(&lift);
        let scale = hours
            .iter()
            .zip(&weekdays)
            .map(|(hours, weekdays)| {
                std::array::from_fn(|class| {
                    1.0 / (most(&hours[class]) * most(weekdays) * most_daily)
                })
            })
            .collect();
        Self { first_day, days, hours, weekdays, daily, bursts, lift, scale }
    }

    /// Lambda(t) over its greatest value, in 0..=1, for a visit of that persona on that class of device.
    #[inline]
    pub fn acceptance(
        &self,
        persona: usize,
        class: usize,
        country: usize,
        time: i64,
        local: Local,
    ) -> f32 {
        let day = (local.day - self.first_day + 1).clamp(0, self.days as i32 + 1) as usize;
        self.hours[persona][class][usize::from(local.hour)]
            * self.weekdays[persona][usize::from(local.weekday)]
            * self.daily[country][day]
            * self.lift[self.hour(time)]
            * self.scale[persona][class]
    }

    /// What [`acceptance`](Self::acceptance) is multiplied by to be the intensity relative to an average hour.
    #[inline]
    pub fn greatest(&self, persona: usize, class: usize) -> f64 {
        f64::from(1.0 / self.scale[persona][class])
    }

    /// The intensity of an hour of the day alone, relative to an average hour.
    #[inline]
    pub fn hour_weight(&self, persona: usize, class: usize, hour: usize) -> f32 {
        self.hours[persona][class][hour]
    }

    /// How much more than usual a source sends at a moment, at least 1.
    #[inline]
    pub fn burst(&self, source: usize, time: i64) -> f32 {
        self.bursts[source][self.hour(time)]
    }

    #[inline]
    fn hour(&self, time: i64) -> usize {
        let hour = (time - i64::from(self.first_day) * DAY) / HOUR;
        hour.clamp(0, self.days as i64 * 24 - 1) as usize
    }
}

/// The class's profile times the persona's, with mean 1.
fn hours(rhythm: &Rhythm, persona: &Persona, class: DeviceClass) -> [f32; 24] {
    let raw: [f64; 24] =
        std::array::from_fn(|hour| rhythm.hours[class as usize][hour] * persona.hours[hour]);
    let mean = raw.iter().sum::<f64>() / 24.0;
    raw.map(|weight| (weight / mean) as f32)
}

/// D: ln D is AR(1) with the rhythm's correlation and standard deviation.
fn day_factors(seed: Seed, days: usize, rhythm: &Rhythm) -> Vec<f64> {
    let Ok(normal) = Normal::new(0.0, rhythm.day_sigma.max(0.0)) else { return vec![1.0; days] };
    let mut stream = seed.stream(DAY_FACTOR, 0, 0);
    let fresh = (1.0 - rhythm.day_rho * rhythm.day_rho).max(0.0).sqrt();
    let mut state = normal.sample(&mut stream);
    let mut factor = || {
        state = rhythm.day_rho * state + fresh * normal.sample(&mut stream);
        libm::exp(state)
    };
    (0..days).map(|_| factor()).collect()
}

/// The month's factor, blended over its ends so that no month begins with a jump.
fn season(rhythm: &Rhythm, day: i32) -> f64 {
    let date = date(day);
    let month = date.month() as usize - 1;
    let within = f64::from(date.day() - 1) / f64::from(date.days_in_month());
    let (other, weight) = if within < 0.5 {
        ((month + 11) % 12, 0.5 - within)
    } else {
        ((month + 1) % 12, within - 0.5)
    };
    rhythm.season[month] * (1.0 - weight) + rhythm.season[other] * weight
}

fn holiday(country: &Country, day: i32) -> f64 {
    let date = date(day);
    let is = country.holidays.contains(&(date.month(), date.day()));
    if is { country.holiday } else { 1.0 }
}

/// The date that many days after 1970-01-01.
pub fn date(day: i32) -> jiff::civil::Date {
    let epoch = jiff::civil::Date::constant(1970, 1, 1);
    epoch.saturating_add(jiff::Span::new().try_days(day).unwrap_or_default())
}

/// Shot noise: Poisson bursts that decay with a half-life; a burst of size s brings s days' worth of the source's visits.
fn source_bursts(seed: Seed, days: usize, ordinal: usize, source: &Source) -> Vec<f32> {
    let [rate, half_life, size] = source.bursts;
    let mut factors = vec![1.0_f32; days * 24];
    let (Ok(gap), true) = (Exp::new(rate), rate > 0.0 && half_life > 0.0) else { return factors };
    let mut stream = seed.stream(BURSTS.within(&source.name), ordinal as u64, 0);
    let decay = std::f64::consts::LN_2 / half_life;
    // A burst may have begun before the window.
    let mut start = -3.0_f64;
    loop {
        start += gap.sample(&mut stream);
        if start >= days as f64 {
            return factors;
        }
        let peak = size * 24.0 * decay * (0.5 + stream.unit());
        let first = (start * 24.0).max(0.0) as usize;
        for (hour, factor) in factors.iter_mut().enumerate().skip(first).take(240) {
            *factor += (peak * libm::exp(-decay * (hour as f64 - start * 24.0).max(0.0))) as f32;
        }
    }
}

/// How the bursts of single sources lift all visits: by the sources' shares among all people.
fn lift(bursts: &[Vec<f32>], people: &[Persona]) -> Vec<f32> {
    let share = |source: usize| {
        let of = |persona: &Persona| {
            persona.share * persona.sources[source] / persona.sources.iter().sum::<f64>().max(1e-9)
        };
        people.iter().map(of).sum::<f64>() as f32
    };
    let shares: Vec<f32> = (0..bursts.len()).map(share).collect();
    let hours = bursts.first().map_or(0, Vec::len);
    let lifted = |hour: usize| {
        let extra = bursts.iter().zip(&shares).map(|(burst, share)| share * (burst[hour] - 1.0));
        1.0 + extra.sum::<f32>()
    };
    (0..hours).map(lifted).collect()
}
