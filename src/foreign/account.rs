//! What a foreign stream was read as, and what of it or of its mapping came to nothing.

use serde::Serialize;

use crate::diag::{Place, Problem, Problems};
use crate::foreign::Mapping;
use crate::human;
use crate::model::DeviceClass;
use crate::realism::{Summary, UNKNOWN};

/// Values that a warning names at most.
const NAMED: usize = 10;

/// A foreign stream that was read.
#[derive(Debug)]
pub struct Taken {
    /// What its rows come to.
    pub summary: Summary,
    /// Rows that could not be taken, by why.
    pub left_out: Vec<LeftOut>,
    /// What of the mapping fits no row, and of the rows no mapping.
    pub warnings: Vec<Problem>,
}

/// Rows that could not be taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// How many.
    pub rows: u64,
    /// Of how many.
    pub of: u64,
    /// Why: `no time that can be read`.
    pub why: &'static str,
    /// Where the first of them is: `row 3 of log.ndjson`.
    pub first: String,
}

impl LeftOut {
    /// The same in words, without the place.
    pub fn told(&self) -> String {
        let (rows, of) = (human::count(self.rows), human::count(self.of));
        format!("{rows} of {of} rows left out: {}", self.why)
    }

    /// The same as a warning.
    pub fn warning(&self) -> Problem {
        Problem::new(format!("{}; the first is {}", self.told(), self.first))
    }
}

/// Why a row cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// Nobody knows when it was.
    Timeless,
    /// Nobody knows whose it is.
    Nobodys,
}

impl Reason {
    const ALL: [Self; 2] = [Self::Timeless, Self::Nobodys];

    fn why(self) -> &'static str {
        match self {
            Self::Timeless => "no time that can be read",
            Self::Nobodys => "neither user nor session",
        }
    }

    /// What none of the rows has.
    fn lacking(self) -> &'static str {
        match self {
            Self::Timeless => "a time that can be read",
            Self::Nobodys => "a user or a session",
        }
    }

    fn help(self) -> &'static str {
        match self {
            Self::Timeless => "RFC 3339 text, a timestamp, or seconds to nanoseconds since 1970",
            Self::Nobodys => "map columns that every row has",
        }
    }

    /// Where the mapping says which column it is.
    fn place(self, mapping: &Mapping) -> Place {
        let owner = [&mapping.user, &mapping.session].into_iter().flatten().next();
        let owner = owner.filter(|_| self == Self::Nobodys);
        owner.unwrap_or(&mapping.time).place()
    }
}

/// Counts rows that cannot be taken, by reason.
#[derive(Debug, Default)]
pub(super) struct Gaps {
    rows: [u64; 2],
    /// Where the first of them is.
    first: [String; 2],
}

impl Gaps {
    /// The row of that ordinal in a file is one.
    #[cold]
    pub(super) fn add(&mut self, reason: Reason, file: &str, row: u64) {
        let (rows, first) = (&mut self.rows[reason as usize], &mut self.first[reason as usize]);
        if *rows == 0 {
            *first = format!("row {} of {file}", row + 1);
        }
        *rows += 1;
    }

    /// All that was left out of `all` rows.
    ///
    /// # Errors
    /// It is more than half of them: the others would not speak for them.
    pub(super) fn left_out(&self, all: u64, mapping: &Mapping) -> Result<Vec<LeftOut>, Problems> {
        let met = Reason::ALL.into_iter().filter(|reason| self.rows[*reason as usize] > 0);
        if self.rows.iter().sum::<u64>() * 2 <= all {
            return Ok(met
                .map(|reason| LeftOut {
                    rows: self.rows[reason as usize],
                    of: all,
                    why: reason.why(),
                    first: self.first[reason as usize].clone(),
                })
                .collect());
        }
        let mut problems = Problems::new();
        for reason in met {
            let (rows, first) = (self.rows[reason as usize], &self.first[reason as usize]);
            let message = if rows == all {
                format!("none of the {all} rows has {}", reason.lacking())
            } else {
                let have = if rows == 1 { "has" } else { "have" };
                format!("{rows} of the {all} rows {have} {}; the first is {first}", reason.why())
            };
            let (place, help) = (Some(reason.place(mapping)), Some(reason.help().to_owned()));
            problems.push(Problem { message, place, help });
        }
        Err(problems)
    }
}

