//! `throng erase`.

use std::io::Write as _;
use std::path::PathBuf;

use throng::assets::Assets;
use throng::diag::{Problem, Problems};
use throng::human;
use throng::privacy::leaks::Find;
use throng::privacy::removal::{self, Asked, Done, erase, erase::People, journal::Recovered};
use throng::schema::{Schemas, facts};

use super::args::shell;
use super::failure::Failure;
use super::key::Given;
use super::load;
use super::load::now;
use super::style::{DIM, GOOD};
use super::summary::try_next;

/// Erase people from a data set
///
/// Every row that is theirs, or belongs to what is theirs, is taken out; the files are written anew beside the old ones, searched, and
/// replaced all at once: whatever stops a run, the next one finishes it or finds that nothing has happened. The manifest, the list of those
/// who must not come back (which `throng generate` obeys), a signed certificate and the audit log go with it.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The data set
    dir: PathBuf,
    /// The id of a user, as it was before any token; may be given several times
    #[arg(long = "user", required = true, value_name = "ID", num_args = 1..)]
    users: Vec<String>,
    /// The namespace of people's tokens, in a folder of `throng pseudonymise` with several [default: user, or the only one]
    #[arg(long, value_name = "NAME")]
    namespace: Option<String>,
    /// Why, for the certificate
    #[arg(long, value_name = "TEXT", default_value = "request of the person")]
    reason: String,
    #[command(flatten)]
    key: Given,
    /// Print one line of JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  throng erase output/quickstart --user 0b1c... --key-file ~/keys/staging.key
  throng erase shared --user customer-4711 --reason 'letter of 3 May' --key-file k

Exit codes: 0 done; 1 something failed on the way; 2 what was asked for is wrong, such as an id of which nothing is there; 3 something of \
them would have been left. After 2 and 3 nothing was changed.";

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    load::folder(&args.dir)?;
    let key = args.key.load(Some(&args.dir))?;
    let schemas = Schemas::load(&Assets::embedded(), &facts::of)?;
    let at = now();
    let asked = Asked { dir: &args.dir, key: &key, reason: &args.reason, at: &at };
    let people = People { ids: &args.users, namespace: args.namespace.as_deref() };
    let done = erase::run(&asked, &schemas, people, &mut |_| Ok(()))?;
    let mut out = anstream::stdout().lock();
    if args.json {
        let line = serde_json::json!({
            "rows": done.rows, "files": done.files, "certificate": done.certificate,
        });
        writeln!(out, "{line}")?;
        return Ok(());
    }
    tell(&done, &args.dir, &mut out)?;
    let dir = shell(&args.dir.to_string_lossy());
    try_next(&mut out, &[format!("throng audit verify {dir}")])?;
    Ok(())
}

/// What was removed, for people to read.
pub(crate) fn tell(
    done: &Done,
    dir: &std::path::Path,
    out: &mut dyn std::io::Write,
) -> std::io::Result<()> {
    match done.recovered {
        Recovered::Nothing => {}
        Recovered::RolledBack => writeln!(
            out,
            "an earlier removal was cut short before it was decided; nothing of it is left"
        )?,
        Recovered::Finished => writeln!(
            out,
            "an earlier removal was cut short after it was decided, and is finished now"
        )?,
    }
    let total = done.rows.values().sum::<u64>();
    let rows = human::plural(total, "row");
    writeln!(out, "{GOOD}removed{GOOD:#} {rows} in {}", human::plural(done.files as u64, "file"))?;
    for (table, rows) in &done.rows {
        writeln!(out, "  {table:<20} {}", human::count(*rows))?;
    }
    writeln!(out, "{DIM}certificate{DIM:#} {}", dir.join(&done.certificate).display())
}

impl From<removal::Error> for Failure {
    fn from(error: removal::Error) -> Self {
        match error {
            removal::Error::Asked(problems) => Self::Input(problems),
            removal::Error::Left(finds) => Self::Policy(left(&finds)),
            error @ removal::Error::Io { .. } => Self::Run(error.into()),
        }
    }
}

/// Finds told at most.
const TOLD: usize = 20;

/// What would have been left of those who were to be erased. Values are told by their number, and never shown.
fn left(finds: &[Find]) -> Problems {
    let mut problems = Problems::new();
    for Find { path, part, form, what } in finds.iter().take(TOLD) {
        let message = format!("{what} would have been left: {path} ({form}, {part})");
        problems.push(Problem::new(message));
    }
    let count = human::plural(finds.len() as u64, "place");
    let problem = Problem::new(format!("{count} would still tell of those who were to be erased"));
    problems.push(problem.help(
        "nothing was changed; these files are no tables of the data set, or the value stands there where no row shows it: mend or \
         take away the file, and erase again",
    ));
    problems
}
