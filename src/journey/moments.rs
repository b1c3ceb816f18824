//! Micro-conversions: what is offered on a stage, whether it happens, and what it does.

use crate::event::journal::NONE;
use crate::journey::record::Walk;
use crate::journey::visits::{Course, Person, Walker};
use crate::model::journey::{Moment, Needs};
use crate::model::site::Effect;

impl Walker<'_> {
    pub(super) fn is_open(&self, course: &Course, walk: &Walk, moment: &Moment) -> bool {
        match moment.needs {
            Needs::Nothing => true,
            Needs::Cart => !course.cart.is_empty(),
            Needs::OneClick => {
                !self.world.tables.one_click[usize::from(walk.row.profile)].is_empty()
            }
        }
    }

    /// Offers a micro-conversion: whether it happens, with its events and its effect.
    pub(super) fn try_moment(
        &mut self,
        person: &mut Person,
        course: &mut Course,
        walk: &mut Walk,
        moment: &Moment,
    ) -> bool {
        let tables = &self.world.tables;
        if let Some(shows) = moment.shows {
            walk.react(&self.world.tables, moment.shown_after);
            self.record(walk, shows, [0; 2]);
        }
        let x = moment.intercept + moment.slope * walk.engagement + walk.conversion;
        if tables.logistic.draw(&mut walk.stream) >= x {
            return false;
        }
        walk.hooked |= moment.hooks;
        walk.react(&self.world.tables, moment.after);
        match moment.does {
            Some(Effect::AddToCart) => {
                self.add_to_cart(course, walk, moment.emits);
                return true;
            }
            Some(Effect::RemoveFromCart) => {
                return self.remove_from_cart(course, walk, moment.emits);
            }
            Some(Effect::ApplyCoupon) => {
                let coupons = self.world.models.catalogue.coupons.len() as u32;
                if coupons == 0 {
                    return false;
                }
                course.coupon = walk.stream.below(coupons) as u8;
            }
            _ => {}
        }
        if let Some(kind) = moment.emits {
            if kind == self.world.kinds.product_clicked {
                self.click(person, walk);
            }
            let coupon = if moment.does == Some(Effect::ApplyCoupon) { course.coupon } else { 0 };
            self.record(walk, kind, [coupon, 0]);
            let repeats = (moment.repeats * tables.exponential.draw(&mut walk.stream)) as u32;
            for _ in 0..repeats.min(40) {
                walk.react(&self.world.tables, moment.after);
                self.record(walk, kind, [0; 2]);
            }
        }
        match moment.does {
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
        }
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
        let happens = |target: f64, slope: f64, walk: &mut Walk| {
            let x = crate::dist::logit(target) + slope * walk.engagement + walk.conversion;
            world.tables.logistic.draw(&mut walk.stream) < x
        };
        if !happens(constants.engaged, constants.engaged_slope, walk) {
            return;
        }
        walk.react(&self.world.tables, 4.2);
        self.record(walk, kinds.exit_offer_engaged, [0; 2]);
        if !happens(constants.converted, constants.converted_slope, walk) {
            return;
        }
        if course.cart.is_empty() && walk.product == NONE {
            return;
        }
        self.take_offer(person, course, walk);
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
