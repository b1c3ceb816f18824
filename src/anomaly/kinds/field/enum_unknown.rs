//! `enum_unknown`: a value that is none of its set.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::columns::{self, Chosen};
use crate::anomaly::ground::{Ground, Rowset, Site};
use crate::anomaly::incident::Incident;
use crate::anomaly::kind::{Kind, Param, ParamType, Scope};
use crate::anomaly::value::Value;
use crate::schema::Type;
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static ENUM_UNKNOWN: Kind = Kind::new(
    "enum_unknown",
    Scope::Field,
    "Changes a letter, or the case, of a value out of a set.",
    "Values are of their set.",
)
.critical()
.drizzles(5e-5)
.takes(&[
    Param::new(
        "columns",
        ParamType::Columns(&[
            "events.device_class",
            "events.os",
            "events.browser",
            "events.source",
            "events.consent",
            "events.product_category",
            "users.preferred_channel",
            "devices.device_class",
            "journeys.outcome",
            "sessions.device_class",
            "sessions.consent",
            "orders.status",
            "payments.status",
        ]),
        "Which columns whose values are out of a set.",
    ),
    Param::new(
        "how",
        ParamType::Some(&["case", "typo", "blank", "separator"]),
        "Another case; a letter lost, twice, or in its neighbour's place; a blank behind; another sign between words.",
    ),
])
.acts(&EnumUnknown);

struct EnumUnknown;

impl Act for EnumUnknown {
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
            columns::choose(ground, site, params, draw, |field, value| {
                field.ty == Type::Enum && value.text().is_some_and(|text| text.len() > 2)
            })?;
        let text = value.text()?;
        let wrong = match how {
            "case" => other_case(text),
            "typo" => typo(text, draw),
            "blank" => Some(format!("{text} ")),
            _ => separated(text, draw),
        }?;
        (wrong != text && !field.values.contains(&wrong)).then_some(())?;
        let incident = Incident::new().set(row, &field.name, Value::Text(wrong));
        Some(incident.note("way", how).note("column", &*field.name))
    }
}

/// All great letters, or all small ones where they are great already.
fn other_case(text: &str) -> Option<String> {
    let upper = text.to_uppercase();
    let other = if upper == text { text.to_lowercase() } else { upper };
    (other != text).then_some(other)
}

/// A slip of the fingers behind the first letter.
fn typo(text: &str, draw: &mut Stream) -> Option<String> {
    let mut letters: Vec<char> = text.chars().collect();
    let at = 1 + draw.below(letters.len().checked_sub(2)? as u32) as usize;
    match draw.below(3) {
        0 => drop(letters.remove(at)),
        1 => letters.insert(at, *letters.get(at)?),
        _ => letters.swap(at, at + 1),
    }
    Some(letters.into_iter().collect())
}

/// Another sign, or none, between the words of a value of several.
fn separated(text: &str, draw: &mut Stream) -> Option<String> {
    let is_between = |c: char| matches!(c, '_' | '-' | ' ');
    let sign = text.chars().find(|c| is_between(*c))?;
    let others: Vec<&str> =
        ["_", "-", " ", ""].into_iter().filter(|other| *other != sign.to_string()).collect();
    Some(text.replace(is_between, others[draw.below(others.len() as u32) as usize]))
}
