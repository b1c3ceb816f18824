use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::*;
use crate::assets::Assets;
use crate::engine::{self, Run};
use crate::manifest::Manifest;
use crate::scenario::Ask as Scenario;
use crate::scenario::ask::START;
use crate::schema::Table;
use crate::schema::fixture::shipped;

mod consent;
mod realism;
mod targets;

pub(super) static GO_ON: AtomicBool = AtomicBool::new(false);

/// Counts rows.
#[derive(Default)]
pub(super) struct Meter(AtomicU64);

impl Progress for Meter {
    fn advance(&self, rows: u64) {
        self.0.fetch_add(rows, Ordering::Relaxed);
    }
}

/// Words of a model that are replaced: file, what stands there, and what shall.
type Change = (&'static str, &'static str, &'static str);

/// A small data set in a folder of its own.
pub(super) fn made(scenario: &str) -> (tempfile::TempDir, World) {
    made_with(scenario, &[])
}

/// The same, of models in which words were replaced.
fn made_with(scenario: &str, changes: &[Change]) -> (tempfile::TempDir, World) {
    let models = tempfile::tempdir().unwrap();
    for (file, old, new) in changes {
        let own = models.path().join(file);
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("personas").join(file);
        let path = if own.exists() { own.clone() } else { path };
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.contains(old), "{file} has no `{old}`");
        std::fs::create_dir_all(own.parent().unwrap()).unwrap();
        std::fs::write(own, text.replace(old, new)).unwrap();
    }
    let assets = Assets::embedded().overlay(models.path()).unwrap_or_else(|p| panic!("{p}"));
    let ask = Scenario::read("small", "small.toml", scenario);
    let request = ask.and_then(|ask| ask.resolve(START)).unwrap_or_else(|p| panic!("{p}"));
    let mut world = World::build(request, &assets).unwrap_or_else(|p| panic!("{p}"));
    engine::calibrate(&mut world, 2, &GO_ON).unwrap_or_else(|error| panic!("{error}"));
    let dir = tempfile::tempdir().unwrap();
    let plan = engine::plan(&world, 2, &GO_ON).unwrap();
    let run = Run { threads: 2, shard: None };
    let written =
        engine::generate(&world, &plan, &run, dir.path(), &Meter::default(), &GO_ON).unwrap();
    let tables =
        world.wanted_tables().map(|table| (table.name.clone(), world.schemas.digest(table)));
    let manifest = Manifest::new(
        &world.request,
        &world.version,
        None,
        tables,
        written.files,
        written.documents,
    );
    manifest.write(dir.path()).unwrap();
    (dir, world)
}

fn checked(dir: &Path, world: &World) -> Vec<Section> {
    let data = DataSet::open(dir).unwrap();
    let ask = Ask { only: Vec::new(), world: Ok(world), reference: None, twin: None };
    check(&data, &world.schemas, &ask, &Meter::default(), &GO_ON).unwrap()
}

/// The verdicts that a small data set is large enough for.
fn made_of(sections: &[Section]) -> impl Iterator<Item = &Verdict> {
    let sections = sections.iter().filter(|section| section.family != "realism");
    sections.flat_map(|section| &section.verdicts)
}

/// What of it does not hold. Kinds of anomalies that only lines or labels can show are skipped where there are none.
fn amiss(sections: &[Section]) -> Vec<&Verdict> {
    let reasons = ["the files have no lines", "the data set has no labels"];
    let is_moot = |verdict: &Verdict| match &verdict.outcome {
        Outcome::Skipped(reason) => {
            // In a week nobody is forgotten.
            verdict.check.id.starts_with("anomalies.") && reasons.contains(&reason.as_str())
                || ["consent.erasure", "anomalies.erasure_or_retention_miss"]
                    .contains(&verdict.check.id)
                    && reason.starts_with("there are no ")
        }
        _ => false,
    };
    let verdicts = made_of(sections);
    verdicts.filter(|verdict| verdict.outcome != Outcome::Holds && !is_moot(verdict)).collect()
}

const SMALL: &str = "seed = 11\ndays = 7\nusers = 300\nbudget = \"2K\"\n";

