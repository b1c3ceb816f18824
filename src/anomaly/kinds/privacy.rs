//! Consent and personal data.

mod erasure_or_retention_miss;
mod event_after_withdrawal;
mod pii_in_free_text;

pub(super) use erasure_or_retention_miss::ERASURE_OR_RETENTION_MISS;
pub(super) use event_after_withdrawal::EVENT_AFTER_WITHDRAWAL;
pub(super) use pii_in_free_text::PII_IN_FREE_TEXT;
