//! The pass over a data set's files that all observers share.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::check::entities::{Entities, Keys, NEVER};
use crate::check::facts::Facts;
use crate::check::seats::{self, Seated, Seats, Through};
use crate::check::shape::{self, Line, Misfit};
use crate::check::{Context, Error, Verdict};
use crate::engine::Progress;
use crate::frame::{NULL, Strings};
use crate::read::hash::{Ids, NONE, Words};
use crate::read::{Batch, Broken, Column, Data};
use crate::schema::{Field, Schemas, Table};

/// Which columns of a table an observer needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wants {
    /// It does not look at the table.
    Nothing,
    /// These; those that the schema lacks are passed over. The table's key always comes along.
    Columns(&'static [&'static str]),
    /// Those that refer to other tables.
    References,
    /// All of them.
    All,
}

/// Somebody who watches the pass.
pub trait Observer {
    /// What it needs of a table. The events always come with `event_id`, `event_name`, `session_id`, `event_time` and
    /// `received_at`.
    fn wants(&self, table: &Table) -> Wants;

    /// Some rows of a table, in the order of its files; the tables come in the order of the schemas, without the events.
    fn see(&mut self, _rows: &Rows<'_>) {}

    /// Some events, after all other tables. Files come in the order of their names: by date of arrival, then by range of users, then
    /// by arrival. A session belongs to one range, so its events come in the order in which they arrived.
    fn see_events(&mut self, _events: &EventBatch<'_>) {}

    /// All rows of a table have gone by: what is not needed any more can be let go.
    fn done(&mut self, _table: &Table, _entities: &Entities) {}

    /// What it found, check by check.
    fn finish(self: Box<Self>, context: &Context<'_>, seen: &Seen) -> Vec<Verdict>;
}

/// A file that cannot be read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenFile {
    /// Its table.
    pub table: String,
    /// Its path in the data set.
    pub path: String,
    /// Why.
    pub why: String,
}

/// What was found amiss on the way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// Files that cannot be read to their end.
    pub broken: Vec<BrokenFile>,
    /// Files that are not of their tables' shape.
    pub misfits: Vec<Misfit>,
    /// Lines that are ill.
    pub lines: Vec<Line>,
    /// Tables with files of which the labels say that they are damaged as a whole.
    pub damaged: Vec<(String, String)>,
}

impl Seen {
    /// Whether all files of a table could be read as they should be, but for those that are labelled as damaged.
    pub fn is_sound(&self, table: &str) -> bool {
        self.unsound_unlabelled(&[table]).is_none()
    }

    /// Whether the labels say that a file is damaged as a whole.
    fn is_damaged(&self, path: &str) -> bool {
        self.damaged.iter().any(|(_, damaged)| damaged == path)
    }

    /// A place in a table whose rows are not what they should be, if there is one that no label explains.
    pub fn amiss(&self, table: &str) -> Option<&str> {
        let misfits = self.misfits.iter().filter(|misfit| !misfit.is_labelled);
        let misfits = misfits.map(|misfit| (&misfit.table, &misfit.place));
        let lines = self.lines.iter().filter(|line| !line.is_labelled && !line.bad.read);
        let lines = lines.map(|line| (&line.table, &line.place));
        misfits.chain(lines).find(|(of, _)| *of == table).map(|(_, place)| place.as_str())
    }

    /// What is wrong with a file of some tables, if something is.
    pub fn unsound(&self, tables: &[&str]) -> Option<String> {
        let needs = |(table, _): &&(String, String)| tables.contains(&table.as_str());
        let damaged = self.damaged.iter().find(needs);
        let damaged = damaged.map(|(_, path)| format!("{path} is labelled as damaged"));
        self.unsound_unlabelled(tables).or(damaged)
    }

    /// The same, but for files that are labelled as damaged: of what is left of them something can be said, and what is missed of
    /// them has a reason.
    pub fn unsound_unlabelled(&self, tables: &[&str]) -> Option<String> {
        let needs = |broken: &&BrokenFile| tables.contains(&broken.table.as_str());
        let mut broken = self.broken.iter().filter(needs);
        let broken = broken.find(|broken| !self.is_damaged(&broken.path));
        let amiss = || tables.iter().find_map(|table| self.amiss(table));
        broken
            .map(|broken| format!("{} cannot be read", broken.path))
            .or_else(|| amiss().map(|place| format!("{place} is not of the declared shape")))
    }
}

impl BrokenFile {
    pub(super) fn all(table: &str, found: Vec<Broken>) -> impl Iterator<Item = Self> + use<> {
        let table = table.to_owned();
        found.into_iter().map(move |Broken { path, why }| Self { table: table.clone(), path, why })
    }
}

/// Who waits for the pass, and who may end it.
pub struct Watch<'w> {
    /// Hears of rows.
    pub progress: &'w dyn Progress,
    /// Raised to end it.
    pub cancel: &'w AtomicBool,
}

