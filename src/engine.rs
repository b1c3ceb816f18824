//! The engine: simulates, arranges and renders, in parallel over users and then over slices of time, range after range.
//!
//! The bytes of every file follow from the world alone. Threads only decide who does what when.

mod anomalies;
mod calibrate;
mod files;
mod pilot;
mod simulate;
mod spare;

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

pub use calibrate::calibrate;
pub use pilot::{pilot, plan};
use rayon::prelude::*;
use simulate::{Crowd, simulate_joined};
pub use simulate::{arrange, simulate};
use spare::Spare;

use crate::anomaly::Spec;
use crate::anomaly::apply::FileEdits;
use crate::anomaly::ground::{FileRef, Rowset, SliceRows};
use crate::anomaly::labels::Member;
use crate::anomaly::select::Draft;
use crate::anomaly::spool::Spool;
use crate::answers::{self, Answers, Counter, Tally};
use crate::diag::Problems;
use crate::event::journal::Journal;
use crate::frame::Frame;
use crate::manifest::{self, Document, FileEntry};
use crate::privacy::frame::Masking;
use crate::scenario::World;
use crate::scenario::plan::{OF_THE_WORLD, Plan, UserRange, events_path, table_path};
use crate::scenario::wishes::LABELS;
use crate::schema::Table;
use crate::tables::events::{Change, EventFrame};
use crate::tables::{self, Context, Rows};

/// How a plan is carried out. Nothing here moves a byte of what is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// Threads, at least 1.
    pub threads: usize,
    /// Which shard of how many, from 0.
    pub shard: Option<(u32, u32)>,
}

/// Is told how far a run has come.
pub trait Progress: Sync {
    /// So many events more were simulated, or written; each event counts twice.
    fn advance(&self, events: u64);
}

/// Why a run ended early.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder could not be written.
    #[error("cannot write {}: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A document could not be written.
    #[error("cannot write {0}")]
    Document(#[from] manifest::Error),
    /// The run was asked to stop.
    #[error("stopped before the data set was whole")]
    Cancelled,
    /// Rates that cannot be met.
    #[error("the rates cannot be met")]
    Rates(#[from] Problems),
    /// Anomalies that the data set cannot carry.
    #[error("the anomalies cannot be had")]
    Anomalies(Problems),
    /// A privacy policy that cannot be carried out.
    #[error("the policy cannot be carried out")]
    Policy(Problems),
    /// Threads could not be started.
    #[error("cannot start threads: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
}

fn go_on(cancel: &AtomicBool) -> Result<(), Error> {
    if cancel.load(Ordering::Relaxed) { Err(Error::Cancelled) } else { Ok(()) }
}

/// What a run has written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Written {
    /// The tables' files, sorted by path.
    pub files: Vec<FileEntry>,
    /// What stands beside them.
    pub documents: Vec<Document>,
}

/// Writes the files of a plan, or of one shard of it, into a folder that exists; what the manifest says of them.
///
/// # Errors
/// What cannot be written, and being asked to stop. Files written so far are left where they are.
pub fn generate(
    world: &World,
    plan: &Plan,
    run: &Run,
    dir: &Path,
    progress: &dyn Progress,
    cancel: &AtomicBool,
) -> Result<Written, Error> {
    generate_masked(world, plan, run, None, dir, progress, cancel)
}

/// The same, with what a privacy policy does to the tables.
///
/// # Errors
/// Those of [`generate`].
pub fn generate_masked(
    world: &World,
    plan: &Plan,
    run: &Run,
    masking: Option<&Masking>,
    dir: &Path,
    progress: &dyn Progress,
    cancel: &AtomicBool,
) -> Result<Written, Error> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(run.threads).build()?;
    let counting = world.wants_answers().then(|| Counting::new(world));
    let spec = Spec::of(world).map_err(Error::Anomalies)?;
    let makes = |table| masking.is_some_and(|masking| masking.makes_tokens(table, "anonymous_id"));
    let behind = |spec: Spec| spec.behind(makes("events") && makes("sessions"));
    let spec = spec.map(behind).transpose().map_err(Error::Anomalies)?;
    let mut job = Job {
        world,
        plan,
        dir,
        progress,
        cancel,
        counting: counting.as_ref(),
        masking,
        wrong: None,
        spare: Spare::default(),
        copies: Mutex::default(),
        kinds: Mutex::default(),
    };
    if let Some(spec) = &spec {
        let drafted = pool.install(|| anomalies::draft(&job, spec))?;
        let spool = Spool::new(dir).map_err(|source| Error::Io { path: dir.to_owned(), source })?;
        job.wrong = Some(Wrong { spec, spool, drafted });
    }
    let mut files = Vec::new();
    let mut ranges = plan.ranges_of(run.shard).peekable();
    while let Some(range) = ranges.next() {
        if ranges.peek().is_none() {
            job.spare.end();
        }
        files.extend(pool.install(|| job.range(range))?);
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    if let (Some(spec), None) = (&spec, run.shard) {
        let kinds = job.kinds.into_inner().unwrap_or_else(PoisonError::into_inner);
        spec.is_met(&kinds).map_err(Error::Anomalies)?;
    }
    let mut documents = job.copies.into_inner().unwrap_or_else(PoisonError::into_inner);
    let answers = counting.map(|counting| counting.document(world, dir, run.shard.is_none()));
    documents.extend(answers.transpose()?);
    documents.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(Written { files, documents })
}

