//! Rules for throng's own tables, whose columns have classes in their schemas: `[classes]` says what is done to each class.
//!
//! ```toml
//! [classes]
//! direct_identifier = { do = "token", encoding = "uuid" }
//! time = { do = "shift", per = "data_set" }
//! ```
//! Lines under `[tables.…]` stand over what follows from a class.

use super::{Act, Rule, Table, act};
use crate::diag;
use crate::privacy::token::Encoding;
use crate::privacy::token::normal::Kind;
use crate::schema::{self, Privacy, Schemas, Type};

/// A class's act, and why it is kept where it is.
struct Manner {
    class: Privacy,
    act: Act,
    reason: Option<String>,
}

/// The tables that follow from `[classes]`; none when there is no such section.
pub(super) fn read(root: &diag::Table<'_>, schemas: &Schemas) -> Vec<Table> {
    if !root.has("classes") {
        return Vec::new();
    }
    let lines = root.named("classes").into_iter();
    let manners: Vec<Manner> = lines.filter_map(|(name, line)| manner(&name, &line)).collect();
    schemas.tables.iter().map(|table| of_table(table, &manners, schemas)).collect()
}

fn manner(name: &diag::Located<String>, line: &diag::Table<'_>) -> Option<Manner> {
    let index = name.one_of("class", Privacy::NAMED.iter().map(|(name, _)| *name))?;
    let class = Privacy::NAMED[index].1;
    let act = act::read_manner(line, class);
    let reason = line.opt_text("reason");
    if act == Act::Keep && reason.is_none() {
        name.problem("a class is kept without a reason", "add `reason = \"…\"`");
    }
    Some(Manner { class, act, reason })
}

fn of_table(table: &schema::Table, manners: &[Manner], schemas: &Schemas) -> Table {
    let truth = table.name.starts_with("truth/");
    let mut rules: Vec<Rule> = table.fields.iter().map(|field| of_field(field, manners)).collect();
    if table.is_events() {
        rules.extend(properties(schemas));
        // Files of events lie in a folder for each day of arrival.
        let arrival = table.fields.iter().find(|field| field.name == "received_at");
        rules.extend(arrival.map(|field| {
            let mut rule = of_field(field, manners);
            (rule.path, rule.optional) = ("event_date".to_owned(), true);
            rule
        }));
    }
    let subject = ["user_id", "anonymous_id", "device_id", "session_id"];
    let subject = subject.into_iter().filter(|name| table.field(name).is_some());
    let subject = subject.map(str::to_owned).collect();
    Table { name: table.name.clone(), subject, dropped: truth, rules }
}

fn of_field(field: &schema::Field, manners: &[Manner]) -> Rule {
    let manner = manners.iter().find(|manner| manner.class == field.privacy);
    let act = manner.map_or(Act::Drop, |manner| fitting(&manner.act, field));
    Rule {
        path: field.name.clone(),
        class: field.privacy,
        rare: act == Act::Rare,
        reason: manner.and_then(|manner| manner.reason.clone()),
        act,
        reviewed: true,
        sensitive: false,
        optional: false,
        written: None,
    }
}

/// An act as it fits a field: tokens get their namespace and the field's own shape.
fn fitting(act: &Act, field: &schema::Field) -> Act {
    let Act::Token(token) = act else { return act.clone() };
    let mut token = token.clone();
    namespace(&field.name).clone_into(&mut token.namespace);
    (token.normal.kind, token.encoding) = match (field.name.as_str(), field.ty, token.encoding) {
        (_, Type::Id, encoding) => (Kind::Uuid, encoding),
        ("email", _, Encoding::Uuid) => (Kind::Email, Encoding::Email),
        ("email", _, encoding) => (Kind::Email, encoding),
        ("phone", _, Encoding::Uuid) => (Kind::Phone, Encoding::Base32),
        ("phone", _, encoding) => (Kind::Phone, encoding),
        (_, _, Encoding::Uuid) => (Kind::Text, Encoding::Base32),
        (_, _, encoding) => (Kind::Text, encoding),
    };
    token.bits = token.bits.min(token.encoding.most_bits());
    Act::Token(token)
}

/// Whose identity a column holds: `user_id` is of the namespace `user`, whatever table it stands in, and so are the items of `user_ids[]`.
pub(super) fn namespace(column: &str) -> &str {
    let items = column.trim_end_matches("[]");
    let name = items.rsplit(['.', ']']).next().unwrap_or(items);
    let bare = if items.len() < column.len() { name.strip_suffix("_ids") } else { None };
    let bare = bare.or_else(|| name.strip_suffix("_id")).unwrap_or(name);
    // A namespace has a name: `_id` alone names nobody.
    if bare.is_empty() { "id" } else { bare }
}

/// The properties of events, by path. All are out of small sets that the schemas list.
fn properties(schemas: &Schemas) -> Vec<Rule> {
    let all = schemas.events.iter().flat_map(|event| &event.properties);
    let mut rules: Vec<Rule> = Vec::new();
    for property in all {
        let path = format!("properties.{}", property.name);
        if rules.iter().any(|rule| rule.path == path) {
            continue;
        }
        let public = property.privacy == Privacy::Public;
        rules.push(Rule {
            path,
            class: property.privacy,
            act: if public { Act::Keep } else { Act::Drop },
            reason: public.then(|| "one of a few values that the schema lists".to_owned()),
            reviewed: true,
            rare: false,
            sensitive: false,
            optional: true,
            written: None,
        });
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::namespace;

    #[test]
    fn a_namespace_has_a_name() {
        let cases = [
            ("user_id", "user"),
            ("who.user_id", "user"),
            ("ids[]", "ids"),
            ("user_ids[]", "user"),
            ("items[].device_id", "device"),
            ("a[][]", "a"),
            ("_id", "id"),
            ("[]", "id"),
            ("", "id"),
        ];
        for (column, expected) in cases {
            assert_eq!(namespace(column), expected, "{column}");
        }
    }
}
