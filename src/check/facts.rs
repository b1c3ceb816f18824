//! What is known of a session before its events come.
//!
//! The tables of a large data set are far larger than a cache. So whatever events are held against is looked up once a session, when
//! it is seated, and lies together.

use crate::check::entities::{self, Entities, Known, NEVER, Session};
use crate::read::hash::{Ids, NONE};

/// A session, and whoever and whatever it leads to. Words are keys in [`Entities::words`], everything else ordinals; [`NONE`] and
/// [`NEVER`] stand where nothing is known.
#[derive(Debug, Clone, Copy)]
pub struct Facts {
    /// Its device.
    pub device: u32,
    /// Its journey.
    pub journey: u32,
    /// The journey's kind, a word.
    pub kind: u32,
    /// Its anonymous id.
    pub anonymous: u32,
    /// Its source, a word.
    pub source: u32,
    /// Its campaign.
    pub campaign: u32,
    /// Whoever holds the device, known by then or not.
    pub user: u32,
    /// The user's persona, a word.
    pub persona: u32,
    /// The user's currency, a word.
    pub currency: u32,
    /// The device's profile, a word.
    pub profile: u32,
    /// The device's class, a word.
    pub class: u32,
    /// Its first event.
    pub started: i64,
    /// Its last event.
    pub ended: i64,
    /// When the user came near; the beginning of time where it is not known.
    pub created: i64,
    /// When the device was got; the beginning of time where it is not known.
    pub first_seen: i64,
    /// The truth about the anonymous id.
    pub identity: Identity,
    /// The keys of what it refers to; 0 where it refers to nothing that is known.
    pub ids: FactIds,
}

/// Whose an anonymous id is, by `truth/identity`.
#[derive(Debug, Clone, Copy)]
pub struct Identity {
    /// The user.
    pub owner: u32,
    /// The device that keeps it.
    pub holder: u32,
    /// From when on it is known whose.
    pub stitched: i64,
}

/// Keys of a session and of what it refers to.
#[derive(Debug, Clone, Copy)]
pub struct FactIds {
    /// Its own.
    pub session: u128,
    /// Of the device.
    pub device: u128,
    /// Of the journey.
    pub journey: u128,
    /// Of the user.
    pub user: u128,
    /// The anonymous id.
    pub anonymous: u128,
}

impl Facts {
    /// Of no session.
    pub const NONE: Self = Self {
        device: NONE,
        journey: NONE,
        kind: NONE,
        anonymous: NONE,
        source: NONE,
        campaign: NONE,
        user: NONE,
        persona: NONE,
        currency: NONE,
        profile: NONE,
        class: NONE,
        started: NEVER,
        ended: NEVER,
        created: i64::MIN,
        first_seen: i64::MIN,
        identity: Identity { owner: NONE, holder: NONE, stitched: NEVER },
        ids: FactIds { session: 0, device: 0, journey: 0, user: 0, anonymous: 0 },
    };

    /// Of a session, of which that much is kept.
    pub(super) fn of(
        ordinal: u32,
        session: &Session,
        known: Known<'_>,
        entities: &Entities,
    ) -> Self {
        let device = entities.devices.at(session.device);
        let user = entities.users.get(device.user as usize);
        let journey = entities.journeys.at(session.journey);
        let holder = entities.devices.get(session.device as usize);
        let id =
            |keys: Option<&Ids>, ordinal: u32| keys.and_then(|ids| ids.id(ordinal)).unwrap_or(0);
        Self {
            device: session.device,
            journey: session.journey,
            kind: journey.kind.key(),
            anonymous: session.anonymous,
            source: session.source.key(),
            campaign: session.campaign,
            user: device.user,
            persona: user.map_or(NONE, |user| user.persona),
            currency: user.map_or(NONE, |user| user.currency),
            profile: device.profile.key(),
            class: device.class.key(),
            started: session.started,
            ended: session.ended,
            created: user.map_or(i64::MIN, |user| user.created),
            first_seen: holder.map_or(i64::MIN, |device| device.first_seen),
            identity: Identity::of(session.anonymous, entities),
            ids: FactIds {
                session: id(known.sessions, ordinal),
                device: id(known.devices, session.device),
                journey: id(known.journeys, session.journey),
                user: id(known.users, device.user),
                anonymous: entities.anonymous.id(session.anonymous).unwrap_or(0),
            },
        }
    }
}

impl Identity {
    /// Of an anonymous id.
    pub fn of(anonymous: u32, entities: &Entities) -> Self {
        let entities::Identity { user: owner, device: holder, stitched } =
            entities.identities.at(anonymous);
        Self { owner, holder, stitched }
    }
}

impl Default for Facts {
    fn default() -> Self {
        Self::NONE
    }
}
