//! The truth of a data set as scoring needs it: incidents, and where each can be found.

use std::ops::ControlFlow;

use serde_json::Value;

use super::Error;
use super::places::{Places, Spot};
use crate::diag::Problem;
use crate::manifest;
use crate::read::hash::{Ids, NONE, Words};
use crate::read::{self, As, Batch, Broken, DataSet, Wanted, scan_file};
use crate::schema::Type;

/// The table of incidents.
pub const ANOMALIES: &str = "truth/anomalies";
/// The table of what they did, row by row.
pub const MEMBERS: &str = "truth/anomaly_members";

/// What finds an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// Any of its rows: a member, a copy, the entity's own row.
    Any,
    /// All of its rows.
    All,
    /// An alarm whose window meets its own.
    Window,
    /// Any of its files.
    File,
}

/// An incident.
#[derive(Debug, Clone)]
pub(super) struct Incident {
    pub(super) id: u128,
    /// Ordinal of its kind.
    pub(super) kind: u32,
    pub(super) is_critical: bool,
    pub(super) is_decoy: bool,
    /// Whether nothing but the clean twin shows it.
    pub(super) twin_only: bool,
    pub(super) rule: Rule,
    /// Microseconds, with the tolerance on both sides.
    pub(super) window: Option<(i64, i64)>,
    pub(super) dimension: Option<String>,
    /// When the first row that it touched arrived.
    pub(super) arrival: Option<i64>,
    /// Its first mark; it is found when all of its marks are set.
    pub(super) mark: u32,
    pub(super) marks: u32,
    /// A place where it shows, in words.
    pub(super) told: String,
    /// How many rows of the data can show it.
    pub(super) rows: u64,
}

/// A row that an incident touched.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member {
    pub(super) incident: u32,
    /// Whether a finding here finds the incident; else it is neutral.
    pub(super) shows: bool,
    /// Key of its column's name; [`NONE`] for whole rows.
    pub(super) column: u32,
    pub(super) mark: u32,
}

/// Everything that was done to a data set.
#[derive(Debug, Default)]
pub(super) struct Truth {
    pub(super) kinds: Words,
    pub(super) columns: Words,
    pub(super) incidents: Vec<Incident>,
    pub(super) members: Vec<Member>,
    pub(super) places: Places,
    pub(super) marks: u32,
}

impl Truth {
    /// Reads the truth of a data set.
    ///
    /// # Errors
    /// There is none, it is another's, or it cannot be read.
    pub(super) fn read(data: &DataSet) -> Result<Self, Error> {
        let tables = [ANOMALIES, MEMBERS].map(|name| own(data, name));
        let [anomalies, members] = tables;
        let (anomalies, members) = (anomalies?, members?);
        let mut truth = Self { places: Places::of(data.manifest()), ..Self::default() };
        let mut ids = Ids::default();
        scan(data, anomalies, &INCIDENT, |batch| {
            (0..batch.rows).try_for_each(|row| truth.incident(batch, row, &mut ids))
        })?;
        scan(data, members, &MEMBER, |batch| {
            (0..batch.rows).try_for_each(|row| truth.member(batch, row, &ids))
        })?;
        truth.settle();
        Ok(truth)
    }

    fn incident(&mut self, batch: &Batch, row: usize, ids: &mut Ids) -> Option<()> {
        let text = |at: usize| batch.columns[at].text(row);
        let long = |at: usize| batch.columns[at].long(row);
        let id = batch.columns[0].id(row)?;
        let rule = match text(4)? {
            "any_member" | "any_copy" | "entity" => Rule::Any,
            "all" => Rule::All,
            "window" => Rule::Window,
            "file" => Rule::File,
            _ => return None,
        };
        if !ids.add(id).1 {
            return None;
        }
        let tolerance = long(8)?.saturating_mul(1_000);
        let window = long(5).zip(long(6)).map(|(from, to)| (from - tolerance, to + tolerance));
        self.incidents.push(Incident {
            id,
            kind: self.kinds.add(text(1)?),
            is_critical: text(2)? == "critical",
            is_decoy: batch.columns[10].flag(row)?,
            twin_only: text(3)? == "twin",
            rule,
            window,
            dimension: text(9).and_then(dimension),
            arrival: long(7),
            mark: 0,
            marks: 0,
            told: String::new(),
            rows: 0,
        });
        Some(())
    }

    fn member(&mut self, batch: &Batch, row: usize, ids: &Ids) -> Option<()> {
        let text = |at: usize| batch.columns[at].text(row);
        let long =
            |at: usize| batch.columns[at].long(row).and_then(|long| u64::try_from(long).ok());
        let incident = ids.get(batch.columns[0].id(row)?);
        let of = self.incidents.get_mut(incident as usize)?;
        let takes_part = matches!(text(2)?, "primary" | "counterpart");
        let shows = takes_part && of.rule != Rule::Window;
        if takes_part && (of.rule == Rule::All || of.marks == 0) {
            of.marks += 1;
        }
        let is_gone = text(1) == Some("delete") && takes_part;
        let owner = text(12).filter(|_| is_gone).and_then(|row| owner(text(3)?, row));
        let spot = Spot {
            table: text(3)?,
            clean: text(4),
            dirty: text(5),
            file: text(7),
            line: long(9).or_else(|| long(8).map(|row| row + 1)),
            bytes: long(10).zip(long(11)),
            is_broken: text(1) == Some("bytes"),
            owner: owner.as_ref().map(|(table, key)| (*table, key.as_str())),
            whole_file: of.rule == Rule::File,
        };
        if of.told.is_empty() && takes_part {
            of.told = spot.told();
        }
        // The ordinal among the incident's own for now: the marks of all are laid out once they are counted.
        let mark = if of.rule == Rule::All { of.marks.saturating_sub(1) } else { 0 };
        let member = self.members.len() as u32;
        let column = text(6).map_or(NONE, |column| self.columns.add(column));
        self.places.add(&spot, member);
        self.members.push(Member { incident, shows, column, mark });
        Some(())
    }

