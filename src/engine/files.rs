//! One file of a range: its rows, as edited and as a policy lets them be seen, its bytes and their digest, and what the manifest says of
//! it.

use std::io::{self, Write as _};

use super::{Error, Job, go_on};
use crate::anomaly::apply::{FileEdits, LaidOut};
use crate::anomaly::ground::SliceRows;
use crate::anomaly::labels::Member;
use crate::disk::DiskFile;
use crate::frame::{Frame, Veil};
use crate::manifest::FileEntry;
use crate::schema::Table;
use crate::sink::Digest;
use crate::tables::events::EventFrame;
use crate::tables::{Context, Rows};

/// A file being written.
type Out = Digest<DiskFile>;

/// First and last time of a file's rows, µs since 1970.
type TimeRange = Option<(i64, i64)>;

impl Job<'_> {
    /// Writes the rows of one file, as edited; what the manifest says of it, if there is one, and the labels of what was changed.
    pub(super) fn rows(
        &self,
        path: String,
        rows: &Rows<'_>,
        edits: &FileEdits,
    ) -> Result<(Option<FileEntry>, Vec<Member>), Error> {
        let Some(wrong) = self.wrong.as_ref().filter(|_| edits.is_edited()) else {
            return self.damaged(self.whole(path, rows.frame, rows.time_range)?, edits);
        };
        let output = &self.world.output;
        let table = &rows.frame.table().name;
        let (path, time_range) = (self.seen_path(table, path), self.seen(table, rows.time_range));
        let target = path.clone();
        let has_lines = output.format.name() == "ndjson";
        let (frame, places, veil) = (rows.frame, rows.places, self.veil());
        let (shown, spool) = (rows.shown, &wrong.spool);
        let laid = LaidOut { frame, shown, places, path: &target, has_lines, veil, spool };
        let is_there = shown > 0 || !frame.table().is_events();
        let written = edits.write(&laid, |edited, notes| {
            // A slice in which nothing falls is no file.
            is_there
                .then(|| {
                    self.put(path, &edited.table().name, |out| {
                        output.format.write_noting(edited, &output.options, notes, out)?;
                        Ok((edited.rows() as u64, time_range))
                    })
                })
                .transpose()
        });
        let failed = |source| Error::Io { path: self.dir.join(&target), source };
        let (entry, mut members) = written.map_err(failed)?;
        let Some(entry) = entry else { return Ok((None, members)) };
        let (entry, damage) = self.damaged(entry, edits)?;
        members.extend(damage);
        Ok((entry, members))
    }

    /// Damages a file that was written, if that is asked for.
    pub(super) fn damaged(
        &self,
        mut entry: FileEntry,
        edits: &FileEdits,
    ) -> Result<(Option<FileEntry>, Vec<Member>), Error> {
        if !edits.is_damaged() {
            return Ok((Some(entry), Vec::new()));
        }
        let path = self.dir.join(&entry.path);
        let failed = |source| Error::Io { path: path.clone(), source };
        let bytes = std::fs::read(&path).map_err(failed)?;
        let Some((bytes, member)) = edits.damage(&entry.path, &entry.table, &bytes) else {
            return Ok((Some(entry), Vec::new()));
        };
        let write = || {
            let mut out = Digest::with(self.world.request.digest, DiskFile::create(&path)?);
            out.write_all(&bytes)?;
            let (file, bytes, digest) = out.into_parts();
            file.finish()?;
            Ok((bytes, digest))
        };
        (entry.bytes, entry.digest) = write().map_err(failed)?;
        Ok((Some(entry), vec![member]))
    }

    /// Writes a file of one frame.
    pub(super) fn whole(
        &self,
        path: String,
        frame: &dyn Frame,
        time_range: TimeRange,
    ) -> Result<FileEntry, Error> {
        let output = &self.world.output;
        self.file(path, frame.table(), |out| {
            let veiled = self.veil().and_then(|veil| veil.over(frame));
            output.format.write(veiled.as_deref().unwrap_or(frame), &output.options, out)?;
            Ok((frame.rows() as u64, time_range))
        })
    }

    /// Whether files of events are written part by part. Behind a policy they are not: what stands for a value is made once a file.
    pub(super) fn has_parts(&self) -> bool {
        let output = &self.world.output;
        self.masking.is_none() && output.format.joins(&output.options)
    }

    /// Writes a file of events part by part.
    pub(super) fn parts(
        &self,
        path: String,
        context: Context<'_>,
        table: &Table,
        rows: &SliceRows,
    ) -> Result<FileEntry, Error> {
        let output = &self.world.output;
        self.file(path, table, |out| {
            let (mut written, mut time_range) = (0, None);
            EventFrame::for_parts(context, table, rows, |frame| {
                written += frame.rows() as u64;
                // Parts come in order of arrival.
                let last = frame.time_range().map(|(_, last)| last);
                time_range = time_range.or(frame.time_range()).map(|(first, _)| first).zip(last);
                output.format.write(frame, &output.options, out)
            })?;
            Ok((written, time_range))
        })
    }

    /// Lets `write` write one file of a table and say how many rows it has, and from when to when they are.
    fn file(
        &self,
        path: String,
        table: &Table,
        write: impl FnOnce(&mut Out) -> io::Result<(u64, TimeRange)>,
    ) -> Result<FileEntry, Error> {
        go_on(self.cancel)?;
        let path = self.seen_path(&table.name, path);
        let target = self.dir.join(&path);
        let write = |out: &mut Out| {
            let (rows, time_range) = write(out)?;
            Ok((rows, self.seen(&table.name, time_range)))
        };
        self.put(path, &table.name, write).map_err(|source| Error::Io { path: target, source })
    }

    /// Writes a file of a path that may be seen; `write` tells its rows and times as they leave.
    fn put(
        &self,
        path: String,
        table: &str,
        write: impl FnOnce(&mut Out) -> io::Result<(u64, TimeRange)>,
    ) -> io::Result<FileEntry> {
        let target = self.dir.join(&path);
        if let Some(folder) = target.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut out = Digest::with(self.world.request.digest, DiskFile::create(&target)?);
        let (rows, time_range) = write(&mut out)?;
        let (file, bytes, digest) = out.into_parts();
        file.finish()?;
        Ok(FileEntry { table: table.to_owned(), path, rows, bytes, digest, time_range })
    }

    /// What a policy lets be seen of frames.
    pub(super) fn veil(&self) -> Option<&dyn Veil> {
        self.masking.map(|masking| masking as &dyn Veil)
    }

    /// A file's path as it leaves.
    pub(super) fn seen_path(&self, table: &str, path: String) -> String {
        match self.masking {
            None => path,
            Some(masking) => masking.path(table, &path),
        }
    }

    /// A file's times as they leave.
    fn seen(&self, table: &str, time_range: TimeRange) -> TimeRange {
        match self.masking {
            None => time_range,
            Some(masking) => masking.time_range(table, time_range),
        }
    }
}
