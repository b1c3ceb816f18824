//! Single values that are wrong.

mod bad_deployment;
mod currency_mismatch;
mod enum_unknown;
mod format_invalid;
mod implicit_missing;
mod missing_value;
mod mistype;
mod mojibake;
mod naughty_text;
mod number;
mod numeric_outlier;
mod out_of_range;
mod rounding_drift;
mod stuck_value;
mod swapped_columns;
mod wrong_unit;

pub(super) use bad_deployment::BAD_DEPLOYMENT;
pub(super) use currency_mismatch::CURRENCY_MISMATCH;
pub(super) use enum_unknown::ENUM_UNKNOWN;
pub(super) use format_invalid::FORMAT_INVALID;
pub(super) use implicit_missing::IMPLICIT_MISSING;
pub(super) use missing_value::MISSING_VALUE;
pub(super) use mistype::MISTYPE;
pub(super) use mojibake::MOJIBAKE;
pub(super) use naughty_text::NAUGHTY_TEXT;
pub(super) use numeric_outlier::NUMERIC_OUTLIER;
pub(super) use out_of_range::OUT_OF_RANGE;
pub(super) use rounding_drift::ROUNDING_DRIFT;
pub(super) use stuck_value::STUCK_VALUE;
pub(super) use swapped_columns::SWAPPED_COLUMNS;
pub(super) use wrong_unit::WRONG_UNIT;
