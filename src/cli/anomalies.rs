//! `throng anomalies`.

use std::io::Write as _;

use clap::Subcommand;
use throng::anomaly::kind::Scope;
use throng::anomaly::{KINDS, reference};
use throng::scenario::request::Name;

use super::failure::Failure;
use super::style::{DIM, HEADING, NAME};

/// List the kinds of anomalies, or show one
///
/// A scenario asks for them under [anomalies], a command line by `--anomalies`.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Option<Action>,
}

const EXAMPLES: &str = "\
Examples:
  throng anomalies
  throng anomalies show dup_exact
  throng generate --anomalies default";

#[derive(Subcommand)]
enum Action {
    /// List them
    List {
        /// The form of the list
        #[arg(long = "as", value_name = "FORM", default_value = "text", value_parser = ["text", "markdown"])]
        form: String,
    },
    /// Tell all about one
    Show {
        /// Its name
        kind: String,
    },
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    match &args.action {
        Some(Action::Show { kind }) => show(kind),
        Some(Action::List { form }) if form == "markdown" => {
            write!(anstream::stdout().lock(), "{}", reference::markdown())?;
            Ok(())
        }
        None | Some(Action::List { .. }) => list(),
    }
}

fn list() -> Result<(), Failure> {
    let width = KINDS.iter().map(|kind| kind.id.len()).max().unwrap_or_default();
    let mut out = anstream::stdout().lock();
    let families = Scope::NAMED.iter().map(|(name, scope)| {
        (name, KINDS.iter().filter(|kind| kind.scope == *scope).collect::<Vec<_>>())
    });
    for (i, (name, kinds)) in families.filter(|(_, kinds)| !kinds.is_empty()).enumerate() {
        let gap = if i > 0 { "\n" } else { "" };
        writeln!(out, "{gap}{HEADING}{name}{HEADING:#}")?;
        for kind in kinds {
            let planned = if kind.act.is_some() { "" } else { " (planned)" };
            let (id, does) = (kind.id, kind.does);
            writeln!(out, "  {NAME}{id:width$}{NAME:#}  {does}{DIM}{planned}{DIM:#}")?;
        }
    }
    Ok(())
}

fn show(written: &str) -> Result<(), Failure> {
    let ordinal = Name::from(written).one_of("anomaly", KINDS.iter().map(|kind| kind.id))?;
    write!(anstream::stdout().lock(), "{}", reference::page(KINDS[ordinal]))?;
    Ok(())
}
