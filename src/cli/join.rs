//! `throng join`.

use std::path::{Path, PathBuf};

use throng::diag::Problem;
use throng::join::{self, Error};
use throng::manifest::{self, Manifest};
use throng::privacy::audit::{self, Log};
use throng::privacy::key::Key;

use super::failure::Failure;
use super::key::Given;
use super::masking;
use super::summary::{Summary, try_next};

/// Make the shards in a folder one data set
///
/// The files move into place and one manifest is written, byte for byte that of a run without shards. Shards that are missing,
/// doubled or of another data set are named, and nothing is changed. Shards that were made with a key keep their audit logs; with the key
/// the whole has one as well, which says how far theirs have come.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The folder that holds shard-0-of-N, shard-1-of-N, …
    dir: PathBuf,
    /// Make every file's SHA-256 again and compare it, not only its size
    #[arg(long)]
    verify: bool,
    #[command(flatten)]
    key: Given,
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
    let key = args.key.is_given().then(|| args.key.load(Some(&args.dir))).transpose()?;
    let log = key.as_ref().map(|key| log(&args.dir, key)).transpose()?.flatten();
    // A data set is whole once it has a manifest: what else belongs to it is there before.
    let sign = |manifest: &Manifest| match (log, &key) {
        (Some(mut log), Some(key)) => {
            masking::enter(manifest, &mut log);
            log.write(key).map(drop)
        }
        _ => Ok(()),
    };
    let manifest = join::join(&args.dir, args.verify, sign).map_err(|error| match error {
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

/// The log of the whole, before anything is moved; none where joining will tell what is wrong with the folder.
fn log(dir: &Path, key: &Key) -> Result<Option<Log>, Failure> {
    if !dir.is_dir() || dir.join(manifest::FILE).exists() {
        return Ok(None);
    }
    let told = |(name, broken): (String, audit::Broken)| {
        let message = format!("the audit log of {name} is not one to go on from: {broken}");
        let help = "give the key that the shards were made with, or none; nothing was changed";
        Problem::new(message).help(help)
    };
    Ok(Some(audit::joined(dir, key).map_err(told)?))
}
