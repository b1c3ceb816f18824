//! Fingerprints: what nobody changes unawares.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use throng::sink::Digest;

use crate::{DataSet, calibrated, sha256};

/// One line a table: rows, bytes, and a digest over the SHA-256 of its files in order of path.
fn fingerprint(output: &str) -> String {
    let scenario = format!("seed = 42\ndays = 3\nusers = 120\nbudget = \"1K\"\n[output]\n{output}");
    let made = DataSet::make(&calibrated(&scenario), 2, None);
    let mut lines = String::new();
    let mut entries = &made.entries[..];
    while let Some(first) = entries.first() {
        let end = entries.partition_point(|entry| entry.table <= first.table);
        let (of_table, rest) = entries.split_at(end);
        let rows: u64 = of_table.iter().map(|entry| entry.rows).sum();
        let bytes: u64 = of_table.iter().map(|entry| entry.bytes).sum();
        let mut digest = Digest::new(io::sink());
        for entry in of_table {
            digest.write_all(sha256(&made.bytes(&entry.path)).as_bytes()).expect("taken");
        }
        let digest = &digest.finish().1[..16];
        writeln!(lines, "{:<15} {rows:>6} {bytes:>8} {digest}", first.table).expect("written");
        entries = rest;
    }
    lines
}

/// For all machines and all times, a request has these bytes, as long as the version stays the same. A change of them is a decision
/// (docs/guide/determinism.md): CHANGELOG names it, and `INSTA_UPDATE=always cargo test --test laws fingerprints` accepts it. When
/// Parquet alone moves, it may be no more than the version in the files' metadata: NDJSON carries none.
#[test]
fn fingerprints_change_by_decision() {
    let formats = [
        ("ndjson", "format = \"ndjson\"\ncompression = \"none\"\n"),
        ("parquet, zstd", "format = \"parquet\"\ncompression = \"zstd\"\n"),
    ];
    let told: Vec<String> =
        formats.iter().map(|(name, output)| format!("{name}\n{}", fingerprint(output))).collect();
    insta::assert_snapshot!("fingerprints", told.join("\n"));
}
