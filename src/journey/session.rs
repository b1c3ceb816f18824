//! One session: the walk through the stages of its journey, with exits, micro-conversions, dwell and errors.

use crate::event::journal::{NEVER, NONE, Session};
use crate::journey::record::Walk;
use crate::journey::visits::{Course, Person, Visit, Walker};
use crate::model::journey::bucket;
use crate::model::site::{Effect, Picks, Slot};
use crate::population::consent::{LAST_STEP, LONGEST_VISIT};
use crate::seed::Purpose;

const SESSION: Purpose = Purpose::named("session");
const ADDRESS: Purpose = Purpose::named("address");

/// No session has many more events.
const MOST_EVENTS: u32 = 30_000;
/// No session has more steps.
const MOST_STEPS: u32 = 600;

/// How the visitor's own link, the sign-in and the like join a device with a person; ordinals in `STITCHES`.
pub(super) const BY_SIGN_UP: u8 = 0;
pub(super) const BY_SIGN_IN: u8 = 1;
pub(super) const BY_PURCHASE: u8 = 2;
const BY_MESSAGE: u8 = 3;

/// What a step leads to.
enum Step {
    Stage(u8),
    Leave,
}

impl Walker<'_> {
    /// Walks a session of a journey and writes its rows.
    pub(super) fn session(&mut self, person: &mut Person, course: &mut Course, visit: Visit) {
        let world = self.world;
        let mut walk = self.arrive(person, course, visit);
        // What went off sale since the session before is not there to be seen again.
        let still = |product: &u32| {
            *product != NONE && world.shelf.on_sale(*product, world.day_of(visit.at))
        };
        walk.product = Some(course.product).filter(still).unwrap_or(NONE);
        let spec = &world.journeys[course.kind];
        let mut stage = visit.stage;
        let mut furthest = 0;
        for step in 0..MOST_STEPS {
            furthest = furthest.max(stage);
            let jump = self.enter(person, course, &mut walk, stage, step, visit);
            if walk.now - walk.row.started > LAST_STEP || walk.row.events > MOST_EVENTS {
                break;
            }
            let next = match jump {
                Some(stage) => Step::Stage(stage),
                None => self.go_on(person, course, &mut walk, stage, step),
            };
            match next {
                Step::Stage(next) => stage = next,
                Step::Leave => break,
            }
        }
        course.product = walk.product;
        self.close(person, course, &visit, walk, furthest, spec.stages.len());
    }

    /// The session's row and the visitor's state of mind.
    fn arrive(&mut self, person: &mut Person, course: &Course, visit: Visit) -> Walk {
        let world = self.world;
        let tables = &world.tables;
        let number = person.sessions;
        person.sessions += 1;
        let mut stream = world.seed.stream(SESSION, person.id, number);
        let device = person.user.devices.at(visit.device);
        let profile_ordinal = usize::from(device.profile);
        let profile = &world.models.devices[profile_ordinal];
        let source = &world.models.sources[visit.source];
        let persona = &world.models.people[usize::from(person.user.persona)];
        let webview = source.in_app && profile.webview && !profile.app && stream.chance(0.88);
        let network = tables.networks[profile_ordinal].draw(&mut stream);
        let referrer = tables.referrers[visit.source].draw(&mut stream);
        let stitched = person.stitched[visit.device].0;
        let (consent, signals, answered) = self.consent(person, visit.device, visit.at);
        let row = Session {
            key: world.seed.hash(SESSION, person.id, number),
            user: person.id,
            journey: course.ordinal,
            journey_key: course.key,
            started: visit.at,
            ended: visit.at,
            known_from: stitched,
            landing: world.pages.landing(visit.source, visit.campaign),
            ip: address(
                world.seed.hash(ADDRESS, person.id, 0),
                tables.fixed_line[profile_ordinal][network],
                visit.device,
            ),
            events: 0,
            page_views: 0,
            device: visit.device as u8,
            number: visit.number,
            profile: device.profile as u8,
            build: device.build as u8,
            webview,
            source: visit.source as u8,
            campaign: visit.campaign.map_or(u8::MAX, |campaign| campaign as u8),
            referrer: referrer as u8,
            network: network as u8,
            country: person.user.country as u8,
            city: person.user.city as u8,
            locale: person.user.locale as u8,
            currency: person.user.currency as u8,
            consent: consent as u8,
            signals,
            restored: visit.moved.map_or(2, |(_, restored)| u8::from(!restored)),
            converted: false,
        };
        let offline = self.offline(&mut stream, profile_ordinal, visit.at);
        let ordinal = self.journal.sessions.len() as u32;
        self.journal.sessions.push(row.clone());
        let mut walk = Walk::new(stream, ordinal, row, offline);
        walk.answered = answered;
        let constants = &world.behaviour.engagement;
        let load = tables.load[profile_ordinal].draw(&mut walk.stream);
        walk.load = if webview { load * constants.webview_load } else { load };
        walk.ln_load = libm::log(walk.load / constants.load_reference);
        walk.engagement = persona.engagement
            + profile.engagement
            + source.engagement
            + person.user.engagement
            + constants.session_sd * tables.normal.draw(&mut walk.stream)
            - constants.load_slope * walk.ln_load * (1.5 - person.user.patience);
        walk.conversion = persona.conversion + profile.conversion + source.conversion;
        let z = world.behaviour.dwell.session_sd * tables.normal.draw(&mut walk.stream)
            + world.behaviour.dwell.engagement * walk.engagement;
        walk.dwell = libm::exp(z + profile.dwell + 0.4 * (person.user.patience - 0.5));
        walk.trip = tables.latency[profile_ordinal].draw(&mut walk.stream) / 1000.0;
        walk.mode = tables.modes.draw(&mut walk.stream);
        walk
    }

    /// A visit of a stage: what is picked and seen, what happens there, and how long it takes. The stage that follows at once, if one
    /// does.
    fn enter(
        &mut self,
        person: &mut Person,
        course: &mut Course,
        walk: &mut Walk,
        stage: u8,
        step: u32,
        visit: Visit,
    ) -> Option<u8> {
        let world = self.world;
        let tables = &world.tables;
        let stage = &world.journeys[course.kind].stages[usize::from(stage)];
        let base = &stage.base;
        self.pick(person, walk, base.picks, base.page, visit);
        let load = walk.load * tables.page_load.draw(&mut walk.stream) * 1000.0;
        walk.load_ms = load.min(60_000.0) as u16;
        let mut dwell = base.dwell * walk.dwell * tables.step.draw(&mut walk.stream);
        dwell = dwell.min(world.behaviour.dwell.longest);
        walk.dwell_ms = (dwell * 1000.0) as u32;
        let entered = walk.now;
        let method = match base.does {
            Some(Effect::Pay) => self.method(person, walk),
            _ => 0,
        };
        self.record_view(walk, base.view, [method, 0]);
        let shown = self.show(course, walk, &stage.moments);
        if step == 0 {
            self.greet(person, walk, visit);
        }
        self.mishap(walk);
        let mut able = true;
        match base.does {
            Some(Effect::StartCheckout) => self.start_checkout(person, course, walk),
            Some(Effect::Pay) => {
                walk.wait(dwell.min(90.0));
                able = self.pay(person, course, walk, method, false);
            }
            _ => {}
        }
        let jump = self.moments(person, course, walk, &stage.moments, shown, able, &mut dwell);
        if !able {
            return None;
        }
        let leaves_at = entered + (dwell.min(world.behaviour.dwell.longest) * 1e6) as i64;
        // Whoever acts on a page is still there a moment later.
        walk.now = leaves_at.max(walk.now + 400_000 + i64::from(walk.load_ms) * 250);
        jump
    }

    /// Chooses what the page is about and where it is.
    fn pick(&mut self, person: &Person, walk: &mut Walk, picks: Picks, page: usize, visit: Visit) {
        let world = self.world;
        let persona = usize::from(person.user.persona);
        let day = world.day_of(walk.now);
        match picks {
            Picks::Nothing => {}
            Picks::Product if std::mem::take(&mut walk.clicked) => {}
            Picks::Again if walk.product != NONE => {}
            Picks::Product | Picks::Again => {
                let stream = &mut walk.stream;
                let repeats = walk.product != NONE && stream.chance(world.models.catalogue.repeat);
                if !repeats {
                    if walk.product == NONE || stream.chance(0.14) {
                        walk.category = world.shelf.category(persona, stream);
                    }
                    walk.product = world.shelf.product(walk.category, day, stream);
                    if stream.chance(0.35 * person.user.price_sensitivity) {
                        walk.product = world.shelf.cheaper(walk.product, day);
                    }
                }
                let place = 3.4 * world.tables.exponential.draw(stream);
                walk.position = 1 + place.min(58.0) as u8;
            }
            Picks::Category => {
                if walk.stream.chance(0.7) {
                    walk.category = world.shelf.category(persona, &mut walk.stream);
                }
            }
            Picks::Query => {
                walk.query = world.tables.queries.draw(&mut walk.stream) as u32;
                walk.category = world.models.catalogue.queries[walk.query as usize].2 as u32;
            }
            Picks::Document => {
                let documents = world.models.catalogue.documents.len() as u32;
                walk.document = walk.stream.below(documents.max(1));
            }
        }
        let slot = world.pages.slot(page);
        if slot == Slot::Product && walk.product == NONE {
            // A gallery without a product shows one.
            walk.category = world.shelf.category(persona, &mut walk.stream);
            walk.product = world.shelf.product(walk.category, day, &mut walk.stream);
        }
        walk.page = match slot {
            Slot::None => world.pages.key(page, 0),
            Slot::Product => world.pages.key(page, walk.product),
            Slot::Category => world.pages.key(page, walk.category),
            Slot::Query => world.pages.key(page, walk.query),
            Slot::Document => world.pages.key(page, walk.document),
            Slot::Landing => world.pages.landing(visit.source, visit.campaign),
        };
        if walk.row.events == 0 {
            walk.row.landing = walk.page;
        }
    }

    /// What only the first page of a session brings: consent, recognition, sign-in, an order handed back.
    fn greet(&mut self, person: &mut Person, walk: &mut Walk, visit: Visit) {
        let world = self.world;
        let kinds = world.kinds;
        if walk.answered {
            walk.react(&self.world.tables, 2.7);
            self.record(walk, kinds.consent_updated, [walk.row.consent, 0]);
        }
        let kind = self.journal.journeys[walk.row.journey as usize].kind;
        if visit.campaign.is_some() && world.journeys_message(kind) {
            Self::join(person, walk, BY_MESSAGE);
        }
        if let Some((recognised, restored)) = visit.moved {
            walk.react(&self.world.tables, 0.3);
            if recognised && person.registered <= walk.now {
                self.sign(person, walk);
            }
            self.record(walk, kinds.device_switched, [u8::from(!recognised), 0]);
            if recognised {
                walk.react(&self.world.tables, 0.2);
                self.record(walk, kinds.state_restored, [u8::from(!restored), 0]);
            }
        }
        if walk.row.known_from == NEVER {
            let identity = &world.behaviour.identity;
            let chance =
                if person.registered <= walk.now { identity.sign_in } else { identity.sign_up };
            if walk.stream.chance(chance) {
                walk.react(&self.world.tables, 11.0);
                self.sign(person, walk);
            }
        }
        self.hand_back(person, walk);
    }

    /// The device is joined with the person from this moment on.
    pub(super) fn join(person: &mut Person, walk: &mut Walk, method: u8) {
        let stitch = &mut person.stitched[usize::from(walk.row.device)];
        if stitch.0 != NEVER {
            return;
        }
        *stitch = (walk.now, method);
        walk.row.known_from = walk.now;
        person.registered = person.registered.min(walk.now);
    }

    /// Signs in a customer, or opens an account for a stranger.
    pub(super) fn sign(&mut self, person: &mut Person, walk: &mut Walk) {
        if walk.row.known_from != NEVER {
            return;
        }
        let customer = person.registered <= walk.now;
        let kinds = self.world.kinds;
        let (kind, method) =
            if customer { (kinds.signed_in, BY_SIGN_IN) } else { (kinds.signed_up, BY_SIGN_UP) };
        Self::join(person, walk, method);
        self.record(walk, kind, [0; 2]);
    }

    /// A page that shows an error.
    fn mishap(&mut self, walk: &mut Walk) {
        let rate = self.world.models.devices[usize::from(walk.row.profile)].error_rate;
        if walk.stream.chance(rate) {
            walk.react(&self.world.tables, 0.9);
            self.record(walk, self.world.kinds.error_shown, [0; 2]);
        }
    }

    /// After a stage: leaving, or the next one.
    fn go_on(
        &mut self,
        person: &mut Person,
        course: &mut Course,
        walk: &mut Walk,
        stage: u8,
        step: u32,
    ) -> Step {
        let world = self.world;
        let stage = &world.journeys[course.kind].stages[usize::from(stage)];
        let exit = &world.behaviour.exit;
        let mut x = exit.base + exit.engagement * walk.engagement + exit.load * walk.ln_load;
        x += stage.base.leave;
        if walk.hooked {
            x += exit.hooked;
        } else if step == 0 {
            x += exit.first;
        }
        if stage.base.keeps {
            x += exit.cart;
        }
        if walk.row.converted {
            x += exit.purchased;
        }
        if world.tables.logistic.draw(&mut walk.stream) < x {
            self.exit_intent(person, course, walk);
            return Step::Leave;
        }
        if walk.stream.chance(world.behaviour.modes.redraw) {
            walk.mode = world.tables.modes.draw(&mut walk.stream);
        }
        let bits = walk.stream.next();
        let cart = !course.cart.is_empty();
        match stage.next(cart, walk.mode, bucket(walk.engagement), bits) {
            Some(next) => Step::Stage(next),
            None => Step::Leave,
        }
    }

    /// Writes what the session left into its row and its journey's.
    fn close(
        &mut self,
        person: &mut Person,
        course: &Course,
        visit: &Visit,
        walk: Walk,
        furthest: u8,
        stages: usize,
    ) {
        let row = walk.row;
        debug_assert!(row.ended - row.started <= LONGEST_VISIT, "all wait for the end of a visit");
        let journey = &mut self.journal.journeys[course.ordinal as usize];
        journey.ended = row.ended;
        journey.sessions += 1;
        journey.devices |= 1 << visit.device;
        journey.events += row.events;
        journey.furthest = journey.furthest.max(furthest.min(stages as u8 - 1));
        journey.known |= row.known_from != NEVER;
        person.last_seen[visit.device] = row.ended;
        self.think_better(person, visit.device, &row);
        self.journal.sessions[walk.ordinal as usize] = row;
    }
}

/// An IPv4 address out of ranges that never belong to a person: 198.18.0.0/15 (benchmarking, RFC 2544) for fixed lines,
/// 100.64.0.0/10 (carrier-grade NAT, RFC 6598) for mobile networks.
fn address(user: u64, fixed_line: bool, device: usize) -> u32 {
    if fixed_line {
        // The home's line, shared by all devices of the person.
        return 0xC612_0000 | (user as u32 & 0x0001_FFFF);
    }
    let bits = crate::seed::mix(user ^ (device as u64 + 1));
    0x6440_0000 | (bits as u32 & 0x003F_FFFF)
}
