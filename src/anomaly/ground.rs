//! The ground that anomalies stand on: a range's journal as simulated, with ways to look at its rows.

mod events;
mod refs;

use std::sync::Arc;

use crate::anomaly::silence::{Silence, Who};
use crate::anomaly::value::Value;
use crate::event::ids;
use crate::event::journal::{Bucket, Offsets, Session};
use crate::frame::Frame;
use crate::scenario::World;
use crate::scenario::calendar::HOUR;
use crate::scenario::plan::{self, Plan};
use crate::scenario::slices::Slices;
use crate::schema::Table;
use crate::seed::{Stream, mix};
use crate::sink;
use crate::tables::events::{Bound, EventFrame};
use crate::tables::{self, Context};
pub use events::Event;
use events::Known;
pub use refs::{FileRef, RowRef, Rowset, Site};

/// The rows of a slice, a bucket a piece of work.
pub type SliceRows = Vec<(Bucket, Offsets)>;

/// A range's journal, and where its events are.
#[derive(Clone)]
pub struct Ground<'g> {
    /// The world, and the journal of the range.
    pub context: Context<'g>,
    /// The range's number.
    pub range: u32,
    /// How many ranges the data set has.
    pub ranges: u32,
    /// How many ordinary users.
    pub users: u64,
    /// The runs of arrival time.
    pub slices: Slices,
    rows: &'g [SliceRows],
    bound: Option<(&'g Table, Arc<Bound>)>,
    known: Known,
    kept_to: Option<(i64, i64)>,
    silences: Arc<[Silence]>,
}

impl<'g> Ground<'g> {
    /// The ground of a range of that number, its events by slice.
    pub fn new(context: Context<'g>, (plan, range): (&Plan, u32), rows: &'g [SliceRows]) -> Self {
        let events = context.world.schemas.tables.iter().find(|table| table.is_events());
        let bound = events.map(|table| (table, Arc::new(Bound::new(table))));
        Self {
            context,
            range,
            ranges: plan.ranges.len() as u32,
            users: plan.users,
            slices: plan.slices,
            rows,
            bound,
            known: Known::Site(None),
            kept_to: None,
            silences: Arc::default(),
        }
    }

    /// The same where nothing is recorded for some time.
    #[must_use]
    pub fn silent(&self, silences: Arc<[Silence]>) -> Self {
        Self { silences, ..self.clone() }
    }

    /// Whether one of those moments of a visit falls into a time for which nothing of the kind is recorded.
    pub fn is_silent(&self, visit: Who, mut times: impl Iterator<Item = i64>) -> bool {
        let of_visit = self.silences.iter().filter(|silence| silence.is_of(self.world(), visit));
        let silences: Vec<&Silence> = of_visit.collect();
        !silences.is_empty() && times.any(|time| silences.iter().any(|silence| silence.has(time)))
    }

    /// The same for what is kept to some time.
    #[must_use]
    pub fn within(&self, window: (i64, i64)) -> Self {
        Self { kept_to: Some(window), ..self.clone() }
    }

    /// From when until when something may go wrong that touches the window as a whole, µs since 1970.
    pub fn span(&self) -> (i64, i64) {
        let (start, end) = (self.world().start, self.world().end);
        self.kept_to.map_or((start, end), |(from, until)| (from.max(start), until.min(end)))
    }

    /// From when until when something lasts that lasts so many hours, anywhere in that time: the same for all ranges.
    pub fn lasting(&self, hours: f64, draw: &mut Stream) -> (i64, i64) {
        let (start, end) = self.span();
        let length = (hours * HOUR as f64) as i64;
        let room = (end - start - length).max(1);
        let from = start + (draw.unit() * room as f64) as i64;
        (from, (from + length).min(end))
    }

