//! A foreign stream: its files read, its records sorted, and what they come to.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::diag::{Located, Problem, Problems};
use crate::engine::Progress;
use crate::foreign::Mapping;
use crate::foreign::account::{self, Classes, Gaps, Reason, Taken};
use crate::foreign::columns::columns;
use crate::model::DeviceClass;
use crate::population::Zones;
use crate::read::hash::{Ids, NONE, Words};
use crate::read::{self, As, Batch, Column, Wanted, scan_file};
use crate::realism::{Marks, Realism, Seen, Summary, UNKNOWN};

const MINUTE: i64 = 60_000_000;
const DAY: i64 = 1440 * MINUTE;
/// Endings of files that are read out of a folder.
const ENDINGS: [&str; 4] = ["parquet", "ndjson", "jsonl", "json"];

/// Why a foreign stream could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Something that the user wrote: a path, a column.
    #[error(transparent)]
    Written(#[from] Problems),
    /// No thread can be had.
    #[error(transparent)]
    Read(#[from] read::Error),
    /// Somebody wanted it to stop.
    #[error("interrupted")]
    Cancelled,
}

/// The files of paths, each once: a path itself, or all that can be read in the folder and those within, in the order of their names.
///
/// # Errors
/// There is no such file, or none that can be read.
pub fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Problems> {
    let (mut found, mut problems) = (Vec::new(), Problems::new());
    for path in paths {
        files_of(path, &mut found).unwrap_or_else(|problem| problems.push(problem));
    }
    found.sort();
    found.dedup();
    problems.or(found)
}

fn files_of(path: &Path, found: &mut Vec<PathBuf>) -> Result<(), Problem> {
    let mut here = Vec::new();
    if path.is_dir() {
        collect(path, &mut here);
    } else if path.is_file() {
        here.push(path.to_owned());
    } else {
        let problem = Problem::new(format!("there is no {}", path.display()));
        return Err(problem.help("give a file or a folder of files"));
    }
    here.retain(|file| is_readable(file));
    if here.is_empty() {
        let problem = Problem::new(format!("nothing in {} can be read", path.display()));
        let help = "*.parquet, *.ndjson or *.jsonl, the latter two also with .gz or .zst; DuckDB turns CSV into Parquet: COPY (FROM 'x.csv') TO 'x.parquet'";
        return Err(problem.help(help));
    }
    found.append(&mut here);
    Ok(())
}

fn collect(dir: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for entry in entries.filter_map(Result::ok) {
        let path = entry.path();
        if path.is_dir() { collect(&path, found) } else { found.push(path) }
    }
}

fn is_readable(file: &Path) -> bool {
    let ending = |path: &Path| path.extension().map(|e| e.to_string_lossy().into_owned());
    let known = |path: &Path| ending(path).is_some_and(|e| ENDINGS.contains(&e.as_str()));
    let packed = ending(file).is_some_and(|e| e == "gz" || e == "zst");
    if packed { known(Path::new(file.file_stem().unwrap_or_default())) } else { known(file) }
}

/// A row, packed into 24 bytes. They are sorted in place, so a stream takes no more than these.
#[derive(Debug, Clone, Copy)]
struct Record {
    time: i64,
    /// The session's ordinal; or the user's, above [`OF_USER`], where a row has none and silence cuts.
    whose: u32,
    item: u32,
    /// The event type's ordinal, and above it the device class.
    kind: u16,
    zone: u16,
    load_ms: u16,
    /// How many rows of the same came before, as far as it goes: rows of one moment stay in the order in which they were read.
    order: u16,
}

/// Ordinals from here on are those of users.
const OF_USER: u32 = 1 << 31;

/// Bits of an event type; the device class stands above them.
const EVENT_BITS: u32 = Realism::MOST_KINDS.trailing_zeros();

impl Record {
    fn event(&self) -> u16 {
        self.kind & (Realism::MOST_KINDS - 1)
    }

    fn device(&self) -> u8 {
        DeviceClass::ALL.get(usize::from(self.kind >> EVENT_BITS)).map_or(UNKNOWN, |c| *c as u8)
    }
}

/// What is known of a session, or of a user whose rows have none.
#[derive(Debug, Clone, Copy)]
struct Owner {
    user: u32,
    rows: u16,
}

/// Counts a row more of a session or user, which is its owner's who was named first; the rows before it.
fn count(owners: &mut Vec<Owner>, ordinal: u32, user: u32) -> u16 {
    let ordinal = ordinal as usize;
    if ordinal >= owners.len() {
        owners.resize(ordinal + 1, Owner { user: NONE, rows: 0 });
    }
    let owner = &mut owners[ordinal];
    if owner.user == NONE {
        owner.user = user;
    }
    let before = owner.rows;
    owner.rows = before.wrapping_add(1);
    before
}

/// Reads a foreign stream and sums it up. `progress` hears of every row.
///
/// # Errors
/// Columns that are not there, files that cannot be read or hold no rows, most rows without a time; or it was cancelled.
pub fn read(
    files: &[PathBuf],
    mapping: &Mapping,
    progress: &dyn Progress,
    cancel: &AtomicBool,
) -> Result<Taken, Error> {
    let wanted = wanted(mapping);
    let mut problems = Problems::new();
    for file in files {
        match columns(file) {
            Ok(Some(there)) => {
                problems.extend(mapping.lacking(&file.display().to_string(), &there));
            }
            Ok(None) => {}
            Err(why) => problems.push(unreadable(&file.display().to_string(), &why)),
        }
        if !problems.is_empty() {
            break;
        }
    }
    problems.or(())?;
    let mut stream = Stream::new(mapping);
    for file in files {
        let (name, mut before) = (file.display().to_string(), 0);
        let broken = scan_file(file, &wanted, |batch| {
            stream.take(batch, &name, before);
            before += batch.rows as u64;
            progress.advance(batch.rows as u64);
            let stop = cancel.load(Ordering::Relaxed);
            if stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        if cancel.load(Ordering::Relaxed) {
            return Err(Error::Cancelled);
        }
        if let Some(broken) = broken.first() {
            return Err(Problems::from(unreadable(&broken.path, &broken.why)).into());
        }
    }
    if stream.rows == 0 {
        let message = match files {
            [file] => format!("{} has no rows", file.display()),
            files => format!("none of the {} files has rows", files.len()),
        };
        return Err(Problems::from(Problem::new(message).help("give files with rows")).into());
    }
    let left_out = stream.gaps.left_out(stream.rows, mapping)?;
    let events: Vec<String> = stream.events.iter().map(str::to_owned).collect();
    let warnings = account::warnings(mapping, &events, &stream.classes, stream.rows);
    Ok(Taken { summary: stream.finish(events), left_out, warnings })
}

fn unreadable(file: &str, why: &str) -> Problem {
    Problem::new(format!("cannot read {file}: {why}"))
        .help("*.parquet, *.ndjson and *.jsonl are read, the latter two also with .gz or .zst")
}

/// The columns in the order in which [`Stream::take`] expects them; those that are not mapped have no name.
fn wanted(mapping: &Mapping) -> Vec<Wanted> {
    let of = |column: &Option<Located<String>>, form: As| Wanted {
        name: column.as_ref().map_or_else(String::new, |column| column.value.clone()),
        form,
    };
    vec![
        Wanted { name: mapping.time.value.clone(), form: As::Moment },
        of(&mapping.user, As::Key),
        of(&mapping.session, As::Key),
        of(&mapping.item, As::Key),
        of(&mapping.event, As::Text),
        of(&mapping.device, As::Text),
        of(&mapping.zone, As::Text),
        of(&mapping.load, As::Text),
    ]
}

/// The records read so far, with ordinals for names.
struct Stream<'m> {
    mapping: &'m Mapping,
    records: Vec<Record>,
    /// All rows, those that are left out too.
    rows: u64,
    gaps: Gaps,
    users: Ids,
    sessions: Ids,
    /// By session, and by user whose rows have none.
    owners: [Vec<Owner>; 2],
    items: Ids,
    events: Words,
    classes: Classes,
    zones: Words,
}

impl<'m> Stream<'m> {
    fn new(mapping: &'m Mapping) -> Self {
        let mut zones = Words::default();
        zones.add(&mapping.time_zone);
        Self {
            mapping,
            records: Vec::new(),
            rows: 0,
            gaps: Gaps::default(),
            users: Ids::default(),
            sessions: Ids::default(),
            owners: [Vec::new(), Vec::new()],
            items: Ids::default(),
            events: Words::default(),
            classes: Classes::of(mapping),
            zones,
        }
    }

    /// Takes rows of a file, of which so many came before.
    fn take(&mut self, batch: &Batch, file: &str, before: u64) {
        let [time, user, session, item, event, device, zone, load] = &batch.columns[..] else {
            return;
        };
        self.rows += batch.rows as u64;
        for row in 0..batch.rows {
            let Some(time) = time.long(row) else {
                self.gaps.add(Reason::Timeless, file, before + row as u64);
                continue;
            };
            let user = key(&mut self.users, user, row);
            let session = match session.id(row) {
                Some(id) if self.mapping.per_user => {
                    self.sessions.add(id ^ (u128::from(user) << 64 | u128::from(user))).0
                }
                Some(id) => self.sessions.add(id).0,
                None => NONE,
            };
            let (whose, order) = match (session, user) {
                (NONE, NONE) => {
                    self.gaps.add(Reason::Nobodys, file, before + row as u64);
                    continue;
                }
                (NONE, user) => (OF_USER | user, count(&mut self.owners[1], user, user)),
                (session, user) => (session, count(&mut self.owners[0], session, user)),
            };
            let event = event.text(row).map_or(0, |name| self.events.add(name));
            let class =
                device.text(row).map_or(UNKNOWN, |value| self.classes.class(self.mapping, value));
            let zone = zone.text(row).map_or(0, |name| self.zones.add(name));
            let load = load.text(row).and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
            let event = event.min(u32::from(Realism::MOST_KINDS) - 1) as u16;
            let class = u16::from(class).min(DeviceClass::ALL.len() as u16);
            self.records.push(Record {
                time,
                whose,
                item: key(&mut self.items, item, row),
                kind: event | class << EVENT_BITS,
                zone: zone.min(u32::from(u16::MAX) - 1) as u16,
                load_ms: load.clamp(0.0, 65_535.0) as u16,
                order,
            });
        }
    }

    /// Sorts the records and sums them up.
    fn finish(mut self, events: Vec<String>) -> Summary {
        // One session after the other, so one place to keep it in is enough.
        const PLACE: u32 = 0;
        let names = if events.is_empty() { vec!["event".to_owned()] } else { events };
        let meanings: Vec<(Marks, bool)> =
            names.iter().map(|name| meaning(self.mapping, name)).collect();
        let clock = self.clock();
        self.records.sort_unstable_by_key(|record| (record.whose, record.time, record.order));
        let mut realism = Realism::new();
        let by_session = self.records.chunk_by(|a, b| a.whose == b.whose);
        for (ordinal, records) in by_session.enumerate() {
            let whose = records[0].whose;
            let user = match whose & OF_USER {
                0 => self.owners[0][whose as usize].user,
                _ => whose & !OF_USER,
            };
            // Nobody is known to have come back whom no column names.
            let known = Some(user).filter(|user| *user != NONE);
            let user = known.unwrap_or(self.users.len() as u32 + ordinal as u32);
            for record in records {
                let (marks, looks) = meanings
                    .get(usize::from(record.event()))
                    .copied()
                    .unwrap_or((Marks::VIEW, true));
                let offset = clock.offset(usize::from(record.zone), record.time) / MINUTE;
                realism.see(&Seen {
                    user,
                    session: PLACE,
                    time: record.time,
                    zone: if self.mapping.zone_is_known { record.zone } else { u16::MAX },
                    offset: offset as i16,
                    event: record.event(),
                    item: if looks { record.item } else { NONE },
                    device: record.device(),
                    load_ms: record.load_ms,
                    marks,
                });
            }
            realism.close(PLACE);
        }
        let summary = realism.finish().named(names);
        if self.mapping.events.errors.is_empty() { summary.without_errors() } else { summary }
    }

    /// The offsets of the zones named.
    fn clock(&self) -> Zones {
        let first = self.records.iter().map(|record| record.time).min().unwrap_or(0);
        let last = self.records.iter().map(|record| record.time).max().unwrap_or(0);
        let days = ((last - first) / DAY + 2).clamp(1, 36_500) as u32;
        let names = self.zones.iter().map(str::to_owned).collect();
        Zones::new(names, first.div_euclid(DAY) as i32, days)
    }
}

/// The ordinal of a row's key, or [`NONE`].
fn key(ids: &mut Ids, column: &Column, row: usize) -> u32 {
    column.id(row).map_or(NONE, |id| ids.add(id).0)
}

/// What an event type is, and whether its item was looked at.
fn meaning(mapping: &Mapping, name: &str) -> (Marks, bool) {
    let events = &mapping.events;
    let among = |list: &[Located<String>]| list.iter().any(|known| known.value == name);
    let view = events.views.is_empty() || among(&events.views);
    let looks = if events.items.is_empty() { view } else { among(&events.items) };
    let mut marks = if view { Marks::VIEW } else { Marks::NONE };
    for (list, mark) in [
        (&events.orders, Marks::ORDER),
        (&events.carts, Marks::CART),
        (&events.checkouts, Marks::CHECKOUT),
        (&events.errors, Marks::ERROR),
    ] {
        if among(list) {
            marks = marks.and(mark);
        }
    }
    (marks, looks)
}
