//! `throng scenarios`.

use std::io::Write as _;

use clap::Subcommand;
use throng::assets::Assets;
use throng::diag::Document;

use super::failure::Failure;
use super::load;
use super::style::NAME;

/// List the scenarios that ship, or show one
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  throng scenarios\n  throng scenarios show staging > mine.toml"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Subcommand)]
enum Action {
    /// List them
    List,
    /// Print a scenario's file
    Show {
        /// Its name, or a path
        name: String,
    },
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let assets = Assets::embedded();
    match &args.action {
        None | Some(Action::List) => list(&assets),
        Some(Action::Show { name }) => {
            let file = load::scenario(name, &assets)?;
            write!(anstream::stdout().lock(), "{}", file.text)?;
            Ok(())
        }
    }
}

fn list(assets: &Assets) -> Result<(), Failure> {
    let files = assets.files("scenarios");
    let width = files.iter().map(|file| file.stem.len()).max().unwrap_or_default();
    let mut out = anstream::stdout().lock();
    for file in &files {
        // What is wrong with a file is said when it is used; here its one line is wanted.
        let doc = Document::parse(&*file.name, &*file.text).root().opt_text("doc");
        writeln!(out, "{NAME}{:width$}{NAME:#}  {}", file.stem, doc.unwrap_or_default())?;
    }
    Ok(())
}
