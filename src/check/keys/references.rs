//! Every reference that the schemas declare leads to a row.

use crate::check::pass::{Seen, shown};
use crate::check::{Check, Context, EventBatch, Observer, Rows, Tally, Verdict, Wants};
use crate::read::Data;
use crate::read::hash::NONE;
use crate::schema::Table;

const REFERENCES: Check = Check::new(
    "keys.references",
    &[],
    "Every value of a column that refers to another table is the key of one of its rows.",
    "A join drops the rows whose reference leads nowhere.",
);

/// The checks.
pub(super) static CHECKS: &[Check] = &[REFERENCES];

/// A column that refers to a table.
struct Reference {
    table: String,
    column: String,
    to: String,
    tally: Tally,
}

/// All of them, of tables that were written to tables that were.
pub(super) struct References(Vec<Reference>);

impl References {
    pub(super) fn new(context: &Context<'_>) -> Self {
        let mut references = Vec::new();
        for table in &context.schemas.tables {
            for field in &table.fields {
                let Some((to, _)) = &field.reference else { continue };
                if [&table.name, to].iter().all(|name| context.data.table(name).is_some()) {
                    references.push(Reference {
                        table: table.name.clone(),
                        column: field.name.clone(),
                        to: to.clone(),
                        tally: Tally::new(&REFERENCES),
                    });
                }
            }
        }
        Self(references)
    }

    fn take(&mut self, rows: &Rows<'_>) {
        for reference in self.0.iter_mut().filter(|of| of.table == rows.table.name) {
            let (Some(column), Some(keys)) =
                (rows.column(&reference.column), rows.entities.keys(&reference.to))
            else {
                continue;
            };
            // Neighbours mostly refer to the same row.
            let mut last = None;
            for row in (0..rows.len()).filter(|row| column.is_valid(*row)) {
                let value = match &column.data {
                    Data::Ids(ids) => Some(ids[row]),
                    Data::Texts(texts) => Some(u128::from(texts.keys[row])),
                    _ => None,
                };
                reference.tally.saw(1);
                if value == last {
                    continue;
                }
                if keys.find(column, row) == NONE {
                    reference.tally.wrong(|| {
                        let there = shown(column, row);
                        let says =
                            format!("{} {there} has no row in {}", reference.column, reference.to);
                        (rows.place(row), says)
                    });
                } else {
                    last = value;
                }
            }
        }
    }
}

impl Observer for References {
    fn wants(&self, _: &Table) -> Wants {
        Wants::References
    }

    fn see(&mut self, rows: &Rows<'_>) {
        self.take(rows);
    }

    fn see_events(&mut self, events: &EventBatch<'_>) {
        self.take(&events.rows);
    }

    fn finish(self: Box<Self>, _: &Context<'_>, seen: &Seen) -> Vec<Verdict> {
        let mut all = Tally::new(&REFERENCES);
        // A table of which a file cannot be read lacks keys through no fault of those who refer to it.
        let sound = |of: &Reference| seen.is_sound(&of.table) && seen.is_sound(&of.to);
        for reference in self.0.into_iter().filter(sound) {
            all.add(reference.tally);
        }
        vec![all.verdict()]
    }
}
