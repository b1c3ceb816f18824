//! The world: a scenario with its models, checked and made ready; immutable from here on.

use crate::assets::Assets;
use crate::diag::{Document, Problem, Problems};
use crate::frame::Strings;
use crate::model::behaviour::Behaviour;
use crate::model::journey::Journey;
use crate::model::site::Site;
use crate::model::{DeviceClass, Models, Persona, TextFile};
use crate::population::People;
use crate::population::tombstones::Tombstones;
use crate::scenario::calendar::{Calendar, DAY, HOUR};
use crate::scenario::cells::Cells;
use crate::scenario::kinds::Kinds;
use crate::scenario::output::{ANSWERS, Output};
use crate::scenario::pages::Pages;
use crate::scenario::properties::Properties;
use crate::scenario::request::Request;
use crate::scenario::shelf::Shelf;
use crate::scenario::tables::{Tables, class_weights};
use crate::scenario::targets::Target;
use crate::scenario::vocabulary::Vocabulary;
use crate::scenario::wishes::LABELS;
use crate::scenario::{fills, limits, mixes, targets};
use crate::schema::{Schemas, Table};
use crate::seed::Seed;

/// The checked, immutable scenario with its models.
#[derive(Debug)]
pub struct World {
    /// What was asked for.
    pub request: Request,
    /// Data-set version: the digest of scenario, models, schemas, seed and generator version.
    pub version: String,
    /// The seed.
    pub seed: Seed,
    /// First moment of the window, µs since 1970.
    pub start: i64,
    /// First moment after it.
    pub end: i64,
    /// Its length.
    pub days: u32,
    /// Greatest time between an event and its arrival, µs.
    pub lateness: i64,
    /// Tables and event types.
    pub schemas: Schemas,
    /// Personas, devices, sources, countries, catalogue, commerce.
    pub models: Models,
    /// Constants of the engagement model.
    pub behaviour: Behaviour,
    /// The shop's site.
    pub site: Site,
    /// The journey kinds, in the order of [`Models::journey_names`].
    pub journeys: Vec<Journey>,
    /// Who there is.
    pub people: People,
    /// When they come.
    pub calendar: Calendar,
    /// The rates to meet.
    pub targets: Vec<Target>,
    /// By target: the intercept of its logit. Before calibration, that of somebody whom nothing moves.
    pub intercepts: Vec<f64>,
    /// The digest of all that the intercepts depend on: neither the seed nor the size.
    pub behaviour_digest: String,
    /// The site's pages by key.
    pub pages: Pages,
    /// The catalogue within reach.
    pub shelf: Shelf,
    /// Every enumerated string by key.
    pub words: Vocabulary,
    /// By event type: its properties as JSON.
    pub properties: Vec<Properties>,
    /// The objects that they are.
    pub objects: Strings,
    /// What the walk draws from.
    pub tables: Tables,
    /// Event types that the engine records.
    pub kinds: Kinds,
    /// By event type: the groups of columns that it fills, as bits.
    pub fills: Vec<u8>,
    /// By persona: the weight of each device class for a visit.
    pub class_weights: Vec<[f64; 3]>,
    /// By persona and class: the weight of the best hour.
    pub best_hour: Vec<[f32; 3]>,
    /// By class: the kind of journey for those whom no persona gives one.
    pub any_kind: [usize; 3],
    /// The source `direct`, if there is one and the request leaves it to anybody.
    pub direct: Option<usize>,
    /// How files are written.
    pub output: Output,
    /// Those who were erased, and are not made.
    pub tombstones: Tombstones,
}

