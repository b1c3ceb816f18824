//! The digest of what passes.

use std::io::{self, Write};

use sha2::{Digest as _, Sha256};

/// How bytes become a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Algorithm {
    /// SHA-256 (FIPS 180-4), which every machine can verify: `sha256sum`.
    #[default]
    Sha256,
    /// BLAKE3, a quarter of the time: `b3sum`.
    Blake3,
}

impl Algorithm {
    /// Their names.
    pub const NAMES: [(&'static str, Self); 2] =
        [("sha256", Self::Sha256), ("blake3", Self::Blake3)];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Blake3 => "blake3",
        }
    }

    /// As prose calls it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Sha256 => "SHA-256",
            Self::Blake3 => "BLAKE3",
        }
    }
}

/// A digest under way.
#[derive(Debug)]
enum Hash {
    Sha256(Sha256),
    Blake3(Box<blake3::Hasher>),
}

/// A writer that counts the bytes on their way and makes their digest.
#[derive(Debug)]
pub struct Digest<W> {
    inner: W,
    hash: Hash,
    bytes: u64,
}

impl<W: Write> Digest<W> {
    /// Nothing has passed yet of what SHA-256 is made of.
    pub fn new(inner: W) -> Self {
        Self::with(Algorithm::Sha256, inner)
    }

    /// The same with another digest.
    pub fn with(algorithm: Algorithm, inner: W) -> Self {
        let hash = match algorithm {
            Algorithm::Sha256 => Hash::Sha256(Sha256::new()),
            Algorithm::Blake3 => Hash::Blake3(Box::default()),
        };
        Self { inner, hash, bytes: 0 }
    }

    /// The writer within.
    pub fn get_mut(&mut self) -> &mut W {
        &mut self.inner
    }

    /// How many bytes passed, and their digest as 64 hexadecimal digits.
    pub fn finish(self) -> (u64, String) {
        let (_, bytes, hex) = self.into_parts();
        (bytes, hex)
    }

    /// The same behind the writer within.
    pub fn into_parts(self) -> (W, u64, String) {
        let digest: [u8; 32] = match self.hash {
            Hash::Sha256(hash) => hash.finalize().into(),
            Hash::Blake3(hash) => hash.finalize().into(),
        };
        let hex = digest.iter().fold(String::with_capacity(64), |mut hex, byte| {
            for nibble in [byte >> 4, byte & 15] {
                hex.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
            }
            hex
        });
        (self.inner, self.bytes, hex)
    }
}

impl<W: Write> Write for Digest<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        match &mut self.hash {
            Hash::Sha256(hash) => hash.update(&bytes[..written]),
            Hash::Blake3(hash) => {
                hash.update(&bytes[..written]);
            }
        }
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

    #[test]
    fn blake3_is_what_b3sum_says() {
        let digest = Digest::with(Algorithm::Blake3, Vec::new());
        let (_, bytes, hex) = digest.into_parts();
        assert_eq!(bytes, 0);
        assert_eq!(hex, "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262");
    }
}
