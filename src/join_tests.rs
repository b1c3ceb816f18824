use super::*;
use crate::manifest::FileEntry;
use crate::scenario::Ask;
use crate::sink::Digest;

fn entry(table: &str, path: &str, content: &str) -> FileEntry {
    let mut digest = Digest::new(Vec::new());
    std::io::Write::write_all(&mut digest, content.as_bytes()).expect("held");
    FileEntry {
        table: table.to_owned(),
        path: path.to_owned(),
        rows: 1,
        bytes: content.len() as u64,
        digest: digest.finish().1,
        time_range: Some((0, 1)),
    }
}

fn manifest(version: &str, shard: Option<Shard>, files: Vec<FileEntry>) -> Manifest {
    let ask = Ask::default().resolve(jiff::civil::date(2026, 1, 1));
    let request = ask.unwrap_or_else(|problems| panic!("{problems}"));
    let tables = ["users", "events"].map(|name| (name.to_owned(), "d".to_owned()));
    Manifest::new(&request, version, shard, tables, files, Vec::new())
}

/// Writes shard `index` of `count` into `root/name`.
fn shard_at(root: &Path, name: &str, version: &str, index: u32, count: u32) -> Vec<FileEntry> {
    let dir = root.join(name);
    let (path, content) = (format!("events/date/part-{index}"), format!("content {index}"));
    fs::create_dir_all(dir.join("events/date")).expect("made");
    fs::write(dir.join(&path), &content).expect("written");
    let files = vec![entry("events", &path, &content)];
    let shard = Some(Shard { index, count });
    manifest(version, shard, files.clone()).write(&dir).expect("written");
    files
}

fn shard(root: &Path, index: u32, count: u32) -> Vec<FileEntry> {
    shard_at(root, &folder(Shard { index, count }), "v1", index, count)
}

fn refusal(root: &Path, verify: bool) -> String {
    match join(root, verify, |_| Ok(())) {
        Err(Error::Refused(problems)) => problems.to_string(),
        other => panic!("{other:?}"),
    }
}

/// For all shards of a data set, joined they are the data set: its files and, byte for byte, its manifest.
#[test]
fn joined_shards_are_the_whole() {
    let root = tempfile::tempdir().expect("a folder");
    let files: Vec<FileEntry> = (0..3).rev().flat_map(|i| shard(root.path(), i, 3)).collect();
    join(root.path(), true, |_| Ok(())).expect("joined");
    let whole = tempfile::tempdir().expect("a folder");
    manifest("v1", None, files).write(whole.path()).expect("written");
    let read = |dir: &Path| fs::read(dir.join(manifest::FILE)).expect("read");
    assert_eq!(read(root.path()), read(whole.path()));
    assert_eq!(fs::read(root.path().join("events/date/part-2")).expect("read"), b"content 2");
    assert_eq!(fs::read_dir(root.path()).expect("a folder").count(), 2);
}

/// Wherever joining was cut short, joining again ends it.
#[test]
fn joining_goes_on_where_it_stopped() {
    let root = tempfile::tempdir().expect("a folder");
    (0..2).for_each(|i| drop(shard(root.path(), i, 2)));
    fs::create_dir_all(root.path().join("events/date")).expect("made");
    let path = "events/date/part-1";
    fs::rename(root.path().join("shard-1-of-2").join(path), root.path().join(path)).expect("moved");
    assert_eq!(join(root.path(), true, |_| Ok(())).expect("joined").rows("events"), 2);
}

#[test]
fn missing_doubled_and_foreign_shards_are_named_and_nothing_is_changed() {
    let root = tempfile::tempdir().expect("a folder");
    shard(root.path(), 0, 4);
    shard(root.path(), 1, 4);
    shard_at(root.path(), "shard-1-of-4-copy", "v1", 1, 4);
    shard_at(root.path(), "shard-2-of-4", "v2", 2, 4);
    shard_at(root.path(), "shard-3-of-8", "v1", 3, 8);
    fs::create_dir(root.path().join("shard-3-of-4")).expect("made");
    let told = refusal(root.path(), false);
    for part in [
        "shard-2-of-4 is of another data set: version v2, where shard-0-of-4 has v1",
        "shard-3-of-8 is one of 8 shards, not of 4",
        "shard-3-of-4 has no manifest",
        "missing: shard-2-of-4, shard-3-of-4",
        "shard 1 of 4 is doubled: shard-1-of-4, shard-1-of-4-copy",
    ] {
        assert!(told.contains(part), "{part}\nnot in\n{told}");
    }
    assert!(root.path().join("shard-0-of-4/events/date/part-0").exists());
}

#[test]
fn files_that_are_not_as_stated_are_named() {
    let root = tempfile::tempdir().expect("a folder");
    (0..3).for_each(|i| drop(shard(root.path(), i, 3)));
    let file = |i: u32| root.path().join(format!("shard-{i}-of-3/events/date/part-{i}"));
    fs::write(file(0), "CONTENT 0").expect("written");
    fs::write(file(1), "cut").expect("written");
    fs::remove_file(file(2)).expect("removed");
    let told = refusal(root.path(), true);
    assert!(told.contains("part-0 is not what was written"), "{told}");
    assert!(told.contains("part-1 has 3 bytes; its manifest says 9"), "{told}");
    assert!(told.contains("part-2 is missing"), "{told}");
}

#[test]
fn a_folder_without_shards_or_with_a_whole_data_set_is_refused() {
    let root = tempfile::tempdir().expect("a folder");
    assert!(refusal(root.path(), false).contains("there are no shards"));
    manifest("v1", None, Vec::new()).write(root.path()).expect("written");
    assert!(refusal(root.path(), false).contains("a whole data set already"));
}

#[test]
fn a_manifest_cannot_reach_outside() {
    let root = tempfile::tempdir().expect("a folder");
    let dir = root.path().join("shard-0-of-1");
    fs::create_dir(&dir).expect("made");
    let shard = Some(Shard { index: 0, count: 1 });
    let files = vec![entry("events", "../../stolen", "x")];
    manifest("v1", shard, files).write(&dir).expect("written");
    assert!(refusal(root.path(), false).contains("is outside the data set"));
}
