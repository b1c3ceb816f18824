//! What one layer asks for: a scenario file, or the flags. Layers are laid over one another, and the defaults beneath them all.

use jiff::civil::Date;

use crate::diag::{Document, Located, Problem, Problems, Table};
use crate::model::journey::RATES;
use crate::sink::Algorithm;

use super::request::{self, Goals, Ids, Mix, Name, Request, Size};
use super::units::{self, Start, Wrong};
use super::wishes::Wishes;

/// A layer of a request: what is `None` or empty is left to the layer beneath.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ask {
    /// The scenario's name.
    pub name: Option<String>,
    /// What it is for.
    pub doc: Option<String>,
    /// The seed.
    pub seed: Option<u64>,
    /// The first day.
    pub start: Option<Start>,
    /// How many days.
    pub days: Option<u32>,
    /// How many users, or events.
    pub size: Option<Size>,
    /// Journeys that every possible cell has at least.
    pub coverage: Option<u32>,
    /// Change of the daily number of visits over 30 days.
    pub growth: Option<f64>,
    /// Greatest lateness in hours.
    pub lateness: Option<u32>,
    /// Events simulated together.
    pub budget: Option<u64>,
    /// Shares of personas.
    pub personas: Mix,
    /// Multipliers of sources.
    pub sources: Mix,
    /// Multipliers of device profiles.
    pub devices: Mix,
    /// Multipliers of journey kinds.
    pub journeys: Mix,
    /// Rates by journey.
    pub targets: Vec<Goals>,
    /// Whether small sets meet their rates as well.
    pub exact: Option<bool>,
    /// File format.
    pub format: Option<Name>,
    /// Compression.
    pub compression: Option<Name>,
    /// How identifiers are written.
    pub ids: Option<Ids>,
    /// The digest of each file.
    pub digest: Option<Algorithm>,
    /// The tables to write.
    pub tables: Option<Vec<Name>>,
    /// What is to go wrong.
    pub anomalies: Option<Wishes>,
}

/// The seed of those who ask for none.
pub const SEED: u64 = 42;
/// The first day for those who ask for none: a Monday.
pub const START: Date = jiff::civil::date(2026, 1, 5);
/// The greatest seed: what TOML's integers can hold.
pub const GREATEST_SEED: u64 = i64::MAX as u64;

/// The greatest coverage that may be asked for.
pub const MOST_COVERAGE: u32 = 1_000;

/// The longest lateness that a scenario may allow, in hours.
const LATEST: u32 = 30 * 24;
/// The smallest budget that still makes files worth their footer.
const LEAST_BUDGET: u64 = 1_000;

impl Ask {
    /// Reads a scenario file. `stem` names the scenario when the file does not.
    ///
    /// # Errors
    /// Every mistake in it.
    pub fn read(stem: &str, file: &str, text: &str) -> Result<Self, Problems> {
        let document = Document::parse(file, text);
        if document.is_broken() {
            return Err(document.problems());
        }
        let mut ask = read(&document.root());
        ask.name.get_or_insert_with(|| stem.to_owned());
        document.problems().or(ask)
    }

    /// This layer over another: what is said here counts.
    #[must_use]
    pub fn over(self, beneath: Self) -> Self {
        let mix = |upper: Mix, lower: Mix| if upper.is_empty() { lower } else { upper };
        // Another format has compressions of its own: the lower layer's choice was made for its format.
        let kept = if self.format.is_none() || self.format == beneath.format {
            beneath.compression
        } else {
            None
        };
        Self {
            name: self.name.or(beneath.name),
            doc: self.doc.or(beneath.doc),
            seed: self.seed.or(beneath.seed),
            start: self.start.or(beneath.start),
            days: self.days.or(beneath.days),
            size: self.size.or(beneath.size),
            coverage: self.coverage.or(beneath.coverage),
            growth: self.growth.or(beneath.growth),
            lateness: self.lateness.or(beneath.lateness),
            budget: self.budget.or(beneath.budget),
            personas: mix(self.personas, beneath.personas),
            sources: mix(self.sources, beneath.sources),
            devices: mix(self.devices, beneath.devices),
            journeys: mix(self.journeys, beneath.journeys),
            targets: if self.targets.is_empty() { beneath.targets } else { self.targets },
            exact: self.exact.or(beneath.exact),
            format: self.format.or(beneath.format),
            compression: self.compression.or(kept),
            ids: self.ids.or(beneath.ids),
            digest: self.digest.or(beneath.digest),
            tables: self.tables.or(beneath.tables),
            anomalies: self.anomalies.or(beneath.anomalies),
        }
    }

