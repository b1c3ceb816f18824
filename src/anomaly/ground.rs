//! The ground that anomalies stand on: a range's journal as simulated, with ways to look at its rows.

use crate::anomaly::value::Value;
use crate::event::ids;
use crate::event::journal::{Bucket, NONE, Offsets, Row, Session};
use crate::frame::Frame;
use crate::scenario::fills;
use crate::scenario::slices::Slices;
use crate::scenario::{World, plan};
use crate::schema::Table;
use crate::seed::mix;
use crate::sink;
use crate::tables::events::{Bound, EventFrame};
use crate::tables::{self, Context};

macro_rules! rowsets {
    ($($(#[$doc:meta])* $name:ident = $table:literal,)*) => {
        /// A table whose rows can be touched.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rowset { $($(#[$doc])* $name,)* }

        impl Rowset {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The table's name.
            pub const fn table(self) -> &'static str {
                match self { $(Self::$name => $table,)* }
            }
        }
    };
}

rowsets! {
    /// What was seen to happen.
    Events = "events",
    /// Users.
    Users = "users",
    /// Devices.
    Devices = "devices",
    /// Journeys.
    Journeys = "journeys",
    /// Sessions.
    Sessions = "sessions",
    /// Orders.
    Orders = "orders",
    /// Lines of orders.
    OrderItems = "order_items",
    /// Payments.
    Payments = "payments",
    /// Changes of consents.
    Consents = "consents",
    /// Requests to be forgotten.
    ErasureRequests = "erasure_requests",
}

impl Rowset {
    /// The one whose table has that name.
    pub fn of(table: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|rowset| rowset.table() == table)
    }
}

/// A row of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowRef {
    /// Its table.
    pub rowset: Rowset,
    /// Its ordinal in the range's journal; that of its session for an event.
    pub ordinal: u32,
    /// For an event: its ordinal in the session, from 0.
    pub sequence: u16,
}

impl RowRef {
    /// A row of a table other than the events.
    pub const fn new(rowset: Rowset, ordinal: u32) -> Self {
        Self { rowset, ordinal, sequence: 0 }
    }

    /// An event.
    pub const fn event(session: u32, sequence: u16) -> Self {
        Self { rowset: Rowset::Events, ordinal: session, sequence }
    }
}

/// A file of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileRef {
    /// A slice of the events.
    Slice(u32),
    /// Another table's.
    Table(Rowset),
}

/// Where an incident can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Site {
    /// At a row; sessions, users and orders are rows of their tables.
    Row(RowRef),
    /// In a file.
    File(FileRef),
    /// Nowhere in particular: the nth of those that touch the window as a whole.
    Window(u32),
}

/// An event as the journal has it.
#[derive(Debug, Clone, Copy)]
pub struct Event {
    /// The session's ordinal in the range's journal.
    pub session: u32,
    /// The slice that it is in.
    pub slice: usize,
    /// The event; its ordinals are those of the range's journal.
    pub row: Row,
}

impl Event {
    /// Its reference.
    pub fn at(&self) -> RowRef {
        RowRef::event(self.session, self.row.sequence)
    }
}

/// The rows of a slice, a bucket a piece of work.
pub type SliceRows = Vec<(Bucket, Offsets)>;

/// A range's journal, and where its events are.
#[derive(Clone)]
pub struct Ground<'g> {
    /// The world, and the journal of the range.
    pub context: Context<'g>,
    /// The range's number.
    pub range: u32,
    /// The runs of arrival time.
    pub slices: Slices,
    rows: &'g [SliceRows],
    bound: Option<(&'g Table, Bound)>,
}