/// For all tables, a set of that table alone, and one of all others, is sound: what cannot be told without a table is skipped, and
/// nothing fails for its lack.
#[test]
fn parts_of_a_data_set_are_sound() {
    let (dir, world) = made(SMALL);
    let whole = DataSet::open(dir.path()).unwrap().manifest().clone();
    let only = ["keys", "consent", "targets", "realism", "coverage"];
    let only = only.map(str::to_owned).to_vec();
    let failing = |table: &str, alone: bool| {
        let mut manifest = whole.clone();
        manifest.tables.retain(|other| (other.name == table) == alone);
        manifest.write(dir.path()).unwrap();
        let data = DataSet::open(dir.path()).unwrap();
        let ask = Ask { only: only.clone(), world: Ok(&world), reference: None, twin: None };
        let sections = check(&data, &world.schemas, &ask, &Meter::default(), &GO_ON).unwrap();
        let verdicts = sections.into_iter().flat_map(|section| section.verdicts);
        verdicts.filter(Verdict::fails).collect::<Vec<Verdict>>()
    };
    let names: Vec<String> = whole.tables.iter().map(|table| table.name.clone()).collect();
    let found: Vec<_> = names
        .iter()
        .flat_map(|table| [true, false].map(|alone| (table, alone, failing(table, alone))))
        .filter(|(_, _, failing)| !failing.is_empty())
        .collect();
    assert!(found.is_empty(), "{found:#?}");
}

/// For all checks: an id of its own that begins with its family's name, and words that are there.
#[test]
fn the_registry_is_sound() {
    let mut ids = HashSet::new();
    for family in FAMILIES {
        for check in family.checks() {
            // What looks fake belongs to realism, under a name of its own.
            let root = check.id.split('.').next().unwrap();
            let name = if root == "looks" { "realism" } else { root };
            assert_eq!(name, family.name, "{}", check.id);
            assert!(ids.insert(check.id), "{} twice", check.id);
            assert!(!check.holds.is_empty() && !check.why.is_empty(), "{}", check.id);
            for table in check.tables {
                assert!(shipped().table(table).is_some(), "{table}");
            }
        }
    }
}

/// For all formats and forms of ids, everything holds of what throng makes, and everything was looked at.
#[test]
fn what_is_made_holds() {
    for output in [
        "",
        "[output]\nids = \"native\"\ncompression = \"none\"\n",
        "[output]\nformat = \"ndjson\"\n",
        "[output]\nformat = \"ndjson\"\ncompression = \"gzip\"\n",
    ] {
        let (dir, world) = made(&format!("{SMALL}{output}"));
        let sections = checked(dir.path(), &world);
        assert!(amiss(&sections).is_empty(), "{output}: {:#?}", amiss(&sections));
        let judged = made_of(&sections).filter(|verdict| verdict.outcome == Outcome::Holds);
        for verdict in judged {
            // In a week nobody is forgotten.
            let may_be_none = verdict.check.id == "anomalies.erasure_or_retention_miss";
            assert!(verdict.seen > 0 || may_be_none, "{} looked at nothing", verdict.check.id);
        }
    }
}

/// Everything that the events refer to, summed up.
#[derive(Default)]
struct Sums {
    events: u64,
    unresolved: u64,
    tables: Vec<String>,
}

/// Watches the pass and tells what it saw as a verdict.
struct Spy(Sums);

const SPY: Check = Check::new("spy.saw", &[], "x", "x");

impl Observer for Spy {
    fn wants(&self, table: &Table) -> Wants {
        if table.name == "events" { Wants::Columns(&["page_path"]) } else { Wants::All }
    }

    fn see(&mut self, rows: &Rows<'_>) {
        assert_eq!(rows.columns().count(), rows.table.fields.len());
        self.0.tables.push(rows.table.name.clone());
    }

    fn see_events(&mut self, events: &EventBatch<'_>) {
        assert!(events.column("page_path").is_some() && events.column("city").is_none());
        self.0.events += events.len() as u64;
        for row in 0..events.len() {
            let known =
                [events.session[row], events.kind[row], events.journey(row), events.user(row)];
            self.0.unresolved += u64::from(known.contains(&crate::read::hash::NONE));
            assert!(events.time[row] <= events.received[row]);
        }
    }

