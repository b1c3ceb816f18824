//! Journeys told as stories, for people who want to see whom they have made.

use jiff::Zoned;

use crate::diag::Problems;
use crate::scenario::request::Name;
use crate::scenario::world::World;

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
pub fn journeys(_world: &World, _count: usize, _filter: &Filter) -> Result<Vec<Preview>, Problems> {
    Ok(Vec::new())
}
