//! What a token costs, on one core: normal form, hash and writing. `THRONG_BENCH_COLLISIONS=100000000` counts, besides, how many of so many
//! different values have a token in common: exactly, and in 256 MiB however many they are.

use std::collections::HashSet;
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use throng::privacy::key::{Key, Realm, Scope};
use throng::privacy::token::{Encoding, Kind, Normal, Tokens};

fn tokens(kind: Kind, encoding: Encoding) -> Tokens {
    // Any bytes that are no text and no sequence: 32 of the digits of a number.
    let material: Vec<u8> =
        (1_u32..=32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let key = Key::new(&material).expect("a key");
    let realm = Realm { scope: Scope::Stable, id: String::new(), epoch: 0 };
    Tokens::new(&key, &realm, "user", Normal::of_kind(kind), encoding, 128)
}

fn bench(criterion: &mut Criterion) {
    const COUNT: u64 = 10_000;
    let mut group = criterion.benchmark_group("tokens");
    group.throughput(Throughput::Elements(COUNT));
    let numbers: Vec<String> = (0..COUNT).map(|i| i.to_string()).collect();
    let uuids: Vec<String> =
        (0..COUNT).map(|i| format!("0199abcd-0000-7000-8000-{i:012x}")).collect();
    let emails: Vec<String> = (0..COUNT).map(|i| format!("person.{i}@example.com")).collect();
    let cases = [
        ("numbers, base32", Kind::Text, Encoding::Base32, &numbers),
        ("uuids, uuid", Kind::Uuid, Encoding::Uuid, &uuids),
        ("emails, email", Kind::Email, Encoding::Email, &emails),
    ];
    for (name, kind, encoding, values) in cases {
        let tokens = tokens(kind, encoding);
        let mut out = String::new();
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                for value in values {
                    out.clear();
                    tokens.write(value, &mut out);
                    black_box(&out);
                }
            });
        });
    }
    group.finish();
    if let Some(count) = std::env::var("THRONG_BENCH_COLLISIONS").ok().and_then(|n| n.parse().ok())
    {
        collisions(count);
    }
}

/// Beginnings of tokens that are held at a time, of eight bytes each.
const HELD: u64 = 32 << 20;

/// Counts the tokens of 128 bits that two of so many values have in common: those whose first 64 bits are equal, found range by range
/// of those bits, are compared as a whole.
#[expect(clippy::print_stdout, reason = "a bench tells what it found")]
fn collisions(count: u64) {
    let tokens = tokens(Kind::Text, Encoding::Base32);
    let token = |value: u64| {
        let hash = tokens.hash(value.to_string().as_bytes());
        hash[..16].iter().fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte))
    };
    let ranges = count.div_ceil(HELD).max(1);
    let range_of = |begin: u64| ((u128::from(begin) * u128::from(ranges)) >> 64) as u64;
    let begins = || (0..count).map(|value| (token(value) >> 64) as u64);
    let mut suspects: HashSet<u64> = HashSet::new();
    for range in 0..ranges {
        let mut held: Vec<u64> = begins().filter(|begin| range_of(*begin) == range).collect();
        held.sort_unstable();
        suspects.extend(held.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]));
    }
    let mut common = 0;
    if !suspects.is_empty() {
        let mut seen: HashSet<u128> = HashSet::new();
        let all = (0..count).map(token);
        let suspect = all.filter(|token| suspects.contains(&((token >> 64) as u64)));
        common = suspect.filter(|token| !seen.insert(*token)).count();
    }
    let equal = suspects.len();
    println!(
        "collisions: {common} of {count} values at 128 bits; {equal} beginnings of 64 bits came twice"
    );
}

criterion_group!(benches, bench);
criterion_main!(benches);
