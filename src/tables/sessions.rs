//! `sessions`: one row a session.

use crate::digits;
use crate::event::ids::{self, Thing};
use crate::event::journal::{NEVER, Session};
use crate::frame::NULL;
use crate::population::Consent;
use crate::scenario::World;
use crate::tables::{Get, Record};

impl Record for Session {
    const FACTS: &'static [(&'static str, Get<Self>)] = &[
        ("session.id", Get::Id(|_, s| ids::of(Thing::Session, s.key))),
        (
            "session.user_id",
            Get::MaybeId(|c, s| (s.known_from <= s.ended).then(|| c.world.people.user_id(s.user))),
        ),
        (
            "session.anonymous_id",
            Get::Id(|c, s| c.world.people.anonymous_id(s.user, s.device.into())),
        ),
        ("device.id", Get::Id(|c, s| c.world.people.device_id(s.user, s.device.into()))),
        ("journey.id", Get::Id(|_, s| ids::of(Thing::Journey, s.journey_key))),
        ("session.number", Get::Int(|_, s| s.number.into())),
        ("session.source", Get::Key(|_, s| s.source.into(), |w| &w.words.sources)),
        ("session.campaign_id", Get::Key(|c, s| campaign(c.world, s), |w| &w.words.campaigns)),
        ("session.utm_source", Get::Key(|c, s| utm(c.world, s, 0), |w| &w.words.utm[0])),
        ("session.utm_medium", Get::Key(|c, s| utm(c.world, s, 1), |w| &w.words.utm[1])),
        ("session.utm_campaign", Get::Key(|c, s| utm(c.world, s, 2), |w| &w.words.utm[2])),
        ("session.utm_term", Get::Key(|c, s| utm(c.world, s, 3), |w| &w.words.utm[3])),
        ("session.utm_content", Get::Key(|c, s| utm(c.world, s, 4), |w| &w.words.utm[4])),
        ("session.click_id", Get::Text(|c, s, out| click_id(c.world, s, out))),
        ("session.referrer", Get::Key(|c, s| referrer(c.world, s), |w| &w.words.referrers)),
        ("session.landing_path", Get::Key(|_, s| s.landing, |w| &w.pages.paths)),
        ("session.landing_url", Get::Text(|c, s, out| landing_url(c.world, s, true, out))),
        ("session.started_at", Get::Time(|_, s| s.started)),
        ("session.ended_at", Get::Time(|_, s| s.ended)),
        ("session.events", Get::Int(|_, s| s.events.cast_signed())),
        ("session.page_views", Get::Int(|_, s| s.page_views.cast_signed())),
        ("session.is_bounce", Get::Flag(|_, s| s.page_views <= 1)),
        ("session.is_converted", Get::Flag(|_, s| s.converted)),
        ("device.class", Get::Key(|c, s| class(c.world, s), |w| &w.words.classes)),
        ("session.network", Get::Key(|c, s| network(c.world, s), |w| &w.words.networks)),
        ("session.country", Get::Key(|_, s| s.country.into(), |w| &w.words.countries)),
        ("session.region", Get::Key(|c, s| region(c.world, s), |w| &w.words.regions)),
        ("session.city", Get::Key(|c, s| city(c.world, s), |w| &w.words.cities)),
        ("session.ip", Get::Text(|_, s, out| ip(s, out))),
        ("session.locale", Get::Key(|c, s| locale(c.world, s), |w| &w.words.locales)),
        ("session.consent", Get::Key(|_, s| s.consent.into(), |w| &w.words.consents)),
        ("session.consent_mode", Get::Key(|_, s| s.signals.into(), |w| &w.words.ledger.modes)),
        ("session.is_restored", Get::MaybeFlag(|_, s| (s.restored < 2).then_some(s.restored == 0))),
    ];
}

pub(crate) fn campaign(world: &World, s: &Session) -> u32 {
    let campaigns = &world.words.campaign[usize::from(s.source)];
    campaigns.get(usize::from(s.campaign)).copied().unwrap_or(NULL)
}

pub(crate) fn utm(world: &World, s: &Session, which: usize) -> u32 {
    let campaigns = &world.words.utm_keys[usize::from(s.source)];
    campaigns.get(usize::from(s.campaign)).map_or(NULL, |keys| keys[which])
}

pub(crate) fn referrer(world: &World, s: &Session) -> u32 {
    let referrers = &world.words.referrer[usize::from(s.source)];
    referrers.get(usize::from(s.referrer)).copied().unwrap_or(NULL)
}

pub(crate) fn class(world: &World, s: &Session) -> u32 {
    world.models.devices[usize::from(s.profile)].class as u32
}

pub(crate) fn network(world: &World, s: &Session) -> u32 {
    world.words.network[usize::from(s.profile)][usize::from(s.network)]
}

pub(crate) fn region(world: &World, s: &Session) -> u32 {
    world.words.region[usize::from(s.country)][usize::from(s.city)]
}

pub(crate) fn city(world: &World, s: &Session) -> u32 {
    world.words.city[usize::from(s.country)][usize::from(s.city)]
}

pub(crate) fn locale(world: &World, s: &Session) -> u32 {
    world.words.locale[usize::from(s.country)][usize::from(s.locale)]
}

/// The address as four numbers with dots.
pub(crate) fn ip(s: &Session, out: &mut Vec<u8>) -> bool {
    digits::ipv4(s.ip, |digit| out.push(digit));
    true
}

/// The click id of a visit that came through an advertisement: 22 characters that follow from the session.
pub(crate) fn click_id(world: &World, s: &Session, out: &mut Vec<u8>) -> bool {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let source = &world.models.sources[usize::from(s.source)];
    if source.click_id.is_empty() || s.campaign == u8::MAX {
        return false;
    }
    out.extend_from_slice(b"Cj");
    for round in 0..2 {
        let mut bits = crate::seed::mix(s.key.wrapping_add(0x51ed_270b * (round + 1)));
        for _ in 0..10 {
            out.push(LETTERS[(bits & 63) as usize]);
            bits >>= 6;
        }
    }
    true
}

/// The landing page's URL with the campaign's parameters and, where it may be told, the click id.
pub(crate) fn landing_url(world: &World, s: &Session, clicked: bool, out: &mut Vec<u8>) -> bool {
    const NAMES: [&str; 5] =
        ["utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"];
    let url = world.pages.urls.get(s.landing);
    out.extend_from_slice(url.as_bytes());
    let mut separator = if url.contains('?') { b'&' } else { b'?' };
    for (which, name) in NAMES.iter().enumerate() {
        let key = utm(world, s, which);
        if key != NULL {
            out.push(separator);
            out.extend_from_slice(name.as_bytes());
            out.push(b'=');
            let value = world.words.utm[which].get(key).bytes();
            out.extend(value.map(|byte| if byte == b' ' { b'+' } else { byte }));
            separator = b'&';
        }
    }
    if !clicked {
        return true;
    }
    let before = out.len();
    out.push(separator);
    out.extend_from_slice(world.models.sources[usize::from(s.source)].click_id.as_bytes());
    out.push(b'=');
    if !click_id(world, s, out) {
        out.truncate(before);
    }
    true
}

/// Whether the events of a session bear ids that outlast it: without consent to analytics they are pings that name nobody.
pub(crate) fn has_persistent_ids(s: &Session) -> bool {
    s.consent != Consent::Denied as u8
}

/// From when on the user is known in a session; nothing before the session tells.
pub(crate) fn known_from(s: &Session) -> i64 {
    if s.known_from <= s.ended { s.known_from } else { NEVER }
}
