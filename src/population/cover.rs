//! People who cover: each stands for a cell of persona, device profile, source and journey kind that has to be seen.
//!
//! Their ids begin where those of ordinary people cannot reach, so nobody else is moved by them, and what is true of them follows from
//! their id as it does of everybody's.

use crate::population::{People, User};

/// Users from here on cover cells: more than any data set has ordinary ones.
pub const FIRST_COVERING: u64 = 1 << 40;

/// A cell of the matrix of all journeys, by ordinals of the models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell {
    /// The person's persona.
    pub persona: u16,
    /// The profile of the first session's device.
    pub profile: u16,
    /// The first session's source.
    pub source: u16,
    /// The journey's kind.
    pub journey: u16,
}

/// A cell, and what a person must have to be in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cover {
    /// The cell.
    pub cell: Cell,
    /// Whether there is another device to go on with.
    pub second: bool,
    /// The channel over which a message reaches the person; none where nothing has to.
    pub channel: Option<Channel>,
}

/// How a message reaches somebody who covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Channel {
    /// Ordinal: e-mail, SMS, push.
    pub ordinal: u8,
    /// Whether the person opted into no other.
    pub alone: bool,
}

impl People {
    /// Has users from [`FIRST_COVERING`] on cover these cells, one after the other and again.
    pub fn cover(&mut self, covers: Vec<Cover>) {
        self.covers = covers;
    }

    /// How many cells they cover.
    pub fn covers(&self) -> usize {
        self.covers.len()
    }

    /// What the user of that id is there to cover; nothing, for ordinary ones.
    #[inline]
    pub fn covered_by(&self, id: u64) -> Option<&Cover> {
        // Beyond twice that number others are counted.
        let nth = id.checked_sub(FIRST_COVERING).filter(|nth| *nth < FIRST_COVERING)?;
        let count = self.covers.len() as u64;
        nth.checked_rem(count).and_then(|place| self.covers.get(place as usize))
    }

    /// The device on which a user is in the cell to cover, and from when on that can be: it is at hand by then, and another one where
    /// the journey needs it.
    pub fn covers_from(&self, user: &User, cover: &Cover) -> (usize, i64) {
        let (start, end) = self.window();
        let devices = &user.devices;
        let device =
            devices.iter().position(|held| held.profile == cover.cell.profile).unwrap_or(0);
        let others = devices.iter().enumerate().filter(|(other, _)| *other != device);
        let second = others.map(|(_, held)| held.since).min().filter(|_| cover.second);
        let since = devices.at(device).since.max(second.unwrap_or(user.created_at));
        (device, since.max(user.created_at).max(start).min(end - 1))
    }

    /// Whether people of a persona may hold a device of that profile.
    pub fn can_hold(&self, persona: usize, profile: usize) -> bool {
        self.holdings.can_hold(&self.kinds[persona], profile)
    }

    /// Whether people of a persona may hold another device beside one of that profile.
    pub fn can_hold_two(&self, persona: usize, profile: usize) -> bool {
        self.holdings.can_hold_two(&self.kinds[persona], profile)
    }
}
