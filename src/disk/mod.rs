//! Files on their way to disk.
//!
//! A file is gathered into blocks. Those of its beginning go through the operating system's page cache, as usual: a small data set
//! is then there at once for whoever reads it next. A large file would push everything else out of the cache and costs more time to
//! copy there than to make, so from `LARGE` bytes on its blocks go past the cache (`lane`), while the next ones are being made.
//! Where that cannot be done, or the disk does not keep up, the cache takes them after all.

mod block;
#[cfg(target_os = "linux")]
mod lane;
#[cfg(not(target_os = "linux"))]
#[path = "no_lane.rs"]
mod lane;

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use block::Block;
use lane::Lane;

/// Where a file counts as large.
const LARGE: u64 = 8 << 20;

/// A new file.
#[derive(Debug)]
pub struct DiskFile {
    path: PathBuf,
    file: File,
    /// The block under way, and where in the file it begins.
    block: Block,
    at: u64,
    lane: Option<Lane>,
}

impl DiskFile {
    /// Makes a file, or empties the one that is there.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn create(path: &Path) -> io::Result<Self> {
        let file = File::create(path)?;
        Ok(Self { path: path.to_owned(), file, block: Block::new(), at: 0, lane: None })
    }

    /// Ends the file.
    ///
    /// # Errors
    /// What was written before cannot be written after all.
    pub fn finish(mut self) -> io::Result<()> {
        match self.lane.take() {
            None => self.file.write_all(self.block.bytes()),
            Some(lane) => lane.finish(self.block.bytes(), self.at),
        }
    }

    /// Passes a full block on.
    fn pass_on(&mut self) -> io::Result<()> {
        if self.at == LARGE {
            self.lane = Lane::open(&self.path, &self.file);
        }
        match &mut self.lane {
            None => self.file.write_all(self.block.bytes())?,
            Some(lane) => lane.pass_on(&mut self.block, self.at)?,
        }
        self.at += Block::SIZE as u64;
        self.block.clear();
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
        for length in [0, 1, block - 1, block, block + 1, LARGE, LARGE + 1, LARGE + 9 * block + 77]
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
}
