//! What the walk draws from, ready to draw.

use crate::dist::{Alias, Quantiles};
use crate::model::behaviour::Behaviour;
use crate::model::journey::Journey;
use crate::model::{Commerce, DeviceClass, DeviceProfile, Models, Persona, Source};
use crate::scenario::calendar::Calendar;

/// The campaigns of a source that run on a day, by weight, and their ordinals; none on days without.
pub type Running = Option<(Alias, Vec<u8>)>;

/// Everything that the walk draws from.
#[derive(Debug, Clone)]
pub struct Tables {
    /// Standard normal.
    pub normal: Quantiles,
    /// Standard logistic.
    pub logistic: Quantiles,
    /// Standard exponential.
    pub exponential: Quantiles,
    /// Dwell of a step over its median.
    pub step: Quantiles,
    /// A reaction time over its median (sigma 0.5).
    pub reaction: Quantiles,
    /// A page's load time over the session's (sigma 0.22).
    pub page_load: Quantiles,
    /// Time without network, seconds.
    pub offline: Quantiles,
    /// Gap within a journey, hours.
    pub short_gap: Quantiles,
    /// Task modes.
    pub modes: Alias,
    /// By profile: largest contentful paint, seconds.
    pub load: Vec<Quantiles>,
    /// By profile: round trip, ms.
    pub latency: Vec<Quantiles>,
    /// By profile: networks.
    pub networks: Vec<Alias>,
    /// By profile and network: whether it is a line of the home or the office.
    pub fixed_line: Vec<Vec<bool>>,
    /// By source: referrers.
    pub referrers: Vec<Alias>,
    /// By source and day of the window: the campaigns that run, and ordinals of them.
    pub campaigns: Vec<Vec<Running>>,
    /// By channel (e-mail, SMS, push): sources and campaigns of messages.
    pub messages: [Vec<(u8, u8)>; 3],
    /// By persona, class, bit 0 another device at hand, bit 1 can be written to: journey kinds.
    pub kinds: Vec<[[Option<Alias>; 4]; 3]>,
    /// By persona: payment methods.
    pub payments: Vec<Alias>,
    /// Payment errors.
    pub errors: Alias,
    /// Search queries.
    pub queries: Alias,
    /// By profile: the methods that pay with one touch there.
    pub one_click: Vec<Vec<u8>>,
    /// By profile: whether each payment method is offered there.
    pub offered: Vec<Vec<bool>>,
}

impl Tables {
    /// Builds the tables of a world's models.
    pub fn new(
        models: &Models,
        behaviour: &Behaviour,
        journeys: &[Journey],
        calendar_days: u32,
    ) -> Self {
        let weights = |list: &[(String, f64)]| {
            Alias::new(&list.iter().map(|(_, weight)| *weight).collect::<Vec<_>>())
        };
        let shares = &behaviour.modes;
        Self {
            normal: Quantiles::normal(),
            logistic: Quantiles::logistic(),
            exponential: Quantiles::new(|p| -libm::log1p(-p)),
            step: Quantiles::log_normal(1.0, behaviour.dwell.step_sd),
            reaction: Quantiles::log_normal(1.0, 0.5),
            page_load: Quantiles::log_normal(1.0, 0.22),
            offline: Quantiles::log_normal(
                behaviour.arrival.offline_median * 3600.0,
                behaviour.arrival.offline_sd,
            ),
            short_gap: Quantiles::log_normal(
                behaviour.returns.short_median,
                behaviour.returns.short_sd,
            ),
            modes: Alias::new(&[shares.browse, shares.evaluate, shares.buy]),
            load: of_profiles(models, |d| Quantiles::log_normal(d.load.0, d.load.1)),
            latency: of_profiles(models, |d| Quantiles::log_normal(d.latency.0, d.latency.1)),
            networks: of_profiles(models, |d| weights(&d.networks)),
            fixed_line: of_profiles(models, |d| {
                let fixed = |name: &str| matches!(name, "wifi" | "ethernet");
                d.networks.iter().map(|(name, _)| fixed(name)).collect()
            }),
            referrers: models.sources.iter().map(|source| weights(&source.referrers)).collect(),
            campaigns: models.sources.iter().map(|s| running(s, calendar_days)).collect(),
            messages: messages(&models.sources),
            kinds: models.people.iter().map(|persona| kinds(persona, journeys)).collect(),
            payments: models.people.iter().map(|p| Alias::new(&p.payments)).collect(),
            errors: weights(&models.commerce.errors),
            queries: Alias::new(
                &models.catalogue.queries.iter().map(|(_, weight, _)| *weight).collect::<Vec<_>>(),
            ),
            one_click: of_profiles(models, |d| {
                let one_click = |i: &u8| models.commerce.payments[usize::from(*i)].one_click;
                let offered = offered(&models.commerce, d);
                (0..offered.len() as u8)
                    .filter(|i| offered[usize::from(*i)])
                    .filter(one_click)
                    .collect()
            }),
            offered: of_profiles(models, |d| offered(&models.commerce, d)),
        }
    }
}

