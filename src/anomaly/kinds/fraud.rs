//! What people do on purpose.

mod fraud_pattern;

pub(super) use fraud_pattern::FRAUD_PATTERN;
