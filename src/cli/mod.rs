//! The command line: a file a subcommand. Only here is anything printed and the clock read.

mod anomalies;
mod args;
mod audit;
mod check;
mod completions;
mod erase;
mod failure;
mod foreign;
mod generate;
mod init;
mod interrupt;
mod join;
mod key;
mod leaks;
mod load;
mod masking;
mod patch;
mod personas;
mod plan;
mod policy;
mod preview;
mod progress;
mod pseudonymise;
mod report;
mod retain;
mod scenarios;
mod schema;
mod score;
mod style;
mod summary;
mod table;
mod twin;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use failure::Failure;
use throng::human;
use throng::privacy::key::{self as keys, Refusal};

/// A synthetic crowd for a stack under test: behavioural test data, exactly reproducible.
///
/// People with personas and devices arrive from sources, follow journeys through a shop and leave a time-ordered, referentially
/// whole data set: users, devices, sessions, events, orders, payments and the truth about them. The same request gives the same
/// bytes, on every machine of a platform, for any number of threads.
#[derive(Parser)]
#[command(name = "throng", version, max_term_width = 100, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  throng generate                         about a million events into output/quickstart
  throng generate --events 5M --days 90   more of them, over a quarter
  throng plan performance                 what a run would write, without writing it
  throng check output/quickstart          whether everything holds that should
  throng init                             a commented scenario to make your own";

#[derive(Subcommand)]
enum Command {
    Generate(Box<generate::Args>),
    Plan(plan::Args),
    Preview(preview::Args),
    Report(report::Args),
    Join(join::Args),
    Twin(twin::Args),
    Patch(patch::Args),
    Check(check::Args),
    Score(score::Args),
    Init(init::Args),
    Scenarios(scenarios::Args),
    Personas(personas::Args),
    Schema(schema::Args),
    Anomalies(anomalies::Args),
    Key(key::Args),
    Policy(policy::Args),
    Pseudonymise(pseudonymise::Args),
    Leaks(leaks::Args),
    Retain(retain::Args),
    Erase(erase::Args),
    Audit(audit::Args),
    Completions(completions::Args),
}

impl Command {
    fn run(self) -> Result<(), Failure> {
        match self {
            Self::Generate(args) => generate::run(&args),
            Self::Plan(args) => plan::run(&args),
            Self::Preview(args) => preview::run(&args),
            Self::Report(args) => report::run(&args),
            Self::Join(args) => join::run(&args),
            Self::Twin(args) => twin::run(&args),
            Self::Patch(args) => patch::run(&args),
            Self::Check(args) => check::run(&args),
            Self::Score(args) => score::run(&args),
            Self::Init(args) => init::run(&args),
            Self::Scenarios(args) => scenarios::run(&args),
            Self::Personas(args) => personas::run(&args),
            Self::Schema(args) => schema::run(&args),
            Self::Anomalies(args) => anomalies::run(&args),
            Self::Key(args) => key::run(&args),
            Self::Policy(args) => policy::run(&args),
            Self::Pseudonymise(args) => pseudonymise::run(&args),
            Self::Leaks(args) => leaks::run(&args),
            Self::Retain(args) => retain::run(&args),
            Self::Erase(args) => erase::run(&args),
            Self::Audit(args) => audit::run(&args),
            Self::Completions(args) => completions::run(&args),
        }
    }
}

/// Parses the arguments and runs what they ask for.
pub(crate) fn main() -> ExitCode {
    failure::hook_panics();
    let outcome = match Cli::try_parse() {
        Ok(cli) => cli.command.run(),
        // What is told of a mistake repeats what was written.
        Err(_) if std::env::args_os().any(|word| keys::is_written_in(&word)) => {
            return Failure::from(Refusal::OnCommandLine).report();
        }
        Err(usage) => {
            // Help that nobody reads to its end is no failure.
            let _ = usage.print();
            return ExitCode::from(usage.exit_code() as u8);
        }
    };
    outcome.map_or_else(|failure| failure.report(), |()| ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound() {
        super::Cli::command().debug_assert();
    }
}
