//! `throng audit`.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use throng::diag::Problem;
use throng::human;
use throng::privacy::audit::{self, Checkpoint, Verified};

use super::failure::Failure;
use super::key::Given;
use super::style::{DIM, GOOD, NAME};

/// Verify and read the audit log of a folder
///
/// Every run with a key appends to the log of the folder that it writes, and signs its state. A changed log shows by itself; one that was
/// taken back or signed anew by somebody else shows against a pin: a copy of the checkpoint kept elsewhere, or the key.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

const EXAMPLES: &str = "\
Examples:
  throng audit verify shared
  cp shared/audit.checkpoint.json pins/shared.json     (and later:)
  throng audit verify shared --pin pins/shared.json
  throng audit prove shared 3";

#[derive(Subcommand)]
enum What {
    /// Follow every link, and check the root, its signature and the certificates; exit code 1 when something is not whole
    Verify {
        /// The folder
        dir: PathBuf,
        /// A checkpoint put by earlier
        #[arg(long, value_name = "CHECKPOINT")]
        pin: Option<PathBuf>,
        #[command(flatten)]
        key: Given,
    },
    /// Print the entries
    Show {
        /// The folder
        dir: PathBuf,
    },
    /// Print the proof that an entry is in the log, as JSON
    Prove {
        /// The folder
        dir: PathBuf,
        /// The entry, from 0
        entry: usize,
    },
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    match &args.what {
        What::Verify { dir, pin, key } => {
            let pin = pin.as_ref().map(|path| {
                let told =
                    |error| Problem::new(format!("{} is no checkpoint: {error}", path.display()));
                Checkpoint::read(path).map_err(told)
            });
            let pin = pin.transpose()?;
            let signer = key.is_given().then(|| key.load(None)).transpose()?;
            let signer = signer.as_ref().map(audit::public_key);
            let verified = whole(dir, pin.as_ref(), signer.as_deref())?;
            let entries = human::count(verified.lines.len() as u64);
            let mut out = anstream::stdout().lock();
            writeln!(
                out,
                "{GOOD}whole{GOOD:#}: entries {entries}, certificates {}, root {}",
                verified.certificates, verified.checkpoint.root
            )?;
            if pin.is_none() && !key.is_given() {
                writeln!(
                    out,
                    "{DIM}whether it was taken back or signed anew shows only with --pin or the key{DIM:#}"
                )?;
            }
        }
        What::Show { dir } => show(&whole(dir, None, None)?)?,
        What::Prove { dir, entry } => {
            let verified = whole(dir, None, None)?;
            let Some(proof) = audit::prove(&verified.lines, *entry) else {
                let last = verified.lines.len() - 1;
                let problem = Problem::new(format!("there is no entry {entry}"));
                return Err(problem.help(format!("the last is {last}")).into());
            };
            let text = serde_json::to_string_pretty(&proof).unwrap_or_default();
            writeln!(anstream::stdout().lock(), "{text}")?;
        }
    }
    Ok(())
}

/// The log, which must be whole.
fn whole(dir: &Path, pin: Option<&Checkpoint>, signer: Option<&str>) -> Result<Verified, Failure> {
    if !dir.join(audit::LOG).is_file() {
        let problem = Problem::new(format!("{} has no {}", dir.display(), audit::LOG));
        let help = "give a folder that a run with a key wrote; shards have logs of their own, and `throng join --key-file` makes one of the whole";
        return Err(problem.help(help).into());
    }
    audit::verify(dir, pin, signer).map_err(|broken| not_whole(&broken.to_string()))
}

fn not_whole(why: &str) -> Failure {
    Failure::Run(anyhow::anyhow!("the audit log is not whole: {why}"))
}

fn show(verified: &Verified) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    for line in &verified.lines {
        let entry: serde_json::Value = serde_json::from_str(line).unwrap_or_default();
        let rest: Vec<String> = entry
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(name, _)| !["act", "seq", "prev_hash"].contains(&name.as_str()))
            .map(|(name, value)| format!("{name} {value}"))
            .collect();
        let act = entry["act"].as_str().unwrap_or_default();
        writeln!(out, "{:>4}  {NAME}{act:<14}{NAME:#} {}", entry["seq"], rest.join(", "))?;
    }
    Ok(())
}