    /// The request, with the defaults beneath; `today` is what `now` means.
    ///
    /// # Errors
    /// A first day that cannot be, a seed too great, or no table at all.
    pub fn resolve(self, today: Date) -> Result<Request, Problems> {
        let start = self.start.unwrap_or(Start::On(START));
        let start = start.resolve(today).map_err(Problem::from)?;
        let seed = self.seed.unwrap_or(SEED);
        if seed > GREATEST_SEED {
            let problem = Problem::new(format!("the seed {seed} is too great"));
            return Err(problem.help(format!("it must be at most {GREATEST_SEED}")).into());
        }
        if self.tables.as_ref().is_some_and(Vec::is_empty) {
            let problem = Problem::new("no table is asked for");
            return Err(problem.help("name some, or leave `tables` out for all").into());
        }
        let format = self.format.unwrap_or_else(|| Name::from("parquet"));
        let usual = request::usual_digest(&format, self.compression.as_ref());
        Ok(Request {
            scenario: self.name.unwrap_or_else(|| "unnamed".to_owned()),
            doc: self.doc.unwrap_or_default(),
            seed,
            start,
            days: self.days.unwrap_or(30),
            size: self.size.unwrap_or(Size::Events(1_000_000)),
            coverage: self.coverage.unwrap_or(0),
            growth: self.growth.unwrap_or(0.0),
            lateness: self.lateness.unwrap_or(72),
            budget: self.budget.unwrap_or(10_000_000),
            personas: self.personas,
            sources: self.sources,
            devices: self.devices,
            journeys: self.journeys,
            targets: self.targets,
            exact: self.exact.unwrap_or(false),
            format,
            compression: self.compression,
            ids: self.ids.unwrap_or(Ids::Text),
            digest: self.digest.unwrap_or(usual),
            tables: self.tables.map(tidy),
            anomalies: self.anomalies.filter(|wishes| !wishes.is_off()),
        })
    }
}

fn read(root: &Table<'_>) -> Ask {
    let output = root.opt_table("output");
    let output = output.as_ref();
    Ask {
        name: root.opt_located("name").and_then(folder_name),
        doc: root.opt_text("doc"),
        seed: root.opt_integer("seed", 0..=i64::MAX).map(|seed| seed as u64),
        start: measured(root.opt_moment("start"), units::start),
        days: measured(root.opt_size("days"), units::days),
        size: size(root),
        coverage: root.opt_integer("coverage", 0..=MOST_COVERAGE.into()).map(|times| times as u32),
        growth: root.opt_number("growth", -0.9..=10.0),
        lateness: lateness(root.opt_size("lateness")),
        budget: budget(root.opt_size("budget")),
        personas: if root.has("personas") { mix(root.shares("personas")) } else { Mix::default() },
        sources: mix(root.weights("sources")),
        devices: mix(root.weights("devices")),
        journeys: mix(root.weights("journeys")),
        targets: targets(root),
        exact: root.has("exact").then(|| root.flag("exact", false)),
        format: output.and_then(|table| table.opt_located("format")).map(name),
        compression: output.and_then(|table| table.opt_located("compression")).map(name),
        ids: output.and_then(|table| table.opt_choice("ids", &Ids::NAMES)),
        digest: output.and_then(|table| table.opt_choice("digest", &Algorithm::NAMES)),
        tables: output.and_then(tables),
        anomalies: root.opt_table("anomalies").map(|table| Wishes::read(&table)),
    }
}

/// A name that can be a folder's, since `output/<name>` is where the data set lands.
fn folder_name(written: Located<String>) -> Option<String> {
    if is_folder_name(&written.value) {
        return Some(written.value);
    }
    let help = "use letters, digits, `-`, `_` and `.`, beginning with a letter or digit";
    written.problem(format!("`{}` cannot name a scenario", written.value), help);
    None
}

/// Whether a text can name a folder on every system.
pub fn is_folder_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

fn measured<T>(
    written: Option<Located<String>>,
    measure: fn(&str) -> Result<T, Wrong>,
) -> Option<T> {
    let written = written?;
    measure(&written.value).map_err(|wrong| written.problem(wrong.message, wrong.help)).ok()
}

fn size(root: &Table<'_>) -> Option<Size> {
    let users = measured(root.opt_size("users"), units::count).map(Size::Users);
    let events = measured(root.opt_size("events"), units::count).map(Size::Events);
    if root.has("users") && root.has("events") {
        root.problem_at_key("events", "both `users` and `events` are set", "keep one of them");
    }
    users.or(events)
}

fn lateness(written: Option<Located<String>>) -> Option<u32> {
    let written = written?;
    let hours = measured(Some(written.clone()), units::hours)?;
    if hours > LATEST {
        let help = format!("it must be at most {}d", LATEST / 24);
        written.problem(format!("`lateness` is {}", written.value), help);
        return None;
    }
    Some(hours)
}