/// The answers while a run counts them. Tallies add up in whatever order they come.
struct Counting<'w> {
    counter: Counter<'w>,
    sum: Mutex<Tally>,
}

impl<'w> Counting<'w> {
    fn new(world: &'w World) -> Self {
        let counter = Counter::new(world);
        Self { sum: Mutex::new(counter.nothing()), counter }
    }

    /// Counts a journal, on the thread that has just filled it.
    fn add(&self, journal: &Journal) {
        let tally = self.counter.count(journal);
        self.sum.lock().unwrap_or_else(PoisonError::into_inner).add(&tally);
    }

    /// Writes the answers of the whole, or of a shard.
    fn document(self, world: &World, dir: &Path, whole: bool) -> Result<Document, Error> {
        let tally = self.sum.into_inner().unwrap_or_else(PoisonError::into_inner);
        let answers = Answers::new(world, &tally);
        let written = if whole {
            Document::write(dir, answers::PATH, &answers.to_json())
        } else {
            Document::write(dir, answers::PARTIAL, &answers.to_partial())
        };
        Ok(written?)
    }
}

/// A file's worth of work.
struct Task<'t> {
    table: &'t Table,
    rows: TaskRows,
    edits: FileEdits,
}

/// Where a file's rows come from.
enum TaskRows {
    /// The records of the journal, or of the world.
    Records,
    /// A slice of events, and what becomes of some.
    Slice(usize, SliceRows, Vec<Change>),
}

struct Job<'j> {
    world: &'j World,
    plan: &'j Plan,
    dir: &'j Path,
    progress: &'j dyn Progress,
    cancel: &'j AtomicBool,
    counting: Option<&'j Counting<'j>>,
    masking: Option<&'j Masking>,
    wrong: Option<Wrong<'j>>,
    spare: Spare,
    /// Labels written as NDJSON beside those of the format.
    copies: Mutex<Vec<Document>>,
    /// Kinds of which there are incidents.
    kinds: Mutex<BTreeSet<&'static str>>,
}

/// What is to go wrong.
struct Wrong<'w> {
    spec: &'w Spec,
    /// Where whole rows wait for their labels to be written.
    spool: Arc<Spool>,
    /// Incidents of kinds that ask for numbers; none where they are drafted range by range, since there is but one.
    drafted: Option<Draft>,
}