impl<'g> Ground<'g> {
    /// The ground of a range, its events by slice.
    pub fn new(context: Context<'g>, range: u32, slices: Slices, rows: &'g [SliceRows]) -> Self {
        let events = context.world.schemas.tables.iter().find(|table| table.is_events());
        let bound = events.map(|table| (table, Bound::new(table)));
        Self { context, range, slices, rows, bound }
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

    /// The events of a session, in the order in which they happened.
    pub fn events(&self, session: u32) -> Vec<Event> {
        let events = self.session(session).events as usize;
        let mut found = Vec::with_capacity(events);
        for slice in self.slices_of(session) {
            found.extend(self.in_slice(slice, session));
            // Few come as late as they may.
            if found.len() >= events {
                break;
            }
        }
        found.sort_by_key(|event| event.row.sequence);
        found
    }

    /// The events of a session that are in a slice.
    fn in_slice(&self, slice: usize, session: u32) -> impl Iterator<Item = Event> {
        let buckets = &self.rows[slice];
        let behind = buckets.partition_point(|(_, offsets)| offsets.session <= session);
        let bucket = behind.checked_sub(1).map(|at| &buckets[at]);
        let found = bucket.and_then(|(bucket, offsets)| {
            let local = bucket.sessions.binary_search(&(session - offsets.session)).ok()?;
            let first = bucket.rows.partition_point(|row| (row.session as usize) < local);
            let rows = bucket.rows[first..].iter();
            Some((rows.take_while(move |row| row.session as usize == local), offsets.order))
        });
        let fills = &self.context.world.fills;
        found.into_iter().flat_map(move |(rows, order)| {
            rows.map(move |row| {
                let mut row = *row;
                if fills[usize::from(row.kind)] & fills::ORDER != 0 && row.extra != NONE {
                    row.extra += order;
                }
                Event { session, slice, row }
            })
        })
    }

    /// The slices in which a session's events can be: those where nearly all are, then the others.
    fn slices_of(&self, session: u32) -> impl Iterator<Item = usize> {
        let row = self.session(session);
        let late = row.ended.saturating_add(self.context.world.lateness);
        let all = self.rows.len();
        let near = self.slices.of(row.started)..(self.slices.of(late) + 1).min(all);
        near.clone().chain(0..near.start).chain(near.end..all)
    }

    /// The event of that reference.
    pub fn event(&self, at: RowRef) -> Option<Event> {
        let events = self.slices_of(at.ordinal).flat_map(|slice| self.in_slice(slice, at.ordinal));
        events.into_iter().find(|event| event.row.sequence == at.sequence)
    }

    /// A session.
    pub fn session(&self, ordinal: u32) -> &'g Session {
        &self.context.journal.sessions[ordinal as usize]
    }

    /// Values of a row, by the names of their columns; absent for columns that there are not.
    pub fn values(&self, at: RowRef, columns: &[&str]) -> Vec<Value> {
        let fields: Vec<Option<usize>> =
            columns.iter().map(|column| self.field(at.rowset, column)).collect();
        self.look(at, |frame| {
            let value = |field: &Option<usize>| match field {
                Some(field) => Value::of(frame, *field, 0),
                None => Value::Null,
            };
            fields.iter().map(value).collect()
        })
        .unwrap_or_else(|| vec![Value::Null; columns.len()])
    }

    /// A value of a row, by the name of its column.
    pub fn value(&self, at: RowRef, column: &str) -> Value {
        self.values(at, &[column]).pop().unwrap_or(Value::Null)
    }

    /// Lets somebody look at a row, as a frame of that row alone.
    pub fn look<T>(&self, at: RowRef, look: impl FnOnce(&dyn Frame) -> T) -> Option<T> {
        if at.rowset == Rowset::Events {
            let event = self.event(at)?;
            let (table, bound) = self.bound.as_ref()?;
            let bound = bound.clone();
            let frame = EventFrame::single(self.context, table, bound, event.session, event.row);
            return Some(look(&frame));
        }
        let table = self.table(at.rowset)?;
        Some(tables::with_record(self.context, table, at.ordinal as usize, look))
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
        let journal = self.context.journal;
        let nth = at.ordinal as usize;
        match at.rowset {
            Rowset::Events => format!("{:016x}:{}", journal.sessions[nth].key, at.sequence),
            Rowset::Users => journal.users[nth].user.to_string(),
            Rowset::Devices => {
                format!("{}:{}", journal.devices[nth].user, journal.devices[nth].device)
            }
            Rowset::Journeys => format!("{:016x}", journal.journeys[nth].key),
            Rowset::Sessions => format!("{:016x}", journal.sessions[nth].key),
            Rowset::Orders => format!("{:016x}", journal.orders[nth].key),
            Rowset::OrderItems => {
                let line = &journal.lines[nth];
                format!("{:016x}:{}", journal.orders[line.order as usize].key, line.number)
            }
            Rowset::Payments => format!("{:016x}", journal.payments[nth].key),
            Rowset::Consents => format!("{:016x}", journal.consents[nth].key),
            Rowset::ErasureRequests => format!("{:016x}", journal.erasures[nth].key),
        }
    }

    /// The file that a row is in; none for an event that there is not.
    pub fn file_of(&self, at: RowRef) -> Option<FileRef> {
        if at.rowset == Rowset::Events {
            return Some(FileRef::Slice(self.event(at)?.slice as u32));
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