impl World {
    /// Checks a request against models and schemas, and makes them ready.
    ///
    /// # Errors
    /// Every mistake of every file, and of the request.
    pub fn build(request: Request, assets: &Assets) -> Result<Self, Problems> {
        let mut problems = Problems::new();
        let mut keep = |found: Problems| problems.extend(found);
        let schemas = Schemas::load(assets, &crate::schema::facts::of).map_err(&mut keep).ok();
        let models = Models::load(&|folder| files(assets, folder)).map_err(&mut keep).ok();
        let (Some(schemas), Some(mut models)) = (schemas, models) else { return Err(problems) };
        let shares: Vec<Vec<f64>> =
            models.people.iter().map(|persona| persona.journeys.clone()).collect();
        mixes::lay_over(&request, &mut models).map_err(&mut keep).ok();
        let events: Vec<&str> = schemas.events.iter().map(|event| event.name.as_str()).collect();
        let fills = fills::resolve(&schemas).map_err(&mut keep).unwrap_or_default();
        let kinds = Kinds::resolve(&events).map_err(&mut keep).ok();
        let (site, behaviour, mut journeys) = match stage(assets, &events) {
            Ok(read) => read,
            Err(found) => {
                problems.extend(found);
                return Err(problems);
            }
        };
        mixes::unstartable(&models, &journeys, &shares).for_each(|problem| problems.push(problem));
        if let Err(found) = limits::check(&models, &journeys, &schemas) {
            problems.extend(found);
        }
        let Some(kinds) = kinds else { return Err(problems) };
        let any_kind = any_kind(&journeys).map_err(|problem| problems.push(problem)).ok();
        let targets = targets::resolve(&request, &mut journeys, &behaviour, &site, &kinds, &fills)
            .map_err(|found| problems.extend(found));
        let (Some(any_kind), Ok(targets), true) = (any_kind, targets, problems.is_empty()) else {
            return Err(problems);
        };
        let properties = Properties::all(&schemas, &models).map_err(|found| problems.extend(found));
        let Ok((properties, objects)) = properties else { return Err(problems) };
        let version = version(&request, assets);
        let output = match Output::of(&request, &schemas, &version) {
            Ok(output) => output,
            Err(found) => {
                problems.extend(found);
                return Err(problems);
            }
        };
        let seed = Seed(request.seed);
        let first_day = days_since_1970(request.start);
        let days = request.days;
        let calendar = calendar(seed, (first_day, days), request.growth, &models);
        let start = i64::from(first_day) * DAY;
        let lateness = i64::from(request.lateness) * HOUR;
        let mut world = Self {
            version,
            seed,
            start,
            end: start + i64::from(days) * DAY,
            days,
            lateness,
            people: People::new(seed, &models, first_day, days).late(lateness),
            pages: Pages::new(&site, &models.catalogue, &models.sources),
            shelf: Shelf::new(&models.catalogue, &models.people),
            tables: Tables::new(&models, &behaviour, &journeys, days),
            words: Vocabulary::new(&models, &journeys, &schemas),
            properties,
            objects,
            kinds,
            fills,
            class_weights: models
                .people
                .iter()
                .map(|p| class_weights(p, &models.sources))
                .collect(),
            best_hour: best_hours(&calendar, models.people.len()),
            any_kind,
            direct: direct(&models),
            intercepts: targets.iter().map(Target::prior).collect(),
            targets,
            behaviour_digest: behaviour_digest(&request, assets),
            calendar,
            output,
            tombstones: Tombstones::default(),
            schemas,
            models,
            behaviour,
            site,
            journeys,
            request,
        };
        if world.request.coverage > 0 {
            let possible = Cells::of(&world).possible;
            world.people.cover(possible);
        }
        Ok(world)
    }

    /// The same world with nothing going wrong in it: what its clean twin is made in.
    #[must_use]
    pub fn cleaned(mut self, assets: &Assets) -> Self {
        self.request.anomalies = None;
        if let Some(tables) = &mut self.request.tables {
            tables.retain(|table| !LABELS.contains(&&*table.text));
        }
        self.version = version(&self.request, assets);
        self.output.options.version.clone_from(&self.version);
        self
    }

    /// Whether somebody was erased.
    #[inline]
    pub fn is_erased(&self, user: u64) -> bool {
        !self.tombstones.is_empty() && self.tombstones.has_uuid(self.people.user_id(user))
    }

    /// How many users are there to cover cells, beside the ordinary ones.
    pub fn covering(&self) -> u64 {
        u64::from(self.request.coverage) * self.people.covers() as u64
    }

    /// Lets other people of the same kinds come, on other days' moods: all that the seed decides.
    pub fn reseed(&mut self, seed: Seed) {
        let window = (self.first_day(), self.days);
        self.seed = seed;
        self.people.reseed(seed);
        self.calendar = calendar(seed, window, self.request.growth, &self.models);
    }

    /// The day of the window, from 0, that a moment belongs to (UTC).
    #[inline]
    pub fn day_of(&self, time: i64) -> i32 {
        ((time - self.start).div_euclid(DAY)) as i32
    }

    /// The tables to write, in their natural order.
    pub fn wanted_tables(&self) -> impl Iterator<Item = &Table> {
        let wanted = |table: &&Table| match &self.request.tables {
            _ if LABELS.contains(&&*table.name) => self.request.anomalies.is_some(),
            Some(names) => names.iter().any(|name| name.text == table.name),
            None => true,
        };
        self.schemas.tables.iter().filter(wanted)
    }

    /// Whether the answers are to be written: with all tables, or when they are named like one.
    pub fn wants_answers(&self) -> bool {
        let tables = self.request.tables.as_ref();
        tables.is_none_or(|names| names.iter().any(|name| name.text == ANSWERS))
    }