fn budget(written: Option<Located<String>>) -> Option<u64> {
    let written = written?;
    let events = measured(Some(written.clone()), units::count)?;
    if events < LEAST_BUDGET {
        let help = format!("it must be at least {}", units::short(LEAST_BUDGET));
        written.problem(format!("`budget` is {}", written.value), help);
        return None;
    }
    Some(events)
}

/// Tables in order and each once, so that the same wish is the same data set.
fn tidy(mut tables: Vec<Name>) -> Vec<Name> {
    tables.sort_by(|a, b| a.text.cmp(&b.text));
    tables.dedup_by(|a, b| a.text == b.text);
    tables
}

fn name(written: Located<String>) -> Name {
    Name { place: Some(written.place()), text: written.value }
}

fn mix(weights: Vec<(Located<String>, f64)>) -> Mix {
    Mix(weights.into_iter().map(|(written, number)| (name(written), number)).collect())
}

fn targets(root: &Table<'_>) -> Vec<Goals> {
    let goals = |(journey, table): (Located<String>, Table<'_>)| Goals {
        journey: name(journey),
        rates: mix(table.all_numbers(RATES)),
    };
    root.named("targets").into_iter().map(goals).collect()
}

fn tables(output: &Table<'_>) -> Option<Vec<Name>> {
    let names: Vec<Name> = output.texts("tables").into_iter().map(name).collect();
    output.has("tables").then_some(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Date = jiff::civil::date(2026, 6, 30);

    fn request(text: &str) -> Request {
        let ask = Ask::read("test", "test.toml", text).unwrap_or_else(|p| panic!("{p}"));
        ask.resolve(TODAY).unwrap_or_else(|p| panic!("{p}"))
    }

    const FULL: &str = r#"
        doc = "A \"quoted\" line\nand another"
        seed = 7
        start = "now-2w"
        days = "2w"
        users = "20K"
        growth = 0.25
        coverage = 3
        lateness = "1d"
        budget = "3M"
        exact = true
        [personas]
        a = 0.25
        "b c" = 0.75
        [sources]
        tiktok = 2
        [targets.mobile_conversion]
        hook_engaged = 0.9
        "one click" = 0.0001
        [targets.exit]
        engaged = 0.5
        [output]
        format = "ndjson"
        compression = "gzip"
        ids = "native"
        tables = ["events", "truth/personas"]
        [anomalies]
        preset = "critical"
        seed = 3
        [anomalies.missing_value]
        k = 5
        columns = ["events.price"]
        window = ["2026-06-17", "2026-06-18"]
        share = 0.5
    "#;

    /// For every scenario, the resolved one asks for the same on whatever later day.
    #[test]
    fn the_resolved_scenario_asks_for_the_same() {
        for text in ["", FULL, "users = 5", "start = 2025-12-31\nevents = \"1.5M\""] {
            let first = request(text);
            let again = Ask::read("other", "resolved.toml", &first.resolved_toml());
            let again = again.and_then(|ask| ask.resolve(jiff::civil::date(2030, 1, 1)));
            assert_eq!(again.as_ref(), Ok(&first), "{}", first.resolved_toml());
        }
    }

    #[test]
    fn flags_stand_over_the_file_and_the_file_over_the_defaults() {
        let file = Ask::read("test", "test.toml", FULL).unwrap_or_else(|p| panic!("{p}"));
        let flags = Ask { size: Some(Size::Events(9)), seed: Some(1), ..Ask::default() };
        let request = flags.over(file).resolve(TODAY).unwrap_or_else(|p| panic!("{p}"));
        assert_eq!((request.size, request.seed, request.days), (Size::Events(9), 1, 14));
        assert_eq!(request.start, jiff::civil::date(2026, 6, 16));
    }

    #[test]
    fn a_format_by_flag_drops_the_compression_chosen_for_the_files_format() {
        let file = Ask::read("test", "test.toml", FULL).unwrap_or_else(|p| panic!("{p}"));
        let flags = Ask { format: Some(Name::from("parquet")), ..Ask::default() };
        assert_eq!(flags.over(file.clone()).compression, None);
        let flags = Ask { format: Some(Name::from("ndjson")), ..Ask::default() };
        assert_eq!(flags.over(file).compression, Some(Name::from("gzip")));
    }

    #[test]
    fn every_mistake_is_told_at_once() {
        let text = "name = \"../x\"\nseed = -1\nstart = \"2026-02-30\"\ndays = \"12h\"\nusers = 1\n\
                    events = 2\nlateness = \"99d\"\nbudget = 5\ngrowht = 1\n[personas]\na = 0.5\n";
        let problems = Ask::read("test", "test.toml", text).expect_err("all wrong");
        assert_eq!(problems.iter().count(), 9, "{problems}");
    }
}
