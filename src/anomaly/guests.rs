//! Guests: visitors who are there only because something goes wrong, such as crawlers and those who come in a burst.
//!
//! Their numbers begin where neither ordinary people nor those who cover cells have theirs, so nobody else is moved by them. Those
//! whom a range welcomes stand behind everybody else of it.

use crate::anomaly::ground::Ground;
use crate::anomaly::silence::Who;
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
    /// The types of events that they cause: a page, and one with a product.
    kinds: (u8, u8),
    /// When the last of them is gone.
    until: i64,
}

impl<'g> Guests<'g> {
    /// None yet; `uid` is the number of the site, and `range` that of the range that they come to. None can come where events tell of no
    /// pages.
    pub fn new(ground: &'g Ground<'g>, uid: u64, range: u32) -> Option<Self> {
        let kinds = (ground.event_type("page_viewed")?, ground.event_type("product_viewed")?);
        let journal = Journal::new(ground.slices.count());
        // Each range has numbers of its own.
        let uid = if range == 0 { uid } else { mix(uid ^ u64::from(range)) };
        let (next, (_, until)) = (FIRST_GUEST + ((uid >> 24) << 8), ground.span());
        Some(Self { ground, journal, next, kinds, until })
    }

    /// The same for guests who are gone by then.
    #[must_use]
    pub fn until(self, until: i64) -> Self {
        Self { until, ..self }
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

    /// A new guest, who comes once. Hits that would come when all are to be gone are left out; a guest without any is none, and who
    /// would be met by a time for which nothing is recorded does not come. How many hits there are.
    #[expect(clippy::too_many_lines, reason = "one record after the other, each of many fields")]
    pub fn come(&mut self, visit: Visit, hits: &[Hit], draw: &mut Stream) -> u16 {
        let world = self.ground.world();
        let id = self.next;
        let (view, seen) = self.kinds;
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
        let source = visit.source.or(world.direct.map(|direct| direct as u8)).unwrap_or(0);
        let who = Who { country: user.country as u8, profile: device.profile as u8, source };
        if self.ground.is_silent(who, self.times(visit.at, hits)) {
            return 0;
        }
        for hit in hits {
            let received = (now + 20_000 + i64::from(draw.below(400_000))).max(arrived + 1);
            if !self.ground.is_covered(received) || now >= self.until {
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
            return 0;
        }
        self.next += 1;
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
        let journey_key = mix(key);
        self.journal.journeys.push(JourneyRow {
            key: journey_key,
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
            journey_key,
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
            currency: user.currency as u8,
            consent: consent as u8,
            signals: if consent == Consent::Denied { 0 } else { signals::ALL },
            restored: 2,
            converted: false,
        });
        count
    }

    /// When the hits of a visit that begins then come.
    fn times(&self, at: i64, hits: &[Hit]) -> impl Iterator<Item = i64> {
        let mut next = at;
        let time = move |hit: &Hit| {
            let now = next;
            next += hit.stay.max(1);
            now
        };
        let until = self.until;
        hits.iter().map(time).take_while(move |time| *time < until)
    }
}
