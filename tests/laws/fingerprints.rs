//! Fingerprints: what nobody changes unawares.

use sha2::{Digest, Sha256};

use crate::{DataSet, world};

/// One line a table: rows, bytes, and a digest over its files' digests in order of path.
fn fingerprint(output: &str) -> String {
    let scenario = format!("seed = 42\ndays = 3\nusers = 120\nbudget = \"1K\"\n[output]\n{output}");
    let made = DataSet::make(&world(&scenario), 2, None);
    let mut lines = String::new();
    let mut entries = &made.entries[..];
    while let Some(first) = entries.first() {
        let end = entries.partition_point(|entry| entry.table <= first.table);
        let (of_table, rest) = entries.split_at(end);
        let rows: u64 = of_table.iter().map(|entry| entry.rows).sum();
        let bytes: u64 = of_table.iter().map(|entry| entry.bytes).sum();
        let mut hash = Sha256::new();
        of_table.iter().for_each(|entry| hash.update(&entry.sha256));
        let hash = hash.finalize();
        let digest: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        lines += &format!("{:<15} {rows:>6} {bytes:>8} {digest}\n", first.table);
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
