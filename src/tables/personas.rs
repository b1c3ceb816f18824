//! `truth/personas`: what each user really is like.

use crate::event::journal::NEVER;
use crate::population::User;
use crate::tables::{Get, Record};

/// A user with its latent traits.
#[derive(Debug, Clone)]
pub struct Traits {
    /// User ordinal.
    pub id: u64,
    /// The user.
    pub user: User,
}

impl Record for Traits {
    const FACTS: &'static [(&'static str, Get<Self>)] = &[
        ("user.id", Get::Id(|c, t| c.world.people.user_id(t.id))),
        ("user.persona", Get::Key(|_, t| t.user.persona.into(), |w| &w.words.personas)),
        ("user.engagement", Get::Double(|_, t| t.user.engagement)),
        (
            "user.visits_per_week",
            Get::Double(|c, t| {
                c.world.models.people[usize::from(t.user.persona)].visits_per_week * t.user.visits
            }),
        ),
        ("user.price_sensitivity", Get::Double(|_, t| t.user.price_sensitivity)),
        ("user.patience", Get::Double(|_, t| t.user.patience)),
        (
            "user.last_active_at",
            Get::Time(
                |c, t| if t.user.last_active < c.world.end { t.user.last_active } else { NEVER },
            ),
        ),
    ];
}
