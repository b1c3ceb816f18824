//! Bytes follow from the world alone.

use std::collections::BTreeMap;

use throng::answers;
use throng::sink::Digest;

use crate::{DataSet, files_under, plan, world};

const SMALL: &str = "seed = 7\ndays = 5\nevents = \"6K\"\nbudget = \"1500\"\n";

/// For all numbers of threads, every file has the same bytes.
#[test]
fn threads_move_no_byte() {
    let world = world(SMALL);
    let made = [1, 2, 7].map(|threads| DataSet::make(&world, threads, None).digests());
    assert!(made[0].len() > 20);
    assert_eq!(made[0], made[1]);
    assert_eq!(made[0], made[2]);
}

/// For all numbers of threads, chunks of users that are simulated side by side are joined in order of users.
#[test]
fn chunks_are_joined_in_their_order() {
    for format in ["parquet", "ndjson"] {
        let output = format!("[output]\nformat = \"{format}\"\n");
        let world = world(&format!("seed = 7\ndays = 3\nusers = 1500\n{output}"));
        assert_eq!(plan(&world).ranges.len(), 1);
        let made = [1, 2, 7].map(|threads| DataSet::make(&world, threads, None).digests());
        assert_eq!(made[0], made[1], "{format}");
        assert_eq!(made[0], made[2], "{format}");
    }
}

/// For all numbers of shards, more than there are ranges too, the shards' files together are those of the whole, each written by one
/// shard.
#[test]
fn shards_together_are_the_whole() {
    let world = world(SMALL);
    assert!(plan(&world).ranges.len() >= 3);
    let mut whole = DataSet::make(&world, 2, None).digests();
    // Of the answers each shard has a part; what joining makes of them has laws of its own.
    assert!(whole.remove(answers::PATH).is_some());
    for count in [2, 3, 9] {
        let mut together = BTreeMap::new();
        for index in 0..count {
            let shard = DataSet::make(&world, 2, Some((index, count)));
            for (path, digest) in shard.digests() {
                if path == answers::PARTIAL {
                    continue;
                }
                let twice = together.insert(path, digest);
                assert_eq!(twice, None);
            }
        }
        assert_eq!(together, whole, "{count} shards");
    }
}

/// For all plans, ranges follow one another from the first user to the last, and none is empty.
#[test]
fn ranges_hold_every_user_once() {
    for budget in ["1000", "2500", "1M"] {
        let world = world(&format!("days = 5\nevents = \"6K\"\nbudget = \"{budget}\"\n"));
        let plan = plan(&world);
        let mut next = 0;
        for (number, range) in plan.ranges.iter().enumerate() {
            assert_eq!((range.number as usize, range.first), (number, next));
            assert!(range.end > range.first);
            next = range.end;
        }
        assert_eq!(next, plan.users);
    }
}

/// For all files, what is said of them is true: path, size, digest; and none is there of which nothing is said.
#[test]
fn entries_tell_the_truth() {
    let world = world(SMALL);
    let made = DataSet::make(&world, 2, None);
    let said = made.entries.iter().map(|entry| (&entry.path, entry.bytes, &entry.digest));
    let besides = made.documents.iter().map(|one| (&one.path, one.bytes, &one.sha256));
    let mut said: Vec<(&String, u64, &String)> = said.chain(besides).collect();
    said.sort();
    let paths: Vec<&String> = said.iter().map(|(path, ..)| *path).collect();
    assert_eq!(files_under(made.dir.path()).iter().collect::<Vec<_>>(), paths);
    for (path, bytes, sha256) in said {
        let mut digest = Digest::new(std::io::sink());
        std::io::copy(&mut &made.bytes(path)[..], &mut digest).expect("copied");
        assert_eq!(digest.finish(), (bytes, sha256.clone()), "{path}");
    }
}

/// For all files of events, the lines of one that is laid out part by part, as NDJSON without compression is, are those of one that is
/// laid out as a whole.
#[test]
fn parts_of_a_slice_are_the_slice() {
    let made = |compression| {
        let output =
            format!("format = \"ndjson\"\ntables = [\"events\"]\ncompression = \"{compression}\"");
        let scenario =
            format!("seed = 7\ndays = 2\nevents = \"50K\"\nbudget = \"30K\"\n[output]\n{output}\n");
        DataSet::make(&world(&scenario), 2, None)
    };
    let (parts, whole) = (made("none"), made("zstd"));
    assert_eq!(parts.entries.len(), whole.entries.len());
    assert!(parts.entries.iter().any(|entry| entry.rows > 10_000), "a slice of several parts");
    for (one, other) in parts.entries.iter().zip(&whole.entries) {
        assert_eq!((one.rows, one.time_range), (other.rows, other.time_range), "{}", one.path);
        let lines = zstd::decode_all(&whole.bytes(&other.path)[..]).expect("unpacked");
        assert!(parts.bytes(&one.path) == lines, "{}", one.path);
    }
}

/// For all events files, rows are in order of arrival, lie in the file's date, and their number and their times are those said.
#[test]
fn events_files_are_sorted_within_their_date() {
    let scenario = format!("{SMALL}[output]\nformat = \"ndjson\"\ncompression = \"none\"\n");
    let made = DataSet::make(&world(&scenario), 2, None);
    let events = made.entries.iter().filter(|entry| entry.table == "events");
    for entry in events {
        let text = String::from_utf8(made.bytes(&entry.path)).expect("text");
        let arrival = |line: &str| {
            let row: serde_json::Value = serde_json::from_str(line).expect("JSON");
            row["received_at"].as_str().expect("a time").to_owned()
        };
        let arrivals: Vec<String> = text.lines().map(arrival).collect();
        assert_eq!(arrivals.len() as u64, entry.rows);
        assert!(arrivals.is_sorted(), "{}", entry.path);
        let date = entry.path.split(['=', '/']).nth(2).expect("a date");
        assert!(arrivals.iter().all(|arrival| arrival.starts_with(date)), "{}", entry.path);
        let micros =
            |text: &String| text.parse::<jiff::Timestamp>().expect("a moment").as_microsecond();
        let ends = arrivals.first().map(micros).zip(arrivals.last().map(micros));
        assert_eq!(ends, entry.time_range, "{}", entry.path);
    }
}
