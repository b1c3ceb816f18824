//! Anomalies: exact, labelled, undone by their labels, and a matter of the request alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;
use throng::anomaly::kind::{Formats, Kind, Stage, Unit};
use throng::anomaly::{KINDS, Spec};
use throng::assets::Assets;
use throng::check;
use throng::engine::{self, Error, Run};
use throng::join;
use throng::manifest::{Manifest, Shard};
use throng::patch::{Direction, Patch};
use throng::read;
use throng::scenario::World;
use throng::score::overview::Overview;

use crate::{DataSet, GO_ON, Unwatched, files_under, plan, sha256, world};

pub(crate) const SMALL: &str = "seed = 5\ndays = 4\nevents = \"12K\"\n";

/// Kinds that can be asked for; what changes pseudonyms only where there are some (`tests/cli/masked.rs`).
pub(crate) fn built() -> impl Iterator<Item = &'static Kind> {
    let plain = |kind: &&Kind| kind.stage != Stage::Pseudonymise;
    KINDS.iter().copied().filter(|kind| kind.act.is_some()).filter(plain)
}

pub(crate) fn output(format: &str) -> String {
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

pub(crate) fn made(world: &World) -> TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    write(world, dir.path(), None);
    dir
}

pub(crate) fn open(dir: &TempDir) -> read::DataSet {
    read::DataSet::open(dir.path()).expect("opened")
}

/// What a patch makes.
pub(crate) fn patched(
    direction: Direction,
    from: &TempDir,
    labelled: &TempDir,
    world: &World,
) -> TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    let (from, labelled) = (open(from), open(labelled));
    let (schemas, output) = (&world.schemas, &world.output);
    let patch = Patch { direction, from: &from, labelled: &labelled, schemas, output };
    let tables = patch.write(dir.path()).unwrap_or_else(|error| panic!("{error}"));
    let mut documents: Vec<_> = patch.documents().map(|(_, document)| document.clone()).collect();
    documents.sort_by(|a, b| a.path.cmp(&b.path));
    let mut manifest =
        Manifest::new(&world.request, &world.version, None, [], Vec::new(), documents);
    manifest.tables = tables;
    manifest.write(dir.path()).expect("written");
    dir
}

