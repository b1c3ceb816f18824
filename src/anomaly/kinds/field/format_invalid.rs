//! `format_invalid`: text that is nearly of its form.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::columns::{self, Chosen};
use crate::anomaly::ground::{Ground, Rowset, Site};
use crate::anomaly::incident::Incident;
use crate::anomaly::kind::{Kind, Param, ParamType, Scope};
use crate::anomaly::line;
use crate::anomaly::value::Value;
use crate::schema::{Field, Format, Type};
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static FORMAT_INVALID: Kind = Kind::new(
    "format_invalid",
    Scope::Field,
    "Breaks the form of an e-mail address, URL, IP address, telephone number, code or UUID.",
    "Values have their pattern.",
)
.drizzles(2e-5)
.takes(&[Param::new(
    "columns",
    ParamType::Columns(&[
        "events.page_url",
        "events.page_path",
        "events.page_referrer",
        "events.ip",
        "events.locale",
        "events.country",
        "events.cart_id",
        "users.email",
        "users.phone",
        "users.locale",
        "sessions.ip",
        "sessions.landing_url",
        "orders.idempotency_key",
        "payments.idempotency_key",
    ]),
    "Which columns that have a form; those of UUIDs only in NDJSON.",
)])
.acts(&FormatInvalid);

struct FormatInvalid;

impl Act for FormatInvalid {
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
        let fits = |field: &Field, _: &Value| match field.ty {
            Type::Id => ground.has_lines(),
            _ => field.bounds.format.is_some_and(|format| format != Format::Currency),
        };
        let Chosen { row, field, value } = columns::choose(ground, site, params, draw, fits)?;
        let incident = Incident::new().note("column", &*field.name);
        if matches!(value, Value::Id(_)) {
            let (name, way) = (field.name.clone(), draw.below(4));
            // Behind a policy another id stands in the line, and that one is made wrong.
            return Some(incident.mangle(row, move |line| {
                let Some(member) = line::find(line, &name) else { return line.to_vec() };
                let there = String::from_utf8_lossy(&line[member.value.clone()]);
                let wrong = format!("\"{}\"", unlike_id(there.trim_matches('"'), way));
                line::spliced(line, member.value, wrong.as_bytes())
            }));
        }
        let format = field.bounds.format?;
        let wrong = unlike(format, value.text()?, draw);
        (!format.holds(&wrong)).then_some(())?;
        Some(incident.set(row, &field.name, Value::Text(wrong)))
    }
}

/// A UUID as other systems write one, or one that was cut.
fn unlike_id(text: &str, way: u32) -> String {
    match way {
        0 => text.replace('-', ""),
        1 => format!("{{{text}}}"),
        2 => text.char_indices().next_back().map_or("", |(end, _)| &text[..end]).to_owned(),
        _ => format!("urn:uuid:{text}"),
    }
}

/// A text that is nearly of a form.
fn unlike(format: Format, text: &str, draw: &mut Stream) -> String {
    let ways: [String; 4] = match format {
        Format::Email => [
            text.replacen('@', "", 1),
            text.replacen('@', "@@", 1),
            text.replacen('@', " at ", 1),
            text.split_once('.').map_or_else(String::new, |_| text.replace('.', "..")),
        ],
        Format::Uri => [
            text.replacen("https://", "https:/", 1),
            text.replacen("https://", "htps://", 1),
            text.replacen("https://", "https://https://", 1),
            format!("{text} "),
        ],
        Format::Path => [
            text.trim_start_matches('/').to_owned(),
            text.replace('/', "\\"),
            format!("{text} "),
            format!("https:{text}"),
        ],
        Format::Ipv4 => [
            text.rsplit_once('.').map_or_else(String::new, |(start, _)| start.to_owned()),
            text.rsplit_once('.')
                .map_or_else(String::new, |(start, end)| format!("{start}.2{end}9")),
            format!("{text}:443"),
            format!("{text}, 10.0.0.7"),
        ],
        Format::Phone => [
            text.trim_start_matches('+').to_owned(),
            format!("{text} ext. {}", draw.below(90) + 10),
            spreadsheet(text),
            text.get(..6).unwrap_or_default().to_owned(),
        ],
        Format::Country | Format::Currency => {
            [text.to_lowercase(), format!("{text}U"), format!("{text} "), text[..1].to_owned()]
        }
        Format::Locale => [
            text.replace('-', "_"),
            text.get(..2).unwrap_or_default().to_owned(),
            text.to_lowercase(),
            format!("{text}.UTF-8"),
        ],
    };
    ways[draw.below(4) as usize].clone()
}

/// Digits as a spreadsheet shows them: `4.93023E+11`.
fn spreadsheet(text: &str) -> String {
    let digits = text.trim_start_matches('+');
    let (first, rest) = digits.split_at(1.min(digits.len()));
    format!("{first}.{}E+{}", rest.get(..5).unwrap_or(rest), rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::{Purpose, Seed};

    /// For all forms and many draws: what comes out is not of the form.
    #[test]
    fn nothing_keeps_its_form() {
        let texts = [
            (Format::Email, "anna.weiss@example.com"),
            (Format::Uri, "https://shop.example/p/x?a=b"),
            (Format::Path, "/p/x"),
            (Format::Ipv4, "198.18.3.7"),
            (Format::Phone, "+493023125000"),
            (Format::Country, "DE"),
            (Format::Locale, "de-DE"),
        ];
        for seed in 0..50 {
            let mut draw = Seed(seed).stream(Purpose::named("test"), 0, 0);
            for (format, text) in texts {
                let wrong = unlike(format, text, &mut draw);
                assert!(format.holds(text) && !format.holds(&wrong), "{format:?} {wrong}");
            }
        }
    }
}
