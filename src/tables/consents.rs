//! `consents`: one row a change of a consent.

use crate::event::ids::{self, Thing};
use crate::event::journal::ConsentRow;
use crate::tables::{Get, Record};

impl Record for ConsentRow {
    const FACTS: &'static [(&'static str, Get<Self>)] = &[
        ("consent.id", Get::Id(|_, c| ids::of(Thing::Consent, c.key))),
        (
            "consent.subject",
            Get::Key(|_, c| c.device.is_some().into(), |w| &w.words.ledger.subjects),
        ),
        (
            "consent.user_id",
            Get::MaybeId(|c, of| of.device.is_none().then(|| c.world.people.user_id(of.user))),
        ),
        (
            "consent.device_id",
            Get::MaybeId(|c, of| {
                of.device.map(|device| c.world.people.device_id(of.user, device.into()))
            }),
        ),
        ("consent.purpose", Get::Key(|_, c| c.purpose.into(), |w| &w.words.ledger.purposes)),
        ("consent.channel", Get::Key(|_, c| c.channel.into(), |w| &w.words.ledger.channels)),
        (
            "consent.jurisdiction",
            Get::Key(
                |c, of| {
                    c.world.words.ledger.jurisdiction[usize::from(of.country)][usize::from(of.city)]
                },
                |w| &w.words.ledger.jurisdictions,
            ),
        ),
        ("consent.state", Get::Key(|_, c| c.state.into(), |w| &w.words.ledger.states)),
        ("consent.sequence", Get::Int(|_, c| c.sequence.into())),
        ("consent.occurred_at", Get::Time(|_, c| c.occurred)),
        ("consent.effective_at", Get::Time(|_, c| c.effective)),
        ("consent.expires_at", Get::Time(|_, c| c.expires)),
        ("consent.notice", Get::Key(|_, c| c.notice.into(), |w| &w.words.ledger.notices)),
        ("consent.source", Get::Key(|_, c| c.source.into(), |w| &w.words.ledger.sources)),
        ("consent.legal_basis", Get::Key(|_, c| c.basis.into(), |w| &w.words.ledger.legal_bases)),
    ];
}
