//! The way past the page cache: blocks are handed to a thread that waits for the disk (`O_DIRECT`, open(2)).

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::mem::replace;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use super::block::Block;

/// What the strictest of disks asks of the place in memory, of the place in the file, and of the length of what goes past the cache.
const ALIGNMENT: usize = 4096;

/// Blocks of a file at most, the one being filled among them: those that were held while it was small, and a few.
const BLOCKS: usize = super::SMALL + 3;

/// How long a block is waited for. A disk that takes longer for a block would hold the work up; from then on the cache takes what
/// the disk has no time for.
const PATIENCE: Duration = Duration::from_millis(40);

/// A file's way past the cache.
#[derive(Debug)]
pub(super) struct Lane {
    /// The file as it is usually written.
    cached: File,
    /// None once the file has ended.
    full: Option<Sender<(Block, u64)>>,
    empty: Receiver<Block>,
    writer: Option<JoinHandle<io::Result<()>>>,
    /// Blocks made so far.
    blocks: usize,
    patience: Duration,
}

impl Lane {
    /// The way past the cache of an open file; none where the file system, or the machine, has none.
    pub(super) fn open(path: &Path, file: &File) -> Option<Self> {
        let direct = OpenOptions::new().write(true).custom_flags(libc::O_DIRECT).open(path).ok()?;
        let (cached, other) = (file.try_clone().ok()?, file.try_clone().ok()?);
        let (full, blocks) = channel();
        let (back, empty) = channel();
        let work = move || write(&direct, &other, &blocks, &back);
        let writer = std::thread::Builder::new().name("throng disk".into()).spawn(work).ok()?;
        let (full, writer) = (Some(full), Some(writer));
        Some(Self { cached, full, empty, writer, blocks: 1, patience: PATIENCE })
    }

    /// Takes the blocks over that the file begins with.
    pub(super) fn begin(&mut self, blocks: Vec<Block>) {
        self.blocks += blocks.len();
        for (block, at) in blocks.into_iter().zip((0..).step_by(Block::SIZE)) {
            self.send(block, at);
        }
    }

    /// Hands a block to the thread. If it does not take it, it has met an error, which is told when the file ends.
    fn send(&self, block: Block, at: u64) {
        if let Some(full) = &self.full {
            let _ = full.send((block, at));
        }
    }

    /// Takes a full block over, which stands at that place of the file, and leaves another one that may be filled.
    pub(super) fn pass_on(&mut self, block: &mut Block, at: u64) -> io::Result<()> {
        let Some(next) = self.next() else {
            return self.cached.write_all_at(block.bytes(), at);
        };
        self.send(replace(block, next), at);
        Ok(())
    }

    /// Another block, if there is one in time.
    fn next(&mut self) -> Option<Block> {
        if let Ok(next) = self.empty.try_recv() {
            return Some(next);
        }
        if self.blocks < BLOCKS
            && let Ok(next) = Block::new()
        {
            self.blocks += 1;
            return Some(next);
        }
        let next = self.empty.recv_timeout(self.patience).ok();
        if next.is_none() {
            self.patience = Duration::ZERO;
        }
        next
    }

    /// Writes the last block, which stands at that place of the file, and waits for all others.
    pub(super) fn finish(mut self, mut last: Block, at: u64) -> io::Result<()> {
        let bytes = last.bytes();
        let whole = bytes.len() - bytes.len() % ALIGNMENT;
        self.cached.write_all_at(&bytes[whole..], at + whole as u64)?;
        last.truncate(whole);
        if whole > 0 {
            self.send(last, at);
        }
        self.wait()
    }

    /// Waits until everything is written.
    fn wait(&mut self) -> io::Result<()> {
        self.full = None;
        let ended = self.writer.take().map(JoinHandle::join);
        let died = |_| Err(io::Error::other("the disk's thread died"));
        ended.map_or(Ok(()), |ended| ended.unwrap_or_else(died))
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        // Whoever gives a file up may remove it: nobody is to write to it then.
        let _ = self.wait();
    }
}

/// Writes blocks as they come and hands them back. What the disk refuses to take directly, the cache may take.
fn write(
    direct: &File,
    cached: &File,
    full: &Receiver<(Block, u64)>,
    empty: &Sender<Block>,
) -> io::Result<()> {
    for (mut block, at) in full {
        direct.write_all_at(block.bytes(), at).or_else(|error| match error.kind() {
            ErrorKind::InvalidInput | ErrorKind::Unsupported => {
                cached.write_all_at(block.bytes(), at)
            }
            _ => Err(error),
        })?;
        block.clear();
        // Nobody takes it back once the file has ended.
        let _ = empty.send(block);
    }
    Ok(())
}
