//! Anomalies: exact, labelled, undone by their labels, and a matter of the request alone.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;
use throng::anomaly::kind::{Formats, Kind, Unit};
use throng::anomaly::{KINDS, Spec};
use throng::assets::Assets;
use throng::engine::{self, Error, Run};
use throng::join;
use throng::manifest::{Manifest, Shard};
use throng::patch::{Direction, Patch};
use throng::read;
use throng::scenario::World;

use crate::{DataSet, GO_ON, Unwatched, files_under, plan, world};

const SMALL: &str = "seed = 5\ndays = 4\nevents = \"12K\"\n";

/// Kinds that can be asked for.
fn built() -> impl Iterator<Item = &'static Kind> {
    KINDS.iter().copied().filter(|kind| kind.act.is_some())
}

fn output(format: &str) -> String {
    let compression = if format == "ndjson" { "none" } else { "snappy" };
    format!("[output]\nformat = \"{format}\"\ncompression = \"{compression}\"\n")
}

/// Writes a data set with its manifest, or a shard of it.
fn write(world: &World, dir: &Path, shard: Option<Shard>) {
    let run = Run { threads: 2, shard: shard.map(|shard| (shard.index, shard.count)) };
    std::fs::create_dir_all(dir).expect("made");
    let written = engine::generate(world, &plan(world), &run, dir, &Unwatched, &GO_ON);
    let written = written.expect("written");
    let digest = |table: &throng::schema::Table| world.schemas.digest(table);
    let tables = world.wanted_tables().map(|table| (table.name.clone(), digest(table)));
    let (files, documents) = (written.files, written.documents);
    let manifest = Manifest::new(&world.request, &world.version, shard, tables, files, documents);
    manifest.write(dir).expect("written");
}

fn made(world: &World) -> TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    write(world, dir.path(), None);
    dir
}

fn open(dir: &TempDir) -> read::DataSet {
    read::DataSet::open(dir.path()).expect("opened")
}

/// What a patch makes.
fn patched(direction: Direction, from: &TempDir, labelled: &TempDir, world: &World) -> TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    let (from, labelled) = (open(from), open(labelled));
    let (schemas, output) = (&world.schemas, &world.output);
    let patch = Patch { direction, from: &from, labelled: &labelled, schemas, output };
    let tables = patch.write(dir.path()).unwrap_or_else(|error| panic!("{error}"));
    let documents = from.manifest().documents.clone();
    let mut manifest =
        Manifest::new(&world.request, &world.version, None, [], Vec::new(), documents);
    manifest.tables = tables;
    manifest.write(dir.path()).expect("written");
    dir
}

/// Every file's bytes, by path.
fn bytes(dir: &TempDir) -> BTreeMap<String, Vec<u8>> {
    let files = files_under(dir.path()).into_iter();
    files
        .map(|path| (path.clone(), std::fs::read(dir.path().join(path)).expect("a file")))
        .collect()
}

/// Every table's rows as text, file by file; a file that cannot be read is nothing.
fn rows(dir: &TempDir, world: &World) -> BTreeMap<String, Vec<String>> {
    let data = open(dir);
    let mut all = BTreeMap::new();
    for table in &data.manifest().tables {
        let schema = world.schemas.table(&table.name).expect("a schema");
        let columns: Vec<&str> = schema.fields.iter().map(|field| field.name.as_str()).collect();
        let mut rows: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        let see = |file: usize, batch: &read::Batch| {
            let row = |row: usize| {
                let cells = batch.columns.iter().map(|of| {
                    let told = of.text(row).map(str::to_owned);
                    let told = told.or_else(|| of.id(row).map(|id| format!("{id:x}")));
                    let told = told.or_else(|| of.long(row).map(|long| long.to_string()));
                    let told = told.or_else(|| of.double(row).map(|double| double.to_string()));
                    told.or_else(|| of.flag(row).map(|flag| flag.to_string())).unwrap_or_default()
                });
                cells.collect::<Vec<_>>().join("|")
            };
            rows.entry(file).or_default().extend((0..batch.rows).map(row));
            ControlFlow::Continue(())
        };
        data.scan(schema, &columns, see).expect("read");
        for (file, rows) in rows {
            all.insert(table.files[file].path.clone(), rows);
        }
    }
    all
}

