//! `schema_drift`: files whose columns are not those declared, from some file on.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::drift::Drift;
use crate::anomaly::ground::{FileRef, Ground, Rowset, Site};
use crate::anomaly::incident::Incident;
use crate::anomaly::kind::{Detectability, Kind, Param, ParamType, Rule, Scope};
use crate::schema::{Field, Table, Type};
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static SCHEMA_DRIFT: Kind = Kind::new(
    "schema_drift",
    Scope::File,
    "Renames, adds, drops or retypes a column from some file on.",
    "Files have the declared schema.",
)
.critical()
.shows_in(Detectability::Metadata)
.found_by(Rule::File)
.usually(1)
.takes(&[
    Param::new(
        "how",
        ParamType::Some(&["rename", "add", "drop", "retype"]),
        "A column gets the name that another style of writing gives it, one comes that nobody declared, one is gone, a number comes as text or a moment as microseconds.",
    ),
    Param::new(
        "table",
        ParamType::Choice(&[
            "events",
            "users",
            "devices",
            "journeys",
            "sessions",
            "orders",
            "order_items",
            "payments",
        ]),
        "Whose files. The events have one a slice of arrival time, the others one a range of users.",
    ),
    Param::new(
        "files",
        ParamType::Integer(1..=100_000, 2),
        "How many files of a range drift at most, the last among them: a great number lets it begin anywhere. What drifts can carry nothing else unless overlaps are on.",
    ),
])
.acts(&SchemaDrift);

struct SchemaDrift;

/// Columns that systems grow without a word, with a value.
const ADDED: [(&str, &str); 4] = [
    ("app_version", "8.14.2"),
    ("ingest_host", "collector-eu-2"),
    ("schema_rev", "2026-02"),
    ("client_tz", "Europe/Berlin"),
];

impl Act for SchemaDrift {
    fn inject(
        &self,
        ground: &Ground<'_>,
        site: Site,
        params: &Params,
        draw: &mut Stream,
    ) -> Option<Incident> {
        let Site::File(first) = site else { return None };
        let rowset = Rowset::of(params.word("table"))?;
        let of_table = match first {
            FileRef::Slice(_) => Rowset::Events,
            FileRef::Table(of) => of,
        };
        (of_table == rowset).then_some(())?;
        let is_same =
            |file: &FileRef| matches!(file, FileRef::Slice(_)) == (rowset == Rowset::Events);
        let from = ground.files().into_iter().filter(|file| is_same(file) && *file >= first);
        let files: Vec<FileRef> = match first {
            FileRef::Slice(_) => from.collect(),
            FileRef::Table(_) => vec![first],
        };
        (files.len() as i64 <= params.integer("files")).then_some(())?;
        let how = params.one("how", draw);
        let drift = drift(ground.table(rowset)?, ground.has_lines(), how, draw)?;
        let incident = Incident::new().effect(files.len() as f64);
        let column = drift.column().to_owned();
        Some(incident.note("way", drift.name()).note("column", column).drift(files, drift))
    }
}

/// A drift of a table.
fn drift(table: &Table, has_lines: bool, how: &str, draw: &mut Stream) -> Option<Drift> {
    let is_plain = |field: &&Field| {
        !table.key.contains(&field.name)
            && !table.sorted_by.contains(&field.name)
            && field.reference.is_none()
            && field.from != "event.name"
    };
    // A line shows nothing of a column that it has no value in.
    let is_there = |field: &&Field| !has_lines || !field.nullable || field.from == "event.sent_at";
    let fits = |field: &&Field| match how {
        "rename" => field.ty != Type::Id && field.name.contains('_'),
        "drop" => {
            !field.nullable
                && matches!(field.ty, Type::Text | Type::Enum | Type::Int32 | Type::Money)
        }
        "retype" => matches!(field.ty, Type::Int32 | Type::Money) || field.from == "event.sent_at",
        _ => true,
    };
    let fields: Vec<&Field> =
        table.fields.iter().filter(is_plain).filter(is_there).filter(fits).collect();
    let field = *fields.get(draw.below(fields.len() as u32) as usize)?;
    let name = field.name.clone();
    Some(match how {
        "rename" => {
            let new = camel(&name);
            Drift::Rename(name, new)
        }
        "drop" => Drift::Drop(name),
        "retype" if field.ty == Type::Timestamp => Drift::Retype(name, Type::Int64),
        "retype" => Drift::Retype(name, Type::Text),
        _ => {
            let (new, value) = ADDED[draw.below(ADDED.len() as u32) as usize];
            Drift::Add(name, new.to_owned(), value.to_owned())
        }
    })
}

/// `page_url` as another style of writing has it: `pageUrl`.
fn camel(name: &str) -> String {
    let mut parts = name.split('_');
    let mut camel = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (head, tail) = part.split_at(part.len().min(1));
        camel.push_str(&head.to_ascii_uppercase());
        camel.push_str(tail);
    }
    camel
}