impl Watch<'_> {
    /// Whether somebody wants it to end.
    pub fn is_cancelled(&self) -> bool {
        self.cancel.load(Ordering::Relaxed)
    }

    /// So many rows more; whether to go on.
    pub(super) fn on(&self, rows: usize) -> ControlFlow<()> {
        self.progress.advance(rows as u64);
        if self.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        if self.is_cancelled() { Err(Error::Cancelled) } else { Ok(()) }
    }
}

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
    path: &'r str,
    names: &'r [&'r str],
    own: &'r [u32],
}

impl<'r> Rows<'r> {
    /// The ordinal of a row of a table that others refer to, or [`NONE`].
    #[inline]
    pub fn ordinal(&self, row: usize) -> u32 {
        super::entities::at(self.own, row as u32)
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
        super::entities::at(self.product, row as u32)
    }

    /// Where an event is, such that it can be looked up.
    pub fn place(&self, row: usize) -> String {
        self.rows.place(row)
    }
}

/// A value as text, for evidence.
pub fn shown(column: &Column, row: usize) -> String {
    if !column.is_valid(row) {
        return "null".to_owned();
    }
    match &column.data {
        Data::Ids(ids) => id(ids[row]),
        Data::Longs(longs) => longs[row].to_string(),
        Data::Ints(ints) => ints[row].to_string(),
        Data::Doubles(doubles) => format!("{:?}", doubles[row]),
        Data::Flags(flags) => flags[row].to_string(),
        Data::Texts(_) => {
            column.text(row).map_or_else(|| "null".to_owned(), |text| format!("`{text}`"))
        }
    }
}

/// A UUID as text.
pub fn id(id: u128) -> String {
    let plain = format!("{id:032x}");
    [&plain[..8], &plain[8..12], &plain[12..16], &plain[16..20], &plain[20..]].join("-")
}

/// A moment as text.
pub fn moment(micros: i64) -> String {
    let time = jiff::Timestamp::from_microsecond(micros).ok().filter(|_| micros != NEVER);
    time.map_or_else(|| "never".to_owned(), |time| format!("{time:.6}"))
}

/// An amount as text.
pub fn money(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", cents.unsigned_abs() / 100, cents.unsigned_abs() % 100)
}

/// What a function makes of each string of a column's dictionary, made once a dictionary and not once a row.
#[derive(Debug, Clone)]
pub struct Cached<T> {
    of: Option<Arc<Strings>>,
    values: Vec<T>,
}

impl<T> Default for Cached<T> {
    fn default() -> Self {
        Self { of: None, values: Vec::new() }
    }
}

impl<T: Copy> Cached<T> {
    /// Makes ready for a batch's column.
    pub fn learn(&mut self, column: &Column, make: impl FnMut(&str) -> T) {
        let Data::Texts(texts) = &column.data else { return };
        if !self.of.as_ref().is_some_and(|of| Arc::ptr_eq(of, &texts.strings)) {
            self.values = texts.strings.iter().map(make).collect();
            self.of = Some(Arc::clone(&texts.strings));
        }
    }

    /// The value of a row of that column; none where the row has no string.
    #[inline]
    pub fn get(&self, column: &Column, row: usize) -> Option<T> {
        match &column.data {
            Data::Texts(texts) => match texts.keys[row] {
                NULL => None,
                key => self.values.get(key as usize).copied(),
            },
            _ => None,
        }
    }
}

/// A column's strings as keys that stay the same from batch to batch.
#[derive(Debug, Clone, Default)]
pub struct Interned {
    keys: Cached<u32>,
}

impl Interned {
    /// Makes ready for a batch's column; new strings are added to `words`.
    pub fn learn(&mut self, column: &Column, words: &mut Words) {
        self.keys.learn(column, |word| words.add(word));
    }

    /// Makes ready for a batch's column; strings that are not among `words` are [`NONE`].
    pub fn find(&mut self, column: &Column, words: &Words) {
        self.keys.learn(column, |word| words.get(word));
    }

    /// The key of a row; [`NONE`] where it has no string.
    #[inline]
    pub fn key(&self, column: &Column, row: usize) -> u32 {
        self.keys.get(column, row).unwrap_or(NONE)
    }
}

/// The columns that some observer needs of a table, in the schema's order.
fn wanted<'s>(table: &'s Table, observers: &[&mut Box<dyn Observer>]) -> Vec<&'s str> {
    let wants: Vec<Wants> = observers.iter().map(|observer| observer.wants(table)).collect();
    if wants.iter().all(|wants| *wants == Wants::Nothing) {
        return Vec::new();
    }
    let always = |name: &str| {
        table.key.iter().any(|key| key == name) || table.is_events() && ALWAYS.contains(&name)
    };
    let is_wanted = |field: &&Field| {
        let name = field.name.as_str();
        always(name)
            || wants.iter().any(|wants| match wants {
                Wants::Nothing => false,
                Wants::Columns(names) => names.contains(&name),
                Wants::References => field.reference.is_some(),
                Wants::All => true,
            })
    };
    table.fields.iter().filter(is_wanted).map(|field| field.name.as_str()).collect()
}