/// The labels of a data set of NDJSON: incidents and members.
fn labels(dir: &TempDir) -> (Vec<Value>, Vec<Value>) {
    let read = |table: &str| {
        let folder = format!("truth/{table}/");
        let files = bytes(dir).into_iter().filter(|(path, _)| path.starts_with(&folder));
        let text: String =
            files.map(|(_, bytes)| String::from_utf8(bytes).expect("text")).collect();
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    };
    (read("anomalies"), read("anomaly_members"))
}

/// How many of a kind are asked for: files are few.
fn several(kind: &Kind) -> u64 {
    if kind.unit == Unit::File { 1 } else { 2 }
}

fn wish(kind: &Kind, format: &str) -> String {
    let (id, k) = (kind.id, several(kind));
    format!("{SMALL}{}[anomalies.{id}]\nk = {k}\n", output(format))
}

/// For all kinds, in NDJSON: there are exactly as many incidents as asked for, each with a member; the labels undone in the dirty set
/// give the clean one and applied to the clean set the dirty one, byte for byte, manifest and all; and no label is a no-op.
#[test]
fn labels_are_a_patch_of_lines() {
    let clean = world(&format!("{SMALL}{}", output("ndjson")));
    let twin = made(&clean);
    for kind in built() {
        let asked = wish(kind, "ndjson");
        let dirty = world(&asked);
        let set = made(&dirty);
        let (incidents, members) = labels(&set);
        let of_kind = incidents.iter().filter(|one| one["kind"] == kind.id).count() as u64;
        assert_eq!(of_kind, several(kind), "{}", kind.id);
        for member in &members {
            if member["op"] == "update" && member.get("column").is_some() {
                assert_ne!(member.get("original"), member.get("injected"), "{member}");
            }
            if member["op"] == "bytes" {
                assert_ne!(member.get("raw_original_b64"), member.get("raw_injected_b64"));
            }
        }
        let undone = patched(Direction::Invert, &set, &set, &clean);
        assert!(bytes(&undone) == bytes(&twin), "{}: undone, it is not the twin", kind.id);
        let done = patched(Direction::Apply, &twin, &set, &dirty);
        assert!(bytes(&done) == bytes(&set), "{}: applied, it is not the set", kind.id);
    }
}

/// For all kinds that Parquet can carry, the same row for row; files that are damaged as such read again when that is undone.
#[test]
fn labels_are_a_patch_of_rows() {
    let clean = world(&format!("{SMALL}{}", output("parquet")));
    let twin = made(&clean);
    let expected = rows(&twin, &clean);
    for kind in built().filter(|kind| kind.formats != Formats::Ndjson) {
        let asked = wish(kind, "parquet");
        let dirty = world(&asked);
        let set = made(&dirty);
        let undone = patched(Direction::Invert, &set, &set, &clean);
        assert!(rows(&undone, &clean) == expected, "{}: undone, it is not the twin", kind.id);
        let done = patched(Direction::Apply, &twin, &set, &dirty);
        if kind.formats != Formats::File {
            assert!(rows(&done, &dirty) == rows(&set, &dirty), "{}: applied", kind.id);
        }
    }
}

const MANY: &str = "seed = 6\ndays = 4\nevents = \"24K\"\nbudget = \"6K\"\n";

fn everything(more: &str) -> String {
    format!("{MANY}{}[anomalies]\npreset = \"everything\"\n{more}", output("ndjson"))
}

/// For all numbers of threads and of shards, the same bytes, labels among them; joined shards are the whole.
#[test]
fn nothing_hangs_on_threads_and_shards() {
    let world = world(&everything(""));
    assert!(plan(&world).ranges.len() > 2);
    let whole = DataSet::make(&world, 1, None).digests();
    assert_eq!(DataSet::make(&world, 5, None).digests(), whole);
    let dir = tempfile::tempdir().expect("a folder");
    for index in 0..3 {
        let shard = Shard { index, count: 3 };
        write(&world, &dir.path().join(join::folder(shard)), Some(shard));
    }
    join::join(dir.path(), true).expect("joined");
    let mut joined: BTreeMap<String, Vec<u8>> = bytes(&dir);
    joined.remove("manifest.json");
    let digest = |bytes: &[u8]| {
        let mut digest = throng::sink::Digest::new(std::io::sink());
        std::io::copy(&mut &bytes[..], &mut digest).expect("taken");
        digest.finish().1
    };
    let joined: BTreeMap<String, String> =
        joined.into_iter().map(|(path, bytes)| (path, digest(&bytes))).collect();
    assert_eq!(joined, whole);
}

