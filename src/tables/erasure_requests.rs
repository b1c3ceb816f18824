//! `erasure_requests`: one row a request to be forgotten.

use crate::event::ids::{self, Thing};
use crate::event::journal::ErasureRow;
use crate::frame::NULL;
use crate::tables::{Get, Record};

impl Record for ErasureRow {
    const FACTS: &'static [(&'static str, Get<Self>)] = &[
        ("erasure.id", Get::Id(|_, e| ids::of(Thing::Erasure, e.key))),
        ("user.id", Get::Id(|c, e| c.world.people.user_id(e.user))),
        (
            "erasure.jurisdiction",
            Get::Key(
                |c, e| {
                    c.world.words.ledger.jurisdiction[usize::from(e.country)][usize::from(e.city)]
                },
                |w| &w.words.ledger.jurisdictions,
            ),
        ),
        (
            "erasure.channel",
            Get::Key(|_, e| e.channel.into(), |w| &w.words.ledger.erasure_channels),
        ),
        ("erasure.requested_at", Get::Time(|_, e| e.requested)),
        ("erasure.due_at", Get::Time(|_, e| e.due)),
        ("erasure.completed_at", Get::Time(|_, e| e.completed)),
        (
            "erasure.outcome",
            Get::Key(|_, e| e.outcome.into(), |w| &w.words.ledger.erasure_outcomes),
        ),
        (
            "erasure.reason",
            Get::Key(|_, e| e.reason.map_or(NULL, u32::from), |w| &w.words.ledger.refusals),
        ),
    ];
}
