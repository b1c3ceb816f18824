//! Files on their way to disk.
//!
//! A file is gathered into blocks, of which the first are held until it is known whether it is large. A small one goes through the
//! operating system's page cache, as usual: it is then there at once for whoever reads it next. A large file would push everything
//! else out of the cache and costs more time to copy there than to make, so its blocks go past the cache (`lane`), while the next ones
//! are being made. Where that cannot be done, or the disk does not keep up, the cache takes them after all.

mod block;
#[cfg(target_os = "linux")]
mod lane;
#[cfg(not(target_os = "linux"))]
#[path = "no_lane.rs"]
mod lane;

use std::fs::File;
use std::io::{self, Write};
use std::mem::replace;
use std::path::{Path, PathBuf};

use block::Block;
use lane::Lane;

/// Full blocks of a file that is not large, at most.
const SMALL: usize = 3;

/// A new file.
#[derive(Debug)]
pub struct DiskFile {
    path: PathBuf,
    file: File,
    /// The block under way, and where in the file it begins.
    block: Block,
    at: u64,
    /// Full blocks before it, while the file is not large.
    held: Vec<Block>,
    way: Way,
}

/// Which way a file's blocks go.
#[derive(Debug)]
enum Way {
    /// Not known yet.
    Held,
    Cache,
    Past(Lane),
}

impl DiskFile {
    /// Makes a file, or empties the one that is there.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn create(path: &Path) -> io::Result<Self> {
        let file = File::create(path)?;
        let (block, held) = (Block::new()?, Vec::new());
        Ok(Self { path: path.to_owned(), file, block, at: 0, held, way: Way::Held })
    }

    /// Ends the file.
    ///
    /// # Errors
    /// What was written before cannot be written after all.
    pub fn finish(mut self) -> io::Result<()> {
        if let Way::Past(lane) = self.way {
            return lane.finish(self.block, self.at);
        }
        for block in self.held.iter().chain([&self.block]) {
            self.file.write_all(block.bytes())?;
        }
        Ok(())
    }

    /// Passes a full block on.
    fn pass_on(&mut self) -> io::Result<()> {
        if self.held.len() == SMALL {
            self.grow_large()?;
        }
        match &mut self.way {
            Way::Held => self.held.push(replace(&mut self.block, Block::new()?)),
            Way::Cache => self.file.write_all(self.block.bytes())?,
            Way::Past(lane) => lane.pass_on(&mut self.block, self.at)?,
        }
        self.at += Block::SIZE as u64;
        self.block.clear();
        Ok(())
    }

    /// Finds the way of a file that has become large, and lets the blocks held so far go it.
    fn grow_large(&mut self) -> io::Result<()> {
        let held = std::mem::take(&mut self.held);
        self.way = if let Some(mut lane) = Lane::open(&self.path, &self.file) {
            lane.begin(held);
            Way::Past(lane)
        } else {
            held.iter().try_for_each(|block| self.file.write_all(block.bytes()))?;
            Way::Cache
        };
        Ok(())
    }
}

impl Write for DiskFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = self.block.take(bytes);
        if self.block.is_full() {
            self.pass_on()?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For all lengths around those of a block and of a large file, what is written is there.
    #[test]
    fn a_file_holds_what_was_written() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("file");
        let block = Block::SIZE as u64;
        let large = (SMALL as u64 + 1) * block;
        for length in [0, 1, block - 1, block, block + 1, large - 1, large, large + 5000, 3 * large]
        {
            let bytes: Vec<u8> = (0..length).map(|i| crate::seed::mix(i / 8) as u8).collect();
            let mut file = DiskFile::create(&path).expect("made");
            for piece in bytes.chunks(300_001) {
                file.write_all(piece).expect("written");
            }
            file.finish().expect("ended");
            assert!(std::fs::read(&path).expect("read") == bytes, "{length} bytes");
        }
    }

    /// A file that is given up leaves nobody behind who still writes.
    #[test]
    fn a_file_may_be_given_up() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("file");
        let mut file = DiskFile::create(&path).expect("made");
        let bytes = vec![7; (SMALL + 3) * Block::SIZE + 99];
        file.write_all(&bytes).expect("written");
        drop(file);
        let there = std::fs::read(&path).expect("read");
        std::thread::sleep(std::time::Duration::from_millis(5));
        assert!(std::fs::read(&path).expect("read") == there, "somebody still writes");
    }
}
