//! From arguments to a world: the scenario found, flags laid over it, models loaded, all checked.

use std::fs;
use std::hash::{BuildHasher as _, RandomState};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use jiff::civil::Date;
use jiff::{Timestamp, tz::TimeZone};

use throng::anomaly::Spec;
use throng::assets::{AssetFile, Assets};
use throng::calibration::cache;
use throng::diag::{Problem, Problems, suggest};
use throng::engine;
use throng::manifest::Manifest;
use throng::scenario::World;
use throng::scenario::ask::{START, is_folder_name};
use throng::scenario::wishes::{PRESETS, Wishes};
use throng::scenario::{Ask, Request};
use throng::sink::FORMATS;

use super::args::{Form, Seed, What};
use super::failure::Failure;

/// Refuses what is no folder.
pub(crate) fn folder(dir: &Path) -> Result<(), Problem> {
    if dir.is_dir() {
        return Ok(());
    }
    let problem = Problem::new(format!("{} is no folder", dir.display()));
    Err(problem.help("give the folder of a data set"))
}

/// The built-in models and schemas, with a folder of one's own laid over them.
pub(crate) fn assets(models: Option<&Path>) -> Result<Assets, Problems> {
    let assets = Assets::embedded();
    match models {
        Some(dir) => assets.overlay(dir),
        None => Ok(assets),
    }
}

/// Whether pseudonyms are made of what is simulated.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pseudonyms {
    /// There are none.
    None,
    /// There may be some.
    Maybe,
}

/// The world that the arguments ask for, with its rates met: as found by an earlier run, or anew.
pub(crate) fn world(
    what: &What,
    form: Option<&Form>,
    pseudonyms: Pseudonyms,
    threads: usize,
    cancel: &AtomicBool,
) -> Result<World, Failure> {
    let assets = assets(what.models.as_deref())?;
    let world = World::build(request(what, form, &assets)?, &assets)?;
    // Said before anything is simulated.
    let spec = Spec::of(&world)?;
    spec.map(|spec| spec.behind(pseudonyms == Pseudonyms::Maybe)).transpose()?;
    ready(world, threads, cancel)
}

/// A world with its rates met.
pub(crate) fn ready(
    mut world: World,
    threads: usize,
    cancel: &AtomicBool,
) -> Result<World, Failure> {
    let folder = cache_folder();
    let kept = folder.as_ref().and_then(|folder| cache::read(folder, &world));
    if !kept.is_some_and(|kept| kept.apply(&mut world)) {
        let found = engine::calibrate(&mut world, threads, cancel)?;
        if let Some(folder) = folder {
            cache::write(&folder, &world, &found);
        }
    }
    Ok(world)
}

/// How many threads there can be.
pub(crate) fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

/// The user's folder for what can be made again: `THRONG_CACHE`, where nothing means none, or the system's.
fn cache_folder() -> Option<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let set = |name: &str| variable(name).filter(|path| path.is_absolute());
    if let Some(folder) = variable("THRONG_CACHE") {
        return (!folder.as_os_str().is_empty()).then_some(folder);
    }
    let folder = if cfg!(windows) {
        set("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        set("HOME").map(|home| home.join("Library/Caches"))
    } else {
        set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache")))
    };
    folder.map(|folder| folder.join("throng"))
}

/// The world that a data set was made in, made again from its scenario; or why that cannot be. `own` says whether the assets hold
/// models of the user's, whose mistakes are then told.
pub(crate) fn made_in(
    manifest: &Manifest,
    assets: &Assets,
    own: bool,
) -> Result<Result<World, String>, Problems> {
    if manifest.privacy.is_some() && manifest.scenario.toml.is_empty() {
        return Ok(Err("its scenario was left out behind a privacy policy".to_owned()));
    }
    let scenario = &manifest.scenario;
    let asked = Ask::read(&scenario.name, throng::manifest::FILE, &scenario.toml);
    let built =
        asked.and_then(|ask| ask.resolve(START)).and_then(|request| World::build(request, assets));
    let other = "it was made with other models; give them with `--models DIR`";
    match built {
        Ok(world) if world.version == manifest.dataset_version => Ok(Ok(world)),
        Ok(_) if manifest.generator.version != env!("CARGO_PKG_VERSION") => {
            let made = &manifest.generator.version;
            Ok(Err(format!("it was made by throng {made}, whose models may be others")))
        }
        // What is wrong with models of one's own is told; without any it is clear what is missing.
        Err(problems) if own => Err(problems),
        Ok(_) | Err(_) => Ok(Err(other.to_owned())),
    }
}

