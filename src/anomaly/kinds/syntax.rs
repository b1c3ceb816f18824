//! Lines and files that are not what they should be.

mod file_damaged;
mod json_bad_utf8;
mod json_control_text;
mod json_dup_key;
mod json_malformed;
mod json_number;
mod json_truncated;
mod line_framing;
mod oversize_record;
mod schema_drift;
mod ways;

pub(super) use file_damaged::FILE_DAMAGED;
pub(super) use json_bad_utf8::JSON_BAD_UTF8;
pub(super) use json_control_text::JSON_CONTROL_TEXT;
pub(super) use json_dup_key::JSON_DUP_KEY;
pub(super) use json_malformed::JSON_MALFORMED;
pub(super) use json_number::JSON_NUMBER;
pub(super) use json_truncated::JSON_TRUNCATED;
pub(super) use line_framing::LINE_FRAMING;
pub(super) use oversize_record::OVERSIZE_RECORD;
pub(super) use schema_drift::SCHEMA_DRIFT;