    /// Lays out the marks, and counts the rows that can show each incident.
    fn settle(&mut self) {
        let mut next = 0;
        for of in &mut self.incidents {
            of.marks = of.marks.max(1);
            of.mark = next;
            next += of.marks;
            if of.told.is_empty() {
                of.told = of.window.map_or_else(String::new, |_| "a window of time".to_owned());
            }
        }
        self.marks = next;
        for member in &mut self.members {
            member.mark += self.incidents[member.incident as usize].mark;
        }
        self.places.settle();
        for members in self.places.rows() {
            let mut counted: Vec<u32> = members
                .iter()
                .filter_map(|&member| {
                    let member = self.members[member as usize];
                    member.shows.then_some(member.incident)
                })
                .collect();
            counted.sort_unstable();
            counted.dedup();
            for incident in counted {
                self.incidents[incident as usize].rows += 1;
            }
        }
    }
}

/// The dimension that an incident's parameters name, as a finding writes it: `country=DE`.
fn dimension(params: &str) -> Option<String> {
    let params: Value = serde_json::from_str(params).ok()?;
    params.get("dimension")?.as_str().map(str::to_owned)
}

pub(super) const fn typed(name: &'static str, ty: Type) -> (&'static str, As) {
    (name, As::Typed(ty))
}

static INCIDENT: [(&str, As); 11] = [
    typed("anomaly_id", Type::Id),
    typed("kind", Type::Enum),
    typed("severity", Type::Enum),
    typed("detectability", Type::Enum),
    typed("match_rule", Type::Enum),
    typed("window_start", Type::Timestamp),
    typed("window_end", Type::Timestamp),
    typed("arrival_start", Type::Timestamp),
    typed("tolerance_ms", Type::Int64),
    typed("params", Type::Json),
    typed("is_decoy", Type::Bool),
];

static MEMBER: [(&str, As); 13] = [
    typed("anomaly_id", Type::Id),
    typed("op", Type::Enum),
    typed("role", Type::Enum),
    typed("table", Type::Text),
    typed("pk_clean", Type::Text),
    typed("pk_dirty", Type::Text),
    typed("column", Type::Text),
    typed("file_dirty", Type::Text),
    typed("row_dirty", Type::Int64),
    typed("line_no", Type::Int64),
    typed("byte_start", Type::Int64),
    typed("byte_len", Type::Int64),
    typed("original", Type::Text),
];

/// By table: the column that names what a row belongs to, and its table. A row that is gone cannot be named by who has only what is
/// left; that something is missing shows in what it belonged to.
static OWNERS: [(&str, &str, &str); 3] = [
    ("events", "session_id", "sessions"),
    ("order_items", "order_id", "orders"),
    ("payments", "order_id", "orders"),
];

/// What a row that is gone belonged to: table and key.
fn owner(table: &str, row: &str) -> Option<(&'static str, String)> {
    let (_, column, of) = OWNERS.iter().find(|(known, ..)| *known == table)?;
    let row: Value = serde_json::from_str(row).ok()?;
    Some((of, row.get(column)?.as_str()?.to_owned()))
}

/// A table of the truth, whose files are those that the manifest lists.
pub(super) fn own<'d>(data: &'d DataSet, name: &str) -> Result<&'d manifest::Table, Error> {
    let Some(table) = data.table(name) else {
        let problem = Problem::new(format!("{} has no {name}", data.dir().display()));
        let help = "a data set has truth when it was generated with anomalies: \
                    `throng generate --anomalies critical`";
        return Err(Error::Written(problem.help(help).into()));
    };
    for file in &table.files {
        let (path, listed, stated) = match data.stand_in(&file.path) {
            Some(copy) => (&copy.path, copy.bytes, copy.stated()),
            None => (&file.path, file.bytes, file.stated()),
        };
        let (bytes, digest) = stated.of(&data.dir().join(path)).map_err(|error| {
            let message = format!("cannot read {path} of {}: {error}", data.dir().display());
            Error::Written(Problem::new(message).into())
        })?;
        if (bytes, digest.as_str()) != (listed, stated.hex) {
            let version = &data.manifest().dataset_version;
            let message = format!(
                "{path} in {} is not the one that its manifest lists: it is the truth of another data set than version {version}",
                data.dir().display()
            );
            let help = "score against the folder as `throng generate` wrote it";
            return Err(Error::Written(Problem::new(message).help(help).into()));
        }
    }
    Ok(table)
}

/// Hands on the rows of a table of the truth; `see` gives nothing for one that makes no sense.
pub(super) fn scan(
    data: &DataSet,
    table: &manifest::Table,
    columns: &[(&str, As)],
    mut see: impl FnMut(&Batch) -> Option<()>,
) -> Result<(), Error> {
    let wanted: Vec<Wanted> =
        columns.iter().map(|&(name, form)| Wanted { name: name.to_owned(), form }).collect();
    let broken =
        |path: &str, why: &str| Error::Truth { path: path.to_owned(), why: why.to_owned() };
    for file in &table.files {
        let mut is_sound = true;
        let stopped: Result<Vec<Broken>, read::Error> =
            scan_file(&data.place(&file.path), &wanted, |batch| {
                is_sound = see(batch).is_some();
                if is_sound { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            });
        if let Some(first) = stopped?.first() {
            return Err(broken(&file.path, &first.why));
        }
        if !is_sound {
            return Err(broken(
                &file.path,
                "it is not of the shape that this version of throng knows",
            ));
        }
    }
    Ok(())
}
