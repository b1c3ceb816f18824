//! `throng key`, and the flags by which other commands are given a key.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use throng::privacy::key::{self, Key, Refusal, Source};

use super::args::shell;
use super::failure::Failure;
use super::style::GOOD;
use super::summary::try_next;

/// Make a key for tokens, or tell which one a file holds
///
/// Whoever has the key can find people again in what was made with it. It is 32 random bytes in a file that only you can read; it is
/// never printed, and never taken from a command line.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

const EXAMPLES: &str = "\
Examples:
  throng key new ~/keys/staging.key
  throng key show --key-file ~/keys/staging.key
  throng key show --key-command 'vault kv get -field=key secret/throng'";

#[derive(Subcommand)]
enum What {
    /// Write a new key into a new file
    New {
        /// The file; one that exists is never overwritten
        file: PathBuf,
    },
    /// Print a key's id and check value, which tell nothing of it
    Show {
        #[command(flatten)]
        key: Given,
        /// Print one line of JSON
        #[arg(long)]
        json: bool,
    },
}

/// Where the key is.
#[derive(clap::Args)]
#[group(multiple = false)]
#[expect(clippy::struct_field_names, reason = "they are the names of the flags")]
pub(crate) struct Given {
    /// The file that holds the key: yours alone, and no link
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// An open file descriptor to read the key from
    #[arg(long, value_name = "N")]
    key_fd: Option<String>,
    /// The environment variable that holds the key
    #[arg(long, value_name = "NAME")]
    key_env: Option<String>,
    /// A command that prints the key, its words split at blanks; no shell reads it
    #[arg(long, value_name = "COMMAND")]
    key_command: Option<String>,
}

impl Given {
    /// Whether there is any.
    pub(crate) fn is_given(&self) -> bool {
        self.source().is_some()
    }

    fn source(&self) -> Option<Source> {
        let words = |text: &String| text.split_whitespace().map(str::to_owned).collect();
        let file = self.key_file.clone().map(Source::File);
        file.or(self.key_fd.clone().map(Source::Descriptor))
            .or_else(|| self.key_env.clone().map(Source::Variable))
            .or_else(|| self.key_command.as_ref().map(|text| Source::Command(words(text))))
    }

    /// The key, which must not lie in the folder that is to be given away.
    pub(crate) fn load(&self, out: Option<&Path>) -> Result<Key, Refusal> {
        let source = self.source().ok_or(Refusal::None)?;
        if let Some(out) = out {
            source.keep_out_of(out)?;
        }
        source.load()
    }
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    match &args.what {
        What::New { file } => {
            let key = key::create(file)?;
            writeln!(out, "{GOOD}wrote{GOOD:#} {}, key {}", file.display(), key.id())?;
            let path = shell(&file.to_string_lossy());
            try_next(&mut out, &[format!("throng key show --key-file {path}")])?;
        }
        What::Show { key, json } => {
            let key = key.load(None)?;
            let (id, check) = (key.id(), key.check());
            if *json {
                writeln!(out, "{}", serde_json::json!({ "key_id": id, "key_check": check }))?;
            } else {
                writeln!(out, "key {id}, check value {check}")?;
            }
        }
    }
    Ok(())
}
