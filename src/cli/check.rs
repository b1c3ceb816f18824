//! `throng check`.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use clap::builder::PossibleValuesParser;
use throng::assets::Assets;
use throng::check::report::{self, Report, Subject, Summary};
use throng::check::{self, Ask, FAMILIES, Family, Outcome, Part, Section, Severity, Verdict};
use throng::diag::{Problem, Problems};
use throng::read::DataSet;
use throng::scenario::World;
use throng::schema::{Schemas, facts};

use super::failure::Failure;
use super::foreign::{self, Beside};
use super::progress::Meter;
use super::style::{DIM, ERROR, GOOD, HEADING, NAME};
use super::table::Table;
use super::{human, interrupt, load};

/// Check that everything holds of a data set that should
///
/// Reads every file, and judges by the files alone. Exit code 0 when all holds, 1 when something fails, 2 when it could not be
/// checked.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct Args {
    /// The data set's folder; with --map files, and folders of files
    #[arg(value_name = "DIR|FILE", required_unless_present = "list")]
    paths: Vec<PathBuf>,
    /// Only these families of checks, with commas between them
    #[arg(long, value_name = "FAMILY", value_delimiter = ',', value_parser = families())]
    only: Vec<String>,
    /// A folder of models that are laid over the built-in ones: those that the data set was made with
    #[arg(long, value_name = "DIR")]
    models: Option<PathBuf>,
    /// Somebody else's click-stream, whose columns this file maps: does it look real?
    #[arg(long, value_name = "FILE", conflicts_with_all = ["only", "list"])]
    map: Option<PathBuf>,
    /// The clean twin of a data set with anomalies; by default the one beside it, <DIR>-clean
    #[arg(long, value_name = "DIR", conflicts_with_all = ["map", "list"])]
    twin: Option<PathBuf>,
    #[command(flatten)]
    beside: Beside,
    /// Print every number by the parts of the data set as well: persona, device, source
    #[arg(long)]
    segments: bool,
    /// Let warnings fail too
    #[arg(long)]
    strict: bool,
    /// Print what was found as one JSON document
    #[arg(long)]
    json: bool,
    /// Write what was found as JUnit XML as well
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Print only what does not hold
    #[arg(short, long)]
    quiet: bool,
    /// List the checks that there are, and check nothing
    #[arg(long)]
    list: bool,
    /// The form of the list
    #[arg(long = "as", value_name = "FORM", default_value = "text", requires = "list", value_parser = ["text", "markdown"])]
    form: String,
}

const EXAMPLES: &str = "\
Examples:
  throng check output/quickstart
  throng check data/shop --models my-models --only files,keys
  throng check output/quickstart --only targets --segments
  throng check data/shop --junit check.xml --strict      (in a pipeline)
  throng check clicks.parquet --map mapping.toml --reference output/quickstart
  throng check --list";

/// The family that cannot be made without `--reference`.
const REFERENCE: &str = "reference";

fn families() -> PossibleValuesParser {
    PossibleValuesParser::new(FAMILIES.iter().map(|family| family.name))
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    if args.list {
        return list(args);
    }
    if let Some(map) = &args.map {
        return stream(args, map);
    }
    let [dir] = &args.paths[..] else {
        let problem = Problem::new("a data set is checked by itself, and more than one was given");
        return Err(problem.help("check them one by one; only --map takes several paths").into());
    };
    if args.only.iter().any(|name| name == REFERENCE) && !args.beside.is_given() {
        let problem = Problem::new(format!("--only {REFERENCE} needs --reference"));
        return Err(problem.help("give what to compare with: --reference DIR").into());
    }
    let data = DataSet::open(dir)?;
    let assets = load::assets(args.models.as_deref())?;
    let schemas = check::masked::schemas(&Schemas::load(&assets, &facts::of)?, data.manifest());
    let world = world(args, &data, &assets)?;
    let cancel = interrupt::flag().context("cannot listen for Ctrl-C")?;
    let silent = args.quiet || args.json;
    let beside = args.beside.summary(&schemas, &cancel, silent)?;
    let twin = twin(args, dir)?;
    let ask = Ask {
        only: args.only.clone(),
        world: world.as_ref().map_err(Clone::clone),
        reference: args.beside.reference(beside.as_ref()),
        twin: twin.as_ref(),
    };
    let rows = data.manifest().tables.iter().map(|table| table.rows).sum();
    let meter = Meter::of("rows", rows, 1, silent);
    let sections = check::check(&data, &schemas, &ask, &meter, &cancel);
    let took = meter.finish();
    end(args, &Report::new(Subject::of(&data), sections?), took)
}

