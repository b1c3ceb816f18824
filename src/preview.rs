//! Journeys told as stories, for people who want to see whom they have made.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::diag::Problems;
use crate::event::journal::{Journal, JourneyRow, NONE, Row, Session};
use crate::journey::Walker;
use crate::journey::outcomes::{Exact, Outcomes};
use crate::population::{Profile, User};
use crate::scenario::request::Name;
use crate::scenario::slices::Slices;
use crate::scenario::{World, fills};

/// People looked at for journeys that pass a filter.
const MOST_SEARCHED: u64 = 20_000;

/// A journey, ready to be printed.
#[derive(Debug, Clone, PartialEq)]
pub struct Preview {
    /// What it is and whose: `cross_device journey of Mara Lind`.
    pub title: String,
    /// The person's persona.
    pub persona: String,
    /// The devices used, in the order of first use: `mobile_safari (iPhone 15)`.
    pub devices: Vec<String>,
    /// Where the first visit came from: `tiktok (spring-hook)`.
    pub source: String,
    /// What was observed, in order.
    pub steps: Vec<Step>,
    /// How it ended: `purchased 129.90 EUR`.
    pub outcome: String,
}

/// An event of a journey.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// When, in the person's own zone.
    pub at: Zoned,
    /// The visit, from 1 within the journey.
    pub session: u32,
    /// On which of the journey's devices, by ordinal.
    pub device: usize,
    /// The event's name.
    pub event: String,
    /// What is worth saying of it: a path, a product, an amount.
    pub detail: String,
}

/// Which journeys to show.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter {
    /// Of people of that persona only.
    pub persona: Option<Name>,
    /// Of that kind only.
    pub journey: Option<Name>,
}

/// The first journeys of a world that pass the filter, at most `count`.
///
/// # Errors
/// A filter that names what the world does not have.
pub fn journeys(world: &World, count: usize, filter: &Filter) -> Result<Vec<Preview>, Problems> {
    let people = world.models.people.iter().map(|persona| persona.name.as_str());
    let persona = filter.persona.as_ref().map(|name| name.one_of("persona", people)).transpose();
    let kinds = world.journeys.iter().map(|journey| journey.name.as_str());
    let kind = filter.journey.as_ref().map(|name| name.one_of("journey", kinds)).transpose();
    let (persona, kind) = match (persona, kind) {
        (Ok(persona), Ok(kind)) => (persona, kind),
        (persona, kind) => {
            let mut problems = Problems::new();
            [persona.err(), kind.err()].into_iter().flatten().for_each(|p| problems.push(p));
            return Err(problems);
        }
    };
    let slices = Slices::new(world.start, world.days, world.lateness, 1);
    let exact = world.request.exact;
    let outcomes = if exact { Outcomes::Exact(Exact::new(world, 0)) } else { Outcomes::Drawn };
    let mut walker = Walker::new(world, slices).deciding(outcomes);
    let mut found = Vec::new();
    for id in 0..MOST_SEARCHED {
        let user = world.people.user(id);
        let passes = persona.is_none_or(|persona| usize::from(user.persona) == persona);
        // Where outcomes are exact, they hang on everybody before.
        if passes || exact {
            walker.journal.clear();
            walker.user(id);
        }
        if !passes {
            continue;
        }
        let of_kind =
            |journey: &JourneyRow| kind.is_none_or(|kind| usize::from(journey.kind) == kind);
        let journeys = walker.journal.journeys.iter().enumerate();
        // The one that tells most of each person.
        let best = journeys.filter(|(_, journey)| of_kind(journey)).max_by_key(|(_, j)| worth(j));
        if let Some((ordinal, _)) = best.filter(|(_, journey)| journey.events > 5) {
            found.push(tell(world, &walker.journal, ordinal as u32, &user));
        }
        if found.len() == count {
            break;
        }
    }
    Ok(found)
}

/// How much a journey has to tell; very long ones are no easy reading.
fn worth(journey: &JourneyRow) -> u32 {
    if journey.events > 40 {
        1
    } else {
        journey.events + 10 * journey.sessions + 20 * journey.orders
    }
}

