//! Tokens: what stands for a value, the same for the same value, and nothing without the key.
//!
//! ```text
//! tok = Trunc(HMAC-SHA256(K, u8 version || u8 kind || u32 length || normalised), bits)
//! ```
//! The version is that of the [normal forms](normal), the kind says which of them. What follows the hash is only writing: base32,
//! hexadecimal, base64url, a UUID, or the shape of an address that cannot be a real one.

mod encoding;
mod mac;
pub mod normal;
mod phone;
mod punycode;

#[cfg(test)]
mod vectors;

pub use encoding::{Encoding, MARK, bears_mark};
pub use mac::{Hash, Keyed};
pub use normal::{Kind, Normal};
pub use phone::Region;

use crate::digits;
pub use crate::digits::hex;

use super::key::{Key, Realm, Role};
use mac::Short;

/// The version of the normal forms and of the message that is hashed.
pub const VERSION: u8 = 1;

/// The bits of a token unless said otherwise: two of 10^8 values meet once in 10^23 runs.
pub const USUAL_BITS: u32 = 128;

/// With fewer bits, two values of a large set may meet: 2.7 in 10,000 runs at 64 bits and 10^8 values.
pub const LEAST_BITS: u32 = 80;

/// UUIDs whose tokens are made together.
const TOGETHER: usize = 8;

/// Makes the tokens of one namespace.
#[derive(Clone)]
pub struct Tokens {
    keyed: Keyed,
    normal: Normal,
    encoding: Encoding,
    bits: u32,
    namespace: String,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens").field("namespace", &self.namespace).finish_non_exhaustive()
    }
}

impl Tokens {
    /// Tokens of a namespace within a realm. Bits are a multiple of 8, from 8 to 256.
    pub fn new(
        key: &Key,
        realm: &Realm,
        namespace: &str,
        normal: Normal,
        encoding: Encoding,
        bits: u32,
    ) -> Self {
        let keyed = Keyed::new(&key.derive(Role::Token, realm, namespace));
        let bits = encoding.most_bits().min(bits.clamp(8, 256) / 8 * 8);
        Self { keyed, normal, encoding, bits, namespace: namespace.to_owned() }
    }

    /// Writes the token of a value; the end of its hash, by which values with the same token are told apart.
    pub fn write(&self, value: &str, out: &mut String) -> u64 {
        let normal = self.normal.of(value);
        let hash = self.hash(normal.as_bytes());
        self.encoding.write(&hash, self.bits, &self.namespace, out);
        hash[24..].iter().fold(0, |end, byte| end << 8 | u64::from(*byte))
    }

    /// The token of a UUID as a UUID of version 8.
    pub fn uuid(&self, id: u128) -> u128 {
        encoding::uuid8(&self.hash(&digits::uuid(id)))
    }

    /// Puts their tokens in the places of UUIDs. Rows of a person stand together and name the same things again, so the last ones are
    /// remembered: a look is a tenth of a token.
    pub fn uuids(&self, ids: &mut [u128]) {
        let (mut different, mut places) = (Vec::new(), Vec::with_capacity(ids.len()));
        let mut recent = [usize::MAX; 256];
        for id in ids.iter() {
            let last = &mut recent[*id as usize % 256];
            if different.get(*last) != Some(id) {
                *last = different.len();
                different.push(*id);
            }
            places.push(*last as u32);
        }
        self.different(&mut different);
        for (id, place) in ids.iter_mut().zip(places) {
            *id = different[place as usize];
        }
    }

    /// The same, without a look whether they were there before. Some are hashed together: that takes two thirds of the time.
    fn different(&self, ids: &mut [u128]) {
        let (together, rest) = ids.as_chunks_mut::<TOGETHER>();
        for ids in together {
            let mut messages = [Short::NOTHING; TOGETHER];
            for (message, id) in messages.iter_mut().zip(ids.iter()) {
                let text = digits::uuid(*id);
                *message = Short::fitting(&self.head(text.len()), &text);
            }
            for (id, hash) in ids.iter_mut().zip(self.keyed.hash_short(&messages)) {
                *id = encoding::uuid8(&hash);
            }
        }
        for id in rest {
            *id = self.uuid(*id);
        }
    }

    /// The whole hash of a value in its normal form.
    pub fn hash(&self, normal: &[u8]) -> Hash {
        let head = self.head(normal.len());
        if let Some(short) = Short::of(&head, normal) {
            let [hash] = self.keyed.hash_short(&[short]);
            return hash;
        }
        self.keyed.hash(&[&head, normal].concat())
    }

    /// What stands before a value of so many bytes in what is hashed.
    fn head(&self, length: usize) -> [u8; 6] {
        let [a, b, c, d] = (length as u32).to_be_bytes();
        [VERSION, self.normal.kind.number(), a, b, c, d]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::privacy::key::{Scope, tests::published};
    use proptest::prelude::*;

    fn tokens(namespace: &str, kind: Kind, encoding: Encoding, bits: u32) -> Tokens {
        let realm = Realm { scope: Scope::Stable, id: String::new(), epoch: 0 };
        Tokens::new(&published(), &realm, namespace, Normal::of_kind(kind), encoding, bits)
    }

    fn token(tokens: &Tokens, value: &str) -> String {
        let mut out = String::new();
        tokens.write(value, &mut out);
        out
    }

    #[test]
    fn namespaces_are_independent_and_short_tokens_are_beginnings() {
        let long = tokens("user", Kind::Text, Encoding::Hex, 128);
        let short = tokens("user", Kind::Text, Encoding::Hex, 80);
        let other = tokens("device", Kind::Text, Encoding::Hex, 128);
        assert!(token(&long, "42").starts_with(&token(&short, "42")));
        assert_ne!(token(&long, "42"), token(&other, "42"));
    }

    #[test]
    fn a_uuid_has_one_token_however_it_is_written() {
        let uuids = tokens("user", Kind::Uuid, Encoding::Uuid, 122);
        let id = 0x0199_1234_5678_7abc_8def_0123_4567_89ab_u128;
        let text = String::from_utf8(digits::uuid(id).to_vec()).unwrap();
        let made = String::from_utf8(digits::uuid(uuids.uuid(id)).to_vec()).unwrap();
        assert_eq!(token(&uuids, &text), made);
        assert_eq!(token(&uuids, &text.to_uppercase()), made);
        assert_eq!((made.as_bytes()[14], bears_mark(&made)), (b'8', true));
        let mut many = [id, id + 256, id, id];
        uuids.uuids(&mut many);
        assert_eq!(many, [id, id + 256, id, id].map(|id| uuids.uuid(id)));
    }

    proptest! {
        /// For all values and encodings, a token bears our mark, and is the same again.
        #[test]
        fn tokens_bear_the_mark(value in ".{1,80}") {
            for (_, encoding) in Encoding::NAMED {
                let tokens = tokens("user", Kind::Text, *encoding, 128);
                let made = token(&tokens, &value);
                prop_assert!(bears_mark(&made), "{} of {}", made, value);
                prop_assert_eq!(&made, &token(&tokens, &value));
            }
        }

        /// For all pairs of values whose normal forms differ, so do the tokens.
        #[test]
        fn tokens_differ(a in ".{1,40}", b in ".{1,40}") {
            let tokens = tokens("user", Kind::Text, Encoding::Base32, 128);
            let normal = Normal::of_kind(Kind::Text);
            prop_assert_eq!(normal.of(&a) == normal.of(&b), token(&tokens, &a) == token(&tokens, &b));
        }
    }
}
