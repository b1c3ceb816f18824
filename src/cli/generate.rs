//! `throng generate`.

use std::io::Write as _;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use throng::diag::Problem;
use throng::engine::{self, Run, Written};
use throng::manifest::{self, Manifest, Shard};
use throng::output::Staging;
use throng::population::tombstones::{self, Tombstones};
use throng::privacy::audit;
use throng::privacy::frame::Masking;
use throng::scenario::World;
use throng::scenario::plan::Plan;

use super::args::{self, Form, Seed, What, shell};
use super::failure::Failure;
use super::masking::{self, Masked, Privacy};
use super::progress::Meter;
use super::summary::{Summary, try_next};
use super::{interrupt, load};

/// Make a data set
///
/// Without arguments: about a million events of a month into output/quickstart, the same bytes for everybody. Flags stand over
/// the scenario file, and the file over the defaults. The data set appears whole or not at all.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct Args {
    #[command(flatten)]
    what: What,
    /// The data set's folder [default: output/<scenario>]
    #[arg(short, long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[command(flatten)]
    form: Form,
    /// How many threads work [default: all]; the bytes are the same for any number
    #[arg(long, value_name = "T", value_parser = args::threads)]
    threads: Option<NonZeroUsize>,
    /// Make only part I of N, counted from 0, in a folder of its own in DIR; `throng join DIR` makes the parts one
    #[arg(long, value_name = "I/N", value_parser = args::shard)]
    shard: Option<Shard>,
    /// Write the clean twin as well, beside it in <DIR>-clean: the same data set with nothing gone wrong
    #[arg(long)]
    twin: bool,
    #[command(flatten)]
    privacy: Privacy,
    /// Leave out those whom a suppression list names [default: the list of the data set that is replaced]
    #[arg(long, value_name = "FILE")]
    suppress: Option<PathBuf>,
    /// Replace a data set that is there already
    #[arg(long)]
    force: bool,
    /// Print nothing but errors
    #[arg(short, long)]
    quiet: bool,
    /// Print the summary as one line of JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  throng generate
  throng generate development --format ndjson --tables events
  throng generate --anomalies critical --twin
  throng generate my-shop.toml --users 20K --days 90 --start now-90d --out data/shop
  throng generate performance --shard 0/4 --out /mnt/big      (on the first of four machines)";

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let cancel = interrupt::flag().context("cannot listen for Ctrl-C")?;
    let threads = args.threads.map_or_else(load::threads, NonZeroUsize::get);
    let pseudonyms = args.privacy.pseudonyms();
    let mut world = load::world(&args.what, Some(&args.form), pseudonyms, threads, &cancel)?;
    if args.twin && world.request.anomalies.is_none() {
        let problem = Problem::new("there is no twin of a data set in which nothing goes wrong");
        return Err(problem.help("ask for anomalies: --anomalies default").into());
    }
    let out = args.out.clone().unwrap_or_else(|| Path::new("output").join(&world.request.scenario));
    world.tombstones = tombstones(args, &out)?;
    let masked = masking::bind(&args.privacy, &mut world, &out)?;
    make(args, &world, masked.as_ref(), &out, threads, &cancel)?;
    if args.twin {
        let assets = load::assets(args.what.models.as_deref())?;
        let mut clean = world.cleaned(&assets);
        let masked = masked.map(|masked| masked.of_twin(&mut clean)).transpose()?;
        make(args, &clean, masked.as_ref(), &beside(&out), threads, &cancel)?;
    }
    Ok(())
}

/// Those who were erased: by the list that is given, or that of the data set that is replaced.
fn tombstones(args: &Args, out: &Path) -> Result<Tombstones, Failure> {
    let path = match (&args.suppress, args.force) {
        (Some(path), _) => path.clone(),
        (None, true) if out.join(tombstones::FILE).is_file() => out.join(tombstones::FILE),
        (None, _) => return Ok(Tombstones::default()),
    };
    let read = std::fs::read_to_string(&path).and_then(|text| Tombstones::parse(&text));
    let told = |error| Problem::new(format!("{} is no suppression list: {error}", path.display()));
    Ok(read.map_err(told).map_err(|problem| {
        problem.help("`throng erase` writes one, suppression.json, into the data set")
    })?)
}

/// The folder of a data set's clean twin.
pub(crate) fn beside(out: &Path) -> PathBuf {
    let name = out.file_name().unwrap_or_default().to_string_lossy();
    out.with_file_name(format!("{name}-clean"))
}

