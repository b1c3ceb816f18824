//! The engine: simulates, arranges and renders, in parallel over users and then over slices of time, range after range.
//!
//! The bytes of every file follow from the world alone. Threads only decide who does what when.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use crate::answers::{self, Answers, Counter, Tally};
use crate::calibration::{self, Calibration, Verdict};
use crate::diag::Problems;
use crate::event::journal::{Bucket, Journal, Offsets};
use crate::frame::Frame;
use crate::journey::outcomes::{Exact, Outcomes, Record};
use crate::journey::{Walker, expected_visits};
use crate::manifest::{self, Document, FileEntry};
use crate::population::FIRST_COVERING;
use crate::privacy::frame::Masking;
use crate::scenario::plan::{OF_THE_WORLD, Pilot, Plan, UserRange, events_path, table_path};
use crate::scenario::slices::Slices;
use crate::scenario::{Size, World};
use crate::schema::Table;
use crate::sink::Digest;
use crate::tables::events::EventFrame;
use crate::tables::{self, Context, Rows};

/// Users simulated as one piece of work.
const CHUNK: u64 = 256;

/// Events that a user usually has on a day, rounded up: only decides how much room is made at first.
const USUAL: usize = 3;

/// A pilot for a data set whose size is given in events counts at most so many users. Beyond, what they do is reckoned from how
/// long and how often they come, which holds the total well within its 2 %.
const MOST_COUNTED: u64 = 32_768;

/// A pilot of a data set whose size is given in users.
const SAMPLE: u64 = 4_096;

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
    /// Threads could not be started.
    #[error("cannot start threads: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
}

/// Users of the pilot simulated as one piece of work.
const PIECE: u64 = 64;

/// Users of the pilot at most, of each of its seeds, when hardly anybody comes.
const LARGEST_CROWD: u64 = 1 << 17;

/// Finds the intercepts at which the world's rates are met, and sets the world to them. They depend on neither seed nor size.
///
/// # Errors
/// Rates that cannot be met, threads that cannot be started, and being asked to stop.
pub fn calibrate(
    world: &mut World,
    threads: usize,
    cancel: &AtomicBool,
) -> Result<Calibration, Error> {
    calibration::check_reach(world)?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    let seed = world.seed;
    let found = pool.install(|| sweep(world, cancel));
    world.reseed(seed);
    let found = found?;
    found.apply(world);
    Ok(found)
}

/// Simulates the pilot until its rates are met.
fn sweep(world: &mut World, cancel: &AtomicBool) -> Result<Calibration, Error> {
    let (mut users, mut number) = (0, 0);
    loop {
        if let Some((sessions, least)) = calibration::PILOTS.get(number) {
            users = enough_pilots(world, *sessions, *least, cancel)?;
        }
        let record = crowds(world, users, cancel)?;
        match calibration::judge(world, record, number)? {
            Verdict::Again(intercepts) => world.intercepts = intercepts,
            Verdict::Settled(found) => return Ok(found),
        }
        number += 1;
    }
}

/// How many users of each seed make so many sessions of all, going by the first; at least a number.
fn enough_pilots(
    world: &mut World,
    sessions: u64,
    least: u64,
    cancel: &AtomicBool,
) -> Result<u64, Error> {
    let seeds = calibration::SEEDS;
    let wanted = sessions / seeds.len() as u64;
    world.reseed(seeds[0]);
    let (mut users, mut seen) = (0, 0);
    while seen < wanted && users < LARGEST_CROWD {
        go_on(cancel)?;
        // As many as came to so few, and more while that is unknown.
        let missing = (wanted - seen) * users / seen.max(1);
        let next = users + missing.max(users).clamp(least, 16 * least);
        seen += watch(world, users..next).1;
        users = next;
    }
    Ok(users)
}

/// What so many users of each seed do.
fn crowds(world: &mut World, users: u64, cancel: &AtomicBool) -> Result<Record, Error> {
    let mut record = Record::new(world.targets.len());
    for seed in calibration::SEEDS {
        go_on(cancel)?;
        world.reseed(seed);
        record.add(&watch(world, 0..users).0);
    }
    Ok(record)
}

