//! Files whose columns are other ones than declared: a column renamed, added, dropped or of another type.
//!
//! A drift acts on a whole file as it is written. Its label, one a file, names the column as it was and as it is, each as a JSON object; a
//! dropped column's holds the values of all rows, so that [`undo`] brings them back.

use std::ops::Range;

use serde_json::{Value as Json, json};

use crate::anomaly::line::{self, Member};
use crate::anomaly::value::Value;
use crate::frame::{Cell, Column, Dictionary, Frame};
use crate::schema::{Bounds, Field, Privacy, Table, Type};

/// What becomes of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Drift {
    /// It has another name.
    Rename(String, String),
    /// One comes in front of it that nobody declared, of text, with the same value in every row.
    Add(String, String, String),
    /// It is gone.
    Drop(String),
    /// It is of another type: text of whatever it was, or the number behind a timestamp.
    Retype(String, Type),
}

/// What a label says: the column, as it was, as it is.
pub type Told = (String, Option<String>, Option<String>);

impl Drift {
    /// Its name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Rename(..) => "rename",
            Self::Add(..) => "add",
            Self::Drop(_) => "drop",
            Self::Retype(..) => "retype",
        }
    }

    /// The column that it is about.
    pub fn column(&self) -> &str {
        match self {
            Self::Rename(column, _)
            | Self::Drop(column)
            | Self::Retype(column, _)
            | Self::Add(_, column, _) => column,
        }
    }

    /// A table after it.
    pub fn table(&self, table: &Table) -> Table {
        changed(table, self).0
    }

    /// The drift that a label tells of; none where it is not of that table.
    pub fn read(table: &Table, was: Option<&str>, is: Option<&str>) -> Option<Self> {
        let shape = |text: Option<&str>| text.map(serde_json::from_str::<Json>).transpose().ok();
        let name = |shape: &Json| shape["name"].as_str().map(str::to_owned);
        Some(match (shape(was)?, shape(is)?) {
            (Some(was), Some(is)) if was["type"] == is["type"] => {
                Self::Rename(name(&was)?, name(&is)?)
            }
            (Some(was), Some(is)) => Self::Retype(name(&was)?, type_of(&is)?),
            (Some(was), None) => Self::Drop(name(&was)?),
            (None, Some(is)) => {
                let before = table.fields.get(is["position"].as_u64()? as usize)?;
                let value = is["value"].as_str()?.to_owned();
                Self::Add(before.name.clone(), name(&is)?, value)
            }
            (None, None) => return None,
        })
    }

    /// What its label says of a file with those rows; none where there is no such column.
    pub fn told(&self, frame: &dyn Frame) -> Option<Told> {
        let table = frame.table();
        let at = |name: &str| table.fields.iter().position(|field| field.name == name);
        let shape = |name: &str, ty: Type, position: usize| json!({"name": name, "type": ty.name(), "position": position});
        let (was, is) = match self {
            Self::Rename(old, new) => {
                let position = at(old)?;
                let ty = table.fields[position].ty;
                (Some(shape(old, ty, position)), Some(shape(new, ty, position)))
            }
            Self::Add(before, name, value) => {
                let mut added = shape(name, Type::Text, at(before)?);
                added["value"] = json!(value);
                (None, Some(added))
            }
            Self::Drop(name) => {
                let position = at(name)?;
                let ty = table.fields[position].ty;
                let mut dropped = shape(name, ty, position);
                let values = (0..frame.rows()).map(|row| Value::of(frame, position, row).json(ty));
                let values = values.map(|value| {
                    value.map_or(Json::Null, |text| serde_json::from_str(&text).unwrap_or_default())
                });
                dropped["values"] = Json::Array(values.collect());
                (Some(dropped), None)
            }
            Self::Retype(name, ty) => {
                let position = at(name)?;
                let was = table.fields[position].ty;
                (Some(shape(name, was, position)), Some(shape(name, *ty, position)))
            }
        };
        let text = |shape: Option<Json>| shape.map(|shape| shape.to_string());
        Some((self.column().to_owned(), text(was), text(is)))
    }
}

/// Where a column's values come from.
enum Source {
    /// The column of that ordinal.
    Same(usize),
    /// The same as text.
    Text(usize),
    /// One value for all.
    Constant(String),
}

/// A frame with other columns.
pub struct Drifted<'f> {
    base: &'f dyn Frame,
    table: Table,
    sources: Vec<Source>,
}

impl<'f> Drifted<'f> {
    /// That frame after that drift.
    pub fn new(base: &'f dyn Frame, drift: &Drift) -> Self {
        let (table, sources) = changed(base.table(), drift);
        Self { base, table, sources }
    }
}

