//! Every reference that the schemas declare leads to a row.

use crate::check::entities::Keys;
use crate::check::facts::Facts;
use crate::check::pass::{Seen, shown};
use crate::check::strings::Cached;
use crate::check::{Check, Context, EventBatch, Observer, Rows, Tally, Verdict, Wants};
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
    /// The ordinals of its words, where keys are words.
    words: Cached<u32>,
    tally: Tally,
}

/// All of them, of tables that were written to tables that were.
pub(super) struct References {
    all: Vec<Reference>,
    /// By row of a batch, for one reference at a time.
    found: Vec<u32>,
}

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
                        words: Cached::default(),
                        tally: Tally::new(&REFERENCES),
                    });
                }
            }
        }
        Self { all: references, found: Vec::new() }
    }

    /// Looks at the references of some rows; of events, most are to what their session refers to.
    fn take(&mut self, rows: &Rows<'_>, events: Option<&EventBatch<'_>>) {
        for reference in self.all.iter_mut().filter(|of| of.table == rows.table.name) {
            let (Some(column), Some(keys)) =
                (rows.column(&reference.column), rows.entities.keys(&reference.to))
            else {
                continue;
            };
            match keys {
                Keys::Words(words) => reference.words.learn(column, |word| words.get(word)),
                Keys::Ids(_) | Keys::Tokens(..) if events.is_none() => {
                    keys.find_all(column, &mut self.found);
                }
                Keys::Ids(_) | Keys::Tokens(..) => {}
            }
            let known = known(&reference.to);
            for row in (0..rows.len()).filter(|row| column.is_valid(*row)) {
                let is_found = match (keys, events) {
                    (Keys::Words(_), _) => {
                        reference.words.get(column, row).is_some_and(|at| at != NONE)
                    }
                    (Keys::Ids(_) | Keys::Tokens(..), None) => self.found[row] != NONE,
                    (Keys::Ids(_) | Keys::Tokens(..), Some(events)) => {
                        let id = column.id(row).unwrap_or(0);
                        id != 0 && id == known(events.facts(row)) || keys.find(column, row) != NONE
                    }
                };
                reference.tally.look(is_found, || {
                    let there = shown(column, row);
                    let says =
                        format!("{} {there} has no row in {}", reference.column, reference.to);
                    (rows.place(row), says)
                });
            }
        }
    }
}

impl Observer for References {
    fn wants(&self, _: &Table) -> Wants {
        Wants::References
    }

    fn see(&mut self, rows: &Rows<'_>) {
        self.take(rows, None);
    }

    fn see_events(&mut self, events: &EventBatch<'_>) {
        self.take(&events.rows, Some(events));
    }

    fn finish(self: Box<Self>, _: &Context<'_>, seen: &Seen) -> Vec<Verdict> {
        let mut all = Tally::new(&REFERENCES);
        // A table of which a file cannot be read lacks keys through no fault of those who refer to it.
        let sound = |of: &Reference| seen.is_sound(&of.table) && seen.is_sound(&of.to);
        for reference in self.all.into_iter().filter(sound) {
            all.add(reference.tally);
        }
        vec![all.verdict()]
    }
}

/// The key of a table that a session surely refers to; 0 for none.
fn known(table: &str) -> fn(&Facts) -> u128 {
    match table {
        "users" => |facts| facts.ids.user,
        "devices" => |facts| facts.ids.device,
        "journeys" => |facts| facts.ids.journey,
        "sessions" => |facts| facts.ids.session,
        _ => |_| 0,
    }
}