    fn finish(self: Box<Self>, _: &Context<'_>, _: &Seen) -> Vec<Verdict> {
        let mut tally = Tally::new(&SPY);
        tally.saw(self.0.events as usize);
        tally.more_wrong(self.0.unresolved);
        tally.look(true, || (String::new(), self.0.tables.join(" ")));
        vec![tally.verdict()]
    }
}

/// For all events, an observer learns what they refer to; and it sees every row of what it wants, once.
#[test]
fn observers_see_every_row_resolved() {
    let (dir, world) = made(SMALL);
    let data = DataSet::open(dir.path()).unwrap();
    let meter = Meter::default();
    let watch = Watch { progress: &meter, cancel: &GO_ON };
    let schemas = &world.schemas;
    let (entities, broken) = Entities::read(&data, schemas, &watch).unwrap();
    assert!(broken.is_empty());
    assert_eq!(entities.sessions.len() as u64, data.manifest().rows("sessions"));
    assert!(entities.users.iter().all(|user| !entities.word(user.persona).is_empty()));
    assert_eq!(entities.identities.len() as u64, data.manifest().rows("truth/identity"));
    let context = Context {
        data: &data,
        schemas,
        entities: &entities,
        world: None,
        reference: None,
        watch: &watch,
    };
    let mut observers: Vec<Box<dyn Observer>> = vec![Box::new(Spy(Sums::default()))];
    pass::run(&context, observers.iter_mut(), &mut Seen::default()).unwrap();
    let verdict = observers.remove(0).finish(&context, &Seen::default()).remove(0);
    assert_eq!((verdict.seen, verdict.wrong), (data.manifest().rows("events") + 1, 0));
    let all: u64 = data.manifest().tables.iter().map(|table| table.rows).sum();
    assert_eq!(meter.0.load(Ordering::Relaxed), all);
}

/// What is not a data set is told apart from one that is.
#[test]
fn folders_that_hold_no_data_set_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(DataSet::open(&dir.path().join("x")), Err(read::Error::NoFolder(_))));
    assert!(matches!(DataSet::open(dir.path()), Err(read::Error::Manifest(_))));
    std::fs::create_dir(dir.path().join("shard-0-of-2")).unwrap();
    std::fs::write(dir.path().join("shard-0-of-2/manifest.json"), "{}").unwrap();
    assert!(matches!(DataSet::open(dir.path()), Err(read::Error::Unjoined(_))));
}

/// For all data sets whose scenario asks for coverage, what was asked for is there; a journey less is noticed, and so is one where none
/// can be.
#[test]
fn coverage_is_judged_by_what_was_asked_for() {
    let output = "[output]\nformat = \"ndjson\"\ncompression = \"none\"\n";
    let (dir, world) = made(&format!("seed = 11\ndays = 7\nusers = 1\ncoverage = 1\n{output}"));
    let outcomes = || {
        let data = DataSet::open(dir.path()).unwrap();
        let ask = Ask {
            only: vec!["coverage".to_owned()],
            world: Ok(&world),
            reference: None,
            twin: None,
        };
        let sections = check(&data, &world.schemas, &ask, &Meter::default(), &GO_ON).unwrap();
        let verdicts = sections[0].verdicts.clone();
        assert!(verdicts.iter().all(|verdict| verdict.seen > 100), "{verdicts:#?}");
        verdicts.into_iter().map(|verdict| (verdict.check.id, verdict.fails()))
    };
    let of = |cells: bool, possible: bool| {
        BTreeMap::from([("coverage.cells", cells), ("coverage.possible", possible)])
    };
    assert_eq!(outcomes().collect::<BTreeMap<_, _>>(), of(false, false));
    // Nobody is a remote dad any more.
    let edit = |folder: &str, from: &str, to: &str| {
        for entry in std::fs::read_dir(dir.path().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            std::fs::write(&path, text.replace(from, to)).unwrap();
        }
    };
    edit("truth/personas", "\"remote_dad\"", "\"business_owner\"");
    assert_eq!(outcomes().collect::<BTreeMap<_, _>>(), of(true, false));
    // Research on a phone is not what the models know.
    edit("journeys", "\"mobile_conversion\"", "\"desktop_research\"");
    assert_eq!(outcomes().collect::<BTreeMap<_, _>>(), of(true, true));
}
