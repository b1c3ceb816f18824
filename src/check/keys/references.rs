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

    /// Looks at the references of some rows. `known` tells an id that surely is a key of a table, and most likely what a row refers to.
    fn take<G: Fn(usize) -> u128>(&mut self, rows: &Rows<'_>, known: Option<&impl Fn(&str) -> G>) {
        for reference in self.all.iter_mut().filter(|of| of.table == rows.table.name) {
            let (Some(column), Some(keys)) =
                (rows.column(&reference.column), rows.entities.keys(&reference.to))
            else {
                continue;
            };
            if let Keys::Words(words) = keys {
                reference.words.learn(column, |word| words.get(word));
            }
            let known = known.map(|known| known(&reference.to));
            if known.is_none() && matches!(keys, Keys::Ids(_)) {
                keys.find_all(column, &mut self.found);
            }
            for row in (0..rows.len()).filter(|row| column.is_valid(*row)) {
                let is_found = match (keys, &known) {
                    (Keys::Ids(_), None) => self.found[row] != NONE,
                    (Keys::Ids(_), Some(known)) => {
                        let id = column.id(row).unwrap_or(0);
                        id != 0 && id == known(row) || keys.find(column, row) != NONE
                    }
                    (Keys::Words(_), _) => {
                        reference.words.get(column, row).is_some_and(|at| at != NONE)
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
        self.take(rows, None::<&fn(&str) -> fn(usize) -> u128>);
    }

    fn see_events(&mut self, events: &EventBatch<'_>) {
        let known = |table: &str| {
            let of: fn(&Facts) -> u128 = match table {
                "users" => |facts| facts.ids.user,
                "devices" => |facts| facts.ids.device,
                "journeys" => |facts| facts.ids.journey,
                "sessions" => |facts| facts.ids.session,
                _ => |_| 0,
            };
            move |row| of(events.facts(row))
        };
        self.take(&events.rows, Some(&known));
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
