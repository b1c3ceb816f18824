//! `orders`: one row an order.

use crate::event::ids::{self, Thing};
use crate::event::journal::{NEVER, Order, Session};
use crate::frame::NULL;
use crate::tables::{Context, Get, Record};

impl Record for Order {
    const FACTS: &'static [(&'static str, Get<Self>)] = &[
        ("order.id", Get::Id(|_, o| ids::of(Thing::Order, o.key))),
        ("order.user_id", Get::Id(|c, o| c.world.people.user_id(o.user))),
        ("session.id", Get::Id(|c, o| ids::of(Thing::Session, session(c, o).key))),
        ("journey.id", Get::Id(|c, o| ids::of(Thing::Journey, session(c, o).journey_key))),
        (
            "device.id",
            Get::Id(|c, o| c.world.people.device_id(o.user, session(c, o).device.into())),
        ),
        ("order.placed_at", Get::Time(|_, o| o.placed)),
        ("order.paid_at", Get::Time(|_, o| o.paid)),
        ("order.shipped_at", Get::Time(|_, o| o.shipped)),
        ("order.delivered_at", Get::Time(|_, o| o.delivered)),
        ("order.refunded_at", Get::Time(|_, o| o.refunded)),
        ("order.status", Get::Key(|_, o| status(o), |w| &w.words.order_states)),
        ("order.lines", Get::Int(|_, o| o.lines.into())),
        ("order.subtotal", Get::Money(|_, o| o.subtotal)),
        ("order.discount", Get::Money(|_, o| o.discount)),
        ("order.shipping", Get::Money(|_, o| o.shipping)),
        ("order.tax", Get::Money(|_, o| o.tax)),
        ("order.total", Get::Money(|_, o| o.total)),
        ("order.currency", Get::Key(|_, o| o.currency.into(), |w| &w.words.currencies)),
        ("order.coupon", Get::Key(|_, o| coupon(o), |w| &w.words.coupons)),
        ("order.payment_method", Get::Key(|_, o| o.method.into(), |w| &w.words.methods)),
        ("order.is_one_click", Get::Flag(|_, o| o.one_click)),
        ("order.idempotency_key", Get::Id(|_, o| ids::of(Thing::OrderIdempotency, o.checkout))),
    ];
}

fn session<'c>(context: &Context<'c>, order: &Order) -> &'c Session {
    &context.journal.sessions[order.session as usize]
}

/// The key of an order's coupon, if it has one.
pub(crate) fn coupon(order: &Order) -> u32 {
    if order.coupon == u8::MAX { NULL } else { order.coupon.into() }
}

/// Ordinal in `ORDER_STATES`.
fn status(order: &Order) -> u32 {
    match order {
        Order { refunded, .. } if *refunded != NEVER => 3,
        Order { delivered, .. } if *delivered != NEVER => 2,
        Order { shipped, .. } if *shipped != NEVER => 1,
        _ => 0,
    }
}
