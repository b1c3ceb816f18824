//! Data sets that were made behind a privacy policy: what can be asked of them.
//!
//! The manifest says which columns do not leave as they were. Their shape is known, and is checked; what checks compare across columns
//! that were dropped, made coarser or moved apart is skipped, and says by which column.

use std::collections::BTreeMap;

use crate::check::entities::TABLES;
use crate::check::{Observer, Wants};
use crate::manifest::Manifest;
use crate::privacy::frame::shape;
use crate::schema::Schemas;

/// Checks of files as files, and of ids: what they look at is there whatever times and places became.
const OF_SHAPE: &[&str] = &[
    "files.listed",
    "files.digest",
    "files.readable",
    "files.schema",
    "files.rows",
    "files.times",
    "files.nulls",
    "files.values",
    "files.sorted",
    "keys.primary",
    "keys.references",
];

/// What checks look at of each event beside the columns that they ask for.
const OF_EVENTS: (&str, &[&str]) =
    ("events", &["event_id", "event_name", "session_id", "event_time", "received_at", "sent_at"]);

/// The schemas of what a data set holds: behind a policy, those of what is left.
pub fn schemas(schemas: &Schemas, manifest: &Manifest) -> Schemas {
    match &manifest.privacy {
        Some(privacy) => shape::schemas(schemas, &privacy.columns),
        None => schemas.clone(),
    }
}

/// What a policy took from a data set.
#[derive(Debug, Default)]
pub(super) struct Lost {
    /// By table, columns that cannot be relied on, each with what was done to it.
    columns: BTreeMap<String, BTreeMap<String, String>>,
    /// Why checks cannot be made that compare what is known of people and events.
    beside: Option<String>,
    /// Whether there is a policy at all.
    is_masked: bool,
}

impl Lost {
    pub(super) fn of(schemas: &Schemas, manifest: &Manifest) -> Self {
        let Some(privacy) = &manifest.privacy else { return Self::default() };
        let columns = shape::lost(schemas, &privacy.columns);
        // What is known of people and things stands beside every event.
        let beside = TABLES.iter().chain([&OF_EVENTS]);
        let found = beside.into_iter().find_map(|(table, names)| {
            let of_table = columns.get(*table)?;
            names.iter().find_map(|name| Some(format!("{} in {table}", of_table.get(*name)?)))
        });
        Self { columns, beside: found, is_masked: true }
    }

    /// Why what an observer says of a column cannot be relied on, if that is so.
    pub(super) fn blocks(&self, observer: &dyn Observer, schemas: &Schemas) -> Option<String> {
        self.columns.iter().find_map(|(name, lost)| {
            let table = schemas.table(name)?;
            let Wants::Columns(names) = observer.wants(table) else { return None };
            names.iter().find_map(|column| Some(format!("{} in {name}", lost.get(*column)?)))
        })
    }

    /// Why a check cannot be made, if that is so; `observer` is why its observer cannot be relied on.
    pub(super) fn reason(
        &self,
        check: &str,
        family: &str,
        observer: Option<&String>,
    ) -> Option<String> {
        if !self.is_masked || OF_SHAPE.contains(&check) {
            return None;
        }
        let of_column = |table: &str, column: &str| {
            let told = self.columns.get(table)?.get(column)?;
            Some(format!("{told} in {table}"))
        };
        let own = match check {
            "files.properties" => of_column("events", "properties"),
            "files.partitions" => of_column("events", "event_date"),
            _ => None,
        };
        let why = self.beside.clone().or(own).or_else(|| observer.cloned());
        let why = why.map(|why| format!("behind the privacy policy {why}"));
        // How real it looks, and how far it is from what was set, was asked before the policy had its say.
        why.or_else(|| {
            let asks = ["realism", "targets", "coverage", "anomalies"].contains(&family);
            asks.then(|| {
                "it was made behind a privacy policy, which this does not know of".to_owned()
            })
        })
    }
}
