//! `throng report`.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use anyhow::Context as _;
use throng::assets::Assets;
use throng::check::Watch;
use throng::diag::Problem;
use throng::human;
use throng::read::DataSet;
use throng::report::page::{Block, Outcome, Page, UNREAD};
use throng::report::{self, file, render};
use throng::schema::{Schemas, facts};
use throng::score::Score;

use super::args::shell;
use super::failure::Failure;
use super::progress::Meter;
use super::style::{DIM, ERROR, GOOD, HEADING};
use super::summary::try_next;
use super::{interrupt, load};

/// Make one page of a data set, for reading
///
/// A single HTML file with everything in it: what the data set is, when things happen, where journeys go, funnels against their
/// targets, devices and sources, distributions, sample journeys, coverage, anomalies with what a detector found of them, and all checks
/// with their evidence. It asks nothing of any network. That checks fail is told on the page and here, and is no failure of this command.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The data set's folder
    dir: PathBuf,
    /// The page, a file (`-` is none) [default: DIR.report.html, beside the data set]
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Score these findings of a detector on the page as well, as `throng score` does
    #[arg(long, value_name = "FILE")]
    findings: Option<PathBuf>,
    /// Which kinds the rules of the findings claim to find
    #[arg(long, value_name = "FILE", requires = "findings")]
    map: Option<PathBuf>,
    /// Leave the checks out
    #[arg(long)]
    no_check: bool,
    /// The folder of models that the data set was made with, if it was made with one
    #[arg(long, value_name = "DIR")]
    models: Option<PathBuf>,
    /// Replace a file that is no page of ours; one that is, is replaced anyway
    #[arg(long)]
    force: bool,
    /// Print nothing but errors
    #[arg(short, long)]
    quiet: bool,
}

const EXAMPLES: &str = "\
Examples:
  throng report output/quickstart                  output/quickstart.report.html
  throng report output/quickstart --out today.html
  throng report data/shop --models my-models --no-check
  throng report data/shop --findings findings.csv";

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let data = DataSet::open(&args.dir)?;
    let path = args.out.clone().unwrap_or_else(|| file::beside(&args.dir));
    file::survey(&path, &args.dir, args.force).map_err(|error| refused(&error))?;
    let assets = load::assets(args.models.as_deref())?;
    let schemas = Schemas::load(&assets, &facts::of)?;
    let page = page(args, &data, &schemas, &assets)?;
    let html = render::html(&page);
    file::write(&path, &html).map_err(|error| refused(&error))?;
    if !args.quiet {
        tell(args, &page, &path, html.len() as u64)?;
    }
    Ok(())
}

fn page(args: &Args, data: &DataSet, schemas: &Schemas, assets: &Assets) -> Result<Page, Failure> {
    let cancel = interrupt::flag().context("cannot listen for Ctrl-C")?;
    let world = load::made_in(data.manifest(), assets, args.models.is_some())?;
    let rows = data.manifest().tables.iter().map(|table| table.rows).sum();
    let meter = Meter::of("rows", rows, 1, args.quiet);
    let world = world.as_ref().map_err(Clone::clone);
    let score = score(args, data, schemas, &cancel)?;
    let page =
        report::page_of(data, schemas, world, !args.no_check, score.as_ref(), &meter, &cancel);
    meter.finish();
    Ok(page?)
}

/// What a detector found, when its findings are given.
fn score(
    args: &Args,
    data: &DataSet,
    schemas: &Schemas,
    cancel: &AtomicBool,
) -> Result<Option<Score>, Failure> {
    let Some(findings) = &args.findings else { return Ok(None) };
    let ask = super::score::ask(data, args.map.as_deref())?;
    let watch = Watch { progress: &Meter::of("rows", 0, 1, true), cancel };
    Ok(Some(throng::score::score(data, schemas, findings, None, &ask, &watch)?))
}

fn refused(error: &file::Error) -> Failure {
    let problem = Problem::new(error.to_string());
    match error.help() {
        Some(help) => problem.help(help).into(),
        None => problem.into(),
    }
}

fn tell(args: &Args, page: &Page, path: &Path, bytes: u64) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    let (shown, size) = (path.display(), human::bytes(bytes));
    writeln!(out, "{GOOD}wrote{GOOD:#} {HEADING}{shown}{HEADING:#} {DIM}({size}){DIM:#}")?;
    if let Some(unread) = page.facts.iter().find(|fact| fact.label == UNREAD) {
        let value = &unread.value;
        writeln!(
            out,
            "{ERROR}{value} {UNREAD}{ERROR:#} {DIM}as they should be, and lack in the numbers; they stand under What this is{DIM:#}"
        )?;
    }
    if !args.no_check {
        let (failed, all) = verdicts(page);
        match failed {
            0 => writeln!(out, "{GOOD}no check fails{GOOD:#} {DIM}of {all}{DIM:#}")?,
            failed => {
                let fail = if failed == 1 { "check fails" } else { "checks fail" };
                writeln!(
                    out,
                    "{ERROR}{failed} {fail}{ERROR:#} {DIM}of {all}; they stand first under Checks{DIM:#}"
                )?;
            }
        }
    }
    let opener = if cfg!(target_os = "macos") {
        "open"
    } else if cfg!(windows) {
        "start"
    } else {
        "xdg-open"
    };
    Ok(try_next(&mut out, &[format!("{opener} {}", shell(&path.to_string_lossy()))])?)
}

/// Checks that fail, and all that were made.
fn verdicts(page: &Page) -> (usize, usize) {
    let blocks = page.sections.iter().flat_map(|section| &section.blocks);
    let families = blocks.filter_map(|block| match block {
        Block::Verdicts(families) => Some(families),
        _ => None,
    });
    let outcomes: Vec<Outcome> = families
        .flatten()
        .flat_map(|family| &family.verdicts)
        .map(|verdict| verdict.outcome)
        .collect();
    (outcomes.iter().filter(|outcome| **outcome == Outcome::Fails).count(), outcomes.len())
}
