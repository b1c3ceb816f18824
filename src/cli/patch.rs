//! `throng patch`.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use throng::assets::Assets;
use throng::diag::Problem;
use throng::manifest::Manifest;
use throng::output::Staging;
use throng::patch::{Direction, Error, Patch};
use throng::read::DataSet;
use throng::scenario::World;

use super::failure::Failure;
use super::{human, load, twin};

/// Make the dirty data set of the clean one by its labels, or the other way
///
/// Labels are a patch: byte for byte in NDJSON, row for row in Parquet.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
    /// The folder of models that the data set was made with
    #[arg(long, value_name = "DIR", global = true)]
    models: Option<PathBuf>,
    /// Replace a data set that is there already
    #[arg(long, global = true)]
    force: bool,
    /// Print nothing but errors
    #[arg(short, long, global = true)]
    quiet: bool,
}

const EXAMPLES: &str = "\
Examples:
  throng patch invert output/quickstart output/as-it-was
  throng patch apply output/quickstart-clean output/again --labels output/quickstart";

#[derive(Subcommand)]
enum Action {
    /// Do to a clean data set what the labels say
    Apply {
        /// The clean data set
        dir: PathBuf,
        /// Where the dirty one goes
        out: PathBuf,
        /// The dirty data set that has the labels
        #[arg(long, value_name = "DIR")]
        labels: PathBuf,
    },
    /// Undo in a dirty data set what its labels say
    Invert {
        /// The dirty data set
        dir: PathBuf,
        /// Where the clean one goes
        out: PathBuf,
    },
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let assets = load::assets(args.models.as_deref())?;
    let own = args.models.is_some();
    match &args.action {
        Action::Apply { dir, out, labels } => {
            let (from, labelled) = (DataSet::open(dir)?, DataSet::open(labels)?);
            check_plain(&from)?;
            check_plain(&labelled)?;
            let world = twin::dirty_world(&labelled, &assets, own)?;
            let clean = twin::dirty_world(&labelled, &assets, own)?.cleaned(&assets);
            if clean.version != from.manifest().dataset_version {
                let message =
                    format!("{} is not the clean twin of {}", dir.display(), labels.display());
                let help = format!("`throng twin {}` makes it", labels.display());
                return Err(Problem::new(message).help(help).into());
            }
            make(args, Direction::Apply, &from, &labelled, &world, out)
        }
        Action::Invert { dir, out } => {
            let from = DataSet::open(dir)?;
            check_plain(&from)?;
            let world = clean_world(&from, &assets, own)?;
            make(args, Direction::Invert, &from, &from, &world, out)
        }
    }
}

/// Refuses a data set behind a policy. Its labels are truth, which is left out; where it was kept they tell of values as they were
/// before the policy, and would bring those back.
fn check_plain(data: &DataSet) -> Result<(), Failure> {
    if data.manifest().privacy.is_none() {
        return Ok(());
    }
    let shown = data.dir().display();
    let message = format!("{shown} was made behind a privacy policy: labels tell what it hides");
    let help = "`throng generate --pseudonymise POLICY --twin` makes both; or patch the data set as it is without a policy, \
        and then `throng pseudonymise` it";
    Err(Problem::new(message).help(help).into())
}

fn clean_world(data: &DataSet, assets: &Assets, own: bool) -> Result<World, Failure> {
    Ok(twin::dirty_world(data, assets, own)?.cleaned(assets))
}

fn make(
    args: &Args,
    direction: Direction,
    from: &DataSet,
    labelled: &DataSet,
    world: &World,
    out: &Path,
) -> Result<(), Failure> {
    let staging = Staging::open(out, args.force)?;
    let (schemas, output) = (&world.schemas, &world.output);
    let patch = Patch { direction, from, labelled, schemas, output };
    let tables = patch.write(staging.dir())?;
    let mut documents: Vec<_> = patch.documents().map(|(_, document)| document.clone()).collect();
    documents.sort_by(|a, b| a.path.cmp(&b.path));
    let mut manifest =
        Manifest::new(&world.request, &world.version, None, [], Vec::new(), documents);
    manifest.tables = tables;
    manifest.write(staging.dir()).map_err(anyhow::Error::from)?;
    staging.commit()?;
    if !args.quiet {
        let rows = manifest.tables.iter().map(|table| table.rows).sum();
        let (rows, out) = (human::plural(rows, "row"), out.display());
        writeln!(anstream::stdout().lock(), "wrote {out}: {rows}")?;
    }
    Ok(())
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Unlabelled(_) => {
                let help = "labels are written with the data set when it is made with --anomalies";
                Problem::new(error.to_string()).help(help).into()
            }
            Error::Mismatch { .. } => {
                let help = "the data set was changed after it was made, or is of other labels";
                Problem::new(error.to_string()).help(help).into()
            }
            Error::Read(error) => error.into(),
            error @ Error::Io { .. } => Self::Run(error.into()),
        }
    }
}
