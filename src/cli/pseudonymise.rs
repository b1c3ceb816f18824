//! `throng pseudonymise`.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::Context as _;
use throng::human;
use throng::privacy::stage::{self, Asked, Report};

use super::args::shell;
use super::failure::Failure;
use super::key::Given;
use super::leaks::known_values;
use super::style::{DIM, GOOD, NAME};
use super::summary::try_next;
use super::{interrupt, load, policy};

/// Make files of one's own pseudonymous, as a policy says
///
/// Parquet stays Parquet and NDJSON stays NDJSON; folders keep their tables. A column without a rule ends the run before a byte is
/// written. What is written is searched for values that must not leave before it gets its name. What comes out is pseudonymous, and so
/// still about people: it is not anonymous.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Files and folders of Parquet and NDJSON (*.parquet, *.ndjson, *.jsonl, the latter also .gz and .zst)
    #[arg(required = true, value_name = "IN")]
    inputs: Vec<PathBuf>,
    /// The folder to write
    #[arg(short, long, value_name = "DIR")]
    out: PathBuf,
    /// A policy file, or one that ships: staging, analytics, strict
    #[arg(long, value_name = "POLICY")]
    policy: String,
    #[command(flatten)]
    key: Given,
    /// The data set's or recipient's name, within which tokens mean the same [default: the output folder's]
    #[arg(long, value_name = "NAME")]
    scope_id: Option<String>,
    /// Let rows change places within so many, so that their order tells nothing
    #[arg(long, value_name = "ROWS", value_parser = clap::value_parser!(u32).range(2..=1 << 20))]
    shuffle: Option<u32>,
    /// Values that must not be found in what is written, one a line
    #[arg(long, value_name = "FILE")]
    known: Option<PathBuf>,
    /// Replace a folder that this command wrote
    #[arg(long)]
    force: bool,
    /// Print nothing but errors
    #[arg(short, long)]
    quiet: bool,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  throng pseudonymise exports/ -o staging/ --policy policy.toml --key-file ~/keys/staging.key
  throng pseudonymise output/quickstart -o shared --policy staging --key-file k --shuffle 4096

Exit codes: 0 done; 1 something failed on the way; 2 what was asked for is wrong; 3 the policy refuses, or something leaked.";

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let cancel = interrupt::flag().context("cannot listen for Ctrl-C")?;
    let policy = policy::read(&args.policy)?;
    let key = args.key.load(Some(&args.out))?;
    let known = args.known.as_deref().map_or(Ok(Vec::new()), known_values)?;
    let at = load::now();
    let asked = Asked {
        inputs: &args.inputs,
        out: &args.out,
        force: args.force,
        scope_id: args.scope_id.as_deref(),
        shuffle: args.shuffle.map(|rows| rows as usize),
        known: &known,
        at: &at,
    };
    let begun = Instant::now();
    let report = stage::run(&policy, &key, &asked, &cancel)?;
    tell(args, &report, begun)
}

fn tell(args: &Args, report: &Report, begun: Instant) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    if args.json {
        serde_json::to_writer(&mut out, report).context("cannot print")?;
        writeln!(out)?;
    } else if !args.quiet {
        let dir = args.out.display();
        let key = &report.key;
        let took = human::duration(begun.elapsed());
        writeln!(out, "{GOOD}wrote{GOOD:#} {dir} in {took}: {}", report.status)?;
        writeln!(
            out,
            "key {}, epoch {}, tokens {} {}",
            key.key_id, key.epoch, key.scope, key.scope_id
        )?;
        for table in &report.tables {
            print_table(&mut out, table)?;
        }
        let scan = &report.scan;
        let (values, bytes) = (human::count(scan.values as u64), human::bytes(scan.bytes));
        writeln!(
            out,
            "\nno leak: {values} values in {} forms, {bytes} searched",
            human::count(scan.forms as u64)
        )?;
        if report.left_out > 0 {
            writeln!(
                out,
                "{} left out: no table, or one that the policy drops",
                human::plural(report.left_out as u64, "file")
            )?;
        }
        let dir = shell(&args.out.to_string_lossy());
        try_next(&mut out, &[format!("throng leaks {dir} --known FILE")])?;
    }
    Ok(())
}

fn print_table(out: &mut dyn std::io::Write, table: &stage::TableReport) -> std::io::Result<()> {
    let files = human::plural(table.files as u64, "file");
    writeln!(out, "\n  {NAME}{}{NAME:#}  {} rows, {files}", table.name, human::count(table.rows))?;
    for column in table.columns.iter().filter(|column| column.act != "keep") {
        let mut notes = Vec::new();
        if let Some(tokens) = &column.tokens {
            let share = tokens.commonest * 100.0;
            let different = human::count(tokens.different);
            notes.push(format!(
                "{different} different, the commonest {share:.2} %, {} collisions",
                tokens.collisions
            ));
        }
        if column.suppressed > 0 {
            notes.push(format!("{} suppressed", human::count(column.suppressed)));
        }
        if column.sentinels > 0 {
            notes.push(format!("{} stand for nothing", human::count(column.sentinels)));
        }
        notes.extend(column.redacted.map(|taken| format!("{} taken out", human::count(taken))));
        notes.extend(column.residual.map(str::to_owned));
        let notes = notes.join("; ");
        writeln!(out, "    {:<28} {:<8} {DIM}{notes}{DIM:#}", column.path, column.act)?;
    }
    if let Some(privacy) = &table.privacy {
        let whom = if privacy.of_subjects { "people" } else { "rows" };
        let k = privacy.k.map_or("unknown: too many to reckon".to_owned(), human::count);
        let under = human::count(privacy.under_k);
        writeln!(
            out,
            "    k {k} over {} of {} {whom}; {under} of them under the policy's",
            privacy.quasi_identifiers.join(", "),
            human::count(privacy.subjects)
        )?;
        for (column, l) in &privacy.l {
            writeln!(out, "    l {l} for {column}")?;
        }
    }
    Ok(())
}
