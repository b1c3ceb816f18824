//! Where a file's bytes go.

use std::io::{self, Write};

/// A writer that may let bytes be made where they are to stand, which saves copying them there.
pub trait Outlet: Write + Send {
    /// Room for so many bytes behind what is written; none where there is no such room, and they are to be written instead. Until
    /// [`made`](Self::made) tells how many of them count, it is the same room that is given again.
    fn room(&mut self, _bytes: usize) -> Option<&mut [u8]> {
        None
    }

    /// Says that so many bytes of the room are made.
    ///
    /// # Errors
    /// Those of writing.
    fn made(&mut self, bytes: usize) -> io::Result<()> {
        debug_assert_eq!(bytes, 0, "bytes made where there is no room");
        Ok(())
    }
}

impl Outlet for Vec<u8> {}

impl Outlet for std::fs::File {}

impl Outlet for io::Sink {}