fn request(what: &What, form: Option<&Form>, assets: &Assets) -> Result<Request, Problems> {
    let file = scenario(&what.scenario, assets)?;
    let asked = Ask::read(&file.stem, &file.name, &file.text)?;
    let drawn = (what.seed == Some(Seed::Random)).then(draw);
    let mut flags = what.ask(form, drawn);
    let written = form.and_then(|form| form.anomalies.as_deref());
    flags.anomalies = written.map(anomalies).transpose()?;
    let mut asked = flags.over(asked);
    if form.is_some_and(|form| form.ndjson_labels) {
        let Some(wishes) = asked.anomalies.as_mut().filter(|wishes| !wishes.is_off()) else {
            let problem = Problem::new("there are no labels without anomalies");
            return Err(problem.help("ask for some: --anomalies default").into());
        };
        wishes.ndjson_labels = true;
    }
    let request = asked.resolve(today())?;
    check_format(&request).map_or(Ok(request), |problem| Err(problem.into()))
}

/// A shipped scenario by name, or one's own by path.
pub(crate) fn scenario(written: &str, assets: &Assets) -> Result<AssetFile, Problems> {
    let is_path = written.contains(['/', '\\'])
        || Path::new(written).extension().is_some_and(|extension| extension == "toml");
    if is_path {
        return own_scenario(written);
    }
    let shipped = assets.files("scenarios");
    let names: Vec<String> = shipped.iter().map(|file| file.stem.clone()).collect();
    shipped.into_iter().find(|file| file.stem == written).ok_or_else(|| {
        let help = suggest(written, names.iter().map(String::as_str));
        let stop = if help.ends_with('?') { "" } else { "." };
        let help = format!("{help}{stop} One of your own is given by its path: ./my-shop.toml");
        Problem::new(format!("unknown scenario `{written}`")).help(help).into()
    })
}

/// A preset by name, or a file by its path.
fn anomalies(written: &str) -> Result<Wishes, Problems> {
    if PRESETS.contains(&written) {
        return Ok(Wishes::preset(written));
    }
    let is_path = written.contains(['/', '\\', '.']);
    if !is_path {
        let help = suggest(written, PRESETS);
        let stop = if help.ends_with('?') { "" } else { "." };
        let help = format!("{help}{stop} A file is given by its path: ./wrong.toml");
        return Err(Problem::new(format!("unknown preset `{written}`")).help(help).into());
    }
    let text = fs::read_to_string(written).map_err(|error| {
        let problem = Problem::new(format!("cannot read the anomalies {written}: {error}"));
        problem.help("write a preset, or the path of a file with [anomalies]")
    })?;
    Wishes::read_file(written, &text)
}

fn own_scenario(written: &str) -> Result<AssetFile, Problems> {
    let path = Path::new(written);
    let text = fs::read_to_string(path).map_err(|error| {
        let problem = Problem::new(format!("cannot read the scenario {written}: {error}"));
        problem.help(
            "`throng scenarios` lists those that ship, `throng init` writes one to start from",
        )
    })?;
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    Ok(AssetFile { stem: tidy(&stem), name: written.to_owned(), text })
}

/// A text made fit to name a folder.
fn tidy(text: &str) -> String {
    let fit = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    let name: String = text.chars().map(fit).collect();
    if is_folder_name(&name) { name } else { format!("scenario{name}") }
}

/// What is wrong with the file format asked for, if anything is.
fn check_format(request: &Request) -> Option<Problem> {
    let names = FORMATS.iter().map(|format| format.name());
    let format = match request.format.one_of("format", names) {
        Ok(ordinal) => FORMATS[ordinal],
        Err(problem) => return Some(problem),
    };
    let known = format.compressions().iter().map(|compression| compression.name());
    let what = format!("{} compression", format.name());
    request.compression.as_ref()?.one_of(&what, known).err()
}

/// The day that `now` means.
fn today() -> Date {
    moment().to_zoned(TimeZone::UTC).date()
}

/// When a run is done, for the audit log.
pub(crate) fn now() -> String {
    moment().to_string()
}

#[expect(clippy::disallowed_methods, reason = "the one reading of the calendar")]
fn moment() -> Timestamp {
    Timestamp::now()
}

/// A seed that nobody chose, short enough to be typed again. Each `RandomState` has keys from the system's own randomness.
fn draw() -> u64 {
    RandomState::new().hash_one("seed") >> 32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_file_name_can_name_a_folder() {
        for (stem, name) in
            [("my shop", "my-shop"), (".hidden", "scenario.hidden"), ("", "scenario")]
        {
            assert_eq!(tidy(stem), name);
            assert!(is_folder_name(&tidy(stem)));
        }
    }

    #[test]
    fn every_shipped_scenario_can_be_read() {
        for file in Assets::embedded().files("scenarios") {
            let request = Ask::read(&file.stem, &file.name, &file.text)
                .and_then(|ask| ask.resolve(today()))
                .unwrap_or_else(|problems| panic!("{problems}"));
            assert_eq!(request.scenario, file.stem);
            assert!(!request.doc.is_empty(), "{}", file.stem);
            assert!(check_format(&request).is_none());
        }
    }
}
