//! `implicit_missing`: a value that stands for none.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::columns::{self, Chosen};
use crate::anomaly::ground::{Ground, Rowset, Site};
use crate::anomaly::incident::Incident;
use crate::anomaly::kind::{Kind, Param, ParamType, Scope};
use crate::anomaly::value::Value;
use crate::schema::{Field, Type};
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static IMPLICIT_MISSING: Kind = Kind::new(
    "implicit_missing",
    Scope::Field,
    "Writes an empty text, N/A, -1 or the epoch where a value is missing.",
    "There are no sentinels.",
)
.drizzles(5e-5)
.takes(&[
    Param::new(
        "columns",
        ParamType::Columns(&[
            "events.user_agent",
            "events.search_query",
            "events.page_load_ms",
            "events.page_dwell_ms",
            "events.price",
            "events.sent_at",
            "users.first_name",
            "users.last_name",
            "users.street",
            "users.postcode",
            "users.city",
            "devices.model",
            "devices.user_agent",
            "sessions.click_id",
            "orders.shipped_at",
        ]),
        "Which columns: of text, of numbers that cannot be negative, of moments.",
    ),
    Param::new(
        "how",
        ParamType::Some(&["empty", "word", "number", "epoch"]),
        "An empty text; N/A, null, None, undefined and the like; -1, -999, -9999; midnight of 1 January 1970.",
    ),
])
.acts(&ImplicitMissing);

struct ImplicitMissing;

/// Words for nothing, from the systems that write them.
const WORDS: [&str; 10] =
    ["N/A", "n/a", "NA", "null", "NULL", "None", "nan", "-", "undefined", "(not set)"];
const NUMBERS: [i32; 3] = [-1, -999, -9_999];

/// Whether a way leads to a value that a field can hold and that cannot be right there.
fn fits(field: &Field, how: &str) -> bool {
    let is_free = field.values.is_empty() && field.bounds.format.is_none();
    match field.ty {
        Type::Text | Type::Enum => is_free && matches!(how, "empty" | "word"),
        Type::Int32 | Type::Money | Type::Float64 => {
            how == "number" && field.bounds.min.is_some_and(|min| min >= 0.0)
        }
        Type::Timestamp => how == "epoch",
        _ => false,
    }
}

impl Act for ImplicitMissing {
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
        let how = params.one("how", draw);
        let Chosen { row, field, value } =
            columns::choose(ground, site, params, draw, |field, _| fits(field, how))?;
        let number = NUMBERS[draw.below(NUMBERS.len() as u32) as usize];
        let stands = match (how, field.ty) {
            ("empty", _) => Value::Text(String::new()),
            ("word", _) => Value::Text(WORDS[draw.below(WORDS.len() as u32) as usize].to_owned()),
            ("epoch", _) => Value::Long(0),
            (_, Type::Int32) => Value::Int(number),
            (_, Type::Money) => Value::Long(i64::from(number) * 100),
            (_, Type::Float64) => Value::Double(f64::from(number)),
            _ => return None,
        };
        (stands != value).then_some(())?;
        let incident = Incident::new().set(row, &field.name, stands);
        Some(incident.note("way", how).note("column", &*field.name))
    }
}
