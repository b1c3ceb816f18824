//! The only maker of random streams.
//!
//! A stream is made from (seed, purpose by name, ids) by mixing, never from another stream's state: entering any user's any
//! stream costs the same few nanoseconds, and a new purpose moves no other stream. The n-th number of a stream is a function of
//! its 128-bit key and n alone (counter-based), built on the finaliser of SplitMix64 (Steele, Lea and Flood, "Fast splittable
//! pseudorandom number generators", OOPSLA 2014) with the second half of the key mixed in between its rounds.

use std::convert::Infallible;

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// SplitMix64's finaliser: a bijection of 64 bits in which every input bit reaches every output bit.
#[inline]
pub const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// What a stream is for, by name. Made at compile time from the name's bytes (FNV-1a, then mixed).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purpose(u64);

impl Purpose {
    /// The purpose of that name.
    pub const fn named(name: &str) -> Self {
        let bytes = name.as_bytes();
        let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
        let mut i = 0;
        while i < bytes.len() {
            hash = (hash ^ bytes[i] as u64).wrapping_mul(0x0000_0100_0000_01b3);
            i += 1;
        }
        Self(mix(hash))
    }

    /// The purpose within this one that bears a name known only at run time (a field's, a persona's).
    #[must_use]
    pub fn within(self, name: &str) -> Self {
        Self(mix(self.0.wrapping_add(GOLDEN) ^ Self::named(name).0))
    }
}

/// A data set's seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seed(pub u64);

impl Seed {
    /// 64 bits that (seed, purpose, ids) alone decide.
    #[inline]
    pub fn hash(self, purpose: Purpose, a: u64, b: u64) -> u64 {
        let z = mix(self.0.wrapping_add(GOLDEN) ^ purpose.0);
        let z = mix(z.wrapping_add(GOLDEN) ^ a);
        mix(z.wrapping_add(GOLDEN) ^ b)
    }

    /// The stream of (seed, purpose, ids).
    #[inline]
    pub fn stream(self, purpose: Purpose, a: u64, b: u64) -> Stream {
        let low = self.hash(purpose, a, b);
        Stream { low, high: mix(low ^ purpose.0.rotate_left(32)) | 1, count: 0 }
    }

    /// 128 bits for an identifier; `mix` twice over different words.
    #[inline]
    pub fn wide(self, purpose: Purpose, a: u64, b: u64) -> u128 {
        let mut stream = self.stream(purpose, a, b);
        (u128::from(stream.next()) << 64) | u128::from(stream.next())
    }
}

/// A counter-based generator: cheap to make, cheap to drop.
#[derive(Debug, Clone)]
pub struct Stream {
    low: u64,
    high: u64,
    count: u64,
}

impl Stream {
    /// The next 64 bits.
    #[inline]
    #[expect(clippy::should_implement_trait, reason = "a stream never ends, so it is no iterator")]
    pub fn next(&mut self) -> u64 {
        self.count = self.count.wrapping_add(GOLDEN);
        let mut z = self.low.wrapping_add(self.count);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9) ^ self.high;
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in [0, 1), 53 bits.
    #[inline]
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
    }

    /// Uniform below `n` (Lemire's multiply-shift; the bias is below 2^-32 and the cost one multiplication).
    #[inline]
    pub fn below(&mut self, n: u32) -> u32 {
        (((self.next() >> 32) * u64::from(n)) >> 32) as u32
    }

    /// Whether an event of probability `p` happens.
    #[inline]
    pub fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }
}

impl rand::TryRng for Stream {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok((self.next() >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.next())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.next().to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Purpose = Purpose::named("a");
    const B: Purpose = Purpose::named("b");

    #[test]
    fn streams_of_different_purposes_and_ids_differ() {
        let seed = Seed(1);
        let first = |purpose, a, b| seed.stream(purpose, a, b).next();
        let all = [first(A, 0, 0), first(B, 0, 0), first(A, 1, 0), first(A, 0, 1)];
        for (i, x) in all.iter().enumerate() {
            assert!(all[i + 1..].iter().all(|y| x != y));
        }
    }

    #[test]
    fn bits_are_fair_and_neighbouring_streams_do_not_correlate() {
        let seed = Seed(7);
        let mut ones = [0_u32; 64];
        let mut agree = 0_u32;
        for id in 0..4096 {
            let x = seed.stream(A, id, 0).next();
            let y = seed.stream(A, id + 1, 0).next();
            agree += (x ^ y).count_zeros();
            for (bit, count) in ones.iter_mut().enumerate() {
                *count += (x >> bit & 1) as u32;
            }
        }
        // 5 standard errors of a fair coin: 5 * sqrt(4096) / 2 = 160.
        assert!(ones.iter().all(|&count| count.abs_diff(2048) < 160), "{ones:?}");
        assert!(agree.abs_diff(4096 * 32) < 5 * 256, "{agree}");
    }

    #[test]
    fn unit_stays_in_its_interval() {
        let mut stream = Seed(3).stream(A, 9, 9);
        let mean = (0..10_000).map(|_| stream.unit()).inspect(|u| assert!((0.0..1.0).contains(u)));
        let mean = mean.sum::<f64>() / 1e4;
        assert!((mean - 0.5).abs() < 0.015, "{mean}");
    }
}
