//! Single values that are wrong.

mod bad_deployment;
mod missing_value;
mod out_of_range;

use crate::anomaly::kind::{Formats, Kind, Scope, Stage, Unit};

pub(super) use bad_deployment::BAD_DEPLOYMENT;
pub(super) use out_of_range::OUT_OF_RANGE;

pub(super) use missing_value::MISSING_VALUE;

pub(super) static IMPLICIT_MISSING: Kind = Kind::new(
    "implicit_missing",
    Scope::Field,
    "Writes an empty text, N/A, -1 or the epoch where a value is missing.",
    "There are no sentinels.",
);

pub(super) static MISTYPE: Kind = Kind::new(
    "mistype",
    Scope::Field,
    "Writes a number as text.",
    "Values have the declared types.",
)
.critical()
.carried_by(Formats::Ndjson)
.at(Stage::Bytes);

pub(super) static ENUM_UNKNOWN: Kind = Kind::new(
    "enum_unknown",
    Scope::Field,
    "Changes a letter, or the case, of a value out of a set.",
    "Values are of their set.",
)
.critical();

pub(super) static FORMAT_INVALID: Kind = Kind::new(
    "format_invalid",
    Scope::Field,
    "Breaks the form of an e-mail address, URL or IP address.",
    "Values have their pattern.",
);

pub(super) static NUMERIC_OUTLIER: Kind = Kind::new(
    "numeric_outlier",
    Scope::Field,
    "Multiplies a number far beyond its spread.",
    "Numbers are below the declared cap.",
);

pub(super) static WRONG_UNIT: Kind =
    Kind::new("wrong_unit", Scope::Field, "Writes cents for units.", "A price is the catalogue's.")
        .critical();

pub(super) static CURRENCY_MISMATCH: Kind = Kind::new(
    "currency_mismatch",
    Scope::Field,
    "Swaps a currency for another.",
    "Currencies are of ISO 4217, and those of the order.",
)
.critical();

pub(super) static ROUNDING_DRIFT: Kind = Kind::new(
    "rounding_drift",
    Scope::Field,
    "Lets an amount drift by a last digit.",
    "Amounts add up exactly.",
);

pub(super) static MOJIBAKE: Kind = Kind::new(
    "mojibake",
    Scope::Field,
    "Decodes a text with the wrong table.",
    "Texts keep to their alphabet.",
);

pub(super) static NAUGHTY_TEXT: Kind = Kind::new(
    "naughty_text",
    Scope::Field,
    "Writes text that turns, hides or injects.",
    "Texts keep to allowed classes of characters.",
);

pub(super) static SWAPPED_COLUMNS: Kind = Kind::new(
    "swapped_columns",
    Scope::Field,
    "Exchanges two fields of a row.",
    "Domains of columns are disjoint.",
);

pub(super) static STUCK_VALUE: Kind = Kind::new(
    "stuck_value",
    Scope::Field,
    "Repeats one reading for a run of rows.",
    "A run is no longer than it may be.",
)
.of(Unit::Session);
