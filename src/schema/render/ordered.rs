//! JSON whose members keep their order, so that a document reads as its author meant.

use serde::ser::{Serialize, SerializeMap, Serializer};

/// A JSON value.
pub(super) enum Json {
    /// Anything without members of its own.
    Leaf(serde_json::Value),
    /// An array.
    List(Vec<Json>),
    /// An object.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// A string, a number, or true or false.
    pub(super) fn leaf(value: impl Into<serde_json::Value>) -> Self {
        Self::Leaf(value.into())
    }

    /// An array of strings.
    pub(super) fn texts<S: AsRef<str>>(texts: impl IntoIterator<Item = S>) -> Self {
        Self::List(texts.into_iter().map(|text| Self::leaf(text.as_ref())).collect())
    }

    /// An object.
    pub(super) fn object<const N: usize>(members: [(&str, Json); N]) -> Self {
        Self::Object(members.map(|(name, value)| (name.to_owned(), value)).into())
    }

    /// The object with one more member.
    pub(super) fn with(self, name: &str, value: Json) -> Self {
        let mut members = if let Self::Object(members) = self { members } else { Vec::new() };
        members.push((name.to_owned(), value));
        Self::Object(members)
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Leaf(value) => value.serialize(serializer),
            Self::List(items) => items.serialize(serializer),
            Self::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (name, value) in members {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
        }
    }
}
