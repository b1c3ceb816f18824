//! `journeys`: one row a journey.

use crate::event::ids::{self, Thing};
use crate::event::journal::JourneyRow;
use crate::frame::NULL;
use crate::tables::{Get, Record};

impl Record for JourneyRow {
    const FACTS: &'static [(&'static str, Get<Self>)] = &[
        ("journey.id", Get::Id(|_, j| ids::of(Thing::Journey, j.key))),
        ("journey.user_id", Get::MaybeId(|c, j| j.known.then(|| c.world.people.user_id(j.user)))),
        ("journey.kind", Get::Key(|_, j| j.kind.into(), |w| &w.words.journeys)),
        ("journey.started_at", Get::Time(|_, j| j.started)),
        ("journey.ended_at", Get::Time(|_, j| j.ended)),
        ("journey.sessions", Get::Int(|_, j| j.sessions.cast_signed())),
        ("journey.devices", Get::Int(|_, j| j.devices.count_ones().cast_signed())),
        ("journey.events", Get::Int(|_, j| j.events.cast_signed())),
        (
            "journey.furthest_stage",
            Get::Key(
                |c, j| c.world.words.stage[usize::from(j.kind)][usize::from(j.furthest)],
                |w| &w.words.stages,
            ),
        ),
        ("journey.outcome", Get::Key(|_, j| outcome(j), |w| &w.words.outcomes)),
        ("journey.source", Get::Key(|_, j| j.source.into(), |w| &w.words.sources)),
        ("journey.orders", Get::Int(|_, j| j.orders.cast_signed())),
        ("journey.revenue", Get::MaybeMoney(|_, j| (j.orders > 0).then_some(j.revenue))),
        (
            "journey.currency",
            Get::Key(
                |_, j| if j.orders > 0 { j.currency.into() } else { NULL },
                |w| &w.words.currencies,
            ),
        ),
    ];
}

/// Ordinal in `OUTCOMES`.
pub(crate) fn outcome(journey: &JourneyRow) -> u32 {
    match journey {
        JourneyRow { orders: 1.., .. } => 0,
        JourneyRow { checked_out: true, .. } => 1,
        JourneyRow { carted: true, .. } => 2,
        JourneyRow { events: 2.., .. } => 3,
        _ => 4,
    }
}
