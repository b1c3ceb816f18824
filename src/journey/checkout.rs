//! Carts, checkouts, payments and orders: money that adds up.

use crate::event::journal::{Line, NEVER, NONE, Order, Payment};
use crate::journey::record::Walk;
use crate::journey::session::BY_PURCHASE;
use crate::journey::visits::{Course, Person, Walker};
use crate::scenario::calendar::DAY;
use crate::seed::Purpose;
use crate::systems::orders::fulfil;

const ORDER: Purpose = Purpose::named("order");
const CHECKOUT: Purpose = Purpose::named("checkout");
const PAYMENT: Purpose = Purpose::named("payment");

/// A cart holds no more lines.
const MOST_LINES: usize = 8;
/// Nobody tries to pay more often.
const MOST_ATTEMPTS: u8 = 3;
/// How likely somebody whose payment failed tries again.
const RETRY: f64 = 0.62;

const CAPTURED: u8 = 0;
const DECLINED: u8 = 1;
const ERROR: u8 = 2;
const REFUNDED: u8 = 3;

/// What a cart comes to, in minor units.
struct Sum {
    subtotal: i64,
    discount: i64,
    shipping: i64,
    tax: i64,
    total: i64,
}

impl Walker<'_> {
    /// Whether the current product can be put into the cart.
    pub(super) fn fits_cart(course: &Course, walk: &Walk) -> bool {
        let holds = || course.cart.iter().any(|(product, _)| *product == walk.product);
        walk.product != NONE && (course.cart.len() < MOST_LINES || holds())
    }

    /// Puts the current product into the cart.
    pub(super) fn add_to_cart(&mut self, course: &mut Course, walk: &mut Walk, event: Option<u8>) {
        if walk.product == NONE {
            return;
        }
        // Four baskets in five have a single line, and nearly every line a single piece.
        let quantity = 1 + u8::from(walk.stream.chance(0.09));
        let line = course.cart.iter().position(|(product, _)| *product == walk.product);
        match line {
            Some(line) => course.cart[line].1 = (course.cart[line].1 + quantity).min(9),
            None if course.cart.len() < MOST_LINES => course.cart.push((walk.product, quantity)),
            None => return,
        }
        self.journal.journeys[course.ordinal as usize].carted = true;
        let kind = event.unwrap_or(self.world.kinds.product_added);
        self.record_order(walk, kind, [0; 2], NONE, quantity);
    }

    /// Takes the newest line out of the cart again; whether there was one.
    pub(super) fn remove_from_cart(
        &mut self,
        course: &mut Course,
        walk: &mut Walk,
        event: Option<u8>,
    ) -> bool {
        let Some((product, quantity)) = course.cart.pop() else { return false };
        let current = std::mem::replace(&mut walk.product, product);
        let kind = event.unwrap_or(self.world.kinds.product_removed);
        self.record_order(walk, kind, [0; 2], NONE, quantity);
        walk.product = current;
        true
    }

    /// Begins a checkout: whoever is still unknown tells a name now.
    pub(super) fn start_checkout(&mut self, person: &mut Person, course: &Course, walk: &mut Walk) {
        self.journal.journeys[course.ordinal as usize].checked_out = true;
        if walk.row.known_from == NEVER {
            walk.react(&self.world.tables, 9.0);
            self.sign(person, walk);
        }
    }

    /// The offer made on leaving is taken: a short way through the checkout. Whether it came to an order.
    pub(super) fn take_offer(
        &mut self,
        person: &mut Person,
        course: &mut Course,
        walk: &mut Walk,
    ) -> bool {
        let world = self.world;
        if !world.models.catalogue.coupons.is_empty() {
            course.coupon = 0;
            walk.react(&self.world.tables, 1.4);
            self.record(walk, world.kinds.coupon_applied, [0; 2]);
        }
        if course.cart.is_empty() {
            walk.react(&self.world.tables, 3.0);
            self.add_to_cart(course, walk, None);
        }
        self.visit_page(walk, "checkout", world.kinds.checkout_started, 0);
        self.start_checkout(person, course, walk);
        let method = self.method(person, walk);
        self.visit_page(walk, "payment", world.kinds.payment_info_entered, method);
        self.pay(person, course, walk, method, false)
    }

    /// Views a page outside of the journey's graph.
    fn visit_page(&mut self, walk: &mut Walk, page: &str, kind: u8, method: u8) {
        let world = self.world;
        if let Some(page) = world.site.page(page) {
            walk.page = world.pages.key(page, 0);
        }
        let dwell = 24.0 * walk.dwell * world.tables.reaction.draw(&mut walk.stream);
        walk.dwell_ms = (dwell.min(600.0) * 1000.0) as u32;
        walk.wait(2.0);
        self.record_view(walk, kind, [method, 0]);
        walk.wait(dwell.min(600.0));
    }

    /// Buys the current product with one touch; whether it came to an order.
    pub(super) fn buy_now(
        &mut self,
        person: &mut Person,
        course: &mut Course,
        walk: &mut Walk,
    ) -> bool {
        let methods = &self.world.tables.one_click[usize::from(walk.row.profile)];
        let Some(&method) = methods.first() else { return false };
        if walk.product == NONE {
            return false;
        }
        let aside = std::mem::take(&mut course.cart);
        course.cart.push((walk.product, 1));
        self.journal.journeys[course.ordinal as usize].carted = true;
        self.journal.journeys[course.ordinal as usize].checked_out = true;
        let paid = self.pay(person, course, walk, method, true);
        course.cart = aside;
        paid
    }

    /// Attempts to pay for the cart; whether it came to an order.
    pub(super) fn pay(
        &mut self,
        person: &mut Person,
        course: &mut Course,
        walk: &mut Walk,
        method: u8,
        one_click: bool,
    ) -> bool {
        let world = self.world;
        if course.cart.is_empty() {
            return false;
        }
        if walk.row.known_from == NEVER {
            Self::join(person, walk, BY_PURCHASE);
        }
        let sum = self.sum(person, course);
        let checkout = world.seed.hash(CHECKOUT, walk.row.key, course.checkouts);
        course.checkouts += 1;
        let placed = walk.now;
        for attempt in 1..=MOST_ATTEMPTS {
            walk.react(&self.world.tables, 2.1);
            let failure = world.models.commerce.payments[usize::from(method)].failure;
            let failed = walk.stream.chance(failure);
            let error =
                if failed { world.tables.errors.draw(&mut walk.stream) as u8 } else { u8::MAX };
            let status = match usize::from(error) {
                _ if !failed => CAPTURED,
                error if error < world.models.commerce.declines => DECLINED,
                _ => ERROR,
            };
            self.journal.payments.push(Payment {
                key: world.seed.hash(PAYMENT, checkout, u64::from(attempt)),
                checkout,
                order: if failed { NONE } else { self.journal.orders.len() as u32 },
                session: walk.ordinal,
                attempt,
                method,
                status,
                error,
                amount: sum.total,
                currency: person.user.currency as u8,
                at: walk.now,
            });
            if !failed {
                self.order(
                    person, course, walk, &sum, checkout, method, placed, one_click, attempt,
                );
                return true;
            }
            self.record(walk, world.kinds.payment_failed, [error, attempt]);
            if !walk.stream.chance(RETRY) {
                return false;
            }
            walk.react(&self.world.tables, 17.0);
        }
        false
    }

    /// A payment method that the person likes and the device offers.
    pub(super) fn method(&self, person: &Person, walk: &mut Walk) -> u8 {
        let world = self.world;
        let offered = &world.tables.offered[usize::from(walk.row.profile)];
        let preferred = person.user.payment as u8;
        if offered[usize::from(preferred)] && walk.stream.chance(0.8) {
            return preferred;
        }
        let liked = &world.tables.payments[usize::from(person.user.persona)];
        for _ in 0..6 {
            let method = liked.draw(&mut walk.stream);
            if offered[method] {
                return method as u8;
            }
        }
        offered.iter().position(|offered| *offered).unwrap_or(0) as u8
    }

    fn price(&self, person: &Person, product: u32) -> i64 {
        self.world.models.catalogue.products[product as usize].prices
            [usize::from(person.user.currency)]
    }

    fn sum(&self, person: &Person, course: &Course) -> Sum {
        let world = self.world;
        let line =
            |(product, quantity): &(u32, u8)| self.price(person, *product) * i64::from(*quantity);
        let subtotal: i64 = course.cart.iter().map(line).sum();
        let coupon = world.models.catalogue.coupons.get(usize::from(course.coupon));
        let discount = coupon.map_or(0, |(_, share)| (subtotal as f64 * share).round() as i64);
        let (fee, free_from) = world.models.commerce.shipping[usize::from(person.user.currency)];
        let shipping = if subtotal - discount >= free_from { 0 } else { fee };
        let total = subtotal - discount + shipping;
        let rate = world.models.countries[usize::from(person.user.country)].tax;
        let tax = (total as f64 * rate / (1.0 + rate)).round() as i64;
        Sum { subtotal, discount, shipping, tax, total }
    }

    #[expect(clippy::too_many_arguments, reason = "all that an order is made of")]
    fn order(
        &mut self,
        person: &mut Person,
        course: &mut Course,
        walk: &mut Walk,
        sum: &Sum,
        checkout: u64,
        method: u8,
        placed: i64,
        one_click: bool,
        attempt: u8,
    ) {
        let world = self.world;
        let ordinal = self.journal.orders.len() as u32;
        let key = world.seed.hash(ORDER, walk.row.key, course.checkouts);
        let (shipped, delivered) = fulfil(world.seed, key, walk.now, world.end);
        for (i, (product, quantity)) in course.cart.iter().enumerate() {
            let unit = self.price(person, *product);
            self.journal.lines.push(Line {
                order: ordinal,
                number: i as u8 + 1,
                product: *product,
                quantity: *quantity,
                unit,
            });
        }
        self.journal.orders.push(Order {
            key,
            user: person.id,
            session: walk.ordinal,
            checkout,
            placed,
            paid: walk.now,
            shipped,
            delivered,
            refunded: NEVER,
            lines: course.cart.len() as u8,
            subtotal: sum.subtotal,
            discount: sum.discount,
            shipping: sum.shipping,
            tax: sum.tax,
            total: sum.total,
            currency: person.user.currency as u8,
            coupon: course.coupon,
            method,
            one_click,
        });
        self.record_order(walk, world.kinds.order_completed, [method, attempt], ordinal, 0);
        walk.row.converted = true;
        let journey = &mut self.journal.journeys[course.ordinal as usize];
        journey.orders += 1;
        journey.revenue += sum.total;
        course.cart.clear();
        course.coupon = u8::MAX;
        let handed_back = walk.stream.chance(world.models.commerce.refund_rate);
        // A person has one parcel to hand back at a time.
        if delivered != NEVER && handed_back && person.refund.is_none() {
            person.refund = Some((ordinal, delivered + DAY));
        }
    }

    /// Hands an order back, once it has arrived and the person is there and known.
    pub(super) fn hand_back(&mut self, person: &mut Person, walk: &mut Walk) {
        let Some((ordinal, from)) = person.refund else { return };
        if walk.now < from || walk.row.known_from > walk.now {
            return;
        }
        person.refund = None;
        walk.react(&self.world.tables, 21.0);
        let order = &mut self.journal.orders[ordinal as usize];
        order.refunded = walk.now;
        let payment = Payment {
            key: self.world.seed.hash(PAYMENT, order.key, 0),
            checkout: order.checkout,
            order: ordinal,
            session: walk.ordinal,
            attempt: 1,
            method: order.method,
            status: REFUNDED,
            error: u8::MAX,
            amount: order.total,
            currency: order.currency,
            at: walk.now,
        };
        self.journal.payments.push(payment);
        self.record_order(walk, self.world.kinds.order_refunded, [0; 2], ordinal, 0);
    }
}
