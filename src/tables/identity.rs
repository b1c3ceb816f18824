//! `truth/identity`: which anonymous id is whom, and from when on the stack could know.

use crate::event::journal::{DeviceRow, NEVER};
use crate::frame::NULL;
use crate::tables::{Get, Record};

/// A device as the truth about identity sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity(pub DeviceRow);

impl Record for Identity {
    const FACTS: &'static [(&'static str, Get<Self>)] = &[
        ("user.id", Get::Id(|c, i| c.world.people.user_id(i.0.user))),
        ("device.id", Get::Id(|c, i| c.world.people.device_id(i.0.user, i.0.device.into()))),
        (
            "identity.anonymous_id",
            Get::Id(|c, i| c.world.people.anonymous_id(i.0.user, i.0.device.into())),
        ),
        ("identity.first_seen", Get::Time(|_, i| i.0.first_seen)),
        ("identity.stitched_at", Get::Time(|_, i| i.0.stitched)),
        (
            "identity.method",
            Get::Key(
                |_, i| if i.0.stitched == NEVER { NULL } else { i.0.method.into() },
                |w| &w.words.stitches,
            ),
        ),
    ];
}
