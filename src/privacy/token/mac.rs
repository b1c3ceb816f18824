//! HMAC-SHA-256 (RFC 2104) under a key whose two states are held ready.
//!
//! Tokens are made by the million, each of a message that fits a block of the hash. What a key leaves in the hash before the
//! message, and before the hash of the message, is worked out once; what is left are two compressions for each message, and those of several messages
//! can be under way together.

use sha2::block_api::compress256;
use zeroize::Zeroizing;

use crate::privacy::key::Derived;

/// What SHA-256 hands from block to block.
type State = [u32; 8];
/// What it takes at a time.
type Block = [u8; 64];
/// What it gives.
pub type Hash = [u8; 32];

/// What SHA-256 begins with (FIPS 180-4, section 5.3.3).
const BEGIN: State = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// The longest message that fits its block, with a bit that ends it and its length.
const SHORT: usize = 55;

/// A message that fits its block, with its end: the block of the key stands before it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Short(Block);

impl Short {
    /// None yet.
    pub(super) const NOTHING: Self = Self([0; 64]);

    /// The message of two parts, if they are short enough.
    pub(super) fn of<const H: usize>(head: &[u8; H], rest: &[u8]) -> Option<Self> {
        (H + rest.len() <= SHORT).then(|| Self::laid(head, rest))
    }

    /// The message of two parts that are.
    #[inline]
    pub(super) fn fitting<const H: usize, const R: usize>(head: &[u8; H], rest: &[u8; R]) -> Self {
        const { assert!(H + R <= SHORT) }
        Self::laid(head, rest)
    }

    #[inline]
    fn laid<const H: usize>(head: &[u8; H], rest: &[u8]) -> Self {
        let (mut block, length) = ([0; 64], H + rest.len());
        block[..H].copy_from_slice(head);
        block[H..length].copy_from_slice(rest);
        end(&mut block, length, 64 + length);
        Self(block)
    }
}

/// Writes the end of what is hashed, of so many bytes of which the last are in the block.
#[inline]
fn end(block: &mut [u8], length: usize, whole: usize) {
    block[length] = 0x80;
    let bits = (whole as u64 * 8).to_be_bytes();
    let room = block.len() - bits.len();
    block[room..].copy_from_slice(&bits);
}

/// A key at work, wiped when dropped.
#[derive(Clone)]
pub struct Keyed {
    /// What the key leaves before a message.
    inner: Zeroizing<State>,
    /// What it leaves before the hash of the message.
    outer: Zeroizing<State>,
}

impl std::fmt::Debug for Keyed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keyed").finish_non_exhaustive()
    }
}

impl Keyed {
    /// Makes a key ready.
    pub fn new(key: &Derived) -> Self {
        let after = |pad: u8| {
            let mut block = Zeroizing::new([pad; 64]);
            block.iter_mut().zip(key.iter()).for_each(|(byte, key)| *byte ^= key);
            let mut state = Zeroizing::new(BEGIN);
            compress256(&mut state, std::slice::from_ref(&block));
            state
        };
        Self { inner: after(0x36), outer: after(0x5c) }
    }

    /// The HMAC of a message.
    pub fn hash(&self, message: &[u8]) -> Hash {
        let (blocks, rest) = message.as_chunks();
        let mut last = [0; 128];
        last[..rest.len()].copy_from_slice(rest);
        let length = if rest.len() > SHORT { 128 } else { 64 };
        end(&mut last[..length], rest.len(), 64 + message.len());
        let mut state = *self.inner;
        compress256(&mut state, blocks);
        compress256(&mut state, last[..length].as_chunks().0);
        let [hash] = self.outer(&[state]);
        hash
    }

    /// A number that follows from a message: the first eight bytes of its HMAC.
    pub fn number(&self, message: &[u8]) -> u64 {
        self.hash(message).iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    /// The HMACs of messages.
    #[inline]
    pub(super) fn hash_short<const N: usize>(&self, messages: &[Short; N]) -> [Hash; N] {
        let mut states = [*self.inner; N];
        for (state, Short(block)) in states.iter_mut().zip(messages) {
            compress256(state, std::slice::from_ref(block));
        }
        self.outer(&states)
    }

    /// The second hash, of what the first came to. All blocks are laid out before any is hashed: one that was only just written would
    /// be waited for.
    #[inline]
    fn outer<const N: usize>(&self, inner: &[State; N]) -> [Hash; N] {
        let mut blocks = [[0; 64]; N];
        for (block, state) in blocks.iter_mut().zip(inner) {
            block[..32].copy_from_slice(&bytes(state));
            end(block, 32, 64 + 32);
        }
        let (mut states, mut hashes) = ([*self.outer; N], [[0; 32]; N]);
        for (state, block) in states.iter_mut().zip(&blocks) {
            compress256(state, std::slice::from_ref(block));
        }
        for (hash, state) in hashes.iter_mut().zip(&states) {
            *hash = bytes(state);
        }
        hashes
    }
}

#[inline]
fn bytes(state: &State) -> Hash {
    let mut bytes = [0; 32];
    for (four, word) in bytes.chunks_exact_mut(4).zip(state) {
        four.copy_from_slice(&word.to_be_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digits::hex;
    use hmac::{Hmac, KeyInit as _, Mac as _};
    use proptest::prelude::*;
    use sha2::Sha256;

    /// What the crate `hmac` makes of it.
    fn judged(key: &[u8], message: &[u8]) -> Hash {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
        mac.update(message);
        mac.finalize().into_bytes().into()
    }

    /// RFC 4231, test cases 1, 2, 3 and 6.
    #[test]
    fn hmac_is_that_of_rfc_4231() {
        let cases: [(&[u8], &[u8], &str); 4] = [
            (
                &[0x0b; 20],
                b"Hi There",
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            ),
            (
                b"Jefe",
                b"what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                &[0xaa; 20],
                &[0xdd; 50],
                "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
            ),
            (
                &[0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
        ];
        for (key, message, expected) in cases {
            assert_eq!(hex(&judged(key, message)), expected);
            // Ours are of 32 bytes: a shorter one is filled up with noughts, and there is no longer one.
            let mut whole = Zeroizing::new([0; 32]);
            if let Some(room) = whole.get_mut(..key.len()) {
                room.copy_from_slice(key);
                assert_eq!(hex(&Keyed::new(&whole).hash(message)), expected);
            }
        }
    }

    proptest! {
        /// For all keys and messages, of whatever length, it is the HMAC of another implementation, and messages do not meddle with each other.
        #[test]
        fn it_is_hmac(key: [u8; 32], message in prop::collection::vec(any::<u8>(), 0..260)) {
            let keyed = Keyed::new(&Zeroizing::new(key));
            let judged = |message: &[u8]| judged(&key, message);
            prop_assert_eq!(keyed.hash(&message), judged(&message));
            let short = &message[..message.len().min(SHORT)];
            let other = Short::fitting(b"another", b"");
            let hashes = keyed.hash_short(&[other, Short::of(b"", short).unwrap(), other]);
            prop_assert_eq!(hashes[1], judged(short));
            prop_assert_eq!([hashes[0], hashes[2]], [judged(b"another"); 2]);
        }
    }

    #[test]
    fn what_is_too_long_is_not_short() {
        assert!(Short::of(&[1; 6], &[2; 49]).is_some() && Short::of(&[1; 6], &[2; 50]).is_none());
    }
}
