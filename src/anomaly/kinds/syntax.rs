//! Lines and files that are not what they should be.

mod file_damaged;
mod json_truncated;

use crate::anomaly::kind::{Detectability, Formats, Kind, Rule, Scope, Stage};

pub(super) use file_damaged::FILE_DAMAGED;

pub(super) use json_truncated::JSON_TRUNCATED;

pub(super) static JSON_MALFORMED: Kind = Kind::new(
    "json_malformed",
    Scope::Syntax,
    "Puts a bad comma, quote or token into a line.",
    "A line is JSON as RFC 8259 has it.",
)
.critical();

pub(super) static JSON_BAD_UTF8: Kind = Kind::new(
    "json_bad_utf8",
    Scope::Syntax,
    "Puts invalid or overlong bytes into a line.",
    "A line is valid UTF-8.",
)
.critical();

pub(super) static JSON_NUMBER: Kind = Kind::new(
    "json_number",
    Scope::Syntax,
    "Makes a number NaN, Infinity, 1e400, or an integer beyond 2^53 or 2^64.",
    "Numbers are finite and bounded.",
)
.critical();

pub(super) static JSON_DUP_KEY: Kind = Kind::new(
    "json_dup_key",
    Scope::Syntax,
    "Repeats a key, on which parsers disagree.",
    "The keys of an object are unique.",
)
.critical();

pub(super) static JSON_CONTROL_TEXT: Kind = Kind::new(
    "json_control_text",
    Scope::Syntax,
    "Puts a lone surrogate, a NUL or a byte order mark into a text.",
    "Texts hold none of them.",
);

pub(super) static LINE_FRAMING: Kind = Kind::new(
    "line_framing",
    Scope::Syntax,
    "Adds a blank line, glues two lines together, ends one with CRLF.",
    "One object a line, ended by a newline.",
)
.critical();

pub(super) static OVERSIZE_RECORD: Kind = Kind::new(
    "oversize_record",
    Scope::Syntax,
    "Makes a payload larger than the limit.",
    "A record is within the limit of size.",
)
.carried_by(Formats::All)
.at(Stage::Fields);

pub(super) static SCHEMA_DRIFT: Kind = Kind::new(
    "schema_drift",
    Scope::File,
    "Renames, adds, drops or retypes a column from some file on.",
    "Files have the declared schema.",
)
.critical()
.shows_in(Detectability::Metadata)
.found_by(Rule::File)
.usually(1);