/// Every file's bytes, by path.
pub(crate) fn bytes(dir: &TempDir) -> BTreeMap<String, Vec<u8>> {
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
pub(crate) fn labels(dir: &TempDir) -> (Vec<Value>, Vec<Value>) {
    let read = |table: &str| {
        let folder = format!("truth/{table}/");
        let files = bytes(dir)
            .into_iter()
            .filter(|(path, _)| path.starts_with(&folder) && path.ends_with(".ndjson"));
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

/// The kinds, some at a time: those that touch files as a whole each alone, since they leave the others none.
fn groups(kinds: impl Iterator<Item = &'static Kind>) -> Vec<Vec<&'static Kind>> {
    let (files, others): (Vec<_>, Vec<_>) = kinds.partition(|kind| kind.unit == Unit::File);
    let alone = files.into_iter().map(|kind| vec![kind]);
    others.chunks(12).map(<[_]>::to_vec).chain(alone).collect()
}

fn wish(kinds: &[&Kind], format: &str) -> String {
    let asked = |kind: &&Kind| format!("[anomalies.{}]\nk = {}\n", kind.id, several(kind));
    let asked: String = kinds.iter().map(asked).collect();
    format!("{SMALL}{}{asked}", output(format))
}

fn ids(kinds: &[&Kind]) -> String {
    kinds.iter().map(|kind| kind.id).collect::<Vec<_>>().join(", ")
}

/// For all kinds, in NDJSON: there are exactly as many incidents as asked for, each with a member; the labels undone in the dirty set
/// give the clean one and applied to the clean set the dirty one, byte for byte, manifest and all; and no label is a no-op.
#[test]
fn labels_are_a_patch_of_lines() {
    let clean = world(&format!("{SMALL}{}", output("ndjson")));
    let twin = made(&clean);
    for kinds in groups(built()) {
        let dirty = world(&wish(&kinds, "ndjson"));
        let set = made(&dirty);
        let (incidents, members) = labels(&set);
        let asked_for = incidents.iter().filter(|one| one.get("parent_id").is_none());
        // What consists of others touches what they do.
        let parent = |one: &'_ Value| {
            Some((
                one["anomaly_id"].as_str()?.to_owned(),
                one.get("parent_id")?.as_str()?.to_owned(),
            ))
        };
        let parents: BTreeMap<String, String> = incidents.iter().filter_map(parent).collect();
        for kind in &kinds {
            let mine = asked_for.clone().filter(|one| one["kind"] == kind.id);
            let mine: BTreeSet<&str> = mine.filter_map(|one| one["anomaly_id"].as_str()).collect();
            assert_eq!(mine.len() as u64, several(kind), "{}", kind.id);
            let touched = members.iter().filter_map(|one| one["anomaly_id"].as_str());
            let touched: BTreeSet<&str> =
                touched.map(|id| parents.get(id).map_or(id, |of| of)).collect();
            assert!(mine.iter().all(|id| touched.contains(*id)), "{}: no members", kind.id);
        }
        for member in &members {
            if member["op"] == "update" && member.get("column").is_some() {
                assert_ne!(member.get("original"), member.get("injected"), "{member}");
            }
            if member["op"] == "bytes" {
                assert_ne!(member.get("raw_original_b64"), member.get("raw_injected_b64"));
            }
        }
        let undone = patched(Direction::Invert, &set, &set, &clean);
        assert!(bytes(&undone) == bytes(&twin), "undone, it is not the twin: {}", ids(&kinds));
        let done = patched(Direction::Apply, &twin, &set, &dirty);
        assert!(bytes(&done) == bytes(&set), "applied, it is not the set: {}", ids(&kinds));
    }
}

/// For all kinds that Parquet can carry, the same row for row; files that are damaged as such read again when that is undone.
#[test]
fn labels_are_a_patch_of_rows() {
    let clean = world(&format!("{SMALL}{}", output("parquet")));
    let twin = made(&clean);
    let expected = rows(&twin, &clean);
    for kinds in groups(built().filter(|kind| kind.formats != Formats::Ndjson)) {
        let dirty = world(&wish(&kinds, "parquet"));
        let set = made(&dirty);
        let undone = patched(Direction::Invert, &set, &set, &clean);
        assert!(rows(&undone, &clean) == expected, "undone, it is not the twin: {}", ids(&kinds));
        let done = patched(Direction::Apply, &twin, &set, &dirty);
        if kinds[0].formats != Formats::File {
            assert!(rows(&done, &dirty) == rows(&set, &dirty), "applied: {}", ids(&kinds));
        }
    }
}

pub(crate) const MANY: &str = "seed = 6\ndays = 4\nevents = \"16K\"\nbudget = \"5K\"\n";

/// So many of every kind, all in one data set of several ranges.
fn of_each(k: u64, format: &str, kinds: impl Iterator<Item = &'static Kind>) -> String {
    let asked: Vec<String> =
        kinds.map(|kind| format!("[anomalies.{}]\nk = {k}\n", kind.id)).collect();
    let asked = asked.concat();
    format!("{MANY}{}[anomalies]\n{asked}", output(format))
}

/// For all numbers of threads and of shards, the same bytes, labels among them; joined shards are the whole.
#[test]
fn nothing_hangs_on_threads_and_shards() {
    let world = world(&of_each(1, "ndjson", built()));
    assert!(plan(&world).ranges.len() > 2);
    let whole = DataSet::make(&world, 1, None).digests();
    assert_eq!(DataSet::make(&world, 5, None).digests(), whole);
    let dir = tempfile::tempdir().expect("a folder");
    for index in 0..3 {
        let shard = Shard { index, count: 3 };
        write(&world, &dir.path().join(join::folder(shard)), Some(shard));
    }
    join::join(dir.path(), true, |_| Ok(())).expect("joined");
    let mut joined: BTreeMap<String, Vec<u8>> = bytes(&dir);
    joined.remove("manifest.json");
    let joined: BTreeMap<String, String> =
        joined.into_iter().map(|(path, bytes)| (path, sha256(&bytes))).collect();
    assert_eq!(joined, whole);
}

/// The checks of some families that fail, with what they say.
pub(crate) fn failing(
    families: &[&str],
    (set, world): (&TempDir, &World),
    twin: Option<&TempDir>,
) -> Vec<String> {
    let only = families.iter().map(|name| (*name).to_owned()).collect();
    let twin = twin.map(open);
    let ask = check::Ask { only, world: Ok(world), reference: None, twin: twin.as_ref() };
    let sections = check::check(&open(set), &world.schemas, &ask, &Unwatched, &GO_ON);
    let verdicts = sections.expect("checked").into_iter().flat_map(|section| section.verdicts);
    let failing = verdicts.filter(check::Verdict::fails);
    failing.map(|of| format!("{}: {:?}", of.check.id, of.evidence)).collect()
}

/// For all kinds together, checks find every incident that shows in the data, where it is labelled, and nothing where none is; kinds
/// that show in the habits of many have an effect against the twin. The twin has nothing at all.
#[test]
fn checks_find_what_is_labelled_and_nothing_else() {
    for format in ["ndjson", "parquet"] {
        let kinds = built().filter(|kind| format == "ndjson" || kind.formats != Formats::Ndjson);
        let asked = of_each(1, format, kinds);
        let (dirty, clean) = (world(&asked), world(&asked).cleaned(&Assets::embedded()));
        let (set, twin) = (made(&dirty), made(&clean));
        let families = ["files", "keys", "anomalies"];
        let of_set = failing(&families, (&set, &dirty), Some(&twin));
        assert_eq!(of_set, Vec::<String>::new(), "{format}");
        let of_twin = failing(&families, (&twin, &clean), None);
        assert_eq!(of_twin, Vec::<String>::new(), "{format}, clean");
    }
}

/// For all kinds of rows, the incidents of a smaller number are among those of a greater one, all of them together too.
#[test]
fn fewer_are_among_more() {
    let ids = |k: u64| {
        // What touches files and windows as a whole comes before all else, and takes rows away from others.
        let kinds = built().filter(|kind| !matches!(kind.unit, Unit::File | Unit::Window));
        let set = made(&world(&of_each(k, "ndjson", kinds)));
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
    let set = made(&world(&of_each(2, "ndjson", built().filter(|kind| kind.unit != Unit::File))));
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

/// For all data sets in Parquet whose labels are asked for as NDJSON as well: they stand beside the tables, say the same, and are
/// listed; in shards that are joined, too.
#[test]
fn labels_are_written_as_lines_as_well() {
    let text = format!("{MANY}{}[anomalies]\nndjson_labels = true\n", output("parquet"));
    let asked = format!("{text}[anomalies.out_of_range]\nk = 9\n");
    let world = world(&asked);
    let whole = made(&world);
    let manifest = open(&whole).manifest().clone();
    let listed = |manifest: &Manifest| -> Vec<(String, String)> {
        let of_labels = manifest.documents.iter().filter(|one| one.is_of_labels());
        of_labels.map(|one| (one.path.clone(), one.sha256.clone())).collect()
    };
    assert_eq!(listed(&manifest).len(), 2 * plan(&world).ranges.len());
    let (incidents, members) = labels(&whole);
    assert_eq!((incidents.len(), members.len()), (9, 9));
    let told = ["truth/anomalies", "truth/anomaly_members"].map(|table| manifest.rows(table));
    assert_eq!(told, [9, 9]);
    assert!(members.iter().all(|member| member["column"].is_string()));
    // They stand in for the tables: what is undone and summed up by the ones is what it is by the others.
    let clean = crate::world(&asked).cleaned(&Assets::embedded());
    let undone = || rows(&patched(Direction::Invert, &whole, &whole, &clean), &clean);
    let summed = || Overview::read(&open(&whole)).expect("read").expect("labelled").kinds;
    let (by_tables, all) = ((undone(), summed()), bytes(&whole));
    for file in manifest.files().filter(|file| file.path.starts_with("truth/anomal")) {
        fs::remove_file(whole.path().join(&file.path)).expect("removed");
    }
    assert!((undone(), summed()) == by_tables);
    let dir = tempfile::tempdir().expect("a folder");
    for index in 0..2 {
        let shard = Shard { index, count: 2 };
        write(&world, &dir.path().join(join::folder(shard)), Some(shard));
    }
    let joined = join::join(dir.path(), true, |_| Ok(())).expect("joined");
    assert_eq!(listed(&joined), listed(&manifest));
    assert!(bytes(&dir) == all);
}

/// The rows of a table of a data set in NDJSON.
pub(crate) fn lines(set: &TempDir, table: &str) -> Vec<Value> {
    let data = open(set);
    let files = data.manifest().files().filter(|file| file.path.starts_with(&format!("{table}/")));
    let texts = files.map(|file| fs::read_to_string(set.path().join(&file.path)).expect("text"));
    let parsed = |text: String| -> Vec<Value> {
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    };
    texts.flat_map(parsed).collect()
}

/// For all kinds asked for by name at a rate that comes to nothing, that is said; and `k = 0` takes one out of a preset.
#[test]
fn nothing_is_said_or_asked_for() {
    let dir = tempfile::tempdir().expect("a folder");
    let run = Run { threads: 2, shard: None };
    let rate = world(&format!("{SMALL}[anomalies.dup_exact]\nrate = 1e-9\n"));
    let outcome = engine::generate(&rate, &plan(&rate), &run, dir.path(), &Unwatched, &GO_ON);
    let Err(Error::Anomalies(problems)) = outcome else { panic!("{outcome:?}") };
    assert!(problems.to_string().contains("comes to no `dup_exact` at all"), "{problems}");
    let none = "[anomalies]\npreset = \"critical\"\n[anomalies.dup_exact]\nk = 0\n";
    let none = Spec::of(&world(&format!("{SMALL}{none}"))).expect("valid").expect("some");
    let ids: Vec<&str> = none.asked.iter().map(|asked| asked.kind.id).collect();
    assert!(ids.contains(&"dup_mutated") && !ids.contains(&"dup_exact"), "{ids:?}");
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

/// For all erasures that are stated and missed: they are due when others are, took as long, and lie under the law of where their user
/// lives.
#[test]
fn missed_erasures_are_like_others() {
    let request = format!(
        "seed = 7\ndays = 60\nusers = 900\n{}[anomalies.erasure_or_retention_miss]\nk = 12\n",
        output("ndjson")
    );
    let world = world(&request);
    let set = made(&world);
    let (_, members) = labels(&set);
    let read = |table: &str| -> Vec<Value> {
        let files = files_under(set.path()).into_iter();
        let files = files.filter(|path| path.starts_with(&format!("{table}/")));
        let text = files.map(|path| std::fs::read_to_string(set.path().join(path)).expect("text"));
        let text: String = text.collect();
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    };
    let countries: BTreeMap<String, String> = read("users")
        .iter()
        .map(|row| ["user_id", "country"].map(|name| row[name].as_str().expect("text").to_owned()))
        .map(|[user, country]| (user, country))
        .collect();
    let stated: BTreeSet<&str> = members
        .iter()
        .filter(|member| member["table"] == "erasure_requests")
        .filter_map(|member| member["pk_dirty"].as_str())
        .collect();
    let days = |row: &Value, from: &str, to: &str| {
        let at = |name: &str| row[name].as_str()?.parse::<jiff::Timestamp>().ok();
        Some((at(to)?.as_second() - at(from)?.as_second()) as f64 / 86_400.0)
    };
    let mut missed = 0;
    for row in read("erasure_requests") {
        let id = row["request_id"].as_str().expect("an id");
        let country = &countries[row["user_id"].as_str().expect("an id")];
        let law = row["jurisdiction"].as_str().expect("a law");
        assert_eq!(law.split('-').next(), Some(&**country), "{row}");
        assert_eq!(days(&row, "requested_at", "due_at"), Some(30.0), "{row}");
        if let Some(took) = days(&row, "requested_at", "completed_at") {
            assert!((3.5..=30.0).contains(&took), "{row}");
        }
        missed += usize::from(stated.contains(id) && row["outcome"] == "completed");
    }
    assert!(missed > 5, "{missed} missed");
}
