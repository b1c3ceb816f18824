//! `throng leaks`.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use throng::diag::{Problem, Problems};
use throng::human;
use throng::privacy::leaks::{self, Find, Known, Seen, Unread};

use super::failure::Failure;
use super::interrupt;
use super::style::GOOD;

/// Search a folder for values that must not have left
///
/// Every byte is read: names, files as they are, what is inside compressed ones, pages and footers of Parquet. A value is found
/// plain, in either case, as base64, hexadecimal, with percent signs or escapes, and the bytes of a UUID. What is found is told by its
/// line in the list and never shown. Exit code 1 when something is found; 2 when nothing is, but a file could not be searched.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  throng leaks shared --known customers.txt\n  throng leaks shared --known ids.txt --json"
)]
pub(crate) struct Args {
    /// The folder, or one file
    dir: PathBuf,
    /// The values, one a line
    #[arg(long, value_name = "FILE")]
    known: PathBuf,
    /// Print one line of JSON
    #[arg(long)]
    json: bool,
}

/// Finds told at most.
const TOLD: usize = 20;

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    if !args.dir.exists() {
        let problem = Problem::new(format!("{} does not exist", args.dir.display()));
        return Err(problem.help("give a folder, or a file").into());
    }
    let cancel = interrupt::flag().context("cannot listen for Ctrl-C")?;
    let known = known_values(&args.known)?;
    if known.is_empty() {
        let problem = Problem::new(format!("{} holds no value", args.known.display()));
        return Err(problem.help("one a line, of six bytes or more").into());
    }
    let seen =
        leaks::scan(&args.dir, &known, &cancel).map_err(|leaks::Stopped| Failure::Interrupted)?;
    tell(args.json, known.len(), &seen)?;
    if !seen.finds.is_empty() {
        return Err(Failure::Found);
    }
    if seen.unread.is_empty() { Ok(()) } else { Err(unread(&seen.unread).into()) }
}

fn tell(json: bool, known: usize, seen: &Seen) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    let Seen { finds, unread, report } = seen;
    if json {
        let finds: Vec<_> = finds.iter().map(|find| {
            serde_json::json!({ "path": find.path, "part": find.part, "form": find.form, "what": find.what })
        }).collect();
        let unread: Vec<_> = unread
            .iter()
            .map(|file| serde_json::json!({ "path": file.path, "why": file.why }))
            .collect();
        let all = serde_json::json!({ "finds": finds, "unread": unread, "scan": report });
        writeln!(out, "{all}")?;
        return Ok(());
    }
    for find in finds.iter().take(TOLD) {
        writeln!(out, "{}: {} ({}, {})", find.path, find.what, find.form, find.part)?;
    }
    let files = human::plural(report.files as u64, "file");
    if !finds.is_empty() {
        for file in unread.iter().take(TOLD) {
            writeln!(out, "{}: not searched: {}", file.path, file.why)?;
        }
        writeln!(out, "{} in {files}", human::plural(finds.len() as u64, "leak"))?;
    } else if unread.is_empty() {
        writeln!(
            out,
            "{GOOD}no leak{GOOD:#}: {} values in {} forms, {files}, {} searched",
            human::count(known as u64),
            human::count(report.forms as u64),
            human::bytes(report.bytes)
        )?;
    }
    Ok(())
}

/// The values of a list.
pub(crate) fn known_values(path: &Path) -> Result<Vec<Known>, Failure> {
    let shown = path.display();
    let read = leaks::known_values(path);
    let (values, short) =
        read.map_err(|error| Problem::new(format!("cannot read {shown}: {error}")))?;
    if short > 0 {
        let noun = human::plural(short as u64, "value");
        writeln!(
            anstream::stderr(),
            "{noun} of {shown} are too short to be told from chance, and left out"
        )?;
    }
    Ok(values)
}

/// What is said of files that could not be searched.
pub(crate) fn unread(files: &[Unread]) -> Problems {
    let mut problems = Problems::new();
    for Unread { path, why } in files.iter().take(TOLD) {
        let problem = Problem::new(format!("{path} cannot be searched: {why}"));
        problems.push(problem.help("there may be anything in it: mend it, or take it out"));
    }
    if files.len() > TOLD {
        let more = human::plural((files.len() - TOLD) as u64, "more file");
        problems.push(Problem::new(format!("{more} cannot be searched")));
    }
    problems
}

/// What a run says of finds in what it wrote.
pub(crate) fn told(finds: &[Find]) -> Problems {
    let mut problems = Problems::new();
    for find in finds.iter().take(TOLD) {
        let Find { path, part, form, what } = find;
        problems.push(Problem::new(format!("{what} would have left: {path} ({form}, {part})")));
    }
    let problem =
        Problem::new(format!("{} in what was written", human::plural(finds.len() as u64, "leak")));
    problems.push(
        problem.help(
            "nothing was kept; find the column that still holds it, and give it another rule",
        ),
    );
    problems
}
