//! `throng score`.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use throng::anomaly::KINDS;
use throng::assets::Assets;
use throng::check::Watch;
use throng::diag::Problem;
use throng::read::DataSet;
use throng::schema::{Schemas, facts};
use throng::score::report::{Latency, exact, percent};
use throng::score::{self, Ask, Baseline, Gate, Gates, Line, Part, Rate, Rules, Score};

use super::failure::Failure;
use super::progress::Meter;
use super::style::{DIM, ERROR, GOOD, HEADING, NAME};
use super::table::Table;
use super::{human, interrupt};

/// Examples of what was missed and invented that are printed.
const SHOWN: usize = 5;

/// Score a detector's findings against the truth of a data set
///
/// Findings are CSV, NDJSON or Parquet: a `rule`, a `table`, and where: `key`, `file` with `line` or `byte_offset`, `entity_type` with
/// `entity_id`, or `window_start` with `window_end` and perhaps a `dimension`. They may say a `kind`, `column`, `score` and
/// `detected_at`. An incident is credited once; what is collateral or shows in nothing but the clean twin is neutral; a decoy that
/// is flagged is wrong. Exit code 0 when scored, 1 when gates are asked for and one is not met, 2 when it could not be scored.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The data set's folder
    dir: PathBuf,
    /// The file of findings: *.csv, *.ndjson or *.parquet
    findings: PathBuf,
    /// Which kinds rules claim to find: TOML, under [rules] a rule = "kind" or ["kind", …]
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// Score these kinds only, with commas between them; all others are neutral
    #[arg(long, value_name = "KIND", value_delimiter = ',')]
    kinds: Vec<String>,
    /// What the same detector found in the clean twin: all of it is wrong
    #[arg(long, value_name = "FILE")]
    twin: Option<PathBuf>,
    #[command(flatten)]
    demands: Demands,
    /// Print the score as one JSON document
    #[arg(long)]
    json: bool,
    /// Write the gates and kinds as JUnit XML as well; a gate that is not met then is a failure
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Print only whether gates are met
    #[arg(short, long)]
    quiet: bool,
}

/// What is demanded. Without any of these, or --junit, gates are printed and decide nothing.
#[derive(clap::Args)]
struct Demands {
    /// Exit with 1 when a gate is not met: critical recall, precision and specificity
    #[arg(long)]
    gate: bool,
    /// The least share of critical incidents that must be found [default: 0.95]; implies --gate
    #[arg(long, value_name = "X", value_parser = share)]
    min_recall: Option<f64>,
    /// The least share of what is flagged that must be right [default: 0.99]; implies --gate
    #[arg(long, value_name = "X", value_parser = share)]
    min_precision: Option<f64>,
    /// The least share of clean rows that must not be flagged [default: 0.99]; implies --gate
    #[arg(long, value_name = "X", value_parser = share)]
    min_specificity: Option<f64>,
}

const EXAMPLES: &str = "\
Examples:
  throng score output/quickstart findings.csv
  throng score data/shop found.parquet --map rules.toml --kinds dup_exact,fk_orphan,missing_value
  throng score data/shop found.ndjson --min-recall 0.9 --junit score.xml     (in a pipeline)
  throng report data/shop --findings findings.csv                            (on a page)";

fn share(written: &str) -> Result<f64, String> {
    let share: Option<f64> = written.parse().ok().filter(|x| (0.0..=1.0).contains(x));
    share.ok_or_else(|| "a share lies between 0 and 1".to_owned())
}

impl Demands {
    fn gates(&self) -> Gates {
        let usual = Gates::default();
        Gates {
            recall: self.min_recall.unwrap_or(usual.recall),
            precision: self.min_precision.unwrap_or(usual.precision),
            specificity: self.min_specificity.unwrap_or(usual.specificity),
        }
    }

    fn are_meant(&self) -> bool {
        let said = [self.min_recall, self.min_precision, self.min_specificity];
        self.gate || said.iter().any(Option::is_some)
    }
}

