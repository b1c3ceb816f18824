//! The engine's part in anomalies: who looks where in parallel, and when.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use rayon::prelude::*;

use super::simulate::{Crowd, simulate_joined};
use super::spare::Spare;
use super::{Error, Job, Progress, Wrong, go_on};
use crate::anomaly::Spec;
use crate::anomaly::apply::{self, Edits, FileEdits};
use crate::anomaly::ground::{FileRef, Ground, SliceRows};
use crate::anomaly::labels::{IncidentRow, Member};
use crate::anomaly::select::{Draft, Drafting, Made, Work};
use crate::event::journal::Journal;
use crate::frame::Frame;
use crate::manifest::{Document, FileEntry};
use crate::scenario::World;
use crate::scenario::plan::{Plan, UserRange, table_path};
use crate::scenario::wishes::LABELS;
use crate::sink;
use crate::tables::events::Change;
use crate::tables::{Context, RecordFrame};

/// Nobody is told of a look ahead.
struct Untold;

impl Progress for Untold {
    fn advance(&self, _events: u64) {}
}

/// The draft over all ranges of a data set that has several: they are simulated once more, looked at, and forgotten.
pub(super) fn draft(job: &Job<'_>, spec: &Spec) -> Result<Option<Draft>, Error> {
    if !spec.has_exact() || job.plan.ranges.len() < 2 {
        return Ok(None);
    }
    let mut drafting = Drafting::new(spec);
    loop {
        for range in job.plan.ranges_of(None) {
            go_on(job.cancel)?;
            let crowd = Crowd {
                world: job.world,
                slices: job.plan.slices,
                users: range.first..range.end,
                progress: &Untold,
                cancel: job.cancel,
            };
            let (journal, by_slice) = simulate_joined(&crowd, &Spare::default(), &|_| {})?;
            let context = Context { world: job.world, journal: &journal };
            let ground = Ground::new(context, (job.plan, range.number), &by_slice);
            drafting.look(&ground, at_once);
        }
        if let Some(draft) = drafting.end().map_err(Error::Anomalies)? {
            return Ok(Some(draft));
        }
    }
}

/// Does pieces of work, on as many threads as there are.
fn at_once(work: Vec<Work<'_>>) {
    work.into_par_iter().for_each(|one| one());
}

/// The draft of a data set of one range.
fn draft_here(spec: &Spec, ground: &Ground<'_>) -> Result<Draft, Error> {
    let mut drafting = Drafting::new(spec);
    loop {
        drafting.look(ground, at_once);
        if let Some(draft) = drafting.end().map_err(Error::Anomalies)? {
            return Ok(draft);
        }
    }
}

/// What is changed in the files of a range, which events change how, and what is said of the incidents.
type OfRange = (BTreeMap<FileRef, FileEdits>, BTreeMap<usize, Vec<Change>>, Vec<IncidentRow>);

/// Finds the incidents of a range of that number, and lets those in who are there only because of them.
pub(super) fn of_range(
    wrong: &Wrong<'_>,
    world: &World,
    place: (&Plan, u32),
    journal: &mut Journal,
    by_slice: &mut [SliceRows],
) -> Result<OfRange, Error> {
    let spec = wrong.spec;
    let mut made = {
        let context = Context { world, journal };
        let ground = Ground::new(context, place, by_slice);
        let here;
        let draft = if let Some(drafted) = &wrong.drafted {
            drafted
        } else {
            here = draft_here(spec, &ground)?;
            &here
        };
        let parts = spec.parts(&ground);
        let drizzle = parts.par_iter().flat_map_iter(|part| spec.drizzle(&ground, part)).collect();
        spec.settle(&ground, draft, drizzle)
    };
    welcome(&mut made, journal, by_slice);
    let ground = Ground::new(Context { world, journal }, place, by_slice);
    let ground = ground.knowing(made.iter().flat_map(|one| one.events.iter().copied()));
    let edits = Edits::new(spec, &ground, &made);
    let changes = |(file, edits): (&FileRef, &FileEdits)| match file {
        FileRef::Slice(slice) => Some((*slice as usize, edits.event_changes(&ground))),
        FileRef::Table(_) => None,
    };
    let changes = edits.files.iter().filter_map(changes).collect();
    Ok((edits.files, changes, edits.incidents))
}

/// Puts guests behind everybody else of the range.
fn welcome(made: &mut [Made], journal: &mut Journal, by_slice: &mut [SliceRows]) {
    for one in made {
        let Some(mut guests) = one.incident.guests.take() else { continue };
        let from = journal.counts();
        journal.guests.get_or_insert(from);
        let buckets = std::mem::take(&mut guests.slices);
        let offsets = journal.append(&mut guests);
        for (rows, bucket) in by_slice.iter_mut().zip(buckets) {
            if !bucket.is_empty() {
                rows.push((bucket, offsets));
            }
        }
        one.guests = Some((from, journal.counts()));
    }
}

/// Writes what is said of a range's incidents.
pub(super) fn labels(
    job: &Job<'_>,
    context: Context<'_>,
    range: UserRange,
    incidents: Vec<IncidentRow>,
    halves: Vec<Vec<Member>>,
) -> Result<Vec<FileEntry>, Error> {
    let members = apply::join(halves);
    let known: std::collections::BTreeSet<u128> =
        members.iter().map(|member| member.anomaly).collect();
    let mut incidents = incidents;
    incidents.retain(|incident| incident.stands_alone() || known.contains(&incident.id()));
    let mut kinds = job.kinds.lock().unwrap_or_else(PoisonError::into_inner);
    kinds.extend(incidents.iter().map(IncidentRow::kind));
    drop(kinds);
    let extension = job.world.output.extension();
    let mut files = Vec::new();
    for name in LABELS {
        let mut wanted = job.world.wanted_tables();
        let Some(table) = wanted.find(|table| table.name == name) else { continue };
        let path = table_path(name, range.number, extension);
        let write = |frame: &dyn Frame| -> Result<(), Error> {
            job.copy(&table_path(name, range.number, "ndjson"), frame)?;
            files.push(job.whole(path, frame, None)?);
            Ok(())
        };
        if name == LABELS[0] {
            write(&RecordFrame::new(context, table, &incidents))?;
        } else {
            write(&RecordFrame::new(context, table, &members))?;
        }
    }
    drop(members);
    let cleared = job.wrong.as_ref().map_or(Ok(()), |wrong| wrong.spool.clear());
    cleared.map_err(|source| Error::Io { path: job.dir.to_owned(), source })?;
    Ok(files)
}

impl Job<'_> {
    /// Writes labels as lines of JSON besides, where that is asked for and they are not that anyway.
    fn copy(&self, path: &str, frame: &dyn Frame) -> Result<(), Error> {
        let wishes = self.world.request.anomalies.as_ref();
        let is_wanted = wishes.is_some_and(|wishes| wishes.ndjson_labels);
        if !is_wanted || self.world.output.format.name() == "ndjson" {
            return Ok(());
        }
        let veiled = self.veil().and_then(|veil| veil.over(frame));
        let frame = veiled.as_deref().unwrap_or(frame);
        let path = self.seen_path(&frame.table().name, path.to_owned());
        let failed = |source| Error::Io { path: self.dir.join(&path), source };
        let lines = sink::json_lines(frame).map_err(failed)?.concat();
        let written = Document::write(self.dir, &path, &String::from_utf8_lossy(&lines))?;
        self.copies.lock().unwrap_or_else(PoisonError::into_inner).push(written);
        Ok(())
    }
}