/// The clean twin: the one that is given, or the one that `throng generate --twin` and `throng twin` write beside the data set.
fn twin(args: &Args, dir: &Path) -> Result<Option<DataSet>, Failure> {
    if let Some(twin) = &args.twin {
        return Ok(Some(DataSet::open(twin)?));
    }
    let name = dir.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let beside = dir.with_file_name(format!("{name}-clean"));
    let is_there = beside.join(throng::manifest::FILE).is_file();
    Ok(is_there.then(|| DataSet::open(&beside)).transpose()?)
}

/// Checks a stream from elsewhere.
fn stream(args: &Args, map: &Path) -> Result<(), Failure> {
    let cancel = interrupt::flag().context("cannot listen for Ctrl-C")?;
    let silent = args.quiet || args.json;
    let begun = Meter::of("rows", 0, 1, true);
    let found = foreign::summary(&args.paths, map, &cancel, silent)?;
    let schemas = Schemas::load(&load::assets(args.models.as_deref())?, &facts::of)?;
    let beside = args.beside.summary(&schemas, &cancel, silent)?;
    foreign::warn(&found);
    let sections = check::stream(&found.summary, args.beside.reference(beside.as_ref()));
    let paths: Vec<String> = args.paths.iter().map(|path| path.display().to_string()).collect();
    let subject = Subject {
        path: paths.join(" "),
        dataset_version: None,
        scenario: None,
        seed: None,
        events: found.summary.records(),
        left_out: found.left_out,
        warnings: found.warnings.iter().map(|problem| problem.message.clone()).collect(),
    };
    end(args, &Report::new(subject, sections), begun.finish())
}

/// Tells what was found, in word and exit code.
fn end(args: &Args, report: &Report, took: Duration) -> Result<(), Failure> {
    tell(args, report, took)?;
    if report.summary.fails(args.strict) { Err(Failure::Found) } else { Ok(()) }
}

/// The families to check.
fn wanted(args: &Args) -> impl Iterator<Item = &'static Family> {
    let is_wanted =
        |family: &&Family| args.only.is_empty() || args.only.iter().any(|name| name == family.name);
    FAMILIES.iter().copied().filter(is_wanted)
}

/// The world that the data set was made in, made again from its scenario; or why that cannot be.
fn world(args: &Args, data: &DataSet, assets: &Assets) -> Result<Result<World, String>, Problems> {
    // Kinds of anomalies know more of what can be when they have the catalogues, and consents of where people are asked; both do without.
    let is_used = |family: &Family| {
        ["anomalies", "consent"].contains(&family.name)
            || family.checks().any(|check| check.needs_world)
    };
    if !wanted(args).any(is_used) {
        return Ok(Err("no check asked for it".to_owned()));
    }
    load::made_in(data.manifest(), assets, args.models.is_some())
}

fn tell(args: &Args, report: &Report, took: Duration) -> Result<(), Failure> {
    if let Some(path) = &args.junit {
        write(path, &report.junit(args.strict))?;
    }
    let mut out = anstream::stdout().lock();
    if args.json {
        serde_json::to_writer_pretty(&mut out, report).map_err(io::Error::from)?;
        writeln!(out)?;
    } else {
        for section in &report.families {
            family(&mut out, section, args.quiet)?;
        }
        if args.segments {
            segments(&mut out, &report.families)?;
        }
        summary(&mut out, report, took, args.quiet)?;
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|error| {
        let problem = Problem::new(format!("cannot write {}: {error}", path.display()));
        problem.help("give a path in a folder that is there").into()
    })
}

/// Prints the verdicts of a family.
fn family(out: &mut dyn Write, section: &Section, quiet: bool) -> io::Result<()> {
    let shown: Vec<&Verdict> =
        section.verdicts.iter().filter(|verdict| !quiet || verdict.fails()).collect();
    if shown.is_empty() {
        return Ok(());
    }
    let width = section.verdicts.iter().map(|verdict| verdict.check.id.len()).max().unwrap_or(0);
    let kept = compliance(&section.verdicts).unwrap_or_default();
    writeln!(out, "{HEADING}{}{HEADING:#}{DIM}{kept}{DIM:#}", section.family)?;
    for verdict in shown {
        line(out, verdict, width)?;
    }
    if quiet { Ok(()) } else { writeln!(out) }
}

