//! Data sets that were made behind a privacy policy: what can be asked of them.
//!
//! The manifest says which columns do not leave as they were. A check is made where what it compares (`looks`) can still be
//! compared; else it is skipped, and says by which column.

use std::collections::BTreeMap;

use crate::check::looks::{self, Looks, Takes};
use crate::manifest::{ColumnChange, Manifest};
use crate::privacy::frame::shape;
use crate::schema::{Schemas, Type};

/// Why checks are not made that know of nothing but whole data sets.
const UNKNOWING: &str = "it was made behind a privacy policy, which this does not know of";

/// Times cut to a divisor of this many seconds still do not come after what they did not come after.
const HOUR: i64 = 3_600;

/// The schemas of what a data set holds: behind a policy, those of what is left.
pub fn schemas(schemas: &Schemas, manifest: &Manifest) -> Schemas {
    match &manifest.privacy {
        Some(privacy) => shape::schemas(schemas, &privacy.columns),
        None => schemas.clone(),
    }
}

/// What a policy took from a data set.
#[derive(Debug)]
pub(super) struct Lost<'m> {
    /// By table, the columns that do not leave as they were; none without a policy.
    columns: Option<&'m shape::Columns>,
    schemas: &'m Schemas,
}

impl<'m> Lost<'m> {
    /// Of the schemas of what is left.
    pub(super) fn of(schemas: &'m Schemas, manifest: &'m Manifest) -> Self {
        Self { columns: manifest.privacy.as_ref().map(|privacy| &privacy.columns), schemas }
    }

    /// Why a check cannot be made, if that is so.
    pub(super) fn reason(&self, check: &str) -> Option<String> {
        let columns = self.columns?;
        // How real it looks, and how far it is from what was set, was asked before the policy had its say.
        let Some(looks) = looks::of(check) else { return Some(UNKNOWING.to_owned()) };
        let why = self.blocks(columns, looks)?;
        Some(format!("behind the privacy policy {why}"))
    }

    /// What keeps a check from comparing what it compares.
    fn blocks(&self, columns: &shape::Columns, looks: &Looks) -> Option<String> {
        // By name, what was done to the first column of that name.
        let mut alike: BTreeMap<&str, (&str, Option<&ColumnChange>)> = BTreeMap::new();
        let mut times: Option<(String, i64)> = None;
        for (table, names) in looks.at {
            let changed = columns.get(*table).map_or(&[][..], Vec::as_slice);
            for name in *names {
                let change = changed.iter().find(|one| one.name == *name);
                // What was looked into changed where a path within did.
                let within = changed.iter().find(|one| shape::is_within(&one.name, name));
                let touched = change.filter(|one| one.act != shape::INSIDE).or(within);
                if let Some(one) = touched.filter(|_| looks.takes == Takes::Themselves) {
                    return Some(format!("{} in {table}", told(one)));
                }
                if let Some(why) = touched.and_then(|one| took(one, name, looks)) {
                    return Some(format!("{why} in {table}"));
                }
                let (first, before) = *alike.entry(name).or_insert((table, change));
                let is_compared = |one: &ColumnChange| {
                    one.act == shape::TOKEN || looks.alike.contains(&one.name.as_str())
                };
                if [before, change].into_iter().flatten().any(is_compared)
                    && !is_same(before, change)
                {
                    return Some(format!("`{name}` is not in {table} what it is in {first}"));
                }
                if self.is_time(table, name) {
                    let moved = change.and_then(|one| one.days).map_or(0, i64::from);
                    let (other, days) = times.get_or_insert((format!("{table}.{name}"), moved));
                    if *days != moved {
                        return Some(format!("{table}.{name} was moved otherwise than {other}"));
                    }
                }
            }
        }
        None
    }

    fn is_time(&self, table: &str, name: &str) -> bool {
        let field = self.schemas.table(table).and_then(|table| table.field(name));
        name == shape::DATE
            || field.is_some_and(|field| matches!(field.ty, Type::Timestamp | Type::Date))
    }
}

/// What was done to a column that keeps a check from relying on it.
fn took(change: &ColumnChange, name: &str, looks: &Looks) -> Option<String> {
    let stands = match change.act.as_str() {
        // The name of a folder that is a token says nothing of the order of days.
        shape::TOKEN => name != shape::DATE,
        shape::SHIFT => {
            let round = change.round.unwrap_or(0);
            // Days are as they were, moved or not.
            let is_whole =
                round == 0 || name == shape::DATE || change.ty.as_deref() == Some("date");
            is_whole || looks.takes == Takes::NotAfter && HOUR % round == 0
        }
        _ => looks.alike.contains(&name) || looks.there.contains(&name) && change.ty.is_some(),
    };
    (!stands).then(|| told(change))
}

/// Whether the same was done to two columns, so that their values are equal where they were.
fn is_same(one: Option<&ColumnChange>, other: Option<&ColumnChange>) -> bool {
    let of = |change: &ColumnChange| {
        let ColumnChange { act, ty, namespace, how, .. } = change.clone();
        (act, ty, namespace, how)
    };
    one.map(of) == other.map(of)
}

fn told(changed: &ColumnChange) -> String {
    let act = &changed.act;
    match (changed.ty.as_deref(), changed.round) {
        (None, _) => format!("`{}` was dropped", changed.name),
        (_, Some(seconds)) => format!("`{}` was cut to {seconds} s", changed.name),
        _ => format!("`{}` was changed ({act})", changed.name),
    }
}
