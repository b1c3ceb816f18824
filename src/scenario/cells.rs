//! The matrix of persona, device profile, source and journey kind: which of its cells a world can have a journey in, and why others not.
//!
//! A journey's cell is that of its first session. What is possible follows from what the walk does (`journey::visits`), its last
//! resorts included; a law test holds the two together.

use std::collections::BTreeMap;
use std::fmt;

use crate::model::Persona;
use crate::population::{Cell, Channel, Cover};
use crate::scenario::World;

/// Why there can be no journey in a cell. The first that holds is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The persona takes no part.
    NoPersona,
    /// Nobody of that persona has such a device.
    NoDevice,
    /// Nobody of that persona comes on that class of device.
    NoVisits,
    /// The journey does not start on that class of device.
    NoStart,
    /// Nobody of that persona follows such journeys there.
    NoJourney,
    /// The journey moves to another device, and whoever has this one has no other.
    NoSecondDevice,
    /// A message brings the journey about, and nobody of that persona takes messages.
    NoMessages,
    /// No message leads there through that source.
    NoMessageSource,
    /// Nobody is led into an app by a source other than `direct`.
    NoLinkIntoApp,
    /// That source leads nobody of that persona to that class of device.
    NoSource,
}

impl Reason {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoPersona => "no_persona",
            Self::NoDevice => "no_device",
            Self::NoVisits => "no_visits",
            Self::NoStart => "no_start",
            Self::NoJourney => "no_journey",
            Self::NoSecondDevice => "no_second_device",
            Self::NoMessages => "no_messages",
            Self::NoMessageSource => "no_message_source",
            Self::NoLinkIntoApp => "no_link_into_app",
            Self::NoSource => "no_source",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoPersona => "the persona takes no part",
            Self::NoDevice => "nobody of that persona has such a device",
            Self::NoVisits => "nobody of that persona comes on that class of device",
            Self::NoStart => "the journey does not start on that class of device",
            Self::NoJourney => "nobody of that persona follows such journeys there",
            Self::NoSecondDevice => "nobody has a second device to go on with",
            Self::NoMessages => "nobody of that persona takes messages",
            Self::NoMessageSource => "no message leads there through that source",
            Self::NoLinkIntoApp => "only direct visits begin in an app",
            Self::NoSource => "that source leads nobody of that persona there",
        })
    }
}

/// The matrix of a world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cells {
    /// The cells that can be, in order, and what it takes to be in them.
    pub possible: Vec<Cover>,
    /// The others.
    pub impossible: BTreeMap<Cell, Reason>,
}

impl Cells {
    /// Judges every cell of a world's models.
    pub fn of(world: &World) -> Self {
        let models = &world.models;
        let mut cells = Self { possible: Vec::new(), impossible: BTreeMap::new() };
        for persona in 0..models.people.len() as u16 {
            for profile in 0..models.devices.len() as u16 {
                for source in 0..models.sources.len() as u16 {
                    for journey in 0..world.journeys.len() as u16 {
                        let cell = Cell { persona, profile, source, journey };
                        match judge(world, cell) {
                            Ok(cover) => cells.possible.push(cover),
                            Err(reason) => {
                                cells.impossible.insert(cell, reason);
                            }
                        }
                    }
                }
            }
        }
        cells
    }

    /// How many cells cannot be, by reason.
    pub fn reasons(&self) -> BTreeMap<Reason, usize> {
        let mut counts = BTreeMap::new();
        for reason in self.impossible.values() {
            *counts.entry(*reason).or_default() += 1;
        }
        counts
    }
}

/// What it takes to be in a cell, or why nobody can be.
fn judge(world: &World, cell: Cell) -> Result<Cover, Reason> {
    let Cell { persona: p, profile, source, journey } = cell;
    let (p, profile, source) = (usize::from(p), usize::from(profile), usize::from(source));
    let persona = &world.models.people[p];
    let device = &world.models.devices[profile];
    let (kind, class) = (&world.journeys[usize::from(journey)], device.class as usize);
    let only_if = |holds: bool, reason: Reason| if holds { Ok(()) } else { Err(reason) };
    only_if(persona.share > 0.0, Reason::NoPersona)?;
    only_if(world.people.can_hold(p, profile), Reason::NoDevice)?;
    only_if(comes_on(world, p, class), Reason::NoVisits)?;
    only_if(kind.starts_on[class], Reason::NoStart)?;
    // Those whom the persona gives no kind follow the first that can start there.
    let unguided = world.tables.kinds[p][class][0].is_none();
    let last_resort = unguided && world.any_kind[class] == usize::from(journey);
    let chosen = persona.journeys[usize::from(journey)] > 0.0;
    only_if(chosen || last_resort, Reason::NoJourney)?;
    let second = kind.switch.is_some() && !last_resort;
    only_if(!second || world.people.can_hold_two(p, profile), Reason::NoSecondDevice)?;
    let mut channel = None;
    if kind.message {
        let taken = persona.channels.iter().any(|share| *share > 0.0);
        only_if(taken || last_resort, Reason::NoMessages)?;
        if let Some(channel) = channel_to(world, persona, source) {
            return Ok(Cover { cell, second, channel: Some(channel) });
        }
        // Those to whom nobody wrote come as others do.
        channel = silent_channel(world, persona);
        only_if(channel.is_some() || !taken, Reason::NoMessageSource)?;
    }
    if device.app && world.direct.is_some() {
        only_if(world.direct == Some(source), Reason::NoLinkIntoApp)?;
    } else {
        let weight =
            |source: usize| persona.sources[source] * world.models.sources[source].devices[class];
        let nothing = (0..world.models.sources.len()).all(|source| weight(source) <= 0.0);
        only_if(weight(source) > 0.0 || (nothing && source == 0), Reason::NoSource)?;
    }
    Ok(Cover { cell, second, channel })
}

/// Whether people of a persona come on a class of device: by its weight, or because their first device is of it.
fn comes_on(world: &World, persona: usize, class: usize) -> bool {
    let owns = &world.models.people[persona].owns;
    world.class_weights[persona][class] > 0.0 || owns[..class].iter().all(|share| *share < 1.0)
}

/// A channel over which a message leads people of a persona through a source.
fn channel_to(world: &World, persona: &Persona, source: usize) -> Option<Channel> {
    let through = |ordinal: &u8| {
        let mut messages = world.tables.messages[usize::from(*ordinal)].iter();
        takes(persona, *ordinal) && messages.any(|(through, _)| usize::from(*through) == source)
    };
    (0..3).find(through).map(|ordinal| Channel { ordinal, alone: false })
}

/// A channel without messages, where people of a persona may have opted into no other.
fn silent_channel(world: &World, persona: &Persona) -> Option<Channel> {
    let silent = |ordinal: &u8| world.tables.messages[usize::from(*ordinal)].is_empty();
    let avoidable = |ordinal: u8| silent(&ordinal) || persona.channels[usize::from(ordinal)] < 1.0;
    let found = (0..3).filter(|ordinal| takes(persona, *ordinal)).find(silent);
    found.filter(|_| (0..3).all(avoidable)).map(|ordinal| Channel { ordinal, alone: true })
}

fn takes(persona: &Persona, ordinal: u8) -> bool {
    persona.channels[usize::from(ordinal)] > 0.0
}
