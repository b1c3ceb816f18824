//! What observers are shown: some rows of a table, and events with what they refer to, found once for all who look.

use crate::check::entities::{Entities, Keys, NEVER, Session, at};
use crate::check::facts::Facts;
use crate::check::pass::shown;
use crate::check::seats::{self, Seated, Seats, Through};
use crate::check::strings::{Cached, Interned};
use crate::read::hash::{Ids, NONE, Words};
use crate::read::{Batch, Column};
use crate::schema::{Schemas, Table};

/// Some rows of a table.
#[derive(Clone, Copy)]
pub struct Rows<'r> {
    /// The table.
    pub table: &'r Table,
    /// The file's ordinal in the manifest's list for the table.
    pub file: usize,
    /// The rows.
    pub batch: &'r Batch,
    /// What the data set is about.
    pub entities: &'r Entities,
    pub(super) path: &'r str,
    pub(super) names: &'r [&'r str],
    /// By row: its ordinal among the keys of the table; empty where nobody refers to it.
    pub(super) own: &'r [u32],
}

impl<'r> Rows<'r> {
    /// The ordinal of a row of a table that others refer to, or [`NONE`].
    #[inline]
    pub fn ordinal(&self, row: usize) -> u32 {
        at(self.own, row as u32)
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.batch.rows
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.batch.rows == 0
    }

    /// The file's path in the data set.
    pub fn path(&self) -> &'r str {
        self.path
    }

    /// The range of users that the file belongs to, as its name has it: `00000` of `part-00000-01.parquet`.
    pub fn range(&self) -> &'r str {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        let rest = name.strip_prefix("part-").unwrap_or(name);
        rest.split(['-', '.']).next().unwrap_or_default()
    }

    /// The column of that name, if it was wanted and the schema has it.
    pub fn column(&self, name: &str) -> Option<&'r Column> {
        let place = self.names.iter().position(|known| *known == name)?;
        self.batch.columns.get(place)
    }

    /// The columns with their names.
    pub fn columns(&self) -> impl Iterator<Item = (&'r str, &'r Column)> {
        self.names.iter().copied().zip(&self.batch.columns)
    }

    /// The number or moment of a column in a row.
    #[inline]
    pub fn long(&self, name: &str, row: usize) -> Option<i64> {
        self.column(name)?.long(row)
    }

    /// Where a row is, such that it can be looked up: `orders where order_id = …`.
    pub fn place(&self, row: usize) -> String {
        let terms: Vec<String> = self
            .table
            .key
            .iter()
            .filter_map(|key| Some(format!("{key} = {}", shown(self.column(key)?, row))))
            .collect();
        if terms.is_empty() {
            format!("{}, row {}", self.path, self.batch.first + row as u64 + 1)
        } else {
            format!("{} where {}", self.table.name, terms.join(" and "))
        }
    }
}

/// Some events, with what they refer to.
#[derive(Clone, Copy)]
pub struct EventBatch<'e> {
    /// The rows.
    pub rows: Rows<'e>,
    /// By row: the session's ordinal, or [`NONE`]. Without the table of sessions they are numbered as they come.
    pub session: &'e [u32],
    /// By row: the event type's ordinal in the schemas, or [`NONE`].
    pub kind: &'e [u32],
    /// By row: when it happened; [`NEVER`] when the file does not say.
    pub time: &'e [i64],
    /// By row: when it arrived.
    pub received: &'e [i64],
    /// By row: the seat of its session while it is under way, or [`NONE`].
    pub seat: &'e [u32],
    /// By seat: what is known of the session.
    facts: &'e [Facts],
    /// Sessions that got a seat for this batch: what is kept of them starts anew.
    pub seated: &'e [Seated],
    /// Sessions that are through with this batch: what is kept of them can go.
    pub through: &'e [Through],
    /// By row: the product's ordinal, or [`NONE`]; empty if nobody wanted `product_id`.
    product: &'e [u32],
}

impl<'e> EventBatch<'e> {
    /// How many events.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The column of that name, if it was wanted.
    pub fn column(&self, name: &str) -> Option<&'e Column> {
        self.rows.column(name)
    }

    /// What the data set is about.
    pub fn entities(&self) -> &'e Entities {
        self.rows.entities
    }

    /// What is known of an event's session.
    #[inline]
    pub fn facts(&self, row: usize) -> &'e Facts {
        self.facts.get(self.seat[row] as usize).unwrap_or(&Facts::NONE)
    }

    /// The journey's ordinal, by the session, or [`NONE`].
    #[inline]
    pub fn journey(&self, row: usize) -> u32 {
        self.facts(row).journey
    }

    /// The device's ordinal, by the session, or [`NONE`].
    #[inline]
    pub fn device(&self, row: usize) -> u32 {
        self.facts(row).device
    }

    /// The ordinal of the person behind it, known at the time or not, or [`NONE`].
    #[inline]
    pub fn user(&self, row: usize) -> u32 {
        self.facts(row).user
    }

    /// The ordinal of the product that it is about, or [`NONE`].
    #[inline]
    pub fn product(&self, row: usize) -> u32 {
        at(self.product, row as u32)
    }

    /// Where an event is, such that it can be looked up.
    pub fn place(&self, row: usize) -> String {
        self.rows.place(row)
    }
}

/// Finds the ordinals of a table's rows.
#[derive(Default)]
pub(super) struct Ordinals {
    own: Vec<u32>,
    /// The ordinal of the next row, if its key is a new one.
    next: u32,
}

