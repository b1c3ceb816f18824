//! `throng join`.

use std::path::PathBuf;

use throng::join::{self, Error};

use super::failure::Failure;
use super::summary::{Summary, try_next};

/// Make the shards in a folder one data set
///
/// The files move into place and one manifest is written, byte for byte that of a run without shards. Shards that are missing,
/// doubled or of another data set are named, and nothing is changed.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The folder that holds shard-0-of-N, shard-1-of-N, …
    dir: PathBuf,
    /// Make every file's SHA-256 again and compare it, not only its size
    #[arg(long)]
    verify: bool,
    /// Print nothing but errors
    #[arg(short, long)]
    quiet: bool,
    /// Print the summary as one line of JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  throng generate performance --shard 0/2 --out data/big
  throng generate performance --shard 1/2 --out data/big
  throng join data/big";

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let manifest = join::join(&args.dir, args.verify).map_err(|error| match error {
        Error::Refused(problems) => Failure::Input(problems),
        other => Failure::Run(anyhow::Error::from(other).context("joining failed")),
    })?;
    let summary = Summary { manifest: &manifest, dir: &args.dir, took: None };
    let mut out = anstream::stdout().lock();
    if args.json {
        summary.json(&mut out)?;
    } else if !args.quiet {
        summary.text(&mut out)?;
        try_next(&mut out, &summary.query().into_iter().collect::<Vec<_>>())?;
    }
    Ok(())
}
