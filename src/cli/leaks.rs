//! `throng leaks`.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use throng::diag::{Problem, Problems};
use throng::human;
use throng::privacy::leaks::{self, Find, Known};

use super::failure::Failure;
use super::pseudonymise::known_values;
use super::style::GOOD;

/// Search a folder for values that must not have left
///
/// Every byte is read: names, files as they are, what is inside compressed ones, pages and footers of Parquet. A value is found
/// plain, in either case, as base64, hexadecimal, with percent signs or escapes, and the bytes of a UUID. What is found is told by its
/// line in the list and never shown. Exit code 1 when something is found.
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
    let values = known_values(&args.known)?.into_iter().enumerate();
    let known: Vec<Known> = values
        .map(|(place, value)| Known { name: format!("value {} of the list", place + 1), value })
        .collect();
    if known.is_empty() {
        let problem = Problem::new(format!("{} holds no value", args.known.display()));
        return Err(problem.help("one a line, of six bytes or more").into());
    }
    let seen = leaks::scan(&args.dir, &known)
        .with_context(|| format!("cannot search {}", args.dir.display()))?;
    let mut out = anstream::stdout().lock();
    if args.json {
        let finds: Vec<_> = seen.finds.iter().map(|find| {
            serde_json::json!({ "path": find.path, "part": find.part, "form": find.form, "what": find.what })
        }).collect();
        writeln!(out, "{}", serde_json::json!({ "finds": finds, "scan": seen.report }))?;
    } else if seen.finds.is_empty() {
        let (files, bytes) =
            (human::plural(seen.report.files as u64, "file"), human::bytes(seen.report.bytes));
        writeln!(
            out,
            "{GOOD}no leak{GOOD:#}: {} values in {} forms, {files}, {bytes} searched",
            human::count(known.len() as u64),
            human::count(seen.report.forms as u64)
        )?;
    } else {
        for find in seen.finds.iter().take(TOLD) {
            writeln!(out, "{}: {} ({}, {})", find.path, find.what, find.form, find.part)?;
        }
        let (finds, files) = (seen.finds.len() as u64, seen.report.files as u64);
        writeln!(out, "{} in {}", human::plural(finds, "leak"), human::plural(files, "file"))?;
    }
    if seen.finds.is_empty() { Ok(()) } else { Err(Failure::Found) }
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
