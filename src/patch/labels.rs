//! Labels read back.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use super::Error;
use crate::digits::from_base64;
use crate::read::{Batch, DataSet};
use crate::scenario::wishes::LABELS;
use crate::schema::Schemas;

/// A row of `truth/anomaly_members`, as far as a patch needs it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Member {
    pub(crate) seq: i64,
    pub(crate) op: String,
    pub(crate) table: String,
    pub(crate) column: Option<String>,
    pub(crate) original: Option<String>,
    pub(crate) injected: Option<String>,
    clean: (Option<String>, Option<i64>),
    dirty: (Option<String>, Option<i64>),
    pub(crate) byte_start: Option<i64>,
    pub(crate) byte_len: Option<i64>,
    pub(crate) raw_original: Option<Vec<u8>>,
    pub(crate) raw_injected: Option<Vec<u8>>,
}

/// The labels of a data set.
pub struct Labels {
    /// In the order in which they apply.
    pub(crate) members: Vec<Member>,
    by_file: BTreeMap<String, Vec<usize>>,
}

const COLUMNS: &[&str] = &[
    "apply_seq",
    "op",
    "table",
    "column",
    "original",
    "injected",
    "file_clean",
    "row_clean",
    "file_dirty",
    "row_dirty",
    "byte_start",
    "byte_len",
    "raw_original_b64",
    "raw_injected_b64",
];

impl Member {
    fn of(batch: &Batch, row: usize) -> Self {
        let text = |column: usize| batch.columns[column].text(row).map(str::to_owned);
        let long = |column: usize| batch.columns[column].long(row);
        Self {
            seq: long(0).unwrap_or(0),
            op: text(1).unwrap_or_default(),
            table: text(2).unwrap_or_default(),
            column: text(3),
            original: text(4),
            injected: text(5),
            clean: (text(6), long(7)),
            dirty: (text(8), long(9)),
            byte_start: long(10),
            byte_len: long(11),
            raw_original: text(12).and_then(|text| from_base64(&text)),
            raw_injected: text(13).and_then(|text| from_base64(&text)),
        }
    }

    /// Where its row is on the dirty or the clean side: file and row.
    pub(crate) fn on(&self, dirty: bool) -> &(Option<String>, Option<i64>) {
        if dirty { &self.dirty } else { &self.clean }
    }

    /// The row's place in a file on one of the sides.
    pub(crate) fn row_in(&self, path: &str, dirty: bool) -> Option<u64> {
        let (file, row) = self.on(dirty);
        (file.as_deref() == Some(path)).then_some(*row)?.map(|row| row as u64)
    }

    /// The line, or the row as a line, on one of the sides.
    pub(crate) fn line(&self, dirty: bool) -> Option<Vec<u8>> {
        let (raw, whole) = if dirty {
            (&self.raw_injected, &self.injected)
        } else {
            (&self.raw_original, &self.original)
        };
        let whole = || whole.as_ref().filter(|_| self.column.is_none());
        raw.clone().or_else(|| whole().map(|text| [text.as_bytes(), b"\n"].concat()))
    }

    /// Whether it is about the file as such.
    pub(crate) fn is_of_file(&self) -> bool {
        self.op == "bytes" && self.clean.1.is_none() && self.dirty.1.is_none()
    }

    /// Whether it is about a column of the file as a whole.
    pub(crate) fn is_drift(&self) -> bool {
        self.op == "update"
            && self.column.is_some()
            && self.clean.1.is_none()
            && self.dirty.1.is_none()
    }

    /// Whether nothing was done: it only says where a row is.
    fn is_context(&self) -> bool {
        self.op == "update" && self.column.is_none()
    }
}

impl Labels {
    /// Reads the labels of a dirty data set.
    ///
    /// # Errors
    /// It has none, or they cannot be read.
    pub fn read(data: &DataSet, schemas: &Schemas) -> Result<Self, Error> {
        let unlabelled = || Error::Unlabelled(data.dir().to_owned());
        let schema = schemas.table(LABELS[1]).ok_or_else(unlabelled)?;
        data.table(LABELS[1]).ok_or_else(unlabelled)?;
        let mut members = Vec::new();
        let broken = data.scan(schema, COLUMNS, |_, batch| {
            members.extend((0..batch.rows).map(|row| Member::of(batch, row)));
            ControlFlow::Continue(())
        })?;
        if let Some(broken) = broken.into_iter().next() {
            return Err(Error::Mismatch { file: broken.path, why: broken.why });
        }
        members.retain(|member| !member.is_context());
        members.sort_by_key(|member| member.seq);
        let mut by_file: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, member) in members.iter().enumerate() {
            let files = [&member.clean.0, &member.dirty.0];
            for (nth, file) in files.into_iter().enumerate() {
                if let Some(file) = file
                    && (nth == 0 || files[0].as_ref() != Some(file))
                {
                    by_file.entry(file.clone()).or_default().push(at);
                }
            }
        }
        Ok(Self { members, by_file })
    }

    /// The labels about a file, on whichever side.
    pub(crate) fn of_file(&self, path: &str) -> Vec<&Member> {
        let of_file = self.by_file.get(path).map_or(&[][..], |members| &members[..]);
        of_file.iter().map(|at| &self.members[*at]).collect()
    }
}
