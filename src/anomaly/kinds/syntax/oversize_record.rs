//! `oversize_record`: more than a field may hold.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::columns::{self, Chosen};
use crate::anomaly::ground::{Ground, Rowset, Site};
use crate::anomaly::incident::Incident;
use crate::anomaly::kind::{Formats, Kind, Param, ParamType, Scope, Stage};
use crate::anomaly::line;
use crate::anomaly::value::Value;
use crate::schema::{Format, Type};
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static OVERSIZE_RECORD: Kind = Kind::new(
    "oversize_record",
    Scope::Syntax,
    "Makes a payload larger than the limit.",
    "A record is within the limit of size.",
)
.carried_by(Formats::All)
.at(Stage::Fields)
.takes(&[
    Param::new(
        "columns",
        ParamType::Columns(&[
            "events.page_url",
            "events.page_referrer",
            "events.properties",
            "events.search_query",
            "users.street",
            "users.last_name",
            "sessions.referrer",
        ]),
        "Which columns of text or JSON that have a longest length. URLs get a trail of redirects, properties a text that never ends, others repeat themselves.",
    ),
    Param::new(
        "times",
        ParamType::Number(1.1..=1_000.0, 4.0),
        "How many times the limit, at most; small excesses are as likely as great ones.",
    ),
])
.acts(&OversizeRecord);

struct OversizeRecord;

impl Act for OversizeRecord {
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
        let Chosen { row, field, value } =
            columns::choose(ground, site, params, draw, |field, value| {
                field.bounds.max_length.is_some() && value.text().is_some_and(|text| text.len() > 2)
            })?;
        let most = f64::from(field.bounds.max_length?);
        let times = params.number("times").powf(draw.unit()).max(1.01);
        let length = (most * times) as usize + 1;
        let text = value.text()?;
        let long = match (field.ty, field.bounds.format) {
            (Type::Json, _) => in_json(text, length)?,
            (_, Some(Format::Uri | Format::Path)) => url(text, length),
            _ => repeated(text, " ", length),
        };
        let excess = long.len() as f64 / most;
        let incident = Incident::new().set(row, &field.name, Value::Text(long));
        Some(incident.note("column", &*field.name).effect(excess))
    }
}

/// A text once more and once more, until it is that long.
fn repeated(text: &str, between: &str, length: usize) -> String {
    let mut long = text.to_owned();
    while long.len() < length {
        long.push_str(between);
        long.push_str(text);
    }
    long
}

/// A URL that carries where it came from, which carries where that came from.
fn url(text: &str, length: usize) -> String {
    let mut long = text.to_owned();
    let mut mark = if text.contains('?') { '&' } else { '?' };
    while long.len() < length {
        long.push(mark);
        long.push_str(
            "redirect=%2Flogin%3Fnext%3D%252Faccount%252Forders%26session_state%3Dexpired",
        );
        mark = '&';
    }
    long
}

/// An object one of whose texts does not end.
fn in_json(object: &str, length: usize) -> Option<String> {
    let bytes = object.as_bytes();
    let text = line::members(bytes).into_iter().rfind(|member| member.is_text(bytes))?.inside();
    let rest = object.len() - text.len();
    let inside = object.get(text.clone()).filter(|inside| !inside.is_empty())?;
    let long = repeated(inside, " ", length.saturating_sub(rest));
    Some([&object[..text.start], &long, &object[text.end..]].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_stay_objects() {
        let long = in_json(r#"{"a":1,"b":"say \"x\"","c":true}"#, 500).expect("it has a text");
        let read: serde_json::Value = serde_json::from_str(&long).expect("an object");
        assert!(long.len() >= 500 && read["a"] == 1 && read["c"] == true);
        assert_eq!(in_json(r#"{"a":1}"#, 500), None);
    }
}
