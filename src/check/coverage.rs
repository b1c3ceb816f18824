//! The matrix of persona, device profile, source and journey kind: which cells have journeys.

use std::collections::BTreeMap;

use crate::check::entities::Entities;
use crate::check::{Check, Context, Family, Measure, Observer, Part, Seen, Tally, Verdict, Wants};
use crate::population::Cell;
use crate::read::hash::NONE;
use crate::scenario::World;
use crate::scenario::cells::Cells;
use crate::schema::Table;

const TABLES: &[&str] = &["users", "devices", "sessions", "journeys", "truth/personas"];

const CELLS: Check = Check::new(
    "coverage.cells",
    TABLES,
    "Every possible cell of persona, device profile, source and journey kind has as many journeys as the scenario's `coverage` asks for.",
    "What no journey goes through is tested by nobody.",
)
.with_world();
const POSSIBLE: Check = Check::new(
    "coverage.possible",
    TABLES,
    "No journey is in a cell that the models rule out.",
    "A visit that cannot be tests what will never happen.",
)
.with_world();

/// The family.
pub(super) static FAMILY: Family = Family {
    name: "coverage",
    doc: "Every cell of persona, device profile, source and journey kind that is asked for has journeys, and none that cannot be.",
    checks: &[&[CELLS, POSSIBLE]],
    observers: |_| vec![Box::new(Coverage)],
};

/// The journeys of each cell, counted from the tables. A journey's cell is that of its first session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matrix {
    /// Journeys by cell.
    pub counts: BTreeMap<Cell, u64>,
    /// A journey of each cell, by its ordinal.
    samples: BTreeMap<Cell, u32>,
    /// Journeys that are in no cell: without a session, or of something that the models do not know.
    pub outside: u64,
}

impl Matrix {
    /// Counts the journeys of a data set by the cells of its world.
    pub fn new(entities: &Entities, world: &World) -> Self {
        let mut matrix = Self { counts: BTreeMap::new(), samples: BTreeMap::new(), outside: 0 };
        let models = &world.models;
        let ordinals = Ordinals {
            personas: keys(entities, models.people.iter().map(|persona| &persona.name)),
            profiles: keys(entities, models.devices.iter().map(|device| &device.name)),
            sources: keys(entities, models.sources.iter().map(|source| &source.name)),
            journeys: keys(entities, world.journeys.iter().map(|journey| &journey.name)),
        };
        for (journey, session) in entities.first_sessions().into_iter().enumerate() {
            match ordinals.cell(entities, journey as u32, session) {
                Some(cell) => {
                    *matrix.counts.entry(cell).or_default() += 1;
                    matrix.samples.entry(cell).or_insert(journey as u32);
                }
                None => matrix.outside += 1,
            }
        }
        matrix
    }
}

/// By key of a word: the ordinal in the models.
type Keys = BTreeMap<u32, u16>;

fn keys<'n>(entities: &Entities, names: impl Iterator<Item = &'n String>) -> Keys {
    let key = |(ordinal, name): (usize, &String)| (entities.words.get(name), ordinal as u16);
    names.enumerate().map(key).filter(|(key, _)| *key != NONE).collect()
}

/// The models' ordinals of what tables name.
struct Ordinals {
    personas: Keys,
    profiles: Keys,
    sources: Keys,
    journeys: Keys,
}

impl Ordinals {
    fn cell(&self, entities: &Entities, journey: u32, session: u32) -> Option<Cell> {
        let find = |keys: &Keys, key: u32| keys.get(&key).copied();
        let session = entities.sessions.at(session);
        let device = entities.devices.at(session.device);
        Some(Cell {
            persona: find(&self.personas, entities.users.at(device.user).persona)?,
            profile: find(&self.profiles, device.profile.key())?,
            source: find(&self.sources, session.source.key())?,
            journey: find(&self.journeys, entities.journeys.at(journey).kind.key())?,
        })
    }
}

