//! A block of a file.

use std::fmt;
use std::sync::Mutex;

/// What the strictest of disks asks of the place in memory, of the place in the file, and of the length of what goes past the cache.
pub(super) const ALIGNMENT: usize = 4096;

/// Room of blocks that nobody needs any more, for the next ones: fresh memory has to be cleared first.
static SPARE: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

/// How many blocks' room is kept at most.
const SPARES: usize = 32;

/// A mebibyte that begins at a multiple of [`ALIGNMENT`] in memory.
pub(super) struct Block {
    room: Vec<u8>,
    start: usize,
    length: usize,
}

impl Block {
    /// How much it holds.
    pub(super) const SIZE: usize = 1 << 20;

    /// An empty block.
    pub(super) fn new() -> Self {
        let spare = SPARE.lock().ok().and_then(|mut spare| spare.pop());
        let room = spare.unwrap_or_else(|| vec![0; Self::SIZE + ALIGNMENT]);
        let start = room.as_ptr().align_offset(ALIGNMENT).min(ALIGNMENT);
        Self { room, start, length: 0 }
    }

    /// Takes what there is room for; how much that is.
    pub(super) fn take(&mut self, bytes: &[u8]) -> usize {
        let taken = bytes.len().min(Self::SIZE - self.length);
        let at = self.start + self.length;
        self.room[at..at + taken].copy_from_slice(&bytes[..taken]);
        self.length += taken;
        taken
    }

    /// Whether it holds all that it can.
    pub(super) fn is_full(&self) -> bool {
        self.length == Self::SIZE
    }

    /// What it holds.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.room[self.start..self.start + self.length]
    }

    /// Keeps only so many bytes.
    pub(super) fn truncate(&mut self, length: usize) {
        self.length = self.length.min(length);
    }

    /// Empties it.
    pub(super) fn clear(&mut self) {
        self.length = 0;
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        if let Ok(mut spare) = SPARE.lock()
            && spare.len() < SPARES
        {
            spare.push(std::mem::take(&mut self.room));
        }
    }
}

impl fmt::Debug for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Block({} bytes)", self.length)
    }
}
