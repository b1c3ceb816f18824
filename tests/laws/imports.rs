//! The house: who may use whom, and who alone does what.

use std::fs;
use std::path::Path;

use crate::files_under;

/// The rooms in the order of the data's way; each may use itself and those before it.
const ORDER: &[&str] = &[
    "seed",
    "digits",
    "dist",
    "realism",
    "diag",
    "disk",
    "human",
    "assets",
    "schema",
    "frame",
    "sink",
    "model",
    "population",
    "scenario",
    "event",
    "systems",
    "journey",
    "calibration",
    "tables",
    "anomaly",
    "answers",
    "manifest",
    "read",
    "output",
    "patch",
    "privacy",
    "join",
    "preview",
    "engine",
    "foreign",
    "check",
    "score",
    "report",
    "cli",
];

/// The place in the order of a path in the crate: of the longest room that it begins with.
fn rank(path: &str) -> Option<usize> {
    let inside = |room: &&str| {
        path.strip_prefix(*room).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    };
    let found = ORDER.iter().enumerate().filter(|(_, room)| inside(room));
    found.max_by_key(|(_, room)| room.len()).map(|(place, _)| place)
}

/// The library's and the program's files without their tests: path in the crate, and code without comments.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let is_code = |file: &String| {
        let tests = ["/tests", "_tests.rs", "fixture.rs"].iter().any(|part| file.contains(part));
        let is_rust = Path::new(file).extension().is_some_and(|extension| extension == "rs");
        is_rust && !tests && file != "lib.rs" && file != "main.rs"
    };
    let read = |file: String| {
        let text = fs::read_to_string(root.join(&file)).expect("a file");
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
        let code: Vec<&str> = lines.collect();
        let path = file.trim_end_matches(".rs").trim_end_matches("/mod").replace('/', "::");
        (path, code.join("\n"))
    };
    let sources: Vec<_> = files_under(&root).into_iter().filter(is_code).map(read).collect();
    assert!(sources.len() > 50);
    sources
}

/// The paths in the crate that code names.
fn named(code: &str) -> Vec<&str> {
    let end = |rest: &str| {
        let stop = rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':');
        stop.unwrap_or(rest.len())
    };
    code.match_indices("crate::")
        .map(|(at, word)| &code[at + word.len()..])
        .map(|rest| rest[..end(rest)].trim_end_matches(':'))
        .collect()
}

/// For all files, what they use stands before them in the order.
#[test]
fn imports_go_one_way() {
    let mut wrong = Vec::new();
    for (path, code) in sources() {
        let own = rank(&path).unwrap_or_else(|| panic!("{path} has no place in the order"));
        for used in named(&code) {
            match rank(used) {
                Some(place) if place <= own => {}
                Some(_) => wrong.push(format!("{path} uses {used}")),
                None => wrong.push(format!("{path} uses {used}, which has no place in the order")),
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// For all acts that a data set's bytes or a caller's terminal could feel, one home.
#[test]
fn each_thing_has_one_home() {
    let homes: [(&str, &[&str]); 5] = [
        ("engine", &["rayon"]),
        ("seed", &["TryRng for", "SeedableRng", "Stream { low", "rand::rng", "StdRng", "SmallRng"]),
        ("cli", &["println!", "print!(", "stdout()", "stderr()", "std::process::exit"]),
        ("cli", &["Instant::now", "SystemTime::now", "Timestamp::now", "Zoned::now"]),
        ("cli", &["anyhow"]),
    ];
    let mut wrong = Vec::new();
    for (path, code) in sources() {
        for (home, words) in homes {
            let at_home = path == home || path.starts_with(&format!("{home}::"));
            let found = words.iter().filter(|word| !at_home && code.contains(**word));
            wrong.extend(found.map(|word| format!("{path} names {word}, whose home is {home}")));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
