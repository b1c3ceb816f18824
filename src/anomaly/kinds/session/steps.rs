//! Steps that come one after the other in a session.

use crate::anomaly::ground::{Event, Ground};

/// Steps by a name, each with what comes first and what only then.
pub(in crate::anomaly::kinds) const PAIRS: [(&str, &str, &str); 6] = [
    ("payment", "checkout_started", "payment_info_entered"),
    ("gallery", "gallery_entered", "gallery_swiped"),
    ("gallery", "gallery_entered", "gallery_completed"),
    ("document", "document_opened", "document_completed"),
    ("hook", "hook_shown", "hook_engaged"),
    ("exit_offer", "exit_intent_detected", "exit_offer_shown"),
];

/// Whether some events of a session would do as a session of their own: no step is taken without the one before.
pub(in crate::anomaly::kinds) fn hold<'e>(
    ground: &Ground<'_>,
    events: impl Iterator<Item = &'e Event>,
) -> bool {
    let kinds = PAIRS.map(|(_, first, then)| [first, then].map(|name| ground.event_type(name)));
    let mut was_there = [false; PAIRS.len()];
    let mut holds = true;
    for event in events {
        for ([first, then], was_there) in kinds.iter().zip(&mut was_there) {
            *was_there |= *first == Some(event.row.kind);
            holds &= *was_there || *then != Some(event.row.kind);
        }
    }
    holds
}
