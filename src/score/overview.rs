//! The truth at a glance: how much of what, when, and an example of each.

use std::collections::BTreeMap;

use super::Error;
use super::truth::{ANOMALIES, MEMBERS, own, scan, typed};
use crate::read::hash::{Ids, Words};
use crate::read::{As, Batch, DataSet, id_text};
use crate::schema::Type;

/// Members of an example that are shown.
const SHOWN: usize = 6;
/// Characters of a value that are shown.
const LONGEST: usize = 60;
const DAY: i64 = 86_400_000_000;

/// What was made to go wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overview {
    /// By kind, critical ones first.
    pub kinds: Vec<Kind>,
    /// By day since 1970 on which it first arrived: critical and minor incidents.
    pub days: BTreeMap<i32, (u64, u64)>,
}

/// Incidents of a kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kind {
    /// Its name.
    pub name: String,
    /// Whether a pipeline has to find it.
    pub is_critical: bool,
    /// What gives it away: `data`, `statistics`, `metadata`, `twin`.
    pub shows_in: String,
    /// How many there are.
    pub incidents: u64,
    /// Those that only look odd.
    pub decoys: u64,
    /// Rows that they touch.
    pub rows: u64,
    /// One of them: its key, and some of what it touched.
    pub example: (String, Vec<Touched>),
}

/// A row that an incident touched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Touched {
    /// Its table.
    pub table: String,
    /// Its key, or its file.
    pub place: String,
    /// What was done to it, and what it is in the incident.
    pub what: String,
    /// Column, value before and after.
    pub change: [String; 3],
}

static INCIDENT: [(&str, As); 7] = [
    typed("anomaly_id", Type::Id),
    typed("kind", Type::Enum),
    typed("severity", Type::Enum),
    typed("detectability", Type::Enum),
    typed("window_start", Type::Timestamp),
    typed("arrival_start", Type::Timestamp),
    typed("is_decoy", Type::Bool),
];

static MEMBER: [(&str, As); 10] = [
    typed("anomaly_id", Type::Id),
    typed("op", Type::Enum),
    typed("role", Type::Enum),
    typed("table", Type::Text),
    typed("pk_clean", Type::Text),
    typed("pk_dirty", Type::Text),
    typed("column", Type::Text),
    typed("original", Type::Text),
    typed("injected", Type::Text),
    typed("file_dirty", Type::Text),
];

impl Overview {
    /// The truth of a data set; none where it has none.
    ///
    /// # Errors
    /// It cannot be read, or is another's.
    pub fn read(data: &DataSet) -> Result<Option<Self>, Error> {
        if data.table(ANOMALIES).is_none() {
            return Ok(None);
        }
        let mut reading = Reading::default();
        scan(data, own(data, ANOMALIES)?, &INCIDENT, |batch| {
            (0..batch.rows).try_for_each(|row| reading.incident(batch, row))
        })?;
        scan(data, own(data, MEMBERS)?, &MEMBER, |batch| {
            (0..batch.rows).try_for_each(|row| reading.member(batch, row))
        })?;
        let Reading { mut kinds, days, .. } = reading;
        kinds.sort_by(|a, b| (!a.is_critical, &a.name).cmp(&(!b.is_critical, &b.name)));
        Ok(Some(Self { kinds, days }))
    }
}

/// The truth under way.
#[derive(Default)]
struct Reading {
    ids: Ids,
    /// By incident: its kind.
    kind_of: Vec<u32>,
    names: Words,
    kinds: Vec<Kind>,
    days: BTreeMap<i32, (u64, u64)>,
}

impl Reading {
    fn incident(&mut self, batch: &Batch, row: usize) -> Option<()> {
        let text = |at: usize| batch.columns[at].text(row);
        let id = batch.columns[0].id(row)?;
        let (_, is_new) = self.ids.add(id);
        if !is_new {
            return None;
        }
        let at = self.names.add(text(1)?);
        self.kind_of.push(at);
        if at as usize == self.kinds.len() {
            self.kinds.push(Kind {
                name: text(1)?.to_owned(),
                is_critical: text(2)? == "critical",
                shows_in: text(3)?.to_owned(),
                example: (id_text(id), Vec::new()),
                ..Kind::default()
            });
        }
        let kind = &mut self.kinds[at as usize];
        kind.incidents += 1;
        kind.decoys += u64::from(batch.columns[6].flag(row)?);
        if let Some(time) = batch.columns[5].long(row).or_else(|| batch.columns[4].long(row)) {
            let (critical, minor) = self.days.entry(time.div_euclid(DAY) as i32).or_default();
            *(if kind.is_critical { critical } else { minor }) += 1;
        }
        Some(())
    }

    fn member(&mut self, batch: &Batch, row: usize) -> Option<()> {
        let text = |at: usize| batch.columns[at].text(row);
        let id = batch.columns[0].id(row)?;
        let kind = *self.kind_of.get(self.ids.get(id) as usize)?;
        let kind = self.kinds.get_mut(kind as usize)?;
        kind.rows += 1;
        let (of, touched) = &mut kind.example;
        if touched.len() < SHOWN && *of == id_text(id) {
            let place = text(5).or_else(|| text(4)).or_else(|| text(9));
            // Of whole rows the change is told by what was done.
            let change = text(6).map_or_else(Default::default, |column| {
                [column.to_owned(), short(text(7)), short(text(8))]
            });
            touched.push(Touched {
                table: text(3)?.to_owned(),
                place: place.unwrap_or_default().to_owned(),
                what: format!("{}, {}", text(1)?, text(2)?),
                change,
            });
        }
        Some(())
    }
}

/// The beginning of a value.
fn short(value: Option<&str>) -> String {
    let Some(value) = value else { return "absent".to_owned() };
    let mut shown: String = value.chars().take(LONGEST).collect();
    if shown.len() < value.len() {
        shown.push('…');
    }
    shown
}