impl From<score::Error> for Failure {
    fn from(error: score::Error) -> Self {
        match error {
            score::Error::Cancelled => Self::Interrupted,
            score::Error::Written(problems) => problems.into(),
            score::Error::Read(error) => error.into(),
            score::Error::Truth { .. } => Problem::new(error.to_string()).into(),
        }
    }
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let data = DataSet::open(&args.dir)?;
    let schemas = Schemas::load(&Assets::embedded(), &facts::of)?;
    let ask = Ask {
        kinds: args.kinds.clone(),
        gates: args.demands.gates(),
        ..ask(&data, args.map.as_deref())?
    };
    let cancel = interrupt::flag().context("cannot listen for Ctrl-C")?;
    let meter = Meter::of("rows", 0, 1, true);
    let watch = Watch { progress: &meter, cancel: &cancel };
    let score = score::score(&data, &schemas, &args.findings, args.twin.as_deref(), &ask, &watch)?;
    tell(args, &score)?;
    let decides = args.demands.are_meant() || args.junit.is_some();
    if decides && !score.passes() { Err(Failure::Found) } else { Ok(()) }
}

/// What to score by a map of rules, if there is one.
pub(crate) fn ask(data: &DataSet, map: Option<&Path>) -> Result<Ask, Failure> {
    let catalogue: Vec<String> = KINDS.iter().map(|kind| kind.id.to_owned()).collect();
    let Some(map) = map else { return Ok(Ask { catalogue, ..Ask::default() }) };
    let name = map.display().to_string();
    let text = fs::read_to_string(map).map_err(|error| {
        Problem::new(format!("cannot read the map {name}: {error}"))
            .help("it is TOML: under [rules], the kind or kinds of each rule")
    })?;
    let rules = Rules::read(&name, &text, &score::kinds(data, &catalogue)?)?;
    Ok(Ask { rules, catalogue, ..Ask::default() })
}

fn tell(args: &Args, score: &Score) -> Result<(), Failure> {
    if let Some(path) = &args.junit {
        fs::write(path, score.junit()).map_err(|error| {
            let problem = Problem::new(format!("cannot write {}: {error}", path.display()));
            problem.help("give a path in a folder that is there")
        })?;
    }
    let mut out = anstream::stdout().lock();
    if args.json {
        serde_json::to_writer_pretty(&mut out, score).map_err(io::Error::from)?;
        writeln!(out)?;
        return Ok(());
    }
    if !args.quiet {
        head(&mut out, score)?;
        part(&mut out, "rows and entities", &score.rows, Some(score.accuracy))?;
        if let Some(windows) = &score.windows {
            part(&mut out, "windows", windows, None)?;
        }
        examples(&mut out, score)?;
        rest(&mut out, score)?;
    }
    gates(&mut out, &score.gates)?;
    Ok(())
}

fn head(out: &mut dyn Write, score: &Score) -> io::Result<()> {
    let (subject, heard) = (&score.subject, &score.heard);
    let incidents =
        score.rows.all.recall.of + score.windows.as_ref().map_or(0, |part| part.all.recall.of);
    let kinds = human::plural(score.coverage.in_set, "kind");
    writeln!(
        out,
        "{HEADING}{}{HEADING:#}: {} of {kinds}",
        subject.path,
        human::plural(incidents, "incident")
    )?;
    let parts = [
        (heard.right, "right"),
        (heard.wrong, "wrong"),
        (heard.decoys, "of decoys"),
        (heard.neutral, "neutral"),
    ];
    let parts = parts.iter().filter(|(count, _)| *count > 0);
    let mut parts: Vec<String> =
        parts.map(|(count, word)| format!("{} {word}", human::count(*count))).collect();
    if score.repeats > 0 {
        parts.push(format!("{} of them said before", human::count(score.repeats)));
    }
    let all = human::plural(subject.count, "finding");
    let parts = if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) };
    writeln!(out, "{HEADING}{}{HEADING:#}: {all}{parts}\n", subject.findings)
}

