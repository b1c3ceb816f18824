//! One removal at a time: an advisory lock on the data set's folder itself, which goes with the process whatever ends it.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::{Error, asked, io_error};

/// A data set that nobody else takes rows out of while this lives.
#[derive(Debug)]
pub(super) struct Lock {
    dir: PathBuf,
    _held: Option<File>,
}

impl Lock {
    /// Takes a data set for oneself, to change it.
    ///
    /// # Errors
    /// Somebody else has it, or the folder cannot be locked.
    pub(super) fn take(dir: &Path) -> Result<Self, Error> {
        Self::of(dir, true)
    }

    /// Keeps others from changing a data set while it is read.
    ///
    /// # Errors
    /// Somebody changes it, or the folder cannot be locked.
    pub(super) fn share(dir: &Path) -> Result<Self, Error> {
        Self::of(dir, false)
    }

    #[cfg(unix)]
    fn of(dir: &Path, alone: bool) -> Result<Self, Error> {
        use rustix::fs::{FlockOperation, flock};
        let held = File::open(dir).map_err(io_error(dir))?;
        let how = if alone {
            FlockOperation::NonBlockingLockExclusive
        } else {
            FlockOperation::NonBlockingLockShared
        };
        match flock(&held, how) {
            Ok(()) => Ok(Self { dir: dir.to_owned(), _held: Some(held) }),
            Err(rustix::io::Errno::WOULDBLOCK) => {
                let message = format!("{} is being changed by another removal", dir.display());
                Err(asked(message, "wait until it is done; nothing was changed"))
            }
            Err(error) => Err(io_error(dir)(error.into())),
        }
    }

    /// Elsewhere a folder cannot be locked, and a file that stands for it would be left behind.
    #[cfg(not(unix))]
    fn of(dir: &Path, _alone: bool) -> Result<Self, Error> {
        Ok(Self { dir: dir.to_owned(), _held: None })
    }

    /// The data set.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }
}
