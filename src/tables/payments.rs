//! `payments`: one row an attempt to pay, or a refund.

use crate::event::ids::{self, Thing};
use crate::event::journal::{NONE, Payment};
use crate::frame::NULL;
use crate::tables::{Get, Record};

impl Record for Payment {
    const FACTS: &'static [(&'static str, Get<Self>)] = &[
        ("payment.id", Get::Id(|_, p| ids::of(Thing::Payment, p.key))),
        ("payment.checkout_id", Get::Id(|_, p| ids::of(Thing::Checkout, p.checkout))),
        (
            "payment.order_id",
            Get::MaybeId(|c, p| {
                (p.order != NONE)
                    .then(|| ids::of(Thing::Order, c.journal.orders[p.order as usize].key))
            }),
        ),
        (
            "session.id",
            Get::Id(|c, p| ids::of(Thing::Session, c.journal.sessions[p.session as usize].key)),
        ),
        ("payment.attempt", Get::Int(|_, p| p.attempt.into())),
        ("payment.method", Get::Key(|_, p| p.method.into(), |w| &w.words.methods)),
        ("payment.status", Get::Key(|_, p| p.status.into(), |w| &w.words.payment_states)),
        (
            "payment.error_code",
            Get::Key(
                |_, p| if p.error == u8::MAX { NULL } else { p.error.into() },
                |w| &w.words.errors,
            ),
        ),
        ("payment.amount", Get::Money(|_, p| p.amount)),
        ("order.currency", Get::Key(|_, p| p.currency.into(), |w| &w.words.currencies)),
        ("payment.attempted_at", Get::Time(|_, p| p.at)),
        ("payment.idempotency_key", Get::Id(|_, p| ids::of(Thing::PaymentIdempotency, p.key))),
    ];
}