/// A table after a drift, and where its columns come from.
fn changed(table: &Table, drift: &Drift) -> (Table, Vec<Source>) {
    let mut table = table.clone();
    let mut sources: Vec<Source> = (0..table.fields.len()).map(Source::Same).collect();
    let anchor = match drift {
        Drift::Add(before, ..) => before,
        other => other.column(),
    };
    let Some(at) = table.fields.iter().position(|field| field.name == anchor) else {
        return (table, sources);
    };
    match drift {
        Drift::Rename(_, new) => table.fields[at].name.clone_from(new),
        Drift::Add(_, name, value) => {
            table.fields.insert(at, added(name));
            sources.insert(at, Source::Constant(value.clone()));
        }
        Drift::Drop(_) => {
            table.fields.remove(at);
            sources.remove(at);
        }
        Drift::Retype(_, ty) => {
            table.fields[at].ty = *ty;
            if *ty == Type::Text {
                sources[at] = Source::Text(at);
            }
        }
    }
    (table, sources)
}

/// A column that nobody declared.
fn added(name: &str) -> Field {
    Field {
        name: name.to_owned(),
        ty: Type::Text,
        unit: None,
        doc: String::new(),
        nullable: false,
        reference: None,
        privacy: Privacy::Public,
        values: Vec::new(),
        bounds: Bounds::default(),
        from: String::new(),
    }
}

impl Frame for Drifted<'_> {
    fn table(&self) -> &Table {
        &self.table
    }

    fn rows(&self) -> usize {
        self.base.rows()
    }

    fn dictionary(&self, field: usize) -> Option<Dictionary<'_>> {
        match self.sources[field] {
            Source::Same(at) => self.base.dictionary(at),
            Source::Text(_) | Source::Constant(_) => None,
        }
    }

    fn fill(&self, field: usize, rows: Range<usize>, out: &mut Column) {
        let texts: Vec<Cell> = match &self.sources[field] {
            Source::Same(at) => return self.base.fill(*at, rows, out),
            Source::Constant(value) => vec![Cell::Text(value.clone()); rows.len()],
            Source::Text(at) => {
                let ty = self.base.table().fields[*at].ty;
                let mut column = Column::default();
                self.base.fill(*at, rows.clone(), &mut column);
                let dictionary = self.base.dictionary(*at);
                let cell = |row| match Value::from_cell(column.cell(row), dictionary) {
                    Value::Null => Cell::Null,
                    value => Cell::Text(value.plain(ty)),
                };
                (0..rows.len()).map(cell).collect()
            }
        };
        out.texts();
        out.finish(0);
        out.set_cells(texts.into_iter());
    }
}

/// A line of a drifted file as it was, by what the label says of the column; `row` is its place in the file. None when the label does not
/// fit the line.
pub fn undo(
    table: &Table,
    was: Option<&str>,
    is: Option<&str>,
    row: usize,
    line: &[u8],
) -> Option<Vec<u8>> {
    let mut was: Option<Json> = was.map(serde_json::from_str).transpose().ok()?;
    let value = was.as_mut().and_then(|was| was.get_mut("values")?.get_mut(row).map(Json::take));
    let is = is.map(serde_json::from_str).transpose().ok()?;
    turned(table, is.as_ref(), was.as_ref(), value, line)
}

/// A clean line as it is in the drifted file.
pub fn redo(table: &Table, was: Option<&str>, is: Option<&str>, line: &[u8]) -> Option<Vec<u8>> {
    let was = was.map(serde_json::from_str).transpose().ok()?;
    let is: Option<Json> = is.map(serde_json::from_str).transpose().ok()?;
    let value = is.as_ref().and_then(|is| is.get("value").cloned());
    turned(table, was.as_ref(), is.as_ref(), value, line)
}

