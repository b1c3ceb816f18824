//! Help is part of the program: a change of it is seen.

use std::path::Path;

use super::{run, told};

const COMMANDS: [&str; 22] = [
    "generate",
    "plan",
    "preview",
    "report",
    "join",
    "twin",
    "patch",
    "check",
    "score",
    "init",
    "scenarios",
    "personas",
    "schema",
    "anomalies",
    "key",
    "policy",
    "pseudonymise",
    "leaks",
    "retain",
    "erase",
    "audit",
    "completions",
];

#[test]
fn help_of_every_command() {
    insta::assert_snapshot!("help", told(&run(Path::new("."), &["--help"])));
    for command in COMMANDS {
        let output = run(Path::new("."), &[command, "--help"]);
        insta::assert_snapshot!(format!("help_{command}"), told(&output));
    }
}

/// Every subcommand has its help above: none is forgotten here.
#[test]
fn no_command_lacks_a_snapshot() {
    let output = run(Path::new("."), &["--help"]);
    let help = String::from_utf8_lossy(&output.stdout);
    let listed = help.split("Commands:").nth(1).and_then(|rest| rest.split("Options:").next());
    let listed: Vec<&str> = listed
        .unwrap_or_default()
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect();
    assert_eq!(listed, COMMANDS);
}