/// Of a family whose checks are rules that are kept or broken: how many of those that apply are kept.
fn compliance(verdicts: &[Verdict]) -> Option<String> {
    verdicts.iter().any(|verdict| verdict.check.ratio.is_some()).then(|| {
        let summary = Summary::of(verdicts);
        let applicable = summary.checks - summary.skipped;
        let labelled = match summary.explained {
            0 => String::new(),
            some => format!(", {some} broken where labels say so"),
        };
        format!("  {} of {applicable} rules that apply are kept{labelled}", summary.hold)
    })
}

fn line(out: &mut dyn Write, verdict: &Verdict, width: usize) -> io::Result<()> {
    let (id, mut seen) = (verdict.check.id, human::count(verdict.seen));
    if let Some((things, breach)) = verdict.check.ratio {
        seen = format!("{seen} {things} {breach}");
    }
    match &verdict.outcome {
        Outcome::Holds => {
            let of = if verdict.check.ratio.is_some() { "0 of " } else { "" };
            writeln!(out, "  {GOOD}holds{GOOD:#}    {id:width$}  {DIM}{of}{seen}{DIM:#}")?;
        }
        Outcome::Skipped(reason) => {
            writeln!(out, "  {DIM}skipped{DIM:#}  {id:width$}  {DIM}{reason}{DIM:#}")?;
        }
        Outcome::Explained(why) => {
            let wrong = human::count(verdict.wrong);
            writeln!(
                out,
                "  {GOOD}labelled{GOOD:#} {id:width$}  {DIM}{wrong} of {seen}, {why}{DIM:#}"
            )?;
        }
        Outcome::Fails => {
            let word = match verdict.check.severity {
                Severity::Error => "FAILS",
                Severity::Warning => "odd  ",
            };
            let wrong = human::count(verdict.wrong);
            writeln!(out, "  {ERROR}{word}{ERROR:#}    {id:width$}  {wrong} of {seen}")?;
            writeln!(out, "           {}", verdict.check.holds)?;
            for evidence in &verdict.evidence {
                writeln!(out, "           {NAME}{}{NAME:#}: {}", evidence.place, evidence.says)?;
            }
        }
    }
    verdict.measures.iter().try_for_each(|measure| writeln!(out, "           {measure}"))
}

/// Prints the rates within parts of the data set, a table a rate.
fn segments(out: &mut dyn Write, sections: &[Section]) -> io::Result<()> {
    let verdicts = sections.iter().flat_map(|section| &section.verdicts);
    for measure in verdicts.flat_map(|verdict| &verdict.measures) {
        if measure.parts.is_empty() {
            continue;
        }
        let rate = |seen: u64, value: f64| [human::count(seen), format!("{value:.4}")];
        let row = |name: String, [seen, rate]: [String; 2]| [name, seen, rate];
        let part = |part: &Part| row(part.of.join(", "), rate(part.seen, part.value));
        writeln!(out, "{HEADING}{}{HEADING:#}", measure.name)?;
        let rows = measure.parts.iter().map(part).collect();
        let total = row("all".to_owned(), rate(measure.seen, measure.value));
        Table { head: ["part", "of", "value"], rows, total }.print(out)?;
        writeln!(out)?;
    }
    Ok(())
}

fn summary(out: &mut dyn Write, report: &Report, took: Duration, quiet: bool) -> io::Result<()> {
    if quiet {
        return Ok(());
    }
    let found = &report.summary;
    let mut parts = vec![format!("{} hold", found.hold)];
    for (count, word) in [
        (found.explained, "fail where labelled"),
        (found.fail, "fail"),
        (found.warn, "odd"),
        (found.skipped, "skipped"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {word}"));
        }
    }
    let checks = human::plural(found.checks as u64, "check");
    writeln!(out, "{checks}: {}, in {}", parts.join(", "), human::duration(took))?;
    report.subject.left_out.iter().try_for_each(|left_out| writeln!(out, "{}", left_out.told()))
}

/// Prints what can be checked.
fn list(args: &Args) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    if args.form == "markdown" {
        write!(out, "{}", report::markdown())?;
        return Ok(());
    }
    for family in wanted(args) {
        writeln!(out, "{HEADING}{}{HEADING:#}  {DIM}{}{DIM:#}", family.name, family.doc)?;
        for check in family.checks() {
            let odd = if check.severity == Severity::Warning { "  (a warning)" } else { "" };
            writeln!(out, "  {NAME}{}{NAME:#}{DIM}{odd}{DIM:#}\n      {}", check.id, check.holds)?;
            writeln!(out, "      {DIM}{}{DIM:#}", check.why)?;
        }
    }
    Ok(())
}