/// For all kinds of rows, the incidents of a smaller number are among those of a greater one, all of them together too.
#[test]
fn fewer_are_among_more() {
    let ids = |k: u64| {
        // What touches files and windows as a whole comes before all else, and takes rows away from others.
        let kinds = built().filter(|kind| !matches!(kind.unit, Unit::File | Unit::Window));
        let asked: String = kinds
            .fold(String::new(), |all, kind| all + &format!("[anomalies.{}]\nk = {k}\n", kind.id));
        let world = world(&format!("{MANY}{}[anomalies]\n{asked}", output("ndjson")));
        let set = made(&world);
        let (incidents, _) = labels(&set);
        let alone = incidents.into_iter().filter(|one| one.get("parent_id").is_none());
        alone.map(|one| one["anomaly_id"].to_string()).collect::<BTreeSet<_>>()
    };
    let (few, many) = (ids(1), ids(2));
    assert_eq!(few.len(), many.len() / 2);
    assert!(few.is_subset(&many), "{:?}", few.difference(&many));
}

/// For all incidents that do not overlap, no session and no user is touched by two.
#[test]
fn without_overlaps_nobody_is_struck_twice() {
    let set = made(&world(&everything("")));
    let (incidents, members) = labels(&set);
    let windows: BTreeSet<&str> = incidents
        .iter()
        .filter(|one| one["match_rule"] == "window" || one.get("parent_id").is_some())
        .filter_map(|one| one["anomaly_id"].as_str())
        .collect();
    let mut struck: BTreeMap<String, &str> = BTreeMap::new();
    for member in &members {
        let anomaly = member["anomaly_id"].as_str().expect("an id");
        let told = |name: &str| member[name].as_str().unwrap_or_default();
        if told("table") != "events" || told("role") == "context" || windows.contains(anomaly) {
            continue;
        }
        let session = told("row_uid").split(':').next().unwrap_or_default().to_owned();
        let other = struck.insert(session, anomaly).unwrap_or(anomaly);
        assert_eq!(other, anomaly, "{member}");
    }
    assert!(struck.len() > 50);
}

/// For all data sets in which nothing goes wrong, there is nothing to say of it; and the twin of one in which something does is the
/// same data set.
#[test]
fn a_clean_set_has_no_labels() {
    let text = format!("{SMALL}{}", output("parquet"));
    let clean = world(&text);
    let paths = files_under(made(&clean).path());
    assert!(paths.iter().all(|path| !path.contains("anomal")), "{paths:?}");
    let dirty = world(&format!("{text}[anomalies]\npreset = \"default\"\n"));
    assert_ne!(dirty.version, clean.version);
    let cleaned = dirty.cleaned(&Assets::embedded());
    assert_eq!(cleaned.version, clean.version);
    assert!(bytes(&made(&cleaned)) == bytes(&made(&clean)));
    let off = world(&format!("{text}[anomalies]\npreset = \"off\"\n"));
    assert_eq!(off.version, clean.version);
}

/// For all kinds, more than can be had is refused with the number that can.
#[test]
fn what_cannot_be_had_is_told() {
    let asked = format!("{SMALL}[anomalies.record_dropped]\nk = 1000000\n");
    let world = world(&asked);
    let dir = tempfile::tempdir().expect("a folder");
    let run = Run { threads: 2, shard: None };
    let outcome = engine::generate(&world, &plan(&world), &run, dir.path(), &Unwatched, &GO_ON);
    let Err(Error::Anomalies(problems)) = outcome else { panic!("{outcome:?}") };
    let told = problems.to_string();
    assert!(told.contains("1000000 of `record_dropped` are asked for, and "), "{told}");
    assert!(told.contains("laws.toml:4:12"), "{told}");
    assert!(Spec::of(&world).is_ok());
}
