//! The files as files: there, whole, of the declared columns. Nothing here depends on what the rows say.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

use crate::check::pass::{Seen, Watch};
use crate::check::{Check, Context, Observer, Tally, Verdict, Wants};
use crate::manifest;
use crate::privacy;
use crate::read::DataSet;
use crate::schema::Table;

/// The checks.
pub(super) static CHECKS: &[Check] = &[
    Check::new(
        "files.listed",
        &[],
        "Every file that the manifest lists is there, and no other.",
        "A reader that takes all files of a folder reads too much or too little.",
    ),
    Check::new(
        "files.digest",
        &[],
        "Every file has the bytes that the manifest states: their number and their digest.",
        "A data set that was changed or damaged after it was made proves nothing.",
    ),
    Check::new(
        "files.readable",
        &[],
        "Every file can be read from its first row to its last.",
        "A file that is cut short or damaged loses rows, or ends the job that reads it.",
    ),
    Check::new(
        "files.schema",
        &[],
        "Every file has the declared columns: names, order, types, and which may lack values.",
        "Pipelines are built against the schema, not against the file that came first.",
    ),
];

const LISTED: usize = 0;
const DIGEST: usize = 1;
const READABLE: usize = 2;
const SCHEMA: usize = 3;

/// Why the columns cannot be judged.
const OTHER_SCHEMAS: &str = "it was made with other schemas; give them with `--models DIR`";

/// Looks at the files when all rows have gone by.
pub(super) struct Listed;

impl Observer for Listed {
    fn wants(&self, _: &Table) -> Wants {
        Wants::Nothing
    }

    fn finish(self: Box<Self>, context: &Context<'_>, seen: &Seen) -> Vec<Verdict> {
        let data = context.data;
        vec![listed(data), digest(data, context.watch), readable(data, seen), schema(context, seen)]
    }
}

/// What is listed is there, and what is there is listed.
fn listed(data: &DataSet) -> Verdict {
    let mut tally = Tally::new(&CHECKS[LISTED]);
    let mut found = BTreeSet::new();
    collect(data.dir(), "", &mut found);
    found.remove(manifest::FILE);
    // What tells what was done with a data set grows when the manifest does not.
    found.retain(|path| !privacy::is_record(path));
    let mut known = BTreeSet::new();
    for (path, ..) in data.manifest().stated() {
        let twice = !known.insert(path.to_owned());
        tally.look(!twice, || (path, "is listed twice"));
        if !found.contains(path) {
            tally.wrong(|| (path, "is listed, but not there"));
        }
    }
    for path in found.difference(&known) {
        tally.look(false, || (path.clone(), "is there, but not listed"));
    }
    tally.verdict()
}

/// The paths of all files in a folder, within the data set; those whose names begin with a dot are nobody's.
fn collect(dir: &Path, inner: &str, found: &mut BTreeSet<String>) {
    // What cannot be listed is missed by the comparison with the manifest.
    let Ok(entries) = fs::read_dir(dir) else { return };
    for entry in entries.filter_map(Result::ok) {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        let path = if inner.is_empty() { name } else { format!("{inner}/{name}") };
        if entry.path().is_dir() {
            collect(&entry.path(), &path, found);
        } else {
            found.insert(path);
        }
    }
}

fn digest(data: &DataSet, watch: &Watch<'_>) -> Verdict {
    let mut tally = Tally::new(&CHECKS[DIGEST]);
    for (path, stated, digest) in data.manifest().stated() {
        if watch.is_cancelled() {
            break;
        }
        let (bytes, hex) = match digest.of(&data.dir().join(path)) {
            Ok(sum) => sum,
            // That it is not there is said by another check.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => {
                tally.look(false, || (path, format!("cannot be read: {error}")));
                continue;
            }
        };
        tally.look(bytes == stated && hex == digest.hex, || {
            let says = if bytes == stated {
                let title = digest.algorithm.title();
                format!("has the {title} {hex}; the manifest states {}", digest.hex)
            } else {
                format!("has {bytes} bytes; the manifest states {stated}")
            };
            (path, says)
        });
    }
    tally.verdict()
}

fn readable(data: &DataSet, seen: &Seen) -> Verdict {
    let mut tally = Tally::new(&CHECKS[READABLE]);
    let broken: BTreeSet<(&str, &str)> =
        seen.broken.iter().map(|broken| (broken.path.as_str(), broken.why.as_str())).collect();
    tally.saw(data.manifest().files().count());
    let mut last = "";
    for (path, why) in broken {
        // The same file may be read for several ends.
        if path != last && data.dir().join(path).exists() {
            tally.wrong(|| (path, why));
        }
        last = path;
    }
    for line in seen.lines.iter().filter(|line| !line.bad.read) {
        tally.wrong(|| (&line.place, format!("{}, byte {}", line.bad.ill.told(), line.bad.column)));
    }
    tally.verdict()
}

/// The columns of every file against the schema: those of Parquet files, and the members of every line of NDJSON.
fn schema(context: &Context<'_>, seen: &Seen) -> Verdict {
    let check = &CHECKS[SCHEMA];
    let mut tally = Tally::new(check);
    for written in &context.data.manifest().tables {
        let Some(table) = context.schemas.table(&written.name) else {
            tally.look(false, || (written.name.clone(), "is no table that the schemas know"));
            continue;
        };
        if context.schemas.digest(table) != written.schema_sha256 {
            return Verdict::skipped(check, OTHER_SCHEMAS);
        }
        tally.saw(written.files.len());
    }
    for misfit in &seen.misfits {
        tally.wrong(|| (&misfit.place, &misfit.says));
    }
    tally.verdict()
}