/// Which values of the device column are known, and which were not.
#[derive(Debug)]
pub(super) struct Classes {
    /// By entry of the mapping's devices: whether a row has it.
    met: Vec<bool>,
    /// The first values that were not understood.
    odd: Vec<String>,
    /// Rows that have such values.
    rows: u64,
}

impl Classes {
    pub(super) fn of(mapping: &Mapping) -> Self {
        Self { met: vec![false; mapping.devices.len()], odd: Vec::new(), rows: 0 }
    }

    /// The class that a value stands for.
    pub(super) fn class(&mut self, mapping: &Mapping, value: &str) -> u8 {
        if let Some(at) = mapping.devices.iter().position(|device| device.value == value) {
            self.met[at] = true;
            return mapping.devices[at].class;
        }
        self.rows += 1;
        if self.odd.len() <= NAMED && !self.odd.iter().any(|odd| odd == value) {
            self.odd.push(value.to_owned());
        }
        UNKNOWN
    }

    fn warnings(&self, mapping: &Mapping, all: u64) -> Vec<Problem> {
        let devices = mapping.devices.iter().zip(&self.met);
        let known: Vec<&str> = devices
            .clone()
            .filter(|(_, met)| **met)
            .map(|(device, _)| device.value.as_str())
            .collect();
        let mut there = known.clone();
        there.extend(self.odd.iter().map(String::as_str));
        let written = devices.filter(|(_, met)| !**met);
        let mut warnings: Vec<Problem> = written
            .filter_map(|(device, _)| {
                let place = device.place.clone()?;
                let message = format!("no row has device `{}`; {}", device.value, told(&there));
                Some(Problem { message, place: Some(place), help: None })
            })
            .collect();
        if self.rows > 0 {
            let (rows, all) = (human::count(self.rows), human::count(all));
            let odd: Vec<&str> = self.odd.iter().map(String::as_str).collect();
            let message =
                format!("{rows} of {all} rows have a device that is no class: {}", list(&odd));
            let help = format!(
                "say in [devices] what they stand for: {}; without, they belong to none",
                DeviceClass::NAMES.join(", ")
            );
            let place = mapping.device.as_ref().map(crate::diag::Located::place);
            warnings.push(Problem { message, place, help: Some(help) });
        }
        warnings
    }
}

/// What the mapping names and no row has, and what rows have and the mapping cannot read.
pub(super) fn warnings(
    mapping: &Mapping,
    events: &[String],
    classes: &Classes,
    all: u64,
) -> Vec<Problem> {
    let there: Vec<&str> = events.iter().map(String::as_str).collect();
    let mut told_of: Vec<&str> = Vec::new();
    let mut warnings = Vec::new();
    for event in mapping.events.all() {
        let name = event.value.as_str();
        if there.contains(&name) || told_of.contains(&name) {
            continue;
        }
        told_of.push(name);
        let message = format!("no row has event `{name}`; {}", told(&there));
        warnings.push(Problem { message, place: Some(event.place()), help: None });
    }
    warnings.extend(classes.warnings(mapping, all));
    warnings
}

fn told(there: &[&str]) -> String {
    if there.is_empty() {
        "there are none".to_owned()
    } else {
        format!("there are: {}", list(there))
    }
}

/// The first few of some names.
fn list(names: &[&str]) -> String {
    let shown = names[..names.len().min(NAMED)].join(", ");
    if names.len() > NAMED { format!("{shown}, and others") } else { shown }
}
