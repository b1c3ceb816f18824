//! Known answers: what analytics over the data set must return.

use serde_json::{Map, Value};

use super::unless_empty;
use super::words::{count, spoken};
use crate::report::page::{Block, Column, Section, Table};

/// Rows of an answer that the page shows at most.
const ROWS: usize = 40;

/// The answers in short; none where the data set has none.
pub(super) fn section(answers: Option<&Value>) -> Option<Section> {
    let file = answers?;
    let known = file.get("answers")?.as_object()?;
    let doc = |name: &str| {
        let doc = file.get("definitions").and_then(|all| all.get(name)?.get("doc")?.as_str());
        doc.unwrap_or_default().to_owned()
    };
    let block = |(name, rows): (&String, &Value)| {
        let table = table(&spoken(name), rows.as_array()?);
        Some(Block::Folded(spoken(name), doc(name), table))
    };
    unless_empty(Section {
        id: "answers".into(),
        title: "Known answers".into(),
        lead: "What analytics over this data set must return, counted by the generator while it made the people and not read back from \
               the files. truth/answers.json has all rows, with the SQL for each; a dashboard that shows anything else is wrong."
            .into(),
        blocks: known.iter().filter_map(block).collect(),
    })
}

fn table(name: &str, rows: &[Value]) -> Table {
    let rows: Vec<&Map<String, Value>> = rows.iter().filter_map(Value::as_object).collect();
    // Names before numbers: the first column names the row.
    let is_number = |key: &str| {
        rows.iter().filter_map(|row| row.get(key)).all(|value| match value {
            Value::String(text) => text.parse::<f64>().is_ok(),
            value => value.is_number() || value.is_null(),
        })
    };
    let keys = rows.first().map(|row| row.keys().cloned().collect()).unwrap_or_default();
    let (numbers, names): (Vec<String>, Vec<String>) =
        Vec::into_iter(keys).partition(|key| is_number(key));
    let keys: Vec<&String> = names.iter().chain(&numbers).collect();
    let cell = |row: &Map<String, Value>, key: &str| match row.get(key) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.as_u64().map_or_else(|| number.to_string(), count),
        Some(Value::Null) | None => "–".to_owned(),
        Some(other) => other.to_string(),
    };
    let caption = if rows.len() > ROWS {
        format!("{name}: the first {ROWS} of {} rows", count(rows.len() as u64))
    } else {
        name.to_owned()
    };
    Table {
        caption,
        head: keys
            .iter()
            .map(|key| Column { name: spoken(key), number: numbers.contains(key) })
            .collect(),
        rows: rows
            .iter()
            .take(ROWS)
            .map(|row| keys.iter().map(|key| cell(row, key)).collect())
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_shown_names_first_and_long_ones_cut() {
        let rows: Vec<Value> = (0..50)
            .map(|i| serde_json::json!({"devices": i, "date": "2026-01-05", "sum": "1.50"}))
            .collect();
        let file = serde_json::json!({
            "answers": {"daily_active": rows},
            "definitions": {"daily_active": {"doc": "Devices of a day.", "sql": "SELECT"}},
        });
        let section = section(Some(&file)).expect("a section");
        let [Block::Folded(name, doc, table)] = &section.blocks[..] else { panic!("{section:?}") };
        assert_eq!((name.as_str(), doc.as_str()), ("daily active", "Devices of a day."));
        let head: Vec<(&str, bool)> =
            table.head.iter().map(|column| (column.name.as_str(), column.number)).collect();
        assert_eq!(head, [("date", false), ("devices", true), ("sum", true)]);
        assert_eq!(
            (table.rows.len(), table.caption.as_str()),
            (40, "daily active: the first 40 of 50 rows")
        );
    }

    #[test]
    fn a_file_of_another_shape_is_passed_over() {
        for value in
            [serde_json::json!({}), serde_json::json!({"answers": 1}), serde_json::json!([])]
        {
            assert!(section(Some(&value)).is_none());
        }
    }
}
