//! `pii_in_free_text`: personal data where people, or pages, put it although it does not belong there.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::columns;
use crate::anomaly::ground::{Ground, Site};
use crate::anomaly::incident::Incident;
use crate::anomaly::kind::{Kind, Param, ParamType, Scope};
use crate::anomaly::value::Value;
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static PII_IN_FREE_TEXT: Kind = Kind::new(
    "pii_in_free_text",
    Scope::Privacy,
    "Puts the user's own personal data, of reserved ranges, into a search or the address of a page.",
    "A scanner finds none.",
)
.critical()
.drizzles(2e-5)
.takes(&[
    Param::new(
        "columns",
        ParamType::Columns(&["events.search_query", "events.page_url"]),
        "Which columns of text: behind what stands there, or as a query parameter of a URL.",
    ),
    Param::new("what", ParamType::Some(&["email", "phone"]), "Which personal data."),
])
.acts(&PiiInFreeText);

struct PiiInFreeText;

impl Act for PiiInFreeText {
    fn rows(&self, params: &Params) -> Vec<crate::anomaly::ground::Rowset> {
        columns::rowsets(params.words("columns"))
    }

    fn inject(
        &self,
        ground: &Ground<'_>,
        site: Site,
        params: &Params,
        draw: &mut Stream,
    ) -> Option<Incident> {
        let Site::Row(row) = site else { return None };
        let what = params.turns("what", draw).next()?;
        let names = columns::of(params.words("columns"), row.rowset);
        let is_text = |value: &Value| value.text().is_some();
        let (column, there) = columns::pick(ground, row, names, draw, is_text)?;
        let there = there.text()?.to_owned();
        let user = ground.user_row(ground.user_of(row))?;
        let own = ground.value(user, what);
        let own = own.text()?;
        let leaked = if there.starts_with("http") {
            let separator = if there.contains('?') { '&' } else { '?' };
            let escaped = own.replace('+', "%2B").replace('@', "%40").replace(' ', "%20");
            format!("{there}{separator}{what}={escaped}")
        } else {
            format!("{there} {own}")
        };
        Some(Incident::new().set(row, column, Value::Text(leaked)))
    }
}
