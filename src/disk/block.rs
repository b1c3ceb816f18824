//! A block of a file.

use std::fmt;
use std::io;
use std::sync::Mutex;

use memmap2::MmapMut;

/// Room of blocks that nobody needs any more, for the next ones: fresh memory has to be cleared first.
static SPARE: Mutex<Vec<MmapMut>> = Mutex::new(Vec::new());

/// How many blocks' room is kept at most.
const SPARES: usize = 64;

/// Two mebibytes that begin at a multiple of their size in memory: one huge page where the system has such. What goes past the cache
/// is pinned page by page, which for small pages takes a twentieth of a run.
pub(super) struct Block {
    /// None only while the block is dropped.
    room: Option<MmapMut>,
    start: usize,
    length: usize,
}

impl Block {
    /// How much it holds.
    pub(super) const SIZE: usize = 2 << 20;

    /// An empty block.
    ///
    /// # Errors
    /// There is no memory for it.
    pub(super) fn new() -> io::Result<Self> {
        let spare = SPARE.lock().ok().and_then(|mut spare| spare.pop());
        let room = spare.map_or_else(room, Ok)?;
        let start = room.as_ptr().align_offset(Self::SIZE).min(Self::SIZE);
        Ok(Self { room: Some(room), start, length: 0 })
    }

    /// Takes what there is room for; how much that is.
    pub(super) fn take(&mut self, bytes: &[u8]) -> usize {
        let taken = bytes.len().min(Self::SIZE - self.length);
        let at = self.start + self.length;
        let Some(room) = &mut self.room else { return 0 };
        room[at..at + taken].copy_from_slice(&bytes[..taken]);
        self.length += taken;
        taken
    }

    /// Whether it holds all that it can.
    pub(super) fn is_full(&self) -> bool {
        self.length == Self::SIZE
    }

    /// What it holds.
    pub(super) fn bytes(&self) -> &[u8] {
        let room = self.room.as_deref().unwrap_or_default();
        &room[self.start..self.start + self.length]
    }

    /// Keeps only so many bytes.
    #[cfg(target_os = "linux")]
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
        // Declared before the lock is taken: what is not kept is given to the system after the lock is free.
        let mut room = self.room.take();
        if let Ok(mut spare) = SPARE.lock()
            && spare.len() < SPARES
        {
            spare.extend(room.take());
        }
    }
}

/// Memory in which a whole block begins at a multiple of its size. What of it nobody touches is but addresses.
fn room() -> io::Result<MmapMut> {
    let room = MmapMut::map_anon(2 * Block::SIZE)?;
    // Whoever has no huge pages does without.
    #[cfg(target_os = "linux")]
    let _ = room.advise(memmap2::Advice::HugePage);
    Ok(room)
}

impl fmt::Debug for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Block({} bytes)", self.length)
    }
}