/// A line in which a column of one shape becomes one of another; `value` is that of a column that was not there.
fn turned(
    table: &Table,
    from: Option<&Json>,
    to: Option<&Json>,
    value: Option<Json>,
    line: &[u8],
) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(line).ok()?;
    let inside = text.trim_end_matches('\n').strip_prefix('{')?.strip_suffix('}')?;
    let end = if text.ends_with('\n') { "\n" } else { "" };
    let name = |shape: &Json| shape["name"].as_str().map(str::to_owned);
    let part = |range: &Range<usize>| text.get(range.clone()).map(str::to_owned);
    let both = |member: &Member| Some((part(&member.name)?, part(&member.value)?));
    let mut members: Vec<(String, String)> =
        line::members(line).iter().map(both).collect::<Option<_>>()?;
    let whole: usize = members.iter().map(|(name, value)| name.len() + value.len() + 4).sum();
    (whole == inside.len() + usize::from(!members.is_empty())).then_some(())?;
    match (from, to) {
        (Some(from), Some(to)) => {
            let (old, new) = (name(from)?, name(to)?);
            let (was, is) = (type_of(from)?, type_of(to)?);
            if let Some(member) = members.iter_mut().find(|(name, _)| *name == old) {
                member.0 = new;
                if was != is {
                    member.1 = retyped(&member.1, was, is)?;
                }
            }
        }
        (Some(from), None) => {
            let old = name(from)?;
            members.retain(|(name, _)| *name != old);
        }
        (None, Some(to)) => {
            let ty = to["type"].as_str()?;
            let value = match value.filter(|value| !value.is_null()) {
                // Money has two decimals in lines, which numbers of JSON forget.
                Some(Json::Number(number)) if ty == "money" => {
                    Some(format!("{:.2}", number.as_f64()?))
                }
                value => value.map(|value| value.to_string()),
            };
            if let Some(value) = value {
                let position = to["position"].as_u64()? as usize;
                let before = |name: &String| {
                    let at = table.fields.iter().position(|field| field.name == *name);
                    at.is_some_and(|at| at < position)
                };
                let at = members.iter().take_while(|(name, _)| before(name)).count();
                members.insert(at, (name(to)?, value));
            }
        }
        (None, None) => return None,
    }
    let members: Vec<String> =
        members.into_iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    Some(format!("{{{}}}{end}", members.join(",")).into_bytes())
}

/// The type that a label gives a column.
fn type_of(shape: &Json) -> Option<Type> {
    let named = shape["type"].as_str()?;
    Type::NAMED.iter().find(|(name, _)| *name == named).map(|(_, ty)| *ty)
}

/// A value as a line has it, in another type.
fn retyped(value: &str, was: Type, is: Type) -> Option<String> {
    let bare = value.trim_matches('"');
    let quoted = |ty| matches!(ty, Type::Text | Type::Timestamp | Type::Date);
    Some(match (was, is) {
        (Type::Timestamp, Type::Int64) => {
            bare.parse::<jiff::Timestamp>().ok()?.as_microsecond().to_string()
        }
        (Type::Int64, Type::Timestamp) => Value::Long(bare.parse().ok()?).json(is)?,
        _ if quoted(is) => format!("\"{bare}\""),
        _ => bare.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Strings, Values};
    use crate::sink;
    use crate::sink::held::{Held, HeldColumn, HeldKeys};

    fn held() -> Held {
        let all = [true; 3];
        let texts = HeldKeys::Texts(Strings::from_iter(["DE", "BR"]), Strings::new());
        let column = |name, ty, valid: &[bool], values| {
            HeldColumn::new(name, ty, valid, values, HeldKeys::None)
        };
        let time = 1_767_225_600_000_000;
        let columns = vec![
            column("event_id", Type::Id, &all, Values::Ids(vec![1, 2, 3])),
            HeldColumn::new("country_code", Type::Enum, &all, Values::Keys(vec![0, 1, 0]), texts),
            column("sent_at", Type::Timestamp, &[true, false, true], Values::Longs(vec![time, 0])),
            column("price", Type::Money, &all, Values::Longs(vec![1_990, 200_000, -5])),
            column("load_ms", Type::Int32, &[false, true, true], Values::Ints(vec![7, 8])),
        ];
        Held::new("events", &[], columns)
    }

    /// For all drifts: the label makes dirty lines of clean ones and clean ones of dirty ones, and tells the drift.
    #[test]
    fn labels_invert() {
        let held = held();
        let clean = sink::json_lines(&held).unwrap();
        let text = str::to_owned;
        let drifts = [
            Drift::Rename(text("sent_at"), text("sentAt")),
            Drift::Add(text("price"), text("app_version"), text("8.14.2")),
            Drift::Drop(text("price")),
            Drift::Drop(text("country_code")),
            Drift::Drop(text("load_ms")),
            Drift::Retype(text("price"), Type::Text),
            Drift::Retype(text("load_ms"), Type::Text),
            Drift::Retype(text("sent_at"), Type::Int64),
        ];
        for drift in drifts {
            let dirty = sink::json_lines(&Drifted::new(&held, &drift)).unwrap();
            let (_, was, is) = drift.told(&held).unwrap();
            let (was, is) = (was.as_deref(), is.as_deref());
            assert_eq!(Drift::read(held.table(), was, is).as_ref(), Some(&drift));
            assert_ne!(clean, dirty, "{drift:?}");
            for (row, (clean, dirty)) in clean.iter().zip(&dirty).enumerate() {
                let there = redo(held.table(), was, is, clean).unwrap();
                assert_eq!(String::from_utf8_lossy(&there), String::from_utf8_lossy(dirty));
                let back = undo(held.table(), was, is, row, dirty).unwrap();
                assert_eq!(String::from_utf8_lossy(&back), String::from_utf8_lossy(clean));
            }
        }
    }
}
