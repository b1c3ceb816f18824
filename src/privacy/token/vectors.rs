//! The published vectors, which other languages are held to: `docs/reference/tokens.json`.

use std::path::Path;

use serde_json::{Value, json};

use super::phone::Region;
use super::{Encoding, Kind, Normal, Tokens};
use crate::privacy::key::{Realm, Scope, tests::published};

/// Scope, its id, epoch, namespace, kind, encoding, bits, value.
type Case = (Scope, &'static str, u32, &'static str, Kind, Encoding, u32, &'static str);

const CASES: &[Case] = &[
    (Scope::Stable, "", 0, "user", Kind::Text, Encoding::Base32, 128, "42"),
    (Scope::Stable, "", 1, "user", Kind::Text, Encoding::Base32, 128, "42"),
    (Scope::PerDataset, "orders-2026", 0, "user", Kind::Text, Encoding::Base32, 128, "42"),
    (Scope::PerRecipient, "lab", 0, "user", Kind::Text, Encoding::Base32, 128, "42"),
    (Scope::Stable, "", 0, "device", Kind::Text, Encoding::Hex, 128, "42"),
    (Scope::Stable, "", 0, "user", Kind::Text, Encoding::Hex, 80, "  Zoe\u{308} "),
    (Scope::Stable, "", 0, "user", Kind::Text, Encoding::Base64Url, 256, "\u{4eba}\u{7fa4}"),
    (Scope::Stable, "", 0, "email", Kind::Email, Encoding::Email, 128, " Ada.Byron@Example.COM"),
    (
        Scope::Stable,
        "",
        0,
        "email",
        Kind::Email,
        Encoding::Base32,
        128,
        "j\u{fc}rgen@B\u{dc}CHER.example",
    ),
    (Scope::Stable, "", 0, "phone", Kind::Phone, Encoding::Phone, 39, "030 123 45-67"),
    (Scope::Stable, "", 0, "phone", Kind::Phone, Encoding::Base32, 128, "+49 (0)30 1234567"),
    (Scope::Stable, "", 0, "ip", Kind::Text, Encoding::Ip, 96, "198.18.0.1"),
    (
        Scope::Stable,
        "",
        0,
        "user",
        Kind::Uuid,
        Encoding::Uuid,
        122,
        "0199ABCD-1234-7ABC-8DEF-0123456789AB",
    ),
    (
        Scope::Stable,
        "",
        0,
        "user",
        Kind::Text,
        Encoding::Base32,
        128,
        "a value that is longer than one block of the hash, and so takes two",
    ),
];

fn vector(case: &Case) -> Value {
    let &(scope, id, epoch, namespace, kind, encoding, bits, value) = case;
    let realm = Realm { scope, id: id.to_owned(), epoch };
    let normal = Normal { kind, region: Region::named("DE") };
    let tokens = Tokens::new(&published(), &realm, namespace, normal, encoding, bits);
    let mut token = String::new();
    tokens.write(value, &mut token);
    json!({
        "scope": scope.name(), "scope_id": id, "epoch": epoch, "namespace": namespace,
        "kind": kind.name(), "encoding": encoding.name(), "bits": bits, "value": value,
        "normalised": normal.of(value), "token": token,
    })
}

/// For all published vectors, this program makes the same. `THRONG_WRITE_VECTORS=1` writes them.
#[test]
fn vectors_are_as_published() {
    let vectors: Vec<Value> = CASES.iter().map(vector).collect();
    let about = "sha256 of this text is the key: `key_text`; numbers without a code are German";
    let whole = json!({
        "about": about, "key_text": "throng: the key of the published vectors, never for data",
        "key_id": published().id(), "key_check": published().check(), "vectors": vectors,
    });
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference/tokens.json");
    let text = format!("{}\n", serde_json::to_string_pretty(&whole).expect("JSON"));
    if std::env::var_os("THRONG_WRITE_VECTORS").is_some() {
        std::fs::write(&path, &text).expect("written");
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), text, "{}", path.display());
}
