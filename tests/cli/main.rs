//! The built program, from the outside: its help, its messages, its exit codes, and what it leaves on disk.

mod cache;
mod check;
mod help;
mod masked;
mod messages;
mod output;
mod privacy;
mod removal;
mod report;
mod score;

use std::path::Path;
use std::process::{Command, Output, Stdio};

/// What runs keep for later ones, shared by the tests: never the caller's own.
const CACHE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/cache");

/// The program, about to run in a folder, with nothing of the caller's terminal.
fn throng(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_throng"));
    command.current_dir(dir).stdin(Stdio::null()).env("THRONG_CACHE", CACHE);
    for name in ["COLUMNS", "CLICOLOR_FORCE", "NO_COLOR"] {
        command.env_remove(name);
    }
    command
}

/// Runs it to its end.
fn run(dir: &Path, args: &[&str]) -> Output {
    throng(dir).args(args).output().expect("the program runs")
}

/// What it said: exit code, standard output and standard error.
fn told(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let code = output.status.code().map_or_else(|| "none".to_owned(), |code| code.to_string());
    format!("{}{}\nexit code {code}", text(&output.stdout), text(&output.stderr).trim_end())
}

/// The names in a folder, hidden ones too.
fn names(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).expect("a folder");
    let name = |entry: std::fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
    let mut names: Vec<String> = entries.map(|entry| name(entry.expect("an entry"))).collect();
    names.sort();
    names
}