/// Counts when all tables are known; it needs no more than who and what there is.
struct Coverage;

impl Observer for Coverage {
    fn wants(&self, _: &Table) -> Wants {
        Wants::Nothing
    }

    fn finish(self: Box<Self>, context: &Context<'_>, _: &Seen) -> Vec<Verdict> {
        let Some(world) = context.world else { return Vec::new() };
        let matrix = Matrix::new(context.entities, world);
        let cells = Cells::of(world);
        vec![asked(world, &cells, &matrix), possible(context.entities, world, &cells, &matrix)]
    }
}

/// Whether every possible cell has what was asked for; which share has anything, asked for or not.
fn asked(world: &World, cells: &Cells, matrix: &Matrix) -> Verdict {
    let mut tally = Tally::new(&CELLS);
    let wanted = u64::from(world.request.coverage);
    let mut seen = 0_u64;
    for cover in &cells.possible {
        let count = matrix.counts.get(&cover.cell).copied().unwrap_or_default();
        seen += u64::from(count > 0);
        tally.look(count >= wanted, || {
            (place(world, cover.cell), format!("{count} of {wanted} journeys"))
        });
    }
    let all = cells.possible.len() as u64;
    let journeys: u64 = matrix.counts.values().sum();
    let part = |(cell, count): (&Cell, &u64)| Part {
        of: names(world, *cell).map(str::to_owned).to_vec(),
        seen: *count,
        value: *count as f64,
    };
    let parts = matrix.counts.iter().map(part).collect();
    tally.measure(Measure::new("cells possible", all as f64, all));
    tally.measure(Measure { parts, ..Measure::new("cells with journeys", seen as f64, journeys) });
    tally.measure(Measure::new("share of the possible", seen as f64 / all.max(1) as f64, all));
    for (reason, count) in cells.reasons() {
        let name = format!("cells impossible: {reason}");
        tally.measure(Measure::new(name, count as f64, cells.impossible.len() as u64));
    }
    tally.verdict()
}

/// Whether no journey is where none can be.
fn possible(entities: &Entities, world: &World, cells: &Cells, matrix: &Matrix) -> Verdict {
    let mut tally = Tally::new(&POSSIBLE);
    for (cell, count) in &matrix.counts {
        tally.saw(*count as usize);
        let Some(reason) = cells.impossible.get(cell) else { continue };
        tally.wrong(|| {
            let journey = matrix.samples.get(cell).copied().unwrap_or(NONE);
            let says = format!("{}: {reason}", place(world, *cell));
            (entities.place("journeys", journey), says)
        });
        tally.more_wrong(count - 1);
    }
    if matrix.outside > 0 {
        tally.saw(matrix.outside as usize);
        tally.wrong(|| ("journeys", "of which no persona, device, source or kind is known"));
        tally.more_wrong(matrix.outside - 1);
    }
    tally.verdict()
}

/// A cell, such that its journeys can be looked up.
fn place(world: &World, cell: Cell) -> String {
    let [persona, profile, source, journey] = names(world, cell);
    format!("persona {persona}, device {profile}, source {source}, journey {journey}")
}

/// The names of a cell's persona, device profile, source and journey kind.
fn names(world: &World, cell: Cell) -> [&str; 4] {
    let models = &world.models;
    [
        &models.people[usize::from(cell.persona)].name,
        &models.devices[usize::from(cell.profile)].name,
        &models.sources[usize::from(cell.source)].name,
        &world.journeys[usize::from(cell.journey)].name,
    ]
}

/// Why rates and habits are not those of the models, if people were added to cover cells: there are as many for the rarest cell as for
/// the most frequent one.
pub(super) fn moves_rates(context: &Context<'_>) -> Option<String> {
    let coverage = context.world.map_or(0, |world| world.request.coverage);
    let why = "brings people for rare combinations, who move every rate";
    (coverage > 0).then(|| format!("coverage = {coverage} {why}"))
}