fn tell(world: &World, journal: &Journal, ordinal: u32, user: &User) -> Preview {
    let journey = &journal.journeys[ordinal as usize];
    let mut profile = Profile::default();
    world.people.profile(journey.user, user, &mut profile);
    let sessions: Vec<&Session> =
        journal.sessions.iter().filter(|s| s.journey == ordinal).collect();
    let mut devices: Vec<u8> = sessions.iter().map(|session| session.device).collect();
    let mut seen = [false; 4];
    devices.retain(|device| !std::mem::replace(&mut seen[usize::from(*device)], true));
    let zone = &world.people.zones().names()[usize::from(user.zone)];
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    let mut steps: Vec<(i64, Step)> = Vec::new();
    for bucket in &journal.slices {
        for row in bucket.rows() {
            let session = &journal.sessions[bucket.session(row.session) as usize];
            if session.journey != ordinal {
                continue;
            }
            let device = devices.iter().position(|device| *device == session.device).unwrap_or(0);
            let at = Timestamp::from_microsecond(row.time).unwrap_or_default();
            let step = Step {
                at: at.to_zoned(zone.clone()),
                session: session.number.into(),
                device,
                event: world.words.events.get(row.kind.into()).to_owned(),
                detail: detail(world, journal, &row, user),
            };
            steps.push((row.time, step));
        }
    }
    steps.sort_by_key(|(time, step)| (*time, step.session));
    let device = |slot: &u8| {
        let held = user.devices.at(usize::from(*slot));
        let profile = &world.models.devices[usize::from(held.profile)];
        format!("{} ({})", profile.name, profile.builds[usize::from(held.build)].model)
    };
    Preview {
        title: format!(
            "{} journey of {} {}, {}",
            world.journeys[usize::from(journey.kind)].name,
            profile.first_name,
            profile.last_name,
            world.models.countries[usize::from(user.country)].cities[usize::from(user.city)].name
        ),
        persona: world.models.people[usize::from(user.persona)].name.clone(),
        devices: devices.iter().map(device).collect(),
        source: source(world, sessions.first().copied()),
        steps: steps.into_iter().map(|(_, step)| step).collect(),
        outcome: outcome(world, journey),
    }
}

fn source(world: &World, session: Option<&Session>) -> String {
    let Some(session) = session else { return String::new() };
    let source = &world.models.sources[usize::from(session.source)];
    match source.campaigns.get(usize::from(session.campaign)) {
        Some(campaign) => format!("{} ({})", source.name, campaign.name),
        None => source.name.clone(),
    }
}

fn outcome(world: &World, journey: &JourneyRow) -> String {
    if journey.orders > 0 {
        return format!("purchased {}", money(world, journey.revenue, journey.currency));
    }
    let outcome = crate::tables::journeys::outcome(journey);
    world.words.outcomes.get(outcome).replace('_', " ")
}

fn money(world: &World, minor: i64, currency: u8) -> String {
    let code = &world.models.commerce.currencies[usize::from(currency)];
    format!("{}.{:02} {code}", minor / 100, minor % 100)
}

/// What is worth saying of an event: a product with its price, an order's total, a page.
fn detail(world: &World, journal: &Journal, row: &Row, user: &User) -> String {
    let groups = world.fills[usize::from(row.kind)];
    if groups & fills::ORDER != 0 && row.extra != NONE {
        let order = &journal.orders[row.extra as usize];
        return money(world, order.total, order.currency);
    }
    if groups & fills::SEARCH != 0 {
        return format!("“{}”", world.words.queries.get(row.extra));
    }
    if groups & fills::PRODUCT != 0 && row.product != NONE {
        let product = &world.models.catalogue.products[row.product as usize];
        let price = money(world, product.prices[usize::from(user.currency)], user.currency as u8);
        return format!("{}, {price}", product.name);
    }
    if row.page == NONE { String::new() } else { world.pages.paths.get(row.page).to_owned() }
}
