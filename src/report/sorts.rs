//! What sort of act an event is, for the marks of sample journeys.

use crate::report::page::Sort;

/// The sort of an event by its name; one that is not known is of no particular sort.
pub(crate) fn of(event: &str) -> Sort {
    match event {
        "page_viewed"
        | "product_viewed"
        | "product_list_viewed"
        | "products_searched"
        | "hook_shown"
        | "message_link_clicked" => Sort::Look,
        "cart_viewed" | "product_added" | "product_removed" | "coupon_applied" => Sort::Cart,
        "checkout_started" | "payment_info_entered" | "order_completed" | "one_click_started" => {
            Sort::Buy
        }
        "error_shown" | "payment_failed" | "exit_intent_detected" | "order_refunded" => {
            Sort::Trouble
        }
        "consent_updated"
        | "device_switched"
        | "state_restored"
        | "signed_in"
        | "signed_up"
        | "optimisation_triggered" => Sort::Other,
        _ if [
            "_used",
            "_engaged",
            "_swiped",
            "_opened",
            "_completed",
            "_clicked",
            "_added",
            "_entered",
            "_viewed",
            "_shown",
        ]
        .iter()
        .any(|ending| event.ends_with(ending)) =>
        {
            Sort::Engage
        }
        _ => Sort::Other,
    }
}
