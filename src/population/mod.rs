//! The crowd: users as pure functions of the seed, the models and an id.
//!
//! [`People::user`] is light (no strings, no allocation) and is called wherever a user is needed; [`People::profile`] makes names and
//! addresses, for the users table alone. User k is the same whether or not any other was made.

pub mod consent;
mod cover;
mod holdings;
mod ids;
mod profile;
#[cfg(test)]
mod tests;
pub mod tombstones;
mod user;
mod zone;

use rand_distr::Gamma;

use crate::dist::{Alias, Quantiles};
use crate::model::{Consenting, Country, Models};
use crate::seed::Seed;

pub use cover::{Cell, Channel, Cover, FIRST_COVERING};
pub use profile::Profile;
pub use user::{Consent, Held, Held4, User};
pub use zone::{Local, Zones};

use holdings::Holdings;
use user::{Kind, Land};

const DAY: i64 = 86_400_000_000;

/// The tables that users are drawn from.
#[derive(Debug, Clone)]
pub struct People {
    seed: Seed,
    /// First day, since 1970, and the days that follow it.
    start_day: i32,
    days: u32,
    /// Which persona.
    personas: Alias,
    kinds: Vec<Kind>,
    lands: Vec<Land>,
    /// Which day of the window a new user appears on.
    first_days: Alias,
    holdings: Holdings,
    zones: Zones,
    /// For each payment method the operating systems that offer it, a bit each.
    payments: Vec<u32>,
    countries: Vec<Country>,
    consents: consent::Consents,
    normal: Quantiles,
    /// Visit rates: mean 1, variance 1 / r.
    visits: Gamma<f64>,
    /// How long people stay, for a unit scale.
    lifetimes: Quantiles,
    /// Days since registration of those who were known before the window.
    ages: Quantiles,
    /// What people who cover stand for, one after the other.
    covers: Vec<Cover>,
}

impl People {
    /// Builds the tables for a window of `days` from midnight UTC of `start_day` (days since 1970).
    pub fn new(seed: Seed, models: &Models, start_day: i32, days: u32) -> People {
        let zones = Zones::new(zone_names(models), start_day, days);
        let holdings = Holdings::new(models);
        let shares: Vec<f64> = models.people.iter().map(|persona| persona.share).collect();
        People {
            seed,
            start_day,
            days: days.max(1),
            personas: Alias::new(&shares),
            kinds: models.people.iter().map(|persona| Kind::new(persona, models)).collect(),
            lands: models.countries.iter().map(|country| Land::new(country, &zones)).collect(),
            first_days: Alias::new(&user::day_weights(&models.rhythm, start_day, days.max(1))),
            payments: holdings.offers(&models.commerce.payments),
            holdings,
            zones,
            countries: models.countries.clone(),
            consents: consent::Consents::new(&models.consenting),
            normal: Quantiles::normal(),
            visits: user::visit_rates(),
            lifetimes: user::lifetimes(),
            ages: user::ages(),
            covers: Vec::new(),
        }
    }

    /// Lets other people of the same kinds come.
    pub fn reseed(&mut self, seed: Seed) {
        self.seed = seed;
    }

    /// The user of that id. Users are numbered from 0; those from [`FIRST_COVERING`] on are there to [`cover`](Self::cover).
    #[inline]
    pub fn user(&self, id: u64) -> User {
        self.draw(id)
    }

    /// Fills in what only the users table shows.
    pub fn profile(&self, id: u64, user: &User, out: &mut Profile) {
        profile::fill(self, id, user, out);
    }

    /// How people deal with consent.
    pub fn consenting(&self) -> &Consenting {
        &self.consents.model
    }

    /// The time zones that [`User::zone`] counts.
    pub fn zones(&self) -> &Zones {
        &self.zones
    }

    /// The first moment of the window and the first after it, in µs since 1970, UTC.
    pub fn window(&self) -> (i64, i64) {
        let start = i64::from(self.start_day) * DAY;
        (start, start + i64::from(self.days) * DAY)
    }

    /// A user's id: a UUID of version 4.
    pub fn user_id(&self, id: u64) -> u128 {
        ids::user(self.seed, id)
    }

    /// The id of a user's device, by its place in [`User::devices`].
    pub fn device_id(&self, id: u64, slot: usize) -> u128 {
        ids::device(self.seed, id, slot)
    }

    /// The anonymous id on a user's device, by its place in [`User::devices`].
    pub fn anonymous_id(&self, id: u64, slot: usize) -> u128 {
        ids::anonymous(self.seed, id, slot)
    }
}

/// Every zone in which somebody may live, once.
fn zone_names(models: &Models) -> Vec<String> {
    let cities = models.countries.iter().flat_map(|country| &country.cities);
    let mut names: Vec<String> = cities.map(|city| city.zone.clone()).collect();
    names.sort();
    names.dedup();
    names
}
