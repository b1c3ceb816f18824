//! `throng twin`.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use anyhow::Context as _;
use throng::assets::Assets;
use throng::diag::Problem;
use throng::engine::{self, Run};
use throng::output::Staging;
use throng::population::tombstones::Tombstones;
use throng::read::DataSet;
use throng::scenario::World;

use super::args;
use super::failure::Failure;
use super::progress::Meter;
use super::summary::Summary;
use super::{generate, interrupt, load};

/// Make the clean twin of a data set in which things go wrong
///
/// The same people do the same, and nothing goes wrong: what differs between the two is what the labels say. It is made again from the
/// scenario in the manifest.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  throng twin output/quickstart\n  throng twin data/shop -o data/shop-as-it-was"
)]
pub(crate) struct Args {
    /// The data set's folder
    dir: PathBuf,
    /// The twin's folder [default: <DIR>-clean]
    #[arg(short, long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// The folder of models that the data set was made with
    #[arg(long, value_name = "DIR")]
    models: Option<PathBuf>,
    /// How many threads work [default: all]
    #[arg(long, value_name = "T", value_parser = args::threads)]
    threads: Option<NonZeroUsize>,
    /// Replace a data set that is there already
    #[arg(long)]
    force: bool,
    /// Print nothing but errors
    #[arg(short, long)]
    quiet: bool,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let cancel = interrupt::flag().context("cannot listen for Ctrl-C")?;
    let data = DataSet::open(&args.dir)?;
    let assets = load::assets(args.models.as_deref())?;
    let world = dirty_world(&data, &assets, args.models.is_some())?.cleaned(&assets);
    let threads = args.threads.map_or_else(load::threads, NonZeroUsize::get);
    let world = load::ready(world, threads, &cancel)?;
    let out = args.out.clone().unwrap_or_else(|| generate::beside(&args.dir));
    make(args, &world, &out, threads, &cancel)
}

/// The world that a data set with anomalies was made in.
pub(crate) fn dirty_world(data: &DataSet, assets: &Assets, own: bool) -> Result<World, Failure> {
    let shown = data.dir().display();
    if data.manifest().privacy.is_some() {
        let problem = Problem::new(format!("{shown} was made behind a privacy policy"));
        let help = "its twin is made with it: `throng generate --pseudonymise POLICY --twin`";
        return Err(problem.help(help).into());
    }
    let world = load::made_in(data.manifest(), assets, own)?;
    let mut world = world.map_err(|why| {
        Problem::new(format!("{shown} cannot be made again: {why}"))
            .help("use the version of throng, and the models, that it was made with")
    })?;
    let erased = Tombstones::of(data.dir()).context("cannot read the suppression list")?;
    world.tombstones = erased.unwrap_or_default();
    if world.request.anomalies.is_none() {
        let problem = Problem::new(format!("nothing was made to go wrong in {shown}"));
        return Err(problem.help("it is its own clean twin").into());
    }
    Ok(world)
}

fn make(
    args: &Args,
    world: &World,
    out: &Path,
    threads: usize,
    cancel: &AtomicBool,
) -> Result<(), Failure> {
    let staging = Staging::open(out, args.force)?;
    let begun = Instant::now();
    let plan = engine::plan(world, threads, cancel)?;
    let meter = Meter::new(plan.events, args.quiet);
    let run = Run { threads, shard: None };
    let written = engine::generate(world, &plan, &run, staging.dir(), &meter, cancel);
    meter.finish();
    let manifest = generate::manifest(world, None, written?);
    manifest.write(staging.dir()).map_err(anyhow::Error::from)?;
    staging.commit()?;
    if !args.quiet {
        let took = Some(begun.elapsed());
        let summary = Summary { manifest: &manifest, dir: out, took };
        summary.text(&mut anstream::stdout().lock())?;
    }
    Ok(())
}