fn of_profiles<T>(models: &Models, make: impl Fn(&DeviceProfile) -> T) -> Vec<T> {
    models.devices.iter().map(make).collect()
}

/// The payment methods that every build of a profile offers.
fn offered(commerce: &Commerce, profile: &DeviceProfile) -> Vec<bool> {
    let everywhere = |systems: &[String]| {
        systems.is_empty() || profile.builds.iter().all(|build| systems.contains(&build.os))
    };
    commerce.payments.iter().map(|method| everywhere(&method.systems)).collect()
}

/// By day: the campaigns of a source that run, by weight.
fn running(source: &Source, days: u32) -> Vec<Running> {
    let on = |day: i32| {
        let runs = |i: &usize| {
            let campaign = &source.campaigns[*i];
            let ended = campaign.days > 0 && day >= campaign.first_day + campaign.days;
            campaign.weight > 0.0 && day >= campaign.first_day && !ended
        };
        let list: Vec<usize> = (0..source.campaigns.len()).filter(runs).collect();
        let weights: Vec<f64> = list.iter().map(|&i| source.campaigns[i].weight).collect();
        (!list.is_empty()).then(|| (Alias::new(&weights), list.iter().map(|&i| i as u8).collect()))
    };
    (0..days.cast_signed()).map(on).collect()
}

/// Names of the channels, by ordinal.
pub(crate) const CHANNELS: [&str; 3] = ["email", "sms", "push"];

fn messages(sources: &[Source]) -> [Vec<(u8, u8)>; 3] {
    CHANNELS.map(|channel| {
        let mut list = Vec::new();
        for (s, source) in sources.iter().enumerate() {
            for (c, campaign) in source.campaigns.iter().enumerate() {
                if campaign.message.as_deref() == Some(channel) {
                    list.push((s as u8, c as u8));
                }
            }
        }
        list
    })
}

/// The journey kinds that a persona may begin on each class of device.
fn kinds(persona: &Persona, journeys: &[Journey]) -> [[Option<Alias>; 4]; 3] {
    DeviceClass::ALL.map(|class| {
        std::array::from_fn(|state| {
            let (other_device, reachable) = (state & 1 == 1, state & 2 == 2);
            let weights: Vec<f64> = journeys
                .iter()
                .zip(&persona.journeys)
                .map(|(journey, weight)| {
                    let can = journey.starts_on[class as usize]
                        && (journey.switch.is_none() || other_device)
                        && (!journey.message || reachable);
                    if can { *weight } else { 0.0 }
                })
                .collect();
            weights.iter().any(|weight| *weight > 0.0).then(|| Alias::new(&weights))
        })
    })
}

/// By persona: the weight of each device class for a visit, over all its sources.
pub(crate) fn class_weights(persona: &Persona, sources: &[Source]) -> [f64; 3] {
    std::array::from_fn(|class| {
        let through = |(source, weight): (&Source, &f64)| weight * source.devices[class];
        let sum: f64 = sources.iter().zip(&persona.sources).map(through).sum();
        sum * libm::exp(persona.device_tilt[class])
    })
}

/// The sources that a visit of a persona on a class of device may have at that moment, as weights into `out`.
pub(crate) fn source_weights(
    persona: &Persona,
    sources: &[Source],
    class: usize,
    calendar: &Calendar,
    time: i64,
    out: &mut Vec<f64>,
) {
    out.clear();
    out.extend(sources.iter().zip(&persona.sources).enumerate().map(|(s, (source, weight))| {
        weight * source.devices[class] * f64::from(calendar.burst(s, time))
    }));
}
