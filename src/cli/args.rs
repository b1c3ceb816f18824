//! Flags that several subcommands share, and how they are read.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use throng::manifest::Shard;
use throng::scenario::ask::MOST_COVERAGE;
use throng::scenario::request::{Ids, Name};
use throng::scenario::units::{self, Start};
use throng::scenario::{Ask, Size};
use throng::sink::{Algorithm, FORMATS};

/// What is asked for.
#[derive(clap::Args)]
pub(crate) struct What {
    /// A scenario that ships (`throng scenarios`), or the path of a scenario file
    #[arg(default_value = "quickstart")]
    pub(crate) scenario: String,
    /// How many users: 20K, 1_000_000
    #[arg(long, value_name = "N", value_parser = units::count, conflicts_with = "events", allow_negative_numbers = true)]
    pub(crate) users: Option<u64>,
    /// About how many events, instead of users: 5M
    #[arg(long, value_name = "N", value_parser = units::count, allow_negative_numbers = true)]
    pub(crate) events: Option<u64>,
    /// Extra people, so that every possible cell of persona, device profile, source and journey kind has at least K journeys
    #[arg(long, value_name = "K", value_parser = coverage, allow_negative_numbers = true)]
    pub(crate) coverage: Option<u32>,
    /// How many days: 30, 2w
    #[arg(long, value_name = "D", value_parser = units::days, allow_negative_numbers = true)]
    pub(crate) days: Option<u32>,
    /// The first day: 2026-01-05, now, now-30d
    #[arg(long, value_name = "DATE", value_parser = units::start)]
    pub(crate) start: Option<Start>,
    /// A number, or `random` to draw one, which is printed; the same seed gives the same bytes
    #[arg(long, value_name = "SEED", value_parser = seed, allow_negative_numbers = true)]
    pub(crate) seed: Option<Seed>,
    /// Let small sets meet their rates as well: outcomes by systematic sampling instead of a draw each
    #[arg(long)]
    pub(crate) exact: bool,
    /// A folder of models that are laid over the built-in ones, file by file
    #[arg(long, value_name = "DIR")]
    pub(crate) models: Option<PathBuf>,
}

/// How it is written.
#[derive(clap::Args)]
pub(crate) struct Form {
    #[arg(long, help = formats(), value_name = "FORMAT")]
    pub(crate) format: Option<String>,
    #[arg(long, help = compressions(), value_name = "NAME")]
    pub(crate) compression: Option<String>,
    /// Identifiers as text, which every reader takes, or native where the format has a UUID type (Spark refuses Parquet's)
    #[arg(long, value_name = "text|native", value_parser = ids)]
    pub(crate) ids: Option<Ids>,
    /// The digest of each file in the manifest: sha256, which `sha256sum` verifies, or blake3 (`b3sum`), which takes a quarter of the
    /// time and is the default for NDJSON without compression
    #[arg(long, value_name = "sha256|blake3", value_parser = digest)]
    pub(crate) digest: Option<Algorithm>,
    /// Only these tables, with commas between them: users,events (`throng schema` shows all)
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(crate) tables: Option<Vec<String>>,
    /// What is made to go wrong, with labels: off, default, critical, everything, or a file with [anomalies] (`throng anomalies` lists the kinds)
    #[arg(long, value_name = "PRESET|FILE")]
    pub(crate) anomalies: Option<String>,
    /// Write the labels of anomalies as NDJSON as well, when the files are of another format
    #[arg(long)]
    pub(crate) ndjson_labels: bool,
}

/// A seed as asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seed {
    /// That one.
    Fixed(u64),
    /// One to be drawn.
    Random,
}

fn seed(text: &str) -> Result<Seed, String> {
    if text == "random" {
        return Ok(Seed::Random);
    }
    match text.parse() {
        Ok(number) if number <= throng::scenario::ask::GREATEST_SEED => Ok(Seed::Fixed(number)),
        _ => Err("write a whole number from 0 to 9223372036854775807, or random".to_owned()),
    }
}

fn coverage(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(times) if times <= MOST_COVERAGE => Ok(times),
        _ => Err(format!("write how many journeys a cell has at least, from 0 to {MOST_COVERAGE}")),
    }
}

/// Reads a number of threads.
pub(crate) fn threads(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| "write a whole number from 1".to_owned())
}

