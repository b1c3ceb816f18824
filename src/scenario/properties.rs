//! Properties of events as whole JSON objects, written once: an event's properties are a key.
//!
//! Each property has a small set of values. The object of an event is the one at the mixed-radix number of its values' ordinals.

use crate::diag::{Problem, Problems};
use crate::dist::Alias;
use crate::frame::Strings;
use crate::model::{DeviceProfile, Models};
use crate::schema::{EventType, Origin, Property, Schemas, Type};
use crate::seed::{Purpose, mix};

/// An event type has no more different objects.
const MOST: usize = 20_000;

/// The values of one property.
#[derive(Debug, Clone)]
pub struct Values {
    /// Where an event's value comes from.
    pub from: From,
    /// How far apart its ordinals are in the object's number.
    pub stride: u32,
    /// How many.
    pub count: u32,
}

/// Where an event's value of a property comes from.
#[derive(Debug, Clone)]
pub enum From {
    /// A gesture of the device: by profile, a table over all gestures.
    Gesture(Vec<Alias>, u64),
    /// How far down the page was read, by the dwell.
    Scroll,
    /// The event's first detail.
    First,
    /// The event's second detail.
    Second,
    /// The channel of the message that brought the visit about: by source and campaign.
    Channel(Vec<Vec<u32>>),
    /// Drawn by weight; the salt makes the property's draws its own.
    Drawn(Alias, u64),
}

/// The properties of an event type.
#[derive(Debug, Clone)]
pub struct Properties {
    /// Each property.
    pub values: Vec<Values>,
    /// First key of the type's objects in [`World::objects`](crate::scenario::World::objects), which all types share.
    pub first: u32,
}

const SALT: Purpose = Purpose::named("event property");

impl Properties {
    /// The properties of all event types.
    ///
    /// # Errors
    /// Types that have too many different objects.
    pub fn all(schemas: &Schemas, models: &Models) -> Result<(Vec<Self>, Strings), Problems> {
        let mut problems = Problems::new();
        let mut objects = Strings::new();
        let mut all = Vec::new();
        for event in &schemas.events {
            let first = objects.len() as u32;
            let mut parts: Vec<(From, Vec<String>)> =
                event.properties.iter().map(|p| domain(event, p, models)).collect();
            for (_, literals) in &mut parts {
                if literals.is_empty() {
                    // Models without coupons, say: the property is there and has no value.
                    literals.push("null".to_owned());
                }
            }
            let count: usize = parts.iter().map(|(_, literals)| literals.len()).product();
            if count > MOST {
                problems.push(
                    Problem::new(format!(
                        "event {} has {count} different objects of properties",
                        event.name
                    ))
                    .help(format!("at most {MOST}: give its properties fewer values")),
                );
                continue;
            }
            if !parts.is_empty() {
                write_objects(event, &parts, &mut objects);
            }
            let mut stride = count as u32;
            let values = parts
                .into_iter()
                .map(|(from, literals)| {
                    stride /= literals.len() as u32;
                    Values { from, stride, count: literals.len() as u32 }
                })
                .collect();
            all.push(Self { values, first });
        }
        problems.or((all, objects))
    }
}

/// Where a property comes from and the JSON literals of its values.
fn domain(event: &EventType, property: &Property, models: &Models) -> (From, Vec<String>) {
    let salt = salt(event, property);
    let names = |list: Vec<&str>| {
        list.into_iter().map(|name| serde_json::Value::from(name).to_string()).collect()
    };
    let fact = match &property.origin {
        Origin::Drawn(values) => {
            let weights: Vec<f64> = values.iter().map(|(_, weight)| *weight).collect();
            let literals = values.iter().map(|(literal, _)| literal.clone()).collect();
            return (From::Drawn(Alias::new(&weights), salt), literals);
        }
        Origin::Fact(fact) => fact.as_str(),
    };
    match fact {
        "gesture" => {
            let all = gestures(&models.devices);
            let table = |device: &DeviceProfile| {
                let weight = |name: &&str| {
                    let known = device.gestures.iter().find(|(gesture, _)| gesture == name);
                    known.map_or(0.0, |(_, weight)| *weight)
                };
                Alias::new(&all.iter().map(weight).collect::<Vec<_>>())
            };
            (From::Gesture(models.devices.iter().map(table).collect(), salt), names(all.clone()))
        }
        "scroll" => (From::Scroll, (0..=10).map(|tens| (tens * 10).to_string()).collect()),
        "attempt" => (From::Second, (0..=5).map(|attempt: i32| attempt.to_string()).collect()),
        "error" => {
            let errors = models.commerce.errors.iter();
            (From::First, names(errors.map(|(code, _)| code.as_str()).collect()))
        }
        "method" => {
            let methods = models.commerce.payments.iter();
            (From::First, names(methods.map(|method| method.name.as_str()).collect()))
        }
        "offer" => {
            let coupons = models.catalogue.coupons.iter();
            (From::First, names(coupons.map(|(code, _)| code.as_str()).collect()))
        }
        "channel" => {
            let ordinal = |campaign: &crate::model::Campaign| {
                let channel = campaign.message.as_deref().unwrap_or("email");
                let known = crate::scenario::tables::CHANNELS.iter();
                known.clone().position(|name| *name == channel).unwrap_or(0) as u32
            };
            let of = |source: &crate::model::Source| source.campaigns.iter().map(ordinal).collect();
            let channels = models.sources.iter().map(of).collect();
            (From::Channel(channels), names(crate::scenario::tables::CHANNELS.to_vec()))
        }
        // The loader knows no others: what is left is `restored`, whose detail is 0 for yes.
        _ => (From::First, vec!["true".to_owned(), "false".to_owned()]),
    }
}

/// The gestures of all devices.
fn gestures(devices: &[DeviceProfile]) -> Vec<&str> {
    let mut all: Vec<&str> = devices
        .iter()
        .flat_map(|device| device.gestures.iter().map(|(name, _)| name.as_str()))
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// What makes the draws of a property its own.
fn salt(event: &EventType, property: &Property) -> u64 {
    let purpose = SALT.within(&event.name).within(&property.name);
    crate::seed::Seed(0).hash(purpose, 0, 0)
}

/// Writes the objects of all combinations of values, the last property's values next to each other.
fn write_objects(event: &EventType, parts: &[(From, Vec<String>)], objects: &mut Strings) {
    let count: usize = parts.iter().map(|(_, literals)| literals.len()).product();
    for number in 0..count {
        let mut rest = number;
        let mut stride = count;
        let text = objects.open();
        let mut separator = '{';
        for (property, (_, literals)) in event.properties.iter().zip(parts) {
            stride /= literals.len();
            let literal = &literals[rest / stride];
            rest %= stride;
            text.push(separator);
            separator = ',';
            text.push_str(&serde_json::Value::from(property.name.as_str()).to_string());
            text.push(':');
            match property.ty {
                Type::Text | Type::Enum if !literal.starts_with('"') && literal != "null" => {
                    text.push_str(&serde_json::Value::from(literal.as_str()).to_string());
                }
                _ => text.push_str(literal),
            }
        }
        text.push('}');
        objects.close();
    }
}

/// The bits that decide a drawn property of an event.
#[inline]
pub fn drawn(event_bits: u64, salt: u64) -> u64 {
    mix(event_bits ^ salt)
}