/// An interval as `94.0–100.0`.
fn bounds(rate: &Rate) -> String {
    match rate.of {
        0 => String::new(),
        _ => format!("{:.1}–{:.1}", rate.low * 100.0, rate.high * 100.0),
    }
}

fn decimal(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.3}"))
}

fn row(name: String, line: &Line) -> [String; 11] {
    let wrong = line.precision.of - line.precision.hits;
    let named = |rate: fn(&score::report::Named) -> &Rate| {
        line.named.as_ref().map_or_else(String::new, |named| percent(rate(named).value))
    };
    [
        name,
        human::count(line.recall.of),
        human::count(line.recall.hits),
        percent(line.recall.value),
        bounds(&line.recall),
        human::count(wrong),
        percent(line.precision.value),
        bounds(&line.precision),
        decimal(line.f1.value),
        named(|named| &named.recall),
        named(|named| &named.precision),
    ]
}

/// The scores of one part, and what would be found without looking.
fn part(out: &mut dyn Write, title: &str, part: &Part, accuracy: Option<f64>) -> io::Result<()> {
    let head = [
        "kind",
        "incidents",
        "found",
        "recall",
        "95 %",
        "wrong",
        "precision",
        "95 %",
        "F1",
        "named",
        "precision",
    ];
    let mut rows: Vec<[String; 11]> = part
        .kinds
        .iter()
        .map(|line| {
            let mark = if line.is_critical { "" } else { " (minor)" };
            row(format!("{}{mark}", line.name), line)
        })
        .collect();
    if part.severities.len() > 1 {
        rows.extend(part.severities.iter().map(|line| row(format!("all {}", line.name), line)));
    }
    writeln!(out, "{HEADING}{title}{HEADING:#}")?;
    Table { head, rows, total: row("all".to_owned(), &part.all) }.print(out)?;
    if let Some(latency) = &part.all.latency {
        writeln!(
            out,
            "  {DIM}from the first affected arrival to the first finding:{DIM:#} {}",
            delays(latency)
        )?;
    }
    writeln!(out)?;
    without_looking(out, part, accuracy)
}

fn delays(latency: &Latency) -> String {
    let told = |seconds: f64| {
        let sign = if seconds < 0.0 { "-" } else { "" };
        format!("{sign}{}", human::duration(std::time::Duration::from_secs_f64(seconds.abs())))
    };
    let (median, p90, most) = (told(latency.median_s), told(latency.p90_s), told(latency.max_s));
    format!(
        "median {median}, 90 % within {p90}, at most {most} ({})",
        human::plural(latency.of, "incident")
    )
}

fn without_looking(out: &mut dyn Write, part: &Part, accuracy: Option<f64>) -> io::Result<()> {
    let of = |baseline: &Baseline| {
        let name = match baseline.name {
            "random" => "as much, at random".to_owned(),
            name => format!("{name} flagged"),
        };
        let share = |share: Option<f64>| {
            share.map_or_else(|| "–".to_owned(), |share| format!("{:.2} %", share * 100.0))
        };
        let found = if baseline.found.fract() == 0.0 {
            format!("{}", baseline.found)
        } else {
            format!("{:.2}", baseline.found)
        };
        [
            name,
            found,
            share(Some(baseline.recall)),
            human::count(baseline.false_findings.round() as u64),
            share(baseline.precision),
            decimal(Some(baseline.f1)),
            baseline.accuracy.map_or_else(String::new, |accuracy| share(Some(accuracy))),
        ]
    };
    let all = &part.all;
    let total = [
        "these findings".to_owned(),
        human::count(all.recall.hits),
        format!("{:.2} %", all.recall.value.unwrap_or(0.0) * 100.0),
        human::count(all.precision.of - all.precision.hits),
        all.precision
            .value
            .map_or_else(|| "–".to_owned(), |value| format!("{:.2} %", value * 100.0)),
        decimal(all.f1.value),
        accuracy.map_or_else(String::new, |accuracy| format!("{:.2} %", accuracy * 100.0)),
    ];
    let head = ["beside", "found", "recall", "wrong", "precision", "F1", "accuracy"];
    Table { head, rows: part.baselines.iter().map(of).collect(), total }.print(out)?;
    writeln!(out)
}