fn ids(text: &str) -> Result<Ids, String> {
    let known = Ids::NAMES.iter().find(|(name, _)| *name == text);
    known.map(|(_, ids)| *ids).ok_or_else(|| "write text or native".to_owned())
}

fn digest(text: &str) -> Result<Algorithm, String> {
    let known = Algorithm::NAMES.iter().find(|(name, _)| *name == text);
    known.map(|(_, digest)| *digest).ok_or_else(|| "write sha256 or blake3".to_owned())
}

/// Reads `I/N`: shard I of N, counted from 0.
pub(crate) fn shard(text: &str) -> Result<Shard, String> {
    let halves = text.split_once('/');
    let numbers = halves.and_then(|(i, n)| Some((i.trim().parse().ok()?, n.trim().parse().ok()?)));
    match numbers {
        Some((index, count)) if index < count => Ok(Shard { index, count }),
        Some((_, 0)) => Err("there must be at least one shard, as in 0/1".to_owned()),
        Some((_, count)) => {
            Err(format!("shards are counted from 0, so the last is {}/{count}", count - 1))
        }
        None => Err("write the shard, counted from 0, and how many there are: 0/4".to_owned()),
    }
}

fn formats() -> String {
    let names: Vec<&str> = FORMATS.iter().map(|format| format.name()).collect();
    format!("File format: {}", names.join(" or "))
}

fn compressions() -> String {
    let of_each: Vec<String> = FORMATS
        .iter()
        .map(|format| {
            let names: Vec<&str> = format.compressions().iter().map(|one| one.name()).collect();
            format!("{} ({})", names.join(", "), format.name())
        })
        .collect();
    format!("Compression: {}; the first is the default", of_each.join(", or "))
}

impl What {
    /// The flags as a layer of a request; `seed` is what was drawn, when one was.
    pub(crate) fn ask(&self, form: Option<&Form>, drawn: Option<u64>) -> Ask {
        let mut ask = Ask {
            size: self.users.map(Size::Users).or(self.events.map(Size::Events)),
            coverage: self.coverage,
            days: self.days,
            start: self.start,
            seed: match self.seed {
                Some(Seed::Fixed(seed)) => Some(seed),
                Some(Seed::Random) => drawn,
                None => None,
            },
            exact: self.exact.then_some(true),
            ..Ask::default()
        };
        if let Some(form) = form {
            let name = |text: &String| Name::from(text.trim());
            ask.format = form.format.as_ref().map(name);
            ask.compression = form.compression.as_ref().map(name);
            ask.ids = form.ids;
            ask.digest = form.digest;
            ask.tables = form.tables.as_ref().map(|list| list.iter().map(name).collect());
        }
        ask
    }

    /// The same request on a command line: what stands after `throng <command>`.
    pub(crate) fn again(&self, seed: u64) -> String {
        let mut words = vec![shell(&self.scenario)];
        let mut flag = |name: &str, value: Option<String>| {
            words.extend(value.map(|value| format!("--{name} {value}")));
        };
        flag("users", self.users.map(units::short));
        flag("events", self.events.map(units::short));
        flag("coverage", self.coverage.map(|times| times.to_string()));
        flag("days", self.days.map(|days| days.to_string()));
        flag("start", self.start.map(|start| start.to_string()));
        flag("seed", self.seed.map(|_| seed.to_string()));
        flag("models", self.models.as_ref().map(|dir| shell(&dir.to_string_lossy())));
        words.extend(self.exact.then(|| "--exact".to_owned()));
        words.join(" ")
    }
}

/// A word as a shell reads it back.
pub(crate) fn shell(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_counted_from_nought() {
        assert_eq!(shard("0/4"), Ok(Shard { index: 0, count: 4 }));
        assert_eq!(shard("3/4"), Ok(Shard { index: 3, count: 4 }));
        for text in ["4/4", "0/0", "1", "-1/4", "a/b", ""] {
            assert!(shard(text).is_err(), "{text}");
        }
    }

    #[test]
    fn seeds_are_numbers_or_random() {
        assert_eq!(seed("7"), Ok(Seed::Fixed(7)));
        assert_eq!(seed("random"), Ok(Seed::Random));
        assert!(seed("lucky").is_err());
        assert!(seed("9223372036854775808").is_err());
    }

    #[test]
    fn words_survive_a_shell() {
        assert_eq!(shell("a/b-c.toml"), "a/b-c.toml");
        assert_eq!(shell("it's"), r"'it'\''s'");
    }
}
