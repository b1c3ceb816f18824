//! Readings that must not stay the same.

use super::check_of;
use crate::check::pass::{Seen, moment};
use crate::check::seats;
use crate::check::{Context, EventBatch, Observer, Tally, Verdict, Wants};
use crate::read::hash::NONE;
use crate::schema::{Field, Table, Type};

/// Follows readings that must not stay the same, session by session.
pub(super) struct Runs {
    tally: Tally,
    columns: Vec<Run>,
}

/// A column with a longest run.
struct Run {
    name: String,
    most: u32,
    /// By seat: the session's last reading, and how often it came in a row.
    last: Vec<(i32, u32)>,
}

impl Runs {
    pub(super) fn new(context: &Context<'_>) -> Self {
        let events = context.schemas.tables.iter().find(|table| table.is_events());
        let fields = events.into_iter().flat_map(|table| &table.fields);
        let run = |field: &Field| {
            let most = field.bounds.max_run.filter(|_| field.ty == Type::Int32)?;
            Some(Run { name: field.name.clone(), most, last: Vec::new() })
        };
        Self {
            tally: Tally::new(check_of("anomalies.stuck_value")),
            columns: fields.filter_map(run).collect(),
        }
    }
}

impl Observer for Runs {
    fn wants(&self, table: &Table) -> Wants {
        if table.is_events() {
            Wants::Columns(&["page_load_ms", "page_dwell_ms"])
        } else {
            Wants::Nothing
        }
    }

    fn see_events(&mut self, events: &EventBatch<'_>) {
        self.tally.saw(events.len());
        for run in &mut self.columns {
            let Some(column) = events.column(&run.name) else { continue };
            for seated in events.seated {
                seats::set(&mut run.last, seated.seat, (0, 0));
            }
            for row in 0..events.len() {
                let (session, Some(value)) = (events.session[row], column.long(row)) else {
                    continue;
                };
                if session == NONE {
                    continue;
                }
                let place = events.seat[row] as usize;
                let (last, count) = run.last[place];
                let count = if count > 0 && i64::from(last) == value { count + 1 } else { 1 };
                run.last[place] = (value as i32, count);
                if count > run.most {
                    self.tally.wrong(|| {
                        let at = moment(events.time[row]);
                        (
                            events.place(row),
                            format!(
                                "{} is {value} for the {count}. time in a row at {at}",
                                run.name
                            ),
                        )
                    });
                }
            }
        }
    }

    fn finish(self: Box<Self>, _: &Context<'_>, _: &Seen) -> Vec<Verdict> {
        vec![self.tally.verdict()]
    }
}
