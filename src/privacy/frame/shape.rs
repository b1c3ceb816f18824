//! The shape of tables behind a policy, by what the manifest says of them: the engine writes it, and checks read it.

use std::collections::BTreeMap;

use crate::manifest::ColumnChange;
use crate::privacy::policy::act::Act;
use crate::privacy::policy::{Rule, is_below};
use crate::privacy::token::Encoding;
use crate::schema::{Bounds, Field, Schemas, Table, Type};

/// By table, the columns that do not leave as they were.
pub type Columns = BTreeMap<String, Vec<ColumnChange>>;

/// What a rule makes of a field; none when it leaves as it was.
pub(super) fn of_field(rule: &Rule, field: &Field) -> Option<ColumnChange> {
    if rule.act == Act::Keep && !rule.rare {
        return None;
    }
    let is_text = matches!(field.ty, Type::Text | Type::Enum);
    let ty = match (&rule.act, field.ty) {
        (Act::Drop, _) => None,
        (Act::Token(token), Type::Id) if token.encoding == Encoding::Uuid => Some(Type::Id),
        (Act::Token(_) | Act::Band(_), _) | (_, Type::Enum) => Some(Type::Text),
        (_, ty) => Some(ty),
    };
    // Of a text that is suppressed a word is left, of a number nothing.
    let may_be_absent = match rule.act {
        Act::Keep | Act::Token(_) => rule.rare && !is_text,
        Act::Rare => !is_text,
        _ => true,
    };
    Some(ColumnChange { nullable: field.nullable || may_be_absent, ..of_rule(rule, ty) })
}

/// What a rule makes of a path within JSON; none when it leaves as it was.
pub(super) fn of_path(rule: &Rule) -> Option<ColumnChange> {
    let ty = if rule.act == Act::Drop { None } else { Some(Type::Text) };
    (rule.act != Act::Keep).then(|| of_rule(rule, ty))
}

fn of_rule(rule: &Rule, ty: Option<Type>) -> ColumnChange {
    let shift = if let Act::Shift(shift) = rule.act { Some(shift) } else { None };
    let token = if let Act::Token(token) = &rule.act { Some(token) } else { None };
    let act = if rule.act == Act::Keep { Act::Rare.name() } else { rule.act.name() };
    let how = if let Act::Network { v4, v6 } = rule.act { Some((v4, v6)) } else { None };
    ColumnChange {
        name: rule.path.clone(),
        act: act.to_owned(),
        ty: ty.map(|ty| ty.name().to_owned()),
        nullable: false,
        namespace: token.map(|token| token.namespace.clone()),
        days: shift.map(|shift| shift.days),
        round: shift.map(|shift| shift.round).filter(|round| *round > 0),
        how: how.map(|(v4, v6)| format!("/{v4}, /{v6}")),
    }
}

fn type_of(changed: &ColumnChange) -> Option<Type> {
    let name = changed.ty.as_deref()?;
    Type::NAMED.iter().find(|(known, _)| *known == name).map(|(_, ty)| *ty)
}

/// A table as it is written.
pub(super) fn table(table: &Table, columns: &[ColumnChange]) -> Table {
    let changed = |name: &str| columns.iter().find(|changed| changed.name == name);
    let mut written = table.clone();
    written.fields.retain_mut(|field| {
        let Some(changed) = changed(&field.name) else { return true };
        let Some(ty) = type_of(changed) else { return false };
        (field.ty, field.nullable) = (ty, changed.nullable);
        field.bounds = Bounds::default();
        field.values.clear();
        true
    });
    let has = |name: &String| written.fields.iter().any(|field| field.name == *name);
    let (mut key, mut unique) = (table.key.clone(), table.unique.clone());
    // What became coarser is not unique any more.
    let tells = |name: &String| has(name) && changed(name).is_none_or(|one| one.act == TOKEN);
    let whole = |names: &[String]| names.iter().all(tells);
    if !whole(&key) {
        key.clear();
    }
    unique.retain(|names| whole(names));
    // Tokens are in no order.
    let ordered = |name: &&String| has(name) && changed(name).is_none_or(|one| one.act == SHIFT);
    let sorted_by = table.sorted_by.iter().take_while(ordered).cloned().collect();
    Table { key, unique, sorted_by, ..written }
}

/// What is done to identifiers.
pub const TOKEN: &str = "token";
/// What is done to JSON.
pub const INSIDE: &str = "inside";
/// What is done to times.
pub const SHIFT: &str = "shift";

/// The partition of events by the day of their arrival.
pub const DATE: &str = "event_date";

/// All tables as they are written: references that do not join any more are none, and properties that do not leave are not declared.
pub fn schemas(schemas: &Schemas, columns: &Columns) -> Schemas {
    let mut made = schemas.clone();
    let of = |name: &str| columns.get(name).map_or(&[][..], Vec::as_slice);
    let changed = |name: &str, column: &str| of(name).iter().find(|one| one.name == column);
    for written in &mut made.tables {
        *written = table(written, of(&written.name));
        let name = written.name.clone();
        for field in &mut written.fields {
            let joins = |(other, key): &(String, String)| match (
                changed(&name, &field.name),
                changed(other, key),
            ) {
                (None, None) => true,
                (Some(one), Some(other)) => {
                    one.act == TOKEN
                        && (&one.act, &one.ty, &one.namespace)
                            == (&other.act, &other.ty, &other.namespace)
                }
                _ => false,
            };
            field.reference = field.reference.take().filter(joins);
        }
    }
    let events = schemas.tables.iter().find(|table| table.is_events());
    for event in &mut made.events {
        event.properties.retain(|property| {
            let path = format!("{PROPERTIES}.{}", property.name);
            events.and_then(|table| changed(&table.name, &path)).is_none_or(|one| one.ty.is_some())
        });
    }
    made
}

/// The column of events whose members are properties.
const PROPERTIES: &str = "properties";

/// Whether a path is one within a column.
pub fn is_within(path: &str, column: &str) -> bool {
    path != column && is_below(path, column)
}