impl Ordinals {
    /// Those of a batch's rows; none where nobody refers to the table. They were counted in the order in which rows come again.
    pub(super) fn of(
        &mut self,
        table: &Table,
        batch: &Batch,
        names: &[&str],
        entities: &Entities,
    ) -> &[u32] {
        self.own.clear();
        let key = table.key.first().filter(|_| table.key.len() == 1);
        let place = key.and_then(|key| names.iter().position(|name| name == key));
        let column = place.and_then(|place| batch.columns.get(place));
        if let (Some(column), Some(keys)) = (column, entities.keys(&table.name)) {
            let next = &mut self.next;
            self.own.extend((0..batch.rows).map(|row| {
                let found = keys.find_near(column, row, *next);
                *next = found.wrapping_add(1);
                found
            }));
        }
        &self.own
    }
}

/// Sessions whose ordinals are at hand.
const RECENT: usize = 1 << 16;

/// A session that is still to be found.
const SOUGHT: u32 = NONE - 1;

/// Finds what events refer to.
pub(super) struct Resolver {
    names: Words,
    kinds: Interned,
    /// Sessions that no table names.
    own: Ids,
    /// By the last bits of the id: the session met last. Most that come are under way, and these few stay in a core's cache.
    recent: Vec<(u128, u32)>,
    /// Ids of sessions that are not at hand, and what they are.
    sought: Vec<u128>,
    found: Vec<u32>,
    /// What is kept of the sessions seated for the batch.
    seated: Vec<Session>,
    session: Vec<u32>,
    kind: Vec<u32>,
    time: Vec<i64>,
    received: Vec<i64>,
    seats: Seats,
    facts: Vec<Facts>,
    products: Cached<u32>,
    product: Vec<u32>,
}

impl Resolver {
    pub(super) fn new(schemas: &Schemas) -> Self {
        let mut names = Words::default();
        for event in &schemas.events {
            names.add(&event.name);
        }
        Self {
            names,
            kinds: Interned::default(),
            own: Ids::default(),
            recent: Vec::new(),
            sought: Vec::new(),
            found: Vec::new(),
            seated: Vec::new(),
            session: Vec::new(),
            kind: Vec::new(),
            time: Vec::new(),
            received: Vec::new(),
            seats: Seats::default(),
            facts: Vec::new(),
            products: Cached::default(),
            product: Vec::new(),
        }
    }

    pub(super) fn resolve<'e>(&'e mut self, rows: Rows<'e>) -> EventBatch<'e> {
        let count = rows.len();
        moments(&mut self.time, rows.column("event_time"), count);
        moments(&mut self.received, rows.column("received_at"), count);
        self.kind.clear();
        if let Some(column) = rows.column("event_name") {
            self.kinds.find(column, &self.names);
            self.kind.extend((0..count).map(|row| self.kinds.key(column, row)));
        }
        self.kind.resize(count, NONE);
        self.session.clear();
        if let Some(column) = rows.column("session_id") {
            self.find_sessions(column, rows.entities);
        }
        self.session.resize(count, NONE);
        let sessions = &rows.entities.sessions;
        self.seats.seat(&self.session, |session| sessions.at(session).events);
        self.seated.clear();
        self.seated.extend(self.seats.seated.iter().map(|seated| sessions.at(seated.session)));
        let known = rows.entities.known();
        for (seated, session) in self.seats.seated.iter().zip(&self.seated) {
            let facts = Facts::of(seated.session, session, known, rows.entities);
            seats::set(&mut self.facts, seated.seat, facts);
        }
        self.product.clear();
        if let (Some(column), Some(Keys::Words(known) | Keys::Tokens(_, known))) =
            (rows.column("product_id"), rows.entities.keys("products"))
        {
            self.products.learn(column, |word| known.get(word));
            let product = |row| self.products.get(column, row).unwrap_or(NONE);
            self.product.extend((0..count).map(product));
        }
        EventBatch {
            rows,
            session: &self.session,
            kind: &self.kind,
            time: &self.time,
            received: &self.received,
            seat: &self.seats.rows,
            facts: &self.facts,
            seated: &self.seats.seated,
            through: &self.seats.through,
            product: &self.product,
        }
    }

    /// Finds the sessions of a batch's events: those met of late at once, the others together.
    fn find_sessions(&mut self, column: &Column, entities: &Entities) {
        self.recent.resize(RECENT, (0, NONE));
        self.sought.clear();
        self.session.extend((0..column.rows()).map(|row| match column.id(row) {
            None => NONE,
            Some(id) => {
                let (last, session) = self.recent[id as usize % RECENT];
                if last == id && session != NONE {
                    return session;
                }
                self.sought.push(id);
                SOUGHT
            }
        }));
        match entities.known().sessions {
            Some(ids) if !ids.is_empty() => ids.find_all(&self.sought, &mut self.found),
            // No table names them.
            _ => {
                self.found.clear();
                self.found.extend(self.sought.iter().map(|id| self.own.add(*id).0));
            }
        }
        let missing = self.session.iter_mut().filter(|session| **session == SOUGHT);
        for ((session, found), id) in missing.zip(&self.found).zip(&self.sought) {
            *session = *found;
            self.recent[*id as usize % RECENT] = (*id, *found);
        }
    }
}

fn moments(out: &mut Vec<i64>, column: Option<&Column>, rows: usize) {
    out.clear();
    if let Some(column) = column {
        out.extend((0..rows).map(|row| column.long(row).unwrap_or(NEVER)));
    }
    out.resize(rows, NEVER);
}
