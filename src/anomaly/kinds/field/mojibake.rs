//! `mojibake`: text read in another encoding than it was written in.

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
pub(in crate::anomaly::kinds) static MOJIBAKE: Kind = Kind::new(
    "mojibake",
    Scope::Field,
    "Decodes a text with the wrong table.",
    "Texts keep to their alphabet.",
)
.drizzles(2e-5)
.takes(&[
    Param::new(
        "columns",
        ParamType::Columns(&[
            "events.city",
            "events.region",
            "events.search_query",
            "sessions.city",
            "sessions.region",
            "users.first_name",
            "users.last_name",
            "users.street",
            "users.city",
            "users.region",
        ]),
        "Which columns of text; texts of ASCII alone survive every table and are passed over.",
    ),
    Param::new(
        "how",
        ParamType::Some(&["windows_1252", "twice", "replacement"]),
        "UTF-8 read as Windows-1252, the same twice, Latin-1 read as UTF-8 with marks for what is none.",
    ),
])
.acts(&Mojibake);

struct Mojibake;

impl Act for Mojibake {
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
                    && value.text().is_some_and(|text| !text.is_ascii())
            })?;
        let text = value.text()?;
        let garbled = match how {
            "windows_1252" => as_windows_1252(text),
            "twice" => as_windows_1252(text).and_then(|once| as_windows_1252(&once)),
            _ => Some(text.chars().map(|c| if c.is_ascii() { c } else { '\u{fffd}' }).collect()),
        }?;
        let incident = Incident::new().set(row, &field.name, Value::Text(garbled));
        Some(incident.note("way", how).note("column", &*field.name))
    }
}

/// What Windows-1252 has from 0x80 to 0x9f; a blank where it has nothing.
const UPPER: [char; 32] = [
    '€', ' ', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', ' ', 'Ž', ' ', ' ', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', ' ', 'ž', 'Ÿ',
];

/// The bytes of a text read as Windows-1252; none where it has no sign for one.
fn as_windows_1252(text: &str) -> Option<String> {
    let sign = |byte: u8| match byte {
        0x80..=0x9f => Some(UPPER[usize::from(byte - 0x80)]).filter(|sign| *sign != ' '),
        _ => Some(char::from(byte)),
    };
    text.bytes().map(sign).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_garbled_as_they_are_in_the_wild() {
        assert_eq!(as_windows_1252("München").as_deref(), Some("MÃ¼nchen"));
        assert_eq!(as_windows_1252("Straße").as_deref(), Some("StraÃŸe"));
        let twice = as_windows_1252("São").and_then(|once| as_windows_1252(&once));
        assert_eq!(twice.as_deref(), Some("SÃƒÂ£o"));
        assert_eq!(as_windows_1252("Ávila"), None);
    }
}
