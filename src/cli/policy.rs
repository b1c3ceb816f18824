//! `throng policy`.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Subcommand;
use throng::assets::Assets;
use throng::diag::{Problem, suggest};
use throng::privacy::policy::{Policy, SHIPPED, act};
use throng::privacy::stage;
use throng::schema::{Schemas, facts};

use super::args::shell;
use super::failure::Failure;
use super::interrupt;
use super::style::{GOOD, NAME};
use super::summary::try_next;

/// Draft, check and show privacy policies
///
/// A policy says for every column what it can tell about a person and what is done about it. What it does not name does not leave.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

const EXAMPLES: &str = "\
Examples:
  throng policy init exports/ -o policy.toml
  throng policy check policy.toml
  throng policy show staging
  throng policy acts";

#[derive(Subcommand)]
enum What {
    /// Draft a policy for files: every line a guess, to be reviewed
    Init {
        /// Files and folders of Parquet and NDJSON
        #[arg(required = true, value_name = "FILE")]
        inputs: Vec<PathBuf>,
        /// The file to write; one that exists is never overwritten
        #[arg(short, long, value_name = "FILE", default_value = "policy.toml")]
        out: PathBuf,
    },
    /// Find every mistake of a policy, and the lines that nobody has reviewed
    Check {
        /// A policy file, or one that ships
        policy: String,
    },
    /// Print a policy that ships, to make one's own of
    Show {
        /// Its name; all names when it is left out
        name: Option<String>,
    },
    /// List what can be done to a column
    Acts,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    match &args.what {
        What::Init { inputs, out } => init(inputs, out),
        What::Check { policy } => check(policy),
        What::Show { name } => show(name.as_deref()),
        What::Acts => {
            let mut out = anstream::stdout().lock();
            for act in act::ACTS {
                writeln!(out, "{NAME}{:<10}{NAME:#} {}", act.name, act.doc)?;
            }
            Ok(())
        }
    }
}

fn schemas() -> Result<Schemas, Failure> {
    Ok(Schemas::load(&Assets::embedded(), &facts::of)?)
}

/// A policy: a file, or one that ships.
pub(crate) fn read(written: &str) -> Result<Policy, Failure> {
    read_for(written, &schemas()?)
}

/// A policy for tables of those schemas.
pub(crate) fn read_for(written: &str, schemas: &Schemas) -> Result<Policy, Failure> {
    if let Some((name, text)) = SHIPPED.iter().find(|(name, _)| *name == written) {
        return Ok(Policy::read(&format!("policies/{name}.toml (built in)"), text, schemas)?);
    }
    if Path::new(written).extension().is_none_or(|ending| ending != "toml") {
        let problem = Problem::new(format!("there is no policy `{written}`"));
        let help = suggest(written, SHIPPED.iter().map(|(name, _)| *name));
        return Err(problem.help(format!("{help}; a file of one's own ends in .toml")).into());
    }
    let text = std::fs::read_to_string(written)
        .map_err(|error| Problem::new(format!("cannot read {written}: {error}")))?;
    Ok(Policy::read(written, &text, schemas)?)
}

fn init(inputs: &[PathBuf], out: &Path) -> Result<(), Failure> {
    let shown = out.display();
    let cancel = interrupt::flag().context("cannot listen for Ctrl-C")?;
    let draft = stage::draft_for(inputs, &schemas()?, &cancel)?;
    match OpenOptions::new().write(true).create_new(true).open(out) {
        Ok(mut file) => {
            file.write_all(draft.as_bytes()).with_context(|| format!("cannot write {shown}"))?;
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let problem = Problem::new(format!("{shown} exists already"));
            return Err(problem.help("give the path of a new file: --out FILE").into());
        }
        Err(error) => {
            return Err(anyhow::Error::from(error).context(format!("cannot write {shown}")).into());
        }
    }
    let lines = draft.lines().filter(|line| line.contains("reviewed = false")).count();
    let mut to = anstream::stdout().lock();
    writeln!(to, "{GOOD}wrote{GOOD:#} {shown}, {lines} columns, none of them reviewed yet")?;
    try_next(&mut to, &[format!("throng policy check {}", shell(&out.to_string_lossy()))])?;
    Ok(())
}

fn check(written: &str) -> Result<(), Failure> {
    let policy = read(written)?;
    policy.check_reviewed().map_err(Failure::Policy)?;
    let columns: usize = policy.tables.iter().map(|table| table.rules.len()).sum();
    let (tables, scope) = (policy.tables.len(), policy.scope.name());
    let mut out = anstream::stdout().lock();
    writeln!(
        out,
        "{GOOD}good{GOOD:#} {}: {tables} tables, {columns} columns, tokens {scope}, k {}",
        policy.name, policy.k
    )?;
    Ok(())
}

fn show(name: Option<&str>) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    let Some(name) = name else {
        for (name, text) in SHIPPED {
            let about = text.lines().next().unwrap_or_default().trim_start_matches("# ");
            writeln!(out, "{NAME}{name:<10}{NAME:#} {about}")?;
        }
        return Ok(());
    };
    let Some((_, text)) = SHIPPED.iter().find(|(known, _)| *known == name) else {
        let problem = Problem::new(format!("there is no policy `{name}`"));
        return Err(problem.help(suggest(name, SHIPPED.iter().map(|(name, _)| *name))).into());
    };
    out.write_all(text.as_bytes())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ships_is_whole_and_reviewed() {
        for (name, _) in SHIPPED {
            let policy =
                read(name).unwrap_or_else(|failure| panic!("{name}: {:?}", failure.report()));
            assert!(policy.check_reviewed().is_ok(), "{name}");
            let events = policy.table(&["events"]).expect("events");
            assert!(events.rule("user_id").is_some() && events.rule("no_such_column").is_none());
            let mut tables = policy.tables.iter().filter(|table| table.name.starts_with("truth/"));
            assert!(tables.all(|table| table.dropped));
        }
    }
}