/// Some of what was missed, a kind a line, and some of what was invented.
fn examples(out: &mut dyn Write, score: &Score) -> io::Result<()> {
    let mut last = "";
    let first = score.missed.iter().filter(|missed| {
        let is_first = missed.kind != last;
        last = &missed.kind;
        is_first
    });
    let first: Vec<_> = first.collect();
    if !first.is_empty() {
        writeln!(out, "{HEADING}missed{HEADING:#} {DIM}(one a kind){DIM:#}")?;
        for missed in first.iter().take(SHOWN) {
            writeln!(out, "  {NAME}{}{NAME:#}: {}", missed.kind, missed.place)?;
        }
        more(out, first.len())?;
    }
    if !score.invented.is_empty() {
        writeln!(out, "{HEADING}invented{HEADING:#}")?;
        for one in score.invented.iter().take(SHOWN) {
            let decoy = if one.is_decoy { " (a decoy)" } else { "" };
            writeln!(out, "  {NAME}{}{NAME:#}: {}{decoy}", one.rule, one.place)?;
        }
        more(out, score.invented.len())?;
    }
    Ok(())
}

fn more(out: &mut dyn Write, all: usize) -> io::Result<()> {
    if all > SHOWN {
        writeln!(out, "  {DIM}and more: --json lists them{DIM:#}")?;
    }
    writeln!(out)
}

fn rest(out: &mut dyn Write, score: &Score) -> io::Result<()> {
    if score.rules.len() > 1 {
        let rows = score.rules.iter().map(|line| {
            let counts =
                [line.heard.right, line.heard.wrong, line.heard.decoys, line.heard.neutral]
                    .map(human::count);
            let [right, wrong, decoys, neutral] = counts;
            [line.rule.clone(), right, wrong, decoys, neutral]
        });
        let all = [score.heard.right, score.heard.wrong, score.heard.decoys, score.heard.neutral]
            .map(human::count);
        let [right, wrong, decoys, neutral] = all;
        let head = ["findings by rule", "right", "wrong", "decoys", "neutral"];
        let total = ["all".to_owned(), right, wrong, decoys, neutral];
        Table { head, rows: rows.collect(), total }.print(out)?;
        writeln!(out)?;
    }
    for decoys in &score.decoys {
        writeln!(
            out,
            "decoys of {NAME}{}{NAME:#}: {} of {} flagged",
            decoys.kind,
            human::count(decoys.flagged),
            human::count(decoys.of)
        )?;
    }
    let coverage = &score.coverage;
    writeln!(
        out,
        "kinds found: {} of {} in the set ({}); the catalogue has {}",
        coverage.found,
        coverage.in_set,
        percent(Rate::new(coverage.found, coverage.in_set).value),
        coverage.in_catalogue
    )?;
    if score.columns.of > 0 {
        writeln!(
            out,
            "column named rightly: {} of {}",
            human::count(score.columns.hits),
            human::count(score.columns.of)
        )?;
    }
    for note in &score.notes {
        writeln!(out, "{DIM}note:{DIM:#} {note}")?;
    }
    writeln!(out)
}

fn gates(out: &mut dyn Write, gates: &[Gate]) -> io::Result<()> {
    let width = gates.iter().map(|gate| gate.name.len()).max().unwrap_or(0);
    for gate in gates {
        let (value, least) = (exact(gate.value), exact(Some(gate.least)));
        let rest = format!("{:width$}  {value} {DIM}(at least {least}){DIM:#}", gate.name);
        if gate.is_met {
            writeln!(out, "{GOOD}met{GOOD:#}      {rest}")?;
        } else {
            writeln!(out, "{ERROR}not met{ERROR:#}  {rest}")?;
        }
    }
    Ok(())
}
