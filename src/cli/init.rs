//! `throng init`.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::PathBuf;

use anyhow::Context as _;
use throng::diag::Problem;

use super::args::shell;
use super::failure::Failure;
use super::style::GOOD;
use super::summary::try_next;

/// Write a commented scenario to start from
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  throng init\n  throng init scenarios/my-shop.toml")]
pub(crate) struct Args {
    /// The file; one that exists is never overwritten
    #[arg(default_value = "scenario.toml")]
    file: PathBuf,
}

const TEMPLATE: &str = include_str!("init.toml");

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let shown = args.file.display();
    if args.file.extension().is_none_or(|extension| extension != "toml") {
        let problem = Problem::new(format!("{shown} does not end in .toml"));
        return Err(problem.help(format!("use {shown}.toml")).into());
    }
    match OpenOptions::new().write(true).create_new(true).open(&args.file) {
        Ok(mut file) => {
            file.write_all(TEMPLATE.as_bytes()).with_context(|| format!("cannot write {shown}"))?;
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let problem = Problem::new(format!("{shown} exists already"));
            return Err(problem.help("give the path of a new file").into());
        }
        Err(error) => {
            return Err(anyhow::Error::from(error).context(format!("cannot write {shown}")).into());
        }
    }
    let mut out = anstream::stdout().lock();
    writeln!(out, "{GOOD}wrote{GOOD:#} {shown}")?;
    // A bare word without a folder or an extension would be the name of a shipped scenario; this has one.
    let path = shell(&args.file.to_string_lossy());
    try_next(&mut out, &[format!("throng plan {path}"), format!("throng generate {path}")])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use throng::scenario::{Ask, Request};

    fn read(text: &str) -> Request {
        Ask::read("init", "init.toml", text)
            .and_then(|ask| ask.resolve(jiff::civil::date(2026, 1, 1)))
            .unwrap_or_else(|problems| panic!("{problems}"))
    }

    #[test]
    fn the_template_is_a_scenario() {
        read(TEMPLATE);
    }

    /// For every setting that the template offers in a comment, taking it up is right.
    #[test]
    fn every_setting_offered_can_be_taken_up() {
        let offered = |line: &str| match line.strip_prefix("#: ") {
            // Users stand instead of events.
            Some(setting) if !setting.starts_with("users") => setting.to_owned(),
            _ => line.to_owned(),
        };
        let full: Vec<String> = TEMPLATE.lines().map(offered).collect();
        let request = read(&full.join("\n"));
        assert!(!request.personas.is_empty() && request.tables.is_some());
        let resolved = request.resolved_toml();
        let keys = resolved.lines().filter_map(|line| line.split_once(" = ")).map(|(key, _)| key);
        for key in keys {
            assert!(TEMPLATE.contains(key.trim_matches('"')), "`{key}` is not in the template");
        }
    }
}
