//! The master key: where it comes from, what is refused, and the keys that are derived from it.
//!
//! ```text
//! PRK = HKDF-Extract("throng/pseudo/v1", master)
//! K   = HKDF-Expand(PRK, LP(role) || LP(scope) || LP(scope_id) || LP(namespace) || u32 epoch, 32)
//! ```
//! `LP` is a length of four bytes, big-endian, before the bytes. The master key itself is forgotten as soon as PRK is made; nothing
//! here can be printed, and what is dropped is wiped.

mod command;
mod refusal;
mod source;
mod strength;

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretBox};
use sha2::Sha256;
use zeroize::Zeroizing;

pub use refusal::Refusal;
pub use source::{PREFIX, Source, create, is_written_in};

/// The salt of the extraction, which names the construction.
const SALT: &[u8] = b"throng/pseudo/v1";

/// What a derived key is for. Keys of different roles have nothing in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Tokens.
    Token,
    /// Shifts of time.
    DateShift,
    /// Signatures of the audit log.
    Audit,
    /// The order of rows within a window.
    Order,
    /// Names of data sets whose own would tell what they were made of.
    Version,
    /// The name of a key.
    KeyId,
    /// The value by which a key is known again.
    KeyCheck,
}

impl Role {
    /// Its name in the derivation.
    pub fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::DateShift => "date-shift",
            Self::Audit => "audit",
            Self::Order => "order",
            Self::Version => "version",
            Self::KeyId => "key-id",
            Self::KeyCheck => "key-check",
        }
    }
}

/// How far a token means the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Everywhere.
    Stable,
    /// In one data set.
    PerDataset,
    /// For one recipient.
    PerRecipient,
}

impl Scope {
    /// Every scope, with its name in policies and in the derivation.
    pub const NAMED: &[(&str, Self)] = &[
        ("stable", Self::Stable),
        ("per_dataset", Self::PerDataset),
        ("per_recipient", Self::PerRecipient),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::NAMED.iter().find(|(_, scope)| *scope == self).map_or("", |(name, _)| name)
    }
}

/// Where tokens mean the same: a scope, which one of its kind, and the key's epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Realm {
    /// The scope.
    pub scope: Scope,
    /// The data set's or the recipient's name; empty for a stable scope.
    pub id: String,
    /// Counts the rotations of the key.
    pub epoch: u32,
}

/// A derived key, wiped when dropped.
pub type Derived = Zeroizing<[u8; 32]>;

/// A master key, of which only the extract is kept.
#[derive(Debug)]
pub struct Key {
    prk: SecretBox<[u8; 32]>,
}

impl Key {
    /// A key of that material.
    ///
    /// # Errors
    /// It is too short, constant, a sequence or text.
    pub fn new(material: &[u8]) -> Result<Self, Refusal> {
        strength::judge(material)?;
        let (prk, _) = Hkdf::<Sha256>::extract(Some(SALT), material);
        let prk = Zeroizing::new(<[u8; 32]>::from(prk));
        Ok(Self {
            prk: SecretBox::init_with_mut(|kept: &mut [u8; 32]| kept.copy_from_slice(&*prk)),
        })
    }

    /// The key of a role, for a namespace within a realm.
    pub fn derive(&self, role: Role, realm: &Realm, namespace: &str) -> Derived {
        let mut info = Vec::new();
        for part in [role.name(), realm.scope.name(), &realm.id, namespace] {
            info.extend_from_slice(&(part.len() as u32).to_be_bytes());
            info.extend_from_slice(part.as_bytes());
        }
        info.extend_from_slice(&realm.epoch.to_be_bytes());
        self.expand(&info)
    }

    /// The key's public name, which tells nothing of it.
    pub fn id(&self) -> String {
        let derived = self.derive(Role::KeyId, &EVERYWHERE, "");
        format!("k-{}", super::token::hex(&derived[..5]))
    }

    /// By this a key is known again: another key has another value.
    pub fn check(&self) -> String {
        let derived = self.derive(Role::KeyCheck, &EVERYWHERE, "");
        super::token::hex(&derived[..8])
    }

    /// HKDF-Expand to the 32 bytes of one hash (RFC 5869, section 2.3: `T(1) = HMAC(PRK, info || 0x01)`), which cannot fail.
    fn expand(&self, info: &[u8]) -> Derived {
        // HMAC fills a key up with noughts to a block of its hash (RFC 2104).
        let mut block = Zeroizing::new([0; 64]);
        block[..32].copy_from_slice(self.prk.expose_secret());
        let mut mac = Hmac::<Sha256>::new((&*block).into());
        mac.update(info);
        mac.update(&[1]);
        Zeroizing::new(mac.finalize().into_bytes().into())
    }
}

/// What belongs to the key alone.
pub(super) const EVERYWHERE: Realm = Realm { scope: Scope::Stable, id: String::new(), epoch: 0 };

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use sha2::Digest as _;

    /// The key of the published vectors: never one for data.
    pub(crate) fn published() -> Key {
        let material = Sha256::digest(b"throng: the key of the published vectors, never for data");
        Key::new(&material).unwrap()
    }

    fn bytes(hex: &str) -> Vec<u8> {
        let digit = |i: usize| u8::from_str_radix(&hex[i..i + 2], 16).unwrap();
        (0..hex.len()).step_by(2).map(digit).collect()
    }

    /// RFC 5869, appendix A, test cases 1 and 3.
    #[test]
    fn hkdf_is_that_of_rfc_5869() {
        let cases = [
            (
                "000102030405060708090a0b0c",
                "f0f1f2f3f4f5f6f7f8f9",
                "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
                "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
            ),
            (
                "",
                "",
                "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
                "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
            ),
        ];
        for (salt, info, prk, okm) in cases {
            let (found, hkdf) = Hkdf::<Sha256>::extract(Some(&bytes(salt)), &[0x0b; 22]);
            assert_eq!(found[..], bytes(prk));
            let mut out = [0; 42];
            hkdf.expand(&bytes(info), &mut out).unwrap();
            assert_eq!(out[..], bytes(okm));
            // Our own expansion gives the first of its hashes.
            let prk = SecretBox::new(Box::new(<[u8; 32]>::try_from(&found[..]).unwrap()));
            assert_eq!(Key { prk }.expand(&bytes(info))[..], bytes(okm)[..32]);
        }
    }

    #[test]
    fn roles_scopes_namespaces_and_epochs_are_apart() {
        let key = published();
        let realm = |scope, id: &str, epoch| Realm { scope, id: id.to_owned(), epoch };
        let all = [
            (Role::Token, realm(Scope::Stable, "", 0), "user"),
            (Role::DateShift, realm(Scope::Stable, "", 0), "user"),
            (Role::Token, realm(Scope::PerDataset, "", 0), "user"),
            (Role::Token, realm(Scope::PerDataset, "a", 0), "user"),
            (Role::Token, realm(Scope::PerDataset, "au", 0), "ser"),
            (Role::Token, realm(Scope::Stable, "", 1), "user"),
            (Role::Token, realm(Scope::Stable, "", 0), "device"),
        ];
        let mut derived: Vec<[u8; 32]> =
            all.iter().map(|(role, realm, name)| *key.derive(*role, realm, name)).collect();
        derived.sort_unstable();
        derived.dedup();
        assert_eq!(derived.len(), all.len());
    }

    #[test]
    fn a_key_cannot_be_printed() {
        let shown = format!("{:?}", published());
        assert!(shown.contains("REDACTED"), "{shown}");
    }
}
