//! Micro-conversions: what is offered on a stage, whether it happens, and what it does.

use crate::event::journal::NONE;
use crate::journey::record::Walk;
use crate::journey::visits::{Course, Person, Walker};
use crate::model::journey::{Base, Moment, Needs};
use crate::model::site::Effect;
use crate::scenario::targets::{EXIT_CONVERTED, EXIT_ENGAGED};

/// How a micro-conversion came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// It did not happen.
    Not,
    /// It happened, and what it does came to nothing: a payment failed.
    Vain,
    /// It happened.
    Done,
}

/// What a page shows by itself shows within so many seconds, whatever else happens there: a hook has three.
const LATEST_SHOWN: f64 = 2.9;

impl Walker<'_> {
    /// Shows what a page shows by itself: bits of the moments that showed.
    pub(super) fn show(&mut self, course: &Course, walk: &mut Walk, moments: &[Moment]) -> u32 {
        let mut shown = 0;
        let mut left = LATEST_SHOWN;
        for (i, moment) in moments.iter().enumerate().filter(|(_, moment)| moment.given.is_none()) {
            let Some(kind) = moment.shows else { continue };
            if self.is_open(course, walk, moment) {
                let after = moment.shown_after * self.world.tables.reaction.draw(&mut walk.stream);
                walk.wait(after.min(left));
                left = (left - after).max(0.0);
                self.record(walk, kind, [0; 2]);
                shown |= 1 << i;
            }
        }
        shown
    }

    /// What may happen on a stage, tried in order: the stage that follows at once, if one does. `shown` has the bits of the moments
    /// that showed, `able` is whether anything can happen.
    #[expect(clippy::too_many_arguments, reason = "all that decides what happens on a page")]
    pub(super) fn moments(
        &mut self,
        person: &mut Person,
        course: &mut Course,
        walk: &mut Walk,
        moments: &[Moment],
        shown: u32,
        able: bool,
        dwell: &mut f64,
    ) -> Option<u8> {
        // Bits of those that happened, and of those that came to something.
        let (mut happened, mut done) = (0_u32, 0_u32);
        let mut jump = None;
        for (i, moment) in moments.iter().enumerate() {
            let given = moment.given.is_none_or(|given| done >> given & 1 == 1);
            if !(able && jump.is_none() && given && self.is_open(course, walk, moment)) {
                let counts = match moment.base {
                    Base::Shown => shown >> i & 1 == 1,
                    Base::Given(given) => happened >> given & 1 == 1,
                    Base::Views => true,
                };
                if counts {
                    self.outcomes.closed(moment.number);
                }
                continue;
            }
            let is_shown = shown >> i & 1 == 1;
            let outcome = self.try_moment(person, course, walk, moment, is_shown);
            happened |= u32::from(outcome != Outcome::Not) << i;
            if outcome == Outcome::Done {
                done |= 1 << i;
                *dwell *= moment.stays;
                jump = moment.then;
            }
        }
        jump
    }

    /// Whether everything is there that a micro-conversion takes: what is drawn to happen then does.
    fn is_open(&self, course: &Course, walk: &Walk, moment: &Moment) -> bool {
        let one_click = || !self.world.tables.one_click[usize::from(walk.row.profile)].is_empty();
        let needs = match moment.needs {
            Needs::Nothing => true,
            Needs::Cart => !course.cart.is_empty(),
            Needs::OneClick => one_click(),
        };
        needs
            && match moment.does {
                None | Some(Effect::StartCheckout) => true,
                Some(Effect::AddToCart) => Self::fits_cart(course, walk),
                Some(Effect::RemoveFromCart | Effect::Pay) => !course.cart.is_empty(),
                Some(Effect::ApplyCoupon) => !self.world.models.catalogue.coupons.is_empty(),
                Some(Effect::BuyNow) => walk.product != NONE && one_click(),
            }
    }

    /// Offers a micro-conversion: how it came out, with its events and its effect.
    fn try_moment(
        &mut self,
        person: &mut Person,
        course: &mut Course,
        walk: &mut Walk,
        moment: &Moment,
        is_shown: bool,
    ) -> Outcome {
        let world = self.world;
        if let Some(shows) = moment.shows.filter(|_| !is_shown) {
            walk.react(&world.tables, moment.shown_after);
            self.record(walk, shows, [0; 2]);
        }
        if !self.happens(walk, moment.number, moment.slope) {
            return Outcome::Not;
        }
        walk.hooked |= moment.hooks;
        walk.react(&world.tables, moment.after);
        match moment.does {
            Some(Effect::AddToCart) => {
                self.add_to_cart(course, walk, moment.emits);
                return Outcome::Done;
            }
            Some(Effect::RemoveFromCart) => {
                self.remove_from_cart(course, walk, moment.emits);
                return Outcome::Done;
            }
            Some(Effect::ApplyCoupon) => {
                course.coupon =
                    walk.stream.below(world.models.catalogue.coupons.len() as u32) as u8;
            }
            _ => {}
        }
        if let Some(kind) = moment.emits {
            if kind == world.kinds.product_clicked {
                self.click(person, walk);
            }
            let coupon = if moment.does == Some(Effect::ApplyCoupon) { course.coupon } else { 0 };
            self.record(walk, kind, [coupon, 0]);
            let repeats = (moment.repeats * world.tables.exponential.draw(&mut walk.stream)) as u32;
            for _ in 0..repeats.min(40) {
                walk.react(&world.tables, moment.after);
                self.record(walk, kind, [0; 2]);
            }
        }
        let paid = match moment.does {
            Some(Effect::BuyNow) => self.buy_now(person, course, walk),
            Some(Effect::Pay) => {
                let method = self.method(person, walk);
                self.pay(person, course, walk, method, false)
            }
            Some(Effect::StartCheckout) => {
                self.start_checkout(person, course, walk);
                true
            }
            _ => true,
        };
        if paid { Outcome::Done } else { Outcome::Vain }
    }

    /// Whether something happens that is open, with probability sigmoid(a + slope E + c).
    fn happens(&mut self, walk: &mut Walk, target: usize, slope: f64) -> bool {
        let x = slope * walk.engagement + walk.conversion;
        let level = self.world.tables.logistic.draw(&mut walk.stream);
        self.outcomes.happens(self.world, target, x, level)
    }

    /// The offer to somebody about to leave.
    pub(super) fn exit_intent(
        &mut self,
        person: &mut Person,
        course: &mut Course,
        walk: &mut Walk,
    ) {
        let world = self.world;
        let constants = &world.behaviour.exit_intent;
        if walk.row.converted || !walk.stream.chance(constants.detected) {
            return;
        }
        let kinds = world.kinds;
        self.record(walk, kinds.exit_intent_detected, [0; 2]);
        walk.react(&self.world.tables, 0.08);
        self.record(walk, kinds.exit_offer_shown, [0; 2]);
        if !self.happens(walk, EXIT_ENGAGED, constants.engaged_slope) {
            return;
        }
        walk.react(&self.world.tables, 4.2);
        self.record(walk, kinds.exit_offer_engaged, [0; 2]);
        if course.cart.is_empty() && walk.product == NONE {
            self.outcomes.closed(EXIT_CONVERTED);
            return;
        }
        if self.happens(walk, EXIT_CONVERTED, constants.converted_slope) {
            let paid = self.take_offer(person, course, walk);
            self.outcomes.paid(EXIT_CONVERTED, paid);
        }
    }

    /// Clicks a product of the list: the next product seen is that one.
    fn click(&self, person: &Person, walk: &mut Walk) {
        let world = self.world;
        let day = world.day_of(walk.now);
        walk.product = world.shelf.product(walk.category, day, &mut walk.stream);
        if walk.stream.chance(0.35 * person.user.price_sensitivity) {
            walk.product = world.shelf.cheaper(walk.product, day);
        }
        let place = 3.4 * world.tables.exponential.draw(&mut walk.stream);
        walk.position = 1 + place.min(58.0) as u8;
        walk.clicked = true;
    }
}