/// Columns of the events that are always read.
const ALWAYS: [&str; 5] = ["event_id", "event_name", "session_id", "event_time", "received_at"];

/// Misfits and ill lines that are remembered, of each.
const MISFITS: usize = 1 << 16;

/// Leads all observers through all tables, and notes what is amiss.
pub(super) fn run<'o>(
    context: &Context<'_>,
    observers: impl Iterator<Item = &'o mut Box<dyn Observer>>,
    seen: &mut Seen,
) -> Result<(), Error> {
    let mut observers: Vec<&mut Box<dyn Observer>> = observers.collect();
    let (events, others): (Vec<_>, Vec<_>) =
        context.schemas.tables.iter().partition(|table| table.is_events());
    for table in others.into_iter().chain(events) {
        let names = wanted(table, &observers);
        let Some(written) = context.data.table(&table.name).filter(|_| !names.is_empty()) else {
            continue;
        };
        let mut watching: Vec<&mut Box<dyn Observer>> = observers
            .iter_mut()
            .filter(|observer| observer.wants(table) != Wants::Nothing)
            .map(|observer| &mut **observer)
            .collect();
        let mut resolver = Resolver::new(context.schemas);
        let (mut own, mut last) = (Vec::new(), NONE);
        let found = context.data.scan(table, &names, |file, batch| {
            let path = written.files.get(file).map_or("", |file| file.path.as_str());
            ordinals(&mut own, &mut last, table, batch, &names, context.entities);
            let entities = context.entities;
            let rows = Rows { table, file, batch, entities, path, names: &names, own: &own };
            let room = MISFITS.saturating_sub(seen.misfits.len());
            seen.misfits.extend(shape::of_batch(&table.name, path, batch).take(room));
            let room = MISFITS.saturating_sub(seen.lines.len());
            seen.lines.extend(shape::lines(&table.name, path, batch).take(room));
            if table.is_events() {
                let events = resolver.resolve(rows);
                for observer in &mut watching {
                    observer.see_events(&events);
                }
            } else {
                for observer in &mut watching {
                    observer.see(&rows);
                }
            }
            context.watch.on(batch.rows)
        })?;
        context.watch.check()?;
        for observer in &mut watching {
            observer.done(table, context.entities);
        }
        seen.broken.extend(BrokenFile::all(&table.name, found));
    }
    Ok(())
}

/// The ordinals of a batch's rows, where others refer to the table. They were counted in the order in which the rows come again.
fn ordinals(
    own: &mut Vec<u32>,
    last: &mut u32,
    table: &Table,
    batch: &Batch,
    names: &[&str],
    entities: &Entities,
) {
    own.clear();
    let key = table.key.first().filter(|_| table.key.len() == 1);
    let place = key.and_then(|key| names.iter().position(|name| name == key));
    let column = place.and_then(|place| batch.columns.get(place));
    if let (Some(column), Some(keys)) = (column, entities.keys(&table.name)) {
        own.extend((0..batch.rows).map(|row| {
            *last = keys.find_near(column, row, last.wrapping_add(1));
            *last
        }));
    }
}

/// Sessions whose ordinals are at hand.
const RECENT: usize = 1 << 16;

/// Finds what events refer to.
struct Resolver {
    names: Words,
    kinds: Interned,
    /// Sessions that no table names.
    own: Ids,
    /// By the last bits of the id: the session met last. Most that come are under way, and these few stay in a core's cache.
    recent: Vec<(u128, u32)>,
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
    fn new(schemas: &Schemas) -> Self {
        let mut names = Words::default();
        for event in &schemas.events {
            names.add(&event.name);
        }
        Self {
            names,
            kinds: Interned::default(),
            own: Ids::default(),
            recent: vec![(0, NONE); RECENT],
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

    fn resolve<'e>(&'e mut self, rows: Rows<'e>) -> EventBatch<'e> {
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
            let (own, recent) = (&mut self.own, &mut self.recent);
            self.session.extend((0..count).map(|row| match column.id(row) {
                None => NONE,
                Some(id) => {
                    let last = &mut recent[id as usize % RECENT];
                    if last.0 != id || last.1 == NONE {
                        *last = (id, rows.entities.session(own, id));
                    }
                    last.1
                }
            }));
        }
        self.session.resize(count, NONE);
        let sessions = &rows.entities.sessions;
        self.seats
            .seat(&self.session, |session| super::entities::at_or(&sessions.events, session, 0));
        for seated in &self.seats.seated {
            seats::set(&mut self.facts, seated.seat, Facts::of(seated.session, rows.entities));
        }
        self.product.clear();
        if let (Some(column), Some(Keys::Words(known))) =
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
}

fn moments(out: &mut Vec<i64>, column: Option<&Column>, rows: usize) {
    out.clear();
    if let Some(column) = column {
        out.extend((0..rows).map(|row| column.long(row).unwrap_or(NEVER)));
    }
    out.resize(rows, NEVER);
}
