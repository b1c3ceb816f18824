//! Guests: visitors who are there only because something goes wrong, such as crawlers and those who come in a burst.
//!
//! Their numbers begin where neither ordinary people nor those who cover cells have theirs, so nobody else is moved by them. Those
//! whom a range welcomes stand behind everybody else of it.

use crate::anomaly::ground::Ground;
use crate::event::journal::{DeviceRow, Journal, JourneyRow, NEVER, NONE, Row, Session, UserRow};
use crate::population::Consent;
use crate::population::consent::{Asking, signals};
use crate::seed::{Purpose, Stream, mix};

/// Guests are numbered from here on.
pub const FIRST_GUEST: u64 = 1 << 41;

const GUEST: Purpose = Purpose::named("anomaly guest");

/// A page that a guest asks for.
#[derive(Debug, Clone, Copy)]
pub struct Hit {
    /// The page's key.
    pub page: u32,
    /// The product that it shows, or [`NONE`].
    pub product: u32,
    /// Time until the next, µs.
    pub stay: i64,
}

/// A visit of a guest.
#[derive(Debug, Clone, Copy)]
pub struct Visit {
    /// When it begins, µs since 1970.
    pub at: i64,
    /// The address; none: the guest's own.
    pub ip: Option<u32>,
    /// Ordinal of the source; none: no other site led here.
    pub source: Option<u8>,
}

/// Guests under construction.
pub struct Guests<'g> {
    ground: &'g Ground<'g>,
    /// What they leave.
    journal: Journal,
    next: u64,
}

impl<'g> Guests<'g> {
    /// None yet; `uid` is the number of the site.
    pub fn new(ground: &'g Ground<'g>, uid: u64) -> Self {
        let journal = Journal::new(ground.slices.count());
        // Each range has numbers of its own.
        let uid = if ground.range == 0 { uid } else { mix(uid ^ u64::from(ground.range)) };
        Self { ground, journal, next: FIRST_GUEST + ((uid >> 24) << 8) }
    }

    /// What they leave.
    pub fn finish(self) -> Journal {
        self.journal
    }

    /// The key of the page of a product, where the site has such pages.
    pub fn product_page(&self, product: u32) -> Option<u32> {
        let world = self.ground.world();
        Some(world.pages.key(world.site.page("product")?, product))
    }

    /// The key of the first page of the site.
    pub fn home(&self) -> u32 {
        self.ground.world().pages.landing(0, None)
    }

    /// A new guest, who comes once. Hits that would come after the last moment that files are written for are left out; a guest
    /// without any is none.
    #[expect(clippy::too_many_lines, reason = "one record after the other, each of many fields")]
    pub fn come(&mut self, visit: Visit, hits: &[Hit], draw: &mut Stream) {
        let world = self.ground.world();
        let id = self.next;
        let (Some(view), Some(seen)) =
            (self.ground.event_type("page_viewed"), self.ground.event_type("product_viewed"))
        else {
            return;
        };
        let user = world.people.user(id);
        let device = user.devices.at(0);
        let profile = &world.models.devices[usize::from(device.profile)];
        // Machines answer no banner.
        let consent = match world.people.asking(&user) {
            Asking::Banner(_) => Consent::Denied,
            _ => Consent::NotAsked,
        };
        let key = world.seed.hash(GUEST, id, 0);
        let session = self.journal.sessions.len() as u32;
        let journey = self.journal.journeys.len() as u32;
        let (mut now, mut arrived, mut count, mut last) = (visit.at, i64::MIN, 0_u16, visit.at);
        let first = hits.first().map_or(NONE, |hit| hit.page);
        for hit in hits {
            let received = (now + 20_000 + i64::from(draw.below(400_000))).max(arrived + 1);
            if !self.ground.is_covered(received) || now >= world.end {
                break;
            }
            let is_product = hit.product != NONE;
            let slice = self.ground.slices.of(received);
            self.journal.slices[slice].push(
                session,
                Row {
                    time: now,
                    received,
                    session: 0,
                    page: hit.page,
                    product: hit.product,
                    extra: NONE,
                    dwell_ms: (hit.stay / 1000).clamp(1, i64::from(u32::MAX)) as u32,
                    load_ms: 200 + draw.below(1_500) as u16,
                    sequence: count,
                    kind: if is_product { seen } else { view },
                    position: 0,
                    quantity: 0,
                    detail: [0, 0],
                },
            );
            (last, arrived) = (now, received);
            count += 1;
            now += hit.stay.max(1);
        }
        if count == 0 {
            return;
        }
        self.next += 1;
        let source = visit.source.or(world.direct.map(|direct| direct as u8)).unwrap_or(0);
        let kind = world.any_kind[profile.class as usize];
        self.journal.users.push(UserRow { user: id, created: visit.at, registered: NEVER });
        self.journal.devices.push(DeviceRow {
            user: id,
            device: 0,
            profile: device.profile as u8,
            build: device.build as u8,
            first_seen: visit.at,
            last_seen: last,
            stitched: NEVER,
            method: 0,
        });
        self.journal.journeys.push(JourneyRow {
            key: mix(key),
            user: id,
            known: false,
            kind: kind as u8,
            started: visit.at,
            ended: last,
            sessions: 1,
            devices: 1,
            events: count.into(),
            furthest: world.journeys[kind].entry,
            carted: false,
            checked_out: false,
            source,
            orders: 0,
            revenue: 0,
            currency: user.currency as u8,
        });
        self.journal.sessions.push(Session {
            key,
            user: id,
            journey,
            started: visit.at,
            ended: last,
            known_from: NEVER,
            landing: first,
            ip: visit.ip.unwrap_or(0xC612_0000 | (mix(key ^ 1) as u32 & 0x0001_FFFF)),
            events: count.into(),
            page_views: count.into(),
            device: 0,
            number: 1,
            profile: device.profile as u8,
            build: device.build as u8,
            webview: false,
            source,
            campaign: u8::MAX,
            referrer: u8::MAX,
            network: 0,
            country: user.country as u8,
            city: user.city as u8,
            locale: user.locale as u8,
            consent: consent as u8,
            signals: if consent == Consent::Denied { 0 } else { signals::ALL },
            restored: 2,
            converted: false,
        });
    }
}
