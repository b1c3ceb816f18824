//! Consent and personal data.

mod pii_in_free_text;

use crate::anomaly::kind::{Detectability, Kind, Scope};

pub(super) use pii_in_free_text::PII_IN_FREE_TEXT;

pub(super) static EVENT_AFTER_WITHDRAWAL: Kind = Kind::new(
    "event_after_withdrawal",
    Scope::Privacy,
    "Records an event after its consent ended.",
    "Consent covers the purpose at the time.",
)
.critical()
.planned("there is no table `consents` yet, and what people do who refused is recorded as well");

pub(super) static ERASURE_OR_RETENTION_MISS: Kind = Kind::new(
    "erasure_or_retention_miss",
    Scope::Privacy,
    "Lets rows survive their erasure or their age.",
    "Nothing is left after the deadline.",
)
.critical()
.shows_in(Detectability::Metadata)
.planned("there is no table `erasure_requests` yet");
