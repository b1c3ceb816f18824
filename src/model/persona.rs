//! Reads personas.

use crate::diag::Table;
use crate::model::read::{Names, by_class, factors, normalise, shares, weights};
use crate::model::{Country, DeviceClass, DeviceProfile, Persona, Source};

/// The channels of [`Persona::channels`], in order.
const CHANNELS: [&str; 3] = ["email", "sms", "push"];

/// What a persona's file may name.
pub(super) struct Surroundings<'m> {
    pub(super) names: &'m Names,
    /// By journey kind: its weight with a persona that does not name it.
    pub(super) journey_shares: &'m [f64],
    pub(super) devices: &'m [DeviceProfile],
    pub(super) sources: &'m [Source],
    pub(super) countries: &'m [Country],
}

impl Surroundings<'_> {
    /// Reads a persona's file.
    pub(super) fn read(&self, name: &str, table: &Table<'_>) -> Persona {
        let names = self.names;
        let owns = by_class(table, "owns", &(0.0..=1.0));
        let devices =
            weights(table.weights("devices"), "device", &names.devices, |i| self.devices[i].share);
        self.check_devices(table, &owns, &devices);
        let mut sources =
            weights(table.shares("sources"), "source", &names.sources, |i| self.sources[i].share);
        let mut countries = weights(table.weights("countries"), "country", &names.countries, |i| {
            self.countries[i].share
        });
        let mut journeys = weights(table.shares("journeys"), "journey", &names.journeys, |i| {
            self.journey_shares[i]
        });
        normalise(&mut sources);
        normalise(&mut journeys);
        normalise(&mut countries);
        Persona {
            name: name.to_owned(),
            label: table.text("label"),
            doc: table.text("doc"),
            share: table.number("share", 0.0..=1.0),
            engagement: table.number("engagement", -5.0..=5.0),
            conversion: table.number("conversion", -5.0..=5.0),
            age: age(table),
            income: shares(table, "income"),
            hours: factors(table, "hours"),
            weekdays: factors(table, "weekdays"),
            owns,
            devices,
            device_tilt: by_class(table, "device_tilt", &(-5.0..=5.0)),
            sources,
            journeys,
            countries,
            price_sensitivity: table.number("price_sensitivity", 0.0..=1.0),
            patience: table.number("patience", 0.0..=1.0),
            visits_per_week: table.number("visits_per_week", 0.001..=100.0),
            known: table.number("known", 0.0..=1.0),
            categories: weights(table.shares("categories"), "category", &names.categories, |_| 0.0),
            channels: channels(table),
            payments: weights(table.shares("payments"), "payment", &names.payments, |_| 0.0),
            consent: table.number("consent", 0.0..=1.0),
        }
    }

    /// A class that may be owned has a profile to be owned as.
    fn check_devices(&self, table: &Table<'_>, owns: &[f64; 3], devices: &[f64]) {
        for (class, name) in DeviceClass::ALL.into_iter().zip(DeviceClass::NAMES) {
            let mut profiles =
                self.devices.iter().zip(devices).filter(|(profile, _)| profile.class == class);
            if owns[class as usize] > 0.0 && !profiles.any(|(_, weight)| *weight > 0.0) {
                let message =
                    format!("`owns.{name}` is above 0, but no {name} device has a weight");
                table.problem("owns", message, "give one a weight under `devices`");
            }
        }
        if table.has("owns") && owns.iter().all(|share| *share == 0.0) {
            table.problem("owns", "nobody owns a device", "at least one class must be above 0");
        }
    }
}

fn age(table: &Table<'_>) -> [f64; 4] {
    let Some(inner) = table.table("age") else { return [40.0, 0.0, 40.0, 40.0] };
    let mean = inner.number("mean", 0.0..=120.0);
    let sd = inner.number("sd", 0.0..=60.0);
    let least = inner.number("least", 0.0..=120.0);
    let greatest = inner.number("greatest", 0.0..=120.0);
    if !(least <= mean && mean <= greatest) {
        let message = format!("the mean age {mean} is not between {least} and {greatest}");
        inner.problem("mean", message, "least <= mean <= greatest");
    }
    [mean, sd, least, greatest]
}

fn channels(table: &Table<'_>) -> [f64; 3] {
    let Some(inner) = table.table("channels") else { return [0.0; 3] };
    CHANNELS.map(|channel| inner.number(channel, 0.0..=1.0))
}