fn go_on(cancel: &AtomicBool) -> Result<(), Error> {
    if cancel.load(Ordering::Relaxed) { Err(Error::Cancelled) } else { Ok(()) }
}

/// What those users do, with the number of their sessions.
fn watch(world: &World, users: std::ops::Range<u64>) -> (Record, u64) {
    let slices = Slices::new(world.start, 1, 0, 1);
    let count = (users.end - users.start).div_ceil(PIECE);
    let piece = |number: u64| {
        let first = users.start + number * PIECE;
        let record = Outcomes::Recorded(Record::new(world.targets.len()));
        let mut walker = Walker::new(world, slices).deciding(record);
        let mut sessions = 0;
        for user in first..(first + PIECE).min(users.end) {
            walker.journal.clear();
            walker.user(user);
            sessions += walker.journal.sessions.len() as u64;
        }
        let record = match walker.into_outcomes() {
            Outcomes::Recorded(record) => record,
            Outcomes::Drawn | Outcomes::Exact(_) => Record::new(world.targets.len()),
        };
        (record, sessions)
    };
    let none = || (Record::new(world.targets.len()), 0);
    let add = |mut a: (Record, u64), b: (Record, u64)| {
        a.0.add(&b.0);
        (a.0, a.1 + b.1)
    };
    (0..count).into_par_iter().map(piece).reduce(none, add)
}

/// Simulates a sample of users for the plan: for a size in events, users in order until it is reached.
///
/// # Errors
/// Threads that cannot be started, and being asked to stop.
pub fn pilot(world: &World, threads: usize, cancel: &AtomicBool) -> Result<Pilot, Error> {
    let (wanted, most) = match world.request.size {
        Size::Users(users) => (u64::MAX, users.min(SAMPLE)),
        Size::Events(events) => (events, MOST_COUNTED),
    };
    let slices = Slices::new(world.start, world.days, world.lateness, 1);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    let mut pilot = Pilot::default();
    while pilot.users < most && pilot.events < wanted {
        go_on(cancel)?;
        let next = pilot.users..(pilot.users + SAMPLE).min(most);
        let counts: Vec<Pilot> = pool.install(|| {
            let alone = |walker: &mut Walker<'_>, user| count(walker, user);
            next.into_par_iter().map_init(|| Walker::new(world, slices), alone).collect()
        });
        for one in &counts {
            pilot.add(one);
            if pilot.events >= wanted {
                break;
            }
        }
    }
    pilot.whole_users = match world.request.size {
        Size::Users(users) => users,
        Size::Events(events) => pool.install(|| enough(world, &pilot, events, cancel))?,
    };
    Ok(pilot)
}

/// How many users make so many events: those of the pilot, and as many more as are expected to come as often as is still needed.
/// The ratio of events to expected visits is the pilot's (a ratio estimator, Cochran, "Sampling Techniques", chapter 6).
fn enough(world: &World, pilot: &Pilot, events: u64, cancel: &AtomicBool) -> Result<u64, Error> {
    const BLOCK: u64 = 65_536;
    let mut visits = pilot.visits * (events as f64 / pilot.events.max(1) as f64) - pilot.visits;
    let mut users = pilot.users;
    while visits > 0.0 {
        go_on(cancel)?;
        let block: Vec<f64> = (users..users + BLOCK)
            .into_par_iter()
            .map(|user| expected_visits(world, &world.people.user(user)))
            .collect();
        for more in block {
            if visits <= 0.0 {
                break;
            }
            visits -= more;
            users += 1;
        }
    }
    Ok(users)
}

/// Simulates some of the users who cover cells.
fn covering(world: &World) -> Pilot {
    let mut pilot = Pilot { whole_users: world.covering(), ..Pilot::default() };
    let slices = Slices::new(world.start, world.days, world.lateness, 1);
    let mut walker = Walker::new(world, slices);
    for user in 0..pilot.whole_users.min(SAMPLE / 4) {
        pilot.add(&count(&mut walker, FIRST_COVERING + user));
    }
    pilot
}

