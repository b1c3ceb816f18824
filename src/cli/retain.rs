//! `throng retain`.

use std::io::Write as _;
use std::path::PathBuf;

use jiff::civil::Date;
use throng::assets::Assets;
use throng::human;
use throng::privacy::removal::journal::Pending;
use throng::privacy::removal::retain::{Due, Found};
use throng::privacy::removal::{Asked, retain};
use throng::schema::{Schemas, facts};

use super::failure::Failure;
use super::key::Given;

use super::load::now;
use super::style::{DIM, NAME};
use super::{erase, load, policy};

/// Remove what is older than a policy lets be kept
///
/// The rules are the `[retention.NAME]` sections of a policy: a table, what it is kept for, how many days, and the column that tells a row's
/// age. A rule with a `hold` removes nothing. With a row go the rows that belong to it (the visits of a user, the events of a visit), but
/// for those of tables with a rule of their own. Look first: --dry-run changes nothing and needs no key.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The data set
    dir: PathBuf,
    /// The policy file
    #[arg(long, value_name = "POLICY")]
    policy: String,
    /// The day from which ages are counted back
    #[arg(long, value_name = "DATE")]
    as_of: Date,
    /// Tell what is due, and change nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    key: Given,
    /// Print one line of JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  throng retain output/quickstart --policy retention.toml --as-of 2026-06-30 --dry-run
  throng retain output/quickstart --policy retention.toml --as-of 2026-06-30 --key-file k

A rule:
  [retention.analytics]
  table = \"events\"
  purpose = \"analytics\"
  days = 400
  clock = \"received_at\"

Exit codes: 0 done; 1 something failed on the way; 2 what was asked for is wrong. After 2 nothing was changed.";

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    load::folder(&args.dir)?;
    let policy = policy::read(&args.policy)?;
    let as_of = args.as_of.to_zoned(jiff::tz::TimeZone::UTC).map_err(anyhow::Error::from)?;
    let as_of = as_of.timestamp().as_microsecond();
    let schemas = Schemas::load(&Assets::embedded(), &facts::of)?;
    let mut out = anstream::stdout().lock();
    if args.dry_run {
        let found = retain::due(&args.dir, &schemas, &policy.retention, as_of)?;
        if args.json {
            writeln!(out, "{}", json(&found))?;
        } else {
            tell(&found, &mut out)?;
            writeln!(out, "{DIM}nothing was changed: --dry-run{DIM:#}")?;
        }
        return Ok(());
    }
    let key = args.key.load(Some(&args.dir))?;
    let (at, reason) = (now(), format!("policy {}", policy.sha256));
    let asked = Asked { dir: &args.dir, key: &key, reason: &reason, at: &at };
    let (found, done) = retain::run(&asked, &schemas, &policy.retention, as_of, &mut |_| Ok(()))?;
    if args.json {
        writeln!(out, "{}", json(&found))?;
    } else {
        tell(&found, &mut out)?;
        erase::tell(&done, &args.dir, &mut out)?;
    }
    Ok(())
}

fn json(found: &Found) -> serde_json::Value {
    let rule = |due: &Due| {
        serde_json::json!({
            "rule": due.rule, "table": due.table, "purpose": due.purpose, "rows": due.rows,
            "undated": due.undated, "hold": due.hold,
        })
    };
    let pending = match found.pending {
        Pending::Nothing => None,
        Pending::Undecided => Some("undecided"),
        Pending::Decided => Some("decided"),
    };
    serde_json::json!({
        "rules": found.due.iter().map(rule).collect::<Vec<_>>(),
        "dependants": found.dependants,
        "left": found.left,
        "pending": pending,
    })
}

fn tell(found: &Found, out: &mut dyn std::io::Write) -> std::io::Result<()> {
    match found.pending {
        Pending::Nothing => {}
        Pending::Undecided => writeln!(
            out,
            "an earlier removal was cut short before it was decided: the next one clears what it left"
        )?,
        Pending::Decided => writeln!(
            out,
            "an earlier removal was cut short after it was decided: the next one finishes it first, and these figures will be others"
        )?,
    }
    for Due { rule, table, purpose, rows, undated, hold } in &found.due {
        let rows = human::plural(*rows, "row");
        write!(out, "{NAME}{rule}{NAME:#}  {rows} of {table} for {purpose} are older than that")?;
        if let Some(hold) = hold {
            write!(out, "; held: {hold}")?;
        }
        if *undated > 0 {
            write!(out, "; {} without a time stay", human::count(*undated))?;
        }
        writeln!(out)?;
    }
    for (table, rows) in &found.dependants {
        let rows = human::plural(*rows, "row");
        writeln!(out, "{rows} of {table} belong to those, and go with them")?;
    }
    for (table, rows) in &found.left {
        let rows = human::plural(*rows, "row");
        writeln!(out, "{rows} of {table} belong to those, and stay by a rule of their own")?;
    }
    Ok(())
}
