//! The digest of what passes.

use std::fs::File;
use std::io::{self, Read as _, Write};
use std::path::Path;

use sha2::{Digest as _, Sha256};

/// A writer that counts the bytes on their way and makes their SHA-256 (FIPS 180-4).
#[derive(Debug)]
pub struct Digest<W> {
    inner: W,
    hash: Sha256,
    bytes: u64,
}

impl<W: Write> Digest<W> {
    /// Nothing has passed yet.
    pub fn new(inner: W) -> Self {
        Self { inner, hash: Sha256::new(), bytes: 0 }
    }

    /// The writer within.
    pub fn get_mut(&mut self) -> &mut W {
        &mut self.inner
    }

    /// How many bytes passed, and their SHA-256 as 64 hexadecimal digits.
    pub fn finish(self) -> (u64, String) {
        let (_, bytes, hex) = self.into_parts();
        (bytes, hex)
    }

    /// The same behind the writer within.
    pub fn into_parts(self) -> (W, u64, String) {
        let hex = self.hash.finalize().iter().fold(String::with_capacity(64), |mut hex, byte| {
            for nibble in [byte >> 4, byte & 15] {
                hex.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
            }
            hex
        });
        (self.inner, self.bytes, hex)
    }
}

/// How many bytes a file has, and their SHA-256 as 64 hexadecimal digits.
///
/// # Errors
/// It cannot be read.
pub fn digest_of(path: &Path) -> io::Result<(u64, String)> {
    let mut file = File::open(path)?;
    let mut digest = Digest::new(io::sink());
    let mut buffer = vec![0; 256 << 10];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(digest.finish()),
            bytes => digest.write_all(&buffer[..bytes])?,
        }
    }
}

impl<W: Write> Write for Digest<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes at most three bytes at a time.
    struct Slow(Vec<u8>);

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let taken = bytes.len().min(3);
            self.0.extend_from_slice(&bytes[..taken]);
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn only_what_the_writer_took_counts() {
        let mut digest = Digest::new(Slow(Vec::new()));
        digest.write_all(b"abc").unwrap();
        digest.write_all(b"").unwrap();
        assert_eq!(digest.write(b"defg").unwrap(), 3);
        assert_eq!(digest.get_mut().0, b"abcdef");
        let (bytes, hex) = digest.finish();
        assert_eq!(bytes, 6);
        assert_eq!(hex, "bef57ec7f53a6d40beb640a780a639c83bc29ac8a9816f1fc6c5c6dcd93c4721");
    }
}
