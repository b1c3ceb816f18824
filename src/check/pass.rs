//! The pass over a data set's files that all observers share.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;

use crate::check::batch::{EventBatch, Ordinals, Resolver, Rows};
use crate::check::entities::{Entities, NEVER};
use crate::check::shape::{self, Line, Misfit};
use crate::check::{Context, Error, Verdict};
pub use crate::digits::uuid_text as id;
use crate::engine::Progress;
use crate::read::{Broken, Column, Data};
use crate::schema::{Field, Table};

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
pub trait Observer: Send {
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
        let mut ordinals = Ordinals::default();
        let found = context.data.scan(table, &names, |file, batch| {
            let path = written.files.get(file).map_or("", |file| file.path.as_str());
            let entities = context.entities;
            let own = ordinals.of(table, batch, &names, entities);
            let rows = Rows { table, file, batch, entities, path, names: &names, own };
            let room = MISFITS.saturating_sub(seen.misfits.len());
            seen.misfits.extend(shape::of_batch(&table.name, path, batch).take(room));
            let room = MISFITS.saturating_sub(seen.lines.len());
            seen.lines.extend(shape::lines(&table.name, path, batch).take(room));
            if table.is_events() {
                let events = resolver.resolve(rows);
                show(&mut watching, rows.len(), &|observer| observer.see_events(&events));
            } else {
                show(&mut watching, rows.len(), &|observer| observer.see(&rows));
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

/// How many threads the machine runs at a time; asked once.
fn threads() -> usize {
    static THREADS: OnceLock<usize> = OnceLock::new();
    *THREADS.get_or_init(|| thread::available_parallelism().map_or(1, usize::from))
}

/// Rows of a batch below which a thread costs more than it saves.
const FEW: usize = 1 << 10;

/// Shows a batch to all who watch, each on one of as many threads as the machine has: what one finds does not depend on another.
fn show(
    watching: &mut [&mut Box<dyn Observer>],
    rows: usize,
    look: &(dyn Fn(&mut dyn Observer) + Sync),
) {
    let others = if rows < FEW { 0 } else { threads().min(watching.len()).saturating_sub(1) };
    let queue = Mutex::new(watching.iter_mut());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || {
        while let Some(observer) = next() {
            look(&mut ***observer);
        }
    };
    thread::scope(|scope| {
        for _ in 0..others {
            // Where no thread can be had, this one does it all.
            let _ = thread::Builder::new().spawn_scoped(scope, work);
        }
        work();
    });
}
