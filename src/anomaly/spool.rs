//! Texts of labels that wait for their table to be written: whole rows, as they were and as they are.
//!
//! The labels of a range are written once all its files are, in the order in which they apply. An outage or a burst has as many as there
//! are rows in its time, and each holds its row. Beyond a few, rows wait on disk, in a file that has no name any more.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes that are kept in memory.
const KEPT: u64 = 32 << 20;

/// A text of a label.
#[derive(Clone)]
pub enum Told {
    /// In memory.
    Here(Box<[u8]>),
    /// On disk: where it begins, and how long it is.
    There(Arc<Spool>, u64, u32),
}

impl Told {
    /// A text in memory.
    pub fn new(text: impl Into<Vec<u8>>) -> Self {
        Self::Here(text.into().into_boxed_slice())
    }

    /// Lets somebody read it.
    pub fn read<T>(&self, see: impl FnOnce(&[u8]) -> T) -> T {
        match self {
            Self::Here(text) => see(text),
            Self::There(spool, start, length) => {
                let mut text = vec![0; *length as usize];
                spool.note(spool.file.read_exact_at(&mut text, *start));
                see(&text)
            }
        }
    }
}

/// Texts are equal where their bytes are.
impl PartialEq for Told {
    fn eq(&self, other: &Self) -> bool {
        self.read(|one| other.read(|other| one == other))
    }
}

impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.read(|text| f.write_str(&String::from_utf8_lossy(text)))
    }
}

/// Where texts of labels wait.
#[derive(Debug)]
pub struct Spool {
    file: File,
    end: AtomicU64,
    /// Bytes kept in memory, and how many may be.
    kept: AtomicU64,
    most: u64,
    /// What went wrong first.
    failed: Mutex<Option<io::Error>>,
}

impl Spool {
    /// A place for texts in a folder, in which nobody sees it.
    ///
    /// # Errors
    /// A file that cannot be made.
    pub fn new(dir: &Path) -> io::Result<Arc<Self>> {
        Self::keeping(dir, KEPT)
    }

    /// One that keeps so many bytes in memory.
    fn keeping(dir: &Path, most: u64) -> io::Result<Arc<Self>> {
        let path = dir.join(format!(".labels-{}", std::process::id()));
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&path)?;
        // It goes away with the last who knows it, however the run ends.
        std::fs::remove_file(&path)?;
        let (end, kept) = (AtomicU64::new(0), AtomicU64::new(0));
        Ok(Arc::new(Self { file, end, kept, most, failed: Mutex::new(None) }))
    }

    /// Takes a text.
    pub fn put(self: &Arc<Self>, text: Vec<u8>) -> Told {
        let length = text.len() as u64;
        if self.kept.fetch_add(length, Ordering::Relaxed) + length <= self.most {
            return Told::new(text);
        }
        let at = self.end.fetch_add(length, Ordering::Relaxed);
        self.note(self.file.write_all_at(&text, at));
        Told::There(self.clone(), at, length as u32)
    }

    fn note(&self, outcome: io::Result<()>) {
        if let Err(error) = outcome {
            let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
            failed.get_or_insert(error);
        }
    }

    /// Once nobody needs what is there any more: makes room for others. Whether all texts went there and came back.
    ///
    /// # Errors
    /// What went wrong first.
    pub fn clear(&self) -> io::Result<()> {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner).take();
        failed.map_or(Ok(()), Err)?;
        self.end.store(0, Ordering::Relaxed);
        self.kept.store(0, Ordering::Relaxed);
        self.file.set_len(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For all texts, in memory or on disk, what is read is what was put, and nothing is left in the folder.
    #[test]
    fn what_was_put_is_read() {
        let dir = tempfile::tempdir().expect("a folder");
        let spool = Spool::keeping(dir.path(), 40).expect("made");
        let all: Vec<Vec<u8>> = (0..20_u8).map(|nth| vec![nth; 5 + usize::from(nth)]).collect();
        let told: Vec<Told> = all.iter().map(|text| spool.put(text.clone())).collect();
        let is_there = |told: &&Told| matches!(told, Told::There(..));
        assert_eq!(told.iter().filter(is_there).count(), 15);
        let read: Vec<Vec<u8>> = told.iter().map(|told| told.read(<[u8]>::to_vec)).collect();
        assert_eq!(read, all);
        assert_eq!(told[0], Told::new(all[0].clone()));
        assert!(told[19] == Told::new(all[19].clone()) && told[19] != told[18]);
        assert_eq!(std::fs::read_dir(dir.path()).expect("read").count(), 0);
        drop(told);
        assert!(spool.clear().is_ok());
        assert!(matches!(spool.put(vec![7; 9]), Told::Here(_)));
    }

    /// A disk that does not take a text, or give it back, is told in the end.
    #[test]
    fn what_fails_is_told() {
        let dir = tempfile::tempdir().expect("a folder");
        let spool = Spool::keeping(dir.path(), 0).expect("made");
        let told = spool.put(vec![1; 8]);
        spool.file.set_len(3).expect("cut");
        told.read(|_| ());
        assert!(spool.clear().is_err());
    }
}
