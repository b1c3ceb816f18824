//! `mistype`: the right value in the wrong type.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::columns::{self, Chosen};
use crate::anomaly::ground::{Ground, Rowset, Site};
use crate::anomaly::incident::Incident;
use crate::anomaly::kind::{Formats, Kind, Param, ParamType, Scope, Stage};
use crate::anomaly::line;
use crate::anomaly::value::Value;
use crate::schema::Type;
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static MISTYPE: Kind = Kind::new(
    "mistype",
    Scope::Field,
    "Writes a number as text.",
    "Values have the declared types.",
)
.critical()
.drizzles(2e-5)
.carried_by(Formats::Ndjson)
.at(Stage::Bytes)
.takes(&[
    Param::new(
        "columns",
        ParamType::Columns(&[
            "events.session_seq",
            "events.page_load_ms",
            "events.page_dwell_ms",
            "events.price",
            "events.quantity",
            "events.value",
            "users.email_opt_in",
            "users.postcode",
            "devices.is_app",
            "devices.viewport_width",
            "sessions.events",
            "sessions.is_bounce",
            "orders.total",
            "orders.is_one_click",
            "order_items.quantity",
            "order_items.unit_price",
            "payments.amount",
            "payments.attempt",
        ]),
        "Which columns: of numbers, of flags, of text that is digits.",
    ),
    Param::new(
        "how",
        ParamType::Some(&["quoted", "comma", "float", "digit", "array", "bare"]),
        "A number or flag in quotes; with a decimal comma; an integer with a decimal; a flag as 0 or 1; in an array of one; digits of a text as a number, zeros in front of them lost.",
    ),
])
.acts(&Mistype);

struct Mistype;

/// Whether a value of a type can be written in that way.
fn fits(ty: Type, value: &Value, how: &str) -> bool {
    match ty {
        Type::Money => matches!(how, "quoted" | "comma" | "array"),
        Type::Int32 | Type::Int64 => matches!(how, "quoted" | "float" | "array"),
        Type::Bool => matches!(how, "quoted" | "digit"),
        Type::Text => {
            let is_digits = |text: &str| {
                (1..16).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
            };
            how == "bare" && value.text().is_some_and(is_digits)
        }
        _ => false,
    }
}

/// What stands there then, of what stood there.
fn rewritten(text: &str, how: &str) -> String {
    match how {
        "comma" => format!("\"{}\"", text.replace('.', ",")),
        "float" => format!("{text}.0"),
        "digit" => u8::from(text == "true").to_string(),
        "array" => format!("[{text}]"),
        "bare" => {
            let digits = text.trim_matches('"').trim_start_matches('0');
            if digits.is_empty() { "0" } else { digits }.to_owned()
        }
        _ => format!("\"{text}\""),
    }
}

impl Act for Mistype {
    fn rows(&self, params: &Params) -> Vec<Rowset> {
        columns::rowsets(params.words("columns"))
    }

    fn inject(
        &self,
        ground: &Ground<'_>,
        site: Site,
        params: &Params,
        draw: &mut Stream,
    ) -> Option<Incident> {
        let how = params.one("how", draw).to_owned();
        let Chosen { row, field, .. } =
            columns::choose(ground, site, params, draw, |field, value| {
                fits(field.ty, value, &how)
            })?;
        let name = field.name.clone();
        let incident = Incident::new().note("way", &*how).note("column", &*name);
        let change = move |line: &[u8]| {
            let place = line::find(line, &name).map(|member| member.value);
            let text = place.clone().and_then(|place| std::str::from_utf8(&line[place]).ok());
            match (place, text) {
                (Some(place), Some(text)) => {
                    line::spliced(line, place, rewritten(text, &how).as_bytes())
                }
                _ => line.to_vec(),
            }
        };
        Some(incident.mangle(row, change))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stay_and_types_go() {
        let cases = [
            ("19.90", "quoted", "\"19.90\""),
            ("19.90", "comma", "\"19,90\""),
            ("7", "float", "7.0"),
            ("true", "digit", "1"),
            ("7", "array", "[7]"),
            ("\"01067\"", "bare", "1067"),
            ("\"000\"", "bare", "0"),
        ];
        for (text, how, wanted) in cases {
            assert_eq!(rewritten(text, how), wanted);
        }
    }
}
