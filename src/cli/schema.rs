//! `throng schema`.

use std::io::Write as _;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use throng::scenario::request::Name;
use throng::schema::render::RENDERERS;
use throng::schema::{Schemas, facts};

use super::failure::Failure;
use super::load;

/// Print the schema of a table, or of all
///
/// Every form derives from the same files under schemas/ as what is written does.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The table; all when it is left out
    table: Option<String>,
    /// The form
    #[arg(long = "as", value_name = "FORM", default_value = "arrow", value_parser = forms())]
    form: String,
    /// A folder of models and schemas that are laid over the built-in ones, file by file
    #[arg(long, value_name = "DIR")]
    models: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  throng schema events
  throng schema --as sql > schema.sql
  throng schema --as json-schema events > events.schema.json";

fn forms() -> PossibleValuesParser {
    PossibleValuesParser::new(RENDERERS.iter().map(|(name, _)| *name))
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let assets = load::assets(args.models.as_deref())?;
    let schemas = Schemas::load(&assets, &facts::of)?;
    if let Some(table) = &args.table {
        let known = schemas.tables.iter().map(|table| table.name.as_str());
        Name::from(table.as_str()).one_of("table", known)?;
    }
    let renderer = RENDERERS.iter().find(|(name, _)| *name == args.form);
    let text = renderer.map(|(_, render)| render(&schemas, args.table.as_deref()));
    let text = text.unwrap_or_default();
    writeln!(anstream::stdout().lock(), "{}", text.trim_end())?;
    Ok(())
}