    /// The first day of the window, days since 1970.
    #[inline]
    pub fn first_day(&self) -> i32 {
        (self.start / DAY) as i32
    }

    /// Whether a message brings that kind of journey about.
    #[inline]
    pub fn journeys_message(&self, kind: u8) -> bool {
        self.journeys[usize::from(kind)].message
    }
}

fn calendar(seed: Seed, window: (i32, u32), growth: f64, models: &Models) -> Calendar {
    let Models { rhythm, people, sources, countries, .. } = models;
    Calendar::new(seed, window, growth, rhythm, people, sources, countries)
}

/// The source `direct`, if anybody comes by it.
fn direct(models: &Models) -> Option<usize> {
    let direct = models.sources.iter().position(|source| source.name == "direct")?;
    let comes = |persona: &Persona| persona.share > 0.0 && persona.sources[direct] > 0.0;
    models.people.iter().any(comes).then_some(direct)
}

fn files(assets: &Assets, folder: &str) -> Vec<TextFile> {
    let file = |file: crate::assets::AssetFile| TextFile {
        stem: file.stem,
        name: file.name,
        text: file.text,
    };
    assets.files(folder).into_iter().map(file).collect()
}

/// Days from 1970-01-01 to a date.
fn days_since_1970(date: jiff::civil::Date) -> i32 {
    let epoch = jiff::civil::Date::constant(1970, 1, 1);
    epoch.until(date).map_or(0, |span| span.get_days())
}

/// The site, the constants and the journeys.
fn stage(assets: &Assets, events: &[&str]) -> Result<(Site, Behaviour, Vec<Journey>), Problems> {
    let mut problems = Problems::new();
    let mut single = |stem: &str| {
        let found = files(assets, "").into_iter().find(|file| file.stem == stem);
        let file = found.unwrap_or_else(|| {
            problems.push(Problem::new(format!("the models lack {stem}.toml")));
            TextFile { stem: stem.to_owned(), name: String::new(), text: String::new() }
        });
        Document::parse(file.name, file.text)
    };
    let (site_file, behaviour_file) = (single("site"), single("behaviour"));
    let site = Site::read(&site_file, events);
    let behaviour = Behaviour::read(&behaviour_file);
    problems.extend(site_file.problems());
    problems.extend(behaviour_file.problems());
    let mut journeys = Vec::new();
    for file in files(assets, "journeys") {
        let document = Document::parse(file.name, file.text);
        if !document.is_broken() {
            journeys.push(Journey::read(&file.stem, &document, &site, events));
        }
        problems.extend(document.problems());
    }
    problems.or((site, behaviour, journeys))
}

/// By persona and class: the weight of the best hour.
fn best_hours(calendar: &Calendar, people: usize) -> Vec<[f32; 3]> {
    let best = |persona: usize| {
        DeviceClass::ALL.map(|class| {
            let weight = |hour| calendar.hour_weight(persona, class as usize, hour);
            (0..24).map(weight).fold(f32::MIN_POSITIVE, f32::max)
        })
    };
    (0..people).map(best).collect()
}

/// By class: a kind of journey that can start there for anybody.
fn any_kind(journeys: &[Journey]) -> Result<[usize; 3], Problem> {
    let mut kinds = [0; 3];
    for class in DeviceClass::ALL {
        let open = |journey: &Journey| journey.opens_on(class);
        let fallback = |journey: &Journey| journey.starts_on[class as usize];
        let found = journeys.iter().position(open).or_else(|| journeys.iter().position(fallback));
        let name = DeviceClass::NAMES[class as usize];
        kinds[class as usize] = found.ok_or_else(|| {
            Problem::new(format!("no journey starts on a {name} device"))
                .help("every device class needs a journey whose `starts_on` names it")
        })?;
    }
    Ok(kinds)
}

/// The digest of everything that decides how people behave, whoever they are and however many: the build, the request, and the models
/// with the event types that they name.
fn behaviour_digest(request: &Request, assets: &Assets) -> String {
    let (personas, schemas) = (assets.digest("personas"), assets.digest("schemas"));
    let build = concat!(env!("CARGO_PKG_VERSION"), " ", env!("THRONG_BUILD"));
    let parts = [build, &request.behaviour_toml(), &personas, &schemas];
    crate::assets::sha256(parts)
}

/// The digest of everything that decides the bytes of the data set.
fn version(request: &Request, assets: &Assets) -> String {
    let parts = [
        env!("CARGO_PKG_VERSION"),
        &request.resolved_toml(),
        &assets.digest("personas"),
        &assets.digest("schemas"),
    ];
    let mut digest = crate::assets::sha256(parts);
    digest.truncate(32);
    digest
}