impl Job<'_> {
    fn range(&self, range: UserRange) -> Result<Vec<FileEntry>, Error> {
        let (world, slices) = (self.world, self.plan.slices);
        let users = range.first..range.end;
        let look = |journal: &Journal| {
            if let Some(counting) = self.counting {
                counting.add(journal);
            }
        };
        let crowd = Crowd { world, slices, users, progress: self.progress, cancel: self.cancel };
        let (mut journal, by_slice) = simulate_joined(&crowd, &self.spare, &look)?;
        // What is rare is so before anything goes wrong: it is the same in the clean twin.
        self.count(Context { world, journal: &journal })?;
        let files = if let Some(wrong) = &self.wrong {
            self.dirty_files(range, wrong, &mut journal, by_slice)?
        } else {
            let tasks = self.tasks(range, by_slice, |_| (FileEdits::default(), Vec::new()));
            self.files(Context { world, journal: &journal }, range, tasks)?.0
        };
        self.spare.leave_whole(journal);
        Ok(files)
    }

    /// Writes the files of a range in which something goes wrong, and their labels.
    fn dirty_files(
        &self,
        range: UserRange,
        wrong: &Wrong<'_>,
        journal: &mut Journal,
        mut by_slice: Vec<SliceRows>,
    ) -> Result<Vec<FileEntry>, Error> {
        let world = self.world;
        let place = (self.plan, range.number);
        let (mut edits, mut changes, incidents) =
            anomalies::of_range(wrong, world, place, journal, &mut by_slice)?;
        let context = Context { world, journal };
        let tasks = self.tasks(range, by_slice, |file| {
            let changes = match file {
                FileRef::Slice(slice) => changes.remove(&(slice as usize)),
                FileRef::Table(_) => None,
            };
            (edits.remove(&file).unwrap_or_default(), changes.unwrap_or_default())
        });
        let (mut files, halves) = self.files(context, range, tasks)?;
        files.extend(anomalies::labels(self, context, range, incidents, halves)?);
        Ok(files)
    }

    /// The files of a range, each with what is changed in it.
    fn tasks(
        &self,
        range: UserRange,
        by_slice: Vec<SliceRows>,
        mut edits: impl FnMut(FileRef) -> (FileEdits, Vec<Change>),
    ) -> Vec<Task<'_>> {
        let world = self.world;
        // Large single files first, so that no thread is left alone with one at the end.
        let here =
            |table: &&Table| range.number == 0 || !OF_THE_WORLD.contains(&table.name.as_str());
        let others = world
            .wanted_tables()
            .filter(|table| !table.is_events() && !LABELS.contains(&&*table.name))
            .filter(here);
        let mut tasks: Vec<Task<'_>> = Vec::new();
        for table in others {
            let rowset = Rowset::of(&table.name).map(FileRef::Table);
            let edits = rowset.map_or_else(FileEdits::default, |file| edits(file).0);
            tasks.push(Task { table, rows: TaskRows::Records, edits });
        }
        if let Some(table) = world.wanted_tables().find(|table| table.is_events()) {
            for (slice, rows) in by_slice.into_iter().enumerate() {
                let (edits, changes) = edits(FileRef::Slice(slice as u32));
                if !rows.is_empty() || edits.has_rows() {
                    let rows = TaskRows::Slice(slice, rows, changes);
                    tasks.push(Task { table, rows, edits });
                }
            }
        }
        tasks
    }

    /// Writes files; what the manifest says of them, and by file the labels of what was changed.
    fn files(
        &self,
        context: Context<'_>,
        range: UserRange,
        tasks: Vec<Task<'_>>,
    ) -> Result<(Vec<FileEntry>, Vec<Vec<Member>>), Error> {
        let file = |task: Task<'_>| self.task(context, range, task);
        let written: Result<Vec<_>, Error> =
            tasks.into_par_iter().with_max_len(1).map(file).collect();
        let (files, members): (Vec<_>, Vec<_>) = written?.into_iter().unzip();
        Ok((files.into_iter().flatten().collect(), members))
    }

    fn task(
        &self,
        context: Context<'_>,
        range: UserRange,
        task: Task<'_>,
    ) -> Result<(Option<FileEntry>, Vec<Member>), Error> {
        let (world, slices) = (self.world, &self.plan.slices);
        let extension = world.output.extension();
        let Task { table, rows, edits } = task;
        match rows {
            TaskRows::Records => {
                let path = table_path(&table.name, range.number, extension);
                tables::with_frame(context, table, &edits.changes(), |rows: Rows<'_>| {
                    self.rows(path, &rows, &edits)
                })
            }
            TaskRows::Slice(slice, rows, changes) => {
                let path = events_path(world, slices, range.number, slice, extension);
                let written = if edits.has_rows() {
                    let made = EventFrame::changed(context, table, &rows, &changes);
                    self.leave(rows);
                    let (shown, time_range) = (made.shown, made.time_range);
                    let places = &made.places;
                    self.rows(path, &Rows { frame: &made.frame, shown, time_range, places }, &edits)
                } else if !edits.is_edited() && self.has_parts() {
                    let entry = self.parts(path, context, table, &rows)?;
                    self.leave(rows);
                    self.damaged(entry, &edits)
                } else {
                    let frame = EventFrame::new(context, table, &rows);
                    self.leave(rows);
                    let (shown, time_range) = (frame.rows(), frame.time_range());
                    self.rows(path, &Rows { frame: &frame, shown, time_range, places: &[] }, &edits)
                }?;
                let events = written.0.as_ref().map_or(0, |entry| entry.rows);
                self.progress.advance(events);
                Ok(written)
            }
        }
    }

    /// Lets the next range have the memory of events that are laid out.
    fn leave(&self, rows: SliceRows) {
        self.spare.leave(rows.into_iter().map(|(bucket, _)| bucket));
    }

    /// Lets a policy count who shares what in a range.
    fn count(&self, context: Context<'_>) -> Result<(), Error> {
        let counted = self.masking.map(|masking| masking.count(context));
        counted.unwrap_or(Ok(())).map_err(|problem| Error::Policy(problem.into()))
    }
}
