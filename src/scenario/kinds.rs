//! The event types that the engine itself records, by ordinal in the schemas.

use crate::diag::{Problem, Problems};

macro_rules! kinds {
    ($($name:ident)*) => {
        /// Ordinals of the event types that follow from effects rather than from a journey's file.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[expect(missing_docs, reason = "each bears the name of its event type")]
        pub struct Kinds { $(pub $name: u8,)* }

        impl Kinds {
            /// Looks them up among the names of the event types.
            ///
            /// # Errors
            /// Those that the schemas lack.
            pub fn resolve(events: &[&str]) -> Result<Self, Problems> {
                let mut problems = Problems::new();
                let mut find = |name: &str| {
                    let found = events.iter().position(|event| *event == name);
                    if found.is_none() {
                        problems.push(
                            Problem::new(format!("the schemas have no event type `{name}`"))
                                .help(format!("add schemas/events/{name}.toml")),
                        );
                    }
                    found.unwrap_or(0) as u8
                };
                let kinds = Self { $($name: find(stringify!($name)),)* };
                problems.or(kinds)
            }
        }
    };
}

kinds! {
    product_clicked
    product_added
    product_removed
    cart_viewed
    checkout_started
    payment_info_entered
    payment_failed
    order_completed
    order_refunded
    exit_intent_detected
    exit_offer_shown
    exit_offer_engaged
    coupon_applied
    device_switched
    state_restored
    signed_up
    signed_in
    error_shown
    consent_updated
}

impl Kinds {
    /// Those that may be recorded on whatever page a visitor is: by the engine, and not because a journey's file says so.
    pub fn anywhere(&self) -> [u8; 12] {
        [
            self.payment_failed,
            self.order_completed,
            self.order_refunded,
            self.exit_intent_detected,
            self.exit_offer_shown,
            self.exit_offer_engaged,
            self.device_switched,
            self.state_restored,
            self.signed_up,
            self.signed_in,
            self.error_shown,
            self.consent_updated,
        ]
    }
}
