//! `throng personas`.

use std::io::Write as _;
use std::path::PathBuf;

use clap::Subcommand;
use throng::assets::{AssetFile, Assets};
use throng::diag::Document;
use throng::scenario::request::Name;

use super::failure::Failure;
use super::load;
use super::style::{DIM, HEADING, NAME};

/// List the models that people are made of, or show one
///
/// Personas, devices, sources and journeys are files. A folder of one's own, given to `--models`, adds to them or replaces them:
/// people/<name>.toml, devices/<name>.toml, sources/<name>.toml, journeys/<name>.toml.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Option<Action>,
    /// A folder of models that are laid over the built-in ones, file by file
    #[arg(long, value_name = "DIR", global = true)]
    models: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  throng personas
  throng personas show remote_dad > models/people/night_nurse.toml
  throng generate --models models";

#[derive(Subcommand)]
enum Action {
    /// List them
    List,
    /// Print a model's file
    Show {
        /// Its name
        name: String,
    },
}

/// The folders of models, with what they hold.
const FOLDERS: [(&str, &str); 4] = [
    ("people", "personas"),
    ("devices", "devices"),
    ("sources", "sources"),
    ("journeys", "journeys"),
];

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let assets = load::assets(args.models.as_deref())?;
    match &args.action {
        None | Some(Action::List) => list(&assets),
        Some(Action::Show { name }) => show(&assets, name),
    }
}

fn list(assets: &Assets) -> Result<(), Failure> {
    let folders = FOLDERS.map(|(folder, title)| (title, assets.files(folder)));
    let stems = folders.iter().flat_map(|(_, files)| files.iter().map(|file| file.stem.len()));
    let width = stems.max().unwrap_or_default();
    let mut out = anstream::stdout().lock();
    for (i, (title, files)) in folders.iter().enumerate() {
        let gap = if i > 0 { "\n" } else { "" };
        writeln!(out, "{gap}{HEADING}{title}{HEADING:#}")?;
        for file in files {
            let doc = first_line(file);
            writeln!(out, "  {NAME}{:width$}{NAME:#}  {DIM}{doc}{DIM:#}", file.stem)?;
        }
    }
    Ok(())
}

/// What a model says of itself, in one line; what is wrong with it is said when it is used.
fn first_line(file: &AssetFile) -> String {
    let doc = Document::parse(&*file.name, &*file.text).root().opt_text("doc").unwrap_or_default();
    doc.trim().lines().next().unwrap_or_default().to_owned()
}

fn show(assets: &Assets, name: &str) -> Result<(), Failure> {
    let files: Vec<AssetFile> =
        FOLDERS.iter().flat_map(|(folder, _)| assets.files(folder)).collect();
    let known = files.iter().map(|file| file.stem.as_str());
    let ordinal = Name::from(name).one_of("model", known)?;
    write!(anstream::stdout().lock(), "{}", files[ordinal].text)?;
    Ok(())
}
