//! The file of the answers: pretty where structure is, a line a row where data is.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use crate::answers::definitions::{ABOUT, About, Answer, Count};
use crate::answers::{Answers, Cell, FORMAT_VERSION};

/// A row: names of columns, and values.
type Row = Vec<(&'static str, Value)>;

pub(super) fn file(answers: &Answers) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write_file(answers, &mut out);
    out
}

fn write_file(answers: &Answers, out: &mut String) -> std::fmt::Result {
    let mut order: Vec<usize> = (0..ABOUT.len()).collect();
    order.sort_by_key(|answer| ABOUT[*answer].name);
    writeln!(out, "{{\n  \"answers\": {{")?;
    for (place, &answer) in order.iter().enumerate() {
        let (about, rows) = (&ABOUT[answer], &answers.rows[answer]);
        let rows: Vec<Row> = if answer == Answer::OrderValue as usize {
            order_values(answers)
        } else {
            rows.iter().map(|(keys, counts)| row(about, keys, counts)).collect()
        };
        write!(out, "    \"{}\": [", about.name)?;
        for (i, row) in rows.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            write!(out, "{comma}\n      {{")?;
            for (i, (name, value)) in row.iter().enumerate() {
                let comma = if i == 0 { "" } else { ", " };
                write!(out, "{comma}\"{name}\": {value}")?;
            }
            write!(out, "}}")?;
        }
        let close = if rows.is_empty() { "]" } else { "\n    ]" };
        writeln!(out, "{close}{}", if place + 1 < order.len() { "," } else { "" })?;
    }
    writeln!(out, "  }},\n  \"definitions\": {{")?;
    for (place, &answer) in order.iter().enumerate() {
        let about = &ABOUT[answer];
        let sql = about.sql.replace("{steps}", &steps(answers));
        writeln!(out, "    \"{}\": {{", about.name)?;
        writeln!(out, "      \"doc\": {},", text(about.doc))?;
        writeln!(out, "      \"sql\": {}", text(&sql))?;
        writeln!(out, "    }}{}", if place + 1 < order.len() { "," } else { "" })?;
    }
    writeln!(out, "  }},\n  \"format_version\": {FORMAT_VERSION}\n}}")
}

fn text(text: &str) -> Value {
    Value::from(text)
}

fn row(about: &About, keys: &[Cell], counts: &[i64]) -> Row {
    let keys = about.keys.iter().zip(keys).map(|((name, _), cell)| (*name, value(cell)));
    let counts = about.counts.iter().zip(counts).map(|((name, count), number)| match count {
        Count::Number => (*name, Value::from(*number)),
        Count::Money => (*name, Value::from(decimal((*number).into(), 2))),
    });
    keys.chain(counts).collect()
}

pub(super) fn value(cell: &Cell) -> Value {
    match cell {
        Cell::Nothing(()) => Value::Null,
        Cell::Number(number) => Value::from(*number),
        Cell::Text(text) => Value::from(text.as_str()),
    }
}

/// A number of units of 10^-digits as a decimal.
fn decimal(units: i128, digits: usize) -> String {
    let sign = if units < 0 { "-" } else { "" };
    let figures = format!("{:0>width$}", units.unsigned_abs(), width = digits + 1);
    let (whole, part) = figures.split_at(figures.len() - digits);
    format!("{sign}{whole}.{part}")
}

/// Mean and median by currency, out of how often each total occurs.
fn order_values(answers: &Answers) -> Vec<Row> {
    let mut by_currency: BTreeMap<&Cell, Vec<(i64, i64)>> = BTreeMap::new();
    for (keys, counts) in answers.rows(Answer::OrderValue) {
        if let ([currency, Cell::Number(total)], [orders]) = (&keys[..], &counts[..]) {
            by_currency.entry(currency).or_default().push((*total, *orders));
        }
    }
    let of = |(currency, totals): (&Cell, Vec<(i64, i64)>)| {
        let orders: i64 = totals.iter().map(|(_, orders)| orders).sum();
        let (count, sum) = (
            i128::from(orders),
            totals.iter().map(|(total, n)| i128::from(*total) * i128::from(*n)).sum::<i128>(),
        );
        let mean = (200 * sum + count) / (2 * count.max(1));
        let middle = nth(&totals, (orders - 1) / 2) + nth(&totals, orders / 2);
        vec![
            ("currency", value(currency)),
            ("orders", Value::from(orders)),
            ("revenue", Value::from(decimal(sum, 2))),
            ("mean", Value::from(decimal(mean, 4))),
            ("median", Value::from(decimal(i128::from(middle) * 5, 3))),
        ]
    };
    by_currency.into_iter().map(of).collect()
}

/// The nth total in ascending order, from 0, of totals in that order and how often each occurs.
fn nth(totals: &[(i64, i64)], n: i64) -> i64 {
    let mut passed = 0;
    let found = totals.iter().find(|(_, orders)| {
        passed += orders;
        passed > n
    });
    found.map_or(0, |(total, _)| *total)
}

/// The steps of all funnels, as SQL's values.
fn steps(answers: &Answers) -> String {
    let rows = answers.rows(Answer::Funnels).keys().map(|keys| {
        let values = keys.iter().map(|cell| match cell {
            Cell::Nothing(()) => "NULL".to_owned(),
            Cell::Number(number) => number.to_string(),
            Cell::Text(text) => format!("'{}'", text.replace('\'', "''")),
        });
        format!("({})", values.collect::<Vec<_>>().join(", "))
    });
    rows.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_exactly() {
        let written =
            [(0, "0.00"), (5, "0.05"), (123, "1.23"), (-7, "-0.07"), (100_000, "1000.00")];
        for (units, text) in written {
            assert_eq!(decimal(units, 2), text);
        }
    }

    #[test]
    fn the_middle_of_an_even_number_lies_between_two() {
        let totals = [(100, 2), (250, 1), (301, 1)];
        assert_eq!([0, 1, 2, 3].map(|n| nth(&totals, n)), [100, 100, 250, 301]);
    }
}
