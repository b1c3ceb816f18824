//! `missing_value`: what is required is not there.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::columns::{self, Chosen};
use crate::anomaly::ground::{Ground, Rowset, Site};
use crate::anomaly::incident::Incident;
use crate::anomaly::kind::{Kind, Param, ParamType, Scope};
use crate::anomaly::value::Value;
use crate::schema::Field;
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static MISSING_VALUE: Kind = Kind::new(
    "missing_value",
    Scope::Field,
    "Leaves out a required value: completely at random, by what else is known, or by the value itself.",
    "What is required is there.",
)
.critical()
.drizzles(1e-4)
.takes(&[
    Param::new(
        "columns",
        ParamType::Columns(&[
            "events.page_url",
            "events.page_path",
            "events.page_load_ms",
            "events.product_category",
            "events.price",
            "events.currency",
            "events.payment_method",
            "events.search_query",
            "events.country",
            "events.device_class",
            "users.email",
            "users.country",
            "users.birth_date",
            "devices.user_agent",
            "sessions.source",
            "orders.payment_method",
            "order_items.unit_price",
            "payments.method",
        ]),
        "Which columns, where the row requires them. In Parquet only those that the schema lets be absent: others cannot be.",
    ),
    Param::new(
        "mechanism",
        ParamType::Choice(&["mcar", "mar", "mnar"]),
        "Completely at random; on mobile devices alone; among great numbers and long texts alone.",
    ),
])
.acts(&MissingValue);

struct MissingValue;

/// Numbers from here on are great, texts from there on long.
const GREAT: i64 = 5_000;
const LONG: usize = 40;

impl Act for MissingValue {
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
        let Site::Row(row) = site else { return None };
        if params.word("mechanism") == "mar" {
            let session = ground.session(ground.session_of(row)?);
            let class = ground.world().models.devices[usize::from(session.profile)].class;
            (class as usize == 0).then_some(())?;
        }
        let event = if row.rowset == Rowset::Events {
            ground.world().schemas.events.get(usize::from(ground.event(row)?.row.kind))
        } else {
            None
        };
        let is_required =
            |field: &Field| !field.nullable || event.is_some_and(|event| event.requires(field));
        let is_own = |value: &Value| {
            params.word("mechanism") != "mnar"
                || value.number().is_some_and(|number| number >= GREAT)
                || value.text().is_some_and(|text| text.len() >= LONG)
        };
        let Chosen { field, .. } = columns::choose(ground, site, params, draw, |field, value| {
            is_required(field) && ground.can_be_absent(row.rowset, &field.name) && is_own(value)
        })?;
        let incident = Incident::new().set(row, &field.name, Value::Null);
        Some(incident.note("column", &*field.name))
    }
}
