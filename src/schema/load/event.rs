//! Reads an event type's file.

use crate::assets::AssetFile;
use crate::diag::{self, Document, Located};
use crate::schema::facts::{self, PropertyFact};
use crate::schema::{EventType, Origin, Privacy, Property, Type};

/// The most objects that the properties of an event type can make together: they are interned whole.
const MOST_OBJECTS: usize = 2_000;

/// The types that a property can have.
const TYPES: &[(&str, Type)] = &[
    ("text", Type::Text),
    ("enum", Type::Enum),
    ("int32", Type::Int32),
    ("int64", Type::Int64),
    ("float64", Type::Float64),
    ("bool", Type::Bool),
];

/// Reads an event type; its problems stay in the document.
pub(super) fn read(file: &AssetFile, groups: &[&'static str]) -> (Document, EventType) {
    let document = Document::parse(file.name.clone(), file.text.clone());
    let mut event = EventType {
        name: file.stem.clone(),
        doc: String::new(),
        segment: None,
        fills: Vec::new(),
        properties: Vec::new(),
    };
    if !document.is_broken() {
        let root = document.root();
        if !super::is_name(&event.name) {
            let message = format!("the file's name `{}` cannot name an event type", event.name);
            root.problem_at_key("doc", message, super::A_NAME);
        }
        event.doc = super::doc(&root, "doc");
        event.segment = root.opt_text("segment");
        event.fills = read_fills(&root, groups);
        let named = root.named("properties");
        let read: Vec<_> = named.iter().map(|(name, toml)| read_property(name, toml)).collect();
        let objects = read.iter().fold(1_usize, |objects, (_, most)| objects.saturating_mul(*most));
        if objects > MOST_OBJECTS {
            let message = format!("the properties make {objects} different objects");
            let help = format!("at most {MOST_OBJECTS}: fewer properties, or fewer values");
            root.problem_at_key("properties", message, help);
        }
        event.properties = read.into_iter().map(|(property, _)| property).collect();
    }
    (document, event)
}

fn read_fills(root: &diag::Table<'_>, groups: &[&'static str]) -> Vec<String> {
    let mut fills: Vec<String> = Vec::new();
    for group in root.texts("fills") {
        if fills.contains(&group.value) {
            group.problem(format!("`{}` is there twice", group.value), "once is enough");
        } else if group.one_of("group", groups.iter().copied()).is_some() {
            fills.push(group.value);
        }
    }
    fills
}

/// A property, and the most values that it can have.
fn read_property(name: &Located<String>, toml: &diag::Table<'_>) -> (Property, usize) {
    super::check_name(name);
    let ty = toml.choice("type", TYPES);
    let (origin, most) = read_origin(name, toml, ty);
    let property = Property {
        name: name.value.clone(),
        ty: ty.unwrap_or(Type::Text),
        doc: super::doc(toml, "doc"),
        unit: toml.opt_text("unit"),
        privacy: toml.choice("privacy", Privacy::NAMED).unwrap_or(Privacy::DirectIdentifier),
        origin,
    };
    (property, most)
}

fn read_origin(
    name: &Located<String>,
    toml: &diag::Table<'_>,
    ty: Option<Type>,
) -> (Origin, usize) {
    let values = toml.weights("values");
    let Some(from) = toml.opt_located("from") else {
        return read_values(name, toml, ty, &values);
    };
    if toml.has("values") {
        toml.problem_at_key("values", "both `from` and `values`", "one of them fills the property");
    }
    let fact = from.one_of("fact", facts::PROPERTIES.iter().map(|fact| fact.name));
    let fact: Option<&PropertyFact> = fact.map(|index| &facts::PROPERTIES[index]);
    if let (Some(fact), Some(ty)) = (fact, ty)
        && fact.ty != ty
    {
        let message = format!("`{}` is of another type", fact.name);
        toml.problem("type", message, format!("write `type = \"{}\"`", fact.ty.name()));
    }
    (Origin::Fact(from.value), fact.map_or(1, |fact| fact.most))
}

fn read_values(
    name: &Located<String>,
    toml: &diag::Table<'_>,
    ty: Option<Type>,
    values: &[(Located<String>, f64)],
) -> (Origin, usize) {
    if !toml.has("values") {
        name.problem("nothing fills this property", "add `from = \"…\"` or `values = { … }`");
    } else if !values.iter().any(|(_, weight)| *weight > 0.0) {
        toml.problem("values", "no value has a weight", "give one a weight above 0");
    }
    let mut drawn: Vec<(String, f64)> = Vec::new();
    for (value, weight) in values {
        let Some(ty) = ty else { continue };
        match literal(ty, &value.value) {
            Some(literal) if drawn.iter().any(|(known, _)| *known == literal) => {
                value.problem(format!("`{literal}` is there twice"), "once is enough");
            }
            Some(literal) => drawn.push((literal, *weight)),
            None => {
                let message = format!("`{}` is not of type {}", value.value, ty.name());
                value.problem(message, "every value must be of the property's type");
            }
        }
    }
    let most = drawn.len().max(1);
    (Origin::Drawn(drawn), most)
}

/// The JSON literal of a value as written.
fn literal(ty: Type, written: &str) -> Option<String> {
    match ty {
        Type::Text | Type::Enum => serde_json::to_string(written).ok(),
        Type::Int32 => written.parse::<i32>().ok().map(|number| number.to_string()),
        Type::Int64 => written.parse::<i64>().ok().map(|number| number.to_string()),
        Type::Float64 => {
            written.parse::<f64>().ok().filter(|x| x.is_finite()).map(|number| number.to_string())
        }
        Type::Bool => written.parse::<bool>().ok().map(|flag| flag.to_string()),
        _ => None,
    }
}
