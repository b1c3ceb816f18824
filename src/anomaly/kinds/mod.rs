//! The catalogue: every kind of anomaly, a family a file, one line a kind.

mod audit;
mod experiment;
mod field;
mod fraud;
mod identity;
mod population;
mod privacy;
mod record;
mod reference;
mod session;
mod syntax;
mod system;
mod time;
mod wake;

use crate::anomaly::kind::Kind;

/// Every kind, family by family.
pub static KINDS: &[&Kind] = &[
    &syntax::JSON_TRUNCATED,
    &syntax::JSON_MALFORMED,
    &syntax::JSON_BAD_UTF8,
    &syntax::JSON_NUMBER,
    &syntax::JSON_DUP_KEY,
    &syntax::JSON_CONTROL_TEXT,
    &syntax::LINE_FRAMING,
    &syntax::OVERSIZE_RECORD,
    &syntax::FILE_DAMAGED,
    &syntax::SCHEMA_DRIFT,
    &field::MISSING_VALUE,
    &field::IMPLICIT_MISSING,
    &field::MISTYPE,
    &field::ENUM_UNKNOWN,
    &field::FORMAT_INVALID,
    &field::OUT_OF_RANGE,
    &field::NUMERIC_OUTLIER,
    &field::WRONG_UNIT,
    &field::CURRENCY_MISMATCH,
    &field::ROUNDING_DRIFT,
    &field::MOJIBAKE,
    &field::NAUGHTY_TEXT,
    &field::SWAPPED_COLUMNS,
    &field::STUCK_VALUE,
    &field::BAD_DEPLOYMENT,
    &record::DUP_EXACT,
    &record::DUP_MUTATED,
    &record::ID_COLLISION,
    &record::DUP_REISSUED,
    &record::RECORD_DROPPED,
    &session::STEP_ORDER,
    &session::STEP_MISSING,
    &session::SESSION_OVERLAP,
    &session::SESSION_BOUNDARY,
    &session::EVENT_OUTSIDE_SESSION,
    &session::ORDER_STATE_INVALID,
    &identity::IDENTITY_SPLIT,
    &identity::IDENTITY_MERGE,
    &identity::PSEUDONYM_UNSTABLE,
    &identity::IMPOSSIBLE_TRAVEL,
    &identity::UA_DEVICE_MISMATCH,
    &reference::FK_ORPHAN,
    &reference::FK_WRONG_PARENT,
    &reference::PARENT_AFTER_CHILD,
    &reference::CARDINALITY,
    &system::TOTAL_MISMATCH,
    &system::EVENT_ORDER_GAP,
    &system::SOURCE_DIVERGENCE,
    &system::MESSAGE_CHAIN,
    &time::LATE_ARRIVAL,
    &time::OUT_OF_ORDER,
    &time::CLOCK_SKEW,
    &time::EPOCH_UNIT,
    &time::TZ_SHIFT,
    &time::LOCAL_TIME_INVALID,
    &population::TRAFFIC_BURST,
    &population::OUTAGE_GAP,
    &population::BOT_SESSIONS,
    &population::REFERRAL_SPAM,
    &population::DRIFT,
    &population::DECOY,
    &experiment::SRM,
    &experiment::VARIANT_CONTAMINATION,
    &experiment::EXPOSURE_MISSING_OR_LATE,
    &experiment::PEEKING,
    &privacy::EVENT_AFTER_WITHDRAWAL,
    &privacy::PII_IN_FREE_TEXT,
    &privacy::ERASURE_OR_RETENTION_MISS,
    &audit::AUDIT_TAMPER,
    &audit::AUDIT_TAIL_CUT_OR_RECHAIN,
    &audit::APPROVAL_BYPASS,
    &fraud::FRAUD_PATTERN,
];