    /// The world.
    pub fn world(&self) -> &'g World {
        self.context.world
    }

    /// The schema of a table.
    pub fn table(&self, rowset: Rowset) -> Option<&'g Table> {
        self.context.world.schemas.table(rowset.table())
    }

    /// The ordinal of a column.
    pub fn field(&self, rowset: Rowset, column: &str) -> Option<usize> {
        self.table(rowset)?.fields.iter().position(|field| field.name == column)
    }

    /// Whether a table is written.
    pub fn is_written(&self, rowset: Rowset) -> bool {
        self.world().wanted_tables().any(|table| table.name == rowset.table())
    }

    /// Whether files have lines.
    pub fn has_lines(&self) -> bool {
        self.world().output.format.name() == "ndjson"
    }

    /// A row as a line of NDJSON, its end among it.
    pub fn line(&self, at: RowRef) -> Option<Vec<u8>> {
        self.look(at, |frame| sink::json_lines(frame).ok()?.pop())?
    }

    /// Whether rows can lack a value there: where the schema lets them, and in lines of JSON anywhere.
    pub fn can_be_absent(&self, rowset: Rowset, column: &str) -> bool {
        let nullable = self.table(rowset).and_then(|table| table.field(column));
        nullable.is_some_and(|field| field.nullable) || self.has_lines()
    }

    /// Whether a moment of arrival lies in the time that files are written for.
    pub fn is_covered(&self, at: i64) -> bool {
        at >= self.slices.begin(0) && at < self.slices.begin(self.slices.count())
    }

    /// The ordinal of an event type.
    pub fn event_type(&self, name: &str) -> Option<u8> {
        let events = &self.context.world.schemas.events;
        events.iter().position(|event| event.name == name).map(|kind| kind as u8)
    }

    /// How many rows a table of the range has; for the events, how many sessions have some.
    pub fn count(&self, rowset: Rowset) -> usize {
        let journal = self.context.journal;
        match rowset {
            Rowset::Events | Rowset::Sessions => journal.sessions.len(),
            Rowset::Users => journal.users.len(),
            Rowset::Devices => journal.devices.len(),
            Rowset::Journeys => journal.journeys.len(),
            Rowset::Orders => journal.orders.len(),
            Rowset::OrderItems => journal.lines.len(),
            Rowset::Payments => journal.payments.len(),
            Rowset::Consents => journal.consents.len(),
            Rowset::ErasureRequests => journal.erasures.len(),
        }
    }

    /// How many of them are there whatever goes wrong.
    pub fn count_clean(&self, rowset: Rowset) -> usize {
        let clean = self.context.journal.clean();
        match rowset {
            Rowset::Events | Rowset::Sessions => clean.sessions,
            Rowset::Users => clean.users,
            Rowset::Devices => clean.devices,
            Rowset::Journeys => clean.journeys,
            Rowset::Orders => clean.orders,
            Rowset::OrderItems => clean.lines,
            Rowset::Payments => clean.payments,
            Rowset::Consents => clean.consents,
            Rowset::ErasureRequests => clean.erasures,
        }
    }

    /// A session.
    pub fn session(&self, ordinal: u32) -> &'g Session {
        &self.context.journal.sessions[ordinal as usize]
    }

    /// Values of a row, by the names of their columns; absent for columns that there are not.
    pub fn values(&self, at: RowRef, columns: &[&str]) -> Vec<Value> {
        let fields: Vec<Option<usize>> =
            columns.iter().map(|column| self.field(at.rowset, column)).collect();
        let look = |frame: &dyn Frame| {
            let value = |field: &Option<usize>| match field {
                Some(field) => Value::of(frame, *field, 0),
                None => Value::Null,
            };
            fields.iter().map(value).collect()
        };
        let known = fields.iter().flatten().copied();
        let values = match (at.rowset, &self.bound) {
            (Rowset::Events, Some((_, bound))) => self.look_at_event(at, bound.only(known), look),
            _ => self.look(at, look),
        };
        values.unwrap_or_else(|| vec![Value::Null; columns.len()])
    }

    /// A value of a row, by the name of its column.
    pub fn value(&self, at: RowRef, column: &str) -> Value {
        self.values(at, &[column]).pop().unwrap_or(Value::Null)
    }

    /// Lets somebody look at a row, as a frame of that row alone.
    pub fn look<T>(&self, at: RowRef, look: impl FnOnce(&dyn Frame) -> T) -> Option<T> {
        if at.rowset == Rowset::Events {
            let (_, bound) = self.bound.as_ref()?;
            return self.look_at_event(at, Bound::clone(bound), look);
        }
        let table = self.table(at.rowset)?;
        Some(tables::with_record(self.context, table, at.ordinal as usize, look))
    }

    /// Lets somebody look at an event, of which those columns are known.
    fn look_at_event<T>(
        &self,
        at: RowRef,
        bound: Bound,
        look: impl FnOnce(&dyn Frame) -> T,
    ) -> Option<T> {
        let event = self.event(at)?;
        let (table, _) = self.bound.as_ref()?;
        let frame = EventFrame::single(self.context, table, bound, event.session, event.row);
        Some(look(&frame))
    }

    /// The session that a row belongs to, if it is to one.
    pub fn session_of(&self, at: RowRef) -> Option<u32> {
        let journal = self.context.journal;
        match at.rowset {
            Rowset::Events | Rowset::Sessions => Some(at.ordinal),
            Rowset::Orders => Some(journal.orders[at.ordinal as usize].session),
            Rowset::OrderItems => {
                let order = journal.lines[at.ordinal as usize].order;
                Some(journal.orders[order as usize].session)
            }
            Rowset::Payments => Some(journal.payments[at.ordinal as usize].session),
            Rowset::Users
            | Rowset::Devices
            | Rowset::Journeys
            | Rowset::Consents
            | Rowset::ErasureRequests => None,
        }
    }

    /// The ordinal, in the crowd, of the user that a row belongs to.
    pub fn user_of(&self, at: RowRef) -> u64 {
        let journal = self.context.journal;
        match at.rowset {
            Rowset::Users => journal.users[at.ordinal as usize].user,
            Rowset::Devices => journal.devices[at.ordinal as usize].user,
            Rowset::Journeys => journal.journeys[at.ordinal as usize].user,
            Rowset::Consents => journal.consents[at.ordinal as usize].user,
            Rowset::ErasureRequests => journal.erasures[at.ordinal as usize].user,
            _ => self.session_of(at).map_or(0, |session| self.session(session).user),
        }
    }

    /// The ordinals of a user's sessions, by the user's ordinal in the crowd.
    pub fn sessions_of(&self, user: u64) -> std::ops::Range<u32> {
        let sessions = &self.context.journal.sessions;
        let first = sessions.partition_point(|session| session.user < user);
        let end = sessions.partition_point(|session| session.user <= user);
        first as u32..end as u32
    }

    /// When a row happened, by its table's own time.
    pub fn time(&self, at: RowRef) -> Option<i64> {
        let journal = self.context.journal;
        let nth = at.ordinal as usize;
        Some(match at.rowset {
            Rowset::Events => self.event(at)?.row.time,
            Rowset::Users => journal.users[nth].created,
            Rowset::Devices => journal.devices[nth].first_seen,
            Rowset::Journeys => journal.journeys[nth].started,
            Rowset::Sessions => journal.sessions[nth].started,
            Rowset::Orders => journal.orders[nth].placed,
            Rowset::OrderItems => journal.orders[journal.lines[nth].order as usize].placed,
            Rowset::Payments => journal.payments[nth].at,
            Rowset::Consents => journal.consents[nth].occurred,
            Rowset::ErasureRequests => journal.erasures[nth].requested,
        })
    }

    /// What a row is known by from its generation on, as a number: its hash decides whether it is picked.
    pub fn uid(&self, at: RowRef) -> u64 {
        let journal = self.context.journal;
        let nth = at.ordinal as usize;
        let key = match at.rowset {
            Rowset::Events => {
                return ids::event_bits(journal.sessions[nth].key, at.sequence);
            }
            Rowset::Users => journal.users[nth].user,
            Rowset::Devices => {
                let device = &journal.devices[nth];
                device.user << 3 | u64::from(device.device)
            }
            Rowset::Journeys => journal.journeys[nth].key,
            Rowset::Sessions => journal.sessions[nth].key,
            Rowset::Orders => journal.orders[nth].key,
            Rowset::OrderItems => {
                let line = &journal.lines[nth];
                journal.orders[line.order as usize].key ^ u64::from(line.number) << 56
            }
            Rowset::Payments => journal.payments[nth].key,
            Rowset::Consents => journal.consents[nth].key,
            Rowset::ErasureRequests => journal.erasures[nth].key,
        };
        mix(key.wrapping_add((at.rowset as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)))
    }

    /// The same as a text for people.
    pub fn name(&self, at: RowRef) -> String {
        at.name(self.context.journal)
    }

    /// The file that a row is in; none for an event that there is not.
    pub fn file_of(&self, at: RowRef) -> Option<FileRef> {
        if at.rowset == Rowset::Events {
            return Some(self.event(at)?.file());
        }
        Some(FileRef::Table(at.rowset))
    }

    /// The range's files that have rows.
    pub fn files(&self) -> Vec<FileRef> {
        let mut files = Vec::new();
        if self.is_written(Rowset::Events) {
            let some = self.rows.iter().enumerate().filter(|(_, rows)| !rows.is_empty());
            files.extend(some.map(|(slice, _)| FileRef::Slice(slice as u32)));
        }
        for rowset in Rowset::ALL.iter().copied().filter(|rowset| *rowset != Rowset::Events) {
            if self.is_written(rowset) && self.count(rowset) > 0 {
                files.push(FileRef::Table(rowset));
            }
        }
        files
    }

    /// A file's path in the data set.
    pub fn path(&self, file: FileRef) -> String {
        let extension = self.world().output.extension();
        match file {
            FileRef::Slice(slice) => {
                let slice = slice as usize;
                plan::events_path(self.world(), &self.slices, self.range, slice, extension)
            }
            FileRef::Table(rowset) => plan::table_path(rowset.table(), self.range, extension),
        }
    }
}