/// Makes a data set, or a shard of it, in a folder.
fn make(
    args: &Args,
    world: &World,
    masked: Option<&Masked>,
    out: &Path,
    threads: usize,
    cancel: &AtomicBool,
) -> Result<(), Failure> {
    let dir =
        args.shard.map_or_else(|| out.to_owned(), |shard| out.join(throng::join::folder(shard)));
    let staging = open(args, out, &dir)?;
    let masking = masked.map(|masked| &masked.masking);
    let (written, took) = simulate(args, world, masking, threads, &staging, cancel)?;
    let mut manifest = masked_manifest(world, masking, args.shard, written);
    if let Some(masked) = masked {
        masked.sign(&mut manifest, &dir, staging.dir())?;
    } else if args.force {
        audit::carry(&dir, staging.dir()).context("cannot take the audit log along")?;
    }
    if !world.tombstones.is_empty() {
        let text = world.tombstones.to_json().context("cannot write the suppression list")?;
        std::fs::write(staging.dir().join(tombstones::FILE), text)
            .context("cannot write the suppression list")?;
    }
    manifest.write(staging.dir()).map_err(anyhow::Error::from)?;
    staging.commit()?;
    tell(args, &Summary { manifest: &manifest, dir: &dir, took: Some(took) })
}

/// The manifest of what was written.
pub(crate) fn manifest(world: &World, shard: Option<Shard>, written: Written) -> Manifest {
    masked_manifest(world, None, shard, written)
}

/// The manifest of what was written behind a policy.
fn masked_manifest(
    world: &World,
    masking: Option<&Masking>,
    shard: Option<Shard>,
    written: Written,
) -> Manifest {
    let Written { files, documents } = written;
    let tables = tables(world, masking);
    Manifest::new(&world.request, &world.version, shard, tables, files, documents)
}

fn open(args: &Args, out: &Path, dir: &Path) -> Result<Staging, Failure> {
    if args.shard.is_some() && out.join(manifest::FILE).exists() {
        let problem = Problem::new(format!("{} holds a whole data set already", out.display()));
        return Err(problem.help("use --out for a folder of shards").into());
    }
    Ok(Staging::open(dir, args.force)?)
}

/// Runs the engine; what it wrote, and how long it took.
fn simulate(
    args: &Args,
    world: &World,
    masking: Option<&Masking>,
    threads: usize,
    staging: &Staging,
    cancel: &AtomicBool,
) -> Result<(Written, Duration), Failure> {
    if args.what.seed == Some(Seed::Random) && !args.quiet {
        writeln!(anstream::stderr(), "drew the seed {}", world.request.seed)?;
    }
    let run = Run { threads, shard: args.shard.map(|shard| (shard.index, shard.count)) };
    let begun = Instant::now();
    let plan = engine::plan(world, run.threads, cancel)?;
    let meter = Meter::new(share(&plan, args.shard), args.quiet);
    let dir = staging.dir();
    let outcome = engine::generate_masked(world, &plan, &run, masking, dir, &meter, cancel);
    meter.finish();
    Ok((outcome?, begun.elapsed()))
}

/// The events that are expected of a shard, or of the whole.
fn share(plan: &Plan, shard: Option<Shard>) -> u64 {
    let Some(Shard { index, count }) = shard else { return plan.events };
    let ranges = plan.ranges.len().max(1) as u64;
    let owned = (0..ranges).filter(|range| range % u64::from(count) == u64::from(index)).count();
    plan.events * owned as u64 / ranges
}

/// The tables asked for, with their schemas' digests.
fn tables(world: &World, masking: Option<&Masking>) -> Vec<(String, String)> {
    let schemas = masking.map(|masking| masking.schemas(&world.schemas));
    let schemas = schemas.as_ref().unwrap_or(&world.schemas);
    let named = |table: &throng::schema::Table| {
        let written = schemas.table(&table.name).unwrap_or(table);
        (table.name.clone(), schemas.digest(written))
    };
    world.wanted_tables().map(named).collect()
}

fn tell(args: &Args, summary: &Summary<'_>) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    if args.json {
        summary.json(&mut out)?;
    } else if !args.quiet {
        summary.text(&mut out)?;
        let again = args.what.again(summary.manifest.seed);
        let next = match args.shard {
            Some(_) => vec![format!("throng join {}", shell(&parent(summary.dir)))],
            None => {
                summary.query().into_iter().chain([format!("throng preview {again}")]).collect()
            }
        };
        try_next(&mut out, &next)?;
    }
    Ok(())
}

fn parent(dir: &Path) -> String {
    dir.parent().unwrap_or(dir).to_string_lossy().into_owned()
}
