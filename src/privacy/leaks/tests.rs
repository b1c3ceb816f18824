//! What is found, and what is not searched.

use std::io::Write as _;

use super::*;

fn known(values: &[&str]) -> Vec<Known> {
    let known = |value: &&str| Known { name: "it".to_owned(), value: (*value).to_owned() };
    values.iter().map(known).collect()
}

fn looked(dir: &Path, value: &str) -> Seen {
    scan(dir, &known(&[value]), &AtomicBool::new(false)).expect("not stopped")
}

/// What a file holds, and the value that it must be found by.
const SPELLED: &[(&str, &str)] = &[
    ("to J\u{dc}RGEN SCH\u{d6}N, Ulm", "J\u{fc}rgen Sch\u{f6}n"),
    ("to j\u{fc}rgen sch\u{f6}n, Ulm", "J\u{dc}RGEN SCH\u{d6}N"),
    ("to Ju\u{308}rgen Scho\u{308}n, Ulm", "J\u{fc}rgen Sch\u{f6}n"),
    (r#"{"a":"J\u00dcRGEN Sch\u00d6n"}"#, "J\u{fc}rgen Sch\u{f6}n"),
    (r#"{"a":"Ada \"Byron\" King"}"#, "Ada \"Byron\" King"),
    (r#"{"a":"{\"b\":\"Ada \\\"Byron\\\" King\"}"}"#, "Ada \"Byron\" King"),
    (r#"{"a":"Ulm\\Donau\\7"}"#, r"Ulm\Donau\7"),
    (r#"{"a":"\/home\/ada"}"#, "/home/ada"),
    (r#"{"a":"Ada\tByron\nUlm"}"#, "Ada\tByron\nUlm"),
    (r#"{"a":"Ada\u0001Byron"}"#, "Ada\u{1}Byron"),
    (r#"{"a":"Rory O\u0027Neill"}"#, "Rory O'Neill"),
    ("name=Ada+Byron+King&", "Ada Byron King"),
];

#[test]
fn values_are_found_however_they_are_spelled() {
    for (text, value) in SPELLED {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::write(dir.path().join("a.ndjson"), text).expect("written");
        let seen = looked(dir.path(), value);
        assert!(!seen.finds.is_empty(), "{value:?} in {text:?}");
    }
}

#[test]
fn what_broke_off_is_told_and_so_is_what_was_found_before() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut zipped = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    zipped.write_all(b"ada@example.com\n").expect("zipped");
    for i in 0..20_000_u32 {
        writeln!(zipped, "{}", i.wrapping_mul(2_654_435_761)).expect("zipped");
    }
    let zipped = zipped.finish().expect("zipped");
    std::fs::write(dir.path().join("a.ndjson.gz"), &zipped[..zipped.len() / 2]).expect("written");
    let seen = looked(dir.path(), "ada@example.com");
    assert_eq!((seen.finds.len(), seen.unread.len()), (1, 1), "{seen:?}");
    assert_eq!(seen.unread[0].path, "a.ndjson.gz");
}

#[test]
fn what_cannot_be_searched_is_not_clean() {
    let dir = tempfile::tempdir().expect("a folder");
    let at = |name: &str| dir.path().join(name);
    std::fs::write(at("a.parquet"), b"PAR1 and no more").expect("written");
    std::fs::write(at("b.zst"), b"no zstd").expect("written");
    std::fs::write(at("c"), b"PK\x03\x04 a parcel").expect("written");
    std::fs::write(at("d.br"), b"who knows").expect("written");
    std::fs::write(at("e.txt"), b"plain").expect("written");
    #[cfg(unix)]
    std::os::unix::fs::symlink(dir.path(), at("f")).expect("linked");
    let seen = looked(dir.path(), "ada@example.com");
    let paths: Vec<&str> = seen.unread.iter().map(|file| file.path.as_str()).collect();
    let some = ["a.parquet", "b.zst", "c", "d.br", "f"];
    assert_eq!(paths, if cfg!(unix) { &some[..] } else { &some[..4] });
    assert!(seen.finds.is_empty());
}

#[test]
fn a_name_that_holds_a_value_is_not_told() {
    let dir = tempfile::tempdir().expect("a folder");
    let inner = dir.path().join("of ada@example.com");
    std::fs::create_dir(&inner).expect("made");
    std::fs::write(inner.join("a.txt"), "ADA@example.com").expect("written");
    let seen = looked(dir.path(), "ada@example.com");
    let told = format!("{:?}", seen.finds);
    assert!(told.contains("(a name)/a.txt") && !told.contains("ada@"), "{told}");
}

#[test]
fn values_are_called_by_their_lines() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("known.txt");
    std::fs::write(&path, "ab\n\nada@example.com\n").expect("written");
    let (values, short) = known_values(&path).expect("read");
    assert_eq!((values.len(), short), (1, 1));
    assert_eq!(values[0].name, "the value of line 3");
}

#[test]
fn a_scan_can_be_stopped() {
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::write(dir.path().join("a.txt"), "plain").expect("written");
    assert!(scan(dir.path(), &known(&["ada@example.com"]), &AtomicBool::new(true)).is_err());
}

/// Names, ends, and how the first file of a table begins, are looked at; what stands in the midst is not.
#[test]
fn a_glance_sees_names_ends_and_beginnings() {
    let dir = tempfile::tempdir().expect("a folder");
    let value = "ada.byron@example.com";
    let filler = " ".repeat(1 << 20);
    let put = |path: &str, text: &str| {
        std::fs::write(dir.path().join(path), text).expect("written");
    };
    put("first", &format!("{value}{filler}"));
    put("second", &format!("{value}{filler}"));
    put("last", &format!("{filler}{value}{}", " ".repeat(1_000)));
    put("midst", &format!("{filler}{value}{filler}"));
    put(value, "");
    let packed = zstd::encode_all(format!("{value}{filler}").as_bytes(), 1).expect("packed");
    std::fs::write(dir.path().join("packed.zst"), packed).expect("written");
    let tables =
        [vec!["first", "second"], vec!["midst", "last", value], vec!["packed.zst", "gone"]];
    let seen = glance(dir.path(), tables, &known(&[value]));
    let found: Vec<&str> = seen.finds.iter().map(|find| find.path.as_str()).collect();
    assert_eq!(found, ["(a name)", "first", "last", "packed.zst"]);
    assert_eq!(seen.unread.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(), ["gone"]);
    assert_eq!(seen.report.files, 7);
}