/// The plan of a world, by a pilot.
///
/// # Errors
/// Those of the pilot.
pub fn plan(world: &World, threads: usize, cancel: &AtomicBool) -> Result<Plan, Error> {
    Ok(Plan::new(world, &pilot(world, threads, cancel)?, &covering(world)))
}

/// What one user does.
fn count(walker: &mut Walker<'_>, user: u64) -> Pilot {
    walker.journal.clear();
    walker.user(user);
    let journal = &walker.journal;
    let world = walker.world();
    Pilot {
        users: 1,
        visits: expected_visits(world, &world.people.user(user)),
        whole_users: 0,
        events: journal.sessions.iter().map(|session| u64::from(session.events)).sum(),
        sessions: journal.sessions.len() as u64,
        orders: journal.orders.len() as u64,
        devices: journal.devices.len() as u64,
    }
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
    let job = Job { world, plan, dir, progress, cancel, counting: counting.as_ref(), masking };
    let mut files = Vec::new();
    for range in plan.ranges_of(run.shard) {
        files.extend(pool.install(|| job.range(range))?);
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let answers = counting.map(|counting| counting.document(world, dir, run.shard.is_none()));
    Ok(Written { files, documents: answers.transpose()?.into_iter().collect() })
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

/// Simulates a range's users, chunk by chunk in parallel; the journals in order of users. Where outcomes are exact, what happens to one
/// hangs on those before, so a range is simulated by one walker from its first user to its last.
///
/// # Errors
/// Being asked to stop.
pub fn simulate(
    world: &World,
    slices: Slices,
    users: std::ops::Range<u64>,
    progress: &dyn Progress,
    cancel: &AtomicBool,
) -> Result<Vec<Journal>, Error> {
    simulate_with(world, slices, users, progress, cancel, &|_| {})
}

/// The same, with a look at each journal while it is at hand.
fn simulate_with(
    world: &World,
    slices: Slices,
    users: std::ops::Range<u64>,
    progress: &dyn Progress,
    cancel: &AtomicBool,
    look: &(dyn Fn(&Journal) + Sync),
) -> Result<Vec<Journal>, Error> {
    if world.request.exact {
        let whole = in_order(world, slices, users, progress, cancel)?;
        look(&whole);
        return Ok(vec![whole]);
    }
    let chunks = (users.end - users.start).div_ceil(CHUNK);
    let room = CHUNK as usize * USUAL / slices.per_day();
    let chunk = |number: u64| {
        go_on(cancel)?;
        let first = users.start + number * CHUNK;
        let mut walker = Walker::with_room(world, slices, room);
        for user in first..(first + CHUNK).min(users.end) {
            walker.user(user);
        }
        look(&walker.journal);
        walker.journal.shrink();
        progress.advance(walker.journal.events());
        Ok(walker.journal)
    };
    (0..chunks).into_par_iter().map(chunk).collect()
}

/// Simulates users one after another, each knowing what happened to those before.
fn in_order(
    world: &World,
    slices: Slices,
    users: std::ops::Range<u64>,
    progress: &dyn Progress,
    cancel: &AtomicBool,
) -> Result<Journal, Error> {
    let exact = Outcomes::Exact(Exact::new(world, users.start));
    let mut walker = Walker::new(world, slices).deciding(exact);
    let mut told = 0;
    for first in users.clone().step_by(CHUNK as usize) {
        go_on(cancel)?;
        for user in first..(first + CHUNK).min(users.end) {
            walker.user(user);
        }
        let events = walker.journal.events();
        progress.advance(events - told);
        told = events;
    }
    walker.journal.shrink();
    Ok(walker.journal)
}

/// A slice's buckets, one a journal, with what is added to their ordinals.
type SliceRows = Vec<(Bucket, Offsets)>;

/// Joins the journals of a range: the rows of entities in one journal, the events by slice.
pub fn arrange(mut journals: Vec<Journal>, slices: Slices) -> (Journal, Vec<SliceRows>) {
    let mut whole = Journal::default();
    whole.reserve(&journals);
    let offsets: Vec<Offsets> = journals.iter_mut().map(|next| whole.append(next)).collect();
    let mut by_slice: Vec<SliceRows> = (0..slices.count()).map(|_| Vec::new()).collect();
    for (journal, offsets) in journals.into_iter().zip(offsets) {
        for (slice, bucket) in by_slice.iter_mut().zip(journal.slices) {
            if !bucket.rows.is_empty() {
                slice.push((bucket, offsets));
            }
        }
    }
    (whole, by_slice)
}

/// A file's worth of work.
enum Task<'t> {
    Table(&'t Table),
    Slice(&'t Table, usize, SliceRows),
}

struct Job<'j> {
    world: &'j World,
    plan: &'j Plan,
    dir: &'j Path,
    progress: &'j dyn Progress,
    cancel: &'j AtomicBool,
    counting: Option<&'j Counting<'j>>,
    masking: Option<&'j Masking>,
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
        let journals = simulate_with(world, slices, users, self.progress, self.cancel, &look)?;
        let (journal, by_slice) = arrange(journals, slices);
        let context = Context { world, journal: &journal };
        // Large single files first, so that no thread is left alone with one at the end.
        let here =
            |table: &&Table| range.number == 0 || !OF_THE_WORLD.contains(&table.name.as_str());
        let others = world.wanted_tables().filter(|table| !table.is_events()).filter(here);
        let mut tasks: Vec<Task<'_>> = others.map(Task::Table).collect();
        if let Some(events) = world.wanted_tables().find(|table| table.is_events()) {
            let some = by_slice.into_iter().enumerate().filter(|(_, rows)| !rows.is_empty());
            tasks.extend(some.map(|(slice, rows)| Task::Slice(events, slice, rows)));
        }
        let extension = world.output.extension();
        let file = |task: Task<'_>| match task {
            Task::Table(table) => {
                let path = table_path(&table.name, range.number, extension);
                tables::with_frame(context, table, |rows: Rows<'_>| {
                    self.file(path, rows.frame, rows.time_range)
                })
            }
            Task::Slice(table, slice, rows) => {
                let frame = EventFrame::new(context, table, rows);
                let path = events_path(world, &slices, range.number, slice, extension);
                let entry = self.file(path, &frame, frame.time_range())?;
                self.progress.advance(frame.rows() as u64);
                Ok(entry)
            }
        };
        tasks.into_par_iter().with_max_len(1).map(file).collect()
    }

    /// Writes one file.
    fn file(
        &self,
        path: String,
        frame: &dyn Frame,
        time_range: Option<(i64, i64)>,
    ) -> Result<FileEntry, Error> {
        go_on(self.cancel)?;
        let masked = self.masking.and_then(|masking| masking.frame(frame));
        let (path, time_range) = match self.masking {
            Some(masking) => {
                let table = &frame.table().name;
                (masking.path(table, &path), masking.time_range(table, time_range))
            }
            None => (path, time_range),
        };
        let frame = masked.as_ref().map_or(frame, |masked| masked as &dyn Frame);
        let target = self.dir.join(&path);
        let output = &self.world.output;
        let write = || {
            if let Some(folder) = target.parent() {
                std::fs::create_dir_all(folder)?;
            }
            let mut out = Digest::new(BufWriter::with_capacity(1 << 18, File::create(&target)?));
            output.format.write(frame, &output.options, &mut out)?;
            out.flush()?;
            Ok(out.finish())
        };
        let (bytes, sha256) =
            write().map_err(|source| Error::Io { path: target.clone(), source })?;
        Ok(FileEntry {
            table: frame.table().name.clone(),
            path,
            rows: frame.rows() as u64,
            bytes,
            sha256,
            time_range,
        })
    }
}
